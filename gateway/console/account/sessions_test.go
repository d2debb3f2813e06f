package account

import (
	"bufio"
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// What is planted in a browser before is worth nothing after signing in.
func TestSigningInGivesANewSession(t *testing.T) {
	a := open(t, Config{})
	a.add(t, "amina", Admin)
	a.add(t, "mallory", Viewer)
	mallory := visit(t, a)
	mallory.mustSignIn("mallory", good)
	planted := mallory.cookies()[sessionCookie]
	for name, cookie := range map[string]string{"somebody else's session": planted, "made up": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest("POST", "/login", strings.NewReader("name=amina&password="+strings.ReplaceAll(good, " ", "+")))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.AddCookie(&http.Cookie{Name: sessionCookie, Value: cookie})
			w := httptest.NewRecorder()
			a.console().ServeHTTP(w, r)
			for _, c := range w.Result().Cookies() {
				if c.Value == cookie || c.Value == "" {
					t.Errorf("the cookie stayed: %v", c)
				}
			}
			got := knock(a.console(), office, "GET", "/orders", nil, &http.Cookie{Name: sessionCookie, Value: cookie})
			if got.StatusCode != http.StatusSeeOther {
				t.Errorf("the old token: %d", got.StatusCode)
			}
		})
	}
}

func TestSessionsEnd(t *testing.T) {
	for _, tc := range []struct {
		name string
		how  func(a *Accounts, b *browser) error
	}{
		{"signing out", func(_ *Accounts, b *browser) error { b.ask("POST", "/logout", nil); return nil }},
		{"removed", func(a *Accounts, b *browser) error { return a.Remove(b.t.Context(), "test", "amina") }},
		{"removed and added again", func(a *Accounts, b *browser) error {
			if err := a.Remove(b.t.Context(), "test", "AMINA"); err != nil {
				return err
			}
			return a.Add(b.t.Context(), "test", "amina", Admin, good)
		}},
		{"another password", func(a *Accounts, b *browser) error {
			return a.SetPassword(b.t.Context(), "test", "amina", "another long one")
		}},
		{"another role", func(a *Accounts, b *browser) error { return a.SetRole(b.t.Context(), "test", "amina", Viewer) }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			a := open(t, Config{})
			a.chief(t)
			a.add(t, "Amina", Admin)
			a.add(t, "otieno", Agent)
			b := visit(t, a)
			b.mustSignIn("amina", good)
			other := another(t, b.site)
			other.mustSignIn("otieno", good)
			cookie := &http.Cookie{Name: sessionCookie, Value: b.cookies()[sessionCookie]}
			// A request that has begun before and ends after.
			_, late, err := a.recognise(t.Context(), cookie.Value)
			if err != nil {
				t.Fatal(err)
			}
			if err := tc.how(a, b); err != nil {
				t.Fatal(err)
			}
			if _, _, err := a.sessions.Commit(late); err != nil {
				t.Fatal(err)
			}
			if got := knock(a.console(), office, "GET", "/", nil, cookie); got.StatusCode != http.StatusSeeOther {
				t.Errorf("the session goes on: %d", got.StatusCode)
			}
			if got := other.get("/"); got.status != http.StatusOK {
				t.Errorf("another operator: %d", got.status)
			}
		})
	}
}

// A request that was under way while its operator signed out does not sign them
// in again, however late it ends.
func TestSignedOutStaysSignedOut(t *testing.T) {
	during(t, func(t *testing.T, a *Accounts, h http.Handler) {
		cookies := knockToSignIn(h, office, "amina", good).Cookies()
		var token string
		for _, c := range cookies {
			if c.Name == sessionCookie {
				token = c.Value
			}
		}
		_, late, err := a.recognise(t.Context(), token)
		if err != nil {
			t.Fatal(err)
		}
		knock(h, office, "POST", "/logout", nil, cookies...)
		time.Sleep(2 * touchEvery)
		if _, _, err := a.sessions.Commit(late); err != nil {
			t.Fatal(err)
		}
		if got := knock(h, office, "GET", "/", nil, cookies...); got.StatusCode != http.StatusSeeOther {
			t.Errorf("%d", got.StatusCode)
		}
	})
}

// A live page ends when the operator is removed, also by another process.
func TestStreamsEndWithTheSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := open(t, Config{})
		a.chief(t)
		a.add(t, "amina", Admin)
		h := a.console()
		var cookies []*http.Cookie
		cookies = append(cookies, knockToSignIn(h, office, "amina", good).Cookies()...)
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			knock(h, office, "GET", "/live", nil, cookies...)
		}()
		time.Sleep(time.Hour)
		synctest.Wait()
		select {
		case <-ended:
			t.Fatal("it ended by itself")
		default:
		}
		if err := a.Remove(t.Context(), "test", "amina"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(recheckEvery)
		synctest.Wait()
		select {
		case <-ended:
		default:
			t.Fatal("it goes on")
		}
	})
}

func TestStreamEndsWithItsConnection(t *testing.T) {
	a := open(t, Config{})
	a.add(t, "amina", Admin)
	b := visit(t, a)
	b.mustSignIn("amina", good)
	ctx, hangUp := context.WithCancel(t.Context())
	defer hangUp()
	r, err := http.NewRequestWithContext(ctx, "GET", b.site.URL+"/live", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.AddCookie(&http.Cookie{Name: sessionCookie, Value: b.cookies()[sessionCookie]})
	resp, err := b.site.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if line, err := bufio.NewReader(resp.Body).ReadString('\n'); err != nil || line != "data: open\n" {
		t.Fatalf("%q %v", line, err)
	}
	hangUp()
	b.site.Close() // waits for its requests
}

func TestSessionsGrowOld(t *testing.T) {
	for _, tc := range []struct {
		name  string
		every time.Duration // a page is asked for
		path  string
		lives time.Duration // about
	}{
		{"nobody there", 8*time.Hour + time.Minute, "/", 0},
		{"in use", 2 * time.Hour, "/", SessionTime},
		{"a live page alone", time.Hour, "/live", IdleTime},
		{"a page that asks by itself", time.Hour, "/orders", IdleTime},
	} {
		t.Run(tc.name, func(t *testing.T) {
			during(t, func(t *testing.T, a *Accounts, h http.Handler) {
				began := time.Now()
				cookies := knockToSignIn(h, office, "amina", good).Cookies()
				var lived time.Duration
				for time.Since(began) < 2*SessionTime {
					time.Sleep(tc.every)
					r := httptest.NewRequest("GET", tc.path, nil)
					for _, c := range cookies {
						r.AddCookie(c)
					}
					if tc.path == "/live" {
						r.Header.Set("Accept", "text/event-stream")
						ctx, cancel := context.WithTimeout(r.Context(), time.Second)
						defer cancel()
						r = r.WithContext(ctx)
					}
					if tc.path == "/orders" {
						r.Header.Set(Background, "true")
					}
					w := httptest.NewRecorder()
					h.ServeHTTP(w, r)
					if w.Code != http.StatusOK {
						break
					}
					lived = time.Since(began)
				}
				if lived > tc.lives || lived < tc.lives-2*tc.every-time.Hour {
					t.Errorf("it lived %s, want about %s", lived, tc.lives)
				}
			})
		})
	}
}

// A request that changes nothing about a session costs no write.
func TestUseIsNotedOnceAMinute(t *testing.T) {
	during(t, func(t *testing.T, a *Accounts, h http.Handler) {
		cookies := knockToSignIn(h, office, "amina", good).Cookies()
		expiry := func() (at int64) {
			if err := a.db.Read.QueryRowContext(t.Context(), "SELECT expires FROM sessions").Scan(&at); err != nil {
				t.Fatal(err)
			}
			return at
		}
		began := expiry()
		time.Sleep(59 * time.Second)
		knock(h, office, "GET", "/", nil, cookies...)
		if expiry() != began {
			t.Error("noted too early")
		}
		time.Sleep(time.Second)
		knock(h, office, "GET", "/", nil, cookies...)
		if got := expiry() - began; got != int64(time.Minute) {
			t.Errorf("a minute later it lasts %s longer", time.Duration(got))
		}
	})
}

func TestSessionsAndDevicesAreBounded(t *testing.T) {
	during(t, func(t *testing.T, a *Accounts, h http.Handler) {
		var all [][]*http.Cookie
		for range MaxSessions + 5 {
			all = append(all, knockToSignIn(h, office, "amina", good).Cookies())
			time.Sleep(time.Minute)
		}
		for i, cookies := range all {
			got := knock(h, office, "GET", "/", nil, cookies...)
			if want := i >= 5; want != (got.StatusCode == http.StatusOK) {
				t.Errorf("session %d: %d", i, got.StatusCode)
			}
		}
		var devices int
		if err := a.db.Read.QueryRowContext(t.Context(), "SELECT count(*) FROM devices").Scan(&devices); err != nil || devices != maxDevices {
			t.Errorf("%d devices, %v", devices, err)
		}
		time.Sleep(SessionTime)
		knockToSignIn(h, office, "amina", good)
		var kept int
		if err := a.db.Read.QueryRowContext(t.Context(), "SELECT count(*) FROM sessions").Scan(&kept); err != nil || kept != 1 {
			t.Errorf("%d sessions are kept, %v", kept, err)
		}
	})
}
