// Package screen makes words fit: it lays a draft out in pages that never
// exceed what a message of the channel can hold, loses nothing at a page break
// and cuts no word in two unless the word alone is longer than a page.
package screen

// Budget is what one message may hold. A text of GSM 03.38 characters is
// measured in septets, any other in UCS-2 code units.
type Budget struct {
	Septets int
	Units   int
}

// Option is one numbered choice: "1.Rice 5kg 850".
type Option struct {
	Key   string // what to press
	Text  string
	Short string // used where Text does not fit; may be empty
}

// Nav holds the labels of the fixed keys; an empty label is not shown.
type Nav struct {
	More string // key 98, shown only where a further page follows
	Back string // key 0
	Home string // key 00
}

// Draft is a screen before it is fitted.
type Draft struct {
	Hint    string // what was wrong with the last answer; never moves a page break
	Title   string
	Body    []string // lines to read; they flow over pages
	Options []Option // choices that flow over pages, after the body
	Final   []Option // choices that stand only on the last page, after all was read
	Nav     Nav
}

// Page is one fitted page of a draft.
type Page struct {
	Text   string
	Number int // counted from 0
	Of     int // how many there are
}
