// Package channeltest tests a channel over real HTTP: a stand-in for the
// gateway behind it, a table of requests as carriers send them, and a table of
// answers as carriers give them to what the channel sends.
package channeltest

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"haat/gateway"
)

// Apology is the reply where nothing could be kept.
const Apology = "Samahani. Jaribu tena baadaye."

// patience is how long anything awaited may take before the test fails.
const patience = 20 * time.Second

// Gateway stands in for the gateway: it answers, answers a repeat the same
// without counting it again, and can be down. The zero value answers "ok".
type Gateway struct {
	// Answer gives the reply to a text. Default: "ok".
	Answer func(gateway.Inbound) gateway.Reply
	// Down makes it keep nothing.
	Down bool

	mu       sync.Mutex
	changed  chan struct{} // closed when the next thing is kept
	inbounds []gateway.Inbound
	answered map[string]gateway.Reply
	reports  []gateway.Report
	refused  []string
}

var _ gateway.Acceptor = (*Gateway)(nil)

// Accept keeps a text and answers it.
func (g *Gateway) Accept(_ context.Context, in gateway.Inbound) (gateway.Reply, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.Down {
		return gateway.Reply{Text: Apology, End: true}, errors.New("the log is full")
	}
	if reply, ok := g.answered[in.ID]; ok {
		return reply, nil
	}
	reply := gateway.Reply{Text: "ok"}
	if g.Answer != nil {
		reply = g.Answer(in)
	}
	if g.answered == nil {
		g.answered = map[string]gateway.Reply{}
	}
	g.answered[in.ID] = reply
	g.inbounds = append(g.inbounds, in)
	g.wake()
	return reply, nil
}

// Report keeps a delivery report.
func (g *Gateway) Report(_ context.Context, r gateway.Report) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.Down {
		return errors.New("the log is full")
	}
	g.reports = append(g.reports, r)
	g.wake()
	return nil
}

// SetDown changes Down while the gateway is in use.
func (g *Gateway) SetDown(down bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.Down = down
}

// AwaitReport waits for a delivery report that matches.
func (g *Gateway) AwaitReport(t testing.TB, match func(gateway.Report) bool) {
	t.Helper()
	g.await(t, func() bool { return slices.ContainsFunc(g.reports, match) })
}

// AwaitText waits for an inbound text.
func (g *Gateway) AwaitText(t testing.TB, text string) {
	t.Helper()
	g.await(t, func() bool {
		return slices.ContainsFunc(g.inbounds, func(in gateway.Inbound) bool { return in.Text == text })
	})
}

func (g *Gateway) await(t testing.TB, done func() bool) {
	t.Helper()
	deadline := time.After(patience)
	for {
		g.mu.Lock()
		if done() {
			g.mu.Unlock()
			return
		}
		if g.changed == nil {
			g.changed = make(chan struct{})
		}
		changed := g.changed
		g.mu.Unlock()
		select {
		case <-changed:
		case <-deadline:
			t.Fatalf("it never came; these came: %+v %+v", g.Inbounds(), g.Reports())
		}
	}
}

// wake lets those who await something look again. The caller holds the lock.
func (g *Gateway) wake() {
	if g.changed != nil {
		close(g.changed)
		g.changed = nil
	}
}

// Refuse keeps the reason.
func (g *Gateway) Refuse(_, reason string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.refused = append(g.refused, reason)
}

// Inbounds are the texts that were kept, without repeats.
func (g *Gateway) Inbounds() []gateway.Inbound {
	g.mu.Lock()
	defer g.mu.Unlock()
	return append([]gateway.Inbound(nil), g.inbounds...)
}

// Reports are the delivery reports that were kept.
func (g *Gateway) Reports() []gateway.Report {
	g.mu.Lock()
	defer g.mu.Unlock()
	return append([]gateway.Report(nil), g.reports...)
}

// Refused are the reasons that were counted.
func (g *Gateway) Refused() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return append([]string(nil), g.refused...)
}
