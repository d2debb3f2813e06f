package console

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"haat/catalog"
	"haat/gateway/console/account"
)

// productView is one product as its template shows it.
type productView struct {
	SKU, Name, Category string
	Number, Base        int
	Left                leftView
	Away, Hidden        bool
	Fields              []fieldView // what administrators change
	Available           fieldView
	Stock               fieldView // the figure of the last count
	StockMode           string    // keep, set or none
	StockTyped          string
	Note                string
	Categories          []option
	MaySave, MayAll     bool
	Currency            string
	Saved, Same         bool // what became of the last form
	Conflict            bool
	By                  string // who was faster
	Problems            []string
}

// fieldView is a column of a product in a form.
type fieldView struct {
	Column, Label, Value string
	Lang                 string // of a name
	Problem              string
	Theirs               string // what somebody else has made of it meanwhile
	Differs              bool   // Theirs counts
	Max                  int
	Long                 bool
	Decimal              bool
}

// productPage shows a product, and the form to change it.
func (c *Console) productPage(w http.ResponseWriter, r *http.Request) {
	g, err := c.goodsNow(r.Context())
	if err != nil {
		c.catalogFailed(w, r, err)
		return
	}
	p := g.bySKU[r.PathValue("sku")]
	if p == nil {
		c.problem(w, r, http.StatusNotFound, "problem.product")
		return
	}
	v := c.productOf(r, g, p, valuesOf(p, c.columnsOf(g, p)))
	v.Saved, v.Same = r.URL.Query().Has("saved"), r.URL.Query().Has("same")
	c.show(w, r, http.StatusOK, "product", "product.title", v)
}

// columnsOf are the columns of a product's form: its names in every language
// that the catalogue or the phones have.
func (c *Console) columnsOf(g *goods, p *catalog.Product) []string {
	names, shorts := map[string]bool{"en": true}, map[string]bool{}
	for i := range g.products {
		for lang := range g.products[i].Names {
			names[lang] = true
		}
		for lang := range g.products[i].Short {
			shorts[lang] = true
		}
	}
	for lang := range p.Short {
		shorts[lang] = true
	}
	for _, l := range c.Languages {
		names[l.Code] = true
	}
	columns := []string{"price", "unit", "category"}
	delete(names, "en")
	for _, lang := range append([]string{"en"}, slices.Sorted(maps.Keys(names))...) {
		columns = append(columns, "name_"+lang)
	}
	for _, lang := range slices.Sorted(maps.Keys(shorts)) {
		columns = append(columns, "short_"+lang)
	}
	return append(columns, "aliases")
}

func valuesOf(p *catalog.Product, columns []string) map[string]string {
	values := map[string]string{}
	for _, column := range append([]string{"sku", "number", "stock", "available"}, columns...) {
		values[column] = catalog.Field(p, column)
	}
	return values
}

func (c *Console) productOf(r *http.Request, g *goods, p *catalog.Product, values map[string]string) productView {
	code := c.texts.of(r)
	operator, _ := c.Gate.Of(r)
	v := productView{
		SKU: p.SKU, Name: p.Name(code), Number: p.Number, Base: g.number, Category: c.categoryName(code, p.Category), Hidden: p.Hidden,
		StockMode: "keep", Currency: c.Catalog.Currency,
		MaySave: operator.Role.May(account.Agent), MayAll: operator.Role.May(account.Admin),
	}
	left, err := c.Catalog.Stock.Left(r.Context(), []string{p.SKU})
	v.Away = err != nil
	stock, known := left[p.SKU]
	v.Left = leftOf(stock, known)
	for _, column := range c.columnsOf(g, p) {
		v.Fields = append(v.Fields, c.fieldOf(code, column, values[column]))
	}
	v.Available = c.fieldOf(code, "available", values["available"])
	v.Stock = c.fieldOf(code, "stock", values["stock"])
	for _, id := range categoriesOf(g) {
		v.Categories = append(v.Categories, option{id, c.categoryName(code, id)})
	}
	return v
}

func (c *Console) fieldOf(code, column, value string) fieldView {
	f := fieldView{Column: column, Label: c.columnName(code, column), Value: value}
	stem, lang, _ := strings.Cut(column, "_")
	switch stem {
	case "name", "short":
		f.Lang, f.Max = lang, catalog.MaxName
	case "unit":
		f.Max = catalog.MaxUnit
	case "category":
		f.Max = catalog.MaxCategory
	case "price":
		f.Max, f.Decimal = 16, true
	case "aliases":
		f.Long, f.Max = true, catalog.MaxAliases*(catalog.MaxName+1)
		f.Value = strings.ReplaceAll(value, "|", "\n")
	}
	return f
}

// typedProduct puts what was typed over the values of a product. Only what the
// operator may change counts.
func typedProduct(form url.Values, values map[string]string, may account.Role) (typed map[string]string, counted bool) {
	typed = maps.Clone(values)
	if form.Has("available") {
		typed["available"] = form.Get("available")
	}
	switch form.Get("stock_mode") {
	case "set":
		typed["stock"], counted = strings.TrimSpace(form.Get("stock")), true
		if typed["stock"] == "" {
			typed["stock"] = "?" // an empty one would mean not counted
		}
	case "none":
		typed["stock"], counted = "", true
	}
	if !may.May(account.Admin) {
		return typed, counted
	}
	for column := range values {
		if !form.Has(column) || column == "sku" || column == "number" || column == "stock" || column == "available" {
			continue
		}
		typed[column] = form.Get(column)
		if column == "aliases" {
			typed[column] = strings.NewReplacer("\r\n", "|", "\n", "|").Replace(typed[column])
		}
	}
	return typed, counted
}
