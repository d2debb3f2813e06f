package alert_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"haat/gateway"
	"haat/gateway/console/alert"
	"haat/gateway/console/index"
	"haat/gateway/console/store"
)

// world is what a watch looks at; tests change it.
type world struct {
	mu      sync.Mutex
	now     time.Time
	figures []index.Figure
	down    bool
	left    *gateway.Cost
	awaited bool
	free    float64
	err     error
}

func (w *world) Figures(_ context.Context, a index.Asked) (all []index.Figure, err error) {
	for _, f := range w.figures {
		if !f.At.Before(a.From) && f.At.Before(a.To) && slices.Contains(a.Names, f.Name) {
			all = append(all, f)
		}
	}
	return all, w.err
}

func (w *world) Channels(context.Context) ([]alert.Channel, error) {
	return []alert.Channel{{Name: "kenya", Down: w.down, Budget: math.NaN(), Left: w.left, Awaited: w.awaited}}, w.err
}
func (w *world) Queues(context.Context) (map[string]uint64, error) { return nil, nil }
func (w *world) Behind(context.Context) (time.Duration, error)     { return 0, nil }
func (w *world) Free(context.Context) (float64, error)             { return w.free, nil }

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

func (w *world) count(name, label string, n int64) {
	w.figures = append(w.figures, index.Figure{At: w.now.Truncate(time.Minute), Name: name, Channel: "kenya", Label: label, N: n})
}

func newWorld() *world {
	return &world{now: time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC), free: 1}
}

// keys says every text by its key, with what it is filled with.
func keys(key string, pairs ...any) string {
	return strings.TrimSpace(key + " " + fmt.Sprint(pairs...))
}

func opened(t *testing.T, w *world, path string, r alert.Routes) *alert.Watch {
	t.Helper()
	s, err := store.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	watch, err := alert.Open(t.Context(), alert.Config{Store: s, Figures: w, States: w, Routes: r, Words: keys, Now: w.clock, Zone: time.UTC, Logger: zerolog.Nop()})
	if err != nil {
		t.Fatal(err)
	}
	return watch
}

// TestAlertsOverTime walks through values, one a look of 15 seconds, and says
// after each whether an alert lasts.
func TestAlertsOverTime(t *testing.T) {
	down := func(is bool) func(*world) { return func(w *world) { w.down = is } }
	free := func(share float64) func(*world) { return func(w *world) { w.free = share } }
	rows := func(bad, good int64) func(*world) {
		return func(w *world) {
			w.count(index.Troubles, "", bad)
			w.count(index.Rows, "", bad+good)
		}
	}
	nothing := func(*world) {}
	type look struct {
		what  func(*world)
		times int
		want  int
	}
	for name, looks := range map[string][]look{
		"a channel that is down for the window": {{down(true), 8, 0}, {down(true), 1, 1}, {down(false), 2, 1}, {down(false), 1, 0}},
		"one that comes back in between":        {{down(true), 7, 0}, {down(false), 1, 0}, {down(true), 8, 0}, {down(true), 1, 1}},
		"one that comes back for a moment only": {{down(true), 9, 1}, {down(false), 1, 1}, {down(true), 1, 1}, {down(false), 2, 1}, {down(false), 1, 0}},
		"the disk, about the limit":             {{free(.1), 1, 0}, {free(.09), 1, 1}, {free(.12), 9, 1}, {free(.2), 2, 1}, {free(.2), 1, 0}},
		"too few messages":                      {{rows(4, 0), 3, 1}},
		"four problems and no more":             {{rows(4, 0), 1, 0}, {nothing, 9, 0}},
		"problems, and good ones after them":    {{rows(2, 8), 1, 1}, {rows(0, 9), 4, 1}, {rows(0, 9), 1, 0}},
		"problems that leave the window":        {{rows(5, 5), 1, 1}, {nothing, 39, 1}, {nothing, 4, 1}, {nothing, 1, 0}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld()
			watch := opened(t, w, filepath.Join(t.TempDir(), "console.db"), alert.Routes{})
			for i, l := range looks {
				for range l.times {
					l.what(w)
					if err := watch.Look(t.Context()); err != nil {
						t.Fatal(err)
					}
					w.pass(15 * time.Second)
				}
				if all, _ := watch.Firing(); all != l.want {
					t.Fatalf("after part %d: %d alerts, want %d", i, all, l.want)
				}
			}
		})
	}
}

func TestSilence(t *testing.T) {
	w := newWorld()
	watch := opened(t, w, filepath.Join(t.TempDir(), "console.db"), alert.Routes{})
	look := func(want int) {
		t.Helper()
		if err := watch.Look(t.Context()); err != nil {
			t.Fatal(err)
		}
		if all, _ := watch.Firing(); all != want {
			t.Fatalf("at %s: %d alerts, want %d", w.now.Format("15:04"), all, want)
		}
	}
	look(0) // a channel that nobody uses is not silent
	w.count(index.Turns, "sms/order", 1)
	w.pass(59 * time.Minute)
	look(0)
	w.pass(time.Minute)
	look(1)
	w.pass(8 * time.Hour) // the night
	look(1)
	w.pass(6 * time.Minute)
	look(0)
}

// TestWhatIsNotKnownChangesNothing: an alert neither begins nor ends while
// nothing is known.
func TestWhatIsNotKnownChangesNothing(t *testing.T) {
	w := newWorld()
	watch := opened(t, w, filepath.Join(t.TempDir(), "console.db"), alert.Routes{})
	w.down = true
	for range 10 {
		_ = watch.Look(t.Context())
		w.pass(15 * time.Second)
	}
	w.down, w.err = false, errors.New("nobody answers")
	for range 20 {
		if err := watch.Look(t.Context()); err == nil {
			t.Fatal("no error")
		}
		w.pass(15 * time.Second)
	}
	if all, unseen := watch.Firing(); all != 1 || unseen != 1 {
		t.Errorf("%d alerts, %d unseen", all, unseen)
	}
}

func TestRulesAreChecked(t *testing.T) {
	now := newWorld().now
	for name, tt := range map[string]struct {
		rule alert.Rule
		want error
	}{
		"good":                        {alert.Rule{Kind: alert.Errors, Limit: .5, Window: time.Minute}, nil},
		"no kind":                     {alert.Rule{Kind: "x"}, alert.ErrKind},
		"share above one":             {alert.Rule{Kind: alert.Disk, Limit: 1.5}, alert.ErrLimit},
		"no number":                   {alert.Rule{Kind: alert.Disk, Limit: math.NaN()}, alert.ErrLimit},
		"no limit":                    {alert.Rule{Kind: alert.Queue, Window: time.Minute}, alert.ErrLimit},
		"short window":                {alert.Rule{Kind: alert.Errors, Limit: .5, Window: time.Second}, alert.ErrWindow},
		"long window":                 {alert.Rule{Kind: alert.Errors, Limit: .5, Window: 3 * time.Hour}, alert.ErrWindow},
		"parts of minutes":            {alert.Rule{Kind: alert.Errors, Limit: .5, Window: 90 * time.Second}, alert.ErrWindow},
		"hours":                       {alert.Rule{Kind: alert.Disk, Limit: .5, From: 1440}, alert.ErrHours},
		"a balance as haat has it":    {alert.Rule{Kind: alert.Balance}, nil},
		"a balance without a limit":   {alert.Rule{Kind: alert.Balance, On: true}, alert.ErrLimit},
		"a balance with one":          {alert.Rule{Kind: alert.Balance, On: true, Limit: 500}, nil},
		"a balance below zero":        {alert.Rule{Kind: alert.Balance, Limit: -1}, alert.ErrLimit},
		"a balance that is no number": {alert.Rule{Kind: alert.Balance, Limit: math.NaN()}, alert.ErrLimit},
		"a balance that nobody has":   {alert.Rule{Kind: alert.Balance, On: true, Limit: 1e10}, alert.ErrLimit},
		"silent for ever":             {alert.Rule{Kind: alert.Disk, Limit: .5, Silent: now.Add(1000 * time.Hour)}, alert.ErrSilent},
	} {
		if err := tt.rule.Check(now); !errors.Is(err, tt.want) || (err == nil) != (tt.want == nil) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, r := range alert.Defaults() {
		if err := r.Check(now); err != nil {
			t.Errorf("the default of %s: %v", r.Kind, err)
		}
	}
}

// TestToldOnceAlsoAfterARestart: a webhook that fails is tried again by the next
// haat, each event arrives once, with the right signature, the beginning first.
func TestToldOnceAlsoAfterARestart(t *testing.T) {
	var mu sync.Mutex
	fails, tries := 1, 0
	var got []alert.Payload
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		body, _ := io.ReadAll(r.Body)
		if tries++; tries <= fails {
			rw.WriteHeader(http.StatusInternalServerError)
			return
		}
		if r.Header.Get("X-Signature") != alert.Sign([]byte("key"), r.Header.Get("X-Timestamp"), body) {
			t.Error("the signature is wrong")
		}
		var p alert.Payload
		if err := json.Unmarshal(body, &p); err != nil {
			t.Error(err)
		}
		got = append(got, p)
	}))
	defer server.Close()
	w, path := newWorld(), filepath.Join(t.TempDir(), "console.db")
	w.free = .01
	var texts []string
	routes := alert.Routes{Webhook: &alert.Webhook{URL: server.URL, Key: []byte("key")}, Phones: []gateway.Phone{"+254700000001"}, Notify: func(_ context.Context, _ gateway.Phone, text string) error {
		texts = append(texts, text)
		return nil
	}}
	first := opened(t, w, path, routes)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(first.Look(t.Context()))
	must(alert.TellOnce(t.Context(), first)) // 500
	news, err := first.News(t.Context(), 10)
	if must(err); news[len(news)-1].Why != "status 500" {
		t.Errorf("the first try is kept as %+v", news)
	}
	w.free = .5
	again := opened(t, w, path, routes)
	for range 4 {
		must(again.Look(t.Context()))
		w.pass(15 * time.Second)
	}
	for range 3 {
		must(alert.TellOnce(t.Context(), again))
		w.pass(time.Minute)
	}
	if len(got) != 2 || got[0].Event != alert.Fired || got[1].Event != alert.Ended || got[0].ID != got[1].ID || tries != 3 {
		t.Errorf("told %+v in %d tries", got, tries)
	}
	if len(texts) != 2 || !strings.HasPrefix(texts[0], "tell.disk ") || !strings.HasPrefix(texts[1], "tell.ended ") {
		t.Errorf("SMS: %q", texts)
	}
	if got[0].Text != texts[0] || got[1].Text != texts[1] {
		t.Errorf("the webhook is told %q and %q, the SMS say %q", got[0].Text, got[1].Text, texts)
	}
}

// TestTellingHasLimits: nobody gets more than twenty SMS an hour, and what never
// works is given up.
func TestTellingHasLimits(t *testing.T) {
	w := newWorld()
	sent := 0
	routes := alert.Routes{Webhook: &alert.Webhook{URL: "http://127.0.0.1:1/"}, Phones: []gateway.Phone{"+254700000001"}, Notify: func(context.Context, gateway.Phone, string) error { sent++; return nil }}
	watch := opened(t, w, filepath.Join(t.TempDir(), "console.db"), routes)
	for range 30 {
		if err := watch.Test(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for range 10 {
		if err := alert.TellOnce(t.Context(), watch); err != nil {
			t.Fatal(err)
		}
	}
	if sent != 20 {
		t.Errorf("%d SMS in an hour", sent)
	}
	for range 80 {
		w.pass(11 * time.Minute)
		if err := alert.TellOnce(t.Context(), watch); err != nil {
			t.Fatal(err)
		}
	}
	news, err := watch.News(t.Context(), 100)
	if err != nil || len(news) != 60 {
		t.Fatalf("%d news, %v", len(news), err)
	}
	for _, n := range news {
		if n.Route == "webhook" && (n.State != "failed" || n.Attempts != 10 || n.Why == "") || n.Route != "webhook" && n.State != "done" {
			t.Errorf("%+v", n)
		}
	}
	if nobody := opened(t, w, filepath.Join(t.TempDir(), "console.db"), alert.Routes{}); !errors.Is(nobody.Test(t.Context()), alert.ErrNobody) {
		t.Error("a test to nobody")
	}
}
