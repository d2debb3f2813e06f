package console

import "time"

// filtersView is the form of the filters.
type filtersView struct {
	Text    string
	Phone   string // the token of the phone that is looked for
	Masked  string // the same for people
	End     string
	Selects []choice // the first are always shown, the others on demand
	Errors  bool
	From    string
	To      string
	Tokens  []chip // what is set, each with the address without it
	Clear   bool   // whether anything is set
	More    bool   // whether what is shown on demand is set
}

// choice is a field with a few values.
type choice struct {
	Name, Label string
	Value       string
	Options     []option
	First       bool // always shown
}

type option struct{ Value, Label string }

// chip is a part of the filter that is set.
type chip struct{ Label, Without string }

func (c *Console) filtersOf(code string, v view) filtersView {
	say := func(key string) string { return c.texts.say(code, key) }
	f := filtersView{Text: v.Text, Phone: c.tokens.of(v.Phone), End: v.End, Errors: v.Errors}
	if v.Phone != "" {
		f.Masked = masked(v.Phone)
	}
	if !v.From.IsZero() {
		f.From = v.From.In(c.Zone).Format(minuteFmt)
	}
	if !v.To.IsZero() {
		f.To = v.To.In(c.Zone).Format(minuteFmt)
	}
	f.Selects = []choice{
		{"since", say("filter.since"), v.Since, options(spanNames(), func(s string) string { return say("since." + s) }), true},
		{"channel", say("filter.channel"), v.Channel, withCurrent(options(c.Channels, nil), v.Channel), true},
		{"class", say("filter.class"), v.Class, options(classes, func(s string) string { return say("class." + s) }), true},
		{"status", say("filter.status"), v.Status, options(statuses, func(s string) string { return say("state." + s) }), true},
		{"mode", say("filter.mode"), v.Mode, options(modes, func(s string) string { return say("mode." + s) }), false},
		{"dir", say("filter.dir"), v.Direction, options(directions, func(s string) string { return say("dir." + s) }), false},
		{"kind", say("filter.kind"), v.Kind, options(kinds, func(s string) string { return say("kind." + s) }), false},
		{"lang", say("filter.lang"), v.Language, withCurrent(c.languageOptions(), v.Language), false},
		{"station", say("filter.station"), v.Station, withCurrent(c.stationOptions(), v.Station), false},
	}
	f.Tokens = c.chips(f, v, say)
	f.Clear = len(f.Tokens) > 0
	for _, s := range f.Selects {
		f.More = f.More || !s.First && s.Value != ""
	}
	f.More = f.More || f.From != "" || f.To != "" || f.Errors
	return f
}

// chips are what is set, each with the address of the view without it.
func (c *Console) chips(f filtersView, v view, say func(string) string) (chips []chip) {
	add := func(label string, clear func(*view)) {
		without := v
		without.Before = 0
		clear(&without)
		chips = append(chips, chip{label, c.address(without)})
	}
	if v.Text != "" {
		add("“"+v.Text+"”", func(v *view) { v.Text = "" })
	}
	if v.Phone != "" {
		add(say("filter.phone")+": "+f.Masked, func(v *view) { v.Phone = "" })
	}
	if v.End != "" {
		add(say("filter.phone")+": "+dots+v.End, func(v *view) { v.End = "" })
	}
	for _, s := range f.Selects {
		if s.Value != "" {
			add(s.label(), func(v *view) { v.unset(s.Name) })
		}
	}
	if v.Errors {
		add(say("filter.errors"), func(v *view) { v.Errors = false })
	}
	if f.From != "" {
		add(say("filter.from")+": "+v.From.In(c.Zone).Format("2006-01-02 15:04"), func(v *view) { v.From = time.Time{} })
	}
	if f.To != "" {
		add(say("filter.to")+": "+v.To.In(c.Zone).Format("2006-01-02 15:04"), func(v *view) { v.To = time.Time{} })
	}
	return chips
}

func (v *view) unset(name string) {
	if name == "since" {
		v.Since = ""
	}
	for _, f := range v.fields() {
		if f.name == name {
			*f.of = ""
		}
	}
}

// label is that of the value.
func (s choice) label() string {
	for _, o := range s.Options {
		if o.Value == s.Value {
			return o.Label
		}
	}
	return s.Value
}

func spanNames() (names []string) {
	for _, s := range spans {
		names = append(names, s.name)
	}
	return names
}

func options(values []string, label func(string) string) (all []option) {
	for _, value := range values {
		o := option{value, value}
		if label != nil {
			o.Label = label(value)
		}
		all = append(all, o)
	}
	return all
}

// withCurrent adds a value that is no longer one of the options: a link to it
// stays good.
func withCurrent(all []option, value string) []option {
	if value == "" {
		return all
	}
	for _, o := range all {
		if o.Value == value {
			return all
		}
	}
	return append(all, option{value, value})
}

func (c *Console) languageOptions() (all []option) {
	for _, l := range c.Languages {
		all = append(all, option{l.Code, l.Name})
	}
	return all
}

func (c *Console) stationOptions() (all []option) {
	for _, s := range c.Stations {
		all = append(all, option{s.ID, s.Name + ", " + s.Village})
	}
	return all
}
