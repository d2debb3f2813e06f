// Package africastalking is the channel to Africa's Talking: USSD, SMS in and
// out, delivery reports and the notice that a USSD session ended.
//
// Africa's Talking does not sign its requests, so that a secret in the URLs
// (callback_key) stands for a signature. It takes no SMS in the response to an
// inbound one: every SMS goes out through its API.
//
// The SMS API has no idempotency, as its airtime API does, and no validity: an
// SMS that is sent again after a doubt may arrive twice, and one that came to
// Africa's Talking late may arrive late.
package africastalking

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"haat/gateway"
	"haat/gateway/channel/web"
	"haat/gateway/dialogue"
)

// Where the API is; the user "sandbox" lives on a machine of its own.
const (
	liveURL    = "https://api.africastalking.com"
	sandboxURL = "https://api.sandbox.africastalking.com"
)

// Config is one account at Africa's Talking.
type Config struct {
	// Username is the name of the application at Africa's Talking; "sandbox"
	// uses their sandbox. Required.
	Username string `yaml:"username" example:"duka"`
	// APIKey is the application's API key. Required.
	APIKey string `yaml:"api_key" example:"${KENYA_API_KEY}"`
	// From is the short code or sender id that SMS come from. Default: the
	// account's own.
	From string `yaml:"from" example:"\"20384\""`
	// Access says who may call: Africa's Talking does not sign.
	web.Access `yaml:",inline"`
	// APIURL is where the SMS API is. Default: https://api.africastalking.com,
	// and https://api.sandbox.africastalking.com for the user "sandbox".
	APIURL string `yaml:"api_url" example:"https://api.africastalking.com"`
}

// Channel is one account at Africa's Talking.
type Channel struct {
	name   string
	phones *gateway.Phones
	cfg    Config
	door   *web.Door
	client *http.Client
}

var (
	_ gateway.Sender   = (*Channel)(nil)
	_ gateway.Receiver = (*Channel)(nil)
	_ gateway.Deferred = (*Channel)(nil)
)

// Open implements [gateway.Carrier].
func (cfg Config) Open(name string, at gateway.Site) (gateway.Channel, error) {
	return New(name, cfg, at)
}

// New makes a channel.
func New(name string, cfg Config, at gateway.Site) (*Channel, error) {
	door, err := web.GuardedDoor(name, cfg.Access, "Africa's Talking", "the callback URLs")
	if err != nil {
		return nil, err
	}
	if cfg.APIURL == "" {
		cfg.APIURL = liveURL
		if cfg.Username == "sandbox" {
			cfg.APIURL = sandboxURL
		}
	}
	if cfg.APIURL, err = web.BaseURL(name, "api_url", cfg.APIURL); err != nil {
		return nil, err
	}
	switch {
	case cfg.Username == "":
		return nil, fmt.Errorf("channel %s: username is missing: put the name of your application at Africa's Talking there", name)
	case cfg.APIKey == "":
		return nil, fmt.Errorf("channel %s: api_key is missing: make one in the settings of your application at Africa's Talking", name)
	}
	return &Channel{name: name, phones: gateway.NewPhones(at.Region), cfg: cfg, door: door, client: web.NewClient()}, nil
}

// Name is the channel's name in the configuration.
func (c *Channel) Name() string { return c.name }

// Deferred is true: an SMS is not answered in the response.
func (c *Channel) Deferred() bool { return true }

// Routes adds the URLs ussd, sms and status. The last takes both delivery
// reports and the notices of ended sessions.
func (c *Channel) Routes(mux *http.ServeMux, to gateway.Acceptor) {
	c.door.Route(mux, "ussd", to, web.Forms(), func(call *web.Call) { c.ussd(call, to) })
	c.door.Route(mux, "sms", to, web.Forms(), func(call *web.Call) { c.sms(call, to) })
	c.door.Route(mux, "status", to, web.Forms(), c.status)
}

// ussd answers one hop. An error status would only end the phone's session
// with the network's words, so that even an apology is a 200.
func (c *Channel) ussd(call *web.Call, to gateway.Acceptor) {
	form, ok := call.Form("text", "input", "lastAppResponse", "errorMessage")
	if !ok {
		return
	}
	if !form.Has("text") && (form.Has("status") || form.Has("hopsCount")) {
		sessionEnded(call) // the operator gave this URL for the notices too
		return
	}
	session, text := form.Get("sessionId"), form.Get("text")
	if !web.IsID(session) {
		call.Refuse(http.StatusBadRequest, gateway.RefusedForm, "The form has no usable sessionId.")
		return
	}
	phone, err := c.phones.Parse(form.Get("phoneNumber"))
	if err != nil {
		call.Refuse(http.StatusBadRequest, gateway.RefusedPhone, "phoneNumber is no phone number in international format.")
		return
	}
	reply, err := to.Accept(call.R.Context(), gateway.Inbound{
		ID:         hopID(session, text),
		Channel:    c.name,
		Mode:       dialogue.USSD,
		Phone:      phone,
		Text:       text,
		Session:    session,
		Cumulative: true,
		ReceivedAt: time.Now(),
	})
	if err != nil || reply.End {
		call.Plain(http.StatusOK, "END "+reply.Text)
		return
	}
	call.Plain(http.StatusOK, "CON "+reply.Text)
}

// hopID tells a session's hops apart by all that was typed up to them, since
// Africa's Talking numbers none. Long or strange texts go in as a hash.
func hopID(session, text string) string {
	if len(text) > 48 || text != "" && !web.IsID(text) {
		sum := sha256.Sum256([]byte(text))
		text = "sha256:" + hex.EncodeToString(sum[:16])
	}
	return session + "#" + text
}

// sms takes one inbound SMS. The answer has no text: the reply is sent.
func (c *Channel) sms(call *web.Call, to gateway.Acceptor) {
	form, ok := call.Form("text")
	if !ok {
		return
	}
	id := form.Get("id")
	if !web.IsID(id) {
		call.Refuse(http.StatusBadRequest, gateway.RefusedForm, "The form has no usable id.")
		return
	}
	phone, err := c.phones.Parse(form.Get("from"))
	if err != nil {
		// A short code or a name: nobody to answer, and asking again would not help.
		call.Count(gateway.RefusedPhone)
		call.Plain(http.StatusOK, "")
		return
	}
	_, err = to.Accept(call.R.Context(), gateway.Inbound{
		ID:         id,
		Channel:    c.name,
		Mode:       dialogue.SMS,
		Phone:      phone,
		Text:       form.Get("text"),
		SentAt:     parseDate(form.Get("date")),
		ReceivedAt: time.Now(),
	})
	if err != nil {
		call.Later()
		return
	}
	call.Plain(http.StatusOK, "")
}

// parseDate reads both ways in which Africa's Talking writes a time. One that
// it cannot read is zero: the time only helps to find repeats.
func parseDate(text string) time.Time {
	for _, layout := range []string{time.RFC3339, time.DateTime} {
		if at, err := time.Parse(layout, text); err == nil {
			return at.UTC()
		}
	}
	return time.Time{}
}

// status takes delivery reports and notices of ended sessions, which come to
// whatever URL the operator gave for each.
func (c *Channel) status(call *web.Call) {
	form, ok := call.Form("input", "lastAppResponse", "errorMessage", "failureReason")
	if !ok {
		return
	}
	if form.Has("sessionId") {
		sessionEnded(call)
		return
	}
	id := form.Get("id")
	if !web.IsID(id) {
		call.Refuse(http.StatusBadRequest, gateway.RefusedForm, "The form has no usable id.")
		return
	}
	state, known := stateOf(form.Get("status"))
	if !known {
		call.Count(gateway.RefusedForm) // a new word; it would be no clearer the next time
		call.Plain(http.StatusOK, "")
		return
	}
	code := form.Get("status")
	if reason := web.Word(form.Get("failureReason")); reason != "" {
		code = reason
	}
	// Most reports name no phone, and then the error leaves it empty.
	phone, _ := c.phones.Parse(form.Get("phoneNumber"))
	call.Report(gateway.Report{Phone: phone, CarrierID: id, State: state, Code: code, Reason: reasonOf(code)})
}

func stateOf(status string) (state gateway.State, known bool) {
	switch status {
	case "Sent", "Submitted":
		return gateway.Sent, true
	case "Buffered", "AbsentSubscriber": // the latter may still come on again
		return gateway.Buffered, true
	case "Success":
		return gateway.Delivered, true
	case "Rejected", "Failed", "Expired":
		return gateway.Failed, true
	}
	return "", false
}

// reasonOf tells in words what a failureReason means, or a status where there is
// none: "" for one that is new or says it itself. They are listed at Africa's
// Talking's documents under SMS notifications.
func reasonOf(code string) string {
	switch code {
	case "InsufficientCredit":
		return "The phone has not the credit for a paid SMS."
	case "InvalidLinkId":
		return "The SMS answers no message that Africa's Talking knows: ask their support."
	case "UserIsInactive":
		return "The network has the phone number as inactive."
	case "UserInBlackList":
		return "The phone has opted out at Africa's Talking."
	case "UserAccountSuspended":
		return "The network has suspended the phone number."
	case "NotNetworkSubscriber", "NotNetworkSubcriber": // the second is how it was first written
		return "The phone number is of another network than the one it was sent by."
	case "UserNotSubscribedToProduct":
		return "The phone has not subscribed to the product that the sender belongs to."
	case "UserDoesNotExist":
		return "There is no such phone number."
	case "DoNotDisturbRejection":
		return "The network takes no promotional SMS for the phone, or not at this hour."
	case "DeliveryFailure":
		return "The network did not deliver it and does not say why."
	case "AbsentSubscriber":
		return "The phone is off or out of reach."
	case "Expired":
		return "The phone could not be reached for as long as the network tries."
	}
	return ""
}

// sessionEnded takes note of the end of a session. Nothing changes: the
// basket is kept, and dialling again resumes it.
func sessionEnded(call *web.Call) {
	call.Count(gateway.RefusedSessionEnd)
	call.Plain(http.StatusOK, "")
}

// Send hands one SMS to Africa's Talking.
func (c *Channel) Send(ctx context.Context, out gateway.Outbound) (gateway.Receipt, error) {
	form := url.Values{
		"username": {c.cfg.Username}, "to": {string(out.Phone)}, "message": {out.Text},
		"bulkSMSMode": {"1"}, // the account pays, not the phone
	}
	if c.cfg.From != "" {
		form.Set("from", c.cfg.From)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.cfg.APIURL+"/version1/messaging", strings.NewReader(form.Encode()))
	if err != nil {
		return gateway.Receipt{}, err
	}
	req.Header.Set("Content-Type", web.FormType)
	req.Header.Set("Accept", "application/json")
	req.Header.Set("apikey", c.cfg.APIKey)
	answer, err := web.Do(c.client, req)
	if err != nil {
		return gateway.Receipt{}, err
	}
	if refusal := answer.Refused("the channel's username and api_key"); refusal != nil {
		return gateway.Receipt{}, refusal
	}
	return readReceipt(answer.Body)
}

// sent is the part of the API's answer that says what became of the message.
type sent struct {
	Data struct {
		Message    string `json:"Message"`
		Recipients []struct {
			StatusCode int    `json:"statusCode"`
			Status     string `json:"status"`
			MessageID  string `json:"messageId"`
		} `json:"Recipients"`
	} `json:"SMSMessageData"`
}

func readReceipt(body []byte) (gateway.Receipt, error) {
	var answer sent
	if err := json.Unmarshal(body, &answer); err != nil {
		return gateway.Receipt{}, unclear(errors.New("the answer is not the JSON that the API promises"))
	}
	if len(answer.Data.Recipients) == 0 {
		// What is wrong with the whole request stands in the message instead.
		if code := codeOf(answer.Data.Message); code != 0 {
			return gateway.Receipt{}, refusalOf(code)
		}
		return gateway.Receipt{}, unclear(errors.New("the answer names no recipient"))
	}
	to := answer.Data.Recipients[0]
	if to.StatusCode < 100 || to.StatusCode > 102 { // processed, sent, queued
		return gateway.Receipt{}, refusalOf(to.StatusCode)
	}
	if !web.IsID(to.MessageID) {
		return gateway.Receipt{}, unclear(errors.New("the answer has no usable messageId"))
	}
	return gateway.Receipt{IDs: []string{to.MessageID}, State: gateway.Sent, ByID: true}, nil
}

// unclear asks for another attempt: twice the same SMS is better than none.
func unclear(err error) error {
	return &gateway.SendError{Kind: gateway.Unavailable, Doubt: true, Advice: "Check that api_url is the address of Africa's Talking's API.", Err: err}
}

// codeOf finds the code of a refusal that came as a word alone.
func codeOf(message string) int {
	switch message {
	case "InvalidSenderId":
		return 402
	case "InsufficientBalance":
		return 405
	}
	return 0
}

func refusalOf(code int) error {
	refusal := &gateway.SendError{
		Kind: gateway.Rejected,
		Code: strconv.Itoa(code),
		Err:  fmt.Errorf("Africa's Talking answered with status code %d", code),
	}
	switch code {
	case 401:
		refusal.Advice = "Africa's Talking holds the message as a risk: ask their support."
	case 402:
		refusal.Advice = "The sender is not yours: set from to a short code or sender id of this account."
	case 403:
		refusal.Advice = "The phone number is not valid; nothing to do."
	case 404:
		refusal.Advice = "The number's kind takes no SMS, as a landline; nothing to do."
	case 405:
		refusal.Kind = gateway.Unavailable
		refusal.Advice = "The account has no money left: top it up at Africa's Talking."
	case 406:
		refusal.Kind = gateway.OptedOut
		refusal.Advice = "The phone has opted out at Africa's Talking; nothing to do."
	case 407:
		refusal.Advice = "No route to the phone's network: ask Africa's Talking whether it is covered."
	case 409:
		refusal.Advice = "The network takes no promotional SMS for the phone, or not at this hour: ask Africa's Talking for a transactional sender."
	case 502:
		refusal.Kind = gateway.Temporary
		refusal.Advice = "The network rejected the message for now; nothing to do unless it lasts."
	case 500, 501:
		refusal.Kind = gateway.Unavailable
		refusal.Advice = "Africa's Talking or the network has a fault of its own; nothing to do unless it lasts."
	default:
		refusal.Advice = "The code is new: look it up in Africa's Talking's documents."
	}
	return refusal
}
