package account_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"haat/gateway/console/account"
	"haat/gateway/console/consoletest"
)

const words = "maji moto ya asubuhi"

// house is a console with a page for everybody and one for administrators.
func house(t *testing.T) (*account.Accounts, string) {
	t.Helper()
	a, err := account.Open(t.Context(), filepath.Join(t.TempDir(), "console.db"), account.Config{})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	a.Routes(mux)
	mux.HandleFunc("GET /static/{file}", static)
	page := func(w http.ResponseWriter, r *http.Request) {
		o, _ := a.Of(r)
		_, _ = w.Write([]byte(`<!doctype html><html lang="en"><link rel="icon" href="/static/mark.svg"><title>in</title><main id="main"><h1 id="who">` + o.Name + `</h1><form method="post" action="/logout"><button>out</button></form></main>`))
	}
	mux.Handle("GET /{$}", a.Require(account.Viewer, page))
	mux.Handle("GET /orders", a.Require(account.Viewer, page))
	mux.Handle("GET /audit", a.Require(account.Admin, page))
	server := httptest.NewServer(mux)
	t.Cleanup(func() {
		server.Close()
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	return a, server.URL
}

// static serves the console's files as the console does.
func static(w http.ResponseWriter, r *http.Request) {
	if r.PathValue("file") != "console.css" {
		http.ServeFile(w, r, filepath.Join("../static", filepath.Base(r.PathValue("file"))))
		return
	}
	w.Header().Set("Content-Type", "text/css")
	sheets, _ := filepath.Glob("../static/css/*.css")
	for _, sheet := range sheets {
		text, _ := os.ReadFile(sheet)
		_, _ = w.Write(text)
	}
}

// everywhere looks at the page that is shown at every size and in both themes.
func everywhere(t *testing.T, b *consoletest.Browser, name string) {
	t.Helper()
	for _, size := range []consoletest.Size{consoletest.Desktop, consoletest.Phone} {
		for _, theme := range []string{"light", "dark"} {
			b.See(size, theme)
			at := name + "-" + size.Name + "-" + theme
			b.Accessible(at)
			b.Picture(at)
			if wide := b.Text("document.documentElement.scrollWidth > document.documentElement.clientWidth"); wide != "false" {
				t.Errorf("%s: the page is wider than the screen", at)
			}
		}
	}
}

// The first operator comes by the link, signs out and in again by the keyboard
// alone, and goes on where they wanted to.
func TestSigningInInBrowser(t *testing.T) {
	b := consoletest.Open(t)
	a, url := house(t)
	link, err := a.FirstLink(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	b.Go(link)
	everywhere(t, b, "first")
	b.Fill("#name", "Amina")
	b.Fill("#password", words)
	b.Fill("#repeat", words+"x")
	b.Click("button")
	b.Until("the problem has the focus", `document.activeElement.id === "problem"`)
	everywhere(t, b, "first-problem")
	b.Forget() // the status of the answer
	b.Fill("#password", words)
	b.Fill("#repeat", words)
	b.Click("button")
	b.Until("the first page is shown", `location.pathname === "/" && document.getElementById("who").textContent === "Amina"`)
	b.Click("button")
	b.Until("the sign-in is shown", `location.pathname === "/login"`)
	b.Go(link)
	b.Until("the link is good no more", `document.querySelector("[role=alert]") !== null`)
	everywhere(t, b, "first-gone")
	b.Forget()

	b.Go(url + "/orders?p=2")
	b.Until("the name has the focus", `document.activeElement.id === "name"`)
	everywhere(t, b, "login")
	b.Quiet()
	typed(b, "amina\tnot the password\r")
	b.Until("the problem has the focus", `document.activeElement.id === "problem"`)
	everywhere(t, b, "login-problem")
	b.Forget()
	b.Click("#problem a")
	b.Until("its link leads to the field", `document.activeElement.id === "password"`)
	typed(b, words+"\r")
	b.Until("the page asked for is shown", `location.pathname + location.search === "/orders?p=2" && document.getElementById("who").textContent === "Amina"`)
	b.Quiet()
}

func TestRefusalInBrowser(t *testing.T) {
	b := consoletest.Open(t)
	a, url := house(t)
	if err := a.Add(t.Context(), "test", "vera", account.Viewer, words); err != nil {
		t.Fatal(err)
	}
	b.Go(url + "/audit")
	b.Until("the sign-in is shown", `document.activeElement.id === "name"`)
	typed(b, "vera\t"+words+"\r")
	b.Until("it is refused", `location.pathname === "/audit" && document.querySelector("[role=alert]") !== null`)
	everywhere(t, b, "forbidden")
	b.Forget()
	b.Click("button")
	b.Until("the sign-in is shown", `location.pathname === "/login"`)
}

// typed types as on a keyboard: into what has the focus.
func typed(b *consoletest.Browser, keys string) {
	for _, key := range keys {
		b.Press(string(key))
	}
}
