package console_test

import (
	"crypto/rand"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"haat/gateway"
	"haat/gateway/console"
	"haat/gateway/console/account"
	"haat/gateway/console/consoletest"
	"haat/gateway/dialogue"
	"haat/orders"
)

// TestRoutesByRole asks every address of the table as everybody.
func TestRoutesByRole(t *testing.T) {
	line := consoletest.NewPractice()
	r, _ := withOperators(t, withViews(t), withDesk(consoletest.NewAttention()), withFigures(t, nil), func(c *console.Config) { c.Practice = line })
	r.index.Add(consoletest.Market(at)...)
	token := r.tokenOf("+254700000001")
	r.orders.Add(consoletest.Placed(at, 10001, theOrder, "+254700000001", orders.Confirmed, 9, 9))
	r.texted(line, account.Agent, account.Admin)
	forms := map[string]url.Values{
		"/order/{id}/act": {"what": {"note"}, "reason": {"called"}, "act": {"a1"}},
		"/alerts/rule":    {"kind": {"errors"}, "limit": {"20"}, "window": {"5"}}, "/alerts/seen": {"id": {"1"}},
	}
	for _, route := range console.RoutesOf(r.console) {
		for _, as := range []account.Role{"", "nobody", account.Viewer, account.Agent, account.Admin} {
			t.Run(route.Method+" "+route.Path+" as "+string(as), func(t *testing.T) {
				path := strings.NewReplacer(
					"{$}", "", "{token}", token, "{file}", "console.css", "{view}", r.viewOf(as), "/order/{id}", "/order/"+theOrder, "{id}", "1",
					"{seq}", "1", "{name}", "viewer", "{change}", "sessions",
				).Replace(route.Path)
				var form url.Values
				if route.Method == http.MethodPost {
					form = url.Values{"name": {"Mine"}}
				}
				if strings.HasSuffix(route.Path, "/write") {
					form = url.Values{"text": {"Karibu"}, "key": {rand.Text()}}
				}
				if f := forms[route.Path]; f != nil {
					form = f
				}
				if body := bodies[route.Path]; body != nil && form != nil {
					form = body
				}
				a := r.ask(string(as), route.Method, path, form)
				known := as == account.Viewer || as == account.Agent || as == account.Admin
				switch {
				case route.Role == "" || known && as.May(route.Role):
					if a.status >= 400 && a.status != http.StatusUnprocessableEntity || a.header.Get("Location") == "/login" {
						t.Errorf("turned away: %d %s", a.status, a.body)
					}
				case known:
					if a.status != http.StatusForbidden {
						t.Errorf("status %d for a role that may not", a.status)
					}
				default:
					if a.status != http.StatusSeeOther || a.header.Get("Location") != "/login" || a.body != "" && !strings.Contains(a.body, "/login") {
						t.Errorf("answered without a session: %d %q", a.status, a.body)
					}
				}
				wantHeaders(t, a)
			})
		}
	}
}

func wantHeaders(t *testing.T, a answer) {
	t.Helper()
	for name, want := range map[string]string{
		"Content-Security-Policy": "script-src 'self'", "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY",
		"Referrer-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin",
	} {
		if !strings.Contains(a.header.Get(name), want) {
			t.Errorf("%s is %q, want %q in it", name, a.header.Get(name), want)
		}
	}
	if policy := a.header.Get("Content-Security-Policy"); strings.Contains(policy, "unsafe") {
		t.Errorf("the policy allows what is unsafe: %s", policy)
	}
	if keep := a.header.Get("Cache-Control"); keep == "" {
		t.Error("nothing says how long the answer may be kept")
	}
}

func TestStaticFiles(t *testing.T) {
	r := newRig(t)
	page := r.get("/")
	for _, name := range []string{"console", "htmx", "mark"} {
		_, rest, found := strings.Cut(page, "/static/"+name+".")
		if !found {
			t.Fatalf("the page loads no %s", name)
		}
		path := "/static/" + name + "." + rest[:strings.IndexByte(rest, '"')]
		a := r.ask("", "GET", path, nil)
		if a.status != http.StatusOK || !strings.Contains(a.header.Get("Cache-Control"), "immutable") {
			t.Errorf("%s: %d, kept %q", path, a.status, a.header.Get("Cache-Control"))
		}
	}
	for _, path := range []string{"/static/none.css", "/static/console.000000000000.css", "/static/..%2frig_test.go", "/static/"} {
		if a := r.ask("", "GET", path, nil); a.status != http.StatusNotFound {
			t.Errorf("%s: %d", path, a.status)
		}
	}
	if a := r.ask("", "GET", "/static/console.css", nil); a.status != http.StatusOK || a.header.Get("Cache-Control") != "no-cache" {
		t.Errorf("the plain name: %d, kept %q", a.status, a.header.Get("Cache-Control"))
	}
}

// TestInert puts the usual payloads wherever somebody else's words are shown.
func TestInert(t *testing.T) {
	for name, payload := range map[string]string{
		"script":         `<script>alert(1)</script>`,
		"image":          `<img src=x onerror=alert(1)>`,
		"attribute":      `" onmouseover="alert(1)" x="`,
		"single quote":   `' autofocus onfocus='alert(1)`,
		"closed title":   `</title><script>alert(1)</script>`,
		"closed text":    `</textarea></select></template><svg onload=alert(1)>`,
		"address":        `javascript:alert(1)`,
		"htmx":           `<div hx-get="/audit" hx-trigger="load">`,
		"comment":        `--><script>alert(1)</script><!--`,
		"end of event":   "a\n\nevent: reload\ndata: x\n\n",
		"carriage":       "a\r\revent: reload\rdata: x\r\r",
		"line separator": "a\u2028event: reload\u2029<script>",
		"null":           "\x00<script>alert(1)</script>",
		"template":       `{{.}}${alert(1)}`,
		"not UTF-8":      "\xff\xfe<script>alert(1)</script>",
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, func(c *console.Config) { c.Product = func(string, string) string { return payload } })
			row := consoletest.Turn(at, "+254700000001", dialogue.SMS, dialogue.ClassSell, payload, payload)
			row.Heard, row.Order, row.Language, row.Station, row.Channel, row.Code = payload, payload, payload, payload, payload, payload
			row.Offer = &dialogue.Offer{Item: payload, Qty: 1, Unit: payload}
			odd := consoletest.Turn(at, gateway.Phone(payload), dialogue.USSD, payload, payload, payload)
			status := consoletest.Status(at, "+254700000001", "1", gateway.State(payload), payload)
			lone := consoletest.Status(at, "+254700000001", payload, gateway.Failed, payload)
			r.index.Add(row, odd, status, lone)
			_ = r.gate.Record(t.Context(), account.Act{At: at, By: payload, What: payload, About: payload, Detail: payload})
			token := r.tokenOf("+254700000001")
			pages := map[string]string{
				"log": r.get("/"), "conversation": r.get("/phone/" + token), "audit": r.get("/audit"),
				"rows": r.get("/rows"), "older": r.get("/phone/" + token + "/older"),
				"filter":           r.ask("admin", "GET", "/?q="+url.QueryEscape(payload)+"&channel="+url.QueryEscape(payload), nil).body,
				"stream":           firstEvent(t, r, "/live?after=0"),
				"phone's stream":   firstEvent(t, r, "/phone/"+token+"/live?after=0"),
				"unknown language": r.ask("admin", "GET", "/?lang="+url.QueryEscape(payload), nil).body,
			}
			for where, html := range pages {
				wantInert(t, where, html)
			}
		})
	}
}

// firstEvent is the first push of rows as a browser would have it.
func firstEvent(t *testing.T, r *rig, path string) string {
	t.Helper()
	s := r.listen(path, "")
	defer s.close()
	for {
		e := s.next()
		switch e.name {
		case "rows":
			if !strings.HasSuffix(strings.TrimSpace(e.data), "</li>") {
				t.Fatalf("a text cuts the event off: %q", e.data[max(0, len(e.data)-80):])
			}
			return e.data
		case "lag":
		default:
			t.Fatalf("a stream has an event %q that nobody sent", e.name)
		}
	}
}

func TestRevealIsRecorded(t *testing.T) {
	r := newRig(t)
	r.index.Add(consoletest.Market(at)...)
	token := r.tokenOf("+254700000001")
	a := r.ask("operator", "POST", "/phone/"+token+"/reveal", url.Values{})
	if a.status != http.StatusOK || !strings.Contains(a.body, "+254700000001") && !strings.Contains(a.body, "&#43;254700000001") {
		t.Fatalf("not shown: %d %s", a.status, a.body)
	}
	acts, _ := r.gate.Acts(t.Context(), at.Add(1), 10)
	if len(acts) != 1 || acts[0].By != "operator" || acts[0].What != console.ActReveal || acts[0].About != "•••001" {
		t.Errorf("recorded %+v", acts)
	}
	if page := r.get("/audit"); !strings.Contains(page, "looked at a number") || strings.Contains(page, "254700000001") {
		t.Error("the audit log does not show it, or shows too much")
	}

	t.Run("not for viewers", func(t *testing.T) {
		if a := r.ask("viewer", "POST", "/phone/"+token+"/reveal", url.Values{}); a.status != http.StatusForbidden || strings.Contains(a.body, "254700000001") {
			t.Errorf("status %d", a.status)
		}
		if a := r.ask("operator", "GET", "/audit", nil); a.status != http.StatusForbidden {
			t.Errorf("the audit log for operators: %d", a.status)
		}
		if strings.Contains(r.ask("viewer", "GET", "/phone/"+token, nil).body, "/reveal") {
			t.Error("a viewer is offered what only operators may")
		}
	})
	t.Run("not recorded, not shown", func(t *testing.T) {
		r.gate.Fail(errors.New("the disk is full"))
		a := r.ask("operator", "POST", "/phone/"+token+"/reveal", url.Values{})
		if a.status != http.StatusServiceUnavailable || strings.Contains(a.body, "254700000001") {
			t.Errorf("shown without a record: %d", a.status)
		}
	})
	t.Run("from another site", func(t *testing.T) {
		req, _ := http.NewRequest("POST", r.server.URL+"/phone/"+token+"/reveal", nil)
		req.Header.Set("Sec-Fetch-Site", "cross-site")
		consoletest.SignIn(req, "operator")
		if a := r.do(req); a.status != http.StatusForbidden {
			t.Errorf("status %d", a.status)
		}
	})
}

func TestProblems(t *testing.T) {
	r := newRig(t)
	token := r.tokenOf("+254700000001")
	for _, tc := range []struct {
		name, method, path string
		form               url.Values
		status             int
		says               string
	}{
		{"a token of another haat", "GET", "/phone/" + strings.Repeat("A", 43), nil, 404, "no such conversation"},
		{"half a token", "GET", "/phone/" + token[:20], nil, 404, "no such conversation"},
		{"a number for a token", "GET", "/phone/254700000001", nil, 404, "no such conversation"},
		{"a token that was changed", "GET", "/?phone=" + token[:42] + "-", nil, 400, "cannot be read"},
		{"an unknown mode", "GET", "/?mode=fax", nil, 400, "cannot be read"},
		{"an unknown class", "GET", "/?class=x", nil, 400, "cannot be read"},
		{"a sequence below zero", "GET", "/?before=-1", nil, 400, "cannot be read"},
		{"a sequence above all", "GET", "/?before=18446744073709551615", nil, 400, "cannot be read"},
		{"a long text", "GET", "/?q=" + strings.Repeat("x", 201), nil, 400, "cannot be read"},
		{"a time that is none", "GET", "/?from=yesterday", nil, 400, "cannot be read"},
		{"too many last digits", "GET", "/?end=0000001", nil, 400, "cannot be read"},
		{"no number", "POST", "/find", url.Values{"number": {"mama"}}, 400, "no phone number"},
		{"a large form", "POST", "/find", url.Values{"q": {strings.Repeat("x", 70<<10)}}, 400, "cannot be read"},
		{"rows after nothing", "GET", "/rows?after=x", nil, 400, "cannot be read"},
		{"a stream after nothing", "GET", "/live?after=x", nil, 400, "cannot be read"},
		{"a time of the audit", "GET", "/audit?before=x", nil, 400, "cannot be read"},
		{"a conversation at nothing", "GET", "/phone/" + token + "?at=x", nil, 400, "cannot be read"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			a := r.ask("admin", tc.method, tc.path, tc.form)
			if a.status != tc.status || !strings.Contains(a.body, tc.says) {
				t.Errorf("%d, want %d and %q:\n%s", a.status, tc.status, tc.says, a.body)
			}
		})
	}
	t.Run("the index fails", func(t *testing.T) {
		r.index.Fail(errors.New("disk I/O error at +254700000001"))
		defer r.index.Fail(nil)
		for _, path := range []string{"/", "/rows", "/counters", "/phone/" + token, "/phone/" + token + "/older"} {
			a := r.ask("admin", "GET", path, nil)
			if a.status != http.StatusServiceUnavailable || !strings.Contains(a.body, "did not work") || strings.Contains(a.body, "disk I/O") {
				t.Errorf("%s: %d %s", path, a.status, a.body)
			}
		}
	})
}

func TestSettings(t *testing.T) {
	r := newRig(t, func(c *console.Config) { c.PublicURL = "https://haat.example" })
	for _, tc := range []struct {
		name   string
		form   url.Values
		cookie string
		to     string
	}{
		{"a language", url.Values{"language": {"zh"}, "back": {"/?q=rice"}}, "haat_language=zh", "/?q=rice"},
		{"a theme", url.Values{"theme": {"dark"}, "back": {"/audit"}}, "haat_theme=dark", "/audit"},
		{"an unknown language", url.Values{"language": {"xx"}}, "", "/"},
		{"an unknown theme", url.Values{"theme": {"\r\nx"}}, "", "/"},
		{"away to another site", url.Values{"back": {"//evil.example/"}}, "", "/"},
		{"away with a scheme", url.Values{"back": {"https://evil.example/"}}, "", "/"},
		{"away with a backslash", url.Values{"back": {`/\evil.example`}}, "", "/"},
		{"to a script", url.Values{"back": {"javascript:alert(1)"}}, "", "/"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			a := r.ask("viewer", "POST", "/settings", tc.form)
			if a.status != http.StatusSeeOther || a.header.Get("Location") != tc.to {
				t.Errorf("%d to %q", a.status, a.header.Get("Location"))
			}
			got := a.header.Get("Set-Cookie")
			if !strings.HasPrefix(got, tc.cookie) || tc.cookie == "" && got != "" {
				t.Errorf("cookie %q", got)
			}
			if got != "" && !(strings.Contains(got, "Secure") && strings.Contains(got, "HttpOnly") && strings.Contains(got, "SameSite=Lax")) {
				t.Errorf("cookie %q is not guarded", got)
			}
		})
	}
}

func TestLanguageOfPages(t *testing.T) {
	r := newRig(t)
	for _, tc := range []struct{ name, cookie, accept, lang, says string }{
		{"nothing asked for", "", "", "en", "Messages"},
		{"by the browser", "", "sw-KE,en;q=0.5", "sw", "Ujumbe"},
		{"by the browser, unknown", "", "fr", "en", "Messages"},
		{"by the browser, with a region", "", "zh-Hans-CN", "zh", "消息"},
		{"chosen", "zh", "sw", "zh", "消息"},
		{"chosen, unknown", "xx", "sw", "sw", "Ujumbe"},
		{"nonsense", "", ";;;q=", "en", "Messages"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			req, _ := http.NewRequest("GET", r.server.URL+"/", nil)
			consoletest.SignIn(req, "viewer")
			req.Header.Set("Accept-Language", tc.accept)
			if tc.cookie != "" {
				req.AddCookie(&http.Cookie{Name: "haat_language", Value: tc.cookie})
			}
			a := r.do(req)
			if !strings.Contains(a.body, `<html lang="`+tc.lang+`"`) || !strings.Contains(a.body, tc.says) {
				t.Errorf("not in %s:\n%.400s", tc.lang, a.body)
			}
		})
	}
}

func TestDemoIsSaid(t *testing.T) {
	if strings.Contains(newRig(t).get("/"), "This is a demo") {
		t.Error("said where it is none")
	}
	if !strings.Contains(newRig(t, func(c *console.Config) { c.Demo = true }).get("/audit"), "This is a demo") {
		t.Error("not said")
	}
}
