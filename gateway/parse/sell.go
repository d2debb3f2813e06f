package parse

import (
	"strings"

	"haat/catalog"
)

// offer understands what somebody wants to sell: a quantity, a unit, the thing
// as it was typed, and perhaps a price.
func (t *sentence) offer() Meaning {
	t.numbers()
	t.measures()
	t.allMeasures()
	t.timesSigns()
	t.counters()
	t.prices()
	o := Offer{Unit: "piece"}
	priced := amount(0)
	for i := range t.parts {
		switch p := &t.parts[i]; p.is {
		case measure:
			o.Qty, o.Unit = measuredOffer(p.size)
		case number:
			switch {
			case o.Qty != 0 && (p.weak || p.counter != "" && p.n == one): // for one of them
			case o.Qty == 0 || p.counter != "" && o.Unit == "piece":
				if o.Qty != 0 {
					priced = amount(o.Qty * float64(one))
				}
				o.Qty, o.Unit = p.n.float(), offeredUnit(p.counter)
			default:
				priced = p.n
			}
		case price, priceMaybe:
			priced = p.n
		}
	}
	o.Item = strings.ToLower(t.offered())
	o.Price = t.money(priced)
	return Meaning{Intent: Sell, Offer: o}
}

// allMeasures measures what is not sold here: 50 kg of anything.
func (t *sentence) allMeasures() {
	for i := 0; i < len(t.parts); i++ {
		if p := t.at(i); p.has(asMeasure) && p.e.roles&asCounter == 0 && (p.e.measure.of == weight || p.e.measure.of == volume) {
			t.measure(i, p.e.measure)
		}
	}
}

func (n amount) float() float64 { return float64(n) / float64(one) }

// measuredOffer gives weights in kg and volumes in litres.
func measuredOffer(s size) (qty float64, unit string) {
	if s.of == volume {
		return s.amount.float() / 1000, "litre"
	}
	return s.amount.float() / 1000, "kg"
}

func offeredUnit(counter string) string {
	switch counter {
	case "bag", "tray", "crate":
		return counter
	case "box":
		return "crate"
	}
	return "piece"
}

func (t *sentence) money(n amount) catalog.Money {
	currency := ""
	if len(t.x.products) > 0 {
		currency = t.x.products[0].Price.Currency
	}
	m := catalog.Money{Minor: int64(n / one), Currency: currency}
	if n > 0 && catalog.Digits(currency) == 2 {
		m.Minor = int64(n * 100 / one)
	}
	return m
}

// offered are the words of the thing that is offered, as they were typed: the
// longest stretch that no number, courtesy or verb of selling interrupts.
func (t *sentence) offered() string {
	from, to := 0, 0
	for i := 0; i < len(t.parts); i++ {
		if !t.isOffered(i) {
			continue
		}
		j := i + 1
		for j < len(t.parts) && (t.isOffered(j) || t.at(j).has(asLink) && j+1 < len(t.parts) && t.isOffered(j+1)) {
			j++
		}
		if t.parts[j-1].to-t.parts[i].from > to-from {
			from, to = t.parts[i].from, t.parts[j-1].to
		}
		i = j
	}
	if to == 0 {
		return ""
	}
	return t.typed(from, to)
}

func (t *sentence) isOffered(i int) bool {
	switch p := t.at(i); p.is {
	case thing, goods:
		return true
	case open:
		return p.e.roles&asOrdinary != 0 && p.e.roles&(courtesy|asBuy|asSell) == 0
	}
	return false
}
