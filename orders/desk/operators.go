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

// What operators ask. Each has places of its own, so that no villager waits for
// an operator's long list.
const (
	listSubject   = "haat.orders.list"
	countsSubject = "haat.orders.counts"
	getSubject    = "haat.orders.get"
	actSubject    = "haat.orders.act"
	// operatorPatience is how long a question of an operator waits where its
	// context says nothing; a person at a page has more of it than a carrier.
	operatorPatience = 5 * time.Second
)

// Book is what operators are answered from.
type Book interface {
	List(ctx context.Context, s orders.Search) (orders.Page, error)
	Counts(ctx context.Context) (orders.Counts, error)
	Get(ctx context.Context, id string) (orders.Record, error)
	Act(ctx context.Context, a orders.Act) (orders.Outcome, error)
}

// reported is an answer to an operator: what was asked for, or why not.
type reported struct {
	Value   any    `json:"value,omitempty"`
	Error   string `json:"error,omitempty"`
	Unknown bool   `json:"unknown,omitempty"` // there is no such order
}

// ServeOperators answers operators' questions from a book. stop ends it after
// every question that came has its answer.
func ServeOperators(nc *nats.Conn, book Book) (stop func(), err error) {
	var stops []func()
	stop = func() {
		for _, each := range stops {
			each()
		}
	}
	for subject, ask := range map[string]func(context.Context, []byte) (any, error){
		listSubject:   asking(book.List),
		countsSubject: func(ctx context.Context, _ []byte) (any, error) { return book.Counts(ctx) },
		getSubject:    asking(book.Get),
		actSubject:    asking(book.Act),
	} {
		end, err := serve(nc, subject, func(ctx context.Context, msg *nats.Msg) { report(ctx, msg, ask) })
		if err != nil {
			stop()
			return nil, err
		}
		stops = append(stops, end)
	}
	return stop, nil
}

// asking reads the question that a function answers.
func asking[Q, A any](answer func(context.Context, Q) (A, error)) func(context.Context, []byte) (any, error) {
	return func(ctx context.Context, data []byte) (any, error) {
		var q Q
		if err := json.Unmarshal(data, &q); err != nil {
			return nil, err
		}
		return answer(ctx, q)
	}
}

func report(ctx context.Context, msg *nats.Msg, ask func(context.Context, []byte) (any, error)) {
	ctx, cancel := context.WithTimeout(ctx, operatorPatience)
	defer cancel()
	value, err := ask(ctx, msg.Data)
	r := reported{Value: value}
	if err != nil {
		r = reported{Error: err.Error(), Unknown: errors.Is(err, orders.ErrUnknown)}
	}
	data, err := json.Marshal(r)
	if err != nil {
		return // unreachable: an answer is plain data
	}
	_ = msg.Respond(data) // nobody waits where the connection is gone
}

// List searches the orders. It, Counts, Get and Act give ErrAway where no
// processor answers in time, which is five seconds unless ctx has a deadline.
func (c Client) List(ctx context.Context, s orders.Search) (page orders.Page, err error) {
	return page, c.ask(ctx, listSubject, s, &page)
}

// Counts counts the orders of each status.
func (c Client) Counts(ctx context.Context) (counts orders.Counts, err error) {
	return counts, c.ask(ctx, countsSubject, nil, &counts)
}

// Get gives all that is known of an order; where there is none the error is
// orders.ErrUnknown.
func (c Client) Get(ctx context.Context, id string) (rec orders.Record, err error) {
	return rec, c.ask(ctx, getSubject, id, &rec)
}

// Act does something to an order. After ErrAway it is not known whether it was
// done: the same act, with the same id, may be asked for again.
func (c Client) Act(ctx context.Context, a orders.Act) (out orders.Outcome, err error) {
	return out, c.ask(ctx, actSubject, a, &out)
}

func (c Client) ask(ctx context.Context, subject string, question, answer any) error {
	data, err := json.Marshal(question)
	if err != nil {
		return fmt.Errorf("asking about orders: %w", err)
	}
	msg, err := c.request(ctx, subject, data, operatorPatience)
	if err != nil {
		return err
	}
	r := reported{Value: answer}
	if err := json.Unmarshal(msg.Data, &r); err != nil {
		return fmt.Errorf("the processor's answer cannot be read; are both halves of one version? %w", err)
	}
	switch {
	case r.Unknown:
		return orders.ErrUnknown
	case r.Error != "":
		return fmt.Errorf("the processor could not answer about orders: %s", r.Error)
	}
	return nil
}
