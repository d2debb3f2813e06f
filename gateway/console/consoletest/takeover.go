package consoletest

import (
	"context"
	"sync"
	"time"

	"haat/gateway"
)

// Talk holds phones and keeps what was written to them, as a gateway would.
type Talk struct {
	Now    func() time.Time
	mu     sync.Mutex
	holds  map[gateway.Phone]gateway.Hold
	posted []gateway.Notice
	err    error
}

// NewTalk returns one in which nobody holds a phone.
func NewTalk(now func() time.Time) *Talk {
	return &Talk{Now: now, holds: map[gateway.Phone]gateway.Hold{}}
}

// Fail makes everything fail, until it is nil.
func (t *Talk) Fail(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.err = err
}

// Held implements [console.Talk].
func (t *Talk) Held(_ context.Context, p gateway.Phone) (gateway.Hold, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if hold := t.holds[p]; t.Now().Before(hold.Until) {
		return hold, t.err
	}
	return gateway.Hold{}, t.err
}

// Latest is the phone's hold, also one that is over; nil where there was none.
func (t *Talk) Latest(p gateway.Phone) *gateway.Hold {
	t.mu.Lock()
	defer t.mu.Unlock()
	if hold, ok := t.holds[p]; ok {
		return &hold
	}
	return nil
}

// TakeOver implements [console.Talk], for half an hour.
func (t *Talk) TakeOver(_ context.Context, p gateway.Phone, _, by string) (gateway.Hold, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.err == nil {
		t.holds[p] = gateway.Hold{By: by, Since: t.Now(), Until: t.Now().Add(30 * time.Minute)}
	}
	return t.holds[p], t.err
}

// HandBack implements [console.Talk].
func (t *Talk) HandBack(_ context.Context, p gateway.Phone, _ string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.err == nil {
		delete(t.holds, p)
	}
	return t.err
}

// Write implements [console.Talk].
func (t *Talk) Write(_ context.Context, n gateway.Notice) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, old := range t.posted {
		if old.Key == n.Key {
			return t.err
		}
	}
	if t.err == nil {
		t.posted = append(t.posted, n)
	}
	return t.err
}

// Posted is what was written, the oldest first.
func (t *Talk) Posted() []gateway.Notice {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]gateway.Notice(nil), t.posted...)
}
