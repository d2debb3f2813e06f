package gateway

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// sending is what the outbox logs of a message that the carrier gave ids for.
func sending(ref string, state State, ids ...string) Status {
	s := Status{Ref: ref, State: state, Attempt: 1}
	for _, id := range ids {
		s.Parts = append(s.Parts, Part{id, state})
	}
	return s
}

// report is a carrier's report on one of its ids.
func report(id string, state State) Status {
	return Status{State: state, Parts: []Part{{id, state}}}
}

func TestStatusNext(t *testing.T) {
	tests := []struct {
		name string
		news []Status
		want State
		last bool // whether the last news is news
	}{
		{"sent", []Status{sending("7", Sent, "c7")}, Sent, true},
		{"delivered after sent", []Status{sending("7", Sent, "c7"), report("c7", Delivered)}, Delivered, true},
		{"buffered, then delivered", []Status{sending("7", Sent, "c7"), report("c7", Buffered), report("c7", Delivered)}, Delivered, true},
		{"sent after delivered", []Status{sending("7", Sent, "c7"), report("c7", Delivered), report("c7", Sent)}, Delivered, false},
		{"delivered twice", []Status{sending("7", Sent, "c7"), report("c7", Delivered), report("c7", Delivered)}, Delivered, false},
		{"failed after delivered", []Status{sending("7", Sent, "c7"), report("c7", Delivered), report("c7", Failed)}, Delivered, false},
		{"a report before the send returned", []Status{report("c7", Delivered), sending("7", Sent, "c7")}, Delivered, true},
		{"a report by our ref before the send returned", []Status{{Ref: "7", State: Delivered}, {Ref: "7", State: Sent, Attempt: 1}}, Delivered, false},
		{"sent after retries", []Status{{Ref: "7", State: Retrying, Attempt: 1}, {Ref: "7", State: Retrying, Attempt: 2}, {Ref: "7", State: Sent, Attempt: 3, Parts: []Part{{"c7", Sent}}}}, Sent, true},
		{"buffered, then sent, by our ref", []Status{{Ref: "7", State: Sent, Attempt: 1}, {Ref: "7", State: Buffered}, {Ref: "7", State: Sent}}, Buffered, false},
		{"held, then sent", []Status{{Ref: "7", State: Held}, sending("7", Sent, "c7")}, Sent, true},
		{"dropped, then sent all the same", []Status{{Ref: "7", State: Dropped}, sending("7", Sent, "c7")}, Dropped, false},
		{"failed, then dropped", []Status{{Ref: "7", State: Failed}, {Ref: "7", State: Dropped}}, Dropped, true},
		{"a part failed, then dropped", []Status{sending("7", Sent, "c7", "c8"), report("c8", Failed), {Ref: "7", State: Dropped}}, Dropped, true},
		{"delivered, then dropped", []Status{sending("7", Sent, "c7"), report("c7", Delivered), {Ref: "7", State: Dropped}}, Delivered, false},
		{"suppressed, then dropped", []Status{{Ref: "7", State: Suppressed}, {Ref: "7", State: Dropped}}, Suppressed, false},
		{"another message between", []Status{sending("7", Sent, "c7"), sending("8", Sent, "c8"), report("c7", Delivered)}, Delivered, true},

		{"one of two parts", []Status{sending("7", Sent, "c7", "c8"), report("c7", Delivered)}, Sent, true},
		{"both parts", []Status{sending("7", Sent, "c7", "c8"), report("c8", Delivered), report("c7", Delivered)}, Delivered, true},
		{"the same part twice", []Status{sending("7", Sent, "c7", "c8"), report("c7", Delivered), report("c7", Delivered)}, Sent, false},
		{"a part that fails", []Status{sending("7", Sent, "c7", "c8"), report("c7", Delivered), report("c8", Failed)}, Failed, true},
		{"a part that waits for the phone", []Status{sending("7", Sent, "c7", "c8"), report("c7", Delivered), report("c8", Buffered)}, Buffered, true},
		{"one part before the send returned", []Status{report("c7", Delivered), sending("7", Sent, "c7", "c8")}, Sent, true},
		{"both parts before the send returned", []Status{report("c8", Delivered), report("c7", Delivered), sending("7", Sent, "c7", "c8")}, Delivered, true},
		{"one part before and one after", []Status{report("c7", Delivered), sending("7", Sent, "c7", "c8"), report("c8", Delivered)}, Delivered, true},

		{"an id in another case", []Status{sending("7", Sent, "AbC7"), report("abc7", Delivered)}, Delivered, true},
		{"an id without its zeros", []Status{sending("7", Sent, "00001a2d"), report("1A2D", Delivered)}, Delivered, true},
		{"an id in decimal", []Status{sending("7", Sent, "00001a2d"), report("6701", Delivered)}, Delivered, true},
		{"an id in hexadecimal", []Status{sending("7", Sent, "6701"), report("1A2D", Delivered)}, Delivered, true},
		{"the exact id goes before another form of it", []Status{sending("6", Sent, "10"), sending("7", Sent, "16"), report("16", Delivered)}, Delivered, true},
		{"an id that could be two", []Status{sending("7", Sent, "00a"), sending("8", Sent, "00A"), report("0A", Delivered)}, Sent, true},
		{"two messages whose ids are one number", []Status{sending("7", Sent, "00a"), sending("8", Sent, "10"), report("0A", Delivered)}, Delivered, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var s Status
			var news bool
			for _, n := range tt.news {
				s, news = s.Next(n)
			}
			if got, _ := s.Of("7"); got.State != tt.want || news != tt.last {
				t.Errorf("state %s, news %v, want %s, %v", got.State, news, tt.want, tt.last)
			}
		})
	}
}

var anyState = []State{Held, Retrying, Sent, Buffered, Delivered, Failed, Expired, Suppressed, Dropped}

func TestStatusNeverGoesBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var s Status
		latest := map[string]State{}
		for range rapid.IntRange(1, 60).Draw(t, "news") {
			ref := strconv.Itoa(rapid.IntRange(1, 5).Draw(t, "ref"))
			state := rapid.SampledFrom(anyState).Draw(t, "state")
			part := "c" + ref + rapid.SampledFrom([]string{"a", "b"}).Draw(t, "part")
			news := report(part, state)
			switch rapid.IntRange(0, 2).Draw(t, "from") {
			case 1:
				news = sending(ref, state, "c"+ref+"a", "c"+ref+"b")
			case 2:
				news = Status{Ref: ref, State: state}
			}
			s, _ = s.Next(news)
			for ref, before := range latest {
				now, known := s.Of(ref)
				if !known || now.State.Rank() < before.Rank() || before.Final() && now.State != before && now.State != Dropped {
					t.Fatalf("message %s went from %q to %q", ref, before, now.State)
				}
			}
			if m, known := s.Of(ref); known {
				latest[ref] = m.State
			}
			if len(s.Recent) >= maxStatuses {
				t.Fatalf("%d messages are remembered", len(s.Recent)+1)
			}
		}
	})
}

// TestReportsInAnyOrder: whenever and however often the parts' reports come and
// however their ids are written, before the sending is logged or after, the
// message ends as its parts do.
func TestReportsInAnyOrder(t *testing.T) {
	spell := []func(string) string{
		func(id string) string { return id },
		strings.ToUpper,
		func(id string) string { return "000" + id },
		func(id string) string { n, _ := strconv.ParseUint(id, 16, 64); return strconv.FormatUint(n, 10) },
	}
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.IntRange(1, 4).Draw(t, "parts")
		var ids []string
		var all []Status
		want := Delivered
		for i := range parts {
			id := fmt.Sprintf("%x", 0xabc0000+i*0x1111)
			ids = append(ids, id)
			final := rapid.SampledFrom([]State{Delivered, Delivered, Delivered, Failed}).Draw(t, "final")
			if final == Failed {
				want = Failed
			}
			write := rapid.SampledFrom(spell).Draw(t, "spelling")
			for range rapid.IntRange(1, 2).Draw(t, "times") {
				all = append(all, report(write(id), final))
			}
		}
		all = append(all, sending("7", Sent, ids...))
		seed := rapid.Uint64().Draw(t, "order")
		rand.New(rand.NewPCG(seed, 0)).Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		var s Status
		for _, news := range all {
			s, _ = s.Next(news)
		}
		if m, known := s.Of("7"); !known || m.State != want {
			t.Fatalf("the message is %q, want %q: %+v", m.State, want, s)
		}
		if others := slices.DeleteFunc(s.messages(), func(m Status) bool { return m.Ref == "7" }); len(others) > 0 {
			t.Fatalf("reports were left over: %+v", others)
		}
	})
}
