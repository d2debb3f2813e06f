package alert

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"haat/gateway"
)

// Event is what is told of an alert.
type Event string

// The events.
const (
	Fired Event = "fired"
	Ended Event = "ended"
	Test  Event = "test"
)

// News is one event for one who is told.
type News struct {
	ID, Alert int64
	Event     Event
	Route     string
	Made      time.Time
	Attempts  int
	State     string // waiting, done or failed
	Why       string // of the last attempt that failed: a key of the console's texts and what fills it, or words
}

// Routes are who is told; what is not set is not told.
type Routes struct {
	Webhook *Webhook
	Phones  []gateway.Phone                                                   // of operators
	Notify  func(ctx context.Context, phone gateway.Phone, text string) error // sends them an SMS
	Console string                                                            // address of the console, for the texts; "" leaves it out
}

// ErrNobody says that nobody is told of alerts.
var ErrNobody = errors.New("nobody is told of alerts: set alerts.webhook.url or alerts.sms.to in the configuration")

const (
	webhookRoute = "webhook"
	smsRoute     = "sms/"
)

func (r Routes) names() (all []string) {
	if r.Webhook != nil {
		all = append(all, webhookRoute)
	}
	if r.Notify != nil {
		for i := range r.Phones {
			all = append(all, smsRoute+strconv.Itoa(i))
		}
	}
	return all
}

// Names are who is told, as the page shows them: a phone by its last digits.
func (r Routes) Names(masked func(gateway.Phone) string) map[string]string {
	all := map[string]string{}
	for _, name := range r.names() {
		all[name] = name
		if i, err := strconv.Atoi(strings.TrimPrefix(name, smsRoute)); err == nil {
			all[name] = "SMS " + masked(r.Phones[i])
		}
	}
	return all
}

// Bounds of telling.
const (
	maxAttempts = 10
	firstPause  = 5 * time.Second
	maxPause    = 10 * time.Minute
	maxSMS      = 20 // in an hour; more wait
	newsAtOnce  = 20
	newsEvery   = time.Second // how often it is looked for what is due
)

// tell tells what is to be told, until ctx ends.
func (w *Watch) tell(ctx context.Context) {
	tick := time.NewTicker(newsEvery)
	defer tick.Stop()
	for {
		if err := w.tellOnce(ctx); err != nil && ctx.Err() == nil {
			w.Logger.Error().Err(err).Msg("alerts cannot be told; it is tried again")
		}
		select {
		case <-tick.C:
		case <-w.wake:
		case <-ctx.Done():
			return
		}
	}
}

// due are news that nothing earlier of the same alert is before.
const due = "state = 'waiting' AND NOT EXISTS (SELECT 1 FROM alert_news e WHERE e.state = 'waiting' AND e.alert <> 0 AND e.alert = alert_news.alert AND e.route = alert_news.route AND e.id < alert_news.id)"

func (w *Watch) tellOnce(ctx context.Context) error {
	full, err := w.smsAreMany(ctx)
	if err != nil {
		return err
	}
	where := due
	if full {
		where += " AND route NOT LIKE 'sms/%'"
	}
	news, err := readNews(ctx, w.Store, where, "next, id", w.Now().UnixNano(), newsAtOnce)
	if err != nil {
		return err
	}
	for _, n := range news {
		if strings.HasPrefix(n.Route, smsRoute) {
			if full, err = w.smsAreMany(ctx); err != nil {
				return err
			} else if full {
				continue
			}
		}
		if err := w.attempt(ctx, n); err != nil {
			return err
		}
	}
	return nil
}

func (w *Watch) smsAreMany(ctx context.Context) (bool, error) {
	var n int
	err := w.Store.Read.QueryRowContext(ctx, "SELECT count(*) FROM alert_news WHERE state = 'done' AND route LIKE 'sms/%' AND next > $1", w.Now().Add(-time.Hour).UnixNano()).Scan(&n)
	return n >= maxSMS, err
}

// attempt notes that it tries before it does: after a crash the worst is that
// somebody is told twice.
func (w *Watch) attempt(ctx context.Context, n News) error {
	n.Attempts++
	if err := w.note(ctx, n, "waiting", "", w.Now().Add(pause(n.Attempts))); err != nil {
		return err
	}
	switch err := w.deliver(ctx, n); {
	case ctx.Err() != nil:
		return nil
	case err == nil:
		return w.note(ctx, n, "done", "", w.Now())
	case n.Attempts >= maxAttempts:
		w.Logger.Error().Err(err).Str("route", n.Route).Msg("an alert could not be told; nobody hears of it there")
		return w.note(ctx, n, "failed", kept(err), w.Now())
	default:
		return w.note(ctx, n, "waiting", kept(err), w.Now().Add(pause(n.Attempts)))
	}
}

func pause(attempts int) time.Duration {
	return min(firstPause<<min(attempts-1, 20), maxPause)
}

func (w *Watch) note(ctx context.Context, n News, state, why string, next time.Time) error {
	const most = 300
	_, err := w.Store.Write.ExecContext(context.WithoutCancel(ctx), "UPDATE alert_news SET attempts = $2, state = $3, why = $4, next = $5 WHERE id = $1",
		n.ID, n.Attempts, state, why[:min(len(why), most)], next.UnixNano())
	return err
}

func (w *Watch) deliver(ctx context.Context, n News) error {
	a := Alert{}
	if n.Alert != 0 {
		found, err := readAlerts(ctx, w.Store, "id = "+strconv.FormatInt(n.Alert, 10), 1)
		if err != nil {
			return err
		}
		if len(found) == 0 {
			return nil // long over
		}
		a = found[0]
	}
	text := Say(w.Words, n.Event, a)
	if n.Route == webhookRoute && w.Routes.Webhook != nil {
		return w.Routes.Webhook.post(ctx, w.Routes.Webhook.payload(n, a, text, w.Routes.Console))
	}
	i, err := strconv.Atoi(strings.TrimPrefix(n.Route, smsRoute))
	if err != nil || i >= len(w.Routes.Phones) || w.Routes.Notify == nil {
		return nil // it is no longer configured
	}
	if w.Routes.Console != "" {
		text += " " + w.Routes.Console
	}
	return w.Routes.Notify(ctx, w.Routes.Phones[i], text)
}

// Words says a key of the console's texts in the language of those who are told,
// with its {places} filled: pairs of a name and a value.
type Words func(key string, pairs ...any) string

// Say words an event, short: a segment of an SMS has room for it.
func Say(words Words, e Event, a Alert) string {
	if e == Test {
		return words("tell.test")
	}
	on := ""
	if a.Subject != "" {
		on = words("tell.on", "subject", a.Subject)
	}
	if e == Ended {
		return words("tell.ended", "rule", words("rule."+string(a.Kind)), "on", on)
	}
	return words("tell."+string(a.Kind), "on", on, "subject", a.Subject, "unit", a.Unit,
		"value", told(a.Kind, a.Value), "limit", told(a.Kind, a.Limit), "minutes", int(a.Window.Minutes()))
}

// told writes a figure of a rule: a share in percent, money as it is counted.
func told(k Kind, v float64) string {
	switch {
	case k.IsShare():
		v *= 100
	case k == Balance:
		return strings.TrimSuffix(strconv.FormatFloat(v, 'f', 2, 64), ".00")
	}
	return strconv.FormatFloat(v, 'f', 0, 64)
}
