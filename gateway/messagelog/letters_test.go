package messagelog_test

import (
	"errors"
	"testing"
	"time"

	"haat/gateway"
	"haat/gateway/gatewaytest"
)

// deferredOnly are the channels whose replies leave by their outbox.
func deferredOnly(channel string) bool { return channel == "demo" }

func TestLetters(t *testing.T) {
	const phone = gateway.Phone("+254700000001")
	r := gatewaytest.New(t, gatewaytest.Options{Deferred: true, OrderWait: 20 * time.Second})
	r.Process()
	begun := time.Now().Add(-time.Minute)
	asked := r.SMS(phone, "RICE5 2")
	told := r.SMS(phone, "1") // the provisional reply is replaced before it is sent
	r.Dial(phone).Walk("1")   // answered in the response
	ref, err := r.Log.Post(t.Context(), gateway.Notice{Channel: "demo", Phone: phone, Text: "your goods are here", About: "order-1 arrived", At: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	report := func(id string, state gateway.State) {
		t.Helper()
		if err := r.Gateway.Report(t.Context(), gateway.Report{Channel: "demo", Phone: phone, CarrierID: id, State: state}); err != nil {
			t.Fatal(err)
		}
	}
	report("nobody's", gateway.Delivered)
	report("c1", gateway.Delivered) // before the sending is logged
	sent := gateway.Status{Channel: "demo", Phone: phone, Ref: ref, State: gateway.Sent, Parts: []gateway.Part{{ID: "c1", State: gateway.Sent}}, Attempt: 1, At: time.Now()}
	if _, err := r.Log.AddStatus(t.Context(), phone, "demo", func(s gateway.Status) (gateway.Status, bool) { return s.Next(sent) }); err != nil {
		t.Fatal(err)
	}

	letters, err := r.Log.Letters(t.Context(), begun, deferredOnly)
	if err != nil {
		t.Fatal(err)
	}
	type line struct {
		text, order string
		state       gateway.State
		notice      bool
	}
	order := r.Orders()[0].ID
	want := []line{{asked, "", "", false}, {told, order, "", false}, {"your goods are here", "order-1", gateway.Delivered, true}, {"", "", gateway.Delivered, false}}
	var got []line
	for _, l := range letters {
		got = append(got, line{l.Text, l.Order, l.Status.State, l.Notice})
		if (l.Ref == "") != (l.Text == "") || l.Phone != phone || l.Channel != "demo" {
			t.Errorf("a letter is %+v", l)
		}
	}
	if len(got) != len(want) {
		t.Fatalf("the letters are %+v, want %+v", got, want)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("letter %d is %+v, want %+v", i, got[i], want[i])
		}
	}
	if none, err := r.Log.Letters(t.Context(), begun, func(string) bool { return false }); err != nil || len(none) != 2 {
		t.Errorf("without replies there are %d letters, %v", len(none), err)
	}

	one, err := r.Log.Letter(t.Context(), ref)
	if err != nil || one.Text != "your goods are here" || one.Status.State != gateway.Delivered || one.Order != "order-1" {
		t.Errorf("the letter is %+v, %v", one, err)
	}
	for _, ref := range []string{"", "x", "0", "999999", "-1"} {
		if _, err := r.Log.Letter(t.Context(), ref); !errors.Is(err, gateway.ErrNotFound) {
			t.Errorf("letter %q: %v", ref, err)
		}
	}
}
