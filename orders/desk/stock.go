package desk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/nats-io/nats.go"

	"haat/orders"
)

const stockSubject = "haat.stock.left"

// stockPiece is how many products one question is about: its answer stays below
// the largest message.
const stockPiece = 5_000

type stockAnswer struct {
	Left  map[string]orders.Stock `json:"left"`
	Error string                  `json:"error,omitempty"`
}

// ServeStock answers what is left of products, from lookup, until ctx ends.
func ServeStock(ctx context.Context, nc *nats.Conn, lookup func(ctx context.Context, skus []string) (map[string]orders.Stock, error)) error {
	sub, err := nc.QueueSubscribe(stockSubject, queue, func(msg *nats.Msg) {
		asked, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		var skus []string
		var a stockAnswer
		err := json.Unmarshal(msg.Data, &skus)
		if err == nil {
			a.Left, err = lookup(asked, skus[:min(len(skus), stockPiece)])
		}
		if err != nil {
			a = stockAnswer{Error: err.Error()}
		}
		data, err := json.Marshal(a)
		if err != nil {
			return // unreachable: an answer is plain data
		}
		_ = msg.Respond(data) // nobody waits where the connection is gone
	})
	if err != nil {
		return fmt.Errorf("answering questions about stock: %w", err)
	}
	<-ctx.Done()
	return sub.Unsubscribe()
}

// Left is what is left of products, by SKU, asked in pieces of 5,000. What the
// processor does not know is not among them. Where no processor answers within
// two seconds, unless ctx has a deadline, the error is ErrAway.
func (c Client) Left(ctx context.Context, skus []string) (map[string]orders.Stock, error) {
	if _, ok := ctx.Deadline(); !ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, patience)
		defer cancel()
	}
	left := make(map[string]orders.Stock, len(skus))
	for some := range slices.Chunk(skus, stockPiece) {
		piece, err := c.leftOf(ctx, some)
		if err != nil {
			return nil, err
		}
		maps.Copy(left, piece)
	}
	return left, nil
}

func (c Client) leftOf(ctx context.Context, skus []string) (map[string]orders.Stock, error) {
	data, err := json.Marshal(skus)
	if err != nil {
		return nil, fmt.Errorf("asking for stock: %w", err)
	}
	msg, err := c.NC.RequestWithContext(ctx, stockSubject, data)
	switch {
	case errors.Is(err, nats.ErrNoResponders), errors.Is(err, context.DeadlineExceeded):
		return nil, fmt.Errorf("%w: %w", ErrAway, err)
	case err != nil:
		return nil, fmt.Errorf("asking for stock: %w", err)
	}
	var a stockAnswer
	if err := json.Unmarshal(msg.Data, &a); err != nil {
		return nil, fmt.Errorf("the processor's answer cannot be read; are both halves of one version? %w", err)
	}
	if a.Error != "" {
		return nil, fmt.Errorf("the processor could not look up the stock: %s", a.Error)
	}
	return a.Left, nil
}
