package parse

import (
	"haat/gateway/gsm"
)

// sentence is a text while it is being understood.
type sentence struct {
	s         *scanned
	t         *tongue
	languages []*tongue // of the market
	x         *index
	parts     []part
}

// part is a piece of a text with what it says.
type part struct {
	from, to int // atoms
	is       what
	e        *entry  // what the language files say of it; may be nil
	own      bool    // e is of the language that the writer is thought to speak
	n        amount  // of a number or a price
	digits   int     // of a number in digits: how many
	weak     bool    // a number that gives way to any other: an article
	gives    bool    // a number that is also a word for giving
	fuzzy    bool    // goods whose name was mistyped
	doubt    bool    // a courtesy that is a number in another language
	twice    bool    // a dual
	size     size    // of a measure
	counted  bool    // of a thing: a number stands beside it
	counter  string  // the unit of a number, where one was said
	goods    []int32 // of goods: which may be meant
	words    []class // of goods: the words of its name
	generic  bool    // goods that are only part of a name
	joined   bool    // to the part before it, without a space
}

// what a part says.
type what uint8

const (
	open  what = iota // a word of the language files whose role is not decided
	mark              // a sign
	thing             // a word that we do not know
	number
	measure
	badNumber // a quantity that is no count
	price
	priceMaybe // a price or a count
	goods
	either  // "or"
	each    // every thing that is named as often
	listing // between two things
	pause   // ends a sentence
	negate
	notBefore // what stands before it is taken back
	correct
	remove
	noise // nothing of an order
)

func (p *part) has(r role) bool { return p.e != nil && p.is == open && p.e.roles&r != 0 }

// at is the i-th part, or nothing where there is none.
func (t *sentence) at(i int) *part {
	if i < 0 || i >= len(t.parts) {
		return &part{is: pause}
	}
	return &t.parts[i]
}

// sign tells whether the i-th part is one of these signs.
func (t *sentence) sign(i int, signs string) bool {
	p := t.at(i)
	if p.is != mark {
		return false
	}
	c := t.s.canon[t.s.atoms[p.from].from]
	for j := range len(signs) {
		if signs[j] == c {
			return true
		}
	}
	return false
}

// merge makes one part of those from i to before j.
func (t *sentence) merge(i, j int, p part) {
	p.from, p.to, p.joined = t.parts[i].from, t.parts[j-1].to, t.parts[i].joined
	t.parts[i] = p
	t.parts = append(t.parts[:i+1], t.parts[j:]...)
}

// drop makes the parts from i to before j no part of an order.
func (t *sentence) drop(i, j int) {
	for k := i; k < j; k++ {
		t.parts[k].is = noise
	}
}

// starts tells whether the i-th part begins a line or a thing in a row.
func (t *sentence) starts(i int) bool {
	return i == 0 || t.newLine(i) || t.sign(i-1, ",;.!?")
}

func (t *sentence) newLine(i int) bool { return i < len(t.parts) && t.s.atoms[t.parts[i].from].line }

// typed is what was typed from one atom to before another.
func (t *sentence) typed(from, to int) string {
	return gsm.Clean(t.s.typed[t.s.atoms[from].at:t.s.atoms[to-1].end])
}
