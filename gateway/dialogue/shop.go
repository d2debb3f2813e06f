package dialogue

import (
	"strconv"

	"haat/gateway/screen"
)

func (t *talk) categories() { t.enter(stateCategories, "") }

func (t *talk) categoriesDraft() screen.Draft {
	categories := t.w.Catalog.Categories()
	if len(categories) == 0 {
		return screen.Draft{Title: t.l.Phrases.NothingSold.String(), Nav: t.navUp()}
	}
	names := make([]string, len(categories))
	for i, c := range categories {
		names[i] = c.Name(t.l.Code)
	}
	return screen.Draft{Title: t.l.Phrases.CategoriesTitle.String(), Options: options(names...), Nav: t.navUp()}
}

func (t *talk) categoriesAnswer(key string) {
	categories := t.w.Catalog.Categories()
	if i, ok := t.choose(key, len(categories)); ok {
		t.enter(stateProducts, categories[i].ID)
	}
}

func (t *talk) productsDraft() screen.Draft {
	products := t.w.Catalog.In(t.s.Focus)
	list := make([]string, len(products))
	for i, p := range products {
		list[i] = p.ShortName(t.l.Code) + " " + t.l.Amount(p.Price)
	}
	title := t.l.Phrases.ProductsTitle.With("category", t.categoryName(t.s.Focus), "currency", t.l.Currency(t.w.Currency))
	return screen.Draft{Title: title, Options: options(list...), Nav: t.nav()}
}

func (t *talk) categoryName(id string) string {
	for _, c := range t.w.Catalog.Categories() {
		if c.ID == id {
			return c.Name(t.l.Code)
		}
	}
	return id
}

func (t *talk) productsAnswer(key string) {
	products := t.w.Catalog.In(t.s.Focus)
	if i, ok := t.choose(key, len(products)); ok {
		t.enter(stateQuantity, products[i].SKU)
	}
}

func (t *talk) quantityDraft() screen.Draft {
	p := t.product(t.s.Focus)
	title := t.l.Phrases.HowMany.With("name", p.Name(t.l.Code), "unit", t.l.Unit(p.Unit), "price", t.l.Money(p.Price))
	return screen.Draft{Title: title, Nav: t.nav()}
}

func (t *talk) quantityAnswer(key string) {
	qty, ok := t.quantity(key)
	if ok && t.add(t.product(t.s.Focus), qty) {
		t.basket()
	}
}

func (t *talk) quantityBack() { t.enter(stateProducts, t.product(t.s.Focus).Category) }

// quantity reads how many are wanted, and gives a hint when that is no quantity.
// The key for more, also with zeros before it, is none: who meant the key must
// not have ordered so many.
func (t *talk) quantity(key string) (int, bool) {
	n, err := strconv.Atoi(key)
	switch {
	case n == moreNumber:
		t.again(t.l.Phrases.HintKeyMore.String())
	case err != nil || n < 1 || n > MaxQty:
		t.again(t.l.Phrases.HintQuantity.String())
	default:
		return n, true
	}
	return 0, false
}

// name is what a product is called on a small screen; one that is no longer sold
// goes by its code.
func (t *talk) name(sku string) string {
	if p := t.product(sku); p != nil {
		return p.ShortName(t.l.Code)
	}
	return sku
}
