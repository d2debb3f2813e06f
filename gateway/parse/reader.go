package parse

import (
	"slices"
	"strings"

	"haat/gateway/lang"
)

// reader knows the words of the languages.
type reader struct {
	tongues  []*tongue
	words    map[string][]*entry // of all languages, in the order of the market
	fold     folding
	begins   map[string]int // first atom of an entry -> how many atoms the longest such has
	links    map[string]bool
	counters map[string]string // what packs are called, by unit of sale
	measures map[string]bool   // what words for measures begin with
	scripts  map[int]int       // the only language that is written in a script, or -1
	forGlue  []string
	andGlue  []string // written onto the next word: Arabic "and"
}

func newReader(languages []*lang.Language) *reader {
	r := &reader{scripts: map[int]int{}, words: map[string][]*entry{}, begins: map[string]int{}, links: map[string]bool{}, measures: map[string]bool{}, counters: map[string]string{}}
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
				r.counters[key] = e.counter
			}
			if e.roles&asLink != 0 {
				r.links[key] = true
			}
		}
		for _, glued := range t.words.Glued.And {
			r.andGlue = appendNew(r.andGlue, string(r.fold.scan(glued).canon))
		}
		for _, glued := range t.words.Glued.For {
			r.forGlue = appendNew(r.forGlue, string(r.fold.scan(glued).canon))
		}
	}
	return r
}

// inflections are those of all languages, the shortest first: what changes a
// word least is likeliest.
func (r *reader) inflections() []inflection {
	var list []inflection
	for _, t := range r.tongues {
		list = appendNew(list, t.inflect...)
	}
	slices.SortFunc(list, func(a, b inflection) int {
		if d := len(a.from) - len(b.from); d != 0 {
			return d
		}
		if d := strings.Compare(a.from, b.from); d != 0 {
			return d
		}
		return strings.Compare(a.to, b.to)
	})
	return list
}

// ear is a reader that listens to one text: it knows which language its writer
// is thought to speak, and which of the others the text sounds like.
type ear struct {
	*reader
	t    *tongue
	rank []int // by the place of a language: lower is nearer
}

// listen prepares for a text of somebody who is thought to speak the language
// with the code. Without one the text must tell, and also where it names goods in
// another language and has fewer words of that one.
func (r *reader) listen(s *scanned, code string, x *index) *ear {
	votes, only, named := r.votes(s, x)
	l := &ear{reader: r}
	own := -1
	for i, t := range r.tongues {
		if t.lang.Code == code && (only[i] > 0 || named[i] > 0 || slices.Max(named) == 0 || votes[i] == slices.Max(votes)) {
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

// votes count by language the words of a text, those that are of one language
// alone, and those that are in a language's names of goods.
func (r *reader) votes(s *scanned, x *index) (votes, only, named []int) {
	n := len(r.tongues)
	counts := make([]int, 3*n)
	votes, only, named = counts[:n:n], counts[n:2*n:2*n], counts[2*n:]
	for _, a := range s.atoms {
		if a.kind == sign {
			continue
		}
		if owner, ok := r.scripts[s.script(a)]; ok && owner >= 0 {
			votes[owner] += 3
			only[owner]++
		}
		entries := r.words[string(s.canon[a.from:a.to])]
		for _, e := range entries {
			votes[e.place] += 1 + 2/len(entries) // a word of one language alone tells most
			if len(entries) == 1 {
				only[e.place]++
			}
		}
		if x != nil && a.kind == word && !r.links[string(s.canon[a.from:a.to])] {
			spoken := x.spoken[x.exact[string(s.canon[a.from:a.to])]]
			for i := range r.tongues {
				if spoken&(1<<i) != 0 {
					votes[i] += 2
					named[i]++
				}
			}
		}
	}
	return votes, only, named
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
