package web_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"haat/gateway"
	"haat/gateway/channel/channeltest"
	"haat/gateway/channel/web"
)

func TestJSON(t *testing.T) {
	const bad = "The body is not the JSON that this channel takes.\n"
	tests := []struct {
		name, kind, body string
		status           int
		says             string
		refused          string
	}{
		{name: "an object", body: `{"text":"habari"}`, status: 200, says: `{"text":"habari"}`},
		{name: "a number for a string", body: `{"text":233200585542}`, status: 200, says: `{"text":"233200585542"}`},
		{name: "true for a string", body: `{"text":true}`, status: 200, says: `{"text":"true"}`},
		{name: "null", body: `{"text":null}`, status: 200, says: `{"text":""}`},
		{name: "nothing", body: `{}`, status: 200, says: `{"text":""}`},
		{name: "a name in another case", body: `{"TEXT":"a"}`, status: 200, says: `{"text":"a"}`},
		{name: "what HTML would escape", body: `{"text":"a<b & \u00e9"}`, status: 200, says: `{"text":"a<b & é"}`},
		{name: "broken UTF-8", body: "{\"text\":\"a\xffb\"}", status: 200, says: "{\"text\":\"a\ufffdb\"}"},
		{name: "half a surrogate pair", body: `{"text":"\ud83d"}`, status: 200, says: "{\"text\":\"\ufffd\"}"},
		{name: "a charset", kind: "application/json; charset=UTF-8", body: `{"text":"a"}`, status: 200, says: `{"text":"a"}`},
		{name: "an object for a string", body: `{"text":{"a":"b"}}`, status: 400, says: bad, refused: gateway.RefusedForm},
		{name: "a list for a string", body: `{"text":["a"]}`, status: 400, says: bad, refused: gateway.RefusedForm},
		{name: "a list", body: `["a"]`, status: 400, says: bad, refused: gateway.RefusedForm},
		{name: "a string", body: `"a"`, status: 400, says: bad, refused: gateway.RefusedForm},
		{name: "half an object", body: `{"text":"a"`, status: 400, says: bad, refused: gateway.RefusedForm},
		{name: "an object and more", body: `{"text":"a"}{}`, status: 400, says: bad, refused: gateway.RefusedForm},
		{name: "an object without end", body: strings.Repeat(`{"text":`, 8000), status: 400, says: bad, refused: gateway.RefusedForm},
		{name: "a form", kind: web.FormType, body: "text=a", status: 415, says: "Send the body as application/json.\n", refused: gateway.RefusedType},
		{name: "no body", status: 400, says: bad, refused: gateway.RefusedForm},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			behind := &channeltest.Gateway{}
			req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/channels/shop/ussd", strings.NewReader(tt.body))
			req.Header.Set("Content-Type", or(tt.kind, web.JSONType))
			answer := httptest.NewRecorder()
			mirror(t, behind).ServeHTTP(answer, req)

			if answer.Code != tt.status || answer.Body.String() != tt.says {
				t.Errorf("answer = %d %q, want %d %q", answer.Code, answer.Body, tt.status, tt.says)
			}
			if got := answer.Header().Get("Content-Type"); tt.status == 200 && got != "application/json" {
				t.Errorf("Content-Type = %q", got)
			}
			var refused []string
			if tt.refused != "" {
				refused = []string{tt.refused}
			}
			if got := behind.Refused(); !slices.Equal(got, refused) {
				t.Errorf("refused = %q, want %q", got, refused)
			}
		})
	}
}

// mirror makes a mux whose one URL answers with the text that it is asked with.
func mirror(t *testing.T, behind gateway.Acceptor) *http.ServeMux {
	t.Helper()
	door, err := web.NewDoor("shop", web.Access{})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	door.Route(mux, "ussd", behind, web.JSON(), func(call *web.Call) {
		var body struct {
			Text web.Text `json:"text"`
		}
		if call.Decode(&body) {
			call.Encode(http.StatusOK, body)
		}
	})
	return mux
}

func TestBool(t *testing.T) {
	for body, want := range map[string]struct{ value, known bool }{
		`true`: {true, true}, `"true"`: {true, true}, `"TRUE"`: {true, true}, `"tRue"`: {true, true}, `1`: {true, true}, `"1"`: {true, true},
		`false`: {false, true}, `"False"`: {false, true}, `0`: {false, true},
		`null`: {}, `""`: {}, `"yes"`: {}, `2`: {}, `1.0`: {},
	} {
		var text web.Text
		if err := json.Unmarshal([]byte(body), &text); err != nil {
			t.Fatal(err)
		}
		if value, known := text.Bool(); value != want.value || known != want.known {
			t.Errorf("%s is read as %t, known %t", body, value, known)
		}
	}
}

func TestDialled(t *testing.T) {
	tests := []struct{ name, code, dialled, want string }{
		{"the code alone", "*384*1#", "*384*1#", ""},
		{"a product and how many", "*384*1#", "*384*1*101*2#", "101*2"},
		{"the code without its signs", "384*1", "*384*1*101#", "101"},
		{"the string without its signs", "*384*1#", "384*1*101", "101"},
		{"spaces around it", "*384*1#", " *384*1# ", ""},
		{"nothing", "*384*1#", "", ""},
		{"another code that begins alike", "*384*1#", "*384*12#", ""},
		{"another code", "*384*1#", "*713#", ""},
		{"the code and a hash in the middle", "*384#", "*384*101#2#", "101*2"},
		{"wide signs", "*928*122#", "*928*122*2\uff03", "2"},
		{"only what stands beyond", "*711*734#", "1*2*3", "1*2*3"},
		{"an answer", "*384#", "2 rice", "2 rice"},
		{"no code", "", "*384*101#", ""},
		{"no code and nothing", "", "", ""},
		{"a code of signs", "*#", "*101#", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := web.Dialled(tt.code, tt.dialled); got != tt.want {
				t.Errorf("Dialled(%q, %q) = %q, want %q", tt.code, tt.dialled, got, tt.want)
			}
		})
	}
}

func TestCheckCode(t *testing.T) {
	for code, good := range map[string]bool{
		"*384#": true, "*384*1#": true, "*713*20*101#": true,
		"": false, "384": false, "*384": false, "384#": false, "**384#": false, "*384#\n": false, "*38 4#": false, "*384*#": false,
	} {
		err := web.CheckCode("shop", code)
		if (err == nil) != good {
			t.Errorf("CheckCode(%q) = %v", code, err)
		}
		if err != nil && (!strings.Contains(err.Error(), "channel shop") || !strings.Contains(err.Error(), "service_code")) {
			t.Errorf("CheckCode(%q) = %v, which names neither channel nor setting", code, err)
		}
	}
}

func TestHopIDIsAnID(t *testing.T) {
	seen := map[string]bool{}
	for _, length := range []int{1, 63, 64, 100, 127, 128} {
		for _, hop := range []string{"", "1", "2", strings.Repeat("h", 64)} {
			id := web.HopID(strings.Repeat("s", length), hop)
			if !web.IsID(id) || seen[id] {
				t.Errorf("session of %d, hop %.9q: id %q is none, or another hop's", length, hop, id)
			}
			seen[id] = true
		}
	}
}

// clock is a clock that stands still until it is moved.
type clock struct{ time.Time }

func (c *clock) move(by time.Duration) { c.Time = c.Add(by) }

func newHops() (*web.Hops, *clock) {
	c := &clock{time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)}
	hops := web.NewHops()
	hops.Now = func() time.Time { return c.Time }
	return hops, c
}

func TestHops(t *testing.T) {
	enter := func(hops *web.Hops, session, text string) string {
		id, leave := hops.Enter(session, text)
		leave()
		return id
	}
	t.Run("the same answer to the next screen is another hop", func(t *testing.T) {
		hops, now := newHops()
		first := enter(hops, "s", "1")
		now.move(2 * time.Second)
		if second := enter(hops, "s", "1"); second == first {
			t.Errorf("both have the id %s", first)
		}
	})
	t.Run("an equal answer to a screen that was not seen yet is a repeat", func(t *testing.T) {
		hops, now := newHops()
		first := enter(hops, "s", "1")
		now.move(900 * time.Millisecond)
		if again := enter(hops, "s", "1"); again != first {
			t.Errorf("ids %s and %s", first, again)
		}
	})
	t.Run("repeats without end are hops", func(t *testing.T) {
		hops, now := newHops()
		first := enter(hops, "s", "1")
		for range 3 {
			now.move(400 * time.Millisecond)
			if again := enter(hops, "s", "1"); now.Second() >= 1 && again == first {
				t.Errorf("%v after the first it is still its repeat", now.Sub(time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)))
			}
		}
	})
	t.Run("a repeat while the first is being answered", func(t *testing.T) {
		hops, now := newHops()
		first, leave := hops.Enter("s", "1")
		now.move(12 * time.Second)
		again, leaveAgain := hops.Enter("s", "1")
		if again != first {
			t.Errorf("ids %s and %s", first, again)
		}
		leave()
		now.move(2 * time.Second)
		if third, _ := hops.Enter("s", "1"); third != first { // the repeat is not answered yet
			t.Errorf("ids %s and %s", first, third)
		}
		leaveAgain()
	})
	t.Run("another answer is another hop at once", func(t *testing.T) {
		hops, now := newHops()
		first := enter(hops, "s", "1")
		now.move(time.Millisecond)
		second := enter(hops, "s", "2")
		now.move(time.Millisecond)
		if third := enter(hops, "s", "1"); first == second || second == third || first == third {
			t.Errorf("ids %s, %s and %s", first, second, third)
		}
	})
	t.Run("sessions are apart", func(t *testing.T) {
		hops, _ := newHops()
		if a, b := enter(hops, "a", "1"), enter(hops, "b", "1"); a == b {
			t.Errorf("both have the id %s", a)
		}
	})
	t.Run("a process that was started anew", func(t *testing.T) {
		hops, now := newHops()
		first := enter(hops, "s", "1")
		fresh := web.NewHops()
		now.move(10 * time.Second)
		fresh.Now = hops.Now
		if second := enter(fresh, "s", "1"); second == first {
			t.Errorf("both have the id %s", first)
		}
	})
}

func TestHopsForget(t *testing.T) {
	hops, now := newHops()
	first, leave := hops.Enter("first", "1")
	for i := range 10_000 {
		_, leave := hops.Enter(strconv.Itoa(i), "1")
		leave()
	}
	leave()
	now.move(time.Millisecond)
	if again, _ := hops.Enter("first", "1"); again == first {
		t.Error("more sessions are remembered than there is room for")
	}
}

func FuzzDialled(f *testing.F) {
	f.Add("*384*1#", "*384*1*101*2#")
	f.Add("384", "1*2")
	f.Fuzz(func(t *testing.T, code, dialled string) {
		got := web.Dialled(code, dialled)
		if len(got) > len(dialled) || web.Dialled(code, "*"+strings.Trim(code, "*#")+"#") != "" && web.CheckCode("shop", code) == nil {
			t.Errorf("Dialled(%q, %q) = %q", code, dialled, got)
		}
	})
}
