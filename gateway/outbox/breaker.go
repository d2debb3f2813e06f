package outbox

import (
	"sync"
	"time"
)

const (
	// failuresToOpen is how many SMS in a row a channel may fail at before it is
	// taken to be down.
	failuresToOpen = 5
	// The pause before a channel that is down is probed with one SMS: doubled
	// after each probe that fails.
	firstProbe = 5 * time.Second
	maxProbe   = 5 * time.Minute
	// whileProbing is how long others wait for what becomes of a probe.
	whileProbing = time.Second
)

// breaker keeps SMS away from a carrier that keeps failing. While it is open
// nothing is sent; then one SMS is let through as a probe, and what becomes of
// it closes the breaker or opens it again for longer.
type breaker struct {
	now    func() time.Time
	opened func(reason string, pause time.Duration) // told of each opening; may be nil
	closed func()                                   // told when it works again; may be nil

	mu       sync.Mutex
	failures int           // in a row
	openings int           // how often it has opened: what was let through before the last one is stale
	until    time.Time     // when the next probe may go; zero: closed
	pause    time.Duration // before that probe
	probing  bool
	reason   string
	since    time.Time
}

// wait is how long nothing may be sent; 0 lets one SMS through, whose outcome is
// then told by succeeded, failed or unknown. The pass is for stale.
func (b *breaker) wait() (wait time.Duration, pass int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.until.IsZero() {
		return 0, b.openings
	}
	if wait := b.until.Sub(b.now()); wait > 0 {
		return wait, 0
	}
	if b.probing {
		return whileProbing, 0
	}
	b.probing = true
	return 0, b.openings
}

// stale tells whether the breaker has opened since an SMS was let through: where
// it has not gone yet it shall not go.
func (b *breaker) stale(pass int) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return pass != b.openings
}

// remaining is how long nobody should ask for more to send.
func (b *breaker) remaining() time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.probing {
		return whileProbing
	}
	return max(0, b.until.Sub(b.now())) // far below zero where it is closed
}

// down tells why and since when the channel is paused, or "".
func (b *breaker) down() (reason string, since time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.until.IsZero() {
		return "", time.Time{}
	}
	return b.reason, b.since
}

// succeeded says that the carrier works: it took an SMS or judged it by itself.
func (b *breaker) succeeded() {
	b.mu.Lock()
	reopened := !b.until.IsZero()
	b.failures, b.until, b.pause, b.probing, b.reason = 0, time.Time{}, 0, false, ""
	b.mu.Unlock()
	if reopened && b.closed != nil {
		b.closed()
	}
}

// unknown says that nothing was learnt from what was let through.
func (b *breaker) unknown() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.probing = false
}

// failed says that the channel failed at an SMS, and why.
func (b *breaker) failed(reason string) {
	b.mu.Lock()
	b.failures++
	opens := b.until.IsZero() && b.failures >= failuresToOpen || b.probing
	if !opens {
		b.mu.Unlock()
		return
	}
	if b.until.IsZero() {
		b.since = b.now()
	}
	b.pause = min(max(2*b.pause, firstProbe), maxProbe)
	pause := jittered(b.pause)
	b.openings++
	b.until, b.probing, b.reason = b.now().Add(pause), false, reason
	b.mu.Unlock()
	if b.opened != nil {
		b.opened(reason, pause)
	}
}
