package screen_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"haat/gateway/gsm"
	"haat/gateway/screen"
)

func TestBudgets(t *testing.T) {
	for _, c := range []struct {
		name string
		got  screen.Budget
		want screen.Budget
	}{
		{"USSD", screen.USSD(), screen.Budget{Septets: 160, Units: 70}},
		{"one SMS", screen.SMS(1), screen.Budget{Septets: 160, Units: 70}},
		{"no SMS is one", screen.SMS(0), screen.Budget{Septets: 160, Units: 70}},
		{"two parts, the first one short", screen.SMS(2), screen.Budget{Septets: 305, Units: 133}},
		{"three parts, two of them one short", screen.SMS(3), screen.Budget{Septets: 457, Units: 199}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.got != c.want {
				t.Errorf("%+v, want %+v", c.got, c.want)
			}
			if err := c.got.Valid(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestBudgetValid(t *testing.T) {
	for _, c := range []struct {
		name   string
		budget screen.Budget
		says   string // what the error tells to set; empty: valid
	}{
		{"smallest", screen.Budget{Septets: 40, Units: 40}, ""},
		{"septets", screen.Budget{Septets: 39, Units: 70}, "at least 40"},
		{"units", screen.Budget{Septets: 160, Units: 39}, "at least 40"},
		{"zero", screen.Budget{}, "at least 40"},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := c.budget.Valid()
			if (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
				t.Errorf("Valid() = %v", err)
			}
		})
	}
}

func TestFits(t *testing.T) {
	for _, c := range []struct {
		name string
		text string
		want bool
	}{
		{"empty", "", true},
		{"160 letters", strings.Repeat("a", 160), true},
		{"161 letters", strings.Repeat("a", 161), false},
		{"80 euros", strings.Repeat("€", 80), true},
		{"81 euros", strings.Repeat("€", 81), false},
		{"70 characters of Chinese", strings.Repeat("米", 70), true},
		{"71 characters of Chinese", strings.Repeat("米", 71), false},
		{"71 characters, one of them Arabic", strings.Repeat("a", 70) + "أ", false},
		{"36 emoji", strings.Repeat("👍", 36), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := screen.USSD().Fits(c.text); got != c.want {
				t.Errorf("Fits = %v", got)
			}
		})
	}
}

// TestFitsSegments draws texts right at the limit, where an extension
// character or a surrogate pair can straddle every part's end.
func TestFitsSegments(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.IntRange(1, 6).Draw(t, "parts")
		b := screen.SMS(parts)
		pair := rapid.SampledFrom([]string{"a€", "米👍", "a]", "ae"}).Draw(t, "pair")
		var text string
		for fits := true; fits; fits = b.Fits(text) {
			if n := gsm.Segments(text); n > parts {
				t.Fatalf("%q fits %d parts, but takes %d", text, parts, n)
			}
			text += string(rapid.SampledFrom([]rune(pair)).Draw(t, "rune"))
		}
	})
}
