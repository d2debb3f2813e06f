package outbox

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestBreaker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		opened, closed := 0, 0
		b := &breaker{now: time.Now, opened: func(string, time.Duration) { opened++ }, closed: func() { closed++ }}
		wait := func() time.Duration { d, _ := b.wait(); return d }
		for range failuresToOpen - 1 {
			b.failed("their fault")
		}
		b.succeeded()
		for range failuresToOpen - 1 {
			b.failed("their fault")
		}
		closedFor, early := b.wait()
		if reason, _ := b.down(); reason != "" || closedFor != 0 || b.stale(early) {
			t.Fatal("it opened although an SMS went through in between")
		}
		b.failed("their fault")
		if reason, since := b.down(); reason != "their fault" || !since.Equal(time.Now()) || opened != 1 {
			t.Fatalf("after %d failures it says %q since %s", failuresToOpen, reason, since)
		}
		if !b.stale(early) {
			t.Fatal("what was let through before may still go")
		}
		for pause := firstProbe; pause < 4*maxProbe; pause *= 2 {
			low, high := min(pause, maxProbe)*8/10, min(pause, maxProbe)*12/10
			until := wait()
			if until < low || until > high || b.remaining() != until {
				t.Fatalf("the probe is in %s, want %s to %s", until, low, high)
			}
			time.Sleep(until)
			probe, pass := b.wait()
			if probe != 0 || b.stale(pass) || wait() == 0 {
				t.Fatal("one probe goes, and only one")
			}
			b.failed("still")
		}
		time.Sleep(wait())
		if wait() != 0 {
			t.Fatal("no probe goes")
		}
		b.unknown() // the probe was held back for another reason
		if wait() != 0 {
			t.Fatal("the next probe does not go")
		}
		b.succeeded()
		if reason, _ := b.down(); reason != "" || closed != 1 || wait() != 0 || wait() != 0 {
			t.Error("it did not close")
		}
	})
}
