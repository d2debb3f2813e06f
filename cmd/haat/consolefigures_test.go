package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"haat/gateway/console/alert"
	"haat/gateway/console/consoletest"
)

// hook is somebody's server that is told of alerts.
type hook struct {
	server *httptest.Server
	mu     sync.Mutex
	events []alert.Payload
	bad    []string
}

func newHook(t *testing.T, key string) *hook {
	k := &hook{}
	k.server = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		k.mu.Lock()
		defer k.mu.Unlock()
		var p alert.Payload
		if err := json.Unmarshal(body, &p); err != nil {
			k.bad = append(k.bad, err.Error())
		}
		if r.Header.Get("X-Signature") != alert.Sign([]byte(key), r.Header.Get("X-Timestamp"), body) {
			k.bad = append(k.bad, "the signature is wrong")
		}
		k.events = append(k.events, p)
	}))
	t.Cleanup(k.server.Close)
	return k
}

// of are the rules of the events of a kind.
func (k *hook) of(e alert.Event) (rules []alert.Kind) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, p := range k.events {
		if p.Event == e {
			rules = append(rules, p.Rule)
		}
	}
	return rules
}

// TestOverviewInBrowser is an operator who sees that messages are not understood:
// the numbers are those of the log and of /metrics, an alert comes, is
// acknowledged and told, and is over when all goes well again.
func TestOverviewInBrowser(t *testing.T) {
	k := newHook(t, "a key of the hook")
	h := serve(t, "channels: {demo: {demo: {}, sending: {tariff: {\"+254\": 0.80}}}}\nalerts: {every: 1s, webhook: {url: \""+k.server.URL+"\", signing_key: a key of the hook}, sms: {channel: demo, to: [\"+254799000111\"]}}\n")
	b := h.signedIn(t, consoletest.Desktop, "light")
	h.dial(newPhone()).answers(append(toConfirm, "1")...)
	for range 3 {
		h.text(newPhone(), "qwrtp zxplm "+secret)
	}
	for range 5 {
		h.text(newPhone(), "STATUS")
	}

	// Exact, as the log counts.
	turns := 1 + len(toConfirm) + 1 + 8
	eventually(t, "all is counted", func() bool {
		b.Go(h.base + "/overview?period=hour")
		return b.Text(`document.querySelector("#tile-turns b").textContent`) == strconv.Itoa(turns)
	})
	if n := b.Text(`document.querySelector("#tile-placed b").textContent`); n != "1" {
		t.Errorf("%s orders", n)
	}
	troubles := b.Text(`document.querySelector("#tile-troubles b").textContent`)
	b.Until("the table has what the tile has", `String([...document.querySelectorAll("#plot-troubles tbody td")].reduce((n, td) => n + Number(td.textContent), 0)) === document.querySelector("#tile-troubles b").textContent`)
	b.Picture("overview-desktop")
	b.Accessible("overview light")
	h.metricsAgree(t, b)
	eventually(t, "the segments are those that Prometheus sees", func() bool {
		b.Go(h.base + "/overview?period=hour")
		n := b.Text(`document.querySelector("#tile-segments b").textContent`)
		return n != "0" && n == fmt.Sprint(h.summed("haat_sms_segments_total"))
	})
	if cost, want := b.Text(`document.querySelector("#tile-cost b").textContent`), fmt.Sprintf("KES %.2f", h.summed("haat_sms_cost_total")); cost != want {
		t.Errorf("the cost is %s, and Prometheus sees %s", cost, want)
	}
	confirmed := b.Text(`(() => {
		const column = [...document.querySelectorAll("#plot-orders thead th")].findIndex(th => th.textContent === "confirmed");
		return [...document.querySelectorAll("#plot-orders tbody tr")].reduce((n, tr) => n + Number(tr.children[column].textContent), 0);
	})()`)
	if want := fmt.Sprint(h.summed("haat_orders_total")); confirmed != want {
		t.Errorf("%s orders are confirmed, and Prometheus sees %s", confirmed, want)
	}

	// Walking along by keys says what the tooltip says.
	b.Click("#plot-turns .figure")
	b.Until("what is pointed at is said", `document.querySelector("#plot-turns .readout").textContent === document.querySelector("#plot-turns .slot.here title").textContent`)
	b.Press(kb.ArrowRight)
	b.Until("the next step is said", `document.querySelector("#plot-turns .slot.here").previousElementSibling.matches(".slot") && document.querySelector("#plot-turns .readout").textContent === document.querySelector("#plot-turns .slot.here title").textContent`)
	b.Click("#tile-troubles a")
	b.Until("the log shows as many", `location.pathname === "/" && document.querySelectorAll("#lines > .row").length === `+troubles)

	// An admin lowers the limit; the alert comes and is told.
	b.Go(h.base + "/alerts")
	b.Click("#rule-errors summary")
	b.Text(`document.querySelector("#rule-errors [name=limit]").value = 15, document.querySelector("#rule-errors [name=window]").value = 2`)
	b.Click("#rule-errors button.main")
	b.Until("the rule is kept", `location.search === "?said=kept"`)
	eventually(t, "the hook is told", func() bool { return len(k.of(alert.Fired)) == 1 })
	b.Go(h.base + "/")
	b.Until("every page tells", `document.querySelector(".alarm a") && document.querySelector(".bar .count").textContent === "1"`)
	b.Click(".alarm a")
	b.Until("the alert is there", `document.querySelector(".alarmcard")`)
	b.Picture("alerts-desktop")
	b.Accessible("alerts light")
	b.Click(".alarmcard button")
	b.Until("it is acknowledged", `document.querySelector(".alarmcard.seen") && !document.querySelector(".alarm")`)
	h.awaitSMS("+254799000111", "are problems")

	// On a phone, in the dark.
	b.See(consoletest.Phone, "dark")
	for _, page := range []string{"overview", "alerts"} {
		b.Go(h.base + "/" + page)
		b.Accessible(page + " dark")
		b.Picture(page + "-phone")
		if wide := b.Text("document.documentElement.scrollWidth > document.documentElement.clientWidth"); wide != "false" {
			t.Errorf("%s is wider than a phone", page)
		}
	}
	// All goes well again.
	for range 30 {
		h.text(newPhone(), "MENU")
	}
	eventually(t, "it is told that it is over", func() bool { return len(k.of(alert.Ended)) == 1 })
	if fired := k.of(alert.Fired); len(fired) != 1 || fired[0] != alert.Errors {
		t.Errorf("told of %v", fired)
	}
	for _, what := range k.bad {
		t.Error(what)
	}
	b.Quiet()
}

// TestAlertsInTheirLanguage: an SMS and the webhook's text arrive as they were
// written, also in Chinese.
func TestAlertsInTheirLanguage(t *testing.T) {
	k := newHook(t, "its key")
	h := serve(t, "channels: {demo: {demo: {}}}\nalerts: {language: zh, webhook: {url: \""+k.server.URL+"\", signing_key: its key}, sms: {channel: demo, to: [\"+254799000111\"]}}\n")
	b := h.signedIn(t, consoletest.Desktop, "light")
	b.Go(h.base + "/alerts")
	b.Click(`form[action="/alerts/test"] button`)
	const says = "haat：这是一次告警测试。"
	h.awaitSMS("+254799000111", says)
	eventually(t, "the hook is told", func() bool { return len(k.of(alert.Test)) == 1 })
	if got := k.events[0].Text; got != says {
		t.Errorf("the hook is told %q", got)
	}
	for _, what := range k.bad {
		t.Error(what)
	}
	b.Quiet()
}

func TestAlertLanguage(t *testing.T) {
	const channels = "channels:\n  a:\n    demo:\n  plain:\n    demo:\n    gsm7: true\n"
	for _, tc := range []struct{ name, text, says string }{
		{"nothing is set", "", "this is a test"},
		{"the market's", "market: {languages: [sw, en]}\n", "hili ni jaribio"},
		{"the market's, which the console lacks", "market: {languages: [hi, sw]}\n", "this is a test"},
		{"set", "market: {languages: [sw]}\nalerts: {language: zh}\n", "这是一次告警测试"},
		{"the market's, by a channel that cannot write it", "market: {languages: [zh]}\nalerts: {sms: {channel: plain, to: [\"+254700000001\"]}}\n", "this is a test"},
		{"the market's, by one that can", "market: {languages: [zh]}\nalerts: {sms: {channel: a, to: [\"+254700000001\"]}}\n", "这是一次告警测试"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c, err := loadConfig(writeConfig(t, tc.text+channels), nil, keysNeeded, noFlags)
			if err != nil {
				t.Fatal(err)
			}
			words, err := c.alertWords()
			if err != nil {
				t.Fatal(err)
			}
			if got := alert.Say(words, alert.Test, alert.Alert{}); !strings.Contains(got, tc.says) {
				t.Errorf("it is told %q", got)
			}
		})
	}
}

// summed is the sum of a metric over its labels.
func (h *haat) summed(name string) (sum float64) {
	for line := range strings.Lines(h.get("/metrics").body) {
		if series, value, ok := strings.Cut(strings.TrimSpace(line), " "); ok && strings.HasPrefix(series, name+"{") {
			n, _ := strconv.ParseFloat(value, 64)
			sum += n
		}
	}
	return sum
}

// metricsAgree compares what is counted of the log with what Prometheus sees.
func (h *haat) metricsAgree(t *testing.T, b *consoletest.Browser) {
	t.Helper()
	seen := map[string]float64{}
	for line := range strings.Lines(h.get("/metrics").body) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), " "); ok && strings.HasPrefix(name, "haat_turns_total{") {
			n, _ := strconv.ParseFloat(value, 64)
			_, class, _ := strings.Cut(name, `outcome="`)
			class, _, _ = strings.Cut(class, `"`)
			seen[class] += n
		}
	}
	var listed []struct{ Class, N string }
	text := b.Text(`JSON.stringify([...document.querySelectorAll("#list-classes tbody tr")].map(tr => ({Class: new URL(tr.querySelector("a").href).searchParams.get("class"), N: tr.querySelector("td.n").textContent})))`)
	if err := json.Unmarshal([]byte(text), &listed); err != nil {
		t.Fatal(err)
	}
	if len(listed) == 0 || len(listed) != len(seen) {
		t.Errorf("the overview has %v, the metrics %v", listed, seen)
	}
	for _, l := range listed {
		if l.N != fmt.Sprint(seen[l.Class]) {
			t.Errorf("class %s: the overview says %s, the metrics %v", l.Class, l.N, seen[l.Class])
		}
	}
}
