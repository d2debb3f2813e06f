package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"

	"haat/orders"
)

// Left is what is left of products, by SKU. What the stock does not know is not
// among them.
func (r *Reader) Left(ctx context.Context, skus []string) (map[string]orders.Stock, error) {
	left := make(map[string]orders.Stock, len(skus))
	for some := range slices.Chunk(skus, selectWidth) {
		if err := r.leftOf(ctx, some, left); err != nil {
			return nil, fmt.Errorf("reading the stock: %w", err)
		}
	}
	return left, nil
}

func (r *Reader) leftOf(ctx context.Context, skus []string, left map[string]orders.Stock) error {
	args := make([]any, selectWidth) // the text is for so many
	for i := range args {
		args[i] = skus[min(i, len(skus)-1)]
	}
	rows, err := r.db.QueryContext(ctx, selectLevels(), args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var sku string
		var quantity sql.NullInt64
		if err := rows.Scan(&sku, &quantity); err != nil {
			return err
		}
		left[sku] = orders.Stock{Left: int(quantity.Int64), Counted: quantity.Valid}
	}
	return rows.Err()
}
