package account

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestAnAdministratorStays: whatever is done, somebody can manage the others.
func TestAnAdministratorStays(t *testing.T) {
	for _, tc := range []struct {
		name string
		do   func(a *Accounts) error
		no   string // the key of the refusal; "" where it is done
	}{
		{"the last is removed", func(a *Accounts) error { return a.Remove(t.Context(), CommandLine, "amina") }, "last"},
		{"the last becomes less", func(a *Accounts) error { return a.SetRole(t.Context(), CommandLine, "AMINA", Agent) }, "last"},
		{"the last stays what they are", func(a *Accounts) error { return a.SetRole(t.Context(), CommandLine, "amina", Admin) }, ""},
		{"one of two is removed", func(a *Accounts) error { a.add(t, "njeri", Admin); return a.Remove(t.Context(), "njeri", "amina") }, ""},
		{"the other is only invited", func(a *Accounts) error {
			if _, err := a.Invite(t.Context(), "amina", "njeri", Admin); err != nil {
				return err
			}
			return a.Remove(t.Context(), CommandLine, "amina")
		}, "last"},
		{"the other signs in elsewhere", func(a *Accounts) error {
			if err := a.AddLinked(t.Context(), "amina", "njeri", Admin, "x1"); err != nil {
				return err
			}
			return a.Remove(t.Context(), CommandLine, "amina")
		}, ""},
		{"the other, who signs in elsewhere only, can no longer", func(a *Accounts) error {
			if err := a.AddLinked(t.Context(), "amina", "njeri", Admin, "x1"); err != nil {
				return err
			}
			if err := a.Remove(t.Context(), CommandLine, "amina"); err != nil {
				return err
			}
			return a.Link(t.Context(), CommandLine, "njeri", "")
		}, "last"},
		{"the other is the demo's", func(a *Accounts) error {
			if _, _, err := a.Demo(t.Context()); err != nil {
				return err
			}
			return a.Remove(t.Context(), demoName, "amina")
		}, "last"},
		{"a viewer is removed", func(a *Accounts) error { a.add(t, "vera", Viewer); return a.Remove(t.Context(), "amina", "vera") }, ""},
		{"oneself", func(a *Accounts) error { a.add(t, "njeri", Admin); return a.Remove(t.Context(), "Njeri", "njeri") }, "self"},
		{"oneself to less", func(a *Accounts) error {
			a.add(t, "njeri", Admin)
			return a.SetRole(t.Context(), "njeri", "njeri", Viewer)
		}, "self"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			a := open(t, Config{})
			a.add(t, "amina", Admin)
			err := tc.do(a)
			if tc.no == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			expectRefusal(t, err, tc.no)
		})
	}
}

func TestLinksAreChecked(t *testing.T) {
	a := open(t, Config{})
	a.add(t, "amina", Admin)
	for name, subject := range map[string]string{"nothing": " ", "a space": "a b", "a line": "a\nb", "too long": strings.Repeat("x", 256), "not UTF-8": "\xff", "what is not seen": "a\u200bb"} {
		t.Run(name, func(t *testing.T) {
			expectRefusal(t, a.AddLinked(t.Context(), "amina", "njeri", Viewer, subject), "subject")
		})
	}
	if err := a.AddLinked(t.Context(), "amina", "njeri", Viewer, "Njeri@Coop.example"); err != nil {
		t.Fatal(err)
	}
	expectRefusal(t, a.AddLinked(t.Context(), "amina", "otieno", Viewer, "njeri@coop.example"), "linked")
	expectRefusal(t, a.Link(t.Context(), "amina", "amina", "njeri@COOP.example"), "linked")
	if err := a.Link(t.Context(), "amina", "nobody", "x"); !errors.Is(err, ErrNotFound) {
		t.Errorf("nobody is linked: %v", err)
	}
	members, err := a.Members(t.Context())
	if err != nil || len(members) != 2 || members[1].Linked != "njeri@coop.example" || members[1].Password || !members[0].Password || members[0].Linked != "" {
		t.Errorf("%+v %v", members, err)
	}
}

func joinForm(token, password, repeat string) url.Values {
	return url.Values{"token": {token}, "password": {password}, "repeat": {repeat}}
}

func TestJoining(t *testing.T) {
	a := open(t, Config{})
	a.add(t, "amina", Admin)
	token, err := a.Invite(t.Context(), "amina", "Njeri", Agent)
	if err != nil {
		t.Fatal(err)
	}
	b := visit(t, a)
	if got := b.get(JoinPath(token)); got.status != 200 || !strings.Contains(got.body, "invited to haat as Njeri") {
		t.Fatalf("%d\n%s", got.status, got.body)
	}
	if got := another(t, b.site).signIn("njeri", ""); got.status == http.StatusSeeOther {
		t.Error("signed in with no password at all")
	}
	for name, tc := range map[string]struct {
		form  url.Values
		field string
	}{
		"short":   {joinForm(token, "kx9!", "kx9!"), "password"},
		"unlike":  {joinForm(token, good, good+"x"), "repeat"},
		"a name":  {joinForm(token, "njeri12345", "njeri12345"), "password"},
		"no form": {url.Values{"token": {token}}, "password"},
	} {
		if got := b.ask("POST", "/join", tc.form); got.status != 422 || !strings.Contains(got.body, `<a href="#`+tc.field+`">`) {
			t.Errorf("%s: %d\n%s", name, got.status, got.body)
		}
	}
	if got := b.ask("POST", "/join", joinForm(token, good, good)); got.status != 303 || got.header.Get("Location") != "/" {
		t.Fatalf("%d\n%s", got.status, got.body)
	}
	if got := b.get("/orders"); got.body != "hello Njeri operator true" {
		t.Errorf("then: %d %q", got.status, got.body)
	}
	for _, form := range []url.Values{joinForm(token, good+"2", good+"2"), joinForm("AAAAAAAAAAAAAAAAAAAAAAAAAA", good, good), {}} {
		if got := another(t, b.site).ask("POST", "/join", form); got.status != http.StatusGone {
			t.Errorf("%v: %d", form.Get("token"), got.status)
		}
	}
	again, err := a.InviteAgain(t.Context(), "amina", "NJERI")
	if err != nil {
		t.Fatal(err)
	}
	another(t, b.site).mustSignIn("njeri", good) // the password is good until the link is used
	if got := another(t, b.site).ask("POST", "/join", joinForm(again, good+" tena", good+" tena")); got.status != 303 {
		t.Fatalf("again: %d\n%s", got.status, got.body)
	}
	if got := b.get("/"); got.status != 303 {
		t.Error("the old session goes on")
	}
	if _, err := a.InviteAgain(t.Context(), "amina", "nobody"); !errors.Is(err, ErrNotFound) {
		t.Errorf("nobody is invited: %v", err)
	}
	_, err = a.InviteAgain(t.Context(), "amina", demoName)
	expectRefusal(t, err, "reserved")
}

func TestAnInvitationIsGood(t *testing.T) {
	for _, tc := range []struct {
		name   string
		then   func(t *testing.T, a *Accounts)
		status int
	}{
		{"nearly a day", func(*testing.T, *Accounts) { time.Sleep(linkTime - time.Second) }, 200},
		{"not after a day", func(*testing.T, *Accounts) { time.Sleep(linkTime) }, 410},
		{"not when there is another", func(t *testing.T, a *Accounts) { _, _ = a.InviteAgain(t.Context(), "amina", "njeri") }, 410},
		{"not when a password was set", func(t *testing.T, a *Accounts) { _ = a.SetPassword(t.Context(), CommandLine, "njeri", good) }, 410},
		{"not when they were removed", func(t *testing.T, a *Accounts) { _ = a.Remove(t.Context(), "amina", "njeri") }, 410},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := open(t, Config{})
				a.add(t, "amina", Admin)
				token, err := a.Invite(t.Context(), "amina", "njeri", Viewer)
				if err != nil {
					t.Fatal(err)
				}
				tc.then(t, a)
				if got := knock(a.console(), office, "GET", JoinPath(token), nil); got.StatusCode != tc.status {
					t.Errorf("%d, want %d", got.StatusCode, tc.status)
				}
			})
		})
	}
}

func TestChangingOnesPassword(t *testing.T) {
	a := open(t, Config{})
	a.add(t, "amina", Admin)
	site := visit(t, a).site
	mux := a.console()
	mux.Handle("POST /password", a.Require(Viewer, func(w http.ResponseWriter, r *http.Request) {
		if err := a.ChangePassword(w, r, r.PostFormValue("old"), r.PostFormValue("new"), r.PostFormValue("repeat")); err != nil {
			http.Error(w, err.Error(), http.StatusUnprocessableEntity)
		}
	}))
	site.Config.Handler = mux
	here, there, begun := another(t, site), another(t, site), another(t, site)
	for _, b := range []*browser{here, there, begun} {
		b.mustSignIn("amina", good)
	}
	before := here.cookies()[sessionCookie]
	next := "mti wa matunda mazuri"
	for _, tc := range []struct {
		name, old, password, repeat, says string
	}{
		{"the old one is wrong", "not the password", next, next, "not the password that you have"},
		{"not the same twice", good, next, next + "x", "not the same"},
		{"short", good, "kx9!", "kx9!", "at least 10"},
	} {
		got := here.ask("POST", "/password", url.Values{"old": {tc.old}, "new": {tc.password}, "repeat": {tc.repeat}})
		if got.status != 422 || !strings.Contains(got.body, tc.says) {
			t.Errorf("%s: %d %s", tc.name, got.status, got.body)
		}
	}
	if got := here.ask("POST", "/password", url.Values{"old": {good}, "new": {next}, "repeat": {next}}); got.status != 200 {
		t.Fatalf("%d %s", got.status, got.body)
	}
	if after := here.cookies()[sessionCookie]; after == before || here.get("/").status != 200 {
		t.Errorf("this session: token renewed %v", after != before)
	}
	if got := there.get("/"); got.status != 303 {
		t.Errorf("the other session: %d", got.status)
	}
	if got := another(t, site).signIn("amina", good); got.status == 303 {
		t.Error("the old password is good")
	}
	waits := false
	for range freeOfName + 2 {
		got := here.ask("POST", "/password", url.Values{"old": {"not the password"}, "new": {good}, "repeat": {good}})
		waits = waits || strings.Contains(got.body, "too many attempts")
	}
	if !waits {
		t.Error("passwords can be tried for ever on an open page")
	}
	another(t, site).mustSignIn("amina", next) // who does that keeps nobody from signing in
}

func TestSessionsCanBeEnded(t *testing.T) {
	a := open(t, Config{})
	a.add(t, "amina", Admin)
	b := visit(t, a)
	b.mustSignIn("amina", good)
	if members, err := a.Members(t.Context()); err != nil || members[0].Sessions != 1 {
		t.Errorf("%+v %v", members, err)
	}
	if err := a.EndSessions(t.Context(), "amina", "AMINA"); err != nil {
		t.Fatal(err)
	}
	if got := b.get("/"); got.status != 303 {
		t.Errorf("%d", got.status)
	}
	if err := a.EndSessions(t.Context(), "amina", "nobody"); !errors.Is(err, ErrNotFound) {
		t.Errorf("of nobody: %v", err)
	}
}

// TestOldActsAgeOut: only those that are older than the limit go, and it is said.
func TestOldActsAgeOut(t *testing.T) {
	a := open(t, Config{})
	now := time.Now()
	for days := range 100 {
		if err := a.Record(t.Context(), Act{At: now.AddDate(0, 0, -days), By: "amina", What: "reveal", About: fmt.Sprint(days)}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := a.AgeOut(t.Context(), now.AddDate(0, 0, -29)); err == nil {
		t.Error("acts of this month go")
	}
	gone, err := a.AgeOut(t.Context(), now.AddDate(0, 0, -60).Add(time.Minute))
	if err != nil || gone != 40 {
		t.Errorf("%d are gone, %v", gone, err)
	}
	acts, err := a.Acts(t.Context(), time.Time{}, 200)
	if err != nil || len(acts) != 61 || acts[len(acts)-1].About != "59" {
		t.Fatalf("%d acts are left, %v", len(acts), err)
	}
	said := acts[0]
	if said.What != ActAgedOut || said.By != Housekeeper || said.About != "40" || said.Detail != now.AddDate(0, 0, -99).UTC().Format(time.DateOnly)+" - "+now.AddDate(0, 0, -60).UTC().Format(time.DateOnly) {
		t.Errorf("recorded %+v", said)
	}
	if again, err := a.AgeOut(t.Context(), now.AddDate(0, 0, -60).Add(time.Minute)); err != nil || again != 0 {
		t.Errorf("again %d, %v", again, err)
	}
	for _, attempt := range []string{
		"DELETE FROM acts WHERE about = '59'",
		fmt.Sprintf("UPDATE aging SET before = %d", now.UnixNano()),
		"INSERT INTO aging (before) VALUES (9223372036854775807)",
	} {
		if _, err := a.db.Write.ExecContext(t.Context(), attempt); err == nil || !strings.Contains(err.Error(), "append only") {
			t.Errorf("%s: %v", attempt, err)
		}
	}
}

func TestTheAuditLogIsKeptForEver(t *testing.T) {
	a := open(t, Config{})
	if err := a.Record(t.Context(), Act{At: time.Unix(1, 0), By: "amina", What: "reveal"}); err != nil {
		t.Fatal(err)
	}
	if err := a.KeepAudit(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	if acts, err := a.Acts(t.Context(), time.Time{}, 5); err != nil || len(acts) != 1 {
		t.Errorf("%d acts, %v", len(acts), err)
	}
}
