package catalog

import (
	"slices"
	"strconv"
	"strings"
)

// Keypad numbers: from three digits, so that none is taken for a quantity or a
// choice on the menu, to five, which can still be typed.
const (
	FirstNumber = 101
	LastNumber  = 99999
)

// A category's numbers share their hundred, so that a list that is sorted by
// category is sorted by number too.
const (
	blockSize = 100
	lastBlock = LastNumber / blockSize
)

// Given says that a number was given to a product. All that were ever given, in
// the order in which they were, are the register. Nothing may leave it: a number
// on an old list on a wall must not come to mean another product.
type Given struct {
	SKU    string `json:"sku"`
	Number int    `json:"number"`
}

// Assign gives a number to every product that has none, and returns the products
// with their numbers and what must be added to the register. It depends on
// nothing else.
//
// A product that the register knows has its number of then, also after it was
// not sold for a while. Any other gets the lowest number of its category's block
// that nobody ever had. The block of the k-th category of the file is k*100+1 to
// k*100+99, unless the category has numbered products in another or somebody
// else had numbers in that one; a full block continues in the next free hundred
// above all in use. When all numbers have been given, new products have none.
//
// A number that a product comes with is kept, and becomes that of the product
// for ever. If it belongs to another one the error is a *CheckError.
func Assign(products []Product, register []Given) (numbered []Product, given []Given, err error) {
	k := newKeypad(register)
	numbered = slices.Clone(products)
	check := &CheckError{}
	for i := range numbered {
		p := &numbered[i]
		if p.Number == 0 {
			p.Number = k.of[p.SKU]
		} else if why := k.refuse(p.SKU, p.Number); why.Key != "" {
			check.add(Problem{Column: "number", Cell: strconv.Itoa(p.Number), Reason: why.of(p.SKU)})
		} else {
			k.give(p.SKU, p.Number)
		}
	}
	if err := check.orNil(); err != nil {
		return nil, nil, err
	}
	runs := k.runs(numbered)
	for i := range numbered {
		if p := &numbered[i]; p.Number == 0 {
			if p.Number = k.next(runs[p.Category]); p.Number != 0 {
				k.give(p.SKU, p.Number)
			}
		}
	}
	return numbered, k.given, nil
}

// keypad is the register while numbers are given.
type keypad struct {
	of    map[string]int      // the number that a SKU has: the last that it was given
	owner map[int]string      // whose a number is, for ever
	used  [lastBlock + 1]bool // blocks with a number of somebody, or set aside for a category
	top   int                 // the highest of them
	rest  int                 // every number below has an owner; looked at when no block is free
	given []Given
}

func newKeypad(register []Given) *keypad {
	k := &keypad{of: make(map[string]int, len(register)), owner: make(map[int]string, len(register)), rest: FirstNumber}
	for _, g := range register {
		k.give(g.SKU, g.Number)
	}
	k.given = nil
	return k
}

// refuse tells why a product cannot have a number, or nothing.
func (k *keypad) refuse(sku string, number int) Reason {
	if number < FirstNumber || number > LastNumber {
		return wrongNumber()
	}
	if owner, ok := k.owner[number]; ok && owner != sku {
		return reasons.Of("number_taken", "owner", owner)
	}
	return Reason{}
}

func (k *keypad) give(sku string, number int) {
	if k.of[sku] == number {
		return
	}
	k.of[sku], k.owner[number] = number, sku
	k.given = append(k.given, Given{sku, number})
	k.use(number / blockSize)
}

func (k *keypad) use(block int) {
	k.used[block] = true
	k.top = max(k.top, block)
}

// run is where the new products of a category get their numbers.
type run struct {
	blocks []int
	at     int // every lower number of blocks[0] has an owner
}

func (r *run) append(block int) {
	if r.blocks = append(r.blocks, block); len(r.blocks) == 1 {
		r.at = block*blockSize + 1
	}
}

// runs finds the blocks of every category that has products without a number.
// All blocks are set aside before the first is continued elsewhere: the numbers
// of one category then do not depend on how full another one is.
func (k *keypad) runs(products []Product) map[string]*run {
	runs, order, needs := map[string]*run{}, []string(nil), map[string]bool{}
	for i := range products {
		p := &products[i]
		if runs[p.Category] == nil {
			runs[p.Category] = &run{}
			order = append(order, p.Category)
		}
		needs[p.Category] = needs[p.Category] || p.Number == 0
	}
	for block, category := range owners(products, order) {
		if category != "" {
			runs[category].append(block)
		}
	}
	homeless := func(category string) bool { return needs[category] && len(runs[category].blocks) == 0 }
	for i, category := range order {
		if block := i + 1; homeless(category) && block <= lastBlock && !k.used[block] {
			runs[category].append(block)
			k.use(block)
		}
	}
	for _, category := range order {
		if homeless(category) {
			k.extend(runs[category])
		}
	}
	return runs
}

// owners tells by block which category it belongs to: the one that most of its
// numbered products are in, the earlier one of two. A product that moved to
// another category does not take its block along.
func owners(products []Product, order []string) (owner [lastBlock + 1]string) {
	type place struct {
		block    int
		category string
	}
	counts := map[place]int{}
	for i := range products {
		if p := &products[i]; p.Number != 0 {
			counts[place{p.Number / blockSize, p.Category}]++
		}
	}
	rank := make(map[string]int, len(order))
	for i, category := range order {
		rank[category] = i
	}
	for at, n := range counts {
		now := owner[at.block]
		most := counts[place{at.block, now}]
		if now == "" || n > most || n == most && rank[at.category] < rank[now] {
			owner[at.block] = at.category
		}
	}
	return owner
}

// extend continues a run in the next free hundred above all in use, or in the
// lowest free one where there is none above. It gives false when none is free.
func (k *keypad) extend(r *run) bool {
	block := k.top + 1
	for low := 1; block > lastBlock && low < lastBlock; low++ {
		if !k.used[low] {
			block = low
		}
	}
	if block > lastBlock {
		return false
	}
	r.append(block)
	k.use(block)
	return true
}

// next is the number for a run's next product, or 0 when none is left.
func (k *keypad) next(r *run) int {
	for len(r.blocks) > 0 || k.extend(r) {
		for end := (r.blocks[0] + 1) * blockSize; r.at < end; r.at++ {
			if k.owner[r.at] == "" {
				return r.at
			}
		}
		if r.blocks = r.blocks[1:]; len(r.blocks) > 0 {
			r.at = r.blocks[0]*blockSize + 1
		}
	}
	for ; k.rest <= LastNumber; k.rest++ {
		if k.owner[k.rest] == "" {
			return k.rest
		}
	}
	return 0
}

func wrongNumber() Reason { return reasons.Of("number", "low", FirstNumber, "high", LastNumber) }

func readNumber(row *Row) int {
	cell := row.Cell("number")
	if cell == "" {
		return 0
	}
	n, err := strconv.Atoi(cell)
	if err != nil || n < FirstNumber || n > LastNumber || strings.Trim(cell, "0123456789") != "" {
		row.Problem("number", wrongNumber())
		return 0
	}
	return n
}
