package main

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"haat/gateway/console/account"
	"haat/gateway/console/attention"
	"haat/gateway/console/index"
	"haat/gateway/console/store"
	"haat/gateway/messagelog"
	"haat/gateway/outbox"
	"haat/orders/bus"
	"haat/orders/processor"
)

// AttentionConfig is what the console says needs a person, and how fast it acts
// on many messages.
type AttentionConfig struct {
	// How long an SMS may wait to be sent, or be tried again, 1s to 168h.
	Waiting time.Duration `yaml:"waiting" env:"WAITING"`
	// How long an SMS that was sent may be without a delivery report, on channels
	// that give them, 1s to 168h.
	Report time.Duration `yaml:"report" env:"REPORT"`
	// How long a channel that had traffic may be silent, 1s to 168h.
	Silent time.Duration `yaml:"silent" env:"SILENT"`
	// How long an order may wait to be decided, 1s to 168h.
	Undecided time.Duration `yaml:"undecided" env:"UNDECIDED"`
	// Messages a second that an act on many takes, 0.1 to 1000.
	Rate float64 `yaml:"rate" env:"RATE"`
}

func (a *AttentionConfig) check(f *findings) {
	for name, t := range map[string]time.Duration{"waiting": a.Waiting, "report": a.Report, "silent": a.Silent, "undecided": a.Undecided} {
		f.lasting("attention."+name, t, time.Second, 168*time.Hour)
	}
	if a.Rate < .1 || a.Rate > attention.MaxRate {
		f.add("attention.rate", "%g is out of bounds: write 0.1 to %d messages a second", a.Rate, attention.MaxRate)
	}
}

// openAttention opens the desk of what needs attention, and lets it do its jobs.
func (h *house) openAttention(log *messagelog.Log, people *messagelog.People, ix *index.Index, notes *store.Store, accounts *account.Accounts) (*attention.Desk, error) {
	lines := map[string]attention.Line{}
	for name, channel := range h.cfg.Channels {
		lines[name] = attention.Line{Through: channel.Sending.Through, Tariff: channel.Sending.tariff(h.cfg.Market.Currency)}
	}
	a := h.cfg.Attention
	desk, err := attention.New(attention.Config{
		Index: ix, Log: log, People: people, House: halves{h.bus}, Dead: deadLetters{h.bus}, Store: notes, Record: accounts.Record, Logger: h.logger,
		Lines: lines, WaitingAfter: a.Waiting, ReportAfter: a.Report, SilentAfter: a.Silent, UndecidedAfter: a.Undecided, Rate: a.Rate,
	})
	if err != nil {
		return nil, err
	}
	h.work = append(h.work, desk.Run)
	return desk, nil
}

// halves asks the running halves over NATS.
type halves struct{ bus *bus.Bus }

// Channels implements [attention.House].
func (s halves) Channels(ctx context.Context) ([]attention.Channel, error) {
	states, err := outbox.States(ctx, s.bus.Conn())
	if errors.Is(err, outbox.ErrNotRunning) { // it is just starting
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var all []attention.Channel
	for _, state := range states {
		c := attention.Channel{Name: state.Name, Since: state.Since, Budget: spentPercent(state.Today)}
		if state.State == outbox.Paused {
			c.Down = state.Reason
		}
		all = append(all, c)
	}
	return all, nil
}

// spentPercent is how much of the day's budget is spent, of segments or money,
// whichever is more; -1 without one.
func spentPercent(s outbox.Spent) int {
	percent := -1
	if s.SegmentsAllowed > 0 {
		percent = int(100 * s.Segments / s.SegmentsAllowed)
	}
	allowed, ok := new(big.Rat).SetString(s.CostAllowed)
	cost, okCost := new(big.Rat).SetString(s.Cost)
	if ok && okCost && allowed.Sign() > 0 {
		share, _ := cost.Quo(cost.Mul(cost, big.NewRat(100, 1)), allowed).Float64()
		percent = max(percent, int(share))
	}
	return percent
}

// Undecided implements [attention.House].
func (s halves) Undecided(ctx context.Context) (orders uint64, since time.Time, err error) {
	consumer, err := s.bus.JetStream().Consumer(ctx, bus.Messages, processor.Consumer)
	if errors.Is(err, jetstream.ErrConsumerNotFound) {
		return 0, since, nil
	}
	if err != nil {
		return 0, since, fmt.Errorf("asking for orders that wait: %w", err)
	}
	info := consumer.CachedInfo() // as fresh as the call before
	waiting := info.NumPending + uint64(info.NumAckPending)
	if waiting == 0 {
		return 0, since, nil
	}
	stream, err := s.bus.JetStream().Stream(ctx, bus.Messages)
	if err != nil {
		return 0, since, fmt.Errorf("asking for orders that wait: %w", err)
	}
	oldest, err := stream.GetMsg(ctx, info.AckFloor.Stream+1, jetstream.WithGetMsgSubject(bus.RequestTurns))
	if errors.Is(err, jetstream.ErrMsgNotFound) { // decided meanwhile
		return 0, since, nil
	}
	if err != nil {
		return 0, since, fmt.Errorf("asking for orders that wait: %w", err)
	}
	return waiting, oldest.Time.UTC(), nil
}

// deadLetters are those of the bus.
type deadLetters struct{ bus *bus.Bus }

// List implements [attention.DeadLetters].
func (d deadLetters) List(ctx context.Context, after uint64, limit int) (all []attention.DeadLetter, err error) {
	letters, err := d.bus.DeadLetters(ctx, after, limit)
	for _, l := range letters {
		all = append(all, attention.DeadLetter{Seq: l.Seq, At: l.At, Consumer: l.Consumer, Reason: l.Reason, Replays: l.Replays()})
	}
	return all, err
}

// Count implements [attention.DeadLetters].
func (d deadLetters) Count(ctx context.Context) (int, error) { return d.bus.CountDead(ctx) }

// Replay implements [attention.DeadLetters].
func (d deadLetters) Replay(ctx context.Context, seq uint64) error {
	return asNoLetter(d.bus.Exhume(ctx, seq))
}

// Drop implements [attention.DeadLetters].
func (d deadLetters) Drop(ctx context.Context, seq uint64) error {
	return asNoLetter(d.bus.DropDead(ctx, seq))
}

func asNoLetter(err error) error {
	if errors.Is(err, bus.ErrNotBuried) {
		return attention.ErrNoDeadLetter
	}
	return err
}
