package console_test

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"

	"haat/gateway"
	"haat/gateway/console"
	"haat/gateway/console/consoletest"
	"haat/gateway/console/index"
	"haat/gateway/dialogue"
)

// exported is what a spreadsheet makes of an export: rows with their cells by the
// titles of the columns.
func (r *rig) exported(t interface{ Fatalf(string, ...any) }, path string) (rows []map[string]string) {
	a := r.ask("operator", "GET", path, nil)
	if a.status != http.StatusOK {
		t.Fatalf("GET %s: %d\n%s", path, a.status, a.body)
	}
	var cells [][]string
	if strings.HasPrefix(path, "/export.csv") {
		text, marked := strings.CutPrefix(a.body, "\ufeff")
		var err error
		if cells, err = csv.NewReader(strings.NewReader(text)).ReadAll(); err != nil || !marked {
			t.Fatalf("no CSV: %v", err)
		}
	} else {
		book, err := excelize.OpenReader(strings.NewReader(a.body))
		if err != nil {
			t.Fatalf("no workbook: %v", err)
		}
		if cells, err = book.GetRows("Messages"); err != nil {
			t.Fatalf("no sheet: %v", err)
		}
	}
	for _, row := range cells[1:] {
		named := map[string]string{}
		for i, cell := range row {
			named[cells[0][i]] = cell
		}
		rows = append(rows, named)
	}
	return rows
}

var shownRow = regexp.MustCompile(`<li class="row [^"]*" id="m(\d+)"`)

// shownRows are the sequences of all rows of a view, page by page, as an operator
// would go through them.
func (r *rig) shownRows(q url.Values) (all []string) {
	at := url.Values{}
	for name := range q {
		at.Set(name, q.Get(name))
	}
	for {
		body := r.ask("operator", "GET", "/rows?"+at.Encode(), nil).body
		for _, m := range shownRow.FindAllStringSubmatch(body, -1) {
			all = append(all, m[1])
		}
		before := regexp.MustCompile(`name="before" value="(\d+)"`).FindStringSubmatch(body)
		if before == nil || before[1] == "0" {
			return all
		}
		at.Set("before", before[1])
	}
}

// TestExportIsTheView: whatever is filtered, both files have the rows that the
// pages show, in their order.
func TestExportIsTheView(t *testing.T) {
	r := newRig(t)
	for i := range 6 {
		for _, row := range consoletest.Market(at.Add(-time.Duration(6-i) * time.Hour)) {
			row.Ref = ""
			r.index.Add(row)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		q := url.Values{}
		for name, of := range map[string][]string{
			"channel": {"demo", "kenya"}, "mode": console.Modes, "dir": console.Directions, "kind": console.Kinds, "class": console.Classes, "since": console.Spans, "q": {"rice", "1", "مم", "oda"},
		} {
			if rapid.IntRange(0, 3).Draw(t, name+"?") == 0 {
				q.Set(name, rapid.SampledFrom(of).Draw(t, name))
			}
		}
		if rapid.Bool().Draw(t, "before?") {
			q.Set("before", fmt.Sprint(rapid.IntRange(1, 150).Draw(t, "before")))
		}
		want := r.shownRows(q)
		paths := []string{"/export.csv?"}
		if rapid.IntRange(0, 15).Draw(t, "workbook?") == 0 { // reading one takes long
			paths = append(paths, "/export.xlsx?")
		}
		for _, path := range paths {
			var got []string
			for _, row := range r.exported(t, path+q.Encode()) {
				got = append(got, row["Message"])
			}
			if !slices.Equal(got, want) {
				t.Fatalf("%s%s has %d rows %v, the page %d", path, q.Encode(), len(got), got[:min(9, len(got))], len(want))
			}
		}
	})
}

func TestCellsOfAnExport(t *testing.T) {
	nairobi := time.FixedZone("EAT", 3*60*60)
	r := newRig(t, func(c *console.Config) { c.Zone = nairobi })
	row := consoletest.Turn(at, "+254700000001", dialogue.SMS, dialogue.ClassSell, "=2+5 call +254722908117", "دلو ١٠ لتر 👍")
	row.Offer = &dialogue.Offer{Item: "@maize", Qty: 50, Unit: "kg"}
	row.Segments, row.Cost, row.Currency, row.Attempt = 2, "0.80", "KES", 1
	r.index.Add(row, consoletest.Turn(at, "+254711000001", dialogue.SMS, dialogue.ClassHelp, "a\nb", ""), consoletest.Turn(at, "+254700000001", dialogue.SMS, dialogue.ClassHelp, "again", ""))
	for _, tc := range []struct {
		path string
		want map[string]string
	}{
		{"/export.csv", map[string]string{"Time": "2026-11-28T15:00:00+03:00", "UTC offset": "'+03:00", "Phone said": "'=2+5 call •••117", "Cost": "0.80"}},
		{"/export.xlsx", map[string]string{"Time": "2026-11-28 15:00:00", "UTC offset": "+03:00", "Phone said": "=2+5 call •••117", "Cost": "0.8"}},
	} {
		rows := r.exported(t, tc.path)
		for title, want := range map[string]string{
			"Phone": "•••001", "Was told": "دلو ١٠ لتر 👍", "Meaning": "sell", "Delivery": "", "Offer": "50 kg @maize", "Segments": "2", "Currency": "KES", "Channel": "demo", "Mode": "sms", "Language": "sw", "Shop": "ST01", "Message": "1",
		} {
			tc.want[title] = want
		}
		for title, want := range tc.want {
			if got, there := rows[2][title]; got != want || !there && want != "" {
				t.Errorf("%s: %s is %q, want %q", tc.path, title, got, want)
			}
		}
		ids := []string{rows[0]["Phone ID"], rows[1]["Phone ID"], rows[2]["Phone ID"]}
		if ids[0] != ids[2] || ids[0] == ids[1] || len(strings.TrimPrefix(ids[0], "'")) != 16 || rows[1]["Phone"] != "•••001" {
			t.Errorf("%s: phones are %q", tc.path, ids)
		}
		if rows[1]["Phone said"] != "a\nb" {
			t.Errorf("%s: lines are %q", tc.path, rows[1]["Phone said"])
		}
	}
	a := r.ask("operator", "GET", "/export.csv", nil)
	if strings.Contains(a.body, "254700000001") || strings.Contains(a.body, r.tokenOf("+254700000001")) {
		t.Error("the file has a number, or what opens a conversation")
	}
	if name := a.header.Get("Content-Disposition"); name != `attachment; filename="haat-messages-2026-11-28-1500.csv"` || a.header.Get("Content-Type") != "text/csv; charset=utf-8" {
		t.Errorf("the file is %s, %s", name, a.header.Get("Content-Type"))
	}
}

func TestExportIsRecorded(t *testing.T) {
	r := newRig(t)
	r.index.Add(consoletest.Market(at)...)
	token := r.tokenOf("+254700000001")
	r.ask("operator", "GET", "/export.csv?class=screen&phone="+token, nil)
	acts, _ := r.gate.Acts(t.Context(), at.Add(1), 10)
	if len(acts) != 1 || acts[0].By != "operator" || acts[0].What != console.ActExport || acts[0].About != "3" || acts[0].Detail != "csv class=screen phone=•••001" {
		t.Errorf("recorded %+v", acts)
	}
	t.Run("not recorded, not given", func(t *testing.T) {
		r.gate.Fail(errors.New("the disk is full"))
		defer r.gate.Fail(nil)
		if a := r.ask("operator", "GET", "/export.xlsx", nil); a.status != http.StatusServiceUnavailable || strings.Contains(a.body, "Mchele") {
			t.Errorf("status %d", a.status)
		}
	})
	for name, tc := range map[string]struct {
		as, path string
		status   int
	}{
		"a viewer":        {"viewer", "/export.csv", 403},
		"no view":         {"operator", "/export.csv?mode=fax", 400},
		"no page of one":  {"operator", "/export?mode=fax", 400},
		"another format":  {"operator", "/export?as=pdf", 400},
		"a number":        {"operator", "/export.csv?q=%2B254700000001", 400},
		"a long name":     {"operator", "/export.csv?id=" + strings.Repeat("x", 41), 400},
		"a number's page": {"operator", "/export?q=%2B254700000001", 303},
	} {
		if a := r.ask(tc.as, "GET", tc.path, nil); a.status != tc.status {
			t.Errorf("%s: %d, want %d", name, a.status, tc.status)
		}
	}
	if strings.Contains(r.ask("viewer", "GET", "/", nil).body, "/export") {
		t.Error("a viewer is offered an export")
	}
}

// gated is an index whose pages of an export come when a test says so.
type gated struct {
	index.Reader
	searches atomic.Int64
	each     func(ctx context.Context, n int64) error // before the n-th page
}

func (g *gated) Search(ctx context.Context, f index.Filter, before uint64, limit int) (index.Page, error) {
	if limit == 1 {
		return g.Reader.Search(ctx, f, before, limit)
	}
	if err := g.each(ctx, g.searches.Add(1)); err != nil {
		return index.Page{}, err
	}
	return g.Reader.Search(ctx, f, before, limit)
}

func gatedRig(t *testing.T, each func(r *rig, ctx context.Context, n int64) error) *rig {
	var r *rig
	r = newRig(t, func(c *console.Config) {
		c.Index = &gated{Reader: c.Index, each: func(ctx context.Context, n int64) error { return each(r, ctx, n) }}
	})
	for i := range 1700 {
		r.index.Add(text(i))
	}
	return r
}

// TestNewRowsAreNotInAnExport: an export is of the moment when it began.
func TestNewRowsAreNotInAnExport(t *testing.T) {
	r := gatedRig(t, func(r *rig, _ context.Context, n int64) error {
		r.index.Add(text(int(n)))
		return nil
	})
	if rows := r.exported(t, "/export.csv"); len(rows) != 1700 || rows[0]["Message"] != "1700" {
		t.Errorf("%d rows from %s on", len(rows), rows[0]["Message"])
	}
}

// TestAnExportThatBreaksOff cannot be taken for a whole one.
func TestAnExportThatBreaksOff(t *testing.T) {
	for _, path := range []string{"/export.csv", "/export.xlsx"} {
		r := gatedRig(t, func(_ *rig, _ context.Context, n int64) error {
			if n == 4 {
				return errors.New("disk I/O error")
			}
			return nil
		})
		req, _ := http.NewRequestWithContext(t.Context(), "GET", r.server.URL+path, nil)
		consoletest.SignIn(req, "operator")
		resp, err := http.DefaultClient.Do(req)
		if err == nil {
			_, err = io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
		}
		if err == nil {
			t.Errorf("%s ends as if it were whole", path)
		}
		if !strings.Contains(r.logged.String(), "broken off") {
			t.Errorf("%s: the log does not tell", path)
		}
		if a := r.ask("operator", "GET", path, nil); a.status != http.StatusOK { // its place is free again
			t.Errorf("the next one: %d", a.status)
		}
	}
}

// TestExportsAreBounded fills all places, and watches one of the exports until it
// is left.
func TestExportsAreBounded(t *testing.T) {
	reached := make(chan struct{}, 8)
	r := gatedRig(t, func(_ *rig, ctx context.Context, n int64) error {
		if n <= 2 { // one page each for the first two
			return nil
		}
		reached <- struct{}{}
		<-ctx.Done()
		return ctx.Err()
	})
	var leave []func()
	var left []chan error
	begin := func(as, id string) {
		ctx, cancel := context.WithCancel(t.Context())
		leave = append(leave, cancel)
		req, _ := http.NewRequestWithContext(ctx, "GET", r.server.URL+"/export.csv?id="+id, nil)
		consoletest.SignIn(req, as)
		done := make(chan error, 1)
		left = append(left, done)
		go func() {
			resp, err := http.DefaultClient.Do(req)
			if err == nil {
				_, err = io.Copy(io.Discard, resp.Body)
				resp.Body.Close()
			}
			done <- err
		}()
		eventually(t, "an export has begun", func() bool {
			return r.ask(as, "GET", "/export/progress?id="+id, nil).status == http.StatusOK
		})
	}
	begin("operator", "mine")
	<-reached // the others wait until it is their turn
	if a := r.ask("operator", "GET", "/export/progress?id=mine", nil); a.status != http.StatusOK {
		t.Errorf("progress: %d %s", a.status, a.body)
	} else {
		var p struct {
			Rows, Of int
			Exact    bool
		}
		if err := json.Unmarshal([]byte(a.body), &p); err != nil || p.Rows != 1000 || p.Of != 1700 || !p.Exact {
			t.Errorf("progress %s, %v", a.body, err)
		}
	}
	for name, path := range map[string]string{"another's": "/export/progress?id=mine", "none": "/export/progress?id=x", "no name": "/export/progress"} {
		if a := r.ask("admin", "GET", path, nil); a.status != http.StatusNoContent {
			t.Errorf("progress of %s: %d", name, a.status)
		}
	}
	begin("operator", "second")
	if a := r.ask("operator", "GET", "/export.csv", nil); a.status != http.StatusServiceUnavailable || a.header.Get("Retry-After") == "" || !strings.Contains(a.body, "Too many exports") {
		t.Errorf("a third of one operator: %d", a.status)
	}
	begin("admin", "third")
	begin("admin", "fourth")
	leave[0]()
	<-left[0]
	eventually(t, "a place is free", func() bool {
		return r.ask("operator", "GET", "/export/progress?id=mine", nil).status == http.StatusNoContent
	})
	begin("operator", "again")
	r.console.Close() // ends all of them
	for i, done := range left[1:] {
		if err := <-done; err == nil {
			t.Errorf("export %d ends as if it were whole", i+1)
		}
	}
	for _, cancel := range leave {
		cancel()
	}
}

func TestProgressWithoutACount(t *testing.T) {
	for _, tc := range []struct {
		done               int64
		before, oldest, at uint64
		of                 int64
	}{
		{0, 1000, 1, 0, 0}, {100, 1001, 1, 901, 1000}, {500, 1001, 1, 1, 500}, {10, 11, 11, 11, 0},
	} {
		if of := console.GuessOf(tc.done, tc.before, tc.oldest, tc.at); of != tc.of {
			t.Errorf("%+v: guessed %d", tc, of)
		}
	}
}

// long is an index of many rows, made as they are asked for.
type long struct {
	index.Reader
	rows uint64

	mu   sync.Mutex
	peak uint64 // of the heap, while somebody reads
}

func (l *long) Search(_ context.Context, _ index.Filter, before uint64, limit int) (page index.Page, err error) {
	if before == 0 || before > l.rows {
		before = l.rows + 1
	}
	for seq := before - 1; seq > 0 && len(page.Rows) < limit; seq-- {
		row := consoletest.Turn(at.Add(-time.Duration(seq)*time.Second), gateway.Phone(fmt.Sprintf("+2547%08d", seq%50_000)), dialogue.SMS, dialogue.ClassAsk, "plz 2 rice na sabuni tatu", "rice: unataka ipi?\n1.Mchele kilo 1 180\n2.Mchele kilo 5 850\n3.Mchele kilo 25 4,100\n0.Rudi 00.Mwanzo")
		row.Seq = seq
		page.Rows, page.Older = append(page.Rows, row), seq
	}
	if page.Older == 1 {
		page.Older = 0
	}
	if before%50_000 < 500 {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		l.mu.Lock()
		l.peak = max(l.peak, m.HeapAlloc)
		l.mu.Unlock()
	}
	return page, nil
}

func (l *long) Count(_ context.Context, _ index.Filter, most int) (int, error) {
	return min(most, int(l.rows)), nil
}

func (l *long) After(ctx context.Context, f index.Filter, after uint64, _ int) ([]index.Row, error) {
	page, err := l.Search(ctx, f, after+2, 1)
	return page.Rows, err
}

// BenchmarkExport sends a million rows, whatever b.N is.
func BenchmarkExport(b *testing.B) {
	for _, path := range []string{"/export.csv", "/export.xlsx"} {
		b.Run(path[1:], func(b *testing.B) {
			l := &long{rows: 1_000_000}
			r := newRig(b, func(c *console.Config) { l.Reader, c.Index = c.Index, l })
			size := int64(0)
			for b.Loop() {
				req, _ := http.NewRequest("GET", r.server.URL+path, nil)
				consoletest.SignIn(req, "operator")
				resp, err := http.DefaultClient.Do(req)
				if err != nil {
					b.Fatal(err)
				}
				if size, err = io.Copy(io.Discard, resp.Body); err != nil {
					b.Fatal(err)
				}
				resp.Body.Close()
			}
			b.ReportMetric(float64(l.rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
			b.ReportMetric(float64(l.peak)/(1<<20), "MiB-heap")
			b.ReportMetric(float64(size)/(1<<20), "MiB-file")
		})
	}
}

// eventually waits until done.
func eventually(t testing.TB, what string, done func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.After(consoletest.Patience); !done(); {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("this did not happen: %s", what)
		}
	}
}
