package main

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// fastCarrier takes SMS as fast as they come and tells when it has so many.
type fastCarrier struct {
	address string
	took    atomic.Int64
	first   atomic.Int64 // nanoseconds since 1970
	want    int64
	all     chan struct{}
}

func (c *fastCarrier) take() int64 {
	n := c.took.Add(1)
	if n == 1 {
		c.first.Store(time.Now().UnixNano())
	}
	if n == c.want {
		close(c.all)
	}
	return n
}

// smsc is a carrier by SMPP 3.4: it says yes to binds and messages.
func smsc(b *testing.B, want int64) *fastCarrier {
	b.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = listener.Close() })
	c := &fastCarrier{address: listener.Addr().String(), want: want, all: make(chan struct{})}
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go c.speak(conn)
		}
	}()
	return c
}

func (c *fastCarrier) speak(conn net.Conn) {
	defer conn.Close()
	const bind, submit = 0x09, 0x04
	r, w := bufio.NewReaderSize(conn, 64<<10), bufio.NewWriterSize(conn, 64<<10)
	head, answer := make([]byte, 16), make([]byte, 16, 64)
	for {
		if _, err := io.ReadFull(r, head); err != nil {
			return
		}
		if _, err := r.Discard(int(binary.BigEndian.Uint32(head)) - 16); err != nil {
			return
		}
		command := binary.BigEndian.Uint32(head[4:])
		answer = answer[:16]
		switch command {
		case bind:
			answer = append(answer, "smsc\x00"...)
		case submit:
			answer = fmt.Appendf(answer, "%d\x00", c.take())
		}
		binary.BigEndian.PutUint32(answer, uint32(len(answer)))
		binary.BigEndian.PutUint32(answer[4:], command|1<<31)
		copy(answer[12:16], head[12:])
		_, _ = w.Write(answer)
		if r.Buffered() == 0 && w.Flush() != nil {
			return
		}
	}
}

// httpCarrier is one by the webhook channel's own protocol.
func httpCarrier(b *testing.B, want int64) *fastCarrier {
	b.Helper()
	c := &fastCarrier{want: want, all: make(chan struct{})}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		fmt.Fprintf(w, `{"id":"c-%d"}`, c.take())
	}))
	b.Cleanup(server.Close)
	c.address = server.URL
	return c
}

// BenchmarkOutbox sends 20,000 notices, each to another phone, from a log on the
// disk to a carrier on this machine, and tells what haat's process used for them.
func BenchmarkOutbox(b *testing.B) {
	const smpp, webhook = "smpp: {address: %q, system_id: haat, password: secret}", "webhook: {signing_key: 0123456789abcdef, send_url: %q}"
	for _, bench := range []struct {
		carrier string
		open    func(*testing.B, int64) *fastCarrier
		block   string
		window  int
	}{
		{"smpp", smsc, smpp, 10}, {"smpp", smsc, smpp, 100}, {"http", httpCarrier, webhook, 10}, {"http", httpCarrier, webhook, 100},
	} {
		b.Run(fmt.Sprintf("%s/window=%d", bench.carrier, bench.window), func(b *testing.B) {
			c := bench.open(b, notices)
			sendNotices(b, b.TempDir(), c, fmt.Sprintf("{sending: {window: %d}, "+bench.block+"}", bench.window, c.address))
		})
	}
}

const notices = 20_000

// BenchmarkOutboxLongLog does the same with a million messages before them in
// the log, and without, in turn.
func BenchmarkOutboxLongLog(b *testing.B) {
	rates := map[bool][]float64{}
	seeded := b.TempDir()
	seedLog(b, seeded, 1_000_000)
	for _, long := range []bool{false, true} {
		dir := b.TempDir()
		if long {
			dir = seeded
		}
		c := smsc(b, notices)
		rates[long] = append(rates[long], sendNotices(b, dir, c, fmt.Sprintf("{sending: {window: 10}, smpp: {address: %q, system_id: haat, password: secret}}", c.address)))
	}
	b.ReportMetric(rates[true][0]/rates[false][0], "long/short")
}

// sendNotices starts haat on a log with the notices in it, and gives how many it
// sends a second.
func sendNotices(b *testing.B, dir string, c *fastCarrier, channel string) float64 {
	b.Helper()
	queue(b, dir, "line", notices)
	s := startServer(b, "haat", dir, "channels:\n  line: "+channel+"\n")
	defer s.stop(b)
	select {
	case <-c.all:
	case <-time.After(2 * time.Minute):
		b.Fatalf("only %d of %d notices were sent", c.took.Load(), notices)
	}
	took := time.Duration(time.Now().UnixNano() - c.first.Load())
	awaitEmpty(b, s)
	rate := notices / took.Seconds()
	b.ReportMetric(rate, "notices/s")
	b.ReportMetric(s.usedCPU(b).Seconds()/notices*10_000, "cpu-s/10k") // with its start
	b.ReportMetric(s.rss(b), "rss-MB")
	b.ReportMetric(0, "ns/op")
	return rate
}

// awaitEmpty waits until what became of all is logged.
func awaitEmpty(b *testing.B, s *measuredServer) {
	b.Helper()
	again := time.NewTicker(10 * time.Millisecond)
	defer again.Stop()
	for deadline := time.After(time.Minute); ; {
		resp, err := http.Get("http://" + s.addr + "/metrics")
		if err != nil {
			b.Fatal(err)
		}
		text, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err == nil && strings.Contains(string(text), "haat_consumer_lag{consumer=\"OUTBOX-line\"} 0\n") {
			return
		}
		select {
		case <-again.C:
		case <-deadline:
			b.Fatal("the outbox does not get empty")
		}
	}
}
