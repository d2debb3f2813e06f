package gateway_test

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/rs/zerolog"
	"pgregory.net/rapid"

	"haat/gateway"
	"haat/gateway/dialogue"
	"haat/gateway/gatewaytest"
	"haat/gateway/messagelog"
	"haat/gateway/outbox"
	"haat/orders"
)

func (x *texter) takeOver(t testing.TB, by string) gateway.Hold {
	t.Helper()
	hold, err := x.r.Gateway.TakeOver(context.Background(), phone, "demo", by)
	if err != nil {
		t.Fatal(err)
	}
	return hold
}

func (x *texter) handBack(t testing.TB, by string) {
	t.Helper()
	if err := x.r.Gateway.HandBack(context.Background(), phone, by); err != nil {
		t.Fatal(err)
	}
}

func (x *texter) holder(t testing.TB) string {
	t.Helper()
	hold, err := x.r.Gateway.Held(context.Background(), phone)
	if err != nil {
		t.Fatal(err)
	}
	return hold.By
}

func (x *texter) session(t testing.TB) dialogue.Session {
	t.Helper()
	turn, _, err := x.r.Log.Last(context.Background(), phone)
	if err != nil {
		t.Fatal(err)
	}
	return turn.Session
}

func (x *texter) write(t testing.TB, key, text string) {
	t.Helper()
	if err := x.r.Gateway.Write(context.Background(), gateway.Notice{Channel: "demo", Phone: phone, Text: text, By: "amani", Key: key}); err != nil {
		t.Fatal(err)
	}
}

// another is a further gateway over the same log, as after a restart or on
// another machine: it remembers nothing.
func (x *texter) another(t testing.TB) *gateway.Gateway {
	t.Helper()
	g, err := gateway.New(x.r.Gateway.Config)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestSMSWhileHeld(t *testing.T) {
	x := newTexter(t, 60)
	x.r.Process()
	x.says("RICE5 2")
	before := x.session(t)
	x.takeOver(t, "amani")
	for _, text := range []string{"1", "SOAP 3", "HELP", "MENU", "STATUS", "SELL 50 KG MAIZE 30", "nisaidie", "", "CANCEL ORDER 10001", "00"} {
		if reply := x.says(text); reply != "" || x.class() != gateway.ClassHeld {
			t.Errorf("%q is answered %q, class %s", text, reply, x.class())
		}
		if diff := cmp.Diff(before, x.session(t)); diff != "" {
			t.Errorf("%q changes the session: %s", text, diff)
		}
		x.after(time.Second)
	}
	if n := len(x.r.Orders()); n != 0 {
		t.Errorf("%d orders were placed by what an operator was told", n)
	}
	entries := x.r.Entries(phone)
	if got := entries[3]; got.In != "SOAP 3" || got.Heard == "" {
		t.Errorf("the operator sees %+v", got)
	}
	if got := entries[1]; got.Class != gateway.ClassTakeOver || got.By != "amani" || got.In != "" || got.Out != "" || got.Mode != "" {
		t.Errorf("the take-over is logged as %+v", got)
	}
	x.handBack(t, "amani")
	if reply := x.says("1"); !strings.Contains(reply, "Order") || len(x.r.Orders()) != 1 {
		t.Errorf("after handing back the confirm screen is answered %q, orders %d", reply, len(x.r.Orders()))
	}
}

func TestDialWhileHeld(t *testing.T) {
	x := newTexter(t, 60)
	call := x.r.Dial(phone)
	call.Walk("1", "1")
	before := x.session(t)
	x.takeOver(t, "amani")
	for name, call := range map[string]*gatewaytest.Call{"the next hop": call.Type("1"), "a new dial": x.r.Dial(phone), "a dial with a number": x.r.Dial(phone).Type("101")} {
		reply, err := call.Send()
		if err != nil || !reply.End || !strings.Contains(reply.Text, "writes to you by SMS") {
			t.Errorf("%s is answered %+v, %v", name, reply, err)
		}
		if diff := cmp.Diff(before, x.session(t)); diff != "" {
			t.Errorf("%s changes the session: %s", name, diff)
		}
	}
}

// TestUSSDGoesOnAfterATakeOver: the carrier's session is still that of the phone
// when the phone was handed back before it noticed.
func TestUSSDGoesOnAfterATakeOver(t *testing.T) {
	x, y := newTexter(t, 60), newTexter(t, 60)
	call, other := x.r.Dial(phone), y.r.Dial(phone)
	call.Walk("1", "1")
	x.takeOver(t, "amani")
	x.handBack(t, "amani")
	if got, want := call.Walk("1", "1"), other.Walk("1", "1", "1", "1"); got != want {
		t.Errorf("it goes on with\n%s\nwithout the take-over with\n%s", got, want)
	}
}

func TestStopAndStartWhileHeld(t *testing.T) {
	for _, text := range []string{"STOP", "START", "ACHA"} {
		t.Run(text, func(t *testing.T) {
			x := newTexter(t, 60)
			x.says("MENU")
			x.takeOver(t, "amani")
			if reply := x.says(text); reply == "" || x.holder(t) != "" {
				t.Errorf("answered %q, held by %q", reply, x.holder(t))
			}
			if x.says("HELP") == "" {
				t.Error("the hold goes on")
			}
		})
	}
}

func TestHoldEndsByItself(t *testing.T) {
	x := newTexter(t, 60)
	x.says("MENU")
	hold := x.takeOver(t, "amani")
	if hold.Until.Sub(hold.Since) != 30*time.Minute {
		t.Errorf("held from %s to %s", hold.Since, hold.Until)
	}
	x.after(30*time.Minute - time.Second)
	if x.says("HELP") != "" || x.holder(t) != "amani" {
		t.Error("it ends too early")
	}
	x.after(time.Second)
	x.write(t, "late", "Are you still there?") // which brings nothing back
	if x.holder(t) != "" || x.says("HELP") == "" {
		t.Error("it does not end")
	}
	if x.says("MENU") == "" {
		t.Error("it comes back")
	}
}

func TestWritingProlongsTheHold(t *testing.T) {
	x := newTexter(t, 60)
	x.r.Process()
	x.says("MENU")
	x.write(t, "before", "Before")
	x.takeOver(t, "amani")
	x.after(20 * time.Minute)
	x.write(t, "first", "Hello, how can I help?")
	// A later notice of another kind does not hide it.
	err := x.r.Gateway.Notify(t.Context(), eventOf(phone))
	if err != nil {
		t.Fatal(err)
	}
	x.after(30*time.Minute - time.Second)
	if got, err := x.another(t).Held(t.Context(), phone); err != nil || got.By != "amani" {
		t.Errorf("another gateway says %+v, %v", got, err)
	}
	if x.says("HELP") != "" {
		t.Error("it was not prolonged")
	}
	x.after(time.Second)
	if x.says("HELP") == "" {
		t.Error("it does not end")
	}
	x.write(t, "after", "Still there?")
	if x.says("HELP") == "" || x.holder(t) != "" {
		t.Error("writing alone takes over")
	}
}

func TestTakeOverAgainAndFromAnother(t *testing.T) {
	x := newTexter(t, 60)
	x.says("MENU")
	first := x.takeOver(t, "amani")
	x.after(time.Minute)
	if again := x.takeOver(t, "amani"); again != first {
		t.Errorf("again: %+v after %+v", again, first)
	}
	if taken := x.takeOver(t, "baraka"); taken.By != "baraka" || x.holder(t) != "baraka" {
		t.Errorf("taken from another: %+v", taken)
	}
	x.handBack(t, "amani")
	x.handBack(t, "amani")
	if x.holder(t) != "" {
		t.Error("anybody may hand it back")
	}
	var acts []string
	for _, e := range x.r.Entries(phone) {
		if e.By != "" {
			acts = append(acts, e.By+" "+e.Class)
		}
	}
	if want := []string{"amani takeover", "baraka takeover", "amani handback"}; !slices.Equal(acts, want) {
		t.Errorf("logged %q", acts)
	}
	stranger := gateway.Phone("+254700000077")
	if _, err := x.r.Gateway.TakeOver(t.Context(), stranger, "demo", "amani"); err != nil {
		t.Fatal(err)
	}
	if reply := x.r.SMS(stranger, "MENU"); reply != "" {
		t.Errorf("a phone that never wrote is answered %q", reply)
	}
}

// TestRepeatsAroundAHold: a carrier that repeats a message gets the same answer,
// whether it was answered before or while the phone was held.
func TestRepeatsAroundAHold(t *testing.T) {
	x := newTexter(t, 60)
	send := func(g *gateway.Gateway, id, text string) string {
		t.Helper()
		reply, err := g.Accept(t.Context(), gateway.Inbound{ID: id, Channel: "demo", Mode: dialogue.SMS, Phone: phone, Text: text})
		if err != nil {
			t.Fatal(err)
		}
		return reply.Text
	}
	g := x.r.Gateway
	first := send(g, "a", "RICE5 2")
	x.takeOver(t, "amani")
	if got := send(g, "a", "RICE5 2"); got != first {
		t.Errorf("repeated after the take-over: %q", got)
	}
	if got := send(g, "b", "SOAP 1"); got != "" {
		t.Errorf("held, but told %q", got)
	}
	if got := send(g, "a", "RICE5 2"); got != first {
		t.Errorf("an earlier one repeated while held: %q", got)
	}
	x.handBack(t, "amani")
	g = x.another(t)
	if got := send(g, "b", "SOAP 1"); got != "" {
		t.Errorf("what came while held was answered after: %q", got)
	}
	if got := send(g, "a", "RICE5 2"); got != first {
		t.Errorf("the first once more: %q", got)
	}
	if lines := x.session(t).Basket.Lines; len(lines) != 1 || lines[0].Qty != 2 {
		t.Errorf("basket %+v", lines)
	}
}

// TestTwoGatewaysAndARestart: what one gateway did the others know, also those
// that remember the phone's turn before it.
func TestTwoGatewaysAndARestart(t *testing.T) {
	x := newTexter(t, 60)
	other := x.another(t)
	say := func(g *gateway.Gateway, text string) string {
		t.Helper()
		reply, err := g.Accept(t.Context(), gateway.Inbound{ID: x.r.ID(), Channel: "demo", Mode: dialogue.SMS, Phone: phone, Text: text})
		if err != nil {
			t.Fatal(err)
		}
		return reply.Text
	}
	say(other, "MENU")
	x.takeOver(t, "amani")
	if got := say(other, "HELP"); got != "" {
		t.Errorf("the other gateway answers %q", got)
	}
	if got := say(x.another(t), "HELP"); got != "" {
		t.Errorf("after a restart it answers %q", got)
	}
	handBack := func() {
		t.Helper()
		if err := other.HandBack(t.Context(), phone, "amani"); err != nil {
			t.Fatal(err)
		}
	}
	x.takeOver(t, "amani")
	handBack()
	if x.takeOver(t, "amani"); x.holder(t) != "amani" {
		t.Error("it believes what it remembers: that the operator still has the phone")
	}
	handBack()
	if got := say(x.r.Gateway, "HELP"); got == "" {
		t.Error("the first does not know that it was handed back")
	}
}

// TestTakeOverMeetsAMessage: both are logged, and what comes second sees the
// first.
func TestTakeOverMeetsAMessage(t *testing.T) {
	x := newTexter(t, 0)
	other := x.another(t)
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() { x.r.SMS(phone, "hello "+string(rune('a'+i))) })
		all.Go(func() {
			by := []string{"amani", "baraka"}[i%2]
			if _, err := other.TakeOver(context.Background(), phone, "demo", by); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	holder, said := "", 0
	for _, e := range x.r.Entries(phone) {
		switch {
		case e.Class == gateway.ClassTakeOver:
			if e.By == holder {
				t.Errorf("%s took over what they had", e.By)
			}
			holder = e.By
		case (holder != "") != (e.Out == ""):
			t.Errorf("held by %q, but told %q", holder, e.Out)
		default:
			said++
		}
	}
	if said != 8 || holder != x.holder(t) {
		t.Errorf("%d messages, held by %q", said, holder)
	}
}

// TestNothingIsSentWhileHeld: what is taken over leaves the outbox nothing but
// what was answered before.
func TestNothingIsSentWhileHeld(t *testing.T) {
	r := gatewaytest.New(t, gatewaytest.Options{Deferred: true})
	r.SMS(phone, "MENU")
	if _, err := r.Gateway.TakeOver(t.Context(), phone, "demo", "amani"); err != nil {
		t.Fatal(err)
	}
	r.SMS(phone, "HELP")
	if err := r.Gateway.HandBack(t.Context(), phone, "amani"); err != nil {
		t.Fatal(err)
	}
	letters, err := r.Log.Letters(t.Context(), time.Now().Add(-time.Hour), func(string) bool { return true })
	if err != nil || len(letters) != 1 {
		t.Errorf("%d letters, %v: %+v", len(letters), err, letters)
	}
	for _, e := range r.Entries(phone) {
		_, err := r.Log.Letter(t.Context(), strconv.FormatUint(e.Seq, 10))
		if errors.Is(err, gateway.ErrNotFound) != (e.By != "") {
			t.Errorf("a letter of %s: %v", e.Class, err)
		}
	}
}

func TestWriteRefuses(t *testing.T) {
	for _, tc := range []struct {
		name, text string
		gsm7       bool
		before     string
		want       error
	}{
		{"nothing", "", false, "", gateway.ErrEmpty},
		{"two segments", strings.Repeat("a", 306), false, "", nil},
		{"three segments", strings.Repeat("a", 307), false, "", gateway.ErrTooLong},
		{"two segments of UCS-2", strings.Repeat("你", 134), false, "", nil},
		{"three segments of UCS-2", strings.Repeat("你", 135), false, "", gateway.ErrTooLong},
		{"another alphabet", "It’s ready", true, "", gateway.ErrAlphabet},
		{"the plain alphabet", "It's ready", true, "", nil},
		{"after STOP", "Hello", false, "STOP", gateway.ErrOptedOut},
		{"after START", "Hello", false, "START", nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := gatewaytest.New(t, gatewaytest.Options{Limits: func(l *gateway.Limits) { l.SMS.GSM7 = tc.gsm7 }})
			if tc.before != "" {
				r.SMS(phone, tc.before)
			}
			err := r.Gateway.Write(t.Context(), gateway.Notice{Channel: "demo", Phone: phone, Text: tc.text, By: "amani"})
			if !errors.Is(err, tc.want) {
				t.Fatalf("%v, want %v", err, tc.want)
			}
			sent := slices.ContainsFunc(r.Entries(phone), func(e messagelog.Entry) bool { return e.Kind == messagelog.KindNotice && e.By == "amani" })
			if sent != (tc.want == nil) {
				t.Errorf("sent: %v", sent)
			}
		})
	}
	t.Run("a carrier's opt-out", func(t *testing.T) {
		r := gatewaytest.New(t, gatewaytest.Options{})
		r.SMS(phone, "MENU")
		if err := r.People.SetProfile(t.Context(), phone, dialogue.Profile{OptedOut: true}); err != nil {
			t.Fatal(err)
		}
		if err := r.Gateway.Write(t.Context(), gateway.Notice{Channel: "demo", Phone: phone, Text: "x"}); !errors.Is(err, gateway.ErrOptedOut) {
			t.Errorf("%v", err)
		}
	})
}

func TestTheSameKeyIsSentOnce(t *testing.T) {
	x := newTexter(t, 0)
	x.says("MENU")
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() { x.write(t, "k1", "Your order is here") })
	}
	all.Wait()
	x.write(t, "k2", "Your order is here")
	x.write(t, "k1", "Your order is here")
	notices := 0
	for _, e := range x.r.Entries(phone) {
		if e.Kind == messagelog.KindNotice {
			notices++
		}
	}
	if notices != 2 {
		t.Errorf("%d notices", notices)
	}
}

// TestHoldLeavesTheSessionAlone: whatever was said before and after, with a hold
// between the session ends where it ends without one.
func TestHoldLeavesTheSessionAlone(t *testing.T) {
	x := newTexter(t, 0)
	texts := []string{"MENU", "1", "2", "3", "0", "00", "98", "RICE5 2", "SOAP 1 RICE5 1", "BASKET", "HELP", "rice", "Kiswahili", "zz"}
	cfg := x.r.Gateway.Config
	cfg.Log = hasty{cfg.Log}
	g, err := gateway.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	accept := func(p gateway.Phone, mode dialogue.Mode, text string) {
		id := x.r.ID()
		if _, err := g.Accept(context.Background(), gateway.Inbound{ID: id, Session: id, Channel: "demo", Mode: mode, Phone: p, Text: text}); err != nil {
			t.Fatal(err)
		}
	}
	serial := 0
	rapid.Check(t, func(rt *rapid.T) {
		serial += 2
		with, without := numberedPhone(serial), numberedPhone(serial+1)
		say := func(p gateway.Phone, text string) { accept(p, dialogue.SMS, text) }
		script := rapid.SliceOfN(rapid.SampledFrom(texts), 1, 4)
		for _, text := range script.Draw(rt, "before") {
			say(with, text)
			say(without, text)
		}
		ctx := context.Background()
		if _, err := g.TakeOver(ctx, with, "demo", "amani"); err != nil {
			rt.Fatal(err)
		}
		for _, text := range script.Draw(rt, "while held") {
			say(with, text)
			accept(with, dialogue.USSD, "")
		}
		if rapid.Bool().Draw(rt, "handed back") {
			if err := g.HandBack(ctx, with, "amani"); err != nil {
				rt.Fatal(err)
			}
		} else {
			x.after(31 * time.Minute)
		}
		for _, text := range script.Draw(rt, "after") {
			say(with, text)
			say(without, text)
		}
		a, _, _ := x.r.Log.Last(ctx, with)
		b, _, _ := x.r.Log.Last(ctx, without)
		same := cmp.Options{cmpopts.IgnoreFields(dialogue.Basket{}, "ID"), cmpopts.IgnoreFields(dialogue.OrderRef{}, "ID", "Number")}
		if diff := cmp.Diff(b.Session, a.Session, same); diff != "" {
			rt.Fatalf("the session differs: %s", diff)
		}
	})
}

// hasty is a log that waits for no disk, where nothing depends on one.
type hasty struct{ gateway.Log }

func (hasty) Durable(context.Context) error { return nil }

func numberedPhone(n int) gateway.Phone { return gateway.Phone("+2547100" + strconv.Itoa(10000+n)) }

// eventOf is news of an order of the phone.
func eventOf(p gateway.Phone) orders.Event {
	return orders.Event{Kind: orders.Arrived, Order: orders.Order{ID: "o1", Number: 10001, Phone: string(p), Channel: "demo", Station: "ST01", PickupCode: "1234"}}
}

// TestTakeOverAfterAnOrder: what the phone had asked for is asked once, and what
// becomes of it is told while an operator holds the phone.
func TestTakeOverAfterAnOrder(t *testing.T) {
	r := gatewaytest.New(t, gatewaytest.Options{OrderWait: time.Millisecond})
	r.SMS(phone, "RICE5 2")
	r.SMS(phone, "1")
	if _, err := r.Gateway.TakeOver(t.Context(), phone, "demo", "amani"); err != nil {
		t.Fatal(err)
	}
	turn, _, err := r.Log.Last(t.Context(), phone)
	if err != nil || turn.Request != nil || turn.Order != "" || turn.Amends != 0 {
		t.Errorf("the take-over asks again: %+v, %v", turn, err)
	}
	r.Run(outbox.NewNotifier(r.Gateway, r.Bus, zerolog.Nop()).Run)
	r.Process()
	r.Eventually("the order is told of", func() bool {
		return slices.ContainsFunc(r.Entries(phone), func(e messagelog.Entry) bool {
			return e.Kind == messagelog.KindNotice && strings.Contains(e.Out, "confirmed")
		})
	})
	if n := len(r.Orders()); n != 1 {
		t.Errorf("%d orders", n)
	}
	if reply := r.SMS(phone, "STATUS"); reply != "" {
		t.Errorf("the notice ended the hold: %q", reply)
	}
}
