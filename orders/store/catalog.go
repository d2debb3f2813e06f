package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"haat/catalog"
)

// ApplyCatalog takes over a version of the catalogue: the stock of a product is
// set to its figure where that is of a count that was not taken over yet, and
// stays as it is where it was, however many orders have taken from it since.
// Products that are not counted are known as such, and those that are not in the
// version are sold no more. A version that was applied before changes nothing.
//
// A product without the id of a count is of one count with the whole version:
// importing the same file again is a new version, and sets all stock.
func (s *Store) ApplyCatalog(ctx context.Context, at time.Time, importID string, products []catalog.Product) error {
	ctx = context.WithoutCancel(ctx)
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return explain(err)
	}
	if err := applyCatalog(ctx, tx, at, importID, products); err != nil {
		return explain(errors.Join(fmt.Errorf("taking over the catalogue's stock: %w", err), tx.Rollback()))
	}
	return explain(tx.Commit())
}

func applyCatalog(ctx context.Context, tx *sql.Tx, at time.Time, importID string, products []catalog.Product) error {
	done, err := tx.ExecContext(ctx, insertSQL("catalog_imports", "id, at, products", 1)+" ON CONFLICT DO NOTHING",
		importID, at.UnixNano(), len(products))
	if err != nil {
		return err
	}
	if n, err := done.RowsAffected(); err != nil || n == 0 {
		return err
	}
	had, err := countsTaken(ctx, tx)
	if err != nil {
		return err
	}
	put, err := tx.PrepareContext(ctx, insertSQL("stock", "sku, quantity, count_id", 1)+
		" ON CONFLICT (sku) DO UPDATE SET quantity = excluded.quantity, count_id = excluded.count_id")
	if err != nil {
		return err
	}
	defer put.Close()
	for _, p := range products {
		count := cmp.Or(p.Count, importID)
		taken, known := had[p.SKU]
		delete(had, p.SKU)
		if known && taken == count {
			continue
		}
		quantity := sql.NullInt64{Int64: int64(p.Stock), Valid: p.Counted}
		if _, err := put.ExecContext(ctx, p.SKU, quantity, count); err != nil {
			return fmt.Errorf("%s: %w", p.SKU, err)
		}
	}
	return forget(ctx, tx, had)
}

// countsTaken are the counts that the stock is of, by SKU.
func countsTaken(ctx context.Context, tx *sql.Tx) (map[string]string, error) {
	rows, err := tx.QueryContext(ctx, "SELECT sku, count_id FROM stock")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	counts := map[string]string{}
	for rows.Next() {
		var sku, count string
		if err := rows.Scan(&sku, &count); err != nil {
			return nil, err
		}
		counts[sku] = count
	}
	return counts, rows.Err()
}

// forget drops the stock of what is sold no more.
func forget(ctx context.Context, tx *sql.Tx, gone map[string]string) error {
	drop, err := tx.PrepareContext(ctx, "DELETE FROM stock WHERE sku = $1")
	if err != nil {
		return err
	}
	defer drop.Close()
	for sku := range gone {
		if _, err := drop.ExecContext(ctx, sku); err != nil {
			return fmt.Errorf("%s: %w", sku, err)
		}
	}
	return nil
}
