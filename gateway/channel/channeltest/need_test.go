package channeltest

import (
	"strings"
	"testing"

	"haat/gateway"
	"haat/gateway/dialogue"
)

// someone is a channel that takes nothing.
type someone struct{ gateway.Receiver }

func opens(*testing.T, string) gateway.Sender { return nil }

func hop(in *gateway.Inbound, reply gateway.Reply) Receive {
	return Receive{Path: "/channels/shop/ussd", In: in, Reply: reply}
}

func TestLacks(t *testing.T) {
	ussd := &gateway.Inbound{Mode: dialogue.USSD}
	sms := &gateway.Inbound{Mode: dialogue.SMS}
	taken := Send{Status: 200, Receipt: gateway.Receipt{IDs: []string{"1"}, ByID: true}}
	tests := []struct {
		name  string
		suite Suite
		lacks []string // beginnings of what is said
		not   []string // what is not demanded
	}{
		{
			name:  "a carrier that is never called",
			suite: Suite{Open: opens},
			lacks: []string{"an SMS that the carrier takes", "an SMS that the carrier will never take", "a carrier that asks", "a fault of the carrier's", "a page with status 200", "cases"},
			not:   []string{"a short code", "a wrong key", "a USSD screen", "a delivery report", "a text"},
		},
		{
			name:  "USSD alone",
			suite: Suite{Channel: someone{}, Receives: []Receive{hop(ussd, gateway.Reply{})}},
			lacks: []string{"a USSD screen that ends", "a hop while nothing can be kept", "a forged signature", "a request without a field", "a short code", "a text that is not ASCII"},
			not:   []string{"a USSD screen that goes on", "a text while nothing", "an SMS", "a delivery report", "a page"},
		},
		{
			name:  "SMS alone",
			suite: Suite{Channel: someone{}, Receives: []Receive{{Path: "/channels/shop/sms?a=b", In: sms}}},
			lacks: []string{"a text while nothing can be kept"},
			not:   []string{"a USSD screen", "a hop while", "a delivery report"},
		},
		{
			name: "down at another URL",
			suite: Suite{Channel: someone{}, Receives: []Receive{
				{Path: "/channels/shop/sms", In: sms}, {Path: "/channels/shop/status", Down: true},
			}},
			lacks: []string{"a text while nothing can be kept"},
		},
		{
			name: "down at the same URL, behind a key",
			suite: Suite{Channel: someone{}, Receives: []Receive{
				{Path: "/channels/shop/sms?id=1", In: sms}, {Path: "/channels/shop/key/sms", Down: true},
			}},
			not: []string{"a text while nothing"},
		},
		{
			name:  "receipts that promise reports",
			suite: Suite{Channel: someone{}, Open: opens, Sends: []Send{taken}},
			lacks: []string{"a delivery report that the phone", "a delivery report that it will not", "a delivery report with a word"},
		},
		{
			name: "a report of one state",
			suite: Suite{Channel: someone{}, Receives: []Receive{
				{Report: &gateway.Report{State: gateway.Delivered}}, {Refused: gateway.RefusedForm, Status: 400},
			}},
			lacks: []string{"a delivery report that it will not", "a delivery report with a word"},
			not:   []string{"a delivery report that the phone", "a request without a field"},
		},
		{
			name:  "a channel that only binds",
			suite: Suite{Config: wired{}},
			not:   []string{""},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			said := tt.suite.lacks()
			for _, want := range tt.lacks {
				if !hasPrefix(said, want) {
					t.Errorf("it does not miss %s: %q", want, said)
				}
			}
			for _, not := range tt.not {
				if hasPrefix(said, not) {
					t.Errorf("it misses %s: %q", not, said)
				}
			}
		})
	}
}

type wired struct{ gateway.Carrier }

func hasPrefix(said []string, want string) bool {
	for _, lack := range said {
		if strings.HasPrefix(lack, "the suite lacks "+want) {
			return true
		}
	}
	return false
}

func TestEveryNeedExplainsItself(t *testing.T) {
	for _, n := range needs {
		if n.what == "" || !strings.HasSuffix(n.why, ".") || n.like == "" {
			t.Errorf("%q says too little: %q %q", n.what, n.why, n.like)
		}
	}
}
