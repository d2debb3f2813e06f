package index

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzFold holds what the full-text index relies on: words of small letters and
// digits with one space between them, the same when folded once more.
func FuzzFold(f *testing.F) {
	for _, text := range saidTexts {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		folded := fold(text)
		if fold(folded) != folded {
			t.Errorf("%q folds to %q and then to %q", text, folded, fold(folded))
		}
		if !utf8.ValidString(folded) || strings.Join(strings.Fields(folded), " ") != folded {
			t.Errorf("%q folds to %q", text, folded)
		}
		for _, r := range folded {
			if r < utf8.RuneSelf && r != ' ' && (r < '0' || r > '9') && (r < 'a' || r > 'z') {
				t.Errorf("%q folds to %q, which has %q in it", text, folded, r)
			}
		}
	})
}
