// Package numbers hands out order numbers: short, unique over all gateways, and
// known before the order is published, so that the first answer can name it.
package numbers

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"

	"github.com/nats-io/nats.go/jetstream"

	"haat/orders/bus"
)

const (
	key   = "order_number"
	first = 10001 // five digits from the first day, so that all look alike
	// lease is how many numbers a process takes at once. A process that ends
	// leaves a gap of this size at most.
	lease = 500
)

// Numbers leases blocks of numbers from a counter in NATS.
type Numbers struct {
	bus *bus.Bus
	kv  jetstream.KeyValue

	mu    sync.Mutex
	next  int64
	end   int64   // exclusive
	spare []int64 // given back
}

// Open returns the numbers of the bus.
func Open(ctx context.Context, b *bus.Bus) (*Numbers, error) {
	kv, err := b.JetStream().KeyValue(ctx, bus.Counters)
	if err != nil {
		return nil, fmt.Errorf("order numbers: %w", err)
	}
	return &Numbers{bus: b, kv: kv}, nil
}

// Take returns a number that nobody else has.
func (n *Numbers) Take(ctx context.Context) (int64, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if last := len(n.spare) - 1; last >= 0 {
		number := n.spare[last]
		n.spare = n.spare[:last]
		return number, nil
	}
	if n.next == n.end {
		if err := n.renew(ctx); err != nil {
			return 0, fmt.Errorf("lease order numbers: %w", err)
		}
	}
	n.next++
	return n.next - 1, nil
}

// GiveBack returns a number that was certainly not used.
func (n *Numbers) GiveBack(number int64) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.spare = append(n.spare, number)
}

func (n *Numbers) renew(ctx context.Context) error {
	for {
		start, revision := int64(first), uint64(0)
		entry, err := n.kv.Get(ctx, key)
		if err == nil {
			revision = entry.Revision()
			start, err = strconv.ParseInt(string(entry.Value()), 10, 64)
		} else if errors.Is(err, jetstream.ErrKeyNotFound) {
			err = nil
		}
		if err != nil {
			return err
		}
		end := strconv.FormatInt(start+lease, 10)
		_, err = n.kv.Update(ctx, key, []byte(end), revision)
		if errors.Is(err, jetstream.ErrKeyExists) {
			continue // another gateway was faster
		}
		if err != nil {
			return err
		}
		// A power cut may not take the lease back and leave its numbers in use.
		if err := n.bus.Durable(ctx); err != nil {
			return err
		}
		n.next, n.end = start, start+lease
		return nil
	}
}
