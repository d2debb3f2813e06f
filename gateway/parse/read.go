package parse

import (
	"slices"
	"strings"
	"unicode/utf8"

	"haat/gateway/lang"
)

// reader knows the words of the languages.
type reader struct {
	tongues  []*tongue
	words    map[string][]*entry // of all languages, in the order of the market
	fold     folding
	begins   map[string]int // first atom of an entry -> how many atoms the longest such has
	links    map[string]bool
	counters map[string]bool
	measures map[string]bool // what words for measures begin with
	scripts  map[int]int     // the only language that is written in a script, or -1
	andGlue  []string        // written onto the next word: Arabic "and"
}

func newReader(languages []*lang.Language) *reader {
	r := &reader{scripts: map[int]int{}, words: map[string][]*entry{}, begins: map[string]int{}, links: map[string]bool{}, measures: map[string]bool{}, counters: map[string]bool{}}
	r.tongues, r.fold = newTongues(languages)
	for _, t := range r.tongues {
		for key, e := range t.own {
			r.words[key] = append(r.words[key], e)
			s := r.fold.scan(key)
			if at := s.script(s.atoms[0]); s.atoms[0].kind == word || s.atoms[0].kind == han {
				if owner, ok := r.scripts[at]; ok && owner != t.place {
					r.scripts[at] = -1
				} else {
					r.scripts[at] = t.place
				}
			}
			first := s.text(s.atoms[0])
			r.begins[first] = max(r.begins[first], len(s.atoms))
			if e.roles&(asMeasure|asLocalMeasure) != 0 {
				r.measures[first] = true
			}
			if e.roles&asCounter != 0 {
				r.counters[key] = true
			}
			if e.roles&asLink != 0 {
				r.links[key] = true
			}
		}
		for _, glued := range t.words.Glued.And {
			r.andGlue = appendNew(r.andGlue, string(r.fold.scan(glued).canon))
		}
	}
	return r
}

// ear is a reader that listens to one text: it knows which language its writer
// is thought to speak, and which of the others the text sounds like.
type ear struct {
	*reader
	t    *tongue
	rank []int // by the place of a language: lower is nearer
}

// listen prepares for a text of somebody who is thought to speak the language
// with the code; without one the text must tell.
func (r *reader) listen(s *scanned, code string) *ear {
	votes := make([]int, len(r.tongues))
	for _, a := range s.atoms {
		if a.kind == sign {
			continue
		}
		if owner, ok := r.scripts[s.script(a)]; ok && owner >= 0 {
			votes[owner] += 3
		}
		entries := r.words[string(s.canon[a.from:a.to])]
		for _, e := range entries {
			votes[e.place] += 1 + 2/len(entries) // a word of one language alone tells most
		}
	}
	l := &ear{reader: r}
	own := -1
	for i, t := range r.tongues {
		if t.lang.Code == code {
			own, votes[i] = i, 1<<20
		}
	}
	order := make([]int, len(votes))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return votes[b] - votes[a] })
	if own < 0 {
		own = order[0]
	}
	l.t, l.rank = r.tongues[own], make([]int, len(order))
	for rank, place := range order {
		l.rank[place] = rank
	}
	return l
}

// language is the code of the language that most of the words are of, if any is
// ahead of all others. A script that only one language has tells most.
func (l *ear) language(s *scanned, parts []part) string {
	votes := make([]int, len(l.tongues))
	for i := range parts {
		p := &parts[i]
		if p.e != nil && s.atoms[p.from].kind != sign {
			votes[p.e.place] += p.to - p.from
		}
		for _, a := range s.atoms[p.from:p.to] {
			if owner, ok := l.scripts[s.script(a)]; ok && owner >= 0 {
				votes[owner]++
			}
		}
	}
	best, second, code := 0, 0, ""
	for i, n := range votes {
		switch {
		case n > best:
			best, second, code = n, best, l.tongues[i].lang.Code
		case n > second:
			second = n
		}
	}
	if best == second {
		return ""
	}
	return code
}

// word is what the nearest language says of a word, or nil.
func (l *ear) word(canon []byte) *entry {
	var nearest *entry
	for _, e := range l.words[string(canon)] {
		if nearest == nil || l.rank[e.place] < l.rank[nearest.place] {
			nearest = e
		}
	}
	return nearest
}

// inflections are those of all languages, the longest first.
func (r *reader) inflections() []inflection {
	var list []inflection
	for _, t := range r.tongues {
		list = appendNew(list, t.inflect...)
	}
	slices.SortFunc(list, func(a, b inflection) int {
		if d := len(b.from) - len(a.from); d != 0 {
			return d
		}
		if d := strings.Compare(a.from, b.from); d != 0 {
			return d
		}
		return strings.Compare(a.to, b.to)
	})
	return list
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
	sign_             // a sign
	thing             // a word that we do not know
	number
	measure
	badNumber // a quantity that is no count
	price
	priceMaybe // a price or a count
	goods
	either  // "or"
	listing // between two things
	pause   // ends a sentence
	negate
	notBefore // what stands before it is taken back
	correct
	remove
	noise // nothing of an order
)

func (p *part) has(r role) bool { return p.e != nil && p.is == open && p.e.roles&r != 0 }

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
	formCost     = -5
	unknownCost  = -90
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
		offer(part{from: i, to: i + 1, is: sign_}, unknownCost)
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
	if e.roles == asOrdinary {
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

// codeEnds tells whether a code may end before an atom: what is written onto it
// must be no letter, unless it says "times".
func codeEnds(s *scanned, j int) bool {
	if j == len(s.atoms) || !s.atoms[j].glued || s.atoms[j].kind == sign || s.atoms[j].kind == han {
		return true
	}
	return s.text(s.atoms[j]) == "x" && j+1 < len(s.atoms) && s.atoms[j+1].glued && s.atoms[j+1].kind == digits
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
			if e := l.word(s.canon[a.from:a.to]); e != nil && e.roles&asOrdinary != 0 && len(p.products) == 1 {
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
			p, cost = x.sounding(string(span)), 40
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
