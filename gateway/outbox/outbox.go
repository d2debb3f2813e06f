// Package outbox sends what must be sent: the SMS replies of channels that
// cannot answer in the response, and every notice. What is not yet sent stands
// in the message log, so that nothing is lost by a crash; what became of each
// is logged as a status.
package outbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"

	"haat/gateway"
	"haat/gateway/messagelog"
	"haat/orders/bus"
)

// Config says how sending is retried.
type Config struct {
	Attempts   int           // how often one SMS is handed to the carrier at most
	FirstRetry time.Duration // pause before the second attempt; doubled for each further one
	MaxRetry   time.Duration // longest pause
	MaxAge     time.Duration // an SMS older than this is not sent any more
	// Settle is how long after a turn its reply may still be replaced by one
	// that tells the processor's word.
	Settle time.Duration
	Now    func() time.Time // nil: time.Now
}

// Log is the message log as the outbox uses it.
type Log interface {
	gateway.Log
	LastStatus(ctx context.Context, p gateway.Phone, channel string) (gateway.Status, error)
}

// Receipts remembers the carrier's ids.
type Receipts interface {
	Put(ctx context.Context, channel, carrierID string, p gateway.Phone) error
}

// Outbox sends the messages of one channel.
type Outbox struct {
	cfg      Config
	channel  gateway.Channel
	bus      *bus.Bus
	log      Log
	people   gateway.People
	receipts Receipts
	metrics  *Metrics
	logger   zerolog.Logger
}

// New returns the outbox of a channel.
func New(cfg Config, c gateway.Channel, b *bus.Bus, log Log, people gateway.People, receipts Receipts, m *Metrics, logger zerolog.Logger) *Outbox {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Outbox{cfg: cfg, channel: c, bus: b, log: log, people: people, receipts: receipts, metrics: m,
		logger: logger.With().Str("channel", c.Name()).Logger()}
}

// Consumer is the durable consumer's name for a channel.
func Consumer(channel string) string { return "OUTBOX-" + channel }

// workers is how many SMS of a channel are on their way to the carrier at once.
const workers = 4

// Run sends until ctx ends.
func (o *Outbox) Run(ctx context.Context) error { return untilDone(ctx, o.logger, o.follow) }

// follow sends until ctx ends or the consumer is lost.
func (o *Outbox) follow(ctx context.Context) error {
	filters := []string{messagelog.Notices(o.channel.Name())}
	if d, ok := o.channel.(gateway.Deferred); ok && d.Deferred() {
		filters = append(filters, messagelog.SMSTurns(o.channel.Name()))
	}
	consumer, err := o.bus.Consumer(ctx, bus.Messages, jetstream.ConsumerConfig{
		Durable:        Consumer(o.channel.Name()),
		FilterSubjects: filters,
		AckPolicy:      jetstream.AckExplicitPolicy,
		AckWait:        2 * time.Minute, // longer than any carrier's time-out
		MaxAckPending:  1000,
	})
	if err != nil {
		return fmt.Errorf("outbox of channel %s: %w", o.channel.Name(), err)
	}
	slots := make(chan struct{}, workers)
	messages, err := consumer.Messages(jetstream.PullMaxMessages(workers))
	if err != nil {
		return fmt.Errorf("outbox of channel %s: %w", o.channel.Name(), err)
	}
	defer context.AfterFunc(ctx, messages.Stop)()
	for {
		msg, err := messages.Next()
		if errors.Is(err, jetstream.ErrMsgIteratorClosed) {
			break
		}
		if err != nil {
			o.logger.Warn().Err(err).Msg("the outbox waits for NATS")
			continue
		}
		slots <- struct{}{}
		go func() {
			defer func() { <-slots }()
			o.handle(ctx, msg)
		}()
	}
	for range workers { // let those under way finish
		slots <- struct{}{}
	}
	return nil
}

// handle sends one message and acknowledges it, or asks for it again later.
// The send itself is not cut off by the end of the process's work.
func (o *Outbox) handle(ctx context.Context, msg jetstream.Msg) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	again, err := o.process(ctx, msg)
	switch {
	case err != nil:
		o.logger.Error().Err(err).Msg("an SMS stays in the outbox")
		_ = msg.NakWithDelay(o.cfg.FirstRetry)
	case again > 0:
		_ = msg.NakWithDelay(again)
	default:
		_ = msg.Ack() // not durable; a second delivery finds the status
	}
}

// process does what there is to do about a message, and says after which pause
// there is more to do, if there is.
func (o *Outbox) process(ctx context.Context, msg jetstream.Msg) (again time.Duration, err error) {
	it, err := read(msg)
	if err != nil {
		o.metrics.count(o.channel.Name(), "unreadable")
		return 0, o.bury(ctx, msg, err)
	}
	if it.out.Text == "" {
		return 0, nil
	}
	if it.provisional {
		if wait := it.at.Add(o.cfg.Settle).Sub(o.cfg.Now()); wait > 0 {
			return wait, nil
		}
		if replaced, err := o.replaced(ctx, it); replaced || err != nil {
			return 0, err
		}
	}
	known, err := o.log.LastStatus(ctx, it.out.Phone, o.channel.Name())
	if err != nil {
		return 0, err
	}
	before, _ := known.Of(it.out.Ref, "")
	if before.State.Rank() > 0 { // sent before a crash, acknowledged never
		return 0, nil
	}
	if it.notice {
		if profile, err := o.people.Profile(ctx, it.out.Phone); err != nil || profile.OptedOut {
			if err != nil {
				return 0, err
			}
			return 0, o.note(ctx, it, gateway.Status{State: gateway.Suppressed})
		}
	}
	if o.cfg.Now().Sub(it.at) > o.cfg.MaxAge {
		return 0, o.note(ctx, it, gateway.Status{State: gateway.Failed, Attempt: before.Attempt, Code: "too old"})
	}
	return o.send(ctx, it, before.Attempt+1)
}

// send hands the SMS to the carrier and logs what it said.
func (o *Outbox) send(ctx context.Context, it item, attempt int) (again time.Duration, err error) {
	if err := o.bus.Durable(ctx); err != nil { // what a power cut could take back was never said
		return 0, err
	}
	receipt, err := o.channel.Send(ctx, it.out)
	if err == nil {
		if receipt.ID != "" {
			if err := o.receipts.Put(ctx, o.channel.Name(), receipt.ID, it.out.Phone); err != nil {
				o.logger.Warn().Err(err).Msg("a delivery report may not find its SMS")
			}
		}
		return 0, o.noteTaken(ctx, it, gateway.Status{State: receipt.State, CarrierID: receipt.ID, Attempt: attempt})
	}
	refusal := &gateway.SendError{Retry: true, Advice: "look at the carrier's answer", Err: err}
	errors.As(err, &refusal)
	o.logger.Warn().Err(refusal.Err).Str("code", refusal.Code).Int("attempt", attempt).Bool("retry", refusal.Retry).Str("advice", refusal.Advice).Msg("the carrier refused an SMS")
	if refusal.OptOut {
		if err := o.optOut(ctx, it.out.Phone); err != nil {
			return 0, err
		}
	}
	if !refusal.Retry || attempt >= o.cfg.Attempts {
		return 0, o.note(ctx, it, gateway.Status{State: gateway.Failed, Attempt: attempt, Code: refusal.Code})
	}
	if err := o.note(ctx, it, gateway.Status{State: gateway.Retrying, Attempt: attempt, Code: refusal.Code}); err != nil {
		return 0, err
	}
	return max(o.pause(attempt), refusal.After), nil
}

// pause is how long to wait after the attempt.
func (o *Outbox) pause(attempt int) time.Duration {
	pause := o.cfg.FirstRetry
	for range attempt - 1 {
		if pause *= 2; pause >= o.cfg.MaxRetry {
			return o.cfg.MaxRetry
		}
	}
	return pause
}

// noteTaken logs that the carrier took the SMS, and tries for as long as ctx
// allows: what is not logged would be sent again.
func (o *Outbox) noteTaken(ctx context.Context, it item, s gateway.Status) error {
	for {
		err := o.note(ctx, it, s)
		if err == nil || !pause(ctx, time.Second) {
			return err
		}
	}
}

// note logs what became of the SMS.
func (o *Outbox) note(ctx context.Context, it item, s gateway.Status) error {
	s.Channel, s.Phone, s.Ref, s.At = o.channel.Name(), it.out.Phone, it.out.Ref, o.cfg.Now()
	o.metrics.count(o.channel.Name(), string(s.State))
	if _, err := o.log.AddStatus(ctx, it.out.Phone, o.channel.Name(), func(last gateway.Status) (gateway.Status, bool) { return last.Next(s) }); err != nil {
		return fmt.Errorf("log what became of an SMS: %w", err)
	}
	return nil
}

func (o *Outbox) optOut(ctx context.Context, p gateway.Phone) error {
	profile, err := o.people.Profile(ctx, p)
	if err == nil && !profile.OptedOut {
		profile.OptedOut = true
		err = o.people.SetProfile(ctx, p, profile)
	}
	return err
}

// replaced tells whether a later turn told what this provisional reply left
// open. That turn is in the outbox itself.
func (o *Outbox) replaced(ctx context.Context, it item) (bool, error) {
	turn, _, err := o.log.Last(ctx, it.out.Phone)
	if err != nil {
		return false, err
	}
	if turn.Amends == it.seq {
		return true, nil
	}
	for _, ref := range turn.Session.Orders {
		if ref.ID == it.order && ref.Told != "" {
			return true, nil
		}
	}
	return false, nil
}

// bury moves a message that cannot be read out of the way, with the reason.
func (o *Outbox) bury(ctx context.Context, msg jetstream.Msg, reason error) error {
	o.logger.Error().Err(reason).Msg("a message of the log cannot be sent; it is in the dead letters")
	return o.bus.Bury(ctx, Consumer(o.channel.Name()), msg, reason)
}
