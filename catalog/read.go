package catalog

import (
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Limits of a catalogue.
const (
	MaxProducts   = 50_000
	MaxCategories = 1_000
	MaxName       = 80         // characters of a name or an alias
	MaxAliases    = 200        // per product
	MaxUnit       = 20         // characters
	MaxCategory   = 32         // characters of a category's id
	MaxSKU        = 16         // characters
	maxCount      = 64         // characters of the id of a count
	MaxPrice      = 10_000_000 // in whole units of the currency
	MaxStock      = 1_000_000
)

// Reserved are the words that phones type to command rather than to order: a
// product of that name could never be ordered by its code.
var Reserved = []string{
	"ORDER", "MENU", "HELP", "INFO", "STATUS", "CANCEL", "STOP", "STOPALL", "UNSUBSCRIBE", "END", "QUIT",
	"START", "UNSTOP", "YES", "NO", "BASKET", "LANG", "LANGUAGE", "REPEAT",
}

// Read reads the products of a catalogue from CSV:
//
//	sku,number,category,name_en,name_sw,short_en,unit,price,stock,available,aliases
//
// Required are sku, category, name_en, unit and price. There may be a name_xx
// and a short_xx for any language, and name_hi-latn for one in Latin letters. Prices are in the currency, an ISO 4217
// code. An empty number means that the product gets one: see Assign. An empty
// stock means that stock is not counted; aliases are separated by "|". Available
// is yes or no, and yes where it is empty or missing: what is not available is
// not offered to phones, and keeps its number. The column count_id is written by
// the shelf, see Product.Count. What is wrong comes all at once as a *CheckError.
func Read(r io.Reader, currency string) ([]Product, error) {
	var products []Product
	ids := newIdentities()
	err := productTable().Read(r, func(row *Row) {
		p := readProduct(row, currency)
		ids.check(row, &p)
		products = append(products, p)
	})
	if err != nil {
		return nil, err
	}
	return products, nil
}

func productTable() *Table {
	return &Table{
		Required:  []string{"sku", "category", "name_en", "unit", "price"},
		Optional:  []string{"stock", "available", "aliases", "number", "count_id"},
		Localized: []string{"name", "short"},
		MaxRows:   MaxProducts,
	}
}

// ReadCategories reads the categories in the order of the menu from CSV with
// the columns id, name_en, and a name_xx for any other language. What is wrong
// comes all at once as a *CheckError.
func ReadCategories(r io.Reader) ([]Category, error) {
	table := Table{Required: []string{"id", "name_en"}, Localized: []string{"name"}, MaxRows: MaxCategories}
	var categories []Category
	seen := Firsts{}
	err := table.Read(r, func(row *Row) {
		k := Category{ID: row.Text("id", MaxCategory), Names: row.Languages("name", MaxName)}
		requireEnglish(row)
		seen.Check(row, "id", k.ID)
		categories = append(categories, k)
	})
	if err != nil {
		return nil, err
	}
	return categories, nil
}

func readProduct(row *Row, currency string) Product {
	p := readIdentity(row)
	requireEnglish(row)
	p.Names = row.Languages("name", MaxName)
	p.Short = row.Languages("short", MaxName)
	p.Unit = row.Text("unit", MaxUnit)
	p.Price = readPrice(row, currency)
	p.Aliases = readAliases(row)
	p.Stock, p.Counted = readStock(row)
	p.Hidden = readHidden(row)
	p.Count = row.Note("count_id", maxCount)
	return p
}

// readIdentity reads what a product is known by.
func readIdentity(row *Row) Product {
	p := Product{SKU: row.Cell("sku"), Number: readNumber(row), Category: row.Text("category", MaxCategory)}
	if why := wrongSKU(p.SKU); why.Key != "" {
		row.Problem("sku", why)
	}
	return p
}

// identities are the codes and numbers of a file: each stands once in it.
type identities struct{ skus, numbers Firsts }

func newIdentities() *identities { return &identities{Firsts{}, Firsts{}} }

func (ids *identities) check(row *Row, p *Product) {
	ids.skus.Check(row, "sku", p.SKU)
	if p.Number != 0 {
		ids.numbers.Check(row, "number", strconv.Itoa(p.Number))
	}
}

func requireEnglish(row *Row) {
	if row.Cell("name_en") == "" {
		row.Problem("name_en", reasons.Of("english"))
	}
}

// wrongSKU tells what is wrong with a product's code, or nothing.
func wrongSKU(sku string) Reason {
	upper := strings.ToUpper(sku)
	rest := strings.Trim(upper, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-")
	switch {
	case sku == "":
		return reasons.Of("sku_none")
	case rest != "" || len(sku) > MaxSKU:
		return reasons.Of("sku_letters", "most", MaxSKU)
	case sku != upper:
		return reasons.Of("sku_small", "sku", upper)
	case strings.Trim(sku, "0123456789-") == "":
		return reasons.Of("sku_digits")
	case slices.Contains(Reserved, sku):
		return reasons.Of("sku_command")
	}
	return Reason{}
}

func readPrice(row *Row, currency string) Money {
	price, why := parseMoney(row.Cell("price"), currency)
	switch {
	case why.Key != "":
		row.Problem("price", why)
	case price.Minor == 0:
		row.Problem("price", reasons.Of("price_zero"))
	case price.Minor > LargestPrice(currency).Minor:
		row.Problem("price", reasons.Of("price_most", "most", LargestPrice(currency).Decimal()))
	}
	return price
}

// LargestPrice is the largest price of one unit of a product: MaxPrice in the currency.
func LargestPrice(currency string) Money {
	minor := int64(MaxPrice)
	for range Digits(currency) {
		minor *= 10
	}
	return Money{Minor: minor, Currency: currency}
}

func readStock(row *Row) (stock int, counted bool) {
	cell := row.Cell("stock")
	if cell == "" {
		return 0, false
	}
	stock, err := strconv.Atoi(cell)
	if err != nil || stock < 0 || stock > MaxStock || strings.Trim(cell, "0123456789") != "" {
		row.Problem("stock", reasons.Of("stock", "most", MaxStock))
	}
	return stock, true
}

func readHidden(row *Row) bool {
	switch strings.ToLower(row.Cell("available")) {
	case "", "yes":
		return false
	case "no":
		return true
	}
	row.Problem("available", reasons.Of("available"))
	return false
}

func readAliases(row *Row) []string {
	var aliases []string
	for alias := range strings.SplitSeq(row.Cell("aliases"), "|") {
		alias = strings.TrimSpace(alias)
		if alias == "" || slices.Contains(aliases, alias) {
			continue
		}
		if utf8.RuneCountInString(alias) > MaxName {
			row.Problem("aliases", reasons.Of("alias_long", "most", MaxName))
			return nil
		}
		aliases = append(aliases, alias)
	}
	if len(aliases) > MaxAliases {
		row.Problem("aliases", reasons.Of("aliases", "n", len(aliases), "most", MaxAliases))
	}
	return aliases
}
