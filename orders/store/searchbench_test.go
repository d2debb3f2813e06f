package store

import (
	"path/filepath"
	"testing"
	"time"

	"haat/catalog"
	"haat/orders"
)

// BenchmarkList searches among a hundred thousand orders of two lines.
func BenchmarkList(b *testing.B) {
	const many = 100_000
	s, err := OpenBehindBarrier(b.Context(), filepath.Join(b.TempDir(), "orders.db"))
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	at := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	products := make([]catalog.Product, 100)
	for i := range products {
		products[i] = catalog.Product{SKU: "P" + string(rune('0'+i/10)) + string(rune('0'+i%10))}
	}
	if err := s.ApplyCatalog(b.Context(), at, "1", products); err != nil {
		b.Fatal(err)
	}
	jobs := make([]Job, 1000)
	for n := 0; n < many; n += len(jobs) {
		for i := range jobs {
			jobs[i] = Job{Seq: uint64(n + i + 1), Request: orders.Request{Place: benchOrder(n+i+1, at.Add(time.Duration(n+i)*time.Second))}}
		}
		if _, err := s.Apply(b.Context(), at, jobs); err != nil {
			b.Fatal(err)
		}
	}
	for name, search := range map[string]orders.Search{
		"newest": {}, "status": {Status: orders.Rejected}, "phone": {PhoneEnd: "123"}, "product": {SKU: "P42"}, "number": {Text: "55555"}, "nothing": {Text: "zanzibar", Codes: true}, "short": {Short: true},
	} {
		search.Limit = orders.MaxPage
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := s.List(b.Context(), search); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("counts", func(b *testing.B) {
		for b.Loop() {
			if _, err := s.Counts(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
	})
}
