package parse

import (
	"strconv"
	"strings"

	"haat/gateway/lang"
)

// role is what a word of a language file may say. A word can have several; its
// neighbours decide.
type role uint64

const (
	asMenu role = 1 << iota
	asGreeting
	asHelp
	asStatus
	asCancelOrder
	asCancelNumber
	asRepeat
	asStop
	asStart
	asBasket
	asLanguage
	asCalled
	asBuy
	asSell
	asFiller
	asNameBefore
	asName
	asAnd
	asOr
	asLink
	asArticle
	asNot
	asNotAfter
	asCorrect
	asRemove
	asNumber
	asMultiple
	asFraction
	asNumberAnd
	asTimes
	asVague
	asMeasure
	asLocalMeasure
	asCounter
	asPhoneBefore
	asPlaceBefore
	asPlaceAfter
	asDateBefore
	asDateAfter
	asMonth
	asDay
	asPriceBefore
	asPriceAfter
	asPriceOf
	asPriceOfAfter
	asOrdinary
	asAsking
	asEach
)

// courtesy are the roles of words around an order that are no part of it.
const courtesy = asFiller | asGreeting | asName | asNameBefore

// amount is a number in thousandths: half a kilo is 500 of them.
type amount int64

const one amount = 1000

// size is a measured amount in the smallest unit of its dimension.
type size struct {
	of     dimension
	amount amount
}

// dimension is what a measure measures.
type dimension uint8

const (
	noDimension dimension = iota
	weight                // in grams
	volume                // in millilitres
	length                // in centimetres
	pages
	sizes // of shoes and clothes
	watts
	area // two lengths: 4x6
)

// scales are the measures of the language files in units of their dimension.
var scales = map[string]size{
	"g": {weight, one}, "kg": {weight, 1000 * one}, "quintal": {weight, 100_000 * one}, "tonne": {weight, 1_000_000 * one},
	"ml": {volume, one}, "l": {volume, 1000 * one}, "cm": {length, one}, "m": {length, 100 * one},
	"page": {pages, one}, "size": {sizes, one}, "watt": {watts, one},
}

// entry is what the language files say of one word or of several in a row.
type entry struct {
	roles          role
	number         amount // for a number, a multiple or a fraction
	multiple       amount
	multiplesFirst bool
	fraction       amount
	measure        size // of one
	local          size
	counter        string // unit of sale
	called         string // code of a language
	dual           bool   // two of the counter
	place          int    // of its language in the market
}

// lexicon are the entries of one language.
type lexicon map[string]*entry

// longest is of how many atoms the longest entries may be.
const longest = 8

// tongue is a language as the parser uses it.
type tongue struct {
	lang    *lang.Language
	place   int // in the market
	words   *lang.Words
	own     lexicon
	inflect []inflection
}

// inflection is a changed beginning or ending of words and its plain form.
type inflection struct {
	from, to string
	ending   bool
	dual     bool
}

// newTongues compiles the languages. The folding is common to all: letters that
// writers of one language interchange are not told apart in any.
func newTongues(languages []*lang.Language) ([]*tongue, folding) {
	f := folding{}
	for _, l := range languages {
		for from, to := range l.Words.Fold {
			for _, r := range from {
				f[r] = to
			}
		}
	}
	list := make([]*tongue, len(languages))
	for i, l := range languages {
		list[i] = &tongue{lang: l, place: i, words: l.Words, own: compile(l.Words, f, i), inflect: inflections(l.Words, f)}
	}
	return list, f
}

// compiler gathers the entries of one language.
type compiler struct {
	entries lexicon
	f       folding
	place   int
}

func compile(w *lang.Words, f folding, place int) lexicon {
	c := &compiler{lexicon{}, f, place}
	for _, list := range []struct {
		role  role
		words []string
	}{
		{asMenu, w.Menu}, {asGreeting, w.Greeting}, {asHelp, w.Help}, {asStatus, w.Status}, {asCancelOrder, w.CancelOrder},
		{asCancelNumber, w.CancelNumber}, {asRepeat, w.Repeat}, {asStop, w.Stop}, {asStart, w.Start}, {asBasket, w.Basket},
		{asLanguage, w.Language}, {asBuy, w.Buy}, {asSell, w.Sell}, {asFiller, w.Filler}, {asNameBefore, w.NameBefore},
		{asName, w.Names}, {asAnd, w.And}, {asOr, w.Or}, {asLink, w.Link}, {asArticle, w.Article}, {asNot, w.Not},
		{asNotAfter, w.NotAfter}, {asCorrect, w.Correct}, {asRemove, w.Remove}, {asNumberAnd, w.NumberAnd}, {asTimes, w.Times},
		{asVague, w.Vague}, {asPhoneBefore, w.PhoneBefore}, {asPlaceBefore, w.PlaceBefore}, {asPlaceAfter, w.PlaceAfter},
		{asDateBefore, w.DateBefore}, {asDateAfter, w.DateAfter}, {asMonth, w.Months}, {asDay, w.Days},
		{asPriceBefore, w.PriceBefore}, {asPriceAfter, w.PriceAfter}, {asPriceOf, w.PriceOf}, {asPriceOfAfter, w.PriceOfAfter}, {asOrdinary, w.Ordinary}, {asAsking, w.Asking}, {asEach, w.Each},
	} {
		for _, text := range list.words {
			c.add(text, list.role)
		}
	}
	c.numbers(w)
	c.measures(w)
	for code, names := range w.Called {
		for _, name := range names {
			c.add(name, asCalled).called = code
		}
	}
	c.duals(w)
	return c.entries
}

// duals marks the listed words for packs and measures that say two of it.
func (c *compiler) duals(w *lang.Words) {
	for _, f := range inflections(w, c.f) {
		if !f.dual {
			continue
		}
		for key, e := range c.entries {
			stem, ok := strings.CutSuffix(key, f.from)
			if plain := c.entries[stem+f.to]; ok && plain != nil && plain.roles&e.roles&(asCounter|asMeasure) != 0 {
				e.dual = true
			}
		}
	}
}

// add gives a word one more role.
func (c *compiler) add(text string, r role) *entry {
	key := string(c.f.scan(text).canon)
	e := c.entries[key]
	if e == nil {
		e = &entry{place: c.place}
		if key != "" {
			c.entries[key] = e
		}
	}
	e.roles |= r
	return e
}

func (c *compiler) numbers(w *lang.Words) {
	for text, n := range w.Numbers {
		c.add(text, asNumber).number = amount(n) * one
	}
	for text, n := range w.Multiples {
		e := c.add(text, asMultiple)
		e.multiple, e.multiplesFirst = amount(n)*one, w.MultiplesFirst
	}
	for text, fraction := range w.Fractions {
		if n, ok := parseFraction(fraction); ok {
			c.add(text, asFraction).fraction = n
		}
	}
}

// parseFraction reads "3/4".
func parseFraction(text string) (amount, bool) {
	over, under, ok := strings.Cut(text, "/")
	a, err1 := strconv.Atoi(over)
	b, err2 := strconv.Atoi(under)
	if !ok || err1 != nil || err2 != nil || b <= 0 {
		return 0, false
	}
	return amount(a) * one / amount(b), true
}

func (c *compiler) measures(w *lang.Words) {
	for name, words := range w.Measures {
		for _, text := range words {
			c.add(text, asMeasure).measure = scales[name]
		}
	}
	for text, exact := range w.LocalMeasures {
		n, unit, _ := strings.Cut(exact, " ")
		if grams, err := strconv.ParseFloat(n, 64); err == nil {
			s := scales[unit]
			s.amount = amount(grams * float64(s.amount))
			c.add(text, asLocalMeasure).local = s
		}
	}
	for unit, words := range w.Counters {
		for _, text := range words {
			c.add(text, asCounter).counter = unit
		}
	}
}

func inflections(w *lang.Words, f folding) []inflection {
	var list []inflection
	fold := func(s string) string { return string(f.scan(s).canon) }
	for _, article := range w.Glued.Article {
		list = append(list, inflection{from: fold(article)})
	}
	for from, to := range w.Inflect.Begins {
		list = append(list, inflection{from: fold(from), to: fold(to)})
	}
	for from, to := range w.Inflect.Ends {
		list = append(list, inflection{from: fold(from), to: fold(to), ending: true})
	}
	for from, to := range w.Dual {
		list = append(list, inflection{from: fold(from), to: fold(to), ending: true, dual: true})
	}
	return list
}
