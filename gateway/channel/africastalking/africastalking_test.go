package africastalking

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"haat/gateway"
	"haat/gateway/channel/channeltest"
	"haat/gateway/channel/web"
	"haat/gateway/dialogue"
)

const key = "0123456789abcdef"

func open(t testing.TB) *Channel {
	t.Helper()
	channel, err := New("shop", Config{Username: "duka", APIKey: "secret", From: "20880", Access: web.Access{LoopbackOnly: true}}, gateway.Site{Region: "KE"})
	if err != nil {
		t.Fatal(err)
	}
	return channel
}

// hop is what a hop of the session of the tests must become.
func hop(id, text string) *gateway.Inbound {
	return &gateway.Inbound{
		ID: id, Channel: "shop", Mode: dialogue.USSD, Phone: "+254700000001",
		Text: text, Session: "ATUid_1", Cumulative: true,
	}
}

// hopForm is the form of that hop, the text escaped.
func hopForm(text string) string {
	return "sessionId=ATUid_1&serviceCode=*384*1%23&phoneNumber=%2B254700000001&networkCode=63902&text=" + text
}

// hops are requests to the URL for USSD.
func hops() []channeltest.Receive {
	const path = "/channels/shop/ussd"
	menu := gateway.Reply{Text: "Karibu\n1.Mchele"}
	plain := map[string]string{"Content-Type": "text/plain; charset=utf-8"}
	long := strings.Repeat("1*", 30)
	return []channeltest.Receive{
		{Name: "a dial", Path: path, Body: hopForm(""), Reply: menu, Says: "CON Karibu\n1.Mchele", With: plain, In: hop("ATUid_1#", "")},
		{Name: "an answer", Path: path, Body: hopForm("1"), Reply: menu, Says: "CON Karibu\n1.Mchele", In: hop("ATUid_1#1", "1")},
		{Name: "the last screen", Path: path, Body: hopForm("1*2"), Reply: gateway.Reply{Text: "Asante", End: true}, Says: "END Asante", In: hop("ATUid_1#1*2", "1*2")},
		{Name: "an empty answer is another hop", Path: path, Body: hopForm("1*2*"), Reply: menu, Says: "CON Karibu\n1.Mchele", In: hop("ATUid_1#1*2*", "1*2*")},
		{Name: "two empty answers", Path: path, Body: hopForm("**"), Reply: menu, Says: "CON Karibu\n1.Mchele", In: hop("ATUid_1#**", "**")},
		{Name: "a long text is hashed in the id", Path: path, Body: hopForm(long), Reply: menu, Says: "CON Karibu\n1.Mchele", In: hop(hopID("ATUid_1", long), long)},
		{Name: "broken UTF-8", Path: path, Body: hopForm("1*%ff"), Reply: menu, Says: "CON Karibu\n1.Mchele", In: hop(hopID("ATUid_1", "1*\ufffd"), "1*\ufffd")},
		{Name: "control characters", Path: path, Body: hopForm("1*%00%1b2"), Reply: menu, Says: "CON Karibu\n1.Mchele", In: hop("ATUid_1#1*2", "1*2")},
		{Name: "no text at all is a dial", Path: path, Body: "sessionId=ATUid_1&phoneNumber=%2B254700000001", Reply: menu, Says: "CON Karibu\n1.Mchele", In: hop("ATUid_1#", "")},
		{Name: "an unescaped plus", Path: path, Body: "sessionId=ATUid_1&phoneNumber=+254700000001&text=", Reply: menu, Says: "CON Karibu\n1.Mchele", In: hop("ATUid_1#", "")},
		{Name: "a national number", Path: path, Body: "sessionId=ATUid_1&phoneNumber=0700000001&text=", Reply: menu, Says: "CON Karibu\n1.Mchele", In: hop("ATUid_1#", "")},
		{Name: "nothing was kept", Path: path, Body: hopForm("1"), Down: true, Says: "END " + channeltest.Apology},
		{Name: "the end of a session at this URL", Path: path, Body: "sessionId=ATUid_1&phoneNumber=%2B254700000001&status=Incomplete&hopsCount=3&input=1*2&lastAppResponse=CON+x", Refused: gateway.RefusedSessionEnd},

		{Name: "no phone", Path: path, Body: "sessionId=ATUid_1&phoneNumber=Safaricom&text=", Status: 400, Says: "...", Refused: gateway.RefusedPhone},
		{Name: "a short code", Path: path, Body: "sessionId=ATUid_1&phoneNumber=43210&text=", Status: 400, Says: "...", Refused: gateway.RefusedPhone},
		{Name: "no session", Path: path, Body: "phoneNumber=%2B254700000001&text=", Status: 400, Says: "...", Refused: gateway.RefusedForm},
		{Name: "a session with a line break", Path: path, Body: "sessionId=a%0ab&phoneNumber=%2B254700000001&text=", Status: 400, Says: "...", Refused: gateway.RefusedForm},
		{Name: "a session without end", Path: path, Body: "sessionId=" + strings.Repeat("a", 129) + "&phoneNumber=%2B254700000001&text=", Status: 400, Says: "...", Refused: gateway.RefusedForm},
		{Name: "broken UTF-8 in the session", Path: path, Body: "sessionId=%ff&phoneNumber=%2B254700000001&text=", Status: 400, Says: "...", Refused: gateway.RefusedForm},
		{Name: "a body without end", Path: path, Body: hopForm(strings.Repeat("1*", 40_000)), Status: 413, Says: "...", Refused: gateway.RefusedSize},
		{Name: "JSON", Path: path, Header: map[string]string{"Content-Type": "application/json"}, Body: "{}", Status: 415, Says: "...", Refused: gateway.RefusedType},
		{Name: "GET", Method: "GET", Path: path + "?" + hopForm(""), Status: 405, Says: "...", With: map[string]string{"Allow": "POST"}, Refused: gateway.RefusedMethod},
		{Name: "an unknown channel", Path: "/channels/market/ussd", Body: hopForm(""), Status: 404, Says: "404 page not found\n"},
	}
}

func TestEveryFailureHasItsWords(t *testing.T) {
	for _, reason := range []string{
		"InsufficientCredit", "InvalidLinkId", "UserIsInactive", "UserInBlackList", "UserAccountSuspended",
		"NotNetworkSubscriber", "UserNotSubscribedToProduct", "UserDoesNotExist", "DoNotDisturbRejection", "DeliveryFailure",
	} {
		if words := reasonOf(reason); !strings.HasSuffix(words, ".") {
			t.Errorf("an operator reads %q for %s", words, reason)
		}
	}
}

func TestHopIDs(t *testing.T) {
	texts := []string{"", "*", "**", "1", "1*", "1**", "1*1", " 1", "1 ", "mchele\ufffd", strings.Repeat("1*", 24), strings.Repeat("1*", 25), strings.Repeat("1*", 26)}
	seen := map[string]string{}
	for _, text := range texts {
		id := hopID("s", text)
		if other, ok := seen[id]; ok {
			t.Errorf("%q and %q have the same id %s", other, text, id)
		}
		seen[id] = text
		if again := hopID("s", text); again != id {
			t.Errorf("%q has the ids %s and %s", text, id, again)
		}
		if len(id) > 1+1+48 {
			t.Errorf("the id of %q has %d bytes", text, len(id))
		}
	}
}

// texts are requests to the URL for incoming SMS.
func texts() []channeltest.Receive {
	const path = "/channels/shop/sms"
	const form = "linkId=SampleLinkId123&to=20880&id=28a92cdf-2d63-4ee3-93df-4233d3de0356&from=%2B254700000001"
	sms := func(text string, at time.Time) *gateway.Inbound {
		return &gateway.Inbound{
			ID: "28a92cdf-2d63-4ee3-93df-4233d3de0356", Channel: "shop", Mode: dialogue.SMS,
			Phone: "+254700000001", Text: text, SentAt: at,
		}
	}
	at := time.Date(2026, 3, 6, 10, 30, 45, 0, time.UTC)
	return []channeltest.Receive{
		{Name: "a text", Path: path, Body: form + "&text=ORDER+RICE5+2&date=2026-03-06T10:30:45Z", In: sms("ORDER RICE5 2", at)},
		{Name: "the other form of date", Path: path, Body: form + "&text=MENU&date=2026-03-06+10:30:45", In: sms("MENU", at)},
		{Name: "a date in another zone", Path: path, Body: form + "&text=MENU&date=2026-03-06T13:30:45%2B03:00", In: sms("MENU", at)},
		{Name: "a date that cannot be read", Path: path, Body: form + "&text=MENU&date=yesterday", In: sms("MENU", time.Time{})},
		{Name: "an empty text", Path: path, Body: form + "&text=", In: sms("", time.Time{})},
		{Name: "beyond ASCII", Path: path, Body: form + "&text=caf%C3%A9+%E7%B1%B3", In: sms("café 米", time.Time{})},
		{Name: "broken UTF-8 and control characters", Path: path, Body: form + "&text=rice%ff%00%0d%0a2", In: sms("rice\ufffd\n2", time.Time{})},
		{Name: "nothing was kept", Path: path, Body: form + "&text=MENU", Down: true, Status: 503, Says: "...", With: map[string]string{"Retry-After": "5"}},
		{Name: "an alphanumeric sender", Path: path, Body: "id=1&from=Safaricom&text=Win!", Refused: gateway.RefusedPhone},
		{Name: "a short code", Path: path, Body: "id=1&from=22111&text=Win!", Refused: gateway.RefusedPhone},
		{Name: "no id", Path: path, Body: "from=%2B254700000001&text=MENU", Status: 400, Says: "...", Refused: gateway.RefusedForm},
	}
}

// reports are requests to the URL for delivery reports.
func reports() []channeltest.Receive {
	const path = "/channels/shop/status"
	report := func(state gateway.State, code, reason string) *gateway.Report {
		return &gateway.Report{Channel: "shop", CarrierID: "ATXid_1", State: state, Code: code, Reason: reason}
	}
	withPhone := report(gateway.Delivered, "Success", "")
	withPhone.Phone = "+254700000001"
	return []channeltest.Receive{
		{Name: "Sent", Path: path, Body: "id=ATXid_1&status=Sent", Report: report(gateway.Sent, "Sent", "")},
		{Name: "Submitted", Path: path, Body: "id=ATXid_1&status=Submitted", Report: report(gateway.Sent, "Submitted", "")},
		{Name: "Buffered", Path: path, Body: "id=ATXid_1&status=Buffered", Report: report(gateway.Buffered, "Buffered", "")},
		{Name: "Success", Path: path, Body: "id=ATXid_1&status=Success&networkCode=63902&retryCount=0", Report: report(gateway.Delivered, "Success", "")},
		{Name: "Success with its phone", Path: path, Body: "id=ATXid_1&status=Success&phoneNumber=%2B254700000001", Report: withPhone},
		{Name: "Rejected", Path: path, Body: "id=ATXid_1&status=Rejected&failureReason=InsufficientCredit", Report: report(gateway.Failed, "InsufficientCredit", "The phone has not the credit for a paid SMS.")},
		{Name: "Failed", Path: path, Body: "id=ATXid_1&status=Failed&failureReason=UserInBlackList", Report: report(gateway.Failed, "UserInBlackList", "The phone has opted out at Africa's Talking.")},
		{Name: "Failed with a strange reason", Path: path, Body: "id=ATXid_1&status=Failed&failureReason=%ff%00", Report: report(gateway.Failed, "Failed", "")},
		{Name: "Expired", Path: path, Body: "id=ATXid_1&status=Expired", Report: report(gateway.Failed, "Expired", "The phone could not be reached for as long as the network tries.")},
		{Name: "AbsentSubscriber", Path: path, Body: "id=ATXid_1&status=AbsentSubscriber", Report: report(gateway.Buffered, "AbsentSubscriber", "The phone is off or out of reach.")},
		{Name: "Failed with a new reason", Path: path, Body: "id=ATXid_1&status=Failed&failureReason=Eclipse", Report: report(gateway.Failed, "Eclipse", "")},
		{Name: "a new word", Path: path, Body: "id=ATXid_1&status=Pondering", Refused: gateway.RefusedForm},
		{Name: "no id", Path: path, Body: "status=Success", Status: 400, Says: "...", Refused: gateway.RefusedForm},
		{Name: "not kept", Path: path, Body: "id=ATXid_1&status=Success", Down: true, Status: 503, Says: "..."},
		{Name: "the end of a session", Path: path, Body: "date=2026-03-06+10:30:45&sessionId=ATUid_1&serviceCode=*384*1%23&networkCode=63902&phoneNumber=%2B254700000001&status=Success&cost=KES+0.10&durationInMillis=9000&hopsCount=3&input=1*2&lastAppResponse=END+x", Refused: gateway.RefusedSessionEnd},
	}
}

// keyed are requests to a channel with a key.
func keyed(t *testing.T) []channeltest.Receive {
	t.Helper()
	channel, err := New("shop", Config{Username: "duka", APIKey: "secret", Access: web.Access{CallbackKey: key}}, gateway.Site{Region: "KE"})
	if err != nil {
		t.Fatal(err)
	}
	return []channeltest.Receive{
		{Name: "the key opens", To: channel, Path: "/channels/shop/" + key + "/ussd", Body: hopForm(""), Says: "CON ok", In: hop("ATUid_1#", "")},
		{Name: "no key", To: channel, Path: "/channels/shop/ussd", Body: hopForm(""), Status: 404, Says: "404 page not found\n", Refused: gateway.RefusedSignature},
		{Name: "a wrong key", To: channel, Path: "/channels/shop/0123456789abcdeX/sms", Body: hopForm(""), Status: 404, Says: "404 page not found\n", Refused: gateway.RefusedSignature},
	}
}

// toCarrier makes a channel whose carrier is the given address.
func toCarrier(t *testing.T, carrier string) gateway.Sender {
	t.Helper()
	channel, err := New("shop", Config{Username: "duka", APIKey: "secret", From: "20880", Access: web.Access{CallbackKey: key}, APIURL: carrier}, gateway.Site{Region: "KE"})
	if err != nil {
		t.Fatal(err)
	}
	return channel
}

// answers are what the API answers to an SMS.
func answers() []channeltest.Send {
	answer := func(recipient string) string {
		return `{"SMSMessageData":{"Message":"Sent to 1/1 Total Cost: KES 0.8000","Recipients":[` + recipient + `]}}`
	}
	refused := answer(`{"statusCode":CODE,"number":"+254700000001","status":"Whatever","cost":"0","messageId":"None"}`)
	coded := func(code string) string { return strings.Replace(refused, "CODE", code, 1) }
	sent := gateway.Receipt{IDs: []string{"ATXid_1"}, State: gateway.Sent, ByID: true}
	return []channeltest.Send{
		{Name: "processed", Status: 201, Body: answer(`{"statusCode":100,"messageId":"ATXid_1"}`), Receipt: sent},
		{Name: "sent", Status: 201, Body: answer(`{"statusCode":101,"number":"+254700000001","status":"Success","cost":"KES 0.8000","messageId":"ATXid_1"}`), Receipt: sent},
		{Name: "queued", Status: 201, Body: answer(`{"statusCode":102,"messageId":"ATXid_1"}`), Receipt: sent},
		{Name: "held as a risk", Status: 201, Body: coded("401"), Refusal: &gateway.SendError{Kind: gateway.Rejected, Code: "401"}},
		{Name: "sender id", Status: 201, Body: coded("402"), Refusal: &gateway.SendError{Kind: gateway.Rejected, Code: "402"}},
		{Name: "sender id, as a word", Status: 201, Body: `{"SMSMessageData":{"Message":"InvalidSenderId","Recipients":[]}}`, Refusal: &gateway.SendError{Kind: gateway.Rejected, Code: "402"}},
		{Name: "phone number", Status: 201, Body: coded("403"), Refusal: &gateway.SendError{Kind: gateway.Rejected, Code: "403"}},
		{Name: "number type", Status: 201, Body: coded("404"), Refusal: &gateway.SendError{Kind: gateway.Rejected, Code: "404"}},
		{Name: "no money", Status: 201, Body: coded("405"), Refusal: &gateway.SendError{Kind: gateway.Unavailable, Code: "405"}},
		{Name: "no money, as a word", Status: 201, Body: `{"SMSMessageData":{"Message":"InsufficientBalance","Recipients":[]}}`, Refusal: &gateway.SendError{Kind: gateway.Unavailable, Code: "405"}},
		{Name: "opted out", Status: 201, Body: coded("406"), Refusal: &gateway.SendError{Code: "406", Kind: gateway.OptedOut}},
		{Name: "no route", Status: 201, Body: coded("407"), Refusal: &gateway.SendError{Kind: gateway.Rejected, Code: "407"}},
		{Name: "do not disturb", Status: 201, Body: coded("409"), Refusal: &gateway.SendError{Kind: gateway.Rejected, Code: "409"}},
		{Name: "their fault", Status: 201, Body: coded("500"), Refusal: &gateway.SendError{Kind: gateway.Unavailable, Code: "500"}},
		{Name: "the gateway's fault", Status: 201, Body: coded("501"), Refusal: &gateway.SendError{Kind: gateway.Unavailable, Code: "501"}},
		{Name: "rejected by the gateway", Status: 201, Body: coded("502"), Refusal: &gateway.SendError{Kind: gateway.Temporary, Code: "502"}},
		{Name: "a new code", Status: 201, Body: coded("499"), Refusal: &gateway.SendError{Kind: gateway.Rejected, Code: "499"}},
		{Name: "nobody", Status: 201, Body: `{"SMSMessageData":{"Message":"Sent to 0/1","Recipients":[]}}`, Refusal: &gateway.SendError{Kind: gateway.Unavailable, Doubt: true}},
		{Name: "sent without an id", Status: 201, Body: answer(`{"statusCode":101}`), Refusal: &gateway.SendError{Kind: gateway.Unavailable, Doubt: true}},
		{Name: "a page instead of JSON", Status: 200, Body: "<html>", Refusal: &gateway.SendError{Kind: gateway.Unavailable, Doubt: true}},
		{Name: "a wrong api key", Status: 401, Body: "The supplied authentication is invalid", Refusal: &gateway.SendError{Kind: gateway.Unavailable, Code: "401"}},
		{Name: "forbidden", Status: 403, Refusal: &gateway.SendError{Kind: gateway.Unavailable, Code: "403"}},
		{Name: "a bad request", Status: 400, Body: "Request is missing required form field 'to'", Refusal: &gateway.SendError{Kind: gateway.Rejected, Code: "400"}},
		{Name: "too fast", Status: 429, Header: map[string]string{"Retry-After": "7"}, Refusal: &gateway.SendError{Kind: gateway.Throttled, Code: "429", After: 7 * time.Second}},
		{Name: "a fault", Status: 502, Refusal: &gateway.SendError{Kind: gateway.Unavailable, Doubt: true, Code: "502"}},
		{Name: "away for a while", Status: 503, Header: map[string]string{"Retry-After": "60"}, Refusal: &gateway.SendError{Kind: gateway.Unavailable, Code: "503", After: time.Minute}},
		{Name: "it hangs up", Refusal: &gateway.SendError{Kind: gateway.Unavailable, Doubt: true}},
	}
}

func TestConform(t *testing.T) {
	channeltest.Conform(t, channeltest.Suite{
		Channel:  open(t),
		Receives: slices.Concat(hops(), texts(), reports(), keyed(t)),
		Open:     toCarrier,
		Sends:    answers(),
		Config: Config{
			Username: "duka", APIKey: "an-api-key", From: "20880",
			Access: web.Access{CallbackKey: key, Allow: []string{"192.0.2.0/24"}}, APIURL: "https://api.africastalking.com",
		},
	})
}

func TestSendAsks(t *testing.T) {
	req, body := channeltest.Sent(t, toCarrier, 201, `{"SMSMessageData":{"Recipients":[{"statusCode":101,"messageId":"ATXid_1"}]}}`)
	if req.Method != http.MethodPost || req.URL.Path != "/version1/messaging" {
		t.Errorf("%s %s", req.Method, req.URL)
	}
	for name, want := range map[string]string{
		"Apikey": "secret", "Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded",
	} {
		if got := req.Header.Get(name); got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
	want := url.Values{"username": {"duka"}, "to": {string(channeltest.SMS.Phone)}, "message": {channeltest.SMS.Text}, "from": {"20880"}, "bulkSMSMode": {"1"}}
	if body != want.Encode() {
		t.Errorf("form = %s, want %s", body, want.Encode())
	}
}

func TestNewSaysWhatToDo(t *testing.T) {
	tests := []struct {
		name string
		cfg  Config
		says string
	}{
		{"no username", Config{APIKey: "k", Access: web.Access{LoopbackOnly: true}}, "username"},
		{"no API key", Config{Username: "u", Access: web.Access{LoopbackOnly: true}}, "api_key"},
		{"open to all", Config{Username: "u", APIKey: "k"}, "callback_key"},
		{"a short key", Config{Username: "u", APIKey: "k", Access: web.Access{CallbackKey: "short"}}, "callback_key"},
		{"a broken network", Config{Username: "u", APIKey: "k", Access: web.Access{Allow: []string{"all"}}}, "allow"},
		{"a broken address", Config{Username: "u", APIKey: "k", Access: web.Access{LoopbackOnly: true}, APIURL: "api.example.org"}, "api_url"},
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

func TestSandboxHasItsOwnAddress(t *testing.T) {
	for user, want := range map[string]string{"sandbox": sandboxURL, "duka": liveURL} {
		channel, err := New("shop", Config{Username: user, APIKey: "k", Access: web.Access{LoopbackOnly: true}}, gateway.Site{Region: "KE"})
		if err != nil || channel.cfg.APIURL != want {
			t.Errorf("%s sends to %s, %v, want %s", user, channel.cfg.APIURL, err, want)
		}
	}
}

func FuzzRoutes(f *testing.F) {
	f.Add("ussd", hopForm("1*2"))
	f.Add("ussd", "sessionId=a&status=Success&hopsCount=1")
	f.Add("sms", "id=1&from=%2B254700000001&text=%ff&date=2026-03-06+10:30:45")
	f.Add("status", "id=ATXid_1&status=Success&phoneNumber=0700000001")
	channel := open(f)
	f.Fuzz(func(t *testing.T, leaf, body string) {
		if leaf != "ussd" && leaf != "sms" {
			leaf = "status"
		}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://localhost/channels/shop/"+leaf, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		channeltest.Knock(t, channel, req)
	})
}
