package main

import (
	"crypto/hmac"
	"crypto/sha1" // what Twilio signs with
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"haat/gateway"
	"haat/gateway/messagelog"
)

// carriers stands in for the APIs of Africa's Talking and Twilio.
type carriers struct {
	*httptest.Server
	down atomic.Bool // answers 503
	mu   sync.Mutex
	sent []url.Values // in the API's own fields, and id
}

const (
	publicURL = "https://sms.example.org"
	authToken = "twilio-auth-token"
)

func openCarriers(t *testing.T) *carriers {
	c := &carriers{}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /version1/messaging", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("apikey") != "at-key" || r.PostFormValue("username") != "shop" || r.PostFormValue("from") != "20880" {
			t.Errorf("Africa's Talking got %v %v", r.Header, r.PostForm)
		}
		id := c.take(r, "ATXid_")
		w.WriteHeader(http.StatusCreated)
		fmt.Fprintf(w, `{"SMSMessageData":{"Message":"Sent to 1/1","Recipients":[{"statusCode":101,"number":%q,"status":"Success","messageId":%q}]}}`, r.PostFormValue("to"), id)
	})
	mux.HandleFunc("POST /2010-04-01/Accounts/AC1/Messages.json", func(w http.ResponseWriter, r *http.Request) {
		if user, password, _ := r.BasicAuth(); user != "AC1" || password != authToken || r.PostFormValue("From") != "+12025550100" {
			t.Errorf("Twilio got %v %v", r.Header, r.PostForm)
		}
		id := c.take(r, "SM")
		w.WriteHeader(http.StatusCreated)
		fmt.Fprintf(w, `{"sid":%q,"status":"queued"}`, id)
	})
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if c.down.Load() {
			http.Error(w, "not now", http.StatusServiceUnavailable)
			return
		}
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(c.Close)
	return c
}

func (c *carriers) take(r *http.Request, prefix string) (id string) {
	id = prefix + newID()
	_ = r.ParseForm() // a form that is none has no fields
	r.PostForm.Set("id", id)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sent = append(c.sent, r.PostForm)
	return id
}

// to are the SMS that a phone was sent, over either carrier.
func (c *carriers) to(phone string) (found []url.Values) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, sms := range c.sent {
		if sms.Get("to")+sms.Get("To") == phone {
			found = append(found, sms)
		}
	}
	return found
}

// await waits until the phone was sent the words, and gives that SMS.
func (c *carriers) await(t *testing.T, phone, words string) (found url.Values) {
	t.Helper()
	eventually(t, "the carrier is given: "+words, func() bool {
		for _, sms := range c.to(phone) {
			if strings.Contains(sms.Get("message")+sms.Get("Body"), words) {
				found = sms
				return true
			}
		}
		return false
	})
	return found
}

// keyedConfig has a channel of each carrier, as operators set them up.
func keyedConfig(c *carriers, settings string) string {
	return fmt.Sprintf(`
log: {level: debug, format: json}
public_url: %s
%s
channels:
  kenya:
    africastalking: {username: shop, api_key: at-key, from: "20880", callback_key: %s, api_url: "%s"}
  abroad:
    twilio: {account_sid: AC1, auth_token: %s, from: "+12025550100", api_url: "%s"}
`, publicURL, settings, callbackKey, c.URL, authToken, c.URL)
}

func serveKeyed(t *testing.T, settings string) (*haat, *carriers) {
	c := openCarriers(t)
	return serve(t, keyedConfig(c, settings)), c
}

// signed posts a form as Twilio does; address is the path and query below
// public_url.
func (h *haat) signed(token, address string, form url.Values) answer {
	h.t.Helper()
	mac := hmac.New(sha1.New, []byte(token))
	_, _ = io.WriteString(mac, publicURL+address)
	for _, key := range slices.Sorted(maps.Keys(form)) {
		_, _ = io.WriteString(mac, key+form.Get(key))
	}
	return h.do(http.MethodPost, address, formType, strings.NewReader(form.Encode()),
		"X-Twilio-Signature", base64.StdEncoding.EncodeToString(mac.Sum(nil)))
}

// twilioSMS brings an SMS over Twilio and gives the reply in the TwiML.
func (h *haat) twilioSMS(phone, text string) string {
	h.t.Helper()
	a := h.signed(authToken, "/channels/abroad/sms", url.Values{"MessageSid": {"SM" + newID()}, "From": {phone}, "To": {"+12025550100"}, "Body": {text}})
	if a.code != http.StatusOK || !strings.Contains(a.body, "<Response>") {
		h.t.Fatalf("Twilio is answered with %d %q", a.code, a.body)
	}
	return a.body
}

func TestAfricasTalking(t *testing.T) {
	t.Parallel()
	const phone, at = "+254700100111", "/channels/kenya/" + callbackKey
	h, carrier := serveKeyed(t, "")
	if a := h.post("/channels/kenya/0123456789abcdee/sms", "id", "1", "from", phone, "text", "menu"); a.code != http.StatusNotFound {
		t.Errorf("a wrong key is answered with %d", a.code)
	}
	if a := h.post(at+"/sms", "id", "1", "from", phone, "text", "rice5"); a.code != http.StatusOK || a.body != "" {
		t.Errorf("the SMS is answered with %d %q", a.code, a.body)
	}
	carrier.await(t, phone, "Where will you collect")
	// The line holds for USSD too.
	c := h.dial(phone)
	c.path = at + "/ussd"
	has(t, c.answers("1", "1", "1"), "Where will you collect")
	has(t, c.answers("1", "1"), "END Order ", "is confirmed")

	id := carrier.to(phone)[0].Get("id")
	for _, status := range []string{"Success", "Success", "Sent"} { // twice, and out of order
		if a := h.post(at+"/status", "id", id, "status", status, "phoneNumber", phone); a.code != http.StatusOK {
			t.Errorf("the report is answered with %d %q", a.code, a.body)
		}
	}
	var states []gateway.State
	for _, s := range ofKind(h.log(phone), messagelog.KindStatus) {
		states = append(states, s.Status)
	}
	if !slices.Equal(states, []gateway.State{gateway.Sent, gateway.Delivered}) {
		t.Errorf("the statuses are %v", states)
	}
}

func TestTwilio(t *testing.T) {
	t.Parallel()
	const phone = "+254700100121"
	h, carrier := serveKeyed(t, "dialogue: {order_wait: 0s}")
	form := url.Values{"MessageSid": {"SM1"}, "From": {phone}, "Body": {"rice5"}}
	if a := h.signed("another token", "/channels/abroad/sms", form); a.code != http.StatusForbidden {
		t.Errorf("a forged signature is answered with %d", a.code)
	}
	if a := h.do(http.MethodPost, "/channels/abroad/sms", formType, strings.NewReader(form.Encode())); a.code != http.StatusBadRequest {
		t.Errorf("no signature is answered with %d", a.code)
	}
	if n := len(h.log(phone)); n != 0 {
		t.Errorf("%d entries in the log", n)
	}
	has(t, h.twilioSMS(phone, "rice5"), "Where will you collect")
	has(t, h.twilioSMS(phone, "1"), "1.Confirm")
	has(t, h.twilioSMS(phone, "1"), "received. Pickup code")

	notice := carrier.await(t, phone, "is confirmed. Pay KES 850")
	back, ours := strings.CutPrefix(notice.Get("StatusCallback"), publicURL)
	if !ours {
		t.Fatalf("Twilio would report to %s", notice.Get("StatusCallback"))
	}
	for _, status := range []string{"delivered", "sent", "delivered"} {
		form := url.Values{"MessageSid": {notice.Get("id")}, "MessageStatus": {status}, "To": {phone}}
		if a := h.signed(authToken, back, form); a.code != http.StatusOK {
			t.Errorf("the report is answered with %d %q", a.code, a.body)
		}
	}
	statuses := ofKind(h.log(phone), messagelog.KindStatus)
	if len(statuses) == 0 || statuses[len(statuses)-1].Status != gateway.Delivered {
		t.Errorf("the statuses are %+v", statuses)
	}
}

// TestNothingIsSentAfterSTOP: the order's notice finds that its phone has opted
// out.
func TestNothingIsSentAfterSTOP(t *testing.T) {
	t.Parallel()
	const phone = "+254700100131"
	h, carrier := serveKeyed(t, "dialogue: {order_wait: 0s}")
	has(t, h.twilioSMS(phone, "rice5"), "Where will you collect")
	has(t, h.twilioSMS(phone, "1"), "1.Confirm")
	has(t, h.twilioSMS(phone, "1"), "received. Pickup code")
	has(t, h.twilioSMS(phone, "STOP"), "You will get no more texts from us.")
	eventually(t, "the notice is suppressed", func() bool {
		statuses := ofKind(h.log(phone), messagelog.KindStatus)
		return len(statuses) == 1 && statuses[0].Status == gateway.Suppressed
	})
	if sent := carrier.to(phone); len(sent) != 0 {
		t.Errorf("the phone was sent %v", sent)
	}
	// What they ask is answered, and START brings the notices back.
	has(t, h.twilioSMS(phone, "STATUS"), "confirmed KES 850")
	has(t, h.twilioSMS(phone, "START"), "Welcome back!")
	has(t, h.twilioSMS(phone, "rice5"), "1.Confirm")
	has(t, h.twilioSMS(phone, "1"), "received. Pickup code")
	carrier.await(t, phone, "is confirmed")
	if sent := carrier.to(phone); len(sent) != 1 {
		text, _ := json.Marshal(sent)
		t.Errorf("the phone was sent %s", text)
	}
}
