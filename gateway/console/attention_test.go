package console_test

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"haat/gateway"
	"haat/gateway/console"
	"haat/gateway/console/attention"
	"haat/gateway/console/consoletest"
	"haat/gateway/dialogue"
)

// bodies are what the addresses that change something need.
var bodies = map[string]url.Values{
	"/attention/deal": {"key": {"m1"}, "mark": {"1"}}, "/attention/undo": {"key": {"m1"}},
	"/attention/sms/{seq}/edit": {"text": {"Your goods have come"}}, "/attention/write/{token}": {"text": {"Send MENU"}, "channel": {"demo"}},
	"/bulk": {"act": {"retry"}, "status": {"failed"}}, "/bulk/{id}/start": {"count": {"1"}},
}

// troubles are items of every kind, in somebody's words.
func troubles(text, channel string, phone gateway.Phone) []attention.Item {
	row := consoletest.Notice(at, phone, text)
	row.Seq, row.State, row.StateWhy, row.Code = 7, gateway.Failed, text, text
	said := consoletest.Turn(at, phone, dialogue.SMS, dialogue.ClassUnknown, text, text)
	return []attention.Item{
		{Key: "m7", Mark: 9, Kind: attention.Failed, Reason: "failed", Since: at, Row: row, Channel: "kenya", Code: text},
		{Key: "t8", Mark: 8, Kind: attention.Unknown, Reason: attention.ReasonUnknown, Since: at, Row: said, Channel: channel, Count: 3},
		{Key: "down kenya", Mark: 1, Kind: attention.Channels, Reason: attention.ReasonDown, Since: at, Channel: "kenya", Why: text},
		{Key: "orders", Mark: 1, Kind: attention.Overdue, Reason: attention.ReasonUndecided, Since: at, Count: 4},
		{Key: "d3", Mark: 3, Kind: attention.Dead, Reason: attention.ReasonDead, Since: at, Why: text, Letter: &attention.DeadLetter{Seq: 3, Consumer: text, Reason: text, Replays: true}},
	}
}

func withDesk(desk *consoletest.Attention) func(*console.Config) {
	return func(c *console.Config) { c.Attention = desk }
}

func TestAttentionShowsWhatWaits(t *testing.T) {
	desk := consoletest.NewAttention(troubles("call +254700000042 now", "demo", "+254700000001")...)
	r := newRig(t, withDesk(desk))
	page := r.get("/attention")
	for _, want := range []string{"It did not arrive", "Texts in a row: 3", "The channel is down", "Orders wait to be decided: 4", "Retry now", "Edit and resend", "Write to them", "Replay", `<span class="count">5</span>`} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(page, "254700000001") || strings.Contains(page, "254700000042") {
		t.Error("a number is not masked")
	}
	if viewer := r.ask("viewer", "GET", "/attention", nil).body; strings.Contains(viewer, "Retry now") || strings.Contains(viewer, "/bulk/new") {
		t.Error("a viewer is offered what only operators may")
	}
	if one := r.get("/attention?kind=failed"); !strings.Contains(one, "It did not arrive") || strings.Contains(one, "The channel is down") {
		t.Error("the kind is not filtered by")
	}
	if a := r.ask("operator", "POST", "/attention/deal", url.Values{"key": {"m7"}, "mark": {"9"}, "back": {"/attention?kind=failed"}}); a.status != http.StatusSeeOther || a.header.Get("Location") != "/attention?kind=failed" {
		t.Errorf("dealt with: %d to %q", a.status, a.header.Get("Location"))
	}
	if strings.Contains(r.get("/attention"), "It did not arrive") {
		t.Error("what was dealt with is still there")
	}
	if acts, _ := r.gate.Acts(t.Context(), at.AddDate(100, 0, 0), 10); len(acts) != 1 || acts[0].What != console.ActDeal || acts[0].By != "operator" || acts[0].About != "m7" {
		t.Errorf("recorded: %+v", acts)
	}
}

func TestNothingIsDoneUnrecorded(t *testing.T) {
	desk := consoletest.NewAttention()
	r := newRig(t, withDesk(desk))
	token := r.tokenOf("+254700000001")
	r.gate.Fail(errors.New("the disk is full"))
	for path, form := range map[string]url.Values{
		"/attention/sms/1/retry": {}, "/attention/sms/1/edit": {"text": {"x"}}, "/attention/write/" + token: {"text": {"x"}, "channel": {"demo"}},
		"/attention/deal": {"key": {"m1"}, "mark": {"1"}}, "/bulk/1/start": {"count": {"1"}},
	} {
		if a := r.ask("admin", "POST", path, form); a.status != http.StatusServiceUnavailable {
			t.Errorf("%s: %d", path, a.status)
		}
	}
	if job, _ := desk.Job(t.Context(), 1); len(desk.Sent) > 0 || job.State != attention.Draft {
		t.Error("something was done that is not recorded")
	}
}

func TestAttentionRefusals(t *testing.T) {
	desk := consoletest.NewAttention()
	desk.Text = "call +254700000042"
	r := newRig(t, withDesk(desk))
	stopped := r.tokenOf("+254722908117")
	long := strings.Repeat("x", 8*153+1)
	for _, tc := range []struct {
		name, method, path string
		form               url.Values
		status             int
		says               string
	}{
		{"delivered meanwhile", "POST", "/attention/sms/1001/retry", url.Values{}, 409, "It has arrived"},
		{"no such message", "POST", "/attention/sms/x/retry", url.Values{}, 404, "It is gone"},
		{"an empty text", "POST", "/attention/sms/1/edit", url.Values{"text": {"  "}}, 422, "The text is empty"},
		{"a long text", "POST", "/attention/sms/1/edit", url.Values{"text": {long}}, 422, "8 SMS at most"},
		{"a number that is hidden", "POST", "/attention/sms/1/edit", url.Values{"text": {"call •••042"}}, 422, "A number is hidden"},
		{"the old text hides its number", "GET", "/attention/sms/1/edit", nil, 200, "call •••042"},
		{"counted", "POST", "/attention/sms/1/edit", url.Values{"text": {"大"}, "count": {"1"}}, 200, "needs Unicode"},
		{"opted out", "POST", "/attention/write/" + stopped, url.Values{"text": {"x"}, "channel": {"demo"}}, 422, "has said STOP"},
		{"no channel", "POST", "/attention/write/" + stopped, url.Values{"text": {"x"}}, 400, "cannot be read"},
		{"no item", "POST", "/attention/deal", url.Values{"mark": {"1"}}, 400, "cannot be read"},
		{"a mark below zero", "POST", "/attention/deal", url.Values{"key": {"m1"}, "mark": {"-1"}}, 400, "cannot be read"},
		{"an unknown kind", "GET", "/attention?kind=x", nil, 400, "cannot be read"},
		{"an unknown act", "POST", "/bulk", url.Values{"act": {"burn"}}, 400, "cannot be read"},
		{"an unknown selection", "POST", "/bulk", url.Values{"act": {"retry"}, "waits": {"x"}}, 400, "cannot be read"},
		{"nothing to send", "POST", "/bulk", url.Values{"act": {"send"}}, 422, "The text is empty"},
		{"another count", "POST", "/bulk/1/start", url.Values{"count": {"2"}}, 422, "Not confirmed"},
		{"no such job", "GET", "/bulk/77", nil, 404, "no such act"},
		{"an unknown result", "GET", "/bulk/1?result=x", nil, 400, "cannot be read"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if a := r.ask("admin", tc.method, tc.path, tc.form); a.status != tc.status || !strings.Contains(a.body, tc.says) {
				t.Errorf("%d, want %d and %q:\n%.3000s", a.status, tc.status, tc.says, a.body)
			}
		})
	}
	if len(desk.Sent) > 0 {
		t.Errorf("sent: %q", desk.Sent)
	}
}

func TestNoAttentionWithoutADesk(t *testing.T) {
	r := newRig(t)
	if a := r.ask("admin", "GET", "/attention", nil); a.status != http.StatusNotFound || strings.Contains(r.get("/"), `href="/attention"`) {
		t.Errorf("there is a page: %d", a.status)
	}
}

func TestAttentionIsInert(t *testing.T) {
	for _, payload := range []string{`<script>alert(1)</script>`, `" onmouseover="alert(1)" x="`, `</textarea><img src=x onerror=alert(1)>`, `javascript:alert(1)`} {
		desk := consoletest.NewAttention(troubles(payload, payload, "+254700000001")...)
		desk.Text = payload
		r := newRig(t, withDesk(desk))
		r.ask("admin", "POST", "/bulk", url.Values{"act": {"send"}, "say": {payload}, "q": {payload}})
		for _, path := range []string{"/attention", "/attention/sms/1/edit", "/bulk/new?q=" + url.QueryEscape(payload), "/bulk/1", "/bulk"} {
			wantInert(t, path, r.get(path))
		}
	}
}
