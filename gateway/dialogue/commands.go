package dialogue

import (
	"slices"
	"strconv"
	"strings"

	"haat/gateway/parse"
	"haat/gateway/screen"
	"haat/orders"
)

// command does what a text in words asks for, whatever the phone shows.
func (t *talk) command(m parse.Meaning) {
	switch m.Intent {
	case parse.Order:
		t.take(m.Items, m.LeftOut)
	case parse.Ask:
		t.class = ClassAsk
		t.clarify(m)
	case parse.Shop:
		t.categories()
	case parse.Repeat:
		t.repeat()
	case parse.Sell:
		t.sell(m.Offer)
	case parse.Help:
		t.help()
	case parse.Basket:
		t.basket()
	case parse.Status:
		t.withOrder(m.OrderNo, t.showOrder)
	case parse.Cancel:
		t.withOrder(m.OrderNo, t.cancelOrder)
	case parse.Stop:
		if !t.s.Profile.OptedOut {
			t.s.Profile.OptedOut, t.s.Profile.OptedOutAt = true, t.w.Now.Unix()
		}
		t.finish(ClassStop, t.words().forms(func(o wording) string { return o.l.Phrases.Stopped.String() })...)
	case parse.Start:
		t.start()
	case parse.Language:
		t.switchLanguage(m.LangTo)
	default:
		t.menu()
	}
}

// take puts the items of an order text in the basket, all or none, and goes on
// to the confirm screen, which shows them beside what was there before and says
// what was left out.
func (t *talk) take(items []parse.Item, leftOut string) {
	if t.put(items) {
		t.leaveOut(leftOut)
		t.ask()
	}
}

// put puts all items in the basket or none: where they do not fit in, it shows
// the basket with a hint.
func (t *talk) put(items []parse.Item) bool {
	basket, questions := t.s.Basket, slices.Clone(t.s.Questions)
	basket.Lines = slices.Clone(basket.Lines)
	t.basket()
	for _, item := range t.settle(items) {
		p := t.product(item.SKU)
		if p == nil { // the parser is of another version
			t.again(hintGone)
		}
		if p == nil || !t.add(p, item.Qty) {
			t.s.Basket, t.s.Questions = basket, questions
			return false
		}
	}
	return true
}

// clarify takes what is certain of an order and asks about the rest. A keypad
// number that no product has is told at once, or beside the rest of the order.
func (t *talk) clarify(m parse.Meaning) {
	if len(m.Questions) == 0 && len(m.Items) == 0 {
		t.enter(stateAsk, digits(clip(m.NoNumber)))
		return
	}
	if t.put(m.Items) {
		t.inquire(m.Questions)
		t.leaveOut(strings.TrimSpace(m.LeftOut + " " + m.NoNumber))
		t.ask()
	}
}

// leaveOut remembers what the confirm screen must say is not ordered.
func (t *talk) leaveOut(words string) {
	if words != "" {
		t.s.LeftOut = clip(words)
	}
}

// repeat puts the phone's last order in the basket, at today's prices. What is no
// longer sold goes in too, for the confirm screen to say so.
func (t *talk) repeat() {
	list := t.orders()
	if !t.looked() {
		t.orderList()
		return
	}
	last, ok := lastFilled(list)
	if !ok {
		t.menu()
		t.class, t.hint = ClassHint, hintRepeatNone
		return
	}
	if len(last.Lines) == 0 { // placed a moment ago, and not to be looked up yet
		t.orderList()
		return
	}
	var items []parse.Item
	var gone []orders.Line
	for _, line := range last.Lines {
		if t.product(line.SKU) == nil {
			gone = append(gone, line)
			continue
		}
		items = append(items, parse.Item{SKU: line.SKU, Qty: line.Qty})
	}
	if !t.put(items) {
		return
	}
	t.regret(gone)
	t.ask()
}

// lastFilled is the latest order that was not taken back, or else the latest.
func lastFilled(list []orders.Order) (orders.Order, bool) {
	i := slices.IndexFunc(list, func(o orders.Order) bool { return o.Status != orders.Cancelled && o.Status != orders.Rejected })
	if len(list) == 0 {
		return orders.Order{}, false
	}
	return list[max(i, 0)], true
}

// regret adds lines that cannot be had any more, as far as there is room: the
// way to the confirm screen takes them out again and tells of it.
func (t *talk) regret(gone []orders.Line) {
	b := &t.s.Basket
	for _, line := range gone {
		if len(b.Lines) < MaxLines && !silly(line) && t.line(line.SKU) == nil {
			b.Lines = append(b.Lines, line)
		}
	}
	if len(b.Lines) > 0 && b.ID == "" {
		b.ID = t.w.Fresh.BasketID
	}
}

// sell writes an offer down for the operators, or says how one is made.
func (t *talk) sell(o parse.Offer) {
	if o.Item == "" {
		t.finish(ClassSell, t.words().forms(func(w wording) string {
			return w.l.Phrases.OfferHow.With("example", w.l.Phrases.OfferExample.String())
		})...)
		return
	}
	offer := Offer{Item: clip(o.Item), Qty: o.Qty, Unit: o.Unit, Price: o.Price}
	if offer.Price.Currency == "" && offer.Price.Minor > 0 {
		offer.Price.Currency = t.w.Currency
	}
	t.offer = &offer
	t.finish(ClassSell, t.words().forms(func(w wording) string {
		return w.l.Phrases.OfferNoted.With("offer", w.offer(offer))
	})...)
}

// withOrder does something with the order of a number, or lists the orders where
// no number was said.
func (t *talk) withOrder(number string, do func(int64)) {
	if number == "" {
		t.orderList()
		return
	}
	number = digits(number)
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || n <= 0 {
		t.orderList()
		t.class, t.hint = ClassHint, hintOrderUnknown(clip(number))
		return
	}
	do(n)
}

func (t *talk) start() {
	was := t.s.Profile.OptedOut
	t.s.Profile.OptedOut, t.s.Profile.OptedOutAt = false, 0
	t.menu()
	t.class = ClassStart
	if was {
		t.hint = hintStarted
	}
}

// switchLanguage goes over to another language and shows the same screen in it,
// from its first page, for the pages of two languages do not break alike.
func (t *talk) switchLanguage(code string) {
	l, ok := t.w.Languages.Lookup(code)
	if !ok {
		t.enter(stateLanguage, focusMenu)
		return
	}
	t.speak(l)
	if t.s.State == "" || t.s.State == stateLanguage {
		t.menu()
		return
	}
	t.enter(t.s.State, t.s.Focus)
}

// unknown answers a text that means nothing to us. Somebody in the midst of
// something is asked again; anybody else is shown how an order is written.
func (t *talk) unknown() {
	busy := t.s.State != "" && t.s.State != stateMenu && t.s.State != stateHelp && t.s.State != stateAsk
	if busy {
		t.again(hintUnclear)
	} else {
		t.enter(stateAsk, "")
	}
	t.class = ClassUnknown
}

func (t *talk) askDraft() screen.Draft {
	p := &t.l.Phrases
	body := []string{p.Unknown.String()}
	if t.s.Focus != "" {
		told := p.NoNumber.With("number", t.s.Focus)
		if hidden, ok := t.w.Catalog.Hidden(t.s.Focus); ok {
			told = p.ProductGone.With("name", t.words().product(hidden))
		}
		body = []string{told, p.NotOrdered.String()}
	}
	if example, ok := t.words().example(); ok {
		body = append(body, p.WriteLike.With("example", example))
	}
	return screen.Draft{Body: body, Nav: screen.Nav{More: p.More.String(), Home: p.Home.String()}}
}

func (t *talk) help() {
	t.class = ClassHelp
	t.enter(stateHelp, "")
}

func (t *talk) helpDraft() screen.Draft {
	p := &t.l.Phrases
	var body []string
	if example, ok := t.words().example(); ok {
		body = append(body, p.HelpExample.With("example", example))
	}
	body = append(body, p.Help.String())
	if t.w.DialCode != "" {
		body = append(body, p.HelpDial.With("code", t.words().dialCode()))
	}
	return screen.Draft{Body: body, Nav: t.navUp()}
}
