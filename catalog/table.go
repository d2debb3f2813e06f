package catalog

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// MaxBytes is the largest file that is read: 32 MiB.
const MaxBytes = 32 << 20

// Table describes a CSV file with a header, in UTF-8 with or without a byte
// order mark: which columns it must have, which it may have, and how many rows.
type Table struct {
	Required []string
	Optional []string
	// Localized are the stems of columns that come once a language: with "name"
	// the columns name_en, name_sw and so on are known.
	Localized []string
	MaxRows   int
}

// Read gives every row with the right number of cells to each, which reports
// what is wrong by Row.Problem. All rows are read whatever is wrong with some;
// the error is a *CheckError with everything, or what the reader failed with.
func (t *Table) Read(r io.Reader, each func(*Row)) error {
	body := &limited{r: r, left: MaxBytes}
	in := bufio.NewReader(body)
	skipMark(in)
	lines := csv.NewReader(in)
	lines.FieldsPerRecord = -1 // counted here, to name the line and go on
	lines.ReuseRecord = true
	check := &CheckError{}
	t.readRows(lines, &Row{check: check}, each)
	switch {
	case errors.Is(body.err, errTooLarge):
		return &CheckError{Problems: []Problem{{Reason: reasons.Of("large", "n", MaxBytes>>20)}}}
	case body.err != nil:
		return fmt.Errorf("reading the file: %w", body.err)
	}
	return check.orNil()
}

func (t *Table) readRows(lines *csv.Reader, row *Row, each func(*Row)) {
	if !t.readHeader(lines, row) {
		return
	}
	rows := 0
	for next(lines, row) {
		if rows++; rows > t.MaxRows {
			row.check.add(Problem{Line: row.Line, Reason: reasons.Of("rows", "n", t.MaxRows)})
			return
		}
		if row.begin() {
			each(row)
		}
	}
	if rows == 0 && len(row.check.Problems) == 0 {
		row.check.add(Problem{Reason: reasons.Of("no_rows")})
	}
}

// skipMark passes over the byte order mark that spreadsheets put first.
func skipMark(in *bufio.Reader) {
	if head, _ := in.Peek(3); bytes.Equal(head, []byte("\xef\xbb\xbf")) {
		_, _ = in.Discard(3) // these three are already in the buffer
	}
}

// next reads the next row that is CSV at all; what is not becomes a problem.
func next(lines *csv.Reader, row *Row) bool {
	for {
		cells, err := lines.Read()
		var bad *csv.ParseError
		switch {
		case err == nil:
			row.Line, _ = lines.FieldPos(0)
			row.cells = cells
			return true
		case errors.As(err, &bad):
			row.check.add(Problem{Line: bad.StartLine, Reason: reasons.Of("quote")})
		default:
			return false // the end, or limited knows why
		}
	}
}

// readHeader learns where each column is. It gives false where nothing below
// the header can be understood.
func (t *Table) readHeader(lines *csv.Reader, row *Row) bool {
	if !next(lines, row) {
		row.check.add(Problem{Reason: reasons.Of("no_header", "columns", strings.Join(t.Required, ","))})
		return false
	}
	row.column = map[string]int{}
	for i, cell := range row.cells {
		name := strings.ToLower(strings.TrimSpace(cell))
		row.header = append(row.header, name)
		switch {
		case name == "":
			row.check.add(Problem{Line: row.Line, Reason: reasons.Of("column_unnamed", "n", i+1)})
		case row.has(name):
			row.check.add(Problem{Line: row.Line, Column: name, Reason: reasons.Of("column_twice")})
		case !t.knows(name):
			row.check.add(Problem{Line: row.Line, Cell: cell, Reason: reasons.Of("column_unknown", "columns", t.names())})
		}
		row.column[name] = i
	}
	found := 0
	for _, name := range t.Required {
		if row.has(name) {
			found++
			continue
		}
		row.check.add(Problem{Line: row.Line, Column: name, Reason: t.missing(row.cells)})
	}
	return found > 0
}

// missing guesses why a column is.
func (t *Table) missing(header []string) Reason {
	all := strings.Join(header, "")
	switch {
	case !utf8.ValidString(all) || strings.ContainsRune(all, 0):
		return reasons.Of("column_missing_utf8")
	case len(header) == 1 && strings.ContainsAny(all, ";\t"):
		return reasons.Of("column_missing_commas")
	}
	return reasons.Of("column_missing", "columns", t.names())
}

func (t *Table) names() string {
	names := slices.Concat(t.Required, t.Optional)
	for _, stem := range t.Localized {
		names = append(names, stem+"_xx")
	}
	return strings.Join(names, ", ")
}

func (t *Table) knows(name string) bool {
	if slices.Contains(t.Required, name) || slices.Contains(t.Optional, name) {
		return true
	}
	stem, lang, _ := strings.Cut(name, "_")
	return slices.Contains(t.Localized, stem) && IsLanguage(lang)
}

// IsLanguage tells whether code has the form of an ISO 639 code, two or three
// small letters, perhaps with a script of ISO 15924: hi-latn is Hindi in Latin
// letters.
func IsLanguage(code string) bool {
	code, script, scripted := strings.Cut(code, "-")
	letters := func(s string) bool { return strings.Trim(s, "abcdefghijklmnopqrstuvwxyz") == "" }
	return (len(code) == 2 || len(code) == 3) && letters(code) && (!scripted || len(script) == 4 && letters(script))
}

var errTooLarge = errors.New("the file is too large")

// limited reads at most so many bytes and keeps the error that ended it.
type limited struct {
	r    io.Reader
	left int
	err  error
}

// Read fails with errTooLarge where there is more than is left.
func (l *limited) Read(p []byte) (int, error) {
	if l.err != nil {
		return 0, l.err
	}
	n, err := l.r.Read(p)
	if l.left -= n; l.left < 0 {
		l.err = errTooLarge
		return 0, l.err
	}
	if err != nil && err != io.EOF {
		l.err = err
	}
	return n, err
}
