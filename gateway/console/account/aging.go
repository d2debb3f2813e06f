package account

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"time"
)

// MinKeepAudit is the least time that the audit log may be kept: the file itself
// lets no younger act go.
const MinKeepAudit = 30 * 24 * time.Hour

// Housekeeper is by whom the acts are that nobody did.
const Housekeeper = "(haat)"

// How the old acts are taken out.
const (
	ageOutEvery = 24 * time.Hour
	agedAtOnce  = 5000 // acts in one transaction: sign-ins wait for it
)

// KeepAudit takes the acts that are older than a time out of the audit log, at
// once and every day, until ctx ends. With 0 it keeps all for ever. What was
// taken out is itself recorded.
func (a *Accounts) KeepAudit(ctx context.Context, keep time.Duration) error {
	if keep == 0 {
		return nil
	}
	tick := time.NewTicker(ageOutEvery)
	defer tick.Stop()
	for {
		if _, err := a.AgeOut(ctx, time.Now().Add(-keep)); err != nil && ctx.Err() == nil {
			a.cfg.Logger.Error().Err(err).Msg("old acts could not be taken out of the audit log; it is tried again tomorrow")
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// AgeOut takes the acts before a time out of the audit log, and records how many
// there were and of what time. The error says so where the time is less than
// MinKeepAudit ago.
func (a *Accounts) AgeOut(ctx context.Context, before time.Time) (gone int, err error) {
	if time.Since(before) < MinKeepAudit {
		return 0, fmt.Errorf("acts of the last %s stay in the audit log", MinKeepAudit)
	}
	for {
		n, err := a.ageOutSome(ctx, before)
		if gone += n; err != nil || n < agedAtOnce {
			if err != nil {
				err = fmt.Errorf("taking old acts out of the audit log: %w", err)
			}
			return gone, err
		}
	}
}

func (a *Accounts) ageOutSome(ctx context.Context, before time.Time) (gone int, err error) {
	err = a.db.Within(ctx, func(tx *sql.Tx) error {
		var first, last sql.NullInt64
		err := tx.QueryRowContext(ctx, "SELECT count(*), min(at), max(at) FROM (SELECT at FROM acts WHERE at < $1 ORDER BY at LIMIT $2)", before.UnixNano(), agedAtOnce).
			Scan(&gone, &first, &last)
		if err != nil || gone == 0 {
			return err
		}
		for _, do := range []struct {
			text string
			with []any
		}{
			{"UPDATE aging SET before = $1", []any{last.Int64 + 1}},
			{"DELETE FROM acts WHERE at <= $1", []any{last.Int64}},
			{"UPDATE aging SET before = 0", nil},
		} {
			if _, err := tx.ExecContext(ctx, do.text, do.with...); err != nil {
				return err
			}
		}
		span := time.Unix(0, first.Int64).UTC().Format(time.DateOnly) + " - " + time.Unix(0, last.Int64).UTC().Format(time.DateOnly)
		return record(ctx, tx, Act{By: Housekeeper, What: ActAgedOut, About: strconv.Itoa(gone), Detail: span})
	})
	if err != nil {
		return 0, err
	}
	return gone, nil
}
