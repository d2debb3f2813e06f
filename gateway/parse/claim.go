package parse

import (
	"slices"
)

// claim is what a row says of one kind of goods.
type claim struct {
	o       *order
	g       *part
	goods   []int32
	counts  []amount
	article bool // which is one
	inWords bool // a count was said in words
	vague   bool
	broken  bool // a quantity that is no count
	sizes   []size
	prices  []amount
	perhaps bool // a price may be a count
}

// resolve decides which goods and how many.
func (o *order) resolve(g *part, with []part) wish {
	x := o.t.x
	c := claim{o: o, g: g, goods: g.goods}
	for i := range with {
		c.take(&with[i])
	}
	if g.twice {
		c.counts = append(c.counts, 2*one)
	}
	c.sizesAmongCounts()
	return c.wish(x)
}

func (c *claim) take(p *part) {
	switch p.is {
	case number:
		if c.isPrice(p) {
			c.prices = append(c.prices, p.n)
			return
		}
		switch {
		case !p.weak:
			c.counts = append(c.counts, p.n)
			c.inWords = c.inWords || p.digits == 0
		case p.counter == "":
			c.article = true
		}
		c.unit(p)
	case badNumber:
		c.vague, c.broken = c.vague || p.weak, c.broken || !p.weak
	case measure:
		c.sizes = appendNew(c.sizes, p.size)
	case price, priceMaybe:
		c.prices = append(c.prices, p.n)
		c.perhaps = c.perhaps || p.is == priceMaybe
	}
}

// isPrice tells of a number whose counter is also a word for money, and that is
// the price of the goods: 900块.
func (c *claim) isPrice(p *part) bool {
	return p.e != nil && p.e.roles&asPriceAfter != 0 && slices.ContainsFunc(c.goods, func(g int32) bool { return amountOf(c.o.t.x.products[g].Price) == p.n })
}

// unit heeds the word for the pack where it names another product: two cartons
// of soap are not two soaps.
func (c *claim) unit(p *part) {
	if p.counter == "" {
		return
	}
	t := c.o.t
	for i := p.from; i < p.to; i++ {
		if t.s.atoms[i].kind != word {
			continue
		}
		packed, ok := t.x.exact[t.s.text(t.s.atoms[i])]
		if !ok || c.g.words == nil || slices.Contains(c.g.words, packed) {
			continue
		}
		k, ok := key(append(slices.Clone(c.g.words), packed))
		if other := t.x.phrases[k]; ok && other != nil && !other.generic {
			c.goods = other.products
			return
		}
	}
	c.packed(p.counter)
}

// packed takes what has the same name and is sold by the box that was said,
// where these goods are not: two boxes of soap.
func (c *claim) packed(unit string) {
	x := c.o.t.x
	var others []int32
	for _, g := range c.goods {
		if x.products[g].Unit == unit {
			return
		}
	}
	if unit != "box" {
		return
	}
	for _, g := range c.goods {
		for _, w := range x.products[g].solo {
			for _, other := range x.byWord[w] {
				if x.products[other].boxed {
					others = appendNew(others, other)
				}
			}
		}
	}
	if len(others) > 0 {
		c.goods = others
	}
}

// leastSize is from where on a bare number can be the size of shoes: smaller
// ones are counts.
const leastSize = 10 * one

// sizesAmongCounts finds the number that is no count but the size of shoes, the
// pages of a book or what a pack holds.
func (c *claim) sizesAmongCounts() {
	for _, of := range [...]dimension{sizes, pages} {
		for i, n := range c.counts {
			s := size{of, n}
			bare := of == sizes && n >= leastSize
			if len(c.sizes) == 0 && (bare || len(c.counts) > 1) && len(c.o.t.fitting(c.goods, s)) > 0 {
				c.counts = slices.Delete(c.counts, i, i+1)
				c.sizes = append(c.sizes, s)
				break
			}
		}
	}
	if len(c.counts) != 2 || len(c.goods) != 1 {
		return
	}
	for i, n := range c.counts {
		if slices.Contains(c.o.t.x.products[c.goods[0]].packs, n) {
			c.counts = slices.Delete(c.counts, i, i+1)
			return
		}
	}
}

func (t *sentence) fitting(goods []int32, s size) []int32 {
	var fit []int32
	for _, g := range goods {
		if t.x.products[g].fits(s) {
			fit = append(fit, g)
		}
	}
	return fit
}

// sized tells whether any of the goods is sold by sizes of a dimension: sandals
// come in one, whatever the shoe size that was said.
func (t *sentence) sized(goods []int32, of dimension) bool {
	for _, g := range goods {
		if slices.ContainsFunc(t.x.products[g].sizes, func(s size) bool { return s.of == of }) {
			return true
		}
	}
	return false
}

// buys tells whether the text has a word for buying.
func (t *sentence) buys() bool {
	for i := range t.parts {
		if e := t.parts[i].e; e != nil && e.roles&asBuy != 0 {
			return true
		}
	}
	return false
}

// wish draws the conclusion.
func (c *claim) wish(x *index) wish {
	qty, counted := c.quantity()
	goods := c.goods
	c.sizes = slices.DeleteFunc(c.sizes, func(s size) bool { return s.of == sizes && !c.o.t.sized(goods, sizes) })
	switch {
	case len(c.sizes) == 1:
		if fit := c.o.t.fitting(goods, c.sizes[0]); len(fit) > 0 {
			goods = fit
			break
		}
		return wish{goods: c.g, unsure: goods, item: Item{Qty: qty}}
	case len(c.sizes) > 1:
		return wish{goods: c.g, unsure: goods, item: Item{Qty: 0}}
	}
	if !c.priced(x, goods, qty) {
		if c.perhaps {
			qty = 0
		}
		return wish{goods: c.g, unsure: goods, item: Item{Qty: qty}}
	}
	guessed := c.g.fuzzy && len(c.counts) == 0 && !c.article && len(c.sizes) == 0 && !c.o.t.buys()
	if !counted || len(goods) != 1 || c.g.generic || guessed {
		return wish{goods: c.g, unsure: goods, item: Item{Qty: qty}}
	}
	return wish{goods: c.g, counted: len(c.counts) > 0, item: Item{SKU: x.products[goods[0]].SKU, Qty: qty}}
}

// maxCount is the largest count that a text can say.
const maxCount = 999_999

// quantity is how many are wanted, if that is certain; else 0.
func (c *claim) quantity() (qty int, ok bool) {
	if c.broken || c.vague && len(c.counts) == 0 || c.article && c.inWords { // "un cadenas neuf" is new, not nine
		return 0, false
	}
	n := one
	for i, count := range c.counts {
		if i > 0 && count != n {
			return 0, false
		}
		n = count
	}
	if n <= 0 || n%one != 0 || n > maxCount*one {
		return 0, false
	}
	return int(n / one), true
}

// priced tells whether every price that was said is that of the goods, for one
// or for all.
func (c *claim) priced(x *index, goods []int32, qty int) bool {
	for _, said := range c.prices {
		right := false
		for _, g := range goods {
			minor := amountOf(x.products[g].Price)
			right = right || said == minor || said == minor*amount(max(qty, 1))
		}
		if !right {
			return false
		}
	}
	return true
}
