package parse

import (
	"strconv"
	"strings"
)

// Explanation writes what became what on one line, without what is no part of
// an order: "2=number 2; rice 5kg=RICE5".
func Explanation(parts []Part) string {
	var b strings.Builder
	for _, p := range parts {
		if p.As == asNothing {
			continue
		}
		if b.Len() > 0 {
			b.WriteString("; ")
		}
		b.WriteString(p.Text + "=" + p.As)
	}
	return b.String()
}

// asNothing is what most words of a polite text are.
const asNothing = "no part of an order"

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
		return "size " + p.size.String()
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
	return asNothing
}

// String writes the size in the largest unit of which there is one.
func (s size) String() string {
	switch {
	case s.of == area:
		return (s.amount / areaBase).String() + "x" + (s.amount % areaBase).String()
	case s.of == weight && s.amount >= 1000*one:
		return (s.amount / 1000).String() + " kg"
	case s.of == volume && s.amount >= 1000*one:
		return (s.amount / 1000).String() + " l"
	case s.of == length && s.amount >= 100*one:
		return (s.amount / 100).String() + " m"
	}
	return strings.TrimSpace(s.amount.String() + " " + [...]string{weight: "g", volume: "ml", length: "cm", pages: "pages", sizes: "", watts: "W"}[s.of])
}

// String writes the amount as people do.
func (n amount) String() string {
	return strconv.FormatFloat(n.float(), 'f', -1, 64)
}
