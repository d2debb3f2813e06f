package table_test

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"

	"haat/gateway/console/table"
)

var nairobi = time.FixedZone("EAT", 3*60*60)

// written is a table as a file.
func written(t interface{ Fatal(...any) }, f table.Format, cfg table.Config, rows ...[]table.Cell) []byte {
	var file bytes.Buffer
	w, err := table.New(f, &file, cfg)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		if err := w.Row(row...); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

// readCSV and readXLSX are what others read in a file: the rows of each sheet.
func readCSV(t interface{ Fatal(...any) }, file []byte) [][]string {
	file, marked := bytes.CutPrefix(file, []byte("\ufeff"))
	if !marked {
		t.Fatal("there is no byte order mark")
	}
	rows, err := csv.NewReader(bytes.NewReader(file)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func openXLSX(t interface{ Fatal(...any) }, file []byte) *excelize.File {
	book, err := excelize.OpenReader(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	return book
}

func readXLSX(t interface{ Fatal(...any) }, file []byte) (sheets [][][]string) {
	book := openXLSX(t, file)
	for _, name := range book.GetSheetList() {
		rows, err := book.GetRows(name)
		if err != nil {
			t.Fatal(err)
		}
		sheets = append(sheets, rows)
	}
	return sheets
}

var oneColumn = table.Config{Columns: []table.Column{{Title: "Text"}}}

func TestTextsStayTexts(t *testing.T) {
	for _, tc := range []struct{ name, text, inCSV, inXLSX string }{
		{"words", "2 rice na sabuni", "2 rice na sabuni", "2 rice na sabuni"},
		{"formula", "=1+1", "'=1+1", "=1+1"},
		{"a program", "=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0", "=cmd|' /C calc'!A0"},
		{"plus", "+254•••001", "'+254•••001", "+254•••001"},
		{"minus", "-2+3", "'-2+3", "-2+3"},
		{"at", "@SUM(A1)", "'@SUM(A1)", "@SUM(A1)"},
		{"tab", "\t=1", "'\t=1", "\t=1"},
		{"carriage return", "\r=1", "'\n=1", "\n=1"},
		{"wide sign", "＝1", "'＝1", "＝1"},
		{"sign inside", "a=1", "a=1", "a=1"},
		{"digits", "0012", "0012", "0012"},
		{"large", "123456789012345678", "123456789012345678", "123456789012345678"},
		{"date", "1/2", "1/2", "1/2"},
		{"truth", "TRUE", "TRUE", "TRUE"},
		{"quotes", `say "yes", please`, `say "yes", please`, `say "yes", please`},
		{"lines", "a\r\nb\rc\nd", "a\nb\nc\nd", "a\nb\nc\nd"},
		{"arabic", "دلو ١٠ لتر", "دلو ١٠ لتر", "دلو ١٠ لتر"},
		{"chinese", "两瓶5升食用油", "两瓶5升食用油", "两瓶5升食用油"},
		{"emoji", "👍🏾🇰🇪", "👍🏾🇰🇪", "👍🏾🇰🇪"},
		{"markup", `<a href="x">&amp;</a>`, `<a href="x">&amp;</a>`, `<a href="x">&amp;</a>`},
		{"code of spreadsheets", "_x0041_", "_x0041_", "_x0041_"},
		{"spaces", "  a  ", "  a  ", "  a  "},
		{"control characters", "a\x00\x1b[31mb\x7f", "a\ufffd\ufffd[31mb\ufffd", "a\ufffd\ufffd[31mb\ufffd"},
		{"not UTF-8", "a\xffb", "a\ufffdb", "a\ufffdb"},
		{"no character", "a\ufffeb\uffff", "a\ufffdb\ufffd", "a\ufffdb\ufffd"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			row := []table.Cell{table.Text(tc.text)}
			if got := readCSV(t, written(t, table.CSV, oneColumn, row)); got[1][0] != tc.inCSV {
				t.Errorf("CSV has %q", got[1][0])
			}
			book := openXLSX(t, written(t, table.XLSX, oneColumn, row))
			sheet := book.GetSheetList()[0]
			value, _ := book.GetCellValue(sheet, "A2")
			formula, _ := book.GetCellFormula(sheet, "A2")
			kind, _ := book.GetCellType(sheet, "A2")
			if value != tc.inXLSX || formula != "" || kind != excelize.CellTypeInlineString {
				t.Errorf("XLSX has %q, formula %q, type %d", value, formula, kind)
			}
		})
	}
}

func TestTheUsualEndsOfLines(t *testing.T) {
	file := written(t, table.CSV, table.Config{Columns: []table.Column{{Title: "=a"}, {Title: "b"}}}, []table.Cell{table.Text("x"), table.Text("y, z")})
	if want := "\ufeff'=a,b\r\nx,\"y, z\"\r\n"; string(file) != want {
		t.Errorf("the file is %q, want %q", file, want)
	}
}

func TestNumbersAndTimes(t *testing.T) {
	at := time.Date(2026, 11, 28, 23, 59, 58, 0, nairobi)
	columns := table.Config{Sheet: "Messages", Columns: make([]table.Column, 6)}
	row := []table.Cell{table.Time(at), table.Int(-3), table.Decimal("0.80"), table.Decimal("1.2.3"), table.Decimal("-1"), {}}
	if got, want := readCSV(t, written(t, table.CSV, columns, row))[1], []string{"2026-11-28T23:59:58+03:00", "-3", "0.80", "1.2.3", "-1", ""}; !slices.Equal(got, want) {
		t.Errorf("CSV has %q, want %q", got, want)
	}
	book := openXLSX(t, written(t, table.XLSX, columns, row))
	for cell, want := range map[string]string{"A2": "2026-11-28 23:59:58", "B2": "-3", "C2": "0.8", "D2": "1.2.3", "E2": "-1", "F2": ""} {
		if got, _ := book.GetCellValue("Messages", cell); got != want {
			t.Errorf("%s is %q, want %q", cell, got, want)
		}
	}
	for cell, want := range map[string]excelize.CellType{"A2": excelize.CellTypeUnset, "C2": excelize.CellTypeUnset, "D2": excelize.CellTypeInlineString} {
		if got, _ := book.GetCellType("Messages", cell); got != want {
			t.Errorf("%s is of type %d, want %d", cell, got, want)
		}
	}
	raw, _ := book.GetCellValue("Messages", "A2", excelize.Options{RawCellValue: true})
	if day, _, _ := strings.Cut(raw, "."); day != "46354" { // days since the end of 1899
		t.Errorf("the date is no number of days: %q", raw)
	}
}

// TestWhatIsWrittenIsRead: any table comes back as it was, however many sheets it
// takes.
func TestWhatIsWrittenIsRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		columns := rapid.IntRange(2, 4).Draw(t, "columns")
		cfg := table.Config{Columns: make([]table.Column, columns), SheetRows: rapid.IntRange(2, 6).Draw(t, "rows of a sheet")}
		for i := range cfg.Columns {
			cfg.Columns[i].Title = fmt.Sprint("c", i)
		}
		text := rapid.OneOf(rapid.String(), rapid.StringMatching(`[=+@\-＝＋－＠\t"',_x0-9A-F\n\r&<a中ع🇰]{1,12}`))
		var want [][]string
		var rows [][]table.Cell
		for range rapid.IntRange(0, 15).Draw(t, "rows") {
			texts, cells := make([]string, columns), make([]table.Cell, columns)
			texts[0], cells[0] = "1", table.Int(1) // readers leave out empty rows
			for i := 1; i < columns; i++ {
				texts[i] = text.Draw(t, "text")
				cells[i] = table.Text(texts[i])
				texts[i] = cleaned(texts[i])
			}
			want, rows = append(want, texts), append(rows, cells)
		}
		got := readCSV(t, written(t, table.CSV, cfg, rows...))[1:]
		for i := range got {
			for j := range got[i] {
				if dangerous := strings.IndexAny(want[i][j], "=+-@\t\n\r＝＋－＠") == 0; dangerous != strings.HasPrefix(got[i][j], "'"+want[i][j]) {
					t.Fatalf("%q is written as %q", want[i][j], got[i][j])
				} else if !dangerous && got[i][j] != want[i][j] && got[i][j] != "'"+want[i][j] {
					t.Fatalf("%q comes back as %q", want[i][j], got[i][j])
				}
			}
		}
		if rapid.IntRange(0, 3).Draw(t, "workbook?") != 0 { // reading one takes long
			return
		}
		sheets := readXLSX(t, written(t, table.XLSX, cfg, rows...))
		back := make([][]string, 0, len(want))
		for _, sheet := range sheets {
			if len(sheet) > cfg.SheetRows || sheet[0][0] != "c0" {
				t.Fatalf("a sheet has %d rows and begins with %q", len(sheet), sheet[0][0])
			}
			for _, row := range sheet[1:] {
				back = append(back, append(row, make([]string, columns-len(row))...)) // empty cells at the end are left out
			}
		}
		if len(back) != len(want) {
			t.Fatalf("of %d rows %d come back", len(want), len(back))
		}
		for i := range want {
			if !slices.Equal(back[i], want[i]) {
				t.Fatalf("row %d: %q comes back as %q", i, want[i], back[i])
			}
		}
	})
}

// cleaned is what becomes of a text that no format can hold.
func cleaned(s string) string {
	s = strings.ToValidUTF8(strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n"), "\ufffd")
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' && r != '\n' || r == 0x7f || r == 0xfffe || r == 0xffff {
			return '\ufffd'
		}
		return r
	}, s)
}

func TestManyColumns(t *testing.T) {
	cfg, row := table.Config{Columns: make([]table.Column, 60)}, make([]table.Cell, 60)
	for i := range row {
		row[i] = table.Int(int64(i))
	}
	book := openXLSX(t, written(t, table.XLSX, cfg, row))
	for cell, want := range map[string]string{"A2": "0", "Z2": "25", "AA2": "26", "AZ2": "51", "BA2": "52", "BH2": "59"} {
		if got, _ := book.GetCellValue("Sheet", cell); got != want {
			t.Errorf("%s is %q, want %q", cell, got, want)
		}
	}
}

func TestLimits(t *testing.T) {
	long := readCSV(t, written(t, table.CSV, oneColumn, []table.Cell{table.Text(strings.Repeat("👍", 20_000))}))[1][0]
	if units := len(utf16.Encode([]rune(long))); units > table.MaxText || units < table.MaxText-2 || !strings.HasSuffix(long, "👍…") {
		t.Errorf("a long text has %d units and ends with %q", units, long[len(long)-8:])
	}
	if fits := strings.Repeat("a", table.MaxText); readCSV(t, written(t, table.CSV, oneColumn, []table.Cell{table.Text(fits)}))[1][0] != fits {
		t.Error("a text that fits is cut")
	}
	for name, cfg := range map[string]table.Config{
		"no columns":       {},
		"too many columns": {Columns: make([]table.Column, table.MaxColumns+1)},
		"too many rows":    {Columns: make([]table.Column, 1), SheetRows: table.MaxSheetRows + 1},
		"one row":          {Columns: make([]table.Column, 1), SheetRows: 1},
	} {
		if _, err := table.New(table.XLSX, io.Discard, cfg); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	if _, err := table.New("pdf", io.Discard, oneColumn); err == nil {
		t.Error("another format is taken")
	}
	for _, f := range []table.Format{table.CSV, table.XLSX} {
		w, _ := table.New(f, io.Discard, oneColumn)
		if err := w.Row(table.Text("a"), table.Text("b")); err == nil {
			t.Errorf("%s: a row that is too wide is taken", f)
		}
	}
}

func TestNamesOfSheets(t *testing.T) {
	for name, want := range map[string]string{
		"": "Sheet", "消息": "消息", `a/b\c?d*e[f]g:h`: "a b c d e f g h", strings.Repeat("m", 40): strings.Repeat("m", 31), "'<&>'": "<&>",
	} {
		if got := openXLSX(t, written(t, table.XLSX, table.Config{Sheet: name, Columns: make([]table.Column, 1)})).GetSheetList(); !slices.Equal(got, []string{want}) {
			t.Errorf("%q makes %q, want %q", name, got, want)
		}
	}
	several := table.Config{Sheet: strings.Repeat("m", 40), Columns: make([]table.Column, 1), SheetRows: 2}
	one := []table.Cell{table.Int(1)}
	if got, want := openXLSX(t, written(t, table.XLSX, several, one, one)).GetSheetList(), []string{strings.Repeat("m", 31), strings.Repeat("m", 29) + " 2"}; !slices.Equal(got, want) {
		t.Errorf("the sheets are %q, want %q", got, want)
	}
}

// TestHalfAWorkbookDoesNotOpen: a file whose making was broken off cannot be
// taken for a whole one.
func TestHalfAWorkbookDoesNotOpen(t *testing.T) {
	var file bytes.Buffer
	w, _ := table.New(table.XLSX, &file, oneColumn)
	for range 3000 {
		if err := w.Row(table.Text("mchele")); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := excelize.OpenReader(&file); err == nil {
		t.Error("it opens")
	}
}

// full is a disk, or a page that was left.
type full struct{ left int }

var errFull = errors.New("no more")

func (f *full) Write(p []byte) (int, error) {
	if f.left -= len(p); f.left < 0 {
		return 0, errFull
	}
	return len(p), nil
}

func TestTheFirstErrorIsTheLast(t *testing.T) {
	for _, f := range []table.Format{table.CSV, table.XLSX} {
		to := &full{1000}
		w, err := table.New(f, to, oneColumn)
		for i := 0; err == nil && i < 1_000_000; i++ {
			err = w.Row(table.Int(int64(i)))
		}
		if !errors.Is(err, errFull) {
			t.Errorf("%s: writing ends with %v", f, err)
		}
		to.left = 1_000_000
		if err := w.Close(); err == nil {
			t.Errorf("%s: a file with a hole is whole", f)
		}
	}
}

func TestAClosedWorkbookTakesNothing(t *testing.T) {
	var file bytes.Buffer
	w, _ := table.New(table.XLSX, &file, oneColumn)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	size := file.Len()
	if err := errors.Join(w.Row(table.Int(1)), w.Close()); err == nil || file.Len() != size {
		t.Errorf("it takes more: %v, %d octets", err, file.Len()-size)
	}
	if err := w.Close(); err == nil {
		t.Error("it is closed again")
	}
}

func BenchmarkRows(b *testing.B) {
	row := []table.Cell{table.Time(time.Date(2026, 11, 28, 12, 0, 0, 0, nairobi)), table.Text("•••001"), table.Text("plz 2 rice na sabuni tatu"), table.Text("rice: unataka ipi?\n1.Mchele kilo 1 180\n2.Mchele kilo 5 850"), table.Int(2), table.Decimal("0.80")}
	for _, f := range []table.Format{table.CSV, table.XLSX} {
		b.Run(string(f), func(b *testing.B) {
			w, err := table.New(f, io.Discard, table.Config{Columns: make([]table.Column, len(row))})
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if err := w.Row(row...); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}

func FuzzText(f *testing.F) {
	for _, seed := range []string{"", "=1", "_x0041_x0042_", "a\r\nb", "\xff", "دلو", `"`, "\ufeff", "]]>", "_x005F_x0041_"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		row := []table.Cell{table.Int(1), table.Text(s)}
		cfg := table.Config{Columns: make([]table.Column, 2)}
		want := cleaned(s)
		if len(want) > table.MaxText {
			return
		}
		if got := readCSV(t, written(t, table.CSV, cfg, row))[1][1]; got != want && got != "'"+want || got != "" && strings.Contains("=+-@\t\n", got[:1]) {
			t.Errorf("CSV: %q comes back as %q", want, got)
		}
		if got := append(readXLSX(t, written(t, table.XLSX, cfg, row))[0][1], "")[1]; got != want {
			t.Errorf("XLSX: %q comes back as %q", want, got)
		}
	})
}
