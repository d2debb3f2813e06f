package gateway_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"haat/catalog"
	"haat/gateway"
	"haat/gateway/dialogue"
	"haat/gateway/gatewaytest"
	"haat/gateway/lang"
	"haat/gateway/outbox"
	"haat/gateway/parse"
	"haat/gateway/screen"
	"haat/orders"
	"haat/orders/bus"
)

const phone = gateway.Phone("+254700000001")

// toConfirm are the answers of a new phone from its first dial to the confirm
// screen with two bags of rice; the next "1" confirms.
var toConfirm = []string{"1", "1", "1", "1", "2", "1"}

func TestOrderIsConfirmedWhileThePhoneWaits(t *testing.T) {
	r := gatewaytest.New(t, gatewaytest.Options{OrderWait: 20 * time.Second})
	r.Process()
	call := r.Dial(phone)
	if got := call.Walk(toConfirm...); !strings.Contains(got, "1,700") || !strings.Contains(got, "1.Confirm") {
		t.Fatalf("the confirm screen is\n%s", got)
	}
	told := call.Walk("1")
	all := r.Orders()
	if len(all) != 1 || all[0].Status != orders.Confirmed || all[0].Phone != string(phone) || all[0].Total.Decimal() != "1700.00" {
		t.Fatalf("orders: %+v", all)
	}
	if !strings.Contains(told, fmt.Sprint(all[0].Number)) || !strings.Contains(told, all[0].PickupCode) || !strings.Contains(told, "confirmed") {
		t.Errorf("the phone was told\n%s", told)
	}
	log := r.Entries(phone)
	last := log[len(log)-1]
	if last.Out != told || last.Order != all[0].ID || last.In != "1" {
		t.Errorf("the log shows %+v, the phone was told\n%s", last, told)
	}
	if len(log) != len(toConfirm)+2 {
		t.Errorf("the log has %d entries for %d messages", len(log), len(toConfirm)+2)
	}
	if again, err := call.Send(); err != nil || again.Text != told {
		t.Errorf("a repeat was told %q, %v", again.Text, err)
	}
	if n := len(r.Orders()); n != 1 {
		t.Errorf("a repeat made it %d orders", n)
	}
}

func TestLateDecisionFollowsAsOneNotice(t *testing.T) {
	r := gatewaytest.New(t, gatewaytest.Options{OrderWait: time.Millisecond})
	call := r.Dial(phone)
	call.Walk(toConfirm...)
	told := call.Walk("1")
	if strings.Contains(told, "Thank you") {
		t.Fatalf("nobody has decided yet, but the phone was told\n%s", told)
	}
	if again, err := call.Send(); err != nil || again.Text != told {
		t.Errorf("a repeat was told %q, %v", again.Text, err)
	}
	r.Run(outbox.NewNotifier(r.Gateway, r.Bus, zerolog.Nop()).Run)
	stop := r.Process()
	notices := func() (list []string) {
		for _, e := range r.Entries(phone) {
			if e.Kind == "notice" {
				list = append(list, e.Out)
			}
		}
		return list
	}
	r.Eventually("a notice", func() bool { return len(notices()) > 0 })
	if got := notices()[0]; !strings.Contains(got, "confirmed") || !strings.Contains(got, r.Orders()[0].PickupCode) {
		t.Errorf("the notice says\n%s", got)
	}
	if again, err := call.Send(); err != nil || again.Text != told {
		t.Errorf("after the notice a repeat was told %q, %v", again.Text, err)
	}
	stop()
	// The same event once more, as after a crash, says nothing new.
	event := orders.Event{Kind: orders.Confirmed, Order: r.Orders()[0]}
	if err := r.Gateway.Notify(t.Context(), event); err != nil {
		t.Fatal(err)
	}
	if n := len(notices()); n != 1 {
		t.Errorf("%d notices", n)
	}
}

// A phone that has gone on, and ordered again and again, was still told.
func TestWhatAScreenToldIsNotToldAgain(t *testing.T) {
	r := gatewaytest.New(t, gatewaytest.Options{OrderWait: 20 * time.Second})
	r.Process()
	for range 5 {
		r.SMS(phone, "RICE5 1")
		if got := r.SMS(phone, "1"); !strings.Contains(got, "Thank you") {
			t.Fatalf("told\n%s", got)
		}
	}
	stream, err := r.Bus.JetStream().Stream(t.Context(), bus.Orders)
	if err != nil {
		t.Fatal(err)
	}
	for seq := range uint64(5) {
		m, err := stream.GetMsg(t.Context(), seq+1)
		if err != nil {
			t.Fatal(err)
		}
		var event orders.Event
		if err := json.Unmarshal(m.Data, &event); err != nil {
			t.Fatal(err)
		}
		if err := r.Gateway.Notify(t.Context(), event); err != nil {
			t.Fatal(err)
		}
	}
	for _, e := range r.Entries(phone) {
		if e.Kind == "notice" {
			t.Errorf("told once more:\n%s", e.Out)
		}
	}
}

// The screen and the notice race for telling the phone; whoever comes second
// must see it.
func TestAnEventIsToldExactlyOnce(t *testing.T) {
	r := gatewaytest.New(t, gatewaytest.Options{OrderWait: 20 * time.Second})
	for i := range 20 {
		p := gateway.Phone(fmt.Sprintf("+2547000001%02d", i))
		call := r.Dial(p)
		call.Walk(toConfirm...)
		var told gateway.Reply
		var wg sync.WaitGroup
		wg.Go(func() {
			var err error
			if told, err = call.Type("1").Send(); err != nil {
				t.Error(err)
			}
		})
		var placed *orders.Order
		var seq uint64
		r.Eventually("the turn", func() bool {
			var turn gateway.Turn
			var err error
			if turn, seq, err = r.Log.Last(t.Context(), p); err != nil {
				t.Fatal(err)
			}
			if turn.Request != nil {
				placed = turn.Request.Place
			}
			return placed != nil
		})
		placed.Status = orders.Confirmed
		event := orders.Event{Kind: orders.Confirmed, Order: *placed, Turn: seq}
		wg.Go(func() { r.Gateway.Decided(event) })
		wg.Go(func() {
			if err := r.Gateway.Notify(t.Context(), event); err != nil {
				t.Error(err)
			}
		})
		wg.Wait()
		notices := 0
		for _, e := range r.Entries(p) {
			if e.Kind == "notice" {
				notices++
			}
		}
		if onScreen := strings.Contains(told.Text, "Thank you"); onScreen == (notices == 1) || notices > 1 {
			t.Fatalf("told on screen %v and in %d notices", onScreen, notices)
		}
	}
}

func TestRepeatWhileTheFirstStillWaits(t *testing.T) {
	r := gatewaytest.New(t, gatewaytest.Options{OrderWait: 20 * time.Second})
	call := r.Dial(phone)
	call.Walk(toConfirm...)
	call.Type("1")
	told := make(chan string, 3)
	for range 3 {
		go func() {
			reply, err := call.Send()
			if err != nil {
				t.Error(err)
			}
			told <- reply.Text
		}()
	}
	r.Eventually("the turn", func() bool { log := r.Entries(phone); return log[len(log)-1].Order != "" })
	r.Process()
	first := <-told
	for range 2 {
		if other := <-told; other != first {
			t.Errorf("one was told\n%s\nand one\n%s", first, other)
		}
	}
	if n := len(r.Orders()); n != 1 {
		t.Errorf("%d orders", n)
	}
}

func TestLateRepeatOfAnOldSession(t *testing.T) {
	r := gatewaytest.New(t, gatewaytest.Options{OrderWait: 20 * time.Second})
	r.Process()
	call := r.Dial(phone)
	call.Walk(toConfirm...)
	told := call.Walk("1")
	for range 3 {
		r.Dial(phone).Walk("1", "1", "1", "3", "0", "0", "00")
	}
	before, orders := len(r.Entries(phone)), len(r.Orders())
	if again, err := call.Send(); err != nil || again.Text != told {
		t.Errorf("a repeat after %d turns was told %q, %v", before, again.Text, err)
	}
	if added := len(r.Entries(phone)) - before; added != 0 || len(r.Orders()) != orders {
		t.Errorf("the repeat added %d turns and %d orders", added, len(r.Orders())-orders)
	}
}

func TestRepeats(t *testing.T) {
	at := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	sms := func(id, text string, sent time.Time) gateway.Inbound {
		return gateway.Inbound{ID: id, Channel: "demo", Mode: dialogue.SMS, Phone: phone, Text: text, SentAt: sent}
	}
	first := sms("a", "HELP", at)
	tests := []struct {
		name    string
		between []gateway.Inbound
		again   gateway.Inbound
		repeat  bool
	}{
		{"at once", nil, first, true},
		{"after another text", []gateway.Inbound{sms("b", "MENU", at)}, first, true},
		{"after seven others", []gateway.Inbound{sms("b", "1", at), sms("c", "2", at), sms("d", "1", at), sms("e", "1", at), sms("f", "1", at), sms("g", "0", at), sms("h", "00", at)}, first, true},
		{"with another id", nil, sms("other", "HELP", at), true},
		{"another text with the same carrier time", nil, sms("other", "MENU", at), false},
		{"the same text later", nil, sms("other", "HELP", at.Add(time.Second)), false},
		{"the same text without a carrier time", nil, sms("other", "HELP", time.Time{}), false},
		{"a number with another id", []gateway.Inbound{sms("b", "1", at)}, sms("c", "1", at), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := gatewaytest.New(t, gatewaytest.Options{})
			accept := func(in gateway.Inbound) string {
				reply, err := r.Gateway.Accept(t.Context(), in)
				if err != nil {
					t.Fatal(err)
				}
				return reply.Text
			}
			answer := accept(first)
			for _, in := range tt.between {
				accept(in)
			}
			before := len(r.Entries(phone))
			again := accept(tt.again)
			if added := len(r.Entries(phone)) - before; (added == 0) != tt.repeat {
				t.Errorf("%d turns were added", added)
			}
			if tt.repeat && again != answer {
				t.Errorf("first\n%s\nthen\n%s", answer, again)
			}
		})
	}
}

// Whatever arrives at once for one phone is as if it had come one after the
// other: replaying the log in its order gives every answer again.
func TestConcurrentTurnsOfOnePhoneHaveAnOrder(t *testing.T) {
	r := gatewaytest.New(t, gatewaytest.Options{OrderWait: time.Millisecond})
	r.SMS(phone, "MENU")
	texts := []string{"1", "2", "RICE5 2", "0", "98", "00", "BASKET", "SOAP 1", "1", "hello there", "3", "HELP"}
	answers := make([]string, 3*len(texts))
	var wg sync.WaitGroup
	for i := range answers {
		wg.Go(func() { answers[i] = r.SMS(phone, texts[i%len(texts)]) })
	}
	wg.Wait()

	languages, err := lang.Load("en", "sw")
	if err != nil {
		t.Fatal(err)
	}
	shelf := catalog.New("v1", gatewaytest.Products, nil)
	w := dialogue.World{Catalog: shelf, Parser: parse.New(shelf, languages), Languages: languages, Currency: "KES", Budget: screen.SMS(2), DialCode: "*384#", Keep: 24 * time.Hour,
		Stations: []orders.Station{{ID: "ST01", Name: "Mama Njeri's shop", Village: "Kiambogo"}}}
	var session dialogue.Session
	var replayed []string
	for _, e := range r.Entries(phone) {
		turn, err := r.Log.Turn(t.Context(), e.Seq)
		if err != nil {
			t.Fatal(err)
		}
		w.Now, w.Fresh.BasketID = turn.At, turn.Session.Basket.ID
		if p := turn.Request; p != nil && p.Place != nil {
			w.Fresh.OrderNumber, w.Fresh.PickupCode = p.Place.Number, p.Place.PickupCode
		}
		input := dialogue.Input{Mode: dialogue.SMS, Text: turn.In.Text}
		o := dialogue.Step(session, input, w)
		if o.NeedOrders { // no processor runs
			known := w
			known.OrdersKnown, known.OrdersErr = true, true
			o = dialogue.Step(session, input, known)
		}
		if o.Text != turn.Reply.Text {
			t.Fatalf("turn %d answered %q with\n%s\nbut after the turn before it the answer is\n%s", e.Seq, turn.In.Text, turn.Reply.Text, o.Text)
		}
		replayed = append(replayed, o.Text)
		session = turn.Session
	}
	for _, a := range answers {
		if !slices.Contains(replayed, a) {
			t.Errorf("a phone was told what the log does not have:\n%s", a)
		}
	}
	if len(replayed) != len(answers)+1 {
		t.Errorf("%d turns for %d texts", len(replayed), len(answers)+1)
	}
}

// A carrier that delivers the answer to the station question twice, under two
// ids, must not confirm the order with it.
func TestNoOrderByATwin(t *testing.T) {
	r := gatewaytest.New(t, gatewaytest.Options{Stations: 2})
	r.Process()
	r.SMS(phone, "RICE5 2")
	var asked string
	sent := time.Now().Truncate(time.Second)
	for _, id := range []string{"a", "b"} {
		reply, err := r.Gateway.Accept(t.Context(), gateway.Inbound{ID: id, Channel: "demo", Mode: dialogue.SMS, Phone: phone, Text: "1", SentAt: sent})
		if err != nil {
			t.Fatal(err)
		}
		if asked == "" {
			asked = reply.Text
		}
		if reply.Text != asked || len(r.Orders()) != 0 {
			t.Errorf("%s: %d orders, and the phone was told\n%s", id, len(r.Orders()), reply.Text)
		}
	}
}

func TestConfirmedTwiceAtOnceIsOneOrder(t *testing.T) {
	r := gatewaytest.New(t, gatewaytest.Options{OrderWait: 20 * time.Second})
	r.Process()
	r.SMS(phone, "RICE5 2")
	var wg sync.WaitGroup
	for range 5 {
		wg.Go(func() { r.SMS(phone, "1") })
	}
	wg.Wait()
	if n := len(r.Orders()); n != 1 {
		t.Errorf("%d orders", n)
	}
}

func TestRejectedOrderSaysWhatIsLeft(t *testing.T) {
	r := gatewaytest.New(t, gatewaytest.Options{OrderWait: 20 * time.Second})
	r.Process()
	r.SMS(phone, "SOAP 11, RICE5")
	if got := r.SMS(phone, "1"); !strings.Contains(got, "10") || strings.Contains(got, "Thank you") {
		t.Fatalf("told\n%s", got)
	}
	turn, _, err := r.Log.Last(t.Context(), phone)
	if err != nil || len(turn.Session.Basket.Lines) != 2 {
		t.Fatalf("the basket is gone: %+v, %v", turn.Session.Basket, err)
	}
	if turn.Session.Basket.ID == r.Orders()[0].ID {
		t.Error("the basket still has the id of the rejected order: it could never be ordered")
	}
}

func TestCancel(t *testing.T) {
	r := gatewaytest.New(t, gatewaytest.Options{OrderWait: 20 * time.Second})
	r.Process()
	r.SMS(phone, "SOAP 4")
	r.SMS(phone, "1")
	number := r.Orders()[0].Number
	if got := r.SMS("+254700000009", fmt.Sprintf("CANCEL ORDER %d", number)); r.Orders()[0].Status != orders.Confirmed {
		t.Fatalf("a stranger cancelled the order and was told\n%s", got)
	}
	if got := r.SMS(phone, fmt.Sprintf("CANCEL ORDER %d", number)); !strings.Contains(got, "cancelled") || r.Orders()[0].Status != orders.Cancelled {
		t.Fatalf("the order is %s, the phone was told\n%s", r.Orders()[0].Status, got)
	}
	if left, err := r.Store.Stock(t.Context()); err != nil || left["SOAP"] != 10 {
		t.Errorf("stock after the cancellation: %v, %v", left, err)
	}
}

func TestProfileOutlivesTheLog(t *testing.T) {
	r := gatewaytest.New(t, gatewaytest.Options{})
	r.Dial(phone).Walk("2") // Kiswahili
	stream, err := r.Bus.JetStream().Stream(t.Context(), bus.Messages)
	if err != nil {
		t.Fatal(err)
	}
	if err := stream.Purge(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i := range 200 { // push the phone out of the memory of sessions
		r.SMS(gateway.Phone(fmt.Sprintf("+25470002%04d", i)), "HELP")
	}
	if got := r.Dial(phone).Walk(); !strings.Contains(got, "Nunua") && !strings.Contains(got, "Karibu") {
		t.Errorf("the phone's language is forgotten:\n%s", got)
	}
}

func TestNothingIsAcknowledgedThatIsNotKept(t *testing.T) {
	r := gatewaytest.New(t, gatewaytest.Options{})
	r.Dial(phone).Walk("2")
	if err := r.Bus.Close(); err != nil {
		t.Fatal(err)
	}
	reply, err := r.Dial(phone).Send()
	if err == nil {
		t.Fatalf("NATS is gone, but the phone was told\n%s", reply.Text)
	}
	if !reply.End || !strings.Contains(reply.Text, "baadaye") && !strings.Contains(reply.Text, "tena") {
		t.Errorf("the apology in the phone's language is %q", reply.Text)
	}
}

func TestDialledStringOrdersNothing(t *testing.T) {
	r := gatewaytest.New(t, gatewaytest.Options{})
	r.Process()
	r.SMS(phone, "RICE5 2")
	call := r.Dial(phone)
	call.Text = "1*1*1*1*1*1"
	got := call.Walk("1")
	if n := len(r.Orders()); n != 0 && !strings.Contains(got, "Order") {
		t.Errorf("%d orders, and the screen is\n%s", n, got)
	}
}

// The first request of a session may bring an order; those after it bring its
// text again.
func TestOrderThatIsDialled(t *testing.T) {
	r := gatewaytest.New(t, gatewaytest.Options{OrderWait: 20 * time.Second, Stations: 2})
	r.Process()
	call := r.Dial(phone).Type("101*2")
	reply, err := call.Send()
	if err != nil || !strings.Contains(reply.Text, "Kwa Otieno") {
		t.Fatalf("dialled with an order: %v\n%s", err, reply.Text)
	}
	if again, err := call.Send(); err != nil || again.Text != reply.Text {
		t.Errorf("a repeat was told\n%s", again.Text)
	}
	if got := call.Walk("2"); !strings.Contains(got, "2 x Rice 5 kg = 1,700") || len(r.Orders()) != 0 {
		t.Fatalf("%d orders, and the confirm screen is\n%s", len(r.Orders()), got)
	}
	if got := call.Walk("1"); len(r.Orders()) != 1 || r.Orders()[0].Lines[0].Qty != 2 || r.Orders()[0].Station != "ST02" {
		t.Errorf("orders %+v, told\n%s", r.Orders(), got)
	}
}

func TestRepeatOfTheLastOrder(t *testing.T) {
	r := gatewaytest.New(t, gatewaytest.Options{OrderWait: 20 * time.Second})
	r.Process()
	if got := r.SMS(phone, "same again"); !strings.Contains(got, "no earlier order") {
		t.Errorf("a stranger was told\n%s", got)
	}
	r.SMS(phone, "RICE5 2")
	r.SMS(phone, "1")
	if got := r.SMS(phone, "same again"); !strings.Contains(got, "2 x Rice 5 kg = 1,700") || !strings.Contains(got, "1.Confirm") {
		t.Fatalf("the confirm screen is\n%s", got)
	}
	r.SMS(phone, "1")
	if all := r.Orders(); len(all) != 2 || !slices.Equal(all[0].Lines, all[1].Lines) || all[0].ID == all[1].ID {
		t.Errorf("orders: %+v", all)
	}
}

// Operators read what was offered and what was not understood.
func TestLogSaysWhatWasUnderstood(t *testing.T) {
	r := gatewaytest.New(t, gatewaytest.Options{})
	r.SMS(phone, "I sell 50 kg maize at 30")
	r.SMS(phone, "qwrtp zxcvb")
	r.SMS(phone, "HELP")
	log := r.Entries(phone)
	if len(log) != 3 {
		t.Fatalf("%d entries", len(log))
	}
	want := dialogue.Offer{Item: "maize", Qty: 50, Unit: "kg", Price: catalog.Money{Minor: 3000, Currency: "KES"}}
	if e := log[0]; e.Class != dialogue.ClassSell || e.Offer == nil || *e.Offer != want || !strings.Contains(e.Out, "50 kg maize") {
		t.Errorf("the offer is %+v in %+v", e.Offer, e)
	}
	if e := log[1]; e.Class != dialogue.ClassUnknown || e.In != "qwrtp zxcvb" || e.Offer != nil {
		t.Errorf("what was not understood is %+v", e)
	}
	if e := log[2]; e.Class != dialogue.ClassHelp {
		t.Errorf("the third is %+v", e)
	}
}

func TestHostileTexts(t *testing.T) {
	r := gatewaytest.New(t, gatewaytest.Options{})
	for _, text := range []string{"", "\x00\x01", "\xff\xfe", strings.Repeat("*", 500), strings.Repeat("क", 5000), "1*2*3", "RICE5 99999999999999999999", "\u202e\u200b", "%s%n{{.}}"} {
		got := r.SMS(phone, text)
		if got == "" || !screen.SMS(2).Fits(got) {
			t.Errorf("%.20q was answered %q", text, got)
		}
	}
	for _, e := range r.Entries(phone) {
		if len(e.In) > 8000 || strings.ContainsAny(e.In, "\x00\x01\u202e\u200b") {
			t.Errorf("the log holds %.20q", e.In)
		}
	}
}

func TestAcceptGoesOnWhenTheCarrierHangsUp(t *testing.T) {
	r := gatewaytest.New(t, gatewaytest.Options{})
	ctx, hangUp := context.WithCancel(t.Context())
	hangUp()
	if _, err := r.Gateway.Accept(ctx, gateway.Inbound{ID: "x", Channel: "demo", Mode: dialogue.SMS, Phone: phone, Text: "HELP"}); err != nil {
		t.Error(err)
	}
}
