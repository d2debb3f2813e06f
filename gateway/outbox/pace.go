package outbox

import (
	"context"
	"math"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

const (
	defaultWindow = 10
	// How long a channel pauses after its carrier asked for it without saying how
	// long: doubled with each further time in a row.
	firstThrottle = time.Second
	maxThrottle   = time.Minute
	// patience is how long an SMS waits in our hands for its turn; what takes
	// longer waits in the log.
	patience = 2 * time.Second
)

// pace keeps a channel to its carrier's speed: so many segments a second, so
// many SMS at once, and not before the carrier wants more.
type pace struct {
	limit  *rate.Limiter
	window chan struct{}
	now    func() time.Time

	mu        sync.Mutex
	until     time.Time // the carrier wants nothing before
	throttles int       // in a row
}

// maxSegments is how many segments an SMS may have: what a burst must allow.
const maxSegments = 16

func newPace(cfg Config) *pace {
	limit := rate.NewLimiter(rate.Inf, 0)
	if cfg.Rate > 0 {
		burst := cfg.Burst
		if burst == 0 {
			burst = int(math.Ceil(cfg.Rate))
		}
		limit = rate.NewLimiter(rate.Limit(cfg.Rate), max(burst, maxSegments))
		limit.AllowN(time.Now(), max(burst, maxSegments)-burst) // a long SMS may overdraw, a start may not
	}
	window := cfg.Window
	if window == 0 {
		window = defaultWindow
	}
	return &pace{limit: limit, window: make(chan struct{}, window), now: cfg.Now}
}

// enter waits until an SMS of so many segments may go. With a wait above zero it
// may not yet, and shall come again after it.
func (p *pace) enter(ctx context.Context, segments int) (leave func(), wait time.Duration) {
	if wait := p.paused(); wait > patience || !pause(ctx, wait) {
		return nil, max(wait, time.Millisecond)
	}
	if err := p.limit.WaitN(ctx, min(segments, maxSegments)); err != nil { // ctx ends before its turn comes
		return nil, patience
	}
	select {
	case p.window <- struct{}{}:
		return func() { <-p.window }, 0
	case <-ctx.Done():
		return nil, patience
	}
}

func (p *pace) paused() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return max(0, p.until.Sub(p.now()))
}

// throttled makes the channel pause as the carrier asks, or ever longer where it
// does not say how long, and tells for how long.
func (p *pace) throttled(after time.Duration) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	if after == 0 && p.until.After(now) { // one of several at once
		return p.until.Sub(now)
	}
	if after == 0 {
		after = min(firstThrottle<<min(p.throttles, 10), maxThrottle)
		p.throttles++
	}
	if until := now.Add(after); until.After(p.until) {
		p.until = until
	}
	return p.until.Sub(now)
}

// taken says that the carrier took an SMS.
func (p *pace) taken() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.throttles = 0
}

// inHand is how many SMS are taken out of the log at once: some seconds' worth,
// so that none waits in our hands until NATS gives it to another.
func (c Config) inHand() int {
	if c.Rate == 0 {
		return maxInHand
	}
	return min(max(int(c.Rate*5), 8), maxInHand)
}

const maxInHand = 1024
