package catalog

import (
	"bytes"
	"encoding/csv"
	"slices"
	"strconv"
)

// Number does to a file that Read accepts what Assign does to products: it
// writes everybody's number into the column number, which it adds where there is
// none. Every other cell stays as it is. What is wrong comes all at once as a
// *CheckError.
func Number(file []byte, register []Given) (numbered []byte, given []Given, err error) {
	var (
		k        = newKeypad(register)
		ids      = newIdentities()
		header   []string
		rows     [][]string
		products []Product
	)
	err = productTable().Read(bytes.NewReader(file), func(row *Row) {
		p := readIdentity(row)
		ids.check(row, &p)
		if p.Number != 0 {
			if why := k.refuse(p.SKU, p.Number); why.Key != "" { // here the line is known
				row.Problem("number", why)
			}
		}
		header = row.header
		rows = append(rows, slices.Clone(row.cells)) // the reader uses them again
		products = append(products, p)
	})
	if err != nil {
		return nil, nil, err
	}
	if products, given, err = Assign(products, register); err != nil {
		return nil, nil, err
	}
	numbered, err = writeNumbers(header, rows, products)
	return numbered, given, err
}

func writeNumbers(header []string, rows [][]string, products []Product) ([]byte, error) {
	column := slices.Index(header, "number")
	if column < 0 {
		column = len(header)
		header = append(header, "number")
	}
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	_ = w.Write(header) // a buffer takes everything
	for i, cells := range rows {
		if column == len(cells) {
			cells = append(cells, "")
		}
		cells[column] = ""
		if n := products[i].Number; n != 0 {
			cells[column] = strconv.Itoa(n)
		}
		_ = w.Write(cells)
	}
	w.Flush()
	if out.Len() > MaxBytes {
		return nil, &CheckError{Problems: []Problem{{Reason: reasons.Of("large_numbered", "n", MaxBytes>>20)}}}
	}
	return out.Bytes(), w.Error()
}
