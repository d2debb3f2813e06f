package console_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"haat/gateway"
	"haat/gateway/console/consoletest"
	"haat/gateway/dialogue"
	"haat/gateway/messagelog"
)

// signIn signs the operator of a whole in.
func (w *whole) signIn() {
	w.T.Helper()
	resp, err := w.client.PostForm(w.server.URL+"/login", url.Values{"name": {"amani"}, "password": {password}})
	if err != nil {
		w.T.Fatal(err)
	}
	resp.Body.Close()
	if resp.Request.URL.Path != "/" {
		w.T.Fatalf("not signed in: %d at %s", resp.StatusCode, resp.Request.URL)
	}
}

// listen opens a stream as the operator's browser does, after an event.
func (w *whole) listen(path, last string) *listener {
	w.T.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, w.server.URL+path, nil)
	if err != nil {
		w.T.Fatal(err)
	}
	req.Header.Set("Accept", "text/event-stream")
	req.Header.Set("Last-Event-ID", last)
	resp, err := w.client.Do(req)
	if err != nil || resp.StatusCode != http.StatusOK {
		w.T.Fatalf("no stream: %v", err)
	}
	l := &listener{t: w.T, answer: resp, events: make(chan event), stop: cancel}
	go l.read(ctx)
	return l
}

// publish puts messages into the log, as gateways do, and waits until it has
// them: texts, each from another phone, and what became of some.
func (w *whole) publish(from, n int) {
	w.T.Helper()
	i := from - 1
	w.publishEach(n, func() (string, any) {
		i++
		digits := fmt.Sprintf("2547%08d", i%500)
		p, subject := gateway.Phone("+"+digits), "log.000."+digits
		switch i % 7 {
		case 3:
			return subject + ".notice.demo", gateway.Notice{Channel: "demo", Phone: p, Text: "notice"}
		case 5:
			return subject + ".status.demo", gateway.Status{Channel: "demo", Phone: p, Ref: strconv.Itoa(max(1, i)), State: gateway.Sent, Attempt: 1}
		}
		return subject + ".turn.demo.sms.screen", gateway.Turn{
			In:    gateway.Inbound{ID: strconv.Itoa(i), Channel: "demo", Mode: dialogue.SMS, Phone: p, Text: fmt.Sprint("text ", i)},
			Reply: gateway.Reply{Text: "reply"}, Class: dialogue.ClassScreen,
		}
	})
}

// publishEach puts messages into the log and waits until it has them.
func (w *whole) publishEach(n int, next func() (subject string, what any)) {
	w.T.Helper()
	js := w.Bus.JetStream()
	for range n {
		on, what := next()
		data, err := json.Marshal(what)
		if err != nil {
			w.T.Fatal(err)
		}
		if _, err := js.PublishAsync(on, data, jetstream.WithStallWait(consoletest.Patience)); err != nil {
			w.T.Fatal(err)
		}
	}
	select {
	case <-js.PublishAsyncComplete():
	case <-time.After(consoletest.Patience):
		w.T.Fatal("the log does not take the messages")
	}
}

// TestNothingOfTheLogIsLost drops a page's stream 50 times while 10,000 messages
// come into a real log, and compares what the page has in the end with the log.
func TestNothingOfTheLogIsLost(t *testing.T) {
	const messages, drops = 10_000, 50
	w := newWhole(t)
	w.signIn()
	seen, published, last := map[uint64]int{}, 0, uint64(0)
	flow := func(n int) {
		n = min(n, messages-published)
		w.publish(published, n)
		published += n
	}
	var take func(part string)
	take = func(part string) {
		for _, seq := range sequencesIn(part) {
			seen[seq]++
		}
		if fields := gapIn(t, part); fields != nil {
			take(w.get("/rows?" + fields.Encode()))
		}
	}
	// until takes news until the page has a message.
	until := func(s *listener, goal uint64) {
		for last < goal {
			e := s.next()
			if e.name == "reload" {
				t.Fatal("the stream gave up")
			}
			take(e.data)
			id, err := strconv.ParseUint(e.id, 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			last = max(last, id)
		}
	}
	for drop := range drops {
		flow(rand.IntN(40)) // while nobody listens
		s := w.listen("/live?after=0", strconv.FormatUint(last, 10))
		flow(150) // while somebody does
		goal := uint64(published)
		if drop%2 == 0 {
			goal = min(goal, last+1) // it is dropped at the first news
		}
		until(s, goal)
		s.close()
	}
	s := w.listen("/live?after=0", strconv.FormatUint(last, 10))
	defer s.close()
	for until(s, uint64(published)); published < messages; until(s, uint64(published)) {
		flow(500)
	}
	var want []uint64
	err := w.Log.Follow(t.Context(), 0, 4096, func(lines []messagelog.Line) error {
		for _, l := range lines {
			want = append(want, l.Seq)
		}
		if len(want) >= messages {
			return context.Canceled
		}
		return nil
	})
	if len(want) != messages {
		t.Fatalf("the log has %d messages, %v", len(want), err)
	}
	var got []uint64
	for seq, times := range seen {
		if times != 1 {
			t.Errorf("message %d came %d times", seq, times)
		}
		got = append(got, seq)
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("%d messages came, the log has %d", len(got), len(want))
	}
}
