// Package parse understands what a text means: from a text, the language that
// its writer is thought to speak and the catalogue to one Meaning. It is pure
// and deterministic, has no model and asks nobody; every word that it knows
// stands in the language files or in the catalogue.
//
// The rule above all: an order that was not meant is far worse than one more
// question. What is not certain becomes a Question.
package parse

import "haat/catalog"

// Intent is what a text wants.
type Intent string

// The intents. Number stands for a bare number or key, whose meaning depends on
// the screen.
const (
	Number   Intent = "number"
	Order    Intent = "order"
	Ask      Intent = "ask" // an order of which something is unclear
	Menu     Intent = "menu"
	Shop     Intent = "shop" // to buy, without saying what
	Help     Intent = "help"
	Status   Intent = "status"
	Cancel   Intent = "cancel_order"
	Repeat   Intent = "repeat"
	Sell     Intent = "sell"
	Stop     Intent = "stop"
	Start    Intent = "start"
	Basket   Intent = "basket"
	Language Intent = "lang"
	Unknown  Intent = "unknown"
)

// Item is a product and how many of it.
type Item struct {
	SKU string
	Qty int
}

// Question is one thing that is unclear in an order.
type Question struct {
	Candidates []string // codes of the products that may be meant, in the order of the catalogue; one where only the quantity is unclear
	Qty        int      // how many are wanted, or 0 where that is unclear
	Words      string   // what was typed about it
}

// Offer is what somebody wants to sell.
type Offer struct {
	Item  string        // the thing as typed, in lower case; may be empty
	Qty   float64       // 0 where none was said
	Unit  string        // kg, bag, piece, litre, tray or crate
	Price catalog.Money // for one unit, or for all, as it was said; zero where none was
}

// Meaning is what a text was understood to say.
type Meaning struct {
	Intent    Intent
	Number    string     // the digits as typed, for Number
	Items     []Item     // for Order, and for Ask what is certain; in the order said, each product once
	Questions []Question // for Ask, in the order said; none where only LeftOut or NoNumber is unclear
	LeftOut   string     // for Ask and Unknown: the first words that named a thing that is not sold
	NoNumber  string     // for Ask: a keypad number that no product has
	OrderNo   string     // for Status and Cancel, where one was said
	LangTo    string     // for Language; empty: the list of languages is wanted
	Offer     Offer      // for Sell
	Language  string     // the language in which the text is written, where that is clear
}
