package store

import (
	"context"
	"fmt"

	"haat/orders"
)

// Charge adds what SMS about orders have cost, all or none. One that is there
// already counts once.
func (s *Store) Charge(ctx context.Context, charges []orders.Charge) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("adding the cost of messages: %w", explain(err))
	}
	defer tx.Rollback() //nolint:errcheck // after a commit there is nothing to roll back
	for _, c := range charges {
		_, err := tx.ExecContext(ctx, `INSERT INTO order_messages (order_id, ref, segments, micros, currency)
			VALUES ($1, $2, $3, $4, $5) ON CONFLICT (order_id, ref) DO NOTHING`, c.Order, c.Ref, c.Segments, c.Micros, c.Currency)
		if err != nil {
			return fmt.Errorf("adding the cost of messages: %w", explain(err))
		}
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("adding the cost of messages: %w", explain(err))
	}
	return nil
}

// Messages adds up the SMS that told of an order.
func (r *Reader) Messages(ctx context.Context, id string) (orders.Messages, error) {
	return messages(ctx, r.db, id)
}

func messages(ctx context.Context, db querier, id string) (m orders.Messages, err error) {
	rows, err := db.QueryContext(ctx, `SELECT currency, COUNT(*), SUM(segments), SUM(micros)
		FROM order_messages WHERE order_id = $1 GROUP BY currency`, id)
	if err != nil {
		return m, fmt.Errorf("reading the cost of an order's messages: %w", err)
	}
	defer rows.Close()
	m.Costs = map[string]int64{}
	for rows.Next() {
		var currency string
		var count, segments int
		var micros int64
		if err := rows.Scan(&currency, &count, &segments, &micros); err != nil {
			return m, fmt.Errorf("reading the cost of an order's messages: %w", err)
		}
		m.Count, m.Segments = m.Count+count, m.Segments+segments
		if currency != "" {
			m.Costs[currency] = micros
		}
	}
	return m, rows.Err()
}
