package gateway

import (
	"context"
	"net/http"

	"github.com/rs/zerolog"
)

// Channel is one configured connection to one carrier. What else a channel can
// do it says by the interfaces below: most can send SMS, most are called by
// their carrier, some bind to it.
type Channel interface {
	Name() string // as in the configuration
}

// Sender is a channel that can send SMS. Send hands one SMS to the carrier; a
// refusal is a [*SendError], any other error counts as one of kind Unavailable.
// It is called by many at once.
type Sender interface {
	Channel
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

// Runner is a channel that binds to its carrier and stays bound, until ctx ends:
// Run binds again by itself whenever the link is lost, and returns an error only
// for what no further attempt can mend.
type Runner interface {
	Channel
	Run(ctx context.Context, to Acceptor) error
}

// Linked is a channel that knows whether its link to the carrier stands. Link
// tells why nothing can be sent now, in words for an operator, or nil.
type Linked interface {
	Channel
	Link() error
}

// Prepaid is a channel whose account at the carrier is paid in advance. Balance
// asks the carrier what is left on it: below zero where it lends, nil where it
// tells none, as of a sandbox or of an account below another. A refusal is a
// [*SendError].
type Prepaid interface {
	Channel
	Balance(ctx context.Context) (*Cost, error)
}

// Carrier is the settings of a channel, which know how to open it. Errors name
// the setting that is wrong and what belongs there.
type Carrier interface {
	Open(name string, at Site) (Channel, error)
}

// Site is what a channel may know of the haat that it stands in.
type Site struct {
	Region    string // ISO 3166: how phone numbers without a country code are read
	PublicURL string // how carriers reach this server, without a slash at the end; "" where nobody has said
	LocalURL  string // how this machine reaches it
	Logger    zerolog.Logger
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
