// Package parse understands what a text means: one pure function from a text,
// the words of a language and the catalogue to a Meaning.
package parse

// Intent is what a text wants.
type Intent string

// The intents. Number stands for a bare number or key, whose meaning depends on
// the screen.
const (
	Number   Intent = "number"
	Order    Intent = "order" // with no items: the wish to order something
	Menu     Intent = "menu"
	Help     Intent = "help"
	Status   Intent = "status"
	Cancel   Intent = "cancel_order"
	Stop     Intent = "stop"
	Start    Intent = "start"
	Basket   Intent = "basket"
	Language Intent = "lang"
	Ask      Intent = "ask" // some of it was an order and some was not clear
	Unknown  Intent = "unknown"
)

// Item is a product and how many of it.
type Item struct {
	SKU string
	Qty int
}

// Meaning is what a text was understood to say.
type Meaning struct {
	Intent  Intent
	Number  string // the digits as typed, for Number
	Items   []Item // in the order said; the same product twice is summed
	OrderNo int64  // for Status (0: none said) and Cancel
	LangTo  string // for Language; empty: the list of languages is wanted
	Unclear string // for Ask: the first words that were not understood
}
