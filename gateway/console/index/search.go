package index

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"time"
)

// Search implements [Reader]. A page has at most [MaxPage] rows, and at least
// one is asked for.
func (ix *Index) Search(ctx context.Context, f Filter, before uint64, limit int) (Page, error) {
	limit = min(max(limit, 1), MaxPage)
	s := span{after: 0, before: math.MaxInt64, newest: true}
	if before > 0 {
		s.before = min(before, math.MaxInt64)
	}
	rows, err := ix.rows(ctx, f, s, limit+1)
	if err != nil {
		return Page{}, err
	}
	page := Page{Rows: rows}
	if len(rows) > limit {
		page.Rows, page.Older = rows[:limit], rows[limit-1].Seq
	}
	return page, nil
}

// After implements [Reader]. It gives at most [MaxPage] rows.
func (ix *Index) After(ctx context.Context, f Filter, after uint64, limit int) ([]Row, error) {
	s := span{after: min(after, math.MaxInt64), before: math.MaxInt64}
	return ix.rows(ctx, f, s, min(max(limit, 1), MaxPage))
}

// Count implements [Reader]. It counts to [MaxCount] at most.
func (ix *Index) Count(ctx context.Context, f Filter, most int) (n int, err error) {
	most = min(max(most, 1), MaxCount)
	err = ix.find(ctx, f, span{before: math.MaxInt64, newest: true}, countOf, func(from func(...any) error, q question) (bool, error) {
		if len(q.words) == 0 {
			n++
			return n < most, nil
		}
		var in, out string
		if err := from(&in, &out); err != nil {
			return false, err
		}
		if q.has(in, out) {
			n++
		}
		return n < most, nil
	})
	return n, err
}

// rows gives up to limit matching rows of a span of the log.
func (ix *Index) rows(ctx context.Context, f Filter, s span, limit int) (rows []Row, err error) {
	err = ix.find(ctx, f, s, func(question) string { return columns }, func(from func(...any) error, q question) (bool, error) {
		r, err := scanRow(from)
		if err != nil {
			return false, err
		}
		if q.has(r.In, r.Out) {
			rows = append(rows, r)
		}
		return len(rows) < limit, nil
	})
	return rows, err
}

// countOf are the columns that counting needs.
func countOf(q question) string {
	if len(q.words) == 0 {
		return "seq"
	}
	return "text_in, text_out"
}

// span is the part of the log between two sequences, neither of which is in it.
type span struct {
	after, before uint64
	newest        bool // first
}

// find gives each row that has the question's terms to each, with what reads
// it, until each has enough.
func (ix *Index) find(ctx context.Context, f Filter, s span, what func(question) string, each func(func(...any) error, question) (more bool, err error)) error {
	q, err := ask(f)
	if err != nil || q.never {
		return err
	}
	ix.mu.RLock()
	defer ix.mu.RUnlock()
	if err := ix.file.find(ctx, f, q, s, what(q), each); err != nil {
		return ix.explain(err)
	}
	return nil
}

func (f *file) find(ctx context.Context, filter Filter, q question, s span, what string, each func(func(...any) error, question) (bool, error)) error {
	s, err := f.within(ctx, s, filter.From, filter.To)
	if err != nil || s.after+1 >= s.before {
		return err
	}
	text, values := query(q, s, what)
	rows, err := f.read.QueryContext(ctx, text, values...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for more := true; more && rows.Next(); {
		if more, err = each(rows.Scan, q); err != nil {
			return err
		}
	}
	return rows.Err()
}

// query is the SQL of a question. Rows come in the order of the index that is
// read, so that whoever has enough of them can stop.
func query(q question, s span, what string) (string, []any) {
	order := "ASC"
	if s.newest {
		order = "DESC"
	}
	values := []any{int64(s.after), int64(s.before)}
	if len(q.terms) == 0 {
		return "SELECT " + what + " FROM lines WHERE seq > $1 AND seq < $2 ORDER BY seq " + order, values
	}
	if what == "seq" { // the terms alone say it
		return "SELECT rowid FROM terms WHERE terms MATCH $3 AND rowid > $1 AND rowid < $2 ORDER BY rowid " + order, append(values, q.match())
	}
	return "SELECT " + what + " FROM terms CROSS JOIN lines ON lines.seq = terms.rowid WHERE terms MATCH $3 AND terms.rowid > $1 AND terms.rowid < $2 ORDER BY terms.rowid " + order,
		append(values, q.match())
}

// within cuts the span to rows from a time on and before another: the log is in
// the order of its times.
func (f *file) within(ctx context.Context, s span, from, to time.Time) (span, error) {
	bound := func(text string, at time.Time) (seq uint64, err error) {
		err = f.read.QueryRowContext(ctx, text, nanoseconds(at)).Scan(&seq)
		return seq, err
	}
	if !from.IsZero() {
		first, err := bound("SELECT seq FROM lines WHERE at >= $1 ORDER BY at, seq LIMIT 1", from)
		if errors.Is(err, sql.ErrNoRows) {
			return span{}, nil
		}
		if err != nil {
			return s, err
		}
		s.after = max(s.after, first-1)
	}
	if !to.IsZero() {
		last, err := bound("SELECT seq FROM lines WHERE at < $1 ORDER BY at DESC, seq DESC LIMIT 1", to)
		if errors.Is(err, sql.ErrNoRows) {
			return span{}, nil
		}
		if err != nil {
			return s, err
		}
		s.before = min(s.before, last+1)
	}
	return s, nil
}

// nanoseconds are those since 1970, for times that have not so many, too.
func nanoseconds(at time.Time) int64 {
	switch {
	case at.Before(time.Unix(0, math.MinInt64)):
		return math.MinInt64
	case at.After(time.Unix(0, math.MaxInt64)):
		return math.MaxInt64
	}
	return at.UnixNano()
}

// explain says what to do about a search that failed. A damaged file is made
// anew at once.
func (ix *Index) explain(err error) error {
	if !damaged(err) {
		return fmt.Errorf("search the message log: %w", err)
	}
	select {
	case ix.wipes <- make(chan error, 1):
	default: // Run is not there, or at it already
	}
	return fmt.Errorf("the index was damaged and is made anew; search again in a moment: %w", err)
}
