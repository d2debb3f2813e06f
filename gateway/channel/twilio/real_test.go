package twilio

import (
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"haat/gateway"
	"haat/gateway/channel/channeltest"
)

// webhook asks Twilio's library to sign and post a form.
type webhook struct {
	Op    string         `json:"op"`
	At    string         `json:"at"` // where it is posted
	As    string         `json:"as"` // what is signed
	Token string         `json:"token"`
	Form  map[string]any `json:"form"`
	Hash  bool           `json:"hash"`
}

// answered is how the channel answered it.
type answered struct {
	Status int    `json:"status"`
	Type   string `json:"type"`
	Body   string `json:"body"`
	Error  string `json:"error"`
}

func TestRealTwilioSigns(t *testing.T) {
	library := channeltest.Node(t, "twilio.js")
	form := func(body string) map[string]any {
		return map[string]any{"MessageSid": "SM1", "AccountSid": "AC1", "From": "+254700000001", "To": "+15005550006", "Body": body, "FromCity": "", "FromState": "NAIROBI "}
	}
	repeated := form("MENU")
	repeated["MediaUrl"] = []string{"b", "a", "b"}
	const called = public + "/channels/line/sms"
	tests := []struct {
		name  string
		query string
		ask   webhook
		want  int
		text  string
	}{
		{"a text", "", webhook{As: called, Token: token, Form: form("ORDER RICE5 2")}, 200, "ORDER RICE5 2"},
		{"beyond ASCII", "", webhook{As: called, Token: token, Form: form("café €5 米 😀 + & % = ~ * '")}, 200, "café €5 米 😀 + & % = ~ * '"},
		{"blanks and lines", "", webhook{As: called, Token: token, Form: form(" a\r\nb \t")}, 200, " a\nb  "},
		{"an empty text", "", webhook{As: called, Token: token, Form: form("")}, 200, ""},
		{"a repeated field", "", webhook{As: called, Token: token, Form: repeated}, 200, "MENU"},
		{"a query", "?shop=1&x=%20'~", webhook{As: called + "?shop=1&x=%20'~", Token: token, Form: form("MENU")}, 200, "MENU"},
		{"the standard port", "", webhook{As: public + ":443/channels/line/sms", Token: token, Form: form("MENU")}, 200, "MENU"},
		{"the body's hash", "", webhook{As: called, Token: token, Form: form("MENU"), Hash: true}, 200, "MENU"},
		{"another account's token", "", webhook{As: called, Token: "54321", Form: form("MENU")}, 403, ""},
		{"another address", "", webhook{As: public + "/channels/other/sms", Token: token, Form: form("MENU")}, 403, ""},
		{"a query that was not signed", "?a=b", webhook{As: called, Token: token, Form: form("MENU")}, 403, ""},
		{"another account's hash", "", webhook{As: called, Token: "54321", Form: form("MENU"), Hash: true}, 403, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			behind := &channeltest.Gateway{}
			server := channeltest.Serve(t, open(t, public), behind)
			tt.ask.Op, tt.ask.At = "webhook", server.URL+"/channels/line/sms"+tt.query
			var got answered
			library.Tell(tt.ask)
			library.Hear(&got)
			if got.Status != tt.want || got.Error != "" {
				t.Fatalf("it is answered %+v, want %d", got, tt.want)
			}
			kept := behind.Inbounds()
			if tt.want != 200 {
				if len(kept) != 0 {
					t.Errorf("kept %+v", kept)
				}
				return
			}
			if len(kept) != 1 || kept[0].Text != tt.text || got.Type != "text/xml; charset=utf-8" {
				t.Errorf("kept %+v, answered %+v", kept, got)
			}
		})
	}
}

// TestRealTwilioWritesTheSameTwiML compares what an XML parser reads of our TwiML
// and of the library's.
func TestRealTwilioWritesTheSameTwiML(t *testing.T) {
	library := channeltest.Node(t, "twilio.js")
	for _, text := range []string{"ok", "", "1 < 2 & \"3\"\n'4' ]]>", " café €5 米 😀 ", "<Response/>&amp;&#10;"} {
		texts := []string{text}
		if text == "" {
			texts = []string{} // nothing to say
		}
		var theirs answered
		library.Tell(map[string]any{"op": "twiml", "texts": texts})
		library.Hear(&theirs)

		behind := &channeltest.Gateway{Answer: func(gateway.Inbound) gateway.Reply { return gateway.Reply{Text: text, End: true} }}
		server := channeltest.Serve(t, open(t, public), behind)
		var ours answered
		library.Tell(webhook{
			Op: "webhook", At: server.URL + "/channels/line/sms", As: public + "/channels/line/sms", Token: token,
			Form: map[string]any{"MessageSid": "SM1", "From": "+254700000001", "Body": "MENU"},
		})
		library.Hear(&ours)
		if got, want := tokens(t, ours.Body), tokens(t, theirs.Body); !reflect.DeepEqual(got, want) {
			t.Errorf("for %q we write %q, the library %q", text, ours.Body, theirs.Body)
		}
	}
}

// tokens reads a document to its end: its elements and their text.
func tokens(t *testing.T, document string) (all []string) {
	t.Helper()
	reader := xml.NewDecoder(strings.NewReader(document))
	text := ""
	flush := func() {
		if text != "" {
			all = append(all, "text "+text)
		}
		text = ""
	}
	for {
		token, err := reader.Token()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatalf("%v in %q", err, document)
		}
		switch token := token.(type) {
		case xml.StartElement:
			flush()
			all = append(all, "<"+token.Name.Local)
		case xml.EndElement:
			flush()
			all = append(all, ">"+token.Name.Local)
		case xml.CharData:
			if len(all) > 0 { // not the line break after the declaration
				text += string(token)
			}
		}
	}
}

// sending asks the library to send a message.
type sending struct {
	Op      string         `json:"op"`
	API     string         `json:"api"`
	Account string         `json:"account"`
	Token   string         `json:"token"`
	Message map[string]any `json:"message"`
}

// sentBy is what became of it.
type sentBy struct {
	SID     string `json:"sid"`
	Refused bool   `json:"refused"`
	HTTP    int    `json:"http"`
	Code    int    `json:"code"`
	Error   string `json:"error"`
}

// asked is what of a request to the API matters.
type asked struct {
	method, path, authorization, contentType string
	form                                     url.Values
}

// api is Twilio's REST API as far as the tests need it.
func api(t *testing.T, status int, answer string) (address string, next func() asked) {
	t.Helper()
	requests := make(chan asked, 8)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		form, err := url.ParseQuery(string(body))
		if err != nil {
			t.Error(err)
		}
		requests <- asked{r.Method, r.URL.RequestURI(), r.Header.Get("Authorization"), r.Header.Get("Content-Type"), form}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, answer)
	}))
	t.Cleanup(server.Close)
	return server.URL, func() asked {
		select {
		case r := <-requests:
			return r
		default:
			t.Fatal("the API was not asked")
			return asked{}
		}
	}
}

func TestRealTwilioAsksTheSame(t *testing.T) {
	library := channeltest.Node(t, "twilio.js")
	for _, text := range []string{channeltest.SMS.Text, "café €5 米 😀 + & % = ~ * '\n", strings.Repeat("0123456789", 40)} {
		address, next := api(t, 201, `{"sid":"SM1","status":"queued","error_code":null}`)
		out := channeltest.SMS
		out.Text, out.Until = text, time.Now().Add(2*time.Hour-time.Second/2)
		if _, err := toCarrier(t, address).Send(t.Context(), out); err != nil {
			t.Fatal(err)
		}
		ours := next()
		library.Tell(sending{"send", address, "AC1", token, map[string]any{
			"to": out.Phone, "from": "+15005550006", "body": text, "validityPeriod": 7200,
			"statusCallback": public + "/channels/line/status?ref=4711",
		}})
		var sent sentBy
		library.Hear(&sent)
		if sent.SID != "SM1" {
			t.Fatalf("the library says %+v", sent)
		}
		if theirs := next(); !reflect.DeepEqual(ours, theirs) {
			t.Errorf("we ask %+v\nthe library %+v", ours, theirs)
		}
	}
}

func TestRealTwilioReadsRefusals(t *testing.T) {
	library := channeltest.Node(t, "twilio.js")
	for _, tt := range []struct {
		status int
		code   string
	}{{400, "21610"}, {400, "21211"}, {429, "20429"}, {401, "20003"}, {500, "20500"}} {
		address, _ := api(t, tt.status, `{"code":`+tt.code+`,"message":"no","more_info":"https://www.twilio.com/docs/errors/`+tt.code+`","status":`+"400}")
		_, err := toCarrier(t, address).Send(t.Context(), channeltest.SMS)
		var ours *gateway.SendError
		if !errors.As(err, &ours) {
			t.Fatal(err)
		}
		var theirs sentBy
		library.Tell(sending{"send", address, "AC1", token, map[string]any{"to": channeltest.SMS.Phone, "from": "+15005550006", "body": "hello"}})
		library.Hear(&theirs)
		if !theirs.Refused || theirs.HTTP != tt.status || ours.Code != tt.code {
			t.Errorf("of %d with %s we read %q, the library %+v", tt.status, tt.code, ours.Code, theirs)
		}
	}
}
