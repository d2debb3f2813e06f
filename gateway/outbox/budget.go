package outbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"

	"haat/gateway"
	"haat/orders/bus"
)

// Allowance is what a channel may spend in a day, which begins at midnight in
// the machine's time zone. What is 0 is not limited.
type Allowance struct {
	Segments int64
	Micros   int64 // millionths of the currency of the channel's tariff
}

const (
	// reservePercent of an allowance is kept for news of orders: other texts stop
	// where it begins, so that confirmations are the last to stop.
	reservePercent = 10
	// warnPercent is what has been spent when the operator is warned.
	warnPercent = 80
	// A process takes a hundredth of the allowance at a time, and forgets what is
	// left of it when it ends: spending is overrated by that much at most.
	leasesPerDay = 100
)

// spent is an amount of both kinds.
type spent struct {
	Segments int64 `json:"segments"`
	Micros   int64 `json:"micros"`
}

func (s spent) plus(o spent) spent  { return spent{s.Segments + o.Segments, s.Micros + o.Micros} }
func (s spent) minus(o spent) spent { return spent{s.Segments - o.Segments, s.Micros - o.Micros} }

// Budget counts what a channel spends in a day over all processes and restarts,
// and says when to stop. It implements [gateway.Budget].
type Budget struct {
	allowance Allowance
	channel   string
	kv        jetstream.KeyValue
	logger    zerolog.Logger
	now       func() time.Time

	mu     sync.Mutex
	day    string
	total  spent // taken by all processes
	lease  spent // what this process may still use of it; below zero for a kind without a limit
	warned int   // percent of the latest warning today
}

// OpenBudget returns the budget of a channel; now may be nil for time.Now.
func OpenBudget(ctx context.Context, a Allowance, channel string, b *bus.Bus, now func() time.Time, logger zerolog.Logger) (*Budget, error) {
	if now == nil {
		now = time.Now
	}
	kv, err := b.JetStream().KeyValue(ctx, bus.Counters)
	if err != nil {
		return nil, fmt.Errorf("budget of channel %s: %w", channel, err)
	}
	budget := &Budget{allowance: a, channel: channel, kv: kv, now: now, logger: logger.With().Str("channel", channel).Logger()}
	budget.mu.Lock()
	defer budget.mu.Unlock()
	return budget, budget.begin(ctx)
}

// Spend takes segments and their cost, nil where there is no tariff, out of the
// day's budget. It reports false where they are not to be spent today. News of
// orders may use all of the budget, other texts leave them a reserve.
func (b *Budget) Spend(ctx context.Context, segments int, cost *gateway.Cost, news bool) (bool, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.day != b.today() {
		if err := b.begin(ctx); err != nil {
			return false, err
		}
	}
	want := amount(segments, cost)
	if !b.fits(want, news) {
		b.warn(100)
		return false, nil
	}
	if b.allowance == (Allowance{}) { // nobody asks how much other processes spend
		b.lease = b.lease.minus(want)
		return true, nil
	}
	if b.allowance.Segments > 0 && want.Segments > b.lease.Segments || b.allowance.Micros > 0 && want.Micros > b.lease.Micros {
		if err := b.renew(ctx, want); err != nil {
			return false, fmt.Errorf("budget of channel %s: %w", b.channel, err)
		}
		if !b.fits(want, news) { // another process has spent it
			return false, nil
		}
	}
	b.lease = b.lease.minus(want)
	if used := b.total.minus(b.lease); b.percent(used) >= warnPercent {
		b.warn(warnPercent)
	}
	return true, nil
}

// giveBack returns what was not spent after all.
func (b *Budget) giveBack(segments int, cost *gateway.Cost) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.lease = b.lease.plus(amount(segments, cost))
}

func amount(segments int, cost *gateway.Cost) spent {
	if cost == nil {
		return spent{Segments: int64(segments)}
	}
	return spent{int64(segments), cost.Micros}
}

// Today is what was spent today.
func (b *Budget) Today() (segments, micros int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.day != b.today() {
		return 0, 0
	}
	used := b.total.minus(b.lease)
	return used.Segments, used.Micros
}

// UntilTomorrow is how long the day still lasts.
func (b *Budget) UntilTomorrow() time.Duration {
	now := b.now().Local()
	return time.Date(now.Year(), now.Month(), now.Day()+1, 0, 0, 0, 0, time.Local).Sub(now)
}

func (b *Budget) today() string { return b.now().Local().Format(time.DateOnly) }

func (b *Budget) fits(want spent, news bool) bool {
	percent := int64(100 - reservePercent)
	if news {
		percent = 100
	}
	after := b.total.minus(b.lease).plus(want)
	within := func(after, limit int64) bool { return limit == 0 || after <= limit*percent/100 }
	return within(after.Segments, b.allowance.Segments) && within(after.Micros, b.allowance.Micros)
}

func (b *Budget) percent(used spent) int64 {
	share := func(used, limit int64) int64 {
		if limit == 0 {
			return 0
		}
		return used * 100 / limit
	}
	return max(share(used.Segments, b.allowance.Segments), share(used.Micros, b.allowance.Micros))
}

// warn tells the operator, once a day for each mark.
func (b *Budget) warn(percent int) {
	if b.warned >= percent {
		return
	}
	b.warned = percent
	used := b.total.minus(b.lease)
	event := b.logger.Warn().Int64("segments", used.Segments).Int64("segments_allowed", b.allowance.Segments).
		Str("cost", gateway.Cost{Micros: used.Micros}.Decimal()).Str("cost_allowed", gateway.Cost{Micros: b.allowance.Micros}.Decimal())
	if percent < 100 {
		event.Msgf("%d %% of the day's budget of a channel is used", percent)
		return
	}
	event.Msgf("the day's budget of a channel is used up but for its reserve: only news of orders is sent; the rest waits for midnight or for a higher budget")
}

func (b *Budget) key() string { return "spent." + b.channel }

// record is what stands in NATS of the latest day on which something was spent.
type record struct {
	Day string `json:"day"`
	spent
}

// begin begins the day with what other processes, or this one before a restart,
// have spent of it.
func (b *Budget) begin(ctx context.Context) error {
	b.day, b.lease, b.warned = b.today(), spent{}, 0
	var err error
	b.total, _, err = b.read(ctx)
	return err
}

func (b *Budget) read(ctx context.Context) (total spent, revision uint64, err error) {
	entry, err := b.kv.Get(ctx, b.key())
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return total, 0, nil
	}
	if err != nil {
		return total, 0, fmt.Errorf("budget of channel %s: %w", b.channel, err)
	}
	var r record
	if err := json.Unmarshal(entry.Value(), &r); err != nil {
		return total, 0, fmt.Errorf("budget of channel %s: %w", b.channel, err)
	}
	if r.Day == b.day {
		total = r.spent
	}
	return total, entry.Revision(), nil
}

// renew takes another lease, of what is wanted at least.
func (b *Budget) renew(ctx context.Context, want spent) error {
	more := spent{leaseOf(b.allowance.Segments, want.Segments, b.lease.Segments), leaseOf(b.allowance.Micros, want.Micros, b.lease.Micros)}
	for {
		total, revision, err := b.read(ctx)
		if err != nil {
			return err
		}
		value, err := json.Marshal(record{b.day, total.plus(more)})
		if err != nil {
			return err
		}
		if _, err = b.kv.Update(ctx, b.key(), value, revision); errors.Is(err, jetstream.ErrKeyExists) {
			continue // another gateway was faster
		} else if err != nil {
			return err
		}
		b.total, b.lease = total.plus(more), b.lease.plus(more)
		return nil
	}
}

// leaseOf is how much to take of one kind; of one without a limit, what was used
// since the last time.
func leaseOf(limit, want, lease int64) int64 {
	if limit > 0 {
		return max(want, limit/leasesPerDay)
	}
	return max(0, want-lease)
}
