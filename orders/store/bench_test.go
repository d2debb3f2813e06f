package store

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"haat/catalog"
	"haat/orders"
)

// BenchmarkApply places orders of two lines out of a hundred products.
func BenchmarkApply(b *testing.B) {
	for _, size := range []int{1, 16, 64, 256} {
		b.Run(fmt.Sprintf("batch=%d", size), func(b *testing.B) {
			s, err := Open(b.Context(), filepath.Join(b.TempDir(), "orders.db"))
			if err != nil {
				b.Fatal(err)
			}
			defer s.Close()
			products := make([]catalog.Product, 100)
			for i := range products {
				products[i] = catalog.Product{SKU: fmt.Sprintf("P%d", i), Stock: catalog.MaxStock, Counted: i%10 > 0}
			}
			at := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
			if err := s.ApplyCatalog(b.Context(), at, "1", products); err != nil {
				b.Fatal(err)
			}
			jobs, n := make([]Job, size), 0
			for b.Loop() {
				for i := range jobs {
					n++
					jobs[i] = Job{Seq: uint64(n), Request: orders.Request{Place: benchOrder(n, at)}}
				}
				if _, err := s.Apply(b.Context(), at, jobs); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "orders/s")
		})
	}
}

func benchOrder(n int, at time.Time) *orders.Order {
	lines := []orders.Line{
		{SKU: fmt.Sprintf("P%d", n%100), Qty: 1, UnitPrice: catalog.Money{Minor: 100, Currency: "KES"}},
		{SKU: fmt.Sprintf("P%d", n*7%100), Qty: 2, UnitPrice: catalog.Money{Minor: 100, Currency: "KES"}},
	}
	return &orders.Order{
		ID: fmt.Sprintf("01890a5d-ac96-774b-bcce-%012d", n), Number: int64(n), Phone: fmt.Sprintf("+2547%08d", n), Channel: "demo",
		Language: "sw", Station: "ST01", Lines: lines, Total: orders.Sum(lines, "KES"), PickupCode: "4711", PlacedAt: at,
	}
}
