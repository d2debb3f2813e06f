// Package sheet reads catalogues from spreadsheets and writes them for
// spreadsheets (XLSX), so that no price or code is changed on the way.
package sheet

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"

	"haat/catalog"
)

// Limits of a workbook. One that is larger when it is unpacked, as a zip bomb
// is, is refused before it is.
const (
	MaxBytes    = 16 << 20  // of the file
	maxUnpacked = 128 << 20 // of all that is in it
	inMemory    = 16 << 20  // of a part; what is larger waits in a temporary file
	maxColumns  = 200
)

// Is tells whether a file is no CSV but a spreadsheet program's, which CSV reads
// or refuses with what to do.
func Is(file []byte) bool {
	return bytes.HasPrefix(file, []byte("PK\x03\x04")) || bytes.HasPrefix(file, oldFormat)
}

// oldFormat begins an XLS, and an XLSX with a password.
var oldFormat = []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")

// CSV is the one sheet of a workbook as a file for [catalog.Read], its rows on
// the lines of their numbers. Formulas count by their last result. A number is
// the one that the cell holds, not how it is shown; what is shown as something
// else, such as a date, is given as it is shown, so that no price is made of it.
// What is wrong is a *catalog.CheckError.
func CSV(file []byte) ([]byte, error) {
	if bytes.HasPrefix(file, oldFormat) {
		return nil, wrong("sheet_password")
	}
	if len(file) > MaxBytes {
		return nil, wrong("sheet_large", "n", MaxBytes>>20)
	}
	if err := inspect(file); err != nil {
		return nil, err
	}
	f, err := excelize.OpenReader(bytes.NewReader(file), excelize.Options{UnzipSizeLimit: maxUnpacked, UnzipXMLSizeLimit: inMemory})
	if err != nil {
		return nil, wrong("sheet_damaged")
	}
	defer f.Close()
	name, err := only(f)
	if err != nil {
		return nil, err
	}
	return convert(f, name)
}

func wrong(key string, pairs ...any) error {
	return &catalog.CheckError{Problems: []catalog.Problem{{Reason: reasons.Of(key, pairs...)}}}
}

// only is the name of the one sheet that has cells.
func only(f *excelize.File) (string, error) {
	var used []string
	for _, name := range f.GetSheetList() {
		rows, err := f.Rows(name)
		if err != nil { // a chart has none
			continue
		}
		if rows.Next() {
			used = append(used, name)
		}
		_ = rows.Close()
	}
	switch len(used) {
	case 0:
		return "", wrong("sheet_empty")
	case 1:
		return used[0], nil
	}
	return "", wrong("sheets", "n", len(used), "names", strings.Join(used, ", "))
}

// convert reads the sheet twice at once: as it holds its cells and as it shows
// them.
func convert(f *excelize.File, name string) ([]byte, error) {
	held, errHeld := f.Rows(name)
	shown, errShown := f.Rows(name)
	if err := errors.Join(errHeld, errShown); err != nil {
		return nil, wrong("sheet_damaged")
	}
	defer held.Close()
	defer shown.Close()
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	width := 0
	for rows := 0; held.Next() && shown.Next(); rows++ {
		if rows > catalog.MaxProducts {
			return nil, wrong("sheet_rows", "n", catalog.MaxProducts)
		}
		cells, err := columns(held, shown)
		if err != nil {
			return nil, err
		}
		if rows == 0 {
			width = len(cells)
		}
		for len(cells) > 0 && len(cells) < width { // a sheet does not keep empty cells at the end
			cells = append(cells, "")
		}
		writeRow(w, &out, cells)
		if out.Len() > catalog.MaxBytes {
			return nil, wrong("sheet_csv", "n", catalog.MaxBytes>>20)
		}
	}
	w.Flush()
	return out.Bytes(), nil
}

// writeRow keeps an empty row as an empty line, which readers pass over.
func writeRow(w *csv.Writer, out io.StringWriter, cells []string) {
	if strings.Join(cells, "") == "" {
		w.Flush()
		_, _ = out.WriteString("\n") // a buffer takes everything
		return
	}
	_ = w.Write(cells)
	w.Flush()
}

func columns(held, shown *excelize.Rows) ([]string, error) {
	cells, err := held.Columns(excelize.Options{RawCellValue: true})
	seen, errSeen := shown.Columns()
	if err := errors.Join(err, errSeen); err != nil {
		return nil, wrong("sheet_damaged")
	}
	if len(cells) > maxColumns {
		return nil, wrong("sheet_columns", "n", len(cells))
	}
	for i := range cells {
		as := cells[i]
		if i < len(seen) {
			as = seen[i]
		}
		cells[i] = catalog.Guard(oneLine(meant(cells[i], as)))
	}
	return cells, nil
}

// oneLine keeps each row on one line, so that lines are rows; a break within a
// cell is left for the reader to complain about.
func oneLine(cell string) string {
	return strings.NewReplacer("\r\n", "\u2028", "\n", "\u2028", "\r", "\u2028").Replace(cell)
}

// meant is a cell's number as a plain decimal, with the 15 digits that
// spreadsheets calculate with, if that is what is shown, perhaps with its
// currency and separators; and what is shown where that is something else, such
// as the day that the number stands for.
func meant(held, shown string) string {
	n, err := strconv.ParseFloat(held, 64)
	if err != nil || math.Abs(n) >= 1e15 || strings.Trim(held, "0123456789.eE+-") != "" {
		return shown
	}
	if held == shown && (!strings.Contains(held, ".") || len(held) <= 16) {
		return held // a text such as 007 or 1.10 stays
	}
	digits := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r == '.' {
			return r
		}
		return -1
	}, shown)
	_, frac, _ := strings.Cut(digits, ".")
	seen, err := strconv.ParseFloat(digits, 64)
	half := 0.5000001 * math.Pow10(-len(frac))
	if shown != held && (err != nil || math.Abs(math.Abs(n)-seen) > half || n != 0 && strings.HasSuffix(strings.TrimSpace(shown), "%")) {
		return shown
	}
	n, _ = strconv.ParseFloat(strconv.FormatFloat(n, 'g', 15, 64), 64)
	return strconv.FormatFloat(n, 'f', -1, 64)
}
