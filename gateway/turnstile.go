package gateway

import (
	"context"
	"hash/maphash"
)

// turnstile lets one message of a phone at a time through to the log, so that a
// phone whose messages come all at once does not keep overtaking itself. It is
// a courtesy within one process: the log's expectation is what keeps the order.
type turnstile struct {
	seed  maphash.Seed
	gates []chan struct{} // a phone shares its gate with a few others
}

const gates = 4096

func newTurnstile() *turnstile {
	t := &turnstile{seed: maphash.MakeSeed(), gates: make([]chan struct{}, gates)}
	for i := range t.gates {
		t.gates[i] = make(chan struct{}, 1)
	}
	return t
}

// enter waits for the phone's gate and returns what leaves it.
func (t *turnstile) enter(ctx context.Context, p Phone) (leave func(), err error) {
	gate := t.gates[maphash.String(t.seed, string(p))%gates]
	select {
	case gate <- struct{}{}:
		return func() { <-gate }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
