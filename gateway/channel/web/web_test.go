package web_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"haat/gateway"
	"haat/gateway/channel/channeltest"
	"haat/gateway/channel/web"
)

const key = "0123456789abcdef"

// open makes a mux with one URL, sms, that answers a form's text.
func open(t *testing.T, access web.Access, behind gateway.Acceptor) *http.ServeMux {
	t.Helper()
	door, err := web.NewDoor("shop", access)
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	door.Route(mux, "sms", behind, web.Forms(), func(call *web.Call) {
		if form, ok := call.Form("text"); ok {
			call.Plain(http.StatusOK, form.Get("text"))
		}
	})
	return mux
}

func TestDoor(t *testing.T) {
	const form = web.FormType
	tests := []struct {
		name    string
		access  web.Access
		method  string
		path    string
		from    string
		header  map[string]string
		body    string
		status  int
		says    string
		refused string
	}{
		{name: "a form is taken", body: "text=ORDER+RICE5+2", status: 200, says: "ORDER RICE5 2"},
		{name: "a charset is no other type", header: map[string]string{"Content-Type": form + "; charset=UTF-8"}, body: "text=a", status: 200, says: "a"},
		{name: "GET", method: "GET", status: 405, says: "Use POST here.\n", refused: gateway.RefusedMethod},
		{name: "HEAD", method: "HEAD", status: 405, says: "Use POST here.\n", refused: gateway.RefusedMethod},
		{name: "DELETE", method: "DELETE", status: 405, says: "Use POST here.\n", refused: gateway.RefusedMethod},
		{name: "JSON", header: map[string]string{"Content-Type": "application/json"}, body: "{}", status: 415, says: "Send the body as " + form + ".\n", refused: gateway.RefusedType},
		{name: "no content type", header: map[string]string{"Content-Type": ""}, body: "text=a", status: 415, says: "Send the body as " + form + ".\n", refused: gateway.RefusedType},
		{name: "64 KiB fit", body: "text=" + strings.Repeat("a", web.MaxBody-5), status: 200, says: strings.Repeat("a", web.MaxBody-5)},
		{name: "a byte more does not", body: "text=" + strings.Repeat("a", web.MaxBody-4), status: 413, says: "The body is longer than 64 KiB.\n", refused: gateway.RefusedSize},
		{name: "a long query", path: "/channels/shop/sms?a=" + strings.Repeat("a", web.MaxBody), status: 414, says: "The query is longer than 64 KiB.\n", refused: gateway.RefusedSize},
		{name: "broken escape", body: "text=100%&from=1", status: 400, says: "The form cannot be decoded: escape it as " + form + ".\n", refused: gateway.RefusedForm},
		{name: "broken UTF-8 in the text is cleaned", body: "text=mchele%ff%fe+2", status: 200, says: "mchele\ufffd 2"},
		{name: "control characters in the text are cleaned", body: "text=a%00b%1b%07c%0d%0ad", status: 200, says: "abc\nd"},
		{name: "broken UTF-8 in another field", body: "text=a&from=%ff", status: 400, says: "A field of the form is not UTF-8.\n", refused: gateway.RefusedForm},
		{name: "broken UTF-8 in a field's name", body: "text=a&%ff=a", status: 400, says: "A field of the form is not UTF-8.\n", refused: gateway.RefusedForm},

		{name: "the key opens", access: web.Access{CallbackKey: key}, path: "/channels/shop/" + key + "/sms", body: "text=a", status: 200, says: "a"},
		{name: "a wrong key", access: web.Access{CallbackKey: key}, path: "/channels/shop/0123456789abcdeF/sms", body: "text=a", status: 404, says: "404 page not found\n", refused: gateway.RefusedSignature},
		{name: "a part of the key", access: web.Access{CallbackKey: key}, path: "/channels/shop/0123456789abcde/sms", body: "text=a", status: 404, says: "404 page not found\n", refused: gateway.RefusedSignature},
		{name: "no key", access: web.Access{CallbackKey: key}, body: "text=a", status: 404, says: "404 page not found\n", refused: gateway.RefusedSignature},
		{name: "a wrong key hides the methods", access: web.Access{CallbackKey: key}, method: "GET", status: 404, says: "404 page not found\n", refused: gateway.RefusedSignature},
		{name: "a key where there is none", path: "/channels/shop/" + key + "/sms", body: "text=a", status: 404, says: "404 page not found\n"},
		{name: "another channel", path: "/channels/other/sms", body: "text=a", status: 404, says: "404 page not found\n"},

		{name: "an allowed network", access: web.Access{Allow: []string{"192.0.2.0/24"}}, from: "192.0.2.7:5000", body: "text=a", status: 200, says: "a"},
		{name: "an allowed address", access: web.Access{Allow: []string{"192.0.2.7"}}, from: "192.0.2.7:5000", body: "text=a", status: 200, says: "a"},
		{name: "an allowed IPv6 address", access: web.Access{Allow: []string{"2001:db8::/32"}}, from: "[2001:db8::1]:5000", body: "text=a", status: 200, says: "a"},
		{name: "IPv4 in IPv6", access: web.Access{Allow: []string{"192.0.2.0/24"}}, from: "[::ffff:192.0.2.7]:5000", body: "text=a", status: 200, says: "a"},
		{name: "another address", access: web.Access{Allow: []string{"192.0.2.0/24"}}, from: "192.0.3.7:5000", body: "text=a", status: 403, says: "This address may not call this channel.\n", refused: gateway.RefusedOrigin},
		{name: "a forwarded address is only said", access: web.Access{Allow: []string{"192.0.2.0/24"}}, from: "198.51.100.1:5000", header: map[string]string{"X-Forwarded-For": "192.0.2.7", "Forwarded": "for=192.0.2.7", "X-Real-Ip": "192.0.2.7"}, body: "text=a", status: 403, says: "This address may not call this channel.\n", refused: gateway.RefusedOrigin},
		{name: "another address learns nothing of the key", access: web.Access{CallbackKey: key, Allow: []string{"192.0.2.0/24"}}, path: "/channels/shop/" + key + "/sms", from: "192.0.3.7:5000", body: "text=a", status: 403, says: "This address may not call this channel.\n", refused: gateway.RefusedOrigin},

		{name: "this machine", access: web.Access{LoopbackOnly: true}, from: "127.0.0.1:5000", body: "text=a", status: 200, says: "a"},
		{name: "this machine over IPv6", access: web.Access{LoopbackOnly: true}, from: "[::1]:5000", body: "text=a", status: 200, says: "a"},
		{name: "not this machine", access: web.Access{LoopbackOnly: true}, from: "192.0.2.7:5000", body: "text=a", status: 403, says: "This address may not call this channel.\n", refused: gateway.RefusedOrigin},
		{name: "not this machine, though allowed", access: web.Access{LoopbackOnly: true, Allow: []string{"192.0.2.7"}}, from: "192.0.2.7:5000", body: "text=a", status: 403, says: "This address may not call this channel.\n", refused: gateway.RefusedOrigin},
		{name: "a page in this machine's browser", access: web.Access{LoopbackOnly: true}, from: "127.0.0.1:5000", header: map[string]string{"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}, body: "text=a", status: 403, says: "This address may not call this channel.\n", refused: gateway.RefusedOrigin},
		{name: "not this machine, though its headers say so", access: web.Access{LoopbackOnly: true}, from: "192.0.2.7:5000", header: map[string]string{"Host": "localhost", "X-Real-IP": "127.0.0.1"}, body: "text=a", status: 403, says: "This address may not call this channel.\n", refused: gateway.RefusedOrigin},
		{name: "this machine by name", access: web.Access{LoopbackOnly: true}, from: "127.0.0.1:5000", header: map[string]string{"Host": "localhost"}, body: "text=a", status: 200, says: "a"},
		{name: "a site's name that points here", access: web.Access{LoopbackOnly: true}, from: "127.0.0.1:5000", header: map[string]string{"Host": "evil.example"}, body: "text=a", status: 403, says: "This address may not call this channel.\n", refused: gateway.RefusedOrigin},
		{name: "through a proxy on this machine", access: web.Access{LoopbackOnly: true}, from: "127.0.0.1:5000", header: map[string]string{"X-Forwarded-For": "192.0.2.7"}, body: "text=a", status: 403, says: "This address may not call this channel.\n", refused: gateway.RefusedOrigin},
		{name: "no address", access: web.Access{LoopbackOnly: true}, from: "@", body: "text=a", status: 403, says: "This address may not call this channel.\n", refused: gateway.RefusedOrigin},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			behind := &channeltest.Gateway{}
			req := httptest.NewRequestWithContext(t.Context(), or(tt.method, "POST"), or(tt.path, "/channels/shop/sms"), strings.NewReader(tt.body))
			req.RemoteAddr = or(tt.from, "203.0.113.9:5000")
			req.Host = or(tt.header["Host"], "127.0.0.1:8080")
			req.Header.Set("Content-Type", form)
			for name, value := range tt.header {
				req.Header.Set(name, value)
			}
			answer := httptest.NewRecorder()
			open(t, tt.access, behind).ServeHTTP(answer, req)

			if answer.Code != tt.status || answer.Body.String() != tt.says {
				t.Errorf("answer = %d %.60q, want %d %.60q", answer.Code, answer.Body, tt.status, tt.says)
			}
			if tt.status == 405 && answer.Header().Get("Allow") != "POST" {
				t.Errorf("Allow = %q", answer.Header().Get("Allow"))
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

func or(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

func TestNewDoorSaysWhatToDo(t *testing.T) {
	tests := []struct {
		name    string
		channel string
		access  web.Access
		says    string
	}{
		{"a name with a slash", "a/b", web.Access{}, "rename it"},
		{"a name in capitals", "Shop", web.Access{}, "rename it"},
		{"no name", "", web.Access{}, "rename it"},
		{"a short key", "shop", web.Access{CallbackKey: "secret"}, "openssl rand -hex 16"},
		{"a key that needs escaping", "shop", web.Access{CallbackKey: "0123456789abcde/"}, "openssl rand -hex 16"},
		{"a host's name", "shop", web.Access{Allow: []string{"example.org"}}, `"example.org"`},
		{"a broken network", "shop", web.Access{Allow: []string{"192.0.2.0/33"}}, "192.0.2.0/24"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := web.NewDoor(tt.channel, tt.access)
			if err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("error = %v, want one that says %q", err, tt.says)
			}
		})
	}
}

// TestGuardedDoorKeepsSomebodyOut: each of the settings alone is enough, and an
// error says whose door is open and where the key goes.
func TestGuardedDoorKeepsSomebodyOut(t *testing.T) {
	const open = "channel shop: anyone could pose as Toy: set callback_key (make one with `openssl rand -hex 16`) and put it into the callback URL"
	tests := []struct {
		name   string
		access web.Access
		says   string
	}{
		{"open to all", web.Access{}, open},
		{"a list without addresses", web.Access{Allow: []string{}}, open},
		{"a short key", web.Access{CallbackKey: "secret"}, "channel shop: callback_key must be 8 to 128 of A-Z, a-z, 0-9, _ and -: make one with `openssl rand -hex 16`"},
		{"a key", web.Access{CallbackKey: key}, ""},
		{"a network", web.Access{Allow: []string{"192.0.2.0/24"}}, ""},
		{"this machine", web.Access{LoopbackOnly: true}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			door, err := web.GuardedDoor("shop", tt.access, "Toy", "the callback URL")
			switch {
			case tt.says == "" && (err != nil || door == nil):
				t.Errorf("it does not open: %v", err)
			case tt.says != "" && (err == nil || err.Error() != tt.says):
				t.Errorf("error = %v, want %q", err, tt.says)
			}
		})
	}
}

func TestBaseURL(t *testing.T) {
	for text, want := range map[string]string{
		"https://sms.example.org":        "https://sms.example.org",
		"https://sms.example.org:8443/":  "https://sms.example.org:8443",
		"http://127.0.0.1:8080/haat/":    "http://127.0.0.1:8080/haat",
		"sms.example.org":                "",
		"ftp://sms.example.org":          "",
		"https://sms.example.org/?a=b":   "",
		"https://sms.example.org/#rc=2":  "",
		"https://":                       "",
		"https://sms.example.org:port/x": "",
	} {
		got, err := web.BaseURL("shop", "public_url", text)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("BaseURL(%q) = %q, %v, want %q", text, got, err, want)
		}
		if err != nil && !strings.Contains(err.Error(), "public_url") {
			t.Errorf("BaseURL(%q) does not name the setting: %v", text, err)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	soon := time.Now().Add(time.Minute).UTC().Format(http.TimeFormat)
	tests := []struct {
		name, header string
		least, most  time.Duration
	}{
		{"none", "", 0, 0},
		{"seconds", "7", 7 * time.Second, 7 * time.Second},
		{"a date", soon, time.Second, time.Minute},
		{"a date that is past", "Mon, 02 Jan 2006 15:04:05 GMT", 0, 0},
		{"less than nothing", "-5", 0, 0},
		{"a year", "31536000", time.Hour, time.Hour},
		{"a number beyond all", "99999999999999999999", 0, 0},
		{"no number", "soon", 0, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := web.Answer{Header: http.Header{"Retry-After": {tt.header}}}.After()
			if got < tt.least || got > tt.most {
				t.Errorf("After = %v, want %v to %v", got, tt.least, tt.most)
			}
		})
	}
}

func TestDoFollowsNoRedirect(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		t.Error("the credentials went elsewhere")
	}))
	defer elsewhere.Close()
	carrier := httptest.NewServer(http.RedirectHandler(elsewhere.URL, http.StatusTemporaryRedirect))
	defer carrier.Close()

	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, carrier.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := web.Do(web.NewClient(), req)
	if err != nil {
		t.Fatal(err)
	}
	if refusal := answer.Refused("the key"); refusal == nil || refusal.Kind != gateway.Unavailable {
		t.Errorf("refusal = %v, want one to retry", refusal)
	}
}

func TestDoHidesTheAddress(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://127.0.0.1:1/?to=254700000001", nil)
	if err != nil {
		t.Fatal(err)
	}
	_, err = web.Do(web.NewClient(), req)
	if err == nil || strings.Contains(err.Error(), "254700000001") {
		t.Errorf("error = %v, want one without the phone", err)
	}
}

func TestDoReadsLittle(t *testing.T) {
	carrier := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write(make([]byte, 1<<20))
	}))
	defer carrier.Close()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, carrier.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := web.Do(web.NewClient(), req)
	if err != nil || len(answer.Body) != 64<<10 {
		t.Errorf("read %d bytes, %v", len(answer.Body), err)
	}
}
