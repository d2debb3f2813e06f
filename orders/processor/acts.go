package processor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"haat/orders"
	"haat/orders/bus"
)

// maxUntold is how many acts are told in one go.
const maxUntold = 64

// Act does what an operator wants done to an order: see store.Act. Whatever the
// answer says is on the disk by then; its event follows by RunActs.
func (p *Processor) Act(ctx context.Context, a orders.Act) (orders.Outcome, error) {
	out, err := p.store.Act(ctx, time.Now(), a)
	if err != nil {
		return out, err
	}
	if err := p.durable(ctx); err != nil {
		return orders.Outcome{}, err
	}
	result := string(a.What)
	if out.Refused != "" {
		result = string(out.Refused)
	}
	p.metrics.acts.WithLabelValues(result).Inc()
	select {
	case p.acted <- struct{}{}:
	default: // it is about to look anyway
	}
	return out, nil
}

// RunActs says as order events what operators did, until ctx ends. What a process
// that was killed had committed and not yet said is said first: an event may come
// twice and is never missing.
func (p *Processor) RunActs(ctx context.Context) error {
	for wait := (backoff{}); ; {
		err := p.tellActs(ctx)
		var untrusted *barrierError
		switch {
		case errors.As(err, &untrusted):
			p.log.Error().Err(err).Msg("what operators do is told to nobody; repair the disk and restart haat")
			return nil
		case err != nil && ctx.Err() == nil:
			p.metrics.retries.Inc()
			p.log.Error().Err(err).Msg("what operators did could not be told; it is tried again")
			wait.pause(ctx)
			continue
		}
		wait = backoff{}
		select {
		case <-p.acted:
		case <-ctx.Done():
			return nil
		}
	}
}

// tellActs says whatever has not been said.
func (p *Processor) tellActs(ctx context.Context) error {
	for ctx.Err() == nil {
		events, err := p.store.Untold(ctx, maxUntold)
		if err != nil || len(events) == 0 {
			return err
		}
		// Nobody may hear of an act that a power cut could take back, nor may an act
		// count as told whose event it could.
		if err := p.durable(ctx); err != nil {
			return err
		}
		for _, e := range events {
			if err := p.tellAct(ctx, e); err != nil {
				return err
			}
		}
		if err := p.durable(ctx); err != nil {
			return err
		}
		if err := p.store.Told(context.WithoutCancel(ctx), events); err != nil {
			return err
		}
	}
	return nil
}

func (p *Processor) tellAct(ctx context.Context, e orders.Event) error {
	data, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("event of act %s: %w", e.Act, err)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), publishTime)
	defer cancel()
	msg := &nats.Msg{Subject: bus.OrderEvent(string(e.Kind), e.Order.Station), Data: data}
	if _, err := p.bus.JetStream().PublishMsg(ctx, msg, jetstream.WithMsgID("act-"+e.Act)); err != nil {
		return fmt.Errorf("event of act %s: %w", e.Act, err)
	}
	return nil
}
