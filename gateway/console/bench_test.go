package console_test

import (
	"io"
	"net/http"
	"testing"
	"time"

	"haat/gateway/console"
	"haat/gateway/console/consoletest"
	"haat/gateway/console/index"
)

// BenchmarkPages is a page of the log, as the server makes it.
func BenchmarkPages(b *testing.B) {
	r := newRig(b)
	for i := range 500 {
		r.index.Add(text(i))
	}
	for b.Loop() {
		r.get("/")
	}
}

// BenchmarkTail sends 1,000 rows a second past 20 open pages, and tells how many
// octets each page was sent a second. The time it takes is its CPU's: see
// -cpuprofile.
func BenchmarkTail(b *testing.B) {
	r := newRig(b, func(c *console.Config) { c.PushEvery = 250 * time.Millisecond })
	r.index.Add(text(0))
	done := make(chan int64, 20)
	for range 20 {
		s, err := http.NewRequestWithContext(b.Context(), "GET", r.server.URL+"/live?after=1", nil)
		if err != nil {
			b.Fatal(err)
		}
		consoletest.SignIn(s, "viewer")
		resp, err := http.DefaultClient.Do(s)
		if err != nil {
			b.Fatal(err)
		}
		go func() {
			n, _ := io.Copy(io.Discard, resp.Body)
			done <- n
		}()
	}
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	sent := 0
	begun := time.Now()
	for b.Loop() { // one row each
		if sent++; sent%10 == 0 {
			<-tick.C
			batch := make([]index.Row, 10)
			for i := range batch {
				batch[i] = text(sent + i)
			}
			r.index.Add(batch...)
		}
	}
	took := time.Since(begun).Seconds()
	r.console.Close()
	octets := int64(0)
	for range 20 {
		octets += <-done
	}
	b.ReportMetric(float64(octets)/20/took/1024, "KiB/s/page")
}
