package alert_test

import (
	"path/filepath"
	"testing"
	"time"

	"haat/gateway"
	"haat/gateway/console/alert"
)

// TestBalanceOverTime walks through what is left on an account, one look of 15
// seconds after the other, and says after each part whether an alert lasts.
func TestBalanceOverTime(t *testing.T) {
	left := func(micros int64) func(*world) {
		return func(w *world) { w.left, w.awaited = &gateway.Cost{Micros: micros, Currency: "KES"}, false }
	}
	none := func(w *world) { w.left, w.awaited = nil, false }
	awaited := func(w *world) { w.left, w.awaited = nil, true }
	type look struct {
		what  func(*world)
		times int
		want  int
	}
	const kes = 1_000_000
	for name, tt := range map[string]struct {
		limit float64 // 0: as haat has the rule
		looks []look
	}{
		"nobody has set a limit":       {0, []look{{left(0), 9, 0}, {left(-5 * kes), 9, 0}}},
		"down to the limit":            {100, []look{{left(101 * kes), 3, 0}, {left(100 * kes), 9, 0}}},
		"below it, at once":            {100, []look{{left(100*kes - 1), 1, 1}, {left(3 * kes), 9, 1}}},
		"less than nothing":            {1, []look{{left(-5 * kes), 1, 1}}},
		"topped up":                    {100, []look{{left(99 * kes), 1, 1}, {left(2000 * kes), 2, 1}, {left(2000 * kes), 1, 0}}},
		"topped up by next to nothing": {100, []look{{left(99 * kes), 1, 1}, {left(109 * kes), 9, 1}, {left(110 * kes), 2, 1}, {left(110 * kes), 1, 0}}},
		"the carrier tells none":       {100, []look{{none, 9, 0}}},
		"it tells none any more":       {100, []look{{left(99 * kes), 1, 1}, {none, 2, 1}, {none, 1, 0}}},
		"it has not said anything":     {100, []look{{awaited, 9, 0}, {left(99 * kes), 1, 1}}},
		"a start without an answer":    {100, []look{{left(99 * kes), 1, 1}, {awaited, 40, 1}, {left(2000 * kes), 2, 1}, {awaited, 1, 1}, {left(2000 * kes), 2, 1}, {left(2000 * kes), 1, 0}}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld()
			watch := opened(t, w, filepath.Join(t.TempDir(), "console.db"), alert.Routes{})
			if tt.limit > 0 {
				if err := watch.SetRule(t.Context(), alert.Rule{Kind: alert.Balance, On: true, Limit: tt.limit}); err != nil {
					t.Fatal(err)
				}
			}
			for i, l := range tt.looks {
				for range l.times {
					l.what(w)
					if err := watch.Look(t.Context()); err != nil {
						t.Fatal(err)
					}
					w.pass(15 * time.Second)
				}
				if all, _ := watch.Firing(); all != l.want {
					t.Fatalf("after part %d: %d alerts, want %d", i, all, l.want)
				}
			}
		})
	}
}

// TestNoLimitIsNoWrong: the page does not call wrong what nobody has set a limit
// for.
func TestNoLimitIsNoWrong(t *testing.T) {
	for _, r := range alert.Defaults() {
		if r.Kind == alert.Balance && (r.On || r.Wrong(-5)) {
			t.Errorf("haat has the rule as %+v", r)
		}
	}
}

// TestBalanceIsToldAndCharted: what is alerted is what is charted, and who tops up
// reads how much of which money is left, also after a restart.
func TestBalanceIsToldAndCharted(t *testing.T) {
	w, path := newWorld(), filepath.Join(t.TempDir(), "console.db")
	watch := opened(t, w, path, alert.Routes{})
	if err := watch.SetRule(t.Context(), alert.Rule{Kind: alert.Balance, On: true, Limit: 100}); err != nil {
		t.Fatal(err)
	}
	for _, micros := range []int64{150_000_000, 85_500_000} {
		w.left = &gateway.Cost{Micros: micros, Currency: "KES"}
		if err := watch.Look(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.pass(15 * time.Second)
	}
	values, at := watch.Trail(alert.Balance, time.UTC)
	if line := values["kenya"]; len(values) != 1 || len(at) != 2 || len(line) != 2 || line[0] != 150 || line[1] != 85.5 {
		t.Errorf("charted is %v at %v", values, at)
	}
	history, err := opened(t, w, path, alert.Routes{}).History(t.Context(), 10)
	if err != nil || len(history) != 1 {
		t.Fatalf("the history is %+v, %v", history, err)
	}
	a := history[0]
	if a.Kind != alert.Balance || a.Subject != "kenya" || a.Unit != "KES" || a.Value != 85.5 || a.Limit != 100 {
		t.Errorf("the alert is %+v", a)
	}
}
