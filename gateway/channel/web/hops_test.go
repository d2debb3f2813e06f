package web_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"haat/gateway/channel/web"
)

func TestDialled(t *testing.T) {
	tests := []struct{ name, code, dialled, want string }{
		{"the code alone", "*384*1#", "*384*1#", ""},
		{"a product and how many", "*384*1#", "*384*1*101*2#", "101*2"},
		{"the code without its signs", "384*1", "*384*1*101#", "101"},
		{"the string without its signs", "*384*1#", "384*1*101", "101"},
		{"spaces around it", "*384*1#", " *384*1# ", ""},
		{"nothing", "*384*1#", "", ""},
		{"another code that begins alike", "*384*1#", "*384*12#", ""},
		{"another code", "*384*1#", "*713#", ""},
		{"the code and a hash in the middle", "*384#", "*384*101#2#", "101*2"},
		{"wide signs", "*928*122#", "*928*122*2\uff03", "2"},
		{"only what stands beyond", "*711*734#", "1*2*3", "1*2*3"},
		{"an answer", "*384#", "2 rice", "2 rice"},
		{"no code", "", "*384*101#", ""},
		{"no code and nothing", "", "", ""},
		{"a code of signs", "*#", "*101#", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := web.Dialled(tt.code, tt.dialled); got != tt.want {
				t.Errorf("Dialled(%q, %q) = %q, want %q", tt.code, tt.dialled, got, tt.want)
			}
		})
	}
}

func TestCheckCode(t *testing.T) {
	for code, good := range map[string]bool{
		"*384#": true, "*384*1#": true, "*713*20*101#": true,
		"": false, "384": false, "*384": false, "384#": false, "**384#": false, "*384#\n": false, "*38 4#": false, "*384*#": false,
	} {
		err := web.CheckCode("shop", code)
		if (err == nil) != good {
			t.Errorf("CheckCode(%q) = %v", code, err)
		}
		if err != nil && (!strings.Contains(err.Error(), "channel shop") || !strings.Contains(err.Error(), "service_code")) {
			t.Errorf("CheckCode(%q) = %v, which names neither channel nor setting", code, err)
		}
	}
}

func TestHopIDIsAnID(t *testing.T) {
	seen := map[string]bool{}
	for _, length := range []int{1, 63, 64, 100, 127, 128} {
		for _, hop := range []string{"", "1", "2", strings.Repeat("h", 64)} {
			id := web.HopID(strings.Repeat("s", length), hop)
			if !web.IsID(id) || seen[id] {
				t.Errorf("session of %d, hop %.9q: id %q is none, or another hop's", length, hop, id)
			}
			seen[id] = true
		}
	}
}

// clock is a clock that stands still until it is moved.
type clock struct{ time.Time }

func (c *clock) move(by time.Duration) { c.Time = c.Add(by) }

func newHops() (*web.Hops, *clock) {
	c := &clock{time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)}
	hops := web.NewHops()
	hops.Now = func() time.Time { return c.Time }
	return hops, c
}

func TestHops(t *testing.T) {
	enter := func(hops *web.Hops, session, text string) string {
		id, leave := hops.Enter(session, text)
		leave()
		return id
	}
	t.Run("the same answer to the next screen is another hop", func(t *testing.T) {
		hops, now := newHops()
		first := enter(hops, "s", "1")
		now.move(2 * time.Second)
		if second := enter(hops, "s", "1"); second == first {
			t.Errorf("both have the id %s", first)
		}
	})
	t.Run("an equal answer to a screen that was not seen yet is a repeat", func(t *testing.T) {
		hops, now := newHops()
		first := enter(hops, "s", "1")
		now.move(900 * time.Millisecond)
		if again := enter(hops, "s", "1"); again != first {
			t.Errorf("ids %s and %s", first, again)
		}
	})
	t.Run("repeats without end are hops", func(t *testing.T) {
		hops, now := newHops()
		first := enter(hops, "s", "1")
		for range 3 {
			now.move(400 * time.Millisecond)
			if again := enter(hops, "s", "1"); now.Second() >= 1 && again == first {
				t.Errorf("%v after the first it is still its repeat", now.Sub(time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)))
			}
		}
	})
	t.Run("a repeat while the first is being answered", func(t *testing.T) {
		hops, now := newHops()
		first, leave := hops.Enter("s", "1")
		now.move(12 * time.Second)
		again, leaveAgain := hops.Enter("s", "1")
		if again != first {
			t.Errorf("ids %s and %s", first, again)
		}
		leave()
		now.move(2 * time.Second)
		if third, _ := hops.Enter("s", "1"); third != first { // the repeat is not answered yet
			t.Errorf("ids %s and %s", first, third)
		}
		leaveAgain()
	})
	t.Run("another answer is another hop at once", func(t *testing.T) {
		hops, now := newHops()
		first := enter(hops, "s", "1")
		now.move(time.Millisecond)
		second := enter(hops, "s", "2")
		now.move(time.Millisecond)
		if third := enter(hops, "s", "1"); first == second || second == third || first == third {
			t.Errorf("ids %s, %s and %s", first, second, third)
		}
	})
	t.Run("sessions are apart", func(t *testing.T) {
		hops, _ := newHops()
		if a, b := enter(hops, "a", "1"), enter(hops, "b", "1"); a == b {
			t.Errorf("both have the id %s", a)
		}
	})
	t.Run("a process that was started anew", func(t *testing.T) {
		hops, now := newHops()
		first := enter(hops, "s", "1")
		fresh := web.NewHops()
		now.move(10 * time.Second)
		fresh.Now = hops.Now
		if second := enter(fresh, "s", "1"); second == first {
			t.Errorf("both have the id %s", first)
		}
	})
}

func TestHopsForget(t *testing.T) {
	hops, now := newHops()
	first, leave := hops.Enter("first", "1")
	for i := range 10_000 {
		_, leave := hops.Enter(strconv.Itoa(i), "1")
		leave()
	}
	leave()
	now.move(time.Millisecond)
	if again, _ := hops.Enter("first", "1"); again == first {
		t.Error("more sessions are remembered than there is room for")
	}
}

func FuzzDialled(f *testing.F) {
	f.Add("*384*1#", "*384*1*101*2#")
	f.Add("384", "1*2")
	f.Fuzz(func(t *testing.T, code, dialled string) {
		got := web.Dialled(code, dialled)
		if len(got) > len(dialled) || web.Dialled(code, "*"+strings.Trim(code, "*#")+"#") != "" && web.CheckCode("shop", code) == nil {
			t.Errorf("Dialled(%q, %q) = %q", code, dialled, got)
		}
	})
}
