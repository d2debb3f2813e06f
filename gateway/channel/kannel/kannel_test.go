package kannel

import (
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"haat/gateway"
	"haat/gateway/channel/channeltest"
	"haat/gateway/dialogue"
)

const key = "0123456789abcdef"

func open(t testing.TB) *Channel {
	t.Helper()
	channel, err := New("shop", Config{Username: "haat", Password: "secret", From: "20880"}, "KE")
	if err != nil {
		t.Fatal(err)
	}
	return channel
}

const id = "d04f8ef4-e72a-4e06-a936-27f7e7e8abea"

func kept(text string) *gateway.Inbound {
	return &gateway.Inbound{
		ID: id, Channel: "shop", Mode: dialogue.SMS, Phone: "+254700000001", Text: text,
		SentAt: time.Date(2026, 11, 22, 23, 57, 40, 0, time.UTC),
	}
}

// get is a request of smsbox by get-url, but for the text and what follows.
const get = "/channels/shop/sms?from=%2B254700000001&id=" + id + "&time=1795391860&text="

func TestSMSByGet(t *testing.T) {
	plain := map[string]string{"Content-Type": "text/plain; charset=utf-8", "X-Kannel-Coding": ""}
	beyond := map[string]string{"Content-Type": "text/plain; charset=utf-8", "X-Kannel-Coding": "2"}
	table := []channeltest.Receive{
		{Name: "a text", Path: get + "ORDER+RICE5+2&coding=0&charset=UTF-8", Says: "ok", With: plain, In: kept("ORDER RICE5 2")},
		{Name: "GSM-7 beyond ASCII", Path: get + "caf%C3%A9+%E2%82%AC5&coding=0&charset=UTF-8", Says: "ok", In: kept("café €5")},
		{Name: "UCS-2", Path: get + "%00hN-&coding=2&charset=UTF-16BE", Says: "ok", In: kept("h中")},
		{Name: "UCS-2 without its charset", Path: get + "%00hN-&coding=2", Says: "ok", In: kept("h中")},
		{Name: "UCS-2 beyond the basic plane", Path: get + "%D8%3D%DE%00&coding=2&charset=UTF-16BE", Says: "ok", In: kept("😀")},
		{Name: "half a surrogate pair", Path: get + "%D8%3D&coding=2&charset=UTF-16BE", Says: "ok", In: kept("\ufffd")},
		{Name: "half a code unit", Path: get + "%00h%00&coding=2&charset=UTF-16BE", Says: "ok", In: kept("h\ufffd")},
		{Name: "recoded to UTF-8", Path: get + "%E4%B8%AD&coding=0&charset=UTF-8", Says: "ok", In: kept("中")},
		{Name: "recoded to WINDOWS-1252", Path: get + "caf%E9&coding=0&charset=WINDOWS-1252", Says: "ok", In: kept("café")},
		{Name: "broken UTF-8 and control characters", Path: get + "rice%ff%00%0d%0a2&coding=0&charset=UTF-8", Says: "ok", In: kept("rice\ufffd\n2")},
		{Name: "an empty text", Path: get, Says: "ok", In: kept("")},
		{Name: "a reply beyond GSM-7", Path: get + "MENU", Reply: gateway.Reply{Text: "Karibu – 欢迎"}, Says: "Karibu – 欢迎", With: beyond, In: kept("MENU")},
		{Name: "nothing to say", Path: get + "hm", Reply: gateway.Reply{End: true}, With: plain, In: kept("hm")},
		{Name: "00 for the plus", Path: strings.Replace(get, "%2B", "00", 1) + "MENU", Says: "ok", In: kept("MENU")},
		{Name: "a plus that was not escaped", Path: strings.Replace(get, "%2B", "+", 1) + "MENU", Says: "ok", In: kept("MENU")},
		{Name: "nothing was kept", Path: get + "MENU", Down: true, Status: 503, Says: "..."},
		{Name: "a binary message", Path: get + "hi%01%ff&coding=1&charset=8-BIT", Refused: gateway.RefusedType},
		{Name: "an alphanumeric sender", Path: "/channels/shop/sms?from=Safaricom&id=1&text=Win", Refused: gateway.RefusedPhone},
		{Name: "a short code", Path: "/channels/shop/sms?from=100&id=1&text=Win", Refused: gateway.RefusedPhone},
		{Name: "no sender", Path: "/channels/shop/sms?id=1&text=MENU", Status: 400, Says: "...", Refused: gateway.RefusedForm},
		{Name: "no id", Path: "/channels/shop/sms?from=%2B254700000001&text=MENU", Status: 400, Says: "...", Refused: gateway.RefusedForm},
		{Name: "a broken query", Path: get + "100%", Status: 400, Says: "...", Refused: gateway.RefusedForm},
		{Name: "a query without end", Path: get + strings.Repeat("a", 70_000), Status: 414, Says: "...", Refused: gateway.RefusedSize},
		{Name: "PUT", Method: "PUT", Path: get + "MENU", Status: 405, Says: "...", With: map[string]string{"Allow": "GET, POST"}, Refused: gateway.RefusedMethod},
	}
	for i := range table {
		if table[i].Method == "" {
			table[i].Method = http.MethodGet
		}
	}
	channeltest.RunReceives(t, open(t), table)
}

func TestSMSByPost(t *testing.T) {
	headers := func(more ...string) map[string]string {
		all := map[string]string{
			"Content-Type": `text/plain; charset="UTF-8"`, "X-Kannel-From": "+254700000001", "X-Kannel-To": "20880",
			"X-Kannel-Time": "2026-11-22 23:57:40", "X-Kannel-SMSC": "FAKE", "X-Kannel-Coding": "0", "X-Kannel-Service": "default",
		}
		for i := 0; i < len(more); i += 2 {
			all[more[i]] = more[i+1]
		}
		maps.DeleteFunc(all, func(_, value string) bool { return value == "" })
		return all
	}
	const path = "/channels/shop/sms?id=" + id
	channeltest.RunReceives(t, open(t), []channeltest.Receive{
		{Name: "a text", Path: path, Header: headers(), Body: "café + % ñ", Says: "ok", In: kept("café + % ñ")},
		{Name: "UCS-2", Path: path, Header: headers("X-Kannel-Coding", "2", "Content-Type", `text/plain; charset="UTF-16BE"`), Body: "\x00hN-", Says: "ok", In: kept("h中")},
		{Name: "an empty text", Path: path, Header: headers(), Says: "ok", In: kept("")},
		{Name: "a binary message", Path: path, Header: headers("X-Kannel-Coding", "1", "Content-Type", "application/octet-stream"), Body: "hi\x01\xff", Refused: gateway.RefusedType},
		{Name: "no sender", Path: path, Header: headers("X-Kannel-From", ""), Body: "MENU", Status: 400, Says: "...", Refused: gateway.RefusedForm},
		{Name: "no id", Path: "/channels/shop/sms", Header: headers(), Body: "MENU", Status: 400, Says: "...", Refused: gateway.RefusedForm},
		{Name: "a form", Path: path, Body: "text=MENU", Status: 415, Says: "...", Refused: gateway.RefusedType},
		{Name: "a body without end", Path: path, Header: headers(), Body: strings.Repeat("a", 70_000), Status: 413, Says: "...", Refused: gateway.RefusedSize},
	})
}

func TestStatus(t *testing.T) {
	const path = "/channels/shop/status?ref=4711&phone=254700000001"
	report := func(state gateway.State, code string) *gateway.Report {
		return &gateway.Report{Channel: "shop", Phone: "+254700000001", Ref: "4711", State: state, Code: code}
	}
	without := report(gateway.Delivered, "1")
	without.Phone = ""
	table := []channeltest.Receive{
		{Name: "delivered", Path: path + "&d=1&code=", Report: report(gateway.Delivered, "1")},
		{Name: "failed", Path: path + "&d=2&code=NACK%2F11", Report: report(gateway.Failed, "NACK/11")},
		{Name: "buffered", Path: path + "&d=4&code=", Report: report(gateway.Buffered, "4")},
		{Name: "accepted by the SMSC", Path: path + "&d=8&code=ACK%2F", Report: report(gateway.Sent, "ACK/")},
		{Name: "rejected by the SMSC", Path: path + "&d=16&code=NACK%2F0x0000000B", Report: report(gateway.Failed, "NACK/0x0000000B")},
		{Name: "without a phone", Path: "/channels/shop/status?ref=4711&d=1", Report: without},
		{Name: "a value that is none", Path: path + "&d=%25d", Status: 400, Says: "...", Refused: gateway.RefusedForm},
		{Name: "no reference", Path: "/channels/shop/status?phone=254700000001&d=1", Status: 400, Says: "...", Refused: gateway.RefusedForm},
		{Name: "not kept", Path: path + "&d=1", Down: true, Status: 503, Says: "..."},
		{Name: "POST", Method: "POST", Path: path + "&d=1", Status: 405, Says: "...", Refused: gateway.RefusedMethod},
	}
	for i := range table {
		if table[i].Method == "" {
			table[i].Method = http.MethodGet
		}
	}
	channeltest.RunReceives(t, open(t), table)
}

func TestWhoMayCall(t *testing.T) {
	other, err := New("shop", Config{Username: "haat", Password: "secret", CallbackKey: key, Allow: []string{"192.0.2.0/24"}}, "KE")
	if err != nil {
		t.Fatal(err)
	}
	keyed, err := New("shop", Config{Username: "haat", Password: "secret", CallbackKey: key}, "KE")
	if err != nil {
		t.Fatal(err)
	}
	withKey := strings.Replace(get, "/sms", "/"+key+"/sms", 1) + "MENU"
	channeltest.RunReceives(t, other, []channeltest.Receive{
		{Name: "this machine, where only others may", Method: "GET", Path: withKey, Status: 403, Says: "...", Refused: gateway.RefusedOrigin},
	})
	channeltest.RunReceives(t, keyed, []channeltest.Receive{
		{Name: "the key opens", Method: "GET", Path: withKey, Says: "ok", In: kept("MENU")},
		{Name: "no key", Method: "GET", Path: get + "MENU", Status: 404, Says: "404 page not found\n", Refused: gateway.RefusedSignature},
	})
}

func TestOnlyThisMachineMayCallByDefault(t *testing.T) {
	behind := &channeltest.Gateway{}
	mux := http.NewServeMux()
	open(t).Routes(mux, behind)
	for address, want := range map[string]int{"127.0.0.1:5000": 200, "[::1]:5000": 200, "192.0.2.7:5000": 403} {
		if got := channeltest.StatusFor(t, mux, address, get+"MENU"); got != want {
			t.Errorf("%s gets %d, want %d", address, got, want)
		}
	}
}

// toCarrier makes a channel whose Kannel is the given address.
func toCarrier(t *testing.T, carrier string) gateway.Channel {
	t.Helper()
	channel, err := New("shop", Config{
		Username: "haat", Password: "secret", From: "20880", SMSC: "A", CallbackKey: key,
		SendURL: carrier + "/cgi-bin/sendsms", BaseURL: "http://10.0.0.5:8080/",
	}, "KE")
	if err != nil {
		t.Fatal(err)
	}
	return channel
}

func TestSend(t *testing.T) {
	taken := gateway.Receipt{State: gateway.Sent}
	channeltest.RunSends(t, toCarrier, []channeltest.Send{
		{Name: "accepted", Status: 202, Body: "0: Accepted for delivery", Receipt: taken},
		{Name: "queued", Status: 202, Body: "3: Queued for later delivery", Receipt: taken},
		{Name: "wrong password", Status: 403, Body: "Authorization failed for sendsms", Refusal: &gateway.SendError{Code: "403", Retry: true}},
		{Name: "rejected", Status: 400, Body: "Sender missing and no global set, rejected", Refusal: &gateway.SendError{Code: "400"}},
		{Name: "no such page", Status: 404, Refusal: &gateway.SendError{Code: "404"}},
		{Name: "a fault of its own", Status: 503, Body: "Temporal failure, try again later.", Refusal: &gateway.SendError{Code: "503", Retry: true}},
		{Name: "it hangs up", Refusal: &gateway.SendError{Retry: true}},
	})
}

func TestSendAsks(t *testing.T) {
	req, body := channeltest.Sent(t, toCarrier, 202, "0: Accepted for delivery")
	if req.Method != http.MethodPost || req.URL.String() != "/cgi-bin/sendsms" {
		t.Errorf("%s %s", req.Method, req.URL)
	}
	if body != channeltest.SMS.Text {
		t.Errorf("text = %q", body)
	}
	for name, want := range map[string]string{
		"Content-Type": "text/plain; charset=UTF-8", "X-Kannel-Username": "haat", "X-Kannel-Password": "secret",
		"X-Kannel-From": "20880", "X-Kannel-To": "+254700000001", "X-Kannel-SMSC": "A",
		"X-Kannel-DLR-Mask": "31", "X-Kannel-Coding": "",
		"X-Kannel-DLR-Url": "http://10.0.0.5:8080/channels/shop/" + key + "/status?ref=4711&phone=254700000001&d=%d&code=%A",
	} {
		if got := req.Header.Get(name); got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
}

func TestNewSaysWhatToDo(t *testing.T) {
	tests := []struct {
		name string
		cfg  Config
		says string
	}{
		{"no username", Config{Password: "p"}, "username"},
		{"no password", Config{Username: "u"}, "password"},
		{"others without a key", Config{Username: "u", Password: "p", Allow: []string{"192.0.2.7"}}, "callback_key"},
		{"a broken network", Config{Username: "u", Password: "p", CallbackKey: key, Allow: []string{"all"}}, "allow"},
		{"a broken sendsms address", Config{Username: "u", Password: "p", SendURL: "127.0.0.1:13013"}, "send_url"},
		{"a broken base address", Config{Username: "u", Password: "p", BaseURL: "127.0.0.1"}, "base_url"},
		{"an escape in the base address", Config{Username: "u", Password: "p", BaseURL: "http://h/%41"}, "base_url"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := New("shop", tt.cfg, "KE")
			if err == nil || !strings.Contains(err.Error(), tt.says) || !strings.Contains(err.Error(), "channel shop") {
				t.Errorf("error = %v, want one about %s", err, tt.says)
			}
		})
	}
}

func FuzzRoutes(f *testing.F) {
	f.Add("sms", "from=%2B254700000001&id=1&text=%00hN-&coding=2&charset=UTF-16BE&time=1795391860", "", "")
	f.Add("sms", "id=1", "+254700000001", "rice\xff 2")
	f.Add("status", "ref=4711&phone=254700000001&d=8&code=ACK%2F", "", "")
	channel := open(f)
	f.Fuzz(func(t *testing.T, leaf, query, from, body string) {
		if leaf != "sms" {
			leaf = "status"
		}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://localhost/channels/shop/"+leaf, nil)
		if err != nil {
			t.Fatal(err)
		}
		if from != "" {
			req, _ = http.NewRequestWithContext(t.Context(), http.MethodPost, req.URL.String(), strings.NewReader(body))
			req.Header = http.Header{"Content-Type": {"text/plain"}, "X-Kannel-From": {from}, "X-Kannel-Coding": {url.QueryEscape(query)}}
		}
		req.URL.RawQuery = query
		channeltest.Knock(t, channel, req)
	})
}
