package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"haat/orders"
)

// question is a search as SQL.
type question struct {
	where  []string
	values []any
}

// arg adds a value and gives its placeholder.
func (q *question) arg(v any) string {
	q.values = append(q.values, v)
	return "$" + strconv.Itoa(len(q.values))
}

// is asks that a column has a value, where one is wanted.
func (q *question) is(column, value string) {
	if value != "" {
		q.where = append(q.where, column+" = "+q.arg(value))
	}
}

// short is what an order is that was rejected for want of stock: an operator who
// fills it takes its shortages away.
const short = "o.status = 'rejected' AND EXISTS (SELECT 1 FROM order_shortages s WHERE s.order_id = o.id)"

func ask(s orders.Search) *question {
	q := &question{where: []string{"1 = 1"}}
	q.is("o.status", string(s.Status))
	q.is("o.station", s.Station)
	q.is("o.phone", s.Phone)
	if s.PhoneEnd != "" {
		// The numbers alone are read, from their index.
		q.where = append(q.where, "o.phone IN (SELECT phone FROM orders WHERE phone LIKE "+q.arg("%"+literal(s.PhoneEnd))+escape+")")
	}
	if s.SKU != "" {
		q.where = append(q.where, "o.id IN (SELECT order_id FROM order_lines WHERE sku = "+q.arg(s.SKU)+")")
	}
	if s.Short {
		q.where = append(q.where, short)
	}
	if !s.From.IsZero() {
		q.where = append(q.where, "o.placed_at >= "+q.arg(nanoseconds(s.From)))
	}
	if !s.To.IsZero() {
		q.where = append(q.where, "o.placed_at < "+q.arg(nanoseconds(s.To)))
	}
	q.askText(s)
	q.beside("<", s.Before)
	q.beside(">", s.After)
	return q
}

// askText takes digits for an order's number or its pickup code, and looks for
// everything else in the products and in what operators wrote. Each part has an
// index or a short table, so that no search reads all orders.
func (q *question) askText(s orders.Search) {
	text := strings.TrimSpace(s.Text)
	if text == "" {
		return
	}
	var parts []string
	if number, err := strconv.ParseInt(text, 10, 64); err == nil {
		parts = append(parts, "SELECT id FROM orders WHERE number = "+q.arg(number))
	}
	if s.Codes {
		parts = append(parts, "SELECT id FROM orders WHERE pickup_code = "+q.arg(text))
	}
	if strings.Trim(text, "0123456789") != "" {
		part := q.arg("%"+literal(text)+"%") + escape
		parts = append(parts, "SELECT order_id FROM order_lines WHERE sku IN (SELECT sku FROM stock WHERE sku LIKE "+part+")",
			"SELECT order_id FROM order_acts WHERE reason LIKE "+part)
	}
	if len(parts) == 0 { // digits that are no number of ours
		parts = []string{"SELECT id FROM orders WHERE number = 0"}
	}
	q.where = append(q.where, "o.id IN ("+strings.Join(parts, " UNION ")+")")
}

const escape = ` ESCAPE '\'`

// literal takes the meaning from the signs that have one in a pattern.
func literal(text string) string {
	return strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(text)
}

// beside asks for orders on one side of a place in the list.
func (q *question) beside(side string, at orders.Cursor) {
	if !at.IsZero() {
		q.where = append(q.where, "(o.placed_at, o.number) "+side+" ("+q.arg(at.Placed)+", "+q.arg(at.Number)+")")
	}
}

func (q *question) sql() string { return strings.Join(q.where, " AND ") }

// nanoseconds are those since 1970, for times that have not so many, too.
func nanoseconds(at time.Time) int64 {
	switch {
	case at.Year() < 1700:
		return -1 << 63
	case at.Year() > 2200:
		return 1<<63 - 1
	}
	return at.UnixNano()
}

// within reads in one transaction, so that what is read fits together.
func (r *Reader) within(ctx context.Context, read func(tx *sql.Tx) error) error {
	tx, err := r.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	return errors.Join(read(tx), tx.Rollback())
}

// List gives the orders that are searched for, the newest first.
func (r *Reader) List(ctx context.Context, s orders.Search) (page orders.Page, err error) {
	if err := s.Validate(); err != nil {
		return page, err
	}
	limit := min(max(s.Limit, 0), orders.MaxPage)
	err = r.within(ctx, func(tx *sql.Tx) error {
		if limit > 0 {
			if err := readPage(ctx, tx, s, limit, &page); err != nil {
				return err
			}
		}
		all := s
		if limit > 0 { // the count is that of the whole list
			all.Before, all.After = orders.Cursor{}, orders.Cursor{}
		}
		page.Count, err = count(ctx, tx, ask(all))
		return err
	})
	if err != nil {
		return orders.Page{}, fmt.Errorf("searching the orders: %w", err)
	}
	return page, nil
}

func count(ctx context.Context, tx querier, q *question) (n int, err error) {
	err = tx.QueryRowContext(ctx, "SELECT count(*) FROM (SELECT 1 FROM orders o WHERE "+q.sql()+" LIMIT "+q.arg(orders.MaxCount+1)+") AS found", q.values...).Scan(&n)
	return n, err
}

func readPage(ctx context.Context, tx *sql.Tx, s orders.Search, limit int, page *orders.Page) error {
	q := ask(s)
	rows, err := tx.QueryContext(ctx, selectOrders+` WHERE o.id IN (SELECT o.id FROM orders o WHERE `+q.sql()+
		` ORDER BY o.placed_at DESC, o.number DESC LIMIT `+q.arg(limit+1)+`) ORDER BY o.placed_at DESC, o.number DESC, l.line`, q.values...)
	if err != nil {
		return err
	}
	if err := scanOrders(rows, func(o orders.Order) error {
		row := orders.Summary{Order: o, Lines: len(o.Lines)}
		row.Order.Lines = o.Lines[:min(len(o.Lines), orders.MaxListed)]
		page.Rows = append(page.Rows, row)
		return nil
	}); err != nil {
		return err
	}
	if len(page.Rows) > limit {
		page.Rows = page.Rows[:limit]
		page.Older = page.Rows[limit-1].Order.Place()
	}
	for i := range page.Rows {
		if row := &page.Rows[i]; row.Order.Status == orders.Rejected {
			if row.Lacks, err = lacks(ctx, tx, row.Order.ID); err != nil {
				return err
			}
		}
	}
	return nil
}

// lacks are what an order was rejected for, with what there is now.
func lacks(ctx context.Context, tx querier, id string) (all []orders.Lack, err error) {
	rows, err := tx.QueryContext(ctx, `SELECT s.sku, (SELECT sum(qty) FROM order_lines l WHERE l.order_id = s.order_id AND l.sku = s.sku),
		CASE WHEN k.sku IS NULL THEN 0 WHEN k.quantity IS NULL THEN -1 ELSE k.quantity END
		FROM order_shortages s LEFT JOIN stock k ON k.sku = s.sku WHERE s.order_id = $1 ORDER BY s.line LIMIT $2`, id, orders.MaxListed)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var l orders.Lack
		if err := rows.Scan(&l.SKU, &l.Want, &l.Left); err != nil {
			return nil, err
		}
		if l.Left < 0 { // it is no longer counted: there is as much as one wants
			l.Left = l.Want
		}
		all = append(all, l)
	}
	return all, rows.Err()
}

// Counts counts the orders of each status.
func (r *Reader) Counts(ctx context.Context) (c orders.Counts, err error) {
	c.ByStatus = map[orders.Status]int{}
	err = r.within(ctx, func(tx *sql.Tx) error {
		for _, status := range orders.Statuses() {
			n, err := count(ctx, tx, ask(orders.Search{Status: status}))
			if err != nil {
				return err
			}
			c.ByStatus[status] = n
		}
		c.Short, err = count(ctx, tx, ask(orders.Search{Short: true}))
		return err
	})
	if err != nil {
		return orders.Counts{}, fmt.Errorf("counting the orders: %w", err)
	}
	return c, nil
}
