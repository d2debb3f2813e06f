package shelf_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/rs/zerolog"

	"haat/catalog"
	"haat/orders/bus"
	"haat/orders/shelf"
)

// priced is a catalogue of products written as SKU:price:stock.
func priced(products ...string) []byte {
	var b bytes.Buffer
	b.WriteString("sku,category,name_en,unit,price,stock\n")
	for _, p := range products {
		parts := strings.Split(p, ":")
		fmt.Fprintf(&b, "%s,food,Something,bag,%s,%s\n", parts[0], parts[1], parts[2])
	}
	return b.Bytes()
}

func publish(t *testing.T, b *bus.Bus, e shelf.Edition) *shelf.Import {
	t.Helper()
	i, err := shelf.Publish(t.Context(), b, e)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// counts are the counts that the stock of an import is of, by SKU.
func counts(t *testing.T, i *shelf.Import) map[string]string {
	t.Helper()
	products, err := catalog.Read(bytes.NewReader(i.CSV), "KES")
	if err != nil {
		t.Fatal(err)
	}
	by := map[string]string{}
	for _, p := range products {
		if by[p.SKU] = p.Count; p.Count == "" {
			by[p.SKU] = i.ID
		}
	}
	return by
}

// TestCounts: only what was counted has a new count.
func TestCounts(t *testing.T) {
	b := openBus(t, t.TempDir())
	first := put(t, b, priced("RICE:1:5", "OIL:2:7", "HOE:3:"))
	second := publish(t, b, shelf.Edition{Base: 1, CSV: priced("RICE:9:5", "OIL:2:7", "HOE:3:")})
	same3 := map[string]string{"RICE": first.ID, "OIL": first.ID, "HOE": first.ID}
	if got := counts(t, second); fmt.Sprint(got) != fmt.Sprint(same3) {
		t.Errorf("a price has counted the stock: %v", got)
	}
	third := publish(t, b, shelf.Edition{Base: 2, CSV: priced("RICE:9:6", "OIL:2:7", "HOE:3:", "NEW:1:1"), Counted: []string{"OIL"}})
	want := map[string]string{"RICE": third.ID, "OIL": third.ID, "HOE": first.ID, "NEW": third.ID}
	if got := counts(t, third); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %v, want %v", got, want)
	}
	t.Run("of a file that brings ids along", func(t *testing.T) {
		csv := "sku,category,name_en,unit,price,stock,count_id\nRICE,food,Rice,bag,1,5," + first.ID + "\n"
		if got := counts(t, put(t, b, []byte(csv))); got["RICE"] == first.ID || got["RICE"] == third.ID {
			t.Error("a whole import is no new count")
		}
	})
}

func TestVersions(t *testing.T) {
	dir := t.TempDir()
	b := openBus(t, dir)
	put(t, b, priced("RICE:1:5", "OIL:2:7"))
	publish(t, b, shelf.Edition{Base: 1, CSV: priced("RICE:9:5", "SALT:1:"), By: "amani", Kind: shelf.Edited, Note: strings.Repeat("x", 300)})
	check := func(b *bus.Bus) {
		t.Helper()
		versions, err := shelf.Versions(t.Context(), b)
		if err != nil || len(versions) != 2 {
			t.Fatalf("got %v, %v", versions, err)
		}
		v := versions[0]
		if v.Number != 2 || v.By != "amani" || v.Kind != shelf.Edited || v.Products != 2 || v.Added != 1 || v.Removed != 1 || v.Changed != 1 || len(v.Note) != shelf.MaxNote {
			t.Errorf("the second is %+v", v)
		}
		if v := versions[1]; v.Number != 1 || v.By != "" || v.Kind != shelf.Imported || v.Added != 2 {
			t.Errorf("the first is %+v", v)
		}
		first, err := shelf.At(t.Context(), b, 1)
		if err != nil || !strings.Contains(string(first.CSV), "OIL") || first.Number != 1 {
			t.Errorf("the first is %v, %v", first, err)
		}
		if _, err := shelf.At(t.Context(), b, 3); !errors.Is(err, shelf.ErrNoVersion) {
			t.Errorf("one that never was: %v", err)
		}
	}
	check(b)
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	check(openBus(t, dir)) // after a restart
}

func TestStale(t *testing.T) {
	b := openBus(t, t.TempDir())
	put(t, b, priced("RICE:1:5"))
	put(t, b, priced("RICE:2:5"))
	for _, base := range []int{0, 1, 3} {
		if _, err := shelf.Publish(t.Context(), b, shelf.Edition{Base: base, CSV: priced("RICE:3:5")}); !errors.Is(err, shelf.ErrStale) {
			t.Errorf("on top of %d: %v", base, err)
		}
	}
	if now := present(t, b); now.Number != 2 || !strings.Contains(string(now.CSV), ",2,") {
		t.Errorf("the present is %s", now.CSV)
	}
}

// TestPublishAtOnce: of all that are made from one version one wins, and those
// of the others are told.
func TestPublishAtOnce(t *testing.T) {
	dir := t.TempDir()
	owner := openBus(t, dir)
	tool, err := bus.Attach(t.Context(), bus.Config{Dir: dir}, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	defer tool.Close()
	put(t, owner, priced("RICE:1:5"))
	const each = 5
	var wg sync.WaitGroup
	won, stale := make(chan int, 100), make(chan int, 100)
	for at, b := range []*bus.Bus{owner, tool, owner} {
		wg.Go(func() {
			for n := 0; n < each; {
				now, err := shelf.Current(t.Context(), b)
				if err != nil {
					t.Error(err)
					return
				}
				i, err := shelf.Publish(t.Context(), b, shelf.Edition{Base: now.Number, CSV: priced(fmt.Sprintf("RICE:%d.%02d:5", at+1, n))})
				switch {
				case err == nil:
					won <- i.Number
					n++
				case errors.Is(err, shelf.ErrStale):
					stale <- now.Number
				default:
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	close(won)
	seen := map[int]bool{}
	for n := range won {
		if seen[n] {
			t.Errorf("version %d was made twice", n)
		}
		seen[n] = true
	}
	versions, err := shelf.Versions(t.Context(), owner)
	if err != nil || len(versions) != 3*each+1 {
		t.Errorf("%d versions, %v", len(versions), err)
	}
	for i, v := range versions {
		if v.Number != len(versions)-i {
			t.Errorf("version %d at %d", v.Number, i)
		}
	}
}

// TestKeep: the oldest are dropped, with their files.
func TestKeep(t *testing.T) {
	b := openBus(t, t.TempDir())
	for n := range shelf.Keep + 3 {
		publish(t, b, shelf.Edition{Base: n, CSV: priced("RICE:1:5")})
	}
	versions, err := shelf.Versions(t.Context(), b)
	if err != nil || len(versions) != shelf.Keep || versions[shelf.Keep-1].Number != 4 {
		t.Errorf("%d versions, %v", len(versions), err)
	}
	if _, err := shelf.At(t.Context(), b, 3); !errors.Is(err, shelf.ErrNoVersion) {
		t.Errorf("the dropped: %v", err)
	}
	objects, err := b.JetStream().ObjectStore(t.Context(), bus.Shelf)
	if err != nil {
		t.Fatal(err)
	}
	if all, err := objects.List(t.Context()); err != nil || len(all) != shelf.Keep {
		t.Errorf("%d files are kept, %v", len(all), err)
	}
}

func TestDrafts(t *testing.T) {
	b := openBus(t, t.TempDir())
	var hashes []string
	for n := range shelf.KeepDrafts + 2 {
		hash, err := shelf.PutDraft(t.Context(), b, priced(fmt.Sprintf("RICE:%d:5", n+1)))
		if err != nil {
			t.Fatal(err)
		}
		hashes = append(hashes, hash)
	}
	for n, hash := range hashes {
		csv, err := shelf.Draft(t.Context(), b, hash)
		if n < 2 {
			if !errors.Is(err, shelf.ErrNoDraft) {
				t.Errorf("draft %d: %v", n, err)
			}
		} else if err != nil || !bytes.Equal(csv, priced(fmt.Sprintf("RICE:%d:5", n+1))) {
			t.Errorf("draft %d: %s, %v", n, csv, err)
		}
	}
	if now := present(t, b); now != nil {
		t.Error("a draft is sold")
	}
}

// TestOlderHaatThenVersions: what a haat without versions imported is the base of
// the first version, and its stock is of its own import.
func TestOlderHaatThenVersions(t *testing.T) {
	b := openBus(t, t.TempDir())
	id := putWithoutNumbers(t, b, priced("RICE:1:5", "OIL:2:7"))
	i := publish(t, b, shelf.Edition{Base: 0, CSV: priced("RICE:3:5", "OIL:2:8")})
	if got := counts(t, i); got["RICE"] != id || got["OIL"] != i.ID {
		t.Errorf("counts %v", got)
	}
	if now := present(t, b); now.Number != 1 || now.ID != i.ID {
		t.Errorf("present is %v", now)
	}
}
