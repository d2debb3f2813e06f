package attention

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"haat/gateway"
	"haat/gateway/console/index"
	"haat/gateway/gsm"
)

// Plan is a job as an operator asks for it.
type Plan struct {
	Act  Act
	Text string // of Send
	View string // the address of what they see
	By   string
}

// Rows hands rows to each until it has enough.
type Rows func(ctx context.Context, each func(index.Row) bool) error

// OfFilter are the rows of a filter up to a sequence, the oldest first.
func (d *Desk) OfFilter(f index.Filter, head uint64) Rows {
	return func(ctx context.Context, each func(index.Row) bool) error {
		for after := uint64(0); ; {
			rows, err := d.Index.After(ctx, f, after, index.MaxPage)
			if err != nil {
				return err
			}
			for _, row := range rows {
				if row.Seq > head || !each(row) {
					return nil
				}
			}
			if len(rows) < index.MaxPage {
				return nil
			}
			after = rows[len(rows)-1].Seq
		}
	}
}

// OfKind are the rows of open items.
func (d *Desk) OfKind(q Query) Rows {
	return func(ctx context.Context, each func(index.Row) bool) error {
		for more := true; more; {
			page, err := d.Page(ctx, q, MaxItems)
			if err != nil {
				return err
			}
			for _, item := range page.Items {
				if item.Row.Phone != "" && !each(item.Row) {
					return nil
				}
			}
			q.After = page.Next
			more = page.Next != ""
		}
		return nil
	}
}

// Draft freezes the rows as the messages of a job that is yet to be confirmed:
// what comes later is not among them.
func (d *Desk) Draft(ctx context.Context, p Plan, head uint64, rows Rows) (Job, error) {
	c := counting{desk: d, plan: p, segments: gsm.Segments(p.Text), phones: map[gateway.Phone]bool{}, costs: map[string]int64{}}
	tooMany := false
	err := rows(ctx, func(row index.Row) bool {
		tooMany = len(c.seqs) == MaxJobItems
		if !tooMany {
			c.add(row)
		}
		return !tooMany
	})
	switch {
	case err != nil:
		return Job{}, err
	case tooMany:
		return Job{}, ErrTooMany
	case len(c.seqs) == 0:
		return Job{}, ErrNothing
	}
	slices.Sort(c.seqs)
	c.seqs = slices.Compact(c.seqs)
	j := Job{State: Draft, Act: p.Act, Text: p.Text, View: p.View, Head: head, Total: len(c.seqs), Phones: len(c.phones), Cost: c.cost(), By: p.By, Made: d.Now()}
	if p.Act != Drop {
		j.Segments = c.all
	}
	err = d.Store.Within(ctx, func(tx *sql.Tx) error { return d.keep(ctx, tx, &j, c.seqs) })
	if err != nil {
		return j, fmt.Errorf("keeping a job: %w", err)
	}
	return j, nil
}

// draftKept is how long a draft waits to be confirmed.
const draftKept = time.Hour

// keep writes a draft and forgets old ones and old jobs.
func (d *Desk) keep(ctx context.Context, tx *sql.Tx, j *Job, seqs []uint64) error {
	const old = "DELETE FROM jobs WHERE state = 'draft' AND (operator = $1 OR made < $2)"
	if _, err := tx.ExecContext(ctx, old, j.By, d.Now().Add(-draftKept).UnixNano()); err != nil {
		return err
	}
	const many = "DELETE FROM jobs WHERE state IN ('done', 'stopped') AND told = 1 AND id NOT IN (SELECT id FROM jobs WHERE state <> 'draft' ORDER BY id DESC LIMIT $1)"
	if _, err := tx.ExecContext(ctx, many, MaxJobs-1); err != nil {
		return err
	}
	const put = "INSERT INTO jobs (state, act, text, view, head, total, phones, segments, cost, operator, made) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) RETURNING id"
	err := tx.QueryRowContext(ctx, put, j.State, j.Act, j.Text, j.View, int64(j.Head), j.Total, j.Phones, j.Segments, j.Cost, j.By, j.Made.UnixNano()).Scan(&j.ID)
	if err != nil {
		return err
	}
	item, err := tx.PrepareContext(ctx, "INSERT INTO job_items (job, seq) VALUES ($1, $2)")
	if err != nil {
		return err
	}
	defer item.Close()
	for _, seq := range seqs {
		if _, err := item.ExecContext(context.WithoutCancel(ctx), j.ID, int64(seq)); err != nil {
			return err
		}
	}
	return nil
}

// counting adds up what a job would do.
type counting struct {
	desk     *Desk
	plan     Plan
	segments int // of the text
	all      int
	seqs     []uint64
	phones   map[gateway.Phone]bool
	costs    map[string]int64 // millionths by currency
	unpriced bool
}

func (c *counting) add(row index.Row) {
	if row.Phone == "" || c.plan.Act == Send && c.phones[row.Phone] {
		return
	}
	c.phones[row.Phone] = true
	c.seqs = append(c.seqs, row.Seq)
	line, segments := c.desk.Lines[row.Channel], c.segments
	tariff := line.Tariff
	switch c.plan.Act {
	case Drop:
		return
	case Retry:
		segments = gsm.Segments(row.Out)
	case Send:
		if through, ok := c.desk.Lines[line.Through]; ok {
			tariff = through.Tariff
		}
	}
	c.all += segments
	if cost := tariff.Cost(row.Phone, segments); cost != nil {
		c.costs[cost.Currency] += cost.Micros
	} else {
		c.unpriced = true
	}
}

// cost is what all would cost; "" where a tariff is missing.
func (c *counting) cost() string {
	if c.unpriced || len(c.costs) == 0 {
		return ""
	}
	var all []string
	for _, currency := range slices.Sorted(maps.Keys(c.costs)) {
		all = append(all, gateway.Cost{Micros: c.costs[currency], Currency: currency}.String())
	}
	return strings.Join(all, " + ")
}

// Through is the channel that sends to phones of another.
func (d *Desk) Through(channel string) string { return cmp.Or(d.Lines[channel].Through, channel) }
