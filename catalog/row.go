package catalog

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Row is one line of a table under its header.
type Row struct {
	Line   int // physical line in the file
	header []string
	column map[string]int
	cells  []string
	bad    []bool // cells that a problem was reported for: one is enough
	check  *CheckError
}

func (r *Row) has(column string) bool { _, ok := r.column[column]; return ok }

// begin checks that every column has its cell and that every cell can be shown
// on a phone. It gives false where the cells cannot be told apart.
func (r *Row) begin() bool {
	if len(r.cells) != len(r.header) {
		r.check.add(Problem{Line: r.Line, Reason: reasons.Of("cells", "n", len(r.cells), "columns", len(r.header))})
		return false
	}
	r.bad = append(r.bad[:0], make([]bool, len(r.header))...)
	for i, cell := range r.cells {
		if why := unprintable(cell); why.Key != "" {
			r.problem(i, why)
		}
	}
	return true
}

// unprintable says what is wrong with a cell that no phone could show.
func unprintable(cell string) Reason {
	if !utf8.ValidString(cell) {
		return reasons.Of("not_utf8")
	}
	if slices.Contains(spreadsheetErrors, cell) {
		return reasons.Of("formula")
	}
	for _, c := range cell {
		switch {
		case c == '\n' || c == '\r' || c == '\u2028': // the last is what a line break in a spreadsheet's cell is read as
			return reasons.Of("line_break")
		case c == utf8.RuneError:
			return reasons.Of("lost")
		case unicode.IsControl(c) || unicode.Is(unicode.Bidi_Control, c) || isInvisible(c):
			return reasons.Of("invisible", "code", fmt.Sprintf("%U", c))
		}
	}
	return Reason{}
}

// spreadsheetErrors are what cells show whose formula does not work.
var spreadsheetErrors = []string{"#REF!", "#N/A", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!"}

// isInvisible tells of characters that take room in a message and show nothing.
// The joiners U+200C and U+200D are not among them: Hindi and Persian need them.
func isInvisible(c rune) bool {
	switch c {
	case 0x00ad, 0x200b, 0x2028, 0x2029, 0x2060, 0xfeff:
		return true
	}
	return false
}

// Cell is the text under the column in Unicode's composed form (NFC), so that
// an accented letter is one character on the phone, with single spaces and
// none around, and without what Guard put before it. A column that the file does not have is empty.
func (r *Row) Cell(column string) string {
	i, ok := r.column[column]
	if !ok {
		return ""
	}
	// The clone lets go of the line that the cell is a part of.
	return strings.Clone(strings.Join(strings.Fields(norm.NFC.String(Plain(r.cells[i]))), " "))
}

// Problem reports what is wrong under the column; the first problem of a cell
// counts. A column that the file does not have was reported with the header.
func (r *Row) Problem(column string, why Reason) {
	if i, ok := r.column[column]; ok {
		r.problem(i, why)
	}
}

func (r *Row) problem(i int, why Reason) {
	if !r.bad[i] {
		r.bad[i] = true
		r.check.add(Problem{Line: r.Line, Column: r.header[i], Cell: r.cells[i], Reason: why})
	}
}

// Text is the cell of a required column, of at most limit characters.
func (r *Row) Text(column string, limit int) string {
	text := r.Note(column, limit)
	if text == "" {
		r.Problem(column, reasons.Of("empty"))
	}
	return text
}

// Note is the cell of a column that may be empty, of at most limit characters.
func (r *Row) Note(column string, limit int) string {
	text := r.Cell(column)
	if n := utf8.RuneCountInString(text); n > limit {
		r.Problem(column, reasons.Of("long", "n", n, "most", limit))
	}
	return text
}

// Languages are the cells that are not empty under the columns stem_xx, by
// language, each of at most limit characters; nil where there are none.
func (r *Row) Languages(stem string, limit int) map[string]string {
	var texts map[string]string
	for _, column := range r.header {
		at, lang, ok := strings.Cut(column, "_")
		if !ok || at != stem || !IsLanguage(lang) || r.Cell(column) == "" {
			continue
		}
		if texts == nil {
			texts = map[string]string{}
		}
		texts[lang] = r.Note(column, limit)
	}
	return texts
}

// Firsts remembers on which line each id of a file stands first.
type Firsts map[string]int

// Check reports an id that stands on an earlier line of the file already.
func (f Firsts) Check(row *Row, column, id string) {
	if id == "" {
		return
	}
	if line, ok := f[id]; ok {
		row.Problem(column, reasons.Of("twice", "line", line, "column", column))
		return
	}
	f[id] = row.Line
}
