package parse

import (
	"slices"

	"haat/gateway/gsm"
)

// wish is one thing that is wanted: certain, or a question.
type wish struct {
	goods  *part
	item   Item    // its quantity is 0 where that is unclear
	unsure []int32 // the products that may be meant; none where the item is certain
}

// order gathers what a text wants.
type order struct {
	t       *sentence
	wishes  []wish
	leftOut string
	refused bool // something was taken back
}

// MaxQuestions is how many unclear parts of one text are asked about.
const MaxQuestions = 8

// order understands the rows of a text.
func (t *sentence) order() *order {
	o := &order{t: t}
	for _, r := range t.rows() {
		switch {
		case r.mode == negate || r.mode == remove:
			o.takeBack(&r)
		case r.mode == correct:
			o.correct(&r)
		default:
			o.add(&r)
		}
	}
	o.note()
	return o
}

// note writes down which words became which goods, for the explanation.
func (o *order) note() {
	for i := range o.wishes {
		w := &o.wishes[i]
		for j := range o.t.parts {
			if p := &o.t.parts[j]; p.is == goods && p.from == w.goods.from {
				p.goods = w.products(o.t.x)
			}
		}
	}
}

// add takes in a row of what is wanted.
func (o *order) add(r *row) {
	for _, w := range o.read(r) {
		o.wish(w)
	}
}

// wish adds to what is wanted already: the same product twice is summed.
func (o *order) wish(w wish) {
	for i := range o.wishes {
		if have := &o.wishes[i]; w.unsure == nil && have.unsure == nil && have.item.SKU == w.item.SKU {
			have.item.Qty += w.item.Qty
			return
		}
	}
	o.wishes = append(o.wishes, w)
}

// takeBack removes what a row names.
func (o *order) takeBack(r *row) {
	o.refused = true
	for i := range r.parts {
		if g := &r.parts[i]; g.is == goods {
			goods := o.narrow(g, r)
			o.wishes = slices.DeleteFunc(o.wishes, func(w wish) bool { return overlap(w.products(o.t.x), goods) })
		}
	}
}

// narrow is what goods of a row may be once its size is heeded.
func (o *order) narrow(g *part, r *row) []int32 {
	if m := r.first(measure); m != nil {
		if fit := o.t.fitting(g.goods, m.size); len(fit) > 0 {
			return fit
		}
		return nil // a size that nobody has asked for
	}
	return g.goods
}

func (w *wish) products(x *index) []int32 {
	if w.unsure != nil {
		return w.unsure
	}
	if g, ok := x.bySKU[w.item.SKU]; ok {
		return []int32{g}
	}
	return w.goods.goods
}

func overlap(a, b []int32) bool {
	for _, v := range a {
		if slices.Contains(b, v) {
			return true
		}
	}
	return false
}

// correct replaces what was said before by what a row says: the same goods, or
// the last that were named.
func (o *order) correct(r *row) {
	last := len(o.wishes) - 1
	if last < 0 {
		o.add(r)
		return
	}
	if !r.has(goods) {
		again := row{parts: append([]part{*o.wishes[last].goods}, r.parts...)}
		if !r.hasCount() && o.wishes[last].unsure == nil { // another size, as many
			again.parts = append(again.parts, part{is: number, n: amount(o.wishes[last].item.Qty) * one})
		}
		o.replace(last, o.read(&again))
		return
	}
	wishes := o.read(r)
	for _, w := range wishes {
		at := last
		for i := range o.wishes {
			if o.t.sameFamily(o.wishes[i].goods, w.goods) {
				at = i
			}
		}
		o.replace(at, []wish{w})
		last = len(o.wishes) - 1
	}
}

func (o *order) replace(at int, wishes []wish) {
	if len(wishes) > 0 {
		o.wishes = slices.Delete(o.wishes, at, at+1)
		for i, w := range wishes {
			o.wishes = slices.Insert(o.wishes, at+i, w)
		}
	}
}

func (t *sentence) sameFamily(a, b *part) bool {
	if a == nil || b == nil {
		return false
	}
	for _, p := range a.goods {
		for _, q := range b.goods {
			if t.x.products[p].family == t.x.products[q].family {
				return true
			}
		}
	}
	return false
}

// read understands one row: what is wanted in it, in the order said.
func (o *order) read(r *row) []wish {
	r.parts = o.compounds(r.parts)
	o.things(r)
	n := r.count(goods)
	if n == 0 {
		return nil
	}
	var wishes []wish
	shares, clear := o.share(r)
	for _, s := range shares {
		w := o.resolve(s.goods, s.parts)
		if !clear && w.unsure == nil {
			w = wish{goods: s.goods, unsure: s.goods.goods}
		}
		wishes = append(wishes, w)
	}
	return wishes
}

// compounds joins goods that stand side by side and name one thing, and takes
// goods beside an unknown word for another thing: a rice cooker is no rice.
func (o *order) compounds(parts []part) []part {
	parts = o.joinGoods(parts)
	for i := range parts {
		if p := &parts[i]; p.is == goods && p.generic && p.e != nil {
			p.is, p.goods = thing, nil
		}
	}
	return o.joinThings(parts)
}

// joinGoods joins goods side by side that name one thing together.
func (o *order) joinGoods(parts []part) []part {
	var out []part
	link, purpose := false, false // only linking words since the last goods; "for" among them
	for _, p := range parts {
		last := len(out) - 1
		if p.is == goods && link && o.t.joins(&out[last], &p, purpose) {
			continue
		}
		if p.is == goods && last > 0 && out[last].is == either && out[last-1].is == goods {
			q := &out[last-1] // this or that
			q.goods, q.generic, q.words, q.to = appendNew(slices.Clone(q.goods), p.goods...), true, nil, p.to
			out = out[:last]
			link = true
			continue
		}
		if p.is == noise {
			link = link && p.isLink()
			if link {
				purpose = purpose || p.e.roles&asNameBefore != 0
				continue
			}
		} else {
			link, purpose = p.is == goods, false
		}
		out = append(out, p)
	}
	return out
}

func (p *part) isLink() bool {
	return p.e != nil && p.e.roles&asLink != 0 && p.e.roles&(asBuy|asName) == 0
}

// joinThings takes goods beside an unknown word for another thing, and notes
// what of the unknown is counted.
func (o *order) joinThings(parts []part) []part {
	var out []part
	link := false // only linking words since the last part that says something
	for _, p := range parts {
		if p.is == noise {
			link = link && p.isLink()
			continue
		}
		if p.is == thing && o.short(&p) {
			link = false
			continue
		}
		if last := len(out) - 1; last >= 0 && link {
			q := &out[last]
			if q.is == goods && p.is == thing && o.belongs(q, &p) {
				continue
			}
			if q.is == thing && p.is == goods && o.belongs(&p, q) {
				out[last] = p
				continue
			}
			if (q.is == goods || q.is == thing) && p.is == thing || q.is == thing && p.is == goods {
				q.counted = q.counted || p.counted || q.is == goods && !q.generic || p.is == goods && !p.generic
				q.is, q.goods, q.to = thing, nil, p.to
				if p.e != nil {
					q.e = p.e
				}
				continue
			}
			p.counted = q.is == number || q.is == measure
			q.counted = q.counted || p.is == number || p.is == measure
		}
		out, link = append(out, p), true
	}
	return out
}

// belongs tells whether the words of a thing are words of the goods beside it,
// though a language knows them as something else: charger ya simu.
func (o *order) belongs(g, p *part) bool {
	var words []class
	for i := p.from; i < p.to; i++ {
		words = append(words, o.t.x.exact[o.t.s.text(o.t.s.atoms[i])])
	}
	for _, i := range g.goods {
		if o.t.supports(i, words) {
			return true
		}
	}
	return false
}

// short tells of unknown words of one or two letters, which name nothing.
func (o *order) short(p *part) bool {
	a := o.t.s.atoms[p.from]
	return p.to == p.from+1 && a.kind == word && p.e == nil && a.to-a.from <= 2
}

// joins narrows goods by other goods that stand beside them; not where they
// have nothing in common. What they are for is no part of their name: pencils
// for school.
func (t *sentence) joins(g, more *part, purpose bool) bool {
	var both []int32
	for _, i := range g.goods {
		if slices.Contains(more.goods, i) || t.supports(i, more.words) {
			both = append(both, i)
		}
	}
	if len(both) == 0 && more.generic == g.generic {
		return false
	}
	if len(both) == 0 {
		for _, i := range more.goods {
			if t.supports(i, g.words) {
				both = append(both, i)
			}
		}
	}
	if len(both) == 0 && purpose && more.generic {
		return true
	}
	if len(both) == 0 {
		g.is, g.goods = thing, nil // a solar torch is none of ours
		g.to = more.to
		return true
	}
	g.generic, g.e = g.generic && more.generic, nil
	g.goods, g.words, g.twice = both, append(slices.Clone(g.words), more.words...), g.twice || more.twice
	g.to = more.to
	return true
}

func (t *sentence) supports(i int32, words []class) bool {
	for _, w := range words {
		if !t.x.products[i].has(w) {
			return false
		}
	}
	return len(words) > 0
}

// things notes what is wanted and not sold: things that are counted, and
// ordinary goods.
func (o *order) things(r *row) {
	for i := range r.parts {
		p := &r.parts[i]
		if p.is == thing && o.leftOut == "" && (p.e != nil || p.counted) {
			o.leftOut = o.t.typed(p.from, p.to)
		}
	}
	idle := func(p part) bool { return p.is == thing && p.e == nil && !p.counted }
	chatter := slices.ContainsFunc(r.parts, idle)
	r.parts = slices.DeleteFunc(r.parts, func(p part) bool {
		return idle(p) || chatter && p.is == goods && p.generic && !p.counted // "my roof is leaking" wants no nails
	})
}

// typed is what was typed from one atom to before another.
func (t *sentence) typed(from, to int) string {
	return gsm.Clean(t.s.typed[t.s.atoms[from].at:t.s.atoms[to-1].end])
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

// claim is what a row says of one kind of goods.
type claim struct {
	o       *order
	g       *part
	goods   []int32
	counts  []amount
	weak    bool // an article stands for one
	vague   bool
	broken  bool // a quantity that is no count
	sizes   []size
	prices  []amount
	perhaps bool // a price may be a count
}

func (c *claim) take(p *part) {
	switch p.is {
	case number:
		if p.weak {
			c.weak = true
		} else {
			c.counts = append(c.counts, p.n)
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

// unit heeds the word for the pack where it names another product: two cartons
// of soap are not two soaps.
func (c *claim) unit(p *part) {
	if p.counter == "" || c.g.words == nil {
		return
	}
	t := c.o.t
	for i := p.from; i < p.to; i++ {
		if t.s.atoms[i].kind != word {
			continue
		}
		packed, ok := t.x.exact[t.s.text(t.s.atoms[i])]
		if !ok || slices.Contains(c.g.words, packed) {
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

// packed asks where something else of the same name is sold by the unit that
// was said, and this is not: a box of soap.
func (c *claim) packed(unit string) {
	x := c.o.t.x
	var others []int32
	for _, g := range c.goods {
		if x.products[g].Unit == unit {
			return
		}
	}
	for _, g := range x.byWord[c.g.words[0]] {
		if x.products[g].Unit == unit && c.o.t.supports(g, c.g.words) && unit == "box" {
			others = append(others, g)
		}
	}
	if len(others) > 0 {
		c.goods = appendNew(slices.Clone(c.goods), others...)
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
	guessed := c.g.fuzzy && len(c.counts) == 0 && len(c.sizes) == 0 && !c.o.t.buys()
	if !counted || len(goods) != 1 || c.g.generic || guessed {
		return wish{goods: c.g, unsure: goods, item: Item{Qty: qty}}
	}
	return wish{goods: c.g, item: Item{SKU: x.products[goods[0]].SKU, Qty: qty}}
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

// maxCount is the largest count that a text can say.
const maxCount = 999_999

// quantity is how many are wanted, if that is certain; else 0.
func (c *claim) quantity() (qty int, ok bool) {
	if c.broken || c.vague && len(c.counts) == 0 {
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

// MaxCandidates is how many products one question names.
const MaxCandidates = 30

// question is what must be asked about an unclear wish.
func (t *sentence) question(w *wish) Question {
	q := Question{Qty: w.item.Qty, Words: t.typed(w.goods.from, w.goods.to)}
	for _, i := range w.unsure[:min(len(w.unsure), MaxCandidates)] {
		q.Candidates = append(q.Candidates, t.x.products[i].SKU)
	}
	return q
}
