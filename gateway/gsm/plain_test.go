package gsm_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/runenames"
	"pgregory.net/rapid"

	"haat/gateway/gsm"
)

func TestPlain(t *testing.T) {
	for _, c := range []struct {
		name, text string
		plain      string // "" where there is none
		forced     string
	}{
		{"GSM stays as it is", "Café à 5€", "Café à 5€", "Café à 5€"},
		{"French", "Farine de maïs, pâte, sœur, garçon", "Farine de mais, pate, soeur, garcon", "Farine de mais, pate, soeur, garcon"},
		{"the capital that is in GSM stays", "Ça va, ça", "Ça va, ca", "Ça va, ca"},
		{"an accent beside its letter", "pa\u0302te e\u0301", "pate é", "pate é"},
		{"an accent beside nothing", " \u0302x", " x", " x"},
		{"quotes and dashes", "“l’huile” – «5» … 2−1", `"l'huile" - "5" ... 2-1`, `"l'huile" - "5" ... 2-1`},
		{"spaces", "1\u00a0200\u202f50\u3000x\ty", "1 200 50 x y", "1 200 50 x y"},
		{"what nobody sees", "a\u200bb\u200fc\ufe0fd\x00", "abcd", "abcd"},
		{"full width", "ＲＩＣＥ５ ２", "RICE5 2", "RICE5 2"},
		{"fractions and powers", "½ kg, m²", "1/2 kg, m2", "1/2 kg, m2"},
		{"Vietnamese", "đường", "duong", "duong"},
		{"digits of other scripts", "٣ १२", "3 12", "3 12"},
		{"Arabic", "أرز ٥ كغ", "", "??? 5 ??"},
		{"Chinese", "大米5公斤", "", "??5??"},
		{"Hindi", "चावल kg", "", "???? kg"},
		{"emoji", "ok👍", "", "ok?"},
		{"bytes that are no text", "a\xffb", "", "a?b"},
	} {
		t.Run(c.name, func(t *testing.T) {
			plain, ok := gsm.Plain(c.text)
			if ok != (c.plain != "") || ok && plain != c.plain || !ok && plain != c.text {
				t.Errorf("Plain(%q) = %q, %v; want %q", c.text, plain, ok, c.plain)
			}
			if got := gsm.Force(c.text); got != c.forced {
				t.Errorf("Force(%q) = %q, want %q", c.text, got, c.forced)
			}
		})
	}
}

func TestPlainProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		checkPlain(t, rapid.OneOf(rapid.String(), texts(), rapid.StringOf(rapid.RuneFrom([]rune("abcêçœ’“—…\u0301\u200b٣大 "), unicode.Latin))).Draw(t, "text"))
	})
}

func TestPlainEveryCharacter(t *testing.T) {
	for r := range rune(unicode.MaxRune) {
		if utf8.ValidRune(r) {
			checkPlain(t, string(r))
		}
	}
}

func FuzzForce(f *testing.F) {
	for _, s := range []string{"l’huile", "أرز ٥", "\xff\x1b\x00", "e\u0301\u0302", strings.Repeat("ﷺ", 30)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) { checkPlain(t, s) })
}

func checkPlain(t interface{ Fatalf(string, ...any) }, s string) {
	forced := gsm.Force(s)
	if gsm.Encoding(forced) != gsm.GSM7 || gsm.Force(forced) != forced {
		t.Fatalf("Force(%+q) = %+q is not GSM-7, or not for good", s, forced)
	}
	plain, ok := gsm.Plain(s)
	switch {
	case ok && plain != forced:
		t.Fatalf("Plain(%+q) = %+q, but Force gives %+q", s, plain, forced)
	case !ok && plain != s:
		t.Fatalf("Plain(%+q) = %+q has changed a text that has no plain form", s, plain)
	}
	if gsm.Encoding(s) == gsm.GSM7 && forced != s {
		t.Fatalf("Force(%+q) = %+q has changed a text of GSM-7", s, forced)
	}
}

// TestDigit compares with the names that Unicode gives to its digits.
func TestDigit(t *testing.T) {
	words := strings.Fields("ZERO ONE TWO THREE FOUR FIVE SIX SEVEN EIGHT NINE")
	digits := 0
	for r := range rune(unicode.MaxRune) {
		d, ok := gsm.Digit(r)
		if ok != unicode.Is(unicode.Nd, r) {
			t.Fatalf("%U is a digit: %v", r, ok)
		}
		if !ok {
			continue
		}
		digits++
		if name := runenames.Name(r); name != "" && !strings.HasSuffix(name, words[d-'0']) {
			t.Errorf("%U, %s, is taken for %c", r, name, d)
		}
	}
	if digits < 600 {
		t.Errorf("%d digits were looked at", digits)
	}
}
