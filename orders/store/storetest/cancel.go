package storetest

import (
	"testing"
	"time"

	"haat/catalog"
	"haat/orders"
)

func cancelled(t *testing.T, s *shop) {
	s.stocks(counted("RICE5", 10), counted("SOAP", 5))
	o := order(1, want{"RICE5", 2}, want{"SOAP", 5})
	s.one(place(o))
	got := s.one(cancel(o))
	o.Status = orders.Cancelled
	same(t, orders.Event{Kind: orders.Cancelled, Order: o, At: start.Add(2 * time.Minute)}, got)
	s.has(map[string]int{"RICE5": 10, "SOAP": 5})
	s.keeps(o)
	s.passed(o.ID, orders.Placed, orders.Confirmed, orders.Cancelled)

	same(t, got, s.one(cancel(o)))
	s.has(map[string]int{"RICE5": 10, "SOAP": 5})
	s.passed(o.ID, orders.Placed, orders.Confirmed, orders.Cancelled)
}

func cancelledInBatch(t *testing.T, s *shop) {
	s.stocks(counted("RICE5", 10))
	o := order(1, want{"RICE5", 2})
	got := s.apply(place(o), cancel(o), cancel(o), place(o))
	for i, want := range []orders.Status{orders.Confirmed, orders.Cancelled, orders.Cancelled, orders.Cancelled} {
		if got[i].Err != nil || got[i].Event.Kind != want || got[i].Event.Order.Status != want {
			t.Errorf("request %d: got %v, want %s", i, got[i], want)
		}
	}
	s.has(map[string]int{"RICE5": 10})
	s.passed(o.ID, orders.Placed, orders.Confirmed, orders.Cancelled)
}

func soldAgain(t *testing.T, s *shop) {
	s.stocks(counted("HOE", 1))
	mine, yours := order(1, want{"HOE", 1}), order(2, want{"HOE", 1})
	got := s.apply(place(mine), cancel(mine), place(yours))
	if got[2].Event.Kind != orders.Confirmed {
		t.Errorf("got %v", got[2])
	}
	s.has(map[string]int{"HOE": 0})
}

func cancelledByOther(t *testing.T, s *shop) {
	s.stocks(counted("RICE5", 10))
	o := order(1, want{"RICE5", 2})
	s.one(place(o))
	thief := o
	thief.Phone = "+254700000002"
	s.refuses(s.apply(cancel(thief))[0])
	s.refuses(s.apply(cancel(order(2)))[0])
	s.has(map[string]int{"RICE5": 8})
	s.passed(o.ID, orders.Placed, orders.Confirmed)
}

func cancelledTooLate(t *testing.T, s *shop) {
	s.stocks(counted("RICE5", 0))
	o := order(1, want{"RICE5", 2})
	s.one(place(o))
	o.Status = orders.Rejected
	same(t, orders.Event{Kind: orders.Rejected, Order: o, Refused: true, At: start.Add(2 * time.Minute)}, s.one(cancel(o)))
	s.passed(o.ID, orders.Placed, orders.Rejected)
	s.has(map[string]int{"RICE5": 0})
}

func givenBackAfterImport(t *testing.T, s *shop) {
	water := catalog.Product{SKU: "WATER", Price: kes(8500)}
	s.stocks(counted("RICE5", 10), counted("SOAP", 10), counted("HOE", 10), water)
	o := order(1, want{"RICE5", 1}, want{"SOAP", 2}, want{"HOE", 3}, want{"WATER", 4})
	s.one(place(o))
	s.stocks(counted("RICE5", 20), catalog.Product{SKU: "SOAP", Price: kes(8500)}, counted("WATER", 20))
	s.one(cancel(o))
	s.has(map[string]int{"RICE5": 21, "WATER": 20}) // soap is no longer counted, hoes are gone, water was not taken
}
