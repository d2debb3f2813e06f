package lang

import (
	"math"
	"reflect"
	"strings"
	"testing"

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

// phrases calls each with every phrase of a language and its key.
func phrases(l *Language, each func(key string, p Phrase)) {
	v := reflect.ValueOf(l.Phrases)
	for i := range v.NumField() {
		each(v.Type().Field(i).Tag.Get("yaml"), v.Field(i).Interface().(Phrase))
	}
}

func TestEveryEmbeddedLanguageLoads(t *testing.T) {
	set := load(t)
	if got := set.Default().Code; got != English {
		t.Errorf("the first of all languages is %q, want English", got)
	}
	if len(set.Languages()) != len(available()) || len(set.Languages()) < 2 {
		t.Errorf("%d languages of %v are loaded", len(set.Languages()), available())
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

func TestEnglishIsThereEvenWhenNotOffered(t *testing.T) {
	set := load(t, "sw")
	if set.English().Command("MENU") != MenuCommand {
		t.Error("the English words are missing")
	}
	if _, ok := set.Default().Named("ENGLISH"); ok {
		t.Error("a language that is not offered can be named")
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
	for _, l := range load(t, "en", "sw").Languages() {
		phrases(l, func(key string, p Phrase) {
			for _, form := range p.forms {
				for i := 0; i < len(form); i += 2 {
					if _, ok := gsm.Septets(form[i]); !ok {
						t.Errorf("%s: phrases.%s: %q is not in GSM 03.38", l.Code, key, form[i])
					}
				}
			}
		})
	}
}

// TestHintsAreShort leaves a screen of 160 septets to what is asked again.
func TestHintsAreShort(t *testing.T) {
	for _, l := range load(t).Languages() {
		phrases(l, func(key string, p Phrase) {
			if n, _ := gsm.Septets(p.String()); strings.HasPrefix(key, "hint_") && n > 40 {
				t.Errorf("%s: phrases.%s has %d septets, at most 40 are read", l.Code, key, n)
			}
		})
	}
}

// edited is the Swahili file with one text replaced.
func edited(t *testing.T, old, with string) error {
	t.Helper()
	data, err := files.ReadFile("sw.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(data), old) {
		t.Fatalf("sw.yaml has no %q", old)
	}
	_, err = decode("sw", []byte(strings.Replace(string(data), old, with, 1)), load(t).English())
	return err
}

func TestDecodeRefuses(t *testing.T) {
	tests := []struct{ name, old, with, says string }{
		{"a missing phrase", "  more: Zaidi\n", "", "phrases.more: the phrase is missing"},
		{"a phrase that nobody says", "  more: Zaidi\n", "  more: Zaidi\n  moer: Zaidi\n", "moer"},
		{"an empty phrase", "more: Zaidi", `more: ""`, "say something"},
		{"a placeholder too few", "Jumla {total}", "Jumla", "placeholders are [] and should be [total]"},
		{"a placeholder of another name", "Jumla {total}", "Jumla {jumla}", "placeholders are [jumla]"},
		{"an open brace", "Jumla {total}", "Jumla {total", "a placeholder is a name in braces"},
		{"a plural form too few", "    one: na {n} nyingine\n", "", `"one" does not match`},
		{"a plural form too many", "    one: na {n} nyingine\n", "    one: na {n} nyingine\n    few: na {n}\n", `"few" does not match`},
		{"a plural form that is none", "    one: na {n} nyingine\n", "    single: na {n}\n", "no plural category"},
		{"a word of two commands", "basket: [KIKAPU", "basket: [MENYU, KIKAPU", "two commands"},
		{"a command without words", "language: [LUGHA]", "language: []", "no word"},
		{"no name", "name: Kiswahili", `name: ""`, "name, called"},
		{"an unknown key", "units:", "unit:", "unit"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if err := edited(t, tt.old, tt.with); err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("the error is %v, want one that says %q", err, tt.says)
			}
		})
	}
}

// TestPluralForms needs no file of the language: CLDR knows it.
func TestPluralForms(t *testing.T) {
	data, err := files.ReadFile("sw.yaml")
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
	}
	for _, tt := range tests {
		if got := tt.l.Money(catalog.Money{Minor: tt.minor, Currency: tt.code}); got != tt.want {
			t.Errorf("%s: %d of %s is %q, want %q", tt.l.Code, tt.minor, tt.code, got, tt.want)
		}
	}
}

func TestFold(t *testing.T) {
	for text, want := range map[string]string{
		"":                  "",
		" menu! ":           "MENU",
		"Cancel-order  12.": "CANCEL ORDER 12",
		"¿Qué?":             "QUÉ",
		"STATUS ١٢٣":        "STATUS 123",
		"１２":                "12",
		"चावल ५":            "चावल 5",
		"...":               "",
	} {
		if got := Fold(text); got != want {
			t.Errorf("%q folds to %q, want %q", text, got, want)
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
func TestWordsFold(t *testing.T) {
	set := load(t)
	for _, l := range set.Languages() {
		for word, command := range l.commands {
			if Fold(word) != word {
				t.Errorf("%s: %q can never be typed", l.Code, word)
			}
			if english := set.English().Command(word); english != NoCommand && english != command {
				t.Errorf("%s: %q means something else in English", l.Code, word)
			}
		}
	}
}

func BenchmarkWith(b *testing.B) {
	p := load(b).English().Phrases.Line
	b.ReportAllocs()
	for b.Loop() {
		_ = p.With("qty", "2", "name", "Rice 5kg", "amount", "1,700")
	}
}
