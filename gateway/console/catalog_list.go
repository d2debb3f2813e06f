package console

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"haat/catalog"
	"haat/gateway/console/account"
	"haat/gateway/console/index"
	"haat/orders"
)

const (
	pageProducts = 50
	lowStock     = 5 // so many or fewer are marked
)

// stocks are what the list can be narrowed to.
var stocks = []string{"low", "out", "uncounted", "hidden"}

// catalogView is the list of products as its template shows it.
type catalogView struct {
	Text, Category, Stock string
	Categories, Stocks    []option
	Rows                  []productRow
	Found, All            int
	Next                  string // address of the next page; "" on the last
	Begun                 bool   // this is not the first page
	First                 string // address of the first page
	Away                  bool   // nobody tells the stock
	Currency              string
	MayImport             bool
}

type productRow struct {
	SKU, Name, English, Category, Unit, Price string
	Number                                    int
	Hidden                                    bool
	Left                                      leftView
}

// leftView is what is left of a product.
type leftView struct {
	Known, Counted, Low, Out bool
	Left                     int
}

func leftOf(stock orders.Stock, known bool) leftView {
	return leftView{
		Known: known, Counted: stock.Counted, Left: stock.Left,
		Low: known && stock.Counted && stock.Left > 0 && stock.Left <= lowStock, Out: known && stock.Counted && stock.Left <= 0,
	}
}

// catalogPage shows the products.
func (c *Console) catalogPage(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	v := catalogView{Text: strings.TrimSpace(q.Get("q")), Category: q.Get("category"), Stock: q.Get("stock"), Currency: c.Catalog.Currency}
	after := q.Get("after")
	bad := !utf8.ValidString(v.Text+v.Category+after) || utf8.RuneCountInString(v.Text) > maxText ||
		utf8.RuneCountInString(v.Category) > catalog.MaxCategory || len(after) > catalog.MaxSKU
	if bad || v.Stock != "" && !slices.Contains(stocks, v.Stock) {
		c.problem(w, r, http.StatusBadRequest, "problem.address")
		return
	}
	g, err := c.goodsNow(r.Context())
	if err != nil {
		c.catalogFailed(w, r, err)
		return
	}
	c.fillCatalog(r, g, &v, after)
	c.show(w, r, http.StatusOK, "catalog", "catalog.title", v)
}

func (c *Console) fillCatalog(r *http.Request, g *goods, v *catalogView, after string) {
	code := c.texts.of(r)
	found := matching(g, v.Text, v.Category)
	left, err := c.left(r.Context(), found, v.Stock, after)
	v.Away = err != nil
	if !v.Away {
		found = slices.DeleteFunc(found, func(p *catalog.Product) bool { return !stockIs(v.Stock, p, left) })
	}
	v.All, v.Found = len(g.listed), len(found)
	from, _ := slices.BinarySearchFunc(found, after, func(p *catalog.Product, sku string) int {
		if p.SKU <= sku {
			return -1
		}
		return 1
	})
	page := found[from:]
	if v.Begun = after != ""; len(page) > pageProducts {
		page = page[:pageProducts]
		v.Next = catalogAddress(v, page[len(page)-1].SKU)
	}
	v.First = catalogAddress(v, "")
	for _, p := range page {
		stock, known := left[p.SKU]
		row := productRow{
			SKU: p.SKU, Name: p.Name(code), English: p.Name("en"), Category: c.categoryName(code, p.Category), Unit: p.Unit,
			Price: p.Price.Decimal(), Number: p.Number, Hidden: p.Hidden, Left: leftOf(stock, known),
		}
		if row.English == row.Name {
			row.English = ""
		}
		v.Rows = append(v.Rows, row)
	}
	for _, id := range categoriesOf(g) {
		v.Categories = append(v.Categories, option{id, c.categoryName(code, id)})
	}
	for _, stock := range stocks {
		v.Stocks = append(v.Stocks, option{stock, c.texts.say(code, "stock."+stock)})
	}
	operator, _ := c.Gate.Of(r)
	v.MayImport = operator.Role.May(account.Admin)
}

// matching are the products in whose names, code, number or aliases all words
// are, in the order of their codes.
func matching(g *goods, text, category string) (found []*catalog.Product) {
	words := strings.Fields(index.Fold(text))
	for _, p := range g.listed {
		if category != "" && p.Category != category {
			continue
		}
		if !slices.ContainsFunc(words, func(word string) bool { return !strings.Contains(g.words[p.SKU], word) }) {
			found = append(found, p)
		}
	}
	return found
}

// left asks what is left of the products: of all where the list is narrowed by
// it, else of those of the page.
func (c *Console) left(ctx context.Context, found []*catalog.Product, narrowed, after string) (map[string]orders.Stock, error) {
	var skus []string
	for _, p := range found {
		if narrowed != "" || p.SKU > after && len(skus) < pageProducts {
			skus = append(skus, p.SKU)
		}
	}
	if len(skus) == 0 {
		return nil, nil
	}
	left, err := c.Catalog.Stock.Left(ctx, skus)
	if err != nil && ctx.Err() == nil {
		c.Logger.Warn().Err(err).Msg("the stock is not shown")
	}
	return left, err
}

func stockIs(want string, p *catalog.Product, left map[string]orders.Stock) bool {
	stock, known := left[p.SKU]
	at := leftOf(stock, known)
	switch want {
	case "low":
		return at.Low || at.Out
	case "out":
		return at.Out
	case "uncounted":
		return !p.Counted
	case "hidden":
		return p.Hidden
	}
	return true
}

func categoriesOf(g *goods) (ids []string) {
	seen := map[string]bool{}
	for i := range g.products {
		if id := g.products[i].Category; !seen[id] {
			seen[id] = true
			ids = append(ids, id)
		}
	}
	return ids
}

func catalogAddress(v *catalogView, after string) string {
	q := url.Values{}
	for name, value := range map[string]string{"q": v.Text, "category": v.Category, "stock": v.Stock, "after": after} {
		if value != "" {
			q.Set(name, value)
		}
	}
	return addressOf("/catalog", q)
}

// versionText is the number of a version in an address.
func versionText(number int) string { return strconv.Itoa(number) }
