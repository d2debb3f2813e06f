package console

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"haat/gateway/console/account"
	"haat/gateway/console/index"
	"haat/gateway/console/table"
)

// ActExport is the act of taking messages out as a file: About says how many,
// Detail which.
const ActExport = "export"

// Limits of exports.
const (
	maxExports    = 4                // at once
	maxOwnExports = 2                // of these of one operator
	exportPage    = index.MaxPage    // rows that are read at a time
	exportLife    = 30 * time.Minute // then one is broken off
	exportStall   = time.Minute      // who takes nothing for so long is gone
	exportCounted = index.MaxCount   // matching rows that are counted before; of more the number is guessed as they go out
	maxExportID   = 40               // octets of the name that a page gives its export
)

// exportRoutes are for operators: who only looks has no need to take thousands of
// people's messages home, masked or not.
func (c *Console) exportRoutes() []route {
	return []route{
		{"GET", "/export", account.Agent, c.exportPage},
		{"GET", "/export.csv", account.Agent, func(w http.ResponseWriter, r *http.Request) { c.export(w, r, table.CSV) }},
		{"GET", "/export.xlsx", account.Agent, func(w http.ResponseWriter, r *http.Request) { c.export(w, r, table.XLSX) }},
		{"GET", "/export/progress", account.Agent, c.exportProgress},
	}
}

// exportView is the page on which an export is made, as its template shows it.
type exportView struct {
	Filter  []chip
	View    string // address of the view
	Rows    int
	More    bool   // there are more than Rows
	CSV     string // addresses of the files
	XLSX    string
	Start   table.Format // begin with this one at once; "" for none
	Through time.Time    // the newest message that will be in it
	Stamp   string
}

// exportPage says what would be exported, and makes it while it is open: in a
// tab of its own, so that the operator can go on working meanwhile.
func (c *Console) exportPage(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	v, err := c.readView(q)
	start := table.Format(q.Get("as"))
	if err != nil || start != "" && start != table.CSV && start != table.XLSX {
		c.problem(w, r, http.StatusBadRequest, "problem.address")
		return
	}
	if c.hidden(&v) { // a number in the address would stay in histories and proxies' logs
		http.Redirect(w, r, addressOf("/export", c.query(v)), http.StatusSeeOther)
		return
	}
	now := c.Now()
	n, err := c.Index.Count(r.Context(), v.filter(now), exportCounted)
	if err != nil {
		c.fail(w, r, err)
		return
	}
	fields := c.query(v)
	c.show(w, r, http.StatusOK, "export", "export.title", exportView{
		Filter: c.filtersOf(c.texts.of(r), v).Tokens, View: c.address(v), Rows: n, More: n == exportCounted,
		CSV: addressOf("/export.csv", fields), XLSX: addressOf("/export.xlsx", fields), Start: start,
		Through: now, Stamp: now.In(c.Zone).Format("2006-01-02 15:04:05 MST"),
	})
}

// errMany says that enough exports are being made already.
var errMany = errors.New("too many exports at once")

// export sends the rows of a view as a file, as they are read. What is new after
// its beginning is not in it. A file that cannot be finished ends with its
// connection broken, so that nobody takes it for a whole one.
func (c *Console) export(w http.ResponseWriter, r *http.Request, f table.Format) {
	q := r.URL.Query()
	v, err := c.readView(q)
	if err != nil || c.hidden(&v) || len(q.Get("id")) > maxExportID {
		c.problem(w, r, http.StatusBadRequest, "problem.address")
		return
	}
	operator, _ := c.Gate.Of(r)
	e, err := c.exports.begin(operator.Name, q.Get("id"))
	if err != nil {
		w.Header().Set("Retry-After", fmt.Sprint(retryAfter))
		c.problem(w, r, http.StatusServiceUnavailable, "problem.exports")
		return
	}
	defer c.exports.end(e)
	ctx, cancel := c.whileOpen(r.Context(), exportLife)
	defer cancel()
	if err := c.prepare(ctx, e, v, f, operator); err != nil {
		c.fail(w, r, err)
		return
	}
	h := w.Header()
	h.Set("Content-Type", f.Type())
	h.Set("Content-Disposition", fmt.Sprintf(`attachment; filename="haat-messages-%s.%s"`, c.Now().In(c.Zone).Format("2006-01-02-1504"), f))
	h.Set("X-Accel-Buffering", "no") // for proxies that would wait for all of it
	if err := c.sendRows(ctx, w, e, f, c.texts.of(r)); err != nil {
		c.Logger.Warn().Err(err).Str("format", string(f)).Int64("rows", e.done.Load()).Msg("an export was broken off")
		panic(http.ErrAbortHandler) // all other ways to end would look like the end of the file
	}
}

// whileOpen is a context that ends with the console, too.
func (c *Console) whileOpen(ctx context.Context, atMost time.Duration) (context.Context, func()) {
	ctx, cancel := context.WithTimeout(ctx, atMost)
	go func() {
		select {
		case <-c.closing:
		case <-ctx.Done():
		}
		cancel()
	}()
	return ctx, cancel
}

// prepare freezes what will be exported, counts it, and records who takes it.
func (c *Console) prepare(ctx context.Context, e *export, v view, f table.Format, operator account.Operator) error {
	now := c.Now()
	e.filter = v.filter(now)
	head, err := c.head(ctx)
	if err != nil {
		return err
	}
	e.before = head + 1
	if v.Before != 0 {
		e.before = min(e.before, v.Before)
	}
	n, err := c.Index.Count(ctx, e.filter, exportCounted)
	if err != nil {
		return err
	}
	oldest, err := c.Index.After(ctx, e.filter, 0, 1)
	if err != nil {
		return err
	}
	if len(oldest) > 0 {
		e.oldest = oldest[0].Seq
	}
	about := strconv.Itoa(n)
	if n == exportCounted {
		about += "+"
	} else if v.Before == 0 {
		e.of.Store(int64(n))
	}
	return c.Gate.Record(ctx, account.Act{At: now, By: operator.Name, What: ActExport, About: about, Detail: string(f) + " " + c.described(v)})
}

// described is a view for the audit log: as in its address, but with what people
// see of a phone.
func (c *Console) described(v view) string {
	q := c.query(v)
	if v.Phone != "" {
		q.Set("phone", masked(v.Phone))
	}
	text, err := url.QueryUnescape(q.Encode())
	if err != nil || text == "" {
		return "all messages"
	}
	return maskNumbers(strings.ReplaceAll(text, "&", " "), v.Phone)
}

// sendRows writes the file, page by page: each is made first, when it is the
// export's turn, and then sent, however slowly it is taken.
func (c *Console) sendRows(ctx context.Context, w http.ResponseWriter, e *export, f table.Format, code string) error {
	flush := http.NewResponseController(w)
	var made bytes.Buffer
	file, err := table.New(f, &made, table.Config{Sheet: c.texts.say(code, "log.title"), Columns: c.exportColumns(code)})
	if err != nil {
		return err
	}
	for before := e.before; before > 1; {
		page, err := c.makePage(ctx, e, file, before)
		if err != nil {
			return err
		}
		// The server's deadline is for pages; as long as somebody takes rows, they get them.
		_ = flush.SetWriteDeadline(time.Now().Add(exportStall))
		if _, err := made.WriteTo(w); err != nil {
			return err
		}
		e.advance(page)
		before = page.Older
	}
	if err := file.Close(); err != nil {
		return err
	}
	_, err = made.WriteTo(w)
	return err
}

// makePage reads a page of rows and writes them into the file. Exports take turns,
// and rest while there is much to do: who answers a phone or shows a page goes
// first.
func (c *Console) makePage(ctx context.Context, e *export, file table.Writer, before uint64) (page index.Page, err error) {
	if err := c.exports.take(ctx); err != nil {
		return page, err
	}
	defer c.exports.give()
	begun := time.Now()
	if page, err = c.Index.Search(ctx, e.filter, before, exportPage); err != nil {
		return page, err
	}
	cells := make([]table.Cell, len(exportColumnsAll))
	for i := range page.Rows {
		c.exportCells(cells, &page.Rows[i])
		if err := file.Row(cells...); err != nil {
			return page, err
		}
	}
	if rest := c.Index.Rest(time.Since(begun)); rest > 0 {
		select {
		case <-time.After(rest):
		case <-ctx.Done():
		}
	}
	return page, ctx.Err()
}

// exportProgress tells a page how far its export is, as JSON: rows that are
// done, and of how many, which is a guess where "exact" is false and 0 where
// nobody knows yet. An export that is not there gives 204: it did not begin, or
// has ended.
func (c *Console) exportProgress(w http.ResponseWriter, r *http.Request) {
	operator, _ := c.Gate.Of(r)
	e := c.exports.find(operator.Name, r.URL.Query().Get("id"))
	if e == nil {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	done, of, exact := e.progress()
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"rows": done, "of": of, "exact": exact}) // the page may have been left
}
