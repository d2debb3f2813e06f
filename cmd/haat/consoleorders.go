package main

import (
	"context"

	"haat/gateway/console"
	"haat/orders"
	"haat/orders/desk"
	"haat/orders/processor"
	"haat/orders/store"
)

// consoleOrders is what the console's pages of orders ask: the orders half, over
// NATS, wherever it runs.
func (h *house) consoleOrders() console.Orders { return desk.Client{NC: h.bus.Conn()} }

// orderBook answers operators' questions about orders.
type orderBook struct {
	*store.Reader
	processor *processor.Processor
}

// Act implements [desk.Book].
func (b orderBook) Act(ctx context.Context, a orders.Act) (orders.Outcome, error) {
	return b.processor.Act(ctx, a)
}

// serveOrders answers operators' questions about orders until ctx ends.
func (h *house) serveOrders(ctx context.Context) error {
	stop, err := desk.ServeOperators(h.bus.Conn(), orderBook{h.store.Reader, h.processor})
	if err != nil {
		return err
	}
	<-ctx.Done()
	stop()
	return nil
}
