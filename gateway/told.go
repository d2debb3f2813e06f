package gateway

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"haat/gateway/dialogue"
	"haat/orders"
)

// Settle is how much longer than OrderWait an order's turn may still be
// amended: the amending publish itself takes a moment.
const Settle = 500 * time.Millisecond

// finish answers a turn that is in the log. Where the turn asked something of
// the processor it waits for its word, so that the phone is told the outcome
// and not only that one will follow.
func (g *Gateway) finish(ctx context.Context, t taken) (Reply, error) {
	if t.waits == nil {
		return t.turn.Reply, g.Log.Durable(ctx)
	}
	defer g.waiting.end(t.waits)
	reply, err := g.amend(ctx, t.turn, t.seq, t.waits.word)
	if err != nil {
		return Reply{}, err
	}
	return reply, g.Log.Durable(ctx)
}

// amend waits for the processor's word and logs the reply that tells it. If no
// word comes in time, or something else was logged for the phone meanwhile, the
// reply stays as it is and a notice will follow.
func (g *Gateway) amend(ctx context.Context, turn Turn, seq uint64, word <-chan orders.Event) (Reply, error) {
	timer := time.NewTimer(g.OrderWait)
	defer timer.Stop()
	select {
	case event := <-word:
		w := g.world(turn.In.Channel, turn.In.Mode, 0)
		o := dialogue.Decided(turn.Session, event, w, turn.In.Mode)
		amended := turn
		amended.Reply, amended.Session, amended.Class = Reply{Text: o.Text, End: o.End}, o.Session, o.Class
		amended.Order, amended.Request, amended.Amends, amended.At = turn.Request.OrderID(), nil, seq, w.Now
		return g.addAmended(ctx, turn, amended)
	case <-timer.C:
	case <-ctx.Done():
	}
	return turn.Reply, nil
}

func (g *Gateway) addAmended(ctx context.Context, turn, amended Turn) (Reply, error) {
	seq, err := g.Log.Amend(ctx, amended)
	switch {
	case errors.Is(err, ErrConflict):
		g.cache.Remove(turn.In.Phone)
		return turn.Reply, nil
	case err != nil: // whether it was kept is not known, so neither is what to say
		return Reply{}, fmt.Errorf("keep what the phone is told: %w", err)
	}
	g.cache.Add(turn.In.Phone, &kept{turn: amended, seq: seq})
	return amended.Reply, nil
}

// How far back a message is looked for that may be a carrier's repeat: carriers
// repeat within minutes.
const (
	repeatsWithin = 15 * time.Minute
	repeatsBack   = 16 // turns read at most, each of which knows maxRecent more
)

// answered finds the reply to a message that was answered before the phone's
// latest turn: as it was amended, if it was. Every turn knows the few before
// it, and the oldest of those a few more.
func (g *Gateway) answered(ctx context.Context, in Inbound, last *kept) (Reply, bool, error) {
	key, twin, turn := keyOf(in.ID), twinKey(in), last.turn
	for range repeatsBack {
		for _, a := range turn.Recent {
			if a.Key != key && (a.Twin == "" || a.Twin != twin) {
				continue
			}
			old, err := g.Log.Turn(ctx, a.Seq)
			if errors.Is(err, ErrNotFound) {
				continue
			}
			if err != nil {
				return Reply{}, true, fmt.Errorf("read the turn that answered this message: %w", err)
			}
			if in.same(old.In) || in.twin(old.In) {
				return old.Reply, true, nil
			}
		}
		if len(turn.Recent) < maxRecent || !in.maybeLate(last.turn) || g.Now().Sub(turn.At) > repeatsWithin {
			break
		}
		var err error
		turn, err = g.Log.Turn(ctx, turn.Recent[0].Seq)
		if errors.Is(err, ErrNotFound) {
			break
		}
		if err != nil {
			return Reply{}, true, fmt.Errorf("look for an earlier answer to this message: %w", err)
		}
	}
	return Reply{}, false, nil
}

// maybeLate tells whether a message may be one from before the phone's latest
// turn: any but the dial of a new session and the next answer of the present
// one.
func (in Inbound) maybeLate(last Turn) bool {
	switch {
	case in.Mode != dialogue.USSD:
		return true
	case in.Session != last.In.Session || last.In.Mode != dialogue.USSD:
		return in.Text != ""
	}
	return in.Cumulative && last.Hop != "" && !strings.HasPrefix(in.Text, last.Hop+"*")
}

// same tells whether two inbound messages are one: they have the same id.
func (in Inbound) same(o Inbound) bool {
	return in.ID == o.ID && in.Channel == o.Channel && in.Mode == o.Mode
}

// twinWithin is how far apart a carrier delivers one SMS under two ids.
const twinWithin = time.Minute

// twin tells whether two SMS look like one that a carrier delivered under two
// ids: the same text at the same carrier time, within a short while. Carrier
// times are in seconds, so that a program may answer two questions with the
// same number within one; a person cannot.
func (in Inbound) twin(o Inbound) bool {
	return in.Mode == dialogue.SMS && o.Mode == dialogue.SMS && in.Channel == o.Channel && in.Text == o.Text &&
		!in.SentAt.IsZero() && in.SentAt.Equal(o.SentAt) && in.ReceivedAt.Sub(o.ReceivedAt) < twinWithin
}

// bare tells whether a text is nothing but a number or nothing at all.
func bare(text string) bool { return strings.Trim(text, " 0123456789") == "" }

// replyAgain gives the latest turn's reply once more. While that turn's own
// caller may still be waiting for the processor's word, the reply is not final:
// it waits with it, and then settles the reply for good.
func (g *Gateway) replyAgain(ctx context.Context, last *kept) (Reply, error) {
	if last.turn.Request == nil || g.Channels[last.turn.In.Channel].Deferred && last.turn.In.Mode == dialogue.SMS {
		return last.turn.Reply, g.Log.Durable(ctx)
	}
	open := g.OrderWait + Settle - g.Now().Sub(last.turn.At)
	if open > 0 {
		select {
		case <-time.After(open):
		case <-g.waiting.ended(last.turn.Request.OrderID()):
		case <-ctx.Done():
			return Reply{}, ctx.Err()
		}
	}
	g.cache.Remove(last.turn.In.Phone)
	now, err := g.last(ctx, last.turn.In.Phone)
	if err != nil {
		return Reply{}, err
	}
	if now.seq != last.seq { // it was amended, or the phone went on meanwhile
		if now.turn.Amends == last.seq {
			return now.turn.Reply, g.Log.Durable(ctx)
		}
		reply, known, err := g.answered(ctx, last.turn.In, now)
		if err != nil {
			return Reply{}, err
		}
		if known {
			return reply, g.Log.Durable(ctx)
		}
		return last.turn.Reply, g.Log.Durable(ctx)
	}
	final := last.turn
	final.Order, final.Request, final.Amends = last.turn.Request.OrderID(), nil, last.seq
	if _, err := g.addAmended(ctx, last.turn, final); err != nil {
		return Reply{}, err
	}
	return last.turn.Reply, g.Log.Durable(ctx)
}

// Decided hands the processor's word to the answer that waits for it, if one
// does. What an operator does to the order meanwhile answers nobody: it is told
// by a notice.
func (g *Gateway) Decided(e orders.Event) {
	if e.Act == "" {
		g.waiting.decided(e)
	}
}

// waiting are the answers that wait for the processor's word, by order id. Two
// may wait for one order while it is being found out which came first.
type waiting struct {
	mu      sync.Mutex
	answers map[string][]*answer
}

// answer is one caller that waits.
type answer struct {
	order string
	word  chan orders.Event // holds one
	ended chan struct{}
}

func newWaiting() *waiting { return &waiting{answers: map[string][]*answer{}} }

// begin registers an answer before its turn is published, since the word may
// come before the publish returns.
func (w *waiting) begin(order string) *answer {
	a := &answer{order: order, word: make(chan orders.Event, 1), ended: make(chan struct{})}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.answers[order] = append(w.answers[order], a)
	return a
}

func (w *waiting) end(a *answer) {
	w.mu.Lock()
	defer w.mu.Unlock()
	close(a.ended)
	left := slices.DeleteFunc(w.answers[a.order], func(b *answer) bool { return a == b })
	if len(left) == 0 {
		delete(w.answers, a.order)
		return
	}
	w.answers[a.order] = left
}

// ended is closed when an answer of this process to the order has ended; nil
// where none waits, since another process may.
func (w *waiting) ended(order string) <-chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	if as := w.answers[order]; len(as) > 0 {
		return as[0].ended
	}
	return nil
}

func (w *waiting) decided(e orders.Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, a := range w.answers[e.Order.ID] {
		select {
		case a.word <- e:
		default:
		}
	}
}
