package bus

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Buried is a dead letter.
type Buried struct {
	Seq      uint64 // among the dead letters
	At       time.Time
	Consumer string // who could not process it
	Subject  string // where it had come from
	Reason   string
}

// Replays tells whether the message can be published once more: those who read
// order events and charges know a repeat. One of the message log cannot: it
// would be the phone's latest, and take its session back.
func (b Buried) Replays() bool {
	return strings.HasPrefix(b.Subject, "orders.") || strings.HasPrefix(b.Subject, "charges.")
}

// ErrNotBuried says that there is no such dead letter.
var ErrNotBuried = errors.New("there is no such dead letter")

// DeadLetters gives dead letters after a sequence, the oldest first.
func (b *Bus) DeadLetters(ctx context.Context, after uint64, limit int) (all []Buried, err error) {
	stream, err := b.js.Stream(ctx, Dead)
	if err != nil {
		return nil, fmt.Errorf("read the dead letters: %w", err)
	}
	for len(all) < limit {
		msg, err := stream.GetMsg(ctx, after+1, jetstream.WithGetMsgSubject("dead.>"))
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			return all, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read the dead letters: %w", err)
		}
		all, after = append(all, buried(msg)), msg.Sequence
	}
	return all, nil
}

func buried(msg *jetstream.RawStreamMsg) Buried {
	return Buried{Seq: msg.Sequence, At: msg.Time.UTC(), Consumer: strings.TrimPrefix(msg.Subject, "dead."), Subject: msg.Header.Get(SubjectHeader), Reason: msg.Header.Get(ReasonHeader)}
}

// CountDead is how many dead letters there are.
func (b *Bus) CountDead(ctx context.Context) (int, error) {
	stream, err := b.js.Stream(ctx, Dead)
	if err != nil {
		return 0, fmt.Errorf("read the dead letters: %w", err)
	}
	return int(stream.CachedInfo().State.Msgs), nil // as fresh as the call before
}

// Exhume publishes a dead letter once more where it had come from, and takes it
// out.
func (b *Bus) Exhume(ctx context.Context, seq uint64) error {
	stream, err := b.js.Stream(ctx, Dead)
	if err != nil {
		return fmt.Errorf("read the dead letters: %w", err)
	}
	msg, err := stream.GetMsg(ctx, seq)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return ErrNotBuried
	}
	if err != nil {
		return fmt.Errorf("read the dead letters: %w", err)
	}
	letter := buried(msg)
	if !letter.Replays() {
		return fmt.Errorf("dead letter %d is of the message log: it can only be dropped", seq)
	}
	if _, err := b.js.PublishMsg(ctx, &nats.Msg{Subject: letter.Subject, Data: msg.Data}); err != nil {
		return fmt.Errorf("publish a dead letter once more: %w", err)
	}
	if err := b.Durable(ctx); err != nil {
		return err
	}
	return b.DropDead(ctx, seq)
}

// DropDead takes out a dead letter.
func (b *Bus) DropDead(ctx context.Context, seq uint64) error {
	stream, err := b.js.Stream(ctx, Dead)
	if err != nil {
		return fmt.Errorf("read the dead letters: %w", err)
	}
	err = stream.DeleteMsg(ctx, seq)
	var api *jetstream.APIError
	if errors.Is(err, jetstream.ErrMsgNotFound) || errors.Is(err, jetstream.ErrMsgDeleteUnsuccessful) || errors.As(err, &api) && api.Code == 404 {
		return ErrNotBuried
	}
	if err != nil {
		return fmt.Errorf("drop a dead letter: %w", err)
	}
	return nil
}
