package index

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"pgregory.net/rapid"

	"haat/gateway"
	"haat/gateway/dialogue"
	"haat/gateway/messagelog"
)

// What random logs are made of.
var (
	saidTexts = []string{
		"", "1", "101*2", "2 rice", "Mchele kilo 5", "ng'ombe", "NG’OMBE wawili", "大米两袋", "我要肥皂三块", "أُرِيدُ أَرُزّ", "اريد ارز", "चावल दो किलो", "चवल",
		"ขอข้าวสาร", "café Ürün", "cafe urun", "ﬁne ０１２ ٣٤٥", "👍🏿 sawa", "???", "\x00\xff broken \xc3", "aaa aaaa aab", "x6b7475726ex", "rice AND NOT \"soap\" OR near(", "कखगघ",
	}
	channels  = []string{"demo", "lake-1"}
	phones    = []gateway.Phone{"+254700000001", "+254700000101", "+25571", "+8613800138000", ""}
	classes   = []string{"", dialogue.ClassScreen, dialogue.ClassUnknown, dialogue.ClassOrder, dialogue.ClassRejected, gateway.ClassLoop}
	states    = []gateway.State{gateway.Held, gateway.Retrying, gateway.Sent, gateway.Delivered, gateway.Failed, gateway.Expired, gateway.Dropped}
	languages = []string{"", "en", "zh", "sw"}
	orderIDs  = []string{"", "0199c2f0-7c1e", "o \"2\" *"}
	stations  = []string{"", "ST01", "Duka la Mama \"x\" *"}
	begin     = time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
)

// pick draws one of some.
func pick[T any](t *rapid.T, of []T, what string) T {
	return of[rapid.IntRange(0, len(of)-1).Draw(t, what)]
}

func drawText(t *rapid.T) string {
	text := pick(t, saidTexts, "text")
	if rapid.Bool().Draw(t, "two") {
		text += " " + pick(t, saidTexts, "text")
	}
	return text
}

// drawLines makes a log with some of its sequences missing.
func drawLines(t *rapid.T) (lines []messagelog.Line) {
	at, seq := begin, uint64(0)
	for range rapid.IntRange(0, 60).Draw(t, "lines") {
		seq += uint64(rapid.IntRange(1, 3).Draw(t, "step"))
		at = at.Add(time.Duration(rapid.IntRange(0, 3).Draw(t, "seconds")) * time.Second)
		lines = append(lines, drawLine(t, lines, seq, at))
	}
	return lines
}

func drawLine(t *rapid.T, before []messagelog.Line, seq uint64, at time.Time) messagelog.Line {
	l := messagelog.Line{Entry: messagelog.Entry{Seq: seq, At: at, Phone: pick(t, phones, "phone"), Channel: pick(t, channels, "channel")}}
	switch rapid.IntRange(0, 9).Draw(t, "kind") {
	case 0:
		l.Broken = fmt.Errorf("broken")
	case 1, 2:
		l.Kind, l.Out, l.Mode, l.Order = messagelog.KindNotice, drawText(t), dialogue.SMS, pick(t, orderIDs, "order")
	case 3, 4, 5:
		l.Kind, l.Status, l.Reason = messagelog.KindStatus, pick(t, states, "state"), pick(t, []string{"", "no credit"}, "reason")
		l.Ref = pick(t, []string{"", "x", "-1", "99999999999999999999"}, "ref")
		if of := rapid.IntRange(-1, len(before)-1).Draw(t, "of"); of >= 0 {
			l.Ref, l.Phone = strconv.FormatUint(before[of].Seq, 10), before[of].Phone
		}
	case 6:
		if of := rapid.IntRange(-1, len(before)-1).Draw(t, "of"); of >= 0 && before[of].Kind == messagelog.KindTurn && before[of].Amends == 0 &&
			!slices.ContainsFunc(before, func(b messagelog.Line) bool { return b.Amends == before[of].Seq }) {
			l = before[of]
			l.Seq, l.At, l.Amends, l.Out, l.Class = seq, at, before[of].Seq, drawText(t), pick(t, classes, "class")
			break
		}
		fallthrough
	default:
		l.Kind, l.Mode, l.In, l.Out, l.Class = messagelog.KindTurn, pick(t, []dialogue.Mode{dialogue.SMS, dialogue.USSD}, "mode"), drawText(t), drawText(t), pick(t, classes, "class")
		l.Language, l.Station, l.Screen = pick(t, languages, "language"), pick(t, stations, "station"), "home"
		l.Order = pick(t, orderIDs, "order")
		if rapid.IntRange(0, 9).Draw(t, "offers") == 0 {
			l.Offer = &dialogue.Offer{Item: "maize", Qty: 2.5}
		}
	}
	return l
}

// plainly gives the rows of a log by a plain loop.
func plainly(lines []messagelog.Line) (rows []*Row) {
	by := map[uint64]*Row{}
	for _, l := range lines {
		if l.Broken != nil {
			continue
		}
		if to := by[l.Amends]; to != nil && to.Phone == l.Phone && to.Kind == messagelog.KindTurn {
			to.Out, to.Class, to.Language, to.Station, to.Screen = l.Out, l.Class, l.Language, l.Station, l.Screen
			by[l.Seq] = to
			continue
		}
		if l.Kind == messagelog.KindStatus {
			ref, err := strconv.ParseUint(l.Ref, 10, 63)
			if to := by[ref]; err == nil && to != nil && to.Phone == l.Phone && to.Kind != messagelog.KindStatus &&
				(l.Status.Rank() > to.State.Rank() || l.Status.Rank() == to.State.Rank() && l.Status.Rank() < gateway.Failed.Rank()) {
				to.State, to.StateWhy = l.Status, l.Reason
			}
		}
		row := &Row{Entry: l.Entry, Language: l.Language, Station: l.Station, Screen: l.Screen}
		by[l.Seq], rows = row, append(rows, row)
	}
	return rows
}

func drawFilter(t *rapid.T) (f Filter) {
	some := func(what string) bool { return rapid.IntRange(0, 4).Draw(t, what+"?") == 0 }
	if some("text") {
		runes := []rune(pick(t, saidTexts, "search"))
		from := rapid.IntRange(0, len(runes)).Draw(t, "from")
		f.Text = string(runes[from:rapid.IntRange(from, len(runes)).Draw(t, "to")])
	}
	if some("phone") {
		f.Phone = pick(t, phones, "of phone")
	}
	if some("end") {
		f.PhoneEnd = pick(t, []string{"1", "01", "101", "0001", "00 101", "8000", "13800138000", "5571", "9", "x"}, "end")
	}
	if some("channel") {
		f.Channel = pick(t, append(channels, "no"), "in channel")
	}
	if some("mode") {
		f.Mode = dialogue.SMS
	}
	if some("direction") {
		f.Direction = pick(t, []string{"in", "out"}, "direction")
	}
	if some("kind") {
		f.Kind = pick(t, []messagelog.Kind{messagelog.KindTurn, messagelog.KindNotice, messagelog.KindStatus}, "of kind")
	}
	if some("status") {
		f.Status = pick(t, states, "in state")
	}
	if some("class") {
		f.Class = pick(t, classes, "of class")
	}
	if some("language") {
		f.Language = pick(t, languages, "in language")
	}
	if some("station") {
		f.Station = pick(t, stations, "at station")
	}
	if some("order") {
		f.Order = pick(t, orderIDs, "of order")
	}
	f.Errors = some("errors")
	if some("from") {
		f.From = begin.Add(time.Duration(rapid.IntRange(-1, 90).Draw(t, "from second")) * time.Second)
	}
	if some("to") {
		f.To = begin.Add(time.Duration(rapid.IntRange(-1, 90).Draw(t, "to second")) * time.Second)
	}
	return f
}

// wanted tells whether a row matches, by one question after the other.
func wanted(f Filter, r *Row) bool {
	state := r.State
	if f.Kind == messagelog.KindStatus {
		state = r.Status
	}
	return wantedText(f.Text, r) &&
		(f.Phone == "" || f.Phone == r.Phone) && wantedEnd(f.PhoneEnd, r.Phone) &&
		(f.Channel == "" || f.Channel == r.Channel) && (f.Mode == "" || f.Mode == r.Mode) &&
		(f.Direction == "" || f.Direction == "in" && r.In != "" || f.Direction == "out" && r.Out != "") &&
		(f.Kind == "" || f.Kind == r.Kind) && (f.Status == "" || f.Status == state) && (f.Class == "" || f.Class == r.Class) &&
		(f.Language == "" || f.Language == r.Language) && (f.Station == "" || f.Station == r.Station) && (f.Order == "" || f.Order == r.Order) && (!f.Errors || r.Trouble()) &&
		(f.From.IsZero() || !r.At.Before(f.From)) && (f.To.IsZero() || r.At.Before(f.To))
}

func wantedText(text string, r *Row) bool {
	if text == "" {
		return true
	}
	words := strings.Fields(fold(text))
	in, out := fold(r.In), fold(r.Out)
	return len(words) > 0 && !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(in, w) && !strings.Contains(out, w) })
}

func wantedEnd(end string, p gateway.Phone) bool {
	digits := strings.ReplaceAll(end, " ", "")
	return end == "" || strings.Trim(digits, "0123456789") == "" && strings.HasSuffix(string(p), digits)
}
