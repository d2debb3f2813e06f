// Package alert watches the figures of the overview and the state of haat, and
// tells when something is wrong: on every page of the console, by a webhook and
// by SMS. It tells each alert once when it begins and once when it is over.
package alert

import (
	"errors"
	"fmt"
	"math"
	"time"
)

// Kind is what a rule looks at.
type Kind string

// The kinds, one rule each.
const (
	Silence   Kind = "silence"   // a channel that is in use has no turns for the window
	Errors    Kind = "errors"    // the share of messages that somebody should look at, by channel, in the window
	Delivered Kind = "delivered" // the share of finished SMS that were delivered, by channel, in the window
	Lag       Kind = "lag"       // seconds that the console's index is behind, all through the window
	Queue     Kind = "queue"     // messages that wait for the processor or an outbox, all through the window
	Down      Kind = "down"      // a channel does not send, all through the window
	Budget    Kind = "budget"    // the share of a channel's budget of the day that is used
	Balance   Kind = "balance"   // what is left on a channel's account at its carrier, in its currency
	Disk      Kind = "disk"      // the share of the disk that is free
)

// Kinds are all kinds, in the order of the page.
var Kinds = []Kind{Silence, Errors, Delivered, Down, Budget, Balance, Queue, Lag, Disk}

// Rule says when to tell.
type Rule struct {
	Kind        Kind
	On          bool
	Limit       float64       // a share of 1, seconds, messages or money: see the kind; 0 of a balance: nobody has set it
	Window      time.Duration // of figures, or for how long it must be so
	From, Until int           // minutes of the day between which silence counts; the same: all day
	Silent      time.Time     // nothing new is told before
}

// MinMessages is how many messages or SMS a window must have before their share
// tells anything.
const MinMessages = 5

// Defaults are the rules as haat has them.
func Defaults() []Rule {
	return []Rule{
		{Kind: Silence, On: true, Window: time.Hour, From: 7 * 60, Until: 20 * 60},
		{Kind: Errors, On: true, Limit: .2, Window: 10 * time.Minute},
		{Kind: Delivered, On: true, Limit: .8, Window: time.Hour},
		{Kind: Down, On: true, Limit: 1, Window: 2 * time.Minute},
		{Kind: Budget, On: true, Limit: .8},
		{Kind: Balance}, // what is little on an account only its owner knows
		{Kind: Queue, On: true, Limit: 1000, Window: 5 * time.Minute},
		{Kind: Lag, On: true, Limit: 60, Window: time.Minute},
		{Kind: Disk, On: true, Limit: .1},
	}
}

// Bounds of a rule.
const (
	MinWindow = time.Minute
	MaxWindow = 2 * time.Hour // that long figures are kept by the minute
	maxSilent = 30 * 24 * time.Hour
	aDay      = 24 * 60 // minutes
)

// What is wrong with a rule.
var (
	ErrKind   = errors.New("there is no such rule")
	ErrLimit  = errors.New("the limit is out of bounds")
	ErrWindow = fmt.Errorf("the window is out of bounds: %s to %s", MinWindow, MaxWindow)
	ErrHours  = errors.New("the hours are not of a day")
	ErrSilent = fmt.Errorf("it may be silent for %d days at most", maxSilent/(24*time.Hour))
)

// HasLimit and HasWindow tell what can be set of a kind.
func (k Kind) HasLimit() bool  { return k != Silence && k != Down }
func (k Kind) HasWindow() bool { return k != Budget && k != Balance && k != Disk }

// IsShare tells whether the limit is a share of 1.
func (k Kind) IsShare() bool { return k == Errors || k == Delivered || k == Budget || k == Disk }

// Below tells whether a value below the limit is wrong; of the others one that
// reaches it.
func (k Kind) Below() bool { return k == Delivered || k == Balance || k == Disk }

// measured tells whether the value is one of the window already, so that it need
// not be wrong for long.
func (k Kind) measured() bool { return k == Silence || k == Errors || k == Delivered }

// Check tells what is wrong with a rule, at a time.
func (r Rule) Check(now time.Time) error {
	known := false
	for _, k := range Kinds {
		known = known || k == r.Kind
	}
	switch {
	case !known:
		return ErrKind
	case !r.limitFits():
		return ErrLimit
	case r.Kind.HasWindow() && (r.Window < MinWindow || r.Window > MaxWindow || r.Window%time.Minute != 0):
		return ErrWindow
	case r.From < 0 || r.From >= aDay || r.Until < 0 || r.Until >= aDay:
		return ErrHours
	case r.Silent.Sub(now) > maxSilent:
		return ErrSilent
	}
	return nil
}

func (r Rule) limitFits() bool {
	switch {
	case r.Kind == Balance && !r.On && r.Limit == 0: // as haat has it
		return true
	case r.Kind.IsShare():
		return r.Limit >= .01 && r.Limit <= 1
	case r.Kind.HasLimit():
		return r.Limit >= 1 && r.Limit <= 1e9
	}
	return !math.IsNaN(r.Limit)
}

// awake tells whether a time is in the hours of the rule.
func (r Rule) awake(now time.Time) bool {
	minute := now.Hour()*60 + now.Minute()
	switch {
	case r.From == r.Until:
		return true
	case r.From < r.Until:
		return minute >= r.From && minute < r.Until
	}
	return minute >= r.From || minute < r.Until // over midnight
}

// margin is how far, of the way to what is quite right, a value must come back
// before an alert ends: one that hovers about the limit does not begin again and
// again.
const margin = .1

// Wrong tells whether a value is, where there is no alert yet.
func (r Rule) Wrong(value float64) bool { return r.wrong(value, false) }

// wrong tells whether a value is; lasting while there is an alert already.
func (r Rule) wrong(value float64, lasting bool) bool {
	limit := r.Limit
	switch {
	case r.Kind == Silence:
		return value == 0
	case r.Kind == Down:
		return value >= 1
	case r.Kind == Balance:
		if lasting {
			limit += limit * margin
		}
		return limit > 0 && value < limit
	case r.Kind.Below():
		if lasting {
			limit += (1 - limit) * margin
		}
		return value < limit
	}
	if lasting {
		limit -= limit * margin
	}
	return value >= limit
}
