package catalog

import (
	"fmt"
	"maps"
	"strings"
)

// Reason is what is wrong with something in a file, and what to do about it.
type Reason struct {
	Key  string   // what it is, whatever the language; "" where there are English words alone
	With []string // pairs of a {place} in the words and what stands there
	Say  string   // in English
}

// Reasons are the English words for what can be wrong, with {places}, by key. A
// key stays: other languages have their words under it.
type Reasons map[string]string

// Of is a reason with its places filled: pairs of a name and a value.
func (r Reasons) Of(key string, pairs ...any) Reason {
	why := Reason{Key: key}
	filled := make([]string, 0, len(pairs))
	for i, p := range pairs {
		why.With = append(why.With, fmt.Sprint(p))
		filled = append(filled, why.With[i])
		if i%2 == 0 {
			filled[i] = "{" + filled[i] + "}"
		}
	}
	why.Say = strings.NewReplacer(filled...).Replace(r[key])
	return why
}

// of is the reason of a product that is on no line.
func (why Reason) of(sku string) Reason {
	pairs := []any{"sku", sku}
	for _, p := range why.With {
		pairs = append(pairs, p)
	}
	return reasons.Of(why.Key+"_of", pairs...)
}

// AllReasons are the reasons for which this package refuses a file.
func AllReasons() Reasons { return maps.Clone(reasons) }

const (
	sayAmount  = "write the amount like 850 or 850.00, without currency or thousands separators"
	sayMissing = "this column is missing; add it to the header: "
	sayNumber  = "write a number from {low} to {high}, or leave it empty to get one"
	sayTaken   = "this number is that of {owner} for ever, sold or not; write another, or leave it empty to get one"
)

var reasons = Reasons{
	// The file as a whole.
	"large":          "it is larger than {n} MiB; split it",
	"large_numbered": "with a number for each product it is larger than {n} MiB; shorten it",
	"large_stamped":  "with an id for each count it is larger than {n} MiB; shorten it",
	"no_header":      "it is empty; the first line must be the header {columns}",
	"no_rows":        "there is a header and nothing below it; add at least one row",
	"rows":           "there are more than {n} rows; split the file",

	// The header.
	"column_unnamed":        "column {n} has no name; name it or remove it and its comma",
	"column_twice":          "this column is there twice; remove one",
	"column_unknown":        "unknown column; remove it or name it one of {columns}",
	"column_missing":        sayMissing + "known are {columns}",
	"column_missing_utf8":   sayMissing + `the file does not look like UTF-8; save it as "CSV UTF-8"`,
	"column_missing_commas": sayMissing + `the columns must be separated by commas; save it as "CSV UTF-8 (comma delimited)"`,

	// A row, and any cell.
	"quote":      `a double quote is not closed or stands alone; put the whole cell in quotes and write a quote within it as ""`,
	"cells":      "there are {n} cells under {columns} columns; a cell with a comma in it must stand in double quotes",
	"not_utf8":   `this is not UTF-8; save the file as "CSV UTF-8"`,
	"formula":    "this is a spreadsheet's error; correct the formula",
	"line_break": "write the cell on one line",
	"lost":       "a character was lost (\ufffd) when this was saved; write it again",
	"invisible":  "remove the invisible character {code}",
	"empty":      "this must not be empty",
	"long":       "this has {n} characters; write at most {most}",
	"twice":      "line {line} has it already; every {column} stands once",

	// The columns.
	"english":         "write the English name; it stands in where another language has none",
	"sku_none":        "write a short code that people can type, like RICE5",
	"sku_letters":     "use 1 to {most} of the letters A-Z, digits and -",
	"sku_small":       "use capital letters: {sku}",
	"sku_digits":      "use at least one letter: a bare number is a choice on the menu",
	"sku_command":     "this word is a command on the phone; choose another code",
	"amount":          sayAmount,
	"amount_digits":   "{currency} has {n} decimal digits at most: " + sayAmount,
	"amount_large":    "the amount is too large: " + sayAmount,
	"price_zero":      "write a price above zero",
	"price_most":      "write at most {most}",
	"stock":           "write how many there are, 0 to {most} in plain digits, or leave it empty if it is not counted",
	"available":       "write yes, or no to hide the product from phones; empty is yes",
	"alias_long":      "an alias has at most {most} characters; separate them by |",
	"aliases":         "there are {n}; write at most {most}",
	"number":          sayNumber,
	"number_of":       "{sku}: " + sayNumber,
	"number_taken":    sayTaken,
	"number_taken_of": "{sku}: " + sayTaken,
}
