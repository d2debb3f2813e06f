package sheet

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"encoding/csv"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"

	"haat/catalog"
)

var header = []any{"sku", "category", "name_en", "unit", "price", "stock"}

// book makes a workbook whose first sheet has the header and the rows.
func book(t testing.TB, change func(f *excelize.File, sheet string), rows ...[]any) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	for i, row := range append([][]any{header}, rows...) {
		if err := f.SetSheetRow("Sheet1", fmt.Sprintf("A%d", i+1), &row); err != nil {
			t.Fatal(err)
		}
	}
	if change != nil {
		change(f, "Sheet1")
	}
	var out bytes.Buffer
	if err := f.Write(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// products reads a workbook all the way.
func products(file []byte) ([]catalog.Product, error) {
	csv, err := CSV(file)
	if err != nil {
		return nil, err
	}
	return catalog.Read(bytes.NewReader(csv), "KES")
}

func style(format string) func(f *excelize.File, sheet string) {
	return func(f *excelize.File, sheet string) {
		id, err := f.NewStyle(&excelize.Style{CustomNumFmt: &format})
		if err == nil {
			err = f.SetCellStyle(sheet, "E2", "E2", id)
		}
		if err != nil {
			panic(err)
		}
	}
}

func TestPrices(t *testing.T) {
	for _, tc := range []struct {
		name   string
		price  any
		format string
		minor  int64 // 0: refused
	}{
		{"whole", 850, "", 85000},
		{"with cents", 8.5, "", 850},
		{"as text", "850.00", "@", 85000},
		{"with separators", 4100.0, "#,##0.00", 410000},
		{"with a currency", 4100.0, `"KES" #,##0.00`, 410000},
		{"shown rounded", 850.5, "0", 85050},
		{"not quite a decimal", 1.1000000000000001, "", 110},
		{"calculated", 0.1 + 0.2, "", 30},
		{"scientific", 1.2e3, "", 120000},
		{"a date", 45000.0, "yyyy-mm-dd", 0},
		{"a day and month", 45000.0, "d mmm", 0},
		{"a time", 850.5, "hh:mm", 0},
		{"a share", 0.5, "0%", 0},
		{"a date in Go", time.Date(2026, 11, 28, 0, 0, 0, 0, time.UTC), "", 0},
		{"with a comma", "8,50", "", 0},
		{"below zero", -8.5, "", 0},
		{"half a cent", 8.505, "", 0},
		{"true", true, "", 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var change func(*excelize.File, string)
			if tc.format != "" {
				change = style(tc.format)
			}
			all, err := products(book(t, change, []any{"RICE5", "food", "Rice", "bag", tc.price, 60}))
			switch {
			case tc.minor == 0:
				var check *catalog.CheckError
				if !errors.As(err, &check) || check.Problems[0].Line != 2 || check.Problems[0].Column != "price" {
					t.Errorf("got %v, %v", all, err)
				}
			case err != nil || all[0].Price.Minor != tc.minor || all[0].Stock != 60:
				t.Errorf("got %v, %v", all, err)
			}
		})
	}
}

// TestRefused: what is wrong is said with its place.
func TestRefused(t *testing.T) {
	good := []any{"RICE5", "food", "Rice", "bag", 850, 60}
	whole := book(t, nil, good)
	encrypted := func() []byte {
		f := excelize.NewFile()
		defer f.Close()
		var out bytes.Buffer
		if err := f.Write(&out, excelize.Options{Password: "x"}); err != nil {
			t.Fatal(err)
		}
		return out.Bytes()
	}
	for _, tc := range []struct {
		name string
		file []byte
		line int
		says string
	}{
		{"a wrong header", book(t, func(f *excelize.File, s string) { _ = f.SetCellValue(s, "E1", "cost") }, good), 1, "unknown column"},
		{"two sheets", book(t, func(f *excelize.File, _ string) { _, _ = f.NewSheet("more"); _ = f.SetCellValue("more", "A1", 1) }, good), 0, "2 sheets"},
		{"nothing", func() []byte { f := excelize.NewFile(); var b bytes.Buffer; _ = f.Write(&b); return b.Bytes() }(), 0, "nothing in it"},
		{"merged cells", book(t, func(f *excelize.File, s string) { _ = f.MergeCell(s, "B2", "B3") }, good, good), 0, "merged (B2:B3)"},
		{"a formula without a result", book(t, func(f *excelize.File, s string) { _ = f.SetCellFormula(s, "F2", "1+1") }, good[:5]), 0, "no result"},
		{"a spreadsheet's error", book(t, func(f *excelize.File, s string) { _ = f.SetCellValue(s, "C2", "#REF!") }, good), 2, "formula"},
		{"a line break in a cell", book(t, nil, []any{"RICE5", "food", "Rice\nwhite", "bag", 850, 60}), 2, "one line"},
		{"the third row, after an empty one", book(t, nil, good, []any{}, []any{"OIL", "food", "Oil", "tin", "dear", 1}), 4, "write the amount"},
		{"encrypted", encrypted(), 0, "password"},
		{"truncated", whole[:len(whole)/2], 0, "damaged"},
		{"a zip of something else", zipOf(t, "readme.txt", "hello"), 0, "damaged"},
		{"macros", zipOf(t, "xl/vbaProject.bin", "x"), 0, "macros"},
		{"a zip bomb", bomb(t, "xl/sharedStrings.xml", maxUnpacked+1), 0, "too large"},
		{"a zip bomb that says it is small", bomb(t, "xl/worksheets/sheet1.xml", 100), 0, "damaged"},
		{"too many columns", book(t, func(f *excelize.File, s string) { _ = f.SetCellValue(s, "ZZ1", "x") }, good), 0, "columns"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if !Is(tc.file) {
				t.Fatal("it is not known for a spreadsheet")
			}
			_, err := products(tc.file)
			var check *catalog.CheckError
			if !errors.As(err, &check) {
				t.Fatalf("got %v", err)
			}
			for _, p := range check.Problems {
				if p.Line == tc.line && strings.Contains(p.Say, tc.says) && p.Key != "" && !strings.ContainsAny(p.Say, "{}") {
					return
				}
			}
			t.Errorf("no line %d %q in %v", tc.line, tc.says, err)
		})
	}
}

func zipOf(t testing.TB, name, content string) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	part, err := w.Create(name)
	if err == nil {
		_, err = part.Write([]byte(content))
	}
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// bomb is a part of more than is unpacked, which says that it has so many octets.
func bomb(t testing.TB, name string, says uint64) []byte {
	t.Helper()
	var packed, out bytes.Buffer
	flat, err := flate.NewWriter(&packed, flate.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	zeros := make([]byte, 1<<20)
	for range maxUnpacked>>20 + 1 {
		_, _ = flat.Write(zeros)
	}
	_ = flat.Close()
	w := zip.NewWriter(&out)
	part, err := w.CreateRaw(&zip.FileHeader{Name: name, Method: zip.Deflate, CompressedSize64: uint64(packed.Len()), UncompressedSize64: says})
	if err == nil {
		_, err = part.Write(packed.Bytes())
	}
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestTooManyRows(t *testing.T) {
	f := excelize.NewFile()
	defer f.Close()
	out, err := f.NewStreamWriter("Sheet1")
	if err != nil {
		t.Fatal(err)
	}
	for i := range catalog.MaxProducts + 2 {
		if err := out.SetRow(fmt.Sprintf("A%d", i+1), []any{"x"}); err != nil {
			t.Fatal(err)
		}
	}
	if err := out.Flush(); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	if _, err := CSV(b.Bytes()); err == nil || !strings.Contains(err.Error(), "more than 50000 rows") {
		t.Errorf("got %v", err)
	}
}

// TestFormula: its last result counts.
func TestFormula(t *testing.T) {
	file := book(t, func(f *excelize.File, s string) {
		_ = f.SetCellValue(s, "E2", 850)
		_ = f.SetCellFormula(s, "E2", "800+50")
	}, []any{"RICE5", "food", "Rice", "bag", 0, 60})
	file = bytes.Clone(file)
	all, err := products(file)
	if err != nil && !strings.Contains(err.Error(), "no result") { // excelize drops the result that it had
		t.Errorf("got %v, %v", all, err)
	}
	c := cell{}
	for _, step := range []struct {
		tag  string
		text bool
	}{{`<c r="E2">`, false}, {"<f>", false}, {"</f>", true}, {"<v>", false}, {"</v>", true}, {"</c>", false}} {
		if wrong := c.read(step.tag, step.text); wrong != isWell {
			t.Errorf("a formula with a result: fault %d", wrong)
		}
	}
}

// anyText has what spreadsheets like to change.
func anyText(most int) *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.SampledFrom([]string{"=1+1", "+254", "-5", "@home", "'=x", "''+", "007", "1E5", "3/4", "2026-11-28", "TRUE", "#1", "50%", "大米", "أرز", "चावल", "a,b", `say "x"`, "1.10", "'"}),
		rapid.StringMatching(fmt.Sprintf(`[A-Za-z=+@'0-9.,"/ %%-]{0,%d}[a-z0-9]`, most-1)),
	)
}

func anyProduct(t *rapid.T, i int) catalog.Product {
	p := catalog.Product{
		SKU: fmt.Sprintf("%sX%d", rapid.SampledFrom([]string{"", "1E", "-", "00"}).Draw(t, "sku"), i), Category: anyText(20).Draw(t, "category"),
		Names: map[string]string{"en": anyText(30).Draw(t, "name")}, Unit: anyText(10).Draw(t, "unit"),
		Price: catalog.Money{Minor: rapid.Int64Range(1, 1_000_000_000).Draw(t, "price"), Currency: "KES"}, Hidden: rapid.Bool().Draw(t, "hidden"),
	}
	if rapid.Bool().Draw(t, "more names") {
		p.Names["sw"], p.Short = anyText(30).Draw(t, "sw"), map[string]string{"hi-latn": anyText(10).Draw(t, "short")}
	}
	if p.Counted = rapid.Bool().Draw(t, "counted"); p.Counted {
		p.Stock = rapid.IntRange(0, catalog.MaxStock).Draw(t, "stock")
	}
	if rapid.Bool().Draw(t, "has a number") {
		p.Number = 101 + i
	}
	return p
}

// TestRoundTrip: what goes out as a spreadsheet or as CSV comes back the same,
// and nothing of it is a formula.
func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var drawn []catalog.Product
		for i := range rapid.IntRange(1, 8).Draw(t, "n") {
			drawn = append(drawn, anyProduct(t, i))
		}
		// What can be in a catalogue is what was read.
		want, err := catalog.Read(bytes.NewReader(catalog.Write(drawn)), "KES")
		if err != nil {
			t.Fatal(err)
		}
		again, err := catalog.Read(bytes.NewReader(catalog.Write(want)), "KES")
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, again); diff != "" {
			t.Fatal("CSV: " + diff)
		}
		if d := catalog.Diff(drawn, want); len(d.Added)+len(d.Removed) != 0 {
			t.Fatalf("products: %+v", d)
		}
		lines, err := csv.NewReader(bytes.NewReader(catalog.Write(want))).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		for _, cell := range slices.Concat(lines...) {
			if cell != "" && strings.ContainsAny(cell[:1], "=+-@") {
				t.Fatalf("a cell runs: %s", cell)
			}
		}
		var out bytes.Buffer
		if err := Write(&out, want); err != nil {
			t.Fatal(err)
		}
		back, err := products(out.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, back); diff != "" {
			t.Fatal("XLSX: " + diff)
		}
	})
}

func FuzzCSV(f *testing.F) {
	f.Add(book(f, nil, []any{"RICE5", "food", "Rice", "bag", 850, 60}))
	f.Add([]byte("PK\x03\x04"))
	f.Add(oldFormat)
	f.Fuzz(func(t *testing.T, file []byte) {
		csv, err := CSV(file)
		if err != nil {
			var check *catalog.CheckError
			if !errors.As(err, &check) || len(check.Problems) == 0 {
				t.Fatalf("refused without a reason: %v", err)
			}
			return
		}
		if _, err := catalog.Read(bytes.NewReader(csv), "KES"); err != nil {
			var check *catalog.CheckError
			if !errors.As(err, &check) {
				t.Fatal(err)
			}
		}
	})
}
