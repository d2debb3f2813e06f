package hubtel

import (
	"strings"
	"testing"
	"time"

	"haat/gateway"
	"haat/gateway/channel/channeltest"
	"haat/gateway/channel/web"
	"haat/gateway/dialogue"
)

const (
	key     = "0123456789abcdef"
	path    = "/channels/shop/ussd"
	session = "3c796dac28174f739de4262d08409c51"
)

// unnumbered is what an id has for a hop's number where Hubtel sends none: the
// time of the tests, 35 nanoseconds after the epoch, to the base of 36.
const unnumbered = "z"

func open(t testing.TB, access web.Access) *Channel {
	t.Helper()
	channel, err := New("shop", Config{Access: access}, gateway.Site{Region: "GH"})
	if err != nil {
		t.Fatal(err)
	}
	channel.Hops.Now = func() time.Time { return time.Unix(0, 35) }
	return channel
}

// hop is a request as Hubtel sends it.
func hop(kind, message, sequence string) string {
	return `{"Type":"` + kind + `","Mobile":"233200585542","SessionId":"` + session + `","ServiceCode":"713","Message":"` + message +
		`","Operator":"vodafone","Sequence":` + sequence + `,"ClientState":"","Platform":"USSD"}`
}

// kept is what such a hop must become.
func kept(id, text string) *gateway.Inbound {
	return &gateway.Inbound{ID: session + "#" + id, Channel: "shop", Mode: dialogue.USSD, Phone: "+233200585542", Text: text, Session: session}
}

func goesOn(message, label string) string {
	return `{"SessionId":"` + session + `","Type":"Response","Message":"` + message + `","Label":"` + label + `","DataType":"input","FieldType":"text"}`
}

func ends(message string) string {
	return `{"SessionId":"` + session + `","Type":"Release","Message":"` + message + `","Label":"` + message + `","DataType":"display","FieldType":"text"}`
}

func TestConform(t *testing.T) {
	menu := gateway.Reply{Text: "Karibu\n1.Mchele & <mafuta>"}
	shown := goesOn(`Karibu\n1.Mchele & <mafuta>`, "Karibu")
	ok := goesOn("ok", "ok")
	first := hop("Initiation", "*713#", "1")
	without := func(field string) string { return strings.Replace(first, `"`+field+`"`, `"X`+field+`"`, 1) }
	instead := func(old, now string) string { return strings.Replace(first, old, now, 1) }
	keyed := open(t, web.Access{CallbackKey: key})
	table := []channeltest.Receive{
		{Name: "a dial", Body: first, Reply: menu, Says: shown, With: map[string]string{"Content-Type": "application/json"}, In: kept("1", "")},
		{Name: "a dial beyond the code", Body: hop("Initiation", "*713*101*2#", "1"), Says: ok, In: kept("1", "101*2")},
		{Name: "a dial of what stands beyond a shared code", Body: strings.Replace(hop("Initiation", "*713*20*101#", "1"), `"713"`, `"713*20"`, 1), Says: ok, In: kept("1", "101")},
		{Name: "a dial in Hubtel's app", Body: `{"Sequence":"1","Type":"initiation","Message":"","ServiceCode":"b230733cd56b4a0fad820e39f66bc27c","Operator":"Hubtel-Android","ClientState":"","Mobile":"233200585542","SessionId":"` + session + `"}`, Says: ok, In: kept("1", "")},
		{Name: "an answer", Body: hop("Response", "1", "2"), Reply: menu, Says: shown, In: kept("2", "1")},
		{Name: "the same answer again", Body: hop("Response", "1", "3"), Says: ok, In: kept("3", "1")},
		{Name: "words in small letters", Body: hop("response", "1", "2"), Says: ok, In: kept("2", "1")},
		{Name: "names in small letters", Body: strings.ToLower(hop("Response", "1", "2")), Says: ok, In: kept("2", "1")},
		{Name: "numbers for strings", Body: strings.Replace(hop("Response", "X", "2"), `"X"`, "1", 1), Says: ok, In: kept("2", "1")},
		{Name: "free text", Body: hop("Response", "2 rice na caf\\u00e9 米 😀", "2"), Says: ok, In: kept("2", "2 rice na café 米 😀")},
		{Name: "control characters and broken UTF-8", Body: hop("Response", "1\\u0000\\u001b\xff", "2"), Says: ok, In: kept("2", "1\ufffd")},
		{Name: "an empty answer", Body: hop("Response", "", "2"), Says: ok, In: kept("2", "")},
		{Name: "an answer with stars", Body: hop("Response", "*1*2#", "2"), Says: ok, In: kept("2", "*1*2#")},
		{Name: "the last screen", Body: hop("Response", "1", "4"), Reply: gateway.Reply{Text: "Asante", End: true}, Says: ends("Asante"), In: kept("4", "1")},
		{Name: "a hop without a number", Body: hop("Response", "1", "null"), Says: ok, In: kept(unnumbered, "1")},
		{Name: "a hop with the number 0", Body: hop("Response", "1", "0"), Says: ok, In: kept(unnumbered, "1")},
		{Name: "a hop with a number without end", Body: hop("Response", "1", strings.Repeat("9", 200)), Says: ok, In: kept(unnumbered, "1")},
		{Name: "a national number", Body: instead("233200585542", "0200585542"), Says: ok, In: kept("1", "")},
		{Name: "nothing was kept", Body: hop("Response", "1", "2"), Down: true, Says: ends(channeltest.Apology)},
		{Name: "the phone hung up", Body: hop("Release", "", "3"), Says: ends(""), Refused: gateway.RefusedSessionEnd},
		{Name: "we were too slow", Body: hop("Timeout", "", "3"), Says: ends(""), Refused: gateway.RefusedSessionEnd},
		{Name: "the end without a phone", Body: `{"Type":"Release","SessionId":"` + session + `"}`, Says: ends(""), Refused: gateway.RefusedSessionEnd},

		{Name: "an unknown type", Body: hop("AddToCart", "1", "2"), Status: 400, Says: "Type must be Initiation, Response, Release or Timeout.\n", Refused: gateway.RefusedForm},
		{Name: "no type", Body: without("Type"), Status: 400, Says: "...", Refused: gateway.RefusedForm},
		{Name: "a paid order", Body: `{"SessionId":"` + session + `","OrderId":"ac33","OrderInfo":{"Status":"Paid"}}`, Status: 400, Says: "...", Refused: gateway.RefusedForm},
		{Name: "no session", Body: without("SessionId"), Status: 400, Says: "The request has no usable SessionId.\n", Refused: gateway.RefusedForm},
		{Name: "a session with a space", Body: instead(session, "a b"), Status: 400, Says: "...", Refused: gateway.RefusedForm},
		{Name: "a session without end", Body: instead(session, strings.Repeat("a", 129)), Status: 400, Says: "...", Refused: gateway.RefusedForm},
		{Name: "no phone", Body: without("Mobile"), Status: 400, Says: "...", Refused: gateway.RefusedPhone},
		{Name: "a short code", Body: instead("233200585542", "1945"), Status: 400, Says: "...", Refused: gateway.RefusedPhone},
		{Name: "a name", Body: instead("233200585542", "Hubtel"), Status: 400, Says: "...", Refused: gateway.RefusedPhone},
		{Name: "an object for the message", Body: instead(`"*713#"`, "{}"), Status: 400, Says: "...", Refused: gateway.RefusedForm},
		{Name: "broken JSON", Body: first[:40], Status: 400, Says: "...", Refused: gateway.RefusedForm},
		{Name: "a list", Body: "[" + first + "]", Status: 400, Says: "...", Refused: gateway.RefusedForm},
		{Name: "null", Body: "null", Status: 400, Says: "...", Refused: gateway.RefusedForm},
		{Name: "a body without end", Body: hop("Response", strings.Repeat("1", web.MaxBody), "2"), Status: 413, Says: "...", Refused: gateway.RefusedSize},
		{Name: "a form", Header: map[string]string{"Content-Type": web.FormType}, Body: "Type=Initiation", Status: 415, Says: "...", Refused: gateway.RefusedType},
		{Name: "GET", Method: "GET", Status: 405, Says: "...", With: map[string]string{"Allow": "POST"}, Refused: gateway.RefusedMethod},
		{Name: "the key opens", To: keyed, Path: "/channels/shop/" + key + "/ussd", Body: first, Says: ok, In: kept("1", "")},
		{Name: "a wrong key", To: keyed, Path: "/channels/shop/0123456789abcdeF/ussd", Body: first, Status: 404, Says: "...", Refused: gateway.RefusedSignature},
		{Name: "no key", To: keyed, Body: first, Status: 404, Says: "...", Refused: gateway.RefusedSignature},
		{Name: "an address that may not call", To: open(t, web.Access{Allow: []string{"192.0.2.0/24"}}), Body: first, Status: 403, Says: "...", Refused: gateway.RefusedOrigin},
	}
	channeltest.Conform(t, channeltest.Suite{
		Channel:  open(t, web.Access{LoopbackOnly: true}),
		Receives: table,
		Path:     path,
		Type:     web.JSONType,
		Config:   Config{Access: web.Access{CallbackKey: key, Allow: []string{"192.0.2.0/24"}}},
	})
}

func TestNewSaysWhatToDo(t *testing.T) {
	channeltest.RunBadConfigs(t, []channeltest.BadConfig{
		{Name: "open to all", Config: Config{}, Says: "anyone could pose as Hubtel: set callback_key (make one"},
		{Name: "a short key", Config: Config{Access: web.Access{CallbackKey: "short"}}, Says: "callback_key must be"},
		{Name: "a broken network", Config: Config{Access: web.Access{Allow: []string{"everybody"}}}, Says: `allow has "everybody"`},
		{Name: "a broken network beside a key", Config: Config{Access: web.Access{CallbackKey: key, Allow: []string{"192.0.2/24"}}}, Says: `allow has "192.0.2/24"`},
	})
}

func FuzzUSSD(f *testing.F) {
	f.Add(hop("Initiation", "*713*101#", "1"))
	f.Add(hop("Response", "1", "null"))
	f.Add(hop("Release", "", `"3"`))
	channel := open(f, web.Access{LoopbackOnly: true})
	f.Fuzz(func(t *testing.T, body string) {
		channeltest.KnockJSON(t, channel, path, body)
	})
}
