package shelf

import (
	"context"

	"haat/orders/bus"
)

// Give does the first half of Put: the file's numbers are given, and then the
// process is killed.
func Give(ctx context.Context, b *bus.Bus, csv []byte) error {
	s, err := open(ctx, b)
	if err == nil {
		_, err = s.give(ctx, csv)
	}
	return err
}

// Piece is how many numbers one entry of the register holds.
const Piece = piece
