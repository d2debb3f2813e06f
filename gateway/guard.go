package gateway

import (
	"context"
	"strconv"
	"time"

	"haat/gateway/dialogue"
	"haat/gateway/gsm"
	"haat/orders"
)

// Guard counts the SMS of a phone from turn to turn, so that a flood of them and
// a machine that answers ours are known by every gateway and after a restart.
type Guard struct {
	Since int64  `json:"since"`           // when the ten minutes began, in seconds since 1970
	Count int    `json:"n"`               // SMS in them
	Last  string `json:"last,omitempty"`  // a hash of the latest SMS
	Equal int    `json:"equal,omitempty"` // how often it came in a row
	From  int64  `json:"from,omitempty"`  // when it came first
}

const (
	floodWindow = 10 * time.Minute
	// A machine at the other end sends the same again and again; a person who is
	// not understood tries something else. What only answers a screen with a
	// number is the same where the screen is, too.
	loopWindow = 30 * time.Minute
	loopEqual  = 5
)

// What is done about an SMS.
type verdict uint8

const (
	respond    verdict = iota
	lastAnswer         // one more, which says that it is the last for a while
	silence
	loop // silence, because a machine answers us
)

// guard counts the SMS and says what to do about it. Only SMS count: each answer
// is paid for, and no network carries USSD for a machine.
func (g *Gateway) guard(in Inbound, last *kept) (*Guard, verdict) {
	now := in.ReceivedAt.Unix()
	var next Guard
	if old := last.turn.Guard; old != nil && now-max(old.Since, old.From) <= int64(loopWindow.Seconds()) {
		next = *old
	}
	if in.Mode != dialogue.SMS {
		if next == (Guard{}) {
			return nil, respond
		}
		return &next, respond
	}
	if now-next.Since > int64(floodWindow.Seconds()) {
		next.Since, next.Count = now, 0
	}
	next.Count++
	key := keyOf(in.Text)
	if bare(in.Text) {
		key = keyOf(in.Text, last.turn.Reply.Text)
	}
	if key != next.Last || now-next.From > int64(loopWindow.Seconds()) {
		next.Last, next.Equal, next.From = key, 0, now
	}
	next.Equal++
	switch {
	case next.Equal >= loopEqual:
		return &next, loop
	case g.Flood > 0 && next.Count > g.Flood+1:
		return &next, silence
	case g.Flood > 0 && next.Count == g.Flood+1:
		return &next, lastAnswer
	}
	return &next, respond
}

// Classes of turns that the guard left without the dialogue's answer.
const (
	ClassFlood = "flood"
	ClassLoop  = "loop"
)

// guarded is the outcome under the guard's verdict. Where it does not answer,
// nothing that the text asked for is done. STOP and START are always heard.
func (g *Gateway) guarded(o dialogue.Outcome, v verdict, last *kept, w dialogue.World) dialogue.Outcome {
	if v == respond || o.Class == dialogue.ClassStop || o.Class == dialogue.ClassStart {
		return o
	}
	quiet := dialogue.Outcome{Session: last.turn.Session, Class: ClassFlood}
	switch v {
	case loop:
		quiet.Class = ClassLoop
	case lastAnswer:
		quiet.Text = dialogue.TooMany(g.Languages.Get(last.turn.Session.Profile.Language), w)
	}
	return quiet
}

// spend takes an SMS reply that goes in the response out of the channel's
// budget; what there is no budget for is not said. The outbox does the same for
// what it sends.
func (g *Gateway) spend(ctx context.Context, t *Turn) error {
	limits := g.Channels[t.In.Channel]
	if !t.paidInResponse(limits) || limits.Budget == nil {
		return nil
	}
	segments := gsm.Segments(t.Reply.Text)
	allowed, err := limits.Budget.Spend(ctx, segments, limits.Tariff.Cost(t.In.Phone, segments), t.Request != nil)
	if err == nil && !allowed {
		t.Reply.Text, t.Withheld = "", true
	}
	return err
}

func (t *Turn) paidInResponse(l Limits) bool {
	return t.In.Mode == dialogue.SMS && !l.Deferred && t.Reply.Text != ""
}

// account counts what a reply in the response has cost.
func (g *Gateway) account(ctx context.Context, t taken, said Reply) {
	t.turn.Reply = said
	limits := g.Channels[t.turn.In.Channel]
	if !t.turn.paidInResponse(limits) {
		return
	}
	segments := gsm.Segments(said.Text)
	cost := limits.Tariff.Cost(t.turn.In.Phone, segments)
	g.Metrics.Sent(t.turn.In.Channel, limits.Tariff.Prefix(t.turn.In.Phone), segments, cost)
	if t.turn.Request == nil {
		return
	}
	charge := orders.Charge{Order: t.turn.Request.OrderID(), Ref: strconv.FormatUint(t.seq, 10), Segments: segments}
	if cost != nil {
		charge.Micros, charge.Currency = cost.Micros, cost.Currency
	}
	if err := g.Log.Charge(ctx, charge); err != nil {
		g.Logger.Warn().Err(err).Msg("what a reply has cost is not on its order")
	}
}
