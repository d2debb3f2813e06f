package catalog

import (
	"bytes"
	"encoding/csv"
	"slices"
)

// Stamp writes into a file that Read accepts which count each product's stock is
// of, in the column count_id, which it adds where there is none. Every other cell
// stays as it is.
func Stamp(file []byte, countOf func(sku, stock string) string) ([]byte, error) {
	var (
		header []string
		out    bytes.Buffer
		column = -1
	)
	w := csv.NewWriter(&out)
	err := productTable().Read(bytes.NewReader(file), func(row *Row) {
		if header == nil {
			header = slices.Clone(row.header)
			if column = slices.Index(header, "count_id"); column < 0 {
				column, header = len(header), append(header, "count_id")
			}
			_ = w.Write(header) // a buffer takes everything
		}
		cells := slices.Clone(row.cells)
		if column == len(cells) {
			cells = append(cells, "")
		}
		cells[column] = countOf(row.Cell("sku"), row.Cell("stock"))
		_ = w.Write(cells)
	})
	if err != nil {
		return nil, err
	}
	w.Flush()
	if out.Len() > MaxBytes {
		return nil, &CheckError{Problems: []Problem{{Reason: reasons.Of("large_stamped", "n", MaxBytes>>20)}}}
	}
	return out.Bytes(), w.Error()
}
