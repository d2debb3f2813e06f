package alert

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"haat/gateway/console/store"
)

// maxHistory is how many alerts, and how much of what was told of them, is kept;
// what still lasts or waits is kept in any case.
const maxHistory = 500

func readRules(ctx context.Context, s *store.Store) (all []Rule, err error) {
	rows, err := s.Read.QueryContext(ctx, "SELECT kind, is_on, share, window_s, from_minute, until_minute, silent_until FROM alert_rules")
	if err != nil {
		return nil, fmt.Errorf("reading the rules of alerts: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var r Rule
		var window, silent int64
		if err := rows.Scan(&r.Kind, &r.On, &r.Limit, &window, &r.From, &r.Until, &silent); err != nil {
			return nil, fmt.Errorf("reading the rules of alerts: %w", err)
		}
		r.Window, r.Silent = time.Duration(window)*time.Second, timeOf(silent)
		all = append(all, r)
	}
	return all, rows.Err()
}

func keepRule(ctx context.Context, s *store.Store, r Rule) error {
	_, err := s.Write.ExecContext(ctx, `INSERT INTO alert_rules (kind, is_on, share, window_s, from_minute, until_minute, silent_until) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (kind) DO UPDATE SET is_on = $2, share = $3, window_s = $4, from_minute = $5, until_minute = $6, silent_until = $7`,
		string(r.Kind), r.On, r.Limit, int64(r.Window/time.Second), r.From, r.Until, nanoseconds(r.Silent))
	if err != nil {
		return fmt.Errorf("keeping a rule of alerts: %w", err)
	}
	return nil
}

// nanoseconds and timeOf keep the zero time as 0.
func nanoseconds(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixNano()
}

func timeOf(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.Unix(0, n).UTC()
}

// keepFired keeps an alert, with what is to be told of it.
func keepFired(ctx context.Context, s *store.Store, a *Alert, routes []string) error {
	err := s.Within(ctx, func(tx *sql.Tx) error {
		done, err := tx.ExecContext(ctx, "INSERT INTO alerts (kind, subject, value, unit, share, window_s, fired) VALUES ($1, $2, $3, $4, $5, $6, $7)",
			string(a.Kind), a.Subject, a.Value, a.Unit, a.Limit, int64(a.Window/time.Second), a.Fired.UnixNano())
		if err != nil {
			return err
		}
		if a.ID, err = done.LastInsertId(); err != nil {
			return err
		}
		if err := addNews(ctx, tx, a.ID, Fired, routes, a.Fired); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, "DELETE FROM alerts WHERE ended <> 0 AND id <= (SELECT max(id) FROM alerts) - $1", maxHistory)
		return err
	})
	if err != nil {
		return fmt.Errorf("keeping an alert: %w", err)
	}
	return nil
}

func keepEnded(ctx context.Context, s *store.Store, a Alert, routes []string) error {
	err := s.Within(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, "UPDATE alerts SET ended = $2 WHERE id = $1", a.ID, a.Ended.UnixNano()); err != nil {
			return err
		}
		return addNews(ctx, tx, a.ID, Ended, routes, a.Ended)
	})
	if err != nil {
		return fmt.Errorf("keeping the end of an alert: %w", err)
	}
	return nil
}

func keepAcked(ctx context.Context, s *store.Store, a Alert) error {
	if _, err := s.Write.ExecContext(ctx, "UPDATE alerts SET acked = $2, acked_by = $3 WHERE id = $1", a.ID, a.Acked.UnixNano(), a.AckedBy); err != nil {
		return fmt.Errorf("keeping who has seen an alert: %w", err)
	}
	return nil
}

func keepTest(ctx context.Context, s *store.Store, routes []string, at time.Time) error {
	return s.Within(ctx, func(tx *sql.Tx) error { return addNews(ctx, tx, 0, Test, routes, at) })
}

func addNews(ctx context.Context, tx *sql.Tx, alert int64, event Event, routes []string, at time.Time) error {
	for _, route := range routes {
		if _, err := tx.ExecContext(ctx, "INSERT INTO alert_news (alert, event, route, made, next) VALUES ($1, $2, $3, $4, $4)", alert, string(event), route, at.UnixNano()); err != nil {
			return err
		}
	}
	_, err := tx.ExecContext(ctx, "DELETE FROM alert_news WHERE state <> 'waiting' AND id <= (SELECT max(id) FROM alert_news) - $1", maxHistory)
	return err
}

func readAlerts(ctx context.Context, s *store.Store, where string, limit int) (all []Alert, err error) {
	rows, err := s.Read.QueryContext(ctx, "SELECT id, kind, subject, value, unit, share, window_s, fired, ended, acked, acked_by FROM alerts WHERE "+where+" ORDER BY id DESC LIMIT $1", limit)
	if err != nil {
		return nil, fmt.Errorf("reading the alerts: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var a Alert
		var window, fired, ended, acked int64
		if err := rows.Scan(&a.ID, &a.Kind, &a.Subject, &a.Value, &a.Unit, &a.Limit, &window, &fired, &ended, &acked, &a.AckedBy); err != nil {
			return nil, fmt.Errorf("reading the alerts: %w", err)
		}
		a.Window, a.Fired, a.Ended, a.Acked = time.Duration(window)*time.Second, timeOf(fired), timeOf(ended), timeOf(acked)
		all = append(all, a)
	}
	return all, rows.Err()
}

// readNews reads what is to be told, or was.
func readNews(ctx context.Context, s *store.Store, where, order string, before int64, limit int) (all []News, err error) {
	rows, err := s.Write.QueryContext(ctx, "SELECT id, alert, event, route, made, attempts, state, why FROM alert_news WHERE next <= $1 AND "+where+" ORDER BY "+order+" LIMIT $2", before, limit)
	if err != nil {
		return nil, fmt.Errorf("reading what was told of alerts: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var n News
		var made int64
		if err := rows.Scan(&n.ID, &n.Alert, &n.Event, &n.Route, &made, &n.Attempts, &n.State, &n.Why); err != nil {
			return nil, fmt.Errorf("reading what was told of alerts: %w", err)
		}
		n.Made = timeOf(made)
		all = append(all, n)
	}
	return all, rows.Err()
}
