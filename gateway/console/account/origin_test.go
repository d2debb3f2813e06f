package account

import (
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

func TestOnlyPagesOfTheConsoleAreGoneBackTo(t *testing.T) {
	for _, tc := range []struct{ name, next, want string }{
		{"none", "", "/"},
		{"page", "/orders", "/orders"},
		{"with a filter", "/?channel=kenya&text=2%20rice#top", "/?channel=kenya&text=2%20rice#top"},
		{"an address in the filter", "/?back=https://evil.example", "/?back=https://evil.example"},
		{"another site", "https://evil.example", "/"},
		{"no scheme", "//evil.example", "/"},
		{"three slashes", "///evil.example", "/"},
		{"backslash", `/\evil.example`, "/"},
		{"backslashes", `\\evil.example`, "/"},
		{"encoded slash", "/%2fevil.example", "/"},
		{"encoded backslash", "/%5cevil.example", "/"},
		{"tab", "/\t/evil.example", "/"},
		{"newline", "/\n/evil.example", "/"},
		{"header", "/a\r\nSet-Cookie: a=b", "/"},
		{"blank before", " https://evil.example", "/"},
		{"script", "javascript:alert(1)", "/"},
		{"data", "data:text/html,x", "/"},
		{"user", "/@evil.example", "/@evil.example"},
		{"relative", "evil.example", "/"},
		{"no UTF-8", "/\xff", "/"},
		{"sign-in itself", "/login?next=/login", "/"},
		{"sign-out", "/logout", "/"},
		{"long", "/" + strings.Repeat("a", 2000), "/"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := localPath(tc.next); got != tc.want {
				t.Errorf("%q, want %q", got, tc.want)
			}
		})
	}
}

func FuzzLocalPath(f *testing.F) {
	for _, seed := range []string{"/orders?a=b", "//evil.example", `/\evil.example`, "/\t/evil.example", "/%2fevil.example", "/.//evil.example"} {
		f.Add(seed)
	}
	base, err := url.Parse("https://console.example/login")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, next string) {
		w := httptest.NewRecorder()
		http.Redirect(w, httptest.NewRequest("POST", "/login", nil), localPath(next), http.StatusSeeOther)
		// What browsers do before they read it (the URL standard).
		location := strings.NewReplacer("\t", "", "\n", "", "\r", "", `\`, "/").Replace(strings.TrimSpace(w.Header().Get("Location")))
		if !strings.HasPrefix(location, "/") || strings.HasPrefix(location, "//") {
			t.Fatalf("%q leads to %q", next, location)
		}
		to, err := base.Parse(location)
		if err != nil || to.Host != base.Host || to.Scheme != base.Scheme {
			t.Fatalf("%q leads to %v (%v)", next, to, err)
		}
	})
}

func TestSigningInGoesBack(t *testing.T) {
	a := open(t, Config{})
	a.add(t, "amina", Admin)
	for next, want := range map[string]string{"/orders?p=2": "/orders?p=2", "https://evil.example/": "/", "": "/", "//evil.example": "/"} {
		b := visit(t, a)
		if got := b.get("/login?" + url.Values{"next": {next}}.Encode()); strings.Contains(got.body, "evil") {
			t.Errorf("the form carries %q", next)
		}
		got := b.ask("POST", "/login", url.Values{"name": {"amina"}, "password": {good}, "next": {next}})
		if got.status != http.StatusSeeOther || got.header.Get("Location") != want {
			t.Errorf("%q: %d to %q, want %q", next, got.status, got.header.Get("Location"), want)
		}
		// Who is signed in already goes straight on.
		if got := b.get("/login?" + url.Values{"next": {next}}.Encode()); got.header.Get("Location") != want {
			t.Errorf("%q: then to %q, want %q", next, got.header.Get("Location"), want)
		}
	}
}

func TestCookiesFollowTheScheme(t *testing.T) {
	for _, tc := range []struct {
		name, public string
		tls          bool
		from, proto  string
		secure       bool
	}{
		{"plain", "", false, "192.0.2.1:4000", "", false},
		{"TLS", "", true, "192.0.2.1:4000", "", true},
		{"TLS by the public address", "https://sms.example.org", false, "192.0.2.1:4000", "", true},
		{"plain public address", "http://console.lan", false, "192.0.2.1:4000", "", false},
		{"proxy on this machine", "", false, "127.0.0.1:4000", "https", true},
		{"somebody who says so", "", false, "192.0.2.1:4000", "https", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			a := open(t, Config{PublicURL: tc.public})
			a.add(t, "amina", Admin)
			ask := func(method, path string, cookies []*http.Cookie) *http.Response {
				r := httptest.NewRequest(method, path, strings.NewReader(url.Values{"name": {"amina"}, "password": {good}}.Encode()))
				r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
				r.RemoteAddr = tc.from
				if tc.proto != "" {
					r.Header.Set("X-Forwarded-Proto", tc.proto)
				}
				if tc.tls {
					r.TLS = &tls.ConnectionState{}
				}
				for _, c := range cookies {
					r.AddCookie(c)
				}
				w := httptest.NewRecorder()
				a.console().ServeHTTP(w, r)
				return w.Result()
			}
			got := ask("POST", "/login", nil).Cookies()
			if len(got) != 2 {
				t.Fatalf("%d cookies", len(got))
			}
			for _, c := range got {
				if !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" || c.MaxAge <= 0 {
					t.Errorf("%v", c)
				}
				if c.Secure != tc.secure || strings.HasPrefix(c.Name, "__Host-") != tc.secure {
					t.Errorf("secure %v: %v", c.Secure, c)
				}
			}
			if got := ask("GET", "/", got); got.StatusCode != http.StatusOK {
				t.Errorf("with them: %d", got.StatusCode)
			}
			for _, c := range ask("POST", "/logout", got).Cookies() {
				if c.MaxAge >= 0 || c.Secure != tc.secure {
					t.Errorf("after signing out: %v", c)
				}
			}
		})
	}
}

// Over TLS a cookie without the prefix may be another host's, and is not read.
func TestCookieOfAnotherHostIsNotRead(t *testing.T) {
	a := open(t, Config{PublicURL: "https://sms.example.org"})
	a.add(t, "amina", Admin)
	mux := a.console()
	var planted []*http.Cookie
	for _, c := range knockToSignIn(mux, "192.0.2.1:1", "amina", good).Cookies() {
		planted = append(planted, &http.Cookie{Name: strings.TrimPrefix(c.Name, hostPrefix), Value: c.Value})
	}
	if got := knock(mux, "192.0.2.1:1", "GET", "/", nil, planted...); got.StatusCode != http.StatusSeeOther {
		t.Errorf("%d", got.StatusCode)
	}
}

func TestWhoseAddress(t *testing.T) {
	for _, tc := range []struct {
		name, remote string
		headers      []string
		want         string
		here         bool
	}{
		{"plain", "192.0.2.1:4000", nil, "192.0.2.1", false},
		{"this machine", "127.0.0.1:4000", nil, "127.0.0.1", true},
		{"this machine by IPv6", "[::1]:4000", nil, "::1", true},
		{"IPv4 in IPv6", "[::ffff:192.0.2.1]:4000", nil, "192.0.2.1", false},
		{"a network of IPv6", "[2001:db8:1:2:3::4]:4000", nil, "2001:db8:1:2::/64", false},
		{"a proxy here", "127.0.0.1:4000", []string{"X-Forwarded-For: 192.0.2.7"}, "192.0.2.7", false},
		{"a proxy here and what the client said", "127.0.0.1:4000", []string{"X-Forwarded-For: 203.0.113.9, 192.0.2.7"}, "192.0.2.7", false},
		{"a proxy here that names nobody", "127.0.0.1:4000", []string{"X-Forwarded-For: somebody"}, "127.0.0.1", false},
		{"a proxy that only says how", "127.0.0.1:4000", []string{"X-Forwarded-Proto: https"}, "127.0.0.1", false},
		{"a stranger who claims", "192.0.2.1:4000", []string{"X-Forwarded-For: 127.0.0.1"}, "192.0.2.1", false},
		{"nothing", "", nil, "invalid IP", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := httptest.NewRequest("GET", "/", nil)
			r.RemoteAddr = tc.remote
			for _, h := range tc.headers {
				name, value, _ := strings.Cut(h, ": ")
				r.Header.Add(name, value)
			}
			if got := client(r); got != tc.want || fromHere(r) != tc.here {
				t.Errorf("%s here=%v, want %s here=%v", got, fromHere(r), tc.want, tc.here)
			}
		})
	}
}
