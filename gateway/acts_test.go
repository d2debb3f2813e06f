package gateway_test

import (
	"strings"
	"testing"
	"time"

	"haat/gateway/gatewaytest"
	"haat/orders"
)

// What operators do is told by an SMS each time, also where an earlier screen
// told the same status, and once however often its event comes.
func TestActsAreToldOnceEach(t *testing.T) {
	r := gatewaytest.New(t, gatewaytest.Options{OrderWait: 20 * time.Second})
	r.Process()
	r.SMS(phone, "RICE5 1")
	if got := r.SMS(phone, "1"); !strings.Contains(got, "Thank you") {
		t.Fatalf("told\n%s", got)
	}
	o := r.Orders()[0]
	for _, e := range []orders.Event{
		{Kind: orders.Confirmed, Order: o},
		{Kind: orders.Rejected, Order: o, Act: "a"},
		{Kind: orders.Confirmed, Order: o, Act: "b"},
		{Kind: orders.Rejected, Order: o, Act: "a"},
		{Kind: orders.Rejected, Order: o, Act: "c"},
		{Kind: orders.Confirmed, Order: o, Act: "b", Turn: 1},
	} {
		e.Order.Status = e.Kind
		if err := r.Gateway.Notify(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	var told []string
	for _, e := range r.Entries(phone) {
		if e.Kind == "notice" {
			told = append(told, e.Out)
			if e.Order != o.ID {
				t.Errorf("a notice is about %q", e.Order)
			}
		}
	}
	if len(told) != 3 || !strings.Contains(told[0], "do not have enough") || !strings.Contains(told[1], "is confirmed") || told[2] != told[0] || strings.Contains(told[0], "RICE5") {
		t.Errorf("told %q", told)
	}
}

// Who waits for the processor's word on what they asked is not answered with what
// an operator did meanwhile.
func TestActsAnswerNobody(t *testing.T) {
	r := gatewaytest.New(t, gatewaytest.Options{OrderWait: 20 * time.Second})
	call := r.Dial(phone)
	call.Walk(toConfirm...)
	told := make(chan string, 1)
	go func() { told <- call.Walk("1") }()
	r.Eventually("the order is asked for", func() bool {
		for _, e := range r.Entries(phone) {
			if e.Order != "" {
				r.Gateway.Decided(orders.Event{Kind: orders.Rejected, Act: "a", Order: orders.Order{ID: e.Order, Number: 1}})
				return true
			}
		}
		return false
	})
	r.Process()
	if got := <-told; !strings.Contains(got, "is confirmed") {
		t.Errorf("told\n%s", got)
	}
}
