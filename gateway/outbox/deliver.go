package outbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"haat/gateway"
	"haat/orders"
)

// handle does what there is to do about one message, and reports whether it is
// done with; else it comes again later. The send itself is not cut off by the
// end of the process's work.
func (o *Outbox) handle(ctx context.Context, msg jetstream.Msg) (done bool) {
	if ctx.Err() != nil {
		_ = msg.Nak() // nothing new is begun; another process may take it
		return false
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	again, err := o.process(ctx, msg)
	if err != nil {
		o.Logger.Error().Err(err).Msg("an SMS stays in the outbox")
		again = jittered(o.cfg.FirstRetry)
	}
	if again > 0 {
		_ = msg.NakWithDelay(again)
		return false
	}
	return true
}

// attempt is one SMS on its way through one channel.
type attempt struct {
	item
	through *Outbox              // its own outbox or the backup's
	known   gateway.LoggedStatus // the phone's latest status in that channel
	before  gateway.Status       // what is known of this SMS
	cost    *gateway.Cost
	pass    int // of the breaker
}

// process does what there is to do about a message, and says after which pause
// there is more to do, if there is.
func (o *Outbox) process(ctx context.Context, msg jetstream.Msg) (again time.Duration, err error) {
	it, err := read(msg)
	if err != nil {
		o.Metrics.Status(o.name, "unreadable")
		return 0, o.bury(ctx, msg, err) // which ends it; a second acknowledgement changes nothing
	}
	o.shore.comes(it.seq)
	if it.out.Text == "" {
		return 0, nil
	}
	if it.provisional {
		if wait := it.at.Add(o.cfg.Settle).Sub(o.cfg.Now()); wait > 0 {
			return wait, nil
		}
		if replaced, err := o.replaced(ctx, it); replaced || err != nil {
			return 0, err
		}
	}
	a := &attempt{item: it, through: o}
	if err := o.lookBack(ctx, a); err != nil {
		return 0, err
	}
	if settled, wait, err := o.settled(ctx, a); settled || wait > 0 || err != nil {
		return wait, err
	}
	if a.through, again, a.pass = o.route(it.out.Phone); again > 0 {
		return jittered(again), nil
	}
	if a.through != o {
		if a.known, err = o.Log.LastStatus(ctx, it.out.Phone, a.through.name); err != nil {
			a.through.breaker.unknown()
			return 0, err
		}
	}
	return a.send(ctx)
}

// lookBack finds out what is known of the SMS: it may have been tried, sent or
// dropped before.
func (o *Outbox) lookBack(ctx context.Context, a *attempt) (err error) {
	if a.known, err = o.Log.LastStatus(ctx, a.out.Phone, o.name); err != nil {
		return err
	}
	a.before, _ = a.known.Of(a.out.Ref)
	if !o.covered(a.out.Phone) {
		return nil
	}
	elsewhere, err := o.Log.LastStatus(ctx, a.out.Phone, o.backup.name)
	if before, tried := elsewhere.Of(a.out.Ref); tried && before.Attempt >= a.before.Attempt {
		a.before, a.through = before, o.backup
	}
	return err
}

// settled tells whether nothing is to be sent any more, or not before a wait.
func (o *Outbox) settled(ctx context.Context, a *attempt) (settled bool, wait time.Duration, err error) {
	if a.before.State.Rank() > 0 { // sent before a crash and never acknowledged, or dropped
		a.cost = a.through.cfg.Tariff.Cost(a.out.Phone, a.segments)
		return true, 0, a.charge(ctx)
	}
	if a.notice {
		profile, err := o.People.Profile(ctx, a.out.Phone)
		if err != nil {
			return false, 0, err
		}
		if profile.OptedOut {
			return true, 0, a.note(ctx, gateway.Status{State: gateway.Suppressed, Reason: "The phone's owner has said STOP."})
		}
	}
	now := o.cfg.Now()
	if a.out.Until = a.at.Add(o.cfg.Validity); !now.Before(a.out.Until) {
		return true, 0, a.note(ctx, gateway.Status{State: gateway.Expired, Attempt: a.before.Attempt,
			Reason: fmt.Sprintf("It could not be sent within %s, and nobody wants old news.", o.cfg.Validity)})
	}
	if a.before.State == gateway.Retrying { // a restart has brought it back before its time
		due := a.before.At.Add(time.Duration(float64(o.cfg.pause(a.before.Attempt)) * (1 - jitter)))
		return false, max(0, due.Sub(now)), nil
	}
	return false, 0, nil
}

// send hands the SMS to the carrier and logs what it said.
func (a *attempt) send(ctx context.Context) (again time.Duration, err error) {
	o := a.through
	a.cost = o.cfg.Tariff.Cost(a.out.Phone, a.segments)
	allowed, err := o.budget.Spend(ctx, a.segments, a.cost, a.order != "")
	if err != nil || !allowed {
		o.breaker.unknown()
		if err != nil {
			return 0, err
		}
		return a.hold(ctx)
	}
	if err := o.shore.reach(ctx, a.seq); err != nil {
		o.breaker.unknown()
		return 0, err
	}
	leave, wait := o.pace.enter(ctx, a.segments)
	if wait > 0 {
		o.breaker.unknown()
		o.budget.giveBack(a.segments, a.cost)
		return jittered(wait), nil
	}
	if o.breaker.stale(a.pass) { // others have failed while it waited
		leave()
		o.budget.giveBack(a.segments, a.cost)
		return jittered(max(o.breaker.remaining(), linkDown)), nil
	}
	receipt, err := a.hand(ctx)
	if err != nil {
		again, err = a.refused(ctx, err)
		leave()
		return again, err
	}
	o.breaker.succeeded()
	o.pace.taken()
	err = a.taken(ctx, receipt)
	leave() // not before: a crash may repeat no more SMS than the window holds
	if err != nil {
		return 0, err
	}
	o.Metrics.Sent(o.name, o.cfg.Tariff.Prefix(a.out.Phone), a.segments, a.cost)
	return 0, a.charge(ctx)
}

// sendTimeout is how long a carrier may take for one SMS, whatever its channel
// does.
const sendTimeout = 45 * time.Second

func (a *attempt) hand(ctx context.Context) (gateway.Receipt, error) {
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	out := a.out
	out.Channel = a.through.name
	return a.through.channel.Send(ctx, out)
}

// hold leaves the SMS until there is budget again, and says so once.
func (a *attempt) hold(ctx context.Context) (again time.Duration, err error) {
	if a.before.State != gateway.Held {
		err = a.note(ctx, gateway.Status{State: gateway.Held, Attempt: a.before.Attempt,
			Reason: "The channel's budget of the day is used up: it is sent tomorrow, or when the budget is raised."})
	}
	return jittered(min(a.through.budget.UntilTomorrow(), time.Hour)), err
}

// taken logs that the carrier took the SMS, for as long as ctx allows: what is
// not logged would be sent again.
func (a *attempt) taken(ctx context.Context, receipt gateway.Receipt) error {
	s := gateway.Status{State: receipt.State, Attempt: a.before.Attempt + 1, Segments: a.segments, Cost: a.cost}
	for _, id := range receipt.IDs {
		s.Parts = append(s.Parts, gateway.Part{ID: id, State: receipt.State})
		if !receipt.ByID {
			continue
		}
		if err := a.through.Receipts.Put(ctx, a.through.name, id, a.out.Phone); err != nil {
			a.through.Logger.Warn().Err(err).Msg("a delivery report may not find its SMS")
		}
	}
	for {
		err := a.note(ctx, s)
		if err == nil || !pause(ctx, time.Second) {
			return err
		}
	}
}

// refused does what follows from a carrier's refusal.
func (a *attempt) refused(ctx context.Context, err error) (again time.Duration, _ error) {
	o := a.through
	refusal := &gateway.SendError{Kind: gateway.Unavailable, Doubt: true, Advice: "Look at the carrier's answer in the program's log.", Err: err}
	errors.As(err, &refusal)
	s := gateway.Status{State: gateway.Retrying, Attempt: a.before.Attempt + 1, Strikes: a.before.Strikes, Code: refusal.Code, Reason: refusal.Advice}
	o.Logger.Warn().Err(refusal.Err).Str("code", refusal.Code).Int("attempt", s.Attempt).Str("kind", string(refusal.Kind)).Bool("doubt", refusal.Doubt).Str("advice", refusal.Advice).Msg("the carrier refused an SMS")
	if refusal.Doubt {
		s.Reason += " Whether the carrier has the text is not known: the phone may get it twice."
	} else {
		o.budget.giveBack(a.segments, a.cost)
	}
	again = max(jittered(o.cfg.pause(s.Attempt)), refusal.After)
	switch refusal.Kind {
	case gateway.Unavailable:
		o.breaker.failed(refusal.Advice)
	case gateway.Throttled:
		again = jittered(o.pace.throttled(refusal.After))
		o.breaker.unknown()
	default:
		o.breaker.succeeded()
	}
	if refusal.Kind == gateway.OptedOut {
		if err := o.optOut(ctx, a.out.Phone); err != nil {
			return 0, err
		}
	}
	if refusal.Doubt || refusal.Kind == gateway.Temporary {
		s.Strikes++
	}
	if refusal.Kind == gateway.Rejected || refusal.Kind == gateway.OptedOut || s.Strikes >= o.cfg.Attempts {
		s.State, again = gateway.Failed, 0
	}
	return again, a.note(ctx, s)
}

// note logs what became of the SMS.
func (a *attempt) note(ctx context.Context, s gateway.Status) error {
	o := a.through
	s.Channel, s.Phone, s.Ref, s.At = o.name, a.out.Phone, a.out.Ref, o.cfg.Now()
	o.Metrics.Status(o.name, string(s.State))
	_, err := o.Log.AddStatusAfter(ctx, a.out.Phone, o.name, a.known, func(last gateway.Status) (gateway.Status, bool) { return last.Next(s) })
	if err != nil {
		return fmt.Errorf("log what became of an SMS: %w", err)
	}
	return nil
}

// charge tells the order what its news has cost. Told twice it counts once.
func (a *attempt) charge(ctx context.Context) error {
	if a.order == "" || a.before.State == gateway.Dropped || a.before.State == gateway.Expired || a.before.State == gateway.Suppressed {
		return nil
	}
	c := orders.Charge{Order: a.order, Ref: a.out.Ref, Segments: a.segments}
	if a.cost != nil {
		c.Micros, c.Currency = a.cost.Micros, a.cost.Currency
	}
	return a.through.Log.Charge(ctx, c)
}

// optOut keeps what the carrier says: the phone's owner wants no more SMS.
func (o *Outbox) optOut(ctx context.Context, p gateway.Phone) error {
	profile, err := o.People.Profile(ctx, p)
	if err == nil && !profile.OptedOut {
		profile.OptedOut, profile.OptedOutAt = true, o.cfg.Now().Unix()
		err = o.People.SetProfile(ctx, p, profile)
	}
	return err
}

// replaced tells whether a later turn told what this provisional reply left
// open. That turn is in the outbox itself.
func (o *Outbox) replaced(ctx context.Context, it item) (bool, error) {
	turn, _, err := o.Log.Last(ctx, it.out.Phone)
	if err != nil {
		return false, err
	}
	if turn.Amends == it.seq {
		return true, nil
	}
	for _, ref := range turn.Session.Orders {
		if ref.ID == it.order && ref.Told != "" {
			return true, nil
		}
	}
	return false, nil
}

// bury moves a message that cannot be read out of the way, with the reason.
func (o *Outbox) bury(ctx context.Context, msg jetstream.Msg, reason error) error {
	o.Logger.Error().Err(reason).Msg("a message of the log cannot be sent; it is in the dead letters")
	return o.Bus.Bury(ctx, Consumer(o.name), msg, reason)
}
