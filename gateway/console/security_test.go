package console_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"haat/gateway/console"
	"haat/gateway/console/account"
	"haat/gateway/console/consoletest"
	"haat/orders"
)

// TestEveryPostChecksItsOrigin sends what each form sends from another site's
// page, in a browser that is signed in.
func TestEveryPostChecksItsOrigin(t *testing.T) {
	r, o := withOperators(t)
	r.index.Add(consoletest.Market(at)...)
	token := r.tokenOf("+254700000001")
	for _, route := range console.RoutesOf(r.console) {
		if route.Method == http.MethodGet {
			continue
		}
		path := strings.NewReplacer("{token}", token, "{name}", "viewer", "{change}", "remove").Replace(route.Path)
		for name, headers := range map[string][2]string{"a browser of today": {"Sec-Fetch-Site", "cross-site"}, "another port": {"Sec-Fetch-Site", "same-site"}, "an old browser": {"Origin", "https://evil.example"}, "a frame": {"Origin", "null"}} {
			req, err := http.NewRequest(route.Method, r.server.URL+path, strings.NewReader("name=mallory&role=admin"))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			req.Header.Set(headers[0], headers[1])
			consoletest.SignIn(req, "admin")
			if a := r.do(req); a.status != http.StatusForbidden {
				t.Errorf("%s from %s: %d", path, name, a.status)
			}
		}
	}
	if acts, _ := r.gate.Acts(t.Context(), at.AddDate(1, 0, 0), 10); len(acts) != 0 || len(o.Did) != 0 {
		t.Errorf("done by another site: %v %v", acts, o.Did)
	}
}

// TestEveryRouteThroughTheAccounts walks the table with the real gate: nobody
// sees a page without a session, and every answer has its headers.
func TestEveryRouteThroughTheAccounts(t *testing.T) {
	w := newWhole(t)
	bare := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	for _, path := range []string{"/", "/rows", "/live", "/counters", "/audit", "/phone/x", "/static/console.css", "/static/none.css", "/login", "/first", "/join"} {
		resp, err := bare.Get(w.server.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		open := strings.HasPrefix(path, "/static/") || path == "/login" || path == "/first" || path == "/join"
		if to := resp.Header.Get("Location"); strings.HasPrefix(to, "/login") == open {
			t.Errorf("%s: %d to %q", path, resp.StatusCode, to)
		}
		wantHeaders(t, answer{resp.StatusCode, resp.Header, ""})
	}
	for _, route := range []string{"/login", "/logout", "/first", "/join", "/settings", "/find"} {
		req, err := http.NewRequest(http.MethodPost, w.server.URL+route, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Origin", "https://evil.example")
		resp, err := bare.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusForbidden {
			t.Errorf("POST %s from elsewhere: %d", route, resp.StatusCode)
		}
		wantHeaders(t, answer{resp.StatusCode, resp.Header, ""})
	}
}

// TestCatalogueAndStationsAreInert: their names come from files of others.
func TestCatalogueAndStationsAreInert(t *testing.T) {
	for _, payload := range []string{`"><script>alert(1)</script>`, `<img src=x onerror=alert(1)>`, `' autofocus onfocus='alert(1)`, `</option></select><svg onload=alert(1)>`, "javascript:alert(1)"} {
		r := newRig(t, func(c *console.Config) {
			c.Product = func(string, string) string { return payload }
			c.Stations = []orders.Station{{ID: "ST01", Name: payload, Village: payload}}
			c.Languages = []console.Language{{Code: "en", Name: payload}}
			c.Channels = []string{payload}
		})
		r.index.Add(consoletest.Market(at)...)
		token := r.tokenOf("+254700000001")
		for where, page := range map[string]string{"log": r.get("/"), "station": r.get("/?station=ST01"), "conversation": r.get("/phone/" + token), "channel": r.get("/?channel=" + url.QueryEscape(payload))} {
			wantInert(t, where+" with "+payload, page)
		}
	}
}

// TestSessionCookiesOverTLS: behind a proxy with TLS every cookie of ours is for
// TLS, for this host, and out of reach of scripts.
func TestSessionCookiesOverTLS(t *testing.T) {
	a, err := account.Open(t.Context(), t.TempDir()+"/console.db", account.Config{PublicURL: "https://haat.example"})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	if err := a.Add(t.Context(), account.CommandLine, "amani", account.Admin, password); err != nil {
		t.Fatal(err)
	}
	r := newRig(t, func(c *console.Config) { c.Gate, c.PublicURL = a, "https://haat.example" })
	got := r.ask("", "POST", "/login", url.Values{"name": {"amani"}, "password": {password}})
	cookies := got.header.Values("Set-Cookie")
	if len(cookies) != 2 || got.header.Get("Strict-Transport-Security") == "" {
		t.Errorf("%d cookies, %v", len(cookies), got.header)
	}
	for _, c := range cookies {
		for _, flag := range []string{"__Host-haat", "; Secure", "; HttpOnly", "; SameSite=Lax", "; Path=/"} {
			if !strings.Contains(c, flag) {
				t.Errorf("%s lacks %s", c, flag)
			}
		}
	}
}
