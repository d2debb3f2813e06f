package account

import (
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// swahili stands for another language: every key says itself in it.
func swahili(r *http.Request) func(string) string {
	if !strings.HasPrefix(r.Header.Get("Accept-Language"), "sw") {
		return func(string) string { return "" }
	}
	return func(key string) string {
		if key == "account.lang" {
			return "sw"
		}
		return "sw:" + key + " {wait}{name}{least}{most}"
	}
}

func TestPagesSpeakTheLanguageOfTheRequest(t *testing.T) {
	a := open(t, Config{Texts: swahili})
	a.add(t, "vera", Viewer)
	b := visit(t, a)
	for _, path := range []string{"/login", "/first?token=x"} {
		english, other := b.get(path), b.get(path, "Accept-Language: sw,en;q=0.5")
		if !strings.Contains(english.body, `<html lang="en" `) || strings.Contains(english.body, "sw:") {
			t.Errorf("%s:\n%s", path, english.body)
		}
		if !strings.Contains(other.body, `<html lang="sw" `) || !strings.Contains(other.body, "sw:account.") {
			t.Errorf("%s:\n%s", path, other.body)
		}
		if !slices.Contains(other.header.Values("Vary"), "Accept-Language") {
			t.Errorf("%s: Vary %q", path, other.header.Values("Vary"))
		}
		for word := range strings.FieldsSeq("Sign Password Name Welcome") {
			if regexp.MustCompile(`>[^<]*\b` + word + `\b`).MatchString(other.body) {
				t.Errorf("%s: %q is English:\n%s", path, word, other.body)
			}
		}
	}
	if got := b.signIn("vera", "wrong password", "Accept-Language: sw"); !strings.Contains(got.body, "sw:account.wrong") {
		t.Error(got.body)
	}
	if got := b.signIn("vera", strings.Repeat("x", maxForm), "Accept-Language: sw"); !strings.Contains(got.body, "sw:account.form") {
		t.Error(got.body)
	}
}

// Each key that the code says is one that translators are told of, and the
// other way round.
func TestKeys(t *testing.T) {
	for _, key := range Keys() {
		if English(key) == "" || !strings.HasPrefix(key, "account.") {
			t.Errorf("%q says %q", key, English(key))
		}
	}
	used := regexp.MustCompile(`"(account\.[a-z_.]+)"|refused\("([a-z]+)"`)
	found := map[string]bool{}
	for _, source := range sources(t) {
		for _, match := range used.FindAllStringSubmatch(source, -1) {
			key := match[1]
			if key == "" {
				key = "account.refused." + match[2]
			}
			found[key] = true
		}
	}
	delete(found, "account.refused.")
	for key := range found {
		if English(key) == "" {
			t.Errorf("%q is said and has no words", key)
		}
	}
	for _, key := range Keys() {
		if !found[key] {
			t.Errorf("%q is never said", key)
		}
	}
}

func TestSignInPageCanBeUsedByAll(t *testing.T) {
	a := open(t, Config{})
	a.add(t, "vera", Viewer)
	b := visit(t, a)
	first := firstPage(t)
	for name, tc := range map[string]struct {
		got  answer
		want []string
		not  []string
	}{
		"sign-in": {b.get("/login"), []string{
			`<label for="name">`, `<label for="password">`, `autocomplete="username"`, `autocomplete="current-password"`, `<main`, `<h1>`, " autofocus",
		}, []string{`role="alert"`, "aria-invalid"}},
		"wrong password": {b.signIn("vera", "wrong password"), []string{
			`role="alert" tabindex="-1" autofocus`, `<a href="#password">`, `aria-invalid="true"`, `aria-describedby="problem"`, `value="vera"`,
		}, []string{"wrong password"}},
		"first": {first, []string{
			`<label for="repeat">`, `aria-describedby="password-hint"`, `id="password-hint"`, "At least 10 characters", "1 to 40 letters",
		}, []string{`role="alert"`}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, want := range tc.want {
				if !strings.Contains(tc.got.body, want) {
					t.Errorf("%s is missing:\n%s", want, tc.got.body)
				}
			}
			for _, not := range append(tc.not, "{", "<script", "style=", "onclick") {
				if strings.Contains(tc.got.body, not) {
					t.Errorf("%s is there:\n%s", not, tc.got.body)
				}
			}
			if n := strings.Count(tc.got.body, " autofocus"); n != 1 {
				t.Errorf("%d elements want the focus", n)
			}
			ids := regexp.MustCompile(` id="([^"]+)"`).FindAllStringSubmatch(tc.got.body, -1)
			seen := map[string]bool{}
			for _, id := range ids {
				if seen[id[1]] {
					t.Errorf("id %s stands twice", id[1])
				}
				seen[id[1]] = true
			}
			for _, ids := range regexp.MustCompile(`aria-describedby="([^"]+)"`).FindAllStringSubmatch(tc.got.body, -1) {
				for id := range strings.FieldsSeq(ids[1]) {
					if !seen[id] {
						t.Errorf("nothing has the id %s", id)
					}
				}
			}
		})
	}
}

// firstPage is the page on which the first operator is made.
func firstPage(t *testing.T) answer {
	a := open(t, Config{})
	return visit(t, a).get(pathOf(t, a.firstLink(t)))
}

func TestTypedMarkupIsText(t *testing.T) {
	b := visit(t, open(t, Config{}))
	for _, typed := range []string{`"><script>alert(1)</script>`, `' onfocus='alert(1)`, "<img src=x onerror=alert(1)>", "{{.}}", "\x00\xff"} {
		got := b.ask("POST", "/login", url.Values{"name": {typed}, "password": {"wrong"}, "next": {"/?q=" + typed}})
		if got.status != http.StatusUnprocessableEntity || strings.Contains(got.body, "<script") || strings.Contains(got.body, "<img") || strings.Contains(got.body, "' onfocus") {
			t.Errorf("%q: %d\n%s", typed, got.status, got.body)
		}
	}
}

func TestFormsAreBounded(t *testing.T) {
	a := open(t, Config{})
	a.add(t, "amina", Admin)
	b := visit(t, a)
	for _, path := range []string{"/login", "/first"} {
		if got := b.ask("POST", path, url.Values{"password": {strings.Repeat("x", maxForm)}}); got.status != http.StatusBadRequest || !strings.Contains(got.body, "too long") {
			t.Errorf("%s: %d %s", path, got.status, got.body)
		}
		if got := b.ask("POST", path, url.Values{}, "Content-Type: application/x-www-form-urlencoded; charset=\"%"); got.status >= 500 {
			t.Errorf("%s: %d", path, got.status)
		}
	}
	if got := b.ask("POST", "/login?name=amina&password="+url.QueryEscape(good), url.Values{}); got.status == http.StatusSeeOther {
		t.Error("a password in the address is taken")
	}
	if got := b.ask("PUT", "/login", url.Values{}); got.status != http.StatusMethodNotAllowed {
		t.Errorf("PUT: %d", got.status)
	}
	if got := b.get("/logout"); got.status == http.StatusSeeOther {
		t.Error("a link signs out")
	}
}

// sources are the texts of this package's own files.
func sources(t *testing.T) (all []string) {
	t.Helper()
	for _, pattern := range []string{"*.go", "pages/*.html"} {
		names, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			if name == "texts.go" || strings.HasSuffix(name, "_test.go") {
				continue
			}
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, string(data))
		}
	}
	return all
}
