package account_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"haat/gateway/console/account"
	"haat/gateway/console/consoletest"
)

// elsewhere is a console whose operators sign in at a provider.
type elsewhere struct {
	t        *testing.T
	provider *consoletest.Provider
	accounts *account.Accounts
	base     string
	logged   *lockedBuffer
}

type lockedBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

func newElsewhere(t *testing.T, change ...func(*account.OIDC)) *elsewhere {
	t.Helper()
	e := &elsewhere{t: t, provider: consoletest.NewProvider(t), logged: &lockedBuffer{}}
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	e.base = server.URL
	cfg := account.OIDC{Issuer: e.provider.Server.URL, ClientID: e.provider.Client, ClientSecret: e.provider.Secret, Name: "Sign in with the cooperative",
		Claim: "groups", Roles: map[string]account.Role{"haat-admins": account.Admin, "haat-lookers": account.Viewer}}
	for _, each := range change {
		each(&cfg)
	}
	var err error
	e.accounts, err = account.Open(t.Context(), filepath.Join(t.TempDir(), "console.db"), account.Config{PublicURL: e.base, OIDC: &cfg, Logger: zerolog.New(e.logged)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		server.Close()
		if err := e.accounts.Close(); err != nil {
			t.Error(err)
		}
	})
	e.accounts.Routes(mux)
	mux.HandleFunc("GET /static/{file}", static)
	page := func(w http.ResponseWriter, r *http.Request) {
		o, _ := e.accounts.Of(r)
		_, _ = w.Write([]byte(`<!doctype html><html lang="en"><link rel="icon" href="/static/mark.svg"><title>in</title><main id="main"><h1 id="who">` + o.Name + " " + string(o.Role) + `</h1></main>`))
	}
	mux.Handle("GET /{$}", e.accounts.Require(account.Viewer, page))
	mux.Handle("GET /orders", e.accounts.Require(account.Viewer, page))
	return e
}

// tab is a browser that goes one step at a time.
type tab struct {
	t      *testing.T
	client *http.Client
}

func (e *elsewhere) tab() *tab {
	jar, err := cookiejar.New(nil)
	if err != nil {
		e.t.Fatal(err)
	}
	return &tab{e.t, &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// reply is what an address has answered.
type reply struct {
	status int
	to     string
	body   string
	header http.Header
}

func (b *tab) get(address string) reply {
	b.t.Helper()
	req, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, address, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	resp, err := b.client.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return reply{resp.StatusCode, resp.Header.Get("Location"), string(text), resp.Header}
}

// toCallback goes to the provider as somebody, and gives the address that it
// sends them back to.
func (e *elsewhere) toCallback(b *tab, subject, next string) string {
	e.t.Helper()
	begun := b.get(e.base + "/login/oidc?" + url.Values{"next": {next}}.Encode())
	if begun.status != http.StatusSeeOther || !strings.HasPrefix(begun.to, e.provider.Server.URL+"/authorize?") {
		e.t.Fatalf("not sent to the provider: %d %s\n%s", begun.status, begun.to, begun.body)
	}
	asked := b.get(begun.to + "&" + url.Values{"who": {subject}}.Encode()) // the page's button is tried in the browser
	if asked.status == http.StatusOK {
		e.t.Fatal("the provider asks")
	}
	return asked.to
}

// comeIn signs somebody in at the provider, all the way.
func (e *elsewhere) comeIn(b *tab, subject, next string) reply {
	e.t.Helper()
	return b.get(e.toCallback(b, subject, next))
}

// as is who the console says that somebody is, "" where nobody.
func (e *elsewhere) as(b *tab) string {
	e.t.Helper()
	page := b.get(e.base + "/")
	_, rest, _ := strings.Cut(page.body, `id="who">`)
	who, _, _ := strings.Cut(rest, "<")
	return who
}

func (e *elsewhere) must(err error) {
	e.t.Helper()
	if err != nil {
		e.t.Fatal(err)
	}
}

func TestWhoComesInByOpenIDConnect(t *testing.T) {
	e := newElsewhere(t)
	add := func(name string, role account.Role, subject string) {
		e.must(e.accounts.AddLinked(t.Context(), "test", name, role, subject))
	}
	add("amina", account.Admin, "sub-amina")
	add("Otieno", account.Agent, "Otieno@coop.example")
	add("wanjiru", account.Viewer, "wanjiru@coop.example")
	e.must(e.accounts.Add(t.Context(), "test", "chief", account.Admin, words))
	for _, tc := range []struct {
		name, subject string
		claims        map[string]any
		who           string
	}{
		{"linked by the subject", "sub-amina", nil, "amina admin"},
		{"the subject counts from then on, in whatever case it is", "SUB-AMINA", nil, ""},
		{"linked by a verified address", "x1", map[string]any{"email": "otieno@COOP.example", "email_verified": true}, "Otieno operator"},
		{"again, with another address", "x1", map[string]any{"email": "new@coop.example", "email_verified": true}, "Otieno operator"},
		{"another person who has got the address", "x2", map[string]any{"email": "otieno@coop.example", "email_verified": true}, ""},
		{"an address that is not verified", "x3", map[string]any{"email": "wanjiru@coop.example"}, ""},
		{"an address that is verified no more", "x3", map[string]any{"email": "wanjiru@coop.example", "email_verified": false}, ""},
		{"an address that is said to be verified, as a text", "x3", map[string]any{"email": "wanjiru@coop.example", "email_verified": "false"}, ""},
		{"a letter that only looks the same", "x4", map[string]any{"email": "wan\u200bjiru@coop.example", "email_verified": true}, ""},
		{"the Kelvin sign for a k", "x4", map[string]any{"email": "wanjiru@coop.example\u212a", "email_verified": true}, ""},
		{"a subject like an address", "wanjiru@coop.example", nil, ""},
		{"called like an operator", "x5", map[string]any{"preferred_username": "chief", "name": "amina"}, ""},
		{"a group", "x6", map[string]any{"preferred_username": "njeri", "groups": []string{"staff", "haat-lookers"}}, "njeri viewer"},
		{"a group that is one text", "x7", map[string]any{"preferred_username": "baraka", "groups": "haat-admins"}, "baraka admin"},
		{"the highest of two", "x8", map[string]any{"name": "Juma Ali", "groups": []string{"haat-lookers", "haat-admins"}}, "Juma-Ali admin"},
		{"a group, called like an operator", "x9", map[string]any{"preferred_username": "CHIEF", "groups": []string{"haat-lookers"}}, "CHIEF-2 viewer"},
		{"a group, called like the demo", "x10", map[string]any{"preferred_username": "demo", "groups": []string{"haat-lookers"}}, "demo-2 viewer"},
		{"a group, without any name", "x11", map[string]any{"preferred_username": "<script>", "email": "@", "groups": []string{"haat-lookers"}}, "script viewer"},
		{"a group, called by nothing that is a name", "x12", map[string]any{"preferred_username": "!!", "groups": []string{"haat-lookers"}}, "operator viewer"},
		{"a group that is none of ours", "x13", map[string]any{"groups": []string{"haat", "admin"}}, ""},
		{"groups that are no texts", "x13", map[string]any{"groups": []any{1, nil, map[string]any{"haat-admins": true}}}, ""},
		{"the role follows the group", "x7", map[string]any{"preferred_username": "baraka", "groups": []string{"haat-lookers"}}, "baraka viewer"},
		{"and goes with it", "x7", map[string]any{"preferred_username": "baraka"}, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			e.t = t
			e.provider.Knows(tc.subject, tc.claims)
			b := e.tab()
			got := e.comeIn(b, tc.subject, "/orders?p=2")
			if who := e.as(b); who != tc.who {
				t.Errorf("signed in as %q, want %q", who, tc.who)
			}
			switch {
			case tc.who != "" && (got.status != http.StatusSeeOther || got.to != "/orders?p=2"):
				t.Errorf("sent on by %d to %q", got.status, got.to)
			case tc.who == "" && (got.status != http.StatusForbidden || !strings.Contains(got.body, "nobody here is known by it")):
				t.Errorf("turned away with %d:\n%s", got.status, got.body)
			}
		})
	}
	for _, secret := range []string{"coop.example", "x13", e.provider.Secret} {
		if strings.Contains(e.logged.String(), secret) {
			t.Errorf("the log tells of %q", secret)
		}
	}
}

// TestTokensThatAreNotTrusted changes the provider's tokens, one thing at a time.
func TestTokensThatAreNotTrusted(t *testing.T) {
	e := newElsewhere(t)
	e.must(e.accounts.AddLinked(t.Context(), "test", "amina", account.Admin, "sub-amina"))
	e.provider.Knows("sub-amina", nil)
	for _, tc := range []struct {
		name, alg string
		twist     func(header, claims map[string]any)
		good      bool
	}{
		{"as it is", "RS256", nil, true},
		{"by elliptic curves", "ES256", nil, true},
		{"made for two, of whom we are the party", "RS256", func(_, c map[string]any) { c["aud"], c["azp"] = []string{"haat", "other"}, "haat" }, true},
		{"made for two, by the other", "RS256", func(_, c map[string]any) { c["aud"], c["azp"] = []string{"haat", "other"}, "other" }, false},
		{"made for two, nobody says by whom", "RS256", func(_, c map[string]any) { c["aud"] = []string{"haat", "other"} }, false},
		{"of another sign-in", "RS256", func(_, c map[string]any) { c["nonce"] = "another" }, false},
		{"without a nonce", "RS256", func(_, c map[string]any) { delete(c, "nonce") }, false},
		{"for another program", "RS256", func(_, c map[string]any) { c["aud"] = "other" }, false},
		{"for nobody", "RS256", func(_, c map[string]any) { delete(c, "aud") }, false},
		{"expired", "RS256", func(_, c map[string]any) { c["exp"] = time.Now().Add(-time.Minute).Unix() }, false},
		{"that never expires", "RS256", func(_, c map[string]any) { delete(c, "exp") }, false},
		{"of another issuer", "RS256", func(_, c map[string]any) { c["iss"] = "https://evil.example" }, false},
		{"without a subject", "RS256", func(_, c map[string]any) { delete(c, "sub") }, false},
		{"with an endless subject", "RS256", func(_, c map[string]any) { c["sub"] = strings.Repeat("x", 256) }, false},
		{"not signed", "none", nil, false},
		{"said not to be signed, with a key", "none", func(h, _ map[string]any) { h["kid"] = "RS256" }, false},
		{"signed with what the client knows", "HS256", nil, false},
		{"signed with an unknown key", "RS256", func(h, _ map[string]any) { h["kid"] = "another" }, false},
		{"signed by one algorithm, said to be another", "RS256", func(h, _ map[string]any) { h["alg"] = "ES256" }, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			e.t = t
			e.provider.SignWith(tc.alg)
			e.provider.Twist(tc.twist)
			b := e.tab()
			got := e.comeIn(b, "sub-amina", "/")
			if in := e.as(b) == "amina admin"; in != tc.good {
				t.Errorf("signed in: %v, want %v", in, tc.good)
			}
			if !tc.good && (got.status != http.StatusForbidden || !strings.Contains(got.body, "cannot be trusted")) {
				t.Errorf("turned away with %d:\n%s", got.status, got.body)
			}
			if strings.Contains(got.body, "eyJ") || strings.Contains(e.logged.String(), "eyJ") {
				t.Error("a token is told")
			}
		})
		// Each failure counts: here they shall not make the next one wait.
		e.must(e.accounts.ForgetAttempts(t.Context()))
	}
}

func TestCallbacksThatAreNotTaken(t *testing.T) {
	e := newElsewhere(t)
	e.must(e.accounts.AddLinked(t.Context(), "test", "amina", account.Admin, "sub-amina"))
	e.provider.Knows("sub-amina", nil)
	change := func(address, name, value string) string {
		u, err := url.Parse(address)
		e.must(err)
		q := u.Query()
		q.Set(name, value)
		u.RawQuery = q.Encode()
		return u.String()
	}
	for _, tc := range []struct {
		name   string
		do     func(b *tab) reply
		status int
		says   string
	}{
		{"another state", func(b *tab) reply { return b.get(change(e.toCallback(b, "sub-amina", "/"), "state", "x")) }, 400, "Begin it again"},
		{"no state", func(b *tab) reply { return b.get(change(e.toCallback(b, "sub-amina", "/"), "state", "")) }, 400, "Begin it again"},
		{"nothing", func(b *tab) reply { return b.get(e.base + "/login/oidc/callback") }, 400, "Begin it again"},
		{"of another issuer", func(b *tab) reply {
			return b.get(change(e.toCallback(b, "sub-amina", "/"), "iss", "https://evil.example"))
		}, 400, "Begin it again"},
		{"in another browser", func(b *tab) reply { return b.get(e.toCallback(e.tab(), "sub-amina", "/")) }, 400, "Begin it again"},
		{"of another browser, which has begun one itself", func(b *tab) reply {
			e.toCallback(b, "sub-amina", "/")
			return b.get(e.toCallback(e.tab(), "sub-amina", "/"))
		}, 400, "Begin it again"},
		{"an invented code", func(b *tab) reply { return b.get(change(e.toCallback(b, "sub-amina", "/"), "code", "AAAA")) }, 403, "cannot be trusted"},
		{"the code of another sign-in, whose verifier is another", func(b *tab) reply {
			stolen, err := url.Parse(e.toCallback(e.tab(), "sub-amina", "/"))
			e.must(err)
			return b.get(change(e.toCallback(b, "sub-amina", "/"), "code", stolen.Query().Get("code")))
		}, 403, "cannot be trusted"},
		{"the provider says no", func(b *tab) reply { return e.comeIn(b, "somebody it does not know", "/") }, 403, "let nobody in"},
		{"twice", func(b *tab) reply {
			callback := e.toCallback(b, "sub-amina", "/")
			if got := b.get(callback); got.to != "/" {
				e.t.Errorf("the first time: %d", got.status)
			}
			b.client.Jar.SetCookies(&url.URL{Scheme: "http", Host: strings.TrimPrefix(e.base, "http://"), Path: "/"}, []*http.Cookie{{Name: "haat", Value: "", MaxAge: -1}})
			return b.get(callback)
		}, 400, "Begin it again"},
		{"twice, with the cookie of the first time", func(b *tab) reply {
			callback, base := e.toCallback(b, "sub-amina", "/"), &url.URL{Scheme: "http", Host: strings.TrimPrefix(e.base, "http://"), Path: "/"}
			kept := b.client.Jar.Cookies(base)
			b.get(callback)
			b.client = e.tab().client
			b.client.Jar.SetCookies(base, kept)
			return b.get(callback)
		}, 403, "cannot be trusted"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			e.t = t
			b := e.tab()
			b.t = t
			got := tc.do(b)
			if got.status != tc.status || !strings.Contains(got.body, tc.says) {
				t.Errorf("%d, want %d and %q:\n%s", got.status, tc.status, tc.says, got.body)
			}
			if who := e.as(b); who != "" {
				t.Errorf("signed in as %s", who)
			}
			if got.header.Get("Cache-Control") != "no-store" || !strings.Contains(got.header.Get("Content-Security-Policy"), "default-src 'none'") {
				t.Errorf("headers %v", got.header)
			}
		})
	}
}

// TestNobodyIsLedElsewhere: where one goes on to is a page of this console.
func TestNobodyIsLedElsewhere(t *testing.T) {
	e := newElsewhere(t)
	e.must(e.accounts.AddLinked(t.Context(), "test", "amina", account.Admin, "sub-amina"))
	e.provider.Knows("sub-amina", nil)
	for _, next := range []string{"https://evil.example/", "//evil.example", `/\evil.example`, "javascript:alert(1)", "/login/oidc", "/login/oidc/callback?code=x", "/logout"} {
		if got := e.comeIn(e.tab(), "sub-amina", next); got.status != http.StatusSeeOther || got.to != "/" {
			t.Errorf("%s: %d to %q", next, got.status, got.to)
		}
	}
	long := e.comeIn(e.tab(), "sub-amina", "/orders?q="+strings.Repeat("x", 1900))
	if long.status != http.StatusSeeOther || !strings.HasPrefix(long.to, "/orders?q=xxx") {
		t.Errorf("a long address: %d to %.40q", long.status, long.to)
	}
}

// TestSessionsByOpenIDConnect are as those with a password: new at every sign-in,
// recorded, and over when the operator is removed.
func TestSessionsByOpenIDConnect(t *testing.T) {
	e := newElsewhere(t)
	e.provider.Knows("x1", map[string]any{"preferred_username": "njeri", "groups": []string{"haat-lookers"}})
	b, base := e.tab(), &url.URL{Scheme: "http", Host: strings.TrimPrefix(e.base, "http://"), Path: "/"}
	planted := "PLANTEDPLANTEDPLANTEDPLANT"
	b.client.Jar.SetCookies(base, []*http.Cookie{{Name: "haat", Value: planted}})
	e.comeIn(b, "x1", "/")
	if who := e.as(b); who != "njeri viewer" {
		t.Fatalf("signed in as %q", who)
	}
	tokens := map[string]string{}
	for _, c := range b.client.Jar.Cookies(base) {
		tokens[c.Name] = c.Value
	}
	if tokens["haat"] == planted || tokens["haat"] == "" || tokens["haat-oidc"] != "" {
		t.Errorf("cookies %v", tokens)
	}
	e.comeIn(b, "x1", "/")
	for _, c := range b.client.Jar.Cookies(base) {
		if c.Name == "haat" && c.Value == tokens["haat"] {
			t.Error("the second sign-in has the token of the first")
		}
	}
	old := e.tab()
	old.client.Jar.SetCookies(base, []*http.Cookie{{Name: "haat", Value: tokens["haat"]}})
	if who := e.as(old); who != "" {
		t.Errorf("the first session goes on as %q", who)
	}
	acts, err := e.accounts.Acts(t.Context(), time.Time{}, 10)
	e.must(err)
	if len(acts) != 3 || acts[0].What != account.ActSignIn || acts[0].By != "njeri" || acts[0].Detail != "OpenID Connect" || acts[2].What != account.ActAdded || acts[2].By != account.ByProvider {
		t.Errorf("recorded %+v", acts)
	}
	e.must(e.accounts.Remove(t.Context(), "test", "njeri"))
	if who := e.as(b); who != "" {
		t.Errorf("removed, and still %q", who)
	}
	if got := e.comeIn(e.tab(), "x1", "/"); got.status != http.StatusForbidden {
		t.Errorf("the claim lets them in again: %d", got.status)
	}
	e.must(e.accounts.AddLinked(t.Context(), "test", "njeri", account.Agent, "x1"))
	again := e.tab()
	e.comeIn(again, "x1", "/")
	if who := e.as(again); who != "njeri operator" {
		t.Errorf("added again: %q", who)
	}
	e.must(e.accounts.Add(t.Context(), "test", "amina", account.Admin, words))
	e.must(e.accounts.Link(t.Context(), "test", "njeri", ""))
	if who := e.as(again); who != "" {
		t.Errorf("no longer linked, and still %q", who)
	}
}

// TestAGroupThatIsLostEndsSessions: whoever comes by a claim is out when they
// come without it.
func TestAGroupThatIsLostEndsSessions(t *testing.T) {
	e := newElsewhere(t)
	e.provider.Knows("x1", map[string]any{"preferred_username": "njeri", "groups": []string{"haat-admins"}})
	b := e.tab()
	e.comeIn(b, "x1", "/")
	e.provider.Knows("x1", map[string]any{"preferred_username": "njeri"})
	e.comeIn(e.tab(), "x1", "/")
	if who := e.as(b); who != "" {
		t.Errorf("still %q", who)
	}
}

// TestProviderThatIsDown: haat starts, passwords are good, the page says so, and
// the provider is found when it is up.
func TestProviderThatIsDown(t *testing.T) {
	e := newElsewhere(t)
	e.provider.Down(true)
	e.must(e.accounts.Add(t.Context(), "test", "amina", account.Admin, words))
	e.must(e.accounts.AddLinked(t.Context(), "test", "njeri", account.Viewer, "x1"))
	e.provider.Knows("x1", nil)
	b := e.tab()
	if got := b.get(e.base + "/login"); !strings.Contains(got.body, ">Sign in with the cooperative</a>") {
		t.Errorf("no button:\n%s", got.body)
	}
	got := b.get(e.base + "/login/oidc?next=/orders")
	if got.status != http.StatusServiceUnavailable || !strings.Contains(got.body, "does not answer just now") || !strings.Contains(got.body, `name="password"`) || !strings.Contains(got.body, `href="/login/oidc?next=%2Forders"`) {
		t.Errorf("%d\n%s", got.status, got.body)
	}
	if got := b.get(e.base + "/login"); !strings.Contains(got.body, "does not answer just now") {
		t.Error("the sign-in does not say that it is down")
	}
	resp, err := b.client.PostForm(e.base+"/login", url.Values{"name": {"amina"}, "password": {words}})
	e.must(err)
	resp.Body.Close()
	if who := e.as(b); who != "amina admin" {
		t.Errorf("with a password: %q", who)
	}
	e.provider.Down(false)
	e.accounts.DiscoverNow()
	b = e.tab()
	callback := e.toCallback(b, "x1", "/")
	e.provider.Down(true)
	if got := b.get(callback); got.status != http.StatusServiceUnavailable || !strings.Contains(got.body, "does not answer just now") {
		t.Errorf("down in the middle: %d\n%s", got.status, got.body)
	}
	e.provider.Down(false)
	e.comeIn(b, "x1", "/")
	if who := e.as(b); who != "njeri viewer" {
		t.Errorf("up again: %q", who)
	}
}

// TestAttemptsByOpenIDConnectAreCounted by the address, as those with a password.
func TestAttemptsByOpenIDConnectAreCounted(t *testing.T) {
	e := newElsewhere(t)
	e.provider.Knows("x1", nil)
	for n := range 60 {
		got := e.comeIn(e.tab(), "x1", "/")
		if got.status == http.StatusTooManyRequests {
			if n < 20 || got.header.Get("Retry-After") == "" {
				t.Errorf("after %d, %v", n, got.header)
			}
			return
		}
	}
	t.Error("nobody says to wait")
}

func TestOpenIDConnectNeeds(t *testing.T) {
	for name, cfg := range map[string]account.Config{
		"a public address": {OIDC: &account.OIDC{Issuer: "https://id.example", ClientID: "haat"}},
		"an issuer":        {PublicURL: "https://haat.example", OIDC: &account.OIDC{ClientID: "haat"}},
		"a client":         {PublicURL: "https://haat.example", OIDC: &account.OIDC{Issuer: "https://id.example"}},
		"roles that exist": {PublicURL: "https://haat.example", OIDC: &account.OIDC{Issuer: "https://id.example", ClientID: "haat", Roles: map[string]account.Role{"x": "root"}}},
	} {
		if a, err := account.Open(t.Context(), filepath.Join(t.TempDir(), "console.db"), cfg); err == nil {
			t.Errorf("opened without %s", name)
			_ = a.Close()
		}
	}
}

// TestOpenIDConnectInBrowser signs in by clicking through.
func TestOpenIDConnectInBrowser(t *testing.T) {
	b := consoletest.Open(t)
	e := newElsewhere(t)
	e.must(e.accounts.AddLinked(t.Context(), "test", "amina", account.Admin, "sub-amina"))
	e.provider.Knows("sub-amina", nil)
	e.provider.Knows("stranger", nil)
	b.Go(e.base + "/orders?p=2")
	everywhere(t, b, "login-oidc")
	b.Quiet()
	b.Click(`a[href^="/login/oidc"]`)
	b.Until("the provider asks", `document.querySelector("h1").textContent === "Who are you?"`)
	b.Click(`button[value="stranger"]`)
	b.Until("turned away", `document.activeElement.id === "problem"`)
	everywhere(t, b, "login-oidc-stranger")
	b.Forget()
	b.Click(`a[href^="/login/oidc"]`)
	b.Until("the provider asks", `document.querySelector("h1").textContent === "Who are you?"`)
	b.Click(`button[value="sub-amina"]`)
	b.Until("the page asked for is shown", `location.pathname + location.search === "/orders?p=2" && document.getElementById("who").textContent === "amina admin"`)
	b.Quiet()
}
