package console

import (
	"context"
	"errors"
	"html/template"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"haat/gateway/console/account"
	"haat/gateway/console/alert"
	"haat/gateway/console/index"
	"haat/gateway/console/plot"
)

// The acts with alerts.
const (
	ActAlertRule = "alert-rule" // About: the rule; Detail: what it is now
	ActAlertSeen = "alert-seen" // About: the alert's number
	ActAlertTest = "alert-test"
)

func (c *Console) alertRoutes() []route {
	if c.Alerts == nil {
		return nil
	}
	return []route{
		{"GET", "/alerts", account.Viewer, c.alertsPage},
		{"POST", "/alerts/rule", account.Admin, c.setAlertRule},
		{"POST", "/alerts/seen", account.Agent, c.alertSeen},
		{"POST", "/alerts/test", account.Admin, c.testAlerts},
	}
}

// How much the page of alerts shows.
const (
	alertsShown  = 50
	newsShown    = 20
	minutesShown = 60
)

type alertsView struct {
	MayAct, MayRule bool
	Said            string // what has just happened; the key of its text
	Firing, Past    []alertLine
	Rules           []ruleView
	News            []newsLine
	Told            []string // who is told
}

type alertLine struct {
	alert.Alert
	Value, Limit       string
	Since, Until, Seen string
	About              string
}

type ruleView struct {
	alert.Rule
	Limit       string // for the field
	Bound       string // as it is read
	Minutes     int
	Hours       string
	FromClock   string
	UntilClock  string
	SilentUntil string
	Now         []nowView
	Plot        template.HTML
	Unit        string
	Silences    []string // hours
}

type nowView struct{ Subject, Value, Tone string }

type newsLine struct {
	alert.News
	To, Stamp string
}

// alertsPage shows what is wrong, the rules, and what was told.
func (c *Console) alertsPage(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	operator, _ := c.Gate.Of(r)
	shown := alertsView{MayAct: operator.Role.May(account.Agent), MayRule: operator.Role.May(account.Admin)}
	if said := r.URL.Query().Get("said"); slices.Contains([]string{"kept", "seen", "over", "tested", "nobody"}, said) {
		shown.Said = "alerts.said_" + said
	}
	history, err := c.Alerts.History(ctx, alertsShown)
	if err != nil {
		c.fail(w, r, err)
		return
	}
	for _, a := range history {
		if a.Ended.IsZero() {
			shown.Firing = append(shown.Firing, c.alertLine(a))
		} else {
			shown.Past = append(shown.Past, c.alertLine(a))
		}
	}
	for _, rule := range c.Alerts.Rules() {
		v, err := c.ruleView(ctx, rule, c.texts.say(c.texts.of(r), "alerts.plot", "rule", c.texts.say(c.texts.of(r), "rule."+string(rule.Kind))))
		if err != nil {
			c.Logger.Warn().Err(err).Str("rule", string(rule.Kind)).Msg("the page of alerts cannot show what a rule sees now")
		}
		shown.Rules = append(shown.Rules, v)
	}
	if err := c.addNews(ctx, c.texts.of(r), &shown); err != nil {
		c.fail(w, r, err)
		return
	}
	c.show(w, r, http.StatusOK, "alerts", "alerts.title", shown)
}

func (c *Console) addNews(ctx context.Context, code string, v *alertsView) error {
	names := c.Alerts.Routes.Names(masked)
	for _, name := range names {
		v.Told = append(v.Told, name)
	}
	slices.Sort(v.Told)
	news, err := c.Alerts.News(ctx, newsShown)
	for _, n := range news {
		to := names[n.Route]
		if to == "" {
			to = n.Route // no longer configured
		}
		n.Why = c.texts.unheard(code, n.Why)
		v.News = append(v.News, newsLine{n, to, c.stamp(n.Made)})
	}
	return err
}

func (c *Console) stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(c.Zone).Format("2006-01-02 15:04:05")
}

func (c *Console) alertLine(a alert.Alert) alertLine {
	return alertLine{Alert: a, Value: unitText(a.Unit, alertValue(a.Kind, a.Value)), Limit: limitText(a.Kind, a.Limit), Since: c.stamp(a.Fired), Until: c.stamp(a.Ended), Seen: c.stamp(a.Acked), About: a.Subject}
}

// alertValue writes what a rule sees.
func alertValue(k alert.Kind, v float64) string {
	switch {
	case k.IsShare():
		return shareText(math.Round(1000*v) / 1000)
	case k == alert.Balance:
		return moneyText(v)
	case k == alert.Lag:
		return figureText(math.Round(v)) + " s"
	case k == alert.Down && v == 0:
		return "✓"
	case k == alert.Down:
		return "✗"
	}
	return figureText(v)
}

// unitText puts a currency before a value; others have none.
func unitText(unit, value string) string { return strings.TrimSpace(unit + " " + value) }

func limitText(k alert.Kind, limit float64) string {
	switch {
	case !k.HasLimit() || limit == 0: // of a balance, until somebody has set one
		return ""
	case k.Below():
		return "< " + alertValue(k, limit)
	}
	return "≥ " + alertValue(k, limit)
}

func (c *Console) ruleView(ctx context.Context, r alert.Rule, title string) (ruleView, error) {
	v := ruleView{Rule: r, Bound: limitText(r.Kind, r.Limit), Minutes: int(r.Window / time.Minute), FromClock: clockOf(r.From), UntilClock: clockOf(r.Until)}
	v.Silences = silences
	v.Limit, v.Unit = limitField(r)
	if r.Kind == alert.Silence && r.From != r.Until {
		v.Hours = v.FromClock + "–" + v.UntilClock
	}
	if r.Silent.After(c.Now()) {
		v.SilentUntil = c.stamp(r.Silent)
	}
	readings, err := c.Alerts.Readings(ctx, r)
	slices.SortFunc(readings, func(x, y alert.Reading) int { return strings.Compare(x.Subject, y.Subject) })
	for _, each := range readings {
		now := nowView{each.Subject, "–", ""}
		if each.Enough || each.Kind == alert.Errors && each.Value == 0 {
			now.Value = unitText(each.Unit, alertValue(r.Kind, each.Value))
		}
		if each.Enough && r.Wrong(each.Value) {
			now.Tone = "bad"
		}
		v.Now = append(v.Now, now)
	}
	series, starts, errPlot := c.ruleSeries(ctx, r)
	if len(series) > 0 {
		limit, top := r.Limit, 0.0
		if r.Kind == alert.Silence {
			limit = 1
		}
		if r.Kind.IsShare() {
			top = 1
		}
		v.Plot = plot.Times{Label: title, Starts: starts, Step: time.Minute, Series: series, Say: func(x float64) string { return alertValue(r.Kind, x) }, Top: top, Limit: &limit, Clock: "15:04:05"}.SVG()
	}
	return v, errors.Join(err, errPlot)
}

// limitField is a limit as it stands in its field, and what it counts there.
func limitField(r alert.Rule) (limit, unit string) {
	limit = strconv.FormatFloat(r.Limit, 'f', -1, 64)
	switch {
	case r.Kind.IsShare():
		return strconv.FormatFloat(math.Round(1e6*r.Limit)/1e4, 'f', -1, 64), "%"
	case r.Kind == alert.Lag:
		return limit, "s"
	case r.Limit == 0:
		return "", ""
	}
	return limit, ""
}

// ruleSeries are what a rule saw lately: by the figures, or what it has noted.
func (c *Console) ruleSeries(ctx context.Context, r alert.Rule) (all []plot.Series, starts []time.Time, err error) {
	values := map[string][]float64{}
	if r.Kind == alert.Silence || r.Kind == alert.Errors || r.Kind == alert.Delivered {
		to := c.Now().Truncate(time.Minute).Add(time.Minute)
		from := to.Add(-minutesShown * time.Minute)
		var figures []index.Figure
		figures, err = c.Figures.Figures(ctx, index.Asked{From: from.Add(-r.Window), To: to, Step: time.Minute, Names: alert.Names(r.Kind)})
		values = alert.Charted(figures, r.Kind, r.Window, from, minutesShown)
		for i := range minutesShown {
			starts = append(starts, from.Add(time.Duration(i)*time.Minute).In(c.Zone))
		}
	} else {
		values, starts = c.Alerts.Trail(r.Kind, c.Zone)
	}
	for subject, points := range values {
		all = append(all, plot.Series{Name: subject, Values: points})
	}
	slices.SortFunc(all, func(x, y plot.Series) int { return strings.Compare(x.Name, y.Name) })
	return all, starts, err
}

func clockOf(minute int) string {
	return time.Date(2000, 1, 1, minute/60, minute%60, 0, 0, time.UTC).Format("15:04")
}

// showAlerts puts the number of alerts beside their page's name, and gives how
// many nobody has acknowledged yet.
func (c *Console) showAlerts(sections []section) (unseen int) {
	if c.Alerts == nil {
		return 0
	}
	all, unseen := c.Alerts.Firing()
	for i := range sections {
		if sections[i].Page == "alerts" {
			sections[i].Count = all
		}
	}
	return unseen
}
