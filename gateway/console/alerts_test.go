package console_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"haat/gateway/console"
	"haat/gateway/console/alert"
	"haat/gateway/gsm"
	"haat/gateway/lang"
)

// longest is an alert of a kind with the longest figures and name that are likely.
func longest(k alert.Kind) alert.Alert {
	a := alert.Alert{Kind: k, Subject: "outbox-" + strings.Repeat("k", 20), Value: 1234567, Limit: 1000000, Unit: "KES", Window: alert.MaxWindow, Fired: time.Unix(0, 0)}
	if k.IsShare() {
		a.Value, a.Limit = 1, 1
	}
	return a
}

// TestAlertsFitAnSMS: in every language each alert is one SMS, and is sent as it is
// written.
func TestAlertsFitAnSMS(t *testing.T) {
	alphabet := map[string]gsm.Alphabet{"en": gsm.GSM7, "sw": gsm.GSM7, "zh": gsm.UCS2}
	for _, code := range lang.Operators() {
		words, err := console.Speak(code)
		if err != nil {
			t.Fatal(err)
		}
		said := map[string]string{"test": alert.Say(words, alert.Test, alert.Alert{})}
		for _, k := range alert.Kinds {
			said[string(k)] = alert.Say(words, alert.Fired, longest(k))
			said[string(k)+" is over"] = alert.Say(words, alert.Ended, longest(k))
			said[string(k)+" of nothing by name"] = alert.Say(words, alert.Fired, alert.Alert{Kind: k})
		}
		for name, text := range said {
			if size := gsm.Measure(text); size.Segments != 1 || size.Alphabet != alphabet[code] {
				t.Errorf("%s, %s: %d segments in %s: %s", code, name, size.Segments, size.Alphabet, text)
			}
			if !strings.HasSuffix(name, "by name") && strings.Contains(text, "  ") {
				t.Errorf("%s, %s has a hole: %s", code, name, text)
			}
			if gsm.Clean(text) != text || strings.ContainsAny(text, "{}") || strings.Contains(text, "tell.") || strings.Contains(text, "rule.") {
				t.Errorf("%s, %s: %s", code, name, text)
			}
		}
	}
}

// TestAlertsSayWhatIsWrong: with the figure, the limit and the place.
func TestAlertsSayWhatIsWrong(t *testing.T) {
	a := alert.Alert{Kind: alert.Errors, Subject: "kenya", Value: .254, Limit: .2, Window: time.Hour}
	for _, tc := range []struct {
		name, code string
		event      alert.Event
		a          alert.Alert
		want       string
	}{
		{"a share", "en", alert.Fired, a, "haat: 25 % of messages on kenya are problems (limit 20 %)."},
		{"its end", "en", alert.Ended, a, "haat: over: Problems on kenya."},
		{"a silence", "en", alert.Fired, alert.Alert{Kind: alert.Silence, Subject: "kenya", Window: time.Hour}, "haat: no messages on kenya for 60 minutes."},
		{"a balance", "en", alert.Fired, alert.Alert{Kind: alert.Balance, Subject: "kenya", Unit: "KES", Value: 85.5, Limit: 100}, "haat: KES 85.50 left at the carrier of kenya (limit 100): top it up."},
		{"a queue", "en", alert.Fired, alert.Alert{Kind: alert.Queue, Subject: "processor", Value: 1500}, "haat: 1500 messages wait for processor."},
		{"the disk", "en", alert.Ended, alert.Alert{Kind: alert.Disk}, "haat: over: Disk space."},
		{"in Swahili", "sw", alert.Fired, a, "haat: asilimia 25 ya ujumbe kwenye kenya ina matatizo (kikomo 20)."},
		{"in Chinese", "zh", alert.Fired, a, "haat：通道 kenya 有问题的消息占 25 %（上限 20 %）。"},
		{"its end, in Chinese", "zh", alert.Ended, a, "haat：通道 kenya “问题”告警已结束。"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			words, err := console.Speak(tc.code)
			if err != nil {
				t.Fatal(err)
			}
			if got := alert.Say(words, tc.event, tc.a); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
	if _, err := console.Speak("fr"); err == nil || !strings.Contains(err.Error(), "en, sw, zh") {
		t.Errorf("a language that is none: %v", err)
	}
}

// TestWhyNobodyWasToldIsShown: the page says in its language why a webhook was not
// told.
func TestWhyNobodyWasToldIsShown(t *testing.T) {
	broken := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) }))
	defer broken.Close()
	with := withFigures(t, nil)
	r := newRig(t, func(c *console.Config) {
		with(c)
		c.Alerts.Routes.Webhook = &alert.Webhook{URL: broken.URL}
	})
	if err := r.console.Alerts.Test(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	over := make(chan error)
	go func() { over <- r.console.Alerts.Run(ctx) }()
	defer func() {
		stop()
		<-over
	}()
	r.language = "zh"
	eventually(t, "the page says why", func() bool { return strings.Contains(r.get("/alerts"), "webhook 回应 500") })
}
