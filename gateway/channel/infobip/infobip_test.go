package infobip

import (
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

const (
	key     = "0123456789abcdef"
	code    = "*123#"
	path    = "/channels/shop/session/1/"
	session = "1"
)

// The ids of the tests' hops: a session begins once, and a later hop is told
// apart by its time, which is 35 nanoseconds after the epoch, to the base of 36.
const (
	dial  = session + "#"
	later = session + "#z"
)

func open(t testing.TB, cfg Config) *Channel {
	t.Helper()
	channel, err := New("shop", cfg, gateway.Site{Region: "HR"})
	if err != nil {
		t.Fatal(err)
	}
	channel.Hops.Now = func() time.Time { return time.Unix(0, 35) }
	return channel
}

// hop is a request as Infobip sends it.
func hop(text string) string {
	return `{"msisdn":"385955363443","imsi":"429011234567890","shortCode":"*123#","optional":"o=1","ussdGwId":"11","language":null,"text":"` + text + `"}`
}

// kept is what such a hop must become.
func kept(id, text string) *gateway.Inbound {
	return &gateway.Inbound{ID: id, Channel: "shop", Mode: dialogue.USSD, Phone: "+385955363443", Text: text, Session: session}
}

func shows(message, closes string) string {
	return `{"shouldClose":` + closes + `,"ussdMenu":"` + message + `","responseExitCode":200,"responseMessage":""}`
}

func refusal(sentence string) string {
	return `{"responseExitCode":400,"responseMessage":"` + sentence + `"}`
}

func TestConform(t *testing.T) {
	const (
		start, answers = path + "start", path + "response"
		done           = `{"responseExitCode":200,"responseMessage":""}`
		noPhone        = "msisdn is no phone number in international format."
	)
	menu := gateway.Reply{Text: "Karibu\n1.Mchele & <mafuta>"}
	shown := shows(`Karibu\n1.Mchele & <mafuta>`, "false")
	ok := shows("ok", "false")
	first := hop(code)
	without := func(field string) string { return strings.Replace(first, `"`+field+`"`, `"X`+field+`"`, 1) }
	instead := func(old, now string) string { return strings.Replace(first, old, now, 1) }
	keyed := open(t, Config{Access: web.Access{CallbackKey: key}})
	coded := open(t, Config{ServiceCode: "*123*1#", Access: web.Access{LoopbackOnly: true}})
	table := []channeltest.Receive{
		{Name: "a dial", Path: start, Body: first, Reply: menu, Says: shown, With: map[string]string{"Content-Type": "application/json"}, In: kept(dial, "")},
		{Name: "a dial beyond the code", Path: start, Body: hop("*123*101*2#"), Says: ok, In: kept(dial, "101*2")},
		{Name: "a dial beyond the code of the settings", To: coded, Path: start, Body: hop("*123*1*101#"), Says: ok, In: kept(dial, "101")},
		{Name: "a short code without its signs", Path: start, Body: strings.Replace(hop("*123*5#"), `"*123#"`, `"123"`, 1), Says: ok, In: kept(dial, "5")},
		{Name: "a dial without a short code", Path: start, Body: without("shortCode"), Says: ok, In: kept(dial, "")},
		{Name: "a dial beyond a code that is not told", Path: start, Body: strings.Replace(hop("*123*5#"), `"*123#"`, "null", 1), Says: ok, In: kept(dial, "")},
		{Name: "a dial without a text", Path: start, Body: without("text"), Says: ok, In: kept(dial, "")},
		{Name: "an answer", Path: answers, Body: hop("1"), Reply: menu, Says: shown, In: kept(later, "1")},
		{Name: "an answer at the other address", Path: path + "next", Body: hop("1"), Says: ok, In: kept(later, "1")},
		{Name: "numbers for strings", Path: answers, Body: `{"msisdn":385955363443,"text":1}`, Says: ok, In: kept(later, "1")},
		{Name: "free text", Path: answers, Body: hop("2 rice na caf\\u00e9 米 😀"), Says: ok, In: kept(later, "2 rice na café 米 😀")},
		{Name: "control characters and broken UTF-8", Path: answers, Body: hop("1\\u0000\\u001b\xff"), Says: ok, In: kept(later, "1\ufffd")},
		{Name: "an empty answer", Path: answers, Body: hop(""), Says: ok, In: kept(later, "")},
		{Name: "the code for an answer", Path: answers, Body: hop(code), Says: ok, In: kept(later, code)},
		{Name: "the last screen", Path: answers, Body: hop("1"), Reply: gateway.Reply{Text: "Asante", End: true}, Says: shows("Asante", "true"), In: kept(later, "1")},
		{Name: "a national number", Path: start, Body: instead("385955363443", "0955363443"), Says: ok, In: kept(dial, "")},
		{Name: "nothing was kept", Path: answers, Body: hop("1"), Down: true, Says: shows(channeltest.Apology, "true")},
		{Name: "the end of a session", Method: "PUT", Path: path + "end", Body: `{"reason":"ok","exitCode":0}`, Says: done, Refused: gateway.RefusedSessionEnd},
		{Name: "the end of a session that is posted", Path: path + "end", Body: `{"reason":"timeout","exitCode":510}`, Says: done, Refused: gateway.RefusedSessionEnd},

		{Name: "no phone", Path: start, Body: without("msisdn"), Status: 400, Says: refusal(noPhone), Refused: gateway.RefusedForm},
		{Name: "a short code for a phone", Path: start, Body: instead("385955363443", "1945"), Status: 400, Says: refusal(noPhone), Refused: gateway.RefusedPhone},
		{Name: "a name", Path: answers, Body: instead("385955363443", "Infobip"), Status: 400, Says: refusal(noPhone), Refused: gateway.RefusedPhone},
		{Name: "a session with a space", Path: "/channels/shop/session/a%20b/start", Body: first, Status: 400, Says: refusal("The session's id is not usable."), Refused: gateway.RefusedForm},
		{Name: "a session without end", Path: "/channels/shop/session/" + strings.Repeat("a", 129) + "/start", Body: first, Status: 400, Says: "...", Refused: gateway.RefusedForm},
		{Name: "a list for the text", Path: answers, Body: instead(`"`+code+`"}`, "[1]}"), Status: 400, Says: "...", Refused: gateway.RefusedForm},
		{Name: "broken JSON", Path: start, Body: "not json at all", Status: 400, Says: "...", Refused: gateway.RefusedForm},
		{Name: "null", Path: start, Body: "null", Status: 400, Says: "...", Refused: gateway.RefusedForm},
		{Name: "a body without end", Path: answers, Body: hop(strings.Repeat("1", web.MaxBody)), Status: 413, Says: "...", Refused: gateway.RefusedSize},
		{Name: "a form", Path: start, Header: map[string]string{"Content-Type": web.FormType}, Body: "text=1", Status: 415, Says: "...", Refused: gateway.RefusedType},
		{Name: "GET", Method: "GET", Path: start, Status: 405, Says: "...", With: map[string]string{"Allow": "POST"}, Refused: gateway.RefusedMethod},
		{Name: "GET of an end", Method: "GET", Path: path + "end", Status: 405, Says: "...", With: map[string]string{"Allow": "PUT, POST"}, Refused: gateway.RefusedMethod},
		{Name: "an unknown method of theirs", Path: path + "status", Body: first, Status: 404, Says: "..."},
		{Name: "the key opens", To: keyed, Path: "/channels/shop/" + key + "/session/1/start", Body: first, Says: ok, In: kept(dial, "")},
		{Name: "a wrong key", To: keyed, Path: "/channels/shop/0123456789abcdeF/session/1/start", Body: first, Status: 404, Says: "...", Refused: gateway.RefusedSignature},
		{Name: "no key", To: keyed, Path: start, Body: first, Status: 404, Says: "...", Refused: gateway.RefusedSignature},
		{Name: "an address that may not call", To: open(t, Config{Access: web.Access{Allow: []string{"192.0.2.0/24"}}}), Path: start, Body: first, Status: 403, Says: "...", Refused: gateway.RefusedOrigin},
	}
	channeltest.Conform(t, channeltest.Suite{
		Channel:  open(t, Config{Access: web.Access{LoopbackOnly: true}}),
		Receives: table,
		Type:     web.JSONType,
		Config:   Config{ServiceCode: code, Access: web.Access{CallbackKey: key, Allow: []string{"192.0.2.0/24"}}},
	})
}

// TestHopsOfASession sends hops at the times that a phone and a carrier would.
func TestHopsOfASession(t *testing.T) {
	channel := open(t, Config{Access: web.Access{LoopbackOnly: true}})
	now := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	channel.Hops.Now = func() time.Time { return now }
	behind := &channeltest.Gateway{}
	server := channeltest.Serve(t, channel, behind)
	for _, step := range []struct {
		name, leaf, body string
		after            time.Duration
		hops             int // so far
	}{
		{"a dial", "start", hop(code), 0, 1},
		{"the dial once more, however late", "start", hop(code), 20 * time.Second, 1},
		{"an answer", "response", hop("1"), 4 * time.Second, 2},
		{"the answer once more before anybody could read", "response", hop("1"), 10 * time.Millisecond, 2},
		{"the same answer to the next screen", "response", hop("1"), 4 * time.Second, 3},
		{"another answer", "response", hop("2"), 10 * time.Millisecond, 4},
		{"the first answer again", "response", hop("1"), 10 * time.Millisecond, 5},
	} {
		now = now.Add(step.after)
		channeltest.PostJSON(t, server, path+step.leaf, step.body)
		if got := len(behind.Inbounds()); got != step.hops {
			t.Fatalf("%s: %d hops were kept so far, want %d", step.name, got, step.hops)
		}
	}
}

func TestNewSaysWhatToDo(t *testing.T) {
	channeltest.RunBadConfigs(t, []channeltest.BadConfig{
		{Name: "open to all", Config: Config{}, Says: "anyone could pose as Infobip: set callback_key (make one"},
		{Name: "a short key", Config: Config{Access: web.Access{CallbackKey: "short"}}, Says: "callback_key must be"},
		{Name: "a broken network", Config: Config{Access: web.Access{Allow: []string{"everybody"}}}, Says: `allow has "everybody"`},
		{Name: "a code without its hash", Config: Config{ServiceCode: "*123", Access: web.Access{CallbackKey: key}}, Says: "service_code must be"},
	})
}

func FuzzHop(f *testing.F) {
	f.Add("1", "start", hop("*123*101#"))
	f.Add("a b", "response", hop("1"))
	f.Add("\x00", "next", hop("\\ud83d"))
	f.Add("1", "end", `{"reason":"ok","exitCode":0}`)
	channel := open(f, Config{Access: web.Access{LoopbackOnly: true}})
	f.Fuzz(func(t *testing.T, session, leaf, body string) {
		if session == "" || session == "." || session == ".." {
			t.Skip("no client sends such a path as it is")
		}
		if !slices.Contains([]string{"start", "response", "next", "end"}, leaf) {
			t.Skip("no address of the channel")
		}
		channeltest.KnockJSON(t, channel, "/channels/shop/session/"+url.PathEscape(session)+"/"+leaf, body)
	})
}
