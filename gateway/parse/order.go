package parse

import (
	"strconv"
	"strings"
	"unicode"

	"haat/catalog"
	"haat/gateway/lang"
)

// MaxQty is the largest quantity of one product that a text can order.
const MaxQty = 9999

// maxUnclear is how many runes of a word that was not understood are given back.
const maxUnclear = 20

// token is one word of an order: a product, a quantity, or neither.
type token struct {
	text    string
	product *catalog.Product
	qty     int // above 0 where the word says a quantity
}

// order understands the plain form, "ORDER RICE5 2, SOAP 3", with or without
// the word, and anything else as Unknown.
func order(text string, w words, c *catalog.Catalog) Meaning {
	parts, asked := split(text, w, c)
	var r reading
	if len(parts) == 1 && alternates(parts[0]) {
		for i := 0; i < len(parts[0]); i += 2 {
			r.add(parts[0][i+1].product, parts[0][i].qty)
		}
		return r.meaning(asked)
	}
	for _, part := range parts {
		if len(part) == 2 && alternates(part) {
			r.add(part[1].product, part[0].qty)
			continue
		}
		r.part(part)
	}
	return r.meaning(asked)
}

// split cuts a text into its parts, at commas and the like, and these into
// tokens. asked tells that the text began with the word for ordering.
func split(text string, w words, c *catalog.Catalog) (parts [][]token, asked bool) {
	first := true
	for part := range strings.FieldsFuncSeq(text, separates) {
		var tokens []token
		for word := range strings.FieldsFuncSeq(part, spaces) {
			word = trim(word)
			if first && w.command(lang.Fold(word)) == lang.OrderCommand {
				first, asked = false, true
				continue
			}
			first = false
			if word != "" {
				tokens = read(tokens, word, c)
			}
		}
		if len(tokens) > 0 {
			parts = append(parts, tokens)
		}
	}
	return parts, asked
}

func separates(r rune) bool { return strings.ContainsRune(",;\n\r，、；؛،", r) }

func spaces(r rune) bool { return unicode.IsSpace(r) || r == '=' || r == ':' || r == '：' }

// trim brings a word to upper case and ASCII digits and takes off the signs
// that people end a sentence with. A sign before a number stays: -2 is not 2.
func trim(word string) string {
	plain := strings.Map(func(r rune) rune { return unicode.ToUpper(lang.Digit(r)) }, word)
	return strings.TrimRight(plain, ".!?)")
}

// read appends what one word says. "RICE5X2" is a product and a quantity in one.
func read(tokens []token, word string, c *catalog.Catalog) []token {
	p, known := c.BySKU(word)
	qty, counts := quantity(word)
	switch {
	case known && counts: // a product that is called X2
		return append(tokens, token{text: word})
	case known || counts || allDigits(word):
		return append(tokens, token{text: word, product: p, qty: qty})
	}
	if i := strings.LastIndexAny(word, "X×*"); i > 0 {
		p, known := c.BySKU(word[:i])
		if qty, ok := quantity(word[i:]); known && ok {
			return append(tokens, token{text: word[:i], product: p}, token{text: word[i:], qty: qty})
		}
	}
	return append(tokens, token{text: word})
}

// quantity reads "2", "X2", "2X", "×2" or "*2".
func quantity(word string) (int, bool) {
	digits := strings.TrimPrefix(strings.TrimPrefix(strings.TrimPrefix(word, "X"), "×"), "*")
	if digits == word {
		digits = strings.TrimSuffix(word, "X")
	}
	if len(digits) > 4 || !allDigits(digits) {
		return 0, false
	}
	n, err := strconv.Atoi(digits)
	return n, err == nil && n > 0 && n <= MaxQty
}

func allDigits(word string) bool { return word != "" && strings.Trim(word, "0123456789") == "" }

// alternates tells whether the tokens are quantities and products in turn,
// from the first to the last: only then may a quantity stand before its product.
func alternates(tokens []token) bool {
	for i, t := range tokens {
		if i%2 == 0 && t.qty == 0 || i%2 == 1 && t.product == nil {
			return false
		}
	}
	return len(tokens) > 0 && len(tokens)%2 == 0
}

// reading gathers what an order says.
type reading struct {
	items   []Item
	product bool // a product was named, if only with a quantity that is none
	unclear string
}

// part reads products, each perhaps with its quantity after it. A product
// without one is ordered once.
func (r *reading) part(tokens []token) {
	for i := 0; i < len(tokens); i++ {
		r.product = r.product || tokens[i].product != nil
		switch t := tokens[i]; {
		case t.product == nil:
			r.doubt(t.text)
		case i+1 < len(tokens) && tokens[i+1].product == nil:
			i++
			if tokens[i].qty == 0 { // what stands where the quantity should
				r.doubt(tokens[i].text)
				continue
			}
			r.add(t.product, tokens[i].qty)
		default:
			r.add(t.product, 1)
		}
	}
}

func (r *reading) doubt(word string) {
	if r.unclear == "" {
		r.unclear = clip(strings.Map(printable, word), maxUnclear)
	}
	if r.unclear == "" {
		r.unclear = "?" // nothing but signs that cannot be shown
	}
}

// printable drops what must not be said back: control characters and marks
// that change the direction of a line.
func printable(r rune) rune {
	if unicode.IsGraphic(r) && r != unicode.ReplacementChar {
		return r
	}
	return -1
}

func (r *reading) add(p *catalog.Product, qty int) {
	r.product = true
	for i := range r.items {
		if r.items[i].SKU == p.SKU {
			r.items[i].Qty += qty
			if r.items[i].Qty > MaxQty {
				r.doubt(strconv.Itoa(r.items[i].Qty))
				r.items[i].Qty -= qty
			}
			return
		}
	}
	r.items = append(r.items, Item{SKU: p.SKU, Qty: qty})
}

// meaning tells what was read. A text is an unclear order only when something
// in it looks like one: the word for it, a product, or a code.
func (r *reading) meaning(asked bool) Meaning {
	switch {
	case r.unclear == "" && len(r.items) > 0:
		return Meaning{Intent: Order, Items: r.items}
	case r.unclear != "" && (asked || r.product || codeLike(r.unclear)):
		return Meaning{Intent: Ask, Items: r.items, Unclear: r.unclear}
	}
	return Meaning{Intent: Unknown}
}

// codeLike tells whether a word has a product code's looks: letters, then digits.
func codeLike(word string) bool {
	letters := strings.TrimRight(word, "0123456789")
	return letters != word && len(letters) > 1 && strings.Trim(letters, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
}
