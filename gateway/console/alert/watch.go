package alert

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"haat/gateway/console/store"
)

// Config is what a watch needs.
type Config struct {
	Store   *store.Store
	Figures Figures
	States  States
	Routes  Routes
	Words   Words         // what is told; needed
	Every   time.Duration // between two looks; 0: 15 s
	Zone    *time.Location
	Now     func() time.Time // nil: time.Now
	Logger  zerolog.Logger
}

// every is the usual pause between two looks.
const every = 15 * time.Second

// Alert is something that is or was wrong.
type Alert struct {
	ID      int64
	Kind    Kind
	Subject string
	Value   float64 // when it fired
	Unit    string  // of the value and the limit, where it is not the rule's own: a currency
	Limit   float64
	Window  time.Duration
	Fired   time.Time
	Ended   time.Time // zero while it lasts
	Acked   time.Time // zero until somebody has seen it
	AckedBy string
}

// about is what an alert is about: there is one at a time.
type about struct {
	kind    Kind
	subject string
}

// maxOpen bounds the alerts that last at once, and so the memory.
const maxOpen = 200

// Watch looks again and again. Its methods may be called from many goroutines;
// Run is called once.
type Watch struct {
	Config
	mu    sync.Mutex
	rules map[Kind]Rule
	open  map[about]Alert
	wrong map[about]time.Time // since when it is, without an alert yet
	right map[about]time.Time // since when it is, with an alert still
	trail map[about][]sample
	wake  chan struct{}
}

// Open reads what was kept.
func Open(ctx context.Context, cfg Config) (*Watch, error) {
	if cfg.Words == nil {
		return nil, errors.New("alerts: Words are needed")
	}
	if cfg.Every == 0 {
		cfg.Every = every
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Zone == nil {
		cfg.Zone = time.Local
	}
	cfg.Logger = cfg.Logger.With().Str("part", "alerts").Logger()
	w := &Watch{Config: cfg, rules: map[Kind]Rule{}, open: map[about]Alert{}, wrong: map[about]time.Time{}, right: map[about]time.Time{}, trail: map[about][]sample{}, wake: make(chan struct{}, 1)}
	for _, r := range Defaults() {
		w.rules[r.Kind] = r
	}
	kept, err := readRules(ctx, cfg.Store)
	if err != nil {
		return nil, err
	}
	for _, r := range kept {
		if r.Check(w.Now()) == nil {
			w.rules[r.Kind] = r
		}
	}
	lasting, err := readAlerts(ctx, cfg.Store, "ended = 0", maxOpen)
	for _, a := range lasting {
		w.open[about{a.Kind, a.Subject}] = a
	}
	return w, err
}

// Run looks and tells, until ctx ends.
func (w *Watch) Run(ctx context.Context) error {
	told := make(chan struct{})
	go func() {
		defer close(told)
		w.tell(ctx)
	}()
	defer func() { <-told }()
	tick := time.NewTicker(w.Every)
	defer tick.Stop()
	for {
		if err := w.Look(ctx); err != nil && ctx.Err() == nil {
			w.Logger.Error().Err(err).Msg("not all that may be wrong can be looked at; it is tried again")
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// Look looks once at everything.
func (w *Watch) Look(ctx context.Context) error {
	now := w.Now().In(w.Zone)
	var errs []error
	for _, r := range w.Rules() {
		var readings []Reading
		if r.On {
			var err error
			if readings, err = measure(ctx, r, w.Figures, w.States, now); err != nil {
				errs = append(errs, fmt.Errorf("rule %s: %w", r.Kind, err))
				continue // what is not known changes nothing
			}
		}
		errs = append(errs, w.judge(ctx, r, readings, now))
	}
	return errors.Join(errs...)
}

// judge decides what begins and what is over.
func (w *Watch) judge(ctx context.Context, r Rule, readings []Reading, now time.Time) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	var errs []error
	seen := map[about]bool{}
	for _, reading := range readings {
		of := about{r.Kind, reading.Subject}
		w.noteLocked(of, now, reading)
		_, lasting := w.open[of]
		if reading.Awaited && lasting {
			seen[of] = true
			delete(w.right, of)
			continue
		}
		if reading.Enough && r.wrong(reading.Value, lasting) {
			seen[of] = true
			errs = append(errs, w.isWrong(ctx, r, reading, now))
		}
	}
	for of := range w.wrong {
		if of.kind == r.Kind && !seen[of] {
			delete(w.wrong, of)
		}
	}
	for of := range w.open {
		if of.kind == r.Kind && !seen[of] {
			errs = append(errs, w.isRight(ctx, r, of, now))
		}
	}
	return errors.Join(errs...)
}

func (w *Watch) isWrong(ctx context.Context, r Rule, reading Reading, now time.Time) error {
	of := about{r.Kind, reading.Subject}
	delete(w.right, of)
	if _, lasting := w.open[of]; lasting {
		return nil
	}
	since, known := w.wrong[of]
	if !known {
		if len(w.wrong) >= maxOpen {
			return nil
		}
		since, w.wrong[of] = now, now
	}
	if !r.Kind.measured() && now.Sub(since) < r.Window || now.Before(r.Silent) || len(w.open) >= maxOpen {
		return nil
	}
	a := Alert{Kind: r.Kind, Subject: reading.Subject, Value: reading.Value, Unit: reading.Unit, Limit: r.Limit, Window: r.Window, Fired: now.UTC()}
	if err := keepFired(ctx, w.Store, &a, w.Routes.names()); err != nil {
		return err
	}
	delete(w.wrong, of)
	w.open[of] = a
	w.Logger.Warn().Str("rule", string(a.Kind)).Str("subject", a.Subject).Float64("value", a.Value).Msg("an alert has begun; see the console's alerts")
	w.stir()
	return nil
}

// calm is for how long all must be right before an alert ends.
func (w *Watch) calm(r Rule) time.Duration { return max(2*w.Every, r.Window/10) }

func (w *Watch) isRight(ctx context.Context, r Rule, of about, now time.Time) error {
	since, known := w.right[of]
	if !known {
		since, w.right[of] = now, now
	}
	if r.On && now.Sub(since) < w.calm(r) {
		return nil
	}
	a := w.open[of]
	a.Ended = now.UTC()
	if err := keepEnded(ctx, w.Store, a, w.Routes.names()); err != nil {
		return err
	}
	delete(w.open, of)
	delete(w.right, of)
	w.Logger.Info().Str("rule", string(a.Kind)).Str("subject", a.Subject).Msg("an alert is over")
	w.stir()
	return nil
}

// Rules are all rules, in the order of the page.
func (w *Watch) Rules() []Rule {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := make([]Rule, len(Kinds))
	for i, k := range Kinds {
		all[i] = w.rules[k]
	}
	return all
}

// SetRule changes a rule from now on.
func (w *Watch) SetRule(ctx context.Context, r Rule) error {
	if err := r.Check(w.Now()); err != nil {
		return err
	}
	if r.Kind == Down {
		r.Limit = 1
	}
	if err := keepRule(ctx, w.Store, r); err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.rules[r.Kind] = r
	for of := range w.wrong {
		if of.kind == r.Kind {
			delete(w.wrong, of)
		}
	}
	return nil
}

// Firing is how many alerts last, and how many of them nobody has acknowledged.
func (w *Watch) Firing() (all, unseen int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, a := range w.open {
		if a.Acked.IsZero() {
			unseen++
		}
	}
	return len(w.open), unseen
}

// ErrOver says that an alert that shall be acknowledged is over, or was never.
var ErrOver = errors.New("there is no such alert any more")

// Acknowledge notes who has seen an alert that lasts. The first one stays.
func (w *Watch) Acknowledge(ctx context.Context, id int64, by string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	for of, a := range w.open {
		if a.ID != id {
			continue
		}
		if !a.Acked.IsZero() {
			return nil
		}
		a.Acked, a.AckedBy = w.Now().UTC(), by
		if err := keepAcked(ctx, w.Store, a); err != nil {
			return err
		}
		w.open[of] = a
		return nil
	}
	return ErrOver
}

// History are the latest alerts, the newest first; those that last are among
// them.
func (w *Watch) History(ctx context.Context, limit int) ([]Alert, error) {
	return readAlerts(ctx, w.Store, "true", min(max(limit, 1), maxHistory))
}

// Readings are what a rule sees now.
func (w *Watch) Readings(ctx context.Context, r Rule) ([]Reading, error) {
	return measure(ctx, r, w.Figures, w.States, w.Now().In(w.Zone))
}

// Test tells everybody who is told of alerts that this is a test.
func (w *Watch) Test(ctx context.Context) error {
	routes := w.Routes.names()
	if len(routes) == 0 {
		return ErrNobody
	}
	if err := keepTest(ctx, w.Store, routes, w.Now().UTC()); err != nil {
		return err
	}
	w.stir()
	return nil
}

// News are the latest of what was told, the newest first.
func (w *Watch) News(ctx context.Context, limit int) ([]News, error) {
	return readNews(ctx, w.Store, "true", "id DESC", math.MaxInt64, min(max(limit, 1), maxHistory))
}

func (w *Watch) stir() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}
