package index

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"haat/gateway"
	"haat/gateway/dialogue"
	"haat/gateway/messagelog"
)

// The lists of what may wait for a person. A row stands in one of them since its
// latest state, so that the oldest are found at once among millions.
const (
	ListFailed     = "failed"     // SMS that did not arrive
	ListWaiting    = "waiting"    // SMS that the carrier does not have yet
	ListUnknown    = "unknown"    // texts that were not understood
	ListReport     = "report"     // delivery reports on SMS that are not known
	ListUnreadable = "unreadable" // messages that cannot be read
)

// ListSent are the SMS that a channel's carrier took and has not reported on.
func ListSent(channel string) string { return "sent " + channel }

// together is how soon after another text of the phone one that is not understood
// belongs to the same trouble.
const together = time.Hour

// List is one list, as far as its rows stand in it since a time on and before
// another; zero times bound nothing.
type List struct {
	Name         string
	From, Before time.Time
}

// Spot is a place among troubles; the zero one is before all.
type Spot struct {
	Since time.Time
	Seq   uint64
	About int // 0: an SMS to the phone; 1: a text of it
}

// Trouble is a row that may wait for a person.
type Trouble struct {
	Spot
	List  string
	Row   Row    // of what cannot be read, only Seq and At
	Last  uint64 // sequence of the message that put it there or came to it last
	Count int    // how many texts of the phone, where they were not understood
	Why   string // why it cannot be read
	Code  string // of an SMS: the carrier's word or error code
}

// What a row of the table is about: an SMS to a phone, or a text of one.
const (
	aboutSMS = iota
	aboutText
)

// wait is a row of the table.
type wait struct {
	seq    uint64
	about  int
	list   string // "" takes it out
	state  string
	since  int64
	latest int64
	last   uint64
	phone  string
	count  int
	note   string // why it cannot be read; of a report the carrier's ids, of others its code
}

type waitKey struct {
	seq   uint64
	about int
}

// waits are what a batch changes of the table.
type waits struct {
	changed map[waitKey]wait
	texts   map[gateway.Phone]wait // the latest of each phone that was not understood
	reports bool                   // there may be reports that a sending explains
	looked  bool
}

// broken remembers a message that cannot be read.
func (b *batch) broken(l messagelog.Line) {
	at := l.At.UnixNano()
	b.wait(wait{seq: l.Seq, about: aboutSMS, list: ListUnreadable, since: at, latest: at, last: l.Seq, note: l.Broken.Error()})
}

func (b *batch) wait(w wait) {
	if b.waits.changed == nil {
		b.waits.changed, b.waits.texts = map[waitKey]wait{}, map[gateway.Phone]wait{}
	}
	b.waits.changed[waitKey{w.seq, w.about}] = w
}

// attend puts the row in hand where it belongs after a line.
func (b *batch) attend(ctx context.Context, k *kept, l messagelog.Line) error {
	r := &k.row
	at := l.At.UnixNano()
	if l.Seq == r.Seq && r.Class == dialogue.ClassUnknown {
		if err := b.notUnderstood(ctx, r); err != nil {
			return err
		}
	}
	if l.Kind == messagelog.KindStatus && l.Ref != "" && l.Seq == r.Seq {
		return b.explain(ctx, l)
	}
	list := listOf(r)
	if list == "" && l.Seq == r.Seq {
		return nil
	}
	w := wait{seq: r.Seq, about: aboutSMS, list: list, state: string(r.State), since: at, latest: at, last: l.Seq, phone: string(r.Phone), count: 1, note: l.Code}
	if before, ok := b.waits.changed[waitKey{r.Seq, aboutSMS}]; ok && before.list == list && before.state == w.state && list != "" {
		return nil // it waits since then
	}
	if list == ListReport {
		w.note = strings.Join(l.Parts, " ")
		b.waits.reports = true
	}
	b.wait(w)
	return nil
}

// listOf is where the SMS of a row stands; "" where nobody needs to look.
func listOf(r *Row) string {
	if r.Kind == messagelog.KindStatus {
		return ListReport // of others their SMS tells
	}
	switch r.State {
	case gateway.Failed, gateway.Expired:
		return ListFailed
	case gateway.Suppressed:
		if r.Order != "" { // somebody waits for goods and will not hear of them
			return ListFailed
		}
	case gateway.Held, gateway.Retrying:
		return ListWaiting
	case gateway.Sent, gateway.Buffered:
		return ListSent(r.Channel)
	case "":
		if r.Kind == messagelog.KindNotice {
			return ListWaiting
		}
	}
	return ""
}

// notUnderstood joins a text to those of the same phone shortly before it.
func (b *batch) notUnderstood(ctx context.Context, r *Row) error {
	at := r.At.UnixNano()
	w, ok := b.waits.texts[r.Phone]
	if !ok {
		w = wait{about: aboutText, list: ListUnknown, phone: string(r.Phone)}
		err := b.tx.QueryRowContext(ctx, "SELECT seq, since, latest, n FROM attention WHERE phone = $1 AND list = 'unknown' ORDER BY latest DESC LIMIT 1", string(r.Phone)).
			Scan(&w.seq, &w.since, &w.latest, &w.count)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
	}
	if w.seq == 0 || at-w.latest > int64(together) {
		w.seq, w.since, w.count = r.Seq, at, 0
	}
	w.latest, w.last, w.count = at, r.Seq, w.count+1
	b.wait(w)
	b.waits.texts[r.Phone] = w
	return nil
}

// explain takes out reports that had come before the sending was logged.
func (b *batch) explain(ctx context.Context, l messagelog.Line) error {
	if len(l.Parts) == 0 {
		return nil
	}
	if !b.waits.looked {
		b.waits.looked = true
		var found bool
		const recent = "SELECT EXISTS (SELECT 1 FROM attention WHERE list = 'report' AND since > $1)"
		if err := b.tx.QueryRowContext(ctx, recent, l.At.Add(-together).UnixNano()).Scan(&found); err != nil {
			return err
		}
		b.waits.reports = b.waits.reports || found
	}
	if !b.waits.reports {
		return nil
	}
	rows, err := b.tx.QueryContext(ctx, "SELECT seq, note FROM attention WHERE phone = $1 AND list = 'report'", string(l.Phone))
	if err != nil {
		return err
	}
	defer rows.Close()
	var all []wait
	for rows.Next() {
		w := wait{about: aboutSMS}
		if err := rows.Scan(&w.seq, &w.note); err != nil {
			return err
		}
		all = append(all, w)
	}
	for _, w := range b.waits.changed {
		if w.list == ListReport && w.phone == string(l.Phone) {
			all = append(all, w)
		}
	}
	for _, w := range all {
		if slices.ContainsFunc(strings.Fields(w.note), func(id string) bool { return slices.Contains(l.Parts, id) }) {
			b.wait(wait{seq: w.seq, about: aboutSMS})
		}
	}
	return rows.Err()
}

// writeWaits writes what the batch changes of the table.
func (b *batch) writeWaits(ctx context.Context) error {
	put, drop := b.tx.StmtContext(ctx, b.file.attend), b.tx.StmtContext(ctx, b.file.unattend)
	for _, w := range b.waits.changed {
		var err error
		if w.list == "" {
			_, err = drop.ExecContext(ctx, int64(w.seq), w.about)
		} else {
			_, err = put.ExecContext(ctx, int64(w.seq), w.about, w.list, w.state, w.since, w.latest, int64(w.last), w.phone, w.count, w.note)
		}
		if err != nil {
			return fmt.Errorf("what waits about message %d: %w", w.seq, err)
		}
	}
	return nil
}

// An SMS that is tried again and again waits since the first time.
const attendSQL = `INSERT INTO attention (seq, about, list, state, since, latest, last, phone, n, note) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
	ON CONFLICT (seq, about) DO UPDATE SET list = excluded.list, state = excluded.state, since = excluded.since, latest = excluded.latest,
		last = excluded.last, n = excluded.n, note = excluded.note
	WHERE list <> excluded.list OR state <> excluded.state OR about = 1`

const unattendSQL = "DELETE FROM attention WHERE seq = ? AND about = ?"

// Troubles gives rows of some lists after a spot, those first that have stood
// there longest; limit and MaxPage at most.
func (ix *Index) Troubles(ctx context.Context, lists []List, after Spot, limit int) ([]Trouble, error) {
	return ix.troubles(ctx, lists, after, limit, true)
}

// BareTroubles are the same without what the rows say, for counting.
func (ix *Index) BareTroubles(ctx context.Context, lists []List, after Spot, limit int) ([]Trouble, error) {
	return ix.troubles(ctx, lists, after, limit, false)
}

// Ref is the SMS that a row stands for: that of the message which amends it, if
// one does.
func (ix *Index) Ref(ctx context.Context, seq uint64) (ref uint64, err error) {
	ix.mu.RLock()
	defer ix.mu.RUnlock()
	err = ix.file.read.QueryRowContext(ctx, "SELECT coalesce(max(seq), $1) FROM amendments WHERE line = $1", int64(seq)).Scan(&ref)
	if err != nil {
		return 0, ix.explain(err)
	}
	return ref, nil
}

func (ix *Index) troubles(ctx context.Context, lists []List, after Spot, limit int, whole bool) ([]Trouble, error) {
	limit = min(max(limit, 1), MaxPage)
	ix.mu.RLock()
	defer ix.mu.RUnlock()
	var all []Trouble
	for _, list := range lists {
		found, err := ix.file.troubles(ctx, list, after, limit)
		if err != nil {
			return nil, ix.explain(err)
		}
		all = append(all, found...)
	}
	slices.SortFunc(all, func(a, b Trouble) int {
		return cmp.Or(a.Since.Compare(b.Since), cmp.Compare(a.Seq, b.Seq), cmp.Compare(a.About, b.About))
	})
	all = all[:min(limit, len(all))]
	if !whole || len(all) == 0 {
		return all, nil
	}
	if err := ix.file.readTroubles(ctx, all); err != nil {
		return nil, ix.explain(err)
	}
	return all, nil
}

func (f *file) troubles(ctx context.Context, l List, after Spot, limit int) (all []Trouble, err error) {
	from, before := int64(0), int64(1<<63-1)
	if !l.From.IsZero() {
		from = nanoseconds(l.From)
	}
	if !l.Before.IsZero() {
		before = nanoseconds(l.Before)
	}
	at := int64(0)
	if !after.Since.IsZero() {
		at = nanoseconds(after.Since)
	}
	const find = `SELECT seq, about, since, last, n, note FROM attention
		WHERE list = $1 AND since >= $2 AND since < $3 AND (since, seq, about) > ($4, $5, $6) ORDER BY since, seq, about LIMIT $7`
	rows, err := f.read.QueryContext(ctx, find, l.Name, max(from, at), before, at, int64(after.Seq), after.About, limit)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		t := Trouble{List: l.Name}
		var since int64
		if err := rows.Scan(&t.Seq, &t.About, &since, &t.Last, &t.Count, &t.Why); err != nil {
			return nil, err
		}
		t.Since = timeOf(since)
		switch l.Name {
		case ListUnreadable:
		case ListReport: // the ids are of no use to people
			t.Why = ""
		default:
			t.Why, t.Code = "", t.Why
		}
		t.Row.Seq, t.Row.At = t.Seq, t.Since
		all = append(all, t)
	}
	return all, rows.Err()
}

// readTroubles reads the lines of troubles.
func (f *file) readTroubles(ctx context.Context, all []Trouble) error {
	seqs := make([]uint64, len(all))
	for i, t := range all {
		seqs[i] = t.Seq
	}
	wanted, err := json.Marshal(seqs)
	if err != nil {
		return err
	}
	rows, err := f.read.QueryContext(ctx, "SELECT "+columns+" FROM lines WHERE seq IN (SELECT value FROM json_each($1))", string(wanted))
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		r, err := scanRow(rows.Scan)
		if err != nil {
			return err
		}
		for i := range all {
			if all[i].Seq == r.Seq {
				all[i].Row = r
			}
		}
	}
	return rows.Err()
}
