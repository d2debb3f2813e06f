package dialogue

import (
	"strings"
	"unicode"

	"haat/gateway/lang"
	"haat/gateway/parse"
	"haat/gateway/screen"
	"haat/orders"
)

// The states, one for each screen. The empty state shows nothing that a number
// could answer: it is that of a new phone and that after a closing text.
const (
	stateLanguage   State = "language" // focus "menu" where it was chosen there
	stateMenu       State = "menu"
	stateResume     State = "resume"
	stateHelp       State = "help"
	stateAsk        State = "ask" // focus: a number that no product has, or nothing
	stateCategories State = "categories"
	stateProducts   State = "products" // focus: the category
	stateQuantity   State = "quantity" // focus: the SKU
	stateWhich      State = "which"    // the first of the open questions; focus: how many are open
	stateCount      State = "count"    // the same where only the quantity is unclear; focus: the SKU
	stateBasket     State = "basket"
	stateChange     State = "change"
	stateLine       State = "line"       // focus: the SKU
	stateRequantity State = "requantity" // focus: the SKU
	stateStation    State = "station"    // focus "checkout" where it was asked on the way there
	stateConfirm    State = "confirm"    // focus: what has changed, see changes
	stateShort      State = "short"      // focus: what is left, see shortages
	stateOrders     State = "orders"
	stateOrder      State = "order"  // focus: the number
	stateCancel     State = "cancel" // focus: the number
)

// view is one state: what it shows, what a number does there and where 0 leads.
type view struct {
	draft  func(*talk) screen.Draft
	answer func(*talk, string)
	back   func(*talk) // nil where there is nothing behind
}

var views = map[State]view{
	stateLanguage:   {(*talk).languageDraft, (*talk).languageAnswer, (*talk).languageBack},
	stateMenu:       {(*talk).menuDraft, (*talk).menuAnswer, nil},
	stateResume:     {(*talk).resumeDraft, (*talk).resumeAnswer, (*talk).menu},
	stateHelp:       {(*talk).helpDraft, (*talk).noAnswer, (*talk).menu},
	stateAsk:        {(*talk).askDraft, (*talk).noAnswer, (*talk).menu},
	stateCategories: {(*talk).categoriesDraft, (*talk).categoriesAnswer, (*talk).menu},
	stateProducts:   {(*talk).productsDraft, (*talk).productsAnswer, (*talk).categories},
	stateQuantity:   {(*talk).quantityDraft, (*talk).quantityAnswer, (*talk).quantityBack},
	stateWhich:      {(*talk).whichDraft, (*talk).whichAnswer, (*talk).dropQuestion},
	stateCount:      {(*talk).countDraft, (*talk).countAnswer, (*talk).dropQuestion},
	stateBasket:     {(*talk).basketDraft, (*talk).basketAnswer, (*talk).menu},
	stateChange:     {(*talk).changeDraft, (*talk).changeAnswer, (*talk).basket},
	stateLine:       {(*talk).lineDraft, (*talk).lineAnswer, (*talk).lineBack},
	stateRequantity: {(*talk).requantityDraft, (*talk).requantityAnswer, (*talk).requantityBack},
	stateStation:    {(*talk).stationDraft, (*talk).stationAnswer, (*talk).stationBack},
	stateConfirm:    {(*talk).confirmDraft, (*talk).confirmAnswer, (*talk).basket},
	stateShort:      {(*talk).shortDraft, (*talk).shortAnswer, (*talk).basket},
	stateOrders:     {(*talk).ordersDraft, (*talk).ordersAnswer, (*talk).menu},
	stateOrder:      {(*talk).orderDraft, (*talk).orderAnswer, (*talk).orderList},
	stateCancel:     {(*talk).cancelDraft, (*talk).cancelAnswer, (*talk).cancelBack},
}

// The keys that mean the same on every screen, and are never an option or a
// quantity.
const (
	keyBack = "0"
	keyHome = "00"
	keyMore = "98"
)

// talk is one step while it is taken.
type talk struct {
	s       Session
	in      Input
	w       *World
	l       *lang.Language
	known   bool // the owner's language was chosen, not assumed
	hint    hint
	closing []string // ends the talk with the first of these that fits, instead of a screen
	request *orders.Request
	offer   *Offer
	heard   string
	class   string
	need    bool // the phone's orders must be looked up first
	lost    bool // the screen's subject has gone, so that no number can answer it
}

// Step answers one input. It is a function of its arguments alone, and every
// input from every session gives a text within the budget, unless it asks for
// the phone's orders: see Outcome.NeedOrders.
func Step(s Session, in Input, w World) Outcome {
	if in.Dial && in.Text != "" {
		return dialled(s, in, w)
	}
	t := begin(s, in, &w)
	t.hear()
	return t.outcome()
}

// begin brings the session to where this input finds it: in order, without what
// is too old, and without a screen that another mode showed.
func begin(s Session, in Input, w *World) *talk {
	t := &talk{s: tidy(s, w), in: in, w: w, class: ClassScreen}
	t.l, t.known = w.language(s.Profile.Language)
	old := w.Now.Sub(s.At) > w.Keep
	if old {
		t.s.Basket, t.s.Questions, t.s.LeftOut = Basket{}, nil, ""
	}
	if _, ok := views[s.State]; !ok || old || s.Mode != in.Mode {
		t.leave()
	}
	t.footing()
	return t
}

// hear does what the input asks for. A number is always an answer to the screen;
// anything else is read as free text, wherever the phone is.
func (t *talk) hear() {
	if t.in.Dial {
		t.hint = nil
		t.open()
		return
	}
	if t.in.Mode == USSD && strings.TrimSpace(t.in.Text) == "" {
		t.again(hintChoice)
		return
	}
	if key, ok := number(t.in.Text); ok {
		t.press(key)
		return
	}
	m := t.understand(t.in.Text)
	t.guessLanguage(m)
	switch m.Intent {
	case parse.Number:
		t.press(digits(m.Number))
	case parse.Unknown:
		t.unknown()
	default:
		t.hint, t.lost = nil, false // both were about a screen that is left now
		t.command(m)
	}
}

// understand reads a text and notes for the operators what became what.
func (t *talk) understand(text string) parse.Meaning {
	m, parts := t.w.Parser.Explain(text, t.s.Profile.Language)
	heard := []rune(parse.Explanation(parts))
	t.heard = string(heard[:min(len(heard), maxHeard)])
	return m
}

// guessLanguage answers a stranger in the language of the text, and goes on in
// it, where that is clear. Single words of English and those by which carriers
// start and stop texts are everybody's: they tell nothing of who sent them.
func (t *talk) guessLanguage(m parse.Meaning) {
	l, ok := t.w.language(m.Language)
	wordless := !strings.ContainsFunc(t.in.Text, unicode.IsLetter)
	everybodys := m.Language == lang.English && len(strings.Fields(t.in.Text)) == 1
	if t.known || !ok || wordless || everybodys || m.Intent == parse.Language || m.Intent == parse.Start {
		return
	}
	t.l = l
	if m.Intent != parse.Stop {
		t.known, t.s.Profile.Language = true, m.Language
	}
}

// press does what a number does on the screen that the phone shows.
func (t *talk) press(key string) {
	v, ok := views[t.s.State]
	switch {
	case !ok:
		if !t.takeNumber(key) {
			t.open()
		}
	case key == keyHome:
		t.hint = nil
		t.menu()
	case t.lost:
		t.class = ClassHint
	case key == keyBack && v.back != nil:
		v.back(t)
	case key == keyBack:
		t.again(hintChoice)
	case t.listChanged() && (key == keyMore || t.s.State != stateConfirm): // which has its own way to tell what changed
		t.again(hintListNew)
	case key == keyMore:
		t.more()
	default:
		v.answer(t, key)
	}
}

// more turns the page.
func (t *talk) more() {
	switch {
	case !t.s.Last:
		t.s.Page++
	case t.s.State == stateQuantity || t.s.State == stateRequantity:
		t.again(hintKeyMore)
	default:
		t.again(hintLastPage)
	}
}

// again repeats the screen with a hint. A list that has changed meanwhile is
// shown from its beginning: the numbers that were read mean nothing any more.
func (t *talk) again(h hint) {
	t.class = ClassHint
	switch {
	case t.s.State == "":
		t.open()
	case t.lost: // footing has said why
	case t.listChanged():
		t.s.Page, t.hint = 0, hintListNew
	default:
		t.hint = h
	}
}

// noAnswer is the answer to any number where there is nothing to choose: by SMS
// it may still be that of a product.
func (t *talk) noAnswer(key string) {
	if !t.takeNumber(key) {
		t.again(hintChoice)
	}
}

// listChanged tells that the phone shows something of an older catalogue whose
// numbers or whose page breaks mean nothing any more.
func (t *talk) listChanged() bool {
	return listsCatalog(t.s.State) && t.s.Catalog != t.w.Catalog.Version
}

func listsCatalog(s State) bool {
	return s == stateCategories || s == stateProducts || s == stateWhich || s == stateConfirm
}

// enter goes to the first page of a state.
func (t *talk) enter(state State, focus string) {
	t.s.State, t.s.Focus, t.s.Page, t.s.Last = state, focus, 0, false
}

// leave goes to where no screen is shown.
func (t *talk) leave() { t.enter("", "") }

// finish ends the talk with the first of the texts that fits.
func (t *talk) finish(class string, texts ...string) {
	t.leave()
	t.class, t.closing = class, texts
}

// outcome shows where the step has led.
func (t *talk) outcome() Outcome {
	o := Outcome{Class: t.class, Request: t.request, Offer: t.offer, Heard: t.heard}
	if t.closing != nil {
		o.Text, o.End = t.words().fit(t.closing), true
		t.s.Catalog = ""
	} else {
		o.Text = t.show()
	}
	if t.need {
		return Outcome{NeedOrders: true, Class: ClassStatus}
	}
	t.s.Mode, t.s.At = t.in.Mode, t.w.Now
	o.Session = t.s
	return o
}

func (t *talk) show() string {
	page := t.page(t.s.Page)
	t.s.Page, t.s.Last = page.Number, page.Number == page.Of-1
	t.s.Catalog = ""
	if listsCatalog(t.s.State) {
		t.s.Catalog = t.w.Catalog.Version
	}
	return page.Text
}

// page fits the n-th page of the screen, in short phrases where that takes fewer
// pages, and then without the title on all but the first where that does.
// Neither n nor the hint decides which it is, so that the breaks between pages
// stay where they are from turn to turn.
func (t *talk) page(n int) screen.Page {
	best := t.draft().Page(n, t.w.Budget)
	if best.Of == 1 {
		return best
	}
	full := t.l
	defer func() { t.l = full }()
	t.l = full.Brief()
	for _, once := range [...]bool{false, true} {
		draft := t.draft()
		draft.TitleOnce = once
		if page := draft.Page(n, t.w.Budget); page.Of < best.Of {
			best = page
		}
	}
	return best
}

// draft is the screen in the phrases of t.l.
func (t *talk) draft() screen.Draft {
	d := views[t.s.State].draft(t)
	d.RightToLeft = t.l.RightToLeft()
	if t.hint != nil {
		d.Hint, d.HintShort = t.hint(t.l), t.hint(t.l.Brief())
	}
	return d
}

// words says what happens in the language of the talk.
func (t *talk) words() wording { return wording{t.l, t.w} }

// nav labels the keys of a screen whose parent is not the main menu.
func (t *talk) nav() screen.Nav {
	p := &t.l.Phrases
	return screen.Nav{More: p.More.String(), Back: p.Back.String(), Home: p.Home.String()}
}

// navUp labels the keys of a screen below the main menu, where back is home.
func (t *talk) navUp() screen.Nav {
	p := &t.l.Phrases
	return screen.Nav{More: p.More.String(), Back: p.Back.String()}
}
