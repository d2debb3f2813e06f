package console_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"haat/gateway/console"
	"haat/gateway/console/account"
	"haat/gateway/console/consoletest"
	"haat/gateway/console/saved"
	"haat/gateway/console/store"
)

// withViews lets a console keep views, on disk.
func withViews(t testing.TB) func(*console.Config) {
	t.Helper()
	db, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "console.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return func(c *console.Config) { c.Views = saved.New(db) }
}

// viewOf is the ID of a new view of an operator, the only one that they have.
func (r *rig) viewOf(as account.Role) string {
	r.t.Helper()
	if !as.May(account.Viewer) {
		return "1"
	}
	for _, id := range viewIDs(r, as) {
		r.ask(string(as), "POST", "/views/"+id+"/remove", url.Values{})
	}
	a := r.ask(string(as), "POST", "/views", url.Values{"name": {"Of " + string(as)}, "query": {"class=unknown"}})
	ids := viewIDs(r, as)
	if a.status != http.StatusSeeOther || len(ids) != 1 {
		r.t.Fatalf("not saved: %d, views %q\n%s", a.status, ids, a.body)
	}
	return ids[0]
}

var removes = regexp.MustCompile(`formaction="/views/(\d+)/remove"`)

func viewIDs(r *rig, as account.Role) (ids []string) {
	for _, m := range removes.FindAllStringSubmatch(r.ask(string(as), "GET", "/views", nil).body, -1) {
		ids = append(ids, m[1])
	}
	return ids
}

// save saves a view, and gives where the answer leads.
func (r *rig) save(as string, form url.Values) string {
	r.t.Helper()
	a := r.ask(as, "POST", "/views", form)
	if a.status != http.StatusSeeOther {
		r.t.Fatalf("not saved: %d\n%s", a.status, a.body)
	}
	return a.header.Get("Location")
}

func TestSavedViews(t *testing.T) {
	r := newRig(t, withViews(t))
	r.index.Add(consoletest.Market(at)...)
	if to := r.save("operator", url.Values{"name": {"Lost <words>"}, "query": {"class=unknown&since=1h&before=7"}, "shared": {"1"}}); to != "/?class=unknown&since=1h" {
		t.Errorf("saving leads to %s", to)
	}
	log := r.ask("operator", "GET", "/?since=1h&class=unknown", nil).body
	for _, want := range []string{`aria-current="true"><bdi>Lost &lt;words&gt;</bdi>`, `<bdi class="named">Lost &lt;words&gt;</bdi>`, `href="/?class=unknown&amp;since=1h"`} {
		if !strings.Contains(log, want) {
			t.Errorf("the log does not show %s", want)
		}
	}
	if strings.Contains(r.ask("operator", "GET", "/?class=order", nil).body, `class="named"`) {
		t.Error("another view has the name")
	}
	page := r.ask("operator", "GET", "/views", nil).body
	for _, want := range []string{`<b>1</b> <span class="dim">messages`, "not understood", "Last hour", "/remove"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page of the views has no %s", want)
		}
	}
	others := r.ask("viewer", "GET", "/views", nil).body
	if !strings.Contains(others, "shared by operator") || strings.Contains(others, "/remove") {
		t.Error("a view that is shared is not shown to others, or they could remove it")
	}
	acts, _ := r.gate.Acts(t.Context(), at.Add(1), 10)
	if len(acts) != 1 || acts[0].What != console.ActViewSaved || acts[0].By != "operator" || acts[0].About != "Lost <words>" || acts[0].Detail != "shared" {
		t.Errorf("recorded %+v", acts)
	}
	t.Run("a phone is kept as its token", func(t *testing.T) {
		token := r.tokenOf("+254700000001")
		if to := r.save("viewer", url.Values{"name": {"+254700000001"}, "query": {"q=%2B254700000001"}}); to != "/?phone="+token {
			t.Errorf("saving leads to %s", to)
		}
		if page := r.ask("viewer", "GET", "/views", nil).body; strings.Contains(page, "254700000001") || !strings.Contains(page, "•••001") {
			t.Error("the page shows the number, or not even its end")
		}
	})
	t.Run("changed", func(t *testing.T) {
		id := r.viewOf(account.Admin)
		if a := r.ask("admin", "POST", "/views/"+id, url.Values{"name": {"Changed"}, "shared": {"1"}}); a.status != http.StatusSeeOther {
			t.Errorf("status %d", a.status)
		}
		if page := r.ask("operator", "GET", "/views", nil).body; !strings.Contains(page, "Changed") || !strings.Contains(page, "shared by admin") {
			t.Error("others do not see it")
		}
	})
}

func TestRefusedViews(t *testing.T) {
	r := newRig(t, withViews(t))
	own := r.viewOf(account.Agent)
	r.save("viewer", url.Values{"name": {"Theirs"}, "query": {""}, "shared": {"1"}})
	if strings.Contains(r.ask("operator", "GET", "/views", nil).body, "Theirs") {
		t.Error("a viewer shares a view")
	}
	theirs := viewIDs(r, account.Viewer)[0]
	for _, tc := range []struct {
		name, as, path string
		form           url.Values
		status         int
		says           string
	}{
		{"no name", "operator", "/views", url.Values{"name": {" "}, "query": {""}}, 400, "1 to 60 characters"},
		{"long name", "operator", "/views", url.Values{"name": {strings.Repeat("n", 61)}}, 400, "1 to 60 characters"},
		{"taken", "operator", "/views", url.Values{"name": {"OF OPERATOR"}}, 409, "You have a view of this name"},
		{"no view", "operator", "/views", url.Values{"name": {"x"}, "query": {"mode=fax"}}, 400, "cannot be read"},
		{"no query", "operator", "/views", url.Values{"name": {"x"}, "query": {"%zz"}}, 400, "cannot be read"},
		{"another's", "operator", "/views/" + theirs, url.Values{"name": {"x"}}, 404, "no such view"},
		{"another's, removed", "operator", "/views/" + theirs + "/remove", url.Values{}, 404, "no such view"},
		{"another's, by an admin", "admin", "/views/" + own + "/remove", url.Values{}, 404, "no such view"},
		{"another's as home", "operator", "/views/home", url.Values{"view": {theirs}}, 404, "no such view"},
		{"home of nothing", "operator", "/views/home", url.Values{"view": {"x"}}, 400, "cannot be read"},
		{"none", "operator", "/views/x", url.Values{"name": {"x"}}, 404, "no such view"},
		{"renamed to nothing", "operator", "/views/" + own, url.Values{"name": {""}}, 400, "1 to 60 characters"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if a := r.ask(tc.as, "POST", tc.path, tc.form); a.status != tc.status || !strings.Contains(a.body, tc.says) {
				t.Errorf("%d, want %d and %q:\n%s", a.status, tc.status, tc.says, a.body)
			}
		})
	}
	t.Run("not recorded, not done", func(t *testing.T) {
		r.gate.Fail(errors.New("the disk is full"))
		defer r.gate.Fail(nil)
		if a := r.ask("operator", "POST", "/views/"+own+"/remove", url.Values{}); a.status != http.StatusServiceUnavailable || len(viewIDs(r, account.Agent)) != 1 {
			t.Errorf("status %d, views %q", a.status, viewIDs(r, account.Agent))
		}
	})
	t.Run("too many", func(t *testing.T) {
		for i := range saved.MaxOwn - 1 {
			r.save("operator", url.Values{"name": {fmt.Sprint(i)}})
		}
		if a := r.ask("operator", "POST", "/views", url.Values{"name": {"one more"}}); a.status != http.StatusConflict || !strings.Contains(a.body, "Remove one first") {
			t.Errorf("status %d", a.status)
		}
	})
}

// TestWhatTheConsoleOpensWith: who comes to the console gets their view; who asks
// for all messages gets those.
func TestWhatTheConsoleOpensWith(t *testing.T) {
	r := newRig(t, withViews(t))
	id := r.viewOf(account.Agent)
	if a := r.ask("operator", "POST", "/views/home", url.Values{"view": {id}}); a.status != http.StatusSeeOther {
		t.Fatalf("status %d", a.status)
	}
	for _, tc := range []struct {
		name, as, path string
		header         []string
		to             string
	}{
		{"typed or kept in the browser", "operator", "/", []string{"Sec-Fetch-Site", "none"}, "/?class=unknown"},
		{"signing in", "operator", "/", []string{"Referer", r.server.URL + "/login?next=%2F"}, "/?class=unknown"},
		{"a link of the console", "operator", "/", []string{"Sec-Fetch-Site", "same-origin", "Referer", r.server.URL + "/views"}, ""},
		{"loaded again", "operator", "/", []string{"Sec-Fetch-Site", "none", "Cache-Control", "max-age=0"}, ""},
		{"another site's sign-in", "operator", "/", []string{"Sec-Fetch-Site", "cross-site", "Referer", "https://example.org/login"}, ""},
		{"another view", "operator", "/?class=order", []string{"Sec-Fetch-Site", "none"}, ""},
		{"another operator", "admin", "/", []string{"Sec-Fetch-Site", "none"}, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			req, _ := http.NewRequest("GET", r.server.URL+tc.path, nil)
			for i := 0; i < len(tc.header); i += 2 {
				req.Header.Set(tc.header[i], tc.header[i+1])
			}
			consoletest.SignIn(req, tc.as)
			if a := r.do(req); a.header.Get("Location") != tc.to {
				t.Errorf("%d to %q, want %q", a.status, a.header.Get("Location"), tc.to)
			}
		})
	}
	if page := r.ask("operator", "GET", "/views", nil).body; !strings.Contains(page, "The console opens with it") {
		t.Error("the page does not say so")
	}
}

// TestNamesOfViewsAreInert puts payloads into names.
func TestNamesOfViewsAreInert(t *testing.T) {
	r := newRig(t, withViews(t))
	for _, payload := range []string{`<script>alert(1)</script>`, `" onmouseover="alert(1)" x="`, `</title><img src=x onerror=alert(1)>`, `javascript:alert(1)`, `{{.}}${alert(1)}`} {
		r.save("operator", url.Values{"name": {payload}, "query": {"q=" + url.QueryEscape(payload) + "&channel=" + url.QueryEscape(payload)}, "shared": {"1"}})
	}
	for _, as := range []string{"operator", "viewer"} {
		for _, path := range []string{"/views", "/", "/?q=%3Cscript%3E"} {
			wantInert(t, path+" of "+as, r.ask(as, "GET", path, nil).body)
		}
	}
	wantInert(t, "export", r.ask("operator", "GET", "/export?q="+url.QueryEscape(`"><script>alert(1)</script>`)+"&channel="+url.QueryEscape(`" onload="x`), nil).body)
}

// TestAViewThatCannotBeRead: a token of another key, or a choice that is no more.
func TestAViewThatCannotBeRead(t *testing.T) {
	var views console.Views
	r := newRig(t, withViews(t), func(c *console.Config) { views = c.Views })
	if _, err := views.Save(t.Context(), saved.View{Owner: "operator", Name: "Old", Query: "phone=" + strings.Repeat("A", 43)}); err != nil {
		t.Fatal(err)
	}
	if page := r.ask("operator", "GET", "/views", nil); page.status != http.StatusOK || !strings.Contains(page.body, "cannot be opened any more") || !strings.Contains(page.body, "/remove") {
		t.Errorf("%d\n%s", page.status, page.body)
	}
	if page := r.get("/"); strings.Contains(page, "AAAAAAAAAA") {
		t.Error("the log links to it")
	}
}
