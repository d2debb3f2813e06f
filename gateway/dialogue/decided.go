package dialogue

import (
	"slices"
	"strconv"
	"strings"

	"haat/gateway/parse"
	"haat/gateway/screen"
	"haat/orders"
)

// Decided shows the processor's word on the order that the session has just
// placed, or on its cancellation, to a phone that is still waiting for it. The
// order's reference remembers what was told. The goods of an order that could
// not be filled come back as a new basket, and the screen says what is left of
// them.
func Decided(s Session, e orders.Event, w World, mode Mode) Outcome {
	t := begin(s, Input{Mode: mode}, &w)
	t.told(e)
	if e.Kind == orders.Rejected && !e.Refused {
		t.rejected(e)
		return t.outcome()
	}
	class := ClassOrder
	if e.Refused || e.Kind == orders.Cancelled {
		class = ClassCancel
	}
	t.finish(class, t.words().tells(e)...)
	return t.outcome()
}

// told writes down that the phone knows the order's status.
func (t *talk) told(e orders.Event) {
	t.s.Orders = slices.Clone(t.s.Orders)
	for i := range t.s.Orders {
		if t.s.Orders[i].ID == e.Order.ID {
			t.s.Orders[i].Told = e.Kind
		}
	}
}

// rejected gives the goods of an order back and tells what is left of them.
func (t *talk) rejected(e orders.Event) {
	t.hint = nil
	for _, line := range e.Order.Lines {
		switch have := t.line(line.SKU); {
		case have != nil:
			have.Qty = min(have.Qty+line.Qty, MaxQty)
		case len(t.s.Basket.Lines) < MaxLines && !silly(line):
			t.s.Basket.Lines = append(t.s.Basket.Lines, line)
		}
	}
	if t.s.Basket.ID == "" {
		t.s.Basket.ID = t.w.Fresh.BasketID
	}
	if len(t.s.Basket.Lines) == 0 {
		t.s.Basket = Basket{}
		t.finish(ClassRejected, t.words().forms(func(o wording) string { return o.l.Phrases.ShortTitle.String() })...)
		return
	}
	t.enter(stateShort, shortages(e.Shortages).String())
	t.class = ClassRejected
}

// shortages are written as the focus of their screen: "RICE5=3 SOAP=0".
type shortages []orders.Shortage

func (list shortages) String() string {
	words := make([]string, len(list))
	for i, s := range list {
		words[i] = s.SKU + "=" + strconv.Itoa(max(s.Left, 0))
	}
	return strings.Join(words, " ")
}

// readShortages reads what String wrote, and leaves out what it did not.
func readShortages(focus string) (list shortages) {
	for word := range strings.FieldsSeq(focus) {
		sku, left, _ := strings.Cut(word, "=")
		if n, err := strconv.Atoi(left); err == nil && n >= 0 {
			list = append(list, orders.Shortage{SKU: sku, Left: n})
		}
	}
	return list
}

func (t *talk) shortDraft() screen.Draft {
	p := &t.l.Phrases
	body := []string{p.ShortTitle.String()}
	for _, s := range readShortages(t.s.Focus) {
		if line := t.line(s.SKU); line != nil {
			body = append(body, t.words().shortage(s, line.Qty))
		}
	}
	return screen.Draft{Body: body, Final: options(p.TakeLeft.String(), p.Change.String()), Nav: t.navUp()}
}

func (t *talk) shortAnswer(key string) {
	switch t.decide(key, 2) {
	case 1:
		t.takeLeft()
	case 2:
		t.basket()
	}
}

// takeLeft lowers the basket to what is left, for the villager to confirm.
func (t *talk) takeLeft() {
	for _, s := range readShortages(t.s.Focus) {
		line := t.line(s.SKU)
		switch {
		case line == nil:
		case s.Left == 0:
			t.remove(s.SKU)
		default:
			line.Qty = min(line.Qty, s.Left)
		}
	}
	if len(t.s.Basket.Lines) > 0 {
		t.checkOut()
		return
	}
	t.menu()
	t.hint = hintBasketEmpty
}

// leftOf are the lines that can still be had of an order that was too large.
func leftOf(e orders.Event) []parse.Item {
	var items []parse.Item
	for _, line := range e.Order.Lines[:min(len(e.Order.Lines), MaxLines)] {
		qty := line.Qty
		for _, s := range e.Shortages {
			if s.SKU == line.SKU {
				qty = min(qty, s.Left)
			}
		}
		if qty > 0 {
			items = append(items, parse.Item{SKU: line.SKU, Qty: qty})
		}
	}
	return items
}
