package nalo

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
	code    = "*920*11#"
	path    = "/channels/shop/ussd"
	session = "16590115252429751"
)

// id is that of all hops of the tests' tables: hops are told apart by their time,
// which is 35 nanoseconds after the epoch, to the base of 36.
const id = session + "#z"

func open(t testing.TB, access web.Access) *Channel {
	t.Helper()
	channel, err := New("shop", Config{ServiceCode: code, Access: access}, gateway.Site{Region: "GH"})
	if err != nil {
		t.Fatal(err)
	}
	channel.Hops.Now = func() time.Time { return time.Unix(0, 35) }
	return channel
}

// hop is a request as Nalo sends it.
func hop(begins, userData string) string {
	return `{"USERID":"NALOTest","MSISDN":"233265542141","USERDATA":"` + userData + `","MSGTYPE":` + begins + `,"NETWORK":"MTN","SESSIONID":"` + session + `"}`
}

// old is a request as Nalo's older documents have it.
func old(begins, userData string) string {
	return strings.Replace(hop(begins, userData), `,"SESSIONID":"`+session+`"`, "", 1)
}

// kept is what such a hop must become.
func kept(text string) *gateway.Inbound {
	return &gateway.Inbound{ID: id, Channel: "shop", Mode: dialogue.USSD, Phone: "+233265542141", Text: text, Session: session}
}

// keptOld is what a hop without a session must become.
func keptOld(text string) *gateway.Inbound {
	in := kept(text)
	in.Session = web.HopID(web.Digest("NALOTest +233265542141"), "z")
	in.ID = in.Session
	return in
}

func shows(message, goesOn string) string {
	return `{"USERID":"NALOTest","MSISDN":"233265542141","MSG":"` + message + `","MSGTYPE":` + goesOn + `}`
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
		{Name: "a dial", Body: first, Reply: menu, Says: shown, With: map[string]string{"Content-Type": "application/json"}, In: kept("")},
		{Name: "a dial beyond the code", Body: hop("true", "*920*11*101*2#"), Says: ok, In: kept("101*2")},
		{Name: "a dial of another code", Body: hop("true", "*920#"), Says: ok, In: kept("")},
		{Name: "a dial that is not told", Body: hop("true", ""), Says: ok, In: kept("")},
		{Name: "a dial without USERDATA", Body: without("USERDATA"), Says: ok, In: kept("")},
		{Name: "an answer", Body: hop("false", "1"), Reply: menu, Says: shown, In: kept("1")},
		{Name: "an answer in a session that always begins", Body: hop("true", "1"), Says: ok, In: kept("1")},
		{Name: "true and false as strings", Body: hop(`"FALSE"`, "1"), Says: ok, In: kept("1")},
		{Name: "names in small letters", Body: `{"userid":"NALOTest","msisdn":"233265542141","userdata":"1","msgtype":false,"sessionid":"` + session + `"}`, Says: ok, In: kept("1")},
		{Name: "numbers for strings", Body: strings.Replace(strings.Replace(hop("0", "X"), `"X"`, "1", 1), `"`+session+`"`, session, 1), Says: ok, In: kept("1")},
		{Name: "free text", Body: hop("false", "2 rice na caf\\u00e9 米 😀"), Says: ok, In: kept("2 rice na café 米 😀")},
		{Name: "control characters and broken UTF-8", Body: hop("false", "1\\u0000\\u001b\xff"), Says: ok, In: kept("1\ufffd")},
		{Name: "an empty answer", Body: hop("false", ""), Says: ok, In: kept("")},
		{Name: "the code for an answer", Body: hop("false", code), Says: ok, In: kept(code)},
		{Name: "the last screen", Body: hop("false", "1"), Reply: gateway.Reply{Text: "Asante", End: true}, Says: shows("Asante", "false"), In: kept("1")},
		{Name: "a national number", Body: instead("233265542141", "0265542141"), Says: strings.Replace(ok, "233265542141", "0265542141", 1), In: kept("")},
		{Name: "no USERID", Body: without("USERID"), Says: strings.Replace(ok, "NALOTest", "", 1), In: kept("")},
		{Name: "nothing was kept", Body: hop("false", "1"), Down: true, Says: shows(channeltest.Apology, "false")},
		{Name: "a dial without a session", Body: old("true", "*920*11*101#"), Says: ok, In: keptOld("101")},
		{Name: "an answer without a session", Body: old("false", "1"), Says: ok, In: keptOld("1")},
		{Name: "an answer with an empty session", Body: strings.Replace(hop("false", "1"), session, "", 1), Says: ok, In: keptOld("1")},
		{Name: "an answer without a session to a screen that nobody remembers", To: open(t, web.Access{LoopbackOnly: true}), Body: old("false", "1"), Says: ok, In: keptOld("")},

		{Name: "no MSGTYPE", Body: without("MSGTYPE"), Status: 400, Says: "MSGTYPE must be true or false.\n", Refused: gateway.RefusedForm},
		{Name: "a strange MSGTYPE", Body: hop(`"maybe"`, code), Status: 400, Says: "...", Refused: gateway.RefusedForm},
		{Name: "a session with a space", Body: instead(session, "a b"), Status: 400, Says: "SESSIONID is not usable.\n", Refused: gateway.RefusedForm},
		{Name: "a session without end", Body: instead(session, strings.Repeat("a", 129)), Status: 400, Says: "...", Refused: gateway.RefusedForm},
		{Name: "no phone", Body: without("MSISDN"), Status: 400, Says: "...", Refused: gateway.RefusedPhone},
		{Name: "a short code", Body: instead("233265542141", "1945"), Status: 400, Says: "...", Refused: gateway.RefusedPhone},
		{Name: "a name", Body: instead("233265542141", "Nalo"), Status: 400, Says: "...", Refused: gateway.RefusedPhone},
		{Name: "an object for the answer", Body: instead(`"`+code+`"`, "{}"), Status: 400, Says: "...", Refused: gateway.RefusedForm},
		{Name: "broken JSON", Body: first[:40], Status: 400, Says: "...", Refused: gateway.RefusedForm},
		{Name: "null", Body: "null", Status: 400, Says: "...", Refused: gateway.RefusedForm},
		{Name: "a body without end", Body: hop("false", strings.Repeat("1", web.MaxBody)), Status: 413, Says: "...", Refused: gateway.RefusedSize},
		{Name: "a form", Header: map[string]string{"Content-Type": web.FormType}, Body: "USERID=NALOTest", Status: 415, Says: "...", Refused: gateway.RefusedType},
		{Name: "GET", Method: "GET", Status: 405, Says: "...", With: map[string]string{"Allow": "POST"}, Refused: gateway.RefusedMethod},
		{Name: "the key opens", To: keyed, Path: "/channels/shop/" + key + "/ussd", Body: first, Says: ok, In: kept("")},
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

// step is a request, when it comes, and what is known after it.
type step struct {
	name, body string
	after      time.Duration // since the one before
	hops       int           // kept so far
	sessions   int           // begun so far
}

// walk sends requests at the times that a phone and a carrier would.
func walk(t *testing.T, steps []step) {
	t.Helper()
	channel := open(t, web.Access{LoopbackOnly: true})
	now := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	channel.Hops.Now = func() time.Time { return now }
	behind := &channeltest.Gateway{}
	server := channeltest.Serve(t, channel, behind)
	for _, step := range steps {
		now = now.Add(step.after)
		channeltest.PostJSON(t, server, path, step.body)
		hops := behind.Inbounds()
		if len(hops) != step.hops {
			t.Fatalf("%s: %d hops were kept so far, want %d", step.name, len(hops), step.hops)
		}
		sessions := 0
		for i, hop := range hops {
			if i == 0 || hop.Session != hops[i-1].Session {
				sessions++
			}
		}
		if sessions != step.sessions {
			t.Fatalf("%s: %d sessions were begun so far, want %d", step.name, sessions, step.sessions)
		}
	}
}

func TestHopsOfASession(t *testing.T) {
	walk(t, []step{
		{"a dial", hop("true", code), 0, 1, 1},
		{"the dial once more before anybody could read", hop("true", code), 10 * time.Millisecond, 1, 1},
		{"an answer", hop("false", "1"), 4 * time.Second, 2, 1},
		{"the answer once more", hop("false", "1"), 10 * time.Millisecond, 2, 1},
		{"the same answer to the next screen", hop("false", "1"), 4 * time.Second, 3, 1},
		{"another answer", hop("false", "2"), 10 * time.Millisecond, 4, 1},
		{"another dial", strings.Replace(hop("true", code), session, "2", 1), 4 * time.Second, 5, 2},
	})
}

func TestHopsWithoutASession(t *testing.T) {
	other := func(body string) string { return strings.Replace(body, "233265542141", "233265542142", 1) }
	walk(t, []step{
		{"a dial", old("true", code), 0, 1, 1},
		{"the dial once more before anybody could read", old("true", code), 10 * time.Millisecond, 1, 1},
		{"an empty answer is no repeat of the dial", old("false", ""), 10 * time.Millisecond, 2, 1},
		{"an answer", old("false", "1"), 4 * time.Second, 3, 1},
		{"the answer once more", old("false", "1"), 10 * time.Millisecond, 3, 1},
		{"the same answer to the next screen", old("false", "1"), 4 * time.Second, 4, 1},
		{"a dial while the session is open", old("true", code), 4 * time.Second, 5, 2},
		{"an answer in it", old("false", "1"), 4 * time.Second, 6, 2},
		{"another phone", other(old("true", code)), 0, 7, 3},
		{"and its answer", other(old("false", "1")), 4 * time.Second, 8, 3},
		{"the first phone goes on in its own", old("false", "1"), 0, 9, 4},
	})
}

func TestASessionThatNobodyRemembersOpensAnew(t *testing.T) {
	walk(t, []step{
		{"an answer", old("false", "1"), 0, 1, 1},
		{"the answer once more", old("false", "1"), 10 * time.Millisecond, 1, 1},
		{"the same answer to the screen that was opened", old("false", "1"), 4 * time.Second, 2, 1},
	})
}

func TestNewSaysWhatToDo(t *testing.T) {
	channeltest.RunBadConfigs(t, []channeltest.BadConfig{
		{Name: "open to all", Config: Config{ServiceCode: code}, Says: "anyone could pose as Nalo: set callback_key (make one"},
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
