package gateway

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/rs/zerolog"

	"haat/catalog"
	"haat/gateway/dialogue"
	"haat/gateway/gsm"
	"haat/gateway/lang"
	"haat/gateway/screen"
	"haat/orders"
)

// Config is what a gateway needs.
type Config struct {
	Log      Log
	People   People
	Desk     Desk
	Numbers  Numbers
	Receipts Receipts
	Metrics  *Metrics
	Logger   zerolog.Logger
	Now      func() time.Time // nil: time.Now

	Catalog    func() *catalog.Catalog // the present version
	Stations   []orders.Station
	Languages  *lang.Set
	Currency   string
	Channels   map[string]Limits
	Hold       time.Duration // how long after an operator's last message a phone is handed back by itself
	BasketKeep time.Duration // how long a basket is kept without a turn
	OrderWait  time.Duration // how long an answer waits for the processor's word
	Sessions   int           // how many phones' last turns are kept in memory
	Flood      int           // SMS of one phone that are answered in ten minutes; 0: all
}

// Limits is what a channel can show, and what it may cost.
type Limits struct {
	USSD, SMS screen.Budget
	DialCode  string
	Deferred  bool   // SMS replies are sent by the outbox, not in the response
	Notices   string // the channel that sends this one's notices; "": itself
	Parts     int    // segments of an SMS, at most
	Tariff    Tariff
	Budget    Budget // nil: no limit
}

// Gateway takes what the channels receive through the dialogue into the log.
// It holds no state that the log does not have, so that any number of gateways
// may share the phones of one log.
type Gateway struct {
	Config
	cache     *lru.Cache[Phone, *kept]
	turnstile *turnstile
	waiting   *waiting
	shelf     shelf
}

// kept is a turn with its place in the log.
type kept struct {
	turn Turn
	seq  uint64
}

// Bounds of one Accept.
const (
	maxConflicts = 20              // with other gateways; a phone has one pair of hands
	turnTimeout  = 8 * time.Second // carriers give up after 10 to 15 s
	maxText      = 2000            // characters; ten SMS parts have 1,530
	maxRecent    = 8               // inbound messages that are known as answered
)

// New returns a gateway.
func New(cfg Config) (*Gateway, error) {
	cache, err := lru.New[Phone, *kept](max(cfg.Sessions, 1))
	if err != nil {
		return nil, fmt.Errorf("session cache: %w", err)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	g := &Gateway{Config: cfg, cache: cache, turnstile: newTurnstile(), waiting: newWaiting()}
	g.shelf.present(cfg.Catalog(), cfg.Languages) // before the first message waits for it
	return g, nil
}

// Accept implements [Acceptor].
func (g *Gateway) Accept(ctx context.Context, in Inbound) (Reply, error) {
	begun := time.Now()
	// A carrier that hangs up does not undo what its phone did.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), turnTimeout)
	defer cancel()
	in.ReceivedAt = g.Now()
	in.Text = bounded(gsm.Clean(in.Text))
	reply, class, err := g.handle(ctx, in)
	if err != nil {
		class = "failed"
		g.Logger.Error().Err(err).Str("channel", in.Channel).Str("mode", string(in.Mode)).Msg("a message was not kept; its carrier was told to try again")
		reply = Reply{Text: dialogue.Apology(g.languageOf(in.Phone), g.world(in.Channel, in.Mode, 0)), End: true}
	}
	g.Metrics.turn(in.Channel, in.Mode, class, time.Since(begun))
	return reply, err
}

// handle does what the design calls a turn: find the session, step, commit,
// and only then answer.
func (g *Gateway) handle(ctx context.Context, in Inbound) (Reply, string, error) {
	for range maxConflicts {
		t, err := g.take(ctx, in)
		switch {
		case errors.Is(err, ErrConflict):
			g.Metrics.conflict(in.Channel)
			continue
		case err != nil:
			return Reply{}, "", err
		case t.repeats != nil:
			reply, err := g.replyAgain(ctx, t.repeats)
			return reply, classRepeat, err
		case t.class == classRepeat:
			return t.turn.Reply, classRepeat, g.Log.Durable(ctx)
		}
		reply, err := g.finish(ctx, t)
		if err == nil {
			g.account(ctx, t, reply)
		}
		return reply, t.class, err
	}
	return Reply{}, "", fmt.Errorf("%d times in a row another message of the phone came first: %w", maxConflicts, ErrConflict)
}

// classRepeat is the class of a message that was answered before.
const classRepeat = "repeat"

// taken is a message that has its place in the log.
type taken struct {
	turn    Turn
	seq     uint64
	class   string
	waits   *answer // for the processor's word; nil where the turn asks for none
	repeats *kept   // the latest turn, when the message is the one that it answered
}

// take finds out whether the message is a repeat and, if not, steps and commits
// its turn. ErrConflict says that another process was faster.
func (g *Gateway) take(ctx context.Context, in Inbound) (t taken, err error) {
	leave, err := g.turnstile.enter(ctx, in.Phone)
	if err != nil {
		return t, err
	}
	defer leave()
	last, err := g.last(ctx, in.Phone)
	if err != nil {
		return t, fmt.Errorf("find the session: %w", err)
	}
	if last.seq != 0 && (in.same(last.turn.In) || in.twin(last.turn.In) && !bare(in.Text)) {
		return taken{repeats: last}, nil
	}
	if reply, known, err := g.answered(ctx, in, last); known || err != nil {
		return taken{class: classRepeat, turn: Turn{Reply: reply}}, err
	}
	if t.turn, t.class, err = g.step(ctx, in, last); err != nil {
		return t, err
	}
	if t.turn.Request != nil && in.twin(last.turn.In) { // nothing is ordered by a doubtful number
		g.undo(t)
		return taken{repeats: last}, nil
	}
	if t.turn.Request != nil {
		t.waits = g.waiting.begin(t.turn.Request.OrderID())
	}
	t.seq, err = g.commit(ctx, t.turn, last, t.class)
	if errors.Is(err, ErrConflict) {
		g.undo(t)
	} else if err != nil && t.waits != nil {
		g.waiting.end(t.waits)
	}
	return t, err
}

// last is the phone's latest turn, from memory if it is there: the commit
// proves whether memory was right.
func (g *Gateway) last(ctx context.Context, p Phone) (*kept, error) {
	if k, ok := g.cache.Get(p); ok {
		return k, nil
	}
	turn, seq, err := g.Log.Last(ctx, p)
	if err != nil {
		return nil, err
	}
	k := &kept{turn: turn, seq: seq}
	if seq == 0 {
		if k.turn.Session.Profile, err = g.People.Profile(ctx, p); err != nil {
			return nil, fmt.Errorf("profile: %w", err)
		}
	}
	return k, nil
}

// step runs the dialogue on what was typed and builds the turn.
func (g *Gateway) step(ctx context.Context, in Inbound, last *kept) (Turn, string, error) {
	number, err := g.Numbers.Take(ctx)
	if err != nil {
		return Turn{}, "", fmt.Errorf("order number: %w", err)
	}
	world := g.world(in.Channel, in.Mode, number)
	hop := hopOf(in, last.turn)
	guard, verdict := g.guard(in, last)
	hold, err := g.holding(ctx, last.turn)
	if err != nil {
		return Turn{}, "", err
	}
	input := dialogue.Input{Mode: in.Mode, Dial: hop.dial, Text: hop.typed}
	var o dialogue.Outcome
	if hold != nil {
		o, hold = g.held(input, hold, last, world)
	} else {
		o = g.guarded(g.converse(ctx, in.Phone, last.turn.Session, input, world), verdict, last, world)
	}
	in.Text = hop.typed
	turn := Turn{
		In: in, Reply: Reply{Text: o.Text, End: o.End}, Session: o.Session, Class: o.Class, Request: o.Request, Offer: o.Offer, Heard: o.Heard,
		Hop: hop.cumulative, Recent: recent(last), Guard: guard, Hold: hold, At: world.Now,
	}
	if err := g.spend(ctx, &turn); err != nil {
		return Turn{}, "", err
	}
	if r := turn.Request; r != nil && r.Place != nil {
		r.Place.Phone, r.Place.Channel = string(in.Phone), in.Channel
	} else {
		g.Numbers.GiveBack(number)
	}
	if r := turn.Request; r != nil && r.Cancel != nil {
		r.Cancel.Phone = string(in.Phone)
	}
	return turn, o.Class, nil
}

// converse steps, and steps again with the phone's orders where the dialogue asks
// for them.
func (g *Gateway) converse(ctx context.Context, p Phone, s dialogue.Session, input dialogue.Input, w dialogue.World) dialogue.Outcome {
	o := dialogue.Step(s, input, w)
	if !o.NeedOrders {
		return o
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	var err error
	if w.Orders, err = g.Desk.Of(ctx, string(p), 10); err != nil {
		g.Logger.Warn().Err(err).Msg("orders could not be looked up")
	}
	w.OrdersKnown, w.OrdersErr = true, err != nil
	return dialogue.Step(s, input, w)
}

// world is what the dialogue may know. Ids grow with time (version 7), so that
// the orders' indexes grow at their end.
func (g *Gateway) world(channel string, mode dialogue.Mode, number int64) dialogue.World {
	limits := g.Channels[channel]
	budget := limits.USSD
	if mode == dialogue.SMS {
		budget = limits.SMS
	}
	goods, parser := g.shelf.present(g.Catalog(), g.Languages)
	return dialogue.World{
		Now: g.Now(), Catalog: goods, Parser: parser, Stations: g.Stations, Languages: g.Languages, Currency: g.Currency,
		Budget: budget, DialCode: limits.DialCode, Keep: g.BasketKeep,
		Fresh: dialogue.Fresh{BasketID: uuid.Must(uuid.NewV7()).String(), OrderNumber: number, PickupCode: pickupCode()},
	}
}

// pickupCode is four digits that nobody can guess from the order.
func pickupCode() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	n := binary.NativeEndian.Uint64(b[:]) % 10000
	return string([]byte{'0' + byte(n/1000), '0' + byte(n/100%10), '0' + byte(n/10%10), '0' + byte(n%10)})
}

// commit keeps the profile, if it changed, and then the turn.
// A carrier may have told the outbox of an opt-out that no session knows, so
// START is always kept.
func (g *Gateway) commit(ctx context.Context, turn Turn, last *kept, class string) (uint64, error) {
	p := turn.In.Phone
	if turn.Session.Profile != last.turn.Session.Profile || class == dialogue.ClassStart {
		if err := g.People.SetProfile(ctx, p, turn.Session.Profile); err != nil {
			return 0, fmt.Errorf("keep the profile: %w", err)
		}
	}
	seq, err := g.Log.AddTurn(ctx, turn, last.seq)
	if errors.Is(err, ErrConflict) {
		g.cache.Remove(p)
	}
	if err != nil {
		return 0, fmt.Errorf("keep the turn: %w", err)
	}
	g.cache.Add(p, &kept{turn: turn, seq: seq})
	return seq, nil
}

// undo gives back what a turn that came second had taken, but for what it would
// have spent, which is little. A turn whose publish
// failed may yet be in the log: its number is not given to anybody else.
func (g *Gateway) undo(t taken) {
	if t.waits != nil {
		g.waiting.end(t.waits)
	}
	if r := t.turn.Request; r != nil && r.Place != nil {
		g.Numbers.GiveBack(r.Place.Number)
	}
}

func (g *Gateway) languageOf(p Phone) *lang.Language {
	if k, ok := g.cache.Get(p); ok {
		return g.Languages.Get(k.turn.Session.Profile.Language)
	}
	return g.Languages.Default()
}

// Refuse implements [Acceptor].
func (g *Gateway) Refuse(channel, reason string) { g.Metrics.refused(channel, reason) }

func bounded(s string) string {
	if len(s) <= maxText {
		return s
	}
	runes := []rune(s)
	return string(runes[:min(len(runes), maxText)])
}
