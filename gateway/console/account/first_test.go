package account

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// pathOf is the path and the query of a link.
func pathOf(t *testing.T, link string) string {
	t.Helper()
	u, err := url.Parse(link)
	if err != nil || u.Host == "" {
		t.Fatalf("link %q: %v", link, err)
	}
	return u.RequestURI()
}

func firstForm(link, name, password, repeat string) url.Values {
	u, _ := url.Parse(link)
	return url.Values{"token": {u.Query().Get("token")}, "name": {name}, "password": {password}, "repeat": {repeat}}
}

func (a *Accounts) firstLink(t *testing.T) string {
	t.Helper()
	link, err := a.FirstLink(t.Context(), "http://127.0.0.1:8080/")
	if err != nil {
		t.Fatal(err)
	}
	return link
}

func TestFirstOperator(t *testing.T) {
	a := open(t, Config{})
	link := a.firstLink(t)
	if !strings.HasPrefix(link, "http://127.0.0.1:8080/first?token=") {
		t.Fatalf("the link is %q", link)
	}
	b := visit(t, a)
	if got := b.get(pathOf(t, link)); got.status != 200 || !strings.Contains(got.body, `autocomplete="new-password"`) {
		t.Fatalf("%d\n%s", got.status, got.body)
	}
	for _, tc := range []struct{ name, operator, password, repeat, field string }{
		{"short", "amina", "kx9!", "kx9!", "password"},
		{"unlike", "amina", good, good + "x", "repeat"},
		{"name", "a b", good, good, "name"},
		{"the demo's name", "demo", good, good, "name"},
	} {
		got := b.ask("POST", "/first", firstForm(link, tc.operator, tc.password, tc.repeat))
		if got.status != 422 || !strings.Contains(got.body, `<a href="#`+tc.field+`">`) || !strings.Contains(got.body, `value="`+tc.operator+`"`) {
			t.Errorf("%s: %d\n%s", tc.name, got.status, got.body)
		}
		if strings.Contains(got.body, tc.password) {
			t.Errorf("%s: the password is in the page", tc.name)
		}
	}
	if got := b.ask("POST", "/first", firstForm(link, "amina", good, good)); got.status != 303 || got.header.Get("Location") != "/" {
		t.Fatalf("%d\n%s", got.status, got.body)
	}
	if got := b.get("/audit"); got.body != "hello amina admin true" {
		t.Errorf("then: %d %q", got.status, got.body)
	}
	if got := b.ask("POST", "/first", firstForm(link, "mallory", good, good)); got.status != http.StatusGone {
		t.Errorf("a second time: %d", got.status)
	}
	if again := a.firstLink(t); again != "" {
		t.Errorf("another link: %q", again)
	}
}

func TestFirstLinkIsGood(t *testing.T) {
	for _, tc := range []struct {
		name   string
		before func(t *testing.T, a *Accounts) (link string)
		status int
	}{
		{"at once", func(t *testing.T, a *Accounts) string { return a.firstLink(t) }, 200},
		{"nearly a day", func(t *testing.T, a *Accounts) string {
			link := a.firstLink(t)
			time.Sleep(linkTime - time.Second)
			return link
		}, 200},
		{"after a day", func(t *testing.T, a *Accounts) string {
			link := a.firstLink(t)
			time.Sleep(linkTime)
			return link
		}, 410},
		{"replaced", func(t *testing.T, a *Accounts) string {
			link := a.firstLink(t)
			a.firstLink(t)
			return link
		}, 410},
		{"somebody is there", func(t *testing.T, a *Accounts) string {
			link := a.firstLink(t)
			a.add(t, "otieno", Viewer)
			return link
		}, 410},
		{"the demo's operator does not count", func(t *testing.T, a *Accounts) string {
			if _, _, err := a.Demo(t.Context()); err != nil {
				t.Fatal(err)
			}
			return a.firstLink(t)
		}, 200},
		{"made up", func(t *testing.T, a *Accounts) string {
			a.firstLink(t)
			return "http://x/first?token=AAAAAAAAAAAAAAAAAAAAAAAAAA"
		}, 410},
		{"without token", func(t *testing.T, a *Accounts) string {
			a.firstLink(t)
			return "http://x/first"
		}, 410},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := open(t, Config{})
				link := tc.before(t, a)
				h := a.console()
				if got := knock(h, office, "GET", pathOf(t, link), nil); got.StatusCode != tc.status {
					t.Errorf("the page: %d, want %d", got.StatusCode, tc.status)
				}
				got := knock(h, office, "POST", "/first", firstForm(link, "amina", good, good))
				if made := got.StatusCode == http.StatusSeeOther; made != (tc.status == 200) {
					t.Errorf("the form: %d", got.StatusCode)
				}
			})
		})
	}
}

func TestFirstLinkIsUsedOnce(t *testing.T) {
	a := open(t, Config{})
	link := a.firstLink(t)
	h := a.console()
	var made atomic.Int32
	var all sync.WaitGroup
	for i := range 10 {
		all.Go(func() {
			if got := knock(h, office, "POST", "/first", firstForm(link, "amina"+string(rune('a'+i)), good, good)); got.StatusCode == http.StatusSeeOther {
				made.Add(1)
			}
		})
	}
	all.Wait()
	list, err := a.List(t.Context())
	if err != nil || len(list) != 1 || made.Load() != 1 {
		t.Errorf("%d were let in, %d operators, %v", made.Load(), len(list), err)
	}
}

func TestDemo(t *testing.T) {
	path := filepath.Join(t.TempDir(), "console.db")
	a := openAt(t, path, Config{})
	name, password, err := a.Demo(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := checkPassword(name, password); err != nil || name != "demo" {
		t.Errorf("%s with a password that is refused: %v", name, err)
	}
	h := a.console()
	for _, tc := range []struct {
		name, from, forwarded string
		status                int
	}{
		{"from here", "127.0.0.1:1", "", 303},
		{"from here by IPv6", "[::1]:1", "", 303},
		{"from elsewhere", "192.0.2.1:1", "", 422},
		{"through a proxy", "127.0.0.1:1", "192.0.2.1", 422},
		{"through a proxy from here", "127.0.0.1:1", "127.0.0.1", 422},
	} {
		t.Run(tc.name, func(t *testing.T) {
			ask := func(method, path string, cookies []*http.Cookie) *http.Response {
				r := httptest.NewRequest(method, path, strings.NewReader(url.Values{"name": {name}, "password": {password}}.Encode()))
				r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
				r.RemoteAddr = tc.from
				if tc.forwarded != "" {
					r.Header.Set("X-Forwarded-For", tc.forwarded)
				}
				for _, c := range cookies {
					r.AddCookie(c)
				}
				w := httptest.NewRecorder()
				h.ServeHTTP(w, r)
				return w.Result()
			}
			if got := ask("POST", "/login", nil); got.StatusCode != tc.status {
				t.Errorf("%d, want %d", got.StatusCode, tc.status)
			}
			// A session that was begun here is good here only, too.
			cookies := knockToSignIn(h, "127.0.0.1:1", name, password).Cookies()
			if got := ask("GET", "/", cookies); (got.StatusCode == 200) != (tc.status == 303) {
				t.Errorf("its session: %d", got.StatusCode)
			}
		})
	}
	cookies := knockToSignIn(h, "127.0.0.1:1", name, password).Cookies()
	if got := knock(openAt(t, path, Config{}).console(), "127.0.0.1:1", "GET", "/", nil, cookies...); got.StatusCode != 303 {
		t.Errorf("a haat that is no demo, on the same data: %d", got.StatusCode)
	}
	_, renewed, err := a.Demo(t.Context())
	if err != nil || renewed == password {
		t.Errorf("the next start gives the same password (%v)", err)
	}
	if got := knockToSignIn(h, "127.0.0.1:1", name, password); got.StatusCode == 303 {
		t.Error("the password of the last start is good")
	}
	if got := knockToSignIn(h, "127.0.0.1:1", name, renewed); got.StatusCode != 303 {
		t.Errorf("the new password: %d", got.StatusCode)
	}
}

// No password and no token is in the program's log or, as it is, in its files.
func TestSecretsAreKeptNowhere(t *testing.T) {
	log := &said{}
	path := filepath.Join(t.TempDir(), "console.db")
	a := openAt(t, path, Config{Logger: logTo(log)})
	link := a.firstLink(t)
	token := firstForm(link, "", "", "").Get("token")
	b := visit(t, a)
	secrets := []string{"mti wa matunda mazuri", "a wrong password of theirs", "typed into the name", token}
	b.ask("POST", "/first", firstForm(link, "amina", secrets[0], secrets[0]))
	secrets = append(secrets, b.cookies()[sessionCookie], b.cookies()[deviceCookie])
	for range freeOfName + 1 {
		another(t, b.site).signIn("amina", secrets[1])
		another(t, b.site).signIn(secrets[2], secrets[1])
	}
	b.ask("POST", "/send", nil, "Origin: https://evil.example")
	b.get("/first?token=" + token)
	b.ask("POST", "/logout", nil)
	b.mustSignIn("amina", secrets[0])
	if err := a.db.Close(); err != nil {
		t.Fatal(err)
	}
	b.get("/")
	b.signIn("amina", secrets[0])
	for _, words := range []string{"has signed in", "a sign-in has failed", "another site", "accounts have failed"} {
		if !strings.Contains(log.String(), words) {
			t.Errorf("the log does not say %q:\n%s", words, log)
		}
	}
	files, err := filepath.Glob(path + "*")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	kept := log.String()
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		kept += string(data)
	}
	for _, secret := range secrets {
		if secret == "" || strings.Contains(kept, secret) {
			t.Errorf("%q is kept", secret)
		}
	}
}

// With the database gone every page answers, and nobody is let in.
func TestFaultsOfTheDatabase(t *testing.T) {
	a, err := Open(t.Context(), filepath.Join(t.TempDir(), "console.db"), Config{})
	if err != nil {
		t.Fatal(err)
	}
	a.hashes.cost = cheap()
	a.add(t, "amina", Admin)
	h := a.console()
	cookies := knockToSignIn(h, office, "amina", good).Cookies()
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ method, path string }{{"GET", "/"}, {"POST", "/login"}, {"GET", "/first?token=x"}, {"POST", "/first"}} {
		got := knock(h, office, tc.method, tc.path, url.Values{"name": {"amina"}, "password": {good}}, cookies...)
		text, err := io.ReadAll(got.Body)
		if err != nil || got.StatusCode != http.StatusServiceUnavailable || !strings.Contains(string(text), "cannot open the accounts") {
			t.Errorf("%s %s: %d\n%s", tc.method, tc.path, got.StatusCode, text)
		}
	}
	if got := knock(h, office, "POST", "/logout", nil, cookies...); got.StatusCode != http.StatusSeeOther {
		t.Errorf("signing out: %d", got.StatusCode)
	}
}
