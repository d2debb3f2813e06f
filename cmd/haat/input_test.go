package main

import (
	"net/http"
	"strings"
	"testing"

	"haat/gateway"
	"haat/gateway/messagelog"
)

// twoChannels is a demo channel and one with a key.
const twoChannels = `
log: {level: debug, format: json}
channels:
  demo: {demo: {}}
  keyed:
    africastalking: {username: shop, api_key: k, callback_key: ` + callbackKey + `, api_url: "http://127.0.0.1:9"}
`

const callbackKey = "0123456789abcdef"

// badRequest is one request that must be turned away.
type badRequest struct {
	name         string
	method, path string
	contentType  string
	body         string
	headers      []string
	code         int
	counted      string // the label reason, or none
}

func TestBadInput(t *testing.T) {
	t.Parallel()
	h := serve(t, twoChannels)
	for _, at := range []struct{ channel, path string }{{"demo", "/channels/demo"}, {"keyed", "/channels/keyed/" + callbackKey}} {
		const ussd, sms = "sessionId=s1&text=&phoneNumber=%2B254700100051", "id=1&text=menu&from=%2B254700100051"
		for _, tc := range []badRequest{
			{name: "GET", method: "GET", path: "/ussd", code: 405, counted: "method"},
			{name: "DELETE", method: "DELETE", path: "/sms", code: 405, counted: "method"},
			{name: "JSON", path: "/ussd", contentType: "application/json", body: `{"text":""}`, code: 415, counted: "content_type"},
			{name: "no content type", path: "/sms", contentType: "none", body: sms, code: 415, counted: "content_type"},
			{name: "1 MB", path: "/sms", body: sms + strings.Repeat("a", 1<<20), code: 413, counted: "size"},
			{name: "broken escape", path: "/ussd", body: ussd + "%zz", code: 400, counted: "form"},
			{name: "no session", path: "/ussd", body: "text=&phoneNumber=%2B254700100051", code: 400, counted: "form"},
			{name: "session of control characters", path: "/ussd", body: "sessionId=a%00b%0a&text=&phoneNumber=%2B254700100051", code: 400, counted: "form"},
			{name: "broken UTF-8 in the session", path: "/ussd", body: "sessionId=%ff%fe&text=&phoneNumber=%2B254700100051", code: 400, counted: "form"},
			{name: "no id", path: "/sms", body: "text=menu&from=%2B254700100051", code: 400, counted: "form"},
			{name: "a word for a phone", path: "/ussd", body: "sessionId=s1&text=&phoneNumber=MPESA", code: 400, counted: "phone"},
			{name: "a short code for a phone", path: "/ussd", body: "sessionId=s1&text=&phoneNumber=20880", code: 400, counted: "phone"},
			{name: "no phone", path: "/ussd", body: "sessionId=s1&text=", code: 400, counted: "phone"},
			{name: "a subject for a phone", path: "/ussd", body: "sessionId=s1&text=&phoneNumber=%2B2547.*.%3E", code: 400, counted: "phone"},
			{name: "alphanumeric sender", path: "/sms", body: "id=1&text=menu&from=MPESA", code: 200, counted: "phone"},
			{name: "short code", path: "/sms", body: "id=1&text=menu&from=384", code: 200, counted: "phone"},
			{name: "a report that names nothing", path: "/status", body: "status=Success", code: 400, counted: "form"},
			{name: "a report of an unknown SMS", path: "/status", body: "id=ATXid_none&status=Success", code: 200},
			{name: "the session's end", path: "/status", body: "sessionId=s1&status=Success&hopsCount=3", code: 200, counted: "session_end"},
		} {
			t.Run(at.channel+"/"+tc.name, func(t *testing.T) { tc.check(t, h, at.channel, at.path) })
		}
	}
	key := "/channels/keyed/" + callbackKey
	for _, tc := range []badRequest{
		{name: "unknown channel", path: "/channels/nowhere/ussd", code: 404, counted: "channel"},
		{name: "unknown channel with a key", path: "/channels/nowhere/" + callbackKey + "/ussd", code: 404, counted: "channel"},
		{name: "unknown URL of a channel", path: "/channels/demo/voice", code: 404, counted: "channel"},
		{name: "no key", path: "/channels/keyed/ussd", code: 404, counted: "signature"},
		{name: "wrong key", path: "/channels/keyed/" + strings.ToUpper(callbackKey) + "/ussd", code: 404, counted: "signature"},
		{name: "a key too long", path: key + "0/ussd", code: 404, counted: "signature"},
		{name: "another page", path: "/channels/demo/ussd", headers: []string{"Sec-Fetch-Site", "cross-site"}, code: 403, counted: "origin"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			channel := strings.Split(tc.path, "/")[2]
			if tc.counted == gateway.RefusedChannel {
				channel = gateway.NoChannel
			}
			tc.check(t, h, channel, "")
		})
	}
	entries := h.log("")
	if len(entries) != 2 { // the reports that belong to nothing are kept
		t.Errorf("%d entries in the log", len(entries))
	}
	for _, e := range entries {
		if e.Kind != messagelog.KindStatus || e.Ref != "" || e.Phone != "" || e.Status != gateway.Delivered {
			t.Errorf("the log has %+v", e)
		}
	}
}

func (tc badRequest) check(t *testing.T, h *haat, channel, prefix string) {
	t.Helper()
	series := `haat_refused_total{channel="` + channel + `",reason="` + tc.counted + `"}`
	before := h.metric(series)
	method, contentType := http.MethodPost, formType
	if tc.method != "" {
		method = tc.method
	}
	if tc.contentType != "" {
		contentType = strings.TrimPrefix(tc.contentType, "none")
	}
	a := h.do(method, prefix+tc.path, contentType, strings.NewReader(tc.body), tc.headers...)
	if a.code != tc.code {
		t.Errorf("answered with %d %q, want %d", a.code, a.body, tc.code)
	}
	if counted := h.metric(series) - before; tc.counted != "" && counted != 1 {
		t.Errorf("counted %v times as %s", counted, tc.counted)
	}
}

// TestStrangeText: what people can type, however broken, is a text: it is
// cleaned, answered and kept.
func TestStrangeText(t *testing.T) {
	t.Parallel()
	const phone = "+254700100061"
	h := serve(t, twoChannels)
	for _, text := range []string{"\xff\xfe\x80", "a\x00b\x1b[2J\r\n\t", "\u202emenu\u200b", strings.Repeat("9", 60_000), "log.>", "*", "👩‍👩‍👧‍👦" + secret} {
		if a := h.text(phone, text); a.code != http.StatusOK {
			t.Errorf("the SMS %.20q is answered with %d", text, a.code)
		}
		c := h.dial(phone)
		c.add(text)
		if a := c.hop(); a.code != http.StatusOK || !strings.HasPrefix(a.body, "CON ") {
			t.Errorf("the hop %.20q is answered with %d %q", text, a.code, a.body)
		}
	}
	for _, e := range h.log("") {
		if strings.ContainsAny(e.In+e.Out, "\x00\x1b\r\u202e") || len(e.In) > 10_000 {
			t.Errorf("the log holds %+v", e)
		}
	}
	if len(h.orders()) != 0 {
		t.Error("an order came of it")
	}
	// The phone is not stuck.
	has(t, h.dial(phone).answers("00"), "CON ")
}

// TestDemoServesThisMachineOnly: what a proxy on this machine passes on, and what
// a page with a name that points here sends, is not this machine's own. Callers
// from other addresses are tested where the door is, without a network.
func TestDemoServesThisMachineOnly(t *testing.T) {
	t.Parallel()
	const phone = "+254700100071"
	h := serve(t, twoChannels)
	tricks := [][]string{
		{"X-Forwarded-For", "192.0.2.7"},
		{"X-Forwarded-For", "127.0.0.1"},
		{"Forwarded", "for=127.0.0.1"},
		{"Host", "evil.example"},
		{"Host", "127.0.0.1.evil.example"},
	}
	for _, headers := range tricks {
		for _, path := range []string{"/channels/demo/ussd", "/channels/demo/sms", "/channels/demo/status", "/demo/version1/messaging"} {
			form := strings.NewReader("sessionId=s&id=1&text=&from=%2B254700100071&phoneNumber=%2B254700100071")
			if a := h.do(http.MethodPost, path, formType, form, headers...); a.code != http.StatusForbidden {
				t.Errorf("%s with %v is answered with %d %q", path, headers, a.code, a.body)
			}
		}
		if a := h.do(http.MethodGet, "/demo/phones/"+phone+"/inbox", "", nil, headers...); a.code != http.StatusForbidden {
			t.Errorf("the inbox with %v is answered with %d %q", headers, a.code, a.body)
		}
	}
	if n := h.metric(`haat_refused_total{channel="demo",reason="origin"}`); n != float64(3*len(tricks)) {
		t.Errorf("counted %v times", n)
	}
	if n := len(h.log("")); n != 0 {
		t.Errorf("%d entries in the log", n)
	}
	has(t, h.dial(phone).answers(), "CON Language")
}

// TestProgramLogTellsNothing: keepsSecrets searches the log of every program in
// these tests; here it is shown that there is a log to search.
func TestProgramLogTellsNothing(t *testing.T) {
	t.Parallel()
	const phone = "+254700100081"
	h := serve(t, twoChannels)
	has(t, h.dial(phone).answers(append(toConfirm, "1")...), "is confirmed")
	h.dial(phone).answers(secret, "98", "*"+secret)
	h.text(phone, secret+" "+secret)
	h.awaitSMS(phone, "")
	// An SMS that no carrier takes: its warning must not tell whose it is.
	h.post("/channels/keyed/"+callbackKey+"/sms", "id", newID(), "from", phone, "text", "ORDER "+secret)
	eventually(t, "the refused SMS is in the program's log", func() bool { return strings.Contains(h.errs.String(), "the carrier refused an SMS") })
	h.post("/channels/keyed/"+callbackKey+"/ussd", "sessionId", "x\x00", "phoneNumber", phone, "text", secret)
	h.stop()
	for _, part := range []string{`"level":"debug"`, "nats: ", "haat is open", "closing"} {
		has(t, h.errs.String(), part)
	}
}
