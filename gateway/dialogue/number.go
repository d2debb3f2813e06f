package dialogue

import (
	"strconv"
	"strings"

	"haat/gateway/gsm"
	"haat/gateway/parse"
)

// number reads a text that is nothing but digits of any script, perhaps with
// the full stop or hash that people end an answer with.
func number(text string) (string, bool) {
	text = strings.TrimRight(strings.TrimSpace(text), ".#")
	if text == "" {
		return "", false
	}
	for _, r := range text {
		if _, ok := gsm.Digit(r); !ok {
			return "", false
		}
	}
	return digits(text), true
}

// digits writes the digits of a text in ASCII.
func digits(text string) string {
	return strings.Map(func(r rune) rune {
		if d, ok := gsm.Digit(r); ok {
			return d
		}
		return r
	}, text)
}

// takeNumber puts one of the product with the keypad number in the basket. It is
// for texts alone, and only where no screen waits for a number.
func (t *talk) takeNumber(key string) bool {
	n, ok := parseKey(key)
	if !ok || t.in.Mode != SMS {
		return false
	}
	p, ok := t.w.Catalog.ByNumber(n)
	if ok {
		t.hint, t.lost = nil, false
		t.take([]parse.Item{{SKU: p.SKU, Qty: 1}}, "")
	}
	return ok
}

// maxDialled is how many answers of a dialled string such as *384*1*2# count.
const maxDialled = 12

// dialled answers a dial that brings more than our code: *384*101*2# orders two
// of product 101, and *384*1*2# goes where these answers lead. The phone sees
// the last screen only, so that nothing is ordered on the way; what means
// nothing is a plain dial.
func dialled(s Session, in Input, w World) Outcome {
	text := w.beyondCode(in.Text)
	in.Text = ""
	o := Step(s, in, w)
	if text == "" {
		return o
	}
	if answers, ok := menuAnswers(text); ok {
		return answered(o, in.Mode, answers, w)
	}
	t := begin(o.Session, Input{Mode: in.Mode, Text: text}, &w)
	if !t.ordered(text) {
		return o
	}
	return t.outcome()
}

// beyondCode is what stands in a dialled string after our code. Some carriers
// send the whole string and some the rest of it.
func (w *World) beyondCode(text string) string {
	text = strings.TrimRight(strings.TrimSpace(text), "#")
	if code := strings.TrimRight(w.DialCode, "#"); code != "" {
		if rest, ok := strings.CutPrefix(text, code); ok && (rest == "" || rest[0] == '*') {
			text = rest
		}
	}
	return strings.Trim(text, "*")
}

// menuAnswers are the answers that a dialled string gives to menus. The first
// of them goes to the main menu; a keypad number has more digits.
func menuAnswers(text string) ([]string, bool) {
	answers := strings.Split(text, "*")
	for i, a := range answers {
		if _, ok := number(a); !ok && a != "" || i == 0 && len([]rune(a)) > 2 {
			return nil, false
		}
	}
	return answers[:min(len(answers), maxDialled)], true
}

// answered gives the answers one after the other, up to the one that would order
// something.
func answered(o Outcome, mode Mode, answers []string, w World) Outcome {
	for _, a := range answers {
		further := Step(o.Session, Input{Mode: mode, Text: a}, w)
		if further.NeedOrders {
			return further
		}
		if further.Request != nil || further.End {
			break
		}
		o = further
	}
	return o
}

// ordered does what a dialled text asks for, if it is an order.
func (t *talk) ordered(text string) bool {
	m := parse.Meaning{Intent: parse.Ask, NoNumber: text}
	if key, ok := number(text); ok {
		n, _ := strconv.Atoi(key)
		if p, ok := t.w.Catalog.ByNumber(n); ok {
			m = parse.Meaning{Intent: parse.Order, Items: []parse.Item{{SKU: p.SKU, Qty: 1}}}
		}
	} else {
		m = t.understand(text)
	}
	if m.Intent != parse.Order && m.Intent != parse.Ask {
		return false
	}
	t.command(m)
	return true
}
