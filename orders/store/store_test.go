package store_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"haat/catalog"
	"haat/orders"
	"haat/orders/store"
	"haat/orders/store/storetest"
)

func TestStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T) storetest.Store { return open(t, filepath.Join(t.TempDir(), "orders.db")) })
}

func open(t *testing.T, path string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// other is a second connection to the same file, as another program has it.
func other(t *testing.T, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { db.Close() })
	return db
}

func exec(t *testing.T, db *sql.DB, query string) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), query); err != nil {
		t.Fatal(err)
	}
}

var at = time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)

// hoes is an order of so many hoes by one phone.
func hoes(number int64, qty int) store.Job {
	lines := []orders.Line{{SKU: "HOE", Qty: qty, UnitPrice: catalog.Money{Minor: 45000, Currency: "KES"}}}
	return store.Job{Seq: uint64(number), Request: orders.Request{Place: &orders.Order{
		ID: fmt.Sprintf("basket-%d", number), Number: number, Phone: "+254700000001", Channel: "demo", Language: "sw", Station: "ST01",
		Lines: lines, Total: orders.Sum(lines, "KES"), PickupCode: "4711", PlacedAt: at,
	}}}
}

func stockHoes(t *testing.T, s *store.Store, n int) {
	t.Helper()
	if err := s.ApplyCatalog(t.Context(), at, fmt.Sprintf("hoes-%d", n), []catalog.Product{{SKU: "HOE", Stock: n, Counted: true}}); err != nil {
		t.Fatal(err)
	}
}

func numbers(t *testing.T, r interface {
	All(context.Context, func(orders.Order) error) error
}) []int64 {
	t.Helper()
	var all []int64
	if err := r.All(t.Context(), func(o orders.Order) error { all = append(all, o.Number); return nil }); err != nil {
		t.Fatal(err)
	}
	return all
}

func TestOrdersOutliveTheProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "directory", "orders 100%?#.db")
	s, err := store.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	stockHoes(t, s, 10)
	first, err := s.Apply(t.Context(), at, []store.Job{hoes(1, 3)})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, path)
	again, err := s.Apply(t.Context(), at.Add(time.Hour), []store.Job{hoes(1, 3)})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(first, again); diff != "" {
		t.Error(diff)
	}
	if stock, err := s.Stock(t.Context()); err != nil || stock["HOE"] != 7 {
		t.Errorf("stock is %v, %v", stock, err)
	}
}

func TestOpenReadOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "orders.db")
	if _, err := store.OpenReadOnly(t.Context(), path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("of nothing: %v", err)
	}
	s, err := store.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	stockHoes(t, s, 10)
	for _, when := range []string{"while it runs", "after it has stopped"} {
		t.Run(when, func(t *testing.T) {
			r, err := store.OpenReadOnly(t.Context(), path)
			if err != nil {
				t.Fatal(err)
			}
			if when == "while it runs" { // what is written after opening is read, too
				if _, err := s.Apply(t.Context(), at, []store.Job{hoes(1, 1)}); err != nil {
					t.Fatal(err)
				}
			}
			if got := numbers(t, r); len(got) != 1 {
				t.Errorf("read orders %v", got)
			}
			if err := errors.Join(r.Close(), s.Close()); err != nil {
				t.Fatal(err)
			}
		})
	}
}

func TestOpenOtherVersions(t *testing.T) {
	path := filepath.Join(t.TempDir(), "orders.db")
	s, err := store.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	db := other(t, path)
	exec(t, db, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, 1)")
	if s, err := store.Open(t.Context(), path); err == nil {
		t.Errorf("a newer database was opened: %v", s.Close())
	}
	if r, err := store.OpenReadOnly(t.Context(), path); err == nil {
		t.Errorf("a newer database was read: %v", r.Close())
	}
	exec(t, db, "DELETE FROM goose_db_version WHERE version_id > 0")
	if r, err := store.OpenReadOnly(t.Context(), path); err == nil {
		t.Errorf("an older database was read: %v", r.Close())
	}
}

// A row that the database refuses makes its batch fail as a whole, and is told
// apart from a database that takes nothing at all.
func TestApplyIsOneTransaction(t *testing.T) {
	path := filepath.Join(t.TempDir(), "orders.db")
	s := open(t, path)
	stockHoes(t, s, 10)
	exec(t, other(t, path), `CREATE TRIGGER poison BEFORE INSERT ON order_history WHEN NEW.order_id = 'basket-2'
		BEGIN SELECT RAISE(ABORT, 'poison'); END`)
	_, err := s.Apply(t.Context(), at, []store.Job{hoes(1, 1), hoes(2, 1), hoes(3, 1)})
	if err == nil || errors.Is(err, store.ErrUnavailable) || errors.Is(err, store.ErrPermanent) {
		t.Errorf("the batch gives %v", err)
	}
	if got := numbers(t, s); len(got) > 0 {
		t.Errorf("orders %v were kept", got)
	}
	if _, err := s.Apply(t.Context(), at, []store.Job{hoes(1, 1), hoes(3, 1)}); err != nil {
		t.Errorf("without the bad one: %v", err)
	}
	if stock, err := s.Stock(t.Context()); err != nil || stock["HOE"] != 8 {
		t.Errorf("stock is %v, %v", stock, err)
	}
}

func TestApplyWhileLocked(t *testing.T) {
	path := filepath.Join(t.TempDir(), "orders.db")
	s := open(t, path)
	stockHoes(t, s, 10)
	db := other(t, path)
	exec(t, db, "BEGIN IMMEDIATE")
	if _, err := s.Apply(t.Context(), at, []store.Job{hoes(1, 1)}); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("while locked: %v", err)
	}
	if err := s.Ping(t.Context()); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("it is ready while locked: %v", err)
	}
	if err := s.ApplyCatalog(t.Context(), at, "2", nil); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("an import while locked: %v", err)
	}
	if stock, err := s.Stock(t.Context()); err != nil || stock["HOE"] != 10 {
		t.Errorf("reading while locked: %v, %v", stock, err)
	}
	exec(t, db, "ROLLBACK")
	if _, err := s.Apply(t.Context(), at, []store.Job{hoes(1, 1)}); err != nil {
		t.Errorf("after it: %v", err)
	}
	if err := s.Ping(t.Context()); err != nil {
		t.Errorf("it is not ready after it: %v", err)
	}
}

func TestApplyFromManySides(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "orders.db"))
	const sides, each, stock = 8, 25, 120
	stockHoes(t, s, stock)
	confirmed := make([]int, sides)
	var wg sync.WaitGroup
	for side := range sides {
		wg.Go(func() {
			for i := range each {
				job := hoes(int64(side*each+i+1), 1)
				results, err := s.Apply(t.Context(), at, []store.Job{job, job})
				if err != nil || results[0].Err != nil {
					t.Errorf("%v, %v", err, results)
					return
				}
				if results[0].Event.Kind == orders.Confirmed {
					confirmed[side]++
				}
			}
		})
	}
	wg.Wait()
	sum := 0
	for _, n := range confirmed {
		sum += n
	}
	left, err := s.Stock(t.Context())
	if err != nil || sum != stock || left["HOE"] != 0 {
		t.Errorf("%d of %d hoes were sold and %d are left, %v", sum, stock, left["HOE"], err)
	}
}
