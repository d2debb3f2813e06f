package gateway_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"haat/gateway"
	"haat/gateway/dialogue"
	"haat/gateway/gatewaytest"
)

// texter is a phone that texts at the times that a test says.
type texter struct {
	r   *gatewaytest.Rig
	now atomic.Int64
}

func newTexter(t *testing.T, flood int) *texter {
	x := &texter{}
	x.now.Store(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC).UnixNano())
	x.r = gatewaytest.New(t, gatewaytest.Options{Flood: flood, Now: func() time.Time { return time.Unix(0, x.now.Load()).UTC() }})
	return x
}

func (x *texter) after(d time.Duration) { x.now.Add(int64(d)) }

func (x *texter) says(text string) string { return x.r.SMS("+254700000001", text) }

// class is that of the phone's latest turn.
func (x *texter) class() string {
	entries := x.r.Entries("+254700000001")
	return entries[len(entries)-1].Class
}

func TestFlood(t *testing.T) {
	x := newTexter(t, 20)
	for i := range 20 {
		if x.says(fmt.Sprintf("hello %c", 'a'+i)) == "" {
			t.Fatalf("text %d has no answer", i+1)
		}
	}
	if last := x.says("RICE5 2"); !strings.Contains(last, "Please wait ten minutes") || x.class() != gateway.ClassFlood {
		t.Errorf("the last answer is %q, class %s", last, x.class())
	}
	for i := range 5 {
		if reply := x.says(fmt.Sprintf("RICE5 %d", i)); reply != "" || x.class() != gateway.ClassFlood {
			t.Errorf("a flood is answered %q, class %s", reply, x.class())
		}
	}
	if reply := x.says("STOP"); reply == "" || x.class() != dialogue.ClassStop {
		t.Errorf("STOP in a flood is answered %q, class %s", reply, x.class())
	}
	x.says("START")
	x.r.Dial("+254700000001").Walk("1") // USSD is no part of it
	x.after(10*time.Minute + time.Second)
	if reply := x.says("BASKET"); !strings.Contains(reply, "empty") {
		t.Errorf("after ten minutes it is answered %q: nothing of the flood may have been ordered", reply)
	}
}

func TestMachineThatAnswersUs(t *testing.T) {
	x := newTexter(t, 1000)
	const automatic = "I am driving and will answer later."
	answered := 0
	for range 100 { // it answers each of ours within a second
		if x.says(automatic) == "" {
			break
		}
		answered++
		x.after(time.Second)
	}
	if answered != 4 || x.class() != gateway.ClassLoop {
		t.Errorf("%d answers to a machine, class %s", answered, x.class())
	}
	if x.says("HELP") == "" {
		t.Error("another text of the phone has no answer")
	}
	if x.says(automatic) == "" {
		t.Error("after another text it counts from the beginning")
	}
	x.after(31 * time.Minute)
	if x.says(automatic) == "" {
		t.Error("after half an hour it has no answer")
	}
}

// TestTheSameNumberIsNoMachine: whoever answers each screen with 1 is answered.
func TestTheSameNumberIsNoMachine(t *testing.T) {
	x := newTexter(t, 1000)
	x.says("MENU")
	last := ""
	for range 7 {
		reply := x.says("1")
		if reply == "" {
			t.Fatalf("1 after %q has no answer", last)
		}
		last = reply
	}
}

func TestTwinOfAnEarlierSMS(t *testing.T) {
	x := newTexter(t, 1000)
	sent := time.Date(2026, 3, 1, 11, 59, 58, 0, time.UTC)
	text := func(id, text string, at time.Time) string {
		t.Helper()
		reply, err := x.r.Gateway.Accept(t.Context(), gateway.Inbound{ID: id, Channel: "demo", Mode: dialogue.SMS, Phone: "+254700000001", Text: text, SentAt: at})
		if err != nil {
			t.Fatal(err)
		}
		return reply.Text
	}
	first := text("a", "RICE5 2", sent)
	x.after(5 * time.Second)
	text("b", "HELP", sent.Add(4*time.Second))
	x.after(5 * time.Second)
	if again := text("c", "RICE5 2", sent); again != first {
		t.Errorf("the twin is answered %q, the first was %q", again, first)
	}
	x.after(2 * time.Minute)
	if later := text("d", "RICE5 2", sent.Add(2*time.Minute)); later == first {
		t.Error("the same text minutes later is no twin: it adds to the basket")
	}
}

func TestReplyInTheResponseIsPaidFor(t *testing.T) {
	budget := &purse{left: 3}
	r := gatewaytest.New(t, gatewaytest.Options{Limits: func(l *gateway.Limits) {
		l.Budget = budget
		l.Tariff = gateway.Tariff{Currency: "KES", Prices: map[string]int64{"+254": 800_000}}
	}})
	r.Process()
	r.ProcessCharges()
	r.SMS("+254700000001", "RICE5 2")
	r.SMS("+254700000001", "1")
	r.Eventually("the order is charged", func() bool {
		all := r.Orders()
		if len(all) == 0 {
			return false
		}
		m, err := r.Store.Messages(t.Context(), all[0].ID)
		return err == nil && m.Count == 1 && m.Costs["KES"] >= 800_000
	})
	for range 3 {
		r.SMS("+254700000001", "HELP")
	}
	if reply := r.SMS("+254700000001", "MENU"); reply != "" {
		t.Errorf("without a budget it is answered %q", reply)
	}
}

// purse is a budget of some segments.
type purse struct{ left int }

func (p *purse) Spend(_ context.Context, segments int, _ *gateway.Cost, _ bool) (bool, error) {
	if segments > p.left {
		return false, nil
	}
	p.left -= segments
	return true, nil
}
