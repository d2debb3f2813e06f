// Package storetest is what every store of orders must do, whatever database
// it keeps them in.
package storetest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"haat/catalog"
	"haat/orders"
	"haat/orders/store"
)

// Store is a store of orders; *store.Store says what its methods promise.
type Store interface {
	Apply(ctx context.Context, at time.Time, jobs []store.Job) ([]store.Result, error)
	ApplyCatalog(ctx context.Context, at time.Time, importID string, products []catalog.Product) error
	Of(ctx context.Context, phone string, limit int) ([]orders.Order, error)
	All(ctx context.Context, each func(orders.Order) error) error
	Stock(ctx context.Context) (map[string]int, error)
	History(ctx context.Context, id string) ([]orders.Step, error)
	Act(ctx context.Context, at time.Time, a orders.Act) (orders.Outcome, error)
	Untold(ctx context.Context, limit int) ([]orders.Event, error)
	Told(ctx context.Context, events []orders.Event) error
	List(ctx context.Context, s orders.Search) (orders.Page, error)
	Counts(ctx context.Context) (orders.Counts, error)
	Get(ctx context.Context, id string) (orders.Record, error)
}

// Run runs all tests against stores that open makes; each must be empty.
func Run(t *testing.T, open func(*testing.T) Store) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, *shop)
	}{
		{"an order is confirmed and takes its stock", confirmed},
		{"an order placed again is the same order", placedAgain},
		{"an order placed twice in a batch is one order", placedTwiceInBatch},
		{"the last piece goes to the first", lastPiece},
		{"an order that is short takes nothing", rejected},
		{"the same product on two lines is summed", summed},
		{"an unknown product is short", unknownProduct},
		{"stock that is not counted never runs out", notCounted},
		{"a number belongs to one order", numberClash},
		{"an id belongs to one phone", idClash},
		{"what is malformed is refused alone", malformed},
		{"a cancelled order gives its stock back", cancelled},
		{"an order cancelled in its own batch", cancelledInBatch},
		{"stock given back is sold in the same batch", soldAgain},
		{"an order is cancelled by its own phone only", cancelledByOther},
		{"a cancellation too late is refused", cancelledTooLate},
		{"an import counts once", importedOnce},
		{"an import replaces the stock", importReplaces},
		{"what an order took goes back to what is counted", givenBackAfterImport},
		{"a phone's orders, the newest first", ofPhone},
		{"all orders, the oldest first", all},
		{"every request at random", random},
		{"an operator fills a rejected order", actConfirmed},
		{"an operator cancels and rejects", actGivesBack},
		{"an act is done once", actOnce},
		{"an act that is refused changes nothing", actRefused},
		{"acts that can never be", actMalformed},
		{"an order has so many acts", actsBounded},
		{"what operators did waits to be told", actUntold},
		{"a phone asks after an operator", actThenPhone},
		{"the last piece goes to one act", lastPieceByAct},
		{"acts at random", actsAtRandom},
		{"every way to search", searched},
		{"pages while new orders come", paged},
		{"a page is bounded", pageBounded},
		{"counts", counts},
		{"all that is known of an order", record},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, &shop{t: t, Store: open(t)}) })
	}
}

// shop is a store with a short way to ask it for things.
type shop struct {
	Store
	t       *testing.T
	seq     uint64
	imports int
}

// start is when the first order of a test is placed; decisions come a second later.
var start = time.Date(2026, 3, 1, 8, 0, 0, 123456789, time.UTC)

const phone = "+254700000001"

func kes(minor int64) catalog.Money { return catalog.Money{Minor: minor, Currency: "KES"} }

// want is one product of an order.
type want struct {
	sku string
	qty int
}

// order is a right order with the number, placed as many seconds after start.
func order(number int64, wants ...want) orders.Order {
	o := orders.Order{
		ID: fmt.Sprintf("basket-%d", number), Number: number, Phone: phone, Channel: "demo", Language: "sw", Station: "ST01",
		PickupCode: "4711", PlacedAt: start.Add(time.Duration(number) * time.Second),
	}
	for _, w := range wants {
		o.Lines = append(o.Lines, orders.Line{SKU: w.sku, Qty: w.qty, UnitPrice: kes(8500)})
	}
	o.Total = orders.Sum(o.Lines, "KES")
	return o
}

func place(o orders.Order) orders.Request { return orders.Request{Place: &o} }

func cancel(o orders.Order) orders.Request {
	return orders.Request{Cancel: &orders.Cancel{ID: o.ID, Number: o.Number, Phone: o.Phone, At: start}}
}

func counted(sku string, n int) catalog.Product {
	return catalog.Product{SKU: sku, Stock: n, Counted: true, Price: kes(8500)}
}

// stocks makes the shop sell exactly these products.
func (s *shop) stocks(products ...catalog.Product) {
	s.t.Helper()
	s.imports++
	if err := s.ApplyCatalog(s.t.Context(), start, fmt.Sprintf("import-%d", s.imports), products); err != nil {
		s.t.Fatal(err)
	}
}

// apply applies the requests as one batch.
func (s *shop) apply(requests ...orders.Request) []store.Result {
	s.t.Helper()
	jobs := make([]store.Job, len(requests))
	for i, r := range requests {
		s.seq++
		jobs[i] = store.Job{Seq: s.seq, Request: r}
	}
	results, err := s.Apply(s.t.Context(), start.Add(time.Duration(s.seq)*time.Minute), jobs)
	if err != nil {
		s.t.Fatal(err)
	}
	if len(results) != len(jobs) {
		s.t.Fatalf("%d results of %d jobs", len(results), len(jobs))
	}
	return results
}

// one applies a request that must give an event.
func (s *shop) one(r orders.Request) orders.Event {
	s.t.Helper()
	result := s.apply(r)[0]
	if result.Err != nil {
		s.t.Fatal(result.Err)
	}
	return result.Event
}

// refuses says that the result is a permanent error and nothing else.
func (s *shop) refuses(r store.Result) {
	s.t.Helper()
	if !errors.Is(r.Err, store.ErrPermanent) || r.Event.Kind != "" {
		s.t.Errorf("want a permanent error, got %v and %v", r.Err, r.Event)
	}
}

// has says how much of each counted product there is.
func (s *shop) has(want map[string]int) {
	s.t.Helper()
	got, err := s.Stock(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		s.t.Error("stock: " + diff)
	}
}

// keeps says which orders there are, the oldest first.
func (s *shop) keeps(want ...orders.Order) {
	s.t.Helper()
	var got []orders.Order
	if err := s.All(s.t.Context(), func(o orders.Order) error { got = append(got, o); return nil }); err != nil {
		s.t.Fatal(err)
	}
	same(s.t, want, got)
}

func (s *shop) passed(id string, want ...orders.Status) {
	s.t.Helper()
	steps, err := s.History(s.t.Context(), id)
	if err != nil {
		s.t.Fatal(err)
	}
	var got []orders.Status
	for _, step := range steps {
		got = append(got, step.Status)
	}
	same(s.t, want, got)
}

func same(t *testing.T, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Error(diff)
	}
}
