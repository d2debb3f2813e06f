package africastalking

import (
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"haat/gateway"
	"haat/gateway/channel/channeltest"
)

// library runs Africa's Talking's own library, which takes USSD at the address.
func library(t *testing.T) (script *channeltest.Script, ussd string) {
	t.Helper()
	script = channeltest.Node(t, "africastalking.js")
	var up struct {
		Port int `json:"port"`
	}
	script.Hear(&up)
	return script, fmt.Sprintf("http://127.0.0.1:%d/", up.Port)
}

// screen is how a hop is answered.
type screen struct {
	status        int
	kind, charset string
	text          string
}

func post(t *testing.T, address, form string) screen {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, strings.NewReader(form))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	kind, params, err := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	return screen{resp.StatusCode, kind, params["charset"], string(text)}
}

// TestRealLibraryAnswersTheSame lets the library and the channel take the same
// hops: both must read the same of them and answer in the same form.
func TestRealLibraryAnswersTheSame(t *testing.T) {
	script, ussd := library(t)
	tests := []struct {
		name  string
		form  string
		reply gateway.Reply
	}{
		{"a dial", hopForm(""), gateway.Reply{Text: "Karibu\n1.Mchele"}},
		{"an answer", hopForm("1*2"), gateway.Reply{Text: "Bei €5 – 米"}},
		{"the last screen", hopForm("1*2*1"), gateway.Reply{Text: "Asante", End: true}},
		{"empty answers", hopForm("1**"), gateway.Reply{Text: "CON 1"}},
		{"an escaped text", hopForm("caf%C3%A9+%26+%2B*%E7%B1%B3"), gateway.Reply{Text: "ok"}},
		{"an answer with stars and a hash", hopForm("%2A2%2A%23"), gateway.Reply{Text: "END of it", End: true}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			script.Tell(map[string]any{"op": "answer", "response": tt.reply.Text, "endSession": tt.reply.End})
			var ready struct {
				Ready bool `json:"ready"`
			}
			if script.Hear(&ready); !ready.Ready {
				t.Fatal("the library is not ready")
			}
			theirs := post(t, ussd, tt.form)
			var read struct {
				Hop struct {
					Session string `json:"sessionId"`
					Phone   string `json:"phoneNumber"`
					Text    string `json:"text"`
				} `json:"hop"`
			}
			script.Hear(&read)

			behind := &channeltest.Gateway{Answer: func(gateway.Inbound) gateway.Reply { return tt.reply }}
			ours := post(t, channeltest.Serve(t, open(t), behind).URL+"/channels/shop/ussd", tt.form)
			if ours != theirs {
				t.Errorf("we answer %+v, the library %+v", ours, theirs)
			}
			kept := behind.Inbounds()
			if len(kept) != 1 || kept[0].Session != read.Hop.Session || string(kept[0].Phone) != read.Hop.Phone || kept[0].Text != read.Hop.Text {
				t.Errorf("we read %+v, the library %+v", kept, read.Hop)
			}
		})
	}
}

// asked is what of a request to the API matters.
type asked struct {
	method, path, key, accept, kind string
	form                            url.Values
}

// api is the SMS API as far as the tests need it.
func api(t *testing.T, status int, answer string) (address string, next func() asked) {
	t.Helper()
	requests := make(chan asked, 8)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		form, err := url.ParseQuery(string(body))
		if err != nil {
			t.Error(err)
		}
		kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
		requests <- asked{r.Method, r.URL.RequestURI(), r.Header.Get("apikey"), r.Header.Get("Accept"), kind, form}
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

// sentBy is what the library says of an SMS.
type sentBy struct {
	Answer struct {
		Data struct {
			Recipients []struct {
				MessageID string `json:"messageId"`
			} `json:"Recipients"`
		} `json:"SMSMessageData"`
	} `json:"answer"`
	Refused bool   `json:"refused"`
	HTTP    int    `json:"http"`
	Error   string `json:"error"`
}

func TestRealLibraryAsksTheSame(t *testing.T) {
	script, _ := library(t)
	address, next := api(t, 201, `{"SMSMessageData":{"Message":"Sent to 1/1 Total Cost: KES 0.8000","Recipients":[{"statusCode":101,"number":"+254700000001","status":"Success","cost":"KES 0.8000","messageId":"ATXid_1"}]}}`)
	for _, text := range []string{channeltest.SMS.Text, "café €5 米 😀 + & % = ~ * '\n", strings.Repeat("0123456789", 40)} {
		out := channeltest.SMS
		out.Text = text
		receipt, err := toCarrier(t, address).Send(t.Context(), out)
		if err != nil {
			t.Fatal(err)
		}
		ours := next()
		script.Tell(map[string]any{"op": "send", "api": address, "username": "duka", "apiKey": "secret", "sms": map[string]any{
			"to": out.Phone, "from": "20880", "message": text,
		}})
		var sent sentBy
		script.Hear(&sent)
		if got := sent.Answer.Data.Recipients; len(got) != 1 || got[0].MessageID != receipt.IDs[0] {
			t.Fatalf("the library says %+v, we have %+v", sent, receipt)
		}
		if theirs := next(); !reflect.DeepEqual(ours, theirs) {
			t.Errorf("we ask %+v\nthe library %+v", ours, theirs)
		}
	}
}

func TestRealLibraryIsRefusedToo(t *testing.T) {
	script, _ := library(t)
	for _, status := range []int{400, 401, 500} {
		address, _ := api(t, status, "The supplied authentication is invalid")
		if _, err := toCarrier(t, address).Send(t.Context(), channeltest.SMS); err == nil {
			t.Errorf("we take %d for a success", status)
		}
		script.Tell(map[string]any{"op": "send", "api": address, "username": "duka", "apiKey": "secret", "sms": map[string]any{"to": channeltest.SMS.Phone, "message": "hello"}})
		var sent sentBy
		if script.Hear(&sent); !sent.Refused || sent.HTTP != status {
			t.Errorf("of %d the library says %+v", status, sent)
		}
	}
}
