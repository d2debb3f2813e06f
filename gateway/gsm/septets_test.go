package gsm_test

import (
	"bytes"
	"testing"
	"unicode/utf8"

	"github.com/warthog618/sms/encoding/gsm7"

	"haat/gateway/gsm"
)

// TestSeptetsOfEveryCharacter compares with another implementation, both ways.
func TestSeptetsOfEveryCharacter(t *testing.T) {
	for r := range rune(0x10000) {
		if !utf8.ValidRune(r) || r == 0x1b {
			continue
		}
		want, err := gsm7.Encode([]byte(string(r)))
		if err != nil {
			want = []byte{'?'}
		}
		got := gsm.AppendSeptets(nil, string(r))
		if !bytes.Equal(got, want) {
			t.Errorf("%q is % x, want % x", r, got, want)
		}
		if back := gsm.FromSeptets(got); err == nil && back != string(r) {
			t.Errorf("% x is read as %q, want %q", got, back, r)
		}
	}
}

func TestFromSeptetsOfBrokenInput(t *testing.T) {
	for _, c := range []struct{ name, octets, want string }{
		{"nothing", "", ""},
		{"an escape at the end", "ab\x1b", "ab"},
		{"an escape before what is in no table", "\x1ba", "a"},
		{"two escapes", "a\x1b\x1bb", "a b"},
		{"no septet", "a\x80b", "a\ufffdb"},
		{"an escape before what is no septet", "\x1b\xe5", "\ufffd"},
		{"the commercial at is zero", "a\x00b", "a@b"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := gsm.FromSeptets([]byte(c.octets)); got != c.want {
				t.Errorf("read as %q, want %q", got, c.want)
			}
		})
	}
}

func FuzzFromSeptets(f *testing.F) {
	f.Add([]byte("Rice \x1be 5\x1b"))
	f.Add([]byte{0x1b, 0x1b, 0xff})
	f.Fuzz(func(t *testing.T, octets []byte) {
		text := gsm.FromSeptets(octets)
		if !utf8.ValidString(text) {
			t.Errorf("% x is read as %q", octets, text)
		}
		if gsm.Encoding(text) == gsm.GSM7 {
			if again := gsm.FromSeptets(gsm.AppendSeptets(nil, text)); again != text {
				t.Errorf("%q becomes %q", text, again)
			}
		}
	})
}
