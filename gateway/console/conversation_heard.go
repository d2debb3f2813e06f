package console

import (
	"strings"
)

// heardPart is what some words of a text were understood to say.
type heardPart struct {
	Words string
	Goods []string // names of the products that they may mean
	Kind  string   // what else they are: one of the heard texts, or ""
	Value string   // the number, size or price
	How   string   // how a product was found
}

// heardKinds are what the parser calls the parts of a text that are no product,
// and those that have a value after their name.
var heardKinds = map[string]string{
	"number": "number", "size": "size", "price": "price", "no count": "no_count", "not sold here": "not_sold", "not": "not",
	"correction": "correction", "removal": "removal", "or": "or",
}

// heardParts reads what the log says of which words became what. What it cannot
// read it shows as it is.
func (c *Console) heardParts(code, heard string) (parts []heardPart) {
	for part := range strings.SplitSeq(heard, "; ") {
		at := strings.LastIndexByte(part, '=')
		if at < 0 || part[at+1:] == "end of a part" { // a comma, or a pause
			continue
		}
		words, as := part[:at], part[at+1:]
		p := heardPart{Words: words}
		name, value, _ := strings.Cut(as, " ")
		switch {
		case heardKinds[as] != "":
			p.Kind = heardKinds[as]
		case value != "" && (name == "number" || name == "size" || name == "price"):
			p.Kind, p.Value = name, value
		default:
			p.Goods, p.How = c.goodsOf(code, words, as)
		}
		parts = append(parts, p)
	}
	return parts
}

// goodsOf names the products that words may mean.
func (c *Console) goodsOf(code, words, as string) (names []string, how string) {
	skus := strings.Split(as, "|")
	for _, sku := range skus {
		names = append(names, c.Product(code, sku))
	}
	switch {
	case len(skus) > 1:
		how = "several"
	case strings.EqualFold(words, as):
		how = "code"
	case strings.Trim(words, "0123456789") == "":
		how = "keypad"
	case strings.EqualFold(words, names[0]):
		how = "name"
	default:
		how = "words"
	}
	return names, how
}
