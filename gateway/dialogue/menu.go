package dialogue

import (
	"strings"

	"haat/gateway/lang"
	"haat/gateway/screen"
)

// focusMenu marks a language question that the main menu led to.
const focusMenu = "menu"

// open begins a talk: with the language where it is not known, with the basket
// where one was left behind, else with the main menu.
func (t *talk) open() {
	if t.known && len(t.s.Basket.Lines) > 0 {
		t.enter(stateResume, "")
		return
	}
	t.menu()
}

// menu goes to the main menu, or asks for the language first.
func (t *talk) menu() {
	if t.known {
		t.enter(stateMenu, "")
		return
	}
	t.enter(stateLanguage, "")
}

func (t *talk) languageDraft() screen.Draft {
	var titles, names []string
	for _, l := range t.w.Languages.Languages() {
		titles = append(titles, l.Phrases.LanguageTitle.String())
		names = append(names, l.Name)
	}
	d := screen.Draft{Title: strings.Join(titles, " / "), Options: options(names...), Nav: screen.Nav{More: t.l.Phrases.More.String()}}
	if t.known {
		d.Nav = t.navUp()
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
		t.again(t.l.Phrases.HintChoice.String())
		return
	}
	t.menu()
}

// speak goes over to a language and remembers it.
func (t *talk) speak(l *lang.Language) {
	t.l, t.known, t.s.Profile.Language, t.class = l, true, l.Code, ClassLanguage
}

func (t *talk) menuDraft() screen.Draft {
	p := &t.l.Phrases
	basket := p.MenuBasket.String()
	if n := len(t.s.Basket.Lines); n > 0 {
		basket = p.MenuBasketOf.Count(n)
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
		lines = append(lines[:resumeLines-1], p.AndMore.Count(n-resumeLines+1))
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
		t.s.Basket = Basket{}
		t.menu()
	}
}
