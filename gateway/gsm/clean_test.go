package gsm_test

import (
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"haat/gateway/gsm"
)

func TestClean(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"empty", "", ""},
		{"nothing to do", "RICE5 2, SOAP 3", "RICE5 2, SOAP 3"},
		{"line ends", "a\r\nb\rc\nd", "a\nb\nc\nd"},
		{"line ends of Unicode", "a\u0085b\u2028c\u2029d", "a\nb\nc\nd"},
		{"two line ends stay two", "a\r\n\r\nb", "a\n\nb"},
		{"a tab keeps numbers apart", "RICE5\t2", "RICE5 2"},
		{"no-break, thin and wide spaces", "1\u00a0200\u202fF\u3000x", "1 200 F x"},
		{"control characters", "\x00RI\x07CE\x1b5\x7f", "RICE5"},
		{"decomposed accent", "cafe\u0301", "café"},
		{"small c with cedilla stays", "ç", "ç"},
		{"zero width", "RI\u200bCE\ufeff5\u2060", "RICE5"},
		{"bidirectional controls", "\u202b\u2067أرز\u2069\u202c\u200f 2", "أرز 2"},
		{"an accent behind a zero-width space", "e\u200b\u0301", "é"},
		{"emoji with joiner and variation selector", "👩\u200d🌾❤\ufe0f", "👩🌾❤"},
		{"keycap", "2\ufe0f\u20e3", "2\u20e3"},
		{"soft hyphen", "ma\u00adhindi", "mahindi"},
		{"one replacement for each run of bad bytes", "a\xff\xfeb\xc3", "a\ufffdb\ufffd"},
		{"half an emoji in UTF-8", "\xf0\x9f\x91", "\ufffd"},
		{"Arabic with marks", "أُرْز", "أُرْز"},
		{"Hindi with a virama", "क्षत्रिय", "क्षत्रिय"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := gsm.Clean(c.text); got != c.want {
				t.Errorf("Clean(%+q) = %+q, want %+q", c.text, got, c.want)
			}
		})
	}
}

func TestCleanProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) { checkClean(t, rapid.String().Draw(t, "text")) })
}

func FuzzClean(f *testing.F) {
	for _, s := range []string{"RICE5 2", "a\r\nb", "e\u200b\u0301", "\xff\x00", "\u202eabc", "👩\u200d🌾"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) { checkClean(t, s) })
}

func checkClean(t interface{ Fatalf(string, ...any) }, s string) {
	got := gsm.Clean(s)
	if !utf8.ValidString(got) || !norm.NFC.IsNormalString(got) {
		t.Fatalf("Clean(%+q) = %+q is not UTF-8 in NFC", s, got)
	}
	if again := gsm.Clean(got); again != got {
		t.Fatalf("Clean is not stable: %+q, then %+q", got, again)
	}
	for _, r := range got {
		if r != '\n' && unicode.IsControl(r) || r != ' ' && r != '\n' && unicode.IsSpace(r) ||
			unicode.Is(unicode.Bidi_Control, r) || unicode.Is(unicode.Join_Control, r) {
			t.Fatalf("Clean(%+q) = %+q lets %U through", s, got, r)
		}
	}
}
