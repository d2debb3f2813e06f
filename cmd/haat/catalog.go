package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"haat/catalog"
	"haat/catalog/sheet"
	"haat/orders/bus"
	"haat/orders/shelf"
)

// catalogCheckCmd lists everything that is wrong with a catalogue file.
type catalogCheckCmd struct {
	File   string `arg:"" help:"CSV or XLSX file with the header sku,category,name_en,unit,price and, as you like, name_xx, short_xx, stock, available, aliases, number."`
	Config string `short:"c" env:"HAAT_CONFIG" placeholder:"FILE" help:"Configuration file, for the currency of the prices."`
}

// Run prints one line when all is well.
func (cmd catalogCheckCmd) Run(_ context.Context, io *stdio) error {
	c, err := place{Config: cmd.Config}.loadToRead()
	if err != nil {
		return err
	}
	_, summary, err := readCatalog(cmd.File, c.Market.Currency)
	if err != nil {
		return list(io.Out, err)
	}
	_, err = fmt.Fprintf(io.Out, "%s, all well\n", summary)
	return err
}

// catalogImportCmd puts a checked catalogue file on the shelf.
type catalogImportCmd struct {
	File string `arg:"" help:"CSV or XLSX file; nothing of it is imported unless all of it is well."`
	place
}

// Run checks, stores and says what it did.
func (cmd catalogImportCmd) Run(ctx context.Context, io *stdio) error {
	c, err := cmd.loadToRead()
	if err != nil {
		return err
	}
	csv, summary, err := readCatalog(cmd.File, c.Market.Currency)
	if err != nil {
		return notImported(io.Err, err)
	}
	logger := newLogger(c.Log, io.Err)
	b, err := openBus(ctx, c, logger)
	if errors.Is(err, fs.ErrNotExist) { // before the first start
		b, err = bus.Open(ctx, c.busConfig(), logger)
	}
	if err != nil {
		return err
	}
	defer b.Close()
	i, err := shelf.Put(ctx, b, csv)
	if check := (*catalog.CheckError)(nil); errors.As(err, &check) { // a number of another product
		return notImported(io.Err, namedIn(cmd.File, err))
	}
	if err != nil {
		return fmt.Errorf("nothing was imported: %w", err)
	}
	_, err = fmt.Fprintf(io.Out, "Imported %s from %s as %s. A running haat uses it at once, a stopped one when it starts.\n", summary, cmd.File, i.ID)
	return err
}

// notImported prints what is wrong with a file and what that means.
func notImported(out io.Writer, err error) error {
	err = list(out, err)
	fmt.Fprintln(out, "Nothing was imported.")
	return err
}

// readCatalog reads and checks a catalogue file; summary says what is in it.
func readCatalog(file, currency string) (csv []byte, summary string, err error) {
	csv, err = readFileLimited(file, catalog.MaxBytes)
	if err != nil {
		return nil, "", err
	}
	if sheet.Is(csv) {
		if csv, err = sheet.CSV(csv); err != nil {
			return nil, "", namedIn(file, err)
		}
	}
	products, err := catalog.Read(bytes.NewReader(csv), currency)
	if err != nil {
		return nil, "", namedIn(file, err)
	}
	categories := map[string]bool{}
	for i := range products {
		categories[products[i].Category] = true
	}
	return csv, fmt.Sprintf("%d %s in %d %s",
		len(products), plural(len(products), "product", "products"),
		len(categories), plural(len(categories), "category", "categories")), nil
}

// readFileLimited reads one byte more than the limit at most, so that a file
// that is too large is found out without being held in memory.
func readFileLimited(name string, limit int64) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, limit+1))
}

// namedIn says the file of each problem of a table, as compilers do.
func namedIn(file string, err error) error {
	var check *catalog.CheckError
	if !errors.As(err, &check) {
		return fmt.Errorf("%s: %w", file, err)
	}
	return &tableError{file, check}
}

// tableError is a CheckError with the name of its file.
type tableError struct {
	file string
	*catalog.CheckError
}

// Error is one line a problem: FILE:LINE: column "price": "8,50": what to do.
func (e *tableError) Error() string {
	var b strings.Builder
	for _, p := range e.Problems {
		b.WriteString(e.file)
		if p.Line > 0 {
			fmt.Fprintf(&b, ":%d", p.Line)
		}
		if p.Column != "" {
			fmt.Fprintf(&b, ": column %q", p.Column)
		}
		if p.Cell != "" {
			fmt.Fprintf(&b, ": %q", p.Cell)
		}
		b.WriteString(": " + p.Say + "\n")
	}
	if e.More > 0 {
		fmt.Fprintf(&b, "and %d more; correct these first and check again\n", e.More)
	}
	n := len(e.Problems) + e.More
	fmt.Fprintf(&b, "%s has %d %s", e.file, n, plural(n, "problem", "problems"))
	return b.String()
}

// list prints the problems of a catalogue file by themselves, so that each
// line begins with its place.
func list(out io.Writer, err error) error {
	var table *tableError
	if !errors.As(err, &table) {
		return err
	}
	fmt.Fprintln(out, table)
	return errReported
}
