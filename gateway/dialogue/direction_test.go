package dialogue

import (
	"strings"
	"testing"
	"unicode"

	"golang.org/x/text/unicode/bidi"
	"pgregory.net/rapid"

	"haat/gateway/screen"
	"haat/orders"
)

// checkDirection holds for every text: a line with Arabic letters runs from right
// to left, and no number is torn in two by that.
func checkDirection(t interface{ Fatalf(string, ...any) }, text string) {
	for line := range strings.SplitSeq(text, "\n") {
		arabic := strings.ContainsFunc(line, func(r rune) bool { return unicode.Is(unicode.Arabic, r) && unicode.IsLetter(r) })
		if !arabic {
			continue
		}
		for _, r := range line {
			p, _ := bidi.LookupRune(r)
			if p.Class() == bidi.L {
				t.Fatalf("a line with Arabic runs from left to right: %+q in\n%s", line, text)
			}
			if p.Class() == bidi.R || p.Class() == bidi.AL {
				break
			}
		}
		checkNumbers(t, line)
	}
}

// checkNumbers wants the digits of a number next to each other where the line is
// shown.
func checkNumbers(t interface{ Fatalf(string, ...any) }, line string) {
	var p bidi.Paragraph
	if _, err := p.SetString(line, bidi.DefaultDirection(bidi.RightToLeft)); err != nil {
		t.Fatalf("%q: %v", line, err)
	}
	order, err := p.Order()
	if err != nil {
		t.Fatalf("%q: %v", line, err)
	}
	runOf := make([]int, len([]rune(line)))
	for i := range order.NumRuns() {
		run := order.Run(i)
		from, to := run.Pos() // the last one included
		for at := from; at <= to; at++ {
			runOf[at] = i
		}
	}
	runes := []rune(line)
	for i := 1; i < len(runes); i++ {
		if ofNumber(runes, i-1) && ofNumber(runes, i) && runOf[i] != runOf[i-1] {
			t.Fatalf("a number is torn in two in %+q", line)
		}
	}
}

// ofNumber tells whether the i-th character is of a number: a digit, or a
// separator between two.
func ofNumber(line []rune, i int) bool {
	if i < 0 || i >= len(line) {
		return false
	}
	if unicode.IsDigit(line[i]) {
		return true
	}
	return strings.ContainsRune("٬٫,.", line[i]) && i > 0 && i+1 < len(line) && unicode.IsDigit(line[i-1]) && unicode.IsDigit(line[i+1])
}

func (p *phone) checkDirection(text string) {
	p.t.Helper()
	checkDirection(p.t, text)
}

// TestArabicRunsFromRightToLeft walks through whole orders, whatever the goods
// and the stations are called.
func TestArabicRunsFromRightToLeft(t *testing.T) {
	placed := 0
	rapid.Check(t, func(t *rapid.T) {
		w := worldOf(t, "v1", []string{"ar", "en"})
		w.Budget.GSM7 = false
		mode := rapid.SampledFrom([]Mode{USSD, SMS}).Draw(t, "mode")
		s := Session{Profile: Profile{Language: "ar"}, Mode: mode, At: w.Now}
		for range rapid.IntRange(5, 30).Draw(t, "steps") {
			o := Step(s, Input{Mode: mode, Text: nextKey(t, s)}, w)
			checkDirection(t, o.Text)
			if o.Request != nil && o.Request.Place != nil {
				placed++
				order := *o.Request.Place
				for _, kind := range []orders.Status{orders.Confirmed, orders.Arrived, orders.Rejected} {
					checkDirection(t, Notice(orders.Event{Kind: kind, Order: order, Shortages: []orders.Shortage{{SKU: "P0", Left: 3}}}, w.Languages.Get("ar"), w))
				}
				checkDirection(t, Decided(o.Session, orders.Event{Kind: orders.Confirmed, Order: order}, w, mode).Text)
			}
			s = o.Session
		}
	})
	if !testing.Short() && placed < 3 {
		t.Errorf("%d orders were placed: too few to prove anything", placed)
	}
}

// TestDialCodeInArabic keeps the parts of the code in their order.
func TestDialCodeInArabic(t *testing.T) {
	w := market(t)
	w.Budget = screen.SMS(3)
	o := Step(Session{Profile: Profile{Language: "ar"}}, Input{Mode: SMS, Text: "?"}, w)
	at := strings.Index(o.Text, w.DialCode)
	if at < 0 {
		t.Fatalf("the code is not in\n%s", o.Text)
	}
	line := o.Text[strings.LastIndexByte(o.Text[:at], '\n')+1:]
	line, _, _ = strings.Cut(line, "\n")
	var p bidi.Paragraph
	if _, err := p.SetString(line, bidi.DefaultDirection(bidi.RightToLeft)); err != nil {
		t.Fatal(err)
	}
	order, err := p.Order()
	if err != nil {
		t.Fatal(err)
	}
	for i := range order.NumRuns() {
		if run := order.Run(i); strings.Contains(run.String(), w.DialCode) && run.Direction() == bidi.LeftToRight {
			return
		}
	}
	t.Errorf("the code does not run from left to right in %+q", line)
}
