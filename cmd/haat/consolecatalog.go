package main

import (
	"context"

	"haat/gateway/console"
	"haat/orders/desk"
	"haat/orders/shelf"
)

// catalogRoom is what the console's pages of the catalogue need.
func (h *house) catalogRoom() *console.CatalogRoom {
	return &console.CatalogRoom{
		Shelf: shelf.Room{Bus: h.bus}, Stock: desk.Client{NC: h.bus.Conn()},
		Currency: h.cfg.Market.Currency, Categories: h.market.categories,
	}
}

// answerStock tells the gateway's half what is left, until ctx ends.
func (h *house) answerStock(ctx context.Context) error {
	return desk.ServeStock(ctx, h.bus.Conn(), h.store.Left)
}
