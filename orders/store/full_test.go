package store

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"haat/catalog"
)

// A disk that is full refuses everything and spoils nothing; with space again
// the same batch goes through.
func TestApplyOnFullDisk(t *testing.T) {
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "orders.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	at := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	if err := s.ApplyCatalog(t.Context(), at, "1", []catalog.Product{{SKU: "P1"}, {SKU: "P7"}}); err != nil {
		t.Fatal(err)
	}
	// The limit of pages fails in the same way as a disk: SQLITE_FULL.
	if _, err := s.db.ExecContext(t.Context(), "PRAGMA max_page_count = 1"); err != nil {
		t.Fatal(err)
	}
	jobs := make([]Job, 2000)
	for i := range jobs {
		jobs[i].Seq = uint64(i + 1)
		jobs[i].Request.Place = benchOrder(i+1, at)
	}
	if _, err := s.Apply(t.Context(), at, jobs); !errors.Is(err, ErrUnavailable) {
		t.Fatalf("on a full disk: %v", err)
	}
	if _, err := s.db.ExecContext(t.Context(), "PRAGMA max_page_count = 1000000"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Apply(t.Context(), at, jobs); err != nil {
		t.Errorf("with space again: %v", err)
	}
}

func TestInsertSQL(t *testing.T) {
	if got, want := insertSQL("t", "a, b", 2), "INSERT INTO t (a, b) VALUES ($1, $2), ($3, $4)"; got != want {
		t.Errorf("got %s", got)
	}
}
