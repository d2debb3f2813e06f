// Package table writes rows for spreadsheets, as CSV or XLSX, to somebody who
// takes them as they come: nothing is kept in memory or on disk but the row that
// is being written, however many there are.
//
// A file that was not finished cannot be taken for a whole one: a workbook
// without its end does not open, and whoever sends a CSV file has to break the
// connection.
package table

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Format is a kind of file.
type Format string

// The formats.
const (
	CSV  Format = "csv"  // RFC 4180 in UTF-8 with a byte order mark, without which spreadsheets guess another encoding
	XLSX Format = "xlsx" // Office Open XML
)

// Type is the media type of the format.
func (f Format) Type() string {
	if f == XLSX {
		return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	}
	return "text/csv; charset=utf-8"
}

// Limits of what spreadsheets take.
const (
	MaxSheetRows = 1_048_576 // of an XLSX sheet, its head included; more go on in the next sheet
	MaxText      = 32_767    // UTF-16 units of a cell; longer texts are cut and end with "…"
	MaxColumns   = 256
)

// Column is one of the table.
type Column struct {
	Title string
	Width int // in characters, where the format has widths; 0: 12
}

// Writer takes a table row by row. Its first error is its last: what is written
// is then worth nothing.
type Writer interface {
	// Row adds a row with a cell for each column.
	Row(cells ...Cell) error
	// Close ends the file. Without it the file is not whole.
	Close() error
}

// Config says how a table looks.
type Config struct {
	Sheet     string // its name, where the format has one
	Columns   []Column
	SheetRows int // rows of a sheet, its head included; 0: [MaxSheetRows]
}

// New begins a file. It writes the head of the table.
func New(f Format, to io.Writer, cfg Config) (Writer, error) {
	if len(cfg.Columns) == 0 || len(cfg.Columns) > MaxColumns {
		return nil, fmt.Errorf("a table has 1 to %d columns, not %d", MaxColumns, len(cfg.Columns))
	}
	if cfg.SheetRows == 0 {
		cfg.SheetRows = MaxSheetRows
	}
	if cfg.SheetRows < 2 || cfg.SheetRows > MaxSheetRows {
		return nil, fmt.Errorf("a sheet has 2 to %d rows, not %d", MaxSheetRows, cfg.SheetRows)
	}
	switch f {
	case CSV:
		return newCSV(to, cfg)
	case XLSX:
		return newXLSX(to, cfg)
	}
	return nil, fmt.Errorf("a table is written as %s or %s, not %q", CSV, XLSX, f)
}

// kind is what a cell holds.
type kind int

const (
	text kind = iota
	number
	moment
)

// Cell is one of a row. The zero cell is empty.
type Cell struct {
	kind kind
	text string
	at   time.Time
}

// Text is a cell that stays a text, whatever stands in it.
func Text(s string) Cell { return Cell{kind: text, text: clean(s)} }

// Int is a whole number.
func Int(n int64) Cell { return Cell{kind: number, text: strconv.FormatInt(n, 10)} }

// Decimal is a number as people write it, such as "0.80"; what is none is a text.
func Decimal(s string) Cell {
	digits := strings.TrimPrefix(s, "-")
	whole, part, dotted := strings.Cut(digits, ".")
	if !isDigits(whole) || dotted && !isDigits(part) || len(digits) > 15 { // more digits than spreadsheets keep
		return Text(s)
	}
	return Cell{kind: number, text: s}
}

func isDigits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// Time is a moment in its own zone: ISO 8601 with the offset in CSV, a date in
// XLSX, which knows no zones: give the table a column that says it.
func Time(at time.Time) Cell {
	if at.IsZero() {
		return Cell{}
	}
	return Cell{kind: moment, at: at}
}

// clean makes a text one that every format can hold: valid, with one kind of line
// end, without what controls printers, and no longer than a cell.
func clean(s string) string {
	if plain(s) {
		return s
	}
	s = strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
	var b strings.Builder
	units := 0
	for _, r := range s {
		if r < ' ' && r != '\t' && r != '\n' || r == 0x7f || r == 0xfffe || r == 0xffff {
			r = utf8.RuneError
		}
		units++
		if r > 0xffff {
			units++
		}
		if units > MaxText {
			break
		}
		b.WriteRune(r)
	}
	if units <= MaxText {
		return b.String()
	}
	_, last := utf8.DecodeLastRuneInString(b.String())
	return b.String()[:b.Len()-last] + "…"
}

// plain tells whether there is nothing to clean, as nearly always.
func plain(s string) bool {
	if len(s) > MaxText {
		return false
	}
	for i := range len(s) {
		if c := s[i]; c < ' ' && c != '\n' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return utf8.ValidString(s) && !strings.Contains(s, "\ufffe") && !strings.Contains(s, "\uffff")
}

// fits tells whether a row has a cell for each column.
func fits(cells []Cell, columns []Column) error {
	if len(cells) != len(columns) {
		return fmt.Errorf("a row of %d cells in a table of %d columns", len(cells), len(columns))
	}
	return nil
}
