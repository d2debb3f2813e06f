package main

import (
	"strings"
	"testing"

	"haat/gateway/gsm"
)

// TestLogMarksWhatNeedsLookingAt and finds it again.
func TestLogMarksWhatNeedsLookingAt(t *testing.T) {
	t.Parallel()
	h := serve(t, "")
	const phone = "+254700100301"
	for _, said := range [][2]string{{"I sell 50 kg of maize at 30", "50 kg maize"}, {"qwrtp zxcvb", "did not understand"}, {"nataka sabuni tatu", "Kwa Otieno"}} {
		h.text(phone, said[0])
		h.awaitSMS(phone, said[1])
	}
	h.stop()
	for _, tt := range []struct {
		only     string
		has, not []string
	}{
		{"all", []string{"qwrtp zxcvb  [not understood]", "at 30  [offer: 50 kg maize at KES 30.00]", "nataka sabuni tatu\n"}, nil},
		{"unknown", []string{"qwrtp zxcvb  [not understood]"}, []string{"maize", "sabuni"}},
		{"sell", []string{"[offer: 50 kg maize at KES 30.00]"}, []string{"qwrtp", "sabuni"}},
	} {
		out, errs, code := tool(t, "log", "--only", tt.only, "--data", h.data)
		if code != exitOK {
			t.Fatalf("code %d: %s", code, errs)
		}
		for _, words := range tt.has {
			if !strings.Contains(out, words) {
				t.Errorf("--only %s has no %q:\n%s", tt.only, words, out)
			}
		}
		for _, words := range tt.not {
			if strings.Contains(out, words) {
				t.Errorf("--only %s has %q:\n%s", tt.only, words, out)
			}
		}
	}
	if _, errs, code := tool(t, "log", "--only", "buy", "--data", h.data); code != exitUsage || !strings.Contains(errs, "unknown") {
		t.Errorf("--only buy ends with code %d: %s", code, errs)
	}
}

// TestChannelOfGSM7Alone sends nothing else, whatever is written to it.
func TestChannelOfGSM7Alone(t *testing.T) {
	t.Parallel()
	h := serve(t, "channels: {demo: {demo: {}, gsm7: true}}\n")
	const phone = "+254700100302"
	h.text(phone, "أريد ٢ أرز ٥ كغ و ٣ صابون")
	station := h.awaitSMS(phone, "Kwa Otieno, Ugunja")
	h.text(phone, "1")
	confirm := h.awaitSMS(phone, "2 x Ruz 5 kilo = 1,700")
	h.text(phone, "1")
	confirmed := h.awaitSMS(phone, "2,150 shilin")
	for _, text := range []string{station, confirm, confirmed} {
		if gsm.Encoding(text) != gsm.GSM7 || strings.Contains(text, "??") {
			t.Errorf("this was sent:\n%s", text)
		}
	}
	if a := h.dial(phone).answers(); gsm.Encoding(a) != gsm.GSM7 || !strings.Contains(a, "1.Tasawwuq") {
		t.Errorf("the screen is\n%s", a)
	}
}
