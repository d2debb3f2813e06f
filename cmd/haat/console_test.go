package main

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

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
	b.Picture("demo-log")
	b.Click(`a[href^="/phone/"]`)
	b.Until("the conversation is open", `location.pathname.startsWith("/phone/")`)
	b.Picture("demo-conversation")
	if strings.Contains(b.Text("document.documentElement.outerHTML"), "254700100181") {
		t.Error("the page holds the whole number")
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
