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
		names[i] = t.words().category(c)
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
		list[i] = t.words().product(p) + " " + t.l.Amount(p.Price)
	}
	title := t.l.Phrases.ProductsTitle.With("category", t.categoryName(t.s.Focus), "currency", t.l.Currency(t.w.Currency))
	return screen.Draft{Title: title, Options: options(list...), Nav: t.nav()}
}

func (t *talk) categoryName(id string) string {
	for _, c := range t.w.Catalog.Categories() {
		if c.ID == id {
			return t.words().category(c)
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
	title := t.l.Phrases.HowMany.With("name", t.words().fullName(p), "unit", t.l.Unit(p.Unit), "price", t.l.Money(p.Price))
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
		t.again(hintKeyMore)
	case err != nil || n < 1 || n > MaxQty:
		t.again(hintQuantity)
	default:
		return n, true
	}
	return 0, false
}
