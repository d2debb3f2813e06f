package store_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"haat/catalog"
	"haat/orders"
	"haat/orders/store"
)

func hoesOf(count string, n int) []catalog.Product {
	return []catalog.Product{{SKU: "HOE", Stock: n, Counted: true, Count: count}}
}

// TestCountsAreTakenOnce: a version sets the stock only where it brings another
// count, whichever versions between were never seen, and also after a restart.
func TestCountsAreTakenOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "orders.db")
	s := open(t, path)
	left := func() int {
		t.Helper()
		left, err := s.Left(t.Context(), []string{"HOE"})
		if err != nil {
			t.Fatal(err)
		}
		return left["HOE"].Left
	}
	for i, step := range []struct {
		name     string
		version  string
		products []catalog.Product
		sell     int
		want     int
	}{
		{"the first count", "v1", hoesOf("", 10), 3, 7},
		{"another price", "v2", hoesOf("v1", 10), 0, 7},
		{"a count", "v4", hoesOf("v4", 20), 5, 15},
		{"the same version again", "v4", hoesOf("v4", 20), 0, 15},
		{"another price after the count", "v5", hoesOf("v4", 20), 0, 15},
		{"the same figure counted", "v6", hoesOf("v6", 20), 0, 20},
		{"a whole import", "v7", hoesOf("", 20), 1, 19},
		{"a price after it", "v8", hoesOf("v7", 20), 0, 19},
		{"not sold any more", "v9", nil, 0, 0},
		{"sold again", "v10", hoesOf("v10", 4), 0, 4},
	} {
		if err := s.ApplyCatalog(t.Context(), at, step.version, step.products); err != nil {
			t.Fatal(err)
		}
		if step.sell > 0 {
			if _, err := s.Apply(t.Context(), at, []store.Job{hoes(int64(i+1), step.sell)}); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		s = open(t, path)
		if got := left(); got != step.want {
			t.Errorf("%s: %d are left, want %d", step.name, got, step.want)
		}
	}
}

func TestLeft(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "orders.db"))
	products, want, skus := []catalog.Product{{SKU: "FREE"}}, map[string]orders.Stock{"FREE": {}}, []string{"FREE", "NONE"}
	for i := range 70 { // more than one query reads
		sku := fmt.Sprintf("P%d", i)
		products = append(products, catalog.Product{SKU: sku, Stock: i, Counted: true})
		want[sku], skus = orders.Stock{Left: i, Counted: true}, append(skus, sku)
	}
	if err := s.ApplyCatalog(t.Context(), at, "1", products); err != nil {
		t.Fatal(err)
	}
	got, err := s.Left(t.Context(), skus)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got, err := s.Left(t.Context(), nil); err != nil || len(got) != 0 {
		t.Errorf("of nothing: %v, %v", got, err)
	}
}
