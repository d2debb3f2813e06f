package parse

// numbers decides what is a number and what only looks like one: phone numbers,
// dates, times, houses, the numbers of a list.
func (t *sentence) numbers() {
	t.phones()
	t.listNumbers()
	t.writtenNumbers()
	t.dates()
	t.places()
	t.numberWords()
	t.dates() // those in words
	t.fractions()
	t.ranges()
}

// writtenNumbers puts together 2.5, 2,000 and 1/2, and drops dates and times in
// digits.
func (t *sentence) writtenNumbers() {
	for i := 0; i < len(t.parts); i++ {
		if next := t.at(i + 1); t.at(i).is == number && t.at(i).digits > 0 && t.at(i).digits <= 3 && next.digits == 3 && next.n == 0 && !t.newLine(i+1) {
			t.merge(i, i+2, part{is: number, n: t.at(i).n * 1000, digits: t.at(i).digits + 3}) // 15 000
		}
		if t.at(i).is != number || t.at(i).digits == 0 || !t.tied(i+1) {
			continue
		}
		a, b := t.at(i), t.at(i+2)
		switch {
		case t.sign(i+1, ",") && b.digits == 2 && t.tied(i+3) && t.sign(i+3, ",") && t.at(i+4).digits == 3: // lakh
			t.merge(i, i+5, part{is: number, n: (a.n*100+b.n)*1000 + t.at(i+4).n, digits: a.digits + 5})
		case t.sign(i+1, ":"):
			t.dropTime(i)
		case t.tied(i+3) && (t.sign(i+1, "/") && t.sign(i+3, "/") || t.sign(i+1, ".") && t.sign(i+3, ".") || t.sign(i+1, "-") && t.sign(i+3, "-")):
			t.drop(i, i+5)
		case t.sign(i+1, "/") && (b.n == 2*one || b.n == 4*one) && a.n < b.n:
			t.merge(i, i+3, part{is: number, n: a.n * one / b.n, digits: 1})
		case t.sign(i+1, "/"):
			t.drop(i, i+3)
		case t.sign(i+1, ",") && b.digits == 3 && a.digits <= 3:
			t.merge(i, i+3, part{is: number, n: a.n*1000 + b.n, digits: a.digits + 3})
		case t.sign(i+1, ".,") && b.digits <= 3:
			t.merge(i, i+3, part{is: number, n: a.n + b.n/[4]amount{1, 10, 100, 1000}[b.digits], digits: a.digits + b.digits})
		}
	}
}

// tied tells whether the i-th part is a sign between two numbers without spaces.
func (t *sentence) tied(i int) bool {
	p, next := t.at(i), t.at(i+1)
	return p.is == mark && p.joined && next.is == number && next.digits > 0 && next.joined
}

// numberWords composes numbers of several words: twenty five, kumi na mbili,
// خمسة وعشرين, 二百五十, half a dozen, 2 dozen.
func (t *sentence) numberWords() {
	for i := 0; i < len(t.parts); i++ {
		if t.at(i).has(asArticle) && t.at(i+1).is == number { // "an 3 brushes"
			continue
		}
		if !t.numeral(i) || t.at(i).has(asCounter|asLocalMeasure) && t.at(i-1).is == number { // 两把, 二两
			continue
		}
		n, end, ok := t.compose(i)
		if ok {
			p := part{is: number, n: n, weak: end == i+1 && t.at(i).has(asArticle) && t.thingFollows(i+1)}
			p.gives = end == i+1 && t.at(i).has(asNumber) && t.at(i).has(asBuy)
			if t.parts[i].digits > 0 && end == i+1 {
				p.digits = t.parts[i].digits
			}
			t.merge(i, end, p)
		}
	}
}

// thingFollows tells whether something that can be counted stands at i.
func (t *sentence) thingFollows(i int) bool {
	p := t.at(i)
	return p.is == goods || p.is == thing || p.has(asCounter|asMeasure|asLink|asOrdinary)
}

// numeral tells whether a number can begin at i.
func (t *sentence) numeral(i int) bool {
	p := t.at(i)
	switch {
	case p.is == number:
		return p.digits > 0 && t.at(i+1).has(asMultiple) && !t.at(i+1).e.multiplesFirst
	case p.has(asFraction):
		return t.at(i+1).has(asMultiple) || t.at(i+1).has(asArticle) && t.at(i+2).has(asMultiple)
	case p.has(asMultiple):
		return p.e.roles&(asCounter|asMeasure) == 0 || t.at(i-1).is != number
	}
	return p.has(asNumber | asArticle)
}

// compose reads one number from i and tells where it ends.
func (t *sentence) compose(i int) (n amount, end int, ok bool) {
	if t.at(i).has(asArticle) && t.at(i+1).has(asFraction) { // "a half"
		return t.compose(i + 1)
	}
	c := composer{t: t, from: i, end: i, first: t.multiplesFirst(i)}
	for c.takes(t.at(c.end)) {
		c.end++
	}
	return c.total + c.group, c.end, c.end > i
}

// composer adds a number up. Each addend must be smaller than the last place of
// what stands before it, or be joined to it by "and", smaller first.
type composer struct {
	t         *sentence
	from, end int
	first     bool   // multiples stand before what they multiply
	total     amount // of the groups that are complete: two thousand
	group     amount // that is being added up: three hundred and
	place     amount // value of the last addend
}

// takes adds the part at the end, unless the number ends before it.
func (c *composer) takes(p *part) bool {
	begins := c.end == c.from
	switch {
	case p.is == number && p.digits > 0 && begins:
		c.group, c.place = p.n, p.n
	case p.is == number && p.digits > 0 && c.first && c.place >= 10*one:
		c.group, c.place = c.group*p.n/one, one
	case p.has(asFraction) && begins:
		c.group, c.place = p.e.fraction, one
		if c.t.at(c.end + 1).has(asArticle) { // half a dozen
			c.end++
		}
	case p.has(asArticle) && begins && c.t.at(c.end+1).has(asNumber): // "a five" is none
		return false
	case p.has(asMultiple) && (c.group == 0 || !c.first) && (p.e.multiple < 1000*one || c.group > 0 || begins):
		c.multiply(p)
	case p.has(asNumber|asArticle) && begins, p.has(asNumber) && p.e.number < c.place && c.place >= 10*one:
		c.add(p)
	case p.has(asNumberAnd) && !begins && c.t.joinsNumbers(c.end, c.place):
		c.joinAnd()
	default:
		return false
	}
	return true
}

func (c *composer) multiply(p *part) {
	if c.group == 0 {
		c.group = one
	}
	c.group = c.group * p.e.multiple / one
	c.place = p.e.multiple
	if next := c.t.at(c.end + 1); c.first && next.has(asNumber) {
		c.group = c.group * next.e.number / one
		c.end++
	}
}

func (c *composer) add(p *part) {
	n := p.e.number
	if p.e.roles&asNumber == 0 { // an article
		n = one
	}
	if c.end > c.from && c.place >= 100*one {
		c.total, c.group = c.total+c.group, 0
	}
	c.group += n
	if c.place = n; n >= 10*one && n%(10*one) == 0 {
		c.place = 10 * one
	}
}

// joinAnd takes "and" within a number, and what it joins where that is the
// larger: five and twenty.
func (c *composer) joinAnd() {
	if next := c.t.at(c.end + 1); next.e.number > c.group && c.group < 10*one {
		c.group += next.e.number
		c.place = 0 // nothing may follow
		c.end++
		return
	}
	if c.place >= 100*one {
		c.total, c.group = c.total+c.group, 0
	}
}

// joinsNumbers tells whether "and" at i stands within a number.
func (t *sentence) joinsNumbers(i int, place amount) bool {
	before, next := t.at(i-1), t.at(i+1)
	if !next.has(asNumber) || before.is == number || next.e.roles&asArticle != 0 && t.at(i+2).is == goods {
		return false
	}
	v := next.e.number
	small := before.has(asNumber) && before.e.number < 10*one && before.e.number > 0
	return v < place && place >= 10*one || small && v >= 20*one && v < 100*one && v%(10*one) == 0
}

// multiplesFirst tells whether the number at i is of a language that says "mia
// mbili", hundred two.
func (t *sentence) multiplesFirst(i int) bool {
	p := t.at(i)
	return p.has(asMultiple) && p.e.multiplesFirst
}

// fractions reads what halves a number: 2 na nusu, deux et demi. A fraction by
// itself is no count.
func (t *sentence) fractions() {
	for i := 0; i < len(t.parts); i++ {
		p := t.at(i)
		switch {
		case p.is == number && t.at(i+1).has(asNumberAnd) && t.at(i+2).has(asFraction):
			t.merge(i, i+3, part{is: number, n: p.n + t.at(i+2).e.fraction, digits: p.digits})
		case p.has(asLocalMeasure) && !t.at(i+1).has(asMeasure):
		case p.has(asFraction):
			t.merge(i, i+1, part{is: number, n: p.e.fraction, e: p.e})
		}
	}
}

// ranges finds quantities that are no count: 2-3, 2 or 3, -2, two three.
func (t *sentence) ranges() {
	for i := 0; i < len(t.parts); i++ {
		p := t.at(i)
		switch {
		case p.is == open && p.doubt && t.at(i-1).is != number && (t.at(i+1).is == goods || t.at(i+1).has(asMeasure|asCounter)):
			t.merge(i, i+1, part{is: badNumber, weak: true}) // "do sabun" of somebody who is thought to speak English
		case p.gives && !t.at(i+1).has(asCounter|asMeasure) && t.at(i-1).is != goods && t.rowHas(i, -1, goods) && !t.rowHas(i, 1, goods):
			t.merge(i, i+1, part{is: badNumber}) // "chini 2 kilo do": give, or two
		case t.sign(i, "-") && t.at(i+1).is == number && t.at(i+1).joined && t.at(i-1).is != number && !t.parts[i].joined:
			t.merge(i, i+2, part{is: badNumber})
		case p.has(asAsking):
			t.merge(i, i+1, part{is: badNumber})
		case p.is != number:
			if p.has(asVague) && t.at(i+1).is == number && !t.at(i+1).weak { // about 10
				t.merge(i, i+2, part{is: badNumber})
			} else if p.has(asVague) {
				t.merge(i, i+1, part{is: badNumber, weak: true})
			}
		case p.digits == 0 && !p.weak && t.at(i+1).has(asVague) && t.at(i+1).joined: // 十几
			t.merge(i, i+2, part{is: badNumber})
		case t.at(i+2).is == number && (t.sign(i+1, "+") || t.at(i+2).n > p.n && (t.sign(i+1, "-~") || t.at(i+1).has(asOr))):
			t.merge(i, i+3, part{is: badNumber})
		case p.digits == 0 && !p.weak && t.at(i+1).is == number && t.at(i+1).digits == 0 && t.at(i+1).n == p.n+one && p.n < 10*one:
			t.merge(i, i+2, part{is: badNumber})
		}
	}
}
