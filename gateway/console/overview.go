package console

import (
	"context"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"haat/gateway/console/account"
	"haat/gateway/console/index"
	"haat/gateway/console/plot"
)

// Figures are what is counted of the log: see [index.Index.Figures].
type Figures interface {
	Figures(ctx context.Context, a index.Asked) ([]index.Figure, error)
}

func (c *Console) overviewRoutes() []route {
	if c.Figures == nil {
		return nil
	}
	return []route{{"GET", "/overview", account.Viewer, c.overviewPage}}
}

// period is a time that the overview shows, up to now. Its steps are those that
// figures of its age are kept by.
type period struct {
	name  string
	steps int
	step  time.Duration
}

var periods = []period{
	{"hour", 60, time.Minute}, {"day", 96, 15 * time.Minute}, {"week", 168, time.Hour}, {"month", 120, 6 * time.Hour},
}

func (p period) long() time.Duration { return time.Duration(p.steps) * p.step }

// window is the period that ends with the step of a time.
func (p period) window(now time.Time) (from, to time.Time) {
	to = now.Truncate(p.step).Add(p.step)
	return to.Add(-p.long()), to
}

// overviewView is the overview as its template shows it.
type overviewView struct {
	Periods  []periodLink
	Period   string
	Channel  string
	Channels []option
	Span     string // of the time that is shown
	Lag      lagView
	Tiles    []figureTile
	Plots    []plotView
	Lists    []listView
}

type periodLink struct {
	Key, Address string
	Here         bool
}

// figureTile is one number with how it was before.
type figureTile struct {
	Key     string
	Value   string
	Change  string // "" where there is nothing to compare with
	Better  string // a tone
	Address string
	Spark   template.HTML
}

// plotView is a plot, and the same as a table.
type plotView struct {
	Key     string
	SVG     template.HTML
	Names   []string // of its lines
	Rows    []plotRow
	Address string
	Empty   bool
}

type plotRow struct {
	Time   string
	Values []string
}

// listView is a list with a bar beside each number: it is its own table.
type listView struct {
	Key   string
	Rows  []listRow
	Parts bool // whether the bars have a part, which has a column of its own
}

type listRow struct {
	Label, Value, Part, Share string
	Address                   string
	Bar                       template.HTML
}

// overviewPage shows the figures.
func (c *Console) overviewPage(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	i := slices.IndexFunc(periods, func(p period) bool { return p.name == q.Get("period") })
	channel := q.Get("channel")
	if q.Get("period") == "" {
		i = 1
	}
	if i < 0 || len(channel) > maxName {
		c.problem(w, r, http.StatusBadRequest, "problem.address")
		return
	}
	counted, err := c.count(r.Context(), periods[i], channel)
	if err != nil {
		c.fail(w, r, err)
		return
	}
	lag, err := c.lag(r.Context())
	if err != nil {
		c.fail(w, r, err)
		return
	}
	code := c.texts.of(r)
	say := func(key string, pairs ...any) string { return c.texts.say(code, key, pairs...) }
	shown := overviewView{
		Period: periods[i].name, Channel: channel, Channels: withCurrent(options(c.Channels, nil), channel), Lag: lag,
		Span: counted.from.In(c.Zone).Format("2006-01-02 15:04") + " – " + c.Now().In(c.Zone).Format("2006-01-02 15:04 MST"),
	}
	for j, p := range periods {
		address := url.Values{"period": {p.name}}
		if channel != "" {
			address.Set("channel", channel)
		}
		shown.Periods = append(shown.Periods, periodLink{p.name, "/overview?" + address.Encode(), i == j})
	}
	shown.Tiles = c.tilesOf(counted)
	shown.Plots = c.plotsOf(counted, say)
	shown.Lists = c.listsOf(counted, code, say)
	c.show(w, r, http.StatusOK, "overview", "overview.title", shown)
}

// periodFigures are the figures of a period, and of the one before.
type periodFigures struct {
	period   period
	channel  string
	from, to time.Time
	now      []index.Figure // by the period's steps
	whole    []index.Figure // of the whole period: what is only listed
	channels []index.Figure // turns of each channel in the whole period
	before   []index.Figure // of the whole period before
}

// What is drawn over time and compared with the time before: of all channels
// together, and of each; and what is listed.
var (
	drawnNames  = []string{index.Turns, index.Segments, index.Costs, index.Orders}
	partedNames = []string{index.Troubles, index.SMS}
	listedNames = []string{index.Products, index.Finishes, index.Languages, index.Screens, index.Ended, index.Unmet, index.Unknown}
)

// mostListed is how many labels of one name are asked for: more than any list has.
const mostListed = 50

func (c *Console) count(ctx context.Context, p period, channel string) (k periodFigures, err error) {
	k = periodFigures{period: p, channel: channel}
	k.from, k.to = p.window(c.Now())
	var parted []index.Figure
	for _, each := range []struct {
		into *[]index.Figure
		a    index.Asked
	}{
		{&k.now, index.Asked{From: k.from, To: k.to, Step: p.step, Names: drawnNames, Together: true}},
		{&parted, index.Asked{From: k.from, To: k.to, Step: p.step, Names: partedNames}},
		{&k.whole, index.Asked{From: k.from, To: k.to, Names: listedNames, Most: mostListed}},
		{&k.channels, index.Asked{From: k.from, To: k.to, Names: []string{index.Turns}}},
		{&k.before, index.Asked{From: k.from.Add(-p.long()), To: k.from, Names: slices.Concat(drawnNames, partedNames), Together: true}},
	} {
		each.a.Channel = channel
		if *each.into, err = c.Figures.Figures(ctx, each.a); err != nil {
			return k, err
		}
	}
	k.now = append(k.now, parted...)
	return k, nil
}

// is tells whether a figure is one of a name, and of a label where one is given.
func figureOf(name string, labels ...string) func(index.Figure) bool {
	return func(f index.Figure) bool {
		return f.Name == name && (len(labels) == 0 || slices.Contains(labels, f.Label))
	}
}

func totalOf(figures []index.Figure, which func(index.Figure) bool) (n int64) {
	for _, f := range figures {
		if which(f) {
			n += f.N
		}
	}
	return n
}

// steps are the sums of each step.
func (k periodFigures) steps(which func(index.Figure) bool) []float64 {
	values := make([]float64, k.period.steps)
	for _, f := range k.now {
		if i := int(f.At.Sub(k.from) / k.period.step); which(f) && i >= 0 && i < len(values) {
			values[i] += float64(f.N)
		}
	}
	return values
}

// starts are when the steps begin.
func (k periodFigures) starts(zone *time.Location) []time.Time {
	all := make([]time.Time, k.period.steps)
	for i := range all {
		all[i] = k.from.Add(time.Duration(i) * k.period.step).In(zone)
	}
	return all
}

// by sums up the figures of a name by something, the highest first. A name is in
// the steps or in the whole.
func (k periodFigures) by(name string, what func(index.Figure) string) []labelSum {
	return sumsBy(slices.Concat(k.now, k.whole), name, what)
}

func sumsBy(figures []index.Figure, name string, what func(index.Figure) string) (all []labelSum) {
	at := map[string]int{}
	for _, f := range figures {
		if f.Name != name {
			continue
		}
		i, known := at[what(f)]
		if !known {
			i, at[what(f)] = len(all), len(all)
			all = append(all, labelSum{what(f), 0})
		}
		all[i].n += f.N
	}
	slices.SortStableFunc(all, func(x, y labelSum) int {
		if x.n != y.n {
			return int(min(max(y.n-x.n, -1), 1))
		}
		return strings.Compare(x.of, y.of)
	})
	return all
}

type labelSum struct {
	of string
	n  int64
}

func labelOf(f index.Figure) string   { return f.Label }
func channelOf(f index.Figure) string { return f.Channel }

// seen is the log's view of the period, narrowed.
func (c *Console) seen(k periodFigures, narrow func(*view)) string {
	v := view{Channel: k.channel, From: k.from, To: k.to}
	narrow(&v)
	return c.address(v)
}

// picture draws a plot with its table.
func (c *Console) picture(k periodFigures, key, title string, series []plot.Series, say func(float64) string, top float64) plotView {
	p := plot.Times{Label: title, Starts: k.starts(c.Zone), Step: k.period.step, Series: series, Say: say, Top: top}
	v := plotView{Key: key, SVG: p.SVG(), Empty: true}
	for _, s := range series[:min(len(series), plot.MaxSeries)] {
		v.Names = append(v.Names, s.Name)
	}
	for i, at := range p.Starts {
		row, any := plotRow{Time: at.Format("2006-01-02 15:04")}, false
		for _, s := range series[:len(v.Names)] {
			text := "–"
			if n := s.Values[i]; n == n { // a gap is not a number
				text = say(n)
				any = any || n != 0
			}
			row.Values = append(row.Values, text)
		}
		if any {
			v.Rows, v.Empty = append(v.Rows, row), false
		}
	}
	return v
}
