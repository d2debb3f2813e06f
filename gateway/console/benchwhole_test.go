package console_test

import (
	"io"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// benchMessages is how many messages a benchmark on everything real begins with:
// a million, or what HAAT_BENCH_MESSAGES says.
func benchMessages(b *testing.B) int {
	n, err := strconv.Atoi(os.Getenv("HAAT_BENCH_MESSAGES"))
	if err != nil {
		return 1_000_000
	}
	return n
}

// BenchmarkWhole is a console on a real log, index and accounts, with a month of a
// country's market: how fast the log comes into the index, how long pages take
// over HTTP with all of it there, what an export takes and what others notice of
// it, and what 20 open pages cost at 1,000 messages a second. They share one log.
func BenchmarkWhole(b *testing.B) {
	messages := benchMessages(b)
	w := newWholeOf(b, messages, withMonthsDesk)
	w.signIn()
	m, begun := newCountry(w.month.at), time.Now()
	for at := 0; at < messages; at += 20_000 {
		w.publishEach(min(20_000, messages-at), m.next)
	}
	for {
		if left, _, err := w.index.Lag(b.Context()); err != nil || left == 0 {
			break
		}
		<-w.index.Changed()
	}
	b.Logf("%d messages published and in the index: %.0f a second", messages, float64(messages)/time.Since(begun).Seconds())
	for name, path := range map[string]string{
		"first page": "/", "a word": "/?q=text+77", "a rare word": "/?q=notice", "no such word": "/?q=zebra", "problems": "/?errors=1", "an hour": "/?since=1h",
		"a kind": "/?kind=notice", "last digits": "/?end=345", "sent": "/?status=sent", "words and a mode that never meet": "/?q=text&mode=ussd", "all": "/?q=text&end=345&channel=demo&mode=sms&dir=in&kind=turn&since=30d",
		"rows": "/rows", "counters": "/counters",
		"overview of an hour": "/overview?period=hour", "overview of a day": "/overview", "overview of a week": "/overview?period=week", "overview of a month": "/overview?period=month",
		"overview of a channel's month": "/overview?period=month&channel=kenya",
		"attention":                     "/attention", "attention to what failed": "/attention?kind=failed", "attention to what is overdue": "/attention?kind=overdue",
	} {
		b.Run(name, func(b *testing.B) {
			timed(b, "", func() { w.get(path) })
		})
	}
	for _, path := range []string{"/export.csv", "/export.xlsx"} {
		b.Run(path[1:], func(b *testing.B) { w.export(b, path, messages) })
	}
	for _, exports := range []int{0, 2} {
		b.Run("beside/"+strconv.Itoa(exports)+" exports", func(b *testing.B) { w.beside(b, exports) })
	}
	for _, pages := range []int{0, 20} {
		b.Run("tail/"+strconv.Itoa(pages)+" pages", func(b *testing.B) { w.tail(b, pages, messages) })
	}
}

// timed tells how long something takes in the middle and at the worst percent.
func timed(b *testing.B, what string, do func()) {
	b.Helper()
	var took times
	for b.Loop() {
		took.of(do)
	}
	took.report(b, what)
}

// times are how long something took each time.
type times []time.Duration

func (t *times) of(do func()) {
	begun := time.Now()
	do()
	*t = append(*t, time.Since(begun))
}

func (t times) report(b *testing.B, what string) {
	b.Helper()
	slices.Sort(t)
	b.ReportMetric(float64(t[len(t)/2].Microseconds())/1000, what+"p50-ms")
	b.ReportMetric(float64(t[len(t)*99/100].Microseconds())/1000, what+"p99-ms")
}

// tail publishes 1,000 messages a second past open pages and tells what share of
// a processor the process takes, publishing and reading the pages included.
func (w *whole) tail(b *testing.B, pages, from int) {
	for range pages {
		req, err := http.NewRequestWithContext(b.Context(), http.MethodGet, w.server.URL+"/live?"+url.Values{"after": {strconv.Itoa(from)}}.Encode(), nil)
		if err != nil {
			b.Fatal(err)
		}
		req.Header.Set("Accept", "text/event-stream")
		resp, err := w.client.Do(req)
		if err != nil {
			b.Fatal(err)
		}
		defer resp.Body.Close()
		go func() { _, _ = io.Copy(io.Discard, resp.Body) }()
	}
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	cpu, begun, n := cpuTime(b), time.Now(), 0
	for b.Loop() { // a tenth of a second each
		<-tick.C
		w.publish(from+n, 100)
		n += 100
	}
	b.ReportMetric((cpuTime(b)-cpu).Seconds()/time.Since(begun).Seconds(), "CPU-s/s")
	b.ReportMetric(float64(n)/time.Since(begun).Seconds(), "msgs/s")
}

func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
