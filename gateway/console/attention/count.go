package attention

import (
	"context"
	"sync"
	"time"

	"haat/gateway/console/index"
)

// MaxCount is up to where items of a kind are counted.
const MaxCount = 999

// countsKept is how long everybody is shown the same counts: counting costs, and
// each page has one.
const countsKept = 10 * time.Second

// freshFor is how long counts are as good as fresh: several pages may ask at once.
const freshFor = 100 * time.Millisecond

type counts struct {
	mu sync.Mutex
	of map[Kind]int
	at time.Time
}

func (d *Desk) forgetCounts() {
	d.counts.mu.Lock()
	defer d.counts.mu.Unlock()
	d.counts.of = nil
}

// Counts are how many items are open, by kind, up to MaxCount each. They are
// fresh, or a few seconds old.
func (d *Desk) Counts(ctx context.Context, fresh bool) (map[Kind]int, error) {
	kept := countsKept
	if fresh {
		kept = freshFor
	}
	d.counts.mu.Lock()
	defer d.counts.mu.Unlock()
	if d.counts.of != nil && d.Now().Sub(d.counts.at) < kept {
		return d.counts.of, nil
	}
	of := map[Kind]int{}
	for _, kind := range Kinds {
		n, err := d.count(ctx, kind)
		if err != nil {
			return nil, err
		}
		of[kind] = min(n, MaxCount)
	}
	d.counts.of, d.counts.at = of, d.Now()
	return of, nil
}

func (d *Desk) count(ctx context.Context, kind Kind) (n int, err error) {
	items, err := d.ofHouse(ctx, Query{Kind: kind})
	if err != nil {
		return 0, err
	}
	n = len(items)
	if kind == Dead {
		letters, err := d.Dead.Count(ctx)
		if err != nil {
			return 0, err
		}
		n += letters
	}
	lists, err := d.lists(ctx, kind)
	if err != nil || len(lists) == 0 {
		return n, err
	}
	err = d.walk(ctx, lists, index.Spot{}, d.Index.BareTroubles, func(Item) bool {
		n++
		return n < MaxCount
	}, func(string) {})
	return n, err
}
