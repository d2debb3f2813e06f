package console

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"

	"haat/gateway/console/index"
)

// pageRows is how many rows a page, or what is added to one, has at most.
const pageRows = 100

// logView is the message log as its template shows it.
type logView struct {
	View     view
	Rows     rowsView
	Filters  filtersView
	Counters []counter
	Live     string // address of the stream; "" where the view has an end
	Lag      lagView
	Empty    string // the key of what to say where there are no rows
	Keep     keepView
	Bulk     string // the address of acts on all of them; "" where there are none
}

// rowsView are rows and what follows on them.
type rowsView struct {
	Lines []line
	Older *moreView // the way to older rows; Before 0 where there are none
	Gap   *moreView // rows between these and those that were shown already
}

// moreView is a form that asks for more rows.
type moreView struct {
	Action string
	Fields url.Values // of the view, but for Before
	Before uint64     // 0: there are none, now
	Count  int        // how many there are, where that is known
}

// logPage shows the message log.
func (c *Console) logPage(w http.ResponseWriter, r *http.Request) {
	v, err := c.readView(r.URL.Query())
	if err != nil {
		c.problem(w, r, http.StatusBadRequest, "problem.address")
		return
	}
	if c.hidden(&v) { // a number in the address would stay in histories and proxies' logs
		http.Redirect(w, r, c.address(v), http.StatusSeeOther)
		return
	}
	if to := c.opensWith(r); to != "" {
		http.Redirect(w, r, to, http.StatusSeeOther)
		return
	}
	page, err := c.logOf(r, v)
	if err != nil {
		c.fail(w, r, err)
		return
	}
	c.show(w, r, http.StatusOK, "log", "log.title", page)
}

func (c *Console) logOf(r *http.Request, v view) (logView, error) {
	ctx := r.Context()
	head, err := c.head(ctx)
	if err != nil {
		return logView{}, err
	}
	page, err := c.Index.Search(ctx, v.filter(c.Now()), v.Before, pageRows)
	if err != nil {
		return logView{}, err
	}
	shown := logView{View: v, Rows: c.rowsOf(page, v), Filters: c.filtersOf(c.texts.of(r), v), Empty: emptyOf(c, v, head)}
	if shown.Counters, err = c.counted(ctx); err != nil {
		return logView{}, err
	}
	if shown.Lag, err = c.lag(ctx); err != nil {
		return logView{}, err
	}
	if shown.Keep, err = c.keepOf(r, v); err != nil {
		return logView{}, err
	}
	shown.Bulk = c.bulkOf(r, v)
	if v.live() {
		q := c.query(v)
		q.Set("after", strconv.FormatUint(max(head, newest(page.Rows)), 10))
		shown.Live = addressOf("/live", q)
	}
	return shown, nil
}

// emptyOf is what to say where there is no row: the log may be empty, or only
// what is looked for not in it.
func emptyOf(c *Console, v view, head uint64) string {
	switch {
	case head == 0:
		return "empty.log"
	case v.Before != 0:
		return "empty.older"
	case c.address(v) == "/":
		return "empty.log"
	}
	return "empty.filter"
}

// head is the sequence of the newest row of all: what a stream that matches
// nothing has seen nevertheless.
func (c *Console) head(ctx context.Context) (uint64, error) {
	page, err := c.Index.Search(ctx, index.Filter{}, 0, 1)
	return newest(page.Rows), err
}

func newest(rows []index.Row) uint64 {
	if len(rows) == 0 {
		return 0
	}
	return rows[0].Seq
}

func (c *Console) rowsOf(page index.Page, v view) rowsView {
	shown := rowsView{Lines: make([]line, len(page.Rows))}
	for i, row := range page.Rows {
		shown.Lines[i] = c.rowOf(row)
	}
	v.Before = 0
	shown.Older = &moreView{Action: "/rows", Fields: c.query(v), Before: page.Older}
	return shown
}

// moreRows gives the rows before a sequence or, with after, those of a stretch
// that a stream had left out.
func (c *Console) moreRows(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	v, err := c.readView(q)
	after, errAfter := sequence(q.Get("after"))
	count, _ := strconv.Atoi(q.Get("count")) // only shown
	if err := errors.Join(err, errAfter); err != nil {
		c.problem(w, r, http.StatusBadRequest, "problem.address")
		return
	}
	page, err := c.Index.Search(r.Context(), v.filter(c.Now()), v.Before, pageRows)
	if err != nil {
		c.fail(w, r, err)
		return
	}
	shown := c.rowsOf(page, v)
	if q.Has("after") {
		shown = c.stretch(page, v, after, count)
	}
	c.part(w, r, "more-rows", shown)
}

// stretch keeps what is after a sequence, and says what is still left out.
func (c *Console) stretch(page index.Page, v view, after uint64, count int) rowsView {
	n := 0
	for n < len(page.Rows) && page.Rows[n].Seq > after {
		n++
	}
	older := page.Older
	page.Rows, page.Older = page.Rows[:n], 0
	shown := c.rowsOf(page, v)
	shown.Older = nil
	if n == pageRows && older != 0 {
		shown.Gap = c.gap(v, after, older, max(0, count-n))
	}
	return shown
}

// gap is the way to rows that were left out: those after a sequence and before
// another.
func (c *Console) gap(v view, after, before uint64, count int) *moreView {
	v.Before = 0
	q := c.query(v)
	q.Set("after", strconv.FormatUint(after, 10))
	q.Set("count", strconv.Itoa(count))
	return &moreView{Action: "/rows", Fields: q, Before: before, Count: count}
}

// find makes the address of what was typed into the filter: a number that was
// typed never stands in one.
func (c *Console) find(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		c.problem(w, r, http.StatusBadRequest, "problem.form")
		return
	}
	q := r.PostForm
	q.Del("before")
	v, err := c.readView(q)
	if err == nil {
		err = c.typed(&v, q.Get("number"))
	}
	var bad badView
	switch {
	case errors.As(err, &bad) && bad.part == "phone":
		c.problem(w, r, http.StatusBadRequest, "problem.number")
		return
	case err != nil:
		c.problem(w, r, http.StatusBadRequest, "problem.form")
		return
	}
	c.hidden(&v)
	http.Redirect(w, r, c.address(v), http.StatusSeeOther)
}
