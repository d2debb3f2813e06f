package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"haat/catalog"
)

// ApplyCatalog makes the stock that of the products: counted ones are set to
// their figures, others are known as not counted, and those that are not among
// them are sold no more. An import id works once; with one that was applied
// before nothing changes, so that a restart does not undo what was sold since.
// Importing the same file again is a new import with a new id.
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
	if _, err := tx.ExecContext(ctx, "DELETE FROM stock"); err != nil {
		return err
	}
	put, err := tx.PrepareContext(ctx, insertSQL("stock", "sku, quantity", 1))
	if err != nil {
		return err
	}
	defer put.Close()
	for _, p := range products {
		quantity := sql.NullInt64{Int64: int64(p.Stock), Valid: p.Counted}
		if _, err := put.ExecContext(ctx, p.SKU, quantity); err != nil {
			return fmt.Errorf("%s: %w", p.SKU, err)
		}
	}
	return nil
}
