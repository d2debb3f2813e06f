package parse

import (
	"strconv"
	"strings"
)

// as words what a part was understood to say.
func (t *sentence) as(p *part) string {
	switch p.is {
	case goods:
		var codes []string
		for _, g := range p.goods {
			codes = append(codes, t.x.products[g].SKU)
		}
		return strings.Join(codes, "|")
	case number:
		return "number " + p.n.String()
	case measure:
		return "size " + p.size.amount.String() + " " + unitNames[p.size.of]
	case badNumber:
		return "no count"
	case price, priceMaybe:
		return "price " + p.n.String()
	case thing:
		return "not sold here"
	case negate, notBefore:
		return "not"
	case correct:
		return "correction"
	case remove:
		return "removal"
	case either:
		return "or"
	case listing, pause:
		return "end of a part"
	}
	return "no part of an order"
}

var unitNames = [...]string{noDimension: "", weight: "g", volume: "ml", length: "cm", pages: "pages", sizes: "size", watts: "W", area: "area"}

// String writes the amount as people do.
func (n amount) String() string {
	return strconv.FormatFloat(n.float(), 'f', -1, 64)
}
