package processor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"haat/orders/bus"
	"haat/orders/store"
)

const (
	publishTime = 3 * time.Second // that NATS may take to keep a batch of events
	finishTime  = 5 * time.Second // that a barrier may take after the processor was stopped
)

// barrierError says that nobody knows any more what is on the disk.
type barrierError struct{ err error }

// Error is the barrier's own error and where it was met.
func (e *barrierError) Error() string {
	return "processor: the message log is not safe on the disk: " + e.err.Error()
}

// Unwrap gives the barrier's own error.
func (e *barrierError) Unwrap() error { return e.err }

// decided is a batch whose events are on their way.
type decided struct {
	began   time.Time
	turns   []turn
	results []store.Result
	events  []jetstream.PubAckFuture
	err     error // the events could not be sent
}

// process decides a batch and sends its events. ctx ends the waiting for a
// store or a NATS that is away, never the work itself; what was not finished
// comes again.
func (p *Processor) process(ctx context.Context, batch []jetstream.Msg) (d decided, err error) {
	d.turns = p.read(ctx, batch)
	if len(d.turns) == 0 {
		return d, nil
	}
	p.metrics.batch.Observe(float64(len(d.turns)))
	p.refresh(ctx, d.turns)
	// An order may not exist for a turn that a power cut could take back.
	if err := p.durable(ctx); err != nil {
		return d, err
	}
	d.began = time.Now()
	if d.results, err = p.decide(ctx, d.turns); err != nil {
		return d, err
	}
	d.events, d.err = p.send(d.turns, d.results)
	return d, nil
}

// settle sees a batch through: its events are kept, then its turns are
// acknowledged or put away. The next batch is decided meanwhile.
func (p *Processor) settle(ctx context.Context, d decided) error {
	if len(d.turns) == 0 {
		return nil
	}
	if err := p.publish(ctx, d); err != nil {
		return err
	}
	p.count(d.began, d.turns, d.results)
	// A turn may not be done before its event would survive a power cut.
	if err := p.durable(ctx); err != nil {
		return err
	}
	p.finish(ctx, d.turns, d.results)
	return nil
}

// read reads the turns of a batch; what is none goes into the dead letters.
func (p *Processor) read(ctx context.Context, batch []jetstream.Msg) []turn {
	turns := make([]turn, 0, len(batch))
	for _, msg := range batch {
		t, err := readTurn(msg)
		if err != nil {
			p.bury(ctx, msg, err)
			continue
		}
		turns = append(turns, t)
	}
	return turns
}

// bury puts a message away for good. Where that fails it comes again.
func (p *Processor) bury(ctx context.Context, msg jetstream.Msg, reason error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), publishTime)
	defer cancel()
	if err := p.bus.Bury(ctx, deadLetters, msg, reason); err != nil {
		p.log.Error().Err(err).AnErr("reason", reason).Msg("a turn that cannot be processed could not be put away either; it comes again")
		return
	}
	p.metrics.dead.Inc()
	event := p.log.Error().AnErr("reason", reason)
	if meta, err := msg.Metadata(); err == nil {
		event = event.Uint64("turn", meta.Sequence.Stream)
	}
	event.Msg("a turn that cannot be processed is in the dead letters")
}

// refresh asks for the present catalogue where an order names a product that
// the last one did not have.
func (p *Processor) refresh(ctx context.Context, turns []turn) {
	if p.cfg.Refresh == nil || !p.anyUnknown(turns) {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, refreshTime)
	defer cancel()
	if err := p.cfg.Refresh(ctx); err != nil {
		p.log.Warn().Err(err).Msg("the present catalogue could not be read; orders are decided by the last one")
	}
}

func (p *Processor) anyUnknown(turns []turn) bool {
	known := *p.known.Load()
	for _, t := range turns {
		if t.request.Place == nil {
			continue
		}
		for _, l := range t.request.Place.Lines {
			if !known[l.SKU] {
				return true
			}
		}
	}
	return false
}

// durable waits for the barrier. A processor that is stopped meanwhile waits a
// little longer, so that the batch in hand need not come again.
func (p *Processor) durable(ctx context.Context) error {
	work, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(finishTime, cancel) })()
	switch err := p.bus.Durable(work); {
	case err == nil:
		return nil
	case work.Err() != nil:
		return fmt.Errorf("processor: the message log took longer than %s to be safe on the disk; its last turns come again: %w", finishTime, err)
	default:
		return &barrierError{err}
	}
}

// tries is how often a batch, and then each turn of it alone, may fail before
// a turn is put away. A store that takes nothing at all does not count: the
// line is held until it does, in its order.
const tries = 3

// decide applies the turns to the store.
func (p *Processor) decide(ctx context.Context, turns []turn) ([]store.Result, error) {
	failures := 0
	for wait := (backoff{}); ; {
		results, err := p.store.Apply(ctx, time.Now(), jobs(turns))
		if err == nil {
			return results, nil
		}
		if !errors.Is(err, store.ErrUnavailable) {
			failures++
		}
		switch {
		case failures < tries:
		case len(turns) == 1:
			return []store.Result{{Err: fmt.Errorf("failed %d times alone: %w", tries, err)}}, nil
		default:
			return p.decideAlone(ctx, turns)
		}
		p.metrics.retries.Inc()
		p.log.Error().Err(err).Int("turns", len(turns)).Msg("orders could not be written; the same ones are tried again")
		for _, t := range turns {
			_ = t.msg.InProgress() // else it comes again, which does no harm
		}
		if !wait.pause(ctx) {
			return nil, ctx.Err()
		}
	}
}

// decideAlone finds the turn for which a batch fails: the others pass.
func (p *Processor) decideAlone(ctx context.Context, turns []turn) ([]store.Result, error) {
	results := make([]store.Result, 0, len(turns))
	for i := range turns {
		one, err := p.decide(ctx, turns[i:i+1])
		if err != nil {
			return nil, err
		}
		results = append(results, one...)
	}
	return results, nil
}

// publish waits until NATS has kept the events, and sends them again until it
// has.
func (p *Processor) publish(ctx context.Context, d decided) error {
	events, err := d.events, d.err
	for wait := (backoff{}); ; {
		if err == nil {
			err = await(ctx, events)
		}
		if err == nil {
			return nil
		}
		p.metrics.retries.Inc()
		p.log.Error().Err(err).Msg("order events could not be published; they are tried again")
		for _, t := range d.turns {
			_ = t.msg.InProgress()
		}
		if !wait.pause(ctx) {
			return ctx.Err()
		}
		events, err = p.send(d.turns, d.results)
	}
}

// send sends what became of the turns; a phone may be waiting for it.
func (p *Processor) send(turns []turn, results []store.Result) ([]jetstream.PubAckFuture, error) {
	events := make([]jetstream.PubAckFuture, 0, len(turns))
	for i, r := range results {
		if r.Err != nil {
			continue
		}
		r.Event.Turn = turns[i].seq
		data, err := json.Marshal(r.Event)
		if err != nil {
			return nil, fmt.Errorf("event of turn %d: %w", turns[i].seq, err)
		}
		msg := &nats.Msg{Subject: bus.OrderEvent(string(r.Event.Kind), r.Event.Order.Station), Data: data}
		// A turn that comes again at once says nothing twice.
		id := strconv.FormatUint(turns[i].seq, 10) + "-" + string(r.Event.Kind)
		event, err := p.bus.JetStream().PublishMsgAsync(msg, jetstream.WithMsgID(id))
		if err != nil {
			return nil, fmt.Errorf("event of turn %d: %w", turns[i].seq, err)
		}
		events = append(events, event)
	}
	return events, nil
}

// await waits until NATS has kept the events.
func await(ctx context.Context, events []jetstream.PubAckFuture) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), publishTime)
	defer cancel()
	for _, event := range events {
		select {
		case <-event.Ok():
		case err := <-event.Err():
			return fmt.Errorf("order event: %w", err)
		case <-ctx.Done():
			return fmt.Errorf("order event: NATS took longer than %s", publishTime)
		}
	}
	return nil
}

// count counts what was decided just now; what was decided before and came
// again has the time of then.
func (p *Processor) count(began time.Time, turns []turn, results []store.Result) {
	for i, r := range results {
		if r.Err != nil || r.Event.At.Before(began) {
			continue
		}
		result := string(r.Event.Kind)
		if r.Event.Refused {
			result = "refused"
		}
		p.metrics.decided(result, time.Since(turns[i].loggedAt))
	}
}

// finish acknowledges what was decided and puts the rest away. An
// acknowledgement that is lost makes the turn come again.
func (p *Processor) finish(ctx context.Context, turns []turn, results []store.Result) {
	for i, t := range turns {
		if err := results[i].Err; err != nil {
			p.bury(ctx, t.msg, err)
			continue
		}
		if err := t.msg.Ack(); err != nil {
			p.log.Warn().Err(err).Uint64("turn", t.seq).Msg("a turn could not be acknowledged; it comes again")
		}
	}
}
