package gateway

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"haat/gateway/dialogue"
	"haat/orders"
)

// maxAbout is how many earlier notices of a phone a notice remembers.
const maxAbout = 8

// NotifyAt is when the event may be turned into a notice: while the answer of
// the turn that placed the order may still tell it, a notice would be one SMS
// too many.
func (g *Gateway) NotifyAt(e orders.Event) time.Time {
	return e.Order.PlacedAt.Add(g.OrderWait + 2*Settle)
}

// Notify logs a notice that tells the event in the villager's language, unless
// a screen or a notice has told it already: an event may come twice. The notice
// is not on the disk before the log's Durable.
func (g *Gateway) Notify(ctx context.Context, e orders.Event) error {
	about := e.Order.ID + " " + string(e.Kind)
	if e.Refused {
		about += " kept"
	}
	if e.Act != "" {
		// The order may have had the same status before, so that what was told then
		// does not tell this.
		about += " " + e.Act
	}
	if k, ok := g.cache.Get(Phone(e.Order.Phone)); ok && e.Act == "" && told(k.turn.Session, e) {
		return nil // the usual case, without a look into the log
	}
	for range maxConflicts {
		turn, seq, err := g.Log.Last(ctx, Phone(e.Order.Phone))
		if err != nil {
			return fmt.Errorf("find the phone's turns: %w", err)
		}
		shown, err := g.shown(ctx, e)
		if shown || err != nil {
			return err
		}
		notice, before, err := g.notice(ctx, turn, e, about)
		if err != nil || notice.Text == "" {
			return err
		}
		if _, err = g.Log.AddNotice(ctx, notice, seq, before); errors.Is(err, ErrConflict) {
			continue
		} else if err != nil {
			return fmt.Errorf("keep the notice: %w", err)
		}
		g.Metrics.notice(notice.Channel, string(e.Kind))
		return nil
	}
	return ErrConflict
}

// shown tells whether a screen has told the event: the turn that amended the
// one that asked, which is always the phone's next.
func (g *Gateway) shown(ctx context.Context, e orders.Event) (bool, error) {
	if e.Turn == 0 || e.Act != "" { // what an operator did no screen has told
		return false, nil
	}
	next, seq, err := g.Log.TurnAfter(ctx, Phone(e.Order.Phone), e.Turn)
	if err != nil {
		return false, fmt.Errorf("find what the phone was told: %w", err)
	}
	return seq != 0 && next.Amends == e.Turn && told(next.Session, e), nil
}

// notice words the event, and gives the sequence of the notice before it. The
// text is empty where an earlier notice told the event already.
func (g *Gateway) notice(ctx context.Context, turn Turn, e orders.Event, about string) (Notice, uint64, error) {
	p := Phone(e.Order.Phone)
	last, before, err := g.Log.LastNotice(ctx, p)
	if err != nil {
		return Notice{}, 0, fmt.Errorf("find what the phone was told: %w", err)
	}
	if last.About == about || slices.Contains(last.Recent, about) {
		return Notice{}, 0, nil
	}
	language := e.Order.Language
	if l := turn.Session.Profile.Language; l != "" {
		language = l
	}
	channel := cmp.Or(g.Channels[e.Order.Channel].Notices, e.Order.Channel)
	w := g.world(channel, dialogue.SMS, 0)
	n := Notice{Channel: channel, Phone: p, Text: dialogue.Notice(e, g.Languages.Get(language), w), About: about, At: w.Now}
	n = n.After(last)
	return n, before, nil
}

// After is the notice as it follows the phone's last one: it remembers what those
// before it told.
func (n Notice) After(last Notice) Notice {
	n.Recent = append(n.Recent, last.Recent[max(0, len(last.Recent)-maxAbout+1):]...)
	if last.About != "" {
		n.Recent = append(n.Recent, last.About)
	}
	if last.Key != "" {
		n.Recent = append(n.Recent, keyMark+last.Key)
	}
	if last.Until.After(n.Until) {
		n.Until = last.Until
	}
	return n
}

// told tells whether the session knows that a screen told the event.
func told(s dialogue.Session, e orders.Event) bool {
	return slices.ContainsFunc(s.Orders, func(o dialogue.OrderRef) bool { return o.ID == e.Order.ID && o.Told == e.Kind })
}
