// Package gateway is the way between phones and orders: phones, messages,
// turns, the port that carriers' channels fill, and the one Handle through
// which every inbound message goes.
package gateway

import (
	"context"
	"fmt"
	"net/http"
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
	// Amends is the log's sequence of the turn whose reply this one replaces:
	// the processor's word came while the phone was still waiting.
	Amends uint64 `json:"amends,omitempty"`
	// Hop is the cumulative text of the carrier's session after this turn.
	Hop string `json:"hop,omitempty"`
	// Recent are the inbound messages before this one, the newest last: a
	// carrier may repeat one minutes after it was answered.
	Recent []Answered `json:"recent,omitempty"`
	At     time.Time  `json:"at"`
}

// Answered remembers which turn answered an inbound message.
type Answered struct {
	Key string `json:"k"` // a hash of the message's id
	Seq uint64 `json:"s"` // of the turn in the log
}

// Notice is an SMS that we begin.
type Notice struct {
	Channel string    `json:"channel"`
	Phone   Phone     `json:"phone"`
	Text    string    `json:"text"`
	About   string    `json:"about,omitempty"`  // what it tells: an order's id and status
	Recent  []string  `json:"recent,omitempty"` // what the notices before it told, the newest last
	At      time.Time `json:"at"`
}

// Outbound is one SMS to be sent.
type Outbound struct {
	Ref     string // our id of it: the message's sequence in the log
	Channel string
	Phone   Phone
	Text    string
}

// Receipt is what a carrier says when it takes an SMS.
type Receipt struct {
	ID    string // the carrier's id of it; empty where reports come with our Ref
	State State
}

// State is what became of an SMS. A state never goes back to one of lower rank.
type State string

// The states of an SMS.
const (
	Retrying   State = "retrying"   // refused for now; it will be tried again
	Sent       State = "sent"       // the carrier has it
	Buffered   State = "buffered"   // the phone is off or out of reach
	Delivered  State = "delivered"  // the phone has it
	Failed     State = "failed"     // it will not arrive
	Suppressed State = "suppressed" // not sent: the phone has opted out
)

// Rank orders the states: retrying, sent, buffered, then the final ones.
func (s State) Rank() int {
	switch s {
	case Sent:
		return 1
	case Buffered:
		return 2
	case Delivered, Failed, Suppressed:
		return 3
	}
	return 0
}

// Report is a carrier's word on an SMS that it took.
type Report struct {
	Channel   string
	Phone     Phone  // empty where the carrier does not say
	Ref       string // our Outbound.Ref where the carrier gives it back, or empty
	CarrierID string // the Receipt.ID
	State     State
	Code      string // the carrier's own word or error code
}

// SendError is a carrier's refusal of an SMS, or the failure to reach it.
type SendError struct {
	Retry  bool          // whether another attempt may succeed
	After  time.Duration // how long the carrier asks to wait; 0: our own schedule
	OptOut bool          // the phone has opted out at the carrier
	Code   string        // the carrier's error code, or ""
	Advice string        // what the operator should do
	Err    error
}

func (e *SendError) Error() string {
	return fmt.Sprintf("carrier refused (code %q, retry %v): %s: %v", e.Code, e.Retry, e.Advice, e.Err)
}

func (e *SendError) Unwrap() error { return e.Err }

// Channel is one configured connection to one carrier. Send hands one SMS to
// the carrier; a refusal is a *SendError, any other error is retried.
type Channel interface {
	Name() string
	Send(ctx context.Context, out Outbound) (Receipt, error)
}

// Receiver is a channel whose carrier calls us: it adds its routes, all below
// its own prefix, and hands what comes to the acceptor.
type Receiver interface {
	Channel
	Routes(mux *http.ServeMux, to Acceptor)
}

// Deferred is a channel that may not be able to answer an SMS in the response
// to the carrier's request. Where Deferred returns true the reply to an SMS
// reaches the phone only through Send; a channel without this method answers
// in the response. USSD is always answered in the response.
type Deferred interface {
	Channel
	Deferred() bool
}

// Runner is a channel that binds to its carrier and stays bound.
type Runner interface {
	Channel
	Run(ctx context.Context, to Acceptor) error
}

// Acceptor takes what a channel received.
type Acceptor interface {
	// Accept handles one inbound text. It returns only after the turn is kept.
	// With an error nothing was kept and Reply is an apology in the phone's
	// language: show it where the carrier cannot repeat, else make the carrier
	// repeat.
	Accept(ctx context.Context, in Inbound) (Reply, error)
	// Report takes a delivery report. With an error it was not kept.
	Report(ctx context.Context, r Report) error
	// Refuse counts a request that was turned away before it became an Inbound.
	// Reasons are a small fixed set: see the Refused constants.
	Refuse(channel, reason string)
}

// NoChannel is the channel of requests to a channel that is not configured.
const NoChannel = "-"

// Why a request was turned away.
const (
	RefusedChannel   = "channel"   // no such channel, or no such address of it
	RefusedSignature = "signature" // missing or forged signature, wrong key
	RefusedOrigin    = "origin"    // not from an allowed address
	RefusedMethod    = "method"
	RefusedType      = "content_type"
	RefusedSize      = "size"
	RefusedForm      = "form" // not decodable or a field is missing
	RefusedPhone     = "phone"
	// RefusedSessionEnd is a carrier's notice that a USSD session is over. It is
	// answered and changes nothing: the phone's own session stays resumable.
	RefusedSessionEnd = "session_end"
)
