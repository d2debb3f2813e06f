package console

import (
	"context"
	"net/http"
	"sync"
	"time"

	"haat/gateway"
	"haat/gateway/dialogue"
)

// maxCount is up to where rows are counted: above it a page says so.
const maxCount = 9999

// countersKept is how long all pages are shown the same counts.
const countersKept = 5 * time.Second

// counter is a view with the number of its rows.
type counter struct {
	Key     string // of its text
	Address string
	Tone    string
	Count   int
	More    bool // there are more than Count
}

// counters are the latest counts. Counting costs, and pages are many.
type counters struct {
	mu     sync.Mutex
	counts []counter
	at     time.Time
}

// counted are the counts of the last 24 hours.
func (c *Console) counted(ctx context.Context) ([]counter, error) {
	c.counters.mu.Lock()
	defer c.counters.mu.Unlock()
	if c.counters.counts != nil && c.Now().Sub(c.counters.at) < countersKept {
		return c.counters.counts, nil
	}
	counts := make([]counter, 0, 6)
	for _, each := range []struct {
		key, tone string
		view      view
	}{
		{"counter.all", "", view{}},
		{"counter.errors", "bad", view{Errors: true}},
		{"counter.unknown", "warn", view{Class: dialogue.ClassUnknown}},
		{"counter.failed", "bad", view{Status: string(gateway.Failed)}},
		{"counter.waiting", "warn", view{Status: string(gateway.Retrying)}},
		{"counter.held", "warn", view{Status: string(gateway.Held)}},
		{"counter.offers", "", view{Class: dialogue.ClassSell}},
	} {
		each.view.Since = "24h"
		n, err := c.Index.Count(ctx, each.view.filter(c.Now()), maxCount+1)
		if err != nil {
			return nil, err
		}
		counts = append(counts, counter{each.key, c.address(each.view), each.tone, min(n, maxCount), n > maxCount})
	}
	c.counters.counts, c.counters.at = counts, c.Now()
	return counts, nil
}

// countersPart is what an open page asks for from time to time.
func (c *Console) countersPart(w http.ResponseWriter, r *http.Request) {
	counts, err := c.counted(r.Context())
	if err != nil {
		c.fail(w, r, err)
		return
	}
	c.part(w, r, "counters", counts)
}
