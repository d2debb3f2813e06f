package dialogue

import (
	"slices"

	"haat/catalog"
	"haat/gateway/screen"
	"haat/orders"
)

func (t *talk) basket() { t.enter(stateBasket, "") }

// add puts so many of a product in the basket, or gives a hint when they do not
// fit in.
func (t *talk) add(p *catalog.Product, qty int) bool {
	b := &t.s.Basket
	if line := t.line(p.SKU); line != nil {
		if line.Qty+qty > MaxQty {
			t.again(hintTooMany)
			return false
		}
		line.Qty += qty
		return true
	}
	if len(b.Lines) >= MaxLines {
		t.again(hintFull)
		return false
	}
	if len(b.Lines) == 0 {
		b.ID = t.w.Fresh.BasketID
	}
	b.Lines = append(b.Lines, orders.Line{SKU: p.SKU, Qty: qty, UnitPrice: p.Price})
	return true
}

// remove takes a product out of the basket. A basket that becomes empty ends:
// the next one is another order.
func (t *talk) remove(sku string) {
	b := &t.s.Basket
	b.Lines = slices.DeleteFunc(b.Lines, func(l orders.Line) bool { return l.SKU == sku })
	if len(b.Lines) == 0 {
		*b = Basket{}
	}
}

func (t *talk) basketDraft() screen.Draft {
	p := &t.l.Phrases
	if len(t.s.Basket.Lines) == 0 {
		return screen.Draft{Title: p.BasketEmpty.String(), Options: options(p.MenuShop.String()), Nav: t.navUp()}
	}
	return screen.Draft{
		Title: p.BasketTitle.String(),
		Body:  append(t.basketLines(), t.totalLine()),
		Final: options(p.CheckOut.String(), p.AddMore.String(), p.Change.String()),
		Nav:   t.navUp(),
	}
}

func (t *talk) basketAnswer(key string) {
	if len(t.s.Basket.Lines) == 0 {
		if _, ok := t.choose(key, 1); ok {
			t.categories()
		}
		return
	}
	switch t.decide(key, 3) {
	case 1:
		t.checkOut()
	case 2:
		t.categories()
	case 3:
		t.change()
	}
}

// basketLines are the basket's lines as they are read.
func (t *talk) basketLines() []string { return t.lines(t.s.Basket.Lines) }

func (t *talk) lines(lines []orders.Line) []string {
	texts := make([]string, len(lines), len(lines)+4) // the callers add a few
	for i, l := range lines {
		texts[i] = t.words().line(l)
	}
	return texts
}

func (t *talk) totalLine() string {
	return t.l.Phrases.Total.With("total", t.l.Money(orders.Sum(t.s.Basket.Lines, t.w.Currency)))
}

// change asks which line to change, where there are several.
func (t *talk) change() {
	if lines := t.s.Basket.Lines; len(lines) == 1 {
		t.enter(stateLine, lines[0].SKU)
		return
	}
	t.enter(stateChange, "")
}

func (t *talk) changeDraft() screen.Draft {
	return screen.Draft{Title: t.l.Phrases.ChangeTitle.String(), Options: options(t.basketLines()...), Nav: t.nav()}
}

func (t *talk) changeAnswer(key string) {
	lines := t.s.Basket.Lines
	if i, ok := t.choose(key, len(lines)); ok {
		t.enter(stateLine, lines[i].SKU)
	}
}

// lineDraft asks what to do with a line first, and for a number only then:
// every number is a quantity there, so that none is left to mean "remove".
func (t *talk) lineDraft() screen.Draft {
	p := &t.l.Phrases
	return screen.Draft{
		Title:   t.lines([]orders.Line{*t.line(t.s.Focus)})[0],
		Options: options(p.ChangeQuantity.String(), p.Remove.String()),
		Nav:     t.nav(),
	}
}

func (t *talk) lineAnswer(key string) {
	switch i, ok := t.choose(key, 2); {
	case !ok:
	case i == 0:
		t.enter(stateRequantity, t.s.Focus)
	default:
		t.remove(t.s.Focus)
		t.basket()
	}
}

func (t *talk) lineBack() {
	if len(t.s.Basket.Lines) == 1 {
		t.basket()
		return
	}
	t.enter(stateChange, "")
}

func (t *talk) requantityDraft() screen.Draft {
	line, unit := t.line(t.s.Focus), ""
	if p := t.product(line.SKU); p != nil {
		unit = t.l.Unit(p.Unit)
	}
	title := t.l.Phrases.HowManyNow.With("name", t.words().name(line.SKU), "unit", unit, "price", t.l.Money(line.UnitPrice), "qty", t.l.Number(line.Qty))
	return screen.Draft{Title: title, Nav: t.nav()}
}

func (t *talk) requantityAnswer(key string) {
	if qty, ok := t.quantity(key); ok {
		t.line(t.s.Focus).Qty = qty
		t.basket()
	}
}

func (t *talk) requantityBack() { t.enter(stateLine, t.s.Focus) }
