package index

import (
	"context"
	"database/sql"
	"time"

	"haat/gateway"
)

// visits are the latest turns of the phones that were there within [VisitGap]:
// the next turn tells that a visit did not end with them. They are in memory
// alone, since the rows tell them again after a start.
type visits struct {
	last  map[gateway.Phone]turnOf
	sweep int // size at which those that are over are looked for
}

// turnOf is the latest turn of a phone.
type turnOf struct {
	seq             uint64
	at              time.Time
	channel, screen string
}

// maxVisits bounds the memory, at about 150 octets each. With more phones at once
// some visits count as two.
const maxVisits = 300_000

// firstSweep is how many phones are kept without looking for those that are over.
const firstSweep = 4096

func newVisits() *visits { return &visits{last: map[gateway.Phone]turnOf{}, sweep: firstSweep} }

// visited counts that a phone's visit has come to a row.
func (t *tally) visited(r *Row) {
	if r.Phone == "" {
		return
	}
	last, known := t.visits.last[r.Phone]
	if known && r.At.Sub(last.at) <= VisitGap {
		t.ended(last, -1)
	} else {
		t.add(r.At, Visits, r.Channel, "", 1)
	}
	now := turnOf{r.Seq, r.At, r.Channel, screenOf(r)}
	t.ended(now, 1)
	t.visits.keep(r.Phone, now)
}

func (t *tally) ended(of turnOf, n int64) {
	if of.screen != "" {
		t.add(of.at, Ended, of.channel, of.screen, n)
	}
}

// revised counts that a reply was amended, and has led elsewhere.
func (t *tally) revised(r *Row, at time.Time) {
	last, known := t.visits.last[r.Phone]
	if !known || last.seq != r.Seq || at.Sub(last.at) > VisitGap {
		return // the phone has gone on since, or its visit was over
	}
	t.ended(last, -1)
	last.screen = screenOf(r)
	t.ended(last, 1)
	t.visits.last[r.Phone] = last
}

func (v *visits) keep(p gateway.Phone, t turnOf) {
	v.last[p] = t
	if len(v.last) < v.sweep {
		return
	}
	for gap := VisitGap; ; gap /= 2 {
		for phone, of := range v.last {
			if t.at.Sub(of.at) > gap {
				delete(v.last, phone)
			}
		}
		if len(v.last) < maxVisits || gap == 0 {
			break
		}
	}
	v.sweep = max(firstSweep, 2*len(v.last))
}

// readVisits reads the visits that are not over at a time from the rows.
func readVisits(ctx context.Context, tx *sql.Tx, now time.Time) (*visits, error) {
	v := newVisits()
	rows, err := tx.QueryContext(ctx, "SELECT seq, at, phone, channel, screen, class FROM lines WHERE at >= $1 AND kind = 'turn' AND phone <> '' ORDER BY at, seq", nanoseconds(now.Add(-VisitGap)))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var r Row
		var at int64
		if err := rows.Scan(&r.Seq, &at, &r.Phone, &r.Channel, &r.Screen, &r.Class); err != nil {
			return nil, err
		}
		r.At = timeOf(at)
		v.keep(r.Phone, turnOf{r.Seq, r.At, r.Channel, screenOf(&r)})
	}
	return v, rows.Err()
}

// beginVisits takes the visits over from the batch before, or reads them. Until
// the batch is written nobody else has them: what fails is read again.
func (b *batch) beginVisits(ctx context.Context, now time.Time) (err error) {
	b.tally.visits, b.file.visits = b.file.visits, nil
	if b.tally.visits == nil {
		b.tally.visits, err = readVisits(ctx, b.tx, now)
	}
	return err
}
