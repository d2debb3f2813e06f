// Package dialogue is the conversation with a phone as a pure state machine:
// Step takes a session, an input and the world as it is, and gives the next
// session, a screen and perhaps a request to the order processor. It does no
// I/O, reads no clock and throws no dice; every input from every state gives a
// screen.
package dialogue

import (
	"time"

	"haat/catalog"
	"haat/gateway/lang"
	"haat/gateway/parse"
	"haat/gateway/screen"
	"haat/orders"
)

// Mode is how a phone speaks with us.
type Mode string

// USSD shows one screen at a time within a session; SMS exchanges single texts.
const (
	USSD Mode = "ussd"
	SMS  Mode = "sms"
)

// Input is what the phone did.
type Input struct {
	Mode Mode
	Dial bool   // a USSD session begins; Text is what was dialled beside our code: "101*2" of *384*101*2#
	Text string // the answer or the SMS
}

// Profile is what we remember of a phone's owner for ever.
type Profile struct {
	Language string `json:"language,omitempty"`
	Station  string `json:"station,omitempty"`
	OptedOut bool   `json:"opted_out,omitempty"`
	// OptedOutAt is when that was said, in seconds since 1970.
	OptedOutAt int64 `json:"opted_out_at,omitempty"`
}

// State names the screen that the phone shows.
type State string

// Session is where a phone is in the dialogue. The zero value is a phone that
// we have never heard of.
type Session struct {
	Profile Profile    `json:"profile,omitzero"`
	State   State      `json:"state,omitempty"`
	Mode    Mode       `json:"mode,omitempty"` // of the last turn: a bare number answers only what this mode showed
	Page    int        `json:"page,omitempty"`
	Last    bool       `json:"last,omitempty"`    // the page is the screen's last: only there may be agreed to what was read
	Focus   string     `json:"focus,omitempty"`   // what the state is about: a category, a SKU, an order's number
	Catalog string     `json:"catalog,omitempty"` // version of the catalogue that the screen was made from, where that matters
	Basket  Basket     `json:"basket,omitzero"`
	Orders  []OrderRef `json:"orders,omitempty"` // the last few placed, newest last
	At      time.Time  `json:"at,omitzero"`      // of the last turn
	// Questions are open about an order in words: they are put one after the
	// other before the basket is checked out.
	Questions []Question `json:"questions,omitempty"`
	LeftOut   string     `json:"left_out,omitempty"` // words of it that the confirm screen must say are not ordered
}

// Basket is what the phone has chosen and not yet confirmed.
type Basket struct {
	ID    string        `json:"id,omitempty"` // becomes the order's id
	Lines []orders.Line `json:"lines,omitempty"`
}

// Question is one thing that is unclear in an order.
type Question struct {
	Candidates []string `json:"candidates"`    // SKUs; one where only the quantity is unclear
	Qty        int      `json:"qty,omitempty"` // 0 where that is unclear
	Words      string   `json:"words,omitempty"`
}

// Offer is what somebody wants to sell, for the operators to read.
type Offer struct {
	Item  string        `json:"item"`
	Qty   float64       `json:"qty,omitempty"`
	Unit  string        `json:"unit,omitempty"`
	Price catalog.Money `json:"price,omitzero"`
}

// OrderRef remembers an order that this phone placed.
type OrderRef struct {
	ID     string        `json:"id"`
	Number int64         `json:"number"`
	Told   orders.Status `json:"told,omitempty"` // what a screen has told of the processor's word
}

// The classes of turns.
const (
	ClassScreen   = "screen"   // an answer led to the next screen
	ClassHint     = "hint"     // an answer that did not fit the screen
	ClassOrder    = "order"    // an order was placed
	ClassRejected = "rejected" // the processor could not fill an order
	ClassCancel   = "cancel"   // an order shall be cancelled
	ClassStatus   = "status"
	ClassHelp     = "help"
	ClassStop     = "stop"
	ClassStart    = "start"
	ClassLanguage = "language"
	ClassAsk      = "ask"     // an order in words that were not all clear
	ClassSell     = "sell"    // an offer of somebody who wants to sell
	ClassUnknown  = "unknown" // a text without any meaning to us
)

// World is all that a step may know beside the session.
type World struct {
	Now       time.Time
	Catalog   *catalog.Catalog
	Parser    *parse.Parser // of that catalogue and those languages
	Stations  []orders.Station
	Languages *lang.Set // in the order offered; the first is the market's default
	Currency  string
	Budget    screen.Budget // of the channel and mode of this turn
	DialCode  string        // the USSD code of the channel, for texts that mention it; may be empty
	Keep      time.Duration // how long a basket is kept without a turn
	Fresh     Fresh
	// Orders are the phone's latest orders, newest first, and OrdersKnown tells
	// whether they were looked up: see Outcome.NeedOrders.
	Orders      []orders.Order
	OrdersKnown bool
	OrdersErr   bool // the look-up failed; say so instead of asking again
}

// Fresh are values that the step may use once.
type Fresh struct {
	BasketID    string
	OrderNumber int64
	PickupCode  string
}

// Outcome is what follows from a step.
type Outcome struct {
	Session Session
	Text    string
	End     bool // the USSD session closes
	Request *orders.Request
	Offer   *Offer // of a turn of ClassSell that says what is offered
	Heard   string // which words of a free text became what
	// NeedOrders asks the caller to look up the phone's orders and step again
	// with World.Orders set; everything else in the outcome is then void.
	NeedOrders bool
	Class      string // what kind of turn it was, for the metrics: one of the Class constants
}
