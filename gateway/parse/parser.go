package parse

import (
	"bytes"
	"slices"
	"strings"
	"unicode/utf8"

	"haat/catalog"
	"haat/gateway/lang"
)

// Parser understands texts about one catalogue in the languages of a market. It
// is immutable, and safe for use by many at once.
type Parser struct {
	reader    *reader
	index     *index
	languages *lang.Set
}

// New prepares a parser. Nothing of the catalogue or the languages may change
// after that.
func New(c *catalog.Catalog, languages *lang.Set) *Parser {
	r := newReader(languages.Understood())
	return &Parser{r, newIndex(c, r), languages}
}

// Part is a piece of a text and what it was understood to say.
type Part struct {
	Text string
	As   string
}

// Text understands a text of somebody who is thought to speak the language with
// the code. Words of the market's other languages are understood too.
func (p *Parser) Text(text, language string) Meaning {
	m, _ := p.read(text, language)
	return m
}

// Explain understands a text and tells which of its words became what.
func (p *Parser) Explain(text, language string) (Meaning, []Part) {
	m, t := p.read(text, language)
	if t == nil {
		return m, nil
	}
	var parts []Part
	for i := range t.parts {
		q := &t.parts[i]
		if q.to <= len(t.s.atoms) && q.to > q.from {
			parts = append(parts, Part{t.typed(q.from, q.to), t.as(q)})
		}
	}
	return m, parts
}

func (p *Parser) read(text, language string) (Meaning, *sentence) {
	s := p.reader.fold.scan(text)
	if m, ok := wordless(s, text); ok {
		return m, nil
	}
	p.reader.unglue(s, p.index)
	p.reader.lookalikes(s, p.index)
	l := p.reader.listen(s, language)
	t := &sentence{s: s, t: l.t, languages: p.reader.tongues, x: p.index, parts: l.segment(s, p.index)}
	code := l.language(s, t.parts)
	m := t.meaning()
	m.Language = code
	return m, t
}

// wordless understands a text without any word: a number, nothing, or a
// question mark.
func wordless(s *scanned, text string) (Meaning, bool) {
	if len(s.atoms) == 0 {
		return Meaning{Intent: Menu}, true
	}
	if s.atoms[0].kind == digits {
		rest := strings.Trim(string(s.canon[s.atoms[0].to:]), ".# ")
		if rest == "" {
			return Meaning{Intent: Number, Number: s.text(s.atoms[0])}, true
		}
	}
	if strings.Trim(string(s.canon), "? ") == "" {
		return Meaning{Intent: Help}, true
	}
	for _, a := range s.atoms {
		if a.kind != sign {
			return Meaning{}, false
		}
	}
	return Meaning{Intent: Unknown}, true
}

// unglue takes "and" off words that it is written onto, where the rest is known
// and the whole is not.
func (r *reader) unglue(s *scanned, x *index) {
	known := func(w string) bool {
		if r.words[w] != nil {
			return true
		}
		_, ok := x.find(w, false)
		return ok || r.knowsForm(w)
	}
	for i := 0; i < len(s.atoms); i++ {
		a := s.atoms[i]
		if a.kind != word || s.canon[a.from] < utf8.RuneSelf {
			continue
		}
		w := s.text(a)
		for _, glue := range r.andGlue {
			rest, ok := strings.CutPrefix(w, glue)
			if !ok || utf8.RuneCountInString(rest) < 2 || known(w) || !known(rest) && r.begins[rest] == 0 && !x.near(rest) {
				continue
			}
			s.split(i, len(glue), utf8.RuneCountInString(glue))
			break
		}
		for _, glue := range r.forGlue {
			if rest, ok := strings.CutPrefix(w, glue); ok && utf8.RuneCountInString(rest) > 2 && !known(w) && !x.near(w) && !x.near(rest) {
				s.split(i, len(glue), utf8.RuneCountInString(glue))
				break
			}
		}
	}
}

func (r *reader) knowsForm(w string) bool {
	for _, t := range r.tongues {
		for _, f := range plainForms(w, t.inflect) {
			if _, ok := t.own[f.text]; ok {
				return true
			}
		}
	}
	return false
}

func (x *index) near(w string) bool {
	_, ok := x.find(w, true)
	return ok
}

// split makes two atoms of the i-th, after so many bytes of its canon.
func (s *scanned) split(i, bytes, runes int) {
	a := s.atoms[i]
	canon := append([]byte(nil), s.canon[:a.from+bytes]...)
	canon = append(append(canon, ' '), s.canon[a.from+bytes:]...)
	s.canon = canon
	atoms := append([]atom(nil), s.atoms[:i+1]...)
	atoms[i].to = a.from + bytes
	at := a.at
	for range runes {
		_, n := utf8.DecodeRuneInString(s.typed[at:])
		at += n
	}
	atoms[i].end = at
	atoms = append(atoms, atom{kind: word, from: a.from + bytes + 1, to: a.to + 1, at: at, end: a.end, glued: true})
	for _, b := range s.atoms[i+1:] {
		b.from, b.to = b.from+1, b.to+1
		atoms = append(atoms, b)
	}
	s.atoms = atoms
}

// lookalikes reads letters for digits where nothing else is possible: l0, 1O,
// x l0.
func (r *reader) lookalikes(s *scanned, x *index) {
	unit := func(a atom) bool {
		for _, e := range r.words[s.text(a)] {
			if e.roles&(asMeasure|asCounter|asTimes) != 0 {
				return true
			}
		}
		return false
	}
	s.splitUnits(func(a atom) bool {
		return slices.ContainsFunc(r.words[s.text(a)], func(e *entry) bool { return e.roles&asMeasure != 0 })
	})
	s.codeDigits(x)
	letters := func(a atom) bool {
		w := s.text(a)
		return strings.Trim(w, "oli") == "" && len(w) <= 3 && (len(w) == 1 || r.words[w] == nil && x.exact[w] == 0)
	}
	for i := 0; i < len(s.atoms); i++ {
		j := i
		for j < len(s.atoms) && (j == i || s.atoms[j].glued) && (s.atoms[j].kind == digits || letters(s.atoms[j])) {
			j++
		}
		if j == i || !s.free(i, j, unit) || !s.standsForNumber(i, j) {
			continue
		}
		s.asDigits(i, j)
	}
}

// codeDigits reads letters for digits within a code: NPK5O.
func (s *scanned) codeDigits(x *index) {
	for i := 0; i < len(s.atoms); i++ {
		if x.skuBegin[s.text(s.atoms[i])] == 0 || s.atoms[i].kind != word {
			continue
		}
		j := i + 1
		number, letters := "", false
		for ; j < len(s.atoms) && s.atoms[j].glued && (s.atoms[j].kind == digits || s.atoms[j].kind == word); j++ {
			letters = letters || s.atoms[j].kind == word
			number += s.text(s.atoms[j])
		}
		number = strings.NewReplacer("o", "0", "l", "1", "i", "1").Replace(number)
		if _, ok := x.skus[s.text(s.atoms[i])+" "+number]; ok && letters {
			s.asDigits(i+1, j)
		}
	}
}

// splitUnits takes a measure off letters that stand for digits: lkg.
func (s *scanned) splitUnits(unit func(atom) bool) {
	for i := 0; i < len(s.atoms); i++ {
		a := s.atoms[i]
		if a.kind != word || a.to-a.from > 6 || unit(a) {
			continue
		}
		w := s.canon[a.from:a.to]
		if n := len(w) - 1; i > 0 && a.glued && s.atoms[i-1].kind == digits && w[n] == 'x' && n > 0 {
			if measured := (atom{kind: word, from: a.from, to: a.to - 1}); unit(measured) { // 2kgx4
				s.split(i, n, n)
			}
			continue
		}
		if i > 0 && a.glued {
			continue
		}
		n := len(w) - len(bytes.TrimLeft(w, "loi"))
		rest := a
		rest.from += n
		if n > 0 && n < len(w) && rest.to-rest.from > 1 && unit(rest) {
			s.split(i, n, n)
		}
	}
}

// free tells whether no other letter is written onto the atoms, but for an x or
// a unit.
func (s *scanned) free(i, j int, unit func(atom) bool) bool {
	before := i == 0 || !s.atoms[i].glued || s.atoms[i-1].kind != word && s.atoms[i-1].kind != digits || s.text(s.atoms[i-1]) == "x"
	after := j == len(s.atoms) || !s.atoms[j].glued || s.atoms[j].kind != word && s.atoms[j].kind != digits || unit(s.atoms[j])
	return before && after
}

// standsForNumber tells whether letters among the atoms can only be digits:
// they stand with digits, but not as the litre behind them, or after "times".
func (s *scanned) standsForNumber(i, j int) bool {
	letters, numbers := 0, 0
	for _, a := range s.atoms[i:j] {
		if a.kind == digits {
			numbers++
		} else {
			letters++
		}
	}
	last := s.text(s.atoms[j-1])
	switch {
	case letters == 0, last == "l" && j-i > 1:
		return false
	case numbers > 0:
		return true
	}
	if j < len(s.atoms) && s.atoms[j].glued && s.atoms[j].kind == word {
		return true // a unit
	}
	return i > 0 && (s.text(s.atoms[i-1]) == "x" || s.text(s.atoms[i-1]) == "×" || s.text(s.atoms[i-1]) == "*")
}

// asDigits makes one number of the atoms from i to before j.
func (s *scanned) asDigits(i, j int) {
	a := s.atoms[i]
	var number []byte
	for _, b := range s.atoms[i:j] {
		for _, r := range s.canon[b.from:b.to] {
			switch r {
			case 'o':
				r = '0'
			case 'l', 'i':
				r = '1'
			}
			number = append(number, r)
		}
	}
	shift := len(number) - (s.atoms[j-1].to - a.from)
	canon := append([]byte(nil), s.canon[:a.from]...)
	canon = append(append(canon, number...), s.canon[s.atoms[j-1].to:]...)
	a.kind, a.to, a.end = digits, a.from+len(number), s.atoms[j-1].end
	atoms := append(append([]atom(nil), s.atoms[:i]...), a)
	for _, b := range s.atoms[j:] {
		b.from, b.to = b.from+shift, b.to+shift
		atoms = append(atoms, b)
	}
	s.canon, s.atoms = canon, atoms
}
