package gateway

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"haat/gateway/dialogue"
)

// Hold says that an operator speaks with a phone's owner. It stands in the
// phone's latest turn, so that every gateway sees it and no crash loses it, and
// it is over when its time has passed, whether or not anybody notices.
type Hold struct {
	By    string    `json:"by"`    // the operator's name
	Since time.Time `json:"since"` // when they took it over
	Until time.Time `json:"until"` // when the phone goes back to haat by itself; later where a notice says so
}

// Classes of turns that have to do with a hold.
const (
	ClassHeld     = "held"     // left to the operator who holds the phone
	ClassTakeOver = "takeover" // an operator took the phone over
	ClassHandBack = "handback" // an operator gave it back
)

// Held is who holds the phone now; the zero Hold where nobody does.
func (g *Gateway) Held(ctx context.Context, p Phone) (Hold, error) {
	turn, _, err := g.Log.Last(ctx, p)
	if err != nil {
		return Hold{}, fmt.Errorf("find who holds the phone: %w", err)
	}
	if turn.Hold == nil {
		return Hold{}, nil
	}
	notice, _, err := g.Log.LastNotice(ctx, p)
	if err != nil {
		return Hold{}, fmt.Errorf("find who holds the phone: %w", err)
	}
	hold := turn.Hold.prolonged(notice)
	if hold.over(g.Now()) {
		return Hold{}, nil
	}
	return hold, nil
}

// over tells whether the hold has ended by itself.
func (h Hold) over(now time.Time) bool { return !now.Before(h.Until) }

// prolonged is the hold with what its operator wrote since.
func (h Hold) prolonged(n Notice) Hold {
	if n.Until.After(h.Until) {
		h.Until = n.Until
	}
	return h
}

// holding is the hold that a message finds after the phone's latest turn; nil
// where there is none any more. Only one that seems to be over needs a look into
// the log.
func (g *Gateway) holding(ctx context.Context, last Turn) (*Hold, error) {
	if last.Hold == nil {
		return nil, nil
	}
	hold, now := *last.Hold, g.Now()
	if hold.over(now) {
		notice, _, err := g.Log.LastNotice(ctx, last.In.Phone)
		if err != nil {
			return nil, fmt.Errorf("find who holds the phone: %w", err)
		}
		hold = hold.prolonged(notice)
	}
	if hold.over(now) {
		return nil, nil
	}
	return &hold, nil
}

// held is the outcome of a message while an operator holds the phone: it is left
// to them, and the session stays where it was. STOP and START are always heard
// and end the hold. A carrier must have a screen for who dials.
func (g *Gateway) held(in dialogue.Input, hold *Hold, last *kept, w dialogue.World) (dialogue.Outcome, *Hold) {
	o := dialogue.Step(last.turn.Session, in, w)
	if o.Class == dialogue.ClassStop || o.Class == dialogue.ClassStart {
		return o, nil
	}
	quiet := dialogue.Outcome{Session: last.turn.Session, Class: ClassHeld, Heard: o.Heard}
	if in.Mode == dialogue.USSD {
		quiet.Text, quiet.End = dialogue.Helped(g.Languages.Get(last.turn.Session.Profile.Language), w), true
	}
	return quiet, hold
}

// TakeOver gives the phone to an operator: until they hand it back, or have
// written nothing for as long as Config.Hold, haat answers no SMS of it. Who has
// it already keeps it; from another operator it is taken. The channel is that of
// the turn where the phone had none yet.
func (g *Gateway) TakeOver(ctx context.Context, p Phone, channel, by string) (Hold, error) {
	var taken Hold
	err := g.operate(ctx, p, channel, by, func(now *Hold) (*Hold, bool) {
		if now != nil && now.By == by {
			taken = *now
			return now, false
		}
		at := g.Now()
		taken = Hold{By: by, Since: at, Until: at.Add(g.Config.Hold)}
		return &taken, true
	})
	return taken, err
}

// HandBack gives the phone back to haat, which goes on where the session stands.
// Where nobody holds it that changes nothing.
func (g *Gateway) HandBack(ctx context.Context, p Phone, by string) error {
	return g.operate(ctx, p, NoChannel, by, func(now *Hold) (*Hold, bool) { return nil, now != nil })
}

// operate logs what an operator does with the phone, as the turn after its
// latest: where the phone writes at the same instant, one of the two comes
// second and sees the other.
func (g *Gateway) operate(ctx context.Context, p Phone, channel, by string, next func(*Hold) (*Hold, bool)) error {
	ctx, cancel := context.WithTimeout(ctx, turnTimeout)
	defer cancel()
	for range maxConflicts {
		err := g.operateOnce(ctx, p, channel, by, next)
		if errors.Is(err, ErrConflict) {
			g.Metrics.conflict(channel)
			continue
		}
		if err != nil {
			return err
		}
		return g.Log.Durable(ctx)
	}
	return fmt.Errorf("%d times in a row a message of the phone came first: %w", maxConflicts, ErrConflict)
}

func (g *Gateway) operateOnce(ctx context.Context, p Phone, channel, by string, next func(*Hold) (*Hold, bool)) error {
	leave, err := g.turnstile.enter(ctx, p)
	if err != nil {
		return err
	}
	defer leave()
	g.cache.Remove(p) // what does not change anything is not proved by a commit
	last, err := g.last(ctx, p)
	if err != nil {
		return fmt.Errorf("find the session: %w", err)
	}
	now, err := g.holding(ctx, last.turn)
	if err != nil {
		return err
	}
	hold, changes := next(now)
	if !changes {
		return nil
	}
	turn := last.turn
	if last.seq == 0 {
		turn.In = Inbound{ID: "operator " + uuid.NewString(), Channel: channel, Phone: p, ReceivedAt: g.Now()}
	}
	// The latest message stays the one that was answered: a carrier may repeat it,
	// or go on with its session.
	turn.Request, turn.Offer, turn.Heard, turn.Order, turn.Amends = nil, nil, "", "", 0
	turn.Hold, turn.Operator, turn.Class, turn.At = hold, by, ClassTakeOver, g.Now()
	if hold == nil {
		turn.Class = ClassHandBack
	}
	_, err = g.commit(ctx, turn, last, turn.Class)
	return err
}
