package account

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"regexp"
	"time"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// MaxName is how long an operator's name may be, in characters.
const MaxName = 40

// MaxOperators is how many operators a console may have.
const MaxOperators = 1000

// named is what names look like: letters and digits of any script.
var named = regexp.MustCompile(`^[\p{L}\p{N}][\p{L}\p{M}\p{N}._-]*$`)

func checkName(name string) error {
	if !utf8.ValidString(name) || utf8.RuneCountInString(name) > MaxName || !named.MatchString(name) {
		return refused("name", most(MaxName)...)
	}
	return nil
}

// CommandLine is by whom the acts are that were done by a command on the
// machine itself; no operator can have such a name.
const CommandLine = "(command line)"

// Add adds an operator. The error is a *Refused when name, role or password
// will not do. by is who adds it, for the audit log.
func (a *Accounts) Add(ctx context.Context, by, name string, role Role, password string) error {
	name = norm.NFKC.String(name)
	hash, err := a.newOperator(ctx, name, role, password)
	if err != nil {
		return err
	}
	return a.change(ctx, "adding an operator", func(tx *sql.Tx) error {
		if err := insertOperator(ctx, tx, operator{Operator: Operator{Name: name, Role: role, At: time.Now()}, hash: hash}); err != nil {
			return err
		}
		return record(ctx, tx, Act{By: by, What: ActAdded, About: name, Detail: string(role)})
	})
}

// checkNew tells why no such operator can be added, or gives the name as it is
// kept.
func checkNew(name string, role Role) (string, error) {
	name = norm.NFKC.String(name)
	if err := checkName(name); err != nil {
		return "", err
	}
	if folded(name) == demoName {
		return "", refused("reserved")
	}
	if rank(role) == 0 {
		return "", refused("role")
	}
	return name, nil
}

// newOperator checks what an operator shall be, and hashes the password.
func (a *Accounts) newOperator(ctx context.Context, name string, role Role, password string) (hash string, err error) {
	if _, err := checkNew(name, role); err != nil {
		return "", err
	}
	if err := checkPassword(name, password); err != nil {
		return "", err
	}
	return a.hashes.hash(ctx, password)
}

func insertOperator(ctx context.Context, tx *sql.Tx, o operator) error {
	var all, same int
	if err := tx.QueryRowContext(ctx, "SELECT count(*), count(*) FILTER (WHERE folded = $1) FROM operators", folded(o.Name)).Scan(&all, &same); err != nil {
		return err
	}
	switch {
	case same > 0:
		return refused("taken")
	case all >= MaxOperators:
		return refused("many", most(MaxOperators)...)
	}
	if err := notLinkedYet(ctx, tx, o.awaited); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO operators (folded, name, role, hash, subject, awaited, by_claim, stamp, demo, added)
		VALUES ($1, $2, $3, nullif($4, ''), nullif($5, ''), nullif($6, ''), $7, $8, $9, $10)`,
		folded(o.Name), o.Name, string(o.Role), o.hash, o.subject, o.awaited, o.byClaim, newToken(), o.demo, o.At.UnixNano())
	return err
}

// Remove removes an operator and ends their sessions; one who came by a claim of
// the OpenID Connect provider does not come back by it. The error is ErrNotFound
// where there is none, and a *Refused for oneself and for the last administrator.
func (a *Accounts) Remove(ctx context.Context, by, name string) error {
	if folded(by) == folded(name) {
		return refused("self")
	}
	return a.change(ctx, "removing an operator", func(tx *sql.Tx) error {
		if err := otherAdmins(ctx, tx, name); err != nil {
			return err
		}
		if err := bar(ctx, tx, name); err != nil {
			return err
		}
		if err := changed(tx.ExecContext(ctx, "DELETE FROM operators WHERE folded = $1", folded(name))); err != nil {
			return err
		}
		if err := endSessions(ctx, tx, name); err != nil {
			return err
		}
		return record(ctx, tx, Act{By: by, What: ActRemoved, About: name})
	})
}

// SetPassword gives an operator another password, ends their sessions, and
// forgets what attempts of others keep them from signing in. The error is
// ErrNotFound or a *Refused.
func (a *Accounts) SetPassword(ctx context.Context, by, name, password string) error {
	if err := checkPassword(name, password); err != nil {
		return err
	}
	hash, err := a.hashes.hash(ctx, password)
	if err != nil {
		return err
	}
	return a.change(ctx, "setting a password", func(tx *sql.Tx) error {
		if err := keepPassword(ctx, tx, name, hash); err != nil {
			return err
		}
		return record(ctx, tx, Act{By: by, What: ActPassword, About: name})
	})
}

// keepPassword puts a new password in the place of whatever let an operator in
// by an old one.
func keepPassword(ctx context.Context, tx *sql.Tx, name, hash string) error {
	if err := changed(tx.ExecContext(ctx, "UPDATE operators SET hash = $2, stamp = $3 WHERE folded = $1", folded(name), hash, newToken())); err != nil {
		return err
	}
	if err := endSessions(ctx, tx, name); err != nil {
		return err
	}
	for _, forget := range []string{"devices WHERE operator = $1", "invitations WHERE operator = $1", "attempts WHERE of = $2"} {
		if _, err := tx.ExecContext(ctx, "DELETE FROM "+forget, folded(name), ofName(name)); err != nil {
			return err
		}
	}
	return nil
}

// SetRole gives an operator another role and ends their sessions. The role no
// longer follows a claim. The error is ErrNotFound or a *Refused, for a lower
// role of oneself or of the last administrator, too.
func (a *Accounts) SetRole(ctx context.Context, by, name string, role Role) error {
	switch {
	case rank(role) == 0:
		return refused("role")
	case folded(by) == folded(name):
		return refused("self")
	}
	return a.change(ctx, "setting a role", func(tx *sql.Tx) error {
		if role != Admin {
			if err := otherAdmins(ctx, tx, name); err != nil {
				return err
			}
		}
		if err := changed(tx.ExecContext(ctx, "UPDATE operators SET role = $2, stamp = $3, by_claim = 0 WHERE folded = $1", folded(name), string(role), newToken())); err != nil {
			return err
		}
		if err := endSessions(ctx, tx, name); err != nil {
			return err
		}
		return record(ctx, tx, Act{By: by, What: ActRole, About: name, Detail: string(role)})
	})
}

// List gives all operators by name, MaxOperators at most.
func (a *Accounts) List(ctx context.Context) ([]Operator, error) {
	rows, err := a.db.Read.QueryContext(ctx, "SELECT name, role, added FROM operators ORDER BY folded")
	if err != nil {
		return nil, fmt.Errorf("listing the operators: %w", err)
	}
	defer rows.Close()
	var all []Operator
	for rows.Next() {
		var o Operator
		var added int64
		if err := rows.Scan(&o.Name, &o.Role, &added); err != nil {
			return nil, fmt.Errorf("listing the operators: %w", err)
		}
		o.At = time.Unix(0, added).UTC()
		all = append(all, o)
	}
	return all, rows.Err()
}

// operator is all that is known of somebody.
type operator struct {
	Operator
	hash, stamp string
	subject     string // of the OpenID Connect provider, with its issuer; "" before they have come
	awaited     string // what they are linked by
	byClaim     bool
	demo        bool
}

// find looks up an operator by name in any case; ErrNotFound where there is none.
func (a *Accounts) find(ctx context.Context, name string) (o operator, err error) {
	var added int64
	err = a.db.Read.QueryRowContext(ctx, "SELECT name, role, coalesce(hash, ''), stamp, demo, added FROM operators WHERE folded = $1", folded(name)).
		Scan(&o.Name, &o.Role, &o.hash, &o.stamp, &o.demo, &added)
	if errors.Is(err, sql.ErrNoRows) {
		return o, ErrNotFound
	}
	o.At = time.Unix(0, added).UTC()
	return o, err
}

// change does something about the accounts, all of it or nothing.
func (a *Accounts) change(ctx context.Context, what string, do func(*sql.Tx) error) error {
	err := a.db.Within(ctx, do)
	var no *Refused
	if err == nil || errors.As(err, &no) || errors.Is(err, ErrNotFound) {
		return err
	}
	return fmt.Errorf("%s: %w", what, err)
}

// changed is ErrNotFound when a statement has found nothing.
func changed(done sql.Result, err error) error {
	if err != nil {
		return err
	}
	if n, err := done.RowsAffected(); err != nil || n > 0 {
		return err
	}
	return ErrNotFound
}
