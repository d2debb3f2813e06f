package screen_test

import (
	"strings"
	"testing"
	"unicode"

	"golang.org/x/text/unicode/bidi"
	"pgregory.net/rapid"

	"haat/gateway/screen"
)

// first is the direction of a line's first letter; hasArabic tells whether any
// letter of the line is Arabic.
func first(line string) (rtl, hasArabic bool) {
	decided := false
	for _, r := range line {
		p, _ := bidi.LookupString(string(r))
		if c := p.Class(); !decided && (c == bidi.L || c == bidi.R || c == bidi.AL) {
			rtl, decided = c != bidi.L, true
		}
		hasArabic = hasArabic || unicode.Is(unicode.Arabic, r) && unicode.IsLetter(r)
	}
	return rtl, hasArabic
}

func TestRightToLeft(t *testing.T) {
	d := screen.Draft{
		RightToLeft: true,
		Title:       "Rice أرز",
		Body:        []string{"الاستلام: Mama Njeri's shop", "Mama Njeri's shop, كيامبوغو", "Rice 5kg"},
		Options:     list("Rice بني", "سكر"),
		Hint:        "Rice: غير متوفر",
		Nav:         screen.Nav{Back: "رجوع"},
	}
	want := "\u200fRice: غير متوفر\n\u200fRice أرز\nالاستلام: Mama Njeri's shop\n\u200fMama Njeri's shop, كيامبوغو\nRice 5kg\n1.\u200fRice بني\n2.سكر\n0.رجوع"
	if got := d.Page(0, screen.Budget{Septets: 300, Units: 300}); got.Text != want {
		t.Errorf("the page is %q, want %q", got.Text, want)
	}
	d.RightToLeft = false
	if got := d.Page(0, screen.Budget{Septets: 300, Units: 300}); strings.Contains(got.Text, "\u200f") {
		t.Errorf("a draft that runs from left to right has marks: %q", got.Text)
	}
}

// TestLinesRunRightToLeft holds for every piece of every line, wherever it was
// broken.
func TestLinesRunRightToLeft(t *testing.T) {
	arabic := rapid.SliceOfN(rapid.SampledFrom([]string{"أرز", "Rice", "5kg", "٥", "12,", "سكر", "Njeri's", "(x)", "كيامبوغو", strings.Repeat("ب", 90), strings.Repeat("w", 90)}), 0, 25)
	line := rapid.Map(arabic, func(words []string) string { return strings.Join(words, " ") })
	rapid.Check(t, func(t *rapid.T) {
		d := screen.Draft{
			RightToLeft: true, Title: line.Draw(t, "title"), Hint: line.Draw(t, "hint"), HintShort: line.Draw(t, "short hint"),
			Body: rapid.SliceOfN(line, 0, 3).Draw(t, "body"), Nav: screen.Nav{More: "المزيد", Back: "رجوع"},
		}
		for _, text := range rapid.SliceOfN(line, 0, 4).Draw(t, "options") {
			d.Options = append(d.Options, list(text)...)
		}
		b := budgets().Draw(t, "budget")
		for n, text := range walk(d, b) {
			if !b.Fits(text) {
				t.Fatalf("page %d does not fit %+v: %q", n, b, text)
			}
			for line := range strings.SplitSeq(text, "\n") {
				if rtl, arabic := first(line); arabic && !rtl {
					t.Fatalf("page %d has a line that runs from left to right: %q", n, line)
				}
			}
		}
	})
}
