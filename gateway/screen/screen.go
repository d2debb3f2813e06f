// Package screen makes words fit: it lays a draft out in pages that never
// exceed what a message of the channel can hold, loses nothing at a page break
// and cuts no word in two unless the word alone is longer than a page.
//
// A page reads from top to bottom: hint, title, the lines and options that are
// this page's, the final options on the last page, and the keys.
//
//	Staples
//	1.Rice 5kg 850
//	2.Sugar 1kg 160
//	98.More 0.Back 00.Home
package screen

import "haat/gateway/gsm"

// The fixed keys, which are never an option's.
const (
	KeyMore = "98"
	KeyBack = "0"
	KeyHome = "00"
)

// maxKey is how many characters of an option's key are shown; nobody types
// longer ones, and the smallest budget must hold the key and some words.
const maxKey = 8

// Option is one numbered choice: "1.Rice 5kg 850".
type Option struct {
	Key   string // what to press, at most 8 characters; always shown
	Text  string
	Short string // used where Text does not fit on a page; may be empty
}

// Nav holds the labels of the fixed keys. An empty label's key is not shown,
// but for 98: without it nobody would reach the next page.
type Nav struct {
	More string // key 98, shown only where a further page follows
	Back string // key 0
	Home string // key 00
}

// Draft is a screen before it is fitted. Control characters in it become
// spaces, and empty lines are left out.
type Draft struct {
	// Hint is what was wrong with the last answer. It stands on top where there
	// is room, at the cost of the title and then of the labels of the fixed keys,
	// and is shortened or left out where there is none: it never moves a page break.
	Hint string
	// HintShort says the same in fewer words; it is shown where Hint would cost
	// more of the screen. It may be empty.
	HintShort string
	// Title heads every page that has room for it. A long one is shortened on
	// the first page and left out on the others: what must be read belongs in Body.
	Title string
	// TitleOnce keeps the title to the first page, for lists that it would
	// otherwise make longer.
	TitleOnce bool
	Body      []string // lines to read; they flow over pages
	Options   []Option // choices that flow over pages, after the body
	// Final are choices that stand together on the last page, after all was
	// read. Where they are longer than a page they flow like Options.
	Final []Option
	Nav   Nav
	// RightToLeft is set for languages that are written so. A line that has
	// letters of such a script then begins with a mark where it would otherwise
	// be taken for one that runs from left to right.
	RightToLeft bool
}

// Page is one fitted page of a draft.
type Page struct {
	Text   string
	Number int // counted from 0
	Of     int // how many there are
}

// Page fits the n-th page of the draft, counted from 0; an n outside the draft
// gives its first or last page. The budget should be Valid.
//
// Where the budget is for GSM 03.38 alone, so is the page, whatever the draft
// says. Elsewhere a draft whose only other characters have a plain form, such as
// the accents of French, is written plainly where that saves a page or a
// segment.
func (d Draft) Page(n int, b Budget) Page {
	b.Septets, b.Units = max(b.Septets, MinSeptets), max(b.Units, MinUnits)
	if b.GSM7 {
		d = d.rewritten(gsm.Force)
	} else if p, ok := d.plain(b); ok {
		d = p
	}
	return d.page(n, b)
}

func (d Draft) page(n int, b Budget) Page {
	l := newLayout(&d, b)
	var out Page
	for at := (position{}); ; {
		s := l.sheet(at)
		if out.Of == max(n, 0) || s.last && out.Of < n {
			out.Number, out.Text = out.Of, l.render(s, d.Hint, d.HintShort)
		}
		out.Of++
		if s.last {
			return out
		}
		at = s.to
	}
}
