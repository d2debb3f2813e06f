// Package shelf shares the catalogue between processes: its latest import, as
// the CSV file that was checked, in an object store that everybody watches.
package shelf

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"

	"haat/orders/bus"
)

const object = "catalog.csv"

// Import is one imported version of the catalogue.
type Import struct {
	ID  string // new with every import, even of the same file
	CSV []byte
}

// Put makes the checked file the present catalogue.
func Put(ctx context.Context, b *bus.Bus, csv []byte) (id string, err error) {
	if err := b.Room(); err != nil {
		return "", err
	}
	store, err := b.JetStream().ObjectStore(ctx, bus.Shelf)
	if err != nil {
		return "", fmt.Errorf("catalogue store: %w", err)
	}
	info, err := store.Put(ctx, jetstream.ObjectMeta{Name: object}, bytes.NewReader(csv))
	if err != nil {
		return "", fmt.Errorf("store the catalogue: %w", err)
	}
	return info.NUID, b.Durable(ctx)
}

// Current is the present catalogue, or nil when none was ever imported.
func Current(ctx context.Context, b *bus.Bus) (*Import, error) {
	store, err := b.JetStream().ObjectStore(ctx, bus.Shelf)
	if err != nil {
		return nil, fmt.Errorf("catalogue store: %w", err)
	}
	return current(ctx, store)
}

func current(ctx context.Context, store jetstream.ObjectStore) (*Import, error) {
	result, err := store.Get(ctx, object)
	if errors.Is(err, jetstream.ErrObjectNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the catalogue: %w", err)
	}
	defer result.Close()
	var csv bytes.Buffer
	if _, err := csv.ReadFrom(result); err != nil {
		return nil, fmt.Errorf("read the catalogue: %w", err)
	}
	info, err := result.Info()
	if err != nil {
		return nil, fmt.Errorf("read the catalogue: %w", err)
	}
	return &Import{ID: info.NUID, CSV: csv.Bytes()}, nil
}

// Watch calls changed with every import after the present one, until ctx ends.
func Watch(ctx context.Context, b *bus.Bus, changed func(Import)) error {
	store, err := b.JetStream().ObjectStore(ctx, bus.Shelf)
	if err != nil {
		return fmt.Errorf("catalogue store: %w", err)
	}
	watcher, err := store.Watch(ctx, jetstream.UpdatesOnly())
	if err != nil {
		return fmt.Errorf("watch the catalogue: %w", err)
	}
	defer watcher.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case info, open := <-watcher.Updates():
			if !open {
				return errors.New("watch the catalogue: the connection to NATS was lost")
			}
			if info == nil || info.Deleted {
				continue
			}
			now, err := current(ctx, store)
			if ctx.Err() != nil {
				return nil
			}
			if err != nil {
				return err
			}
			if now != nil {
				changed(*now)
			}
		}
	}
}
