package account

import (
	"bytes"
	"database/sql"
	"fmt"
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
)

// good is a password that nobody minds.
const good = "maji moto ya asubuhi"

// cheap is what hashing costs in tests that are about something else.
func cheap() cost { return cost{Memory: 64, Passes: 1, Threads: 1} }

// open opens accounts whose hashes are cheap.
func open(t testing.TB, cfg Config) *Accounts {
	return openAt(t, filepath.Join(t.TempDir(), "console.db"), cfg)
}

func openAt(t testing.TB, path string, cfg Config) *Accounts {
	t.Helper()
	a, err := Open(t.Context(), path, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	a.hashes.cost = cheap()
	return a
}

func (a *Accounts) add(t testing.TB, name string, role Role) {
	t.Helper()
	if err := a.Add(t.Context(), "test", name, role, good); err != nil {
		t.Fatal(err)
	}
}

// chief adds an administrator who stays when the others go.
func (a *Accounts) chief(t testing.TB) {
	t.Helper()
	err := a.db.Within(t.Context(), func(tx *sql.Tx) error {
		return insertOperator(t.Context(), tx, operator{Operator: Operator{Name: "zz-chief", Role: Admin, At: time.Now()}, hash: "x"})
	})
	if err != nil {
		t.Fatal(err)
	}
}

// console is a small console behind the gate.
func (a *Accounts) console() *http.ServeMux {
	mux := http.NewServeMux()
	a.Routes(mux)
	hello := func(w http.ResponseWriter, r *http.Request) {
		o, ok := a.Of(r)
		fmt.Fprintf(w, "hello %s %s %v", o.Name, o.Role, ok)
	}
	mux.Handle("GET /{$}", a.Require(Viewer, hello))
	mux.Handle("GET /orders", a.Require(Viewer, hello))
	mux.Handle("POST /send", a.Require(Agent, hello))
	mux.Handle("GET /audit", a.Require(Admin, hello))
	mux.Handle("GET /live", a.Require(Viewer, func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, "data: open\n\n")
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	}))
	return mux
}

// said is what the log was told; it may be read while it is written.
type said struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *said) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

func (s *said) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

func logTo(s *said) zerolog.Logger { return zerolog.New(s) }

// browser is a browser that shows the console over real HTTP.
type browser struct {
	t    testing.TB
	site *httptest.Server
	jar  *cookiejar.Jar
}

func visit(t testing.TB, a *Accounts) *browser {
	site := httptest.NewServer(a.console())
	t.Cleanup(site.Close)
	return another(t, site)
}

func another(t testing.TB, site *httptest.Server) *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &browser{t, site, jar}
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   string
}

// ask makes a request, with headers "Name: value", and follows no redirect.
func (b *browser) ask(method, path string, form url.Values, headers ...string) answer {
	b.t.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r, err := http.NewRequestWithContext(b.t.Context(), method, b.site.URL+path, body)
	if err != nil {
		b.t.Fatal(err)
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
	}
	client := *b.site.Client()
	client.Jar = b.jar
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := client.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return answer{resp.StatusCode, resp.Header, string(text)}
}

func (b *browser) get(path string, headers ...string) answer {
	b.t.Helper()
	return b.ask("GET", path, nil, headers...)
}

func (b *browser) signIn(name, password string, headers ...string) answer {
	b.t.Helper()
	return b.ask("POST", "/login", url.Values{"name": {name}, "password": {password}}, headers...)
}

// mustSignIn signs in, or the test is over.
func (b *browser) mustSignIn(name, password string) {
	b.t.Helper()
	if got := b.signIn(name, password); got.status != http.StatusSeeOther {
		b.t.Fatalf("signing in: %d\n%s", got.status, got.body)
	}
}

func (b *browser) cookies() map[string]string {
	u, err := url.Parse(b.site.URL)
	if err != nil {
		b.t.Fatal(err)
	}
	values := map[string]string{}
	for _, c := range b.jar.Cookies(u) {
		values[c.Name] = c.Value
	}
	return values
}

// knock makes a request without a network, from any address: for tests in
// which time is not the real one.
func knock(h http.Handler, from, method, path string, form url.Values, cookies ...*http.Cookie) *http.Response {
	r := httptest.NewRequest(method, path, strings.NewReader(form.Encode()))
	r.RemoteAddr = from
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for _, c := range cookies {
		r.AddCookie(c)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func knockToSignIn(h http.Handler, from, name, password string, cookies ...*http.Cookie) *http.Response {
	return knock(h, from, "POST", "/login", url.Values{"name": {name}, "password": {password}}, cookies...)
}
