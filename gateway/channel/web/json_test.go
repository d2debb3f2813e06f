package web_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

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
