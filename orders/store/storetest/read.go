package storetest

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"haat/catalog"
	"haat/orders"
)

func importedOnce(t *testing.T, s *shop) {
	products := []catalog.Product{counted("RICE5", 10)}
	for range 2 {
		if err := s.ApplyCatalog(t.Context(), start, "same", products); err != nil {
			t.Fatal(err)
		}
		s.one(place(order(1, want{"RICE5", 4})))
		s.has(map[string]int{"RICE5": 6})
	}
	if err := s.ApplyCatalog(t.Context(), start, "other", products); err != nil {
		t.Fatal(err)
	}
	s.has(map[string]int{"RICE5": 10})
}

func importReplaces(t *testing.T, s *shop) {
	s.stocks(counted("RICE5", 10), counted("SOAP", 5), counted("HOE", 1))
	s.stocks(counted("RICE5", 7), catalog.Product{SKU: "SOAP", Price: kes(8500)}, counted("AXE", 0))
	s.has(map[string]int{"RICE5": 7, "AXE": 0})
	got := s.apply(place(order(1, want{"SOAP", 1000})), place(order(2, want{"HOE", 1})))
	if got[0].Event.Kind != orders.Confirmed || got[1].Event.Kind != orders.Rejected {
		t.Errorf("no longer counted is %s, gone is %s", got[0].Event.Kind, got[1].Event.Kind)
	}
}

func ofPhone(t *testing.T, s *shop) {
	s.stocks(counted("RICE5", 2))
	var mine []orders.Order
	for n := range int64(4) {
		o := order(n+1, want{"RICE5", 1}, want{"RICE5", 1})
		if n == 2 {
			o.Phone = "+254700000002"
		}
		s.one(place(o))
		o.Status = orders.Rejected
		if n == 0 {
			o.Status = orders.Confirmed
		}
		if o.Phone == phone {
			mine = append([]orders.Order{o}, mine...)
		}
	}
	for _, tt := range []struct {
		name  string
		phone string
		limit int
		want  []orders.Order
	}{
		{"all", phone, 10, mine},
		{"the last two", phone, 2, mine[:2]},
		{"none asked", phone, 0, nil},
		{"less than none asked", phone, -1, nil},
		{"a stranger", "+254700000009", 10, nil},
	} {
		got, err := s.Of(t.Context(), tt.phone, tt.limit)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(len(tt.want), len(got)); diff != "" {
			t.Errorf("%s: %s", tt.name, diff)
		}
		same(t, tt.want, got)
	}
}

func all(t *testing.T, s *shop) {
	s.keeps()
	s.stocks(counted("RICE5", 100))
	second, first := order(2, want{"RICE5", 1}), order(1, want{"RICE5", 2}, want{"RICE5", 3})
	s.apply(place(second), place(first))
	first.Status, second.Status = orders.Confirmed, orders.Confirmed
	s.keeps(first, second)

	enough := errors.New("enough")
	seen := 0
	err := s.All(t.Context(), func(orders.Order) error { seen++; return enough })
	if !errors.Is(err, enough) || seen != 1 {
		t.Errorf("%d orders were seen, %v", seen, err)
	}
}
