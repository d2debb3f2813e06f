package main

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"haat/catalog"
	"haat/gateway/dialogue"
	"haat/gateway/lang"
	"haat/gateway/messagelog"
	"haat/orders"
)

// verify holds what was acknowledged against what was kept.
func verify(t *testing.T, p *phones, b *books) {
	t.Helper()
	acknowledged := p.record.all()
	report(t, "every acknowledged message is in the log, once, with its answer", b.kept(acknowledged))
	report(t, "a message that is repeated gets the same answer", repeated(acknowledged))
	report(t, "one confirmation is one order", b.oneOrderEach())
	report(t, "stock adds up", b.stocked())
	report(t, "nothing is ordered that was not confirmed", b.confirmed())
	report(t, "a screen tells what became of the order", b.screened())
	report(t, "everybody is told of their order", b.untold())
	report(t, "nobody is told twice", b.toldTwice())
	b.sayWhat(t, acknowledged)
}

// report fails the test with the first few violations of a statement.
func report(t *testing.T, statement string, violations []string) {
	t.Helper()
	const enough = 5
	if n := len(violations); n > 0 {
		t.Errorf("%q does not hold %d times:\n%s", statement, n, strings.Join(violations[:min(n, enough)], "\n"))
	}
}

// sayWhat logs how much was tested, and fails where the load was too thin to
// mean anything.
func (b *books) sayWhat(t *testing.T, all []acknowledged) {
	t.Helper()
	n := map[string]int{}
	for _, o := range b.orders {
		n[string(o.Status)]++
	}
	for _, e := range b.log {
		n[string(e.Kind)]++
		if e.Order != "" && e.Kind == messagelog.KindTurn {
			n["confirmations by "+string(e.Mode)]++
		}
	}
	t.Logf("%d messages acknowledged; kept: %v", len(all), n)
	for _, needed := range []string{string(orders.Confirmed), string(orders.Rejected), "confirmations by " + string(dialogue.USSD), "confirmations by " + string(dialogue.SMS)} {
		if n[needed] == 0 {
			t.Errorf("nothing was tested about %s", needed)
		}
	}
}

// kept finds acknowledged messages that are not in the log, or not exactly
// once, or not with the answer that was given. An SMS is answered by another,
// so that only its being there counts.
func (b *books) kept(all []acknowledged) (broken []string) {
	type key struct{ phone, id string }
	log := map[key][]messagelog.Entry{}
	for _, e := range b.log {
		if e.Kind == messagelog.KindTurn {
			k := key{string(e.Phone), e.ID}
			log[k] = append(log[k], e)
		}
	}
	for _, a := range all {
		entries := log[key{a.phone, a.id}]
		switch {
		case len(entries) != 1:
			broken = append(broken, fmt.Sprintf("%s is %d times in the log: %s", a.id, len(entries), show(entries)))
		case entries[0].In != a.typed:
			broken = append(broken, fmt.Sprintf("%s was %q, and is %q in the log", a.id, a.typed, entries[0].In))
		case a.ussd && a.answer != "CON "+entries[0].Out && a.answer != "END "+entries[0].Out:
			broken = append(broken, fmt.Sprintf("%s was answered\n%s\nand in the log with\n%s", a.id, a.answer, entries[0].Out))
		}
	}
	return broken
}

// repeated finds messages that were answered first in one way and then in
// another.
func repeated(all []acknowledged) (broken []string) {
	first := map[string]string{}
	for _, a := range all {
		if answer, again := first[a.id]; again && answer != a.answer {
			broken = append(broken, fmt.Sprintf("%s was answered\n%s\nand then\n%s", a.id, answer, a.answer))
		}
		first[a.id] = a.answer
	}
	return broken
}

// confirmations are the turns that asked for each order.
func (b *books) confirmations() map[string][]messagelog.Entry {
	return b.about(messagelog.KindTurn)
}

// notices are what each order's phone was texted about it.
func (b *books) notices() map[string][]messagelog.Entry {
	return b.about(messagelog.KindNotice)
}

func (b *books) about(kind messagelog.Kind) map[string][]messagelog.Entry {
	found := map[string][]messagelog.Entry{}
	for _, e := range b.log {
		if e.Kind == kind && e.Order != "" {
			found[e.Order] = append(found[e.Order], e)
		}
	}
	return found
}

func (b *books) oneOrderEach() (broken []string) {
	confirmations, ids, numbers := b.confirmations(), map[string]bool{}, map[int64]string{}
	for _, o := range b.orders {
		if other, taken := numbers[o.Number]; taken || ids[o.ID] {
			broken = append(broken, fmt.Sprintf("order %s has the id or the number %d of order %s", o.ID, o.Number, other))
		}
		ids[o.ID], numbers[o.Number] = true, o.ID
		if entries := confirmations[o.ID]; len(entries) != 1 {
			broken = append(broken, fmt.Sprintf("order %s was confirmed by %d turns: %s", o.ID, len(entries), show(entries)))
		}
		if o.Status != orders.Confirmed && o.Status != orders.Rejected {
			broken = append(broken, fmt.Sprintf("order %s is %s", o.ID, o.Status))
		}
	}
	for id, entries := range confirmations {
		if !ids[id] {
			broken = append(broken, fmt.Sprintf("there is no order %s for %s", id, show(entries)))
		}
	}
	return broken
}

func (b *books) stocked() (broken []string) {
	left := map[string]int{}
	for sku, product := range b.goods {
		if product.Counted {
			left[sku] = product.Stock
		}
	}
	for _, o := range b.orders {
		for _, l := range o.Lines {
			if _, counted := left[l.SKU]; counted && o.Status == orders.Confirmed {
				left[l.SKU] -= l.Qty
			}
		}
	}
	for _, sku := range slices.Sorted(maps.Keys(left)) {
		if left[sku] != b.stock[sku] || left[sku] < 0 {
			broken = append(broken, fmt.Sprintf("of %s there should be %d left and the store has %d", sku, left[sku], b.stock[sku]))
		}
	}
	if len(left) != len(b.stock) {
		broken = append(broken, fmt.Sprintf("%d products are counted and the store counts %d", len(left), len(b.stock)))
	}
	return broken
}

// confirmed finds orders whose phone did not agree, just before, to a screen
// that said all of the order.
func (b *books) confirmed() (broken []string) {
	screens := map[string]string{} // that each phone showed before its confirmation, by order
	phone := map[string]string{}
	last := map[string]string{}
	for _, e := range b.log {
		if e.Kind != messagelog.KindTurn {
			continue
		}
		if e.Order != "" && e.In == "1" {
			screens[e.Order], phone[e.Order] = last[string(e.Phone)], string(e.Phone)
		}
		last[string(e.Phone)] = e.Out
	}
	for _, o := range b.orders {
		if phone[o.ID] != o.Phone {
			broken = append(broken, fmt.Sprintf("order %s is of another phone than its confirmation", o.ID))
		}
		shown := "\n" + screens[o.ID] + "\n"
		for _, line := range b.confirmScreen(o, b.languages.Get(o.Language)) {
			if !strings.Contains(shown, "\n"+line+"\n") {
				broken = append(broken, fmt.Sprintf("order %s has %q, and its phone confirmed\n%s", o.ID, line, screens[o.ID]))
			}
		}
		if lines := strings.Count(screens[o.ID], " x "); lines != len(o.Lines) {
			broken = append(broken, fmt.Sprintf("order %s has %d lines, and its phone confirmed\n%s", o.ID, len(o.Lines), screens[o.ID]))
		}
	}
	return broken
}

// confirmScreen are the lines that the phone must have seen before this order.
func (b *books) confirmScreen(o orderJSON, l *lang.Language) []string {
	p := &l.Phrases
	lines := []string{p.ConfirmTitle.String(), "1." + p.Confirm.String()}
	total := catalog.Money{Currency: o.Currency}
	for _, line := range o.Lines {
		product := b.goods[line.SKU]
		amount := product.Price.Times(line.Qty)
		total = total.Plus(amount)
		lines = append(lines, p.Line.With("qty", strconv.Itoa(line.Qty), "name", product.ShortName(l.Code), "amount", l.Amount(amount)))
	}
	return append(lines, p.Total.With("total", l.Money(total)), p.CollectAt.With("station", collectAt[o.Station]))
}

// collectAt is how the first stations of the sample are called on a screen.
var collectAt = map[string]string{
	"ST01": "Mama Njeri's shop, Kiambogo", "ST02": "Kwa Otieno, Ugunja", "ST03": "Baraka Store, Mwatate", "ST04": "Upendo Duka, Loitokitok",
}

// outcome is what an answer says about an order.
type outcome string

const (
	saysNothing outcome = "a text will follow"
	saysOther   outcome = "something else"
)

// says reads an answer to a confirmation.
func says(text string, o orderJSON, l *lang.Language) outcome {
	p, number, code := &l.Phrases, strconv.FormatInt(o.Number, 10), o.PickupCode
	full := catalog.Money{Currency: o.Currency}
	for _, line := range o.Lines {
		price, _ := strconv.ParseFloat(line.UnitPrice, 64)
		full.Minor += int64(price*100+0.5) * int64(line.Qty)
	}
	switch {
	case text == p.Received.With("number", number, "code", code), text == p.ReceivedShort.With("number", number, "code", code):
		return saysNothing
	case text == p.Confirmed.With("number", number, "total", l.Money(full), "station", collectAt[o.Station], "code", code),
		text == p.ConfirmedShort.With("number", number, "code", code):
		return outcome(orders.Confirmed)
	case strings.HasPrefix(text, p.ShortTitle.String()), strings.HasPrefix(text, p.NoticeRejected.With("number", number)):
		return outcome(orders.Rejected)
	}
	return saysOther
}

// screened finds orders whose phone was told something else than what became
// of them, on the screen or by a notice.
func (b *books) screened() (broken []string) {
	confirmations, notices := b.confirmations(), b.notices()
	for _, o := range b.orders {
		l := b.languages.Get(o.Language)
		for _, e := range confirmations[o.ID] {
			if said := says(e.Out, o, l); said != saysNothing && said != outcome(o.Status) {
				broken = append(broken, fmt.Sprintf("order %d is %s, and its phone was told\n%s", o.Number, o.Status, e.Out))
			}
		}
		for _, e := range notices[o.ID] {
			if said := says(e.Out, o, l); said != outcome(o.Status) || string(e.Phone) != o.Phone {
				broken = append(broken, fmt.Sprintf("order %d is %s, and a text said\n%s", o.Number, o.Status, e.Out))
			}
		}
	}
	return broken
}

// told is how often each order's phone was told what became of it, on the
// screen or by a notice.
func (b *books) told() map[*orderJSON]int {
	told, confirmations, notices := map[*orderJSON]int{}, b.confirmations(), b.notices()
	for i := range b.orders {
		o := &b.orders[i]
		told[o] = len(notices[o.ID])
		for _, e := range confirmations[o.ID] {
			if says(e.Out, *o, b.languages.Get(o.Language)) != saysNothing {
				told[o]++
			}
		}
	}
	return told
}

func (b *books) untold() (broken []string) {
	for o, n := range b.told() {
		if n == 0 {
			broken = append(broken, fmt.Sprintf("order %d is %s, and its phone does not know", o.Number, o.Status))
		}
	}
	return broken
}

func (b *books) toldTwice() (broken []string) {
	for o, n := range b.told() {
		if n > 1 {
			broken = append(broken, fmt.Sprintf("the phone of order %d was told %d times:\n%s\n%s", o.Number, n, show(b.confirmations()[o.ID]), show(b.notices()[o.ID])))
		}
	}
	return broken
}

// show writes entries for the message of a failed test.
func show(entries []messagelog.Entry) string {
	var b strings.Builder
	for _, e := range entries {
		fmt.Fprintf(&b, "\n  %d %s %s %s of %s: %q: %q", e.Seq, e.At.Format("15:04:05.000"), e.Kind, e.ID, e.Phone, e.In, e.Out)
	}
	return b.String()
}
