package dialogue

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"haat/catalog"
	"haat/gateway/gsm"
	"haat/gateway/lang"
	"haat/gateway/screen"
	"haat/orders"
)

// language is how the market speaks the language with the code on this channel,
// and whether the code is of a language that is offered. Any other code gives
// the market's default.
func (w *World) language(code string) (*lang.Language, bool) {
	l, ok := w.Languages.Lookup(code)
	if !ok {
		l = w.Languages.Default()
	}
	return w.onChannel(l), ok
}

// onChannel is the language as the channel can carry it: where that is GSM
// 03.38 alone and the language has no form in it, the market's default or
// English stands in.
func (w *World) onChannel(l *lang.Language) *lang.Language {
	if !w.Budget.GSM7 {
		return l
	}
	return cmp.Or(l.Latin(), w.Languages.Default().Latin(), w.Languages.English())
}

// wording says what happens to orders, in full or, with a language's short
// phrases, briefly.
type wording struct {
	l *lang.Language
	w *World
}

// forms are a text in the full phrases and in the short ones, for fit to choose
// from.
func (o wording) forms(say func(wording) string) []string {
	return []string{say(o), say(wording{o.l.Brief(), o.w})}
}

// fit is the first text that fits one page, or as much of the last as does.
func (o wording) fit(texts []string) string {
	var page screen.Page
	for _, text := range texts {
		page = screen.Draft{Title: text, RightToLeft: o.l.RightToLeft()}.Page(0, o.w.Budget)
		if page.Of == 1 {
			break
		}
	}
	return page.Text
}

// legible is the first text that the channel can carry: a name in English or a
// code says more than question marks.
func (o wording) legible(texts ...string) string {
	if !o.w.Budget.GSM7 {
		return texts[0]
	}
	i := slices.IndexFunc(texts, func(text string) bool {
		_, ok := gsm.Plain(text)
		return ok && text != ""
	})
	return texts[max(i, 0)]
}

// name is what a product is called on a small screen; one that is not in the
// catalogue goes by its code.
func (o wording) name(sku string) string {
	if p, ok := o.w.Catalog.Named(sku); ok {
		return o.product(p)
	}
	return sku
}

// product is the short name of a product.
func (o wording) product(p *catalog.Product) string {
	own, english := o.l.Names, p.ShortName(lang.English)
	if p.Short[own] == "" && p.Names[own] == "" {
		own = lang.English
	}
	return o.legible(p.ShortName(own), english, p.SKU)
}

// fullName is all that a product is called, where there is room.
func (o wording) fullName(p *catalog.Product) string {
	if o.l == o.l.Brief() {
		return o.product(p)
	}
	return o.legible(p.Name(o.l.Names), p.Name(lang.English), p.SKU)
}

func (o wording) category(c *catalog.Category) string {
	return o.legible(c.Name(o.l.Names), c.Name(lang.English), c.ID)
}

// station names a station by its id; one that is unknown goes by that.
func (o wording) station(id string) string {
	if s, ok := stationByID(o.w.Stations, id); ok {
		return o.stationLabel(s)
	}
	return id
}

// stationLabel is how people know a station.
func (o wording) stationLabel(s orders.Station) string {
	if s.Village == "" {
		return o.stationName(s)
	}
	return o.legible(s.Name+", "+s.Village, s.Name, s.ID)
}

func (o wording) stationName(s orders.Station) string { return o.legible(s.Name, s.ID) }

// dialCode is the code as it is dialled, also in a line that runs from right to
// left: a left-to-right mark keeps its parts in their order.
func (o wording) dialCode() string {
	if o.w.DialCode != "" && o.l.RightToLeft() {
		return "\u200e" + o.w.DialCode
	}
	return o.w.DialCode
}

// line is a line of an order.
func (o wording) line(l orders.Line) string {
	return o.l.Phrases.Line.With("qty", o.l.Number(l.Qty), "name", o.name(l.SKU), "amount", o.l.Amount(l.UnitPrice.Times(l.Qty)))
}

// offer is what somebody sells, as we understood it. What was not said is left
// out.
func (o wording) offer(offer Offer) string {
	pairs := []string{"item", offer.Item}
	if offer.Qty > 0 {
		pairs = append(pairs, "qty", o.l.Digits(strconv.FormatFloat(offer.Qty, 'f', -1, 64)), "unit", o.l.Unit(offer.Unit))
	}
	p := &o.l.Phrases
	text := p.OfferLine.With(pairs...)
	if offer.Price.Minor > 0 {
		text = p.OfferPriced.With(append(pairs, "price", o.l.Money(offer.Price))...)
	}
	return strings.Join(strings.Fields(text), " ")
}
