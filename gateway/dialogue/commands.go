package dialogue

import (
	"haat/gateway/parse"
	"haat/gateway/screen"
)

// command does what a text in words asks for, whatever the phone shows.
func (t *talk) command(m parse.Meaning) {
	switch m.Intent {
	case parse.Order:
		t.take(m.Items)
	case parse.Ask:
		t.class = ClassAsk
		t.enter(stateAsk, m.Unclear)
	case parse.Help:
		t.help()
	case parse.Basket:
		t.basket()
	case parse.Status:
		if m.OrderNo > 0 {
			t.showOrder(m.OrderNo)
			return
		}
		t.orderList()
	case parse.Cancel:
		if m.OrderNo > 0 {
			t.cancelOrder(m.OrderNo)
			return
		}
		t.orderList()
	case parse.Stop:
		t.s.Profile.OptedOut = true
		t.finish(ClassStop, t.l.Phrases.Stopped.String())
	case parse.Start:
		t.start()
	case parse.Language:
		t.switchLanguage(m.LangTo)
	default:
		t.menu()
	}
}

// take puts the items of an order text in the basket, all or none, and goes on
// to the confirm screen, which shows them beside what was there before.
func (t *talk) take(items []parse.Item) {
	if len(items) == 0 {
		t.categories()
		return
	}
	before := t.s.Basket
	before.Lines = append(before.Lines[:0:0], before.Lines...)
	t.basket() // where a hint is shown when they do not fit in
	for _, item := range items {
		if p := t.product(item.SKU); p == nil || !t.add(p, item.Qty) {
			t.s.Basket = before
			return
		}
	}
	t.checkOut()
}

func (t *talk) start() {
	was := t.s.Profile.OptedOut
	t.s.Profile.OptedOut = false
	t.menu()
	t.class = ClassStart
	if was {
		t.hint = t.l.Phrases.Started.String()
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
	switch {
	case t.in.Mode == USSD || busy:
		t.again(t.l.Phrases.HintUnclear.String())
	case !t.known:
		t.enter(stateLanguage, "")
	default:
		t.enter(stateAsk, "")
	}
	t.class = ClassUnknown
}

func (t *talk) askDraft() screen.Draft {
	p := &t.l.Phrases
	body := []string{p.Unknown.String()}
	if t.s.Focus != "" {
		body = []string{p.Unclear.With("word", t.s.Focus), p.NotOrdered.String()}
	}
	if example, ok := (wording{t.l, t.w}).example(); ok {
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
	if example, ok := (wording{t.l, t.w}).example(); ok {
		body = append(body, p.HelpExample.With("example", example))
	}
	body = append(body, p.Help.String())
	if t.w.DialCode != "" {
		body = append(body, p.HelpDial.With("code", t.w.DialCode))
	}
	return screen.Draft{Body: body, Nav: t.navUp()}
}
