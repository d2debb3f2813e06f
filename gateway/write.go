package gateway

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"haat/gateway/gsm"
)

// Why an operator's SMS is not sent.
var (
	ErrEmpty    = errors.New("the SMS has no text")
	ErrTooLong  = errors.New("the SMS has more segments than its channel may send")
	ErrAlphabet = errors.New("the channel carries GSM-7 alone, and the SMS has other characters")
	ErrOptedOut = errors.New("the phone's owner wants no SMS")
)

// keyMark tells keys from orders among what earlier notices told.
const keyMark = "#"

// Write logs an SMS of an operator, which its channel then sends; while the phone
// is held it prolongs the hold. With the same Key it is logged once, as long as
// not many others came between. The text must be clean and not longer than
// the channel's Parts.
func (g *Gateway) Write(ctx context.Context, n Notice) error {
	if err := g.Channels[n.Channel].takes(n.Text); err != nil {
		return err
	}
	for range maxConflicts {
		err := g.write(ctx, n)
		if errors.Is(err, ErrConflict) {
			g.Metrics.conflict(n.Channel)
			continue
		}
		if err != nil {
			return err
		}
		return g.Log.Durable(ctx)
	}
	return fmt.Errorf("%d times in a row a message of the phone came first: %w", maxConflicts, ErrConflict)
}

// takes tells why a channel cannot send an operator's text, or nil.
func (l Limits) takes(text string) error {
	switch segments := gsm.Segments(text); {
	case segments == 0:
		return ErrEmpty
	case segments > max(l.Parts, 1):
		return ErrTooLong
	case l.SMS.GSM7 && gsm.Encoding(text) != gsm.GSM7:
		return ErrAlphabet
	}
	return nil
}

// write logs the notice if nothing came since it was found to be wanted.
func (g *Gateway) write(ctx context.Context, n Notice) error {
	turn, seq, err := g.Log.Last(ctx, n.Phone)
	if err != nil {
		return fmt.Errorf("find the phone's turns: %w", err)
	}
	last, before, err := g.Log.LastNotice(ctx, n.Phone)
	if err != nil {
		return fmt.Errorf("find what the phone was told: %w", err)
	}
	if n.Key != "" && (last.Key == n.Key || slices.Contains(last.Recent, keyMark+n.Key)) {
		return nil
	}
	profile, err := g.People.Profile(ctx, n.Phone) // which also knows what a carrier told the outbox
	if err != nil {
		return fmt.Errorf("profile: %w", err)
	}
	if profile.OptedOut || turn.Session.Profile.OptedOut {
		return ErrOptedOut
	}
	n.At = g.Now()
	if turn.Hold != nil && !turn.Hold.prolonged(last).over(n.At) {
		n.Until = n.At.Add(g.Hold)
	}
	if _, err := g.Log.AddNotice(ctx, n.After(last), seq, before); err != nil {
		return fmt.Errorf("keep the SMS: %w", err)
	}
	g.Metrics.notice(n.Channel, "operator")
	return nil
}
