package store

import (
	"context"
	"database/sql"
	"strconv"
	"strings"
)

// chunk is how many rows one statement of an inserter writes at most: much of
// the price of an INSERT is the call, not the row.
const chunk = 8

// insertSQL writes an INSERT of several rows: INSERT INTO t (a, b) VALUES ($1, $2), ($3, $4).
func insertSQL(table, columns string, rows int) string {
	width := strings.Count(columns, ",") + 1
	var b strings.Builder
	b.WriteString("INSERT INTO " + table + " (" + columns + ") VALUES ")
	for i := range rows * width {
		switch {
		case i == 0:
			b.WriteString("(")
		case i%width == 0:
			b.WriteString("), (")
		default:
			b.WriteString(", ")
		}
		b.WriteString("$" + strconv.Itoa(i+1))
	}
	b.WriteString(")")
	return b.String()
}

// inserter holds the two statements that write rows of one table.
type inserter struct {
	width     int
	one, many *sql.Stmt
}

func newInserter(ctx context.Context, db *sql.DB, table, columns string) (in inserter, err error) {
	in.width = strings.Count(columns, ",") + 1
	if in.one, err = db.PrepareContext(ctx, insertSQL(table, columns, 1)); err != nil {
		return in, err
	}
	in.many, err = db.PrepareContext(ctx, insertSQL(table, columns, chunk))
	return in, err
}

// pending are rows of one table that a batch has yet to write.
type pending struct {
	inserter
	values []any
}

func (p *pending) add(row ...any) { p.values = append(p.values, row...) }

func (p *pending) flush(ctx context.Context, tx *sql.Tx) error {
	for values := p.values; len(values) > 0; {
		stmt, n := p.one, p.width
		if len(values) >= chunk*p.width {
			stmt, n = p.many, chunk*p.width
		}
		if _, err := tx.StmtContext(ctx, stmt).ExecContext(ctx, values[:n]...); err != nil {
			return err
		}
		values = values[n:]
	}
	p.values = p.values[:0]
	return nil
}
