package desk_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"haat/orders"
	"haat/orders/desk"
)

// book gives back what it is asked.
type book struct {
	asked any
	err   error
	page  orders.Page
	rec   orders.Record
}

func (b *book) List(_ context.Context, s orders.Search) (orders.Page, error) {
	b.asked = s
	return b.page, b.err
}

func (b *book) Counts(context.Context) (orders.Counts, error) {
	return orders.Counts{ByStatus: map[orders.Status]int{orders.Confirmed: 7}, Short: 2}, b.err
}

func (b *book) Get(_ context.Context, id string) (orders.Record, error) {
	b.asked = id
	return b.rec, b.err
}

func (b *book) Act(_ context.Context, a orders.Act) (orders.Outcome, error) {
	b.asked = a
	return orders.Outcome{Refused: orders.RefusedShort, Status: orders.Rejected, Missing: []orders.Lack{{SKU: "HOE", Want: 2, Left: 1}}}, b.err
}

func TestOperatorsAsk(t *testing.T) {
	nc := connect(t)
	o := order(7)
	b := &book{
		page: orders.Page{Rows: []orders.Summary{{Order: o, Lines: 1, Lacks: []orders.Lack{{SKU: "HOE", Want: 1}}}}, Older: o.Place(), Count: 3},
		rec: orders.Record{Order: o, Turn: 9, Steps: []orders.Step{{Status: orders.Placed, At: o.PlacedAt, By: "amani", Reason: "x"}}, Stock: map[string]orders.Level{"HOE": {Counted: true, Left: 3}},
			Notes: []orders.Note{{At: o.PlacedAt, By: "amani", Text: "a\nb"}}, Messages: orders.Messages{Count: 1, Segments: 2, Costs: map[string]int64{"KES": 5}}},
	}
	stop, err := desk.ServeOperators(nc, b)
	if err != nil {
		t.Fatal(err)
	}
	c := desk.Client{NC: nc}
	search := orders.Search{Status: orders.Rejected, Text: "rice", Short: true, From: o.PlacedAt, Before: o.Place(), Limit: 10}
	page, err := c.List(t.Context(), search)
	if diff := cmp.Diff([]any{b.page, search, error(nil)}, []any{page, b.asked, err}); diff != "" {
		t.Error(diff)
	}
	rec, err := c.Get(t.Context(), "an id")
	if diff := cmp.Diff([]any{b.rec, "an id", error(nil)}, []any{rec, b.asked, err}); diff != "" {
		t.Error(diff)
	}
	act := orders.Act{ID: "a", Order: "o", What: orders.ActCancel, By: "amani", Reason: "“she” <called>"}
	out, err := c.Act(t.Context(), act)
	if err != nil || b.asked != any(act) || out.Refused != orders.RefusedShort || len(out.Missing) != 1 {
		t.Errorf("%+v, %v of %+v", out, err, b.asked)
	}
	if n, err := c.Counts(t.Context()); err != nil || n.ByStatus[orders.Confirmed] != 7 || n.Short != 2 {
		t.Errorf("%+v, %v", n, err)
	}
	b.err = fmt.Errorf("reading: %w", orders.ErrUnknown)
	if _, err := c.Get(t.Context(), "x"); !errors.Is(err, orders.ErrUnknown) {
		t.Errorf("of nothing: %v", err)
	}
	b.err = errors.New("disk on fire")
	if _, err := c.List(t.Context(), search); err == nil || errors.Is(err, desk.ErrAway) || !strings.Contains(err.Error(), "disk on fire") {
		t.Errorf("a fault: %v", err)
	}
	if msg, err := nc.Request("haat.orders.act", []byte("\x00"), 10*time.Second); err != nil || !strings.Contains(string(msg.Data), `"error"`) {
		t.Errorf("nonsense: %v, %v", msg, err)
	}
	stop()
	if _, err := c.Act(t.Context(), act); !errors.Is(err, desk.ErrAway) {
		t.Errorf("nobody is there: %v", err)
	}
}

// The largest order and the largest page go through NATS.
func TestLargestAnswers(t *testing.T) {
	nc := connect(t)
	o := order(7)
	wide := strings.Repeat("<", 64)
	line := orders.Line{SKU: wide, Qty: orders.MaxQty, UnitPrice: o.Lines[0].UnitPrice}
	o.ID, o.Channel, o.Station, o.Language, o.PickupCode = wide, wide, wide, wide, wide
	b := &book{rec: orders.Record{Order: o, Stock: map[string]orders.Level{}}}
	b.rec.Order.Lines = nil
	for i := range orders.MaxLines {
		b.rec.Order.Lines = append(b.rec.Order.Lines, line)
		b.rec.Shortages = append(b.rec.Shortages, orders.Shortage{SKU: wide})
		b.rec.Stock[wide[:60]+fmt.Sprint(i)] = orders.Level{Counted: true}
	}
	for range orders.MaxActs {
		b.rec.Notes = append(b.rec.Notes, orders.Note{At: o.PlacedAt, By: wide, Text: strings.Repeat("<", orders.MaxReason)})
	}
	row := orders.Summary{Order: o, Lines: orders.MaxLines}
	row.Order.Lines = b.rec.Order.Lines[:orders.MaxListed]
	for range orders.MaxListed {
		row.Lacks = append(row.Lacks, orders.Lack{SKU: wide})
	}
	for range orders.MaxPage {
		b.page.Rows = append(b.page.Rows, row)
	}
	stop, err := desk.ServeOperators(nc, b)
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	if page, err := (desk.Client{NC: nc}).List(t.Context(), orders.Search{}); err != nil || len(page.Rows) != orders.MaxPage {
		t.Errorf("a page: %d rows, %v", len(page.Rows), err)
	}
	if rec, err := (desk.Client{NC: nc}).Get(t.Context(), "x"); err != nil || len(rec.Notes) != orders.MaxActs {
		t.Errorf("an order: %d notes, %v", len(rec.Notes), err)
	}
}
