package account

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// How often one may fail before pauses begin. Many operators may share the
// address of a cooperative.
const (
	freeOfName    = 5
	freeOfAddress = 20
	freeOfDevice  = 5
)

// The pauses begin with the first, double with every failure, and end with the
// longest; a day without an attempt forgets them.
const (
	firstPause   = time.Second
	longestPause = 15 * time.Minute
	forgetAfter  = 24 * time.Hour
)

// maxAttempts is how many names, addresses and devices are counted at once;
// beyond it those go that were last heard of longest ago.
const maxAttempts = 10_000

// counter counts the failed attempts that have something in common.
type counter struct {
	of   string
	free int
}

func ofName(name string) string       { return "name " + digest(folded(name)) }
func ofAddress(address string) string { return "address " + address }
func ofDevice(token string) string    { return "device " + digest(token) }

// countersOf says by what an attempt is counted. Whoever tries the name of
// somebody else, from however many addresses, makes that name wait for all, but
// not in a browser in which its operator has signed in before: that is counted
// by itself. So nobody can be kept out for ever.
func countersOf(name, address, device string) []counter {
	if device != "" {
		return []counter{{ofDevice(device), freeOfDevice}}
	}
	return []counter{{ofName(name), freeOfName}, {ofAddress(address), freeOfAddress}}
}

// pause is how long the next attempt waits after so many failures.
func pause(failures, free int) time.Duration {
	over := failures - free
	if over < 0 {
		return 0
	}
	if over > 20 { // a further shift would overflow
		return longestPause
	}
	return min(firstPause<<over, longestPause)
}

// take counts an attempt as failed before its password is looked at, so that
// many at once are no way around, or tells how long it must wait. failures are
// those of the first counter.
func (a *Accounts) take(ctx context.Context, counters []counter) (failures int, wait time.Duration, err error) {
	now := time.Now()
	err = a.db.Within(ctx, func(tx *sql.Tx) error {
		if err := forget(ctx, tx, now); err != nil {
			return err
		}
		counts := make([]int, len(counters))
		for i, c := range counters {
			count, free, err := attemptsOf(ctx, tx, c.of)
			if err != nil {
				return err
			}
			counts[i], wait = count+1, max(wait, free.Sub(now))
		}
		if wait > 0 {
			return nil // an attempt that is refused makes nobody wait longer
		}
		failures = counts[0]
		for i, c := range counters {
			_, err := tx.ExecContext(ctx, `INSERT INTO attempts (of, failures, last, free_at) VALUES ($1, $2, $3, $4)
				ON CONFLICT (of) DO UPDATE SET failures = $2, last = $3, free_at = $4`,
				c.of, counts[i], now.UnixNano(), now.Add(pause(counts[i], c.free)).UnixNano())
			if err != nil {
				return err
			}
		}
		return nil
	})
	return failures, wait, err
}

// giveBack takes back that an attempt was counted.
func (a *Accounts) giveBack(ctx context.Context, counters ...counter) error {
	return a.db.Within(ctx, func(tx *sql.Tx) error {
		for _, c := range counters {
			count, _, err := attemptsOf(ctx, tx, c.of)
			if err != nil {
				return err
			}
			count = max(count-1, 0)
			if _, err := tx.ExecContext(ctx, "UPDATE attempts SET failures = $2, free_at = last + $3 WHERE of = $1", c.of, count, int64(pause(count, c.free))); err != nil {
				return err
			}
		}
		return nil
	})
}

// succeeded forgets the failures of a name or a device. An address is only
// given back its one attempt: else who has one account could go on for ever
// trying those of others.
func (a *Accounts) succeeded(ctx context.Context, counters []counter) error {
	if _, err := a.db.Write.ExecContext(ctx, "DELETE FROM attempts WHERE of = $1", counters[0].of); err != nil {
		return err
	}
	return a.giveBack(ctx, counters[1:]...)
}

func attemptsOf(ctx context.Context, tx *sql.Tx, of string) (failures int, free time.Time, err error) {
	var at int64
	err = tx.QueryRowContext(ctx, "SELECT failures, free_at FROM attempts WHERE of = $1", of).Scan(&failures, &at)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, time.Time{}, nil
	}
	return failures, time.Unix(0, at), err
}

func forget(ctx context.Context, tx *sql.Tx, now time.Time) error {
	if _, err := tx.ExecContext(ctx, "DELETE FROM attempts WHERE last < $1", now.Add(-forgetAfter).UnixNano()); err != nil {
		return err
	}
	var count int
	if err := tx.QueryRowContext(ctx, "SELECT count(*) FROM attempts").Scan(&count); err != nil || count < maxAttempts {
		return err
	}
	_, err := tx.ExecContext(ctx, "DELETE FROM attempts WHERE of IN (SELECT of FROM attempts ORDER BY last LIMIT $1)", count-maxAttempts+2)
	return err
}
