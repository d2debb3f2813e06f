package shelf

import (
	"context"

	"haat/orders/bus"
)

// Room is the shelf on a bus, for whoever asks for it by an interface. Its
// methods are the functions of this package.
type Room struct{ Bus *bus.Bus }

// Present is the present catalogue, or nil where there never was one.
func (r Room) Present(ctx context.Context) (*Import, error) { return Current(ctx, r.Bus) }

// At is a version that is kept.
func (r Room) At(ctx context.Context, number int) (*Import, error) { return At(ctx, r.Bus, number) }

// Versions are all that are kept, the newest first.
func (r Room) Versions(ctx context.Context) ([]Version, error) { return Versions(ctx, r.Bus) }

// Publish makes an edition the present catalogue.
func (r Room) Publish(ctx context.Context, e Edition) (*Import, error) { return Publish(ctx, r.Bus, e) }

// Preview is a file with the numbers that its products would get now.
func (r Room) Preview(ctx context.Context, csv []byte) ([]byte, error) {
	return Preview(ctx, r.Bus, csv)
}

// PutDraft keeps a file until somebody confirms it.
func (r Room) PutDraft(ctx context.Context, csv []byte) (string, error) {
	return PutDraft(ctx, r.Bus, csv)
}

// Draft is a file that waits to be confirmed.
func (r Room) Draft(ctx context.Context, hash string) ([]byte, error) {
	return Draft(ctx, r.Bus, hash)
}
