package parse

import (
	"slices"
	"unicode/utf8"
)

// offerCodes offers product codes that begin at an atom. Letters and digits of
// a code stand together: RICE5 is one, rice 5 is not.
func (x *index) offerCodes(s *scanned, i int, offer func(part, int)) {
	a := s.atoms[i]
	if i > 0 && a.glued && (s.atoms[i-1].kind == a.kind || s.atoms[i-1].kind == digits) {
		return
	}
	most := x.skuBegin[string(s.canon[a.from:a.to])]
	for j := i + 1; j <= min(i+most, len(s.atoms)); j++ {
		if j > i+1 && !s.atoms[j-1].glued {
			return
		}
		sku, ok := x.skus[string(s.span(i, j))]
		if ok && codeEnds(s, j) && (j > i+1 || !x.severalWith(s.text(a))) {
			bonus := goodsBonus
			if j > i+1 { // letters and digits: nothing but a code
				bonus = codeBonus
			}
			offer(part{from: i, to: j, is: goods, goods: []int32{sku}}, bonus)
		}
	}
}

// severalWith tells whether a word that is also a code is part of the names of
// several goods: who writes "solar" may mean any of them.
func (x *index) severalWith(w string) bool {
	k, ok := key([]class{x.exact[w]})
	p := x.phrases[k]
	return ok && x.exact[w] != 0 && p != nil && p.generic && len(p.products) > 1
}

// codeEnds tells whether a code may end before an atom: what is written onto it
// must be no letter, unless it says "times".
func codeEnds(s *scanned, j int) bool {
	if j == len(s.atoms) || !s.atoms[j].glued || s.atoms[j].kind == sign || s.atoms[j].kind == han {
		return true
	}
	return s.text(s.atoms[j]) == "x" && j+1 < len(s.atoms) && s.atoms[j+1].glued && s.atoms[j+1].kind == digits
}

// offerFull offers names that stand as the menu shows them, signs and all.
func (x *index) offerFull(s *scanned, i int, offer func(part, int)) {
	most := x.fullBegin[string(s.canon[s.atoms[i].from:s.atoms[i].to])]
	for j := min(i+most, len(s.atoms)); j > i+1; j-- {
		if g, ok := x.full[string(s.span(i, j))]; ok {
			offer(part{from: i, to: j, is: goods, goods: []int32{g}}, codeBonus)
			return
		}
	}
}

// offerNames offers names of goods that begin at an atom. words are the
// catalogue's words by atom.
func (x *index) offerNames(s *scanned, i int, l *ear, words []found, offer func(part, int)) {
	if s.atoms[i].kind == sign {
		return
	}
	x.offerHan(s, i, offer)
	if s.atoms[i].kind == word {
		x.offerWordNames(s, i, l, words, offer)
		if !words[i].whole() || i+1 < len(words) && !words[i+1].whole() {
			x.offerJoined(s, i, l, offer)
		}
	}
}

// offerWordNames offers names in words, whatever their order and linking words.
func (x *index) offerWordNames(s *scanned, i int, l *ear, words []found, offer func(part, int)) {
	var buf [len(phraseKey{})]class
	classes := buf[:0]
	cost, twice := float32(0), false
	for j := i; j < len(s.atoms) && len(classes) < len(buf); j++ {
		a := s.atoms[j]
		if a.kind != word {
			return
		}
		f := words[j]
		link := j > i && l.links[string(s.canon[a.from:a.to])]
		if f.class == 0 {
			if link {
				continue
			}
			return
		}
		with := append(classes, f.class)
		k, _ := key(with)
		p := x.phrases[k]
		if link && p == nil {
			continue
		}
		classes, cost, twice = with, cost+f.cost, twice || f.dual
		if p == nil {
			continue
		}
		named := part{from: i, to: j + 1, is: goods, goods: p.products, words: slices.Clone(classes), generic: p.generic, twice: twice, fuzzy: cost > 0.02}
		score := goodsBonus + int(typoCost*cost)
		if p.generic {
			score += genericCost
			if e := l.word(s.canon[a.from:a.to]); e != nil && e.roles&asOrdinary != 0 && (len(p.products) == 1 || e.place == l.t.place && !x.isHead(f.class, p.products)) {
				named.e = e // by itself it is no more than an ordinary thing
			}
		}
		offer(named, score)
	}
}

// offerJoined offers a name that was written in two words where it is one, or
// in one where it is two: tooth paste, solarlamp.
func (x *index) offerJoined(s *scanned, i int, l *ear, offer func(part, int)) {
	a := s.atoms[i]
	w := string(s.canon[a.from:a.to])
	if l.words[w] != nil {
		return
	}
	for j := i + 1; j < min(i+3, len(s.atoms)) && s.atoms[j].kind == word && l.words[s.text(s.atoms[j])] == nil; j++ {
		w += s.text(s.atoms[j])
		if len(w) > 5 {
			if f, ok := x.find(w, true); ok {
				x.offerClasses(i, j+1, []class{f.class}, f.cost, offer)
			}
		}
	}
	w = string(s.canon[a.from:a.to])
	for at := range w {
		if at < 3 || len(w)-at < 3 {
			continue
		}
		first, ok1 := x.exact[w[:at]]
		second, ok2 := x.exact[w[at:]]
		if ok1 && ok2 {
			x.offerClasses(i, i+1, []class{first, second}, 0, offer)
		}
	}
}

func (x *index) offerClasses(from, to int, classes []class, cost float32, offer func(part, int)) {
	k, _ := key(classes)
	if p := x.phrases[k]; p != nil && !p.generic {
		offer(part{from: from, to: to, is: goods, goods: p.products, words: classes}, goodsBonus-10+int(typoCost*cost))
	}
}

// offerHan offers names with Chinese characters, and such that sound like one.
func (x *index) offerHan(s *scanned, i int, offer func(part, int)) {
	hans := 0
	for j := i + 1; j <= min(i+x.hanMost, len(s.atoms)); j++ {
		if s.atoms[j-1].kind == sign {
			return
		}
		if s.atoms[j-1].kind == han {
			hans++
		}
		if hans == 0 {
			if j-i > 2 {
				return
			}
			continue
		}
		span := s.span(i, j)
		p := x.han[string(span)]
		cost := 0
		if p == nil && hans == j-i && hans >= 2 && hans <= 5 {
			p, cost = x.sounding(string(span)), soundCost
		}
		if p == nil {
			continue
		}
		if p.generic {
			cost -= genericCost
		}
		offer(part{from: i, to: j, is: goods, goods: p.products, generic: p.generic}, goodsBonus-cost)
	}
}

// sounding finds the name that sounds the same and has at least one of its
// characters in its place, if there is just one.
func (x *index) sounding(typed string) *phrase {
	var found *phrase
	for _, canon := range x.sound[pinyinOf(typed)] {
		if !sharesCharacter(typed, canon) {
			continue
		}
		if p := x.han[canon]; found == nil {
			found = p
		} else if !slices.Equal(found.products, p.products) {
			return nil
		}
	}
	return found
}

func sharesCharacter(a, b string) bool {
	for len(a) > 0 && len(b) > 0 {
		ra, na := utf8.DecodeRuneInString(a)
		rb, nb := utf8.DecodeRuneInString(b)
		if ra == rb {
			return true
		}
		a, b = a[na:], b[nb:]
	}
	return false
}
