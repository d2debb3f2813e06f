package orders

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Limits of a search.
const (
	MaxPage   = 100    // orders of one page
	MaxListed = 4      // lines and lacks of each order that a page shows
	MaxCount  = 10_000 // up to where orders are counted
	MaxSearch = 64     // octets of Search.Text
)

// Search says which orders are wanted; what is zero is not asked for.
type Search struct {
	Status   Status    `json:"status,omitempty"`
	Station  string    `json:"station,omitempty"`
	Phone    string    `json:"phone,omitempty"`     // E.164
	PhoneEnd string    `json:"phone_end,omitempty"` // the last digits
	SKU      string    `json:"sku,omitempty"`       // a product that it has
	Text     string    `json:"text,omitempty"`      // digits: its number; else a part of the SKU of a product that is sold, of a reason or a note
	Codes    bool      `json:"codes,omitempty"`     // Text may be its pickup code, too
	Short    bool      `json:"short,omitempty"`     // only what was rejected for want of stock, and still is
	From     time.Time `json:"from"`                // placed then or later
	To       time.Time `json:"to"`                  // placed before
	Before   Cursor    `json:"before"`              // only what stands below this order of the list
	After    Cursor    `json:"after"`               // only what stands above it
	Limit    int       `json:"limit"`               // 0: only count; at most MaxPage
}

// Cursor is a place in the list of all orders, the newest first. It is that of
// an order, and neither of the two ever changes: a list that is read page by page
// shows none twice and misses none that was there when it was begun.
type Cursor struct {
	Placed int64 `json:"placed,omitempty"` // nanoseconds since 1970
	Number int64 `json:"number,omitempty"`
}

// Place is the order's place in the list.
func (o *Order) Place() Cursor { return Cursor{o.PlacedAt.UnixNano(), o.Number} }

// IsZero tells whether it is no place.
func (c Cursor) IsZero() bool { return c == Cursor{} }

// String is the cursor as addresses have it; "" for none.
func (c Cursor) String() string {
	if c.IsZero() {
		return ""
	}
	return strconv.FormatInt(c.Placed, 36) + "." + strconv.FormatInt(c.Number, 36)
}

var errCursor = errors.New("this is no place in the list of orders; begin with its first page")

// ReadCursor reads what String wrote.
func ReadCursor(s string) (c Cursor, err error) {
	if s == "" {
		return c, nil
	}
	placed, number, found := strings.Cut(s, ".")
	var errPlaced, errNumber error
	c.Placed, errPlaced = strconv.ParseInt(placed, 36, 64)
	c.Number, errNumber = strconv.ParseInt(number, 36, 64)
	if !found || errPlaced != nil || errNumber != nil || c.Number <= 0 || c.String() != s {
		return Cursor{}, errCursor
	}
	return c, nil
}

// Validate says what is wrong with a search.
func (s Search) Validate() error {
	for _, text := range []string{s.Text, s.Station, s.SKU, s.Phone, s.PhoneEnd, string(s.Status)} {
		if len(text) > MaxSearch || !utf8.ValidString(text) {
			return fmt.Errorf("search for at most %d octets of text", MaxSearch)
		}
	}
	return nil
}

// Page is a part of the list.
type Page struct {
	Rows  []Summary `json:"rows"`
	Older Cursor    `json:"older"` // Before of the next page; zero where there is none
	// Count is how many orders match, whatever the page; MaxCount+1 stands for
	// more than MaxCount.
	Count int `json:"count"`
}

// Summary is an order of a list: MaxListed of its lines.
type Summary struct {
	Order Order  `json:"order"`
	Lines int    `json:"lines"`           // how many it has
	Lacks []Lack `json:"lacks,omitempty"` // what it was rejected for, MaxListed of them, with what there is now
}

// Counts are how many orders there are, each at most MaxCount+1.
type Counts struct {
	ByStatus map[Status]int `json:"by_status"`
	Short    int            `json:"short"` // rejected for want of stock
}

// Record is all that is known of an order.
type Record struct {
	Order     Order            `json:"order"`
	Turn      uint64           `json:"turn"` // sequence in the message log of the turn that placed it
	Steps     []Step           `json:"steps"`
	Notes     []Note           `json:"notes,omitempty"`
	Shortages []Shortage       `json:"shortages,omitempty"` // what it was rejected for, with what was left then
	Stock     map[string]Level `json:"stock"`               // of its products, now
	Messages  Messages         `json:"messages"`
}

// Step is a status that an order has had.
type Step struct {
	Status Status    `json:"status"`
	At     time.Time `json:"at"`
	By     string    `json:"by,omitempty"` // the operator; "" where the villager or the stock decided
	Reason string    `json:"reason,omitempty"`
}

// Note is what an operator wrote down about an order.
type Note struct {
	At   time.Time `json:"at"`
	By   string    `json:"by"`
	Text string    `json:"text"`
}

// Level is how much there is of a product that is sold.
type Level struct {
	Counted bool `json:"counted"`
	Left    int  `json:"left"` // where it is counted
}

// Lacks are the products of which there is less now than the order wants, in the
// order of its lines.
func (r *Record) Lacks() (lacks []Lack) {
	want := map[string]int{}
	for _, l := range r.Order.Lines {
		want[l.SKU] += l.Qty
	}
	for _, l := range r.Order.Lines {
		level, sold := r.Stock[l.SKU]
		if n := want[l.SKU]; n > 0 && (!sold || level.Counted && level.Left < n) {
			lacks = append(lacks, Lack{l.SKU, n, level.Left})
		}
		delete(want, l.SKU)
	}
	return lacks
}
