package android

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"haat/gateway"
	"haat/gateway/channel/channeltest"
	"haat/gateway/channel/web"
	"haat/gateway/dialogue"
)

const key = "a-signing-key-of-ours"

var good = Config{Username: "sms", Password: "secret-password", SigningKey: key, APIURL: "http://192.168.1.10:8080"}

func open(t testing.TB, change func(*Config)) *Channel {
	t.Helper()
	cfg := good
	if change != nil {
		change(&cfg)
	}
	channel, err := New("shop", cfg, gateway.Site{Region: "KE"})
	if err != nil {
		t.Fatal(err)
	}
	return channel
}

// toPhone makes a channel whose app is at the given address.
func toPhone(t *testing.T, app string) gateway.Sender {
	return open(t, func(cfg *Config) { cfg.APIURL = app })
}

// sign signs as the app's documents describe it, apart from the channel's code.
func sign(body, with string, at time.Time) map[string]string {
	stamp := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(with))
	mac.Write([]byte(body + stamp))
	return map[string]string{
		"Content-Type": "application/json",
		"X-Timestamp":  stamp,
		"X-Signature":  hex.EncodeToString(mac.Sum(nil)),
	}
}

func TestASignatureMadeByOpenSSL(t *testing.T) {
	// printf '{"a":1}1760000000' | openssl dgst -sha256 -hmac a-signing-key-of-ours
	const vector = "e1c10e49705de406181e2fb24b0f17f085ccab90305a4c9065b3111a7f5aab6d"
	if got := hex.EncodeToString(open(t, nil).sign([]byte(`{"a":1}`), "1760000000")); got != vector {
		t.Errorf("signature = %s, want %s", got, vector)
	}
}

// webhook is an event as the app sends it: in its own order of fields.
func webhook(event, payload string) string {
	return `{"deviceId":"ffffffffceb0b1db0000018e937c815b","event":"` + event + `","id":"Ey6ECgOkVVFjz3CL48B8C","payload":` + payload + `,"webhookId":"LreFUt-Z3sSq0JufY9uWB"}`
}

// post is a webhook with a right signature.
func post(name, leaf, body string, tt channeltest.Receive) channeltest.Receive {
	tt.Name, tt.Path, tt.Body, tt.Header = name, "/channels/shop/"+leaf, body, sign(body, key, time.Now())
	return tt
}

const receivedAt = "2026-06-22T15:46:11.000+07:00"

// received is the payload of an SMS that came, from 1.54 on.
func received(text string) string {
	return `{"messageId":"9f8a1c02","message":"` + text + `","phoneNumber":"+254700000001","sender":"+254700000001","recipient":"+254711000000","simNumber":1,"receivedAt":"` + receivedAt + `"}`
}

// kept is what becomes of it.
func kept(text string) *gateway.Inbound {
	at := time.Date(2026, 6, 22, 8, 46, 11, 0, time.UTC)
	return &gateway.Inbound{
		ID: "9f8a1c02@" + strconv.FormatInt(at.UnixMilli(), 10), Channel: "shop", Mode: dialogue.SMS,
		Phone: "+254700000001", Text: text, SentAt: at,
	}
}

func smsCases(t *testing.T) []channeltest.Receive {
	old := kept("MENU")
	old.ID, old.SentAt = "Ey6ECgOkVVFjz3CL48B8C", time.Time{}
	sim2 := open(t, func(cfg *Config) { cfg.SIM = 2 })
	one := open(t, func(cfg *Config) { cfg.DeviceID = "ffffffffceb0b1db0000018e937c815b" })
	other := open(t, func(cfg *Config) { cfg.DeviceID = "yVULogr4Y1ksRfnos1Dsw" })
	bad := channeltest.Receive{Status: 400, Says: "...", Refused: gateway.RefusedForm}
	return []channeltest.Receive{
		post("a text", "sms", webhook("sms:received", received("ORDER RICE5 2")), channeltest.Receive{In: kept("ORDER RICE5 2")}),
		post("beyond ASCII", "sms", webhook("sms:received", received(`caf\u00e9 两瓶 😀`)), channeltest.Receive{In: kept("café 两瓶 😀")}),
		post("an app before 1.54", "sms", webhook("sms:received", `{"messageId":"9f8a1c02","message":"MENU","phoneNumber":"+254700000001","simNumber":null,"receivedAt":"`+receivedAt+`"}`), channeltest.Receive{In: kept("MENU")}),
		post("a national number", "sms", webhook("sms:received", strings.ReplaceAll(received("MENU"), "+254700000001", "0700 000 001")), channeltest.Receive{In: kept("MENU")}),
		post("nulls where Android does not say", "sms", webhook("sms:received", `{"messageId":"9f8a1c02","message":"MENU","sender":"+254700000001","recipient":null,"simNumber":null,"receivedAt":"`+receivedAt+`"}`), channeltest.Receive{In: kept("MENU")}),
		post("a time that cannot be read", "sms", webhook("sms:received", strings.Replace(received("MENU"), receivedAt, "2026-06-22T15:46:11.000+-5:00", 1)), channeltest.Receive{In: old}),
		post("no id of the message", "sms", webhook("sms:received", `{"message":"MENU","phoneNumber":"+254700000001"}`), channeltest.Receive{In: old}),
		post("an empty text", "sms", webhook("sms:received", received("")), channeltest.Receive{In: kept("")}),
		post("control characters", "sms", webhook("sms:received", received(`rice\u0000\r\n2\u001b`)), channeltest.Receive{In: kept("rice\n2")}),
		post("broken UTF-8", "sms", webhook("sms:received", received("rice\xff 2")), channeltest.Receive{In: kept("rice\ufffd 2")}),
		post("at the other address", "status", webhook("sms:received", received("MENU")), channeltest.Receive{In: kept("MENU")}),
		post("of the phone that is configured", "sms", webhook("sms:received", received("MENU")), channeltest.Receive{To: one, In: kept("MENU")}),
		post("of another phone", "sms", webhook("sms:received", received("MENU")), channeltest.Receive{To: other, Status: 403, Says: "...", Refused: gateway.RefusedOrigin}),
		post("to the SIM card that is configured", "sms", webhook("sms:received", strings.Replace(received("MENU"), `"simNumber":1`, `"simNumber":2`, 1)), channeltest.Receive{To: sim2, In: kept("MENU")}),
		post("to another SIM card", "sms", webhook("sms:received", received("MENU")), channeltest.Receive{To: sim2, Refused: gateway.RefusedOrigin}),
		post("nothing was kept", "sms", webhook("sms:received", received("MENU")), channeltest.Receive{Down: true, Status: 503, Says: "...", With: map[string]string{"Retry-After": "5"}}),
		post("a short code", "sms", webhook("sms:received", strings.ReplaceAll(received("Win!"), "+254700000001", "22111")), channeltest.Receive{Refused: gateway.RefusedPhone}),
		post("a name", "sms", webhook("sms:received", strings.ReplaceAll(received("Win!"), "+254700000001", "MPESA")), channeltest.Receive{Refused: gateway.RefusedPhone}),
		post("no sender", "sms", webhook("sms:received", `{"messageId":"9f8a1c02","message":"MENU"}`), bad),
		post("no id at all", "sms", `{"event":"sms:received","payload":{"message":"MENU","sender":"+254700000001"}}`, bad),
		post("an id with a line break", "sms", `{"id":"a\nb","event":"sms:received","payload":{"message":"MENU","sender":"+254700000001"}}`, bad),
		post("no payload", "sms", `{"id":"a","event":"sms:received"}`, bad),
		post("another payload", "sms", webhook("sms:received", `["MENU"]`), bad),
		post("no JSON", "sms", "event=sms:received", bad),
		post("data", "sms", webhook("sms:data-received", `{"messageId":"abc123","data":"SGVsbG8=","sender":"+254700000001","recipient":null,"simNumber":1,"receivedAt":"`+receivedAt+`"}`), channeltest.Receive{Refused: gateway.RefusedType}),
		post("a picture", "sms", webhook("mms:downloaded", `{"messageId":"mms_1","sender":"+254700000001","body":"a","subject":null,"attachments":[{"partId":1,"contentType":"image/jpeg","data":"/9j/"}],"receivedAt":"`+receivedAt+`"}`), channeltest.Receive{Refused: gateway.RefusedType}),
		post("a ping", "status", webhook("system:ping", `{"health":{"status":"pass","checks":{"messages:failed":{"observedValue":0}}}}`), channeltest.Receive{}),
		post("the app's start", "status", webhook("app:started", `{"simCards":[{"slotIndex":0,"simNumber":1,"phoneNumber":"+254711000000"}]}`), channeltest.Receive{}),
		post("a new event", "sms", webhook("sms:pondered", `{"messageId":"1"}`), channeltest.Receive{Refused: gateway.RefusedForm}),
	}
}

func doorCases() []channeltest.Receive {
	const path = "/channels/shop/sms"
	body := webhook("sms:received", received("MENU"))
	refused := func(name string, status int, header map[string]string) channeltest.Receive {
		return channeltest.Receive{Name: name, Path: path, Body: body, Header: header, Status: status, Says: "...", Refused: gateway.RefusedSignature}
	}
	without := func(header string) map[string]string {
		headers := sign(body, key, time.Now())
		delete(headers, header)
		return headers
	}
	inMillis := func() map[string]string {
		headers := sign(body, key, time.Now())
		headers["X-Timestamp"] += "000"
		return headers
	}
	late := channeltest.Receive{Name: "a clock that is a little wrong", Path: path, Body: body, Header: sign(body, key, time.Now().Add(-4*time.Minute)), In: kept("MENU")}
	return []channeltest.Receive{
		late,
		refused("signed with another key", 403, sign(body, "another-signing-key", time.Now())),
		refused("signed for another body", 403, sign(body+" ", key, time.Now())),
		refused("a signature that is no hexadecimal", 403, map[string]string{"Content-Type": "application/json", "X-Timestamp": "1", "X-Signature": "forged"}),
		refused("a time that is not the one signed", 403, inMillis()),
		refused("no signature", 400, without("X-Signature")),
		refused("no time", 400, without("X-Timestamp")),
		refused("played back after ten minutes", 403, sign(body, key, time.Now().Add(-10*time.Minute))),
		refused("from the future", 403, sign(body, key, time.Now().Add(10*time.Minute))),
		{Name: "GET", Method: "GET", Path: path, Status: 405, Says: "...", Refused: gateway.RefusedMethod},
		{Name: "a form", Path: path, Body: "a=b", Status: 415, Says: "...", Refused: gateway.RefusedType},
		{Name: "a body without end", Path: path, Body: strings.Repeat("a", 70_000), Header: map[string]string{"Content-Type": "application/json"}, Status: 413, Says: "...", Refused: gateway.RefusedSize},
	}
}

func statusCases(t *testing.T) []channeltest.Receive {
	id := open(t, nil).messageID(channeltest.SMS)
	of := func(rest string) string {
		return `{"messageId":"` + id + `","phoneNumber":"+254700000001","sender":"+254711000000","recipient":"+254700000001","simNumber":1,` + rest + `}`
	}
	report := func(state gateway.State, code, reason string) channeltest.Receive {
		return channeltest.Receive{Report: &gateway.Report{Channel: "shop", Phone: "+254700000001", Ref: "4711", State: state, Code: code, Reason: reason}}
	}
	failed := func(name, why string, state gateway.State, code, reason string) channeltest.Receive {
		return post(name, "status", webhook("sms:failed", of(`"failedAt":"2026-02-18T02:15:00.000+07:00","reason":"`+why+`"`)), report(state, code, reason))
	}
	unphoned := report(gateway.Delivered, "sms:delivered", "")
	unphoned.Report.Phone = ""
	down := report("", "", "")
	down.Report, down.Down, down.Status, down.Says = nil, true, 503, "..."
	return []channeltest.Receive{
		post("sent", "status", webhook("sms:sent", of(`"partsCount":2,"sentAt":"2026-02-18T02:05:00.000+07:00"`)), report(gateway.Sent, "sms:sent", "")),
		post("delivered", "status", webhook("sms:delivered", of(`"deliveredAt":"2026-02-18T02:10:00.000+07:00"`)), report(gateway.Delivered, "sms:delivered", "")),
		post("delivered, at the other address", "sms", webhook("sms:delivered", of(`"deliveredAt":"2026-02-18T02:10:00.000+07:00"`)), report(gateway.Delivered, "sms:delivered", "")),
		post("delivered, an app before 1.54", "status", webhook("sms:delivered", `{"messageId":"`+id+`","phoneNumber":"+254700000001","simNumber":null,"deliveredAt":"2025-02-18T02:10:00.000+07:00"}`), report(gateway.Delivered, "sms:delivered", "")),
		post("delivered, without a phone", "status", webhook("sms:delivered", `{"messageId":"`+id+`"}`), unphoned),
		post("cancelled", "status", webhook("sms:cancelled", of(`"cancelledAt":"2026-06-22T10:00:00.000+07:00"`)), report(gateway.Failed, "sms:cancelled", "Somebody cancelled it through the app's API.")),
		failed("no network", "Send result: RESULT_ERROR_NO_SERVICE (Failed because service is currently unavailable)", gateway.Failed, "RESULT_ERROR_NO_SERVICE", "The phone had no network: put it where it has signal."),
		failed("too late", "TTL expired", gateway.Expired, "ttl_expired", "It waited in the phone for too long: see that the phone is on and not held back by the app's limits."),
		failed("the service centre gave up", "Delivery result from SC +254722500029: 70", gateway.Failed, "status_70", "The phone was out of reach for as long as the network tries."),
		failed("no SIM card", "Can't send message: No SIMs found", gateway.Failed, "no_sim", "The app does not find the SIM card: check sim, and the app's permission to read the phone's state."),
		failed("what nobody knows, with a number in it", "sendSMS: +254700000001 is odd", gateway.Failed, "failed", "The app's own log, under Messages, says why."),
		post("not kept", "status", webhook("sms:delivered", of(`"deliveredAt":"x"`)), down),
		post("another program's SMS", "status", webhook("sms:delivered", `{"messageId":"PyDmBQZZXYmyxMwED8Fzy","recipient":"+254700000001"}`), channeltest.Receive{}),
		post("an id that only looks like ours", "status", webhook("sms:delivered", `{"messageId":"haat-4711-nothexatall"}`), channeltest.Receive{}),
		post("an id without a hash", "status", webhook("sms:delivered", `{"messageId":"haat-4711"}`), channeltest.Receive{}),
		post("no id", "status", webhook("sms:delivered", `{"recipient":"+254700000001"}`), channeltest.Receive{Status: 400, Says: "...", Refused: gateway.RefusedForm}),
	}
}

func sendCases(t *testing.T) []channeltest.Send {
	id := open(t, nil).messageID(channeltest.SMS)
	sent := gateway.Receipt{State: gateway.Sent}
	unclear := &gateway.SendError{Kind: gateway.Unavailable, Doubt: true}
	refused := func(kind gateway.Refusal, status int) *gateway.SendError {
		return &gateway.SendError{Kind: kind, Code: strconv.Itoa(status)}
	}
	return []channeltest.Send{
		// First, since it is the only answer that fits every SMS.
		{Name: "the app has it already", Status: 409, Body: `{"message":"Message with the same ID already exists"}`, Receipt: sent},
		{Name: "taken by the phone", Status: 202, Body: `{"id":"` + id + `","deviceId":"ffffffffceb0b1db0000018e937c815b","state":"Pending","isHashed":false,"isEncrypted":false,"textMessage":{"text":"x"},"recipients":[{"phoneNumber":"+254700000001","state":"Pending"}],"states":{}}`, Receipt: sent},
		{Name: "taken by the cloud", Status: 202, Header: map[string]string{"Location": "/3rdparty/v1/messages/x"}, Body: `{"id":"` + id + `","deviceId":"yVULogr4Y1ksRfnos1Dsw","state":"Pending","isHashed":false,"isEncrypted":false,"recipients":[{"phoneNumber":"+254700000001","state":"Pending"}],"states":{"Pending":"2026-02-18T02:05:00Z"}}`, Receipt: sent},
		{Name: "another message's answer", Status: 202, Body: `{"id":"PyDmBQZZXYmyxMwED8Fzy","state":"Pending"}`, Refusal: unclear},
		{Name: "a page instead of JSON", Status: 200, Body: "<html>", Refusal: unclear},
		{Name: "the local server's front page", Status: 200, Body: `{"status":"ok","model":"SM-A125F"}`, Refusal: unclear},
		{Name: "no such SIM card", Status: 400, Body: `{"message":"SIM number cannot be less than 1"}`, Refusal: refused(gateway.Rejected, 400)},
		{Name: "no such phone, says the app", Status: 400, Body: `{"message":"Invalid device ID"}`, Refusal: refused(gateway.Unavailable, 400)},
		{Name: "no such phone, says the cloud", Status: 400, Body: `{"message":"failed to select device: record not found"}`, Refusal: refused(gateway.Unavailable, 400)},
		{Name: "a wrong password", Status: 401, Refusal: refused(gateway.Unavailable, 401)},
		{Name: "a token without the right", Status: 403, Body: `{"message":"Forbidden"}`, Refusal: refused(gateway.Unavailable, 403)},
		{Name: "a wrong address", Status: 404, Refusal: refused(gateway.Unavailable, 404)},
		{Name: "too fast for the proxy", Status: 429, Header: map[string]string{"Retry-After": "7"}, Refusal: &gateway.SendError{Kind: gateway.Throttled, Code: "429", After: 7 * time.Second}},
		{Name: "their fault", Status: 500, Body: `{"message":"failed to handle request"}`, Refusal: refused(gateway.Unavailable, 500)},
		{Name: "the phone is away and its queue full", Status: 503, Body: `{"message":"queue limits exceeded: too many pending messages: 100 / 100"}`, Refusal: refused(gateway.Unavailable, 503)},
		{Name: "it hangs up", Refusal: unclear},
	}
}

func TestConform(t *testing.T) {
	channeltest.Conform(t, channeltest.Suite{
		Channel:  open(t, nil),
		Receives: append(append(smsCases(t), doorCases()...), statusCases(t)...),
		Open:     toPhone,
		Sends:    sendCases(t),
		Config:   good,
	})
}

// TestOneSMSHasOneID: an SMS keeps its id where the webhook is registered twice,
// and where the inbox is exported again.
func TestOneSMSHasOneID(t *testing.T) {
	behind := &channeltest.Gateway{}
	server := channeltest.Serve(t, open(t, nil), behind)
	for _, id := range []string{"Ey6ECgOkVVFjz3CL48B8C", "LreFUt-Z3sSq0JufY9uWB"} {
		body := strings.Replace(webhook("sms:received", received("MENU")), "Ey6ECgOkVVFjz3CL48B8C", id, 1)
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+"/channels/shop/sms", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		for name, value := range sign(body, key, time.Now()) {
			req.Header.Set(name, value)
		}
		resp, err := server.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
	}
	if got := len(behind.Inbounds()); got != 1 {
		t.Errorf("%d SMS are kept, want 1", got)
	}
}

func TestSendAsks(t *testing.T) {
	conflict := channeltest.Send{Status: 409}
	id := open(t, nil).messageID(channeltest.SMS)
	const text = `"textMessage":{"text":"Order 12 is confirmed. Code 4821. Bei: €5"},"phoneNumbers":["+254700000001"]`
	short := channeltest.SMS
	short.Until = time.Now().Add(-time.Hour)
	tests := []struct {
		name   string
		change func(*Config)
		out    gateway.Outbound
		want   string
	}{
		{"as little as possible", func(*Config) {}, channeltest.SMS, `{"id":"` + id + `",` + text + `,"withDeliveryReport":true}`},
		{"all there is", func(cfg *Config) { cfg.DeviceID, cfg.SIM, cfg.Priority = "dev", 2, 100 }, short, `{"id":"` + id + `","deviceId":"dev",` + text + `,"simNumber":2,"withDeliveryReport":true,"ttl":5,"priority":100}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			asked := channeltest.SentFor(t, func(t *testing.T, app string) gateway.Sender {
				return open(t, func(cfg *Config) { tt.change(cfg); cfg.APIURL = app + "/3rdparty/v1/" })
			}, conflict, tt.out)
			if len(asked) != 1 {
				t.Fatalf("%d requests", len(asked))
			}
			if diff := cmp.Diff(tt.want, asked[0].Body); diff != "" {
				t.Errorf("body (- want, + got):\n%s", diff)
			}
			if got := asked[0].Method + " " + asked[0].URL.String(); got != "POST /3rdparty/v1/messages?skipPhoneValidation=true" {
				t.Errorf("it asks %s", got)
			}
			if user, password, _ := asked[0].BasicAuth(); user != "sms" || password != "secret-password" {
				t.Errorf("credentials = %s %s", user, password)
			}
			if got := asked[0].Header.Get("Content-Type"); got != web.JSONType {
				t.Errorf("Content-Type = %q", got)
			}
		})
	}
}

func TestTTL(t *testing.T) {
	if got := ttl(time.Time{}); got != 0 {
		t.Errorf("without an end: %d seconds", got)
	}
	if got := ttl(time.Now().Add(time.Hour)); got < 3500 || got > 3600 {
		t.Errorf("for an hour: %d seconds", got)
	}
}

func TestMessageIDs(t *testing.T) {
	channel := open(t, nil)
	ids := map[string]bool{}
	for _, out := range []gateway.Outbound{
		{Ref: "1", Phone: "+254700000001", Text: "a"},
		{Ref: "1", Phone: "+254700000001", Text: "b"}, // after a reset of the log
		{Ref: "1", Phone: "+254700000002", Text: "a"},
		{Ref: "18446744073709551615", Phone: "+254700000001", Text: "a"},
	} {
		id := channel.messageID(out)
		if ids[id] || len(id) > 36 || id != channel.messageID(out) {
			t.Errorf("the id of %+v is %s", out, id)
		}
		ids[id] = true
		if ref, ok := refOf(id); !ok || ref != out.Ref {
			t.Errorf("refOf(%s) = %s, %t", id, ref, ok)
		}
	}
	if len(ids) != 4 {
		t.Errorf("%d ids", len(ids))
	}
}

func TestNewSaysWhatToDo(t *testing.T) {
	tests := []struct {
		name  string
		spoil func(*Config)
		says  string
	}{
		{"no username", func(c *Config) { c.Username = "" }, "username"},
		{"no password", func(c *Config) { c.Password = "" }, "password"},
		{"no signing key", func(c *Config) { c.SigningKey = "" }, "signing_key is missing"},
		{"a short signing key", func(c *Config) { c.SigningKey = "1234567" }, "openssl rand -hex 16"},
		{"a broken address", func(c *Config) { c.APIURL = "192.168.1.10:8080" }, "api_url"},
		{"two phones", func(c *Config) { c.DeviceID = "a b" }, "device_id"},
		{"a fourth SIM card", func(c *Config) { c.SIM = 4 }, "sim"},
		{"a priority beyond all", func(c *Config) { c.Priority = 128 }, "priority"},
		{"a clock without bound", func(c *Config) { c.MaxClockSkew = 2 * time.Hour }, "max_clock_skew"},
		{"a clock like a watchmaker's", func(c *Config) { c.MaxClockSkew = time.Millisecond }, "max_clock_skew"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cfg := good
			tt.spoil(&cfg)
			_, err := New("shop", cfg, gateway.Site{Region: "KE"})
			if err == nil || !strings.Contains(err.Error(), tt.says) || !strings.Contains(err.Error(), "channel shop") {
				t.Errorf("error = %v, want one about %s", err, tt.says)
			}
		})
	}
	cfg := good
	cfg.APIURL = ""
	channel, err := New("shop", cfg, gateway.Site{Region: "KE"})
	if err != nil || channel.cfg.APIURL != cloudURL {
		t.Errorf("without api_url it sends to %s, %v", channel.cfg.APIURL, err)
	}
}

// TestExplainKeepsNoNumbers: whatever the app says, what is kept of it is ours or
// a word of Android's.
func TestExplainKeepsNoNumbers(t *testing.T) {
	for _, reason := range []string{"", "Delivery result: 1", "Delivery result from SC +254722500029: 999999", "RESULT_OK_254700000001", "sendSMS: RESULT_RIL_SIM_ABSENT +254700000001"} {
		state, code, words := explain(reason)
		if !state.Final() || web.Word(code) == "" || strings.Contains(code+words, "2547") {
			t.Errorf("explain(%q) = %s %q %q", reason, state, code, words)
		}
	}
}

func FuzzRoutes(f *testing.F) {
	f.Add("sms", webhook("sms:received", received("ORDER RICE5 2")))
	f.Add("status", webhook("sms:failed", `{"messageId":"haat-4711-0123456789","recipient":"0700000001","reason":"Send result: RESULT_NETWORK_REJECT"}`))
	f.Add("status", webhook("sms:delivered", `{"messageId":"haat-\u0000-0123456789"}`))
	f.Add("sms", `{"id":"","event":"sms:received","payload":{"sender":"+254700000001","simNumber":99999999999999999999}}`)
	channel := open(f, nil)
	f.Fuzz(func(t *testing.T, leaf, body string) {
		if leaf != "sms" {
			leaf = "status"
		}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://localhost/channels/shop/"+leaf, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		for name, value := range sign(body, key, time.Now()) { // what follows is fuzzed too
			req.Header.Set(name, value)
		}
		channeltest.Knock(t, channel, req)
	})
}

func FuzzRefOf(f *testing.F) {
	f.Add("haat-4711-0123456789")
	f.Add("haat--0123456789")
	f.Fuzz(func(t *testing.T, id string) {
		ref, ok := refOf(id)
		if ok != (ref != "") || ok && !strings.HasPrefix(id, fmt.Sprintf("haat-%s-", ref)) {
			t.Errorf("refOf(%q) = %q, %t", id, ref, ok)
		}
	})
}
