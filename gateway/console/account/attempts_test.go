package account

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

const (
	evil   = "203.0.113.5:1000"
	office = "192.0.2.1:1000"
)

// during runs a test in which time passes only when all wait.
func during(t *testing.T, test func(t *testing.T, a *Accounts, h http.Handler)) {
	synctest.Test(t, func(t *testing.T) {
		a := open(t, Config{})
		a.add(t, "amina", Admin)
		test(t, a, a.console())
	})
}

// A guesser gets a handful of guesses and then fewer than a hundred a day, the
// password is refused too while the pause lasts, and it ends.
func TestGuessingIsSlow(t *testing.T) {
	for _, tc := range []struct {
		name   string
		target string             // the name that is tried
		from   func(i int) string // the address of each attempt
		most   int                // guesses in a day
	}{
		{"one name from one address", "amina", func(int) string { return evil }, 130},
		{"one name from anywhere", "amina", func(i int) string { return fmt.Sprintf("198.51.%d.%d:1", i/250%250, i%250) }, 130},
		{"a name that does not exist", "nobody", func(int) string { return evil }, 130},
		{"a network of IPv6", "amina", func(i int) string { return fmt.Sprintf("[2001:db8::%x]:1", i) }, 130},
	} {
		t.Run(tc.name, func(t *testing.T) {
			during(t, func(t *testing.T, a *Accounts, h http.Handler) {
				began, guesses, last := time.Now(), 0, time.Duration(0)
				for i := 0; time.Since(began) < 24*time.Hour; i++ {
					got := knockToSignIn(h, tc.from(i), tc.target, "wrong password")
					if got.StatusCode == http.StatusUnprocessableEntity {
						guesses++
						continue
					}
					if got.StatusCode != http.StatusTooManyRequests {
						t.Fatalf("%d", got.StatusCode)
					}
					seconds, err := strconv.Atoi(got.Header.Get("Retry-After"))
					wait := time.Duration(seconds) * time.Second
					if err != nil || wait < last || wait > longestPause {
						t.Fatalf("to wait %s after %s (%v)", wait, last, err)
					}
					last = wait
					if got := knockToSignIn(h, tc.from(i), "amina", good); tc.target == "amina" && got.StatusCode != http.StatusTooManyRequests {
						t.Fatalf("the password in a pause: %d", got.StatusCode)
					}
					time.Sleep(wait)
				}
				if guesses < freeOfName || guesses > tc.most {
					t.Errorf("%d guesses in a day", guesses)
				}
				t.Log(guesses, "guesses in a day")
				if got := knockToSignIn(h, office, "amina", good); got.StatusCode != http.StatusSeeOther && tc.target != "amina" {
					t.Errorf("another name from another address: %d", got.StatusCode)
				}
			})
		})
	}
}

// Many names from one address are no way around.
func TestGuessingManyNamesIsSlow(t *testing.T) {
	during(t, func(t *testing.T, a *Accounts, h http.Handler) {
		guesses := 0
		for i := range 1000 {
			if knockToSignIn(h, evil, "name"+strconv.Itoa(i), "wrong password").StatusCode == http.StatusUnprocessableEntity {
				guesses++
			}
		}
		if guesses != freeOfAddress {
			t.Errorf("%d guesses at once, want %d", guesses, freeOfAddress)
		}
		if got := knockToSignIn(h, office, "amina", good); got.StatusCode != http.StatusSeeOther {
			t.Errorf("from another address: %d", got.StatusCode)
		}
	})
}

// Who has an account cannot use it to go on guessing others'.
func TestOwnAccountIsNoExcuse(t *testing.T) {
	during(t, func(t *testing.T, a *Accounts, h http.Handler) {
		a.add(t, "mallory", Viewer)
		guesses := 0
		for i := range 200 {
			knockToSignIn(h, evil, "mallory", good)
			if knockToSignIn(h, evil, "name"+strconv.Itoa(i), "wrong password").StatusCode == http.StatusUnprocessableEntity {
				guesses++
			}
		}
		if guesses > freeOfAddress {
			t.Errorf("%d guesses", guesses)
		}
	})
}

// Whoever tries to keep an operator out by failing in their name all day long
// does not reach the browsers that they use.
func TestNobodyIsLockedOutForEver(t *testing.T) {
	during(t, func(t *testing.T, a *Accounts, h http.Handler) {
		var device []*http.Cookie
		for _, c := range knockToSignIn(h, office, "amina", good).Cookies() {
			if c.Name == deviceCookie {
				device = append(device, c)
			}
		}
		attack := func(times int) {
			for i := range times {
				knockToSignIn(h, fmt.Sprintf("198.51.100.%d:1", i%250), "amina", "wrong password")
				knockToSignIn(h, office, "amina", "wrong password") // the next table has it too
				time.Sleep(time.Minute)
			}
		}
		attack(24 * 60)
		if got := knockToSignIn(h, office, "amina", good); got.StatusCode != http.StatusTooManyRequests {
			t.Errorf("a new browser in the middle of it: %d", got.StatusCode)
		}
		if got := knockToSignIn(h, office, "amina", good, device...); got.StatusCode != http.StatusSeeOther {
			t.Errorf("a known browser: %d", got.StatusCode)
		}
		// It is known for its own operator only.
		a.add(t, "otieno", Agent)
		for range freeOfName {
			knockToSignIn(h, "198.51.100.77:1", "otieno", "wrong password")
		}
		if got := knockToSignIn(h, "198.51.100.78:1", "otieno", good, device...); got.StatusCode != http.StatusTooManyRequests {
			t.Errorf("another operator's browser: %d", got.StatusCode)
		}
		// A known browser is no way around either.
		for range freeOfDevice {
			knockToSignIn(h, evil, "amina", "wrong password", device...)
		}
		if got := knockToSignIn(h, evil, "amina", good, device...); got.StatusCode != http.StatusTooManyRequests {
			t.Errorf("guessing in a known browser: %d", got.StatusCode)
		}
		// When it is over, everybody gets in again from everywhere.
		time.Sleep(longestPause)
		if got := knockToSignIn(h, "192.0.2.99:1", "amina", good); got.StatusCode != http.StatusSeeOther {
			t.Errorf("afterwards: %d", got.StatusCode)
		}
	})
}

// A new password that is set on the machine helps at once.
func TestNewPasswordEndsThePause(t *testing.T) {
	during(t, func(t *testing.T, a *Accounts, h http.Handler) {
		for range 10 {
			knockToSignIn(h, evil, "amina", "wrong password")
		}
		if err := a.SetPassword(t.Context(), CommandLine, "amina", "another long one"); err != nil {
			t.Fatal(err)
		}
		if got := knockToSignIn(h, office, "amina", "another long one"); got.StatusCode != http.StatusSeeOther {
			t.Errorf("%d", got.StatusCode)
		}
	})
}

func TestPausesSurviveARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "console.db")
		a, err := Open(t.Context(), path, Config{})
		if err != nil {
			t.Fatal(err)
		}
		a.hashes.cost = cheap()
		a.add(t, "amina", Admin)
		for range 30 {
			knockToSignIn(a.console(), evil, "amina", "wrong password")
			time.Sleep(20 * time.Second)
		}
		if err := a.Close(); err != nil {
			t.Fatal(err)
		}
		h := openAt(t, path, Config{}).console()
		if got := knockToSignIn(h, office, "amina", good); got.StatusCode != http.StatusTooManyRequests {
			t.Errorf("after the restart: %d", got.StatusCode)
		}
		time.Sleep(longestPause)
		if got := knockToSignIn(h, office, "amina", good); got.StatusCode != http.StatusSeeOther {
			t.Errorf("after the pause: %d", got.StatusCode)
		}
	})
}

// The attempts that come at once are counted before any password is looked at.
func TestGuessesAtOnceAreCounted(t *testing.T) {
	during(t, func(t *testing.T, a *Accounts, h http.Handler) {
		var guesses atomic.Int32
		for i := range 30 {
			go func() {
				if knockToSignIn(h, fmt.Sprintf("198.51.100.%d:1", i), "amina", "wrong password").StatusCode == http.StatusUnprocessableEntity {
					guesses.Add(1)
				}
			}()
		}
		synctest.Wait()
		if guesses.Load() != freeOfName {
			t.Errorf("%d guesses, want %d", guesses.Load(), freeOfName)
		}
	})
}

// A flood of sign-ins hashes two at a time; some wait, and the rest is told to
// come back, which does not count against them.
func TestFloodOfSignInsIsBounded(t *testing.T) {
	during(t, func(t *testing.T, a *Accounts, h http.Handler) {
		for range hashesAtOnce { // hold the places of those that hash
			done, err := a.hashes.turn(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			defer done()
		}
		const flood = hashesWaiting + 10
		var busy, right, other atomic.Int32
		for i := range flood {
			go func() {
				got := knockToSignIn(h, fmt.Sprintf("198.51.100.%d:1", i), "name"+strconv.Itoa(i), good)
				switch got.StatusCode {
				case http.StatusServiceUnavailable:
					busy.Add(1)
				case http.StatusUnprocessableEntity:
					right.Add(1)
				default:
					other.Add(1)
				}
			}()
		}
		synctest.Wait()
		if busy.Load() != flood-hashesWaiting || right.Load() != 0 || other.Load() != 0 {
			t.Errorf("%d busy, %d answered, %d else", busy.Load(), right.Load(), other.Load())
		}
		var counted int
		if err := a.db.Read.QueryRowContext(t.Context(), "SELECT count(*) FROM attempts WHERE failures > 0 AND of LIKE 'name %'").Scan(&counted); err != nil {
			t.Fatal(err)
		}
		if counted != hashesWaiting {
			t.Errorf("%d attempts are counted, want %d", counted, hashesWaiting)
		}
		<-a.hashes.slots // one hash is done: the others take turns
		synctest.Wait()
		if right.Load() != hashesWaiting {
			t.Errorf("%d answered", right.Load())
		}
		a.hashes.slots <- struct{}{}
	})
}

// Who hangs up while they wait makes place.
func TestWaitingEndsWithTheRequest(t *testing.T) {
	h := newHasher()
	h.cost = cheap()
	for range hashesAtOnce {
		h.slots <- struct{}{}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for range 3 * hashesWaiting {
		if _, err := h.hash(ctx, good); !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
	}
	if len(h.waiting) != 0 {
		t.Errorf("%d wait", len(h.waiting))
	}
}

// The answer is the same whether the name exists or not.
func TestAnswerDoesNotTellWhoExists(t *testing.T) {
	a := open(t, Config{})
	a.add(t, "amina", Admin)
	h := a.console()
	for i := range freeOfName + 3 {
		body := func(name string) string {
			got := knockToSignIn(h, fmt.Sprintf("192.0.2.%d:1", i), name, "wrong password")
			text, err := io.ReadAll(got.Body)
			if err != nil {
				t.Fatal(err)
			}
			if len(got.Cookies()) > 0 {
				t.Errorf("cookies: %v", got.Cookies())
			}
			return strconv.Itoa(got.StatusCode) + strings.ReplaceAll(string(text), name, "NAME")
		}
		if there, not := body("amina"), body("nobody"); there != not {
			t.Fatalf("attempt %d:\n%s\n%s", i, there, not)
		}
	}
}

func TestAttemptsAreBounded(t *testing.T) {
	a := open(t, Config{})
	if _, err := a.db.Write.ExecContext(t.Context(), `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1)
		INSERT INTO attempts SELECT 'address ' || i, 1, $2 + i, 0 FROM n`, maxAttempts, time.Now().UnixNano()); err != nil {
		t.Fatal(err)
	}
	for i := range 20 {
		if _, _, err := a.take(t.Context(), countersOf("name"+strconv.Itoa(i), "192.0.2.1", "")); err != nil {
			t.Fatal(err)
		}
	}
	var count int
	if err := a.db.Read.QueryRowContext(t.Context(), "SELECT count(*) FROM attempts").Scan(&count); err != nil || count > maxAttempts+2 {
		t.Errorf("%d rows, %v", count, err)
	}
}

func TestPausesGrowAndEnd(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		free := rapid.IntRange(1, 50).Draw(t, "free")
		n := rapid.IntRange(0, 1<<40).Draw(t, "failures")
		if p, next := pause(n, free), pause(n+1, free); p > next || p < 0 || next > longestPause || (n < free) != (p == 0) {
			t.Fatalf("%s, then %s", p, next)
		}
	})
}
