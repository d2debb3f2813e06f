package console_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"runtime/metrics"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"haat/gateway"
	"haat/gateway/console"
	"haat/gateway/console/account"
	"haat/gateway/console/attention"
	"haat/gateway/console/store"
)

// withMonthsDesk gives a whole the overview and the page of what needs attention.
func withMonthsDesk(w *whole, c *console.Config) {
	w.T.Helper()
	notes, err := store.Open(w.T.Context(), filepath.Join(w.T.TempDir(), "notes.db"))
	if err != nil {
		w.T.Fatal(err)
	}
	w.T.Cleanup(func() { _ = notes.Close() })
	lines := map[string]attention.Line{}
	for _, name := range marketChannels {
		lines[name] = attention.Line{}
	}
	desk, err := attention.New(attention.Config{
		Index: w.index, Log: w.Log, People: w.People, House: quiet{}, Dead: quiet{}, Store: notes, Lines: lines, Logger: zerolog.Nop(),
		Record: func(context.Context, account.Act) error { return nil },
	})
	if err != nil {
		w.T.Fatal(err)
	}
	c.Attention, c.Figures, c.Channels = desk, w.index, marketChannels
}

// quiet is a house in which nothing is wrong.
type quiet struct{ attention.DeadLetters }

func (quiet) Channels(context.Context) ([]attention.Channel, error) { return nil, nil }

func (quiet) Undecided(context.Context) (uint64, time.Time, error) { return 0, time.Time{}, nil }

func (quiet) List(context.Context, uint64, int) ([]attention.DeadLetter, error) { return nil, nil }

func (quiet) Count(context.Context) (int, error) { return 0, nil }

// take downloads a file, and tells its size.
func (w *whole) take(ctx context.Context, path string) (int64, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, w.server.URL+path, nil)
	if err != nil {
		return 0, err
	}
	resp, err := w.client.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return 0, fmt.Errorf("%s: %s", path, resp.Status)
	}
	return io.Copy(io.Discard, resp.Body)
}

// export takes all rows out, and tells how fast, and how much more memory the
// process has at most: what is in use, and what the system sees.
func (w *whole) export(b *testing.B, path string, rows int) {
	runtime.GC()
	before, watch := memory(), watchMemory()
	size := int64(0)
	for b.Loop() {
		var err error
		if size, err = w.take(b.Context(), path); err != nil {
			b.Fatal(err)
		}
	}
	peak := watch()
	b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
	b.ReportMetric((peak.live-before.live)/(1<<20), "MiB-live-more")
	b.ReportMetric((peak.resident-before.resident)/(1<<20), "MiB-RSS-more")
	b.ReportMetric(float64(size)/(1<<20), "MiB-file")
}

// inUse is how much memory there is, in octets.
type inUse struct{ live, resident float64 }

// memory is what the last collection found in use, and what the system gives.
func memory() (m inUse) {
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(sample)
	m.live = float64(sample[0].Value.Uint64())
	if stat, err := os.ReadFile("/proc/self/statm"); err == nil {
		var size, resident float64
		_, _ = fmt.Sscan(string(stat), &size, &resident)
		m.resident = resident * float64(os.Getpagesize())
	}
	return m
}

// watchMemory looks 50 times a second until the peak is asked for.
func watchMemory() (peak func() inUse) {
	stop, most := make(chan struct{}), make(chan inUse)
	go func() {
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for m := memory(); ; {
			select {
			case <-tick.C:
				now := memory()
				m.live, m.resident = max(m.live, now.live), max(m.resident, now.resident)
			case <-stop:
				most <- m
				return
			}
		}
	}()
	return func() inUse {
		close(stop)
		return <-most
	}
}

// beside tells how long pages and answers to phones take while files are made.
func (w *whole) beside(b *testing.B, exports int) {
	ctx, leave := context.WithCancel(b.Context())
	var work sync.WaitGroup
	var octets atomic.Int64
	for range exports {
		work.Go(func() {
			for ctx.Err() == nil {
				req, _ := http.NewRequestWithContext(ctx, http.MethodGet, w.server.URL+"/export.csv", nil)
				if resp, err := w.client.Do(req); err == nil {
					_, _ = io.Copy(counting{&octets}, resp.Body)
					resp.Body.Close()
				}
			}
		})
	}
	for exports > 0 && octets.Load() == 0 { // until one has begun
		w.get("/rows")
	}
	for _, each := range []struct {
		what string
		do   func()
	}{
		{"page", func() { w.get("/") }},
		{"answer", func() {
			if _, err := w.Dial(gateway.Phone("+254799000001")).Send(); err != nil {
				b.Fatal(err)
			}
		}},
	} {
		b.Run(each.what, func(b *testing.B) {
			begun := octets.Load()
			timed(b, "", each.do)
			b.ReportMetric(float64(octets.Load()-begun)/(1<<20)/b.Elapsed().Seconds(), "MiB/s-exported")
		})
	}
	leave()
	work.Wait()
}

// counting counts what is written.
type counting struct{ n *atomic.Int64 }

func (c counting) Write(p []byte) (int, error) {
	c.n.Add(int64(len(p)))
	return len(p), nil
}
