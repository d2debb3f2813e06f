package console

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"haat/gateway"
	"haat/gateway/console/index"
	"haat/gateway/dialogue"
	"haat/gateway/messagelog"
)

// view is what an operator looks at: a filter as it stands in the address. Every
// view has one address, and every address one view.
type view struct {
	Text      string
	Phone     gateway.Phone
	End       string // last digits of phones
	Channel   string
	Mode      string
	Direction string
	Kind      string
	Status    string
	Class     string
	Language  string
	Station   string
	Errors    bool
	Since     string    // one of the spans, such as "24h"; excludes From and To
	From, To  time.Time // to the minute
	Before    uint64    // rows older than this sequence; 0: the newest
}

// Limits of what may stand in an address.
const (
	maxText   = 200 // characters
	maxName   = 64  // octets, of a channel, a language or a station
	minEnd    = 3   // digits: fewer would match every thousandth phone or more
	maxEnd    = 6   // digits: more would be a way to guess numbers
	minuteFmt = "2006-01-02T15:04"
)

// What may be chosen, as it stands in addresses.
var (
	modes      = []string{string(dialogue.SMS), string(dialogue.USSD)}
	directions = []string{"in", "out"}
	kinds      = []string{string(messagelog.KindTurn), string(messagelog.KindNotice), string(messagelog.KindStatus)}
	statuses   = []string{
		string(gateway.Held), string(gateway.Retrying), string(gateway.Sent), string(gateway.Buffered), string(gateway.Delivered),
		string(gateway.Failed), string(gateway.Expired), string(gateway.Suppressed), string(gateway.Dropped),
	}
	classes = []string{
		dialogue.ClassScreen, dialogue.ClassHint, dialogue.ClassOrder, dialogue.ClassRejected, dialogue.ClassCancel, dialogue.ClassStatus, dialogue.ClassHelp,
		dialogue.ClassStop, dialogue.ClassStart, dialogue.ClassLanguage, dialogue.ClassAsk, dialogue.ClassSell, dialogue.ClassUnknown, gateway.ClassFlood, gateway.ClassLoop,
		gateway.ClassHeld, gateway.ClassTakeOver, gateway.ClassHandBack,
	}
	spans = []span{{"15m", 15 * time.Minute}, {"1h", time.Hour}, {"24h", 24 * time.Hour}, {"7d", 7 * 24 * time.Hour}, {"30d", 30 * 24 * time.Hour}}
)

// span is a time range that ends now.
type span struct {
	name string
	long time.Duration
}

// badView says which part of an address cannot be read.
type badView struct{ part string }

func (e badView) Error() string {
	return fmt.Sprintf("the address has a %s that cannot be read", e.part)
}

// field joins a part of a view with its name in the address.
type field struct {
	name string
	of   *string
	one  []string // what it may be; nil: any name
}

func (v *view) fields() []field {
	return []field{
		{"channel", &v.Channel, nil}, {"mode", &v.Mode, modes}, {"dir", &v.Direction, directions}, {"kind", &v.Kind, kinds},
		{"status", &v.Status, statuses}, {"class", &v.Class, classes}, {"lang", &v.Language, nil}, {"station", &v.Station, nil},
	}
}

// readView reads the query of an address.
func (c *Console) readView(q url.Values) (v view, err error) {
	var errs []error
	bad := func(part string) { errs = append(errs, badView{part}) }
	for _, f := range v.fields() {
		*f.of = q.Get(f.name)
		if *f.of != "" && f.one != nil && !slices.Contains(f.one, *f.of) || len(*f.of) > maxName || !utf8.ValidString(*f.of) {
			bad(f.name)
		}
	}
	v.Text = strings.TrimSpace(q.Get("q"))
	if utf8.RuneCountInString(v.Text) > maxText || !utf8.ValidString(v.Text) {
		bad("q")
	}
	if token := q.Get("phone"); token != "" {
		var ok bool
		if v.Phone, ok = c.tokens.phone(token); !ok {
			bad("phone")
		}
	}
	if v.End = q.Get("end"); v.End != "" && !isEnd(v.End) {
		bad("end")
	}
	v.Errors = q.Get("errors") != ""
	if v.Since = q.Get("since"); v.Since != "" && !slices.ContainsFunc(spans, func(s span) bool { return s.name == v.Since }) {
		bad("since")
	}
	if v.From, err = c.minute(q.Get("from")); err != nil {
		bad("from")
	}
	if v.To, err = c.minute(q.Get("to")); err != nil {
		bad("to")
	}
	if v.Since != "" {
		v.From, v.To = time.Time{}, time.Time{}
	}
	if v.Before, err = sequence(q.Get("before")); err != nil {
		bad("before")
	}
	return v, errors.Join(errs...)
}

func isEnd(digits string) bool {
	return len(digits) >= minEnd && len(digits) <= maxEnd && strings.Trim(digits, "0123456789") == ""
}

func (c *Console) minute(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	return time.ParseInLocation(minuteFmt, s, c.Zone)
}

// sequence reads one of the log; "" is 0. SQL has no numbers above the signed.
func sequence(s string) (uint64, error) {
	if s == "" {
		return 0, nil
	}
	return strconv.ParseUint(s, 10, 63)
}

// query is the view as it stands in its address.
func (c *Console) query(v view) url.Values {
	q := url.Values{}
	set := func(name, value string) {
		if value != "" {
			q.Set(name, value)
		}
	}
	for _, f := range v.fields() {
		set(f.name, *f.of)
	}
	set("q", v.Text)
	set("phone", c.tokens.of(v.Phone))
	set("end", v.End)
	set("since", v.Since)
	if v.Errors {
		set("errors", "1")
	}
	if v.Since == "" && !v.From.IsZero() {
		set("from", v.From.In(c.Zone).Format(minuteFmt))
	}
	if v.Since == "" && !v.To.IsZero() {
		set("to", v.To.In(c.Zone).Format(minuteFmt))
	}
	if v.Before != 0 {
		set("before", strconv.FormatUint(v.Before, 10))
	}
	return q
}

// address is where a view is found.
func (c *Console) address(v view) string { return addressOf("/", c.query(v)) }

func addressOf(path string, q url.Values) string {
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}

// filter is what the view asks of the index at a time.
func (v view) filter(now time.Time) index.Filter {
	f := index.Filter{
		Text: v.Text, Phone: v.Phone, PhoneEnd: v.End, Channel: v.Channel, Mode: dialogue.Mode(v.Mode), Direction: v.Direction,
		Kind: messagelog.Kind(v.Kind), Status: gateway.State(v.Status), Class: v.Class, Language: v.Language, Station: v.Station,
		Errors: v.Errors, From: v.From, To: v.To,
	}
	for _, s := range spans {
		if s.name == v.Since {
			f.From = now.Add(-s.long)
		}
	}
	return f
}

// live tells whether rows that come now can be in the view.
func (v view) live() bool { return v.Before == 0 && v.To.IsZero() }

// hidden takes whole numbers out of what is searched for: they go into the phone
// of the view, which has a token for the address. It tells whether there was one.
func (c *Console) hidden(v *view) bool {
	found := false
	v.Text = strings.Join(strings.Fields(numbers.ReplaceAllStringFunc(v.Text, func(raw string) string {
		phone, err := gateway.ParsePhone(raw, c.Region)
		if err != nil {
			return raw
		}
		v.Phone, v.End, found = phone, "", true
		return " "
	})), " ")
	return found
}

// typed reads what was put into the field for a phone: a whole number or the
// last digits of one.
func (c *Console) typed(v *view, raw string) error {
	raw = strings.TrimSpace(raw)
	if raw == "" {
		return nil
	}
	v.Phone, v.End = "", ""
	if isEnd(raw) {
		v.End = raw
		return nil
	}
	phone, err := gateway.ParsePhone(raw, c.Region)
	if err != nil {
		return badView{"phone"}
	}
	v.Phone = phone
	return nil
}
