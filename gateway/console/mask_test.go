package console_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"

	"haat/gateway"
	"haat/gateway/console"
	"haat/gateway/console/consoletest"
	"haat/gateway/console/index"
	"haat/gateway/dialogue"
)

func TestMaskNumbers(t *testing.T) {
	for _, tc := range []struct{ name, text, want string }{
		{"international", "call +254712345678 now", "call •••678 now"},
		{"without a plus", "254712345678", "•••678"},
		{"at home", "0712345678.", "•••678."},
		{"in groups", "0712 345 678 or +254 712 345 678", "•••678 or •••678"},
		{"with dashes", "0712-345-678", "•••678"},
		{"in pairs", "06 12 34 56 78", "•••78"},
		{"in Arabic digits", "٠٧١٢٣٤٥٦٧٨", "•••٦٧٨"},
		{"glued to words", "tel0712345678x", "tel•••678x"},
		{"product numbers", "101 2, 205", "101 2, 205"},
		{"many product numbers", "101 2 205 3 301 1", "101 2 205 3 301 1"},
		{"an amount", "Lipa KES 1,700.00", "Lipa KES 1,700.00"},
		{"a pickup code", "Namba 4821", "Namba 4821"},
		{"an order number", "Oda 10001", "Oda 10001"},
		{"a day and a time", "01.02.2026 12:00", "01.02.2026 12:00"},
		{"a date", "2026-11-28 12:00:03", "2026-11-28 12:00:03"},
		{"its own, short", "you are 2901234", "you are •••234"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := console.MaskNumbers(tc.text, "+2901234"); got != tc.want {
				t.Errorf("%q, want %q", got, tc.want)
			}
		})
	}
}

// TestMaskingIsThatOfThePattern looks at texts of digits and what people write
// between them: what tells quickly that there is no number never misses one.
func TestMaskingIsThatOfThePattern(t *testing.T) {
	piece := rapid.SampledFrom([]string{"0", "07", "1", "12", "345", "2547", "٠٧", "७", " ", "  ", ".", "-", "(", ")", "+", ",", "\n", "x", "é", "\xff", "•••"})
	number := rapid.OneOf(rapid.StringMatching(`\+[0-9]([ ().-]{0,2}[0-9]){7,14}`), rapid.StringMatching(`0[0-9]{2,4}([ .-]?[0-9]{3,4}){2,3}`), rapid.Just(""))
	rapid.Check(t, func(rt *rapid.T) {
		around := rapid.SliceOfN(piece, 0, 10)
		text := strings.Join(around.Draw(rt, "before"), "") + number.Draw(rt, "number") + strings.Join(around.Draw(rt, "after"), "")
		if found := console.Numbers.FindString(text); found != "" && !console.MayBeNumber(text) {
			rt.Fatalf("%q in %q is not seen", found, text)
		}
	})
}

// TestNoPageNamesANumber lets phones write their own numbers in many ways, and
// looks for them in every page and stream.
func TestNoPageNamesANumber(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		r := newRig(t)
		defer r.server.Close()
		defer r.console.Close()
		number := rapid.StringMatching(`[1-9][0-9]{8,14}`)
		var phones []string
		for range rapid.IntRange(1, 5).Draw(rt, "phones") {
			digits := number.Draw(rt, "number")
			phones = append(phones, digits)
			r.index.Add(drawRows(rt, digits)...)
		}
		pages := []string{r.get("/"), r.get("/?q=x"), r.get("/rows"), r.get("/counters"), firstEvent(t, r, "/live?after=0")}
		for _, digits := range phones {
			token := console.TokenOf(r.console, gateway.Phone("+"+digits))
			pages = append(pages, r.get("/phone/"+token), r.get("/phone/"+token+"/older"), r.get("/?phone="+token), firstEvent(t, r, "/phone/"+token+"/live?after=0"))
		}
		for _, page := range pages {
			bare := onlyDigits(page)
			for _, digits := range phones {
				if strings.Contains(page, digits) || strings.Contains(bare, "!"+digits+"!") {
					rt.Fatalf("a page names %s", digits)
				}
			}
		}
		if strings.Contains(r.logged.String(), phones[0]) {
			rt.Fatal("the log names a phone")
		}
	})
}

// onlyDigits joins digits that stand apart by what people put between the groups
// of a number, and sets "!" around each run.
func onlyDigits(s string) string {
	var b strings.Builder
	within := false
	for _, r := range s {
		switch {
		case unicode.Is(unicode.Nd, r) && r < 0x80:
			if !within {
				b.WriteByte('!')
			}
			within = true
			b.WriteRune(r)
		case within && (r == ' ' || r == '-'):
		default:
			if within {
				b.WriteByte('!')
			}
			within = false
		}
	}
	return b.String()
}

// drawRows draws rows of a phone that writes its number.
func drawRows(t *rapid.T, digits string) (rows []index.Row) {
	phone := gateway.Phone("+" + digits)
	ways := []string{"+" + digits, digits, "00" + digits, "+" + digits[:3] + " " + digits[3:6] + " " + digits[6:], "+" + digits[:3] + "-" + digits[3:], "tel:" + digits, "x" + digits + "y"}
	says := func(label string) string {
		return rapid.SampledFrom([]string{"", "call ", "号码"}).Draw(t, label+" before") + rapid.SampledFrom(ways).Draw(t, label) + rapid.SampledFrom([]string{"", " now", "。"}).Draw(t, label+" after")
	}
	turn := consoletest.Turn(at, phone, rapid.SampledFrom([]dialogue.Mode{dialogue.SMS, dialogue.USSD}).Draw(t, "mode"), dialogue.ClassUnknown, says("in"), says("out"))
	turn.Heard, turn.ID, turn.StateWhy, turn.Offer = says("heard"), digits, says("why"), &dialogue.Offer{Item: says("item")}
	turn.State = gateway.Failed
	status := consoletest.Status(at, phone, "1", gateway.Failed, says("reason"))
	status.Code = says("code")
	return []index.Row{turn, consoletest.Notice(at, phone, says("notice")), status}
}

func TestTokens(t *testing.T) {
	r := newRig(t)
	other := newRig(t, func(c *console.Config) { c.Key = bytes.Repeat([]byte{8}, 32) })
	rapid.Check(t, func(t *rapid.T) {
		phone := gateway.Phone("+" + rapid.StringMatching(`[0-9]{1,15}`).Draw(t, "digits"))
		token := console.TokenOf(r.console, phone)
		if got, ok := console.PhoneOf(r.console, token); !ok || got != phone {
			t.Fatalf("the token of %s is that of %q", phone, got)
		}
		if token != console.TokenOf(r.console, phone) {
			t.Fatal("a phone has two tokens")
		}
		if _, ok := console.PhoneOf(other.console, token); ok {
			t.Fatal("another haat reads the token")
		}
		i := rapid.IntRange(0, len(token)-1).Draw(t, "at")
		changed := token[:i] + string(rapid.SampledFrom([]byte("ABCabc019-_=")).Draw(t, "letter")) + token[i+1:]
		if got, ok := console.PhoneOf(r.console, changed); ok && changed != token {
			t.Fatalf("a forged token is that of %s", got)
		}
	})
}

func TestOpenKey(t *testing.T) {
	path := filepath.Join(t.TempDir(), "console.key")
	key, err := console.OpenKey(path)
	if err != nil || len(key) != 32 {
		t.Fatalf("%d octets, %v", len(key), err)
	}
	again, err := console.OpenKey(path)
	if err != nil || !bytes.Equal(key, again) {
		t.Errorf("another key at the second time: %v", err)
	}
	if info, _ := os.Stat(path); info.Mode().Perm() != 0o600 {
		t.Errorf("others may read it: %v", info.Mode())
	}
	if err := os.WriteFile(path, key[:7], 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := console.OpenKey(path); err == nil || !strings.Contains(err.Error(), "remove it") {
		t.Errorf("half a key: %v", err)
	}
	if _, err := console.OpenKey(filepath.Join(path, "none")); err == nil {
		t.Error("a place that cannot be")
	}
}
