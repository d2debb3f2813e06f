package account

import (
	"context"
	"database/sql"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// demoName is the ready-made operator's.
const demoName = "demo"

// Demo makes an administrator for trying haat out, or gives the one of the last
// start another password: for a haat without a configuration, whose operators
// are on the same machine. The operator can sign in only from there, and only
// while Demo was called since Open. Print both, they are known nowhere else.
func (a *Accounts) Demo(ctx context.Context) (name, password string, err error) {
	letters := strings.ToLower(newToken())
	password = strings.Join([]string{letters[0:4], letters[4:8], letters[8:12], letters[12:16]}, "-")
	hash, err := a.hashes.hash(ctx, password)
	if err != nil {
		return "", "", fmt.Errorf("making the operator of the demo: %w", err)
	}
	err = a.change(ctx, "making the operator of the demo", func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO operators (folded, name, role, hash, stamp, demo, added) VALUES ($1, $1, $2, $3, $4, 1, $5)
			ON CONFLICT (folded) DO UPDATE SET role = $2, hash = $3, stamp = $4`, demoName, string(Admin), hash, newToken(), time.Now().UnixNano())
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, "DELETE FROM attempts WHERE of = $1", ofName(demoName)); err != nil {
			return err
		}
		return endSessions(ctx, tx, demoName)
	})
	if err != nil {
		return "", "", err
	}
	a.demo.Store(true)
	return demoName, password, nil
}

// admits tells whether an operator may be signed in by such a request.
func (a *Accounts) admits(o operator, r *http.Request) bool {
	return !o.demo || a.demo.Load() && fromHere(r)
}
