package parse

// share is what a row says of one kind of goods in it.
type share struct {
	goods *part
	parts []part
}

// share divides a row's numbers, sizes and prices among its goods. It is not
// clear where two ways are equally good and say different things: soap 2 salt.
func (o *order) share(r *row) (shares []share, clear bool) {
	var at []int
	for i := range r.parts {
		if r.parts[i].is == goods || r.parts[i].is == thing {
			at = append(at, i)
		}
	}
	if len(at) == 1 {
		return []share{{&r.parts[at[0]], append(r.parts[:at[0]:at[0]], r.parts[at[0]+1:]...)}}, true
	}
	before, costBefore := o.divide(r, at, true)
	behind, costBehind := o.divide(r, at, false)
	best, clear := behind, true
	if costBefore < costBehind {
		best = before
	} else if costBefore == costBehind {
		clear = o.sameShares(before, behind)
	}
	var out []share
	for _, s := range best {
		if s.goods.is == goods {
			out = append(out, s)
		}
	}
	return out, clear
}

// divide gives every gap between two goods to them so that as much as possible
// makes sense, counts standing before their goods or behind them.
func (o *order) divide(r *row, at []int, before bool) ([]share, int) {
	shares := make([]share, len(at))
	for k, i := range at {
		shares[k].goods = &r.parts[i]
	}
	shares[0].parts = append(shares[0].parts, r.parts[:at[0]]...)
	cost := 0
	for k := 1; k < len(at); k++ {
		gap := r.parts[at[k-1]+1 : at[k]]
		best, cut := 1<<30, 0
		for c := 0; c <= len(gap); c++ {
			left, right := shares[k-1], share{goods: shares[k].goods, parts: gap[c:]}
			left.parts = append(left.parts[:len(left.parts):len(left.parts)], gap[:c]...)
			price := 2*o.oddity(&left) + o.oddity(&right) + misplaced(gap[:c], before) + misplaced(gap[c:], !before)
			if price < best || price == best && !before {
				best, cut = price, c
			}
		}
		shares[k-1].parts = append(shares[k-1].parts[:len(shares[k-1].parts):len(shares[k-1].parts)], gap[:cut]...)
		shares[k].parts = append(shares[k].parts, gap[cut:]...)
		cost += misplaced(gap[:cut], before) + misplaced(gap[cut:], !before)
	}
	last := len(shares) - 1
	tail := r.parts[at[last]+1:]
	shares[last].parts = append(shares[last].parts, tail...)
	cost += misplaced(r.parts[:at[0]], !before) + misplaced(tail, before)
	for k := range shares {
		cost += 2 * o.oddity(&shares[k])
	}
	return shares, cost
}

// misplaced is the price of counts on the side where this way of writing does
// not have them.
func misplaced(parts []part, wrong bool) int {
	cost := 0
	for i := range parts {
		switch p := &parts[i]; {
		case !wrong:
		case p.is == number && p.weak:
			cost += 3
		case p.is == number || p.is == badNumber:
			cost += 6
		}
	}
	return cost
}

// oddity is how little sense a share makes.
func (o *order) oddity(s *share) int {
	counts, sized, cost := 0, 0, 0
	for i := range s.parts {
		switch p := &s.parts[i]; p.is {
		case number:
			if !p.weak {
				counts++
			}
		case badNumber:
			counts++
		case measure:
			sized++
			if s.goods.is == goods && len(o.t.fitting(s.goods.goods, p.size)) == 0 {
				cost += 4
			}
		}
	}
	if counts > 1 {
		cost += 10 * (counts - 1)
	}
	if sized > 1 {
		cost += 10 * (sized - 1)
	}
	if sized == 0 && len(s.goods.goods) > 1 {
		cost++
	}
	return cost
}

func (o *order) sameShares(a, b []share) bool {
	for i := range a {
		if a[i].goods.is != goods {
			continue
		}
		x, y := o.resolve(a[i].goods, a[i].parts), o.resolve(b[i].goods, b[i].parts)
		if x.item != y.item || (x.unsure == nil) != (y.unsure == nil) {
			return false
		}
	}
	return true
}
