package attention

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// Act is what a job does with each message.
type Act string

// The acts.
const (
	Retry Act = "retry" // send the SMS once more
	Drop  Act = "drop"  // take it out of the outbox
	Send  Act = "send"  // send a text to its phone, one to each
)

// State is where a job stands.
type State string

// The states of a job.
const (
	Draft   State = "draft" // frozen and counted, not confirmed
	Running State = "running"
	Stopped State = "stopped"
	Done    State = "done"
)

// Job is one act on many messages.
type Job struct {
	ID       int64
	State    State
	Act      Act
	Text     string
	View     string // the address of what was seen
	Head     uint64 // sequence of the newest message when it was frozen
	Total    int    // messages
	Phones   int
	Segments int    // that would be sent
	Cost     string // of them, as people read it; "" where it is not known
	By       string
	Made     time.Time
	Began    time.Time
	Ended    time.Time

	Done, Skipped, Failed int
}

// Worked is how many of its messages are done with.
func (j Job) Worked() int { return j.Done + j.Skipped + j.Failed }

// Result is what became of one message of a job.
type Result struct {
	Seq    uint64
	Result string // "", "doing", "done", "skipped" or "failed"
	Why    string // a word of a small fixed set
	Ref    string // of the new SMS
}

// Results of a message.
const (
	ResultDone    = "done"
	ResultSkipped = "skipped"
	ResultFailed  = "failed"
	resultDoing   = "doing"
)

// Bounds of jobs.
const (
	MaxJobItems = 100_000 // messages of one job
	MaxJobs     = 50      // jobs that are remembered; the oldest is forgotten
	MaxResults  = 100     // results of a page
)

// Errors about jobs that operators are told.
var (
	ErrNoJob      = errors.New("there is no such job")
	ErrOtherRuns  = errors.New("another job is running")
	ErrCount      = errors.New("the number is not that of the job's messages")
	ErrNotADraft  = errors.New("the job was begun already")
	ErrTooMany    = fmt.Errorf("a job takes %d messages at most", MaxJobItems)
	ErrNothing    = errors.New("no message fits")
	ErrNotRunning = errors.New("the job is not running")
)

const jobColumns = "id, state, act, text, view, head, total, phones, segments, cost, operator, made, began, ended"

func scanJob(scan func(...any) error) (j Job, err error) {
	var made, began, ended int64
	err = scan(&j.ID, &j.State, &j.Act, &j.Text, &j.View, &j.Head, &j.Total, &j.Phones, &j.Segments, &j.Cost, &j.By, &made, &began, &ended)
	j.Made, j.Began, j.Ended = timeOf(made), timeOf(began), timeOf(ended)
	return j, err
}

func timeOf(ns int64) time.Time {
	if ns == 0 {
		return time.Time{}
	}
	return time.Unix(0, ns).UTC()
}

// Job reads one, with how far it is.
func (d *Desk) Job(ctx context.Context, id int64) (Job, error) {
	j, err := scanJob(d.Store.Read.QueryRowContext(ctx, "SELECT "+jobColumns+" FROM jobs WHERE id = $1", id).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return j, ErrNoJob
	}
	if err != nil {
		return j, fmt.Errorf("reading a job: %w", err)
	}
	return j, d.progress(ctx, &j)
}

func (d *Desk) progress(ctx context.Context, j *Job) error {
	const count = "SELECT count(*) FROM job_items WHERE job = $1 AND result = $2"
	for result, n := range map[string]*int{ResultDone: &j.Done, ResultSkipped: &j.Skipped, ResultFailed: &j.Failed} {
		if err := d.Store.Read.QueryRowContext(ctx, count, j.ID, result).Scan(n); err != nil {
			return fmt.Errorf("reading a job: %w", err)
		}
	}
	return nil
}

// Jobs are those that were begun, the newest first, MaxJobs at most.
func (d *Desk) Jobs(ctx context.Context) (jobs []Job, err error) {
	rows, err := d.Store.Read.QueryContext(ctx, "SELECT "+jobColumns+" FROM jobs WHERE state <> 'draft' ORDER BY id DESC LIMIT $1", MaxJobs)
	if err != nil {
		return nil, fmt.Errorf("reading the jobs: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		j, err := scanJob(rows.Scan)
		if err != nil {
			return nil, fmt.Errorf("reading the jobs: %w", err)
		}
		jobs = append(jobs, j)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	for i := range jobs {
		if err := d.progress(ctx, &jobs[i]); err != nil {
			return nil, err
		}
	}
	return jobs, nil
}

// Results are those of a job with one result, after a sequence, in the order of
// the log; MaxResults at most.
func (d *Desk) Results(ctx context.Context, id int64, result string, after uint64) (all []Result, err error) {
	const find = "SELECT seq, result, why, ref FROM job_items WHERE job = $1 AND result = $2 AND seq > $3 ORDER BY seq LIMIT $4"
	rows, err := d.Store.Read.QueryContext(ctx, find, id, result, int64(after), MaxResults)
	if err != nil {
		return nil, fmt.Errorf("reading what became of a job: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var r Result
		if err := rows.Scan(&r.Seq, &r.Result, &r.Why, &r.Ref); err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	return all, rows.Err()
}

// Begin confirms a draft with the number of its messages.
func (d *Desk) Begin(ctx context.Context, id int64, count int) error {
	j, err := d.Job(ctx, id)
	switch {
	case err != nil:
		return err
	case j.State != Draft:
		return ErrNotADraft
	case j.Total != count:
		return ErrCount
	}
	err = d.Store.Within(ctx, func(tx *sql.Tx) error {
		var runs bool
		if err := tx.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM jobs WHERE state = 'running')").Scan(&runs); err != nil {
			return err
		}
		if runs {
			return ErrOtherRuns
		}
		return one(tx.ExecContext(ctx, "UPDATE jobs SET state = 'running', began = $2 WHERE id = $1 AND state = 'draft'", id, d.Now().UnixNano()))(ErrNotADraft)
	})
	if err != nil {
		return err
	}
	select {
	case d.wake <- struct{}{}:
	default:
	}
	return nil
}

// one turns a change of no row into an error.
func one(done sql.Result, err error) func(error) error {
	return func(none error) error {
		if err != nil {
			return err
		}
		if n, err := done.RowsAffected(); err != nil || n == 1 {
			return err
		}
		return none
	}
}

// Stop ends a running job after the message that it is at.
func (d *Desk) Stop(ctx context.Context, id int64) error {
	return d.Store.Within(ctx, func(tx *sql.Tx) error {
		return one(tx.ExecContext(ctx, "UPDATE jobs SET state = 'stopped', ended = $2 WHERE id = $1 AND state = 'running'", id, d.Now().UnixNano()))(ErrNotRunning)
	})
}
