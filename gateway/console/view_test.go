package console_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"haat/gateway"
	"haat/gateway/console"
	"haat/gateway/console/consoletest"
	"haat/gateway/dialogue"
)

// drawView draws any view that the form can make.
func drawView(t *rapid.T) console.View {
	oneOf := func(label string, values []string) string {
		return rapid.SampledFrom(append([]string{""}, values...)).Draw(t, label)
	}
	name := rapid.OneOf(rapid.Just(""), rapid.StringMatching(`[a-z][a-z0-9&=+%# ]{0,10}`))
	v := console.View{
		Text:    strings.TrimSpace(rapid.StringN(0, 100, 400).Draw(t, "text")),
		Channel: name.Draw(t, "channel"), Language: name.Draw(t, "language"), Station: name.Draw(t, "station"),
		Mode: oneOf("mode", console.Modes), Direction: oneOf("direction", console.Directions), Kind: oneOf("kind", console.Kinds),
		Status: oneOf("status", console.Statuses), Class: oneOf("class", console.Classes), Since: oneOf("since", console.Spans),
		Errors: rapid.Bool().Draw(t, "errors"), Before: rapid.Uint64Max(1<<63-1).Draw(t, "before"),
	}
	if rapid.Bool().Draw(t, "phone") {
		v.Phone = gateway.Phone("+" + rapid.StringMatching(`[1-9][0-9]{6,14}`).Draw(t, "number"))
	} else {
		v.End = rapid.StringMatching(`(|[0-9]{3,6})`).Draw(t, "end")
	}
	if v.Since == "" {
		minute := rapid.Custom(func(t *rapid.T) time.Time {
			return time.Unix(60*rapid.Int64Range(0, 60*24*365*100).Draw(t, "minute"), 0).UTC()
		})
		if rapid.Bool().Draw(t, "has from") {
			v.From = minute.Draw(t, "from")
		}
		if rapid.Bool().Draw(t, "has to") {
			v.To = minute.Draw(t, "to")
		}
	}
	return v
}

func TestViewAndAddressAreOne(t *testing.T) {
	r := newRig(t)
	rapid.Check(t, func(t *rapid.T) {
		v := drawView(t)
		address := console.AddressOf(r.console, v)
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		got, err := console.ViewAt(r.console, u.Query())
		if err != nil {
			t.Fatalf("%s: %v", address, err)
		}
		if got != v {
			t.Errorf("%s is\n%+v, not\n%+v", address, got, v)
		}
		if digits := strings.TrimPrefix(string(v.Phone), "+"); digits != "" && strings.Contains(address, digits) {
			t.Errorf("%s names the phone", address)
		}
	})
}

// FuzzView reads any query: it must not panic, and what it takes has an address
// that says the same.
func FuzzView(f *testing.F) {
	for _, q := range []string{"q=rice&mode=sms", "phone=x", "before=1&since=24h&from=2026-01-01T00:00", "end=001", "q=%2B254700000001", "&&=;", "to=9999-12-31T23:59"} {
		f.Add(q)
	}
	r := newRig(f)
	f.Fuzz(func(t *testing.T, raw string) {
		q, err := url.ParseQuery(raw)
		if err != nil {
			return
		}
		v, err := console.ViewAt(r.console, q)
		if err != nil {
			return
		}
		u, err := url.Parse(console.AddressOf(r.console, v))
		if err != nil {
			t.Fatal(err)
		}
		if again, err := console.ViewAt(r.console, u.Query()); err != nil || again != v {
			t.Errorf("%q is %+v and then %+v (%v)", raw, v, again, err)
		}
	})
}

// TestNumbersDoNotStandInAddresses types a number wherever one can.
func TestNumbersDoNotStandInAddresses(t *testing.T) {
	r := newRig(t)
	const phone = gateway.Phone("+254700000001")
	token := r.tokenOf(phone)
	for _, tc := range []struct {
		name string
		form url.Values
		to   url.Values
	}{
		{"whole", url.Values{"number": {"+254700000001"}}, url.Values{"phone": {token}}},
		{"without its plus", url.Values{"number": {"254700000001"}}, url.Values{"phone": {token}}},
		{"as at home", url.Values{"number": {"0700 000 001"}}, url.Values{"phone": {token}}},
		{"its end", url.Values{"number": {" 0001 "}}, url.Values{"end": {"0001"}}},
		{"among words", url.Values{"q": {"rice 0700000001 now"}}, url.Values{"phone": {token}, "q": {"rice now"}}},
		{"instead of words", url.Values{"q": {"+254 700 000 001"}}, url.Values{"phone": {token}}},
		{"for another", url.Values{"number": {"+254700000001"}, "phone": {r.tokenOf("+254700000002")}}, url.Values{"phone": {token}}},
		{"with the rest", url.Values{"number": {"+254700000001"}, "mode": {"sms"}, "errors": {"1"}, "before": {"7"}}, url.Values{"phone": {token}, "mode": {"sms"}, "errors": {"1"}}},
		{"no number, but numbers", url.Values{"q": {"101 2, 205"}}, url.Values{"q": {"101 2, 205"}}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			a := r.ask("viewer", "POST", "/find", tc.form)
			want := "/?" + tc.to.Encode()
			if a.status != http.StatusSeeOther || a.header.Get("Location") != want {
				t.Errorf("%d to %s, want %s", a.status, a.header.Get("Location"), want)
			}
		})
	}
	t.Run("typed into the address", func(t *testing.T) {
		a := r.ask("viewer", "GET", "/?q=0700000001", nil)
		if a.status != http.StatusSeeOther || a.header.Get("Location") != "/?phone="+token {
			t.Errorf("%d to %s", a.status, a.header.Get("Location"))
		}
	})
}

func TestFilters(t *testing.T) {
	r := newRig(t)
	r.index.Add(consoletest.Market(at)...)
	all := len(sequencesIn(r.get("/")))
	for _, tc := range []struct {
		name, query string
		rows        int
	}{
		{"nothing", "", all},
		{"a phone", "phone=" + r.tokenOf("+8613800138000"), 1},
		{"the end of one", "end=0042", 3},
		{"a channel", "channel=kenya", 0},
		{"a mode and a class", "mode=sms&class=unknown", 1},
		{"a kind", "kind=notice", 3},
		{"a status", "status=failed", 2},
		{"a text in another script", "q=%E9%94%84%E5%A4%B4", 1},
		{"problems", "errors=1", 3},
		{"since", "since=15m", all},
		{"until", "to=2026-11-28T11:46", 2},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := len(sequencesIn(r.get("/?" + tc.query))); got != tc.rows {
				t.Errorf("%d rows, want %d", got, tc.rows)
			}
		})
	}
}

func TestOlder(t *testing.T) {
	r := newRig(t)
	for i := range 250 {
		r.index.Add(text(i))
	}
	first := sequencesIn(r.get("/"))
	if len(first) != console.PageRows || first[0] != 250 {
		t.Fatalf("first page of %d from %d", len(first), first[0])
	}
	second := r.get("/rows?before=151")
	if got := sequencesIn(second); len(got) != console.PageRows || got[0] != 150 || !strings.Contains(second, `value="51"`) {
		t.Errorf("second page of %d from %d", len(got), got[0])
	}
	last := r.get("/rows?before=51")
	if got := sequencesIn(last); len(got) != 50 || !strings.Contains(last, `class="more" hidden`) {
		t.Errorf("last page of %d", len(got))
	}
}

func TestConversationAroundAnOldMessage(t *testing.T) {
	r := newRig(t)
	const phone = "+254700000001"
	for i := range 400 {
		r.index.Add(consoletest.Turn(at, phone, dialogue.SMS, dialogue.ClassScreen, "x", "y"))
		_ = i
	}
	path := "/phone/" + r.tokenOf(phone)
	page := r.get(path + "?at=100")
	if got := sequencesIn(page); len(got) != console.PageRows || got[0] != 51 || got[len(got)-1] != 150 {
		t.Errorf("%d rows, %d to %d", len(got), got[0], got[len(got)-1])
	}
	if strings.Contains(page, "data-stream") || !strings.Contains(page, "To the newest") {
		t.Error("it is taken for the newest")
	}
	if got := sequencesIn(r.get(path + "?at=350")); got[len(got)-1] != 400 {
		t.Errorf("what is among the newest is not shown with them: to %d", got[len(got)-1])
	}
}
