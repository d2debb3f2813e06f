package attention_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"haat/gateway"
	"haat/gateway/console/account"
	"haat/gateway/console/attention"
	"haat/gateway/console/index"
	"haat/gateway/dialogue"
	"haat/gateway/messagelog"
)

// failing puts SMS into the log that fail, each of another phone.
func (r *rig) failing(from, to int) {
	for i := from; i < to; i++ {
		r.post(phone(i), "it", gateway.Failed)
	}
	r.caughtUp()
}

// head is the sequence of the newest row.
func (r *rig) head() uint64 {
	page, err := r.index.Search(r.T.Context(), index.Filter{}, 0, 1)
	if err != nil || len(page.Rows) == 0 {
		r.T.Fatal(err)
	}
	return page.Rows[0].Seq
}

func (r *rig) draft(p attention.Plan, f index.Filter) attention.Job {
	r.T.Helper()
	head := r.head()
	p.By = "amani"
	j, err := r.desk.Draft(r.T.Context(), p, head, r.desk.OfFilter(f, head))
	if err != nil {
		r.T.Fatal(err)
	}
	return j
}

func (r *rig) begin(j attention.Job) {
	r.T.Helper()
	if err := r.desk.Begin(r.T.Context(), j.ID, j.Total); err != nil {
		r.T.Fatal(err)
	}
}

func (r *rig) job(id int64) attention.Job {
	r.T.Helper()
	j, err := r.desk.Job(r.T.Context(), id)
	if err != nil {
		r.T.Fatal(err)
	}
	return j
}

func (r *rig) ended(id int64) attention.Job {
	r.T.Helper()
	r.Eventually("the job has ended", func() bool { return r.job(id).State == attention.Done || r.job(id).State == attention.Stopped })
	return r.job(id)
}

// notices are how many a phone has in the log.
func (r *rig) notices(p gateway.Phone) (n int) {
	for _, e := range r.Entries(p) {
		if e.Kind == messagelog.KindNotice {
			n++
		}
	}
	return n
}

var failed = index.Filter{Status: gateway.Failed}

func TestJobIsFrozen(t *testing.T) {
	r := newRig(t)
	r.failing(0, 5)
	j := r.draft(attention.Plan{Act: attention.Retry}, failed)
	if j.Total != 5 || j.Phones != 5 || j.Cost != "KES 4.00" || j.Segments != 5 {
		t.Errorf("counted %+v", j)
	}
	r.failing(5, 7) // too late
	r.status(phone(1), lastRef(r, 1), gateway.Dropped)
	r.Run(r.desk.Run)
	if err := r.desk.Begin(t.Context(), j.ID, 4); !errors.Is(err, attention.ErrCount) {
		t.Errorf("confirmed with another number: %v", err)
	}
	r.begin(j)
	if err := r.desk.Begin(t.Context(), j.ID, 5); !errors.Is(err, attention.ErrNotADraft) {
		t.Errorf("begun twice: %v", err)
	}
	if j = r.ended(j.ID); j.State != attention.Done || j.Done != 4 || j.Skipped != 1 || j.Failed != 0 {
		t.Errorf("ended as %+v", j)
	}
	for i, want := range []int{2, 1, 2, 2, 2, 1, 1} {
		if n := r.notices(phone(i)); n != want {
			t.Errorf("phone %d has %d notices, want %d", i, n, want)
		}
	}
	skipped, err := r.desk.Results(t.Context(), j.ID, attention.ResultSkipped, 0)
	if err != nil || len(skipped) != 1 || skipped[0].Why != attention.WhyDropped {
		t.Errorf("skipped %+v, %v", skipped, err)
	}
	r.Eventually("its end is recorded once", func() bool {
		r.mu.Lock()
		defer r.mu.Unlock()
		return len(r.acts) == 1 && r.acts[0].What == attention.ActEnded && r.acts[0].Detail == "done: 4 of 5 done, 1 skipped, 0 failed"
	})
}

// TestJobLeavesAloneWhatIsNotInAnOutbox: a reply that was given in the response to
// the carrier is not sent again, and what came after the count is not touched.
func TestJobLeavesAloneWhatIsNotInAnOutbox(t *testing.T) {
	r := newRig(t)
	r.SMS(phone(1), "MENU")
	r.post(phone(2), "it", gateway.Sent, gateway.Delivered)
	r.caughtUp()
	head := r.head()
	r.failing(3, 4)
	j, err := r.desk.Draft(t.Context(), attention.Plan{Act: attention.Retry, By: "amani"}, head, r.desk.OfFilter(index.Filter{Direction: "out"}, head))
	if err != nil || j.Total != 2 {
		t.Fatalf("%+v, %v", j, err)
	}
	r.Run(r.desk.Run)
	r.begin(j)
	if j = r.ended(j.ID); j.Skipped != 2 {
		t.Errorf("ended as %+v", j)
	}
	if r.notices(phone(1)) != 0 || r.notices(phone(2)) != 1 {
		t.Error("something was sent again")
	}
}

func TestJobWritesOnceToEachPhone(t *testing.T) {
	r := newRig(t)
	for range 3 {
		r.failing(0, 3)
	}
	if err := r.People.SetProfile(t.Context(), phone(2), dialogue.Profile{OptedOut: true}); err != nil {
		t.Fatal(err)
	}
	j := r.draft(attention.Plan{Act: attention.Send, Text: "We are back"}, failed)
	if j.Total != 3 || j.Phones != 3 || j.Cost != "KES 2.40" {
		t.Errorf("counted %+v", j)
	}
	r.Run(r.desk.Run)
	r.begin(j)
	if j = r.ended(j.ID); j.Done != 2 || j.Skipped != 1 {
		t.Errorf("ended as %+v", j)
	}
	for i, want := range []int{4, 4, 3} {
		if n := r.notices(phone(i)); n != want {
			t.Errorf("phone %d has %d notices, want %d", i, n, want)
		}
	}
}

func TestJobsRunOneAtATimeAndStop(t *testing.T) {
	r := newRig(t)
	r.config.Rate = .01 // the second message is minutes away
	r.reopen()
	r.failing(0, 4)
	j := r.draft(attention.Plan{Act: attention.Drop}, failed)
	r.begin(j)
	other := r.draft(attention.Plan{Act: attention.Retry}, failed)
	if err := r.desk.Begin(t.Context(), other.ID, other.Total); !errors.Is(err, attention.ErrOtherRuns) {
		t.Errorf("two run at once: %v", err)
	}
	stop := r.Run(r.desk.Run)
	r.Eventually("one is dropped", func() bool { return r.job(j.ID).Done == 1 })
	if err := r.desk.Stop(t.Context(), j.ID); err != nil {
		t.Fatal(err)
	}
	if err := r.desk.Stop(t.Context(), j.ID); !errors.Is(err, attention.ErrNotRunning) {
		t.Errorf("stopped twice: %v", err)
	}
	stop()
	r.config.Rate = attention.MaxRate
	r.reopen()
	r.Run(r.desk.Run)
	r.Eventually("its end is recorded", func() bool {
		r.mu.Lock()
		defer r.mu.Unlock()
		return len(r.acts) == 1
	})
	if j = r.job(j.ID); j.State != attention.Stopped || j.Done != 1 || j.Worked() != 1 {
		t.Errorf("after the stop: %+v", j)
	}
	r.begin(other)
	if other = r.ended(other.ID); other.Done != 3 || other.Skipped != 1 {
		t.Errorf("the other ended as %+v", other)
	}
}

// mortal is a log in the hands of a haat that is killed at one of its acts:
// before it, between its halves, or after it and before anything is noted.
type mortal struct {
	*messagelog.Log
	left int // acts until then
	how  int
	kill context.CancelFunc
}

var errKilled = errors.New("killed")

func (m *mortal) dies() bool {
	m.left--
	if m.left < 0 {
		m.kill()
	}
	return m.left < 0
}

func (m *mortal) SendAgain(ctx context.Context, l messagelog.Letter, n gateway.Notice) (string, error) {
	if !m.dies() {
		return m.Log.SendAgain(ctx, l, n)
	}
	ctx = context.WithoutCancel(ctx)
	var err error
	switch m.how {
	case 1:
		err = m.Log.Drop(ctx, l, "An operator sends it again.", n.At)
	case 2:
		_, err = m.Log.SendAgain(ctx, l, n)
	}
	return "", errors.Join(err, errKilled)
}

func (m *mortal) Post(ctx context.Context, n gateway.Notice) (string, error) {
	if !m.dies() {
		return m.Log.Post(ctx, n)
	}
	var err error
	if m.how > 0 {
		_, err = m.Log.Post(context.WithoutCancel(ctx), n)
	}
	return "", errors.Join(err, errKilled)
}

// TestJobSurvivesBeingKilled: none is done twice, none is lost.
func TestJobSurvivesBeingKilled(t *testing.T) {
	const phones = 12
	for _, act := range []attention.Act{attention.Retry, attention.Send} {
		t.Run(string(act), func(t *testing.T) {
			r := newRig(t)
			r.failing(0, phones)
			j := r.draft(attention.Plan{Act: act, Text: "We are back"}, failed)
			r.begin(j)
			for life := 0; r.job(j.ID).State == attention.Running; life++ {
				if life > 3*phones {
					t.Fatal("it does not get on")
				}
				ctx, kill := context.WithCancel(t.Context())
				r.config.Log = &mortal{Log: r.Log, left: life % 3, how: life / 3 % 3, kill: kill}
				r.config.Record = func(context.Context, account.Act) error {
					kill() // a life in which nobody dies ends with the job
					return nil
				}
				r.reopen()
				_ = r.desk.Run(ctx)
				kill()
			}
			if j = r.job(j.ID); j.Done != phones || j.Worked() != phones {
				t.Errorf("ended as %+v", j)
			}
			for i := range phones {
				if n := r.notices(phone(i)); n != 2 {
					t.Errorf("phone %d has %d notices, want 2", i, n)
				}
			}
		})
	}
}

func TestJobsAreBounded(t *testing.T) {
	r := newRig(t)
	r.failing(0, 1)
	r.Run(r.desk.Run)
	for range attention.MaxJobs + 2 {
		j := r.draft(attention.Plan{Act: attention.Drop}, index.Filter{})
		r.begin(j)
		r.ended(j.ID)
	}
	jobs, err := r.desk.Jobs(t.Context())
	if err != nil || len(jobs) > attention.MaxJobs || !slices.IsSortedFunc(jobs, func(a, b attention.Job) int { return int(b.ID - a.ID) }) {
		t.Errorf("%d jobs are remembered, %v", len(jobs), err)
	}
	if _, err := r.desk.Job(t.Context(), 1); !errors.Is(err, attention.ErrNoJob) {
		t.Errorf("the first is remembered: %v", err)
	}
	many := func(_ context.Context, each func(index.Row) bool) error {
		row := index.Row{}
		row.Phone = phone(1)
		for row.Seq = 1; each(row); row.Seq++ {
		}
		return nil
	}
	if _, err := r.desk.Draft(t.Context(), attention.Plan{Act: attention.Drop}, 1, many); !errors.Is(err, attention.ErrTooMany) {
		t.Errorf("without end: %v", err)
	}
	none := func(context.Context, func(index.Row) bool) error { return nil }
	if _, err := r.desk.Draft(t.Context(), attention.Plan{Act: attention.Drop}, 1, none); !errors.Is(err, attention.ErrNothing) {
		t.Errorf("of nothing: %v", err)
	}
	if err := r.desk.Deal(t.Context(), "", 1, "amani"); !errors.Is(err, attention.ErrKey) {
		t.Errorf("dealt with nothing: %v", err)
	}
}

// BenchmarkFirstPage shows the first page of 100,000 rows in trouble, where all
// are open and where an operator has worked off the first 10,000.
func BenchmarkFirstPage(b *testing.B) {
	const messages = 100_000
	r := newBenchRig(b, messages)
	page := func(b *testing.B) {
		for b.Loop() {
			page, err := r.desk.Page(b.Context(), attention.Query{Kind: attention.Failed}, 50)
			if err != nil || len(page.Items) != 50 {
				b.Fatalf("%d items, %v", len(page.Items), err)
			}
		}
	}
	b.Run("open", page)
	b.Run("counts", func(b *testing.B) {
		for b.Loop() {
			r.reopen()
			if _, err := r.desk.Counts(b.Context(), true); err != nil {
				b.Fatal(err)
			}
		}
	})
	for q := (attention.Query{Kind: attention.Failed}); q.After != "end"; {
		page, err := r.desk.Page(b.Context(), q, attention.MaxItems)
		if err != nil {
			b.Fatal(err)
		}
		for i, item := range page.Items {
			if err := r.desk.Deal(b.Context(), item.Key, item.Mark, "amani"); err != nil {
				b.Fatal(err)
			}
			if i == len(page.Items)-1 {
				q.After = item.Spot
			}
		}
		if len(page.Items) == 0 || fmt.Sprint(page.Items[0].Row.Phone) > string(phone(2_000)) {
			q.After = "end"
		}
	}
	b.Run("worked off", page)
}
