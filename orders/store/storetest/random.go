package storetest

import (
	"fmt"
	"maps"
	"testing"

	"pgregory.net/rapid"

	"haat/catalog"
	"haat/orders"
)

// random applies requests at random in batches at random and compares what
// comes out with a book that is kept by hand.
func random(t *testing.T, s *shop) {
	first := int64(0)
	rapid.Check(t, func(t *rapid.T) {
		first += 1000 // every round has its own orders in the same store
		b := book{orders: map[int64]orders.Status{}, wants: map[int64][]want{}}
		b.stock = map[string]int{"A": rapid.IntRange(0, 20).Draw(t, "A"), "B": rapid.IntRange(0, 20).Draw(t, "B")}
		s.stocks(counted("A", b.stock["A"]), counted("B", b.stock["B"]), catalog.Product{SKU: "FREE"})
		for range rapid.IntRange(1, 4).Draw(t, "batches") {
			var batch []orders.Request
			var expected []orders.Status
			for range rapid.IntRange(1, 12).Draw(t, "requests") {
				n := first + rapid.Int64Range(1, 8).Draw(t, "order")
				if rapid.Bool().Draw(t, "places") {
					batch = append(batch, place(order(n, b.wanted(t, n)...)))
					expected = append(expected, b.place(n))
				} else {
					batch = append(batch, cancel(order(n)))
					expected = append(expected, b.cancel(n))
				}
			}
			for i, r := range s.apply(batch...) {
				if r.Event.Kind != expected[i] || (r.Err != nil) != (expected[i] == "") {
					t.Fatalf("request %d: got %q and %v, want %q", i, r.Event.Kind, r.Err, expected[i])
				}
			}
			if got, err := s.Stock(s.t.Context()); err != nil || !maps.Equal(got, b.stock) {
				t.Fatalf("stock is %v, %v, want %v", got, err, b.stock)
			}
		}
	})
}

// book is a store as simple as it can be.
type book struct {
	stock  map[string]int
	wants  map[int64][]want
	orders map[int64]orders.Status
}

// wanted draws what an order wants; placed again it wants the same.
func (b *book) wanted(t *rapid.T, n int64) []want {
	if b.wants[n] == nil {
		for i := range rapid.IntRange(1, 3).Draw(t, "lines") {
			sku := rapid.SampledFrom([]string{"A", "B", "FREE"}).Draw(t, fmt.Sprintf("sku %d", i))
			b.wants[n] = append(b.wants[n], want{sku, rapid.IntRange(1, 10).Draw(t, "qty")})
		}
	}
	return b.wants[n]
}

func (b *book) place(n int64) orders.Status {
	if b.orders[n] != "" {
		return b.orders[n]
	}
	left := maps.Clone(b.stock)
	for _, w := range b.wants[n] {
		if w.sku != "FREE" {
			left[w.sku] -= w.qty
		}
	}
	if left["A"] < 0 || left["B"] < 0 {
		b.orders[n] = orders.Rejected
	} else {
		b.orders[n], b.stock = orders.Confirmed, left
	}
	return b.orders[n]
}

func (b *book) cancel(n int64) orders.Status {
	if b.orders[n] == orders.Confirmed {
		b.orders[n] = orders.Cancelled
		for _, w := range b.wants[n] {
			if w.sku != "FREE" {
				b.stock[w.sku] += w.qty
			}
		}
	}
	return b.orders[n]
}
