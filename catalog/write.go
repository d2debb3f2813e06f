package catalog

import (
	"bytes"
	"encoding/csv"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Write writes products in the format that Read reads, each column in its place:
// the same products always give the same file. The ids of counts are left out:
// they are the shelf's own, see Stamp.
func Write(products []Product) []byte {
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	for i, row := range Rows(products) {
		if i > 0 {
			for at := range row {
				row[at] = Guard(row[at])
			}
		}
		_ = w.Write(row) // a buffer takes everything
	}
	w.Flush()
	return out.Bytes()
}

// Rows are the header and a row for each product, with nothing guarded.
func Rows(products []Product) [][]string {
	names, shorts := languagesOf(products)
	header := []string{"sku", "number", "category"}
	for _, lang := range names {
		header = append(header, "name_"+lang)
	}
	for _, lang := range shorts {
		header = append(header, "short_"+lang)
	}
	rows := [][]string{append(header, "unit", "price", "stock", "available", "aliases")}
	for i := range products {
		p := &products[i]
		row := []string{p.SKU, Field(p, "number"), p.Category}
		for _, lang := range names {
			row = append(row, p.Names[lang])
		}
		for _, lang := range shorts {
			row = append(row, p.Short[lang])
		}
		rows = append(rows, append(row, p.Unit, p.Price.Decimal(), Field(p, "stock"), Field(p, "available"), Field(p, "aliases")))
	}
	return rows
}

// Field is what stands under a column of a product, as the file has it; "" for
// a column that products do not have.
func Field(p *Product, column string) string {
	stem, lang, _ := strings.Cut(column, "_")
	switch {
	case stem == "name":
		return p.Names[lang]
	case stem == "short":
		return p.Short[lang]
	case column == "sku":
		return p.SKU
	case column == "number" && p.Number != 0:
		return strconv.Itoa(p.Number)
	case column == "category":
		return p.Category
	case column == "unit":
		return p.Unit
	case column == "price":
		return p.Price.Decimal()
	case column == "stock" && p.Counted:
		return strconv.Itoa(p.Stock)
	case column == "available" && p.Hidden:
		return "no"
	case column == "available":
		return "yes"
	case column == "aliases":
		return strings.Join(p.Aliases, "|")
	}
	return ""
}

// languagesOf are the languages that products have names and short names in;
// English always.
func languagesOf(products []Product) (names, shorts []string) {
	all, short := map[string]bool{"en": true}, map[string]bool{}
	for i := range products {
		for lang := range products[i].Names {
			all[lang] = true
		}
		for lang := range products[i].Short {
			short[lang] = true
		}
	}
	return slices.Sorted(maps.Keys(all)), slices.Sorted(maps.Keys(short))
}
