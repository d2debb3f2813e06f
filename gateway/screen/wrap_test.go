package screen

import (
	"slices"
	"strings"
	"testing"
)

func TestCluster(t *testing.T) {
	for _, c := range []struct {
		name string
		want []string
	}{
		{"letters", []string{"a", "b", " ", "1"}},
		{"decomposed accents", []string{"e\u0301", "a\u0300\u0323", "x"}},
		{"Arabic with marks", []string{"أُ", "رْ", "ز"}},
		{"Hindi syllables", []string{"क्ष", "त्रि", "य"}},
		{"Thai", []string{"น้ำ"[:len("น้")], "\u0e33"}},
		{"flags", []string{"🇰🇪", "🇺🇬", "🇰"}},
		{"emoji with tone of skin", []string{"👍🏽", "👍"}},
		{"a farmer and a family", []string{"👩\u200d🌾", "👨\u200d👩\u200d👧", "a"}},
		{"heart with variation selector", []string{"❤\ufe0f", "!"}},
		{"keycap", []string{"2\ufe0f\u20e3", "3"}},
		{"invalid bytes", []string{"\xff", "\xfe", "a"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for s := strings.Join(c.want, ""); s != ""; {
				n := cluster(s)
				got, s = append(got, s[:n]), s[n:]
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("%+q, want %+q", got, c.want)
			}
		})
	}
}

func TestHead(t *testing.T) {
	for _, c := range []struct {
		name, text string
		units      int
		head       string
	}{
		{"all of it", "Rice 5kg", 8, "Rice 5kg"},
		{"whole words", "Rice 5kg 850", 11, "Rice 5kg"},
		{"a word ends with the room", "Rice 5kg 850", 8, "Rice 5kg"},
		{"spaces do not count at the end", "Rice   5kg", 5, "Rice"},
		{"not one word", "Rice", 3, ""},
		{"between Chinese characters", "食用油500毫升", 2, "食用"},
		{"not within a number", "食用油500毫升", 4, "食用油"},
		{"not between a number and its unit", "食用油500毫升", 6, "食用油"},
		{"not before a comma", "大米，面粉", 2, "大"},
		{"not after a bracket", "番茄酱（罐）", 4, "番茄酱"},
		{"not within an emoji", "👍👍", 3, ""},
		{"Arabic", "زيت طبخ", 5, "زيت"},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := head(c.text, func(s size) bool { return s.units <= c.units })
			if got := c.text[:n]; got != c.head {
				t.Errorf("%q, want %q", got, c.head)
			}
		})
	}
}

func TestCut(t *testing.T) {
	for _, c := range []struct {
		name, text string
		units      int
		want       string
	}{
		{"within a word", "Sunflower", 3, "Sun"},
		{"not within a pair", "a👍", 2, "a"},
		{"not before an accent", "ae\u0301", 2, "a"},
		{"not within a family", "👍👩\u200d🌾", 5, "👍"},
		{"nothing", "👍", 1, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := cut(c.text, func(s size) bool { return s.units <= c.units })
			if got := c.text[:n]; got != c.want {
				t.Errorf("%+q, want %+q", got, c.want)
			}
		})
	}
}
