package parse

// sentence is a text while it is being understood.
type sentence struct {
	s         *scanned
	t         *tongue
	languages []*tongue // of the market
	x         *index
	parts     []part
}

// at is the i-th part, or nothing where there is none.
func (t *sentence) at(i int) *part {
	if i < 0 || i >= len(t.parts) {
		return &part{is: pause}
	}
	return &t.parts[i]
}

// sign tells whether the i-th part is one of these signs.
func (t *sentence) sign(i int, signs string) bool {
	p := t.at(i)
	if p.is != sign_ {
		return false
	}
	c := t.s.canon[t.s.atoms[p.from].from]
	for j := range len(signs) {
		if signs[j] == c {
			return true
		}
	}
	return false
}

// merge makes one part of those from i to before j.
func (t *sentence) merge(i, j int, p part) {
	p.from, p.to, p.joined = t.parts[i].from, t.parts[j-1].to, t.parts[i].joined
	t.parts[i] = p
	t.parts = append(t.parts[:i+1], t.parts[j:]...)
}

// drop makes the parts from i to before j no part of an order.
func (t *sentence) drop(i, j int) {
	for k := i; k < j; k++ {
		t.parts[k].is = noise
	}
}

// starts tells whether the i-th part begins a line or a thing in a row.
func (t *sentence) starts(i int) bool {
	return i == 0 || t.newLine(i) || t.sign(i-1, ",;.!?")
}

func (t *sentence) newLine(i int) bool { return i < len(t.parts) && t.s.atoms[t.parts[i].from].line }

// numbers decides what is a number and what only looks like one: phone numbers,
// dates, times, houses, the numbers of a list.
func (t *sentence) numbers() {
	t.phones()
	t.listNumbers()
	t.writtenNumbers()
	t.dates()
	t.places()
	t.numberWords()
	t.fractions()
	t.ranges()
}

// shortest lengths of what counts as a phone number.
const (
	phoneDigits     = 7 // in one piece
	phoneDigitsSaid = 5 // after a word like "call"
)

// phones drops phone numbers, in one piece or in several.
func (t *sentence) phones() {
	for i := 0; i < len(t.parts); i++ {
		from := i
		said, word := t.phoneSaid(i)
		plus := t.sign(i, "+") && t.at(i+1).digits > 0 && t.at(i+1).joined
		if plus {
			i++
		}
		if t.at(i).is != number || t.at(i).digits == 0 {
			i = from
			continue
		}
		zero := t.s.canon[t.s.atoms[t.parts[i].from].from] == '0' && t.parts[i].digits > 1
		end, total := i+1, t.parts[i].digits
		grouped := !plus && !zero && !said && t.groupedPhone(i)
		for plus || zero || said || grouped {
			next := end
			if t.sign(next, "-.()/") {
				next++
			}
			if p := t.at(next); p.is != number || p.digits < 2 || t.newLine(next) {
				break
			}
			total += t.parts[next].digits
			end = next + 1
		}
		alone := t.parts[i].digits >= phoneDigits
		if alone || total >= phoneDigits && end > i+1 || total >= phoneDigits && (plus || zero) || said && total >= phoneDigitsSaid {
			t.drop(from, end)
			if said {
				t.parts[word].is = noise
			}
			i = end - 1
			continue
		}
		i = from
		if plus {
			i++
		}
	}
}

// phoneSaid tells whether a word such as "call" stands before the number at i,
// perhaps with courtesies between, and which.
func (t *sentence) phoneSaid(i int) (said bool, word int) {
	for j := i - 1; j >= 0 && j >= i-3; j-- {
		switch p := t.at(j); {
		case p.has(asPhoneBefore):
			return true, j
		case t.sign(j, ":+."), p.has(asFiller | asLink | asArticle):
		default:
			return false, 0
		}
	}
	return false, 0
}

// groupedPhone tells of a phone number in groups: 77 123 45 67.
func (t *sentence) groupedPhone(i int) bool {
	groups, total := 0, 0
	for j := i; t.at(j).is == number && (t.at(j).digits == 2 || t.at(j).digits == 3) && !t.newLine(j+1) || j == i && groups == 0; j++ {
		groups, total = groups+1, total+t.at(j).digits
	}
	return groups >= 3 && total >= 8
}

// listNumbers drops the numbers and bullets that lines of a list begin with.
func (t *sentence) listNumbers() {
	bullets, next := 0, one
	for i := range t.parts {
		if (i == 0 || t.newLine(i)) && t.sign(i, "-*") {
			bullets++
		}
	}
	for i := range t.parts {
		first := i == 0 || t.newLine(i)
		switch {
		case first && t.sign(i, "-*") && (bullets > 1 || !t.at(i+1).joined):
			t.drop(i, i+1)
		case t.sign(i, "(") && t.at(i+1).digits > 0 && t.at(i+1).digits <= 2 && t.sign(i+2, ")") && t.starts(i):
			t.drop(i, i+3)
		case t.starts(i) && t.at(i).is == number && t.at(i).digits > 0 && t.at(i).digits <= 2 && (t.listMark(i) || next > one && t.at(i).n == next && t.sign(i+1, ",-")):
			next = t.at(i).n + one
			t.drop(i, i+2)
		}
	}
}

// listMark tells whether the number at i is followed by what makes it a list's.
func (t *sentence) listMark(i int) bool {
	next := t.at(i + 2)
	if next.is == pause || t.newLine(i+1) {
		return false
	}
	switch {
	case t.sign(i+1, ")"):
		return true
	case t.sign(i+1, ".:"):
		return next.is != number || !next.joined || !t.at(i+1).joined
	case t.sign(i+1, ",-"): // 1, soap 2, salt: only where the count goes on
		return t.at(i).n == one && t.counts(i+2, 2)
	}
	return false
}

// counts tells whether a later thing of the row has the list's next number.
func (t *sentence) counts(from int, n amount) bool {
	for i := from; i < len(t.parts); i++ {
		if t.starts(i) && t.at(i).is == number && t.at(i).n == n*one && t.sign(i+1, ",-") {
			return true
		}
	}
	return false
}

// writtenNumbers puts together 2.5, 2,000 and 1/2, and drops dates and times in
// digits.
func (t *sentence) writtenNumbers() {
	for i := 0; i < len(t.parts); i++ {
		if t.at(i).is != number || t.at(i).digits == 0 || !t.tied(i+1) {
			continue
		}
		a, b := t.at(i), t.at(i+2)
		switch {
		case t.sign(i+1, ":"):
			t.dropTime(i)
		case t.tied(i+3) && (t.sign(i+1, "/") && t.sign(i+3, "/") || t.sign(i+1, ".") && t.sign(i+3, ".") || t.sign(i+1, "-") && t.sign(i+3, "-")):
			t.drop(i, i+5)
		case t.sign(i+1, "/") && (b.n == 2*one || b.n == 4*one) && a.n < b.n:
			t.merge(i, i+3, part{is: number, n: a.n * one / b.n})
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
	return p.is == sign_ && p.joined && next.is == number && next.digits > 0 && next.joined
}

func (t *sentence) dropTime(i int) {
	end := i + 3
	if t.at(end).has(asDateAfter) {
		end++
	}
	t.drop(i, end)
	if t.at(i - 1).has(asDateBefore) {
		t.drop(i-1, i)
	}
}

// dates drops numbers of days, months and hours.
func (t *sentence) dates() {
	for i := range t.parts {
		p := t.at(i)
		switch {
		case p.has(asMonth):
			t.dropMonth(i)
		case p.has(asDay) && t.at(i+1).is == number && t.at(i+1).digits > 0 && t.at(i+1).n <= 31*one && t.at(i+2).is != goods:
			t.drop(i, i+2)
		case p.is != number:
		case t.at(i+1).has(asDateAfter) && !t.measured(i) && !t.dayFollows(i+1):
			end := i + 2
			if t.at(end).is == number && t.at(end).joined && t.at(end).digits == 2 && t.at(i+1).joined { // 18h30
				end++
			}
			t.drop(i, end)
			if t.at(i - 1).has(asDateBefore) {
				t.drop(i-1, i)
			}
		case t.dateBefore(i):
			t.drop(i-1, i+1)
		}
	}
}

// dayFollows tells whether the word at i speaks of the number behind it: the day
// 5.
func (t *sentence) dayFollows(i int) bool {
	next := t.at(i + 1)
	dropped := next.is == noise && next.to > next.from && t.s.atoms[next.from].kind == digits
	return t.at(i).has(asDateBefore) && (dropped || next.is == number)
}

func (t *sentence) dropMonth(i int) {
	from, to := i, i+1
	if t.at(i-1).is == number && t.at(i-1).n <= 31*one {
		from--
	} else if t.at(i-2).is == number && t.at(i-1).has(asDateAfter|asLink) {
		from -= 2
	}
	for n := 0; n < 2 && t.at(to).is == number && t.at(to).digits != 0; n++ {
		to++
	}
	if from == i && to == i+1 && t.parts[i].e.roles&^(asMonth|asFiller) != 0 {
		return // "may" and the like say something else too
	}
	t.drop(from, to)
}

// measured tells whether the number at i and the word behind it name a size in
// which goods beside them are sold.
func (t *sentence) measured(i int) bool {
	e := t.at(i + 1).e
	if e == nil || e.roles&(asMeasure|asCounter) == 0 {
		return false
	}
	if e.roles&asCounter != 0 {
		return t.at(i-1).is == goods || t.at(i+2).is == goods
	}
	s := size{e.measure.of, e.measure.amount * t.at(i).n / one}
	return t.fitsBeside(i-1, s) || t.fitsBeside(i+2, s)
}

// fitsBeside tells whether the goods at i are sold in a size.
func (t *sentence) fitsBeside(i int, s size) bool {
	for _, g := range t.at(i).goods {
		if t.x.products[g].fits(s) {
			return true
		}
	}
	return false
}

// dateBefore tells whether the number at i is a day or an hour: a word says so,
// and nothing that could be counted follows.
func (t *sentence) dateBefore(i int) bool {
	p, before, next := t.at(i), t.at(i-1), t.at(i+1)
	if !before.has(asDateBefore) || p.n > 31*one || before.e.roles&(asPriceBefore|asLink|asAnd|asMeasure|asCounter) != 0 {
		return false
	}
	return next.is != goods && next.is != thing && !next.has(asMeasure|asCounter)
}

// places drops the numbers of houses, plots and rooms.
func (t *sentence) places() {
	for i := range t.parts {
		if t.at(i).is != number {
			continue
		}
		before := i - 1
		for t.sign(before, ".#:") || t.at(before).has(asMeasure) && t.at(before).e.measure.of == sizes && t.at(before-1).has(asPlaceBefore) {
			before--
		}
		switch {
		case t.at(i+1).has(asPlaceAfter) && !t.measured(i) && (t.at(i+1).e.roles&(asCounter|asMeasure) == 0 || t.at(i+2).is != goods && t.at(i-1).is != goods):
			t.drop(i, i+2)
		case t.at(before).has(asPlaceBefore) && t.at(before).e.roles&(asCounter|asMeasure) == 0 && t.at(i+1).is != goods:
			t.drop(before, i+1)
		case t.sign(i-1, "#"):
			t.drop(i-1, i+1)
		}
	}
}

// numberWords composes numbers of several words: twenty five, kumi na mbili,
// خمسة وعشرين, 二百五十, half a dozen, 2 dozen.
func (t *sentence) numberWords() {
	for i := 0; i < len(t.parts); i++ {
		if !t.numeral(i) || t.at(i).has(asCounter) && t.at(i-1).is == number {
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
		case p.gives && t.at(i-1).is != goods && t.rowHas(i, -1, goods) && !t.rowHas(i, 1, goods):
			t.merge(i, i+1, part{is: badNumber}) // "chini 2 kilo do": give, or two
		case t.sign(i, "-") && t.at(i+1).is == number && t.at(i+1).joined && t.at(i-1).is != number && !t.parts[i].joined:
			t.merge(i, i+2, part{is: badNumber})
		case p.is != number:
			if p.has(asVague) && t.at(i+1).is == number && !t.at(i+1).weak { // about 10
				t.merge(i, i+2, part{is: badNumber})
			} else if p.has(asVague) {
				t.merge(i, i+1, part{is: badNumber, weak: true})
			}
		case p.digits == 0 && !p.weak && t.at(i+1).has(asVague) && t.at(i+1).joined: // 十几
			t.merge(i, i+2, part{is: badNumber})
		case t.at(i+2).is == number && t.at(i+2).n > p.n && (t.sign(i+1, "-~") || t.at(i+1).has(asOr)):
			t.merge(i, i+3, part{is: badNumber})
		case p.digits == 0 && !p.weak && t.at(i+1).is == number && t.at(i+1).digits == 0 && t.at(i+1).n == p.n+one && p.n < 10*one:
			t.merge(i, i+2, part{is: badNumber})
		}
	}
}
