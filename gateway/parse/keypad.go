package parse

// keypad understands an order by the numbers of the price list: 101 2, 205.
// Every number without goods is a product's or, behind one, how many.
func (t *sentence) keypad(said bool) (Meaning, bool) {
	if said {
		return Meaning{}, false
	}
	var items []Item
	numbers, open := 0, false // open: the last product still lacks its quantity
	missing, buys := "", false
	for i := range t.parts {
		p := &t.parts[i]
		switch p.is {
		case number:
			numbers++
			if open {
				if p.n <= 0 || p.n%one != 0 || p.n > maxCount*one {
					return Meaning{}, false
				}
				items[len(items)-1].Qty, open = int(p.n/one), false
				continue
			}
			product, ok := t.x.byNumber[int(p.n/one)]
			if !ok {
				if p.digits >= 3 && missing == "" {
					missing = t.s.text(t.s.atoms[p.from])
				}
				open = false
				continue
			}
			items, open = append(items, Item{SKU: t.x.products[product].SKU, Qty: 1}), true
		case listing, pause:
			open = false
		case noise:
			buys = buys || p.e != nil && p.e.roles&asBuy != 0
		default:
			return Meaning{}, false
		}
	}
	switch {
	case len(items) == 0 && (missing == "" || numbers < 2 && !buys):
		return Meaning{}, false
	case missing != "":
		return Meaning{Intent: Ask, Items: merged(items), NoNumber: missing}, true
	}
	return Meaning{Intent: Order, Items: merged(items)}, true
}

// merged sums what stands twice.
func merged(items []Item) []Item {
	var out []Item
	for _, item := range items {
		found := false
		for i := range out {
			if out[i].SKU == item.SKU {
				out[i].Qty += item.Qty
				found = true
			}
		}
		if !found {
			out = append(out, item)
		}
	}
	return out
}
