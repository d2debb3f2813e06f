package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"haat/orders"
)

// MaxOf is how many orders Of gives at most.
const MaxOf = 100

const selectOrders = `SELECT o.id, o.number, o.phone, o.channel, o.language, o.station, o.status, o.currency, o.total,
	o.pickup_code, o.placed_at, l.sku, l.qty, l.unit_price FROM orders o JOIN order_lines l ON l.order_id = o.id`

// Of gives the latest orders of a phone, the newest first, at most limit and
// at most MaxOf.
func (r *Reader) Of(ctx context.Context, phone string, limit int) ([]orders.Order, error) {
	rows, err := r.db.QueryContext(ctx, selectOrders+` WHERE o.id IN
		(SELECT id FROM orders WHERE phone = $1 ORDER BY placed_at DESC, number DESC LIMIT $2)
		ORDER BY o.placed_at DESC, o.number DESC, l.line`, phone, min(max(limit, 0), MaxOf))
	if err != nil {
		return nil, fmt.Errorf("looking up a phone's orders: %w", err)
	}
	var all []orders.Order
	err = scanOrders(rows, func(o orders.Order) error { all = append(all, o); return nil })
	return all, err
}

// All gives every order to each, the oldest first, as the orders were when All
// was called. It stops with the first error of each.
func (r *Reader) All(ctx context.Context, each func(orders.Order) error) error {
	rows, err := r.db.QueryContext(ctx, selectOrders+" ORDER BY o.placed_at, o.number, l.line")
	if err != nil {
		return fmt.Errorf("reading all orders: %w", err)
	}
	return scanOrders(rows, each)
}

// scanOrders reads orders of which every line is a row, and closes the rows.
func scanOrders(rows *sql.Rows, each func(orders.Order) error) error {
	defer rows.Close()
	var o orders.Order
	for rows.Next() {
		var next orders.Order
		var line orders.Line
		var placed int64
		if err := rows.Scan(&next.ID, &next.Number, &next.Phone, &next.Channel, &next.Language, &next.Station, &next.Status,
			&next.Total.Currency, &next.Total.Minor, &next.PickupCode, &placed, &line.SKU, &line.Qty, &line.UnitPrice.Minor); err != nil {
			return fmt.Errorf("reading an order: %w", err)
		}
		if next.ID != o.ID {
			if o.ID != "" {
				if err := each(o); err != nil {
					return err
				}
			}
			o = next
			o.PlacedAt = time.Unix(0, placed).UTC()
		}
		line.UnitPrice.Currency = o.Total.Currency
		o.Lines = append(o.Lines, line)
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("reading orders: %w", err)
	}
	if o.ID == "" {
		return nil
	}
	return each(o)
}

// Stock gives how many there are of every product whose stock is counted.
func (r *Reader) Stock(ctx context.Context) (map[string]int, error) {
	rows, err := r.db.QueryContext(ctx, "SELECT sku, quantity FROM stock WHERE quantity IS NOT NULL")
	if err != nil {
		return nil, fmt.Errorf("reading the stock: %w", err)
	}
	defer rows.Close()
	stock := map[string]int{}
	for rows.Next() {
		var sku string
		var quantity int
		if err := rows.Scan(&sku, &quantity); err != nil {
			return nil, fmt.Errorf("reading the stock: %w", err)
		}
		stock[sku] = quantity
	}
	return stock, rows.Err()
}

// History gives the statuses of an order, the first one first; none where
// there is no such order.
func (r *Reader) History(ctx context.Context, id string) ([]orders.Step, error) {
	return history(ctx, r.db, id)
}

func history(ctx context.Context, db querier, id string) ([]orders.Step, error) {
	rows, err := db.QueryContext(ctx, "SELECT status, at, operator, reason FROM order_history WHERE order_id = $1 ORDER BY step", id)
	if err != nil {
		return nil, fmt.Errorf("reading an order's history: %w", err)
	}
	defer rows.Close()
	var steps []orders.Step
	for rows.Next() {
		var s orders.Step
		var nanos int64
		if err := rows.Scan(&s.Status, &nanos, &s.By, &s.Reason); err != nil {
			return nil, fmt.Errorf("reading an order's history: %w", err)
		}
		s.At = time.Unix(0, nanos).UTC()
		steps = append(steps, s)
	}
	return steps, rows.Err()
}

// querier reads: the database, or a transaction in which nothing changes.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}
