package smpp

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"haat/gateway"
	"haat/gateway/channel/channeltest"
)

// patience is how long anything awaited may take before the test fails.
const patience = 20 * time.Second

// standIn is a small SMSC in this process, for what a well-behaved one does not
// do, and for speed. It answers everything with OK unless it is told otherwise.
type standIn struct {
	t        testing.TB
	listener net.Listener
	peers    chan *peer // those that have bound

	// on gets every PDU but binds first, and says whether it has dealt with it.
	on func(p *peer, h header, body []byte) bool

	serial atomic.Int64 // of message ids
}

// peer is one connection to the stand-in.
type peer struct {
	as   command
	conn net.Conn
	mu   sync.Mutex
	w    *bufio.Writer
	got  chan header // responses to what was sent
}

func newStandIn(t testing.TB, on func(p *peer, h header, body []byte) bool) *standIn {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &standIn{t: t, listener: listener, on: on, peers: make(chan *peer, 64)}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			serving.Go(func() { s.serve(conn) })
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		serving.Wait()
	})
	return s
}

func (s *standIn) serve(conn net.Conn) {
	stop := context.AfterFunc(s.t.Context(), func() { _ = conn.Close() })
	defer stop()
	defer conn.Close()
	p := &peer{conn: conn, w: bufio.NewWriterSize(conn, 64<<10), got: make(chan header, 1024)}
	r := bufio.NewReaderSize(conn, 64<<10)
	var body []byte
	for {
		h, b, err := readPDU(r, body)
		if err != nil {
			return
		}
		body = b
		if s.on == nil || !s.on(p, h, body) {
			s.answer(p, h)
		}
		if r.Buffered() == 0 {
			p.flush()
		}
		if h.command == unbind {
			return
		}
	}
}

// answer is what an SMSC in good health answers.
func (s *standIn) answer(p *peer, h header) {
	reply := header{h.command | response, statusOK, h.sequence}
	switch {
	case h.command&response != 0:
		p.got <- h
	case h.command == submitSM:
		p.say(reply, strconv.FormatInt(s.serial.Add(1), 10))
	case h.command == bindTransceiver || h.command == bindTransmitter || h.command == bindReceiver:
		p.as = h.command
		p.say(reply, "standin")
		p.flush()
		s.peers <- p
	default:
		p.say(reply)
	}
}

// say sends a PDU whose body is C strings, at the next flush.
func (p *peer) say(h header, body ...string) { p.write(appendPDU(nil, h, body...)) }

func (p *peer) write(pdu []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	_, _ = p.w.Write(pdu) // whoever hangs up wants no answer
}

func (p *peer) flush() {
	p.mu.Lock()
	defer p.mu.Unlock()
	_ = p.w.Flush()
}

// deliver sends a deliver_sm.
func (p *peer) deliver(sequence uint32, m message) {
	p.write(appendMessage(nil, header{deliverSM, statusOK, sequence}, &m))
	p.flush()
}

// answered waits for the answer to what was sent under a number.
func (p *peer) answered(t testing.TB, sequence uint32) status {
	t.Helper()
	deadline := time.After(patience)
	for {
		select {
		case h := <-p.got:
			if h.sequence == sequence {
				return h.status
			}
		case <-deadline:
			t.Fatal("no answer came")
		}
	}
}

// peer waits for the next bind.
func (s *standIn) peer() *peer {
	s.t.Helper()
	select {
	case p := <-s.peers:
		return p
	case <-time.After(patience):
		s.t.Fatal("nobody binds")
		return nil
	}
}

func (s *standIn) address() string { return s.listener.Addr().String() }

// account is a configuration for the SMSCs of tests.
func account(address string) Config {
	return Config{Address: address, SystemID: "haat", Password: "secret", From: "20384"}
}

// open makes a channel that binds again without delay.
func open(t testing.TB, cfg Config) *Channel {
	t.Helper()
	c, err := New("shop", cfg, gateway.Site{Region: "KE", Logger: zerolog.Nop()})
	if err != nil {
		t.Fatal(err)
	}
	c.backoff = backoff{10 * time.Millisecond, 50 * time.Millisecond}
	return c
}

// run runs a channel until the test ends, or stop is called, and waits until it
// is bound.
func run(t testing.TB, c *Channel, to gateway.Acceptor) (stop func()) {
	t.Helper()
	stop = start(t, c, to)
	awaitLink(t, c, func(err error) bool { return err == nil })
	return stop
}

func start(t testing.TB, c *Channel, to gateway.Acceptor) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := c.Run(ctx, to); err != nil {
			t.Errorf("Run = %v", err)
		}
	})
	stop = sync.OnceFunc(func() {
		cancel()
		running.Wait()
	})
	t.Cleanup(stop)
	return stop
}

// awaitLink waits until Link says what it should.
func awaitLink(t testing.TB, c *Channel, want func(error) bool) {
	t.Helper()
	again := time.NewTicker(2 * time.Millisecond)
	defer again.Stop()
	deadline := time.After(patience)
	for {
		err := c.Link()
		if want(err) {
			return
		}
		select {
		case <-again.C:
		case <-deadline:
			t.Fatalf("Link = %v", err)
		}
	}
}

const (
	phone  = "+254700000001"
	digits = "254700000001"
)

func outbound(ref, text string) gateway.Outbound {
	return gateway.Outbound{Ref: ref, Channel: "shop", Phone: phone, Text: text}
}

// BenchmarkSend sends SMS of one part with 10 and 100 of them in flight.
func BenchmarkSend(b *testing.B) {
	for _, window := range []int{10, 100} {
		b.Run(fmt.Sprint(window), func(b *testing.B) {
			s := newStandIn(b, nil)
			c := open(b, account(s.address()))
			run(b, c, &channeltest.Gateway{})
			b.ReportAllocs()
			var next atomic.Int64
			var sending sync.WaitGroup
			b.ResetTimer()
			for range window {
				sending.Go(func() {
					for next.Add(1) <= int64(b.N) {
						if _, err := c.Send(context.Background(), outbound("1", "Order 12 is confirmed. Code 4821. Bei: €5")); err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			sending.Wait()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "msgs/s")
		})
	}
}
