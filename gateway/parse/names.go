package parse

import (
	"slices"
	"strings"

	"haat/catalog"
	"haat/gateway/lang"
)

// measured is what the names of goods say beside what the goods are.
type measured struct {
	sizes []size
	packs []amount
}

// name reads one name or alias: its words without what it measures, "rice" of
// "Rice 5 kg". A name with something in brackets is also known without it.
func (r *reader) name(text, language string) ([]name, measured) {
	var m measured
	s := r.fold.scan(text)
	head := r.head(text, language)
	if !r.mayMeasure(s) {
		t := &sentence{s: s, parts: []part{{to: len(s.atoms)}}}
		return headed(r.wordsOf(t, nil, &m), head), m
	}
	l := r.listen(s, language, nil)
	t := &sentence{s: s, t: l.t, parts: l.segment(s, nil)}
	brackets := t.brackets(&m)
	t.writtenNumbers()
	t.numberNames()
	t.measures()
	var names []name
	all, plain := r.wordsOf(t, nil, &m), r.wordsOf(t, brackets, &m)
	names = append(names, plain...)
	if len(brackets) > 0 {
		names = append(names, all...)
	}
	return headed(names, head), m
}

// head tells where the name's language has the word that says what a thing is.
// A name that is turned round by a comma tells nothing.
func (r *reader) head(text, language string) lang.Compounds {
	for _, t := range r.tongues {
		if t.lang.Code == language && !strings.ContainsRune(text, ',') {
			return t.words.Compounds
		}
	}
	return ""
}

// spoken is the place of the language with the code, or of the one that it is a
// script of, as a bit.
func (r *reader) spoken(code string) uint32 {
	code, _, _ = strings.Cut(code, "-")
	for i, t := range r.tongues {
		if t.lang.Code == code {
			return 1 << i
		}
	}
	return 0
}

func headed(names []name, head lang.Compounds) []name {
	for i := range names {
		names[i].head = head
	}
	return names
}

// mayMeasure tells whether a name has anything beside words of what it is.
func (r *reader) mayMeasure(s *scanned) bool {
	for _, a := range s.atoms {
		if a.kind == digits || a.kind == sign || r.measures[string(s.canon[a.from:a.to])] {
			return true
		}
	}
	return false
}

// brackets notes the atoms in brackets. A number in them is what a pack holds.
func (t *sentence) brackets(m *measured) map[int]bool {
	inside := map[int]bool{}
	depth := 0
	for i := range t.parts {
		p := t.parts[i]
		if t.sign(i, "(") {
			depth++
		}
		if depth > 0 {
			for a := p.from; a < p.to; a++ {
				inside[a] = true
			}
			if p.is == number {
				m.packs = appendNew(m.packs, p.n)
				t.parts[i].is = noise
			}
		}
		if t.sign(i, ")") && depth > 0 {
			depth--
		}
	}
	return inside
}

// numberNames makes numbers of the words beside measures only: "two" may be
// part of a name.
func (t *sentence) numberNames() {
	for i := range t.parts {
		p := &t.parts[i]
		if p.has(asNumber) && (t.at(i+1).has(asMeasure) || t.at(i-1).has(asMeasure)) {
			p.is, p.n = number, p.e.number
		}
	}
}

// wordsOf are the words of a name that say what it is, without the atoms that
// are left out. A name with Chinese characters is kept in one piece.
func (r *reader) wordsOf(t *sentence, without map[int]bool, m *measured) []name {
	var words, pieces []string
	chinese := false
	for i := range t.parts {
		p := &t.parts[i]
		if p.is == measure {
			m.sizes = appendNew(m.sizes, p.size)
			continue
		}
		if p.is == number {
			continue
		}
		for a := p.from; a < p.to; a++ {
			atom := t.s.atoms[a]
			text := t.s.text(atom)
			if without[a] || atom.kind == sign || atom.kind == digits {
				continue
			}
			if chinese = chinese || atom.kind == han; len(pieces) > 0 && (atom.kind != han || t.s.atoms[a-1].kind != han) {
				pieces = append(pieces, " ")
			}
			pieces = append(pieces, text)
			words = append(words, text)
		}
	}
	if chinese {
		return chineseName(strings.Join(pieces, ""))
	}
	for i := len(words) - 2; i > 0; i-- { // a link has words on both sides
		if r.links[words[i]] {
			words = slices.Delete(words, i, i+1)
		}
	}
	if len(words) == 0 {
		return nil
	}
	return []name{{words: words}}
}

// chineseName is a name in Chinese characters and as it is typed by its sound.
func chineseName(canon string) []name {
	names := []name{{canon: canon}}
	if sound := pinyinOf(canon); sound != "" {
		names = append(names, name{words: []string{sound}})
	}
	return names
}

// amountOf is a price in thousandths of the currency's whole unit.
func amountOf(m catalog.Money) amount {
	if catalog.Digits(m.Currency) == 2 {
		return amount(m.Minor) * one / 100
	}
	return amount(m.Minor) * one
}
