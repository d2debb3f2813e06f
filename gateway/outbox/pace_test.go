package outbox

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// sendAll lets so many SMS of so many segments pass, each on its way for a
// while, and gives when each entered, and how many were on their way at most.
func sendAll(p *pace, n, segments int, onWay time.Duration) (entered []time.Duration, most int64) {
	begun := time.Now()
	var mu sync.Mutex
	var now, peak atomic.Int64
	var all sync.WaitGroup
	for range n {
		all.Go(func() {
			leave, wait := p.enter(context.Background(), segments)
			for wait > 0 {
				time.Sleep(wait)
				leave, wait = p.enter(context.Background(), segments)
			}
			mu.Lock()
			entered = append(entered, time.Since(begun))
			mu.Unlock()
			peak.Store(max(peak.Load(), now.Add(1)))
			time.Sleep(onWay)
			now.Add(-1)
			leave()
		})
	}
	all.Wait()
	return entered, peak.Load()
}

func TestRateCountsSegments(t *testing.T) {
	for _, tt := range []struct {
		name        string
		cfg         Config
		n, segments int
		takes       time.Duration
	}{
		{"no limit", Config{Window: 1000}, 1000, 1, 0},
		{"ten a second", Config{Rate: 10, Window: 1000}, 110, 1, 10 * time.Second},
		{"long ones count as their segments", Config{Rate: 10, Window: 1000}, 55, 2, 10 * time.Second},
		{"a burst of thirty", Config{Rate: 10, Burst: 30, Window: 1000}, 130, 1, 10 * time.Second},
		{"one in two seconds, of three segments", Config{Rate: 0.5, Window: 10}, 5, 3, 28 * time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tt.cfg.Now = time.Now
				entered, _ := sendAll(newPace(tt.cfg), tt.n, tt.segments, 0)
				if last := entered[len(entered)-1]; last < tt.takes-2*time.Second || last > tt.takes+2*time.Second {
					t.Errorf("the last of %d went after %s, want %s", tt.n, last, tt.takes)
				}
			})
		})
	}
}

func TestWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		if _, most := sendAll(newPace(Config{Window: 7, Now: time.Now}), 100, 1, time.Second); most != 7 {
			t.Errorf("%d were on their way at once, want 7", most)
		}
	})
}

func TestThrottled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPace(Config{Now: time.Now})
		if wait := p.throttled(7 * time.Second); wait != 7*time.Second || p.paused() != wait {
			t.Errorf("the carrier asks for 7 s and gets %s", wait)
		}
		if _, wait := p.enter(t.Context(), 1); wait != 7*time.Second {
			t.Errorf("the next SMS waits %s", wait)
		}
		time.Sleep(7 * time.Second)
		for _, want := range []time.Duration{1, 2, 4, 8, 16, 32, 60, 60} {
			if wait := p.throttled(0); wait != want*time.Second {
				t.Errorf("the channel pauses for %s, want %s", wait, want*time.Second)
			}
			if wait := p.throttled(0); wait != want*time.Second {
				t.Errorf("a second SMS of the same moment makes it %s", wait)
			}
			time.Sleep(want * time.Second)
		}
		p.taken()
		if wait := p.throttled(0); wait != time.Second {
			t.Errorf("after an SMS that was taken it pauses for %s", wait)
		}
	})
}

func TestScheduleIsAsDocumented(t *testing.T) {
	cfg := Config{FirstRetry: 5 * time.Second, MaxRetry: 10 * time.Minute}
	for i, want := range []time.Duration{5, 10, 20, 40, 80, 160, 320, 600, 600} {
		if got := cfg.pause(i + 1); got != want*time.Second {
			t.Errorf("pause %d is %s, want %s", i+1, got, want*time.Second)
		}
	}
	for range 1000 {
		if d := jittered(time.Second); d < 800*time.Millisecond || d > 1200*time.Millisecond {
			t.Fatalf("jitter makes %s of a second", d)
		}
	}
}
