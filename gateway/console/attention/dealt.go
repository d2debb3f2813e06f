package attention

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"haat/gateway/console/index"
)

// Dealt is what an operator has said about an item.
type Dealt struct {
	Mark uint64
	At   time.Time
	By   string
}

// keepDealt is how long it is known who dealt with an item: longer than the log.
const keepDealt = 500 * 24 * time.Hour

// maxKey bounds an item's key, in octets.
const maxKey = 128

// ErrKey says that an item's key is none.
var ErrKey = errors.New("there is no such item")

// Deal takes an item off the desk until there is news of it after the mark.
func (d *Desk) Deal(ctx context.Context, key string, mark uint64, by string) error {
	if key == "" || len(key) > maxKey || mark > 1<<63-1 {
		return ErrKey
	}
	err := d.Store.Within(ctx, func(tx *sql.Tx) error {
		now := d.Now()
		if _, err := tx.ExecContext(ctx, "DELETE FROM dealt WHERE at < $1", now.Add(-keepDealt).UnixNano()); err != nil {
			return err
		}
		const put = `INSERT INTO dealt (item, mark, at, operator) VALUES ($1, $2, $3, $4)
			ON CONFLICT (item) DO UPDATE SET mark = excluded.mark, at = excluded.at, operator = excluded.operator`
		_, err := tx.ExecContext(ctx, put, key, int64(mark), now.UnixNano(), by)
		return err
	})
	if err != nil {
		return fmt.Errorf("keeping what was dealt with: %w", err)
	}
	d.forgetCounts()
	return nil
}

// Undo brings an item back.
func (d *Desk) Undo(ctx context.Context, key string) error {
	if _, err := d.Store.Write.ExecContext(ctx, "DELETE FROM dealt WHERE item = $1", key); err != nil {
		return fmt.Errorf("bringing back what was dealt with: %w", err)
	}
	d.mu.Lock()
	clear(d.floors)
	d.mu.Unlock()
	d.forgetCounts()
	return nil
}

// dealt finds which of some items were dealt with.
func (d *Desk) dealt(ctx context.Context, keys []string) (map[string]Dealt, error) {
	wanted, err := json.Marshal(keys)
	if err != nil {
		return nil, err
	}
	rows, err := d.Store.Read.QueryContext(ctx, "SELECT item, mark, at, operator FROM dealt WHERE item IN (SELECT value FROM json_each($1))", string(wanted))
	if err != nil {
		return nil, fmt.Errorf("reading what was dealt with: %w", err)
	}
	defer rows.Close()
	found := map[string]Dealt{}
	for rows.Next() {
		var key string
		var done Dealt
		var at int64
		if err := rows.Scan(&key, &done.Mark, &at, &done.By); err != nil {
			return nil, err
		}
		done.At = time.Unix(0, at).UTC()
		found[key] = done
	}
	return found, rows.Err()
}

// undealt keeps the items that nobody has dealt with, or of which there is news.
func (d *Desk) undealt(ctx context.Context, items []Item) (open []Item, err error) {
	if len(items) == 0 {
		return nil, nil
	}
	keys := make([]string, len(items))
	for i, item := range items {
		keys[i] = item.Key
	}
	done, err := d.dealt(ctx, keys)
	if err != nil {
		return nil, err
	}
	for _, item := range items {
		if was, ok := done[item.Key]; !ok || was.Mark < item.Mark {
			open = append(open, item)
		}
	}
	return open, nil
}

// floor is where to begin to look in a list.
func (d *Desk) floor(list string) index.Spot {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.floors[list]
}

func (d *Desk) raise(list string, to index.Spot) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.floors[list] = to
}
