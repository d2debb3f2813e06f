package beem

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
	session = "4574"
)

// The ids of the tests' hops: a session begins once, and a hop whose screen has
// no number is told apart by its time, which is 35 nanoseconds after the epoch,
// to the base of 36.
const (
	dial       = session + "#"
	unnumbered = session + "#z"
)

func open(t testing.TB, access web.Access) *Channel {
	t.Helper()
	channel, err := New("shop", Config{Access: access}, gateway.Site{Region: "TZ"})
	if err != nil {
		t.Fatal(err)
	}
	channel.Hops.Now = func() time.Time { return time.Unix(0, 35) }
	return channel
}

// hop is a request as Beem sends it.
func hop(command, requestID, response string) string {
	return `{"command":"` + command + `","msisdn":"255712345678","session_id":"` + session + `","operator":"vodacom","payload":{"request_id":` + requestID + `,"response":` + response + `}}`
}

// kept is what such a hop must become.
func kept(id, text string) *gateway.Inbound {
	return &gateway.Inbound{ID: id, Channel: "shop", Mode: dialogue.USSD, Phone: "+255712345678", Text: text, Session: session}
}

func shows(command, requestID, message string) string {
	return `{"msisdn":"255712345678","operator":"vodacom","session_id":"` + session + `","command":"` + command + `","payload":{"request_id":` + requestID + `,"request":"` + message + `"}}`
}

func TestConform(t *testing.T) {
	menu := gateway.Reply{Text: "Karibu\n1.Mchele & <mafuta>"}
	const karibu = `Karibu\n1.Mchele & <mafuta>`
	ok := shows("continue", "2", "ok")
	first := hop("initiate", "0", "0")
	without := func(field string) string { return strings.Replace(first, `"`+field+`"`, `"X`+field+`"`, 1) }
	instead := func(old, now string) string { return strings.Replace(first, old, now, 1) }
	keyed := open(t, web.Access{CallbackKey: key})
	table := []channeltest.Receive{
		{Name: "a dial", Body: first, Reply: menu, Says: shows("continue", "1", karibu), With: map[string]string{"Content-Type": "application/json"}, In: kept(dial, "")},
		{Name: "a dial without a payload", Body: without("payload"), Says: shows("continue", "1", "ok"), In: kept(dial, "")},
		{Name: "a dial with a null payload", Body: first[:strings.Index(first, `{"request_id"`)] + "null}", Says: shows("continue", "1", "ok"), In: kept(dial, "")},
		{Name: "an answer", Body: hop("continue", "1", `"1"`), Reply: menu, Says: shows("continue", "2", karibu), In: kept(session+"#1", "1")},
		{Name: "the same answer again", Body: hop("continue", "2", `"1"`), Says: shows("continue", "3", "ok"), In: kept(session+"#2", "1")},
		{Name: "words in capitals", Body: hop("CONTINUE", "1", `"1"`), Says: ok, In: kept(session+"#1", "1")},
		{Name: "numbers for strings", Body: strings.Replace(hop("continue", `"1"`, "1"), `"4574"`, "4574", 1), Says: ok, In: kept(session+"#1", "1")},
		{Name: "free text", Body: hop("continue", "1", `"2 rice na caf\u00e9 米 😀"`), Says: ok, In: kept(session+"#1", "2 rice na café 米 😀")},
		{Name: "control characters and broken UTF-8", Body: hop("continue", "1", "\"1\\u0000\\u001b\xff\""), Says: ok, In: kept(session+"#1", "1\ufffd")},
		{Name: "an empty answer", Body: hop("continue", "1", `""`), Says: ok, In: kept(session+"#1", "")},
		{Name: "the answer 0", Body: hop("continue", "1", "0"), Says: ok, In: kept(session+"#1", "0")},
		{Name: "an answer to the screen 0", Body: hop("continue", "0", `"1"`), Says: shows("continue", "1", "ok"), In: kept(unnumbered, "1")},
		{Name: "an answer to no screen", Body: hop("continue", "null", `"1"`), Says: shows("continue", "1", "ok"), In: kept(unnumbered, "1")},
		{Name: "an answer to a screen that is no number", Body: hop("continue", `"menu"`, `"1"`), Says: shows("continue", "1", "ok"), In: kept(unnumbered, "1")},
		{Name: "an answer to a screen beyond all numbers", Body: hop("continue", "4294967297", `"1"`), Says: shows("continue", "1", "ok"), In: kept(unnumbered, "1")},
		{Name: "the highest number", Body: hop("continue", "2147483647", `"1"`), Says: shows("continue", "2147483648", "ok"), In: kept(session+"#2147483647", "1")},
		{Name: "the last screen", Body: hop("continue", "4", `"1"`), Reply: gateway.Reply{Text: "Asante", End: true}, Says: shows("terminate", "5", "Asante"), In: kept(session+"#4", "1")},
		{Name: "a national number", Body: instead("255712345678", "0712345678"), Says: strings.Replace(shows("continue", "1", "ok"), "255712345678", "0712345678", 1), In: kept(dial, "")},
		{Name: "no operator", Body: without("operator"), Says: strings.Replace(shows("continue", "1", "ok"), "vodacom", "", 1), In: kept(dial, "")},
		{Name: "nothing was kept", Body: hop("continue", "1", `"1"`), Down: true, Says: shows("terminate", "2", channeltest.Apology)},
		{Name: "the end of a session", Body: hop("terminate", "3", `""`), Says: shows("terminate", "4", ""), Refused: gateway.RefusedSessionEnd},
		{Name: "the end without a phone", Body: `{"command":"terminate","session_id":"4574"}`, Says: "...", Refused: gateway.RefusedSessionEnd},

		{Name: "an unknown command", Body: hop("pause", "1", `"1"`), Status: 400, Says: "command must be initiate, continue or terminate.\n", Refused: gateway.RefusedForm},
		{Name: "no command", Body: without("command"), Status: 400, Says: "...", Refused: gateway.RefusedForm},
		{Name: "no session", Body: without("session_id"), Status: 400, Says: "The request has no usable session_id.\n", Refused: gateway.RefusedForm},
		{Name: "a session with a space", Body: instead(session, "a b"), Status: 400, Says: "...", Refused: gateway.RefusedForm},
		{Name: "a session without end", Body: instead(session, strings.Repeat("a", 129)), Status: 400, Says: "...", Refused: gateway.RefusedForm},
		{Name: "no phone", Body: without("msisdn"), Status: 400, Says: "...", Refused: gateway.RefusedPhone},
		{Name: "a short code", Body: instead("255712345678", "15001"), Status: 400, Says: "...", Refused: gateway.RefusedPhone},
		{Name: "a name", Body: instead("255712345678", "Beem"), Status: 400, Says: "...", Refused: gateway.RefusedPhone},
		{Name: "a string for the payload", Body: first[:strings.Index(first, `{"request_id"`)] + `"1"}`, Status: 400, Says: "...", Refused: gateway.RefusedForm},
		{Name: "a list for the answer", Body: hop("continue", "1", "[1]"), Status: 400, Says: "...", Refused: gateway.RefusedForm},
		{Name: "broken JSON", Body: first[:40], Status: 400, Says: "...", Refused: gateway.RefusedForm},
		{Name: "null", Body: "null", Status: 400, Says: "...", Refused: gateway.RefusedForm},
		{Name: "a body without end", Body: hop("continue", "1", `"`+strings.Repeat("1", web.MaxBody)+`"`), Status: 413, Says: "...", Refused: gateway.RefusedSize},
		{Name: "a form", Header: map[string]string{"Content-Type": web.FormType}, Body: "command=initiate", Status: 415, Says: "...", Refused: gateway.RefusedType},
		{Name: "GET", Method: "GET", Status: 405, Says: "...", With: map[string]string{"Allow": "POST"}, Refused: gateway.RefusedMethod},
		{Name: "the key opens", To: keyed, Path: "/channels/shop/" + key + "/ussd", Body: first, Says: shows("continue", "1", "ok"), In: kept(dial, "")},
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
		{"a dial", hop("initiate", "0", "0"), 0, 1},
		{"the dial once more, however late", hop("initiate", "0", "0"), 20 * time.Second, 1},
		{"an answer", hop("continue", "1", `"1"`), 4 * time.Second, 2},
		{"the answer once more, however late", hop("continue", "1", `"1"`), 20 * time.Second, 2},
		{"the same answer to the next screen, at once", hop("continue", "2", `"1"`), 0, 3},
		{"an answer to a screen without a number", hop("continue", "0", `"1"`), 4 * time.Second, 4},
		{"it once more before anybody could read", hop("continue", "0", `"1"`), 10 * time.Millisecond, 4},
		{"the same answer to the next screen", hop("continue", "0", `"1"`), 4 * time.Second, 5},
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
		{Name: "open to all", Config: Config{}, Says: "anyone could pose as Beem: set callback_key (make one"},
		{Name: "a short key", Config: Config{Access: web.Access{CallbackKey: "short"}}, Says: "callback_key must be"},
		{Name: "a broken network", Config: Config{Access: web.Access{Allow: []string{"everybody"}}}, Says: `allow has "everybody"`},
	})
}

func FuzzUSSD(f *testing.F) {
	f.Add(hop("initiate", "0", "0"))
	f.Add(hop("continue", "1", `"1"`))
	f.Add(hop("terminate", "null", "1e400"))
	channel := open(f, web.Access{LoopbackOnly: true})
	f.Fuzz(func(t *testing.T, body string) {
		channeltest.KnockJSON(t, channel, path, body)
	})
}
