// Package saved keeps the views that operators saved: filters of the message log
// by name, their own and those that others share.
package saved

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"haat/gateway/console/store"
)

// View is a saved view.
type View struct {
	ID     int64
	Owner  string // an operator's name
	Name   string
	Query  string // of its address, without "?"
	Shared bool   // all operators see it
	Home   bool   // the console opens with it for who asked
}

// Limits of what is kept.
const (
	MaxName   = 60   // characters of a name
	MaxQuery  = 4096 // octets of a query
	MaxOwn    = 50   // views of an operator
	MaxShared = 200  // shared views of all operators together
)

// What can be wrong with a view.
var (
	ErrName   = fmt.Errorf("a view has a name of 1 to %d characters on one line", MaxName)
	ErrTaken  = errors.New("you have a view of this name; choose another one")
	ErrMany   = fmt.Errorf("you have %d views; remove one first", MaxOwn)
	ErrShared = fmt.Errorf("%d views are shared; somebody has to keep one to themselves first", MaxShared)
	ErrNone   = errors.New("there is no such view of yours")
	ErrQuery  = fmt.Errorf("the filter of a view has at most %d octets", MaxQuery)
)

// Views are those of console.db. They are safe for concurrent use.
type Views struct {
	db  *store.Store
	now func() time.Time
}

// New returns the views of a store.
func New(db *store.Store) *Views { return &Views{db, time.Now} }

// Of gives what an operator sees: their own views, and then those that others
// share, each by name.
func (v *Views) Of(ctx context.Context, operator string) (all []View, err error) {
	rows, err := v.db.Read.QueryContext(ctx, `SELECT id, owner, name, query, shared, id = coalesce((SELECT view FROM homes WHERE operator = $1), 0)
		FROM views WHERE owner = $1 OR shared = 1 ORDER BY owner <> $1, folded, id LIMIT $2`, operator, MaxOwn+MaxShared)
	if err != nil {
		return nil, fmt.Errorf("reading the saved views: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var one View
		if err := rows.Scan(&one.ID, &one.Owner, &one.Name, &one.Query, &one.Shared, &one.Home); err != nil {
			return nil, fmt.Errorf("reading the saved views: %w", err)
		}
		all = append(all, one)
	}
	return all, rows.Err()
}

// Home is the view that the console opens with for an operator; ErrNone where
// they chose none, or can no longer see it.
func (v *Views) Home(ctx context.Context, operator string) (one View, err error) {
	err = v.db.Read.QueryRowContext(ctx, `SELECT id, owner, name, query, shared FROM views
		WHERE id = (SELECT view FROM homes WHERE operator = $1) AND (owner = $1 OR shared = 1)`, operator).
		Scan(&one.ID, &one.Owner, &one.Name, &one.Query, &one.Shared)
	if errors.Is(err, sql.ErrNoRows) {
		return one, ErrNone
	}
	one.Home = true
	return one, err
}

// Save keeps a view of an operator, and gives its ID.
func (v *Views) Save(ctx context.Context, one View) (id int64, err error) {
	if one.Name, err = named(one.Name); err != nil {
		return 0, err
	}
	if len(one.Query) > MaxQuery {
		return 0, ErrQuery
	}
	err = v.db.Within(ctx, func(tx *sql.Tx) error {
		if err := free(ctx, tx, one.Owner, one.Name, 0); err != nil {
			return err
		}
		own, err := count(ctx, tx, "SELECT count(*) FROM views WHERE owner = $1", one.Owner)
		if err != nil {
			return err
		}
		if own >= MaxOwn {
			return ErrMany
		}
		if err := room(ctx, tx, one.Shared, 0); err != nil {
			return err
		}
		return tx.QueryRowContext(ctx, "INSERT INTO views (owner, name, folded, query, shared, made) VALUES ($1, $2, $3, $4, $5, $6) RETURNING id",
			one.Owner, one.Name, fold(one.Name), one.Query, one.Shared, v.now().UnixNano()).Scan(&id)
	})
	return id, err
}

// Change gives a view of an operator another name, and shares it or not.
func (v *Views) Change(ctx context.Context, operator string, id int64, name string, shared bool) error {
	name, err := named(name)
	if err != nil {
		return err
	}
	return v.db.Within(ctx, func(tx *sql.Tx) error {
		if err := free(ctx, tx, operator, name, id); err != nil {
			return err
		}
		if err := room(ctx, tx, shared, id); err != nil {
			return err
		}
		return one(tx.ExecContext(ctx, "UPDATE views SET name = $1, folded = $2, shared = $3 WHERE id = $4 AND owner = $5", name, fold(name), shared, id, operator))
	})
}

// Remove forgets a view of an operator, for all.
func (v *Views) Remove(ctx context.Context, operator string, id int64) error {
	return v.db.Within(ctx, func(tx *sql.Tx) error {
		return one(tx.ExecContext(ctx, "DELETE FROM views WHERE id = $1 AND owner = $2", id, operator))
	})
}

// SetHome lets the console open with a view that the operator sees; with ID 0
// with all messages again.
func (v *Views) SetHome(ctx context.Context, operator string, id int64) error {
	return v.db.Within(ctx, func(tx *sql.Tx) error {
		if id == 0 {
			_, err := tx.ExecContext(ctx, "DELETE FROM homes WHERE operator = $1", operator)
			return err
		}
		return one(tx.ExecContext(ctx, `INSERT INTO homes (operator, view) SELECT $1, id FROM views WHERE id = $2 AND (owner = $1 OR shared = 1)
			ON CONFLICT (operator) DO UPDATE SET view = excluded.view`, operator, id))
	})
}

// one is ErrNone where nothing was changed.
func one(done sql.Result, err error) error {
	if err != nil {
		return err
	}
	n, err := done.RowsAffected()
	return errors.Join(err, when(n == 0, ErrNone))
}

// free tells whether the operator has no other view of the name.
func free(ctx context.Context, tx *sql.Tx, operator, name string, but int64) error {
	n, err := count(ctx, tx, "SELECT count(*) FROM views WHERE owner = $1 AND folded = $2 AND id <> $3", operator, fold(name), but)
	return errors.Join(err, when(n > 0, ErrTaken))
}

// room tells whether one more view can be shared.
func room(ctx context.Context, tx *sql.Tx, shared bool, but int64) error {
	if !shared {
		return nil
	}
	n, err := count(ctx, tx, "SELECT count(*) FROM views WHERE shared = 1 AND id <> $1", but)
	return errors.Join(err, when(n >= MaxShared, ErrShared))
}

func count(ctx context.Context, tx *sql.Tx, query string, values ...any) (n int, err error) {
	err = tx.QueryRowContext(ctx, query, values...).Scan(&n)
	return n, err
}

func when(so bool, err error) error {
	if so {
		return err
	}
	return nil
}

// named is a name as it is kept: composed, with single spaces.
func named(name string) (string, error) {
	name = norm.NFC.String(strings.Join(strings.Fields(name), " "))
	unseen := func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) }
	if name == "" || utf8.RuneCountInString(name) > MaxName || !utf8.ValidString(name) || strings.ContainsFunc(name, unseen) {
		return "", ErrName
	}
	return name, nil
}

func fold(name string) string { return cases.Fold().String(norm.NFKC.String(name)) }
