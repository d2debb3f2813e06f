package console_test

import (
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"haat/gateway/console"
	"haat/gateway/console/alert"
	"haat/gateway/console/consoletest"
	"haat/gateway/console/index"
	"haat/gateway/console/store"
)

// withFigures gives a console an overview and alerts.
func withFigures(t testing.TB, figures consoletest.Figures) func(*console.Config) {
	t.Helper()
	db, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "console.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	words, err := console.Speak("en")
	if err != nil {
		t.Fatal(err)
	}
	watch, err := alert.Open(t.Context(), alert.Config{Store: db, Words: words, Figures: figures, States: figures, Zone: time.UTC, Now: func() time.Time { return at }, Logger: zerolog.Nop()})
	if err != nil {
		t.Fatal(err)
	}
	return func(c *console.Config) { c.Figures, c.Alerts = figures, watch }
}

func TestOverviewCounts(t *testing.T) {
	minute := at.Add(-10 * time.Minute)
	r := newRig(t, withFigures(t, consoletest.Figures{
		{At: minute, Name: index.Turns, Channel: "kenya", Label: "ussd/screen", N: 1234},
		{At: minute, Name: index.Turns, Channel: "demo", Label: "sms/screen", N: 2},
		{At: minute, Name: index.Rows, Channel: "kenya", N: 4000},
		{At: minute, Name: index.Products, Channel: "kenya", Label: "RICE5", N: 77},
	}))
	for _, tt := range []struct {
		name, query string
		has, lacks  []string
	}{
		{"an hour", "", []string{"1,236", "Mchele kilo 5", "77"}, nil},
		{"a channel", "?channel=demo", []string{">2<"}, []string{"1,234", "1,236"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := r.ask("viewer", "GET", "/overview"+tt.query, nil)
			for _, want := range tt.has {
				if a.status != http.StatusOK || !strings.Contains(a.body, want) {
					t.Errorf("%d, and no %q in\n%s", a.status, want, a.body)
				}
			}
			for _, no := range tt.lacks {
				if strings.Contains(a.body, no) {
					t.Errorf("%q stands there", no)
				}
			}
		})
	}
	if a := r.ask("viewer", "GET", "/overview?period=year", nil); a.status != http.StatusBadRequest {
		t.Errorf("a period that there is not is answered with %d", a.status)
	}
}

func TestFiguresAreInert(t *testing.T) {
	const evil = `"><script>alert(1)</script><img src=x onerror=alert(1)>`
	minute := at.Add(-10 * time.Minute)
	var figures consoletest.Figures
	for _, name := range []string{index.Turns, index.Troubles, index.SMS, index.Costs, index.Orders, index.Products, index.Languages, index.Screens, index.Ended, index.Unmet, index.Unknown, index.Finishes} {
		figures = append(figures, index.Figure{At: minute, Name: name, Channel: evil, Label: evil, N: 3})
	}
	r := newRig(t, withFigures(t, figures))
	for _, path := range []string{"/overview", "/overview?period=day", "/alerts"} {
		wantInert(t, path, r.ask("viewer", "GET", path, nil).body)
	}
}

func TestAlertRules(t *testing.T) {
	r := newRig(t, withFigures(t, nil))
	for _, tt := range []struct {
		name string
		form url.Values
		want int
	}{
		{"a share", url.Values{"kind": {"errors"}, "on": {"on"}, "limit": {"20"}, "window": {"5"}}, http.StatusSeeOther},
		{"silenced", url.Values{"kind": {"errors"}, "on": {"on"}, "limit": {"20"}, "window": {"5"}, "silent": {"8"}}, http.StatusSeeOther},
		{"no such rule", url.Values{"kind": {"weather"}, "limit": {"20"}, "window": {"5"}}, http.StatusBadRequest},
		{"more than all", url.Values{"kind": {"errors"}, "limit": {"101"}, "window": {"5"}}, http.StatusBadRequest},
		{"no number", url.Values{"kind": {"errors"}, "limit": {"NaN"}, "window": {"5"}}, http.StatusBadRequest},
		{"no window", url.Values{"kind": {"errors"}, "limit": {"20"}, "window": {"0"}}, http.StatusBadRequest},
		{"silenced for ever", url.Values{"kind": {"errors"}, "limit": {"20"}, "window": {"5"}, "silent": {"65535"}}, http.StatusBadRequest},
		{"a balance", url.Values{"kind": {"balance"}, "on": {"on"}, "limit": {"500"}}, http.StatusSeeOther},
		{"a balance without a limit", url.Values{"kind": {"balance"}, "on": {"on"}, "limit": {""}}, http.StatusBadRequest},
		{"a balance of nothing", url.Values{"kind": {"balance"}, "on": {"on"}, "limit": {"0"}}, http.StatusBadRequest},
		{"a balance below zero", url.Values{"kind": {"balance"}, "on": {"on"}, "limit": {"-5"}}, http.StatusBadRequest},
		{"a balance without end", url.Values{"kind": {"balance"}, "on": {"on"}, "limit": {"Inf"}}, http.StatusBadRequest},
		{"nothing", url.Values{}, http.StatusBadRequest},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if a := r.ask("admin", "POST", "/alerts/rule", tt.form); a.status != tt.want {
				t.Errorf("status %d, want %d", a.status, tt.want)
			}
		})
	}
}

// TestBalanceOnThePage: the rule is off and without a limit until an admin sets
// one; then it is there with its money.
func TestBalanceOnThePage(t *testing.T) {
	r := newRig(t, withFigures(t, nil))
	box := func() string {
		t.Helper()
		body := r.ask("admin", "GET", "/alerts", nil).body
		_, box, _ := strings.Cut(body, `id="rule-balance"`)
		box, _, _ = strings.Cut(box, `id="rule-queue"`)
		return box
	}
	before := box()
	for _, want := range []string{">Off<", "KES 1,785.50", `name="limit"`, `required value=""`} {
		if !strings.Contains(before, want) {
			t.Errorf("there is no %q in\n%s", want, before)
		}
	}
	if strings.Contains(before, "&lt;") || strings.Contains(before, `class="bad"`) {
		t.Errorf("a limit that nobody has set is shown:\n%s", before)
	}
	if a := r.ask("admin", "POST", "/alerts/rule", url.Values{"kind": {"balance"}, "on": {"on"}, "limit": {"2000"}}); a.status != http.StatusSeeOther {
		t.Fatalf("status %d", a.status)
	}
	after := box()
	for _, want := range []string{">On<", "&lt; 2,000", `<b class="bad">KES 1,785.50</b>`, `required value="2000"`} {
		if !strings.Contains(after, want) {
			t.Errorf("there is no %q in\n%s", want, after)
		}
	}
}

func TestMoneyText(t *testing.T) {
	for v, want := range map[float64]string{
		0: "0", 1785.5: "1,785.50", 2000: "2,000", -0.35: "-0.35", -0.001: "0", -1234.5: "-1,234.50", 2_500_000: "2.5M", 2_500_001: "2,500,001", 0.999: "1",
	} {
		if got := console.MoneyText(v); got != want {
			t.Errorf("%g is %q, want %q", v, got, want)
		}
	}
}
