package messagelog

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"haat/gateway"
)

// Settled says that nothing can be done about an SMS any more, and why.
type Settled struct {
	Ref   string
	State gateway.State
}

func (e *Settled) Error() string {
	switch e.State {
	case gateway.Dropped:
		return fmt.Sprintf("SMS %s was dropped: for another one use `haat send`", e.Ref)
	case gateway.Suppressed:
		return fmt.Sprintf("SMS %s is not sent because the phone's owner has said STOP: nothing is sent to them before they say START", e.Ref)
	}
	return fmt.Sprintf("SMS %s is %s: the carrier has it, it can neither be dropped nor sent again; for another one use `haat send`", e.Ref, e.State)
}

// Open gives a [Settled] error where an SMS can be neither sent again nor dropped.
func (l Letter) Open() error {
	switch s := l.Status.State; s {
	case gateway.Sent, gateway.Buffered, gateway.Delivered, gateway.Dropped, gateway.Suppressed:
		return &Settled{l.Ref, s}
	}
	return nil
}

// Drop takes an SMS that waits, or that did not arrive, out of the outbox at a
// time, with a reason for operators.
func (l *Log) Drop(ctx context.Context, letter Letter, reason string, at time.Time) error {
	dropped := gateway.Status{Channel: letter.Channel, Phone: letter.Phone, Ref: letter.Ref, State: gateway.Dropped, Attempt: letter.Status.Attempt, Reason: reason, At: at}
	_, err := l.AddStatus(ctx, letter.Phone, letter.Channel, func(s gateway.Status) (gateway.Status, bool) { return s.Next(dropped) })
	return err
}

// Again is an SMS once more, with another text or its own, as a notice of a time.
func (l Letter) Again(text string, at time.Time) gateway.Notice {
	n := gateway.Notice{Channel: l.Channel, Phone: l.Phone, Text: text, Again: l.Ref, At: at}
	if l.Order != "" {
		n.About = l.Order + " again"
	}
	return n
}

// SendAgain puts a notice into the outbox for an SMS that waits or did not
// arrive, which is dropped. It gives the ref of the new one.
func (l *Log) SendAgain(ctx context.Context, old Letter, n gateway.Notice) (ref string, err error) {
	// Out of the outbox first: between the two steps it is better lost from
	// there, where the failure is seen, than sent twice.
	if err := l.Drop(ctx, old, "An operator sends it again.", n.At); err != nil {
		return "", err
	}
	if ref, err = l.Post(ctx, n); err != nil {
		return "", fmt.Errorf("SMS %s is out of the outbox but could not be put in again; send it with `haat send`: %w", old.Ref, err)
	}
	return ref, nil
}

// NoticeOf finds the phone's notice of a time among those after a sequence: the
// ref of one that may have been posted before a crash, or "".
func (l *Log) NoticeOf(ctx context.Context, p gateway.Phone, after uint64, at time.Time) (ref string, err error) {
	for {
		msg, err := l.stream.GetMsg(ctx, after+1, jetstream.WithGetMsgSubject(subject(p)+".notice.>"))
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			return "", nil
		}
		if err != nil {
			return "", fmt.Errorf("read the message log: %w", err)
		}
		var n gateway.Notice
		if json.Unmarshal(msg.Data, &n) == nil && n.At.Equal(at) {
			return strconv.FormatUint(msg.Sequence, 10), nil
		}
		after = msg.Sequence
	}
}
