package parse

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
		case t.sign(i, "(") && t.at(i+1).digits > 0 && t.at(i+1).digits <= 2 && t.sign(i+2, ")") && (t.starts(i) || t.at(i+1).n == next && next > one):
			next = t.at(i+1).n + one
			t.drop(i, i+3)
			t.parts[i].is = listing
		case next > one && t.at(i).is == number && t.at(i).n == next && t.sign(i+1, "),") && t.at(i+1).joined && t.at(i+2).is == goods: // 1) salt 2) bread
			next += one
			t.drop(i, i+2)
			t.parts[i].is = listing
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
		if t.at(i).is == number && t.at(i).n == n*one && t.sign(i+1, ",-") {
			return true
		}
	}
	return false
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
	} else if before := t.at(i - 1); before.is == noise && before.to > before.from && (t.s.atoms[before.from].kind == digits || before.e != nil && before.e.roles&asDateAfter != 0) {
		from-- // its day was dropped already
	}
	if from == i && t.at(to).is == number && t.at(to).digits != 0 && t.at(to).n <= 31*one {
		to++
	}
	if t.at(to).is == number && t.at(to).digits == 4 {
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
		case t.at(before).has(asPlaceBefore) && t.at(before).e.roles&(asCounter|asMeasure) == 0 && (t.at(i+1).is != goods || t.at(i+2).is == number):
			t.drop(before, i+1)
		case t.sign(i-1, "#"):
			t.drop(i-1, i+1)
		}
	}
}
