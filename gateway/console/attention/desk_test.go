package attention_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"haat/gateway"
	"haat/gateway/console/account"
	"haat/gateway/console/attention"
	"haat/gateway/console/index"
	"haat/gateway/console/store"
	"haat/gateway/dialogue"
	"haat/gateway/gatewaytest"
	"haat/gateway/messagelog"
)

// rig is a desk on the real log, index and store.
type rig struct {
	*gatewaytest.Rig
	index  *index.Index
	store  *store.Store
	house  house
	dead   dead
	config attention.Config
	desk   *attention.Desk

	attempts int // of all SMS

	mu   sync.Mutex
	acts []account.Act
	now  time.Time // zero: the real one
}

// house says of its halves what a test sets.
type house struct {
	channels  []attention.Channel
	undecided uint64
	since     time.Time
}

func (h *house) Channels(context.Context) ([]attention.Channel, error) { return h.channels, nil }

func (h *house) Undecided(context.Context) (uint64, time.Time, error) {
	return h.undecided, h.since, nil
}

// dead are dead letters in memory.
type dead struct{ letters []attention.DeadLetter }

func (d *dead) List(_ context.Context, after uint64, limit int) (all []attention.DeadLetter, _ error) {
	for _, l := range d.letters {
		if l.Seq > after && len(all) < limit {
			all = append(all, l)
		}
	}
	return all, nil
}

func (d *dead) Count(context.Context) (int, error)   { return len(d.letters), nil }
func (d *dead) Replay(context.Context, uint64) error { return nil }
func (d *dead) Drop(context.Context, uint64) error   { return nil }

func newRig(t testing.TB) *rig {
	t.Helper()
	r := &rig{Rig: gatewaytest.New(t, gatewaytest.Options{})}
	dir := t.TempDir()
	var err error
	if r.index, err = index.Open(t.Context(), filepath.Join(dir, "index.db"), r.Log, zerolog.Nop()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.index.Close() })
	r.Run(r.index.Run)
	if r.store, err = store.Open(t.Context(), filepath.Join(dir, "console.db")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.store.Close() })
	r.config = attention.Config{
		Index: r.index, Log: r.Log, People: r.People, House: &r.house, Dead: &r.dead, Store: r.store, Logger: zerolog.Nop(), Rate: attention.MaxRate,
		Record: func(_ context.Context, act account.Act) error {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.acts = append(r.acts, act)
			return nil
		},
		Now: func() time.Time {
			r.mu.Lock()
			defer r.mu.Unlock()
			if r.now.IsZero() {
				return time.Now()
			}
			return r.now
		},
		Lines: map[string]attention.Line{
			"demo":  {Tariff: gateway.Tariff{Currency: "KES", Prices: map[string]int64{"+254": 800_000}}},
			"quiet": {Through: "demo"},
		},
	}
	r.reopen()
	return r
}

// newBenchRig has so many SMS that failed.
func newBenchRig(b *testing.B, messages int) *rig {
	b.Helper()
	r := newRig(b)
	js := r.Bus.JetStream()
	for i := range messages {
		p := phone(i)
		on := fmt.Sprintf("log.000.%s.", string(p)[1:])
		notice := fmt.Sprintf(`{"channel":"demo","phone":%q,"text":"Your goods are here","at":"2026-11-28T12:00:00Z"}`, p)
		status := fmt.Sprintf(`{"channel":"demo","phone":%q,"ref":"%d","state":"failed","code":"E42","reason":"no such number","at":"2026-11-28T12:00:01Z"}`, p, 2*i+1)
		_, err := js.PublishAsync(on+"notice.demo", []byte(notice))
		if err == nil {
			_, err = js.PublishAsync(on+"status.demo", []byte(status))
		}
		if err != nil {
			b.Fatal(err)
		}
		if i%1000 == 0 {
			<-js.PublishAsyncComplete()
		}
	}
	<-js.PublishAsyncComplete()
	for n := uint64(1); n > 0; {
		changed := r.index.Changed()
		var err error
		if n, _, err = r.index.Lag(b.Context()); err != nil {
			b.Fatal(err)
		}
		if n > 0 {
			<-changed
		}
	}
	return r
}

// reopen is a new desk on what the old one has kept.
func (r *rig) reopen() {
	r.T.Helper()
	var err error
	if r.desk, err = attention.New(r.config); err != nil {
		r.T.Fatal(err)
	}
}

func phone(i int) gateway.Phone { return gateway.Phone(fmt.Sprintf("+2547000%05d", i)) }

// post puts a notice into the log, with states that follow.
func (r *rig) post(p gateway.Phone, text string, states ...gateway.State) (ref string) {
	r.T.Helper()
	ref, err := r.Log.Post(r.T.Context(), gateway.Notice{Channel: "demo", Phone: p, Text: text, At: time.Now()})
	if err != nil {
		r.T.Fatal(err)
	}
	for _, state := range states {
		r.status(p, ref, state)
	}
	return ref
}

func (r *rig) status(p gateway.Phone, ref string, state gateway.State) {
	r.T.Helper()
	r.attempts++
	s := gateway.Status{Channel: "demo", Phone: p, Ref: ref, State: state, Code: "E42", Reason: "no such number", Attempt: r.attempts, At: time.Now()}
	if _, err := r.Log.AddStatus(r.T.Context(), p, "demo", func(old gateway.Status) (gateway.Status, bool) { return old.Next(s) }); err != nil {
		r.T.Fatal(err)
	}
}

// caughtUp waits until the index has all of the log.
func (r *rig) caughtUp() {
	r.T.Helper()
	r.Eventually("the index has caught up", func() bool {
		n, _, err := r.index.Lag(r.T.Context())
		return err == nil && n == 0
	})
}

// waits are the items of a kind, each as its reason, channel and text.
func (r *rig) waits(kind attention.Kind) (all []string) {
	r.T.Helper()
	r.caughtUp()
	for q := (attention.Query{Kind: kind}); ; {
		page, err := r.desk.Page(r.T.Context(), q, 2)
		if err != nil {
			r.T.Fatal(err)
		}
		for _, item := range page.Items {
			all = append(all, strings.TrimSpace(fmt.Sprintf("%s %s", item.Reason, item.Row.Out)))
		}
		if q.After = page.Next; q.After == "" {
			return all
		}
	}
}

func (r *rig) wants(what string, kind attention.Kind, want ...string) {
	r.T.Helper()
	if got := r.waits(kind); strings.Join(got, "|") != strings.Join(want, "|") {
		r.T.Errorf("%s: %q waits, want %q", what, got, want)
	}
}

// item is the first of a kind.
func (r *rig) item(kind attention.Kind) attention.Item {
	r.T.Helper()
	r.caughtUp()
	page, err := r.desk.Page(r.T.Context(), attention.Query{Kind: kind}, 1)
	if err != nil || len(page.Items) == 0 {
		r.T.Fatalf("nothing waits: %v", err)
	}
	return page.Items[0]
}

func (r *rig) deal(i attention.Item) {
	r.T.Helper()
	if err := r.desk.Deal(r.T.Context(), i.Key, i.Mark, "amani"); err != nil {
		r.T.Fatal(err)
	}
}

func (r *rig) at(now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.now = now
}

func TestFailedWaitOldestFirst(t *testing.T) {
	r := newRig(t)
	late := r.post(phone(1), "first, but fails last")
	r.post(phone(2), "second", gateway.Retrying, gateway.Failed)
	r.post(phone(3), "arrives", gateway.Sent, gateway.Delivered)
	r.post(phone(4), "third", gateway.Expired)
	r.post(phone(5), "nobody waits for this", gateway.Suppressed)
	r.status(phone(1), late, gateway.Failed)
	r.wants("three", attention.Failed, "failed second", "expired third", "failed first, but fails last")
	if i := r.item(attention.Failed); i.Code != "E42" || i.Row.StateWhy != "no such number" || !i.Movable() {
		t.Errorf("it does not say why: %+v", i)
	}
	r.deal(r.item(attention.Failed))
	r.wants("one is dealt with", attention.Failed, "expired third", "failed first, but fails last")
	if counts, err := r.desk.Counts(t.Context(), true); err != nil || counts[attention.Failed] != 2 {
		t.Errorf("counted %v, %v", counts, err)
	}
	if err := r.desk.Undo(t.Context(), "m"+lastRef(r, 2)); err != nil {
		t.Fatal(err)
	}
	r.wants("it is brought back", attention.Failed, "failed second", "expired third", "failed first, but fails last")
	if ref, err := r.desk.Again(t.Context(), r.item(attention.Failed).Row.Seq, ""); err != nil || ref == "" {
		t.Fatal(err)
	}
	r.wants("it is sent again", attention.Failed, "expired third", "failed first, but fails last")
}

// lastRef is the ref of a phone's first notice.
func lastRef(r *rig, i int) string {
	for _, e := range r.Entries(phone(i)) {
		if e.Kind == messagelog.KindNotice {
			return fmt.Sprint(e.Seq)
		}
	}
	return ""
}

func TestNewsBringsBack(t *testing.T) {
	r := newRig(t)
	ref := r.post(phone(1), "it", gateway.Retrying)
	r.at(time.Now().Add(time.Hour))
	r.wants("it is retried for long", attention.Overdue, "retrying it")
	r.deal(r.item(attention.Overdue))
	r.status(phone(1), ref, gateway.Retrying)
	r.wants("once more is no news", attention.Overdue)
	r.status(phone(1), ref, gateway.Failed)
	r.wants("it failed", attention.Failed, "failed it")
	r.wants("it is no longer overdue", attention.Overdue)

	r.SMS(phone(2), "qwrtp zzxx")
	r.SMS(phone(2), "qwrtp again")
	r.SMS(phone(3), "qwrtp other")
	if got := r.waits(attention.Unknown); len(got) != 2 {
		t.Fatalf("%q waits, want two phones", got)
	}
	i := r.item(attention.Unknown)
	if i.Count != 2 {
		t.Errorf("%d texts of one phone in a row", i.Count)
	}
	r.deal(i)
	if got := r.waits(attention.Unknown); len(got) != 1 {
		t.Errorf("%q waits, want the other phone", got)
	}
	r.SMS(phone(2), "qwrtp a third time")
	if got := r.waits(attention.Unknown); len(got) != 2 {
		t.Errorf("%q waits: another text does not bring it back", got)
	}
}

func TestOverdue(t *testing.T) {
	r := newRig(t)
	r.post(phone(1), "lost", gateway.Sent)
	r.post(phone(2), "never tried")
	r.wants("not yet", attention.Overdue)
	r.at(time.Now().Add(7 * time.Hour))
	r.wants("nobody reports on this channel", attention.Overdue, "waiting never tried")
	r.post(phone(3), "arrives", gateway.Sent, gateway.Delivered)
	r.reopen() // what is known of the channel is kept for a while
	r.wants("it reports", attention.Overdue, "sent lost", "waiting never tried")
	r.house.undecided, r.house.since = 3, time.Now()
	r.wants("orders wait", attention.Overdue, "undecided", "sent lost", "waiting never tried")
	r.at(time.Now().Add(30 * 24 * time.Hour))
	r.house.undecided = 0
	r.wants("a report that never came is forgotten", attention.Overdue, "waiting never tried")
}

func TestChannelsAndReports(t *testing.T) {
	r := newRig(t)
	r.SMS(phone(1), "MENU")
	r.house.channels = []attention.Channel{{Name: "demo", Down: "the carrier is out of reach", Since: time.Now(), Budget: 85}, {Name: "quiet", Budget: 100}, {Name: "well", Budget: 10}}
	r.wants("as they are", attention.Channels, "down", "budget_near", "budget_used")
	r.house.channels = nil
	r.at(time.Now().Add(13 * time.Hour))
	r.wants("nobody is heard", attention.Channels, "silent")
	r.deal(r.item(attention.Channels))
	r.wants("dealt with", attention.Channels)

	report := gateway.Status{Channel: "demo", Phone: phone(9), State: gateway.Delivered, Parts: []gateway.Part{{ID: "c-1", State: gateway.Delivered}}, At: time.Now()}
	add := func(s gateway.Status) {
		if _, err := r.Log.AddStatus(t.Context(), s.Phone, "demo", func(old gateway.Status) (gateway.Status, bool) { return old.Next(s) }); err != nil {
			t.Fatal(err)
		}
	}
	ref := r.post(phone(9), "quick")
	add(report)
	r.wants("a report that is too early", attention.Reports, "report")
	sent := report
	sent.Ref, sent.State, sent.Parts, sent.Attempt = ref, gateway.Sent, []gateway.Part{{ID: "c-1", State: gateway.Sent}}, 1
	add(sent)
	r.wants("its sending explains it", attention.Reports)
	report.Phone, report.Parts = phone(8), []gateway.Part{{ID: "c-9", State: gateway.Failed}}
	add(report)
	r.wants("nothing explains it", attention.Reports, "report")

	r.dead.letters = []attention.DeadLetter{{Seq: 3, Reason: "a"}, {Seq: 5, Reason: "b"}, {Seq: 6, Reason: "c"}}
	if _, err := r.Bus.JetStream().Publish(t.Context(), "log.000.254700000009.turn.demo.sms.screen", []byte("{")); err != nil {
		t.Fatal(err)
	}
	r.wants("what cannot be read", attention.Dead, "unreadable", "dead", "dead", "dead")
	if _, err := r.desk.Page(t.Context(), attention.Query{Kind: attention.Failed, After: "x"}, 1); !errors.Is(err, attention.ErrSpot) {
		t.Errorf("a place that is none: %v", err)
	}
}

// Nobody who has said STOP is written to by an operator, whichever the way.
func TestNothingIsSentAfterStop(t *testing.T) {
	r := newRig(t)
	ref := r.post(phone(1), "your order is ready", gateway.Failed)
	if err := r.People.SetProfile(t.Context(), phone(1), dialogue.Profile{OptedOut: true}); err != nil {
		t.Fatal(err)
	}
	r.caughtUp()
	seq, err := strconv.ParseUint(ref, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	_, again := r.desk.Again(t.Context(), seq, "")
	_, edited := r.desk.Again(t.Context(), seq, "another text")
	_, written := r.desk.Write(t.Context(), phone(1), "demo", "hello")
	for name, err := range map[string]error{"again": again, "edited": edited, "written": written} {
		var refused *attention.Refused
		if !errors.As(err, &refused) || refused.Why != attention.WhyOptedOut {
			t.Errorf("%s: %v", name, err)
		}
	}
	if notice, _, err := r.Log.LastNotice(t.Context(), phone(1)); err != nil || notice.Text != "your order is ready" {
		t.Errorf("the phone is sent %q, %v", notice.Text, err)
	}
}
