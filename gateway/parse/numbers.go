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

// compose reads one number from i and tells where it ends. Each addend must be
// smaller than the last place of what stands before it, or be joined to it by
// "and", smaller first.
func (t *sentence) compose(i int) (n amount, end int, ok bool) {
	var total, group, place amount // place is the value of the last addend
	first := t.multiplesFirst(i)
	for end = i; ; {
		p := t.at(end)
		switch {
		case p.is == number && p.digits > 0 && (end == i || place >= 10*one && first):
			if end > i {
				group, place = group*p.n/one, one
			} else {
				group, place = p.n, p.n
			}
		case p.has(asFraction) && end == i:
			group, place = p.e.fraction, one
			if t.at(end + 1).has(asArticle) {
				end++
			}
		case p.has(asArticle) && end == i && t.at(i+1).has(asMultiple|asNumber|asFraction):
			if t.at(i + 1).has(asFraction) {
				return t.compose(i + 1)
			}
			if t.at(i + 1).has(asNumber) {
				return 0, i, false // "a five"
			}
			group, place = one, one
		case p.has(asMultiple) && (group == 0 || !first) && (p.e.multiple < 1000*one || group > 0 || end == i):
			if group == 0 {
				group = one
			}
			group = group * p.e.multiple / one
			place = p.e.multiple
			if first && t.at(end+1).has(asNumber) {
				end++
				group = group * t.at(end).e.number / one
			}
		case p.has(asNumber|asArticle) && (end == i || p.e.number < place && place >= 10*one && p.has(asNumber)):
			v := p.e.number
			if p.e.roles&asNumber == 0 {
				v = one
			}
			if end > i && place >= 100*one { // the next group
				total, group = total+group, 0
			}
			group += v
			place = v
			if v >= 10*one && v%(10*one) == 0 {
				place = 10 * one
			}
		case p.has(asNumberAnd) && end > i && t.joinsNumbers(end, place):
			if next := t.at(end + 1); next.e.number > group && group < 10*one { // five and twenty
				return total + group + next.e.number, end + 2, true
			}
			if place >= 100*one {
				total, group = total+group, 0
			}
			end++
			continue
		default:
			return total + group, end, end > i
		}
		end++
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
