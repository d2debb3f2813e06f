// Package messagelog is the message log: the stream of all turns, notices and
// statuses, by phone, and the small buckets that outlive it.
package messagelog

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"haat/gateway"
	"haat/orders"
	"haat/orders/bus"
)

// publishTimeout is how long NATS may take to acknowledge one message.
const publishTimeout = 5 * time.Second

// Log is the message log on a bus. It implements [gateway.Log].
type Log struct {
	bus    *bus.Bus
	stream jetstream.Stream
}

// Open returns the log of the bus.
func Open(ctx context.Context, b *bus.Bus) (*Log, error) {
	stream, err := b.JetStream().Stream(ctx, bus.Messages)
	if err != nil {
		return nil, fmt.Errorf("message log: %w", err)
	}
	return &Log{bus: b, stream: stream}, nil
}

// Durable implements [gateway.Log].
func (l *Log) Durable(ctx context.Context) error { return l.bus.Durable(ctx) }

// Last implements [gateway.Log].
func (l *Log) Last(ctx context.Context, p gateway.Phone) (gateway.Turn, uint64, error) {
	return last[gateway.Turn](ctx, l, turnsOf(p))
}

// LastNotice implements [gateway.Log].
func (l *Log) LastNotice(ctx context.Context, p gateway.Phone) (gateway.Notice, uint64, error) {
	return last[gateway.Notice](ctx, l, subject(p)+".notice.>")
}

// TurnAfter implements [gateway.Log].
func (l *Log) TurnAfter(ctx context.Context, p gateway.Phone, seq uint64) (t gateway.Turn, at uint64, err error) {
	msg, err := l.stream.GetMsg(ctx, seq+1, jetstream.WithGetMsgSubject(turnsOf(p)))
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return t, 0, nil
	}
	if err != nil {
		return t, 0, fmt.Errorf("read the message log: %w", err)
	}
	return t, msg.Sequence, json.Unmarshal(msg.Data, &t)
}

// last reads the latest message on a subject; sequence 0 where there is none.
func last[T any](ctx context.Context, l *Log, subject string) (v T, seq uint64, err error) {
	msg, err := l.stream.GetLastMsgForSubject(ctx, subject)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return v, 0, nil
	}
	if err != nil {
		return v, 0, fmt.Errorf("read the message log: %w", err)
	}
	if err := json.Unmarshal(msg.Data, &v); err != nil {
		return v, 0, fmt.Errorf("message %d of the log: %w", msg.Sequence, err)
	}
	return v, msg.Sequence, nil
}

// Turn implements [gateway.Log].
func (l *Log) Turn(ctx context.Context, seq uint64) (t gateway.Turn, err error) {
	msg, err := l.stream.GetMsg(ctx, seq)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return t, gateway.ErrNotFound
	}
	if err != nil {
		return t, fmt.Errorf("read the message log: %w", err)
	}
	return t, json.Unmarshal(msg.Data, &t)
}

// AddTurn implements [gateway.Log]. It alone asks for room: what follows from a
// turn that was taken is finished on the reserve. An SMS whose status could not
// be logged would be sent again.
func (l *Log) AddTurn(ctx context.Context, t gateway.Turn, after uint64) (uint64, error) {
	if err := l.bus.Room(); err != nil {
		return 0, err
	}
	return l.add(ctx, turnSubject(t), t, turnsOf(t.In.Phone), after)
}

// Amend implements [gateway.Log].
func (l *Log) Amend(ctx context.Context, t gateway.Turn) (uint64, error) {
	// Mostly nothing came in between, so that there is nothing to look up.
	seq, err := l.add(ctx, turnSubject(t), t, subject(t.In.Phone)+".>", t.Amends)
	if errors.Is(err, gateway.ErrConflict) {
		seq, err = l.addTold(ctx, turnSubject(t), t, t.In.Phone, t.Amends, t.Amends)
	}
	return seq, err
}

// AddNotice implements [gateway.Log].
func (l *Log) AddNotice(ctx context.Context, n gateway.Notice, turn, notice uint64) (uint64, error) {
	return l.addTold(ctx, subject(n.Phone)+".notice."+n.Channel, n, n.Phone, turn, notice)
}

// Post adds a notice that an operator sends, whatever the phone was told before,
// and gives its ref.
func (l *Log) Post(ctx context.Context, n gateway.Notice) (ref string, err error) {
	for {
		_, turn, err := l.Last(ctx, n.Phone)
		if err != nil {
			return "", err
		}
		last, before, err := l.LastNotice(ctx, n.Phone)
		if err != nil {
			return "", err
		}
		seq, err := l.AddNotice(ctx, n.After(last), turn, before)
		if !errors.Is(err, gateway.ErrConflict) {
			return strconv.FormatUint(seq, 10), err
		}
	}
}

// addTold adds what tells the phone something, if it was told nothing since the
// turn and the notice. Statuses of other texts may come in between.
func (l *Log) addTold(ctx context.Context, on string, v any, p gateway.Phone, turn, notice uint64) (uint64, error) {
	for {
		latest, err := l.latest(ctx, p, turn, notice)
		if err != nil {
			return 0, err
		}
		seq, err := l.add(ctx, on, v, subject(p)+".>", latest)
		if !errors.Is(err, gateway.ErrConflict) {
			return seq, err
		}
	}
}

// latest is the sequence of the phone's latest message of any kind, if there is
// no later turn and no later notice than those; else ErrConflict.
func (l *Log) latest(ctx context.Context, p gateway.Phone, turn, notice uint64) (uint64, error) {
	all, err := l.sequence(ctx, subject(p)+".>")
	if err != nil {
		return 0, err
	}
	for filter, told := range map[string]uint64{turnsOf(p): turn, subject(p) + ".notice.>": notice} {
		seq, err := l.sequence(ctx, filter)
		if err != nil {
			return 0, err
		}
		if seq > told {
			return 0, gateway.ErrConflict
		}
	}
	return all, nil
}

// sequence is that of the latest message on a subject; 0 where there is none.
func (l *Log) sequence(ctx context.Context, subject string) (uint64, error) {
	msg, err := l.stream.GetLastMsgForSubject(ctx, subject)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("read the message log: %w", err)
	}
	return msg.Sequence, nil
}

// AddStatus implements [gateway.Log].
func (l *Log) AddStatus(ctx context.Context, p gateway.Phone, channel string, next func(gateway.Status) (gateway.Status, bool)) (bool, error) {
	known, err := l.LastStatus(ctx, p, channel)
	if err != nil {
		return false, err
	}
	return l.AddStatusAfter(ctx, p, channel, known, next)
}

// LastStatus is the phone's latest status in the channel, or the zero one.
func (l *Log) LastStatus(ctx context.Context, p gateway.Phone, channel string) (known gateway.LoggedStatus, err error) {
	known.Status, known.Seq, err = last[gateway.Status](ctx, l, statusesOf(p, channel))
	return known, err
}

// AddStatusAfter is AddStatus for who knows the latest status already; what is
// known may be out of date.
func (l *Log) AddStatusAfter(ctx context.Context, p gateway.Phone, channel string, known gateway.LoggedStatus, next func(gateway.Status) (gateway.Status, bool)) (bool, error) {
	on := statusesOf(p, channel)
	for {
		news, changed := next(known.Status)
		if !changed {
			return false, nil
		}
		_, err := l.add(ctx, on, news, on, known.Seq)
		if !errors.Is(err, gateway.ErrConflict) {
			return err == nil, err
		}
		if known, err = l.LastStatus(ctx, p, channel); err != nil {
			return false, err
		}
	}
}

// Charge implements [gateway.Log]. It is not part of the log: the order processor
// adds it to the order.
func (l *Log) Charge(ctx context.Context, c orders.Charge) error {
	data, err := json.Marshal(c)
	if err != nil {
		return err
	}
	_, err = l.publish(ctx, &nats.Msg{Subject: bus.Charge(c.Order), Data: data})
	return err
}

// add publishes v if the latest message that matches filter has the sequence
// after, as far as the whole stream knows.
func (l *Log) add(ctx context.Context, subject string, v any, filter string, after uint64) (uint64, error) {
	data, err := json.Marshal(v)
	if err != nil {
		return 0, err
	}
	msg := &nats.Msg{Subject: subject, Data: data, Header: nats.Header{
		jetstream.ExpectedLastSubjSeqHeader:     {strconv.FormatUint(after, 10)},
		jetstream.ExpectedLastSubjSeqSubjHeader: {filter},
	}}
	return l.publish(ctx, msg)
}

// publish waits for the acknowledgement by itself: publishers then share one
// inbox, and take the connection's lock once instead of four times.
func (l *Log) publish(ctx context.Context, msg *nats.Msg) (uint64, error) {
	future, err := l.bus.JetStream().PublishMsgAsync(msg, jetstream.WithRetryAttempts(0))
	if err != nil {
		return 0, asConflict(err)
	}
	timer := time.NewTimer(publishTimeout)
	defer timer.Stop()
	select {
	case ack := <-future.Ok():
		return ack.Sequence, nil
	case err := <-future.Err():
		return 0, asConflict(err)
	case <-timer.C:
		return 0, errors.New("write the message log: NATS does not answer")
	case <-ctx.Done():
		return 0, fmt.Errorf("write the message log: %w", ctx.Err())
	}
}

// wrongLastConstant is the code of a failed expectation that the server answers
// with a text without the sequence.
const wrongLastConstant jetstream.ErrorCode = 10164

func asConflict(err error) error {
	var api *jetstream.APIError
	if errors.As(err, &api) && (api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence || api.ErrorCode == wrongLastConstant) {
		return gateway.ErrConflict
	}
	return fmt.Errorf("write the message log: %w", err)
}
