package gateway

import (
	"context"
	"errors"

	"haat/gateway/dialogue"
	"haat/orders"
)

// ErrConflict says that somebody else added to the phone's log first: reload
// and try again.
var ErrConflict = errors.New("the phone's log has moved on")

// ErrNotFound says that a message is not, or not any more, in the log.
var ErrNotFound = errors.New("the log has no such message")

// Log is the message log as the gateway uses it.
type Log interface {
	// Last is the phone's latest turn and its sequence; sequence 0 where there
	// is none.
	Last(ctx context.Context, p Phone) (Turn, uint64, error)
	// Turn reads one turn by its sequence; ErrNotFound when it has left the log.
	Turn(ctx context.Context, seq uint64) (Turn, error)
	// AddTurn adds a turn if the phone's latest one is still that with the
	// sequence after; else ErrConflict.
	AddTurn(ctx context.Context, t Turn, after uint64) (uint64, error)
	// Amend adds a turn that amends t.Amends if neither a turn nor a notice was
	// logged for the phone since; else ErrConflict.
	Amend(ctx context.Context, t Turn) (uint64, error)
	// TurnAfter is the phone's first turn after the sequence; sequence 0 where
	// there is none.
	TurnAfter(ctx context.Context, p Phone, seq uint64) (Turn, uint64, error)
	// LastNotice is the phone's latest notice and its sequence; sequence 0 where
	// there is none.
	LastNotice(ctx context.Context, p Phone) (Notice, uint64, error)
	// AddNotice adds a notice if the phone's latest turn and notice are still
	// those with the sequences; else ErrConflict.
	AddNotice(ctx context.Context, n Notice, turn, notice uint64) (uint64, error)
	// AddStatus adds what next makes of the phone's latest status in the
	// channel; next may refuse. It reports whether something was added.
	AddStatus(ctx context.Context, p Phone, channel string, next func(Status) (Status, bool)) (bool, error)
	// PhoneOf is the phone of an SMS by its Outbound.Ref; "" where the log has no
	// such message.
	PhoneOf(ctx context.Context, ref string) (Phone, error)
	// Charge tells an order what an SMS about it has cost.
	Charge(ctx context.Context, c orders.Charge) error
	// Durable returns when all that was added before survives a power cut.
	Durable(ctx context.Context) error
}

// People remembers profiles for longer than the log.
type People interface {
	Profile(ctx context.Context, p Phone) (dialogue.Profile, error) // zero for a stranger
	SetProfile(ctx context.Context, p Phone, profile dialogue.Profile) error
}

// Desk answers questions about a phone's orders.
type Desk interface {
	Of(ctx context.Context, phone string, limit int) ([]orders.Order, error) // newest first
}

// Numbers hands out order numbers. A number that was not used may be given
// back.
type Numbers interface {
	Take(ctx context.Context) (int64, error)
	GiveBack(n int64)
}

// Receipts finds the phone of an SMS by the id that the carrier gave it.
type Receipts interface {
	Phone(ctx context.Context, channel, carrierID string) (Phone, error) // "" when unknown
}

// Budget is what a channel may spend in a day.
type Budget interface {
	// Spend takes segments and their cost, nil where there is no tariff, out of
	// the budget. It reports false where they are not to be spent today.
	Spend(ctx context.Context, segments int, cost *Cost, news bool) (bool, error)
}
