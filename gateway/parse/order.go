package parse

import (
	"slices"
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

func (w *wish) products(x *index) []int32 {
	if w.unsure != nil {
		return w.unsure
	}
	if g, ok := x.bySKU[w.item.SKU]; ok {
		return []int32{g}
	}
	return w.goods.goods
}

// read understands one row: what is wanted in it, in the order said.
func (o *order) read(r *row) []wish {
	r.bare = !r.has(noise)
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
