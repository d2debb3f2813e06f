// Package gateway is the way between phones and orders: phones, messages,
// turns, the port that carriers' channels fill, and the one Handle through
// which every inbound message goes.
package gateway

import (
	"strings"
	"time"

	"haat/gateway/dialogue"
	"haat/orders"
)

// Inbound is one text from a phone, whoever carried it.
type Inbound struct {
	ID      string        `json:"id"` // the carrier's id of the message; the same for a repeat
	Channel string        `json:"channel"`
	Mode    dialogue.Mode `json:"mode"`
	Phone   Phone         `json:"phone"`
	Text    string        `json:"text"`
	Session string        `json:"session,omitempty"` // the carrier's USSD session
	// Cumulative says that Text is all that the phone typed in this session so
	// far, joined by "*". The log keeps what was typed in this turn alone.
	Cumulative bool      `json:"-"`
	SentAt     time.Time `json:"sent_at,omitzero"` // carrier's time, where it gives one
	ReceivedAt time.Time `json:"received_at"`
}

// Reply is what the phone is told in answer.
type Reply struct {
	Text string `json:"text"`
	End  bool   `json:"end,omitempty"` // closes the USSD session
}

// Turn is one exchange with a phone and all that follows from it: what came,
// what was answered, where the session stands after, and what the order
// processor shall do. It is published as one message.
type Turn struct {
	In      Inbound          `json:"in"`
	Reply   Reply            `json:"reply"`
	Session dialogue.Session `json:"session"`
	Class   string           `json:"class,omitempty"` // what kind of turn it was: one of the dialogue's classes
	Request *orders.Request  `json:"request,omitempty"`
	Offer   *dialogue.Offer  `json:"offer,omitempty"` // what the phone's owner wants to sell
	Heard   string           `json:"heard,omitempty"` // which words of a free text became what
	// Order is the id of the order that the reply tells of, where the turn does not
	// itself ask for one.
	Order string `json:"order,omitempty"`
	// Amends is the log's sequence of the turn whose reply this one replaces:
	// the processor's word came while the phone was still waiting.
	Amends uint64 `json:"amends,omitempty"`
	// Hop is the cumulative text of the carrier's session after this turn.
	Hop string `json:"hop,omitempty"`
	// Guard counts what the phone has sent.
	Guard *Guard `json:"guard,omitempty"`
	// Hold says that an operator speaks with the phone's owner, and haat does not.
	Hold *Hold `json:"hold,omitempty"`
	// Operator is who took the phone over or handed it back by this turn, which is
	// then no exchange: all else of it is as the turn before left it, but for what
	// that had asked of others.
	Operator string `json:"operator,omitempty"`
	// Withheld says that the reply was not sent, since the channel's budget of the
	// day was used up.
	Withheld bool `json:"withheld,omitempty"`
	// Recent are the inbound messages before this one, the newest last: a
	// carrier may repeat one minutes after it was answered.
	Recent []Answered `json:"recent,omitempty"`
	At     time.Time  `json:"at"`
}

// Answered remembers which turn answered an inbound message.
type Answered struct {
	Key  string `json:"k"`           // a hash of the message's id
	Twin string `json:"t,omitempty"` // a hash of an SMS's text and carrier time
	Seq  uint64 `json:"s"`           // of the turn in the log
}

// Notice is an SMS that we begin.
type Notice struct {
	Channel string    `json:"channel"`
	Phone   Phone     `json:"phone"`
	Text    string    `json:"text"`
	About   string    `json:"about,omitempty"`  // what it tells: an order's id and status
	Again   string    `json:"again,omitempty"`  // ref of the SMS that an operator sends once more
	Recent  []string  `json:"recent,omitempty"` // what the notices before it told, the newest last
	By      string    `json:"by,omitempty"`     // the operator who wrote it
	Key     string    `json:"key,omitempty"`    // of what the operator sent, to tell the same sent twice
	Until   time.Time `json:"until,omitzero"`   // how long it, or one before it, keeps the phone held
	At      time.Time `json:"at"`
}

// Order is the id of the order that the notice tells of, or "".
func (n Notice) Order() string {
	id, _, _ := strings.Cut(n.About, " ")
	return id
}
