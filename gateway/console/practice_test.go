package console_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"haat/gateway"
	"haat/gateway/console"
	"haat/gateway/console/account"
	"haat/gateway/console/consoletest"
)

// practised is a console with a line to practise on.
func practised(t testing.TB) (*rig, *consoletest.Practice) {
	t.Helper()
	line := consoletest.NewPractice()
	return newRig(t, func(c *console.Config) { c.Practice = line }), line
}

// texted lets each have an SMS on their first phone.
func (r *rig) texted(line *consoletest.Practice, roles ...account.Role) {
	for _, as := range roles {
		line.Deliver(r.pretend(as), "Karibu")
	}
}

var talk = regexp.MustCompile(`class="button" href="/phone/([^"]+)"`)

// pretend is the phone that the page gives somebody.
func (r *rig) pretend(as account.Role) gateway.Phone {
	r.t.Helper()
	m := talk.FindStringSubmatch(r.ask(string(as), "GET", "/practice", nil).body)
	if m == nil {
		r.t.Fatalf("%s has no phone", as)
	}
	phone, _ := console.PhoneOf(r.console, m[1])
	return phone
}

func (r *rig) press(as, path string, form url.Values) answer {
	r.t.Helper()
	req, err := http.NewRequest("POST", r.server.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("HX-Request", "true")
	consoletest.SignIn(req, as)
	return r.do(req)
}

func TestCallsOfThePhoneOnThePage(t *testing.T) {
	r, line := practised(t)
	phone := string(r.pretend(account.Agent))
	calls := 0
	for _, step := range []struct {
		name, path string
		form       url.Values
		said       string // to the network; "" for nothing
		shows      string
	}{
		{"another code", "/practice/call", url.Values{"typed": {"*100#"}}, "", "No such code here"},
		{"no code", "/practice/call", url.Values{}, "", "No such code here"},
		{"dialled", "/practice/call", url.Values{"typed": {"*384#"}}, "*", `<p dir="auto" class="pick">1.Shop</p>`},
		{"answered", "/practice/call", url.Values{"typed": {" 1 "}}, "*1", "You said 1"},
		{"answered in Arabic", "/practice/call", url.Values{"typed": {"دلو"}}, "*1*دلو", "You said 1, دلو"},
		{"too long", "/practice/call", url.Values{"typed": {strings.Repeat("1", 183)}}, "", "too long"},
		{"hostile", "/practice/call", url.Values{"typed": {"<script>"}}, "*1*دلو*<script>", "&lt;script&gt;"},
		{"ended", "/practice/call", url.Values{"typed": {"end"}}, "*1*دلو*<script>*end", "The call is over"},
		{"with answers in it", "/practice/call", url.Values{"typed": {"*384*101*2#"}}, "*101*2", "You said 101, 2"},
		{"hung up", "/practice/end", url.Values{}, "", "Dial *384#"},
		{"an answer to nobody", "/practice/call", url.Values{"typed": {"1"}}, "", "No such code here"},
	} {
		t.Run(step.name, func(t *testing.T) {
			a := r.press("operator", step.path, step.form)
			if a.status != http.StatusOK || !strings.Contains(a.body, step.shows) {
				t.Errorf("%d, want %q:\n%s", a.status, step.shows, a.body)
			}
			wantInert(t, step.name, a.body)
			if step.said != "" {
				calls++
			}
			said := line.Calls()
			if len(said) != calls || step.said != "" && said[calls-1] != phone+" "+step.said {
				t.Errorf("the network heard %q", said)
			}
		})
	}
	acts, _ := r.gate.Acts(t.Context(), at.Add(1), 10)
	if len(acts) != 2 || acts[0].What != console.ActPractice || acts[0].By != "operator" || acts[0].About != "•••"+phone[len(phone)-3:] || acts[0].Detail != "ussd practice" {
		t.Errorf("recorded %+v", acts)
	}
}

func TestTextsOfThePhoneOnThePage(t *testing.T) {
	r, line := practised(t)
	a := r.press("operator", "/practice/text", url.Values{"text": {" 2 rice <b> "}})
	if a.status != http.StatusOK || !strings.Contains(a.body, "2 rice &lt;b&gt;") || !strings.Contains(a.body, "Asante: 2 rice") || !strings.Contains(a.body, `data-after="1"`) {
		t.Errorf("%d\n%s", a.status, a.body)
	}
	for name, text := range map[string]string{"nothing": " ", "too long": strings.Repeat("x", 481), "not UTF-8": "\xff"} {
		if a := r.press("operator", "/practice/text", url.Values{"text": {text}}); !strings.Contains(a.body, "Write something first") || len(line.Calls()) != 1 {
			t.Errorf("%s: %s", name, a.body)
		}
	}
	t.Run("one comes", func(t *testing.T) {
		waits := make(chan answer)
		go func() { waits <- r.ask("operator", "GET", "/practice/inbox?after=1", nil) }()
		line.Deliver(r.pretend(account.Agent), "Oda 10001\nيوم <i>")
		if a := <-waits; a.status != http.StatusOK || !strings.Contains(a.body, "Oda 10001\nيوم &lt;i&gt;") || !strings.Contains(a.body, `data-after="2"`) {
			t.Errorf("%d\n%s", a.status, a.body)
		}
	})
	t.Run("waiting ends with the console", func(t *testing.T) {
		waits := make(chan answer)
		go func() { waits <- r.ask("operator", "GET", "/practice/inbox?after=2", nil) }()
		r.console.Close()
		if a := <-waits; a.status != http.StatusNoContent {
			t.Errorf("%d\n%s", a.status, a.body)
		}
	})
	if a := r.ask("operator", "GET", "/practice/inbox?after=x", nil); a.status != http.StatusBadRequest {
		t.Errorf("after nothing: %d", a.status)
	}
}

// TestPretendPhones: each has their own, always the same, and none is anybody's.
func TestPretendPhones(t *testing.T) {
	r, line := practised(t)
	seen := map[gateway.Phone]string{}
	reserved := regexp.MustCompile(`^\+1[2-9](\d)(\d)55501\d\d$`)
	for _, as := range []account.Role{account.Agent, account.Admin} {
		cookie := ""
		for i := range 11 {
			req, _ := http.NewRequest("GET", r.server.URL+"/practice", nil)
			req.Header.Set("Cookie", cookie)
			consoletest.SignIn(req, string(as))
			page := r.do(req)
			phone, _ := console.PhoneOf(r.console, talk.FindStringSubmatch(page.body)[1])
			m := reserved.FindStringSubmatch(string(phone))
			if m == nil || m[1] == m[2] || m[1] == "9" {
				t.Fatalf("%s is not set aside", phone)
			}
			if parsed, err := gateway.ParsePhone(string(phone), "KE"); err != nil || parsed != phone {
				t.Errorf("%s is no number for the gateway: %v", phone, err)
			}
			if strings.Contains(page.body, strings.TrimPrefix(string(phone), "+")) {
				t.Error("the page shows the number")
			}
			who := fmt.Sprint(as, i%10)
			if other, known := seen[phone]; known != (i == 10) || known && other != who {
				t.Errorf("phone %d of %s is that of %q", i, as, other)
			}
			seen[phone] = who
			req, _ = http.NewRequest("POST", r.server.URL+"/practice/phone", nil)
			req.Header.Set("Cookie", cookie)
			consoletest.SignIn(req, string(as))
			cookie, _, _ = strings.Cut(r.do(req).header.Get("Set-Cookie"), ";")
		}
	}
	if len(line.Calls()) != 0 {
		t.Errorf("the network heard %q", line.Calls())
	}
	for _, cookie := range []string{"haat_practice=10", "haat_practice=-1", "haat_practice=x"} {
		req, _ := http.NewRequest("GET", r.server.URL+"/practice", nil)
		req.Header.Set("Cookie", cookie)
		consoletest.SignIn(req, "operator")
		if a := r.do(req); a.status != http.StatusOK || !strings.Contains(a.body, "Phone 1 of 10") {
			t.Errorf("%s: %d", cookie, a.status)
		}
	}
}

func TestLimitsOfThePhoneOnThePage(t *testing.T) {
	r, line := practised(t)
	t.Run("keys that are pressed too fast", func(t *testing.T) {
		for range 100 {
			r.press("operator", "/practice/call", url.Values{"typed": {"*384#"}})
		}
		if n := len(line.Calls()); n < 12 || n > 60 {
			t.Errorf("of 100 calls at once %d were made", n)
		}
		if a := r.press("admin", "/practice/call", url.Values{"typed": {"*384#"}}); !strings.Contains(a.body, "1.Shop") {
			t.Error("another operator has to wait, too")
		}
	})
	t.Run("a dead line", func(t *testing.T) {
		r, line := practised(t)
		line.Fail(errors.New("no signal at +15055550100"))
		a := r.press("operator", "/practice/call", url.Values{"typed": {"*384#"}})
		line.Fail(nil)
		if a.status != http.StatusServiceUnavailable && !strings.Contains(a.body, "does not answer") {
			t.Errorf("%d\n%s", a.status, a.body)
		}
		if page := r.ask("operator", "GET", "/practice", nil).body; !strings.Contains(page, "The network does not answer") {
			t.Error("the page does not say so")
		}
	})
	t.Run("not recorded, not dialled", func(t *testing.T) {
		r, line := practised(t)
		r.gate.Fail(errors.New("the disk is full"))
		r.press("operator", "/practice/call", url.Values{"typed": {"*384#"}})
		r.press("operator", "/practice/text", url.Values{"text": {"rice"}})
		if calls := line.Calls(); len(calls) != 0 {
			t.Errorf("the network heard %q", calls)
		}
	})
	t.Run("without a script", func(t *testing.T) {
		r, _ := practised(t)
		a := r.ask("operator", "POST", "/practice/call", url.Values{"typed": {"*384#"}})
		if a.status != http.StatusSeeOther || a.header.Get("Location") != "/practice" || !strings.Contains(r.ask("operator", "GET", "/practice", nil).body, "1.Shop") {
			t.Errorf("%d to %s", a.status, a.header.Get("Location"))
		}
	})
}

func TestWhoMayPractise(t *testing.T) {
	for _, tc := range []struct {
		name   string
		there  bool
		demo   bool
		as     string
		status int
		says   string
	}{
		{"a viewer in a demo", true, true, "viewer", 200, "Keypad"},
		{"a viewer", true, false, "viewer", 403, ""},
		{"an operator", true, false, "operator", 200, "Cancel them on the phone"},
		{"without a channel", false, false, "operator", 200, "practice: {demo: {}}"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := newRig(t, func(c *console.Config) {
				if c.Demo = tc.demo; tc.there {
					c.Practice = consoletest.NewPractice()
				}
			})
			if a := r.ask(tc.as, "GET", "/practice", nil); a.status != tc.status || !strings.Contains(a.body, tc.says) {
				t.Errorf("%d\n%s", a.status, a.body)
			}
			if a := r.ask("admin", "POST", "/practice/call", url.Values{"typed": {"*384#"}}); !tc.there && a.status != http.StatusNotFound && a.status != http.StatusMethodNotAllowed {
				t.Errorf("without a channel it is answered with %d", a.status)
			}
		})
	}
}
