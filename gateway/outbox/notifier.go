package outbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"

	"haat/gateway"
	"haat/orders"
	"haat/orders/bus"
)

// NotifierConsumer is the durable consumer's name.
const NotifierConsumer = "NOTIFIER"

// ackEvery is how many events are done before they are acknowledged, unless
// there are no more for the moment: they share one wait for the disk.
const ackEvery = 64

// Notifier turns what happened to orders into notices.
type Notifier struct {
	gateway *gateway.Gateway
	bus     *bus.Bus
	logger  zerolog.Logger
	done    []jetstream.Msg // not yet acknowledged
}

// NewNotifier returns the notifier of a gateway.
func NewNotifier(g *gateway.Gateway, b *bus.Bus, logger zerolog.Logger) *Notifier {
	return &Notifier{gateway: g, bus: b, logger: logger}
}

// Run notifies until ctx ends.
func (n *Notifier) Run(ctx context.Context) error { return untilDone(ctx, n.logger, n.follow) }

// follow notifies until ctx ends or the consumer is lost.
func (n *Notifier) follow(ctx context.Context) error {
	n.done = nil
	consumer, err := n.bus.Consumer(ctx, bus.Orders, jetstream.ConsumerConfig{
		Durable:       NotifierConsumer,
		FilterSubject: bus.OrderEvents,
		AckPolicy:     jetstream.AckExplicitPolicy,
		AckWait:       time.Minute,
		MaxAckPending: 20_000, // some seconds of events wait for their screens
	})
	if err != nil {
		return fmt.Errorf("notifier: %w", err)
	}
	messages, err := consumer.Messages(jetstream.PullMaxMessages(2000))
	if err != nil {
		return fmt.Errorf("notifier: %w", err)
	}
	defer context.AfterFunc(ctx, messages.Stop)()
	for {
		msg, err := messages.Next()
		if errors.Is(err, jetstream.ErrMsgIteratorClosed) {
			return nil
		}
		if err != nil {
			n.logger.Warn().Err(err).Msg("the notifier waits for NATS")
			continue
		}
		if !n.handle(ctx, msg) {
			return nil
		}
	}
}

// handle reports false when ctx ended; the message then comes again.
func (n *Notifier) handle(ctx context.Context, msg jetstream.Msg) bool {
	var event orders.Event
	if err := json.Unmarshal(msg.Data(), &event); err != nil {
		if err := n.bus.Bury(ctx, NotifierConsumer, msg, err); err != nil {
			n.logger.Error().Err(err).Msg("an order event cannot be read nor put away")
		}
		return true
	}
	// Events come in the order of their orders, so waiting for one keeps none
	// from its time.
	if !pause(ctx, time.Until(n.gateway.NotifyAt(event))) {
		return false
	}
	for {
		err := n.notify(ctx, event)
		if err == nil {
			err = n.finish(ctx, msg)
		}
		if err == nil {
			return true
		}
		n.logger.Error().Err(err).Str("order", event.Order.ID).Msg("a notice could not be logged; it is tried again")
		_ = msg.InProgress()
		if !pause(ctx, 2*time.Second) {
			return false
		}
	}
}

func (n *Notifier) notify(ctx context.Context, event orders.Event) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	return n.gateway.Notify(ctx, event)
}

// finish acknowledges the message, now or with a later one, after all that was
// told is on the disk: an acknowledgement that outlived it would be an order
// whose outcome nobody ever hears.
func (n *Notifier) finish(ctx context.Context, msg jetstream.Msg) error {
	n.done = append(n.done, msg)
	if meta, err := msg.Metadata(); err == nil && len(n.done) < ackEvery && meta.NumPending > 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	if err := n.bus.Durable(ctx); err != nil {
		return err
	}
	for _, m := range n.done {
		_ = m.Ack() // one that is lost makes the event come again
	}
	n.done = n.done[:0]
	return nil
}

// untilDone runs work again, after a while, whenever it fails before ctx ends:
// NATS may be away when it begins.
func untilDone(ctx context.Context, logger zerolog.Logger, work func(context.Context) error) error {
	for {
		err := work(ctx)
		if ctx.Err() != nil {
			return nil
		}
		logger.Warn().Err(err).Msg("the message log is away; trying again")
		if !pause(ctx, time.Second) {
			return nil
		}
	}
}

// pause reports false when ctx ended first.
func pause(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}
