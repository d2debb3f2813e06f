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
		for range failuresToOpen - 1 {
			b.failed("their fault")
		}
		b.succeeded()
		for range failuresToOpen - 1 {
			b.failed("their fault")
		}
		if reason, _ := b.down(); reason != "" || b.wait() != 0 {
			t.Fatal("it opened although an SMS went through in between")
		}
		b.failed("their fault")
		if reason, since := b.down(); reason != "their fault" || !since.Equal(time.Now()) || opened != 1 {
			t.Fatalf("after %d failures it says %q since %s", failuresToOpen, reason, since)
		}
		for pause := firstProbe; pause < 4*maxProbe; pause *= 2 {
			low, high := min(pause, maxProbe)*8/10, min(pause, maxProbe)*12/10
			wait := b.wait()
			if wait < low || wait > high || b.remaining() != wait {
				t.Fatalf("the probe is in %s, want %s to %s", wait, low, high)
			}
			time.Sleep(wait)
			if b.wait() != 0 || b.wait() == 0 {
				t.Fatal("one probe goes, and only one")
			}
			b.failed("still")
		}
		time.Sleep(b.wait())
		if b.wait() != 0 {
			t.Fatal("no probe goes")
		}
		b.unknown() // the probe was held back for another reason
		if b.wait() != 0 {
			t.Fatal("the next probe does not go")
		}
		b.succeeded()
		if reason, _ := b.down(); reason != "" || closed != 1 || b.wait() != 0 || b.wait() != 0 {
			t.Error("it did not close")
		}
	})
}
