package lang

import (
	"math"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"haat/catalog"
	"haat/gateway/gsm"
)

func load(t testing.TB, codes ...string) *Set {
	t.Helper()
	set, err := Load(codes...)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func TestEveryEmbeddedLanguageLoads(t *testing.T) {
	set := load(t)
	if got := set.Default().Code; got != English {
		t.Errorf("the first of all languages is %q, want English", got)
	}
	if len(set.Languages()) != len(Available()) || len(set.Languages()) < 2 {
		t.Errorf("%d languages of %v are loaded", len(set.Languages()), Available())
	}
}

func TestSetKeepsTheOrderGiven(t *testing.T) {
	set := load(t, "sw", "en")
	if set.Default().Code != "sw" || set.Languages()[1].Code != "en" {
		t.Errorf("the languages are %v", set.Languages())
	}
	if got := set.Get("xx"); got != set.Default() {
		t.Errorf("an unknown language gives %q, want the default", got.Code)
	}
	if _, ok := set.Lookup("xx"); ok {
		t.Error("an unknown language was found")
	}
}

func TestEnglishIsUnderstoodEvenWhenNotOffered(t *testing.T) {
	set := load(t, "sw")
	if got := set.Understood(); len(got) != 2 || got[0].Code != "sw" || got[1] != set.English() {
		t.Errorf("understood are %v", got)
	}
	if len(set.Languages()) != 1 {
		t.Errorf("offered are %v", set.Languages())
	}
}

func TestLoadRefuses(t *testing.T) {
	for name, codes := range map[string][]string{"an unknown language": {"xx"}, "a language twice": {"en", "sw", "en"}} {
		if _, err := Load(codes...); err == nil {
			t.Errorf("%s was loaded", name)
		}
	}
}

// TestGSM keeps the phrases of languages in Latin letters within GSM 03.38: one
// other letter would more than halve what a screen holds.
func TestGSM(t *testing.T) {
	for _, l := range load(t).Languages() {
		if l.Latin() == nil {
			t.Errorf("%s cannot be said on a channel that carries GSM-7 alone", l.Code)
			continue
		}
		for _, v := range []*Language{l.Latin(), l.Latin().Brief()} {
			v.Phrases.Each(func(key string, p *Phrase) {
				for _, text := range p.Texts() {
					if gsm.Encoding(text) != gsm.GSM7 {
						t.Errorf("%s: phrases.%s: %q is not in GSM 03.38", v.Names, key, text)
					}
				}
			})
			for unit, word := range v.units {
				if gsm.Encoding(word) != gsm.GSM7 {
					t.Errorf("%s: units.%s: %q is not in GSM 03.38", v.Names, unit, word)
				}
			}
		}
	}
}

// variants are all forms in which the languages are said.
func variants(t *testing.T) []*Language {
	var list []*Language
	for _, l := range load(t).Languages() {
		list = append(list, l)
		if l.Latin() != l {
			list = append(list, l.Latin())
		}
	}
	return list
}

// said is how many characters of a phrase are its own, without what is filled in.
func said(phrase string) int {
	return utf8.RuneCountInString(regexp.MustCompile(`\{\w+\}`).ReplaceAllString(phrase, ""))
}

// longest is how many characters a phrase may have to be its own short form.
const longest = 12

func TestShortForms(t *testing.T) {
	for _, l := range variants(t) {
		full := map[string]string{}
		l.Phrases.Each(func(key string, p *Phrase) { full[key] = p.Texts()[len(p.Texts())-1] })
		l.Brief().Phrases.Each(func(key string, p *Phrase) {
			short := p.Texts()[len(p.Texts())-1]
			switch f, s := said(full[key]), said(short); {
			case f > longest && short == full[key]:
				t.Errorf("%s: %s: %q needs a short form", l.Names, key, short)
			case s > f:
				t.Errorf("%s: %s: the short form %q is longer than %q", l.Names, key, short, full[key])
			}
		})
	}
}

func TestUnits(t *testing.T) {
	for _, l := range variants(t) {
		for unit := range load(t).English().units {
			if l.units[unit] == "" {
				t.Errorf("%s: units.%s is missing", l.Names, unit)
			}
		}
	}
}

// TestWords finds lists that were forgotten: without them a language is not
// understood.
func TestWords(t *testing.T) {
	mayLack := map[string]bool{"not_after": true, "fold": true, "dual": true, "place_after": true, "local_measures": true, "multiples_first": true,
		"measures_first": true, "price_of": true, "price_of_after": true, "link": true, "article": true, "date_after": true, "number_and": true, "glued": true, "inflect": true}
	for _, l := range load(t).Languages() {
		v := reflect.ValueOf(*l.Words)
		for i := range v.NumField() {
			if key := v.Type().Field(i).Tag.Get("yaml"); v.Field(i).IsZero() && !mayLack[key] {
				t.Errorf("%s.words.yaml: %s is empty", l.Code, key)
			}
		}
		for _, unit := range []string{"g", "kg", "ml", "l", "cm", "m", "page", "size", "watt"} {
			if len(l.Words.Measures[unit]) == 0 {
				t.Errorf("%s.words.yaml: measures.%s is empty", l.Code, unit)
			}
		}
		for _, code := range Available() {
			if len(l.Words.Called[code]) == 0 {
				t.Errorf("%s.words.yaml: called.%s is empty: what is that language called?", l.Code, code)
			}
		}
	}
}

// TestHintsAreShort leaves a screen of 160 septets to what is asked again.
func TestHintsAreShort(t *testing.T) {
	for _, l := range load(t).Languages() {
		l.Phrases.Each(func(key string, p *Phrase) {
			if n, _ := gsm.Septets(p.String()); strings.HasPrefix(key, "hint_") && n > 40 {
				t.Errorf("%s: phrases.%s has %d septets, at most 40 are read", l.Code, key, n)
			}
		})
	}
}

// edited is a language's file with one text replaced.
func edited(t *testing.T, code, old, with string) error {
	t.Helper()
	data, err := files.ReadFile(code + ".yaml")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(data), old) {
		t.Fatalf("%s.yaml has no %q", code, old)
	}
	_, err = decode(code, []byte(strings.Replace(string(data), old, with, 1)), load(t).English())
	return err
}

func TestDecodeRefuses(t *testing.T) {
	tests := []struct{ name, code, old, with, says string }{
		{"a missing phrase", "sw", "  more: Zaidi\n", "", "phrases.more: the phrase is missing"},
		{"a phrase that nobody says", "sw", "  more: Zaidi\n", "  more: Zaidi\n  moer: Zaidi\n", "moer"},
		{"an empty phrase", "sw", "more: Zaidi", `more: ""`, "say something"},
		{"a placeholder too few", "sw", "Jumla {total}", "Jumla", "placeholders are [] and should be [total]"},
		{"a placeholder of another name", "sw", "Jumla {total}", "Jumla {jumla}", "placeholders are [jumla]"},
		{"an open brace", "sw", "Jumla {total}", "Jumla {total", "a placeholder is a name in braces"},
		{"a plural form too few", "hi", "    one: और {n} चीज\n", "", `"one" does not match`},
		{"a plural form too many", "hi", "    one: और {n} चीज\n", "    one: और {n} चीज\n    few: और {n}\n", `"few" does not match`},
		{"a plural form that is none", "hi", "    one: और {n} चीज\n", "    single: और {n}\n", "no plural category"},
		{"no name", "sw", "name: Kiswahili", `name: ""`, "name, money"},
		{"an unknown key", "sw", "units:", "unit:", "unit"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if err := edited(t, tt.code, tt.old, tt.with); err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("the error is %v, want one that says %q", err, tt.says)
			}
		})
	}
}

// TestPluralForms needs no file of the language: CLDR knows it.
func TestPluralForms(t *testing.T) {
	data, err := files.ReadFile("hi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for code, says := range map[string]string{"ar": "few, many, one, other, two, zero", "zh": "uses the plural categories other"} {
		if _, err := decode(code, data, load(t).English()); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: the error is %v, want one that says %q", code, err, says)
		}
	}
}

func TestPhrase(t *testing.T) {
	en := load(t).English()
	tests := []struct{ name, got, want string }{
		{"plain", en.Phrases.Back.String(), "Back"},
		{"one placeholder", en.Phrases.Total.With("total", "KES 5"), "Total KES 5"},
		{"in any order", en.Phrases.Line.With("amount", "5", "qty", "2", "name", "Salt"), "2 x Salt = 5"},
		{"a value in braces", en.Phrases.Total.With("total", "{total}"), "Total {total}"},
		{"a value that is missing", en.Phrases.Total.With("sum", "1"), "Total "},
		{"an odd pair", en.Phrases.Total.With("total"), "Total "},
		{"one", en.Phrases.MenuBasketOf.Count(1), "Basket (1 item)"},
		{"several", en.Phrases.MenuBasketOf.Count(2), "Basket (2 items)"},
		{"none", en.Phrases.MenuBasketOf.Count(0), "Basket (0 items)"},
		{"no phrase", Phrase{}.String(), ""},
	}
	for _, tt := range tests {
		if tt.got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, tt.got, tt.want)
		}
	}
}

func TestMoney(t *testing.T) {
	set := load(t)
	en, sw := set.Get("en"), set.Get("sw")
	tests := []struct {
		l     *Language
		minor int64
		code  string
		want  string
	}{
		{en, 0, "KES", "KES 0"},
		{en, 85000, "KES", "KES 850"},
		{en, 170000, "KES", "KES 1,700"},
		{en, 170050, "KES", "KES 1,700.50"},
		{en, 170005, "KES", "KES 1,700.05"},
		{en, 123456789000, "KES", "KES 1,234,567,890"},
		{en, 1234567, "UGX", "UGX 1,234,567"},
		{en, -170050, "KES", "KES -1,700.50"},
		{en, math.MinInt64, "KES", "KES -92,233,720,368,547,758.08"},
		{sw, 170000, "KES", "KSh 1,700"},
		{sw, 170000, "RWF", "RWF 170,000"},
		{set.Get("hi"), 12345678950, "INR", "₹ 12,34,56,789.50"},
		{set.Get("hi").Latin(), 12345600, "INR", "Rs 1,23,456"},
		{set.Get("zh"), 170050, "KES", "1,700.50 先令"},
		{set.Get("fr"), 1234567, "XOF", "1 234 567 FCFA"},
		{set.Get("ar"), 170050, "KES", "١٬٧٠٠٫٥٠ شلن"},
	}
	for _, tt := range tests {
		if got := tt.l.Money(catalog.Money{Minor: tt.minor, Currency: tt.code}); got != tt.want {
			t.Errorf("%s: %d of %s is %q, want %q", tt.l.Code, tt.minor, tt.code, got, tt.want)
		}
	}
}

func TestUnit(t *testing.T) {
	sw := load(t).Get("sw")
	if got := sw.Unit("bag"); got != "mfuko" {
		t.Errorf("a bag is %q", got)
	}
	if got := sw.Unit("ngunia"); got != "ngunia" {
		t.Errorf("an unknown unit becomes %q", got)
	}
}

// TestWordsFold holds the words in the form in which texts are looked up, and
// that no language has taken a word of English for something else.
func BenchmarkWith(b *testing.B) {
	p := load(b).English().Phrases.Line
	b.ReportAllocs()
	for b.Loop() {
		_ = p.With("qty", "2", "name", "Rice 5kg", "amount", "1,700")
	}
}
