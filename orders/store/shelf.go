package store

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"

	"haat/orders"
)

// level is how much of a product there is.
type level struct {
	quantity int  // when counted
	known    bool // the catalogue has the product
	counted  bool
	changed  bool
}

// shelf is the stock of the products that a batch touches, by SKU.
type shelf map[string]*level

// short lists the products of which less is there than the lines want
// together, in the order of the lines.
func (s shelf) short(lines []orders.Line) []orders.Shortage {
	var short []orders.Shortage
	for i, l := range lines {
		if slices.ContainsFunc(lines[:i], func(earlier orders.Line) bool { return earlier.SKU == l.SKU }) {
			continue
		}
		want := 0
		for _, same := range lines[i:] {
			if same.SKU == l.SKU {
				want += same.Qty
			}
		}
		if at := s[l.SKU]; !at.known || at.counted && at.quantity < want {
			short = append(short, orders.Shortage{SKU: l.SKU, Left: at.quantity})
		}
	}
	return short
}

// take takes a line that is not short, and tells how much came out of counted stock.
func (s shelf) take(l orders.Line) int {
	at := s[l.SKU]
	if !at.counted {
		return 0
	}
	at.quantity -= l.Qty
	at.changed = true
	return l.Qty
}

// selectWidth is how many levels one query reads.
const selectWidth = 32

func selectLevels() string {
	var b strings.Builder
	b.WriteString("SELECT sku, quantity FROM stock WHERE sku IN ($1")
	for i := 2; i <= selectWidth; i++ {
		b.WriteString(", $" + strconv.Itoa(i))
	}
	return b.String() + ")"
}

// loadStock reads the levels of all products that the jobs want to place.
func (b *batch) loadStock(ctx context.Context, jobs []Job, results []Result) error {
	var skus []string
	for i, job := range jobs {
		if job.Request.Place == nil || results[i].Err != nil {
			continue
		}
		for _, l := range job.Request.Place.Lines {
			skus = append(skus, l.SKU)
		}
	}
	return b.load(ctx, skus)
}

// load reads the levels of the products that are not on the shelf yet.
func (b *batch) load(ctx context.Context, skus []string) error {
	var missing []any
	for _, sku := range skus {
		if b.stock[sku] == nil {
			b.stock[sku] = &level{}
			missing = append(missing, sku)
		}
	}
	for some := range slices.Chunk(missing, selectWidth) {
		for len(some) < selectWidth { // the statement is prepared for so many
			some = append(slices.Clip(some), some[0])
		}
		if err := b.loadSome(ctx, some); err != nil {
			return err
		}
	}
	return nil
}

func (b *batch) loadSome(ctx context.Context, skus []any) error {
	rows, err := b.tx.StmtContext(ctx, b.stmt.levels).QueryContext(ctx, skus...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var sku string
		var quantity *int
		if err := rows.Scan(&sku, &quantity); err != nil {
			return err
		}
		at := b.stock[sku]
		at.known = true
		if quantity != nil {
			at.counted, at.quantity = true, *quantity
		}
	}
	return rows.Err()
}

// giveBack puts what an order took back on the shelf. What is no longer
// counted or no longer sold stays as it is.
func (b *batch) giveBack(ctx context.Context, id string) error {
	taken, err := b.takenBy(ctx, id)
	if err != nil {
		return err
	}
	if err := b.load(ctx, slices.Collect(maps.Keys(taken))); err != nil {
		return err
	}
	for sku, n := range taken {
		if at := b.stock[sku]; at.counted && n > 0 {
			at.quantity += n
			at.changed = true
		}
	}
	return nil
}

func (b *batch) takenBy(ctx context.Context, id string) (map[string]int, error) {
	if err := b.flush(ctx); err != nil {
		return nil, err
	}
	rows, err := b.tx.StmtContext(ctx, b.stmt.taken).QueryContext(ctx, id)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	taken := map[string]int{}
	for rows.Next() {
		var sku string
		var n int
		if err := rows.Scan(&sku, &n); err != nil {
			return nil, err
		}
		taken[sku] += n
	}
	return taken, rows.Err()
}

// writeStock writes the levels that changed, in the order of their SKUs: where
// several writers lock rows, one order for all keeps them from deadlock.
func (b *batch) writeStock(ctx context.Context) error {
	for _, sku := range slices.Sorted(maps.Keys(b.stock)) {
		at := b.stock[sku]
		if !at.changed {
			continue
		}
		if _, err := b.tx.StmtContext(ctx, b.stmt.setLevel).ExecContext(ctx, sku, at.quantity); err != nil {
			return err
		}
	}
	return nil
}
