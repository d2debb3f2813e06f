package bus

import (
	"context"
	"fmt"
	"strconv"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Bury puts a message that the consumer cannot process into the dead letters,
// with the reason, and ends its delivery.
func (b *Bus) Bury(ctx context.Context, consumer string, msg jetstream.Msg, reason error) error {
	header := nats.Header{ReasonHeader: {reason.Error()}, SubjectHeader: {msg.Subject()}}
	if meta, err := msg.Metadata(); err == nil {
		header.Set(SeqHeader, strconv.FormatUint(meta.Sequence.Stream, 10))
	}
	if _, err := b.js.PublishMsg(ctx, &nats.Msg{Subject: DeadLetter(consumer), Data: msg.Data(), Header: header}); err != nil {
		return fmt.Errorf("dead letter: %w", err)
	}
	if err := b.Durable(ctx); err != nil {
		return err
	}
	return msg.TermWithReason("in the dead letters")
}
