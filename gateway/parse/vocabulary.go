package parse

import (
	"strings"
	"unicode/utf8"
)

// class stands for a word of the catalogue's names in all its forms: seed and
// seeds are one. 0 is no word.
type class int32

// vocabulary are all words of the catalogue's names, and what people may type
// for them.
type vocabulary struct {
	exact   map[string]class // every form that stands in a name
	plain   map[string]class // their plain forms
	words   []string         // by class, its first form
	typed   typos
	sense   []int32 // by class: equal where the words are of the same goods
	inflect []inflection
}

// newVocabulary gathers the words of all names.
func newVocabulary(names []name, inflect []inflection) vocabulary {
	v := vocabulary{exact: map[string]class{}, plain: map[string]class{}, words: []string{""}, inflect: inflect}
	for _, n := range names {
		for _, w := range n.words {
			v.learn(w)
		}
	}
	v.typed = newTypos(v.exact)
	return v
}

func (v *vocabulary) learn(w string) {
	if _, ok := v.exact[w]; ok {
		return
	}
	c, known := v.plain[w]
	forms := plainForms(w, v.inflect)
	for i := 0; !known && i < len(forms); i++ {
		if c, known = v.exact[forms[i].text]; !known {
			c, known = v.plain[forms[i].text]
		}
	}
	if !known {
		c = class(len(v.words))
		v.words = append(v.words, w)
	}
	v.exact[w] = c
	for _, f := range forms {
		if _, taken := v.plain[f.text]; !taken && !f.dual {
			v.plain[f.text] = c
		}
	}
}

// form is a word with a beginning or an ending taken off.
type form struct {
	text string
	dual bool
}

// shortestStem is how many letters must be left of a word when an ending is
// taken off.
const shortestStem = 3

// plainForms are the forms that a word may be an inflection of.
func plainForms(w string, inflect []inflection) []form {
	var list []form
	for _, f := range inflect {
		var stem string
		var ok bool
		if f.ending {
			if stem, ok = strings.CutSuffix(w, f.from); ok {
				stem += f.to
			}
		} else if stem, ok = strings.CutPrefix(w, f.from); ok {
			stem = f.to + stem
		}
		if ok && utf8.RuneCountInString(stem) >= stemLength(f) && stem != w {
			list = append(list, form{stem, f.dual})
		}
	}
	return list
}

// stemLength lets the dual have short stems: two axes are فأسين.
func stemLength(f inflection) int {
	if f.dual {
		return 2
	}
	return shortestStem
}

// found is a word of the vocabulary that a typed word may be.
type found struct {
	class class
	cost  float32 // 0 for a form of the word itself
	dual  bool
}

// whole tells of a word that is in the vocabulary as it was typed.
func (f found) whole() bool { return f.class != 0 && f.cost == 0 }

// find looks a typed word up: as it is, as a form of one that is known, and
// with the typing errors that people make, where only one word is near.
func (v *vocabulary) find(w string, fuzzy bool) (found, bool) {
	if c, ok := v.exact[w]; ok {
		return found{class: c}, true
	}
	if c, ok := v.plain[w]; ok {
		return found{class: c}, true
	}
	for _, f := range plainForms(w, v.inflect) {
		c, ok := v.exact[f.text]
		if !ok {
			c, ok = v.plain[f.text]
		}
		if ok {
			return found{class: c, cost: 0.01, dual: f.dual}, true
		}
	}
	if !fuzzy {
		return found{}, false
	}
	f, ok := v.typed.nearest(w, v.exact, v.sense)
	if !ok {
		return found{}, false
	}
	return f, true
}
