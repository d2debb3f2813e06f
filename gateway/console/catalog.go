package console

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"

	"haat/catalog"
	"haat/gateway/console/account"
	"haat/gateway/console/index"
	"haat/orders"
	"haat/orders/shelf"
)

// Shelf is the catalogue with its versions, as [shelf.Room] has it.
type Shelf interface {
	Present(ctx context.Context) (*shelf.Import, error)
	At(ctx context.Context, number int) (*shelf.Import, error)
	Versions(ctx context.Context) ([]shelf.Version, error)
	Publish(ctx context.Context, e shelf.Edition) (*shelf.Import, error)
	Preview(ctx context.Context, csv []byte) ([]byte, error)
	PutDraft(ctx context.Context, csv []byte) (hash string, err error)
	Draft(ctx context.Context, hash string) ([]byte, error)
}

// Stock tells what is left of products, by SKU.
type Stock interface {
	Left(ctx context.Context, skus []string) (map[string]orders.Stock, error)
}

// CatalogRoom is what the pages of the catalogue need.
type CatalogRoom struct {
	Shelf      Shelf
	Stock      Stock
	Currency   string             // of the prices, an ISO 4217 code
	Categories []catalog.Category // for their names

	mu      sync.Mutex
	present *goods // as it was read last
}

// The acts that are recorded of the catalogue. About is the product's code or
// the version.
const (
	ActProduct = "product-edited"
	ActImport  = "catalog-imported"
	ActBack    = "catalog-back"
)

// catalogRoutes are those of the catalogue. Everybody may look; operators say
// what is there and what is left of it, administrators change all.
func (c *Console) catalogRoutes() []route {
	if c.Catalog == nil {
		return nil
	}
	return []route{
		{"GET", "/catalog", account.Viewer, c.catalogPage},
		{"GET", "/catalog/file/{format}", account.Viewer, c.catalogFile},
		{"GET", "/catalog/{sku}", account.Viewer, c.productPage},
		{"POST", "/catalog/{sku}", account.Agent, c.saveProduct},
		{"GET", importPath, account.Admin, c.importPage},
		{"POST", importPath, account.Admin, c.upload},
		{"GET", importPath + "/{draft}", account.Admin, c.previewPage},
		{"POST", importPath + "/{draft}", account.Admin, c.confirmImport},
		{"GET", "/catalog/versions", account.Viewer, c.versionsPage},
		{"GET", "/catalog/versions/{version}", account.Viewer, c.versionPage},
		{"POST", "/catalog/versions/{version}/back", account.Admin, c.goBack},
	}
}

// goods is a version of the catalogue, read.
type goods struct {
	id       string
	number   int
	products []catalog.Product // in the order of the file
	bySKU    map[string]*catalog.Product
	listed   []*catalog.Product // in the order of their codes, which no edit changes
	words    map[string]string  // what a product is found by, folded
}

func (c *Console) readGoods(i *shelf.Import) (*goods, error) {
	g := &goods{bySKU: map[string]*catalog.Product{}, words: map[string]string{}}
	if i == nil {
		return g, nil
	}
	g.id, g.number = i.ID, i.Number
	var err error
	if g.products, err = catalog.Read(bytes.NewReader(i.CSV), c.Catalog.Currency); err != nil {
		return nil, fmt.Errorf("the catalogue cannot be read: %w", err)
	}
	for at := range g.products {
		p := &g.products[at]
		g.bySKU[p.SKU] = p
		g.listed = append(g.listed, p)
		g.words[p.SKU] = foldedWords(p)
	}
	slices.SortFunc(g.listed, func(a, b *catalog.Product) int { return strings.Compare(a.SKU, b.SKU) })
	return g, nil
}

func foldedWords(p *catalog.Product) string {
	words := []string{p.SKU, catalog.Field(p, "number")}
	for _, name := range p.Names {
		words = append(words, name)
	}
	for _, name := range p.Short {
		words = append(words, name)
	}
	return index.Fold(strings.Join(append(words, p.Aliases...), " \n "))
}

// goodsNow is the present catalogue. It is read anew only where there is a new
// version.
func (c *Console) goodsNow(ctx context.Context) (*goods, error) {
	versions, err := c.Catalog.Shelf.Versions(ctx)
	if err != nil {
		return nil, err
	}
	c.Catalog.mu.Lock()
	defer c.Catalog.mu.Unlock()
	if g := c.Catalog.present; g != nil && len(versions) > 0 && versions[0].ID == g.id {
		return g, nil
	}
	present, err := c.Catalog.Shelf.Present(ctx)
	if err != nil {
		return nil, err
	}
	g, err := c.readGoods(present)
	if err == nil {
		c.Catalog.present = g
	}
	return g, err
}

// goodsAt is a version that is kept.
func (c *Console) goodsAt(ctx context.Context, number int) (*goods, error) {
	now, err := c.goodsNow(ctx)
	if err != nil || now.number == number {
		return now, err
	}
	i, err := c.Catalog.Shelf.At(ctx, number)
	if err != nil {
		return nil, err
	}
	return c.readGoods(i)
}

// categoryName is what operators of a language call a category.
func (c *Console) categoryName(code, id string) string {
	for i := range c.Catalog.Categories {
		if k := &c.Catalog.Categories[i]; k.ID == id {
			return k.Name(code)
		}
	}
	return id
}

// columnName is what operators of a language call a column of the file.
func (c *Console) columnName(code, column string) string {
	stem, lang, localized := strings.Cut(column, "_")
	if !localized {
		return c.texts.or(code, "column."+column, column)
	}
	return c.texts.say(code, "column."+stem) + " (" + lang + ")"
}

// catalogFailed answers an error of the shelf.
func (c *Console) catalogFailed(w http.ResponseWriter, r *http.Request, err error) {
	switch {
	case errors.Is(err, shelf.ErrStale):
		c.problem(w, r, http.StatusConflict, "problem.stale")
	case errors.Is(err, shelf.ErrNoVersion):
		c.problem(w, r, http.StatusNotFound, "problem.version")
	case errors.Is(err, shelf.ErrNoDraft):
		c.problem(w, r, http.StatusNotFound, "problem.draft")
	default:
		c.fail(w, r, err)
	}
}
