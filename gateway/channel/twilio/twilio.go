// Package twilio is the channel to Twilio: SMS in, answered with TwiML in the
// response, SMS out through the REST API, and status callbacks. Twilio signs
// what it sends.
//
// In Twilio's console the number's webhook for an incoming message is
// PUBLIC_URL/channels/NAME/sms#rc=5&rp=all, by POST. What follows the # makes
// Twilio repeat an SMS that could not be kept, up to five times; by default it
// repeats only where it could not connect.
//
// The REST API has no idempotency for messages: an SMS that is sent again after
// a doubt may arrive twice. One that is not sent before it is of no use any more
// is dropped by Twilio itself (ValidityPeriod).
package twilio

import (
	"cmp"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	twilio "github.com/twilio/twilio-go/client"
	openapi "github.com/twilio/twilio-go/rest/api/v2010"

	"haat/gateway"
	"haat/gateway/channel/web"
	"haat/gateway/dialogue"
)

// liveURL is where twilio-go sends its requests.
const liveURL = "https://api.twilio.com"

// How long Twilio keeps an SMS that it cannot send yet. It takes 1 second to 10
// hours and advises more than 5 seconds; its default is the longest.
const (
	minValidity = 6 * time.Second
	maxValidity = 10 * time.Hour
)

// Config is one account at Twilio.
type Config struct {
	// AccountSID is the account's id; it begins with AC. Required.
	AccountSID string `yaml:"account_sid" example:"AC00000000000000000000000000000000"`
	// AuthToken is the account's token: it signs what Twilio sends and
	// authenticates what is sent to it. Required.
	AuthToken string `yaml:"auth_token" example:"${TWILIO_AUTH_TOKEN}"`
	// From is the number, in E.164, that SMS come from. Required, unless
	// messaging_service_sid is set.
	From string `yaml:"from" example:"\"+15005550006\""`
	// MessagingServiceSID is the messaging service that chooses the number; it
	// begins with MG. Default: none, from is used.
	MessagingServiceSID string `yaml:"messaging_service_sid" example:"MG00000000000000000000000000000000"`
	// PublicURL is the address at which Twilio reaches this server, as
	// https://sms.example.org. The signature covers the address that Twilio
	// called, so that it must be written as in Twilio's console. Default: the
	// server's own public_url.
	PublicURL string `yaml:"public_url" example:"https://sms.example.org"`
	// APIURL is where the REST API is. Default: https://api.twilio.com.
	APIURL string `yaml:"api_url" example:"https://api.twilio.com"`
}

// Channel is one account at Twilio.
type Channel struct {
	name   string
	phones *gateway.Phones
	cfg    Config
	door   *web.Door
	signed twilio.RequestValidator
	client *http.Client
}

var (
	_ gateway.Sender   = (*Channel)(nil)
	_ gateway.Receiver = (*Channel)(nil)
)

// Open implements [gateway.Carrier].
func (cfg Config) Open(name string, at gateway.Site) (gateway.Channel, error) {
	return New(name, cfg, at)
}

// New makes a channel.
func New(name string, cfg Config, at gateway.Site) (*Channel, error) {
	cfg.PublicURL = cmp.Or(cfg.PublicURL, at.PublicURL)
	door, err := web.NewDoor(name, web.Access{})
	if err != nil {
		return nil, err
	}
	switch {
	case cfg.AccountSID == "":
		return nil, fmt.Errorf("channel %s: account_sid is missing: it stands on the first page of Twilio's console", name)
	case cfg.AuthToken == "":
		return nil, fmt.Errorf("channel %s: auth_token is missing: it stands on the first page of Twilio's console", name)
	case cfg.From == "" && cfg.MessagingServiceSID == "":
		return nil, fmt.Errorf("channel %s: from is missing: put one of your Twilio numbers there, or a messaging_service_sid", name)
	case cfg.PublicURL == "":
		return nil, fmt.Errorf("channel %s: public_url is missing: put the address there at which Twilio reaches this server, such as https://sms.example.org", name)
	}
	if cfg.PublicURL, err = web.BaseURL(name, "public_url", cfg.PublicURL); err != nil {
		return nil, err
	}
	if cfg.APIURL == "" {
		cfg.APIURL = liveURL
	}
	if cfg.APIURL, err = web.BaseURL(name, "api_url", cfg.APIURL); err != nil {
		return nil, err
	}
	return &Channel{
		name: name, phones: gateway.NewPhones(at.Region), cfg: cfg, door: door,
		signed: twilio.NewRequestValidator(cfg.AuthToken), client: web.NewClient(),
	}, nil
}

// Name is the channel's name in the configuration.
func (c *Channel) Name() string { return c.name }

// Routes adds the URLs sms and status.
func (c *Channel) Routes(mux *http.ServeMux, to gateway.Acceptor) {
	c.door.Route(mux, "sms", to, web.Forms(), func(call *web.Call) { c.sms(call, to) })
	c.door.Route(mux, "status", to, web.Forms(), c.status)
}

// signedForm decodes a form whose signature is right. Where it returns false
// the request is answered.
func (c *Channel) signedForm(call *web.Call, leaf string, texts ...string) (url.Values, bool) {
	signature := call.R.Header.Get("X-Twilio-Signature")
	if signature == "" {
		call.Refuse(http.StatusBadRequest, gateway.RefusedSignature, "The header X-Twilio-Signature is missing.")
		return nil, false
	}
	form, ok := call.Posted()
	if !ok {
		return nil, false
	}
	// The configured address, not the Host header: behind a proxy that is
	// another one, and an attacker writes what he likes there.
	called := c.cfg.PublicURL + c.door.Path(leaf)
	if query := call.R.URL.RawQuery; query != "" {
		called += "?" + query
	}
	if !c.genuine(called, form, call, signature) {
		call.Refuse(http.StatusForbidden, gateway.RefusedSignature, "The signature is not right for this address and form.")
		return nil, false
	}
	return form, call.Fit(form, texts...)
}

// genuine checks the signature in constant time. Where the query has the
// body's hash the signature covers the address alone.
func (c *Channel) genuine(called string, form url.Values, call *web.Call, signature string) bool {
	if call.R.URL.Query().Get("bodySHA256") != "" {
		return c.signed.ValidateBody(called, call.Body, signature)
	}
	return c.signed.Validate(called, signedFields(form), signature)
}

// signedFields prepares a form for the validator, which writes each key and
// its value. Of a repeated key each different value is signed with the key
// before it, in the values' order; the validator knows only one value, and so
// gets them as one with the key between.
func signedFields(form url.Values) map[string]string {
	fields := make(map[string]string, len(form))
	for key, values := range form {
		if len(values) > 1 {
			values = slices.Compact(slices.Sorted(slices.Values(values)))
		}
		fields[key] = strings.Join(values, key)
	}
	return fields
}

func (c *Channel) sms(call *web.Call, to gateway.Acceptor) {
	form, ok := c.signedForm(call, "sms", "Body")
	if !ok {
		return
	}
	id := form.Get("MessageSid")
	if !web.IsID(id) {
		call.Refuse(http.StatusBadRequest, gateway.RefusedForm, "The form has no usable MessageSid.")
		return
	}
	phone, err := c.phones.Parse(form.Get("From"))
	if err != nil {
		// A short code or a name: nobody to answer, and asking again would not help.
		call.Count(gateway.RefusedPhone)
		answer(call, "")
		return
	}
	reply, err := to.Accept(call.R.Context(), gateway.Inbound{
		ID:         id,
		Channel:    c.name,
		Mode:       dialogue.SMS,
		Phone:      phone,
		Text:       form.Get("Body"),
		ReceivedAt: time.Now(),
	})
	if err != nil {
		call.Later()
		return
	}
	answer(call, reply.Text)
}

// response is the TwiML document; one without a message says nothing.
type response struct {
	XMLName xml.Name `xml:"Response"`
	Message string   `xml:",omitempty"`
}

func answer(call *web.Call, text string) {
	body, err := xml.Marshal(response{Message: text})
	if err != nil { // a string always marshals
		body = []byte("<Response></Response>")
	}
	call.Answer(http.StatusOK, "text/xml; charset=utf-8", xml.Header+string(body))
}

// status takes a status callback. Words before "sent" are left out: that
// Twilio has the message was known when it took it.
func (c *Channel) status(call *web.Call) {
	form, ok := c.signedForm(call, "status", "ErrorMessage", "ChannelStatusMessage")
	if !ok {
		return
	}
	word := form.Get("MessageStatus")
	if word == "" {
		word = form.Get("SmsStatus")
	}
	id := form.Get("MessageSid")
	if !web.IsID(id) || word == "" {
		call.Refuse(http.StatusBadRequest, gateway.RefusedForm, "The form has no usable MessageSid and MessageStatus.")
		return
	}
	state, known := stateOf(word)
	if !known {
		call.Count(gateway.RefusedForm) // a new word; it would be no clearer the next time
	}
	if state == "" {
		call.Plain(http.StatusOK, "")
		return
	}
	code := web.Word(form.Get("ErrorCode"))
	if code == "" {
		code = word
	}
	if code == tooOld {
		state = gateway.Expired
	}
	// A callback without a readable phone still has the ids.
	phone, _ := c.phones.Parse(form.Get("To"))
	call.Report(gateway.Report{
		Phone: phone, Ref: web.Word(call.R.URL.Query().Get("ref")), CarrierID: id,
		State: state, Code: code, Reason: reasonOf(code),
	})
}

// tooOld is Twilio's error code of an SMS that was not sent in its validity.
const tooOld = "30036"

// reasonOf tells in words what an error code of a delivery means, and what the
// operator can do: "" for one that is new. Each code has a page of its own in
// Twilio's documents, under docs/api/errors.
func reasonOf(code string) string {
	switch code {
	case "30001":
		return "More SMS wait at Twilio than it queues for the number: send more slowly, or use more numbers."
	case "30002":
		return "Twilio has suspended the account: ask their support."
	case "30003":
		return "The phone is off or out of reach, or cannot get SMS."
	case "30004":
		return "The phone or its network blocks the SMS: its owner may have opted out there."
	case "30005":
		return "The phone number does not exist, or not any more."
	case "30006":
		return "The number is a landline, or its network takes no SMS from this sender."
	case "30007":
		return "Twilio or the network took the SMS for spam: check the sender's registration and the wording."
	case "30008":
		return "The network did not deliver it and does not say why."
	case "30017":
		return "The network is congested: it may work later."
	case "30034":
		return "The number in from is not registered for the phone's country (A2P 10DLC): register it in Twilio's console."
	case tooOld:
		return "It waited at Twilio until it was of no use any more: send more slowly, or use more numbers."
	}
	return ""
}

// stateOf gives the state that a word stands for, "" where it says nothing new.
func stateOf(word string) (state gateway.State, known bool) {
	switch word {
	case "accepted", "scheduled", "queued", "sending":
		return "", true
	case "sent":
		return gateway.Sent, true
	case "delivered", "read":
		return gateway.Delivered, true
	case "undelivered", "failed", "canceled":
		return gateway.Failed, true
	}
	return "", false
}

// Send hands one SMS to Twilio.
func (c *Channel) Send(ctx context.Context, out gateway.Outbound) (gateway.Receipt, error) {
	params := &openapi.CreateMessageParams{}
	params.SetTo(string(out.Phone))
	params.SetBody(out.Text)
	if !out.Until.IsZero() {
		params.SetValidityPeriod(validity(time.Until(out.Until)))
	}
	params.SetStatusCallback(c.cfg.PublicURL + c.door.Path("status") + "?ref=" + url.QueryEscape(out.Ref))
	if c.cfg.MessagingServiceSID != "" {
		params.SetMessagingServiceSid(c.cfg.MessagingServiceSID)
	} else {
		params.SetFrom(c.cfg.From)
	}
	message, err := c.api(ctx).CreateMessage(params)
	var refusal *gateway.SendError
	switch {
	case errors.As(err, &refusal):
		return gateway.Receipt{}, refusal
	case err != nil || message.Sid == nil || !web.IsID(*message.Sid):
		return gateway.Receipt{}, &gateway.SendError{
			Kind:   gateway.Unavailable,
			Doubt:  true, // twice the same SMS is better than none
			Advice: "Check that api_url is the address of Twilio's API.",
			Err:    errors.New("the answer is not the message that the API promises"),
		}
	}
	return gateway.Receipt{IDs: []string{*message.Sid}, State: gateway.Sent}, nil
}

// validity gives a ValidityPeriod in seconds, rounded up and within what Twilio
// takes: it refuses an SMS with any other.
func validity(left time.Duration) int {
	left = min(max(left, minValidity), maxValidity)
	return int((left + time.Second - 1) / time.Second)
}

// request is twilio-go's client for one call. The library's own takes no
// context and drops the Retry-After of a refusal.
type request struct {
	*twilio.Client
	ctx     context.Context
	channel *Channel
}

// api is twilio-go's, for one call. Its handler is made here, not by
// NewRequestHandler, which would let the environment choose another host.
func (c *Channel) api(ctx context.Context) *openapi.ApiService {
	return openapi.NewApiService(&twilio.RequestHandler{Client: c.newRequest(ctx)})
}

func (c *Channel) newRequest(ctx context.Context) *request {
	client := &twilio.Client{Credentials: twilio.NewCredentials(c.cfg.AccountSID, c.cfg.AuthToken)}
	client.SetAccountSid(c.cfg.AccountSID)
	return &request{Client: client, ctx: ctx, channel: c}
}

// SendRequest sends one request of the library. A refusal is a
// *gateway.SendError.
func (r *request) SendRequest(method, rawURL string, data url.Values, headers map[string]any, _ ...byte) (*http.Response, error) {
	address := r.channel.cfg.APIURL + strings.TrimPrefix(rawURL, liveURL)
	req, err := http.NewRequestWithContext(r.ctx, method, address, strings.NewReader(data.Encode()))
	if err != nil {
		return nil, err
	}
	for key, value := range headers {
		req.Header.Set(key, fmt.Sprint(value))
	}
	req.SetBasicAuth(r.Username, r.Password)
	answer, err := web.Do(r.channel.client, req)
	if err != nil {
		return nil, err
	}
	if refusal := answer.Refused("account_sid and auth_token"); refusal != nil {
		return nil, explain(refusal, answer)
	}
	return answer.Response(), nil
}

// explain makes an HTTP refusal as clear as Twilio's own code in it.
func explain(refusal *gateway.SendError, answer web.Answer) *gateway.SendError {
	var reason struct {
		Code int `json:"code"`
	}
	if json.Unmarshal(answer.Body, &reason) != nil || reason.Code == 0 {
		return refusal
	}
	refusal.Code = strconv.Itoa(reason.Code)
	// The message beside the code is left out: it repeats the phone number.
	refusal.Err = fmt.Errorf("Twilio answered HTTP %d with error %d", answer.Status, reason.Code)
	switch reason.Code {
	case 21211:
		refusal.Kind, refusal.Advice = gateway.Rejected, "The phone number is not valid; nothing to do."
	case 21408:
		refusal.Kind, refusal.Advice = gateway.Rejected, "The account may not send to the phone's country: allow it in Twilio's messaging geographic permissions."
	case 21606:
		refusal.Kind, refusal.Advice = gateway.Rejected, "The number in from cannot send to this phone: set from to an SMS number of this account."
	case 21610:
		refusal.Kind, refusal.Advice = gateway.OptedOut, "The phone has opted out at Twilio; nothing to do."
	case 21612:
		refusal.Kind, refusal.Advice = gateway.Rejected, "Twilio has no route from the number in from to this phone: try another number."
	case 21614:
		refusal.Kind, refusal.Advice = gateway.Rejected, "The number takes no SMS, as a landline; nothing to do."
	case 21617:
		refusal.Kind, refusal.Advice = gateway.Rejected, "The text is longer than Twilio allows (1600 characters): shorten it."
	case 20429:
		refusal.Kind, refusal.After, refusal.Advice = gateway.Throttled, answer.After(), "Twilio asks to send more slowly."
	case 14107:
		refusal.Kind, refusal.After, refusal.Advice = gateway.Throttled, answer.After(), "Twilio's limit for this number is reached: send more slowly."
	case 21611:
		refusal.Kind, refusal.After, refusal.Advice = gateway.Throttled, answer.After(), "Twilio's queue for this number is full: send more slowly, or use more numbers."
	}
	return refusal
}
