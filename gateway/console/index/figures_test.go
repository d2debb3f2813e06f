package index

import (
	gocmp "cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"haat/gateway"
	"haat/gateway/dialogue"
	"haat/gateway/gatewaytest"
	"haat/gateway/messagelog"
	"haat/orders"
)

var everyName = []string{Rows, Turns, TextsIn, TextsOut, Troubles, SMS, Statuses, Segments, Costs, Orders, Products, Finishes, Languages, Visits, Screens, Ended, Unmet, Unknown}

// drawFigures makes a log whose lines say more, and are further apart.
func drawFigures(t *rapid.T) []messagelog.Line {
	lines := drawLines(t)
	at := begin
	steps := []time.Duration{0, time.Second, 40 * time.Second, 7 * time.Minute, VisitGap, VisitGap + time.Second, 2 * time.Hour}
	for i := range lines {
		at = at.Add(pick(t, steps, "pause"))
		l := &lines[i]
		l.At = at
		if l.Broken != nil {
			continue
		}
		switch l.Kind {
		case messagelog.KindStatus:
			l.Segments = rapid.IntRange(0, 3).Draw(t, "segments")
			l.Cost, l.Currency = pick(t, []string{"", "0.8", "4.200001", "x", "1.0000001", "12"}, "cost"), pick(t, []string{"KES", "UGX"}, "currency")
		case messagelog.KindNotice:
			l.Told = pick(t, []orders.Status{"", orders.Confirmed, orders.Rejected, orders.Cancelled}, "told")
		case messagelog.KindTurn:
			if l.Amends != 0 {
				l.Told, l.Screen = pick(t, []orders.Status{"", orders.Confirmed}, "told"), pick(t, []string{"short", "menu"}, "amended screen")
				break
			}
			l.Screen = pick(t, []string{"", "menu", "products", "confirm"}, "screen")
			l.Heard = pick(t, []string{"", "2=number 2; Paa la mabati=not sold here; rice=RICE1", "x=not sold here"}, "heard")
			if rapid.IntRange(0, 2).Draw(t, "orders") == 0 {
				l.Order = pick(t, []string{"no uuid", uuidAt(l.At.Add(-time.Minute)), uuidAt(l.At.Add(-40 * time.Hour))}, "order")
				l.Ordered = []orders.Line{{SKU: "RICE5", Qty: rapid.IntRange(1, 4).Draw(t, "qty")}, {SKU: "SOAP", Qty: 1}}
			}
		}
	}
	return lines
}

func uuidAt(t time.Time) string {
	ms := fmt.Sprintf("%012x", t.UnixMilli())
	return ms[:8] + "-" + ms[8:] + "-7000-8000-000000000000"
}

// counted gives the figures of a log by a plain loop: what rows say in the end,
// and what each line says.
func counted(lines []messagelog.Line) map[Figure]int64 {
	sums := map[Figure]int64{}
	add := func(at time.Time, name, channel, label string, n int64) {
		sums[Figure{At: at.Truncate(time.Minute), Name: name, Channel: channel, Label: label}] += n
	}
	yes := func(is bool) int64 {
		if is {
			return 1
		}
		return 0
	}
	for _, r := range plainly(lines) {
		add(r.At, Rows, r.Channel, "", 1)
		add(r.At, TextsIn, r.Channel, "", yes(r.In != ""))
		add(r.At, TextsOut, r.Channel, "", yes(r.Out != ""))
		add(r.At, Troubles, r.Channel, "", yes(r.Trouble()))
		add(r.At, SMS, r.Channel, string(r.State), yes(r.State != ""))
		if r.Kind == messagelog.KindTurn {
			add(r.At, Turns, r.Channel, string(r.Mode)+"/"+r.Class, 1)
			add(r.At, Languages, r.Channel, r.Language, yes(r.Language != ""))
			add(r.At, Screens, r.Channel, plainScreen(r.Class, r.Screen), yes(plainScreen(r.Class, r.Screen) != ""))
		}
	}
	for _, l := range lines {
		if l.Broken != nil {
			continue
		}
		if l.Kind == messagelog.KindStatus {
			add(l.At, Statuses, l.Channel, string(l.Status), 1)
			add(l.At, Segments, l.Channel, "", int64(l.Segments))
			add(l.At, Costs, l.Channel, l.Currency, map[string]int64{"0.8": 800_000, "4.200001": 4_200_001, "12": 12_000_000}[l.Cost])
		}
		if l.Told != "" {
			add(l.At, Orders, l.Channel, string(l.Told), 1)
		}
		if l.Kind != messagelog.KindTurn || l.Amends != 0 {
			continue
		}
		for i, o := range l.Ordered {
			add(l.At, Orders, l.Channel, "placed", yes(i == 0))
			add(l.At, Products, l.Channel, o.SKU, int64(o.Qty))
		}
		if len(l.Ordered) > 0 && l.Order != "no uuid" {
			add(l.At, Finishes, l.Channel, map[bool]string{true: "60", false: "86400"}[l.Order == uuidAt(l.At.Add(-time.Minute))], 1)
		}
		add(l.At, Unmet, l.Channel, "paa la mabati", yes(strings.HasPrefix(l.Heard, "2=")))
		add(l.At, Unmet, l.Channel, "x", yes(strings.HasPrefix(l.Heard, "x=")))
		if l.Class == dialogue.ClassUnknown {
			n := 0
			for word := range strings.FieldsSeq(fold(l.In)) {
				if n < maxWords && isWord(word) {
					add(l.At, Unknown, l.Channel, cutLabel(word), 1)
					n++
				}
			}
		}
	}
	countVisits(lines, add)
	for f, n := range sums {
		if n == 0 {
			delete(sums, f)
		}
	}
	return sums
}

func cutLabel(s string) string {
	for i := range s {
		if i > maxLabel {
			return s[:i]
		}
	}
	return s
}

func plainScreen(class, screen string) string {
	if class == dialogue.ClassOrder {
		return Ordered
	}
	return screen
}

// countVisits walks through each phone's turns.
func countVisits(lines []messagelog.Line, add func(at time.Time, name, channel, label string, n int64)) {
	turns := map[gateway.Phone][]messagelog.Line{}
	seen := map[uint64]messagelog.Line{}
	for _, l := range lines {
		if l.Broken != nil || l.Kind != messagelog.KindTurn {
			continue
		}
		if of, ok := seen[l.Amends]; ok && of.Phone == l.Phone {
			all := turns[l.Phone]
			if len(all) > 0 && all[len(all)-1].Seq == l.Amends && l.At.Sub(all[len(all)-1].At) <= VisitGap {
				all[len(all)-1].Screen, all[len(all)-1].Class = l.Screen, l.Class
			}
			continue
		}
		seen[l.Seq] = l
		if l.Phone != "" {
			turns[l.Phone] = append(turns[l.Phone], l)
		}
	}
	for _, all := range turns {
		for i, l := range all {
			if i == 0 || l.At.Sub(all[i-1].At) > VisitGap {
				add(l.At, Visits, l.Channel, "", 1)
			}
			if screen := plainScreen(l.Class, l.Screen); screen != "" && (i == len(all)-1 || all[i+1].At.Sub(l.At) > VisitGap) {
				add(l.At, Ended, l.Channel, screen, 1)
			}
		}
	}
}

// summed are figures by what they are of.
func summed(all []Figure) map[Figure]int64 {
	sums := map[Figure]int64{}
	for _, f := range all {
		n := f.N
		f.N = 0
		sums[f] += n
	}
	return sums
}

// figures are all of an index, by minutes as far as they are kept.
func figures(t interface{ Fatal(...any) }, ix *Index, step time.Duration) map[Figure]int64 {
	sums := map[Figure]int64{}
	for from := begin.Truncate(24 * time.Hour); from.Before(begin.Add(20 * 24 * time.Hour)); from = from.Add(maxSteps * step) {
		all, err := ix.Figures(context.Background(), Asked{From: from, To: from.Add(maxSteps * step), Step: step, Names: everyName})
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range all {
			n := f.N
			f.N = 0
			sums[f] += n
		}
	}
	return sums
}

func TestFiguresAreWhatAPlainLoopCounts(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		dir, err := os.MkdirTemp(t.TempDir(), "")
		if err != nil {
			rt.Fatal(err)
		}
		ix := opened(t, dir)
		defer func() { _ = ix.Close() }()
		now := begin.Add(time.Hour)
		ix.file.clock = func() time.Time { return now }
		lines := drawFigures(rt)
		for rest := lines; len(rest) > 0; {
			n := min(len(rest), rapid.IntRange(1, 20).Draw(rt, "batch"))
			if rapid.IntRange(0, 3).Draw(rt, "again") == 0 { // as after a start
				if err := ix.Close(); err != nil {
					rt.Fatal(err)
				}
				again := opened(t, dir)
				again.done.Store(ix.done.Load())
				again.file.clock = ix.file.clock
				ix = again
			}
			ix.put(rt, t, rest[:n])
			rest = rest[n:]
			now = now.Add(pick(rt, []time.Duration{0, time.Minute, 6 * time.Hour}, "time goes on"))
		}
		want := counted(lines)
		if rapid.Bool().Draw(rt, "old") { // by six hours, whatever level they have come to
			now = begin.Add(300 * 24 * time.Hour)
			ix.put(rt, t, []messagelog.Line{{Entry: messagelog.Entry{Seq: ix.done.Load() + 1}, Broken: errors.New("broken")}})
		}
		sixes := map[Figure]int64{}
		for f, n := range want {
			f.At = f.At.Truncate(6 * time.Hour)
			sixes[f] += n
		}
		got := figures(rt, ix, 6*time.Hour)
		for f, n := range sixes {
			if n == 0 {
				delete(sixes, f)
			}
		}
		if diff := cmp.Diff(sixes, got); diff != "" {
			rt.Fatalf("figures (-plain loop +index):\n%.4000s", diff)
		}
	})
}

// TestFiguresByMinute: recent ones are exact to the minute, also after amendments
// and states that come later.
func TestFiguresByMinute(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		dir, err := os.MkdirTemp(t.TempDir(), "")
		if err != nil {
			rt.Fatal(err)
		}
		ix := opened(t, dir)
		defer ix.Close()
		ix.file.clock = func() time.Time { return begin }
		lines := drawFigures(rt)
		ix.put(rt, t, lines)
		if diff := cmp.Diff(counted(lines), figures(rt, ix, time.Minute)); diff != "" {
			rt.Fatalf("figures (-plain loop +index):\n%.4000s", diff)
		}
	})
}

// TestFiguresOfAnyTime: whatever stretches a time and its steps are put together
// from, they are what a plain loop counts; of one channel, of each, or together.
func TestFiguresOfAnyTime(t *testing.T) {
	ages := map[time.Duration]time.Duration{0: time.Minute, 40 * time.Hour: 15 * time.Minute, 10 * 24 * time.Hour: time.Hour, 300 * 24 * time.Hour: 6 * time.Hour}
	rapid.Check(t, func(rt *rapid.T) {
		dir, err := os.MkdirTemp(t.TempDir(), "")
		if err != nil {
			rt.Fatal(err)
		}
		ix := opened(t, dir)
		defer ix.Close()
		age := pick(rt, slices.Sorted(maps.Keys(ages)), "age")
		edge := ages[age] // how finely a time of that age is kept
		ix.file.clock = func() time.Time { return begin }
		lines := drawFigures(rt)
		ix.put(rt, t, lines)
		ix.file.clock = func() time.Time { return begin.Add(age) }
		ix.put(rt, t, []messagelog.Line{{Entry: messagelog.Entry{Seq: ix.done.Load() + 1}, Broken: errors.New("broken")}})

		day := begin.Truncate(24 * time.Hour)
		a := Asked{Names: everyName, Channel: pick(rt, []string{"", "", "demo", "lake"}, "channel"), Together: rapid.Bool().Draw(rt, "together")}
		a.From = day.Add(edge * time.Duration(rapid.IntRange(0, int(48*time.Hour/edge)).Draw(rt, "from")))
		a.Step = edge * time.Duration(rapid.IntRange(0, 30).Draw(rt, "step"))
		a.To = a.From.Add(max(a.Step, edge)*time.Duration(rapid.IntRange(0, 200).Draw(rt, "long")) + edge*time.Duration(rapid.IntRange(0, 2).Draw(rt, "longer")))
		want := map[Figure]int64{}
		for f, n := range counted(lines) {
			if f.At.Before(a.From) || !f.At.Before(a.To) || a.Channel != "" && f.Channel != a.Channel {
				continue
			}
			if at := f.At; a.Step > 0 {
				f.At = a.From.Add(at.Sub(a.From).Truncate(a.Step))
			} else {
				f.At = a.From
			}
			if a.Together && a.Channel == "" {
				f.Channel = ""
			}
			want[f] += n
		}
		maps.DeleteFunc(want, func(_ Figure, n int64) bool { return n == 0 })
		all, err := ix.Figures(t.Context(), a)
		if err != nil {
			rt.Fatal(err)
		}
		got := summed(all)
		if diff := cmp.Diff(want, got); diff != "" {
			rt.Fatalf("%+v (-plain loop +index):\n%.4000s", a, diff)
		}
	})
}

// TestTheMostFrequentFigures: of each name some labels by themselves, and the rest
// as one, of all channels or of one.
func TestTheMostFrequentFigures(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		dir, err := os.MkdirTemp(t.TempDir(), "")
		if err != nil {
			rt.Fatal(err)
		}
		ix := opened(t, dir)
		defer ix.Close()
		ix.file.clock = func() time.Time { return begin }
		ix.put(rt, t, drawFigures(rt))
		a := Asked{From: begin.Truncate(6 * time.Hour), To: begin.Add(400 * time.Hour).Truncate(time.Hour), Names: everyName, Channel: pick(rt, []string{"", "demo", "lake"}, "channel")}
		all, err := ix.Figures(t.Context(), a)
		if err != nil {
			rt.Fatal(err)
		}
		sums, want := map[Figure]int64{}, map[Figure]int64{}
		for _, f := range all {
			sums[Figure{At: a.From.UTC(), Name: f.Name, Label: f.Label}] += f.N
		}
		a.Most = rapid.IntRange(1, 6).Draw(rt, "most")
		for _, name := range everyName {
			var labels []Figure
			for f, n := range sums {
				if f.Name == name && n != 0 {
					f.N = n
					labels = append(labels, f)
				}
			}
			slices.SortFunc(labels, func(x, y Figure) int {
				return gocmp.Or(gocmp.Compare(y.N, x.N), gocmp.Compare(x.Label, y.Label))
			})
			rest := int64(0)
			for i, f := range labels {
				n := f.N
				if f.N = 0; i >= a.Most {
					rest += n
					continue
				}
				want[f] = n
			}
			if rest != 0 {
				want[Figure{At: a.From.UTC(), Name: name, Label: Rest}] = rest
			}
		}
		if all, err = ix.Figures(t.Context(), a); err != nil {
			rt.Fatal(err)
		}
		got := summed(all)
		if diff := cmp.Diff(want, got); diff != "" {
			rt.Fatalf("the most frequent (-plain loop +index):\n%.4000s", diff)
		}
	})
}

func TestFiguresOfAKilledAndARebuiltIndex(t *testing.T) {
	rig := gatewaytest.New(t, gatewaytest.Options{})
	lines := randomLines(11, 900)
	path := filepath.Join(t.TempDir(), "index.db")
	first := follow(t, path, rig.Log)
	last := published(t, rig.Bus, lines[:400])
	first.caughtUp(t, last)
	first.stop()
	again := follow(t, path, rig.Log)
	last = published(t, rig.Bus, lines[400:])
	again.caughtUp(t, last)
	total := func(ix *following) map[Figure]int64 {
		now := time.Now().Truncate(time.Minute).Add(time.Minute)
		all, err := ix.Figures(t.Context(), Asked{From: now.Add(-2 * time.Hour), To: now, Step: time.Minute, Names: everyName})
		if err != nil || len(all) == 0 {
			t.Fatalf("%d figures, %v", len(all), err)
		}
		sums := map[Figure]int64{}
		for _, f := range all {
			sums[f]++
		}
		return sums
	}
	want := total(again)
	if err := again.Rebuild(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, total(again)); diff != "" {
		t.Errorf("(-followed +rebuilt):\n%.2000s", diff)
	}
}

// TestFiguresHaveLimits: rare words of old times become one, and too much at once
// is refused.
func TestFiguresHaveLimits(t *testing.T) {
	ix := opened(t, t.TempDir())
	defer ix.Close()
	now := begin.Add(time.Minute)
	ix.file.clock = func() time.Time { return now }
	var lines []messagelog.Line
	most := levels[2].most
	for i := range 3 * most {
		word := "w" + strings.Repeat("a", i/26) + string(rune('a'+i%26)) + strings.Repeat("zé", 50)
		l := messagelog.Line{Entry: messagelog.Entry{Seq: uint64(i + 1), At: begin, Kind: messagelog.KindTurn, Channel: "demo", Class: dialogue.ClassUnknown, In: "often wxyz" + strconv.Itoa(i) + " " + word}}
		lines = append(lines, l)
	}
	ix.put(t, t, lines)
	asked := Asked{From: begin.Truncate(6 * time.Hour), To: begin.Add(24 * time.Hour), Names: []string{Unknown}}
	all, err := ix.Figures(t.Context(), asked)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range all {
		if len(f.Label) > maxLabel || strings.ContainsAny(f.Label, "0123456789") {
			t.Errorf("the label %q", f.Label)
		}
	}
	now = now.Add(72 * time.Hour)
	ix.put(t, t, []messagelog.Line{{Entry: messagelog.Entry{Seq: 5000, At: now}, Broken: errors.New("broken")}})
	if all, err = ix.Figures(t.Context(), asked); err != nil || len(all) != most+1 {
		t.Fatalf("%d words, %v", len(all), err)
	}
	n := map[string]int64{}
	for _, f := range all {
		n[f.Label] += f.N
	}
	if n["often"] != int64(3*most) || n[Others] != int64(2*most+1) {
		t.Errorf("often %d times, others %d", n["often"], n[Others])
	}
	now = now.Add(500 * 24 * time.Hour)
	ix.put(t, t, []messagelog.Line{{Entry: messagelog.Entry{Seq: 5001}, Broken: errors.New("broken")}})
	if all, err = ix.Figures(t.Context(), asked); err != nil || len(all) != 0 {
		t.Errorf("%d figures are kept for ever, %v", len(all), err)
	}
	for name, a := range map[string]Asked{
		"too many steps": {From: begin, To: begin.Add(maxSteps*time.Minute + time.Minute), Step: time.Minute, Names: []string{Rows}},
		"no names":       {From: begin, To: begin.Add(time.Minute)},
		"too many names": {From: begin, To: begin.Add(time.Minute), Names: slices.Repeat([]string{Rows}, maxNames+1)},
	} {
		if _, err := ix.Figures(t.Context(), a); !errors.Is(err, ErrFigures) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestVisitsAreBounded: phones that are gone are forgotten.
func TestVisitsAreBounded(t *testing.T) {
	v := newVisits()
	for i := range 3 * firstSweep {
		v.keep(gateway.Phone(strconv.Itoa(i)), turnOf{at: begin.Add(time.Duration(i) * time.Second)})
	}
	if len(v.last) > 2*firstSweep {
		t.Errorf("%d phones are kept, of which half an hour has 1,800", len(v.last))
	}
}

// FuzzMicros: whatever a cost says, it is a number or none.
func FuzzMicros(f *testing.F) {
	for _, s := range []string{"0.8", "12", "", ".", "-1", "1.-5", "99999999999999999999", "1.1234567", "+3", "0x1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if n, ok := micros(s); ok && n < 0 {
			t.Errorf("%q is %d", s, n)
		}
		_, _ = begunAt(s)
	})
}
