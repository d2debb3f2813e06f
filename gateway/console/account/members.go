package account

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Member is an operator as administrators see them.
type Member struct {
	Operator
	Password bool      // they can sign in with one
	Linked   string    // by what the OpenID Connect provider knows them, "" for not at all
	ByClaim  bool      // a claim of the provider let them in, and gives their role
	Demo     bool      // the ready-made operator of a demo
	Invited  time.Time // until when a link to choose a password is good; zero where there is none
	Sessions int       // that are open now
}

// Members gives all operators by name, MaxOperators at most.
func (a *Accounts) Members(ctx context.Context) (all []Member, err error) {
	now := time.Now().UnixNano()
	rows, err := a.db.Read.QueryContext(ctx, `SELECT name, role, added, hash IS NOT NULL, coalesce(awaited, subject, ''), by_claim, demo,
		coalesce((SELECT expires FROM invitations WHERE operator = folded AND expires > $1), 0),
		(SELECT count(*) FROM sessions WHERE operator = folded AND ended = 0 AND expires > $1)
		FROM operators ORDER BY folded`, now)
	if err != nil {
		return nil, fmt.Errorf("listing the operators: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var m Member
		var added, invited int64
		if err := rows.Scan(&m.Name, &m.Role, &added, &m.Password, &m.Linked, &m.ByClaim, &m.Demo, &invited, &m.Sessions); err != nil {
			return nil, fmt.Errorf("listing the operators: %w", err)
		}
		m.At = time.Unix(0, added).UTC()
		if invited > 0 {
			m.Invited = time.Unix(0, invited).UTC()
		}
		all = append(all, m)
	}
	return all, rows.Err()
}

// otherAdmins refuses what would leave no administrator who can sign in. The
// demo's does not count.
func otherAdmins(ctx context.Context, tx *sql.Tx, name string) error {
	const able = "demo = 0 AND role = 'admin' AND (hash IS NOT NULL OR awaited IS NOT NULL OR subject IS NOT NULL)"
	var this, others int
	err := tx.QueryRowContext(ctx, "SELECT count(*) FILTER (WHERE folded = $1), count(*) FILTER (WHERE folded <> $1) FROM operators WHERE "+able, folded(name)).Scan(&this, &others)
	if err == nil && this > 0 && others == 0 {
		err = refused("last")
	}
	return err
}

// maxBarred is how many removed subjects are kept out; one more forgets the one
// that was removed longest ago.
const maxBarred = 10_000

// bar keeps the subject of an operator from coming back by a claim.
func bar(ctx context.Context, tx *sql.Tx, name string) error {
	if _, err := tx.ExecContext(ctx, `INSERT INTO barred (subject, at) SELECT subject, $2 FROM operators WHERE folded = $1 AND subject IS NOT NULL
		ON CONFLICT (subject) DO UPDATE SET at = $2`, folded(name), time.Now().UnixNano()); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, "DELETE FROM barred WHERE subject IN (SELECT subject FROM barred ORDER BY at DESC LIMIT -1 OFFSET $1)", maxBarred)
	return err
}

// renewStamp ends all sessions of an operator.
func renewStamp(ctx context.Context, tx *sql.Tx, name string) error {
	if err := changed(tx.ExecContext(ctx, "UPDATE operators SET stamp = $2 WHERE folded = $1", folded(name), newToken())); err != nil {
		return err
	}
	return endSessions(ctx, tx, name)
}

// EndSessions signs an operator out everywhere. The error is ErrNotFound where
// there is none.
func (a *Accounts) EndSessions(ctx context.Context, by, name string) error {
	return a.change(ctx, "ending sessions", func(tx *sql.Tx) error {
		if err := renewStamp(ctx, tx, name); err != nil {
			return err
		}
		return record(ctx, tx, Act{By: by, What: ActEnded, About: name})
	})
}

// AddLinked adds an operator who signs in by OpenID Connect only: as the subject
// that the provider knows them by or, with an @ in it, as the e-mail address that
// it has verified. The error is a *Refused when something will not do.
func (a *Accounts) AddLinked(ctx context.Context, by, name string, role Role, subject string) error {
	name, err := checkNew(name, role)
	if err != nil {
		return err
	}
	if subject, err = checkSubject(subject); err != nil {
		return err
	}
	return a.change(ctx, "adding an operator", func(tx *sql.Tx) error {
		if err := insertOperator(ctx, tx, operator{Operator: Operator{Name: name, Role: role, At: time.Now()}, awaited: subject}); err != nil {
			return err
		}
		if err := record(ctx, tx, Act{By: by, What: ActAdded, About: name, Detail: string(role)}); err != nil {
			return err
		}
		return record(ctx, tx, Act{By: by, What: ActLinked, About: name, Detail: subject})
	})
}

// Link lets an operator sign in by OpenID Connect, too, as AddLinked does; with
// "" no longer. Their sessions end. The error is ErrNotFound or a *Refused.
func (a *Accounts) Link(ctx context.Context, by, name, subject string) error {
	if subject != "" {
		var err error
		if subject, err = checkSubject(subject); err != nil {
			return err
		}
	}
	return a.change(ctx, "linking an operator", func(tx *sql.Tx) error {
		var able bool
		err := tx.QueryRowContext(ctx, "SELECT hash IS NOT NULL AND demo = 0 FROM operators WHERE folded = $1", folded(name)).Scan(&able)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			return ErrNotFound
		case err != nil:
			return err
		case subject == "" && !able: // nobody could sign in as them any more
			if err := otherAdmins(ctx, tx, name); err != nil {
				return err
			}
		case subject != "":
			if err := notLinkedYet(ctx, tx, subject); err != nil {
				return err
			}
		}
		if _, err := tx.ExecContext(ctx, "UPDATE operators SET awaited = nullif($2, ''), subject = NULL, by_claim = 0 WHERE folded = $1", folded(name), subject); err != nil {
			return err
		}
		if err := renewStamp(ctx, tx, name); err != nil {
			return err
		}
		return record(ctx, tx, Act{By: by, What: ActLinked, About: name, Detail: subject})
	})
}

// checkSubject tells why nobody can be linked by a subject, or gives it as it is
// kept.
func checkSubject(subject string) (string, error) {
	subject = strings.TrimSpace(subject)
	odd := func(r rune) bool { return !unicode.IsPrint(r) || unicode.IsSpace(r) }
	if subject == "" || len(subject) > maxSubject || !utf8.ValidString(subject) || strings.ContainsFunc(subject, odd) {
		return "", refused("subject", most(maxSubject)...)
	}
	if strings.Contains(subject, "@") {
		subject = plainLower(subject)
	}
	return subject, nil
}

func notLinkedYet(ctx context.Context, tx *sql.Tx, awaited string) error {
	var taken bool
	err := tx.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM operators WHERE awaited = $1)", awaited).Scan(&taken)
	if err == nil && taken {
		err = refused("linked")
	}
	return err
}
