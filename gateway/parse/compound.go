package parse

import (
	"slices"
)

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
	g.generic, g.e = g.generic && more.generic && !t.namesOne(both, append(slices.Clone(g.words), more.words...)), nil
	g.goods, g.words, g.twice = both, append(slices.Clone(g.words), more.words...), g.twice || more.twice
	g.to = more.to
	return true
}

// namesOne tells whether words that are each part of several names together say
// what a thing is and leave only one: بطاريات AA.
func (t *sentence) namesOne(goods []int32, words []class) bool {
	return len(goods) == 1 && len(words) > 1 && slices.ContainsFunc(words, func(w class) bool { return slices.Contains(t.x.products[goods[0]].heads, w) })
}

func (t *sentence) supports(i int32, words []class) bool {
	for _, w := range words {
		if !t.x.products[i].has(w) {
			return false
		}
	}
	return len(words) > 0
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
			counts := func(n *part) bool { return n.is == number && !n.weak || n.is == measure }
			p.counted = counts(q)
			q.counted = q.counted || counts(&p)
		}
		out, link = append(out, p), true
	}
	return out
}

func (p *part) isLink() bool {
	return p.e != nil && p.e.roles&asLink != 0 && p.e.roles&(asBuy|asName) == 0
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

// isHead tells whether goods are called by what they are, or by a word that
// several have: not by what one of them is like.
func (t *sentence) isHead(p *part) bool {
	if len(p.goods) != 1 || len(p.words) != 1 {
		return true
	}
	return slices.Contains(t.x.products[p.goods[0]].heads, p.words[0])
}

// things notes what is wanted and not sold: things that are counted, and
// ordinary goods.
func (o *order) things(r *row) {
	for i := range r.parts {
		p := &r.parts[i]
		if p.is == thing && o.leftOut == "" && (p.e != nil && r.bare || p.counted || r.has(number) && !r.has(goods)) {
			o.leftOut = o.t.typed(p.from, p.to)
		}
	}
	idle := func(p part) bool { return p.is == thing && p.e == nil && !p.counted }
	chatter := slices.ContainsFunc(r.parts, idle)
	r.parts = slices.DeleteFunc(r.parts, func(p part) bool {
		idler := chatter || !o.t.isHead(&p) // "my roof is leaking" wants no nails, a blue house no pen
		return idle(p) || p.is == goods && p.generic && !p.counted && idler
	})
}
