package index

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"haat/gateway"
	"haat/gateway/messagelog"
)

// batch is some lines of the log on their way into the index, in one
// transaction. What they change of rows that are in the index already is
// written before the new rows: the full-text index takes rows in their order.
type batch struct {
	tx      *sql.Tx
	file    *file
	fresh   []*Row
	known   map[uint64]*kept // all rows that it has in hand
	amended []amendment
	into    map[uint64]uint64 // of the amendments: which line each amends
	waits   waits
	tally   tally
	latest  int64 // when its last line was logged, in seconds since 1970
}

func newBatch(tx *sql.Tx, f *file, latest time.Time) *batch {
	return &batch{tx: tx, file: f, latest: latest.Unix(), known: map[uint64]*kept{}, into: map[uint64]uint64{}, tally: tally{changes: map[figure]int64{}}}
}

// kept is a row in hand; was is what the index has of it, nil for a new one.
type kept struct {
	row Row
	was *Row
}

// amendment is a message that amends an earlier line.
type amendment struct {
	seq, line uint64
	at        int64
}

// add puts a line into the batch: into a row of its own, or into the one that it
// amends.
func (b *batch) add(ctx context.Context, l messagelog.Line) error {
	if l.Broken != nil {
		b.broken(l)
		return nil
	}
	b.tally.line(&l)
	if l.Amends != 0 && l.Kind == messagelog.KindTurn {
		k, err := b.row(ctx, l.Amends)
		if err != nil {
			return err
		}
		if k != nil && k.row.Kind == messagelog.KindTurn && k.row.Phone == l.Phone {
			b.amend(k, l)
			return nil
		}
	}
	row := Row{Entry: l.Entry, Language: l.Language, Station: l.Station, Screen: l.Screen}
	if l.Kind == messagelog.KindStatus {
		if err := b.follow(ctx, l); err != nil {
			return err
		}
	}
	k := &kept{row: row}
	if l.Kind == messagelog.KindTurn && !l.Operated() {
		b.tally.visited(&k.row)
	}
	b.known[l.Seq] = k
	b.fresh = append(b.fresh, &k.row)
	return b.attend(ctx, k, l)
}

// amend shows what the phone was really told, and where that has led.
func (b *batch) amend(k *kept, l messagelog.Line) {
	k.row.Out, k.row.Class, k.row.Language, k.row.Station, k.row.Screen = l.Out, l.Class, l.Language, l.Station, l.Screen
	b.amended = append(b.amended, amendment{seq: l.Seq, line: k.row.Seq, at: l.At.UnixNano()})
	b.into[l.Seq] = k.row.Seq
	b.tally.revised(&k.row, l.At)
}

// follow tells the row of an SMS what became of it.
func (b *batch) follow(ctx context.Context, l messagelog.Line) error {
	ref, err := strconv.ParseUint(l.Ref, 10, 63)
	if err != nil {
		return nil //nolint:nilerr // it is about no SMS of the log
	}
	k, err := b.row(ctx, ref)
	if k == nil || err != nil {
		return err
	}
	if k.row.Phone != l.Phone || k.row.Kind == messagelog.KindStatus || !news(k.row.State, l.Status) {
		return nil
	}
	k.row.State, k.row.StateWhy = l.Status, l.Reason
	return b.attend(ctx, k, l)
}

// news tells whether a state follows another: none goes back, and a final one
// stays but that an operator may drop what did not arrive.
func news(old, state gateway.State) bool {
	return state.Rank() > old.Rank() || state.Rank() == old.Rank() && !old.Final()
}

// row finds the row of a message, or the one that the message amends; nil where
// the index has none.
func (b *batch) row(ctx context.Context, seq uint64) (*kept, error) {
	if line, ok := b.into[seq]; ok {
		seq = line
	}
	if k := b.known[seq]; k != nil {
		return k, nil
	}
	row, err := scanRow(b.tx.StmtContext(ctx, b.file.row).QueryRowContext(ctx, int64(seq)).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if k := b.known[row.Seq]; k != nil {
		return k, nil
	}
	k := &kept{row: row, was: &row}
	b.known[row.Seq] = k
	return k, nil
}

// write puts everything into the transaction.
func (b *batch) write(ctx context.Context) error {
	// Beside SQLite, which has one processor, another cuts the texts.
	terms := make([]string, len(b.fresh))
	var cutting sync.WaitGroup
	cutting.Go(func() {
		for i, r := range b.fresh {
			terms[i] = r.terms()
		}
	})
	defer cutting.Wait()
	if err := b.writeChanged(ctx); err != nil {
		return err
	}
	if err := b.writeFigures(ctx); err != nil {
		return err
	}
	lines := b.file.lines.into(b.tx)
	for _, r := range b.fresh {
		values, err := r.values()
		if err != nil {
			return err
		}
		if err := lines.add(ctx, values...); err != nil {
			return err
		}
	}
	if err := lines.flush(ctx); err != nil {
		return err
	}
	for _, a := range b.amended {
		if _, err := b.tx.ExecContext(ctx, "INSERT INTO amendments (seq, at, line) VALUES ($1, $2, $3)", int64(a.seq), a.at, int64(a.line)); err != nil {
			return err
		}
	}
	if err := b.writeWaits(ctx); err != nil {
		return err
	}
	// The terms one by one and last: before each statement that writes several rows
	// of any table, FTS5 writes out all that it has gathered.
	cutting.Wait()
	term := b.tx.StmtContext(ctx, b.file.term)
	for i, r := range b.fresh {
		if _, err := term.ExecContext(ctx, int64(r.Seq), terms[i]); err != nil {
			return err
		}
	}
	return nil
}

func (b *batch) writeChanged(ctx context.Context) error {
	var changed []*kept
	for _, k := range b.known {
		if k.was != nil {
			changed = append(changed, k)
		}
	}
	slices.SortFunc(changed, func(x, y *kept) int { return int(int64(x.row.Seq) - int64(y.row.Seq)) })
	for _, k := range changed {
		if err := b.change(ctx, k); err != nil {
			return fmt.Errorf("message %d: %w", k.row.Seq, err)
		}
	}
	return nil
}

// change writes what is new about a row. Most changes are of a state alone: of the
// terms it takes away those that are no more and adds those that are new. Of
// another text all are written anew: FTS5 counts how many terms it holds, grams
// that come twice among them, and takes a count below nothing for damage.
func (b *batch) change(ctx context.Context, k *kept) error {
	r := &k.row
	gone, come := differ(k.was.marks(), r.marks())
	if k.was.Out != r.Out {
		gone, come = []string{k.was.terms()}, []string{r.terms()}
	}
	if len(gone) > 0 {
		if _, err := b.tx.StmtContext(ctx, b.file.unterm).ExecContext(ctx, int64(r.Seq), strings.Join(gone, " ")); err != nil {
			return err
		}
	}
	if len(come) > 0 {
		if _, err := b.tx.StmtContext(ctx, b.file.term).ExecContext(ctx, int64(r.Seq), strings.Join(come, " ")); err != nil {
			return err
		}
	}
	_, err := b.tx.StmtContext(ctx, b.file.update).ExecContext(ctx, int64(r.Seq), r.Out, r.Class, r.Language, r.Station, r.Screen, string(r.State), r.StateWhy)
	return err
}

// differ gives what only old has, and what only now has.
func differ(old, now []string) (gone, come []string) {
	only := func(a, b []string) (all []string) {
		set := make(map[string]bool, len(b))
		for _, s := range b {
			set[s] = true
		}
		for _, s := range a {
			if !set[s] {
				all = append(all, s)
			}
		}
		return all
	}
	return only(old, now), only(now, old)
}
