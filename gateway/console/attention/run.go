package attention

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"golang.org/x/time/rate"

	"haat/gateway/console/account"
)

// ActEnded is the end of a job, as the audit log names it.
const ActEnded = "bulk-end"

// The pauses after a failure that is none of the message's.
const firstPause, lastPause = time.Second, 30 * time.Second

// Run does the jobs that are begun, one at a time, until ctx ends. One that was
// under way when haat ended goes on where it was.
func (d *Desk) Run(ctx context.Context) error {
	pause := firstPause
	for ctx.Err() == nil {
		err := d.runAll(ctx)
		if err == nil {
			pause = firstPause
			select {
			case <-d.wake:
			case <-ctx.Done():
			}
			continue
		}
		if ctx.Err() != nil {
			break
		}
		d.Logger.Error().Err(err).Dur("again_in", pause).Msg("an act on many messages does not get on")
		select {
		case <-time.After(pause):
		case <-ctx.Done():
		}
		pause = min(2*pause, lastPause)
	}
	return nil
}

func (d *Desk) runAll(ctx context.Context) error {
	for {
		// Of a job that was stopped a message may have been in hand when haat ended.
		const next = "SELECT " + jobColumns + ` FROM jobs WHERE state = 'running'
			OR state = 'stopped' AND EXISTS (SELECT 1 FROM job_items WHERE job = id AND result = 'doing') LIMIT 1`
		j, err := scanJob(d.Store.Read.QueryRowContext(ctx, next).Scan)
		if errors.Is(err, sql.ErrNoRows) {
			return d.tellEnds(ctx)
		}
		if err == nil {
			err = d.run(ctx, j)
		}
		if err != nil {
			return err
		}
	}
}

// tellEnds writes the ends of jobs into the audit log.
func (d *Desk) tellEnds(ctx context.Context) error {
	rows, err := d.Store.Read.QueryContext(ctx, "SELECT "+jobColumns+" FROM jobs WHERE state IN ('done', 'stopped') AND told = 0 ORDER BY id")
	if err != nil {
		return err
	}
	var ended []Job
	for rows.Next() {
		j, err := scanJob(rows.Scan)
		if err != nil {
			return errors.Join(err, rows.Close())
		}
		ended = append(ended, j)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return err
	}
	for _, j := range ended {
		if err := d.progress(ctx, &j); err != nil {
			return err
		}
		act := account.Act{By: j.By, What: ActEnded, About: fmt.Sprintf("#%d", j.ID),
			Detail: fmt.Sprintf("%s: %d of %d done, %d skipped, %d failed", j.State, j.Done, j.Total, j.Skipped, j.Failed)}
		if err := d.Record(ctx, act); err != nil {
			return err
		}
		if _, err := d.Store.Write.ExecContext(ctx, "UPDATE jobs SET told = 1 WHERE id = $1", j.ID); err != nil {
			return err
		}
	}
	return nil
}

// run does a job to its end, or until it is stopped.
func (d *Desk) run(ctx context.Context, j Job) error {
	pace := rate.NewLimiter(rate.Limit(d.Rate), 1)
	for {
		if err := pace.Wait(ctx); err != nil {
			return err
		}
		w, found, err := d.take(ctx, j)
		if err != nil {
			return err
		}
		if !found {
			d.forgetCounts()
			return nil
		}
		result, err := d.do(ctx, j, w)
		if err != nil {
			return err // it stays in hand, and is looked into before it is done again
		}
		const put = "UPDATE job_items SET result = $3, why = $4, ref = $5 WHERE job = $1 AND seq = $2"
		if _, err := d.Store.Write.ExecContext(context.WithoutCancel(ctx), put, j.ID, int64(w.seq), result.Result, result.Why, result.Ref); err != nil {
			return err
		}
	}
}

// work is one message of a job in hand.
type work struct {
	seq   uint64
	at    time.Time // of the notice
	again bool      // it was in hand before haat ended or failed
}

// take notes that the next message is in hand, unless the job is stopped. Where
// there is none, the job is done. What was in hand before comes first, even of a
// job that was stopped meanwhile.
func (d *Desk) take(ctx context.Context, j Job) (w work, found bool, err error) {
	err = d.Store.Within(ctx, func(tx *sql.Tx) error {
		var at int64
		err := tx.QueryRowContext(ctx, "SELECT seq, at FROM job_items WHERE job = $1 AND result = 'doing' LIMIT 1", j.ID).Scan(&w.seq, &at)
		if err == nil {
			w.at, w.again, found = timeOf(at), true, true
			return nil
		}
		if !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		var state State
		if err := tx.QueryRowContext(ctx, "SELECT state FROM jobs WHERE id = $1", j.ID).Scan(&state); err != nil || state != Running {
			return err
		}
		err = tx.QueryRowContext(ctx, "SELECT seq FROM job_items WHERE job = $1 AND result = '' ORDER BY seq LIMIT 1", j.ID).Scan(&w.seq)
		if errors.Is(err, sql.ErrNoRows) {
			_, err = tx.ExecContext(ctx, "UPDATE jobs SET state = 'done', ended = $2 WHERE id = $1", j.ID, d.Now().UnixNano())
			return err
		}
		if err != nil {
			return err
		}
		w.at, found = time.Now().UTC().Round(0), true
		_, err = tx.ExecContext(ctx, "UPDATE job_items SET result = $3, at = $4 WHERE job = $1 AND seq = $2", j.ID, int64(w.seq), resultDoing, w.at.UnixNano())
		return err
	})
	return w, found, err
}

// Pace is how many messages a job does in a second.
func (d *Desk) Pace() float64 { return d.Rate }
