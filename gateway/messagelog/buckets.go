package messagelog

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"strings"

	"github.com/nats-io/nats.go/jetstream"

	"haat/gateway"
	"haat/gateway/dialogue"
	"haat/orders/bus"
)

// People keeps profiles in a key-value bucket. It implements [gateway.People].
type People struct{ kv jetstream.KeyValue }

// OpenPeople returns the people of the bus.
func OpenPeople(ctx context.Context, b *bus.Bus) (*People, error) {
	kv, err := b.JetStream().KeyValue(ctx, bus.People)
	if err != nil {
		return nil, fmt.Errorf("people: %w", err)
	}
	return &People{kv}, nil
}

// Profile implements [gateway.People].
func (p *People) Profile(ctx context.Context, phone gateway.Phone) (profile dialogue.Profile, err error) {
	entry, err := p.kv.Get(ctx, key(phone))
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return profile, nil
	}
	if err != nil {
		return profile, err
	}
	return profile, json.Unmarshal(entry.Value(), &profile)
}

// SetProfile implements [gateway.People].
func (p *People) SetProfile(ctx context.Context, phone gateway.Phone, profile dialogue.Profile) error {
	data, err := json.Marshal(profile)
	if err != nil {
		return err
	}
	_, err = p.kv.Put(ctx, key(phone), data)
	return err
}

// Each calls yield with every phone that has a profile.
func (p *People) Each(ctx context.Context, yield func(gateway.Phone, dialogue.Profile) error) error {
	watcher, err := p.kv.WatchAll(ctx, jetstream.IgnoreDeletes())
	if err != nil {
		return fmt.Errorf("people: %w", err)
	}
	defer watcher.Stop() //nolint:errcheck // nothing is left to be done
	for entry := range watcher.Updates() {
		if entry == nil { // all that there was
			return nil
		}
		var profile dialogue.Profile
		if err := json.Unmarshal(entry.Value(), &profile); err != nil {
			return fmt.Errorf("people: revision %d: %w", entry.Revision(), err)
		}
		if err := yield(gateway.Phone("+"+entry.Key()), profile); err != nil {
			return err
		}
	}
	return ctx.Err()
}

func key(p gateway.Phone) string { return strings.TrimPrefix(string(p), "+") }

// Receipts keeps, for some days, which phone a carrier's message id belongs to,
// for carriers whose delivery reports do not say. It implements
// [gateway.Receipts].
type Receipts struct{ kv jetstream.KeyValue }

// OpenReceipts returns the receipts of the bus.
func OpenReceipts(ctx context.Context, b *bus.Bus) (*Receipts, error) {
	kv, err := b.JetStream().KeyValue(ctx, bus.Receipts)
	if err != nil {
		return nil, fmt.Errorf("receipts: %w", err)
	}
	return &Receipts{kv}, nil
}

// Put remembers the phone of a carrier's id.
func (r *Receipts) Put(ctx context.Context, channel, carrierID string, p gateway.Phone) error {
	_, err := r.kv.Put(ctx, receiptKey(channel, carrierID), []byte(p))
	return err
}

// Phone implements [gateway.Receipts].
func (r *Receipts) Phone(ctx context.Context, channel, carrierID string) (gateway.Phone, error) {
	entry, err := r.kv.Get(ctx, receiptKey(channel, carrierID))
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return gateway.Phone(entry.Value()), nil
}

// receiptKey hashes the carrier's id, which may hold what a key may not.
func receiptKey(channel, carrierID string) string {
	h := fnv.New128a()
	_, _ = h.Write([]byte(carrierID))
	return channel + "." + hex.EncodeToString(h.Sum(nil))
}
