package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"haat/orders"
)

// Get gives all that is known of an order; where there is none the error is
// orders.ErrUnknown.
func (r *Reader) Get(ctx context.Context, id string) (rec orders.Record, err error) {
	err = r.within(ctx, func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, selectOrders+" WHERE o.id = $1 ORDER BY l.line", id)
		if err != nil {
			return err
		}
		if err := scanOrders(rows, func(o orders.Order) error { rec.Order = o; return nil }); err != nil {
			return err
		}
		if rec.Order.ID == "" {
			return orders.ErrUnknown
		}
		return about(ctx, tx, id, &rec)
	})
	if err != nil {
		return orders.Record{}, fmt.Errorf("reading an order: %w", err)
	}
	return rec, nil
}

// about reads what stands around an order.
func about(ctx context.Context, tx querier, id string, rec *orders.Record) (err error) {
	if err := tx.QueryRowContext(ctx, "SELECT turn FROM orders WHERE id = $1", id).Scan(&rec.Turn); err != nil {
		return err
	}
	if rec.Steps, err = history(ctx, tx, id); err != nil {
		return err
	}
	if rec.Notes, err = notes(ctx, tx, id); err != nil {
		return err
	}
	if rec.Shortages, err = shortages(ctx, tx, id); err != nil {
		return err
	}
	if rec.Stock, err = stockOf(ctx, tx, id); err != nil {
		return err
	}
	rec.Messages, err = messages(ctx, tx, id)
	return err
}

func notes(ctx context.Context, tx querier, id string) (all []orders.Note, err error) {
	rows, err := tx.QueryContext(ctx, "SELECT at, operator, reason FROM order_acts WHERE order_id = $1 AND what = $2 ORDER BY seq", id, string(orders.ActNote))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var n orders.Note
		var nanos int64
		if err := rows.Scan(&nanos, &n.By, &n.Text); err != nil {
			return nil, err
		}
		n.At = time.Unix(0, nanos).UTC()
		all = append(all, n)
	}
	return all, rows.Err()
}

func shortages(ctx context.Context, tx querier, id string) (all []orders.Shortage, err error) {
	rows, err := tx.QueryContext(ctx, "SELECT sku, available FROM order_shortages WHERE order_id = $1 ORDER BY line", id)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var s orders.Shortage
		if err := rows.Scan(&s.SKU, &s.Left); err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, rows.Err()
}

// stockOf is how much there is of an order's products that are sold.
func stockOf(ctx context.Context, tx querier, id string) (map[string]orders.Level, error) {
	rows, err := tx.QueryContext(ctx, "SELECT sku, quantity FROM stock WHERE sku IN (SELECT sku FROM order_lines WHERE order_id = $1)", id)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	all := map[string]orders.Level{}
	for rows.Next() {
		var sku string
		var quantity sql.NullInt64
		if err := rows.Scan(&sku, &quantity); err != nil {
			return nil, err
		}
		all[sku] = orders.Level{Counted: quantity.Valid, Left: int(quantity.Int64)}
	}
	return all, rows.Err()
}
