package storetest

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"haat/catalog"
	"haat/orders"
)

// found are the numbers of the orders that a search gives.
func (s *shop) found(q orders.Search) (numbers []int64) {
	s.t.Helper()
	q.Limit = 50
	page, err := s.List(s.t.Context(), q)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, row := range page.Rows {
		numbers = append(numbers, row.Order.Number)
	}
	if page.Count != len(numbers) {
		s.t.Errorf("%d are counted and %d found", page.Count, len(numbers))
	}
	return numbers
}

func searched(t *testing.T, s *shop) {
	s.stocks(counted("RICE5", 100), counted("SOAP_1", 1), counted("HOE", 0))
	confirmed, short, other := order(1001, want{"RICE5", 1}), order(1002, want{"SOAP_1", 2}, want{"HOE", 1}), order(1003, want{"RICE5", 2})
	other.Phone, other.Station, other.PickupCode = "+254711222333", "ST02", "8888"
	s.apply(place(confirmed), place(short), place(other))
	s.does(orders.Act{ID: "n", Order: confirmed.ID, What: orders.ActNote, By: "amani", Reason: "100% wet_rice"})
	s.does(act("c", orders.ActCancel, other))
	for _, tt := range []struct {
		name   string
		search orders.Search
		want   []int64
	}{
		{"all, the newest first", orders.Search{}, []int64{1003, 1002, 1001}},
		{"by status", orders.Search{Status: orders.Cancelled}, []int64{1003}},
		{"by station", orders.Search{Station: "ST01"}, []int64{1002, 1001}},
		{"by phone", orders.Search{Phone: phone}, []int64{1002, 1001}},
		{"by the end of a phone", orders.Search{PhoneEnd: "333"}, []int64{1003}},
		{"the end of a phone is no pattern", orders.Search{PhoneEnd: "%"}, nil},
		{"by product", orders.Search{SKU: "RICE5"}, []int64{1003, 1001}},
		{"by product on a second line", orders.Search{SKU: "HOE"}, []int64{1002}},
		{"short of stock", orders.Search{Short: true}, []int64{1002}},
		{"by number", orders.Search{Text: " 1002 "}, []int64{1002}},
		{"by a part of a product", orders.Search{Text: "ice"}, []int64{1003, 1001}},
		{"a sign that is no pattern", orders.Search{Text: "P_1"}, []int64{1002}},
		{"by a note", orders.Search{Text: "100% wet"}, []int64{1001}},
		{"by a reason", orders.Search{Text: "she called"}, []int64{1003}},
		{"a code is not found by everybody", orders.Search{Text: "8888"}, nil},
		{"by code", orders.Search{Text: "8888", Codes: true}, []int64{1003}},
		{"a quote", orders.Search{Text: `' OR 1=1 --`}, nil},
		{"placed from", orders.Search{From: short.PlacedAt}, []int64{1003, 1002}},
		{"placed before", orders.Search{To: short.PlacedAt}, []int64{1001}},
		{"before all times", orders.Search{To: time.Time{}.Add(time.Hour)}, nil},
		{"together", orders.Search{Phone: phone, SKU: "RICE5", Status: orders.Confirmed}, []int64{1001}},
		{"nothing together", orders.Search{Phone: phone, SKU: "RICE5", Status: orders.Rejected}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) { same(t, tt.want, s.found(tt.search)) })
	}
	page, err := s.List(t.Context(), orders.Search{Short: true, Limit: 1})
	if err != nil {
		t.Fatal(err)
	}
	same(t, []orders.Lack{{SKU: "SOAP_1", Want: 2, Left: 1}, {SKU: "HOE", Want: 1, Left: 0}}, page.Rows[0].Lacks)
	s.stocks(counted("SOAP_1", 9), catalog.Product{SKU: "HOE"})
	page, _ = s.List(t.Context(), orders.Search{Short: true, Limit: 1})
	same(t, []orders.Lack{{SKU: "SOAP_1", Want: 2, Left: 9}, {SKU: "HOE", Want: 1, Left: 1}}, page.Rows[0].Lacks)
	if _, err := s.List(t.Context(), orders.Search{Text: strings.Repeat("x", orders.MaxSearch+1)}); err == nil {
		t.Error("a search of any length")
	}
}

// paged reads the list page by page while orders come, some of them placed
// earlier than those that were read: what was there comes once, and nothing twice.
func paged(t *testing.T, s *shop) {
	s.stocks(catalog.Product{SKU: "FREE"})
	next := int64(0)
	rapid.Check(t, func(t *rapid.T) {
		station := "S" + orders.Cursor{Placed: next, Number: next + 1}.String()[:1] + rapid.StringMatching(`[a-z]{12}`).Draw(t, "station")
		add := func(n int) (all []int64) {
			var batch []orders.Request
			for range n {
				next++
				o := order(next, want{"FREE", 1}, want{"FREE", 2}, want{"FREE", 1}, want{"FREE", 1}, want{"FREE", 1})
				o.Station, o.PlacedAt = station, start.Add(time.Duration(rapid.IntRange(0, 5).Draw(t, "second"))*time.Second)
				batch, all = append(batch, place(o)), append(all, next)
			}
			if n > 0 {
				s.apply(batch...)
			}
			return all
		}
		there := add(rapid.IntRange(0, 20).Draw(t, "there"))
		var seen []int64
		q := orders.Search{Station: station, Limit: rapid.IntRange(1, 7).Draw(t, "limit")}
		for {
			page, err := s.List(s.t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			for _, row := range page.Rows {
				if slices.Contains(seen, row.Order.Number) {
					t.Fatalf("order %d comes twice", row.Order.Number)
				}
				if len(row.Order.Lines) != orders.MaxListed || row.Lines != 5 {
					t.Fatalf("%d of %d lines", len(row.Order.Lines), row.Lines)
				}
				seen = append(seen, row.Order.Number)
			}
			if q.Before = page.Older; q.Before.IsZero() {
				break
			}
			again, err := orders.ReadCursor(page.Older.String())
			if err != nil || again != page.Older {
				t.Fatalf("the cursor %s is read as %v, %v", page.Older, again, err)
			}
			add(rapid.IntRange(0, 2).Draw(t, "come"))
		}
		for _, n := range there {
			if !slices.Contains(seen, n) {
				t.Fatalf("order %d is missing", n)
			}
		}
	})
}

func counts(t *testing.T, s *shop) {
	s.stocks(counted("HOE", 2))
	s.apply(place(order(1, want{"HOE", 1})), place(order(2, want{"HOE", 9})), place(order(3, want{"HOE", 1})))
	s.does(act("r", orders.ActReject, order(3)))
	got, err := s.Counts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got.ByStatus[orders.Confirmed] != 1 || got.ByStatus[orders.Rejected] != 2 || got.ByStatus[orders.Cancelled] != 0 || got.Short != 1 {
		t.Errorf("counted %+v", got)
	}
	first := order(2)
	page, err := s.List(t.Context(), orders.Search{After: first.Place()})
	if err != nil || page.Count != 1 || len(page.Rows) > 0 {
		t.Errorf("one is newer than the second: %+v, %v", page, err)
	}
}

func record(t *testing.T, s *shop) {
	s.stocks(counted("RICE5", 1), catalog.Product{SKU: "WATER"})
	o := order(1, want{"RICE5", 1}, want{"GONE", 1}, want{"WATER", 1}, want{"RICE5", 1})
	s.one(place(o))
	s.does(orders.Act{ID: "n", Order: o.ID, What: orders.ActNote, By: "amani", Reason: "a note\nof two lines"})
	rec, err := s.Get(t.Context(), o.ID)
	if err != nil {
		t.Fatal(err)
	}
	o.Status = orders.Rejected
	same(t, orders.Record{
		Order: o, Turn: 1, Steps: []orders.Step{{Status: orders.Placed, At: o.PlacedAt}, {Status: orders.Rejected, At: start.Add(time.Minute)}},
		Notes:     []orders.Note{{At: later, By: "amani", Text: "a note\nof two lines"}},
		Shortages: []orders.Shortage{{SKU: "RICE5", Left: 1}, {SKU: "GONE", Left: 0}},
		Stock:     map[string]orders.Level{"RICE5": {Counted: true, Left: 1}, "WATER": {}},
	}, rec)
	same(t, []orders.Lack{{SKU: "RICE5", Want: 2, Left: 1}, {SKU: "GONE", Want: 1, Left: 0}}, rec.Lacks())
	if _, err := s.Get(t.Context(), "nothing"); !errors.Is(err, orders.ErrUnknown) {
		t.Errorf("of nothing: %v", err)
	}
}

func pageBounded(t *testing.T, s *shop) {
	s.stocks(catalog.Product{SKU: "FREE"})
	var all []orders.Request
	for n := range int64(orders.MaxPage + 5) {
		all = append(all, place(order(n+1, want{"FREE", 1})))
	}
	s.apply(all...)
	page, err := s.List(t.Context(), orders.Search{Limit: 1_000_000})
	if err != nil || len(page.Rows) != orders.MaxPage || page.Count != orders.MaxPage+5 || page.Older != page.Rows[orders.MaxPage-1].Order.Place() {
		t.Errorf("%d rows of %d, %v", len(page.Rows), page.Count, err)
	}
	page, err = s.List(t.Context(), orders.Search{Limit: -1})
	if err != nil || len(page.Rows) > 0 || page.Count != orders.MaxPage+5 {
		t.Errorf("nothing asked: %d rows of %d, %v", len(page.Rows), page.Count, err)
	}
}
