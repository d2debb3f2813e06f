package console_test

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"haat/gateway"
	"haat/gateway/console"
	"haat/gateway/console/consoletest"
	"haat/gateway/dialogue"
	"haat/orders"
)

// talking is a console on which a phone has written, with the token of the phone.
func talking(t testing.TB, change ...func(*console.Config)) (*rig, string) {
	t.Helper()
	r := newRig(t, change...)
	r.index.Add(consoletest.Turn(at, "+254700000001", dialogue.SMS, dialogue.ClassUnknown, "niaje", "Samahani"))
	return r, "/phone/" + r.tokenOf("+254700000001")
}

// letter is the form of an SMS.
func letter(text string, more ...string) url.Values {
	form := url.Values{"text": {text}, "key": {rand.Text()}, "channel": {"demo"}, "do": {"send"}}
	for i := 0; i < len(more); i += 2 {
		form.Set(more[i], more[i+1])
	}
	return form
}

func (r *rig) acts() (all []string) {
	acts, _ := r.gate.Acts(r.t.Context(), time.Time{}, 100)
	for _, a := range acts {
		all = append(all, strings.TrimSpace(a.By+" "+a.What+" "+a.About+" "+a.Detail))
	}
	return all
}

func TestTakeOverAndHandBack(t *testing.T) {
	r, path := talking(t)
	if page := r.get(path); !strings.Contains(page, "haat answers this phone") || !strings.Contains(page, `id="takeover"`) || strings.Contains(page, `id="handback"`) {
		t.Error("nobody has taken over, but the page says so")
	}
	if a := r.ask("operator", "POST", path+"/takeover", url.Values{}); a.status != http.StatusSeeOther || a.header.Get("Location") != path+"#write" {
		t.Fatalf("%d to %q", a.status, a.header.Get("Location"))
	}
	mine := r.ask("operator", "GET", path, nil).body
	if !strings.Contains(mine, "You have taken over") || !strings.Contains(mine, `data-left="1800" role="timer">30:00<`) || strings.Contains(mine, `id="takeover"`) {
		t.Errorf("who took over sees %s", between(mine, `id="hold"`, "</div>"))
	}
	if other := r.get(path); !strings.Contains(other, "operator has taken over") || !strings.Contains(other, `id="takeover"`) || !strings.Contains(other, `id="handback"`) {
		t.Error("another operator does not see who has it")
	}
	if viewer := r.ask("viewer", "GET", path, nil).body; strings.Contains(viewer, "/takeover") || strings.Contains(viewer, "<textarea") || !strings.Contains(between(viewer, `id="now"`, "</dl>"), "operator") {
		t.Error("a viewer sees who has it, and cannot act")
	}
	for _, act := range []string{path + "/takeover", path + "/handback", path + "/write", "/compose/size"} {
		if a := r.ask("viewer", "POST", act, letter("x")); a.status != http.StatusForbidden {
			t.Errorf("a viewer may %s: %d", act, a.status)
		}
	}
	r.ask("admin", "POST", path+"/takeover", url.Values{})
	r.ask("operator", "POST", path+"/handback", url.Values{})
	r.ask("operator", "POST", path+"/takeover", url.Values{})
	r.ask("operator", "POST", path+"/handback", url.Values{})
	want := []string{
		"operator handback •••001", "operator takeover •••001",
		"operator handback •••001 it was held by admin", "admin takeover •••001 it was held by operator", "operator takeover •••001",
	}
	if got := r.acts(); strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("recorded %q", got)
	}
	if audit := r.get("/audit"); !strings.Contains(audit, "took over a conversation") || !strings.Contains(audit, "handed a conversation back") {
		t.Error("the audit log has no words for it")
	}
}

// between is the part of a page from one text to another.
func between(page, from, to string) string {
	_, rest, _ := strings.Cut(page, from)
	part, _, _ := strings.Cut(rest, to)
	return part
}

func TestHoldThatEnded(t *testing.T) {
	now := at
	r, path := talking(t, func(c *console.Config) { c.Now = func() time.Time { return now } })
	r.talk.Now = func() time.Time { return now }
	r.ask("operator", "POST", path+"/takeover", url.Values{})
	now = at.Add(29*time.Minute + 59*time.Second)
	if side := r.get(path + "/side"); !strings.Contains(side, ">0:01<") {
		t.Errorf("a second before: %s", between(side, `id="hold"`, "</p>"))
	}
	now = at.Add(30 * time.Minute)
	if side := r.get(path + "/side"); !strings.Contains(side, "Handed back by itself: operator had written nothing") || strings.Contains(side, `id="handback"`) {
		t.Errorf("after: %s", between(side, `id="hold"`, "</p>"))
	}
}

func TestTakeOverByScript(t *testing.T) {
	r, path := talking(t)
	ask := func() answer {
		req, _ := http.NewRequest("POST", r.server.URL+path+"/takeover", nil)
		req.Header.Set("HX-Request", "true")
		consoletest.SignIn(req, "operator")
		return r.do(req)
	}
	r.talk.Fail(errors.New("NATS does not answer"))
	if a := r.ask("operator", "POST", path+"/takeover", url.Values{}); a.status != http.StatusServiceUnavailable || strings.Contains(a.body, "NATS") {
		t.Errorf("without scripts: %d", a.status)
	}
	r.talk.Fail(nil)
	r.gate.Fail(errors.New("the disk is full"))
	if a := ask(); a.status != http.StatusOK || !strings.Contains(a.body, "This did not work") || strings.Contains(a.body, "You have taken over") {
		t.Errorf("not recorded: %d %s", a.status, a.body)
	}
	r.gate.Fail(nil)
	if a := ask(); a.status != http.StatusOK || !strings.Contains(a.body, "You have taken over") || strings.Contains(a.body, "<html") {
		t.Errorf("%d %s", a.status, a.body)
	}
}

func TestWriting(t *testing.T) {
	long := strings.Repeat("mchele ", 24) // 168 characters
	for _, tc := range []struct {
		name   string
		form   url.Values
		status int
		says   string
		sent   string
	}{
		{"a text", letter("Karibu"), 303, "", "Karibu"},
		{"lines as browsers send them", letter("one\r\ntwo"), 303, "", "one\ntwo"},
		{"nothing", letter(""), 422, "Write something first", ""},
		{"two segments, not seen", letter(long), 200, "more than one SMS", ""},
		{"two segments, seen", letter(long, "seen", "2"), 303, "", long},
		{"three segments, two seen", letter(strings.Repeat("a", 310), "seen", "2"), 422, "longer than the channel sends", ""},
		{"dear, not seen", letter(strings.Repeat("a", 70) + "’"), 200, "RIGHT SINGLE QUOTATION MARK", ""},
		{"dear, in one segment", letter("It’s ready"), 303, "", "It’s ready"},
		{"replaced", letter("It’s “ready”", "do", "plain"), 200, "It&#39;s &#34;ready&#34;</textarea>", ""},
		{"another alphabet", letter("米", "channel", "kenya"), 422, "plain letters alone", ""},
		{"another channel", letter("Karibu", "channel", "kenya"), 303, "", "Karibu"},
		{"an unknown channel", letter("Karibu", "channel", "mars"), 400, "cannot be read", ""},
		{"no key", letter("Karibu", "key", ""), 400, "cannot be read", ""},
		{"a key of somebody else", letter("Karibu", "key", "<script>"), 400, "cannot be read", ""},
		{"much too long", letter(strings.Repeat("a", 2001)), 400, "cannot be read", ""},
		{"more than a form may have", letter(strings.Repeat("a", 70<<10)), 400, "cannot be read", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r, path := talking(t)
			a := r.ask("operator", "POST", path+"/write", tc.form)
			if a.status != tc.status || !strings.Contains(a.body, tc.says) {
				t.Errorf("%d, want %d with %q:\n%s", a.status, tc.status, tc.says, between(a.body, `id="write"`, "</section>"))
			}
			posted, acts := r.talk.Posted(), r.acts()
			if tc.sent == "" {
				if len(posted) != 0 || len(acts) != 0 {
					t.Errorf("sent %+v, recorded %q", posted, acts)
				}
				return
			}
			if len(posted) != 1 || posted[0].Text != tc.sent || posted[0].By != "operator" || posted[0].Phone != "+254700000001" || posted[0].Channel != tc.form.Get("channel") {
				t.Errorf("sent %+v", posted)
			}
			if len(acts) != 1 || !strings.HasPrefix(acts[0], "operator write •••001 "+tc.form.Get("channel")+", SMS ×") {
				t.Errorf("recorded %q", acts)
			}
		})
	}
}

func TestWritingTwice(t *testing.T) {
	r, path := talking(t)
	form := letter("Karibu")
	for range 2 {
		if a := r.ask("operator", "POST", path+"/write", form); a.status != http.StatusSeeOther {
			t.Fatalf("status %d", a.status)
		}
	}
	if n := len(r.talk.Posted()); n != 1 {
		t.Errorf("sent %d times", n)
	}
	one, two := between(r.get(path), `name="key" value="`, `"`), between(r.get(path), `name="key" value="`, `"`)
	if one == two || len(one) != 26 {
		t.Errorf("keys of two pages: %q, %q", one, two)
	}
}

func TestWritingAfterStop(t *testing.T) {
	r, _ := talking(t)
	path := "/phone/" + r.tokenOf("+254722908117")
	if page := r.get(path); !strings.Contains(page, "has said STOP") || strings.Contains(page, "<textarea") {
		t.Error("a phone that wants no SMS can be written to")
	}
	a := r.ask("operator", "POST", path+"/write", letter("Karibu"))
	if a.status != http.StatusUnprocessableEntity || len(r.talk.Posted()) != 0 || len(r.acts()) != 0 {
		t.Errorf("status %d, sent %d", a.status, len(r.talk.Posted()))
	}
}

func TestNotRecordedNotWritten(t *testing.T) {
	r, path := talking(t)
	r.gate.Fail(errors.New("the disk is full"))
	if a := r.ask("operator", "POST", path+"/write", letter("Karibu")); a.status != http.StatusServiceUnavailable || len(r.talk.Posted()) != 0 {
		t.Errorf("status %d, sent %d", a.status, len(r.talk.Posted()))
	}
}

func TestSize(t *testing.T) {
	r, path := talking(t)
	token := strings.TrimPrefix(path, "/phone/")
	for _, tc := range []struct {
		name string
		form url.Values
		want []string
		not  []string
	}{
		{"nothing", url.Values{}, []string{"It goes out as an SMS", `name="seen" value="0"`}, []string{"KES"}},
		{"a word", url.Values{"text": {"Karibu"}, "token": {token}}, []string{"SMS: 1 of 2", "154 characters left", "GSM-7", "KES 0.80"}, []string{"<mark>"}},
		{"nobody's price", url.Values{"text": {"Karibu"}}, []string{"SMS: 1 of 2"}, []string{"KES"}},
		{"two", url.Values{"text": {strings.Repeat("a", 161)}, "token": {token}}, []string{"SMS: 2 of 2", "KES 1.60", "takes warn"}, nil},
		{"too long", url.Values{"text": {strings.Repeat("a", 307)}, "token": {token}}, []string{"SMS: 3 of 2", "longer than the channel"}, nil},
		{"a quote", url.Values{"text": {"It’s"}}, []string{"It<mark>’</mark>s", "2019 RIGHT SINGLE QUOTATION MARK", `data-plain="It&#39;s"`, "UCS-2"}, []string{"SMS saved"}},
		{"a quote that costs", url.Values{"text": {strings.Repeat("a", 80) + "’"}}, []string{"SMS saved: 1", "…" + strings.Repeat("a", 28) + "<mark>"}, nil},
		{"a script", url.Values{"text": {"米 ’"}}, []string{"large alphabet"}, []string{"data-plain", "mirror"}},
		{"what nobody sees", url.Values{"text": {"a\u2060b"}}, []string{"SMS: 1 of 2"}, nil},
		{"a payload", url.Values{"text": {`<img src=x onerror=alert(1)>’"><script>`}}, []string{"&lt;img"}, []string{"<img", "<script"}},
		{"a channel of plain letters", url.Values{"text": {"It’s"}, "channel": {"kenya"}}, []string{"plain letters alone", "SMS: 1 of 8"}, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			a := r.ask("operator", "POST", "/compose/size", tc.form)
			if a.status != http.StatusOK {
				t.Fatalf("status %d", a.status)
			}
			for _, want := range tc.want {
				if !strings.Contains(a.body, want) {
					t.Errorf("no %q in\n%s", want, a.body)
				}
			}
			for _, not := range tc.not {
				if strings.Contains(a.body, not) {
					t.Errorf("%q in\n%s", not, a.body)
				}
			}
		})
	}
	if a := r.ask("operator", "POST", "/compose/size", url.Values{"token": {"x"}}); a.status != http.StatusBadRequest {
		t.Errorf("a token that is none: %d", a.status)
	}
}

// FuzzSize: whatever is typed, the size is told, and nothing in it runs.
func FuzzSize(f *testing.F) {
	r, _ := talking(f)
	for _, seed := range []string{"", "It’s", "\xff\r\n\x00", "<mark>", strings.Repeat("米", 2001), "a\u200bb", "🙂" + strings.Repeat("€", 80)} {
		f.Add(seed, "demo", "")
	}
	f.Add("x", "mars", "token")
	f.Fuzz(func(t *testing.T, text, channel, token string) {
		here := *r
		here.t = t
		a := here.ask("operator", "POST", "/compose/size", url.Values{"text": {text}, "channel": {channel}, "token": {token}})
		if a.status != http.StatusOK && a.status != http.StatusBadRequest {
			t.Fatalf("status %d", a.status)
		}
		wantInert(t, "size", a.body)
	})
}

func TestSide(t *testing.T) {
	desk := &ordersOf{all: []orders.Order{{Number: 10007, Status: orders.Arrived}, {Number: 10001, Status: orders.Collected}}}
	r, path := talking(t, func(c *console.Config) { c.Desk = desk })
	side := r.ask("viewer", "GET", path+"/side", nil).body
	for _, want := range []string{"confirming", "Kiswahili", "Kiambogo", "Mchele kilo 5", "1700.00", "450.00", "KES 2150.00", "10007", "at the shop", "collected"} {
		if !strings.Contains(side, want) {
			t.Errorf("no %q in\n%s", want, side)
		}
	}
	if strings.Contains(side, "<html") || strings.Contains(side, "254700000001") {
		t.Error("it is a page of its own, or shows the number")
	}
	desk.err = errors.New("nobody answers")
	if side := r.get(path + "/side"); !strings.Contains(side, "10001") || !strings.Contains(side, ">confirmed<") || strings.Contains(side, "10007") {
		t.Errorf("without the desk:\n%s", side)
	}
	req, _ := http.NewRequest("GET", r.server.URL+path+"/side", nil)
	consoletest.SignIn(req, "viewer")
	req.AddCookie(&http.Cookie{Name: "haat_language", Value: "zh"})
	if body := r.do(req).body; !strings.Contains(body, "已确认") {
		t.Error("an order's state is not said in the operator's language")
	}
}

// ordersOf is a desk that knows some orders.
type ordersOf struct {
	all []orders.Order
	err error
}

func TestWithoutTalk(t *testing.T) {
	r, path := talking(t, func(c *console.Config) { c.Talk = nil })
	if page := r.get(path); strings.Contains(page, "<textarea") || strings.Contains(page, "/takeover") {
		t.Error("offered where nothing can be sent")
	}
	if a := r.ask("admin", "POST", path+"/write", letter("x")); a.status != http.StatusNotFound && a.status != http.StatusMethodNotAllowed {
		t.Errorf("status %d", a.status)
	}
	if a := r.ask("admin", "GET", path+"/side", nil); a.status != http.StatusOK {
		t.Errorf("the side: %d", a.status)
	}
}

func TestUnderstood(t *testing.T) {
	r, path := talking(t)
	row := consoletest.Turn(at, "+254700000001", dialogue.SMS, dialogue.ClassAsk, "2 rice5, soda", "?")
	row.Heard = "2=number 2; rice5=RICE5; ,=end of a part; 5kg=size 5 kg; soda=SODA|JUICE; 101=RICE1; lump a=b=not sold here; broken"
	row.Offer = &dialogue.Offer{Item: "MAIZE", Qty: 50, Unit: "kg"}
	r.index.Add(row)
	list := between(r.get(path), `class="understood"`, "</details>")
	for _, want := range []string{
		"parts: 6", "number 2", "Mchele kilo 5", "by its code", "size 5 kg", "<bdi>SODA</bdi> or <bdi>JUICE</bdi>", "one of these", "by its keypad number", "lump a=b", "not sold here",
	} {
		if !strings.Contains(list, want) {
			t.Errorf("no %q in\n%s", want, list)
		}
	}
}

func TestOperatorsInTheLog(t *testing.T) {
	r, path := talking(t)
	taken := consoletest.Turn(at, "+254700000001", "", gateway.ClassTakeOver, "", "")
	notice := consoletest.Notice(at, "+254700000001", "Karibu")
	taken.By, notice.By = "amani", `<b onclick="x()">baraka`
	r.index.Add(taken, notice)
	for where, page := range map[string]string{"log": r.get("/"), "conversation": r.get(path)} {
		if !strings.Contains(page, "amani") || !strings.Contains(page, "took over") {
			t.Errorf("%s: nobody took over", where)
		}
		wantInert(t, where, page)
	}
	if !strings.Contains(r.get(path), "baraka") {
		t.Error("the conversation does not tell who wrote")
	}
}

func (o *ordersOf) Of(context.Context, string, int) ([]orders.Order, error) { return o.all, o.err }
