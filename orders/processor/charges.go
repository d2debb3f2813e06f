package processor

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"haat/orders"
	"haat/orders/bus"
)

// ChargesConsumer is the durable consumer's name.
const ChargesConsumer = "CHARGES"

// RunCharges writes what SMS about orders have cost until ctx ends.
func (p *Processor) RunCharges(ctx context.Context) error {
	for {
		err := p.followCharges(ctx)
		if ctx.Err() != nil {
			return nil
		}
		p.log.Warn().Err(err).Msg("the cost of messages is not written for now; it is tried again")
		pause(ctx, lostPause)
	}
}

func (p *Processor) followCharges(ctx context.Context) error {
	consumer, err := p.bus.Consumer(ctx, bus.Charges, jetstream.ConsumerConfig{
		Durable:       ChargesConsumer,
		Description:   "adds the cost of messages to orders",
		FilterSubject: bus.AllCharges,
		AckPolicy:     jetstream.AckExplicitPolicy,
		AckWait:       time.Minute,
		MaxAckPending: 4 * maxBatch,
	})
	if err != nil {
		return err
	}
	messages, err := consumer.Messages(jetstream.PullMaxMessages(2 * maxBatch))
	if err != nil {
		return fmt.Errorf("the cost of messages: %w", err)
	}
	defer context.AfterFunc(ctx, messages.Stop)()
	var batch []jetstream.Msg
	for {
		msg, err := messages.Next()
		if err != nil {
			return err
		}
		batch = append(batch, msg)
		if meta, err := msg.Metadata(); err == nil && len(batch) < maxBatch && meta.NumPending > 0 {
			continue
		}
		if err := p.charge(ctx, batch); err != nil {
			return err
		}
		batch = batch[:0]
	}
}

// charge writes a batch and acknowledges it when it is on the disk.
func (p *Processor) charge(ctx context.Context, batch []jetstream.Msg) error {
	ctx = context.WithoutCancel(ctx)
	charges, good := make([]orders.Charge, 0, len(batch)), batch[:0:0]
	for _, msg := range batch {
		var c orders.Charge
		if err := json.Unmarshal(msg.Data(), &c); err != nil {
			if err := p.bus.Bury(ctx, ChargesConsumer, msg, err); err != nil {
				return err
			}
			continue
		}
		charges, good = append(charges, c), append(good, msg)
	}
	if err := p.store.Charge(ctx, charges); err != nil {
		return err
	}
	if err := p.bus.Durable(ctx); err != nil {
		return err
	}
	for _, msg := range good {
		_ = msg.Ack() // one that is lost makes the charge come again
	}
	return nil
}
