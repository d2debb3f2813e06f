package parse

import (
	"bytes"
	"slices"
	"strings"
)

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
	letters := func(i int) bool {
		w := s.text(s.atoms[i])
		free := len(w) == 1 || r.words[w] == nil && x.exact[w] == 0 || i > 0 && s.saysTimes(i-1)
		return strings.Trim(w, "oli") == "" && len(w) <= 3 && free
	}
	for i := 0; i < len(s.atoms); i++ {
		j := i
		for j < len(s.atoms) && (j == i || s.atoms[j].glued) && (s.atoms[j].kind == digits || letters(j)) {
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
	return i > 0 && s.saysTimes(i-1)
}

// saysTimes tells whether the i-th atom is a sign of multiplication.
func (s *scanned) saysTimes(i int) bool {
	w := s.text(s.atoms[i])
	return w == "x" || w == "×" || w == "*"
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
