package consoletest

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"haat/gateway/console/index"
	"haat/gateway/messagelog"
)

// Reader is an index of rows in memory.
type Reader struct {
	mu      sync.Mutex
	rows    []index.Row // in the order of the log
	changed chan struct{}
	lag     uint64
	rest    time.Duration
	err     error
}

// NewReader returns one of some rows.
func NewReader(rows ...index.Row) *Reader {
	r := &Reader{changed: make(chan struct{})}
	r.Add(rows...)
	return r
}

// Add appends rows. One with sequence 0 gets the next.
func (r *Reader) Add(rows ...index.Row) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, row := range rows {
		if row.Seq == 0 {
			row.Seq = 1
			if n := len(r.rows); n > 0 {
				row.Seq = r.rows[n-1].Seq + 1
			}
		}
		r.rows = append(r.rows, row)
		r.settle(row)
	}
	close(r.changed)
	r.changed = make(chan struct{})
}

// settle sets the state of the SMS that a status is about.
func (r *Reader) settle(row index.Row) {
	if row.Kind != messagelog.KindStatus || row.Ref == "" {
		return
	}
	for i := range r.rows {
		if row.Ref == sequenceText(r.rows[i].Seq) {
			r.rows[i].State, r.rows[i].StateWhy = row.Status, row.Reason
		}
	}
}

// SetLag sets how many messages the index lacks.
func (r *Reader) SetLag(messages uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lag = messages
}

// Fail makes every question fail, until it is nil.
func (r *Reader) Fail(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.err = err
}

// Search implements [index.Reader].
func (r *Reader) Search(_ context.Context, f index.Filter, before uint64, limit int) (page index.Page, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, row := range slices.Backward(r.rows) {
		if before != 0 && row.Seq >= before || !matches(f, row) {
			continue
		}
		if len(page.Rows) == limit {
			page.Older = page.Rows[limit-1].Seq
			break
		}
		page.Rows = append(page.Rows, row)
	}
	return page, r.err
}

// After implements [index.Reader].
func (r *Reader) After(_ context.Context, f index.Filter, after uint64, limit int) (rows []index.Row, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, row := range r.rows {
		if row.Seq > after && matches(f, row) && len(rows) < limit {
			rows = append(rows, row)
		}
	}
	return rows, r.err
}

// Count implements [index.Reader].
func (r *Reader) Count(_ context.Context, f index.Filter, most int) (n int, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, row := range r.rows {
		if n < most && matches(f, row) {
			n++
		}
	}
	return n, r.err
}

// Changed implements [index.Reader].
func (r *Reader) Changed() <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.changed
}

// Lag implements [index.Reader].
func (r *Reader) Lag(context.Context) (uint64, time.Duration, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.lag, time.Duration(r.lag) * time.Second, r.err
}

// Rest implements [index.Reader].
func (r *Reader) Rest(time.Duration) time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.rest
}

// SetRest sets how long who does work that can wait rests after it.
func (r *Reader) SetRest(rest time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.rest = rest
}

// matches tells whether a row is what a filter asks for.
func matches(f index.Filter, row index.Row) bool {
	text := strings.ToLower(row.In + "\n" + row.Out)
	for word := range strings.FieldsSeq(strings.ToLower(f.Text)) {
		if !strings.Contains(text, word) {
			return false
		}
	}
	state := row.State
	if row.Kind == messagelog.KindStatus {
		state = row.Status
	}
	return same(f.Phone, row.Phone) && same(f.Channel, row.Channel) && same(f.Mode, row.Mode) && same(f.Kind, row.Kind) &&
		same(f.Status, state) && same(f.Class, row.Class) && same(f.Language, row.Language) && same(f.Station, row.Station) && same(f.Order, row.Order) &&
		strings.HasSuffix(string(row.Phone), f.PhoneEnd) &&
		(f.Direction != "in" || row.In != "") && (f.Direction != "out" || row.Out != "") &&
		(!f.Errors || state.Final() && state != "delivered" || row.Class == "unknown") &&
		(f.From.IsZero() || !row.At.Before(f.From)) && (f.To.IsZero() || row.At.Before(f.To))
}

// same tells whether a value is the wanted one, if one is wanted.
func same[T comparable](wanted, is T) bool {
	var none T
	return wanted == none || wanted == is
}
