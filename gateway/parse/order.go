package parse

import (
	"slices"
)

// wish is one thing that is wanted: certain, or a question.
type wish struct {
	goods    *part
	counted  bool // a quantity was said
	sentence int
	item     Item    // its quantity is 0 where that is unclear
	unsure   []int32 // the products that may be meant; none where the item is certain
}

// order gathers what a text wants.
type order struct {
	t       *sentence
	wishes  []wish
	leftOut string
	each    int // how many of every thing of the sentence eachIn; 0 where that was not said
	eachIn  int
	refused bool // something was taken back just now
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
	o.dropSettled()
	o.note()
	return o
}

// dropSettled drops the questions that a certain wish answers: "for my 3 cows
// 1 dairy meal" asks nothing.
func (o *order) dropSettled() {
	settled := func(w wish) bool {
		return w.unsure != nil && w.goods.generic && slices.ContainsFunc(o.wishes, func(c wish) bool {
			return c.unsure == nil && overlap(c.products(o.t.x), w.unsure)
		})
	}
	o.wishes = slices.DeleteFunc(slices.Clone(o.wishes), settled)
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
	o.hearEach(r)
	o.refused = false
	for _, w := range o.read(r) {
		o.wish(w)
	}
}

// wish adds to what is wanted already: the same product twice is summed.
func (o *order) wish(w wish) {
	for i := range o.wishes {
		have := &o.wishes[i]
		if w.unsure != nil || have.unsure != nil || have.item.SKU != w.item.SKU {
			continue
		}
		switch {
		case have.sentence == w.sentence || have.counted && w.counted:
			have.item.Qty += w.item.Qty
		case !have.counted: // "We need soap. Send 2 soap."
			have.item.Qty, have.counted = w.item.Qty, w.counted
		}
		return
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
		w.sentence = r.sentence
		o.forEach(&w)
		wishes = append(wishes, w)
	}
	if r.has(either) && len(wishes) > 1 {
		return o.oneOf(wishes)
	}
	return wishes
}

// oneOf asks which of several was meant: 1 hoe or 1 spade.
func (o *order) oneOf(wishes []wish) []wish {
	one := wishes[0]
	one.unsure = slices.Clone(one.products(o.t.x))
	for _, w := range wishes[1:] {
		one.unsure = appendNew(one.unsure, w.products(o.t.x)...)
		if w.item.Qty != one.item.Qty {
			one.item.Qty = 0
		}
	}
	one.item.SKU = ""
	return []wish{one}
}

// hearEach notes the count that a row gives to every thing of its sentence.
func (o *order) hearEach(r *row) {
	if o.eachIn != r.sentence {
		o.each = 0
	}
	if n := r.first(number); n != nil && r.has(each) && n.n%one == 0 && n.n > 0 && n.n <= maxCount*one {
		o.each, o.eachIn = int(n.n/one), r.sentence
		for i := range o.wishes {
			if w := &o.wishes[i]; w.sentence == r.sentence {
				o.forEach(w)
			}
		}
	}
}

// forEach gives a wish without a count that of every thing.
func (o *order) forEach(w *wish) {
	if o.each > 0 && !w.counted && w.sentence == o.eachIn && (w.unsure == nil || len(w.unsure) > 1) {
		w.item.Qty, w.counted = o.each, true
	}
}

// takeBack removes what a row names.
func (o *order) takeBack(r *row) {
	o.refused = true
	if last := len(o.wishes) - 1; last >= 0 && !r.has(goods) && r.has(measure) { // another size of what was named last
		r.parts = append([]part{*o.wishes[last].goods}, r.parts...)
	}
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
	if last < 0 || o.refused {
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
		at, same := last, false
		for i := range o.wishes {
			if o.t.sameFamily(o.wishes[i].goods, w.goods) {
				at, same = i, true
			}
		}
		if r.excuse && !same {
			o.replace(at, o.oneOf([]wish{o.wishes[at], w}))
			continue
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
