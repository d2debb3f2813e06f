package outbox

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"haat/gateway"
)

// bank is a carrier that says what is left as it is told; without that it does
// not answer.
type bank struct {
	says  []func() (*gateway.Cost, error) // the last one again and again
	asked []time.Time
}

func (b *bank) Name() string { return "kenya" }

func (b *bank) Balance(ctx context.Context) (*gateway.Cost, error) {
	b.asked = append(b.asked, time.Now())
	say := b.says[min(len(b.asked), len(b.says))-1]
	if say == nil {
		<-ctx.Done()
		return nil, &gateway.SendError{Kind: gateway.Unavailable, Advice: "It is out of reach.", Err: ctx.Err()}
	}
	return say()
}

func has(micros int64) func() (*gateway.Cost, error) {
	return func() (*gateway.Cost, error) { return &gateway.Cost{Micros: micros, Currency: "KES"}, nil }
}

func refuses(code string) func() (*gateway.Cost, error) {
	return func() (*gateway.Cost, error) {
		return nil, &gateway.SendError{Kind: gateway.Unavailable, Code: code, Advice: "Check it.", Err: errors.New("no")}
	}
}

func tellsNone() (*gateway.Cost, error) { return nil, nil }

// TestBalance lets a carrier answer in turn and says after each answer what is
// known, with its age in whole answers, and how many lines the log has.
func TestBalance(t *testing.T) {
	type step struct {
		say  func() (*gateway.Cost, error)
		want string
		log  int
	}
	for name, steps := range map[string][]step{
		"it goes down":                 {{has(2_500_000), "KES 2.50, 0 old", 0}, {has(1_000_000), "KES 1.00, 0 old", 0}},
		"none":                         {{tellsNone, "none", 0}, {tellsNone, "none", 0}},
		"none any more":                {{has(1), "KES 0.000001, 0 old", 0}, {tellsNone, "none", 0}},
		"a failure keeps what it said": {{has(1_000_000), "KES 1.00, 0 old", 0}, {refuses("500"), "KES 1.00, 1 old", 1}, {refuses("500"), "KES 1.00, 2 old", 1}, {has(500_000), "KES 0.50, 0 old", 2}},
		"each kind of failure is told": {{refuses("500"), "awaited", 1}, {refuses("401"), "awaited", 2}, {refuses("500"), "awaited", 3}, {refuses("500"), "awaited", 3}},
		"it does not answer":           {{nil, "awaited", 1}, {nil, "awaited", 1}, {has(1_000_000), "KES 1.00, 0 old", 2}, {nil, "KES 1.00, 1 old", 3}},
		"another error":                {{func() (*gateway.Cost, error) { return nil, errors.New("no") }, "awaited", 1}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var log bytes.Buffer
				b := &bank{}
				a := &account{channel: b, now: time.Now, logger: zerolog.New(&log)}
				for i, s := range steps {
					b.says = append(b.says, s.say)
					a.ask(t.Context())
					if got := known(a); got != s.want || strings.Count(log.String(), "\n") != s.log {
						t.Errorf("after answer %d: %s, want %s; the log says %q, want %d lines", i, got, s.want, log.String(), s.log)
					}
					time.Sleep(time.Hour)
				}
			})
		})
	}
}

// known says what an account knows just after an answer, of which there is one an
// hour.
func known(a *account) string {
	left, at, awaited := a.state()
	switch {
	case awaited && left == nil:
		return "awaited"
	case left == nil:
		return "none"
	}
	return fmt.Sprintf("%s, %d old", left, int(time.Since(at).Hours()))
}

// TestBalanceIsAskedAtOnceAndThenNowAndThen: with jitter, without a crowd, and to
// the end of the work, also in the middle of an answer that does not come.
func TestBalanceIsAskedAtOnceAndThenNowAndThen(t *testing.T) {
	for name, say := range map[string]func() (*gateway.Cost, error){"that answers": has(1), "that fails": refuses("500"), "that hangs": nil} {
		t.Run("a carrier "+name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				b := &bank{says: []func() (*gateway.Cost, error){say}}
				a := &account{channel: b, now: time.Now, logger: zerolog.Nop()}
				began, ended := time.Now(), make(chan struct{})
				go func() {
					defer close(ended)
					a.watch(ctx)
				}()
				time.Sleep(100 * time.Minute)
				synctest.Wait()
				cancel()
				<-ended
				if n := len(b.asked); n < 8 || n > 13 || !b.asked[0].Equal(began) {
					t.Errorf("it was asked %d times in 100 minutes, first at %s", n, b.asked[0].Sub(began))
				}
				pauses := map[time.Duration]bool{}
				for i := range b.asked[1:] {
					pause := b.asked[i+1].Sub(b.asked[i])
					pauses[pause] = true
					if pause < 8*time.Minute || pause > 12*time.Minute+balanceTimeout {
						t.Errorf("pause %d is %s", i, pause)
					}
				}
				if len(pauses) < 2 {
					t.Error("the pauses are all alike")
				}
			})
		})
	}
}

// TestAnEndIsNoFailure: who stops haat while the carrier is asked does not read of
// a failure.
func TestAnEndIsNoFailure(t *testing.T) {
	var log bytes.Buffer
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	a := &account{channel: &bank{says: []func() (*gateway.Cost, error){nil}}, now: time.Now, logger: zerolog.New(&log)}
	a.ask(ctx)
	if log.Len() > 0 {
		t.Errorf("the log says %q", log.String())
	}
}

// TestNoAccount: most channels are not paid in advance.
func TestNoAccount(t *testing.T) {
	if left, _, awaited := (*account)(nil).state(); left != nil || awaited {
		t.Errorf("it has %v, awaited %t", left, awaited)
	}
}
