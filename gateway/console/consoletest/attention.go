package consoletest

import (
	"context"
	"slices"
	"sync"

	"haat/gateway"
	"haat/gateway/console/attention"
	"haat/gateway/console/index"
	"haat/gateway/messagelog"
)

// Attention is a desk in memory: what waits on it stays there until somebody
// deals with it. It has one job, of which each draft makes a new one.
type Attention struct {
	mu    sync.Mutex
	items []attention.Item
	dealt map[string]uint64
	Text  string // of every letter
	Sent  []string
	job   attention.Job
	err   error
}

// NewAttention returns a desk with items on it.
func NewAttention(items ...attention.Item) *Attention {
	return &Attention{items: items, dealt: map[string]uint64{}, Text: "Your goods are here", job: attention.Job{ID: 1, State: attention.Draft, Act: attention.Retry, View: "/", Total: 1, Phones: 1}}
}

// Fail makes every question fail, until it is nil.
func (a *Attention) Fail(err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.err = err
}

// Page implements console.Attention.
func (a *Attention) Page(_ context.Context, q attention.Query, limit int) (page attention.Page, _ error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, item := range a.items {
		if mark, done := a.dealt[item.Key]; item.Kind == q.Kind && (q.Channel == "" || q.Channel == item.Channel) && (!done || mark < item.Mark) && len(page.Items) < limit {
			page.Items = append(page.Items, item)
		}
	}
	return page, a.err
}

// Counts implements console.Attention.
func (a *Attention) Counts(ctx context.Context, _ bool) (map[attention.Kind]int, error) {
	counts := map[attention.Kind]int{}
	for _, kind := range attention.Kinds {
		page, err := a.Page(ctx, attention.Query{Kind: kind}, attention.MaxCount)
		if err != nil {
			return nil, err
		}
		counts[kind] = len(page.Items)
	}
	return counts, nil
}

// Deal implements console.Attention.
func (a *Attention) Deal(_ context.Context, key string, mark uint64, _ string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.dealt[key] = mark
	return a.err
}

// Undo implements console.Attention.
func (a *Attention) Undo(_ context.Context, key string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.dealt, key)
	return a.err
}

// Letter implements console.Attention.
func (a *Attention) Letter(_ context.Context, seq uint64) (messagelog.Letter, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if seq > 1000 {
		return messagelog.Letter{}, &attention.Refused{Why: attention.WhyDelivered}
	}
	return messagelog.Letter{Ref: sequenceText(seq), Channel: "demo", Phone: "+254700000001", Text: a.Text, Notice: true}, a.err
}

// Again implements console.Attention.
func (a *Attention) Again(_ context.Context, _ uint64, text string) (string, error) {
	return a.send(text)
}

// Write implements console.Attention. Who ends with 117 has said STOP.
func (a *Attention) Write(_ context.Context, p gateway.Phone, _, text string) (string, error) {
	if p == "+254722908117" {
		return "", &attention.Refused{Why: attention.WhyOptedOut}
	}
	return a.send(text)
}

func (a *Attention) send(text string) (string, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.Sent = append(a.Sent, text)
	return sequenceText(uint64(len(a.Sent))), a.err
}

// Drop implements console.Attention.
func (a *Attention) Drop(context.Context, uint64) error { return nil }

// ReplayDead implements console.Attention.
func (a *Attention) ReplayDead(context.Context, uint64) error { return nil }

// DropDead implements console.Attention.
func (a *Attention) DropDead(context.Context, uint64) error { return attention.ErrNoDeadLetter }

// OfFilter implements console.Attention.
func (a *Attention) OfFilter(index.Filter, uint64) attention.Rows {
	return func(_ context.Context, each func(index.Row) bool) error {
		each(index.Row{Entry: messagelog.Entry{Seq: 1, Phone: "+254700000001"}})
		return nil
	}
}

// OfKind implements console.Attention.
func (a *Attention) OfKind(attention.Query) attention.Rows { return a.OfFilter(index.Filter{}, 0) }

// Draft implements console.Attention.
func (a *Attention) Draft(ctx context.Context, p attention.Plan, _ uint64, rows attention.Rows) (attention.Job, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.job.Act, a.job.Text, a.job.View, a.job.State, a.job.Total = p.Act, p.Text, p.View, attention.Draft, 0
	err := rows(ctx, func(index.Row) bool { a.job.Total++; return true })
	return a.job, err
}

// Job implements console.Attention.
func (a *Attention) Job(_ context.Context, id int64) (attention.Job, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if id != a.job.ID {
		return attention.Job{}, attention.ErrNoJob
	}
	return a.job, a.err
}

// Jobs implements console.Attention.
func (a *Attention) Jobs(context.Context) ([]attention.Job, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone([]attention.Job{a.job}), a.err
}

// Results implements console.Attention.
func (a *Attention) Results(context.Context, int64, string, uint64) ([]attention.Result, error) {
	return []attention.Result{{Seq: 1, Result: attention.ResultSkipped, Why: attention.WhyOptedOut}}, nil
}

// Begin implements console.Attention.
func (a *Attention) Begin(context.Context, int64, int) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.job.State = attention.Running
	return a.err
}

// Stop implements console.Attention.
func (a *Attention) Stop(context.Context, int64) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.job.State = attention.Stopped
	return a.err
}

// Pace implements console.Attention.
func (a *Attention) Pace() float64 { return 10 }
