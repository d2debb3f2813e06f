package parse

import "slices"

// row is a stretch of a text that speaks of one thing, or of several that
// nothing divides.
type row struct {
	mode     what // open: wanted; negate, correct, remove
	parts    []part
	bare     bool // nothing but what is wanted was said in it
	sentence int
	excuse   bool // what corrects may be mere politeness: "sorry"
}

func (r *row) first(w what) *part {
	for i := range r.parts {
		if r.parts[i].is == w {
			return &r.parts[i]
		}
	}
	return nil
}

func (r *row) has(w what) bool { return r.first(w) != nil }

func (r *row) count(w what) int {
	n := 0
	for i := range r.parts {
		if r.parts[i].is == w {
			n++
		}
	}
	return n
}

// decide settles what the words say that are still open.
func (t *sentence) decide() {
	for i := range t.parts {
		if p := &t.parts[i]; p.is == mark {
			p.is = t.punctuation(i)
		}
	}
	for i := range t.parts {
		if p := &t.parts[i]; p.is == open {
			p.is = t.role(i)
		}
	}
	t.personNames()
	t.doubledCharacters()
	t.packsThatAreGoods()
}

// packsThatAreGoods takes a word for a pack as the product whose code it is,
// where no other goods stand in its row: SACK 2.
func (t *sentence) packsThatAreGoods() {
	for i := range t.parts {
		p := &t.parts[i]
		if p.e == nil || p.e.roles&asCounter == 0 || t.rowHas(i, -1, goods) || t.rowHas(i, 1, goods) || p.to-p.from > 2 {
			continue
		}
		for a := p.from; a < p.to; a++ {
			if g, ok := t.x.skus[t.s.text(t.s.atoms[a])]; ok && t.s.atoms[a].kind == word {
				if p.is == number {
					t.parts = slices.Insert(t.parts, i, part{from: a, to: a + 1})
				}
				t.parts[i] = part{from: a, to: a + 1, is: goods, goods: []int32{g}}
				return
			}
		}
	}
}

// doubledCharacters drops a Chinese character that was typed twice.
func (t *sentence) doubledCharacters() {
	for i := range t.parts {
		p := t.at(i)
		if p.is != thing || p.to != p.from+1 || t.s.atoms[p.from].kind != han {
			continue
		}
		same := func(a int) bool {
			return a >= 0 && a < len(t.s.atoms) && t.s.text(t.s.atoms[a]) == t.s.text(t.s.atoms[p.from])
		}
		if same(p.from-1) || same(p.to) {
			p.is = noise
		}
	}
}

func (t *sentence) punctuation(i int) what {
	switch {
	case t.sign(i, "/") && t.at(i-1).is == goods && t.at(i+1).is == number: // soap/2
		return noise
	case t.sign(i, ",;&+/|"):
		return listing
	case t.sign(i, ".!?"):
		return pause
	}
	return noise
}

func (t *sentence) role(i int) what {
	r := t.parts[i].e.roles
	switch p := &t.parts[i]; {
	case r&asCounter != 0 && p.joined && t.s.atoms[p.from].kind == han && t.at(i-1).is == goods: // 手套箱 is a box
		return thing
	case r&(asNot|asNotAfter|asCorrect|asRemove) != 0:
		return t.takingBack(i, r)
	case r&asOr != 0 && t.rowHas(i, -1, goods) && t.rowHas(i, 1, goods):
		return either
	case r&asEach != 0 && (t.at(i-1).is == number || t.at(i+1).is == number):
		return each
	case r&asAnd != 0:
		return listing
	case r&asOrdinary != 0 && r&(courtesy|asBuy) == 0, r&asCalled != 0 && r&courtesy == 0 && (t.at(i-1).is == goods || t.at(i+1).is == goods):
		return thing
	}
	return noise
}

// takingBack decides what a word of negation or correction does where it stands.
func (t *sentence) takingBack(i int, r role) what {
	before := t.saidBefore(i)
	switch {
	case r&asCorrect != 0 && before && t.numberNext(i) && !t.rowHas(i, 1, goods):
		return correct
	case r&asNot != 0 && before && t.at(i+1).is == number && !t.rowHas(i, 1, goods): // 3 soap not 2
		return negate
	case r&(asCorrect|asNot) != 0 && before && t.alone(i):
		return correct
	case r&(asNot|asNotAfter) != 0 && t.at(i-1).is == number && divides(t.at(i-2)) && !t.rowHas(i, 1, goods) && !t.rowHas(i, 1, number):
		return notBefore // 5 packets, not 3
	case r&asNotAfter != 0 && t.rowHas(i, -1, goods) && (r&asNot == 0 || !t.rowHas(i, 1, goods)):
		return notBefore
	case r&asRemove != 0 && t.rowHas(i, 1, goods):
		return remove
	case r&asCorrect != 0 && (before || t.negated(i)) && (r&asNot == 0 || t.corrects(i)):
		return correct
	case r&asNot != 0 && t.rowHas(i, 1, goods):
		return negate
	case r&asNot != 0 && (t.rowHas(i, 1, number) || t.rowHas(i, 1, measure)):
		return negate
	case r&asNotAfter != 0 && before:
		return notBefore
	case r&asAnd != 0:
		return listing
	}
	return noise
}

// alone tells whether the word at i stands between two signs.
func (t *sentence) alone(i int) bool {
	return divides(t.at(i-1)) && divides(t.at(i+1))
}

func divides(p *part) bool { return p.is == listing || p.is == pause }

// negated tells whether something was taken back before the word at i.
func (t *sentence) negated(i int) bool {
	for j := range i {
		if t.parts[j].is == negate {
			return true
		}
	}
	return false
}

// numberNext tells whether only excuses stand between the word at i and a number.
func (t *sentence) numberNext(i int) bool {
	for i++; t.at(i).has(asCorrect | asFiller | asNot); i++ {
	}
	return t.at(i).is == number || t.at(i).is == measure
}

// corrects tells whether what follows the word at i says anew what was said
// before: a quantity, or the same goods.
func (t *sentence) corrects(i int) bool {
	for j := i + 1; j < len(t.parts); j++ {
		p := t.at(j)
		switch p.is {
		case number, measure, badNumber:
			return true
		case listing:
			if j > i+1 {
				return false
			}
		case pause, thing:
			return false
		case goods:
			return t.saidGoods(i, p) && (t.rowHas(j, 1, number) || t.rowHas(j, 1, measure))
		}
	}
	return false
}

func (t *sentence) saidGoods(before int, g *part) bool {
	for j := range before {
		for _, a := range t.parts[j].goods {
			for _, b := range g.goods {
				if t.x.products[a].family == t.x.products[b].family {
					return true
				}
			}
		}
	}
	return false
}

func (t *sentence) saidBefore(i int) bool {
	for j := range i {
		if t.parts[j].is == goods {
			return true
		}
	}
	return false
}

// rowHas looks from the part at i to the end of its row, either way.
func (t *sentence) rowHas(i, step int, w what) bool {
	for j := i + step; j >= 0 && j < len(t.parts); j += step {
		p := &t.parts[j]
		switch {
		case p.is == w:
			return true
		case p.is == listing || p.is == pause || p.is == mark && t.sign(j, ",;.!?") && j != i+step:
			return false
		case p.is == open && p.e.roles&asAnd != 0 && p.e.roles&asNot == 0, step > 0 && t.newLine(j):
			return false
		}
	}
	return false
}

func (t *sentence) beside(i int, w what) bool {
	return t.at(i-1).is == w || t.at(i-2).is == w && t.at(i+1).is == w || t.at(i+1).is == w
}

// personNames drops unknown words behind those that introduce a person's name,
// and behind names: "I am Wekesa", "Mary Nafula".
func (t *sentence) personNames() {
	for i := 1; i < len(t.parts); i++ {
		before := t.at(i - 1)
		if t.at(i).is == thing && t.at(i).e == nil && before.is == noise && before.e != nil && before.e.roles&(asNameBefore|asName) != 0 {
			p := t.at(i)
			p.is, p.e = noise, before.e
			if t.s.atoms[p.from].kind != han && before.e.roles&asName == 0 {
				p.e = &entry{roles: asName}
			}
		}
	}
}

// rows cuts the text where its things are divided.
func (t *sentence) rows() []row {
	var rows []row
	now := row{}
	sentence := 0
	flush := func(mode what) {
		if len(now.parts) > 0 {
			rows = append(rows, now)
		}
		now = row{mode: mode, sentence: sentence}
	}
	for i := range t.parts {
		p := t.parts[i]
		if t.newLine(i) {
			flush(open)
		}
		switch p.is {
		case listing, pause:
			if p.is == pause {
				sentence++
			}
			flush(t.afterListing(&now, i))
		case negate, correct, remove:
			flush(p.is)
			now.excuse = p.e != nil && p.e.roles&asFiller != 0
		case notBefore:
			rest := now.cutLastGoods()
			flush(negate)
			now.parts = rest
			flush(open)
		case noise:
			if p.e != nil && p.e.roles&asBuy != 0 && now.mode != open && now.has(goods) {
				flush(open)
			}
			now.parts = append(now.parts, p)
		default:
			if last := len(now.parts) - 1; p.is == goods && now.mode != open && now.mode != correct && now.has(goods) && now.parts[last].is != goods {
				flush(open) // what is taken back is one thing
			}
			now.parts = append(now.parts, p)
		}
	}
	flush(open)
	return joinRows(rows)
}

// cutLastGoods leaves the row without its last goods and what is said of them,
// and gives these.
func (r *row) cutLastGoods() []part {
	for i := len(r.parts) - 1; i >= 0; i-- {
		if r.parts[i].is != goods {
			continue
		}
		if i > 0 && r.parts[i-1].is == number && (i == 1 || r.parts[i-2].is != goods) {
			i--
		}
		rest := append([]part(nil), r.parts[i:]...)
		r.parts = r.parts[:i]
		return rest
	}
	rest := r.parts
	r.parts = nil
	return rest
}

// afterListing is the mode of what follows a comma: a word of correction may
// have one behind it.
func (t *sentence) afterListing(now *row, i int) what {
	if now.mode != open && !now.has(goods) && !now.has(number) && !now.has(measure) && !now.has(thing) {
		return now.mode
	}
	return open
}

// joinRows joins what a comma has divided and belongs together: goods and their
// quantity or size.
func joinRows(rows []row) []row {
	var out []row
	for _, r := range rows {
		if !r.has(goods) && !r.has(number) && !r.has(measure) && !r.has(badNumber) && !r.has(thing) && !r.has(price) {
			continue // courtesy
		}
		if last := len(out) - 1; last >= 0 && r.mode == open && !r.has(goods) && !r.has(thing) {
			switch before := &out[last]; {
			case before.takes(&r):
				before.parts = append(before.parts, r.parts...)
				continue
			case r.has(measure) && r.terse() && before.mode == open && before.count(goods) == 1 && !before.has(thing): // sugar 1kg and 2kg
				r.parts = append([]part{*before.first(goods)}, r.parts...)
			case (r.hasCount() || r.has(measure)) && before.mode == open && before.has(goods) && !r.has(each) && r.sentence == before.sentence:
				before.parts = append(before.parts, part{is: badNumber, from: r.parts[0].from, to: r.parts[0].to})
				continue
			}
		}
		if last := len(out) - 1; last >= 0 && r.mode == open && r.has(goods) && out[last].stray() && out[last].sentence == r.sentence {
			r.parts = append(r.parts, part{is: badNumber, from: out[last].parts[0].from, to: out[last].parts[0].to}) // "2 or 3 soap" in words we lack
		}
		out = append(out, r)
	}
	return out
}

// stray tells whether the row is a number of which nobody knows what it counts.
func (r *row) stray() bool {
	return r.mode == open && r.has(number) && r.hasCount() && !r.has(goods) && !r.has(thing) && !r.has(measure)
}

// terse tells whether the row has nothing beside what it counts and measures but
// linking words.
func (r *row) terse() bool {
	for i := range r.parts {
		if p := &r.parts[i]; p.is == noise && !p.isLink() {
			return false
		}
	}
	return true
}

// takes tells whether a row of one kind of goods lacks what another has.
func (r *row) takes(more *row) bool {
	return r.count(goods) == 1 && !r.has(thing) &&
		!(more.has(badNumber) && more.sentence != r.sentence) && !(more.has(number) && r.hasCount()) && !(more.has(measure) && r.has(measure)) && !(more.has(badNumber) && r.hasCount())
}

func (r *row) hasCount() bool {
	for i := range r.parts {
		if p := &r.parts[i]; p.is == badNumber || p.is == number && !p.weak {
			return true
		}
	}
	return false
}
