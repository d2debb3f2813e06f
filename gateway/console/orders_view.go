package console

import (
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"haat/gateway"
	"haat/orders"
)

// orderView is what an operator looks at in the list of orders, as it stands in
// the address: as view does for the log.
type orderView struct {
	Text     string
	Phone    gateway.Phone
	End      string // last digits of phones
	Status   string
	Station  string
	SKU      string
	Short    bool
	Since    string // one of the spans; excludes From and To
	From, To time.Time
	Before   orders.Cursor
}

// readOrderView reads the query of an address.
func (c *Console) readOrderView(q url.Values) (v orderView, err error) {
	var errs []error
	check := func(part string, good bool) {
		if !good {
			errs = append(errs, badView{part})
		}
	}
	plain := func(s string) bool { return len(s) <= orders.MaxSearch && utf8.ValidString(s) }
	v.Text, v.Station, v.SKU, v.Status = strings.TrimSpace(q.Get("q")), q.Get("station"), strings.TrimSpace(q.Get("sku")), q.Get("status")
	check("q", plain(v.Text))
	check("station", plain(v.Station))
	check("sku", plain(v.SKU))
	check("status", v.Status == "" || slices.Contains(orders.Statuses(), orders.Status(v.Status)))
	if token := q.Get("phone"); token != "" {
		var ok bool
		v.Phone, ok = c.tokens.phone(token)
		check("phone", ok)
	}
	v.End = q.Get("end")
	check("end", v.End == "" || isEnd(v.End))
	v.Short = q.Get("short") != ""
	v.Since = q.Get("since")
	check("since", v.Since == "" || slices.Contains(spanNames(), v.Since))
	v.From, err = c.minute(q.Get("from"))
	check("from", err == nil)
	v.To, err = c.minute(q.Get("to"))
	check("to", err == nil)
	if v.Since != "" {
		v.From, v.To = time.Time{}, time.Time{}
	}
	v.Before, err = orders.ReadCursor(q.Get("before"))
	check("before", err == nil)
	return v, errors.Join(errs...)
}

// orderQuery is the view as it stands in its address.
func (c *Console) orderQuery(v orderView) url.Values {
	q := url.Values{}
	set := func(name, value string) {
		if value != "" {
			q.Set(name, value)
		}
	}
	set("q", v.Text)
	set("phone", c.tokens.of(v.Phone))
	set("end", v.End)
	set("status", v.Status)
	set("station", v.Station)
	set("sku", v.SKU)
	set("since", v.Since)
	if v.Short {
		set("short", "1")
	}
	if v.Since == "" && !v.From.IsZero() {
		set("from", v.From.In(c.Zone).Format(minuteFmt))
	}
	if v.Since == "" && !v.To.IsZero() {
		set("to", v.To.In(c.Zone).Format(minuteFmt))
	}
	set("before", v.Before.String())
	return q
}

// ordersAddress is where a view is found.
func (c *Console) ordersAddress(v orderView) string { return addressOf("/orders", c.orderQuery(v)) }

// hideNumber takes a whole number out of what is searched for, into the phone of
// the view, which has a token for the address.
func (c *Console) hideNumber(v *orderView) bool {
	found := view{Text: v.Text, Phone: v.Phone, End: v.End}
	if !c.hidden(&found) {
		return false
	}
	v.Text, v.Phone, v.End = found.Text, found.Phone, found.End
	return true
}

// search is what the view asks of the orders half at a time.
func (v orderView) search(now time.Time, codes bool, limit int) orders.Search {
	s := orders.Search{
		Status: orders.Status(v.Status), Station: v.Station, Phone: string(v.Phone), PhoneEnd: v.End, SKU: v.SKU,
		Text: v.Text, Codes: codes, Short: v.Short, From: v.From, To: v.To, Before: v.Before, Limit: limit,
	}
	for _, each := range spans {
		if each.name == v.Since {
			s.From = now.Add(-each.long)
		}
	}
	return s
}

// orderFilters is the form of the list's filters.
type orderFilters struct {
	View     orderView
	Phone    string // the token of the phone that is looked for
	From, To string
	Selects  []choice
	Count    int
	Over     bool // there are more than Count
	Tokens   []chip
	More     bool // whether what is shown on demand is set
}

func (c *Console) orderFiltersOf(code string, v orderView, count int) orderFilters {
	say := func(key string) string { return c.texts.say(code, key) }
	f := orderFilters{View: v, Phone: c.tokens.of(v.Phone), Count: min(count, orders.MaxCount), Over: count > orders.MaxCount}
	if !v.From.IsZero() {
		f.From = v.From.In(c.Zone).Format(minuteFmt)
	}
	if !v.To.IsZero() {
		f.To = v.To.In(c.Zone).Format(minuteFmt)
	}
	var statuses []string
	for _, s := range orders.Statuses() {
		statuses = append(statuses, string(s))
	}
	f.Selects = []choice{
		{"status", say("order_filter.status"), v.Status, options(statuses, func(s string) string { return say("order_status." + s) }), true},
		{"station", say("filter.station"), v.Station, withCurrent(c.stationOptions(), v.Station), true},
		{"since", say("filter.since"), v.Since, options(spanNames(), func(s string) string { return say("since." + s) }), true},
	}
	f.More = v.SKU != "" || f.From != "" || f.To != "" || v.Short
	f.Tokens = c.orderChips(v, f.Selects, say)
	return f
}

// orderChips are what is set, each with the address of the list without it.
func (c *Console) orderChips(v orderView, selects []choice, say func(string) string) (chips []chip) {
	add := func(set bool, label string, clear func(*orderView)) {
		if !set {
			return
		}
		without := v
		without.Before = orders.Cursor{}
		clear(&without)
		chips = append(chips, chip{label, c.ordersAddress(without)})
	}
	day := func(at time.Time) string { return at.In(c.Zone).Format("2006-01-02 15:04") }
	add(v.Text != "", "“"+v.Text+"”", func(v *orderView) { v.Text = "" })
	add(v.Phone != "", say("filter.phone")+": "+masked(v.Phone), func(v *orderView) { v.Phone = "" })
	add(v.End != "", say("filter.phone")+": "+dots+v.End, func(v *orderView) { v.End = "" })
	add(v.Status != "", selects[0].label(), func(v *orderView) { v.Status = "" })
	add(v.Station != "", selects[1].label(), func(v *orderView) { v.Station = "" })
	add(v.Since != "", selects[2].label(), func(v *orderView) { v.Since = "" })
	add(v.SKU != "", say("order_filter.sku")+": "+v.SKU, func(v *orderView) { v.SKU = "" })
	add(v.Short, say("order_filter.short"), func(v *orderView) { v.Short = false })
	add(!v.From.IsZero(), say("filter.from")+": "+day(v.From), func(v *orderView) { v.From = time.Time{} })
	add(!v.To.IsZero(), say("filter.to")+": "+day(v.To), func(v *orderView) { v.To = time.Time{} })
	return chips
}
