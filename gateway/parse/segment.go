package parse

import (
	"slices"
)

// scores of what may cover an atom: the reading with most wins. A longer
// name or phrase beats the shorter ones inside it.
const (
	perAtom      = 100
	perPart      = -40
	goodsBonus   = 15
	ownBonus     = 20
	codeBonus    = 40
	genericCost  = -50
	typoCost     = -50
	ordinaryCost = -65
	listedCost   = -10 // of several words: longer than any name within
	formCost     = -5
	unknownCost  = -90
	soundCost    = 10
)

// offered is a part that may cover a piece of a text, with its score.
type offered struct {
	part
	score int
}

// segment covers the text with what the languages and the catalogue know. x may
// be nil.
func (l *ear) segment(s *scanned, x *index) []part {
	n := len(s.atoms)
	said := make([]offered, 0, 3*n+8) // by the language files
	words := make([]found, n)         // of the catalogue, by atom
	for i := range n {
		known := l.offerWords(s, i, func(p part, score int) { said = append(said, offered{p, score}) })
		if x != nil && s.atoms[i].kind == word {
			words[i], _ = x.find(s.text(s.atoms[i]), !known)
		}
	}
	sold := make([]offered, 0, n+8) // by the catalogue
	for i := range n {
		if x != nil {
			add := func(p part, score int) { sold = append(sold, offered{p, score}) }
			x.offerCodes(s, i, add)
			x.offerFull(s, i, add)
			x.offerNames(s, i, l, words, add)
		}
	}
	return cover(s, said, sold)
}

// cover chooses of what is offered, in the order of where it begins, the parts
// that together score most.
func cover(s *scanned, said, sold []offered) []part {
	n := len(s.atoms)
	best := make([]int, n+1)
	chosen := make([]part, n+1) // the part that ends there
	for i := 1; i <= n; i++ {
		best[i] = -1 << 30
	}
	take := func(list []offered, i int) []offered {
		for ; len(list) > 0 && list[0].from == i; list = list[1:] {
			o := &list[0]
			if score := best[i] + o.score + perAtom*(o.to-i) + perPart; score > best[o.to] {
				best[o.to], chosen[o.to] = score, o.part
			}
		}
		return list
	}
	for i := range n {
		said, sold = take(said, i), take(sold, i)
	}
	var parts []part
	for at := n; at > 0; at = chosen[at].from {
		parts = append(parts, chosen[at])
	}
	slices.Reverse(parts)
	for i := range parts {
		parts[i].joined = s.atoms[parts[i].from].glued
	}
	return parts
}

// offerWords offers what the language files know that begins at an atom, and
// the atom by itself. It tells whether the atom is a word of theirs.
func (l *ear) offerWords(s *scanned, i int, offer func(part, int)) (known bool) {
	a := s.atoms[i]
	switch a.kind {
	case digits:
		offer(part{from: i, to: i + 1, is: number, n: readDigits(s.canon[a.from:a.to]), digits: a.to - a.from}, 0)
	case sign:
		offer(part{from: i, to: i + 1, is: mark}, unknownCost)
	default:
		offer(part{from: i, to: i + 1, is: thing}, unknownCost)
	}
	most := l.begins[string(s.canon[a.from:a.to])]
	for j := min(i+most, len(s.atoms)); j > i; j-- {
		if e := l.word(s.span(i, j)); e != nil {
			l.offerEntry(s, i, j, e, offer)
			known = known || j == i+1
		}
	}
	if a.kind == word && !known && a.to-a.from > shortestStem {
		known = l.offerForms(s, i, offer)
	}
	return known
}

func (l *ear) offerEntry(s *scanned, i, j int, e *entry, offer func(part, int)) {
	p := part{from: i, to: j, is: open, e: e, own: e.place == l.t.place, twice: e.dual}
	p.doubt = e.roles&(courtesy|asBuy|asCounter) != 0 && e.roles&(asNumber|asMultiple|asFraction|asNot) == 0 && l.isNumber(s.span(i, j))
	bonus := 0
	if p.own {
		bonus = ownBonus
	}
	if e.roles == asOrdinary && j > i+1 {
		bonus += listedCost
	} else if e.roles == asOrdinary {
		bonus += ordinaryCost
	}
	offer(p, bonus)
}

// isNumber tells whether a word is a number above one in any language.
func (l *ear) isNumber(canon []byte) bool {
	for _, e := range l.words[string(canon)] {
		if e.roles&asNumber != 0 && e.number > one {
			return true
		}
	}
	return false
}

// offerForms offers inflected words of the language files: bags, علبتين.
func (l *ear) offerForms(s *scanned, i int, offer func(part, int)) (known bool) {
	a := s.atoms[i]
	w := string(s.canon[a.from:a.to])
	for _, other := range l.tongues {
		for _, f := range plainForms(w, other.inflect) {
			if e, ok := other.own[f.text]; ok && e.roles&(asCounter|asMeasure|asOrdinary|asFiller|asMultiple|asName) != 0 {
				offer(part{from: i, to: i + 1, is: open, e: e, own: other == l.t, twice: f.dual}, formCost)
				known = true
			}
		}
	}
	return known
}

// readDigits reads a number that may have more digits than any count.
func readDigits(text []byte) amount {
	n := amount(0)
	for _, d := range text {
		if n = n*10 + amount(d-'0'); n > 1e12 {
			return 1e12 * one
		}
	}
	return n * one
}
