package gsm

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestMeasure(t *testing.T) {
	for _, tc := range []struct {
		name, text string
		want       Size
	}{
		{"nothing", "", Size{GSM7, 0, 0, 160}},
		{"a word", "rice", Size{GSM7, 4, 1, 156}},
		{"an extension", "€", Size{GSM7, 2, 1, 158}},
		{"full", strings.Repeat("a", 160), Size{GSM7, 160, 1, 0}},
		{"one more", strings.Repeat("a", 161), Size{GSM7, 161, 2, 145}},
		{"an extension moved on", strings.Repeat("a", 152) + "€" + strings.Repeat("a", 7), Size{GSM7, 161, 2, 144}},
		{"a quote", "It’s", Size{UCS2, 4, 1, 66}},
		{"full in UCS-2", strings.Repeat("米", 70), Size{UCS2, 70, 1, 0}},
		{"one more in UCS-2", strings.Repeat("米", 71), Size{UCS2, 71, 2, 63}},
		{"beyond the basic plane", "🙂", Size{UCS2, 2, 1, 68}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := Measure(tc.text); got != tc.want {
				t.Errorf("%+v, want %+v", got, tc.want)
			}
		})
	}
}

// TestMeasureAgrees: with Segments, and what is said to be left is what fits.
func TestMeasureAgrees(t *testing.T) {
	alphabet := []rune("ab €[^’米🙂\n")
	rapid.Check(t, func(t *rapid.T) {
		text := string(rapid.SliceOfN(rapid.SampledFrom(alphabet), 0, 400).Draw(t, "text"))
		size := Measure(text)
		if size.Segments != Segments(text) || size.Alphabet != Encoding(text) {
			t.Fatalf("%+v, but %d segments of %s", size, Segments(text), Encoding(text))
		}
		filled := text + strings.Repeat("a", size.Left)
		if text != "" && Segments(filled) != size.Segments || Segments(filled+"a") != max(size.Segments, 1)+1 {
			t.Fatalf("%+v: filled it has %d segments, with one more %d", size, Segments(filled), Segments(filled+"a"))
		}
	})
}

// TestDearFlipsTheAlphabet: what stands before the marked character is GSM-7,
// and with it it is not.
func TestDearFlipsTheAlphabet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := Clean(rapid.String().Draw(t, "text"))
		r, at := Dear(text)
		if at < 0 {
			if Encoding(text) != GSM7 {
				t.Fatal("nothing is marked in a text of UCS-2")
			}
			return
		}
		if Encoding(text[:at]) != GSM7 || Encoding(text[:at]+string(r)) != UCS2 || !strings.HasPrefix(text[at:], string(r)) {
			t.Fatalf("%q at %d does not make %q dear", r, at, text)
		}
	})
}
