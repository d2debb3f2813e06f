package storetest

import (
	"testing"
	"time"

	"haat/catalog"
	"haat/orders"
)

func confirmed(t *testing.T, s *shop) {
	s.stocks(counted("RICE5", 10), counted("SOAP", 5))
	o := order(1, want{"RICE5", 2}, want{"SOAP", 5})
	east := o
	east.PlacedAt = o.PlacedAt.In(time.FixedZone("EAT", 3*3600))
	got := s.one(place(east))
	o.Status = orders.Confirmed
	same(t, orders.Event{Kind: orders.Confirmed, Order: o, At: start.Add(time.Minute)}, got)
	if got.Order.PlacedAt != o.PlacedAt { // the zone counts: the event is written the same each time
		t.Errorf("it was placed at %v, want %v", got.Order.PlacedAt, o.PlacedAt)
	}
	s.has(map[string]int{"RICE5": 8, "SOAP": 0})
	s.keeps(o)
	steps, err := s.History(t.Context(), o.ID)
	if err != nil {
		t.Fatal(err)
	}
	same(t, []orders.Step{{Status: orders.Placed, At: o.PlacedAt}, {Status: orders.Confirmed, At: start.Add(time.Minute)}}, steps)
}

func placedAgain(t *testing.T, s *shop) {
	s.stocks(counted("RICE5", 3))
	enough, short := order(1, want{"RICE5", 2}), order(2, want{"RICE5", 2})
	first := s.apply(place(enough), place(short))
	s.stocks(counted("RICE5", 100)) // a new decision would now be another
	same(t, first, s.apply(place(enough), place(short)))
	s.has(map[string]int{"RICE5": 100})
	s.passed(enough.ID, orders.Placed, orders.Confirmed)
	s.passed(short.ID, orders.Placed, orders.Rejected)

	gone := s.one(cancel(enough))
	same(t, gone, s.one(place(enough)))
	s.has(map[string]int{"RICE5": 102})
}

func placedTwiceInBatch(t *testing.T, s *shop) {
	s.stocks(counted("RICE5", 3))
	o := order(1, want{"RICE5", 2})
	got := s.apply(place(o), place(o), place(o))
	if got[0].Event.Kind != orders.Confirmed {
		t.Fatalf("got %v", got[0])
	}
	same(t, got[0], got[1])
	same(t, got[0], got[2])
	s.has(map[string]int{"RICE5": 1})
}

func lastPiece(t *testing.T, s *shop) {
	s.stocks(counted("HOE", 1))
	got := s.apply(place(order(1, want{"HOE", 1})), place(order(2, want{"HOE", 1})))
	if got[0].Event.Kind != orders.Confirmed || got[1].Event.Kind != orders.Rejected {
		t.Errorf("got %s and %s", got[0].Event.Kind, got[1].Event.Kind)
	}
	same(t, []orders.Shortage{{SKU: "HOE", Left: 0}}, got[1].Event.Shortages)
	s.has(map[string]int{"HOE": 0})
}

func rejected(t *testing.T, s *shop) {
	s.stocks(counted("RICE5", 10), counted("SOAP", 5), counted("HOE", 0))
	o := order(1, want{"SOAP", 6}, want{"RICE5", 1}, want{"HOE", 1})
	got := s.one(place(o))
	o.Status = orders.Rejected
	same(t, orders.Event{
		Kind: orders.Rejected, Order: o, At: start.Add(time.Minute),
		Shortages: []orders.Shortage{{SKU: "SOAP", Left: 5}, {SKU: "HOE", Left: 0}},
	}, got)
	s.has(map[string]int{"RICE5": 10, "SOAP": 5, "HOE": 0})
	s.keeps(o)
}

func summed(t *testing.T, s *shop) {
	s.stocks(counted("SOAP", 5))
	got := s.one(place(order(1, want{"SOAP", 3}, want{"SOAP", 3})))
	if got.Kind != orders.Rejected {
		t.Errorf("six of five are %s", got.Kind)
	}
	same(t, []orders.Shortage{{SKU: "SOAP", Left: 5}}, got.Shortages)
	if got := s.one(place(order(2, want{"SOAP", 3}, want{"SOAP", 2}))); got.Kind != orders.Confirmed {
		t.Errorf("five of five are %s", got.Kind)
	}
	s.has(map[string]int{"SOAP": 0})
	s.one(cancel(order(2)))
	s.has(map[string]int{"SOAP": 5})
}

func unknownProduct(t *testing.T, s *shop) {
	s.stocks(counted("RICE5", 10))
	got := s.one(place(order(1, want{"RICE5", 1}, want{"GOLD", 1})))
	if got.Kind != orders.Rejected {
		t.Errorf("an unknown product is %s", got.Kind)
	}
	same(t, []orders.Shortage{{SKU: "GOLD", Left: 0}}, got.Shortages)
	s.has(map[string]int{"RICE5": 10})
}

func notCounted(t *testing.T, s *shop) {
	s.stocks(catalog.Product{SKU: "WATER", Price: kes(8500)}, counted("SOAP", 1))
	o := order(1, want{"WATER", orders.MaxQty}, want{"SOAP", 1})
	for _, n := range []int64{1, 2} {
		o.Number, o.ID = n, order(n).ID
		want := []orders.Status{orders.Confirmed, orders.Rejected}[n-1] // the soap has run out
		if got := s.one(place(o)); got.Kind != want {
			t.Errorf("order %d is %s", n, got.Kind)
		}
	}
	s.one(cancel(order(1)))
	s.has(map[string]int{"SOAP": 1})
}

func numberClash(t *testing.T, s *shop) {
	s.stocks(counted("RICE5", 10))
	first, second, third := order(1, want{"RICE5", 1}), order(2, want{"RICE5", 1}), order(3, want{"RICE5", 1})
	second.Number = first.Number
	got := s.apply(place(first), place(second), place(third))
	s.refuses(got[1])
	if got[0].Err != nil || got[2].Err != nil {
		t.Errorf("the others: %v, %v", got[0].Err, got[2].Err)
	}
	s.has(map[string]int{"RICE5": 8})
	s.refuses(s.apply(place(second))[0])
}

func idClash(t *testing.T, s *shop) {
	s.stocks(counted("RICE5", 10))
	mine := order(1, want{"RICE5", 1})
	other := mine
	other.Phone, other.Number = "+254700000002", 2
	got := s.apply(place(mine), place(other))
	s.refuses(got[1])
	s.has(map[string]int{"RICE5": 9})
}

func malformed(t *testing.T, s *shop) {
	s.stocks(counted("RICE5", 10))
	right, wrong := order(1, want{"RICE5", 1}), order(2, want{"RICE5", 1})
	wrong.Total.Minor++
	got := s.apply(orders.Request{}, place(right), place(wrong), cancel(orders.Order{ID: "x"}))
	for _, i := range []int{0, 2, 3} {
		s.refuses(got[i])
	}
	if got[1].Err != nil {
		t.Error(got[1].Err)
	}
	s.has(map[string]int{"RICE5": 9})
}
