package index

import (
	"encoding/hex"
	"slices"
	"strings"
	"unicode/utf8"

	"haat/gateway"
	"haat/gateway/dialogue"
	"haat/gateway/messagelog"
)

// A row stands in the full-text index under terms of two kinds. Its grams are
// all runs of one, two and three letters within its words: so a part of a word
// finds in scripts with and without spaces. Its marks are what else one filters
// by; that they stand in the same index lets it cut all that is asked for with
// each other, whatever that is, and stop with the first page.

// maxGram is the most letters of a gram. Marks are longer, so that no text is
// mistaken for one.
const maxGram = 3

// The fields of marks.
const (
	byKind     = 'k'
	byChannel  = 'c'
	byMode     = 'm'
	byIn       = 'i'
	byOut      = 'o'
	byClass    = 'a'
	byLanguage = 'l'
	byStation  = 'p'
	byOrder    = 'r'
	byState    = 's'
	byStatus   = 't'
	byTrouble  = 'e'
	byEnd      = '0' // and '1' to '3': a phone's last digits
)

// mark is a term of small ASCII letters and digits, whatever the value holds.
func mark(field byte, value string) string {
	return "x" + string([]byte{field}) + hex.EncodeToString([]byte(value)) + "x"
}

// yes is the value of a mark that says only that something is so.
const yes = "y"

// maxEnd is how many last digits of a phone have a mark of their own; more are
// the beginning of the mark of the whole number, which is written backwards.
const maxEnd = 3

// phoneMark is the beginning of a mark for more than maxEnd last digits, and the
// whole mark for a whole number.
func phoneMark(digits string) string { return "x" + string([]byte{byEnd}) + backwards(digits) }

func endMark(digits string) string {
	return "x" + string([]byte{byEnd + byte(len(digits))}) + digits + "x"
}

func backwards(digits string) string {
	b := []byte(digits)
	slices.Reverse(b)
	return string(b)
}

// digitsOf is a phone's number without what is around its digits.
func digitsOf(number string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, number)
}

// marks are the terms of what one filters by.
func (r *Row) marks() (all []string) {
	add := func(field byte, value string) {
		if value != "" {
			all = append(all, mark(field, value))
		}
	}
	add(byKind, string(r.Kind))
	add(byChannel, r.Channel)
	add(byMode, string(r.Mode))
	add(byClass, r.Class)
	add(byLanguage, r.Language)
	add(byStation, r.Station)
	add(byOrder, r.Order)
	add(byState, string(r.State))
	add(byStatus, string(r.Status))
	if r.In != "" {
		add(byIn, yes)
	}
	if r.Out != "" {
		add(byOut, yes)
	}
	if r.Trouble() {
		add(byTrouble, yes)
	}
	if digits := digitsOf(string(r.Phone)); digits != "" {
		for n := 1; n <= maxEnd && n <= len(digits); n++ {
			all = append(all, endMark(digits[len(digits)-n:]))
		}
		all = append(all, phoneMark(digits)+"x")
	}
	return all
}

// Trouble tells whether somebody should look at the row: an SMS failed or
// expired, an order was rejected, or a text was not understood or not answered.
// Of an SMS that the log knows its own row tells, not each of its statuses.
func (r *Row) Trouble() bool {
	switch r.Class {
	case dialogue.ClassUnknown, dialogue.ClassRejected, gateway.ClassFlood, gateway.ClassLoop:
		return true
	}
	state := r.State
	if r.Kind == messagelog.KindStatus && r.Ref == "" {
		state = r.Status
	}
	return state == gateway.Failed || state == gateway.Expired
}

// terms are all of a row, as one text for the full-text index.
func (r *Row) terms() string {
	var b strings.Builder
	for _, m := range r.marks() {
		b.WriteString(m)
		b.WriteByte(' ')
	}
	seen := map[string]struct{}{}
	for _, text := range [...]string{r.In, r.Out} {
		for word := range strings.SplitSeq(fold(text), " ") {
			if _, again := seen[word]; !again {
				seen[word] = struct{}{}
				writeGrams(&b, word)
			}
		}
	}
	return b.String()
}

// writeGrams writes all grams of a word; that one comes twice does no harm.
func writeGrams(b *strings.Builder, word string) {
	for from := range word {
		to := from
		for range maxGram {
			if to == len(word) {
				break
			}
			_, size := utf8.DecodeRuneInString(word[to:])
			to += size
			b.WriteString(word[from:to])
			b.WriteByte(' ')
		}
	}
}

// gramsOf are the grams that a row must have in order to have a word in it: the
// longest ones. Of a word no longer than one they say it all; with more, the
// row's texts must be looked at.
func gramsOf(word string) (all []string, exact bool) {
	runes := []rune(word)
	if len(runes) <= maxGram {
		return []string{word}, true
	}
	for i := range len(runes) - maxGram + 1 {
		all = append(all, string(runes[i:i+maxGram]))
	}
	slices.Sort(all)
	return slices.Compact(all), false
}
