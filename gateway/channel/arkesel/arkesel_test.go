package arkesel

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
	code    = "*928*1#"
	path    = "/channels/shop/ussd"
	session = "2005506191900168"
)

// The ids of the tests' hops: a session begins once, and a later hop is told
// apart by its time, which is 35 nanoseconds after the epoch, to the base of 36.
const (
	dial  = session + "#"
	later = session + "#z"
)

func open(t testing.TB, access web.Access) *Channel {
	t.Helper()
	channel, err := New("shop", Config{ServiceCode: code, Access: access}, gateway.Site{Region: "GH"})
	if err != nil {
		t.Fatal(err)
	}
	channel.Hops.Now = func() time.Time { return time.Unix(0, 35) }
	return channel
}

// hop is a request as Arkesel sends it.
func hop(begins, userData string) string {
	return `{"sessionID":"` + session + `","userID":"USSD_DOCUMENTATION","newSession":` + begins +
		`,"msisdn":"233271231234","userData":"` + userData + `","network":"AIRTELTIGO"}`
}

// kept is what such a hop must become.
func kept(id, text string) *gateway.Inbound {
	return &gateway.Inbound{ID: id, Channel: "shop", Mode: dialogue.USSD, Phone: "+233271231234", Text: text, Session: session}
}

func shows(message, goesOn string) string {
	return `{"sessionID":"` + session + `","userID":"USSD_DOCUMENTATION","msisdn":"233271231234","message":"` + message + `","continueSession":` + goesOn + `}`
}

func TestConform(t *testing.T) {
	menu := gateway.Reply{Text: "Karibu\n1.Mchele & <mafuta>"}
	shown := shows(`Karibu\n1.Mchele & <mafuta>`, "true")
	ok := shows("ok", "true")
	first := hop("true", code)
	without := func(field string) string { return strings.Replace(first, `"`+field+`"`, `"X`+field+`"`, 1) }
	instead := func(old, now string) string { return strings.Replace(first, old, now, 1) }
	keyed := open(t, web.Access{CallbackKey: key})
	table := []channeltest.Receive{
		{Name: "a dial", Body: first, Reply: menu, Says: shown, With: map[string]string{"Content-Type": "application/json"}, In: kept(dial, "")},
		{Name: "a dial beyond the code", Body: hop("true", "*928*1*101*2#"), Says: ok, In: kept(dial, "101*2")},
		{Name: "a dial with a wide hash", Body: hop("true", "*928*1*2\\uff03"), Says: ok, In: kept(dial, "2")},
		{Name: "a dial of another code", Body: hop("true", "*928*12#"), Says: ok, In: kept(dial, "")},
		{Name: "a dial that is not told", Body: hop("true", ""), Says: ok, In: kept(dial, "")},
		{Name: "a dial without userData", Body: without("userData"), Says: ok, In: kept(dial, "")},
		{Name: "an answer", Body: hop("false", "1"), Reply: menu, Says: shown, In: kept(later, "1")},
		{Name: "true and false as strings", Body: hop(`"False"`, "1"), Says: ok, In: kept(later, "1")},
		{Name: "true and false as numbers", Body: hop("1", code), Says: ok, In: kept(dial, "")},
		{Name: "numbers for strings", Body: strings.Replace(hop("false", "X"), `"X"`, "1", 1), Says: ok, In: kept(later, "1")},
		{Name: "free text", Body: hop("false", "2 rice na caf\\u00e9 米 😀"), Says: ok, In: kept(later, "2 rice na café 米 😀")},
		{Name: "control characters and broken UTF-8", Body: hop("false", "1\\u0000\\u001b\xff"), Says: ok, In: kept(later, "1\ufffd")},
		{Name: "an empty answer", Body: hop("false", ""), Says: ok, In: kept(later, "")},
		{Name: "a star for an answer", Body: hop("false", "*"), Says: ok, In: kept(later, "*")},
		{Name: "the code for an answer", Body: hop("false", code), Says: ok, In: kept(later, code)},
		{Name: "the last screen", Body: hop("false", "1"), Reply: gateway.Reply{Text: "Asante", End: true}, Says: shows("Asante", "false"), In: kept(later, "1")},
		{Name: "a national number", Body: instead("233271231234", "0271231234"), Says: strings.Replace(ok, "233271231234", "0271231234", 1), In: kept(dial, "")},
		{Name: "no userID", Body: without("userID"), Says: strings.Replace(ok, "USSD_DOCUMENTATION", "", 1), In: kept(dial, "")},
		{Name: "nothing was kept", Body: hop("false", "1"), Down: true, Says: shows(channeltest.Apology, "false")},

		{Name: "no newSession", Body: without("newSession"), Status: 400, Says: "newSession must be true or false.\n", Refused: gateway.RefusedForm},
		{Name: "a strange newSession", Body: hop(`"maybe"`, code), Status: 400, Says: "...", Refused: gateway.RefusedForm},
		{Name: "no session", Body: without("sessionID"), Status: 400, Says: "The request has no usable sessionID.\n", Refused: gateway.RefusedForm},
		{Name: "a session with a space", Body: instead(session, "a b"), Status: 400, Says: "...", Refused: gateway.RefusedForm},
		{Name: "a session without end", Body: instead(session, strings.Repeat("a", 129)), Status: 400, Says: "...", Refused: gateway.RefusedForm},
		{Name: "no phone", Body: without("msisdn"), Status: 400, Says: "...", Refused: gateway.RefusedPhone},
		{Name: "a short code", Body: instead("233271231234", "1945"), Status: 400, Says: "...", Refused: gateway.RefusedPhone},
		{Name: "a name", Body: instead("233271231234", "Arkesel"), Status: 400, Says: "...", Refused: gateway.RefusedPhone},
		{Name: "a list for the answer", Body: instead(`"`+code+`"`, "[1]"), Status: 400, Says: "...", Refused: gateway.RefusedForm},
		{Name: "broken JSON", Body: first[:40], Status: 400, Says: "...", Refused: gateway.RefusedForm},
		{Name: "null", Body: "null", Status: 400, Says: "...", Refused: gateway.RefusedForm},
		{Name: "a body without end", Body: hop("false", strings.Repeat("1", web.MaxBody)), Status: 413, Says: "...", Refused: gateway.RefusedSize},
		{Name: "a form", Header: map[string]string{"Content-Type": web.FormType}, Body: "sessionID=1", Status: 415, Says: "...", Refused: gateway.RefusedType},
		{Name: "GET", Method: "GET", Status: 405, Says: "...", With: map[string]string{"Allow": "POST"}, Refused: gateway.RefusedMethod},
		{Name: "the key opens", To: keyed, Path: "/channels/shop/" + key + "/ussd", Body: first, Says: ok, In: kept(dial, "")},
		{Name: "a wrong key", To: keyed, Path: "/channels/shop/0123456789abcdeF/ussd", Body: first, Status: 404, Says: "...", Refused: gateway.RefusedSignature},
		{Name: "no key", To: keyed, Body: first, Status: 404, Says: "...", Refused: gateway.RefusedSignature},
		{Name: "an address that may not call", To: open(t, web.Access{Allow: []string{"192.0.2.0/24"}}), Body: first, Status: 403, Says: "...", Refused: gateway.RefusedOrigin},
	}
	channeltest.Conform(t, channeltest.Suite{
		Channel:  open(t, web.Access{LoopbackOnly: true}),
		Receives: table,
		Path:     path,
		Type:     web.JSONType,
		Config:   Config{ServiceCode: code, Access: web.Access{CallbackKey: key, Allow: []string{"192.0.2.0/24"}}},
	})
}

// TestHopsOfASession sends hops at the times that a phone and a carrier would.
func TestHopsOfASession(t *testing.T) {
	channel := open(t, web.Access{LoopbackOnly: true})
	now := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	channel.Hops.Now = func() time.Time { return now }
	behind := &channeltest.Gateway{}
	server := channeltest.Serve(t, channel, behind)
	for _, step := range []struct {
		name, body string
		after      time.Duration
		hops       int // so far
	}{
		{"a dial", hop("true", code), 0, 1},
		{"the dial once more, however late", hop("true", code), 20 * time.Second, 1},
		{"an answer", hop("false", "1"), 4 * time.Second, 2},
		{"the answer once more before anybody could read", hop("false", "1"), 10 * time.Millisecond, 2},
		{"the same answer to the next screen", hop("false", "1"), 4 * time.Second, 3},
		{"another answer", hop("false", "2"), 10 * time.Millisecond, 4},
		{"the first answer again", hop("false", "1"), 10 * time.Millisecond, 5},
	} {
		now = now.Add(step.after)
		channeltest.PostJSON(t, server, path, step.body)
		if got := len(behind.Inbounds()); got != step.hops {
			t.Fatalf("%s: %d hops were kept so far, want %d", step.name, got, step.hops)
		}
	}
}

func TestNewSaysWhatToDo(t *testing.T) {
	channeltest.RunBadConfigs(t, []channeltest.BadConfig{
		{Name: "open to all", Config: Config{ServiceCode: code}, Says: "anyone could pose as Arkesel: set callback_key (make one"},
		{Name: "a short key", Config: Config{ServiceCode: code, Access: web.Access{CallbackKey: "short"}}, Says: "callback_key must be"},
		{Name: "a broken network", Config: Config{ServiceCode: code, Access: web.Access{Allow: []string{"everybody"}}}, Says: `allow has "everybody"`},
		{Name: "no code", Config: Config{Access: web.Access{CallbackKey: key}}, Says: "service_code must be"},
		{Name: "a code without its hash", Config: Config{ServiceCode: "*928*1", Access: web.Access{CallbackKey: key}}, Says: "service_code must be"},
	})
}

func FuzzUSSD(f *testing.F) {
	f.Add(hop("true", "*928*1*101#"))
	f.Add(hop("false", "1"))
	f.Add(hop("1", "\\ud83d"))
	channel := open(f, web.Access{LoopbackOnly: true})
	f.Fuzz(func(t *testing.T, body string) {
		channeltest.KnockJSON(t, channel, path, body)
	})
}
