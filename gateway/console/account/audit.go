package account

import (
	"context"
	"database/sql"
	"fmt"
	"time"
	"unicode/utf8"
)

// The acts that this package records itself.
const (
	ActSignIn   = "sign-in"           // About: the address
	ActSignOut  = "sign-out"          //
	ActAttempts = "sign-in-attempts"  // so many failed that the next ones must wait; About: the address
	ActAdded    = "operator-added"    // About: the name; Detail: the role
	ActRemoved  = "operator-removed"  // About: the name
	ActPassword = "operator-password" // About: the name
	ActRole     = "operator-role"     // About: the name; Detail: the role
	ActFirst    = "first-operator"    // by the link that is printed at the first start
	ActInvited  = "operator-invited"  // a link to choose a password was made; About: the name
	ActJoined   = "operator-joined"   // a password was chosen by such a link; About: the name
	ActEnded    = "operator-sessions" // all sessions were ended; About: the name
	ActLinked   = "operator-linked"   // About: the name; Detail: by what they are known to the provider, "" for no longer
	ActAgedOut  = "audit-aged-out"    // About: how many acts; Detail: from when to when they were
)

// Bounds of an act and of a page of them.
const (
	MaxActText = 500  // bytes of By, What, About and Detail each; what is longer is cut
	MaxActs    = 1000 // what Acts gives at most
)

// Record adds to the audit log. An act without a time is of now.
func (a *Accounts) Record(ctx context.Context, act Act) error {
	if err := a.db.Within(ctx, func(tx *sql.Tx) error { return record(ctx, tx, act) }); err != nil {
		return fmt.Errorf("writing the audit log: %w", err)
	}
	return nil
}

func record(ctx context.Context, tx *sql.Tx, act Act) error {
	if act.At.IsZero() {
		act.At = time.Now()
	}
	// Each act has a time of its own, which says where the next page begins.
	for at := act.At.UnixNano(); ; at++ {
		done, err := tx.ExecContext(ctx, "INSERT INTO acts (at, operator, what, about, detail) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (at) DO NOTHING",
			at, cut(act.By), cut(act.What), cut(act.About), cut(act.Detail))
		if err != nil {
			return err
		}
		if n, err := done.RowsAffected(); err != nil || n == 1 {
			return err
		}
	}
}

// cut shortens a text to what an act may hold, at the end of a character.
func cut(text string) string {
	if len(text) <= MaxActText {
		return text
	}
	text = text[:MaxActText]
	for !utf8.ValidString(text) && len(text) > MaxActText-utf8.UTFMax {
		text = text[:len(text)-1]
	}
	return text
}

// Acts are the latest acts before a time (zero: up to now), the newest first,
// limit and MaxActs at most.
func (a *Accounts) Acts(ctx context.Context, before time.Time, limit int) ([]Act, error) {
	end := int64(1<<63 - 1)
	if !before.IsZero() {
		end = before.UnixNano()
	}
	rows, err := a.db.Read.QueryContext(ctx, "SELECT at, operator, what, about, detail FROM acts WHERE at < $1 ORDER BY at DESC LIMIT $2", end, min(max(limit, 0), MaxActs))
	if err != nil {
		return nil, fmt.Errorf("reading the audit log: %w", err)
	}
	defer rows.Close()
	var acts []Act
	for rows.Next() {
		var act Act
		var at int64
		if err := rows.Scan(&at, &act.By, &act.What, &act.About, &act.Detail); err != nil {
			return nil, fmt.Errorf("reading the audit log: %w", err)
		}
		act.At = time.Unix(0, at).UTC()
		acts = append(acts, act)
	}
	return acts, rows.Err()
}
