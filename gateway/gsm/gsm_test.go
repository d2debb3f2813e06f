package gsm_test

import (
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/warthog618/sms"
	"github.com/warthog618/sms/encoding/gsm7"
	"pgregory.net/rapid"

	"haat/gateway/gsm"
)

func TestLength(t *testing.T) {
	for _, c := range []struct {
		name    string
		text    string
		septets int
		gsm7    bool
		units   int
	}{
		{"empty", "", 0, true, 0},
		{"letters and digits", "Rice 5kg 850", 12, true, 12},
		{"the euro is of the extension table", "5€", 3, true, 2},
		{"all of the extension table", "\f^{}\\[~]|€", 20, true, 10},
		{"Greek capitals that Latin lacks", "ΔΦΓΛΩΠΨΣΘΞ", 10, true, 10},
		{"a Greek capital that looks Latin", "Α", 0, false, 1},
		{"capital c with cedilla", "Ç", 1, true, 1},
		{"small c with cedilla", "ç", 0, false, 1},
		{"composed e acute", "é", 1, true, 1},
		{"decomposed e acute", "e\u0301", 1, false, 2},
		{"line feed", "a\nb", 3, true, 3},
		{"CRLF is two characters", "a\r\nb", 4, true, 4},
		{"tab", "a\tb", 2, false, 3},
		{"escape is no character", "\x1be", 1, false, 2},
		{"backtick", "`", 0, false, 1},
		{"typographic apostrophe", "l’huile", 6, false, 7},
		{"Arabic", "أرز ٥ كغ", 2, false, 8},
		{"Chinese", "大米5公斤", 1, false, 5},
		{"emoji is a surrogate pair", "ok👍", 2, false, 4},
		{"every invalid byte is one character", "a\xff\xfe", 1, false, 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			n, ok := gsm.Septets(c.text)
			if n != c.septets || ok != c.gsm7 {
				t.Errorf("Septets = %d, %v; want %d, %v", n, ok, c.septets, c.gsm7)
			}
			if n := gsm.Units(c.text); n != c.units {
				t.Errorf("Units = %d, want %d", n, c.units)
			}
			if got := gsm.Encoding(c.text) == gsm.GSM7; got != c.gsm7 {
				t.Errorf("Encoding = %v", gsm.Encoding(c.text))
			}
		})
	}
}

func TestSegments(t *testing.T) {
	rep := strings.Repeat
	for _, c := range []struct {
		name string
		text string
		want int
	}{
		{"nothing to send", "", 0},
		{"one full message", rep("a", 160), 1},
		{"one septet too many", rep("a", 161), 2},
		{"two full parts", rep("a", 306), 2},
		{"three parts", rep("a", 307), 3},
		{"80 euros are 160 septets", rep("€", 80), 1},
		{"a euro would straddle the first part", rep("a", 152) + "€" + rep("a", 152), 3},
		{"a euro ends the first part", rep("a", 151) + "€" + rep("a", 153), 2},
		{"every part one septet short", rep("€", 153), 3},
		{"one full UCS-2 message", rep("米", 70), 1},
		{"one unit too many", rep("米", 71), 2},
		{"two full UCS-2 parts", rep("米", 134), 2},
		{"three UCS-2 parts", rep("米", 135), 3},
		{"35 emoji are 70 units", rep("👍", 35), 1},
		{"an emoji would straddle the first part", rep("米", 66) + "👍" + rep("米", 66), 3},
		{"one Arabic letter makes all of it UCS-2", rep("a", 70) + "أ", 2},
		{"decomposed accents cost a segment", rep("e\u0301", 40), 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := gsm.Segments(c.text); got != c.want {
				t.Errorf("Segments = %d, want %d", got, c.want)
			}
		})
	}
}

// texts draws messages that change alphabet and cross the limits of parts:
// most characters are of one kind, so that GSM-7 alone comes up often.
func texts() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		kinds := []string{"abc XYZ 0189", "é€[]{}~Ç\n", "abcdefghijklmn€", "大米أرزç", "👍🇰🇪米", "क्षत्रिय"}
		var b strings.Builder
		for range rapid.IntRange(1, 4).Draw(t, "runs") {
			kind := []rune(rapid.SampledFrom(kinds[:rapid.IntRange(1, len(kinds)).Draw(t, "kinds")]).Draw(t, "kind"))
			for range rapid.IntRange(0, 160).Draw(t, "length") {
				b.WriteRune(rapid.SampledFrom(kind).Draw(t, "rune"))
			}
		}
		return b.String()
	})
}

// TestOracle compares with an implementation that encodes messages for real.
func TestOracle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) { againstOracle(t, texts().Draw(t, "text")) })
}

func TestOracleEveryCharacter(t *testing.T) {
	for r := range rune(0x10000) {
		if utf8.ValidRune(r) && r != 0x1b {
			againstOracle(t, string(r))
		}
	}
}

func againstOracle(t interface {
	Helper()
	Fatalf(string, ...any)
}, text string) {
	t.Helper()
	encoded, err := gsm7.Encode([]byte(text))
	if n, ok := gsm.Septets(text); ok != (err == nil) || ok && n != len(encoded) {
		t.Fatalf("Septets(%q) = %d, %v; the oracle has %d, %v", text, n, ok, len(encoded), err)
	}
	if n := gsm.Units(text); n != len(utf16.Encode([]rune(text))) {
		t.Fatalf("Units(%q) = %d; the oracle has %d", text, n, len(utf16.Encode([]rune(text))))
	}
	pdus, err := sms.Encode([]byte(text))
	if err != nil {
		t.Fatalf("the oracle refuses %q: %v", text, err)
	}
	if n := gsm.Segments(text); n != len(pdus) {
		t.Fatalf("Segments(%q) = %d; the oracle has %d", text, n, len(pdus))
	}
}

func FuzzSegments(f *testing.F) {
	for _, s := range []string{"", "Rice 5kg", "€", "أرز", "👍", "a\r\nb", "\xff", strings.Repeat("€", 200)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if !utf8.ValidString(s) || strings.Contains(s, "\x1b") {
			gsm.Segments(s) // the oracle knows neither; it must only not panic
			return
		}
		againstOracle(t, s)
	})
}

// Measuring happens several times for every screen, so it must not allocate.
func TestMeasuringDoesNotAllocate(t *testing.T) {
	text := strings.Repeat("Unga wa mahindi €5 أرز 👍 ", 40)
	if n := testing.AllocsPerRun(100, func() { gsm.Segments(text) }); n != 0 {
		t.Errorf("Segments allocates %v times", n)
	}
}

func BenchmarkSeptets(b *testing.B) {
	for b.Loop() {
		gsm.Septets("1.Rice 5kg 850\n2.Maize flour 2kg 170\n3.Sugar 1kg 160\n98.More 0.Back 00.Home")
	}
}
