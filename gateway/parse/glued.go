package parse

import (
	"strings"
	"unicode/utf8"
)

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
