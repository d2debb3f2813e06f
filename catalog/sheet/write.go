package sheet

import (
	"fmt"
	"io"
	"strconv"

	"github.com/xuri/excelize/v2"

	"haat/catalog"
)

// Write writes products as a workbook of one sheet, in the columns of
// [catalog.Write]. Prices and stock are numbers; everything else is text, also
// what looks like a number, a date or a formula.
func Write(w io.Writer, products []catalog.Product) error {
	f := excelize.NewFile()
	defer f.Close()
	if err := fill(f, products); err != nil {
		return fmt.Errorf("write the spreadsheet: %w", err)
	}
	if err := f.Write(w); err != nil {
		return fmt.Errorf("write the spreadsheet: %w", err)
	}
	return nil
}

func fill(f *excelize.File, products []catalog.Product) error {
	const name = "catalogue"
	if err := f.SetSheetName(f.GetSheetName(0), name); err != nil {
		return err
	}
	look, err := looks(f, products)
	if err != nil {
		return err
	}
	out, err := f.NewStreamWriter(name)
	if err != nil {
		return err
	}
	if err := out.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	var header []string
	for i, row := range catalog.Rows(products) {
		cells := make([]any, len(row))
		for at, text := range row {
			switch {
			case i == 0:
				cells[at] = excelize.Cell{StyleID: look.head, Value: text}
			default:
				cells[at] = look.cell(header[at], text)
			}
		}
		if i == 0 {
			header = row
		}
		if err := out.SetRow("A"+strconv.Itoa(i+1), cells); err != nil {
			return err
		}
	}
	return out.Flush()
}

// styles are the looks of cells.
type styles struct{ head, text, price, count int }

func looks(f *excelize.File, products []catalog.Product) (s styles, err error) {
	price := "0.00"
	if len(products) > 0 && catalog.Digits(products[0].Price.Currency) == 0 {
		price = "0"
	}
	text, count := "@", "0"
	for _, each := range []struct {
		id    *int
		style excelize.Style
	}{
		{&s.head, excelize.Style{Font: &excelize.Font{Bold: true}, CustomNumFmt: &text}},
		{&s.text, excelize.Style{CustomNumFmt: &text}},
		{&s.price, excelize.Style{CustomNumFmt: &price}},
		{&s.count, excelize.Style{CustomNumFmt: &count}},
	} {
		if *each.id, err = f.NewStyle(&each.style); err != nil {
			return s, err
		}
	}
	return s, nil
}

func (s styles) cell(column, text string) excelize.Cell {
	style := 0
	switch column {
	case "price":
		style = s.price
	case "stock", "number":
		style = s.count
	default:
		return excelize.Cell{StyleID: s.text, Value: text}
	}
	if n, err := strconv.ParseFloat(text, 64); err == nil {
		return excelize.Cell{StyleID: style, Value: n}
	}
	return excelize.Cell{StyleID: style}
}
