package console

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"haat/gateway"
	"haat/gateway/console/index"
	"haat/gateway/dialogue"
	"haat/gateway/messagelog"
)

// line is a row of the index as pages show it: its numbers are masked.
type line struct {
	Seq      uint64
	At       time.Time
	Clock    string // the time, with the day where that is not today's
	Stamp    string // day and time with the zone
	Token    string // of the phone; "" where there is none
	Phone    string // masked
	Hue      int    // a colour that belongs to the phone
	Channel  string
	Mode     string
	Kind     string
	In, Out  string
	Cut      bool // In or Out goes on in the conversation
	Dial     bool // a USSD session begins
	Class    string
	Heard    string
	Offer    string
	Order    string
	OrderURL string // of its page; "" where there is none
	Language string
	Screen   string
	State    string // of the SMS
	Why      string
	By       string // the operator who wrote it, took the phone over or handed it back
	Ref      string // of a status: which SMS it is about
	Attempt  int
	Code     string
	Segments int
	Cost     string
	Tone     string // how much it wants to be looked at: "bad", "warn", "good" or ""
}

// hues is how many colours phones have.
const hues = 12

// maxSnippet is how much of a text the log shows, in characters: more than fits
// a line of any screen. The conversation has all.
const maxSnippet = 240

// lineOf is a row as the conversation shows it: with whole texts.
func (c *Console) lineOf(row index.Row) line {
	l := toldBy(&row)
	l.Clock, l.Stamp = c.clock(row.At), row.At.In(c.Zone).Format("2006-01-02 15:04:05 MST")
	l.OrderURL = c.orderLink(row.Order)
	if l.Token = c.tokens.of(row.Phone); l.Token != "" {
		l.Hue = int(l.Token[0]) % hues
	}
	l.Dial = row.Mode == dialogue.USSD && row.Kind == messagelog.KindTurn && (row.In == "" || strings.HasPrefix(row.In, "*"))
	l.Tone = toneOf(l)
	return l
}

// toldBy is what a row itself says, masked: what files have of it, too.
func toldBy(row *index.Row) line {
	l := line{
		Seq: row.Seq, At: row.At, Phone: masked(row.Phone), Channel: row.Channel, Mode: string(row.Mode), Kind: string(row.Kind),
		In: maskNumbers(row.In, row.Phone), Out: maskNumbers(row.Out, row.Phone),
		Class: row.Class, Heard: maskNumbers(row.Heard, row.Phone), Order: row.Order, Language: row.Language, Screen: row.Screen,
		State: string(row.State), Why: maskNumbers(row.StateWhy, row.Phone),
		By: row.By, Ref: row.Ref, Attempt: row.Attempt, Code: maskNumbers(row.Code, row.Phone), Segments: row.Segments,
	}
	if row.Kind == messagelog.KindStatus {
		l.State, l.Why = string(row.Status), maskNumbers(row.Reason, row.Phone)
	}
	if row.Cost != "" {
		l.Cost = row.Currency + " " + row.Cost
	}
	if row.Offer != nil {
		l.Offer = maskNumbers(offerText(*row.Offer), row.Phone)
	}
	return l
}

// rowOf is a row as the log shows it: on one line, cut.
func (c *Console) rowOf(row index.Row) line {
	l := c.lineOf(row)
	var cutIn, cutOut bool
	l.In, cutIn = snippet(l.In)
	l.Out, cutOut = snippet(l.Out)
	l.Cut = cutIn || cutOut
	return l
}

func snippet(text string) (string, bool) {
	text = strings.Join(strings.FieldsFunc(text, func(r rune) bool { return r == '\n' || r == '\r' }), " / ")
	n := 0
	for i := range text {
		if n++; n > maxSnippet {
			return text[:i] + "…", true
		}
	}
	return text, false
}

// offerText writes what somebody sells, as far as it was said.
func offerText(o dialogue.Offer) string {
	words := []string{o.Item}
	if o.Qty > 0 {
		words = []string{strconv.FormatFloat(o.Qty, 'f', -1, 64), o.Unit, o.Item}
	}
	if o.Price.Minor > 0 {
		words = append(words, "·", o.Price.Currency, o.Price.Decimal())
	}
	return strings.Join(words, " ")
}

var (
	badStates   = []string{string(gateway.Failed), string(gateway.Expired), string(gateway.Suppressed), string(gateway.Dropped)}
	waitStates  = []string{string(gateway.Held), string(gateway.Retrying)}
	warnClasses = []string{dialogue.ClassUnknown, gateway.ClassFlood, gateway.ClassLoop, dialogue.ClassRejected}
)

func toneOf(l line) string {
	switch {
	case slices.Contains(badStates, l.State):
		return "bad"
	case slices.Contains(waitStates, l.State), slices.Contains(warnClasses, l.Class):
		return "warn"
	case l.Class == dialogue.ClassOrder:
		return "good"
	}
	return ""
}

// StateTone is that of the state's own mark.
func (l line) StateTone() string {
	switch {
	case slices.Contains(badStates, l.State):
		return "bad"
	case slices.Contains(waitStates, l.State):
		return "warn"
	case l.State == string(gateway.Delivered):
		return "good"
	}
	return "calm"
}

// ClassTone is that of the mark of the turn's class.
func (l line) ClassTone() string {
	switch {
	case slices.Contains(warnClasses, l.Class):
		return "warn"
	case l.Class == dialogue.ClassOrder:
		return "good"
	}
	return "calm"
}

// Operated tells whether an operator took the phone over, or handed it back.
func (l line) Operated() bool {
	return l.Class == gateway.ClassTakeOver || l.Class == gateway.ClassHandBack
}

// Plain tells whether the class is what most turns are, and not worth a mark.
func (l line) Plain() bool {
	return l.Class == "" || l.Class == dialogue.ClassScreen || l.Class == dialogue.ClassStart || l.Class == dialogue.ClassLanguage
}

// clock is the time of day, with the day where it is another than today.
func (c *Console) clock(at time.Time) string {
	at, now := at.In(c.Zone), c.Now().In(c.Zone)
	if at.Format(time.DateOnly) == now.Format(time.DateOnly) {
		return at.Format(time.TimeOnly)
	}
	if at.Year() == now.Year() {
		return at.Format("01-02 15:04")
	}
	return at.Format(time.DateOnly)
}
