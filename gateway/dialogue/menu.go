package dialogue

import (
	"haat/gateway/lang"
	"haat/gateway/screen"
)

// focusMenu marks a language question that the main menu led to.
const focusMenu = "menu"

// open begins a talk: with the language where it is not known, with the basket
// or the questions where some were left behind, else with the main menu.
func (t *talk) open() {
	switch {
	case t.known && len(t.s.Basket.Lines) > 0:
		t.enter(stateResume, "")
	case t.known && len(t.s.Questions) > 0:
		t.ask()
	default:
		t.menu()
	}
}

// menu goes to the main menu, which leaves the questions behind, or asks for the
// language first.
func (t *talk) menu() {
	if t.known {
		t.s.Questions, t.s.LeftOut = nil, ""
		t.enter(stateMenu, "")
		return
	}
	t.enter(stateLanguage, "")
}

func (t *talk) languageDraft() screen.Draft {
	var names []string
	for _, l := range t.w.Languages.Languages() {
		name := l.Name
		if t.w.Budget.GSM7 && l.Latin() != nil {
			name = l.Latin().Name
		}
		names = append(names, t.words().legible(name, l.Code))
	}
	d := screen.Draft{Title: t.l.Phrases.LanguageTitle.String(), Options: options(names...), Nav: screen.Nav{More: t.l.Phrases.More.String()}}
	if t.known {
		d.Nav = t.navUp()
	}
	if t.l == t.l.Brief() { // six scripts fill a page; the names alone say what is asked
		d.Title = ""
	}
	return d
}

func (t *talk) languageAnswer(key string) {
	languages := t.w.Languages.Languages()
	i, ok := t.choose(key, len(languages))
	if !ok {
		return
	}
	asked := t.s.Focus != focusMenu
	t.speak(languages[i])
	if asked {
		t.open()
		return
	}
	t.menu()
}

func (t *talk) languageBack() {
	if !t.known {
		t.again(hintChoice)
		return
	}
	t.menu()
}

// speak goes over to a language and remembers it.
func (t *talk) speak(l *lang.Language) {
	t.l, t.known, t.s.Profile.Language, t.class = t.w.onChannel(l), true, l.Code, ClassLanguage
}

func (t *talk) menuDraft() screen.Draft {
	p := &t.l.Phrases
	basket := p.MenuBasket.String()
	if n := len(t.s.Basket.Lines); n > 0 {
		basket = p.MenuBasketOf.Count(n, "n", t.l.Number(n))
	}
	return screen.Draft{
		Title: p.MenuTitle.String(),
		Options: options(p.MenuShop.String(), basket, p.MenuOrders.String(), p.MenuStation.String(),
			p.LanguageTitle.String(), p.MenuHelp.String()),
		Nav: screen.Nav{More: p.More.String()},
	}
}

func (t *talk) menuAnswer(key string) {
	switch i, ok := t.choose(key, 6); {
	case !ok:
	case i == 0:
		t.categories()
	case i == 1:
		t.basket()
	case i == 2:
		t.orderList()
	case i == 3:
		t.enter(stateStation, "")
	case i == 4:
		t.enter(stateLanguage, focusMenu)
	case i == 5:
		t.help()
	}
}

// resumeLines is how many lines of a basket are shown to recognise it by.
const resumeLines = 3

func (t *talk) resumeDraft() screen.Draft {
	p := &t.l.Phrases
	lines := t.basketLines()
	if n := len(lines); n > resumeLines {
		lines = append(lines[:resumeLines-1], t.words().andMore(n-resumeLines+1))
	}
	return screen.Draft{
		Title: p.ResumeTitle.String(),
		Body:  append(lines, t.totalLine()),
		Final: options(p.GoOn.String(), p.StartAgain.String()),
		Nav:   t.navUp(),
	}
}

func (t *talk) resumeAnswer(key string) {
	switch t.decide(key, 2) {
	case 1:
		t.basket()
	case 2:
		t.s.Basket, t.s.Questions = Basket{}, nil
		t.menu()
	}
}
