package dialogue

import (
	"slices"
	"unicode/utf8"

	"haat/catalog"
	"haat/orders"
)

// What a session may hold. Each limit keeps the turn, which is stored, and the
// screens small.
const (
	MaxLines = 20   // different products in a basket
	MaxQty   = 9999 // of one product
	maxRefs  = 3    // orders that are remembered
	maxFocus = 1024 // bytes
	maxPage  = 1000
	maxSKU   = 64 // bytes
)

// tidy makes a session one that a step could have left, whatever was stored:
// sessions come from older versions too.
func tidy(s Session, w *World) Session {
	if s.Page < 0 || s.Page > maxPage {
		s.Page, s.Last = 0, false
	}
	if len(s.Focus) > maxFocus || !utf8.ValidString(s.Focus) {
		s.Focus = ""
	}
	s.Basket = tidyBasket(s.Basket, w)
	s.Questions = tidyQuestions(s.Questions, w)
	s.LeftOut = clip(s.LeftOut)
	if n := len(s.Orders); n > maxRefs {
		s.Orders = s.Orders[n-maxRefs:]
	}
	return s
}

func tidyBasket(b Basket, w *World) Basket {
	lines := b.Lines
	if slices.ContainsFunc(lines, silly) {
		lines = slices.DeleteFunc(slices.Clone(lines), silly)
	}
	if len(lines) > MaxLines {
		lines = lines[:MaxLines]
	}
	b.Lines = slices.Clone(lines) // the caller's session stays as it was
	switch {
	case len(b.Lines) == 0:
		return Basket{}
	case b.ID == "":
		b.ID = w.Fresh.BasketID
	}
	return b
}

// silly tells that no step can have made the line.
func silly(l orders.Line) bool {
	return l.Qty < 1 || l.Qty > MaxQty || l.SKU == "" || len(l.SKU) > maxSKU || !utf8.ValidString(l.SKU) ||
		l.UnitPrice.Minor < 0 || l.UnitPrice.Minor > maxPrice || len(l.UnitPrice.Currency) > 3
}

// maxPrice, in minor units, keeps the total of a full basket within int64.
const maxPrice = 1e13

// footing leaves a screen whose subject is gone from the catalogue, the basket
// or the session for the nearest that still stands.
func (t *talk) footing() {
	state, focus := t.s.State, t.s.Focus
	switch state {
	case stateProducts:
		if len(t.w.Catalog.In(t.s.Focus)) == 0 {
			t.enter(stateCategories, "")
		}
	case stateQuantity:
		if _, ok := t.w.Catalog.BySKU(t.s.Focus); !ok {
			t.enter(stateCategories, "")
		}
	case stateWhich, stateCount:
		t.questionFooting()
	case stateLine, stateRequantity:
		if t.line(t.s.Focus) == nil {
			t.enter(stateBasket, "")
		}
	case stateChange, stateConfirm, stateShort:
		if len(t.s.Basket.Lines) == 0 {
			t.enter(stateBasket, "")
		}
	case stateResume:
		if len(t.s.Basket.Lines) == 0 {
			t.enter(stateMenu, "")
		}
	case stateOrder, stateCancel:
		if focusNumber(t.s.Focus) == 0 {
			t.enter(stateOrders, "")
		}
	}
	if t.lost = t.s.State != state || t.s.Focus != focus; t.lost {
		t.hint = hintGone
	}
}

// line finds the basket's line of a product.
func (t *talk) line(sku string) *orders.Line {
	for i := range t.s.Basket.Lines {
		if t.s.Basket.Lines[i].SKU == sku {
			return &t.s.Basket.Lines[i]
		}
	}
	return nil
}

// product is the product on sale with the code, or nil.
func (t *talk) product(sku string) *catalog.Product {
	p, _ := t.w.Catalog.BySKU(sku)
	return p
}
