package console_test

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"haat/gateway/console"
	"haat/gateway/console/account"
	"haat/gateway/console/consoletest"
)

// withOperators is a rig with operators, who may sign in elsewhere, too.
func withOperators(t testing.TB, more ...func(*console.Config)) (*rig, *consoletest.Operators) {
	o := consoletest.NewOperators()
	return newRig(t, append(more, func(c *console.Config) { c.Operators, c.OIDC = o, true })...), o
}

func TestOperatorsPage(t *testing.T) {
	for _, tc := range []struct {
		name, path string
		form       url.Values
		status     int
		to         string // where it leads; "" for nowhere
		says, did  string
	}{
		{"add", "/operators", url.Values{"name": {"njeri"}, "role": {"operator"}}, 200, "", "/join?token=TOKEN", "invite admin njeri"},
		{"add, with a name that there is", "/operators", url.Values{"name": {"viewer"}, "role": {"admin"}}, 422, "", "There is an operator of that name already", ""},
		{"add, with no name", "/operators", url.Values{"name": {"a b"}, "role": {"admin"}}, 422, "", "letters, digits", ""},
		{"add, with an unknown role", "/operators", url.Values{"name": {"njeri"}, "role": {"root"}}, 422, "", "The role is", ""},
		{"add, linked", "/operators", url.Values{"name": {"njeri"}, "role": {"viewer"}, "subject": {" n@coop.example "}}, 303, "/operators?done=added", "", "add linked admin n@coop.example njeri"},
		{"a role", "/operators/viewer/role", url.Values{"role": {"admin"}}, 303, "/operators/viewer?done=role", "", "role admin admin viewer"},
		{"one's own role", "/operators/admin/role", url.Values{"role": {"viewer"}}, 422, "", "change their own role", ""},
		{"sessions", "/operators/viewer/sessions", url.Values{}, 303, "/operators/viewer?done=sessions", "", "sessions admin viewer"},
		{"another link", "/operators/viewer/link", url.Values{}, 200, "", "/join?token=AGAIN", "invite again admin viewer"},
		{"linked", "/operators/viewer/subject", url.Values{"subject": {"sub-1"}}, 303, "/operators/viewer?done=subject", "", "link admin sub-1 viewer"},
		{"removed", "/operators/viewer/remove", url.Values{}, 303, "/operators?done=remove", "", "remove admin viewer"},
		{"oneself removed", "/operators/admin/remove", url.Values{}, 422, "", "Nobody can remove themselves", ""},
		{"nobody removed", "/operators/nobody/remove", url.Values{}, 404, "", "no such operator", ""},
		{"an unknown change", "/operators/viewer/promote", url.Values{}, 404, "", "cannot be read", ""},
		{"a large form", "/operators", url.Values{"name": {strings.Repeat("x", 70<<10)}}, 400, "", "cannot be read", ""},
		{"a large form of one", "/operators/viewer/role", url.Values{"role": {strings.Repeat("x", 70<<10)}}, 400, "", "cannot be read", ""},
		{"a password", "/password", url.Values{"old": {"old"}, "password": {"n"}, "repeat": {"n"}}, 303, "/password?done=password", "", "password "},
		{"a password, the old one wrong", "/password", url.Values{"old": {"x"}, "password": {"n"}, "repeat": {"n"}}, 422, "", "not the password that you have", ""},
		{"a password, not the same", "/password", url.Values{"old": {"old"}, "password": {"n"}, "repeat": {"m"}}, 422, "", "not the same", ""},
		{"a large password", "/password", url.Values{"old": {strings.Repeat("x", 70<<10)}}, 400, "", "cannot be read", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r, o := withOperators(t)
			a := r.ask("admin", "POST", tc.path, tc.form)
			if a.status != tc.status || a.header.Get("Location") != tc.to || !strings.Contains(a.body, tc.says) {
				t.Errorf("%d to %q, want %d to %q with %q:\n%s", a.status, a.header.Get("Location"), tc.status, tc.to, tc.says, a.body)
			}
			if did := strings.Join(o.Did, "; "); did != tc.did {
				t.Errorf("it did %q, want %q", did, tc.did)
			}
			for _, secret := range []string{`value="old"`, `value="n"`} {
				if strings.HasPrefix(tc.path, "/password") && strings.Contains(a.body, secret) {
					t.Error("a password is in the page")
				}
			}
			if tc.to == "" {
				return
			}
			if page := r.ask("admin", "GET", tc.to, nil); page.status != http.StatusOK || !strings.Contains(page.body, `role="status"`) {
				t.Errorf("then %d, and it is not said what was done", page.status)
			}
		})
	}
}

func TestOperatorsPagesFail(t *testing.T) {
	r, o := withOperators(t)
	o.Fail = errors.New("disk I/O error")
	for _, each := range []struct{ method, path string }{{"GET", "/operators"}, {"GET", "/operators/viewer"}, {"POST", "/operators"}, {"POST", "/operators/viewer/role"}, {"POST", "/password"}} {
		a := r.ask("admin", each.method, each.path, url.Values{})
		if a.status != http.StatusServiceUnavailable || strings.Contains(a.body, "disk I/O") || !strings.Contains(a.body, "did not work") {
			t.Errorf("%s %s: %d\n%s", each.method, each.path, a.status, a.body)
		}
	}
}

// TestOperatorsPagesByRole: a page that is not there for a role is not led to,
// and what is not there at all has no address.
func TestOperatorsPagesByRole(t *testing.T) {
	r, _ := withOperators(t)
	for _, as := range []string{"viewer", "operator", "admin", ""} {
		for _, path := range []string{"/operators", "/operators/viewer", "/operators/viewer/remove"} {
			method := http.MethodGet
			if strings.HasSuffix(path, "remove") {
				method = http.MethodPost
			}
			a := r.ask(as, method, path, nil)
			if in := a.status == http.StatusOK || a.header.Get("Location") == "/operators?done=remove"; in != (as == "admin") {
				t.Errorf("%s %s as %q: %d", method, path, as, a.status)
			}
		}
		if as == "" {
			continue
		}
		page := r.ask(as, "GET", "/password", nil)
		if page.status != http.StatusOK || strings.Contains(page.body, `href="/operators"`) != (as == "admin") || !strings.Contains(page.body, `href="/password"`) {
			t.Errorf("as %s: %d, or it leads where it must not", as, page.status)
		}
	}
	none := newRig(t)
	if a := none.ask("admin", "GET", "/operators", nil); a.status != http.StatusNotFound || strings.Contains(none.get("/"), `href="/password"`) {
		t.Errorf("without operators: %d", a.status)
	}
	if a := r.ask("admin", "GET", "/operators/nobody", nil); a.status != http.StatusNotFound {
		t.Errorf("nobody's page: %d", a.status)
	}
}

// TestOperatorsPagesAreInert: what a provider calls somebody is somebody else's
// words.
func TestOperatorsPagesAreInert(t *testing.T) {
	const payload = `"><script>alert(1)</script><img src=x onerror=alert(1)>`
	r, o := withOperators(t)
	o.Add(account.Member{Operator: account.Operator{Name: payload, Role: payload}, Linked: payload, ByClaim: true})
	for where, page := range map[string]string{
		"list": r.get("/operators"), "one": r.get("/operators/" + url.PathEscape(payload)), "done": r.get("/operators?done=" + url.QueryEscape(payload)),
		"typed": r.ask("admin", "POST", "/operators", url.Values{"name": {payload + " "}, "role": {payload}}).body,
	} {
		wantInert(t, where, page)
	}
}

func TestLinksNameThePublicAddress(t *testing.T) {
	o := consoletest.NewOperators()
	r := newRig(t, func(c *console.Config) { c.Operators, c.PublicURL = o, "https://haat.example/" })
	if a := r.ask("admin", "POST", "/operators/viewer/link", url.Values{}); !strings.Contains(a.body, `value="https://haat.example/join?token=AGAIN"`) {
		t.Error(a.body)
	}
	if strings.Contains(r.get("/operators"), "OpenID") {
		t.Error("linking is offered where there is no provider")
	}
}

func TestOperatorsInBrowser(t *testing.T) {
	r, o := withOperators(t)
	o.Add(account.Member{Operator: account.Operator{Name: "somebody-with-a-name-of-forty-characters", Role: account.Agent, At: at}, Linked: "somebody.with.a.long.address@cooperative.kiambogo.example"})
	o.Add(account.Member{Operator: account.Operator{Name: "njeri", Role: account.Viewer, At: at}, Invited: at})
	r.gate.Always = "admin"
	b := consoletest.Open(t)
	for _, size := range []consoletest.Size{consoletest.Desktop, consoletest.Phone} {
		for _, theme := range []string{"light", "dark"} {
			b.See(size, theme)
			for name, path := range map[string]string{"operators": "/operators", "operator": "/operators/somebody-with-a-name-of-forty-characters", "password": "/password"} {
				b.Go(r.server.URL + path)
				if name == "operator" {
					b.Text(`document.querySelector("details.danger").open = true`)
				}
				b.Accessible(name + " " + size.Name + " " + theme)
				b.Picture(name + "-" + size.Name + "-" + theme)
				if b.Text(`document.documentElement.scrollWidth > document.documentElement.clientWidth`) == "true" {
					t.Errorf("%s is wider than a %s", name, size.Name)
				}
			}
		}
	}
	b.See(consoletest.Desktop, "light")
	b.Go(r.server.URL + "/operators")
	b.Fill("input[name=name]", "otieno")
	b.Choose("form.fields select[name=role]", "operator")
	b.Click("button.main")
	b.Until("the link is shown", `document.getElementById("link-text").value.endsWith("/join?token=TOKEN")`)
	b.Picture("operators-link")
	b.Quiet()
	if want := "invite admin otieno"; !slices.Contains(o.Did, want) {
		t.Errorf("it did %v", o.Did)
	}
}
