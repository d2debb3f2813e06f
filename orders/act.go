package orders

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// What is a kind of act.
type What string

// What an operator can do to an order.
const (
	ActConfirm What = "confirm" // fill it after all, at its own prices
	ActCancel  What = "cancel"  // the villager wants it no more
	ActReject  What = "reject"  // we cannot fill it
	ActNote    What = "note"    // write something down that only operators see
)

// Limits of acts.
const (
	MaxReason = 500 // characters of a reason or a note
	MaxActs   = 100 // of one order
)

// Act is what an operator does to an order.
type Act struct {
	ID     string `json:"id"` // new for each act: the same id again is the same act, which happens once
	Order  string `json:"order"`
	What   What   `json:"what"`
	By     string `json:"by"`               // the operator's name
	Reason string `json:"reason,omitempty"` // why, or the text of a note; a confirmation needs none
}

// Validate says what is wrong with an act.
func (a Act) Validate() error {
	for _, w := range []struct{ name, word string }{{"id", a.ID}, {"order", a.Order}, {"by", a.By}} {
		if err := validWord(w.name, w.word); err != nil {
			return err
		}
	}
	if a.What != ActNote && a.What.Status() == "" {
		return fmt.Errorf("an act %q is not known", a.What)
	}
	return ValidReason(a.What, a.Reason)
}

// ErrReason says that a reason is missing, too long, or no plain text.
var ErrReason = fmt.Errorf("write a reason of 1 to %d characters", MaxReason)

// ValidReason refuses a reason that an act cannot have.
func ValidReason(w What, reason string) error {
	bad := func(c rune) bool { return unicode.IsControl(c) && c != '\n' && c != '\t' }
	if !utf8.ValidString(reason) || utf8.RuneCountInString(reason) > MaxReason || strings.ContainsFunc(reason, bad) ||
		w != ActConfirm && strings.TrimSpace(reason) == "" {
		return ErrReason
	}
	return nil
}

// Status is what an order becomes by the act; "" where it stays what it is.
func (w What) Status() Status {
	switch w {
	case ActConfirm:
		return Confirmed
	case ActCancel:
		return Cancelled
	case ActReject:
		return Rejected
	}
	return ""
}

// Refusal says why an act was not done.
type Refusal string

// Why an act is not done.
const (
	RefusedStatus Refusal = "status" // the order has a status from which this cannot be done; another operator may have been faster
	RefusedShort  Refusal = "short"  // there is too little: see Missing
	RefusedFull   Refusal = "full"   // the order has had MaxActs
)

// Outcome is what became of an act. A repeated act has the same outcome.
type Outcome struct {
	Refused Refusal `json:"refused,omitempty"` // "" where it was done
	Status  Status  `json:"status"`            // of the order after it
	Missing []Lack  `json:"missing,omitempty"` // of a confirmation that was refused
}

// Lack is a product of which there is less than an order wants.
type Lack struct {
	SKU  string `json:"sku"`
	Want int    `json:"want"` // of all lines together
	Left int    `json:"left"` // now
}

// ErrUnknown says that there is no order with an id.
var ErrUnknown = errors.New("there is no such order")
