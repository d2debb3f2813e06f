package main

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"haat/gateway/console/consoletest"
)

// demoSignIn is what the start of a demo prints about its operator.
var demoSignIn = regexp.MustCompile(`sign in as (\S+) with (\S+)\)`)

// signedIn is a browser in which the demo's operator has signed in.
func (h *haat) signedIn(t *testing.T, size consoletest.Size, theme string) *consoletest.Browser {
	t.Helper()
	b := consoletest.Open(t)
	var who []string
	eventually(t, "the sign-in is printed", func() bool {
		who = demoSignIn.FindStringSubmatch(h.out.String())
		return who != nil
	})
	b.See(size, theme)
	b.Go(h.base + "/")
	b.Fill("input[name=name]", who[1])
	b.Fill("input[name=password]", who[2])
	b.Click("button[type=submit]")
	b.Until("the log is open", `location.pathname === "/"`)
	return b
}

// TestConsoleInBrowser is an operator's first look: they sign in as the demo's
// operator, see a villager's messages as they come, and open the conversation.
func TestConsoleInBrowser(t *testing.T) {
	h := serve(t, "")
	b := h.signedIn(t, consoletest.Desktop, "light")
	h.text("+254700100181", "RICE5 2")
	h.dial("+254700100181").answers("1", "1")
	b.Until("what the villager wrote is there", `document.body.innerText.includes("RICE5 2")`)
	marketDay(h)
	eventually(t, "all have written, and are counted", func() bool {
		b.Go(h.base + "/")
		return b.Text(`document.body.innerText.includes("umeme umepotea") && document.querySelector(".counter.warn") !== null`) == "true"
	})
	b.Go(h.base + "/?kind=turn")
	b.Picture("demo-log")
	b.Go(h.base + "/?end=181")
	b.Click(`a[href^="/phone/"]`)
	b.Until("the conversation is open", `location.pathname.startsWith("/phone/")`)
	b.Picture("demo-conversation")
	if strings.Contains(b.Text("document.documentElement.outerHTML"), "254700100181") {
		t.Error("the page holds the whole number")
	}
	b.Quiet()
	if said := h.errs.String(); strings.Contains(said, "WRN") || strings.Contains(said, "ERR") {
		t.Errorf("the demo warns of something:\n%s", said)
	}
}

// marketDay is some of what comes from villages in a minute.
func marketDay(h *haat) {
	h.dial(newPhone()).answers(append(toConfirm, "1")...)
	for _, text := range []string{"两瓶5升食用油，一把锄头", "do kilo chini", "دلو ١٠ لتر وممحاة ٢", "SELL 50 KG MAIZE 30", "plz 2 rice na sabuni tatu", "STATUS", "umeme umepotea kwetu"} {
		h.text(newPhone(), text)
	}
}

// TestLogInBrowser watches, filters, searches and pauses as an operator would,
// while the demo's phones write.
func TestLogInBrowser(t *testing.T) {
	h := serve(t, "")
	b := h.signedIn(t, consoletest.Desktop, "light")
	for _, size := range []consoletest.Size{consoletest.Desktop, consoletest.Phone} {
		live, newest := `document.getElementById("pulse").dataset.state === "live"`, `document.querySelector("#lines > .row .in bdi")?.textContent`
		said := func(text string) string { return newest + ` === "` + text + ` ` + size.Name + `"` }
		b.See(size, "light")
		b.Go(h.base + "/?kind=turn")
		b.Until("the page is live", live)
		for _, text := range []string{"zxqv hapa", "下单 大米"} {
			h.text(newPhone(), text+" "+size.Name)
			b.Until("it comes by itself", said(text))
		}
		b.Click("#pause")
		for range 3 {
			h.text(newPhone(), "wakati wa kusimama "+size.Name)
		}
		b.Until("the news are counted", `document.getElementById("news").textContent === "3 new"`)
		if b.Text(said("下单 大米")) != "true" {
			t.Error("the page moved while it was paused")
		}
		b.Click("#news")
		b.Until("the news are there", said("wakati wa kusimama"))

		// Words of any script, in all that was ever said; the address is the view.
		b.Press("/")
		b.Press("大米 " + size.Name)
		b.Press(kb.Enter)
		b.Until("what was searched for", `document.querySelectorAll("#lines > .row").length === 1 && `+said("下单 大米")+` && location.search.includes("q=")`)
		b.Accessible("found " + size.Name)
		view := b.Text("location.href")
		b.Go(h.base + "/")
		b.Go(view)
		b.Until("the same by its link", `document.querySelectorAll("#lines > .row").length === 1`)
		b.Go(h.base + "/")
		b.Click(".counter.warn") // what was not understood
		b.Until("a counter leads to its messages", `location.search.includes("class=unknown") && document.body.innerText.includes("zxqv hapa `+size.Name+`")`)

		// A row that is pressed stays where it is while others come.
		b.Go(h.base + "/?kind=turn")
		b.Until("the page is live", live)
		h.text(newPhone(), "bonyeza hapa "+size.Name)
		b.Until("it comes by itself", said("bonyeza hapa"))
		b.ClickSlowly("#lines > .row .in bdi", func() {
			h.text(newPhone(), "wengine "+size.Name)
			b.Until("another came", `document.getElementById("news").textContent === "1 new" || `+said("wengine"))
		})
		b.Until("the conversation of what was pressed", `location.pathname.startsWith("/phone/") && document.body.innerText.includes("bonyeza hapa")`)
	}
	b.Quiet()
}

// TestNothingWithoutASession: nothing but sign-in, health and carriers' callbacks
// answers who has not signed in.
func TestNothingWithoutASession(t *testing.T) {
	t.Parallel()
	h := serve(t, "")
	h.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	for path, code := range map[string]int{
		"/healthz": http.StatusOK, "/readyz": http.StatusOK, "/login": http.StatusOK,
		"/": http.StatusSeeOther, "/audit": http.StatusSeeOther, "/live": http.StatusSeeOther, "/rows": http.StatusSeeOther, "/phone/x": http.StatusSeeOther,
		"/first": http.StatusGone, "/nowhere": http.StatusNotFound,
	} {
		if a := h.get(path); a.code != code {
			t.Errorf("%s is answered with %d, want %d", path, a.code, code)
		}
	}
	if a := h.do(http.MethodGet, "/metrics", "", nil, "X-Forwarded-For", "192.0.2.7"); a.code != http.StatusSeeOther {
		t.Errorf("/metrics from elsewhere is answered with %d", a.code)
	}
}
