// Package orders is what was ordered and what happens to it: the order and its
// status machine, the stations where goods are collected, and the contract by
// which the gateway and the processor speak of them. It knows nothing of
// phones' dialogues, NATS or SQL.
package orders

import (
	"time"

	"haat/catalog"
)

// Order is one confirmed basket.
type Order struct {
	ID         string        `json:"id"`     // the basket's id; confirming one basket twice is one order
	Number     int64         `json:"number"` // what people say and type
	Phone      string        `json:"phone"`  // E.164
	Channel    string        `json:"channel"`
	Language   string        `json:"language"`
	Station    string        `json:"station"` // id of the station where it is collected
	Status     Status        `json:"status,omitempty"`
	Lines      []Line        `json:"lines"`
	Total      catalog.Money `json:"total"`
	PickupCode string        `json:"pickup_code"` // the villager's proof at the counter
	PlacedAt   time.Time     `json:"placed_at"`
}

// Line is one product of an order with the price that the villager was shown.
type Line struct {
	SKU       string        `json:"sku"`
	Qty       int           `json:"qty"`
	UnitPrice catalog.Money `json:"unit_price"`
}

// Sum adds up the lines in the currency.
func Sum(lines []Line, currency string) catalog.Money {
	total := catalog.Money{Currency: currency}
	for _, l := range lines {
		total = total.Plus(l.UnitPrice.Times(l.Qty))
	}
	return total
}

// Request is what a turn asks of the processor: to place an order or to cancel
// one. Exactly one of the two is set.
type Request struct {
	Place  *Order  `json:"place,omitempty"`
	Cancel *Cancel `json:"cancel,omitempty"`
}

// OrderID is the id of the order that the request is about.
func (r *Request) OrderID() string {
	if r.Place != nil {
		return r.Place.ID
	}
	return r.Cancel.ID
}

// Cancel asks to cancel an order of the phone that asks.
type Cancel struct {
	ID     string    `json:"id"`
	Number int64     `json:"number"`
	Phone  string    `json:"phone"`
	At     time.Time `json:"at"`
}

// Event is what the processor decided or what happened to an order.
type Event struct {
	Kind      Status     `json:"kind"` // the status that the order has now
	Order     Order      `json:"order"`
	Shortages []Shortage `json:"shortages,omitempty"` // why it was rejected
	Refused   bool       `json:"refused,omitempty"`   // a cancellation came too late: Kind is the status it keeps
	// Turn is the message log's sequence of the turn that asked for it; 0 where
	// no turn did.
	Turn uint64 `json:"turn,omitempty"`
	// Act is the id of the operator's act that made it so; "" where none did.
	Act string    `json:"act,omitempty"`
	At  time.Time `json:"at"`
}

// Shortage is a product of which less is left than was ordered.
type Shortage struct {
	SKU  string `json:"sku"`
	Left int    `json:"left"`
}
