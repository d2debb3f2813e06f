package kannel

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
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
	channel, err := New("shop", Config{Username: "haat", Password: "secret", From: "20880"}, gateway.Site{Region: "KE"})
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

// byGet are texts that smsbox brings by get-url.
func byGet() []channeltest.Receive {
	plain := map[string]string{"Content-Type": "text/plain; charset=utf-8", "X-Kannel-Coding": ""}
	beyond := map[string]string{"Content-Type": "text/plain; charset=utf-8", "X-Kannel-Coding": "2"}
	return gets([]channeltest.Receive{
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
	})
}

// gets makes GET the method of those that name none.
func gets(table []channeltest.Receive) []channeltest.Receive {
	for i := range table {
		if table[i].Method == "" {
			table[i].Method = http.MethodGet
		}
	}
	return table
}

// byPost are texts that smsbox brings by post-url.
func byPost() []channeltest.Receive {
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
	return []channeltest.Receive{
		{Name: "a text", Path: path, Header: headers(), Body: "café + % ñ", Says: "ok", In: kept("café + % ñ")},
		{Name: "UCS-2", Path: path, Header: headers("X-Kannel-Coding", "2", "Content-Type", `text/plain; charset="UTF-16BE"`), Body: "\x00hN-", Says: "ok", In: kept("h中")},
		{Name: "an empty text", Path: path, Header: headers(), Says: "ok", In: kept("")},
		{Name: "a binary message", Path: path, Header: headers("X-Kannel-Coding", "1", "Content-Type", "application/octet-stream"), Body: "hi\x01\xff", Refused: gateway.RefusedType},
		{Name: "no sender", Path: path, Header: headers("X-Kannel-From", ""), Body: "MENU", Status: 400, Says: "...", Refused: gateway.RefusedForm},
		{Name: "no id", Path: "/channels/shop/sms", Header: headers(), Body: "MENU", Status: 400, Says: "...", Refused: gateway.RefusedForm},
		{Name: "a form", Path: path, Body: "text=MENU", Status: 415, Says: "...", Refused: gateway.RefusedType},
		{Name: "a body without end", Path: path, Header: headers(), Body: strings.Repeat("a", 70_000), Status: 413, Says: "...", Refused: gateway.RefusedSize},
	}
}

// reports are delivery reports.
func reports() []channeltest.Receive {
	const path = "/channels/shop/status?ref=4711&phone=254700000001"
	const ofPart = "/channels/shop/status?ref=4711&part=2&phone=254700000001"
	report := func(state gateway.State, code string) *gateway.Report {
		return &gateway.Report{Channel: "shop", Phone: "+254700000001", Ref: "4711", State: state, Code: code}
	}
	reason := func(r *gateway.Report, reason string) *gateway.Report {
		r.Reason = reason
		return r
	}
	second := func(state gateway.State, code string) *gateway.Report {
		return &gateway.Report{Channel: "shop", Phone: "+254700000001", CarrierID: "4711.2", State: state, Code: code}
	}
	const lost, refused = "The network could not deliver it.", "The SMSC, or Kannel for it, did not take it: bearerbox's log says why."
	without := report(gateway.Delivered, "1")
	without.Phone = ""
	return gets([]channeltest.Receive{
		{Name: "delivered", Path: path + "&d=1&code=", Report: report(gateway.Delivered, "1")},
		{Name: "failed", Path: path + "&d=2&code=NACK%2F11", Report: reason(report(gateway.Failed, "NACK/11"), lost)},
		{Name: "buffered", Path: path + "&d=4&code=", Report: report(gateway.Buffered, "4")},
		{Name: "accepted by the SMSC", Path: path + "&d=8&code=ACK%2F", Report: report(gateway.Sent, "ACK/")},
		{Name: "rejected by the SMSC", Path: path + "&d=16&code=NACK%2F0x0000000B", Report: reason(report(gateway.Failed, "NACK/0x0000000B"), refused)},
		{Name: "too old before it could be sent", Path: path + "&d=16&code=NACK%2Fvalidity%20expired", Report: reason(report(gateway.Expired, "16"), refused)},
		{Name: "a part is delivered", Path: ofPart + "&d=1&code=", Report: second(gateway.Delivered, "1")},
		{Name: "a part fails", Path: ofPart + "&d=2&code=NACK%2F11", Report: reason(second(gateway.Failed, "NACK/11"), lost)},
		{Name: "a part that is none", Path: "/channels/shop/status?ref=4711&part=two&phone=254700000001&d=1", Status: 400, Says: "...", Refused: gateway.RefusedForm},
		{Name: "without a phone", Path: "/channels/shop/status?ref=4711&d=1", Report: without},
		{Name: "a new bit", Path: path + "&d=32&code=", Refused: gateway.RefusedForm},
		{Name: "a value that is none", Path: path + "&d=%25d", Status: 400, Says: "...", Refused: gateway.RefusedForm},
		{Name: "no reference", Path: "/channels/shop/status?phone=254700000001&d=1", Status: 400, Says: "...", Refused: gateway.RefusedForm},
		{Name: "not kept", Path: path + "&d=1", Down: true, Status: 503, Says: "..."},
		{Name: "POST", Method: "POST", Path: path + "&d=1", Status: 405, Says: "...", Refused: gateway.RefusedMethod},
	})
}

// keyed are requests to channels with a key.
func keyed(t *testing.T) []channeltest.Receive {
	t.Helper()
	other, err := New("shop", Config{Username: "haat", Password: "secret", CallbackKey: key, Allow: []string{"192.0.2.0/24"}}, gateway.Site{Region: "KE"})
	if err != nil {
		t.Fatal(err)
	}
	keyed, err := New("shop", Config{Username: "haat", Password: "secret", CallbackKey: key}, gateway.Site{Region: "KE"})
	if err != nil {
		t.Fatal(err)
	}
	withKey := strings.Replace(get, "/sms", "/"+key+"/sms", 1) + "MENU"
	return gets([]channeltest.Receive{
		{Name: "this machine, where only others may", To: other, Path: withKey, Status: 403, Says: "...", Refused: gateway.RefusedOrigin},
		{Name: "the key opens", To: keyed, Path: withKey, Says: "ok", In: kept("MENU")},
		{Name: "no key", To: keyed, Path: get + "MENU", Status: 404, Says: "404 page not found\n", Refused: gateway.RefusedSignature},
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
func toCarrier(t *testing.T, carrier string) gateway.Sender {
	t.Helper()
	channel, err := New("shop", Config{
		Username: "haat", Password: "secret", From: "20880", SMSC: "A", CallbackKey: key,
		SendURL: carrier + "/cgi-bin/sendsms", BaseURL: "http://10.0.0.5:8080/",
	}, gateway.Site{Region: "KE"})
	if err != nil {
		t.Fatal(err)
	}
	return channel
}

// answers are what smsbox answers to sendsms.
func answers() []channeltest.Send {
	taken := gateway.Receipt{State: gateway.Sent}
	return []channeltest.Send{
		{Name: "accepted", Status: 202, Body: "0: Accepted for delivery", Receipt: taken},
		{Name: "queued", Status: 202, Body: "3: Queued for later delivery", Receipt: taken},
		{Name: "taken before bearerbox has it", Status: 202, Body: "Sent.", Receipt: taken},
		{Name: "wrong password", Status: 403, Body: "Authorization failed for sendsms", Refusal: &gateway.SendError{Kind: gateway.Unavailable, Code: "403"}},
		{Name: "no way to the phone", Status: 403, Body: "Not routable. Do not try again.", Refusal: &gateway.SendError{Kind: gateway.Rejected, Code: "403"}},
		{Name: "rejected", Status: 400, Body: "Sender missing and no global set, rejected", Refusal: &gateway.SendError{Kind: gateway.Rejected, Code: "400"}},
		{Name: "no such page", Status: 404, Body: "Unknown request.", Refusal: &gateway.SendError{Kind: gateway.Rejected, Code: "404"}},
		{Name: "the queue is full", Status: 503, Body: "Temporal failure, try again later.", Refusal: &gateway.SendError{Kind: gateway.Throttled, Code: "503"}},
		{Name: "a fault of its own", Status: 500, Body: "Sending failed.", Refusal: &gateway.SendError{Kind: gateway.Unavailable, Code: "500"}},
		{Name: "a page of something else", Status: 200, Body: "<html>", Refusal: &gateway.SendError{Kind: gateway.Unavailable, Doubt: true}},
		{Name: "it hangs up", Refusal: &gateway.SendError{Kind: gateway.Unavailable, Doubt: true}},
	}
}

func TestConform(t *testing.T) {
	channeltest.Conform(t, channeltest.Suite{
		Channel:  open(t),
		Receives: slices.Concat(byGet(), byPost(), reports(), keyed(t)),
		Open:     toCarrier,
		Sends:    answers(),
		Config: Config{
			SendURL: "http://127.0.0.1:13013/cgi-bin/sendsms", Username: "haat", Password: "sendsms-secret", From: "20880",
			SMSC: "modem", BaseURL: "http://127.0.0.1:8080", CallbackKey: key, Allow: []string{"127.0.0.1"},
		},
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
		"X-Kannel-DLR-Mask": "31", "X-Kannel-Coding": "0", "X-Kannel-UDH": "", "X-Kannel-Validity": "",
		"X-Kannel-DLR-Url": "http://10.0.0.5:8080/channels/shop/" + key + "/status?ref=4711&phone=254700000001&d=%d&code=%A",
	} {
		if got := req.Header.Get(name); got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
}

func TestSendAsksForParts(t *testing.T) {
	tests := []struct {
		name, text string
		want       []string
		coding     string
	}{
		{"GSM-7", strings.Repeat("a", 152) + "€" + strings.Repeat("b", 152), []string{strings.Repeat("a", 152), "€" + strings.Repeat("b", 151), "b"}, "0"},
		{"UCS-2", strings.Repeat("米", 66) + "😀end", []string{strings.Repeat("米", 66), "😀end"}, "2"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			out := channeltest.SMS
			out.Text = tt.text
			asked := channeltest.SentFor(t, toCarrier, channeltest.Send{Status: 202}, out)
			var got []string
			for i, r := range asked {
				got = append(got, r.Body)
				udh := fmt.Sprintf("%02x%02x", len(tt.want), i+1)
				if header := r.Header.Get("X-Kannel-UDH"); len(header) != 12 || header[:6] != "050003" || header[8:] != udh || header[6:8] != asked[0].Header.Get("X-Kannel-UDH")[6:8] {
					t.Errorf("the header of part %d is %s", i+1, header)
				}
				if url, part := r.Header.Get("X-Kannel-DLR-Url"), fmt.Sprintf("?ref=4711&part=%d&phone=254700000001&", i+1); !strings.Contains(url, part) {
					t.Errorf("part %d is reported to %s", i+1, url)
				}
				if coding := r.Header.Get("X-Kannel-Coding"); coding != tt.coding {
					t.Errorf("the coding of part %d is %q, want %q", i+1, coding, tt.coding)
				}
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("the parts are %q, want %q", got, tt.want)
			}
		})
	}
}

func TestReceiptNamesParts(t *testing.T) {
	carrier := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusAccepted) }))
	defer carrier.Close()
	out := channeltest.SMS
	out.Text = strings.Repeat("a", 400)
	receipt, err := toCarrier(t, carrier.URL).Send(t.Context(), out)
	if err != nil || receipt.State != gateway.Sent || receipt.ByID || !slices.Equal(receipt.IDs, []string{"4711.1", "4711.2", "4711.3"}) {
		t.Errorf("receipt = %+v, error = %v", receipt, err)
	}
	out.Text = strings.Repeat("a", 256*153)
	var refusal *gateway.SendError
	if _, err := toCarrier(t, carrier.URL).Send(t.Context(), out); !errors.As(err, &refusal) || refusal.Kind != gateway.Rejected {
		t.Errorf("a text of 256 parts is answered %v", err)
	}
}

// TestTheSecondPartIsRefused: the whole is tried again, with the same header.
func TestTheSecondPartIsRefused(t *testing.T) {
	var asked []string
	carrier := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.Header.Get("X-Kannel-UDH"))
		if len(asked) == 2 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		w.WriteHeader(http.StatusAccepted)
	}))
	defer carrier.Close()
	channel := toCarrier(t, carrier.URL)
	out := channeltest.SMS
	out.Text = strings.Repeat("a", 200)
	var refusal *gateway.SendError
	if receipt, err := channel.Send(t.Context(), out); !errors.As(err, &refusal) || refusal.Kind != gateway.Throttled || receipt.IDs != nil {
		t.Errorf("receipt = %+v, error = %v", receipt, err)
	}
	if _, err := channel.Send(t.Context(), out); err != nil {
		t.Error(err)
	}
	if len(asked) != 4 || asked[0] != asked[2] || asked[1] != asked[3] {
		t.Errorf("the headers of two attempts are %q", asked)
	}
}

func TestValidity(t *testing.T) {
	for left, want := range map[time.Duration]string{
		-time.Hour: "1", 10 * time.Second: "1", 90 * time.Second: "2", 48*time.Hour - 30*time.Second: "2880",
	} {
		out := channeltest.SMS
		out.Until = time.Now().Add(left)
		asked := channeltest.SentFor(t, toCarrier, channeltest.Send{Status: 202}, out)
		if got := asked[0].Header.Get("X-Kannel-Validity"); got != want {
			t.Errorf("for %v more Kannel is asked to try %q minutes, want %q", left, got, want)
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
			_, err := New("shop", tt.cfg, gateway.Site{Region: "KE"})
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
