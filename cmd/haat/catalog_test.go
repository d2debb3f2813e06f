package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"haat/orders/bus"
	"haat/orders/shelf"
)

const (
	goodCatalog     = "sku,category,name_en,unit,price,stock\nRICE5,staples,Rice 5 kg,bag,850.00,60\n"
	numberedCatalog = "sku,category,name_en,unit,price,stock,number\nRICE5,staples,Rice 5 kg,bag,850.00,60,101\n"
)

func writeCatalog(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "catalog.csv")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// onShelf is the catalogue of a data directory whose haat runs or is stopped.
func onShelf(t *testing.T, dir string) *shelf.Import {
	t.Helper()
	ctx := context.Background()
	b, err := bus.Attach(ctx, bus.Config{Dir: dir}, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	present, err := shelf.Current(ctx, b)
	if err != nil {
		t.Fatal(err)
	}
	return present
}

// TestCatalogImport: the file is on the shelf, with haat running and stopped,
// and a bad one leaves the shelf as it was.
func TestCatalogImport(t *testing.T) {
	dir := t.TempDir()
	running, err := bus.Open(context.Background(), bus.Config{Dir: dir}, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	closeOnce := func() {
		if running != nil {
			if err := running.Close(); err != nil {
				t.Error(err)
			}
			running = nil
		}
	}
	defer closeOnce()

	importCatalog(t, dir, goodCatalog, exitOK)
	if got := onShelf(t, dir); string(got.CSV) != numberedCatalog {
		t.Errorf("running: the shelf holds %q", got.CSV)
	}
	importCatalog(t, dir, strings.ReplaceAll(goodCatalog, "850.00", "cheap"), exitError)
	if got := onShelf(t, dir); string(got.CSV) != numberedCatalog {
		t.Errorf("after a bad file the shelf holds %q", got.CSV)
	}
	closeOnce()
	importCatalog(t, dir, strings.ReplaceAll(goodCatalog, "850.00", "900.00"), exitOK)
	if got := onShelf(t, dir); string(got.CSV) != strings.ReplaceAll(numberedCatalog, "850.00", "900.00") {
		t.Errorf("stopped: the shelf holds %q", got.CSV)
	}
}

func importCatalog(t *testing.T, dir, csv string, want int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	var out, errs bytes.Buffer
	file := writeCatalog(t, csv)
	code := run(ctx, []string{"catalog", "import", file, "--data", dir}, strings.NewReader(""), &out, &errs)
	if code != want {
		t.Errorf("exit %d, want %d: %s%s", code, want, &out, &errs)
	}
	says, where := "Imported 1 product in 1 category from "+file, io.Reader(&out)
	if want != exitOK {
		says, where = file+`:2: column "price": "cheap"`, &errs
	}
	if text, _ := io.ReadAll(where); !strings.Contains(string(text), says) {
		t.Errorf("no %q in: %s", says, text)
	}
}

// TestCatalogImportOfATakenNumber: the file is refused with its line, and nothing
// of it is imported.
func TestCatalogImportOfATakenNumber(t *testing.T) {
	dir := t.TempDir()
	importCatalog(t, dir, goodCatalog, exitOK) // gives 101 to RICE5
	file := writeCatalog(t, "number,sku,category,name_en,unit,price\n,HOE,tools,Hoe,piece,450\n101,AXE,tools,Axe,piece,900\n")
	var out, errs bytes.Buffer
	code := run(t.Context(), []string{"catalog", "import", file, "--data", dir}, strings.NewReader(""), &out, &errs)
	if code != exitError || !strings.Contains(errs.String(), file+`:3: column "number": "101": this number is that of RICE5`) ||
		!strings.HasSuffix(errs.String(), "Nothing was imported.\n") {
		t.Errorf("exit %d: %s%s", code, &out, &errs)
	}
	if got := onShelf(t, dir); string(got.CSV) != numberedCatalog {
		t.Errorf("the shelf holds %q", got.CSV)
	}
}

// TestSampleIsWell: what a stranger starts with has no problem.
func TestSampleIsWell(t *testing.T) {
	var out, errs bytes.Buffer
	code := run(context.Background(), []string{"catalog", "check", "sample/catalog.csv"}, strings.NewReader(""), &out, &errs)
	if code != exitOK || out.String() != "115 products in 11 categories, all well\n" {
		t.Errorf("exit %d: %s%s", code, &out, &errs)
	}
}

func TestImportBeforeTheFirstStart(t *testing.T) {
	dir, file := filepath.Join(t.TempDir(), "new"), filepath.Join(t.TempDir(), "catalog.csv")
	csv, numbered := "sku,category,name_en,unit,price\nHOE,tools,Hoe,piece,450.00\n", "sku,category,name_en,unit,price,number\nHOE,tools,Hoe,piece,450.00,101\n"
	if err := os.WriteFile(file, []byte(csv), 0o600); err != nil {
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	if code := run(t.Context(), []string{"catalog", "import", file, "--data", dir}, strings.NewReader(""), &out, &errs); code != exitOK {
		t.Fatalf("exit code %d\n%s", code, errs.String())
	}
	b, err := bus.Open(t.Context(), bus.Config{Dir: dir}, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if i, err := shelf.Current(t.Context(), b); err != nil || i == nil || string(i.CSV) != numbered {
		t.Errorf("the shelf holds %v, %v", i, err)
	}
}
