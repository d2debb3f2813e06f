package dialogue

import (
	"strconv"
	"strings"

	"haat/gateway/lang"
	"haat/gateway/parse"
	"haat/orders"
)

// Notice is the text of the SMS that tells an event to somebody who is not
// waiting for it, as long as one reply of the channel may be.
func Notice(e orders.Event, l *lang.Language, w World) string {
	o := wording{w.onChannel(l), &w}
	return o.fit(o.tells(e))
}

// Apology is what a phone is told when nothing can be kept just now.
func Apology(l *lang.Language, w World) string {
	o := wording{w.onChannel(l), &w}
	return o.fit(o.forms(func(o wording) string { return o.l.Phrases.Apology.String() }))
}

// TooMany is the last answer for a while to a phone that floods us.
func TooMany(l *lang.Language, w World) string {
	o := wording{w.onChannel(l), &w}
	return o.fit(o.forms(func(o wording) string { return o.l.Phrases.TooMany.String() }))
}

// Helped is what a phone is shown that dials while an operator speaks with its
// owner.
func Helped(l *lang.Language, w World) string {
	o := wording{w.onChannel(l), &w}
	return o.fit(o.forms(func(o wording) string { return o.l.Phrases.Helped.String() }))
}

// tells are the texts that tell an event, the best first.
func (o wording) tells(e orders.Event) []string {
	return append(o.forms(func(o wording) string { return o.event(e) }), o.forms(func(o wording) string { return o.short(e) })...)
}

// event says an event in whole sentences.
func (o wording) event(e orders.Event) string {
	p := &o.l.Phrases
	number := strconv.FormatInt(e.Order.Number, 10)
	if e.Refused {
		return p.CancelRefused.With("number", number, "status", o.status(e.Kind))
	}
	station, total, code := o.station(e.Order.Station), o.l.Money(e.Order.Total), e.Order.PickupCode
	switch e.Kind {
	case orders.Placed:
		return p.Received.With("number", number, "code", code)
	case orders.Confirmed:
		return p.Confirmed.With("number", number, "total", total, "station", station, "code", code)
	case orders.Rejected:
		return o.rejected(e)
	case orders.Cancelled:
		return p.Cancelled.With("number", number)
	case orders.Dispatched:
		return p.NoticeDispatched.With("number", number, "station", station)
	case orders.Arrived:
		return p.NoticeArrived.With("number", number, "station", station, "total", total, "code", code)
	case orders.Collected:
		return p.NoticeCollected.With("number", number)
	case orders.Returned:
		return p.NoticeReturned.With("number", number)
	}
	return p.OrderTitle.With("number", number, "status", o.status(e.Kind))
}

// short says an event in as few words as it can be told.
func (o wording) short(e orders.Event) string {
	p, number := &o.l.Phrases, strconv.FormatInt(e.Order.Number, 10)
	switch {
	case e.Kind == orders.Placed && !e.Refused:
		return p.ReceivedShort.With("number", number, "code", e.Order.PickupCode)
	case e.Kind == orders.Confirmed && !e.Refused:
		return p.ConfirmedShort.With("number", number, "code", e.Order.PickupCode)
	}
	return p.OrderTitle.With("number", number, "status", o.status(e.Kind))
}

// rejected says what is left, and how to order just that with one text. Where an
// operator rejected it nothing is counted, and nothing can be promised.
func (o wording) rejected(e orders.Event) string {
	p := &o.l.Phrases
	lines := []string{p.NoticeRejected.With("number", strconv.FormatInt(e.Order.Number, 10))}
	for i, s := range e.Shortages {
		if i == resumeLines {
			lines = append(lines, o.andMore(len(e.Shortages)-i))
			break
		}
		lines = append(lines, o.shortage(s, wanted(e.Order.Lines, s.SKU)))
	}
	if left := leftOf(e); len(left) > 0 && len(e.Shortages) > 0 {
		lines = append(lines, p.NoticeReorder.With("example", o.orderForm(left)))
	}
	return strings.Join(lines, "\n")
}

// wanted is how many of a product an order has.
func wanted(lines []orders.Line, sku string) (qty int) {
	for _, l := range lines {
		if l.SKU == sku {
			qty += l.Qty
		}
	}
	return qty
}

func (o wording) shortage(s orders.Shortage, qty int) string {
	name := o.name(s.SKU)
	if s.Left <= 0 {
		return o.l.Phrases.ShortNone.With("name", name)
	}
	return o.l.Phrases.ShortLine.With("name", name, "left", o.l.Number(s.Left), "qty", o.l.Number(qty))
}

// orderForm writes items as one texts them.
func (o wording) orderForm(items []parse.Item) string {
	words := make([]string, len(items))
	for i, item := range items {
		words[i] = item.SKU + " " + strconv.Itoa(item.Qty)
	}
	return o.l.Phrases.OrderExample.With("items", strings.Join(words, ", "))
}

// example is an order as one could text it today, from the first products of
// the first two categories, or nothing where nothing is sold.
func (o wording) example() (string, bool) {
	var items []parse.Item
	for i, c := range o.w.Catalog.Categories() {
		if i == 2 {
			break
		}
		items = append(items, parse.Item{SKU: o.w.Catalog.In(c.ID)[0].SKU, Qty: 2 + i})
	}
	return o.orderForm(items), len(items) > 0
}

// andMore stands for lines that are not shown.
func (o wording) andMore(n int) string { return o.l.Phrases.AndMore.Count(n, "n", o.l.Number(n)) }

// status is what a status is called; one that is unknown goes by its own name.
func (o wording) status(s orders.Status) string {
	p := &o.l.Phrases
	switch s {
	case orders.Placed:
		return p.StatusPlaced.String()
	case orders.Confirmed:
		return p.StatusConfirmed.String()
	case orders.Dispatched:
		return p.StatusDispatched.String()
	case orders.Arrived:
		return p.StatusArrived.String()
	case orders.Collected:
		return p.StatusCollected.String()
	case orders.Returned:
		return p.StatusReturned.String()
	case orders.Rejected:
		return p.StatusRejected.String()
	case orders.Cancelled:
		return p.StatusCancelled.String()
	}
	return string(s)
}
