package messagelog

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"haat/gateway"
	"haat/orders"
	"haat/orders/bus"
)

// Line is one message of the log as it stands there: a turn and the one that
// amends its reply are two.
type Line struct {
	Entry
	Amends   uint64        // the sequence of the turn whose reply this one replaces
	Language string        // of a turn: the phone's
	Station  string        // of a turn: the phone's station
	Screen   string        // of a turn: the dialogue's state after it
	Ordered  []orders.Line // of a turn that places an order: what is ordered
	Told     orders.Status // of a notice, or a turn that amends another: what it tells of the order
	Parts    []string      // of a status: the carrier's ids
	Broken   error         // why the message cannot be read; then only Seq and At are known
}

// Follow hands every line after a sequence to yield, oldest first, until ctx
// ends or yield fails: at once what is there, up to most lines at a time. Lines
// come on while yield works, most at most. They may not be on the disk yet: see
// [Log.Durable].
func (l *Log) Follow(ctx context.Context, after uint64, most int, yield func([]Line) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	consumer, err := l.bus.JetStream().OrderedConsumer(ctx, bus.Messages, jetstream.OrderedConsumerConfig{
		DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: after + 1, InactiveThreshold: 30 * time.Second,
	})
	if err != nil {
		return fmt.Errorf("read the message log: %w", err)
	}
	defer l.forget(ctx, consumer)
	arrived := make(chan Line, most)
	consuming, err := consumer.Consume(func(m jetstream.Msg) {
		meta, err := m.Metadata()
		if err != nil {
			return // not of the stream
		}
		select {
		case arrived <- lineOf(m, meta):
		case <-ctx.Done():
		}
	}, jetstream.PullMaxMessages(min(most, maxPull)))
	if err != nil {
		return fmt.Errorf("read the message log: %w", err)
	}
	defer consuming.Stop()
	return batches(ctx, arrived, consuming.Closed(), most, yield)
}

// maxPull bounds what one question to the server brings.
const maxPull = 4096

// forget lets the server drop the consumer, which it would do by itself.
func (l *Log) forget(ctx context.Context, c jetstream.Consumer) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	_ = l.stream.DeleteConsumer(ctx, c.CachedInfo().Name)
}

// batches hands over what has arrived, without waiting for more.
func batches(ctx context.Context, arrived <-chan Line, closed <-chan struct{}, most int, yield func([]Line) error) error {
	batch := make([]Line, 0, most)
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-closed:
			return errors.New("read the message log: NATS has closed the connection")
		case line := <-arrived:
			batch = append(batch[:0], line)
		}
		for more := true; more && len(batch) < most; {
			select {
			case line := <-arrived:
				batch = append(batch, line)
			default:
				more = false
			}
		}
		if err := yield(batch); err != nil {
			return err
		}
	}
}

// lineOf reads a message. What only the session of a turn says is read beside its
// entry.
func lineOf(m jetstream.Msg, meta *jetstream.MsgMetadata) Line {
	e, what, err := decoded(m, meta)
	if err != nil {
		return Line{Entry: Entry{Seq: meta.Sequence.Stream, At: meta.Timestamp.UTC()}, Broken: err}
	}
	line := Line{Entry: e}
	if t := what.turn; t != nil {
		line.Amends, line.Language, line.Station, line.Screen = t.Amends, t.Session.Profile.Language, t.Session.Profile.Station, string(t.Session.State)
		if t.Request != nil && t.Request.Place != nil {
			line.Ordered = t.Request.Place.Lines
		}
		if t.Amends != 0 {
			line.Told = toldBy(t)
		}
	}
	if s := what.status; s != nil {
		for _, p := range s.Parts {
			line.Parts = append(line.Parts, p.ID)
		}
	}
	if n := what.notice; n != nil {
		_, told, _ := strings.Cut(n.About, " ")
		line.Told = orders.Status(told)
	}
	return line
}

// toldBy is what the reply of a turn tells of its order.
func toldBy(t *gateway.Turn) orders.Status {
	for _, o := range t.Session.Orders {
		if o.ID == t.Order {
			return o.Told
		}
	}
	return ""
}

// Extent is where the log begins and ends.
type Extent struct {
	First, Last uint64    // sequences; of an empty log First is Last+1
	Made        time.Time // when the stream was made: another one is another log
}

// Extent tells where the log begins and ends now.
func (l *Log) Extent(ctx context.Context) (Extent, error) {
	info, err := l.stream.Info(ctx)
	if err != nil {
		return Extent{}, fmt.Errorf("read the message log: %w", err)
	}
	x := Extent{First: info.State.FirstSeq, Last: info.State.LastSeq, Made: info.Created.UTC()}
	if info.State.Msgs == 0 {
		x.First = x.Last + 1
	}
	return x, nil
}

// At is when the message with the sequence was logged; [gateway.ErrNotFound]
// where it is not in the log.
func (l *Log) At(ctx context.Context, seq uint64) (time.Time, error) {
	msg, err := l.stream.GetMsg(ctx, seq)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return time.Time{}, gateway.ErrNotFound
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("read the message log: %w", err)
	}
	return msg.Time.UTC(), nil
}
