package table

import (
	"archive/zip"
	"bufio"
	"compress/flate"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// xlsxFile is a table as a workbook. The parts of one may come in any order, so
// that the sheets go out row by row and what lists them comes last; texts stand
// in their cells, not in a list of all texts, which would have to be kept.
type xlsxFile struct {
	zip    *zip.Writer
	cfg    Config
	head   []Cell
	names  []string      // of the columns
	sheet  *bufio.Writer // the sheet that is being written
	sheets int
	row    int // of the sheet
	buf    []byte
	failed error
}

// Styles of cells: see xlsxStyles.
const (
	plainStyle = ""
	dateStyle  = ` s="1"`
	headStyle  = ` s="2"`
)

func newXLSX(to io.Writer, cfg Config) (*xlsxFile, error) {
	f := &xlsxFile{zip: zip.NewWriter(to), cfg: cfg, sheet: bufio.NewWriterSize(io.Discard, 1<<15)}
	// Rows are alike: more effort makes them little smaller and takes much longer.
	f.zip.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestSpeed) })
	for i, c := range cfg.Columns {
		f.head, f.names = append(f.head, Text(c.Title)), append(f.names, columnName(i))
	}
	return f, f.begin()
}

// Row implements [Writer].
func (f *xlsxFile) Row(cells ...Cell) error {
	if f.failed != nil {
		return f.failed
	}
	if err := fits(cells, f.cfg.Columns); err != nil {
		return err
	}
	if f.row == f.cfg.SheetRows {
		if f.failed = f.end(); f.failed == nil {
			f.failed = f.begin()
		}
		if f.failed != nil {
			return f.failed
		}
	}
	f.failed = f.write(cells, plainStyle)
	return f.failed
}

// begin begins a sheet, with the head.
func (f *xlsxFile) begin() error {
	f.sheets++
	f.row = 0
	part, err := f.zip.Create(fmt.Sprintf("xl/worksheets/sheet%d.xml", f.sheets))
	if err != nil {
		return err
	}
	f.sheet.Reset(part)
	f.buf = append(f.buf[:0], xmlHead+`<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetViews><sheetView workbookViewId="0"`...)
	if f.sheets == 1 {
		f.buf = append(f.buf, ` tabSelected="1"`...)
	}
	f.buf = append(f.buf, `><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><cols>`...)
	for i, c := range f.cfg.Columns {
		width := c.Width
		if width == 0 {
			width = 12
		}
		f.buf = fmt.Appendf(f.buf, `<col min="%d" max="%d" width="%d" customWidth="1"/>`, i+1, i+1, width)
	}
	f.buf = append(f.buf, `</cols><sheetData>`...)
	if _, err := f.sheet.Write(f.buf); err != nil {
		return err
	}
	return f.write(f.head, headStyle)
}

// end ends a sheet.
func (f *xlsxFile) end() error {
	if _, err := f.sheet.WriteString(`</sheetData></worksheet>`); err != nil {
		return err
	}
	return f.sheet.Flush()
}

func (f *xlsxFile) write(cells []Cell, style string) error {
	f.row++
	b := append(f.buf[:0], `<row r="`...)
	b = append(strconv.AppendInt(b, int64(f.row), 10), `">`...)
	for i, c := range cells {
		if c.kind != moment && c.text == "" {
			continue
		}
		b = append(b, `<c r="`...)
		b = append(b, f.names[i]...)
		b = strconv.AppendInt(b, int64(f.row), 10)
		b = append(b, '"')
		switch c.kind {
		case moment:
			b = append(append(b, dateStyle...), `><v>`...)
			b = append(strconv.AppendFloat(b, serial(c.at), 'f', 8, 64), `</v></c>`...)
		case number:
			b = append(append(append(b, `><v>`...), c.text...), `</v></c>`...)
		default:
			b = append(append(b, style...), ` t="inlineStr"><is><t xml:space="preserve">`...)
			b = append(appendText(b, c.text), `</t></is></c>`...)
		}
	}
	f.buf = append(b, `</row>`...)
	_, err := f.sheet.Write(f.buf)
	return err
}

// columnName is A, B ... Z, AA, AB and so on.
func columnName(i int) string {
	name := ""
	for i++; i > 0; i = (i - 1) / 26 {
		name = string(rune('A'+(i-1)%26)) + name
	}
	return name
}

// serial is what workbooks have for a date: the days since the end of 1899, as
// the clock on the wall of the time's zone shows them.
func serial(at time.Time) float64 {
	_, offset := at.Zone()
	const epoch = -25569 * 24 * 60 * 60 // seconds from 1970
	return float64(at.Unix()+int64(offset)-epoch) / (24 * 60 * 60)
}

func appendText(b []byte, s string) []byte {
	if strings.Contains(s, "_x") {
		s = uncoded(s)
	}
	if !strings.ContainsAny(s, "&<>\t\n\"'") {
		return append(b, s...)
	}
	w := appender{b}
	_ = xml.EscapeText(&w, []byte(s)) // it only fails where writing does
	return w.b
}

// uncoded keeps spreadsheets from reading "_x0041_" as the letter A: its first
// character is written in that code, too.
func uncoded(s string) string {
	var b strings.Builder
	for i := range len(s) {
		if isCode(s[i:]) {
			b.WriteString("_x005F_")
			continue
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

func isCode(s string) bool {
	return len(s) >= 7 && s[0] == '_' && s[1] == 'x' && s[6] == '_' && strings.Trim(s[2:6], "0123456789abcdefABCDEF") == ""
}

type appender struct{ b []byte }

func (a *appender) Write(p []byte) (int, error) {
	a.b = append(a.b, p...)
	return len(p), nil
}

// Close implements [Writer].
func (f *xlsxFile) Close() error {
	if f.failed != nil {
		return f.failed
	}
	if err := f.end(); err != nil {
		return err
	}
	var types, sheets, relations strings.Builder
	for n := 1; n <= f.sheets; n++ {
		fmt.Fprintf(&types, `<Override PartName="/xl/worksheets/sheet%d.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>`, n)
		fmt.Fprintf(&sheets, `<sheet name="%s" sheetId="%d" r:id="rId%d"/>`, appendText(nil, sheetName(f.cfg.Sheet, n)), n, n)
		fmt.Fprintf(&relations, `<Relationship Id="rId%d" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet%d.xml"/>`, n, n)
	}
	for _, part := range []struct{ name, text string }{
		{"xl/styles.xml", xlsxStyles},
		{"xl/workbook.xml", fmt.Sprintf(xlsxWorkbook, &sheets)},
		{"xl/_rels/workbook.xml.rels", fmt.Sprintf(xlsxRelations, &relations, f.sheets+1)},
		{"_rels/.rels", xlsxRoot},
		{"[Content_Types].xml", fmt.Sprintf(xlsxTypes, &types)},
	} {
		w, err := f.zip.Create(part.name)
		if err != nil {
			return err
		}
		if _, err := io.WriteString(w, xmlHead+part.text); err != nil {
			return err
		}
	}
	f.failed = errors.New("the workbook is closed")
	return f.zip.Close()
}

// maxSheetName is how many characters the name of a sheet may have.
const maxSheetName = 31

func sheetName(name string, n int) string {
	name = strings.Trim(strings.Map(func(r rune) rune {
		if strings.ContainsRune(`[]:*?/\`, r) {
			return ' '
		}
		return r
	}, clean(name)), "' ")
	if name == "" {
		name = "Sheet"
	}
	number := ""
	if n > 1 {
		number = fmt.Sprintf(" %d", n)
	}
	runes := []rune(name)
	return string(runes[:min(len(runes), maxSheetName-len(number))]) + number
}
