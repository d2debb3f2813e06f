package twilio

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"haat/gateway"
	"haat/gateway/channel/channeltest"
	"haat/gateway/dialogue"
)

const (
	token  = "12345"
	public = "https://sms.example.org"
)

func open(t testing.TB, publicURL string) *Channel {
	t.Helper()
	channel, err := New("line", Config{AccountSID: "AC1", AuthToken: token, From: "+15005550006", PublicURL: publicURL}, gateway.Site{Region: "KE"})
	if err != nil {
		t.Fatal(err)
	}
	return channel
}

// sign signs as Twilio's documents describe it, apart from the library that the
// channel checks with.
func sign(address string, form url.Values) string {
	var signed strings.Builder
	signed.WriteString(address)
	for _, key := range slices.Sorted(maps.Keys(form)) {
		last := ""
		for i, value := range slices.Sorted(slices.Values(form[key])) {
			if i == 0 || value != last {
				signed.WriteString(key + value)
			}
			last = value
		}
	}
	mac := hmac.New(sha1.New, []byte(token))
	mac.Write([]byte(signed.String()))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

func signature(text string) map[string]string { return map[string]string{"X-Twilio-Signature": text} }

func TestTheSignatureOfTwiliosDocuments(t *testing.T) {
	const vector = "RSOYDt4T1cUTdK1PDd93/VVr8B8="
	form := url.Values{"CallSid": {"CA1234567890ABCDE"}, "Caller": {"+14158675309"}, "From": {"+14158675309"}, "Digits": {"1234"}, "To": {"+18005551212"}}
	const address = "https://mycompany.com/myapp.php?foo=1&bar=2"
	if got := sign(address, form); got != vector {
		t.Errorf("the test's own signature = %s, want %s", got, vector)
	}
	if !open(t, public).signed.Validate(address, signedFields(form), vector) {
		t.Error("the channel does not take the signature")
	}
}

// inbound is a form as Twilio sends it, with its unlovely details: an empty
// field, a blank at an end, and fields that nobody knows yet.
func inbound(body string) url.Values {
	return url.Values{
		"MessageSid": {"SM2f1ab7b5a6f9a5c2"}, "SmsSid": {"SM2f1ab7b5a6f9a5c2"}, "AccountSid": {"AC1"},
		"From": {"+254700000001"}, "To": {"+15005550006"}, "Body": {body},
		"NumMedia": {"0"}, "NumSegments": {"1"}, "FromCity": {""}, "FromState": {"NAIROBI "}, "NewField": {"x"},
	}
}

func kept(text string) *gateway.Inbound {
	return &gateway.Inbound{ID: "SM2f1ab7b5a6f9a5c2", Channel: "line", Mode: dialogue.SMS, Phone: "+254700000001", Text: text}
}

const (
	head  = `<?xml version="1.0" encoding="UTF-8"?>` + "\n"
	quiet = head + "<Response></Response>"
	okay  = head + "<Response><Message>ok</Message></Response>"
)

// texts are requests to the webhook for incoming messages.
func texts() []channeltest.Receive {
	const path = "/channels/line/sms"
	signed := func(form url.Values) map[string]string { return signature(sign(public+path, form)) }
	with := func(form url.Values, key string, values ...string) url.Values {
		form[key] = values
		return form
	}
	post := func(name string, form url.Values, tt channeltest.Receive) channeltest.Receive {
		tt.Name, tt.Path, tt.Body, tt.Header = name, path, form.Encode(), signed(form)
		return tt
	}
	xml := map[string]string{"Content-Type": "text/xml; charset=utf-8"}
	repeated := with(inbound("MENU"), "MediaUrl", "b", "a", "b", "c")
	return []channeltest.Receive{
		post("a text", inbound("ORDER RICE5 2"), channeltest.Receive{Says: okay, With: xml, In: kept("ORDER RICE5 2")}),
		post("a reply that needs escaping", inbound("MENU"), channeltest.Receive{
			Reply: gateway.Reply{Text: "1 < 2 & \"3\"\n'4' ]]>"}, In: kept("MENU"),
			Says: head + "<Response><Message>1 &lt; 2 &amp; &#34;3&#34;&#xA;&#39;4&#39; ]]&gt;</Message></Response>",
		}),
		post("nothing to say", inbound("hm"), channeltest.Receive{Reply: gateway.Reply{End: true}, Says: quiet, With: xml, In: kept("hm")}),
		post("an empty text", inbound(""), channeltest.Receive{Says: okay, In: kept("")}),
		post("blanks around the text", inbound("  MENU \n"), channeltest.Receive{Says: okay, In: kept("  MENU \n")}),
		post("beyond ASCII", inbound("café 米"), channeltest.Receive{Says: okay, In: kept("café 米")}),
		post("broken UTF-8 and control characters", inbound("rice\xff\x00 2"), channeltest.Receive{Says: okay, In: kept("rice\ufffd 2")}),
		post("a repeated key", repeated, channeltest.Receive{Says: okay, In: kept("MENU")}),
		post("opted out at Twilio", with(inbound("STOP"), "OptOutType", "STOP"), channeltest.Receive{Says: okay, In: kept("STOP")}),
		post("nothing was kept", inbound("MENU"), channeltest.Receive{Down: true, Status: 503, Says: "...", With: map[string]string{"Retry-After": "5"}}),
		post("an alphanumeric sender", with(inbound("Win!"), "From", "Safaricom"), channeltest.Receive{Says: quiet, Refused: gateway.RefusedPhone}),
		post("a short code", with(inbound("Win!"), "From", "22111"), channeltest.Receive{Says: quiet, Refused: gateway.RefusedPhone}),
		post("another network", with(inbound("Hi"), "From", "whatsapp:+254700000001"), channeltest.Receive{Says: quiet, Refused: gateway.RefusedPhone}),
		post("no id", with(inbound("MENU"), "MessageSid"), channeltest.Receive{Status: 400, Says: "...", Refused: gateway.RefusedForm}),
		post("broken UTF-8 in another field", with(inbound("MENU"), "FromCity", "\xff"), channeltest.Receive{Status: 400, Says: "...", Refused: gateway.RefusedForm}),

		{Name: "no signature", Path: path, Body: inbound("MENU").Encode(), Status: 400, Says: "...", Refused: gateway.RefusedSignature},
		{Name: "a forged signature", Path: path, Body: inbound("MENU").Encode(), Header: signature("RSOYDt4T1cUTdK1PDd93/VVr8B8="), Status: 403, Says: "...", Refused: gateway.RefusedSignature},
		{Name: "no base64", Path: path, Body: inbound("MENU").Encode(), Header: signature("forged"), Status: 403, Says: "...", Refused: gateway.RefusedSignature},
		{Name: "a changed text", Path: path, Body: inbound("ORDER RICE5 99").Encode(), Header: signed(inbound("ORDER RICE5 2")), Status: 403, Says: "...", Refused: gateway.RefusedSignature},
		{Name: "an added value", Path: path, Body: inbound("MENU").Encode() + "&Body=STOP", Header: signed(inbound("MENU")), Status: 403, Says: "...", Refused: gateway.RefusedSignature},
		{Name: "an added query", Path: path + "?a=b", Body: inbound("MENU").Encode(), Header: signed(inbound("MENU")), Status: 403, Says: "...", Refused: gateway.RefusedSignature},
		{Name: "signed for another URL", Path: path, Body: inbound("MENU").Encode(), Header: signature(sign(public+"/channels/line/status", inbound("MENU"))), Status: 403, Says: "...", Refused: gateway.RefusedSignature},
		{Name: "GET", Method: "GET", Path: path, Status: 405, Says: "...", Refused: gateway.RefusedMethod},
		{Name: "JSON", Path: path, Header: map[string]string{"Content-Type": "application/json"}, Body: "{}", Status: 415, Says: "...", Refused: gateway.RefusedType},
		{Name: "a body without end", Path: path, Body: "Body=" + strings.Repeat("a", 70_000), Header: signature("x"), Status: 413, Says: "...", Refused: gateway.RefusedSize},
	}
}

// TestSignedAddress holds the rules about the address that a signature covers.
func TestSignedAddress(t *testing.T) {
	const path = "/channels/line/sms"
	form := inbound("MENU")
	sum := sha256.Sum256([]byte(form.Encode()))
	hashed := path + "?bodySHA256=" + hex.EncodeToString(sum[:])
	otherHash := path + "?bodySHA256=" + strings.Repeat("0", 64)
	tests := []struct {
		name     string
		public   string // as configured
		path     string // as called
		signed   string // the address that Twilio signs
		bodyless bool   // the signature covers the address alone
		refused  bool
	}{
		{name: "as configured", public: public, path: path, signed: public + path},
		{name: "signed with the default port", public: public, path: path, signed: public + ":443" + path},
		{name: "configured with the default port", public: public + ":443", path: path, signed: public + path},
		{name: "another port, signed with it", public: public + ":8443", path: path, signed: public + ":8443" + path},
		{name: "another port, signed without", public: public + ":8443", path: path, signed: public + path},
		{name: "plain http has another default", public: "http://sms.example.org", path: path, signed: "http://sms.example.org:80" + path},
		{name: "signed with a port that is not ours", public: public, path: path, signed: public + ":8443" + path, refused: true},
		{name: "a query", public: public, path: path + "?a=1&b=%20x", signed: public + path + "?a=1&b=%20x"},
		{name: "below a path", public: public + "/haat/", path: path, signed: public + "/haat" + path},
		{name: "the host that the request names", public: public, path: path, signed: "https://evil.example" + path, refused: true},
		{name: "the body's hash", public: public, path: hashed, signed: public + hashed, bodyless: true},
		{name: "the body's hash and a port", public: public, path: hashed, signed: public + ":443" + hashed, bodyless: true},
		{name: "the hash of another body", public: public, path: otherHash, signed: public + otherHash, bodyless: true, refused: true},
		{name: "the body's hash, the form signed too", public: public, path: hashed, signed: public + hashed, refused: true},
		{name: "no hash, the form not signed", public: public, path: path, signed: public + path, bodyless: true, refused: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			covered := form
			if tt.bodyless {
				covered = nil
			}
			request := channeltest.Receive{
				Name: "sms", Path: tt.path, Body: form.Encode(), Header: signature(sign(tt.signed, covered)),
				Says: okay, In: kept("MENU"),
			}
			if tt.refused {
				request.Status, request.Says, request.In, request.Refused = 403, "...", nil, gateway.RefusedSignature
			}
			channeltest.RunReceives(t, open(t, tt.public), []channeltest.Receive{request})
		})
	}
}

// reports are status callbacks.
func reports() []channeltest.Receive {
	const path = "/channels/line/status?ref=4711"
	callback := func(name, word, code string, tt channeltest.Receive) channeltest.Receive {
		form := url.Values{"MessageSid": {"SM1"}, "MessageStatus": {word}, "SmsStatus": {word}, "To": {"+254700000001"}, "From": {"+15005550006"}}
		if code != "" {
			form.Set("ErrorCode", code)
		}
		tt.Name, tt.Path, tt.Body, tt.Header = name, path, form.Encode(), signature(sign(public+path, form))
		return tt
	}
	report := func(state gateway.State, code string) *gateway.Report {
		return &gateway.Report{Channel: "line", Phone: "+254700000001", Ref: "4711", CarrierID: "SM1", State: state, Code: code}
	}
	because := func(reason string, r *gateway.Report) *gateway.Report {
		r.Reason = reason
		return r
	}
	old := url.Values{"MessageSid": {"SM1"}, "SmsStatus": {"delivered"}, "To": {"+254700000001"}}
	bare := url.Values{"MessageSid": {"SM1"}, "MessageStatus": {"delivered"}}
	return []channeltest.Receive{
		callback("accepted", "accepted", "", channeltest.Receive{}),
		callback("scheduled", "scheduled", "", channeltest.Receive{}),
		callback("queued", "queued", "", channeltest.Receive{}),
		callback("sending", "sending", "", channeltest.Receive{}),
		callback("sent", "sent", "", channeltest.Receive{Report: report(gateway.Sent, "sent")}),
		callback("delivered", "delivered", "", channeltest.Receive{Report: report(gateway.Delivered, "delivered")}),
		callback("read", "read", "", channeltest.Receive{Report: report(gateway.Delivered, "read")}),
		callback("undelivered", "undelivered", "30003", channeltest.Receive{Report: because("The phone is off or out of reach, or cannot get SMS.", report(gateway.Failed, "30003"))}),
		callback("failed", "failed", "30008", channeltest.Receive{Report: because("The network did not deliver it and does not say why.", report(gateway.Failed, "30008"))}),
		callback("failed for a new reason", "failed", "39999", channeltest.Receive{Report: report(gateway.Failed, "39999")}),
		callback("too old before it could be sent", "failed", "30036", channeltest.Receive{Report: because(
			"It waited at Twilio until it was of no use any more: send more slowly, or use more numbers.", report(gateway.Expired, "30036"))}),
		callback("canceled", "canceled", "", channeltest.Receive{Report: report(gateway.Failed, "canceled")}),
		callback("a new word", "pondering", "", channeltest.Receive{Refused: gateway.RefusedForm}),
		callback("no word", "", "", channeltest.Receive{Status: 400, Says: "...", Refused: gateway.RefusedForm}),
		callback("not kept", "delivered", "", channeltest.Receive{Down: true, Status: 503, Says: "..."}),
		{Name: "the older field", Path: path, Body: old.Encode(), Header: signature(sign(public+path, old)), Report: report(gateway.Delivered, "delivered")},
		{
			Name: "without reference and phone", Path: "/channels/line/status", Body: bare.Encode(),
			Header: signature(sign(public+"/channels/line/status", bare)),
			Report: &gateway.Report{Channel: "line", CarrierID: "SM1", State: gateway.Delivered, Code: "delivered"},
		},
		{Name: "another reference than was signed", Path: "/channels/line/status?ref=4712", Body: old.Encode(), Header: signature(sign(public+path, old)), Status: 403, Says: "...", Refused: gateway.RefusedSignature},
		{Name: "no signature", Path: path, Body: old.Encode(), Status: 400, Says: "...", Refused: gateway.RefusedSignature},
	}
}

// toCarrier makes a channel whose carrier is the given address.
func toCarrier(t *testing.T, carrier string) gateway.Sender {
	t.Helper()
	channel, err := New("line", Config{AccountSID: "AC1", AuthToken: token, From: "+15005550006", PublicURL: public, APIURL: carrier}, gateway.Site{Region: "KE"})
	if err != nil {
		t.Fatal(err)
	}
	return channel
}

// answers are what the REST API answers to a message.
func answers() []channeltest.Send {
	refused := func(name string, status int, code string, refusal gateway.SendError) channeltest.Send {
		refusal.Code = code
		return channeltest.Send{
			Name: name, Status: status, Refusal: &refusal, Header: map[string]string{"Retry-After": "9"},
			Body: `{"code":` + code + `,"message":"The 'To' number +254700000001 is ...","more_info":"","status":` + "400}",
		}
	}
	slower := gateway.SendError{Kind: gateway.Throttled, After: 9 * time.Second}
	return []channeltest.Send{
		{Name: "queued", Status: 201, Body: `{"sid":"SM1","status":"queued","error_code":null}`, Receipt: gateway.Receipt{IDs: []string{"SM1"}, State: gateway.Sent}},
		refused("not valid", 400, "21211", gateway.SendError{Kind: gateway.Rejected}),
		refused("geographic permission", 400, "21408", gateway.SendError{Kind: gateway.Rejected}),
		refused("from cannot send", 400, "21606", gateway.SendError{Kind: gateway.Rejected}),
		refused("opted out", 400, "21610", gateway.SendError{Kind: gateway.OptedOut}),
		refused("no route", 400, "21612", gateway.SendError{Kind: gateway.Rejected}),
		refused("not mobile", 400, "21614", gateway.SendError{Kind: gateway.Rejected}),
		refused("too long", 400, "21617", gateway.SendError{Kind: gateway.Rejected}),
		refused("too many requests", 429, "20429", slower),
		refused("too many requests, as 400", 400, "20429", slower),
		refused("rate limit", 400, "14107", slower),
		refused("queue full", 400, "21611", slower),
		refused("a new code", 400, "29999", gateway.SendError{Kind: gateway.Rejected}),
		refused("wrong token", 401, "20003", gateway.SendError{Kind: gateway.Unavailable}),
		refused("their fault", 500, "20500", gateway.SendError{Kind: gateway.Unavailable, After: 9 * time.Second}),
		{Name: "too many requests without a code", Status: 429, Header: map[string]string{"Retry-After": "3"}, Body: "slow down", Refusal: &gateway.SendError{Kind: gateway.Throttled, Code: "429", After: 3 * time.Second}},
		{Name: "a proxy's fault", Status: 502, Body: "<html>", Refusal: &gateway.SendError{Kind: gateway.Unavailable, Doubt: true, Code: "502"}},
		{Name: "a page instead of JSON", Status: 200, Body: "<html>", Refusal: &gateway.SendError{Kind: gateway.Unavailable, Doubt: true}},
		{Name: "no id", Status: 201, Body: "{}", Refusal: &gateway.SendError{Kind: gateway.Unavailable, Doubt: true}},
		{Name: "it hangs up", Refusal: &gateway.SendError{Kind: gateway.Unavailable, Doubt: true}},
	}
}

func TestConform(t *testing.T) {
	channeltest.Conform(t, channeltest.Suite{
		Channel:  open(t, public),
		Receives: slices.Concat(texts(), reports()),
		Open:     toCarrier,
		Sends:    answers(),
		Config: Config{
			AccountSID: "AC00000000000000000000000000000000", AuthToken: "a-token", From: "+15005550006",
			MessagingServiceSID: "MG00000000000000000000000000000000", PublicURL: public, APIURL: liveURL,
		},
	})
}

func TestEveryFailureHasItsWords(t *testing.T) {
	for _, code := range []string{"30001", "30002", "30003", "30004", "30005", "30006", "30007", "30008", "30017", "30034", "30036"} {
		if words := reasonOf(code); !strings.HasSuffix(words, ".") {
			t.Errorf("an operator reads %q for %s", words, code)
		}
	}
}

func TestValidity(t *testing.T) {
	for left, want := range map[time.Duration]string{
		-time.Hour: "6", time.Second: "6", 90*time.Minute - time.Second/2: "5400", 48 * time.Hour: "36000",
	} {
		out := channeltest.SMS
		out.Until = time.Now().Add(left)
		asked := channeltest.SentFor(t, toCarrier, channeltest.Send{Status: 201, Body: `{"sid":"SM1"}`}, out)
		form, err := url.ParseQuery(asked[0].Body)
		if err != nil || form.Get("ValidityPeriod") != want {
			t.Errorf("for %v more Twilio is asked to keep it %s seconds, want %s", left, form.Get("ValidityPeriod"), want)
		}
	}
}

func TestSendAsks(t *testing.T) {
	req, body := channeltest.Sent(t, toCarrier, 201, `{"sid":"SM1"}`)
	if req.Method != http.MethodPost || req.URL.Path != "/2010-04-01/Accounts/AC1/Messages.json" {
		t.Errorf("%s %s", req.Method, req.URL)
	}
	if user, password, _ := req.BasicAuth(); user != "AC1" || password != token {
		t.Errorf("credentials = %s %s", user, password)
	}
	want := url.Values{
		"To": {string(channeltest.SMS.Phone)}, "Body": {channeltest.SMS.Text}, "From": {"+15005550006"},
		"StatusCallback": {public + "/channels/line/status?ref=4711"},
	}
	if body != want.Encode() {
		t.Errorf("form = %s, want %s", body, want.Encode())
	}
}

func TestSendByMessagingService(t *testing.T) {
	t.Setenv("TWILIO_EDGE", "ashburn") // must not choose where the token is sent
	t.Setenv("TWILIO_REGION", "us1")
	_, body := channeltest.Sent(t, func(t *testing.T, carrier string) gateway.Sender {
		channel, err := New("line", Config{AccountSID: "AC1", AuthToken: token, MessagingServiceSID: "MG1", PublicURL: public, APIURL: carrier}, gateway.Site{Region: "KE"})
		if err != nil {
			t.Fatal(err)
		}
		return channel
	}, 201, `{"sid":"SM1"}`)
	form, err := url.ParseQuery(body)
	if err != nil || form.Get("MessagingServiceSid") != "MG1" || form.Has("From") {
		t.Errorf("form = %s", body)
	}
}

func TestNewSaysWhatToDo(t *testing.T) {
	good := Config{AccountSID: "AC1", AuthToken: token, From: "+15005550006", PublicURL: public}
	tests := []struct {
		name  string
		spoil func(*Config)
		says  string
	}{
		{"no account", func(c *Config) { c.AccountSID = "" }, "account_sid"},
		{"no token", func(c *Config) { c.AuthToken = "" }, "auth_token"},
		{"no sender", func(c *Config) { c.From = "" }, "messaging_service_sid"},
		{"no public address", func(c *Config) { c.PublicURL = "" }, "public_url"},
		{"a public address without https", func(c *Config) { c.PublicURL = "sms.example.org" }, "public_url"},
		{"a public address with retries", func(c *Config) { c.PublicURL = public + "#rc=2" }, "public_url"},
		{"a broken API address", func(c *Config) { c.APIURL = "twilio" }, "api_url"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cfg := good
			tt.spoil(&cfg)
			_, err := New("line", cfg, gateway.Site{Region: "KE"})
			if err == nil || !strings.Contains(err.Error(), tt.says) || !strings.Contains(err.Error(), "channel line") {
				t.Errorf("error = %v, want one about %s", err, tt.says)
			}
		})
	}
}

func FuzzRoutes(f *testing.F) {
	f.Add("sms", inbound("ORDER RICE5 2").Encode(), "")
	f.Add("sms", "MessageSid=SM1&From=Safaricom&Body=%ff&Body=x", "a=b")
	f.Add("status", "MessageSid=SM1&MessageStatus=delivered&To=0700000001", "ref=4711")
	channel := open(f, public)
	f.Fuzz(func(t *testing.T, leaf, body, query string) {
		if leaf != "sms" {
			leaf = "status"
		}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://localhost/channels/line/"+leaf, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.URL.RawQuery = query
		address := public + req.URL.Path
		if query != "" {
			address += "?" + query
		}
		form, _ := url.ParseQuery(body)
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("X-Twilio-Signature", sign(address, form)) // what follows is fuzzed too
		channeltest.Knock(t, channel, req)
	})
}
