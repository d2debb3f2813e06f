package table

import (
	"encoding/csv"
	"io"
	"strings"
	"time"
)

// csvFile is a table as CSV.
type csvFile struct {
	out     *csv.Writer
	columns []Column
	record  []string
}

// mark is the byte order mark of UTF-8.
const mark = "\ufeff"

func newCSV(to io.Writer, cfg Config) (*csvFile, error) {
	if _, err := io.WriteString(to, mark); err != nil {
		return nil, err
	}
	f := &csvFile{out: csv.NewWriter(to), columns: cfg.Columns, record: make([]string, len(cfg.Columns))}
	f.out.UseCRLF = true
	for i, c := range cfg.Columns {
		f.record[i] = harmless(clean(c.Title))
	}
	return f, f.write()
}

// Row implements [Writer].
func (f *csvFile) Row(cells ...Cell) error {
	if err := fits(cells, f.columns); err != nil {
		return err
	}
	for i, c := range cells {
		switch c.kind {
		case moment:
			f.record[i] = c.at.Format(time.RFC3339)
		case number:
			f.record[i] = c.text
		default:
			f.record[i] = harmless(c.text)
		}
	}
	return f.write()
}

func (f *csvFile) write() error {
	if err := f.out.Write(f.record); err != nil {
		return err
	}
	return f.out.Error()
}

// Close implements [Writer].
func (f *csvFile) Close() error {
	f.out.Flush()
	return f.out.Error()
}

// harmless keeps a spreadsheet from taking a text for a formula, which could
// call programs or send cells away: an apostrophe before it makes it a text. The
// wide signs are those of East Asian keyboards, which some take as well.
func harmless(s string) string {
	if s == "" || !strings.ContainsAny(s[:min(len(s), 3)], "=+-@\t\n\r＝＋－＠") {
		return s
	}
	for _, sign := range []string{"=", "+", "-", "@", "\t", "\n", "\r", "＝", "＋", "－", "＠"} {
		if strings.HasPrefix(s, sign) {
			return "'" + s
		}
	}
	return s
}
