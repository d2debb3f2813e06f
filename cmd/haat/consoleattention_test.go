package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"haat/gateway/console/consoletest"
)

// moody is a carrier by the webhook channel's protocol that refuses every SMS
// for good, until it is well.
type moody struct {
	*httptest.Server
	mu    sync.Mutex
	well  bool
	took  []string // texts
	asked int
}

func openMoody(t *testing.T) *moody {
	m := &moody{}
	m.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var sms struct{ Text string }
		body, _ := io.ReadAll(r.Body)
		_ = json.Unmarshal(body, &sms)
		m.mu.Lock()
		defer m.mu.Unlock()
		m.asked++
		if !m.well {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		m.took = append(m.took, sms.Text)
		fmt.Fprintf(w, `{"id":"c-%d"}`, len(m.took))
	}))
	t.Cleanup(m.Close)
	return m
}

func (m *moody) set(well bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.well = well
}

func (m *moody) requests() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.asked
}

func (m *moody) has(words string) (n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, text := range m.took {
		if strings.Contains(text, words) {
			n++
		}
	}
	return n
}

// admin is a browser in which an administrator has signed in.
func (h *haat) admin(t *testing.T) *consoletest.Browser {
	t.Helper()
	const password = "four quiet market hens"
	var out, errs printed
	if code := run(context.Background(), []string{"operator", "add", "amani", "--role", "admin", "--password-stdin", "--data", h.data}, strings.NewReader(password+"\n"), &out, &errs); code != exitOK {
		t.Fatalf("no operator: %s", errs.String())
	}
	b := consoletest.Open(t)
	b.See(consoletest.Desktop, "light")
	b.Go(h.base + "/login")
	b.Fill("input[name=name]", "amani")
	b.Fill("input[name=password]", password)
	b.Click("button[type=submit]")
	b.Until("the log is open", `location.pathname === "/"`)
	return b
}

// TestAttentionInBrowser works off what waits as an operator would, on a carrier
// that refuses and then recovers.
func TestAttentionInBrowser(t *testing.T) {
	carrier := openMoody(t)
	config := fmt.Sprintf(`
log: {level: error, format: json}
attention: {waiting: 1s, rate: 3}
channels:
  demo: {demo: {}}
  line:
    sending: {tariff: {"+": "0.80"}}
    webhook: {signing_key: 0123456789abcdef, send_url: "%s"}
`, carrier.URL)
	h, file := serve(t, config), saveConfig(t, config)
	b := h.admin(t)
	send := poster(t, h, file)
	for i, name := range []string{"first", "second", "third"} {
		send("zawadi " + name)
		eventually(t, "the carrier is asked", func() bool { return carrier.requests() == i+1 })
	}
	lost := newPhone()
	h.text(lost, "zawadi qwrtp zzxx")
	h.text(lost, "zawadi qwrtp again")
	b.Go(h.base + "/attention")
	untilOpened(t, h, b, "/attention", `document.querySelectorAll("[aria-labelledby=kind-failed] .wait").length === 3 && document.querySelectorAll("[aria-labelledby=kind-unknown] .wait").length === 1`)
	for _, size := range []consoletest.Size{consoletest.Phone, consoletest.Desktop} {
		for _, theme := range []string{"dark", "light"} {
			b.See(size, theme)
			b.Accessible("attention " + size.Name + " " + theme)
			b.Picture("attention-" + size.Name + "-" + theme)
			b.Until("nothing is cut off", `document.documentElement.scrollWidth <= innerWidth`)
		}
	}
	if strings.Contains(b.Text("document.documentElement.outerHTML"), lost[1:]) {
		t.Error("the page holds a whole number")
	}
	workOff(h, b, carrier, lost)
	actOnMany(t, h, b, carrier, send)
	b.Quiet()
}

// poster puts texts into the outbox of a running haat, each to another phone.
func poster(t *testing.T, h *haat, file string) func(text string) {
	t.Helper()
	p := place{Data: h.data, Config: file}
	cfg, err := p.loadToRead()
	if err != nil {
		t.Fatal(err)
	}
	log, b, err := openLog(t.Context(), cfg, &stdio{Err: io.Discard})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	return func(text string) {
		if _, err := post(t.Context(), cfg, log, b, "line", newPhone(), text); err != nil {
			t.Fatal(err)
		}
	}
}

// untilOpened opens a page again until it shows what the index is yet to hear of.
func untilOpened(t testing.TB, h *haat, b *consoletest.Browser, path, expression string) {
	t.Helper()
	eventually(t, "the page shows "+expression, func() bool {
		b.Go(h.base + path)
		return b.Text(`String(`+expression+`)`) == "true"
	})
}

func workOff(h *haat, b *consoletest.Browser, carrier *moody, lost string) {
	h.t.Helper()
	carrier.set(true)
	b.Press("j")
	b.Press("r")
	b.Until("the first is sent again", `document.querySelector(".wait.acted")?.innerText.includes("Sent again")`)
	eventually(h.t, "it arrives", func() bool { return carrier.has("first") == 1 })
	b.Press("j")
	b.Text(`(document.querySelector("[aria-labelledby=kind-failed] .wait:not(.acted) a.open").focus(), "")`)
	b.Press("d")
	b.Until("the second is dropped", `document.querySelectorAll(".wait.acted").length === 2`)
	b.Click(`.wait:not(.acted) a[href$="/edit"]`)
	b.Until("the form", `location.pathname.endsWith("/edit") && document.getElementById("text").value === "zawadi third"`)
	b.Accessible("edit and resend")
	b.Fill("#text", " and more 大")
	b.Click("button[name=count]")
	b.Until("it is counted", `document.getElementById("size").innerText.includes("Unicode")`)
	b.Picture("attention-edit")
	b.Click(".compose button.main")
	b.Until("the conversation", `location.pathname.startsWith("/phone/")`)
	eventually(h.t, "the changed text arrives", func() bool { return carrier.has("and more 大") == 1 })
	if carrier.has("second") != 0 {
		h.t.Error("what was dropped was sent")
	}
	b.Go(h.base + "/attention?kind=unknown")
	b.Click(`a[href^="/attention/write/"]`)
	b.Until("the form, with what was said", `document.querySelector("blockquote")?.innerText.includes("qwrtp again")`)
	b.Fill("#text", "zawadi: send MENU to see what we sell")
	b.Click(".compose button.main")
	b.Until("the conversation", `location.pathname.startsWith("/phone/")`)
	h.awaitSMS(lost, "send MENU to see")
	untilOpened(h.t, h, b, "/attention", `document.querySelectorAll(".wait").length === 0`)
	h.text(lost, "zawadi qwrtp anew")
	untilOpened(h.t, h, b, "/attention", `document.querySelectorAll(".wait").length === 1`)
	b.Click(`form[action="/attention/deal"] button`)
	b.Until("it is dealt with", `document.querySelector(".wait.acted")?.innerText.includes("amani")`)
}

func actOnMany(t *testing.T, h *haat, b *consoletest.Browser, carrier *moody, send func(string)) {
	t.Helper()
	carrier.set(false)
	const many = 12
	for i := range many {
		send(fmt.Sprintf("zawadi many %d", i))
	}
	untilOpened(t, h, b, "/?status=failed", fmt.Sprintf(`document.querySelectorAll("#lines .row").length === %d`, many))
	carrier.set(true)
	b.Click(`a[href^="/bulk/new"]`)
	b.Until("the choice", `location.pathname === "/bulk/new"`)
	b.Accessible("choose an act on many")
	b.Picture("bulk-new")
	b.Click(".compose button.main")
	b.Until("the exact count", fmt.Sprintf(`document.querySelector(".exactly")?.innerText === "Exactly %d messages of %d phones"`, many, many))
	b.Accessible("confirm an act on many")
	b.Picture("bulk-confirm")
	b.Fill("#count", fmt.Sprint(many))
	b.Click(".compose button.main")
	b.Until("it is on its way", `document.querySelector("progress")?.value >= 1`)
	b.Click(`form[action$="/stop"] button`)
	b.Until("it is stopped", `document.querySelector(".exactly")?.innerText.includes("stopped")`)
	done := carrier.has("many")
	if done == 0 || done == many {
		t.Errorf("it was stopped after %d of %d", done, many)
	}
	untilOpened(t, h, b, "/?status=failed", fmt.Sprintf(`document.querySelectorAll("#lines .row").length < %d`, many))
	b.Click(`a[href^="/bulk/new"]`)
	b.Click(".compose button.main")
	b.Until("the exact count", `document.querySelector(".exactly")?.innerText.startsWith("Exactly")`)
	b.Fill("#count", b.Text(`document.querySelector(".exactly").innerText.match(/\d+/)[0]`))
	b.Click(".compose button.main")
	b.Until("it is on its way again", `document.querySelector("progress") !== null`)
	b.Picture("bulk-running")
	b.Accessible("an act on many under way")
	b.Until("it is done", `document.querySelector(".exactly")?.innerText.startsWith("done")`)
	eventually(t, "all have arrived", func() bool { return carrier.has("many") == many })
	b.See(consoletest.Phone, "dark")
	b.Accessible("an act on many, done")
	b.Picture("bulk-done-phone")
	b.Go(h.base + "/bulk")
	b.Accessible("acts on many")
	b.Go(h.base + "/audit")
	b.Until("all of it is recorded", `["began an act on many", "stopped an act on many", "an act on many ended", "sent an SMS again", "dropped an SMS", "wrote an SMS"].every((what) => document.body.innerText.includes(what))`)
}
