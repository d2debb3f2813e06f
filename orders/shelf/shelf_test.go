package shelf_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"

	"haat/catalog"
	"haat/orders/bus"
	"haat/orders/shelf"
)

func openBus(t *testing.T, dir string) *bus.Bus {
	t.Helper()
	b, err := bus.Open(t.Context(), bus.Config{Dir: dir}, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

// file is a catalogue of products written as SKU:category or
// SKU:category:number.
func file(products ...string) []byte {
	var b bytes.Buffer
	b.WriteString("sku,category,name_en,unit,price,number\n")
	for _, p := range products {
		parts := append(strings.Split(p, ":"), "")
		fmt.Fprintf(&b, "%s,%s,Something to sell,bag,1.00,%s\n", parts[0], parts[1], parts[2])
	}
	return b.Bytes()
}

// numbers are the keypad numbers of an import, by SKU.
func numbers(t *testing.T, csv []byte) map[string]int {
	t.Helper()
	products, err := catalog.Read(bytes.NewReader(csv), "KES")
	if err != nil {
		t.Fatal(err)
	}
	by := map[string]int{}
	for _, p := range products {
		by[p.SKU] = p.Number
	}
	return by
}

func put(t *testing.T, b *bus.Bus, csv []byte) *shelf.Import {
	t.Helper()
	i, err := shelf.Put(t.Context(), b, csv)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func present(t *testing.T, b *bus.Bus) *shelf.Import {
	t.Helper()
	i, err := shelf.Current(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func same(t *testing.T, want, got map[string]int) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// manyProducts are n products, their rows several chunks of the store.
func manyProducts(n int) []byte {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf("P%d:food", i)
	}
	return file(all...)
}

func TestPutAndFollow(t *testing.T) {
	b := openBus(t, t.TempDir())
	if now := present(t, b); now != nil {
		t.Fatalf("an empty shelf holds %v", now)
	}
	large := manyProducts(10_000)
	first := put(t, b, large)
	if diff := cmp.Diff(first, present(t, b)); diff != "" {
		t.Fatal(diff)
	}

	ctx, stop := context.WithCancel(t.Context())
	seen, ended := make(chan shelf.Import, 1000), make(chan error, 1)
	go func() { ended <- shelf.Watch(ctx, b, func(i shelf.Import) { seen <- i }) }()
	for stands := false; !stands; { // an import may pass by a watcher that is just being made
		put(t, b, large)
		select {
		case <-seen:
			stands = true
		default:
		}
	}
	last := put(t, b, large)
	if last.ID == first.ID {
		t.Error("the same file imported again has the same id")
	}
	got := <-seen
	for got.ID != last.ID {
		got = <-seen
	}
	if !bytes.Equal(got.CSV, first.CSV) {
		t.Error("who watches sees another file")
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestNumbersOutliveEverything(t *testing.T) {
	dir := t.TempDir()
	b := openBus(t, dir)
	same(t, map[string]int{"RICE": 101, "OIL": 102, "SOAP": 201}, numbers(t, put(t, b, file("RICE:food", "OIL:food", "SOAP:wash")).CSV))
	put(t, b, file("OIL:food")) // RICE and SOAP are no longer sold
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	b = openBus(t, dir)
	same(t, map[string]int{"OIL": 102}, numbers(t, present(t, b).CSV))
	put(t, b, file("NEW:food", "SOAP:wash", "OIL:food", "RICE:food", "CUP:kitchen"))
	same(t, map[string]int{"NEW": 103, "SOAP": 201, "OIL": 102, "RICE": 101, "CUP": 301}, numbers(t, present(t, b).CSV))
}

func TestPutRefusesTheNumberOfAnother(t *testing.T) {
	b := openBus(t, t.TempDir())
	put(t, b, file("RICE:food", "OIL:food"))
	before := put(t, b, file("OIL:food"))
	_, err := shelf.Put(t.Context(), b, file("OIL:food", "NEW:food:700", "SALT:food:101"))
	var check *catalog.CheckError
	if !errors.As(err, &check) || len(check.Problems) != 1 || check.Problems[0].Line != 4 || !strings.Contains(err.Error(), "that of RICE") {
		t.Errorf("got %v", err)
	}
	if diff := cmp.Diff(before, present(t, b)); diff != "" {
		t.Error("something was imported: " + diff)
	}
	same(t, map[string]int{"OTHER": 700}, numbers(t, put(t, b, file("OTHER:food:700")).CSV))
}

// TestImportsAtOnce: several processes import at the same time, and no number is
// given to two products, nor two numbers to one.
func TestImportsAtOnce(t *testing.T) {
	dir := t.TempDir()
	owner := openBus(t, dir)
	tool, err := bus.Attach(t.Context(), bus.Config{Dir: dir}, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	defer tool.Close()
	const rounds = 10
	var (
		wg      sync.WaitGroup
		imports [2][rounds]*shelf.Import
	)
	for who, b := range []*bus.Bus{owner, tool} {
		wg.Go(func() {
			for round := range rounds {
				var err error
				// One product of its own and one that both bring, in each round.
				csv := file(fmt.Sprintf("OWN%d-%d:food", who, round), fmt.Sprintf("BOTH%d:food", round))
				if imports[who][round], err = shelf.Put(t.Context(), b, csv); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	if t.Failed() {
		return
	}
	skus, given := map[int]string{}, map[string]int{}
	for _, of := range imports {
		for _, i := range of {
			for sku, number := range numbers(t, i.CSV) {
				if first, ok := skus[number]; ok && first != sku {
					t.Errorf("%d is that of %s and of %s", number, first, sku)
				}
				if first, ok := given[sku]; ok && first != number {
					t.Errorf("%s has %d and %d", sku, first, number)
				}
				skus[number], given[sku] = sku, number
			}
		}
	}
	if len(given) != 3*rounds {
		t.Errorf("%d products have numbers", len(given))
	}
	last := present(t, owner)
	if last.ID != imports[0][rounds-1].ID && last.ID != imports[1][rounds-1].ID {
		t.Error("the present catalogue is none of the last two")
	}
	for sku, number := range numbers(t, last.CSV) {
		if given[sku] != number {
			t.Errorf("%s has %d on the shelf and was given %d", sku, number, given[sku])
		}
	}
}

// TestCrashBeforeTheCatalogue: numbers that were given stay given.
func TestCrashBeforeTheCatalogue(t *testing.T) {
	dir := t.TempDir()
	b := openBus(t, dir)
	before := put(t, b, file("RICE:food"))
	if err := shelf.Give(t.Context(), b, file("RICE:food", "OIL:food")); err != nil {
		t.Fatal(err)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	b = openBus(t, dir)
	if diff := cmp.Diff(before, present(t, b)); diff != "" {
		t.Error(diff)
	}
	same(t, map[string]int{"SALT": 103, "OIL": 102}, numbers(t, put(t, b, file("SALT:food", "OIL:food")).CSV))
}

// putWithoutNumbers imports as a haat did that knew no keypad numbers.
func putWithoutNumbers(t *testing.T, b *bus.Bus, csv []byte) (id string) {
	t.Helper()
	objects, err := b.JetStream().ObjectStore(t.Context(), bus.Shelf)
	if err != nil {
		t.Fatal(err)
	}
	info, err := objects.Put(t.Context(), jetstream.ObjectMeta{Name: "catalog.csv"}, bytes.NewReader(csv))
	if err != nil {
		t.Fatal(err)
	}
	return info.NUID
}

const older = "sku,category,name_en,unit,price\nRICE,food,Rice,bag,1\nOIL,food,Oil,tin,2\nSOAP,wash,Soap,bar,3\n"

func TestOlderImportGetsNumbers(t *testing.T) {
	t.Run("when it is read", func(t *testing.T) {
		b := openBus(t, t.TempDir())
		id := putWithoutNumbers(t, b, []byte(older))
		now := present(t, b)
		if now.ID != id {
			t.Error("reading it has made it another import")
		}
		same(t, map[string]int{"RICE": 101, "OIL": 102, "SOAP": 201}, numbers(t, now.CSV))
	})
	t.Run("which stay when another is imported", func(t *testing.T) {
		b := openBus(t, t.TempDir())
		putWithoutNumbers(t, b, []byte(older))
		next := file("NEW:wash", "SOAP:wash", "RICE:food")
		want := map[string]int{"NEW": 202, "SOAP": 201, "RICE": 101}
		csv, err := shelf.Preview(t.Context(), b, next)
		if err != nil {
			t.Fatal(err)
		}
		same(t, want, numbers(t, csv))
		same(t, want, numbers(t, put(t, b, next).CSV))
		same(t, map[string]int{"SALT": 103, "OIL": 102}, numbers(t, put(t, b, file("SALT:food", "OIL:food")).CSV))
	})
	t.Run("from the register, when it came after others", func(t *testing.T) {
		b := openBus(t, t.TempDir())
		put(t, b, file("SOAP:wash", "RICE:food"))
		putWithoutNumbers(t, b, []byte(older))
		same(t, map[string]int{"SOAP": 101, "RICE": 201, "OIL": 202}, numbers(t, present(t, b).CSV))
		same(t, map[string]int{"SALT": 203, "OIL": 202}, numbers(t, put(t, b, file("SALT:food", "OIL:food")).CSV))
	})
	t.Run("unless nobody can read it", func(t *testing.T) {
		b := openBus(t, t.TempDir())
		putWithoutNumbers(t, b, []byte("no catalogue"))
		if i, err := shelf.Current(t.Context(), b); err == nil {
			t.Errorf("it is read as %v", i)
		}
		same(t, map[string]int{"RICE": 101}, numbers(t, put(t, b, file("RICE:food")).CSV))
	})
}

func TestPreviewGivesNothing(t *testing.T) {
	b := openBus(t, t.TempDir())
	csv, err := shelf.Preview(t.Context(), b, file("RICE:food"))
	if err != nil {
		t.Fatal(err)
	}
	same(t, map[string]int{"RICE": 101}, numbers(t, csv))
	if now := present(t, b); now != nil {
		t.Errorf("it was imported: %v", now)
	}
	same(t, map[string]int{"OIL": 101}, numbers(t, put(t, b, file("OIL:food")).CSV))
}

// TestManyNumbers: an import with more numbers than one message holds.
func TestManyNumbers(t *testing.T) {
	dir := t.TempDir()
	b := openBus(t, dir)
	large := manyProducts(2*shelf.Piece + 1)
	before := numbers(t, put(t, b, large).CSV)
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	b = openBus(t, dir)
	lines := bytes.SplitAfter(large, []byte("\n"))
	fewer := append(bytes.Clone(lines[0]), lines[len(lines)-2]...) // the header and the last product
	last := fmt.Sprintf("P%d", 2*shelf.Piece)
	same(t, map[string]int{last: before[last]}, numbers(t, put(t, b, fewer).CSV))
	same(t, before, numbers(t, put(t, b, large).CSV))
}
