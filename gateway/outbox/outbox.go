// Package outbox sends what must be sent: the SMS replies of channels that
// cannot answer in the response, and every notice. What is not yet sent stands
// in the message log, so that nothing is lost by a crash; what became of each
// is logged as a status.
//
// An SMS goes twice only where the carrier took it and that could not be
// logged: the process or the machine died between the two, or the carrier did
// not answer. A crash repeats no more SMS than the channel's window holds.
// Carriers with idempotency are given the same Ref again and drop the second
// one.
package outbox

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"

	"haat/gateway"
	"haat/gateway/messagelog"
	"haat/orders"
	"haat/orders/bus"
)

// Log is the message log as the outbox uses it.
type Log interface {
	Last(ctx context.Context, p gateway.Phone) (gateway.Turn, uint64, error)
	LastStatus(ctx context.Context, p gateway.Phone, channel string) (gateway.LoggedStatus, error)
	AddStatusAfter(ctx context.Context, p gateway.Phone, channel string, known gateway.LoggedStatus, next func(gateway.Status) (gateway.Status, bool)) (bool, error)
	Charge(ctx context.Context, c orders.Charge) error
}

// Receipts remembers the carrier's ids.
type Receipts interface {
	Put(ctx context.Context, channel, carrierID string, p gateway.Phone) error
}

// Rooms are what all outboxes share.
type Rooms struct {
	Bus      *bus.Bus
	Log      Log
	People   gateway.People
	Receipts Receipts
	Metrics  *gateway.Metrics
	Logger   zerolog.Logger
}

// Outbox sends the messages of one channel.
type Outbox struct {
	Rooms
	cfg     Config
	channel gateway.Sender
	budget  *Budget
	pace    *pace
	breaker *breaker
	shore   *shore
	account *account // nil where it is not paid in advance
	backup  *Outbox  // sends while the channel is down; nil where there is none
	name    string
}

// New returns the outbox of a channel.
func New(cfg Config, c gateway.Sender, budget *Budget, rooms Rooms) *Outbox {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	o := &Outbox{Rooms: rooms, cfg: cfg, channel: c, budget: budget, pace: newPace(cfg), shore: &shore{durable: rooms.Bus.Durable}, name: c.Name()}
	o.Logger = rooms.Logger.With().Str("channel", o.name).Logger()
	o.breaker = &breaker{now: cfg.Now,
		opened: func(reason string, pause time.Duration) {
			o.Logger.Error().Str("reason", reason).Stringer("pause", pause.Round(time.Second)).Msg("a channel is paused because its carrier keeps failing; it is tried again by itself")
		},
		closed: func() { o.Logger.Info().Msg("the channel works again") },
	}
	if p, ok := c.(gateway.Prepaid); ok {
		o.account = &account{channel: p, now: cfg.Now, logger: o.Logger}
	}
	return o
}

// Join gives each outbox the one of its backup channel.
func Join(outboxes []*Outbox) {
	for _, o := range outboxes {
		for _, other := range outboxes {
			if other.name == o.cfg.Backup {
				o.backup = other
			}
		}
	}
}

// Consumer is the durable consumer's name for a channel.
func Consumer(channel string) string { return "OUTBOX-" + channel }

// Run sends until ctx ends, and asks beside that what is left on the account.
func (o *Outbox) Run(ctx context.Context) error {
	if o.account != nil {
		var watching sync.WaitGroup
		watching.Go(func() { o.account.watch(ctx) })
		defer watching.Wait()
	}
	return untilDone(ctx, o.Logger, o.follow)
}

// follow sends until ctx ends or the consumer is lost. What is under way then
// comes to its end.
func (o *Outbox) follow(ctx context.Context) error {
	messages, err := o.messages(ctx)
	if err != nil {
		return fmt.Errorf("outbox of channel %s: %w", o.name, err)
	}
	defer context.AfterFunc(ctx, messages.Stop)()
	settler := startSettler(o.Bus, o.Logger)
	defer settler.finish()
	lanes := startLanes(o.cfg.inHand(), func(msg jetstream.Msg) {
		if o.handle(ctx, msg) {
			settler.add(msg)
		}
	})
	defer lanes.finish()
	for o.awaitChannel(ctx) {
		msg, err := messages.Next()
		switch {
		case errors.Is(err, jetstream.ErrMsgIteratorClosed):
			return nil
		case err != nil:
			o.Logger.Warn().Err(err).Msg("the outbox waits for NATS")
		default:
			lanes.add(msg)
		}
	}
	return nil
}

func (o *Outbox) messages(ctx context.Context) (jetstream.MessagesContext, error) {
	filters := []string{messagelog.Notices(o.name)}
	if d, ok := o.channel.(gateway.Deferred); ok && d.Deferred() {
		filters = append(filters, messagelog.SMSTurns(o.name))
	}
	consumer, err := o.Bus.Consumer(ctx, bus.Messages, jetstream.ConsumerConfig{
		Durable:        Consumer(o.name),
		FilterSubjects: filters,
		AckPolicy:      jetstream.AckExplicitPolicy,
		AckWait:        2 * time.Minute, // longer than an SMS is in our hands
		MaxAckPending:  maxWaiting,
	})
	if err != nil {
		return nil, err
	}
	return consumer.Messages(jetstream.PullMaxMessages(min(o.cfg.inHand(), 256)))
}

// maxWaiting is how many SMS of a channel may wait for another attempt; more
// wait in the log for their first.
const maxWaiting = 100_000

// awaitChannel waits while nothing can be sent, so that what waits stays in the
// log. It reports false when ctx ended.
func (o *Outbox) awaitChannel(ctx context.Context) bool {
	for o.backup == nil {
		wait := max(o.breaker.remaining(), o.pace.paused())
		if o.linkLost() != nil {
			wait = max(wait, linkDown)
		}
		if wait == 0 || !pause(ctx, min(wait, time.Second)) {
			break
		}
	}
	return ctx.Err() == nil
}

// linkLost tells why the channel has no link to its carrier, or nil where it has
// one or needs none.
func (o *Outbox) linkLost() error {
	if l, ok := o.channel.(gateway.Linked); ok {
		return l.Link()
	}
	return nil
}

// Down tells why and since when the channel is paused, or "".
func (o *Outbox) Down() (reason string, since time.Time) {
	if err := o.linkLost(); err != nil {
		return err.Error(), time.Time{}
	}
	return o.breaker.down()
}

// linkDown is how long an SMS waits where the channel has no link to its
// carrier, which the channel itself mends.
const linkDown = time.Second

// closedFor is how long the channel can send nothing; 0 lets one SMS through,
// with a pass of the breaker.
func (o *Outbox) closedFor() (wait time.Duration, pass int) {
	if o.linkLost() != nil {
		return linkDown, 0
	}
	return o.breaker.wait()
}

// route is the outbox through which the phone is reached now: this one, or that
// of the backup channel while this channel is down.
func (o *Outbox) route(p gateway.Phone) (through *Outbox, wait time.Duration, pass int) {
	wait, pass = o.closedFor()
	if wait > 0 && o.covered(p) {
		if other, pass := o.backup.closedFor(); other == 0 {
			return o.backup, 0, pass
		}
	}
	return o, wait, pass
}

// covered tells whether the backup channel sends to the phone.
func (o *Outbox) covered(p gateway.Phone) bool {
	return o.backup != nil && slices.ContainsFunc(o.cfg.BackupFor, func(prefix string) bool { return strings.HasPrefix(string(p), prefix) })
}
