package outbox_test

import (
	"bytes"
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"haat/gateway"
	"haat/gateway/gatewaytest"
	"haat/gateway/outbox"
)

// day is a clock that a test sets.
type day struct{ now atomic.Pointer[time.Time] }

func (d *day) set(t time.Time) { d.now.Store(&t) }
func (d *day) Now() time.Time  { return *d.now.Load() }

func openBudget(t *testing.T, r *gatewaytest.Rig, a outbox.Allowance, d *day) *outbox.Budget {
	t.Helper()
	b, err := outbox.OpenBudget(t.Context(), a, "demo", r.Bus, d.Now, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// spendAll spends SMS of so many segments until the budget ends, and gives how many.
func spendAll(t *testing.T, b *outbox.Budget, segments int, cost *gateway.Cost, news bool) (n int) {
	t.Helper()
	for ; n < 100_000; n++ {
		allowed, err := b.Spend(t.Context(), segments, cost, news)
		if err != nil {
			t.Fatal(err)
		}
		if !allowed {
			return n
		}
	}
	return n
}

func TestBudget(t *testing.T) {
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.Local)
	kes := func(micros int64) *gateway.Cost { return &gateway.Cost{Micros: micros, Currency: "KES"} }
	for _, tt := range []struct {
		name         string
		allowance    outbox.Allowance
		segments     int
		cost         *gateway.Cost
		others, news int // how many SMS go of each, the others first
	}{
		{"segments", outbox.Allowance{Segments: 1000}, 1, nil, 900, 100},
		{"long ones", outbox.Allowance{Segments: 1000}, 3, nil, 300, 33},
		{"money", outbox.Allowance{Micros: 100_000_000}, 1, kes(800_000), 112, 13},
		{"both, and money ends first", outbox.Allowance{Segments: 1000, Micros: 100_000_000}, 1, kes(800_000), 112, 13},
		{"both, and segments end first", outbox.Allowance{Segments: 20, Micros: 100_000_000}, 1, kes(800_000), 18, 2},
		{"a tiny one", outbox.Allowance{Segments: 3}, 1, nil, 2, 1},
		{"none", outbox.Allowance{}, 2, kes(1), 100_000, 100_000},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r, d := gatewaytest.New(t, gatewaytest.Options{}), &day{}
			d.set(noon)
			b := openBudget(t, r, tt.allowance, d)
			if others, news := spendAll(t, b, tt.segments, tt.cost, false), spendAll(t, b, tt.segments, tt.cost, true); others != tt.others || news != tt.news {
				t.Errorf("%d other texts and %d news go, want %d and %d", others, news, tt.others, tt.news)
			}
			if tt.allowance == (outbox.Allowance{}) {
				return
			}
			d.set(noon.Add(b.UntilTomorrow()))
			if others := spendAll(t, b, tt.segments, tt.cost, false); others != tt.others {
				t.Errorf("%d other texts go on the next day, want %d", others, tt.others)
			}
		})
	}
}

// TestBudgetOutlivesAndIsShared: several processes, each ended and started again,
// spend no more than the budget together, and nearly all of it.
func TestBudgetOutlivesAndIsShared(t *testing.T) {
	r, d := gatewaytest.New(t, gatewaytest.Options{}), &day{}
	d.set(time.Date(2026, 3, 1, 12, 0, 0, 0, time.Local))
	const limit, processes, starts = 1000, 3, 4
	var spent atomic.Int64
	var all sync.WaitGroup
	for range processes {
		all.Go(func() {
			for range starts {
				b, err := outbox.OpenBudget(context.Background(), outbox.Allowance{Segments: limit}, "demo", r.Bus, d.Now, zerolog.Nop())
				if err != nil {
					t.Error(err)
					return
				}
				for range limit / processes / 2 {
					allowed, err := b.Spend(context.Background(), 1, nil, true)
					if err != nil {
						t.Error(err)
					}
					if allowed {
						spent.Add(1)
					}
				}
			}
		})
	}
	all.Wait()
	if n := spent.Load(); n > limit || n < limit-processes*starts*limit/100 {
		t.Errorf("%d segments were spent of %d", n, limit)
	}
}

// TestBudgetWarns: the operator hears of it once at each mark, and again the next
// day.
func TestBudgetWarns(t *testing.T) {
	r, d := gatewaytest.New(t, gatewaytest.Options{}), &day{}
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.Local)
	var log bytes.Buffer
	d.set(noon)
	b, err := outbox.OpenBudget(t.Context(), outbox.Allowance{Segments: 100}, "demo", r.Bus, d.Now, zerolog.New(&log))
	if err != nil {
		t.Fatal(err)
	}
	for today, want := range []string{"", "80 % of the day's budget", "used up but for its reserve"} {
		for range []int{79, 5, 20}[today] {
			if _, err := b.Spend(t.Context(), 1, nil, false); err != nil {
				t.Fatal(err)
			}
		}
		if lines := strings.Count(log.String(), "\n"); lines != today || !strings.Contains(log.String(), want) {
			t.Errorf("after step %d the log says %q", today, log.String())
		}
	}
	d.set(noon.Add(24 * time.Hour))
	spendAll(t, b, 1, nil, false)
	if lines := strings.Count(log.String(), "\n"); lines != 4 {
		t.Errorf("on the next day the log says %q", log.String())
	}
}
