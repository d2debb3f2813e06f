package parse

// measures finds sizes: 5kg, kilo 2, nusu lita, 10斤, 4x6.
func (t *sentence) measures() {
	t.areas()
	for i := 0; i < len(t.parts); i++ {
		p := t.at(i)
		if !p.has(asMeasure | asLocalMeasure) {
			continue
		}
		m, before := p.e.measure, t.at(i-1)
		counted := before.is == number && !t.newLine(i)
		if p.e.roles&asLocalMeasure != 0 && (counted && (p.e.roles&(asCounter|asNumber) == 0 || t.besideGoods(i, size{p.e.local.of, p.e.local.amount * before.n / one})) || p.e.roles&^(asLocalMeasure|asFraction) == 0) {
			m = p.e.local
		}
		if m.of == noDimension || p.e.roles&(asNot|asCorrect) != 0 && !t.measuresGoods(i, m) {
			continue
		}
		t.measure(i, m)
	}
}

// measuresGoods tells whether a number beside the measure at i makes it a size
// in which goods beside it are sold.
func (t *sentence) measuresGoods(i int, m size) bool {
	for _, p := range [...]*part{t.at(i - 1), t.at(i + 1)} {
		if p.is == number && t.besideGoods(i, size{m.of, m.amount * p.n / one}) {
			return true
		}
	}
	return false
}

// areaBase keeps the two lengths of an area apart in one amount.
const areaBase = 1_000_000

// areas finds two lengths, as goods beside them are sold: 4x6.
func (t *sentence) areas() {
	for i := 0; i < len(t.parts); i++ {
		a, b := t.at(i), t.at(i+2)
		if a.is != number || b.is != number || !t.times(i+1) {
			continue
		}
		s := size{area, a.n*areaBase + b.n}
		if t.x != nil && !t.anyFits(s) {
			continue
		}
		end := i + 3
		if m := t.at(end); m.has(asMeasure) && m.e.measure.of == length {
			end++
		}
		t.merge(i, end, part{is: measure, size: s})
	}
}

func (t *sentence) times(i int) bool { return t.at(i).has(asTimes) || t.sign(i, "*x") }

// anyFits tells whether any goods of the text are sold in a size.
func (t *sentence) anyFits(s size) bool {
	for i := range t.parts {
		if t.fitsBeside(i, s) {
			return true
		}
	}
	return false
}

// measure joins the measure's word at i to the number that it measures: before
// it, behind it, or none.
func (t *sentence) measure(i int, m size) {
	before, next := t.at(i-1), t.at(i+1)
	left := before.is == number && !t.newLine(i)
	right := next.is == number && !next.weak && !t.newLine(i+1)
	if left && right {
		left = t.measuresLeft(i, m)
		right = !left
	}
	if t.at(i).twice { // كيلوين
		t.merge(i, i+1, part{is: measure, size: size{m.of, 2 * m.amount}})
		return
	}
	named := m.of == weight || m.of == volume
	switch {
	case left:
		n, end := before.n, i+1
		n, end = t.andHalf(n, end)
		t.merge(i-1, end, part{is: measure, size: size{m.of, m.amount * n / one}, weak: before.weak})
	case right:
		n, end := t.andHalf(next.n, i+2)
		t.merge(i, end, part{is: measure, size: size{m.of, m.amount * n / one}})
	case named && t.besideGoods(i, size{}) && len(t.s.span(t.parts[i].from, t.parts[i].to)) > 2:
		t.merge(i, i+1, part{is: measure, size: m, weak: true})
	}
}

// andHalf adds the fraction that follows: kilo na nusu, 一斤半.
func (t *sentence) andHalf(n amount, end int) (amount, int) {
	half := end
	if t.at(half).has(asNumberAnd) {
		half++
	}
	if p := t.at(half); p.is == number && p.e != nil && p.e.roles&asFraction != 0 && p.n < one {
		return n + p.n, half + 1
	}
	return n, end
}

// measuresLeft decides for a measure between two numbers which of them it
// measures. Where the language has the measure first, it is the one that names
// a size in which the goods are sold.
func (t *sentence) measuresLeft(i int, m size) bool {
	before, next := t.at(i-1), t.at(i+1)
	switch {
	case before.weak:
		return false
	case t.parts[i].joined || !t.t.words.MeasuresFirst:
		return true
	}
	left := t.besideGoods(i, size{m.of, m.amount * before.n / one})
	right := t.besideGoods(i, size{m.of, m.amount * next.n / one})
	if left != right {
		return left
	}
	return t.at(i).e.place != t.t.place
}

// besideGoods tells whether goods of the same row are sold in a size, or, for
// no size, whether there are any beside the part.
func (t *sentence) besideGoods(i int, s size) bool {
	for _, step := range [...]int{-1, 1} {
		for j, n := i+step, 0; j >= 0 && j < len(t.parts) && n < 5; j, n = j+step, n+1 {
			p := t.at(j)
			if p.is == mark && t.sign(j, ",;.") || t.newLine(max(i, j)) && step > 0 && t.newLine(j) {
				break
			}
			if p.is == goods {
				if s == (size{}) && n < 2 || s != (size{}) && t.fitsBeside(j, s) {
					return true
				}
				break
			}
		}
	}
	return false
}

// counters joins the words for packs and pieces to their numbers: 3 packets,
// pakiti tatu, علبتين.
func (t *sentence) counters() {
	for i := 0; i < len(t.parts); i++ {
		p := t.at(i)
		if !p.has(asCounter) {
			continue
		}
		before, next := t.at(i-1), t.at(i+1)
		left := t.counted(before) && !t.newLine(i)
		right := t.counted(next) && !t.newLine(i+1)
		if left && right {
			left = before.weak == next.weak && !t.t.words.MeasuresFirst || next.weak
			right = !left
		}
		switch {
		case p.twice:
			t.merge(i, i+1, part{is: number, n: 2 * one, counter: p.e.counter, e: p.e})
		case !left && !right && (next.is == goods || next.has(asLink) && t.at(i+2).is == goods): // a box of it
			t.merge(i, i+1, part{is: number, n: one, counter: p.e.counter, e: p.e, weak: true})
		case left:
			q := *before
			q.counter, q.e = p.e.counter, p.e
			t.merge(i-1, i+1, q)
			i--
		case right && p.e.roles&asNot == 0:
			q := *next
			q.counter, q.e = p.e.counter, p.e
			t.merge(i, i+2, q)
		}
	}
}

func (t *sentence) counted(p *part) bool {
	return (p.is == number || p.is == badNumber) && p.counter == ""
}

// timesSigns drops the signs of multiplication beside numbers: x2, 2 ×.
func (t *sentence) timesSigns() {
	for i := range t.parts {
		if t.times(i) && (t.at(i+1).is == number || t.at(i-1).is == number) {
			t.parts[i].is = noise
		}
	}
}

// prices finds amounts of money. A word such as "of" may begin one or a count.
func (t *sentence) prices() {
	for i := 0; i < len(t.parts); i++ {
		p := t.at(i)
		if p.is != number || p.weak {
			continue
		}
		next, from, end := t.at(i+1), i, i+1
		is := number
		if next.is == number && next.n == one && next.counter != "" && next.joined && p.counter == "" { // 250一把
			is, end = price, i+2
		}
		if next.has(asPriceAfter) && (next.e.roles&asCounter == 0 || t.at(i+2).has(asPriceOf)) {
			is, end = price, i+2
		}
		if t.startsPrice(i) {
			is, from = price, i-1
			for t.at(from - 1).has(asPriceBefore) {
				from--
			}
		} else if is == number && p.counter == "" && t.maybePrice(i) {
			is = priceMaybe
		}
		if is == number {
			continue
		}
		if is == price {
			for t.at(end).has(asPriceAfter) || t.sign(end, "/-=") && t.at(end).joined {
				end++
			}
		}
		t.merge(from, end, part{is: is, n: p.n})
		i = from
	}
}

// startsPrice tells whether the word before the number at i makes it a price.
// A mere preposition does so only where nothing is counted by the number.
func (t *sentence) startsPrice(i int) bool {
	before, next := t.at(i-1), t.at(i+1)
	if !before.has(asPriceBefore) {
		return false
	}
	if before.e.roles&(asLink|asFiller|asDateBefore|asAnd|asPriceOf|asCounter) == 0 {
		return true
	}
	return next.is != goods && next.is != thing && next.is != measure && (t.at(i).counter == "" || t.isPrice(i)) && t.goodsBefore(i)
}

// isPrice tells whether the number at i is the price of goods in the text.
func (t *sentence) isPrice(i int) bool {
	for j := range t.parts {
		for _, g := range t.parts[j].goods {
			if amountOf(t.x.products[g].Price) == t.parts[i].n {
				return true
			}
		}
	}
	return false
}

// goodsBefore tells whether goods stand before the part in its row.
func (t *sentence) goodsBefore(i int) bool {
	for j := i - 1; j >= 0 && !t.sign(j, ",;."); j-- {
		if t.at(j).is == goods || t.at(j).is == thing {
			return true
		}
	}
	return false
}

// maybePrice tells whether the number at i is joined to goods as a price may be
// and a count is not: soap of 50, 50 ka sabun.
func (t *sentence) maybePrice(i int) bool {
	if t.at(i-1).has(asPriceOf) && (t.at(i-2).is == goods) {
		next := t.at(i + 1)
		return next.is != goods && next.is != measure
	}
	return t.at(i + 1).has(asPriceOfAfter)
}
