// Package desk asks the order processor about orders over NATS, and has it do what
// operators want done to them, so that the gateway needs no database and either
// half may run elsewhere.
package desk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"

	"haat/orders"
)

const (
	subject = "haat.orders.of"
	queue   = "haat.orders" // several processors share the questions
	// patience is how long a question waits where its context says nothing: a
	// carrier shows a villager nothing in that time.
	patience = 2 * time.Second
	// MaxOrders is how many orders an answer holds at most.
	MaxOrders = 50
	// atOnce is how many questions are looked up at the same time.
	atOnce = 8
)

// ErrAway says that no processor answers; the question may be asked again.
var ErrAway = errors.New("the order processor does not answer; see that `haat serve` or `haat processor` runs")

type question struct {
	Phone string `json:"phone"`
	Limit int    `json:"limit"`
}

type answer struct {
	Orders []orders.Order `json:"orders"`
	Error  string         `json:"error,omitempty"`
}

// Serve answers questions from lookup, which gives a phone's latest orders,
// the newest first. stop ends it after every question that came has its answer.
func Serve(nc *nats.Conn, lookup func(ctx context.Context, phone string, limit int) ([]orders.Order, error)) (stop func(), err error) {
	return serve(nc, subject, func(ctx context.Context, msg *nats.Msg) { reply(ctx, msg, lookup) })
}

// serve answers the questions on a subject, some at once.
func serve(nc *nats.Conn, subject string, reply func(context.Context, *nats.Msg)) (stop func(), err error) {
	ctx, cancel := context.WithCancel(context.Background())
	free := make(chan struct{}, atOnce)
	sub, err := nc.QueueSubscribe(subject, queue, func(msg *nats.Msg) {
		free <- struct{}{}
		go func() {
			defer func() { <-free }()
			reply(ctx, msg)
		}()
	})
	if err != nil {
		cancel()
		return nil, fmt.Errorf("answering questions about orders: %w", err)
	}
	drained := make(chan struct{})
	sub.SetClosedHandler(func(string) { close(drained) })
	return func() {
		defer cancel()
		if !nc.IsConnected() || sub.Drain() != nil {
			return // nobody can be answered
		}
		<-drained
		for range atOnce {
			free <- struct{}{}
		}
	}, nil
}

func reply(ctx context.Context, msg *nats.Msg, lookup func(context.Context, string, int) ([]orders.Order, error)) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var q question
	var a answer
	err := json.Unmarshal(msg.Data, &q)
	if err == nil {
		a.Orders, err = lookup(ctx, q.Phone, min(q.Limit, MaxOrders))
	}
	if err != nil {
		a = answer{Error: err.Error()}
	}
	data, err := json.Marshal(a)
	if err != nil {
		return // unreachable: an answer is plain data
	}
	_ = msg.Respond(data) // nobody waits where the connection is gone
}

// Client asks the processor.
type Client struct {
	NC *nats.Conn
}

// Of gives the latest orders of a phone, the newest first, at most limit and
// at most MaxOrders. Where no processor answers in time, which is two seconds
// unless ctx has a deadline, the error is ErrAway.
func (c Client) Of(ctx context.Context, phone string, limit int) ([]orders.Order, error) {
	data, err := json.Marshal(question{Phone: phone, Limit: limit})
	if err != nil {
		return nil, fmt.Errorf("asking for a phone's orders: %w", err)
	}
	msg, err := c.request(ctx, subject, data, patience)
	if err != nil {
		return nil, err
	}
	var a answer
	if err := json.Unmarshal(msg.Data, &a); err != nil {
		return nil, fmt.Errorf("the processor's answer cannot be read; are both halves of one version? %w", err)
	}
	if a.Error != "" {
		return nil, fmt.Errorf("the processor could not look up a phone's orders: %s", a.Error)
	}
	return a.Orders, nil
}

// request asks a question and waits for its answer.
func (c Client) request(ctx context.Context, subject string, data []byte, patience time.Duration) (*nats.Msg, error) {
	if _, ok := ctx.Deadline(); !ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, patience)
		defer cancel()
	}
	msg, err := c.NC.RequestWithContext(ctx, subject, data)
	switch {
	case errors.Is(err, nats.ErrNoResponders), errors.Is(err, context.DeadlineExceeded):
		return nil, fmt.Errorf("%w: %w", ErrAway, err)
	case err != nil:
		return nil, fmt.Errorf("asking about orders: %w", err)
	}
	return msg, nil
}
