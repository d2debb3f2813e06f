package parse

// meaning understands the text as a whole.
func (t *sentence) meaning() Meaning {
	if m, ok := t.whole(); ok {
		return m
	}
	if t.sells() {
		return t.offer()
	}
	if m, ok := t.aboutOrder(); ok {
		return m
	}
	t.sizedWords()
	intents := t.intents()
	said := t.saidBefore(len(t.parts))
	t.numbers()
	t.measures()
	t.timesSigns()
	t.counters()
	t.prices()
	t.decide()
	if m, ok := t.keypad(said); ok {
		return m
	}
	o := t.order()
	if m := o.meaning(); m.Intent != Unknown {
		return m
	}
	if o.leftOut == "" || !said {
		if m, ok := t.command(intents); ok {
			return m
		}
	}
	return Meaning{Intent: Unknown, LeftOut: o.leftOut}
}

// sizedWords takes a word of the language for the goods that it also names where
// a size in which they are sold stands behind it: can 50kg.
func (t *sentence) sizedWords() {
	for i := range t.parts {
		p, n, m := &t.parts[i], t.at(i+1), t.at(i+2)
		if p.is != open || p.to != p.from+1 || n.is != number || !m.has(asMeasure) {
			continue
		}
		c := t.x.exact[t.s.text(t.s.atoms[p.from])]
		k, ok := key([]class{c})
		named := t.x.phrases[k]
		if !ok || c == 0 || named == nil || named.generic {
			continue
		}
		if len(t.fitting(named.products, size{m.e.measure.of, m.e.measure.amount * n.n / one})) > 0 {
			t.parts[i] = part{from: p.from, to: p.to, joined: p.joined, is: goods, goods: named.products, words: []class{c}}
		}
	}
}

// whole understands the words that count only as a whole text.
func (t *sentence) whole() (Meaning, bool) {
	if code, ok := t.languageCode(); ok {
		return Meaning{Intent: Language, LangTo: code}, true
	}
	words := 0
	var p *part
	for i := range t.parts {
		if t.parts[i].is != mark {
			words++
			p = &t.parts[i]
		}
	}
	if words != 1 || !p.has(asStop|asStart) {
		return Meaning{}, false
	}
	if p.e.roles&asStop != 0 {
		return Meaning{Intent: Stop}, true
	}
	return Meaning{Intent: Start}, true
}

// languageCode understands "lang sw": what asks for a language, and its code.
func (t *sentence) languageCode() (string, bool) {
	if len(t.parts) != 2 || !t.parts[0].has(asLanguage) {
		return "", false
	}
	code := string(t.s.span(t.parts[1].from, t.parts[1].to))
	for _, l := range t.languages {
		if l.lang.Code == code {
			return code, true
		}
	}
	return "", false
}

// meaning is what the order comes to.
func (o *order) meaning() Meaning {
	m := Meaning{Intent: Order, LeftOut: o.leftOut}
	for i := range o.wishes {
		switch w := &o.wishes[i]; {
		case w.unsure == nil:
			m.Items = append(m.Items, w.item)
		case len(m.Questions) < MaxQuestions:
			m.Questions = append(m.Questions, o.t.question(w))
		}
	}
	switch {
	case len(m.Questions) > 0, o.leftOut != "" && len(m.Items) > 0:
		m.Intent = Ask
	case len(m.Items) == 0:
		m.Intent = Unknown
	}
	return m
}

// sells tells whether something is offered for sale.
func (t *sentence) sells() bool {
	for i := range t.parts {
		if t.parts[i].has(asSell) {
			return true
		}
	}
	return false
}

// aboutOrder understands texts about an order that was placed, by its number.
func (t *sentence) aboutOrder() (Meaning, bool) {
	no, cancel, status := "", false, false
	for i := range t.parts {
		p := &t.parts[i]
		cancel = cancel || p.has(asCancelOrder|asCancelNumber)
		status = status || p.has(asStatus)
		if p.is == number && p.digits >= 3 {
			no = t.s.text(t.s.atoms[p.from])
		}
		if p.is == goods && !p.generic {
			return Meaning{}, false
		}
	}
	switch {
	case cancel && no != "":
		return Meaning{Intent: Cancel, OrderNo: no}, true
	case status && no != "":
		return Meaning{Intent: Status, OrderNo: no}, true
	}
	return Meaning{}, false
}

// wholeIntents are the roles that say what a text without goods wants, the
// weightiest first.
var wholeIntents = [...]struct {
	role   role
	intent Intent
}{
	{asCancelOrder, Cancel}, {asRepeat, Repeat}, {asStatus, Status}, {asCalled | asLanguage, Language}, {asHelp, Help},
	{asBasket, Basket}, {asStart, Start}, {asMenu, Menu}, {asGreeting, Menu}, {asBuy, Shop},
}

// intents weighs the words of each intent before the roles of words are
// settled: how many atoms each covers, and how many say nothing known.
type intents struct {
	atoms   [len(wholeIntents)]int
	called  string
	unknown int
	known   int
	numbers bool
}

func (t *sentence) intents() intents {
	var in intents
	for i := range t.parts {
		p := &t.parts[i]
		n := p.to - p.from
		switch {
		case p.is == thing, p.is == goods:
			in.unknown += n
			continue
		case p.is != open:
			in.numbers = in.numbers || p.is == number
			continue
		}
		if p.e.roles&asOrdinary != 0 && p.e.roles&courtesy == 0 {
			in.unknown += n
			continue
		}
		for k, w := range wholeIntents {
			if p.e.roles&w.role != 0 {
				in.atoms[k] += n
				in.known += n
				break
			}
		}
		if p.e.roles&asCalled != 0 {
			in.called = p.e.called
		}
	}
	return in
}

// command is what a text without goods wants, if its words say so and not too
// much of it is unknown.
func (t *sentence) command(in intents) (Meaning, bool) {
	if in.unknown > in.known || in.known == 0 {
		return Meaning{}, false
	}
	for k, w := range wholeIntents {
		if in.atoms[k] == 0 || w.intent == Language && in.called == "" && !t.only(asLanguage) {
			continue
		}
		if in.unknown > 0 && (w.intent == Menu || w.intent == Shop || w.intent == Start) {
			continue
		}
		if in.unknown > 0 && in.atoms[k] == 1 && w.intent != Status && w.intent != Language { // "how" alone is no call for help
			continue
		}
		if w.intent == Language && (in.unknown > 1 || in.numbers) {
			continue
		}
		m := Meaning{Intent: w.intent}
		if w.intent == Language {
			m.LangTo = in.called
		}
		return m, true
	}
	return Meaning{}, false
}

// only tells whether the text says this and courtesies.
func (t *sentence) only(r role) bool {
	for i := range t.parts {
		if e := t.parts[i].e; e != nil && e.roles&(r|courtesy) == 0 {
			return false
		}
	}
	return true
}
