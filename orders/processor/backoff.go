package processor

import (
	"context"
	"time"
)

const (
	firstPause = 100 * time.Millisecond
	lastPause  = 5 * time.Second
)

// backoff waits twice as long each time.
type backoff struct{ last time.Duration }

// pause waits, and reports false when ctx ended.
func (b *backoff) pause(ctx context.Context) bool {
	b.last = min(max(2*b.last, firstPause), lastPause)
	return pause(ctx, b.last)
}

func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
