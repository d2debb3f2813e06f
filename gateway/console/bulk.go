package console

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"haat/gateway/console/account"
	"haat/gateway/console/attention"
	"haat/gateway/console/index"
	"haat/gateway/gsm"
)

// The acts of this page, as the audit log names them; its end is
// [attention.ActEnded].
const (
	ActBulk     = "bulk-start" // About: the job; Detail: what it does
	ActBulkStop = "bulk-stop"  // About: the job
)

// bulk is acts on many messages at once.
type bulk interface {
	OfFilter(f index.Filter, head uint64) attention.Rows
	OfKind(q attention.Query) attention.Rows
	Draft(ctx context.Context, p attention.Plan, head uint64, rows attention.Rows) (attention.Job, error)
	Job(ctx context.Context, id int64) (attention.Job, error)
	Jobs(ctx context.Context) ([]attention.Job, error)
	Results(ctx context.Context, id int64, result string, after uint64) ([]attention.Result, error)
	Begin(ctx context.Context, id int64, count int) error
	Stop(ctx context.Context, id int64) error
	Pace() float64
}

func (c *Console) bulkRoutes() []route {
	return []route{
		{"GET", "/bulk", account.Admin, c.bulkList},
		{"GET", "/bulk/new", account.Admin, c.bulkNew},
		{"POST", "/bulk", account.Admin, c.bulkDraft},
		{"GET", "/bulk/{id}", account.Admin, c.bulkPage},
		{"GET", "/bulk/{id}/progress", account.Admin, c.bulkProgress},
		{"POST", "/bulk/{id}/start", account.Admin, c.bulkStart},
		{"POST", "/bulk/{id}/stop", account.Admin, c.bulkStop},
	}
}

// selection is what a job is about: a view of the log, or a kind of what waits.
type selection struct {
	view  view
	waits attention.Query
}

func (c *Console) readSelection(q url.Values) (s selection, err error) {
	if kind := attention.Kind(q.Get("waits")); kind != "" {
		s.waits = attention.Query{Kind: kind, Channel: q.Get("in")}
		if !slices.Contains(attention.Kinds, kind) || len(s.waits.Channel) > maxName {
			err = badView{"waits"}
		}
		return s, err
	}
	s.view, err = c.readView(q)
	s.view.Before = 0
	return s, err
}

// bulkOf is where an act on all that a view shows begins; "" for whom or what
// there is none. A view without rows has it, too: some may come while it is open.
func (c *Console) bulkOf(r *http.Request, v view) string {
	operator, _ := c.Gate.Of(r)
	v.Before = 0
	if q := c.query(v); c.Attention != nil && len(q) > 0 && operator.Role.May(account.Admin) {
		return addressOf("/bulk/new", q)
	}
	return ""
}

func (c *Console) selectionQuery(s selection) url.Values {
	if s.waits.Kind != "" {
		return url.Values{"waits": {string(s.waits.Kind)}, "in": {s.waits.Channel}}
	}
	return c.query(s.view)
}

func (c *Console) selectionAddress(s selection) string {
	if s.waits.Kind != "" {
		return addressOfItems(s.waits)
	}
	return c.address(s.view)
}

// bulkNewView is the form in which an act is chosen.
type bulkNewView struct {
	Fields  url.Values // of the selection
	Address string
	Count   int
	More    bool
	Act     string
	Text    string
	Problem string
	Most    int
}

func (c *Console) bulkNew(w http.ResponseWriter, r *http.Request) {
	s, err := c.readSelection(r.URL.Query())
	if err != nil {
		c.problem(w, r, http.StatusBadRequest, "problem.address")
		return
	}
	c.choosing(w, r, s, bulkNewView{Act: string(attention.Retry)})
}

func (c *Console) choosing(w http.ResponseWriter, r *http.Request, s selection, v bulkNewView) {
	n, err := c.size(r.Context(), s)
	if err != nil {
		c.fail(w, r, err)
		return
	}
	v.Fields, v.Address, v.Most = c.selectionQuery(s), c.selectionAddress(s), attention.MaxJobItems
	v.Count, v.More = n, n >= index.MaxCount
	status := http.StatusOK
	if v.Problem != "" {
		status = http.StatusUnprocessableEntity
	}
	c.show(w, r, status, "bulk-new", "bulk.title", v)
}

// size is how many messages are selected, about: what is confirmed is exact.
func (c *Console) size(ctx context.Context, s selection) (int, error) {
	if s.waits.Kind == "" {
		return c.Index.Count(ctx, s.view.filter(c.Now()), index.MaxCount)
	}
	counts, err := c.Attention.Counts(ctx, true)
	return counts[s.waits.Kind], err
}

// bulkDraft freezes what is selected.
func (c *Console) bulkDraft(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		c.problem(w, r, http.StatusBadRequest, "problem.form")
		return
	}
	s, err := c.readSelection(r.PostForm)
	act := attention.Act(r.PostForm.Get("act"))
	if err != nil || act != attention.Retry && act != attention.Drop && act != attention.Send {
		c.problem(w, r, http.StatusBadRequest, "problem.form")
		return
	}
	v := bulkNewView{Act: string(act), Text: r.PostForm.Get("say")}
	text := ""
	if act == attention.Send {
		var refused *attention.Refused
		if text, err = attention.Text(v.Text); errors.As(err, &refused) {
			v.Problem = "problem.refused_" + refused.Why
		} else if hiddenLeft(text) {
			v.Problem = "problem.refused_hidden"
		}
	}
	if v.Problem != "" {
		c.choosing(w, r, s, v)
		return
	}
	job, err := c.freeze(r, s, attention.Plan{Act: act, Text: text})
	switch {
	case errors.Is(err, attention.ErrNothing):
		v.Problem = "bulk.nothing"
	case errors.Is(err, attention.ErrTooMany):
		v.Problem = "bulk.too_many"
	case err != nil:
		c.fail(w, r, err)
		return
	default:
		http.Redirect(w, r, bulkAddress(job.ID), http.StatusSeeOther)
		return
	}
	c.choosing(w, r, s, v)
}

func bulkAddress(id int64) string { return "/bulk/" + strconv.FormatInt(id, 10) }

// freeze keeps the messages that are selected now.
func (c *Console) freeze(r *http.Request, s selection, p attention.Plan) (attention.Job, error) {
	operator, _ := c.Gate.Of(r)
	p.View, p.By = c.selectionAddress(s), operator.Name
	head, err := c.head(r.Context())
	if err != nil {
		return attention.Job{}, err
	}
	rows := c.Attention.OfKind(s.waits)
	if s.waits.Kind == "" {
		rows = c.Attention.OfFilter(s.view.filter(c.Now()), head)
	}
	return c.Attention.Draft(r.Context(), p, head, rows)
}

// jobView is a job as pages show it.
type jobView struct {
	attention.Job
	Made, Began, Ended string
	Worked             int
	Left               string // time, about
	Duration           string
	Live               bool
	Problem            string
	Text               string // masked
	Result             string
	Results            []resultView
	Older              string
	TextSegments       int
}

// resultView is what became of one message.
type resultView struct {
	attention.Result
	Conversation string
	Phone        string
}

func (c *Console) jobOf(j attention.Job) jobView {
	v := jobView{Job: j, Worked: j.Worked(), Live: j.State == attention.Running, Text: maskNumbers(j.Text, ""), TextSegments: gsm.Segments(j.Text)}
	for at, shown := range map[*time.Time]*string{&j.Made: &v.Made, &j.Began: &v.Began, &j.Ended: &v.Ended} {
		if !at.IsZero() {
			*shown = c.clock(*at)
		}
	}
	v.Left = (time.Duration(float64(j.Total-v.Worked)/c.Attention.Pace()) * time.Second).String()
	return v
}

// jobAsked reads the job of the address, or answers that there is none.
func (c *Console) jobAsked(w http.ResponseWriter, r *http.Request) (j attention.Job, ok bool) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err == nil {
		j, err = c.Attention.Job(r.Context(), id)
	} else {
		err = attention.ErrNoJob
	}
	switch {
	case errors.Is(err, attention.ErrNoJob):
		c.problem(w, r, http.StatusNotFound, "problem.job")
	case err != nil:
		c.fail(w, r, err)
	}
	return j, err == nil
}

func (c *Console) bulkPage(w http.ResponseWriter, r *http.Request) {
	j, ok := c.jobAsked(w, r)
	if !ok {
		return
	}
	v := c.jobOf(j)
	after, err := sequence(r.URL.Query().Get("after"))
	v.Result = r.URL.Query().Get("result")
	if err != nil || v.Result != "" && !slices.Contains([]string{attention.ResultDone, attention.ResultSkipped, attention.ResultFailed}, v.Result) {
		c.problem(w, r, http.StatusBadRequest, "problem.address")
		return
	}
	if err := c.resultsOf(r.Context(), &v, after); err != nil {
		c.fail(w, r, err)
		return
	}
	c.show(w, r, http.StatusOK, "bulk", "bulk.title", v)
}

// resultsOf adds the messages of one result, each with the way to its conversation.
func (c *Console) resultsOf(ctx context.Context, v *jobView, after uint64) error {
	if v.Result == "" {
		return nil
	}
	results, err := c.Attention.Results(ctx, v.ID, v.Result, after)
	if err != nil {
		return err
	}
	for _, result := range results {
		shown := resultView{Result: result}
		rows, err := c.Index.After(ctx, index.Filter{}, result.Seq-1, 1)
		if err != nil {
			return err
		}
		if len(rows) == 1 && rows[0].Seq == result.Seq && rows[0].Phone != "" {
			seq := strconv.FormatUint(result.Seq, 10)
			shown.Conversation, shown.Phone = "/phone/"+c.tokens.of(rows[0].Phone)+"?at="+seq+"#m"+seq, masked(rows[0].Phone)
		}
		v.Results = append(v.Results, shown)
	}
	if len(results) == attention.MaxResults {
		v.Older = fmt.Sprintf("%s?result=%s&after=%d", bulkAddress(v.ID), v.Result, results[len(results)-1].Seq)
	}
	return nil
}

// bulkProgress is how far a job is. While it runs that is morphed into the page,
// so that its button can be pressed at any time; the last takes the place of what
// asks.
func (c *Console) bulkProgress(w http.ResponseWriter, r *http.Request) {
	j, ok := c.jobAsked(w, r)
	if !ok {
		return
	}
	shown := c.jobOf(j)
	if shown.Live {
		c.part(w, r, "bulk-inner", shown)
		return
	}
	w.Header().Set("HX-Reswap", "outerHTML")
	c.part(w, r, "bulk-progress", shown)
}

// bulkStart begins a job once its number is confirmed.
func (c *Console) bulkStart(w http.ResponseWriter, r *http.Request) {
	j, ok := c.jobAsked(w, r)
	if !ok {
		return
	}
	count, err := strconv.Atoi(r.PostFormValue("count"))
	if err != nil || count != j.Total {
		v := c.jobOf(j)
		v.Problem = "bulk.wrong_count"
		c.show(w, r, http.StatusUnprocessableEntity, "bulk", "bulk.title", v)
		return
	}
	operator, _ := c.Gate.Of(r)
	err = c.Gate.Record(r.Context(), account.Act{At: time.Now(), By: operator.Name, What: ActBulk, About: fmt.Sprintf("#%d", j.ID),
		Detail: fmt.Sprintf("%s: %d messages of %d phones", j.Act, j.Total, j.Phones)})
	if err == nil {
		err = c.Attention.Begin(r.Context(), j.ID, count)
	}
	switch {
	case errors.Is(err, attention.ErrOtherRuns):
		v := c.jobOf(j)
		v.Problem = "bulk.other_runs"
		c.show(w, r, http.StatusConflict, "bulk", "bulk.title", v)
	case err != nil && !errors.Is(err, attention.ErrNotADraft): // it was pressed twice
		c.fail(w, r, err)
	default:
		http.Redirect(w, r, bulkAddress(j.ID), http.StatusSeeOther)
	}
}

func (c *Console) bulkStop(w http.ResponseWriter, r *http.Request) {
	j, ok := c.jobAsked(w, r)
	if !ok {
		return
	}
	operator, _ := c.Gate.Of(r)
	err := c.Gate.Record(r.Context(), account.Act{At: time.Now(), By: operator.Name, What: ActBulkStop, About: fmt.Sprintf("#%d", j.ID)})
	if err == nil {
		err = c.Attention.Stop(r.Context(), j.ID)
	}
	if err != nil && !errors.Is(err, attention.ErrNotRunning) { // it came to its end meanwhile
		c.fail(w, r, err)
		return
	}
	http.Redirect(w, r, bulkAddress(j.ID), http.StatusSeeOther)
}

// bulkList shows the jobs.
func (c *Console) bulkList(w http.ResponseWriter, r *http.Request) {
	jobs, err := c.Attention.Jobs(r.Context())
	if err != nil {
		c.fail(w, r, err)
		return
	}
	shown := make([]jobView, len(jobs))
	for i, j := range jobs {
		shown[i] = c.jobOf(j)
	}
	c.show(w, r, http.StatusOK, "bulk-list", "bulk.list", shown)
}
