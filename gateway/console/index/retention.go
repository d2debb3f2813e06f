package index

import (
	"context"
	"fmt"
	"time"
)

// forgetAtOnce is how many rows one transaction takes out.
const forgetAtOnce = 2048

// forget takes out what is before the first message of the log. Writers wait for
// one part of it at a time.
func (f *file) forget(ctx context.Context, first uint64) (gone int, err error) {
	for {
		n, err := f.forgetSome(ctx, first)
		if gone += n; err != nil {
			return gone, err
		}
		if n == 0 {
			_, err := f.write.ExecContext(ctx, "DELETE FROM attention WHERE seq < $1", int64(first))
			return gone, err
		}
	}
}

func (f *file) forgetSome(ctx context.Context, first uint64) (int, error) {
	tx, err := f.write.BeginTx(ctx, nil)
	if err != nil {
		return 0, err
	}
	defer tx.Rollback() //nolint:errcheck // after a commit there is nothing left
	rows, err := tx.QueryContext(ctx, "SELECT "+columns+" FROM lines WHERE seq < $1 ORDER BY seq LIMIT $2", int64(first), forgetAtOnce)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	var old []*Row
	for rows.Next() {
		r, err := scanRow(rows.Scan)
		if err != nil {
			return 0, err
		}
		old = append(old, &r)
	}
	if err := rows.Err(); err != nil || len(old) == 0 {
		return 0, err
	}
	b := newBatch(tx, f, time.Time{}) // nothing in it is new
	for _, r := range old {
		if err := b.forget(ctx, r, first); err != nil {
			return 0, fmt.Errorf("message %d: %w", r.Seq, err)
		}
	}
	if err := b.write(ctx); err != nil {
		return 0, err
	}
	return len(old), tx.Commit()
}

// forget takes out a row. Where the message that amends it is still in the log,
// that one gets the row: it says all that the first did.
func (b *batch) forget(ctx context.Context, r *Row, first uint64) error {
	var amended, at int64
	err := b.tx.QueryRowContext(ctx, "SELECT coalesce(max(seq), 0), coalesce(max(at), 0) FROM amendments WHERE line = $1", int64(r.Seq)).Scan(&amended, &at)
	if err != nil {
		return err
	}
	if _, err := b.tx.StmtContext(ctx, b.file.unterm).ExecContext(ctx, int64(r.Seq), r.terms()); err != nil {
		return err
	}
	for _, table := range []string{"lines WHERE seq", "amendments WHERE line"} {
		if _, err := b.tx.ExecContext(ctx, "DELETE FROM "+table+" = $1", int64(r.Seq)); err != nil {
			return err
		}
	}
	if uint64(amended) >= first {
		if _, err := b.tx.ExecContext(ctx, "UPDATE attention SET seq = $2 WHERE seq = $1", int64(r.Seq), amended); err != nil {
			return err
		}
		moved := *r
		moved.Seq, moved.At = uint64(amended), timeOf(at)
		b.tally.row(r, -1)
		b.fresh = append(b.fresh, &moved)
	}
	return nil
}
