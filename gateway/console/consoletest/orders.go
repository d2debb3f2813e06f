package consoletest

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"haat/catalog"
	"haat/orders"
)

// Orders is the orders half in memory: it filters by what is easy, keeps the
// status machine, and does each act once.
type Orders struct {
	mu       sync.Mutex
	records  []orders.Record // the newest first
	outcomes map[string]orders.Outcome
	err      error
	Now      func() time.Time // of its acts
}

// NewOrders returns one with some orders.
func NewOrders(now func() time.Time, records ...orders.Record) *Orders {
	o := &Orders{Now: now, outcomes: map[string]orders.Outcome{}}
	o.Add(records...)
	return o
}

// Add adds orders.
func (o *Orders) Add(records ...orders.Record) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.records = append(o.records, records...)
	slices.SortStableFunc(o.records, func(x, y orders.Record) int { return y.Order.PlacedAt.Compare(x.Order.PlacedAt) })
}

// Fail makes every question fail, until it is nil.
func (o *Orders) Fail(err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.err = err
}

// Stock sets how much there is of a product.
func (o *Orders) Stock(sku string, left int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, r := range o.records {
		if _, has := r.Stock[sku]; has {
			r.Stock[sku] = orders.Level{Counted: true, Left: left}
		}
	}
}

// List implements the console's port of orders.
func (o *Orders) List(_ context.Context, s orders.Search) (page orders.Page, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for i := range o.records {
		r := &o.records[i]
		if !found(s, r) {
			continue
		}
		page.Count++
		at := r.Order.Place()
		if !s.Before.IsZero() && at.Placed >= s.Before.Placed || len(page.Rows) == s.Limit {
			continue
		}
		row := orders.Summary{Order: r.Order, Lines: len(r.Order.Lines)}
		row.Order.Lines = row.Order.Lines[:min(row.Lines, orders.MaxListed)]
		if len(r.Shortages) > 0 && r.Order.Status == orders.Rejected {
			row.Lacks = r.Lacks()
		}
		page.Rows = append(page.Rows, row)
	}
	if n := len(page.Rows); n == s.Limit && n > 0 && n < page.Count {
		page.Older = page.Rows[n-1].Order.Place()
	}
	return page, o.err
}

func found(s orders.Search, r *orders.Record) bool {
	has := slices.ContainsFunc(r.Order.Lines, func(l orders.Line) bool { return l.SKU == s.SKU })
	named := slices.ContainsFunc(r.Order.Lines, func(l orders.Line) bool { return strings.Contains(l.SKU, s.Text) }) || s.Codes && s.Text == r.Order.PickupCode
	return (s.After.IsZero() || r.Order.Place().Placed > s.After.Placed) && same(s.Status, r.Order.Status) && same(s.Station, r.Order.Station) &&
		same(s.Phone, r.Order.Phone) && strings.HasSuffix(r.Order.Phone, s.PhoneEnd) && (s.SKU == "" || has) && (s.Text == "" || named) &&
		(!s.Short || r.Order.Status == orders.Rejected && len(r.Shortages) > 0)
}

// Counts implements the console's port of orders.
func (o *Orders) Counts(context.Context) (orders.Counts, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	c := orders.Counts{ByStatus: map[orders.Status]int{}}
	for i := range o.records {
		c.ByStatus[o.records[i].Order.Status]++
		if found(orders.Search{Short: true}, &o.records[i]) {
			c.Short++
		}
	}
	return c, o.err
}

// Get implements the console's port of orders.
func (o *Orders) Get(_ context.Context, id string) (orders.Record, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, r := range o.records {
		if r.Order.ID == id {
			return r, o.err
		}
	}
	return orders.Record{}, orders.ErrUnknown
}

// Act implements the console's port of orders.
func (o *Orders) Act(_ context.Context, a orders.Act) (out orders.Outcome, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if out, done := o.outcomes[a.ID]; done || o.err != nil {
		return out, o.err
	}
	i := slices.IndexFunc(o.records, func(r orders.Record) bool { return r.Order.ID == a.Order })
	if i < 0 {
		return out, orders.ErrUnknown
	}
	out = o.act(&o.records[i], a)
	o.outcomes[a.ID] = out
	return out, nil
}

func (o *Orders) act(r *orders.Record, a orders.Act) (out orders.Outcome) {
	to := a.What.Status()
	out.Status = r.Order.Status
	switch {
	case a.What == orders.ActNote:
		r.Notes = append(r.Notes, orders.Note{At: o.Now(), By: a.By, Text: a.Reason})
		return out
	case !r.Order.Status.OperatorMay(to):
		out.Refused = orders.RefusedStatus
		return out
	case to == orders.Confirmed && len(r.Lacks()) > 0:
		out.Refused, out.Missing = orders.RefusedShort, r.Lacks()
		return out
	}
	r.Order.Status, out.Status = to, to
	r.Steps = append(r.Steps, orders.Step{Status: to, At: o.Now(), By: a.By, Reason: a.Reason})
	return out
}

// Placed is an order of a phone, placed at a time, of two products of which there
// are as many as said.
func Placed(at time.Time, number int64, id, phone string, status orders.Status, rice, soap int) orders.Record {
	kes := func(minor int64) catalog.Money { return catalog.Money{Minor: minor, Currency: "KES"} }
	lines := []orders.Line{{SKU: "RICE5", Qty: 2, UnitPrice: kes(85000)}, {SKU: "SOAP", Qty: 3, UnitPrice: kes(15000)}}
	r := orders.Record{
		Order: orders.Order{
			ID: id, Number: number, Phone: phone, Channel: "demo", Language: "sw", Station: "ST01", Status: status,
			Lines: lines, Total: orders.Sum(lines, "KES"), PickupCode: "4821", PlacedAt: at,
		},
		Steps:    []orders.Step{{Status: orders.Placed, At: at}, {Status: status, At: at.Add(time.Second)}},
		Stock:    map[string]orders.Level{"RICE5": {Counted: true, Left: rice}, "SOAP": {Counted: true, Left: soap}},
		Messages: orders.Messages{Count: 1, Segments: 1, Costs: map[string]int64{"KES": 800_000}},
	}
	if status == orders.Rejected {
		for _, l := range r.Lacks() {
			r.Shortages = append(r.Shortages, orders.Shortage{SKU: l.SKU, Left: l.Left})
		}
	}
	return r
}
