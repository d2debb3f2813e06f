package main

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"haat/gateway"
	"haat/gateway/messagelog"
	"haat/gateway/outbox"
	"haat/orders/bus"
)

// faulty is a carrier, spoken to by the webhook channel, whose answers a test
// decides. It counts what it received.
type faulty struct {
	*httptest.Server
	answer func(n int, took func(), w http.ResponseWriter, r *http.Request) // n counts requests from 1

	mu       sync.Mutex
	requests int
	copies   map[string]int // SMS that it took, by idempotency key
}

func openFaulty(t *testing.T, answer func(n int, took func(), w http.ResponseWriter, r *http.Request)) *faulty {
	f := &faulty{answer: answer, copies: map[string]int{}}
	f.Server = httptest.NewUnstartedServer(http.HandlerFunc(f.serve))
	f.Config.ErrorLog = httpLog(zerolog.Nop())
	f.Start()
	t.Cleanup(f.Close)
	return f
}

func (f *faulty) serve(w http.ResponseWriter, r *http.Request) {
	if _, err := io.ReadAll(r.Body); err != nil {
		return // haat was killed while it wrote
	}
	f.mu.Lock()
	f.requests++
	n := f.requests
	f.mu.Unlock()
	f.answer(n, func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.copies[r.Header.Get("Idempotency-Key")]++
	}, w, r)
}

func (f *faulty) counts() (texts, doubles int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, n := range f.copies {
		texts++
		doubles += n - 1
	}
	return texts, doubles
}

// accepts answers as a carrier that has taken the SMS.
func accepts(n int, took func(), w http.ResponseWriter, _ *http.Request) {
	took()
	fmt.Fprintf(w, `{"id":"c-%d"}`, n)
}

// forAWhile fails for some seconds from the first request, long enough to open
// the breaker, and then works.
func forAWhile(fail func(http.ResponseWriter)) func(n int, took func(), w http.ResponseWriter, r *http.Request) {
	var until time.Time
	var once sync.Once
	return func(n int, took func(), w http.ResponseWriter, r *http.Request) {
		once.Do(func() { until = time.Now().Add(3 * time.Second) })
		if time.Now().Before(until) {
			fail(w)
			return
		}
		accepts(n, took, w, r)
	}
}

// config has the faulty carrier as its only channel.
func (f *faulty) config(settings string) string {
	return fmt.Sprintf(`
log: {level: error, format: json}
outbox: {first_retry: 100ms, max_retry: 1s}
channels:
  line:
    sending: {%s}
    webhook: {signing_key: 0123456789abcdef, send_url: "%s"}
`, settings, f.URL)
}

// queue puts so many notices into the log of a data directory of which no haat
// runs, each to another phone.
func queue(t testing.TB, data, channel string, n int) {
	t.Helper()
	ctx := context.Background()
	b, err := bus.Open(ctx, bus.Config{Dir: data}, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	log, err := messagelog.Open(ctx, b)
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for part := range 16 {
		all.Go(func() {
			for i := part; i < n; i += 16 {
				notice := gateway.Notice{Channel: channel, Phone: gateway.Phone(fmt.Sprintf("+%s8%05d", villagers, i)), Text: "zawadi: your goods are here", At: time.Now()}
				if _, err := log.AddNotice(ctx, notice, 0, 0); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if err := b.Durable(ctx); err != nil {
		t.Fatal(err)
	}
}

// latest is the last status of each SMS that is known.
func latest(entries []messagelog.Entry) map[string]messagelog.Entry {
	all := map[string]messagelog.Entry{}
	for _, e := range ofKind(entries, messagelog.KindStatus) {
		if e.Ref != "" {
			all[e.Ref] = e
		}
	}
	return all
}

// TestFaultsOfTheCarrier: whatever the carrier does, all SMS arrive, and twice
// only those of which nobody could tell.
func TestFaultsOfTheCarrier(t *testing.T) {
	const texts = 300
	hangUp := func(http.ResponseWriter) { panic(http.ErrAbortHandler) }
	for _, tt := range []struct {
		name    string
		answer  func(n int, took func(), w http.ResponseWriter, r *http.Request)
		doubles int // at most
	}{
		{"it works", accepts, 0},
		{"500 for a while", forAWhile(func(w http.ResponseWriter) { http.Error(w, "oops", http.StatusInternalServerError) }), 0},
		{"429 with Retry-After", func(n int, took func(), w http.ResponseWriter, r *http.Request) {
			if n%100 == 50 {
				w.Header().Set("Retry-After", "1")
				w.WriteHeader(http.StatusTooManyRequests)
				return
			}
			accepts(n, took, w, r)
		}, 0},
		{"garbage for an answer", func(n int, took func(), w http.ResponseWriter, r *http.Request) {
			if n%30 == 0 && n <= texts {
				took()
				fmt.Fprint(w, "<html>\x00\xff")
				return
			}
			accepts(n, took, w, r)
		}, texts / 30},
		{"it hangs up before", func(n int, took func(), w http.ResponseWriter, r *http.Request) {
			if n%30 == 0 {
				hangUp(w)
			}
			accepts(n, took, w, r)
		}, 0},
		{"it hangs up after it has taken the SMS", func(n int, took func(), w http.ResponseWriter, r *http.Request) {
			if n%30 == 0 && n <= texts {
				took()
				hangUp(w)
			}
			accepts(n, took, w, r)
		}, texts / 30},
		{"it takes the SMS and never answers", func(n int, took func(), w http.ResponseWriter, r *http.Request) {
			if n == 7 || n == 77 {
				took()
				<-r.Context().Done() // until haat gives up
				return
			}
			accepts(n, took, w, r)
		}, 2},
		{"it resets the connection in the middle of its answer", func(n int, took func(), w http.ResponseWriter, r *http.Request) {
			if n%30 == 0 && n <= texts {
				took()
				conn, _, err := http.NewResponseController(w).Hijack()
				if err != nil {
					panic(err)
				}
				_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"id\":")
				_ = conn.(*net.TCPConn).SetLinger(0)
				_ = conn.Close()
				return
			}
			accepts(n, took, w, r)
		}, texts / 30},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			carrier, data := openFaulty(t, tt.answer), t.TempDir()
			queue(t, data, "line", texts)
			h := start(t, "serve", data, carrier.config(""))
			sent := func() (n int) {
				for _, e := range latest(h.log("")) {
					if e.Status == gateway.Sent {
						n++
					}
				}
				return n
			}
			tick := time.NewTicker(500 * time.Millisecond)
			defer tick.Stop()
			for giveUp := time.After(settleTime); sent() < texts; {
				select {
				case <-tick.C:
				case <-giveUp:
					t.Fatalf("%d of %d are sent", sent(), texts)
				}
			}
			if got, doubles := carrier.counts(); got != texts || doubles > tt.doubles {
				t.Errorf("the carrier has %d of %d SMS, and %d twice, want %d at most", got, texts, doubles, tt.doubles)
			}
		})
	}
}

// TestKilledWhileSending kills haat again and again while it sends: nothing is
// lost, and a crash repeats no more than was on its way, under the same
// idempotency key.
func TestKilledWhileSending(t *testing.T) {
	if testing.Short() {
		t.Skip("kills haat for half a minute; run without -short")
	}
	const texts, kills, window = 10_000, 6, 10
	carrier := openFaulty(t, func(n int, took func(), w http.ResponseWriter, r *http.Request) {
		accepts(n, took, w, r)
		if n%7 == 0 { // some answers take a while, so that a crash finds them on their way
			<-time.After(2 * time.Millisecond)
		}
	})
	data := t.TempDir()
	queue(t, data, "line", texts)
	server := newProgram(t, buildHaat(t), data, carrier.config(fmt.Sprintf("window: %d", window)))
	for range kills {
		before, _ := carrier.counts()
		server.start()
		// When is a matter of how much was sent, which no machine is too slow for.
		target := before + texts/(kills+2)/2 + rand.IntN(texts/(kills+2))
		server.until(settleTime, "more is sent", func() bool { now, _ := carrier.counts(); return now >= target })
		server.kill()
	}
	server.start()
	server.until(settleTime, "all are sent", func() bool { now, _ := carrier.counts(); return now == texts })
	server.until(settleTime, "the outbox is empty", func() bool {
		metrics, err := server.get("/metrics")
		return err == nil && strings.Contains(metrics, fmt.Sprintf("\nhaat_consumer_lag{consumer=%q} 0\n", outbox.Consumer("line")))
	})
	server.stop()
	got, doubles := carrier.counts()
	if got != texts || doubles > kills*window {
		t.Errorf("the carrier has %d of %d SMS, and %d twice, want %d at most", got, texts, doubles, kills*window)
	}
	t.Logf("%d SMS, %d kills: %d came twice", got, kills, doubles)
	entries, err := jsonLines[messagelog.Entry](server.haat("log", "--json"))
	if err != nil {
		t.Fatal(err)
	}
	sent := latest(entries)
	for ref, e := range sent {
		if e.Status != gateway.Sent {
			t.Errorf("SMS %s is %s", ref, e.Status)
		}
	}
	if len(sent) != texts {
		t.Errorf("%d SMS have a status", len(sent))
	}
}
