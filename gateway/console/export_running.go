package console

import (
	"context"
	"sync"
	"sync/atomic"

	"haat/gateway/console/index"
)

// export is one that is being made.
type export struct {
	by, id string
	filter index.Filter
	before uint64 // rows from there on are not in it
	oldest uint64 // the sequence of its last row

	done atomic.Int64  // rows
	of   atomic.Int64  // how many there will be; 0 where that was not counted
	at   atomic.Uint64 // sequence of the latest row that was written
}

// advance notes a page of rows that was written.
func (e *export) advance(page index.Page) {
	if n := len(page.Rows); n > 0 {
		e.at.Store(page.Rows[n-1].Seq)
		e.done.Add(int64(n))
	}
}

// progress is how many rows are done, and of how many. Where those were not
// counted, it is guessed from the part of the log that is behind.
func (e *export) progress() (done, of int64, exact bool) {
	done, of = e.done.Load(), e.of.Load()
	if of > 0 {
		return done, max(of, done), true
	}
	at := e.at.Load()
	if at == 0 || at >= e.before || e.oldest == 0 {
		return done, 0, false
	}
	part := float64(e.before-at) / float64(e.before-e.oldest)
	return done, int64(float64(done) / min(part, 1)), false
}

// exports are those that are being made.
type exports struct {
	mu   sync.Mutex
	all  map[*export]bool
	turn chan struct{} // full while one of them works
}

// take waits until it is an export's turn: together they take no more than one
// processor.
func (x *exports) take(ctx context.Context) error {
	select {
	case x.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// give lets the next one work.
func (x *exports) give() { <-x.turn }

// begin takes a place for an export; errMany where there is none.
func (x *exports) begin(by, id string) (*export, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	own := 0
	for e := range x.all {
		if e.by == by {
			own++
		}
	}
	if len(x.all) >= maxExports || own >= maxOwnExports {
		return nil, errMany
	}
	if x.all == nil {
		x.all = map[*export]bool{}
	}
	e := &export{by: by, id: id}
	x.all[e] = true
	return e, nil
}

func (x *exports) end(e *export) {
	x.mu.Lock()
	defer x.mu.Unlock()
	delete(x.all, e)
}

// find is the export that an operator's page gave a name.
func (x *exports) find(by, id string) *export {
	x.mu.Lock()
	defer x.mu.Unlock()
	for e := range x.all {
		if id != "" && e.by == by && e.id == id {
			return e
		}
	}
	return nil
}
