package gateway

import (
	"fmt"
	"time"
)

// Outbound is one SMS to be sent.
type Outbound struct {
	// Ref is our id of it, the message's sequence in the log: the same at every
	// attempt, so that a carrier with idempotency can tell a second one.
	Ref     string
	Channel string
	Phone   Phone
	Text    string
	Until   time.Time // when it is of no use any more; zero: the carrier's default
}

// Receipt is what a carrier says when it takes an SMS.
type Receipt struct {
	// IDs are the carrier's ids of it: one, or one for each part where the
	// carrier reports on each by itself; none where reports come with our Ref.
	IDs   []string
	State State
	// ByID says that reports name neither our Ref nor the phone, so that whose id
	// it is must be remembered.
	ByID bool
}

// State is what became of an SMS. A state never goes back to one of lower rank.
// A final one never changes, but that an operator may drop what will not arrive.
type State string

// The states of an SMS.
const (
	Held       State = "held"       // not tried yet: the day's budget is used up
	Retrying   State = "retrying"   // refused for now; it will be tried again
	Sent       State = "sent"       // the carrier has it
	Buffered   State = "buffered"   // the phone is off or out of reach
	Delivered  State = "delivered"  // the phone has it
	Failed     State = "failed"     // it will not arrive
	Expired    State = "expired"    // it became too old before it could be sent
	Suppressed State = "suppressed" // not sent: the phone has opted out
	Dropped    State = "dropped"    // an operator took it out of the outbox
)

// Rank orders the states: held and retrying, sent, buffered, then the final ones.
func (s State) Rank() int {
	switch s {
	case Sent:
		return 1
	case Buffered:
		return 2
	case Delivered, Failed, Expired, Suppressed:
		return finalRank
	case Dropped:
		return finalRank + 1
	}
	return 0
}

// Final tells whether nothing more will become of the message by itself.
func (s State) Final() bool { return s.Rank() >= finalRank }

// mayBecome tells whether a message may go from one state to another.
func (s State) mayBecome(next State) bool {
	if s.Final() {
		return next == Dropped && (s == Failed || s == Expired)
	}
	return next.Rank() >= s.Rank()
}

const finalRank = 3

// Report is a carrier's word on an SMS that it took.
type Report struct {
	Channel   string
	Phone     Phone  // empty where the carrier does not say
	Ref       string // our Outbound.Ref where the carrier gives it back, or empty
	CarrierID string // one of Receipt.IDs, perhaps written another way
	State     State
	Code      string // the carrier's own word or error code
	Reason    string // what Code means, in words for an operator; may be empty
}

// Refusal says what kind of refusal a SendError is, and so what happens next.
type Refusal string

// The kinds of refusals.
const (
	// Rejected is for good: another attempt would end the same.
	Rejected Refusal = "rejected"
	// Temporary is about this SMS and may pass: it is tried again by the
	// channel's schedule.
	Temporary Refusal = "temporary"
	// Throttled asks to send more slowly: the whole channel pauses, and the
	// attempt does not count.
	Throttled Refusal = "throttled"
	// Unavailable is no fault of the SMS: the carrier is out of reach, broken,
	// out of money or refuses the credentials. Several in a row open the channel's
	// breaker.
	Unavailable Refusal = "unavailable"
	// OptedOut is Rejected, because the phone's owner has told the carrier that
	// they want no more SMS.
	OptedOut Refusal = "opted_out"
)

// SendError is a carrier's refusal of an SMS, or the failure to reach it. It
// holds neither the phone nor the text.
type SendError struct {
	Kind   Refusal
	After  time.Duration // how long the carrier asks to wait; 0: it does not say
	Doubt  bool          // the carrier may have taken the SMS all the same
	Code   string        // the carrier's error code, or ""
	Advice string        // what happened and what the operator should do: one or two sentences
	Err    error
}

func (e *SendError) Error() string {
	return fmt.Sprintf("carrier refused (%s, code %q): %s: %v", e.Kind, e.Code, e.Advice, e.Err)
}

func (e *SendError) Unwrap() error { return e.Err }
