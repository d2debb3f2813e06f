// Package catalog holds what can be ordered: products with their names in many
// languages, their categories and prices. A Catalog is an immutable snapshot
// with a version; whoever holds one may read it from many goroutines.
package catalog

import (
	"strconv"
	"strings"
)

// Product is one thing on the shelf.
type Product struct {
	SKU      string            // short code that villagers type: "RICE5"
	Number   int               // keypad number that they type instead; 0: none yet
	Category string            // id of its category
	Names    map[string]string // full name by language code ("en", "sw", ...); "en" is always there
	Short    map[string]string // names for small screens, by language code; may be empty
	Unit     string            // what one of it is: bag, packet, piece, ...
	Price    Money             // for one unit
	Stock    int               // how many there are, when Counted
	Counted  bool              // whether stock is counted; when false it never runs out
	Aliases  []string          // what people also call it, in any language
	Hidden   bool              // not offered to phones now; it keeps its number and its history
	Count    string            // which count the stock is of, so that nobody takes it over twice; "" is that of the file
}

// Name is the product's name in the language, or in English where that
// language has none.
func (p *Product) Name(lang string) string { return localized(p.Names, lang) }

// ShortName is the name for small screens: the language's short form, else its
// full name, else English.
func (p *Product) ShortName(lang string) string {
	if s := p.Short[lang]; s != "" {
		return s
	}
	return p.Name(lang)
}

// Category groups products on the menu.
type Category struct {
	ID    string
	Names map[string]string // by language code
}

// Name is the category's name in the language, or in English, or its id.
func (c *Category) Name(lang string) string {
	if s := localized(c.Names, lang); s != "" {
		return s
	}
	return c.ID
}

func localized(names map[string]string, lang string) string {
	if s := names[lang]; s != "" {
		return s
	}
	return names["en"]
}

// Catalog is one version of everything that can be ordered.
type Catalog struct {
	Version    string // changes whenever the content does
	products   []*Product
	categories []*Category
	bySKU      map[string]*Product
	byNumber   map[int]*Product
	byCategory map[string][]*Product
	hidden     map[string]*Product
}

// New builds a snapshot. Products keep their order; categories are listed in
// the order given, those that no list names come after, in the order of their
// first product, and those without products are left out. Hidden products are
// nowhere but in Named.
func New(version string, products []Product, categories []Category) *Catalog {
	c := &Catalog{
		Version: version, bySKU: make(map[string]*Product, len(products)),
		byNumber: make(map[int]*Product, len(products)), byCategory: map[string][]*Product{}, hidden: map[string]*Product{},
	}
	for i := range products {
		p := &products[i]
		if p.Hidden {
			c.hidden[p.SKU] = p
			continue
		}
		c.products = append(c.products, p)
		c.bySKU[strings.ToUpper(p.SKU)] = p
		c.byCategory[p.Category] = append(c.byCategory[p.Category], p)
		if p.Number != 0 {
			c.byNumber[p.Number] = p
		}
	}
	listed := map[string]bool{}
	for i := range categories {
		k := &categories[i]
		if !listed[k.ID] && len(c.byCategory[k.ID]) > 0 {
			c.categories = append(c.categories, k)
		}
		listed[k.ID] = true
	}
	for _, p := range c.products {
		if !listed[p.Category] {
			listed[p.Category] = true
			c.categories = append(c.categories, &Category{ID: p.Category})
		}
	}
	return c
}

// Products are all products in the order of the catalogue.
func (c *Catalog) Products() []*Product { return c.products }

// Categories are the categories that have products, in the order of the menu.
func (c *Catalog) Categories() []*Category { return c.categories }

// In lists the products of a category.
func (c *Catalog) In(category string) []*Product { return c.byCategory[category] }

// BySKU finds a product by its code, in any case.
func (c *Catalog) BySKU(sku string) (*Product, bool) {
	p, ok := c.bySKU[sku]
	if !ok {
		p, ok = c.bySKU[strings.ToUpper(sku)]
	}
	return p, ok
}

// Named finds a product by its exact code, also one that is hidden: what was
// ordered is still called by its name.
func (c *Catalog) Named(sku string) (*Product, bool) {
	if p, ok := c.bySKU[sku]; ok {
		return p, true
	}
	p, ok := c.hidden[sku]
	return p, ok
}

// Hidden finds a product that is not offered now by its code, in any case, or by
// its keypad number.
func (c *Catalog) Hidden(typed string) (*Product, bool) {
	if p, ok := c.hidden[strings.ToUpper(typed)]; ok {
		return p, true
	}
	for _, p := range c.hidden {
		if p.Number != 0 && strconv.Itoa(p.Number) == typed {
			return p, true
		}
	}
	return nil, false
}

// ByNumber finds a product by its keypad number.
func (c *Catalog) ByNumber(n int) (*Product, bool) {
	p, ok := c.byNumber[n]
	return p, ok
}
