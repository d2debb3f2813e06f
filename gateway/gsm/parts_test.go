package gsm_test

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/warthog618/sms"
	"pgregory.net/rapid"

	"haat/gateway/gsm"
)

func TestParts(t *testing.T) {
	rep := strings.Repeat
	for _, c := range []struct {
		name string
		text string
		want []string
	}{
		{"nothing to send", "", nil},
		{"one full message", rep("a", 160), []string{rep("a", 160)}},
		{"one septet too many", rep("a", 161), []string{rep("a", 153), rep("a", 8)}},
		{"a euro would straddle the first part", rep("a", 152) + "€" + rep("b", 10), []string{rep("a", 152), "€" + rep("b", 10)}},
		{"a euro ends the first part", rep("a", 151) + "€" + rep("b", 10), []string{rep("a", 151) + "€", rep("b", 10)}},
		{"one full UCS-2 message", rep("米", 70), []string{rep("米", 70)}},
		{"an emoji would straddle the first part", rep("米", 66) + "👍米米米", []string{rep("米", 66), "👍米米米"}},
		{"an emoji ends the first part", rep("米", 65) + "👍米米米米", []string{rep("米", 65) + "👍", "米米米米"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := gsm.Parts(c.text); !slices.Equal(got, c.want) {
				t.Errorf("Parts = %q, want %q", got, c.want)
			}
		})
	}
}

func TestPartsAreTheSegments(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) { checkParts(t, texts().Draw(t, "text")) })
}

func checkParts(t interface {
	Helper()
	Fatalf(string, ...any)
}, text string) {
	t.Helper()
	parts := gsm.Parts(text)
	if len(parts) != gsm.Segments(text) {
		t.Fatalf("%d parts of %q, want %d", len(parts), text, gsm.Segments(text))
	}
	if joined := strings.Join(parts, ""); joined != text {
		t.Fatalf("joined %q, want %q", joined, text)
	}
	if len(parts) < 2 {
		return
	}
	coding := gsm.Encoding(text)
	for _, part := range parts {
		n, _ := gsm.Septets(part)
		if part == "" || coding == gsm.GSM7 && n > gsm.PartSeptets || coding == gsm.UCS2 && gsm.Units(part) > gsm.PartUnits {
			t.Fatalf("a part has %d septets, %d units", n, gsm.Units(part))
		}
	}
	if !utf8.ValidString(text) || strings.Contains(text, "\x1b") {
		return // the oracle knows neither
	}
	againstEncoder(t, text, parts)
}

// againstEncoder compares the parts with those of an implementation that
// encodes messages for real.
func againstEncoder(t interface {
	Helper()
	Fatalf(string, ...any)
}, text string, parts []string) {
	t.Helper()
	pdus, err := sms.Encode([]byte(text))
	if err != nil {
		t.Fatalf("the oracle refuses %q: %v", text, err)
	}
	for i, pdu := range pdus {
		alone := parts[i]
		if gsm.Encoding(text) == gsm.GSM7 {
			if got := gsm.AppendSeptets(nil, alone); string(got) != string(pdu.UD) {
				t.Fatalf("part %d has the septets %x; the oracle has %x", i, got, pdu.UD)
			}
			continue
		}
		if gsm.Units(alone)*2 != len(pdu.UD) {
			t.Fatalf("part %d has %d units; the oracle has %d octets", i, gsm.Units(alone), len(pdu.UD))
		}
	}
}

func FuzzParts(f *testing.F) {
	for _, s := range []string{"", "Rice 5kg", "a\xff\xfe", strings.Repeat("€", 200), strings.Repeat("👍", 70)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) { checkParts(t, s) })
}
