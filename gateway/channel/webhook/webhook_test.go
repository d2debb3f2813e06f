package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"

	"haat/gateway"
	"haat/gateway/channel/channeltest"
	"haat/gateway/channel/web"
	"haat/gateway/dialogue"
)

const (
	key         = "a-signing-key-of-ours"
	callbackKey = "0123456789abcdef"
)

func open(t testing.TB, name string, cfg Config) *Channel {
	t.Helper()
	channel, err := New(name, cfg, gateway.Site{Region: "KE"})
	if err != nil {
		t.Fatal(err)
	}
	return channel
}

// native is a carrier that was written for us.
func native() Config { return Config{SigningKey: key, SendURL: "https://api.example.org/sms"} }

// tower is a carrier that likes bodies within bodies, several SMS at once, and
// SHA-256 in base64 over the body alone.
func tower() Config {
	return Config{
		SigningKey: key, SignatureHeader: "X-Tower-Mac", Signature: "v1={base64}", SignedText: "{body}",
		SMSFields: map[string]string{"from": "sender.msisdn", "text": "content.text", "id": "messageId", "sent_at": "ts"},
		SMSList:   "data.results",
		USSDFields: map[string]string{
			"from": "subscriber.msisdn", "text": "input", "type": "event", "user": "account",
		},
		USSDFirst: []string{"BEGIN"}, USSDOver: []string{"ABORT"}, ServiceCode: "*384*96#",
		USSDContinue: map[string]any{"account": "{user}", "screen": map[string]any{"body": "{text}"}, "more": true},
		USSDEnd:      map[string]any{"account": "{user}", "screen.body": "{text}", "more": false},
		StatusFields: map[string]string{"carrier_id": "messageId", "status": "status.name", "code": "status.code"},
		StatusList:   "data.results",
		States:       map[string]string{"PENDING": "ignore", "DELIVERED_TO_HANDSET": "delivered", "Undeliverable": "failed"},
		SendURL:      "https://api.example.org/sms",
		SendFields:   map[string]any{"from": "HAAT", "messages.0.destinations.0.to": "{digits}", "messages.0.text": "{text}", "messages.0.validUntil": "{until}", "flash": false, "ttl": uint64(60)},
		SendHeaders:  map[string]string{"Authorization": "App {secret}"}, Secret: "a-secret-of-ours",
		AnswerFields: map[string]string{"id": "messages.0.messageId", "code": "messages.0.status.id"},
		Codes:        map[string]string{"7": "taken", "26": "taken", "14": "rejected", "8": "unavailable", "9": "throttled", "10": "temporary", "13": "opted_out", "http_422": "rejected"},
	}
}

// plain is a carrier that posts forms with a secret in the URL, and wants texts.
func plain() Config {
	return Config{
		CallbackKey: callbackKey, Format: "form", AnswerFormat: "text",
		SMSFields: map[string]string{"from": "msisdn", "text": "body", "id": "id"}, SMSReply: map[string]any{"body": "{text}"},
		USSDFields:     map[string]string{"from": "msisdn", "text": "text", "session": "sid"},
		USSDCumulative: true,
		StatusFields:   map[string]string{"ref": "smsref", "status": "dlr"},
		States:         map[string]string{"1": "delivered", "2": "failed"},
		Answer:         map[string]any{"body": "OK"},
		SendURL:        "https://api.example.org/sms", SendFormat: "form", SendAnswer: "none",
		SendFields: map[string]any{"to": "{digits}", "msg": "{text}", "apikey": "{secret}", "smsref": "{ref}", "dlr": uint64(1)},
		Secret:     "a-secret-of-ours", Codes: map[string]string{"http_409": "taken"},
	}
}

// answering is a carrier that gets the reply in the response, and that calls
// by GET.
func answering() Config {
	return Config{
		Allow: []string{"127.0.0.1"}, Format: "query",
		SMSFields: map[string]string{"from": "from", "text": "text", "user": "user"},
		SMSReply:  map[string]any{"to": "{from}", "user": "{user}", "payload.messages.0.message": "{text}"},
	}
}

func macOf(text string) []byte {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(text))
	return mac.Sum(nil)
}

// sign signs as the native protocol says, apart from the channel's code.
func sign(body string, at time.Time) map[string]string {
	stamp := strconv.FormatInt(at.Unix(), 10)
	return map[string]string{
		"Content-Type": "application/json", "X-Timestamp": stamp, "X-Signature": hex.EncodeToString(macOf(stamp + "." + body)),
	}
}

func signTower(body string) map[string]string {
	return map[string]string{"Content-Type": "application/json", "X-Tower-Mac": "v1=" + base64.StdEncoding.EncodeToString(macOf(body))}
}

func TestASignatureMadeByOpenSSL(t *testing.T) {
	// printf '1760000000.{"a":1}' | openssl dgst -sha256 -hmac a-signing-key-of-ours
	const vector = "f42b07f393cfde9e838030da2ed73718a993c137472bd21dfc228637c2f3e867"
	if got := hex.EncodeToString(open(t, "shop", native()).signer.mac("1760000000", `{"a":1}`)); got != vector {
		t.Errorf("signature = %s, want %s", got, vector)
	}
}

// whatever is an answer that does not matter.
const whatever = "..."

var bad = channeltest.Receive{Status: 400, Says: whatever, Refused: gateway.RefusedForm}

// posted is a request of the native carrier, rightly signed.
func posted(name, leaf, body string, tt channeltest.Receive) channeltest.Receive {
	tt.Name, tt.Path, tt.Body, tt.Header = name, "/channels/shop/"+leaf, body, sign(body, time.Now())
	if tt.Says == "" {
		tt.Says = "{}"
	}
	return tt
}

func sms(channel, id, text string, at time.Time) *gateway.Inbound {
	return &gateway.Inbound{ID: id, Channel: channel, Mode: dialogue.SMS, Phone: "+254700000001", Text: text, SentAt: at}
}

var sentAt = time.Date(2026, 3, 6, 10, 30, 45, 0, time.UTC)

func nativeCases() []channeltest.Receive {
	hop := func(id, text string) *gateway.Inbound {
		return &gateway.Inbound{ID: id, Channel: "shop", Mode: dialogue.USSD, Phone: "+254700000001", Text: text, Session: "s9"}
	}
	menu := gateway.Reply{Text: "Karibu <1>\n1.Mchele"}
	report := func(state gateway.State, code string) *gateway.Report {
		return &gateway.Report{Channel: "shop", Phone: "+254700000001", Ref: "4711", CarrierID: "c-1", State: state, Code: code}
	}
	noPhone := &gateway.Report{Channel: "shop", CarrierID: "c-1", State: gateway.Sent, Code: "sent"}
	const digest = "00254700000001\x002026-03-06 10:30:45\x00MENU"
	tooLong := strings.Repeat("i", 200)
	return []channeltest.Receive{
		posted("a text", "sms", `{"id":"77","from":"+254700000001","to":"20384","text":"ORDER RICE5 2","sent_at":"2026-03-06T10:30:45Z"}`, channeltest.Receive{In: sms("shop", "77", "ORDER RICE5 2", sentAt)}),
		posted("an id and a phone as numbers", "sms", `{"id":9007199254740993,"from":254700000001,"text":"MENU","sent_at":1772793045}`, channeltest.Receive{In: sms("shop", "9007199254740993", "MENU", sentAt)}),
		posted("a time in milliseconds", "sms", `{"id":"77","from":"0700 000 001","text":"MENU","sent_at":1772793045000}`, channeltest.Receive{In: sms("shop", "77", "MENU", sentAt)}),
		posted("no id, but a time", "sms", `{"from":"00254700000001","text":"MENU","sent_at":"2026-03-06 10:30:45"}`, channeltest.Receive{In: sms("shop", web.Digest(digest), "MENU", sentAt)}),
		posted("an id too long to be kept", "sms", `{"id":"`+tooLong+`","from":"tel:+254700000001","text":"MENU"}`, channeltest.Receive{In: sms("shop", web.Digest(tooLong), "MENU", time.Time{})}),
		posted("beyond ASCII", "sms", `{"id":"77","from":"+254700000001","text":"caf\u00e9 两瓶 \ud83d\ude00"}`, channeltest.Receive{In: sms("shop", "77", "café 两瓶 😀", time.Time{})}),
		posted("broken UTF-8 and control characters", "sms", `{"id":"77","from":"+254700000001","text":"rice`+"\xff"+`\u0000\r\n2"}`, channeltest.Receive{In: sms("shop", "77", "rice\ufffd\n2", time.Time{})}),
		posted("no text", "sms", `{"id":"77","from":"+254700000001","text":null}`, channeltest.Receive{In: sms("shop", "77", "", time.Time{})}),
		posted("nothing was kept", "sms", `{"id":"77","from":"+254700000001","text":"MENU"}`, channeltest.Receive{Down: true, Status: 503, Says: whatever, With: map[string]string{"Retry-After": "5"}}),
		posted("a short code", "sms", `{"id":"77","from":"22111","text":"Win!"}`, channeltest.Receive{Refused: gateway.RefusedPhone}),
		posted("a name", "sms", `{"id":"77","from":"MPESA","text":"Win!"}`, channeltest.Receive{Refused: gateway.RefusedPhone}),
		posted("no sender", "sms", `{"id":"77","text":"MENU"}`, bad),
		posted("a sender within", "sms", `{"id":"77","from":{"msisdn":"+254700000001"},"text":"MENU"}`, bad),
		posted("a list", "sms", `[{"id":"77","from":"+254700000001","text":"MENU"}]`, bad),
		posted("two values", "sms", `{"id":"77","from":"+254700000001","text":"MENU"}{}`, bad),
		posted("no JSON", "sms", `from=%2B254700000001`, bad),

		posted("a dial", "ussd", `{"id":"1","session":"s9","from":"+254700000001","text":""}`, channeltest.Receive{Reply: menu, Says: `{"end":false,"text":"Karibu <1>\n1.Mchele"}`, With: map[string]string{"Content-Type": "application/json"}, In: hop("s9#1", "")}),
		posted("a dial with its code", "ussd", `{"id":"1","session":"s9","from":"+254700000001","text":"*384*96#"}`, channeltest.Receive{Reply: menu, Says: whatever, In: hop("s9#1", "")}),
		posted("an answer", "ussd", `{"id":"2","session":"s9","from":"+254700000001","text":"1"}`, channeltest.Receive{Reply: menu, Says: whatever, In: hop("s9#2", "1")}),
		posted("the last screen", "ussd", `{"id":"3","session":"s9","from":"+254700000001","text":"2"}`, channeltest.Receive{Reply: gateway.Reply{Text: "Asante", End: true}, Says: `{"end":true,"text":"Asante"}`, In: hop("s9#3", "2")}),
		posted("no hop was kept", "ussd", `{"id":"2","session":"s9","from":"+254700000001","text":"1"}`, channeltest.Receive{Down: true, Says: `{"end":true,"text":"` + channeltest.Apology + `"}`}),
		posted("no session", "ussd", `{"id":"2","from":"+254700000001","text":"1"}`, bad),
		posted("no phone", "ussd", `{"id":"2","session":"s9","text":"1"}`, channeltest.Receive{Status: 400, Says: whatever, Refused: gateway.RefusedPhone}),

		posted("delivered", "status", `{"ref":"4711","id":"c-1","status":"Delivered","to":"+254700000001"}`, channeltest.Receive{Report: report(gateway.Delivered, "Delivered")}),
		posted("failed, with a code", "status", `{"ref":"4711","id":"c-1","status":"failed","to":"+254700000001","code":27}`, channeltest.Receive{Report: report(gateway.Failed, "27")}),
		posted("buffered", "status", `{"ref":4711,"id":"c-1","status":"buffered","to":"+254700000001","code":"a text"}`, channeltest.Receive{Report: report(gateway.Buffered, "buffered")}),
		posted("by the carrier's id alone", "status", `{"id":"c-1","status":"sent"}`, channeltest.Receive{Report: noPhone}),
		posted("a new word", "status", `{"ref":"4711","status":"pondering"}`, channeltest.Receive{Refused: gateway.RefusedForm}),
		posted("no ids", "status", `{"status":"sent"}`, bad),
		posted("no status", "status", `{"ref":"4711"}`, bad),
		posted("no report was kept", "status", `{"ref":"4711","status":"sent"}`, channeltest.Receive{Down: true, Status: 503, Says: whatever}),
	}
}

func signatureCases() []channeltest.Receive {
	const path, body = "/channels/shop/sms", `{"id":"77","from":"+254700000001","text":"MENU"}`
	refused := func(name string, status int, header map[string]string) channeltest.Receive {
		header["Content-Type"] = "application/json"
		return channeltest.Receive{Name: name, Path: path, Body: body, Header: header, Status: status, Says: whatever, Refused: gateway.RefusedSignature}
	}
	now := sign(body, time.Now())
	stamp, signature := now["X-Timestamp"], now["X-Signature"]
	spelt := sign(body, time.Now())
	spelt["X-Signature"] = strings.ToUpper(spelt["X-Signature"])
	return []channeltest.Receive{
		{Name: "a clock that is a little wrong", Path: path, Body: body, Header: sign(body, time.Now().Add(-4*time.Minute)), Says: "{}", In: sms("shop", "77", "MENU", time.Time{})},
		{Name: "a signature in capitals", Path: path, Body: body, Header: spelt, Says: "{}", In: sms("shop", "77", "MENU", time.Time{})},
		refused("another body", 403, sign(body+" ", time.Now())),
		refused("the body alone is signed", 403, map[string]string{"X-Timestamp": stamp, "X-Signature": hex.EncodeToString(macOf(body))}),
		refused("another time", 403, map[string]string{"X-Timestamp": stamp + "0", "X-Signature": signature}),
		refused("a part of it", 403, map[string]string{"X-Timestamp": stamp, "X-Signature": signature[:32]}),
		refused("no hexadecimal", 403, map[string]string{"X-Timestamp": stamp, "X-Signature": "forged"}),
		refused("no time", 400, map[string]string{"X-Signature": signature}),
		refused("no signature", 400, map[string]string{"X-Timestamp": stamp}),
		refused("played back", 403, sign(body, time.Now().Add(-10*time.Minute))),
		refused("from the future", 403, sign(body, time.Now().Add(10*time.Minute))),
		{Name: "GET", Method: "GET", Path: path, Status: 405, Says: whatever, Refused: gateway.RefusedMethod},
		{Name: "a form", Path: path, Body: "a=b", Status: 415, Says: whatever, Refused: gateway.RefusedType},
	}
}

func towerCases(t *testing.T) []channeltest.Receive {
	channel := open(t, "tower", tower())
	post := func(name, leaf, body string, tt channeltest.Receive) channeltest.Receive {
		tt.Name, tt.To, tt.Path, tt.Body, tt.Header = name, channel, "/channels/tower/"+leaf, body, signTower(body)
		if tt.Says == "" {
			tt.Says = "{}"
		}
		return tt
	}
	const results = `{"data":{"results":[%s]}}`
	one := fmt.Sprintf(results, `{"messageId":"m1","sender":{"msisdn":"254700000001"},"content":{"text":"MENU"},"ts":"2026-03-06T13:30:45+03:00"}`)
	report := &gateway.Report{Channel: "tower", CarrierID: "m9", State: gateway.Delivered, Code: "5"}
	forged := post("tower: forged", "sms", one, channeltest.Receive{Status: 403, Says: whatever, Refused: gateway.RefusedSignature})
	forged.Header = map[string]string{"Content-Type": "application/json", "X-Tower-Mac": "v2=" + strings.TrimPrefix(signTower(one)["X-Tower-Mac"], "v1=")}
	return []channeltest.Receive{
		post("tower: a text", "sms", one, channeltest.Receive{In: sms("tower", "m1", "MENU", sentAt)}),
		post("tower: no list", "sms", `{"data":{}}`, bad),
		post("tower: an empty list", "sms", fmt.Sprintf(results, ""), bad),
		post("tower: too many", "sms", fmt.Sprintf(results, strings.Repeat("1,", 100)+"1"), channeltest.Receive{Status: 413, Says: whatever, Refused: gateway.RefusedSize}),
		post("tower: delivered", "status", fmt.Sprintf(results, `{"messageId":"m9","status":{"name":"delivered_to_handset","code":5}}`), channeltest.Receive{Report: report}),
		post("tower: on its way", "status", fmt.Sprintf(results, `{"messageId":"m9","status":{"name":"PENDING"}}`), channeltest.Receive{}),
		post("tower: a new word", "status", fmt.Sprintf(results, `{"messageId":"m9","status":{"name":"LOST"}}`), channeltest.Receive{Refused: gateway.RefusedForm}),
		post("tower: a session is over", "ussd", `{"event":"ABORT","subscriber":{"msisdn":"254700000001"}}`, channeltest.Receive{Refused: gateway.RefusedSessionEnd}),
		forged,
	}
}

func plainCases(t *testing.T) []channeltest.Receive {
	channel, byGET := open(t, "plain", plain()), open(t, "byget", answering())
	at := func(leaf string) string { return "/channels/plain/" + callbackKey + "/" + leaf }
	hop := func(text string) *gateway.Inbound {
		return &gateway.Inbound{ID: "s9#" + web.Digest(text), Channel: "plain", Mode: dialogue.USSD, Phone: "+254700000001", Text: text, Session: "s9", Cumulative: true}
	}
	report := &gateway.Report{Channel: "plain", Ref: "4711", State: gateway.Delivered, Code: "1"}
	text := map[string]string{"Content-Type": "text/plain; charset=utf-8"}
	return []channeltest.Receive{
		{Name: "plain: a text", To: channel, Path: at("sms"), Body: "msisdn=%2B254700000001&body=caf%C3%A9&id=7", Reply: gateway.Reply{Text: "1.Sawa"}, Says: "1.Sawa", With: text, In: sms("plain", "7", "café", time.Time{})},
		{Name: "plain: an unescaped plus", To: channel, Path: at("sms"), Body: "msisdn=+254700000001&body=MENU&id=7", Says: "ok", In: sms("plain", "7", "MENU", time.Time{})},
		{Name: "plain: nothing to say", To: channel, Path: at("sms"), Body: "msisdn=254700000001&body=hm&id=7", Reply: gateway.Reply{End: true}, Says: "OK", In: sms("plain", "7", "hm", time.Time{})},
		{Name: "plain: broken UTF-8 in the text", To: channel, Path: at("sms"), Body: "msisdn=254700000001&body=a%ff&id=7", Says: "ok", In: sms("plain", "7", "a\ufffd", time.Time{})},
		{Name: "plain: broken UTF-8 elsewhere", To: channel, Path: at("sms"), Body: "msisdn=254700000001&body=a&id=%ff", Status: 400, Says: whatever, Refused: gateway.RefusedForm},
		{Name: "plain: a broken escape", To: channel, Path: at("sms"), Body: "msisdn=254700000001&body=100%", Status: 400, Says: whatever, Refused: gateway.RefusedForm},
		{Name: "plain: not kept", To: channel, Path: at("sms"), Body: "msisdn=254700000001&body=a&id=7", Down: true, Status: 503, Says: whatever},
		{Name: "plain: a wrong key", To: channel, Path: "/channels/plain/0123456789abcdeX/sms", Body: "a=b", Status: 404, Says: whatever, Refused: gateway.RefusedSignature},
		{Name: "plain: a dial", To: channel, Path: at("ussd"), Body: "msisdn=254700000001&sid=s9&text=", Reply: gateway.Reply{Text: "1.Duka"}, Says: "CON 1.Duka", With: text, In: hop("")},
		{Name: "plain: an answer", To: channel, Path: at("ussd"), Body: "msisdn=254700000001&sid=s9&text=1*98*98", Reply: gateway.Reply{Text: "Asante", End: true}, Says: "END Asante", In: hop("1*98*98")},
		{Name: "plain: no hop kept", To: channel, Path: at("ussd"), Body: "msisdn=254700000001&sid=s9&text=1", Down: true, Says: "END " + channeltest.Apology},
		{Name: "plain: delivered", To: channel, Path: at("status"), Body: "smsref=4711&dlr=1", Says: "OK", Report: report},

		{Name: "GET: a name", To: byGET, Method: "GET", Path: "/channels/byget/sms?from=MPESA&text=Win", Says: "{}", Refused: gateway.RefusedPhone},
		{Name: "GET: POST", To: byGET, Path: "/channels/byget/sms?from=254700000001&text=a", Status: 405, Says: whatever, Refused: gateway.RefusedMethod},
		{Name: "GET: a broken query", To: byGET, Method: "GET", Path: "/channels/byget/sms?from=%zz", Status: 400, Says: whatever, Refused: gateway.RefusedForm},
	}
}

func TestConform(t *testing.T) {
	var all []channeltest.Receive
	for _, cases := range [][]channeltest.Receive{nativeCases(), signatureCases(), towerCases(t), plainCases(t)} {
		all = append(all, cases...)
	}
	channeltest.Conform(t, channeltest.Suite{
		Channel: open(t, "shop", native()), Receives: all,
		Open: to(native), Sends: nativeSends(), Config: everything(t),
	})
}

// to makes channels whose carrier is at the given address.
func to(config func() Config) func(t *testing.T, carrier string) gateway.Sender {
	return func(t *testing.T, carrier string) gateway.Sender {
		cfg := config()
		cfg.SendURL = carrier + "/send"
		return open(t, "shop", cfg)
	}
}

func refusal(kind gateway.Refusal, code string) *gateway.SendError {
	return &gateway.SendError{Kind: kind, Code: code}
}

func nativeSends() []channeltest.Send {
	slower := refusal(gateway.Throttled, "429")
	slower.After = 7 * time.Second
	unclear := &gateway.SendError{Kind: gateway.Unavailable, Doubt: true}
	return []channeltest.Send{
		{Name: "taken", Status: 201, Body: `{"id":"c-1"}`, Receipt: gateway.Receipt{IDs: []string{"c-1"}, State: gateway.Sent}},
		{Name: "an id as a number", Status: 200, Body: `{"id":12345678901234567890}`, Receipt: gateway.Receipt{IDs: []string{"12345678901234567890"}, State: gateway.Sent}},
		{Name: "no id", Status: 200, Body: `{"status":"ok"}`, Refusal: unclear},
		{Name: "a page instead of JSON", Status: 200, Body: "<html>", Refusal: unclear},
		{Name: "nothing", Status: 204, Refusal: unclear},
		{Name: "never", Status: 400, Refusal: refusal(gateway.Rejected, "400")},
		{Name: "a wrong key", Status: 401, Refusal: refusal(gateway.Unavailable, "401")},
		{Name: "a wrong address", Status: 404, Refusal: refusal(gateway.Unavailable, "404")},
		{Name: "a redirect", Status: 302, Header: map[string]string{"Location": "https://example.org"}, Refusal: refusal(gateway.Unavailable, "302")},
		{Name: "too fast", Status: 429, Header: map[string]string{"Retry-After": "7"}, Refusal: slower},
		{Name: "a fault", Status: 500, Refusal: refusal(gateway.Unavailable, "500")},
		{Name: "a proxy's fault", Status: 502, Refusal: &gateway.SendError{Kind: gateway.Unavailable, Code: "502", Doubt: true}},
		{Name: "it hangs up", Refusal: unclear},
	}
}

func TestSendByCodes(t *testing.T) {
	coded := func(code string) string {
		return `{"messages":[{"messageId":"m1","status":{"id":` + code + `}}]}`
	}
	ids := gateway.Receipt{IDs: []string{"m1"}, State: gateway.Sent, ByID: true}
	slower := refusal(gateway.Throttled, "9")
	slower.After = 3 * time.Second
	channeltest.RunSends(t, to(tower), []channeltest.Send{
		{Name: "taken", Status: 200, Body: coded("7"), Receipt: ids},
		{Name: "taken, though not HTTP's way", Status: 500, Body: coded(`"26"`), Receipt: ids},
		{Name: "taken without an id", Status: 200, Body: `{"messages":[{"status":{"id":7}}]}`, Receipt: gateway.Receipt{State: gateway.Sent}},
		{Name: "rejected", Status: 200, Body: coded("14"), Refusal: refusal(gateway.Rejected, "14")},
		{Name: "no money", Status: 200, Body: coded("8"), Refusal: refusal(gateway.Unavailable, "8")},
		{Name: "too fast", Status: 200, Header: map[string]string{"Retry-After": "3"}, Body: coded("9"), Refusal: slower},
		{Name: "not now", Status: 200, Body: coded("10"), Refusal: refusal(gateway.Temporary, "10")},
		{Name: "opted out", Status: 400, Body: coded("13"), Refusal: refusal(gateway.OptedOut, "13")},
		{Name: "a code that is not listed", Status: 200, Body: coded("99"), Refusal: refusal(gateway.Rejected, "99")},
		{Name: "that and HTTP's word", Status: 503, Body: coded("99"), Refusal: refusal(gateway.Unavailable, "99")},
		{Name: "HTTP's code is listed", Status: 422, Body: "<html>", Refusal: refusal(gateway.Rejected, "422")},
		{Name: "a code that holds the phone", Status: 400, Body: coded(`"254700000001"`), Refusal: refusal(gateway.Rejected, "400")},
		{Name: "no code", Status: 200, Body: `{"messages":[]}`, Refusal: &gateway.SendError{Kind: gateway.Unavailable, Doubt: true}},
	})
	channeltest.RunSends(t, to(plain), []channeltest.Send{
		{Name: "whatever it says", Status: 200, Body: "1701|OK", Receipt: gateway.Receipt{State: gateway.Sent}},
		{Name: "it was there before", Status: 409, Receipt: gateway.Receipt{State: gateway.Sent}},
		{Name: "never", Status: 400, Body: "1702", Refusal: refusal(gateway.Rejected, "400")},
	})
}

func TestSendAsks(t *testing.T) {
	asked, body := channeltest.Sent(t, to(native), 200, `{"id":"c-1"}`)
	if want := `{"ref":"4711","text":"Order 12 is confirmed. Code 4821. Bei: €5","to":"+254700000001"}`; body != want {
		t.Errorf("body = %s, want %s", body, want)
	}
	stamp := asked.Header.Get("X-Timestamp")
	if got, want := asked.Header.Get("X-Signature"), hex.EncodeToString(macOf(stamp+"."+body)); got != want {
		t.Errorf("X-Signature = %s, want %s", got, want)
	}
	again, _ := channeltest.Sent(t, to(native), 200, `{"id":"c-1"}`)
	if k := asked.Header.Get("Idempotency-Key"); !strings.HasPrefix(k, "4711-") || k != again.Header.Get("Idempotency-Key") {
		t.Errorf("Idempotency-Key = %q, then %q", k, again.Header.Get("Idempotency-Key"))
	}
	other := channeltest.SMS // after a reset of the log
	other.Text = "Order 13 is confirmed."
	asks := channeltest.SentFor(t, to(native), channeltest.Send{Status: 200, Body: `{"id":"c-1"}`}, other)
	if got := asks[0].Header.Get("Idempotency-Key"); got == asked.Header.Get("Idempotency-Key") {
		t.Errorf("another SMS has the same Idempotency-Key %q", got)
	}

	if _, endless := channeltest.Sent(t, to(tower), 200, `{"messages":[{"status":{"id":7}}]}`); strings.Contains(endless, "validUntil") {
		t.Errorf("without an end the body is %s", endless)
	}
	until := channeltest.SMS
	until.Until = time.Date(2026, 3, 6, 13, 30, 45, 0, time.FixedZone("EAT", 3*3600))
	nested := channeltest.SentFor(t, to(tower), channeltest.Send{Status: 200, Body: `{"messages":[{"status":{"id":7}}]}`}, until)[0]
	want := `{"flash":false,"from":"HAAT","messages":[{"destinations":[{"to":"254700000001"}],"text":"Order 12 is confirmed. Code 4821. Bei: €5","validUntil":"2026-03-06T10:30:45Z"}],"ttl":60}`
	if diff := cmp.Diff(want, nested.Body); diff != "" {
		t.Errorf("body (- want, + got):\n%s", diff)
	}
	if got := nested.Header.Get("Authorization"); got != "App a-secret-of-ours" {
		t.Errorf("Authorization = %q", got)
	}
	if got, want := nested.Header.Get("X-Tower-Mac"), signTower(nested.Body)["X-Tower-Mac"]; got != want {
		t.Errorf("X-Tower-Mac = %q, want %q", got, want)
	}

	_, text := channeltest.Sent(t, to(plain), 200, "")
	fields := url.Values{"to": {"254700000001"}, "msg": {channeltest.SMS.Text}, "apikey": {"a-secret-of-ours"}, "smsref": {"4711"}, "dlr": {"1"}}
	if text != fields.Encode() {
		t.Errorf("form = %s, want %s", text, fields.Encode())
	}

	byGET, _ := channeltest.Sent(t, to(func() Config {
		cfg := native()
		cfg.SendFormat, cfg.SendFields = "query", map[string]any{"to": "{to}", "text": "{text}"}
		cfg.Username, cfg.Password = "haat", "secret-password"
		return cfg
	}), 200, `{"id":"c-1"}`)
	if got := byGET.URL.Query(); byGET.Method != "GET" || got.Get("to") != "+254700000001" || got.Get("text") != channeltest.SMS.Text {
		t.Errorf("%s %s", byGET.Method, byGET.URL)
	}
	if got, want := byGET.Header.Get("X-Signature"), hex.EncodeToString(macOf(byGET.Header.Get("X-Timestamp")+"."+byGET.URL.RawQuery)); got != want {
		t.Errorf("X-Signature = %s, want %s", got, want)
	}
	if user, password, _ := byGET.BasicAuth(); user != "haat" || password != "secret-password" {
		t.Errorf("credentials = %s %s", user, password)
	}
}

// call sends a request to the channel and gives the answer.
func call(t *testing.T, channel gateway.Receiver, behind gateway.Acceptor, method, path, body string, header map[string]string) (int, string) {
	t.Helper()
	server := channeltest.Serve(t, channel, behind)
	req, err := http.NewRequestWithContext(t.Context(), method, server.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range header {
		req.Header.Set(name, value)
	}
	resp, err := server.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	said, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(said)
}

// TestManyAtOnce: all SMS of a list are kept, what is none among them is counted,
// and a list of which something could not be kept comes again.
func TestManyAtOnce(t *testing.T) {
	channel, behind := open(t, "tower", tower()), &channeltest.Gateway{}
	body := `{"data":{"results":[
		{"messageId":"m1","sender":{"msisdn":"254700000001"},"content":{"text":"a"}},
		{"messageId":"m2","sender":{"msisdn":"MPESA"},"content":{"text":"b"}},
		{"messageId":"m3","content":{"text":"c"}},
		{"messageId":"m4","sender":{"msisdn":"254700000002"},"content":{"text":"d"}}]}}`
	if status, text := call(t, channel, behind, "POST", "/channels/tower/sms", body, signTower(body)); status != 200 || text != "{}" {
		t.Errorf("answer = %d %s", status, text)
	}
	var texts []string
	for _, in := range behind.Inbounds() {
		texts = append(texts, in.ID+" "+in.Text)
	}
	if want := []string{"m1 a", "m4 d"}; !slices.Equal(texts, want) {
		t.Errorf("kept %q, want %q", texts, want)
	}
	if got, want := behind.Refused(), []string{gateway.RefusedPhone, gateway.RefusedForm}; !slices.Equal(got, want) {
		t.Errorf("refused %q, want %q", got, want)
	}
	const none = `{"data":{"results":["a",{"messageId":"m5"}]}}`
	if status, _ := call(t, channel, behind, "POST", "/channels/tower/sms", none, signTower(none)); status != 400 || len(behind.Refused()) != 4 {
		t.Errorf("nothing but what is no SMS is answered %d, and %d are counted", status, len(behind.Refused())-2)
	}
	behind.SetDown(true)
	if status, _ := call(t, channel, behind, "POST", "/channels/tower/sms", body, signTower(body)); status != 503 {
		t.Errorf("while down the answer is %d", status)
	}
}

// TestSessionsWithoutNames: a carrier that names no session says which hop is
// the first; those that follow belong to it, and the next first is another one.
func TestSessionsWithoutNames(t *testing.T) {
	channel, behind := open(t, "tower", tower()), &channeltest.Gateway{}
	hop := func(event, from, input string) string {
		t.Helper()
		body := `{"account":"acc","event":"` + event + `","input":"` + input + `","subscriber":{"msisdn":"` + from + `"}}`
		status, text := call(t, channel, behind, "POST", "/channels/tower/ussd", body, signTower(body))
		if want := `{"account":"acc","more":true,"screen":{"body":"ok"}}`; status != 200 || text != want {
			t.Errorf("answer = %d %s, want %s", status, text, want)
		}
		all := behind.Inbounds()
		return all[len(all)-1].Session
	}
	first := hop("BEGIN", "254700000001", "*384*96*101*2#")
	if got := hop("NEXT", "254700000001", "1"); got != first {
		t.Errorf("the second hop is of the session %s, want %s", got, first)
	}
	if got := hop("BEGIN", "254700000002", "*384*96#"); got == first {
		t.Error("two phones share a session")
	}
	if got := hop("NEXT", "254700000001", "98"); got != first {
		t.Errorf("the third hop is of the session %s, want %s", got, first)
	}
	if got := hop("BEGIN", "254700000001", "*384*96#"); got == first {
		t.Error("another dial is of the same session")
	}
	if got := hop("NEXT", "254700000003", "1"); got == "" {
		t.Error("a hop whose first was not heard of has no session")
	}
	var texts []string
	for _, in := range behind.Inbounds() {
		texts = append(texts, in.Text)
	}
	if want := []string{"101*2", "1", "", "98", "", "1"}; !slices.Equal(texts, want) {
		t.Errorf("texts = %q, want %q", texts, want)
	}
}

// TestRepliesInTheResponse also holds that equal texts without any id are
// different SMS: "1" and then "1" answers two questions.
func TestRepliesInTheResponse(t *testing.T) {
	channel, behind := open(t, "byget", answering()), &channeltest.Gateway{}
	if channel.Deferred() {
		t.Error("it defers what it answers")
	}
	for range 2 {
		status, text := call(t, channel, behind, "GET", "/channels/byget/sms?from=254700000001&text=1&user=u", "", nil)
		if want := `{"payload":{"messages":[{"message":"ok"}]},"to":"254700000001","user":"u"}`; status != 200 || text != want {
			t.Errorf("answer = %d %s, want %s", status, text, want)
		}
	}
	if got := len(behind.Inbounds()); got != 2 {
		t.Errorf("%d SMS are kept, want 2", got)
	}
}

func TestHopsWithoutIDs(t *testing.T) {
	cfg := native()
	cfg.USSDFields = map[string]string{"from": "from", "text": "text", "session": "session"}
	channel, behind := open(t, "shop", cfg), &channeltest.Gateway{}
	for _, text := range []string{"", "98", "0", "98"} {
		body := `{"session":"s9","from":"254700000001","text":"` + text + `"}`
		call(t, channel, behind, "POST", "/channels/shop/ussd", body, sign(body, time.Now()))
	}
	if got := len(behind.Inbounds()); got != 4 {
		t.Errorf("%d hops are kept, want 4", got)
	}
}

// TestASignedQuery: of a GET request the query is what the signature covers.
func TestASignedQuery(t *testing.T) {
	cfg := answering()
	cfg.SigningKey = key
	channel, behind := open(t, "byget", cfg), &channeltest.Gateway{}
	const query = "from=254700000001&text=MENU"
	if status, _ := call(t, channel, behind, "GET", "/channels/byget/sms?"+query, "", sign(query, time.Now())); status != 200 {
		t.Errorf("the answer is %d", status)
	}
	if status, _ := call(t, channel, behind, "GET", "/channels/byget/sms?"+query, "", sign("", time.Now())); status != 403 {
		t.Errorf("without the query in the signature the answer is %d", status)
	}
}

func TestWhoCannotSend(t *testing.T) {
	cfg := answering()
	channel, err := cfg.Open("byget", gateway.Site{Region: "KE"})
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := channel.(gateway.Sender); ok {
		t.Error("without send_url it is a sender")
	}
	receiver, ok := channel.(gateway.Receiver)
	if !ok || channel.(gateway.Deferred).Deferred() {
		t.Fatalf("it is a %T", channel)
	}
	if status, _ := call(t, receiver, &channeltest.Gateway{}, "GET", "/channels/byget/sms?from=254700000001&text=1&user=u", "", nil); status != 200 {
		t.Errorf("an SMS that is answered in the response: %d", status)
	}
	mute := open(t, "byget", Config{CallbackKey: callbackKey})
	if status, _ := call(t, mute, &channeltest.Gateway{}, "POST", "/channels/byget/"+callbackKey+"/sms", "{}", nil); status != 404 {
		t.Errorf("an SMS that nothing could answer: %d", status)
	}
	cfg.SendURL = "https://api.example.org"
	if channel, err = cfg.Open("byget", gateway.Site{}); err != nil {
		t.Fatal(err)
	}
	if _, ok := channel.(gateway.Sender); !ok {
		t.Error("with send_url it is no sender")
	}
}

// everything is the configuration with all the examples set together.
func everything(t *testing.T) Config {
	t.Helper()
	var text strings.Builder
	kind := reflect.TypeFor[Config]()
	for i := range kind.NumField() {
		if example := kind.Field(i).Tag.Get("example"); example != "" {
			fmt.Fprintf(&text, "%s: %s\n", kind.Field(i).Tag.Get("yaml"), variable.ReplaceAllString(example, "secret-of-$1"))
		}
	}
	var cfg Config
	if err := yaml.UnmarshalWithOptions([]byte(text.String()), &cfg, yaml.Strict()); err != nil {
		t.Fatalf("the examples are no YAML: %v\n%s", err, text.String())
	}
	return cfg
}

var variable = regexp.MustCompile(`\$\{(\w+)\}`)

func TestNewSaysWhatToDo(t *testing.T) {
	words := func(pairs ...string) map[string]string {
		m := map[string]string{}
		for i := 0; i < len(pairs); i += 2 {
			m[pairs[i]] = pairs[i+1]
		}
		return m
	}
	many := map[string]string{}
	for i := range maxFields + 1 {
		many[fmt.Sprint("code", i)] = "rejected"
	}
	deep := strings.Repeat("a.", maxDepth) + "a"
	tests := []struct {
		name  string
		spoil func(*Config)
		says  string
	}{
		{"open to all", func(c *Config) { c.SigningKey = "" }, "anyone could pose"},
		{"a short signing key", func(c *Config) { c.SigningKey = "1234567" }, "signing_key"},
		{"a short callback key", func(c *Config) { c.CallbackKey = "short" }, "callback_key"},
		{"a broken network", func(c *Config) { c.Allow = []string{"all"} }, "allow"},
		{"a signature of nothing", func(c *Config) { c.Signature = "sha256=" }, "signature must"},
		{"a signature without the body", func(c *Config) { c.SignedText = "{timestamp}" }, "signed_text"},
		{"a signature over what nobody knows", func(c *Config) { c.SignedText = "{url}{body}" }, "signed_text has {url}"},
		{"a header with a blank", func(c *Config) { c.SignatureHeader = "X Signature" }, "signature_header"},
		{"a clock without bound", func(c *Config) { c.MaxClockSkew = 2 * time.Hour }, "max_clock_skew"},
		{"a format that nobody knows", func(c *Config) { c.Format = "xml" }, "format must be one of json, form, query"},
		{"an answer format that nobody knows", func(c *Config) { c.AnswerFormat = "form" }, "answer_format"},
		{"no sender", func(c *Config) { c.SMSFields = words("text", "body") }, "sms_fields has no from"},
		{"a slip of the pen", func(c *Config) { c.SMSFields = words("from", "a", "text", "b", "sent", "c") }, "sms_fields has sent"},
		{"a slip in USSD", func(c *Config) { c.USSDFields = words("from", "a", "text", "b", "session", "c", "sess", "d") }, "ussd_fields has sess"},
		{"a name in capitals", func(c *Config) { c.SMSFields = words("From", "a") }, `sms_fields has the field "From"`},
		{"a path without end", func(c *Config) { c.SMSFields = words("from", deep, "text", "b") }, "at most 8 deep"},
		{"no session", func(c *Config) { c.USSDFields = words("from", "a", "text", "b") }, "ussd_fields has no session"},
		{"values of no type", func(c *Config) { c.USSDFirst = []string{"a"} }, "ussd_fields has no type"},
		{"no ids in reports", func(c *Config) { c.StatusFields = words("status", "a") }, "neither ref nor carrier_id"},
		{"a field of reports that is none", func(c *Config) { c.StatusFields = words("status", "a", "reference", "b") }, "status_fields"},
		{"a state that is none", func(c *Config) { c.States = words("DELIVRD", "deliverd") }, "states has"},
		{"a list and replies", func(c *Config) { c.SMSList, c.SMSReply = "a", map[string]any{"a": "{text}"} }, "sms_reply"},
		{"a list in a form", func(c *Config) { c.Format, c.StatusList = "form", "a" }, "status_list"},
		{"a word that is not there", func(c *Config) { c.USSDEnd = map[string]any{"a": "{txt}"} }, "ussd_end has {txt}"},
		{"a value and more within it", func(c *Config) { c.SendFields = map[string]any{"a": "{to}", "a.b": "{text}"} }, "send_fields has \"a.b\" twice"},
		{"a value that is none", func(c *Config) { c.Answer = map[string]any{"a": struct{}{}} }, "answer has a value"},
		{"two keys of a text", func(c *Config) { c.AnswerFormat, c.Answer = "text", map[string]any{"a": "b"} }, "answer must have the one key body"},
		{"a code that is none", func(c *Config) { c.ServiceCode = "384" }, "service_code"},
		{"a broken address", func(c *Config) { c.SendURL = "api.example.org" }, "send_url"},
		{"an address with a query", func(c *Config) { c.SendURL += "?a=b" }, "send_url"},
		{"an SMS without a text", func(c *Config) { c.SendFields = map[string]any{"to": "{to}"} }, "send_fields must hold {text}"},
		{"an SMS without a phone", func(c *Config) { c.SendFields = map[string]any{"text": "{text}"} }, "{to} or {digits}"},
		{"no secret", func(c *Config) { c.SendHeaders = words("Authorization", "Bearer {secret}") }, "secret is missing"},
		{"a secret for nothing", func(c *Config) { c.Secret = "a-secret" }, "secret is set"},
		{"a secret of two lines", func(c *Config) { c.Secret = "a\nb" }, "secret has a line break"},
		{"the phone in a header", func(c *Config) { c.SendHeaders = words("X-To", "{to}") }, "send_headers has {to}"},
		{"two ways to authenticate", func(c *Config) {
			c.SendHeaders, c.Username, c.Password = words("authorization", "a"), "u", "p"
		}, "send_headers has Authorization"},
		{"half of the credentials", func(c *Config) { c.Username = "u" }, "username and password"},
		{"a code of no field", func(c *Config) { c.Codes = words("1", "taken") }, "answer_fields has no code"},
		{"a code's meaning that is none", func(c *Config) { c.Codes = words("http_404", "refused") }, "codes has"},
		{"too many codes", func(c *Config) { c.Codes = many }, "codes has more than"},
		{"an answer that is not read", func(c *Config) { c.SendAnswer, c.AnswerFields = "none", words("id", "a") }, "answer_fields"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cfg := native()
			tt.spoil(&cfg)
			_, err := New("shop", cfg, gateway.Site{Region: "KE"})
			if err == nil || !strings.Contains(err.Error(), tt.says) || !strings.Contains(err.Error(), "channel shop") {
				t.Errorf("error = %v, want one that says %s", err, tt.says)
			}
		})
	}
}

func TestFind(t *testing.T) {
	root, err := parse([]byte(`{"a":{"b":[{"c":"deep"},2,true,null]},"a.b":"dotted","x":{"y.z":1.50},"":{"":"e"}}`))
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"a.b.0.c": "deep", "a.b.1": "2", "a.b.2": "true", "a.b.3": "", "a.b.4": "", "a.b.-1": "", "a.b.x": "", "a.b": "dotted",
		"a": "", "x.y.z": "1.50", "x.y": "", "none": "", "none.x": "", "a.b.0.c.d": "", ".": "e",
	} {
		if got := (document{root}).value(path); got != want {
			t.Errorf("%q leads to %q, want %q", path, got, want)
		}
	}
}

func TestParseTime(t *testing.T) {
	for _, text := range []string{"2026-03-06T10:30:45Z", "2026-03-06T13:30:45+03:00", "2026-03-06 10:30:45", "1772793045", "1772793045000"} {
		if got := parseTime(text); !got.Equal(sentAt) {
			t.Errorf("parseTime(%q) = %v", text, got)
		}
	}
	for _, text := range []string{"", "yesterday", "-5", "0", "99999999999999999999", "999999999999999"} {
		if got := parseTime(text); !got.IsZero() {
			t.Errorf("parseTime(%q) = %v", text, got)
		}
	}
}

func FuzzRoutes(f *testing.F) {
	f.Add("sms", `{"id":"77","from":"+254700000001","text":"MENU","sent_at":"2026-03-06T10:30:45Z"}`)
	f.Add("ussd", `{"id":1,"session":"s9","from":254700000001,"text":"*384#"}`)
	f.Add("status", `{"ref":"4711","id":"c-1","status":"delivered","to":"0700000001"}`)
	f.Add("sms", `{"data":{"results":[{"messageId":"m1","sender":{"msisdn":"254700000001"},"content":{"text":"a"}},[],1]}}`)
	f.Add("ussd", `{"event":"BEGIN","input":"*384*96*1#","subscriber":{"msisdn":"254700000001"}}`)
	f.Add("ussd", "msisdn=254700000001&sid=s9&text=1*%ff")
	channels := map[string]*Channel{"shop": open(f, "shop", native()), "tower": open(f, "tower", tower()), "plain": open(f, "plain", plain())}
	f.Fuzz(func(t *testing.T, leaf, body string) {
		if leaf != "sms" && leaf != "ussd" {
			leaf = "status"
		}
		knock := func(channel, path string, header map[string]string) {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://localhost/channels/"+path+leaf, strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			for name, value := range header { // what follows the signature is fuzzed too
				req.Header.Set(name, value)
			}
			channeltest.Knock(t, channels[channel], req)
		}
		knock("shop", "shop/", sign(body, time.Now()))
		knock("tower", "tower/", signTower(body))
		knock("plain", "plain/"+callbackKey+"/", map[string]string{"Content-Type": web.FormType})
	})
}

// FuzzFind: whatever can be put somewhere is found there again.
func FuzzFind(f *testing.F) {
	f.Add("messages.0.to", `{"messages":[{"to":"a"}]}`)
	f.Add("a.b", `{"a":{"b":1}}`)
	f.Add("0", `[true]`)
	f.Fuzz(func(t *testing.T, path, body string) {
		if root, err := parse([]byte(body)); err == nil {
			_ = document{root}.value(path)
		}
		if !isPath(path) {
			return
		}
		made, err := newTemplate("answer", map[string]any{path: "{text}"}, []string{"text"})
		if err != nil {
			t.Fatal(err)
		}
		written, err := encode(made.object(map[string]string{"text": "value"}))
		if err != nil {
			t.Fatal(err)
		}
		read, err := parse([]byte(written))
		if err != nil {
			t.Fatal(err)
		}
		clean, _ := json.Marshal(path)
		var valid string
		_ = json.Unmarshal(clean, &valid)
		if got := (document{read}).value(valid); got != "value" {
			t.Errorf("at %q of %s stands %q", valid, written, got)
		}
	})
}
