package index

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"haat/gateway/messagelog"
)

// Limits of what is searched for.
const (
	MaxPage  = 500     // rows of one page
	MaxCount = 100_000 // rows that are counted
	MaxText  = 200     // characters of Filter.Text
	MaxWords = 16      // words in it
)

// ErrText says that too much text is searched for.
var ErrText = fmt.Errorf("search for less at once: at most %d words of %d characters together", MaxWords, MaxText)

// ErrDirection says that a filter's Direction is none.
var ErrDirection = errors.New(`the direction is "in", "out" or nothing`)

// question is a filter as the full-text index understands it.
type question struct {
	terms []string // all of which a row must have; a "*" at the end stands for any ending
	words []string // that must be looked for in the row's texts, too
	never bool     // nothing can be found
}

// ask translates a filter, but for its times.
//
// A status is asked of the row of its SMS, which knows the latest; only where
// rows of statuses are asked for, it is their own.
func ask(f Filter) (q question, err error) {
	is := func(field byte, value string) {
		if value != "" {
			q.terms = append(q.terms, mark(field, value))
		}
	}
	is(byKind, string(f.Kind))
	is(byChannel, f.Channel)
	is(byMode, string(f.Mode))
	is(byClass, f.Class)
	is(byLanguage, f.Language)
	is(byStation, f.Station)
	is(byOrder, f.Order)
	if f.Kind == messagelog.KindStatus {
		is(byStatus, string(f.Status))
	} else {
		is(byState, string(f.Status))
	}
	switch f.Direction {
	case "":
	case "in":
		is(byIn, yes)
	case "out":
		is(byOut, yes)
	default:
		return q, ErrDirection
	}
	if f.Errors {
		is(byTrouble, yes)
	}
	q.askPhone(f)
	return q, q.askText(f.Text)
}

// askPhone reads whole numbers and last digits, with whatever is written between
// the digits.
func (q *question) askPhone(f Filter) {
	if f.Phone != "" {
		digits := digitsOf(string(f.Phone))
		q.terms = append(q.terms, phoneMark(digits)+"x")
		q.never = q.never || digits == ""
	}
	if f.PhoneEnd != "" {
		digits := digitsOf(f.PhoneEnd)
		switch {
		case digits == "":
			q.never = true
		case len(digits) <= maxEnd:
			q.terms = append(q.terms, endMark(digits))
		default:
			q.terms = append(q.terms, phoneMark(digits)+"*")
		}
	}
}

// askText takes the words of a text, each of which must stand in a row as a word
// or a part of one. A text without any letter or digit finds nothing.
func (q *question) askText(text string) error {
	if text == "" {
		return nil
	}
	if len([]rune(text)) > MaxText {
		return ErrText
	}
	folded := fold(text)
	if folded == "" {
		q.never = true
		return nil
	}
	words := strings.Split(folded, " ")
	if len(words) > MaxWords {
		return ErrText
	}
	for _, word := range words {
		grams, exact := gramsOf(word)
		q.terms = append(q.terms, grams...)
		if !exact {
			q.words = append(q.words, word)
		}
	}
	return nil
}

// match is the question in the syntax of FTS5. Terms hold no ASCII but small
// letters and digits, so that nothing in the quotes has a meaning.
func (q question) match() string {
	terms := slices.Clone(q.terms)
	slices.Sort(terms)
	terms = slices.Compact(terms)
	for i, t := range terms {
		if beginning, ok := strings.CutSuffix(t, "*"); ok {
			terms[i] = `"` + beginning + `" *`
		} else {
			terms[i] = `"` + t + `"`
		}
	}
	return strings.Join(terms, " AND ")
}

// has tells whether the words stand in a row's texts.
func (q question) has(in, out string) bool {
	if len(q.words) == 0 {
		return true
	}
	in, out = fold(in), fold(out)
	for _, word := range q.words {
		if !strings.Contains(in, word) && !strings.Contains(out, word) {
			return false
		}
	}
	return true
}
