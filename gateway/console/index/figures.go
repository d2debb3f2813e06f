package index

import (
	"encoding/binary"
	"encoding/hex"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"haat/gateway/console/plot"
	"haat/gateway/dialogue"
	"haat/gateway/messagelog"
)

// The names of the figures. A figure counts something in a stretch of time, by
// channel and by a label. What is said of a row, such as the state of its SMS,
// counts at the time of the row and follows it as it changes: the figure of a
// time is what a search of that time finds.
const (
	Rows      = "rows"      // rows of the log; no label
	Turns     = "turns"     // label: mode and class, such as "ussd/order"
	TextsIn   = "in"        // rows with a text of a phone; no label
	TextsOut  = "out"       // rows with a text to one; no label
	Troubles  = "troubles"  // rows that somebody should look at, see [Row.Trouble]; no label
	SMS       = "sms"       // SMS that the outbox sends; label: the latest state
	Statuses  = "statuses"  // every status that was logged; label: the state
	Segments  = "segments"  // segments that carriers took; no label
	Costs     = "cost"      // what they took for them, in millionths; label: the currency
	Orders    = "orders"    // label: "placed", or what phones were told, such as "confirmed"
	Products  = "products"  // pieces ordered; label: the SKU
	Finishes  = "finish"    // orders; label: seconds since the basket was begun, see FinishSeconds
	Languages = "languages" // turns; label: the language of the phone
	Visits    = "visits"    // visits begun; no label
	Screens   = "screens"   // turns; label: the screen that the phone has after it
	Ended     = "ended"     // visits; label: their last screen as yet, [Ordered] where that is an order
	Unmet     = "unmet"     // label: words that stand for goods that are not sold
	Unknown   = "unknown"   // label: a word of a text that was not understood
)

// Ordered is the screen of a turn that placed an order.
const Ordered = "ordered"

// VisitGap is the silence that ends a phone's visit.
const VisitGap = 30 * time.Minute

// FinishSeconds are the upper bounds of the times in which an order is made; the
// last is for all that takes longer.
var FinishSeconds = []int{30, 60, 120, 300, 600, 1800, 3600, 86400}

// Bounds of the labels that come from texts.
const (
	maxLabel   = 40 // octets
	maxWords   = 6  // words of one text
	shortest   = 3  // letters of a word that is counted
	maxOrdered = 50 // products of one order that are counted
)

// figure is one figure of one stretch of time.
type figure struct {
	at                   int64 // seconds since 1970
	name, channel, label string
}

// tally gathers what a batch changes of the figures.
type tally struct {
	changes map[figure]int64
	visits  *visits
}

func (t *tally) add(at time.Time, name, channel, label string, n int64) {
	if len(label) > maxLabel {
		label = label[:maxLabel]
		for !utf8.ValidString(label) && label != "" {
			label = label[:len(label)-1]
		}
	}
	t.changes[figure{at.Unix() - at.Unix()%plot.Minute, name, channel, label}] += n
}

// row counts what is said of a row: times is 1 to add it and -1 to take away
// what it was before.
func (t *tally) row(r *Row, times int64) {
	t.add(r.At, Rows, r.Channel, "", times)
	if r.In != "" {
		t.add(r.At, TextsIn, r.Channel, "", times)
	}
	if r.Out != "" {
		t.add(r.At, TextsOut, r.Channel, "", times)
	}
	if r.Trouble() {
		t.add(r.At, Troubles, r.Channel, "", times)
	}
	if r.State != "" {
		t.add(r.At, SMS, r.Channel, string(r.State), times)
	}
	if r.Kind != messagelog.KindTurn || r.Operated() {
		return
	}
	t.add(r.At, Turns, r.Channel, modeClass(r.Mode, r.Class), times)
	if r.Language != "" {
		t.add(r.At, Languages, r.Channel, r.Language, times)
	}
	if s := screenOf(r); s != "" {
		t.add(r.At, Screens, r.Channel, s, times)
	}
}

// modeClass is the label of a turn, without making the usual ones anew.
func modeClass(mode dialogue.Mode, class string) string {
	if mode == dialogue.USSD && class == dialogue.ClassScreen {
		return "ussd/screen"
	}
	return string(mode) + "/" + class
}

func screenOf(r *Row) string {
	if r.Class == dialogue.ClassOrder {
		return Ordered
	}
	return r.Screen
}

// line counts what a line says once and for all.
func (t *tally) line(l *messagelog.Line) {
	switch l.Kind {
	case messagelog.KindStatus:
		t.status(l)
		return
	case messagelog.KindTurn:
		if l.Amends == 0 {
			t.turn(l)
		}
	}
	if l.Told != "" {
		t.add(l.At, Orders, l.Channel, string(l.Told), 1)
	}
}

func (t *tally) status(l *messagelog.Line) {
	t.add(l.At, Statuses, l.Channel, string(l.Status), 1)
	if l.Segments > 0 {
		t.add(l.At, Segments, l.Channel, "", int64(l.Segments))
	}
	if l.Cost != "" {
		if micros, ok := micros(l.Cost); ok {
			t.add(l.At, Costs, l.Channel, l.Currency, micros)
		}
	}
}

func (t *tally) turn(l *messagelog.Line) {
	if len(l.Ordered) > 0 {
		t.add(l.At, Orders, l.Channel, "placed", 1)
		for _, line := range l.Ordered[:min(len(l.Ordered), maxOrdered)] {
			t.add(l.At, Products, l.Channel, line.SKU, int64(line.Qty))
		}
		if begun, ok := begunAt(l.Order); ok {
			t.add(l.At, Finishes, l.Channel, finishLabel(l.At.Sub(begun)), 1)
		}
	}
	if l.Heard != "" {
		for part := range strings.SplitSeq(l.Heard, "; ") {
			if words, ok := strings.CutSuffix(part, "=not sold here"); ok {
				t.add(l.At, Unmet, l.Channel, fold(words), 1)
			}
		}
	}
	if l.Class == dialogue.ClassUnknown {
		n := 0
		for word := range strings.FieldsSeq(fold(l.In)) {
			if n < maxWords && isWord(word) {
				t.add(l.At, Unknown, l.Channel, word, 1)
				n++
			}
		}
	}
}

// isWord tells whether a word may be a name of something: numbers may be
// somebody's.
func isWord(word string) bool {
	letters := utf8.RuneCountInString(word)
	wide := strings.ContainsFunc(word, func(r rune) bool { return unicode.Is(unicode.Han, r) })
	return (letters >= shortest || wide) && !strings.ContainsFunc(word, unicode.IsDigit)
}

func finishLabel(took time.Duration) string {
	for _, most := range FinishSeconds {
		if took <= time.Duration(most)*time.Second {
			return strconv.Itoa(most)
		}
	}
	return strconv.Itoa(FinishSeconds[len(FinishSeconds)-1])
}

// begunAt is when an order's basket was begun, which its id says: a UUID of
// version 7 begins with milliseconds since 1970.
func begunAt(id string) (time.Time, bool) {
	raw, err := hex.DecodeString(strings.ReplaceAll(id, "-", ""))
	if err != nil || len(raw) != 16 || raw[6]>>4 != 7 {
		return time.Time{}, false
	}
	return time.UnixMilli(int64(binary.BigEndian.Uint64(raw[:8]) >> 16)), true
}

// micros reads a decimal of up to six places, without a sign.
func micros(decimal string) (n int64, ok bool) {
	whole, part, _ := strings.Cut(decimal, ".")
	if len(part) > 6 {
		return 0, false
	}
	n, err := strconv.ParseInt(whole+part+strings.Repeat("0", 6-len(part)), 10, 64)
	return n, err == nil && n >= 0
}
