package account

import (
	"net/url"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// Every role at every door, and nobody at all.
func TestWhoMayPass(t *testing.T) {
	a := open(t, Config{})
	for name, role := range map[string]Role{"vera": Viewer, "otieno": Agent, "amina": Admin} {
		a.add(t, name, role)
	}
	nobody := visit(t, a)
	signedIn := func(name string) *browser {
		b := another(t, nobody.site)
		b.mustSignIn(name, good)
		return b
	}
	who := map[string]*browser{"nobody": nobody, "viewer": signedIn("vera"), "operator": signedIn("otieno"), "admin": signedIn("amina")}
	for _, door := range []struct {
		method, path string
		want         map[string]int
	}{
		{"GET", "/orders", map[string]int{"nobody": 303, "viewer": 200, "operator": 200, "admin": 200}},
		{"POST", "/send", map[string]int{"nobody": 303, "viewer": 403, "operator": 200, "admin": 200}},
		{"GET", "/audit", map[string]int{"nobody": 303, "viewer": 403, "operator": 403, "admin": 200}},
		{"GET", "/login", map[string]int{"nobody": 200, "viewer": 303, "operator": 303, "admin": 303}},
	} {
		for name, want := range door.want {
			t.Run(door.method+door.path+" "+name, func(t *testing.T) {
				got := who[name].ask(door.method, door.path, nil)
				if got.status != want {
					t.Errorf("%d, want %d", got.status, want)
				}
				if got.status == 403 && !strings.Contains(got.body, "role does not allow") {
					t.Errorf("a refusal without words:\n%s", got.body)
				}
				if cache := got.header.Get("Cache-Control"); cache != "no-store" {
					t.Errorf("Cache-Control %q", cache)
				}
			})
		}
	}
	if got := who["operator"].get("/orders"); got.body != "hello otieno operator true" {
		t.Errorf("the page knows %q", got.body)
	}
}

func TestWhoIsNotSignedInIsAskedTo(t *testing.T) {
	b := visit(t, open(t, Config{}))
	for _, tc := range []struct {
		name     string
		method   string
		path     string
		headers  []string
		status   int
		location string // of Location or HX-Redirect
	}{
		{"page", "GET", "/orders?channel=kenya&q=a+b", nil, 303, "/login?next=%2Forders%3Fchannel%3Dkenya%26q%3Da%2Bb"},
		{"first page", "GET", "/", nil, 303, "/login"},
		{"form", "POST", "/send", nil, 303, "/login"},
		{"htmx", "GET", "/orders", []string{"HX-Request: true", "HX-Current-URL: http://console/audit?p=2"}, 401, "/login?next=%2Faudit%3Fp%3D2"},
		{"htmx that names nothing", "GET", "/orders", []string{"HX-Request: true"}, 401, "/login"},
		{"htmx that names elsewhere", "GET", "/orders", []string{"HX-Request: true", "HX-Current-URL: //evil.example/a"}, 401, "/login?next=%2Fa"},
		{"htmx that names no page", "GET", "/orders", []string{"HX-Request: true", "HX-Current-URL: mailto:x@evil.example"}, 401, "/login"},
		{"stream", "GET", "/live", []string{"Accept: text/event-stream"}, 401, ""},
		{"program", "GET", "/orders", []string{"Accept: application/json"}, 401, ""},
		{"script", "GET", "/orders", []string{"Accept: */*", "Sec-Fetch-Dest: empty"}, 401, ""},
		{"browser", "GET", "/orders", []string{"Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "Sec-Fetch-Dest: document"}, 303, "/login?next=%2Forders"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := b.ask(tc.method, tc.path, nil, tc.headers...)
			location := got.header.Get("Location") + got.header.Get("HX-Redirect")
			if got.status != tc.status || location != tc.location {
				t.Errorf("%d to %q, want %d to %q", got.status, location, tc.status, tc.location)
			}
			if strings.Contains(got.body, "hello") {
				t.Error("the page was served")
			}
		})
	}
}

// What another site makes the browser send is not done, though the cookies are
// with it.
func TestOtherSitesAreRefused(t *testing.T) {
	const public = "https://sms.example.org"
	plain, proxied := open(t, Config{}), open(t, Config{PublicURL: public + ":443/console"})
	plain.add(t, "amina", Admin)
	proxied.add(t, "amina", Admin)
	here, behind := visit(t, plain), visit(t, proxied)
	own := here.site.URL
	for _, tc := range []struct {
		name    string
		b       *browser
		method  string
		headers []string
		status  int
	}{
		{"the same page", here, "POST", []string{"Origin: " + own, "Sec-Fetch-Site: same-origin"}, 200},
		{"a browser that sends no Sec-Fetch", here, "POST", []string{"Origin: " + own}, 200},
		{"no browser", here, "POST", nil, 200},
		{"another site", here, "POST", []string{"Origin: https://evil.example", "Sec-Fetch-Site: cross-site"}, 403},
		{"another site, old browser", here, "POST", []string{"Origin: https://evil.example"}, 403},
		{"another port of this machine", here, "POST", []string{"Origin: http://127.0.0.1:1", "Sec-Fetch-Site: same-site"}, 403},
		{"a frame without origin", here, "POST", []string{"Origin: null"}, 403},
		{"a link from another site", here, "GET", []string{"Sec-Fetch-Site: cross-site"}, 405},
		{"through the proxy", behind, "POST", []string{"Origin: " + public}, 200},
		{"past the proxy", behind, "POST", []string{"Origin: https://evil.example"}, 403},
	} {
		t.Run(tc.name, func(t *testing.T) {
			for _, path := range []string{"/send", "/login", "/logout", "/first"} {
				if tc.status != 403 && path != "/send" {
					continue
				}
				var cookies string
				if tc.b == here {
					here.mustSignIn("amina", good)
				} else {
					w := knockToSignIn(proxied.console(), "192.0.2.1:1", "amina", good)
					for _, c := range w.Cookies() {
						cookies += c.Name + "=" + c.Value + "; "
					}
				}
				headers := tc.headers
				if cookies != "" {
					headers = append(headers, "Cookie: "+cookies)
				}
				if got := tc.b.ask(tc.method, path, url.Values{}, headers...); got.status != tc.status {
					t.Errorf("%s: %d, want %d\n%s", path, got.status, tc.status, got.body)
				}
			}
			if tc.b == here {
				if got := here.get("/"); got.status != 200 {
					t.Errorf("signed out by it: %d", got.status)
				}
			}
		})
	}
}

func TestPagesAreProtectedByHeaders(t *testing.T) {
	for _, tc := range []struct {
		name, public, hsts string
	}{
		{"without an address", "", ""},
		{"plain", "http://console.lan", ""},
		{"TLS", "https://sms.example.org", "max-age=31536000"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			a := open(t, Config{PublicURL: tc.public})
			a.add(t, "amina", Admin)
			b := visit(t, a)
			for _, path := range []string{"/", "/login", "/first?token=x", "/orders"} {
				h := b.get(path).header
				for name, want := range map[string]string{
					"Content-Security-Policy":    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
					"X-Content-Type-Options":     "nosniff",
					"Referrer-Policy":            "same-origin",
					"Cross-Origin-Opener-Policy": "same-origin",
					"Strict-Transport-Security":  tc.hsts,
					"Cache-Control":              "no-store",
				} {
					if got := h.Get(name); got != want {
						t.Errorf("%s: %s is %q", path, name, got)
					}
				}
				if h.Get("Permissions-Policy") == "" {
					t.Errorf("%s: no Permissions-Policy", path)
				}
			}
		})
	}
}

func TestPublicURLMustBeOne(t *testing.T) {
	for _, bad := range []string{"sms.example.org", "ftp://x", "https://", "://"} {
		if a, err := Open(t.Context(), t.TempDir()+"/c.db", Config{PublicURL: bad}); err == nil {
			t.Errorf("%q was taken", bad)
			_ = a.Close()
		}
	}
}

func TestRolesRise(t *testing.T) {
	roles := []Role{"", "root", Viewer, Agent, Admin}
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := rapid.SampledFrom(roles).Draw(t, "a"), rapid.SampledFrom(roles).Draw(t, "b"), rapid.SampledFrom(roles).Draw(t, "c")
		if a.May(b) && b.May(c) && !a.May(c) {
			t.Fatalf("%s may %s may %s", a, b, c)
		}
		if rank(a) == 0 && a.May(b) {
			t.Fatalf("%q may %q", a, b)
		}
	})
}
