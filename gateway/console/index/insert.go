package index

import (
	"context"
	"database/sql"
	"strings"
)

// chunk is how many rows one statement writes where there are so many: each
// statement has its price.
const chunk = 32

// inserter holds the two statements that write rows of one table.
type inserter struct {
	width     int
	one, many *sql.Stmt
}

func newInserter(ctx context.Context, db *sql.DB, table, columns string, after ...string) (in inserter, err error) {
	in.width = strings.Count(columns, ",") + 1
	if in.one, err = db.PrepareContext(ctx, insertSQL(table, columns, in.width, 1, after...)); err != nil {
		return in, err
	}
	in.many, err = db.PrepareContext(ctx, insertSQL(table, columns, in.width, chunk, after...))
	return in, err
}

// insertSQL has no numbers in its placeholders: the driver looks up the name of
// each that has one.
func insertSQL(table, columns string, width, rows int, after ...string) string {
	row := "(" + strings.TrimSuffix(strings.Repeat("?, ", width), ", ") + ")"
	return "INSERT INTO " + table + " (" + columns + ") VALUES " + strings.TrimSuffix(strings.Repeat(row+", ", rows), ", ") + " " + strings.Join(after, " ")
}

// into begins to write rows in a transaction.
func (in inserter) into(tx *sql.Tx) *pending { return &pending{inserter: in, tx: tx} }

// pending are rows that are yet to be written.
type pending struct {
	inserter
	tx     *sql.Tx
	values []any
}

func (p *pending) add(ctx context.Context, row ...any) error {
	p.values = append(p.values, row...)
	if len(p.values) < chunk*p.width {
		return nil
	}
	_, err := p.tx.StmtContext(ctx, p.many).ExecContext(ctx, p.values...)
	p.values = p.values[:0]
	return err
}

// flush writes what is left.
func (p *pending) flush(ctx context.Context) error {
	for values := p.values; len(values) > 0; values = values[p.width:] {
		if _, err := p.tx.StmtContext(ctx, p.one).ExecContext(ctx, values[:p.width]...); err != nil {
			return err
		}
	}
	p.values = nil
	return nil
}
