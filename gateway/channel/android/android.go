// Package android is the channel to an Android phone with the open-source app
// SMS Gateway for Android (SMSGate): SMS in by the app's webhooks, SMS out
// through its API, delivery reports by webhooks. The API is on the phone itself
// (local server), at api.sms-gate.app (cloud) or at a server of your own
// (private); the webhooks come from the phone in all three.
//
// The app signs its webhooks since 1.33 of March 2025. Its signing key stands
// in the app under Settings, Webhooks; the one that it makes by itself has 8
// characters, so put a longer one there. The app takes webhook addresses with
// https alone. Register each event once, with API for this channel's api_url and
// BASE for PUBLIC_URL/channels/NAME:
//
//	curl -u USER:PASSWORD API/webhooks -H 'Content-Type: application/json' \
//	  -d '{"url": "BASE/sms", "event": "sms:received"}'
//
// and in the same way the events sms:sent, sms:delivered, sms:failed and
// sms:cancelled with the address BASE/status. Both addresses take every event.
// Leave out the mms events: pictures are no orders and may be larger than what
// is taken.
//
// The app repeats a webhook until the answer is 2xx, 15 times over some days,
// and signs each attempt anew: an SMS that came while the signing key was wrong
// here arrives once it is right.
package android

import (
	"bytes"
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"haat/gateway"
	"haat/gateway/channel/web"
	"haat/gateway/dialogue"
	"haat/gateway/gsm"
)

// cloudURL is the API of the app's makers, without a server of one's own.
const cloudURL = "https://api.sms-gate.app/3rdparty/v1"

// Bounds of the settings.
const (
	minKey      = 8
	maxSIM      = 3
	defaultSkew = 5 * time.Minute
	maxSkew     = time.Hour
	minTTL      = 5 // seconds; the cloud takes no less
)

// Config is one phone.
type Config struct {
	// APIURL is where the app's API is: http://PHONE:8080 for the local server,
	// https://HOST/api/3rdparty/v1 for a private one. Default: the cloud,
	// https://api.sms-gate.app/3rdparty/v1.
	APIURL string `yaml:"api_url" example:"http://192.168.1.10:8080"`
	// Username is the API's; the app shows it on its first page. Required.
	Username string `yaml:"username" example:"sms"`
	// Password is the API's; the app shows it on its first page. Required.
	Password string `yaml:"password" example:"${ANDROID_PASSWORD}"`
	// SigningKey is the one in the app's settings for webhooks, of 8 characters
	// or more: it proves that a webhook comes from the app. Required.
	SigningKey string `yaml:"signing_key" example:"${ANDROID_SIGNING_KEY}"`
	// DeviceID is the phone's id in the account: SMS leave by this phone, and
	// webhooks of others are refused. Default: any phone; set it where the
	// account has several, or an SMS that is tried again may leave by a second.
	DeviceID string `yaml:"device_id" example:"yVULogr4Y1ksRfnos1Dsw"`
	// SIM is the number of the SIM card, 1 to 3, that SMS leave by; those that
	// came to another one are left alone. Default: every SIM is heard and the app
	// chooses which one sends.
	SIM int `yaml:"sim" example:"1"`
	// Priority is that of SMS in the app's queue, -128 to 127; from 100 on they
	// pass by the limits and pauses that are set in the app. Default: 0.
	Priority int `yaml:"priority" example:"100"`
	// MaxClockSkew is how far the phone's clock may be from ours, and so how long
	// a webhook that was overheard can be played back; 1s to 1h. Default: 5m.
	MaxClockSkew time.Duration `yaml:"max_clock_skew" example:"5m"`
}

// Channel is one phone.
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
	door, err := web.NewDoor(name, web.Access{})
	if err != nil {
		return nil, err
	}
	if cfg.APIURL, err = web.BaseURL(name, "api_url", cmp.Or(cfg.APIURL, cloudURL)); err != nil {
		return nil, err
	}
	cfg.MaxClockSkew = cmp.Or(cfg.MaxClockSkew, defaultSkew)
	switch {
	case cfg.Username == "" || cfg.Password == "":
		return nil, fmt.Errorf("channel %s: username or password is missing: put those there that the app shows on its first page", name)
	case cfg.SigningKey == "":
		return nil, fmt.Errorf("channel %s: signing_key is missing: put the one there that stands in the app under Settings, Webhooks", name)
	case len(cfg.SigningKey) < minKey:
		return nil, fmt.Errorf("channel %s: signing_key has less than %d characters and could be guessed: make one with `openssl rand -hex 16` and put it into the app as well", name, minKey)
	case cfg.DeviceID != "" && !web.IsID(cfg.DeviceID):
		return nil, fmt.Errorf("channel %s: device_id must be the id of one phone, as the API's /devices lists it, or left out", name)
	case cfg.SIM < 0 || cfg.SIM > maxSIM:
		return nil, fmt.Errorf("channel %s: sim must be 1 to %d, or left out", name, maxSIM)
	case cfg.Priority < math.MinInt8 || cfg.Priority > math.MaxInt8:
		return nil, fmt.Errorf("channel %s: priority must be -128 to 127", name)
	case cfg.MaxClockSkew < time.Second || cfg.MaxClockSkew > maxSkew:
		return nil, fmt.Errorf("channel %s: max_clock_skew must be 1s to 1h", name)
	}
	return &Channel{name: name, phones: gateway.NewPhones(at.Region), cfg: cfg, door: door, client: web.NewClient()}, nil
}

// Name is the channel's name in the configuration.
func (c *Channel) Name() string { return c.name }

// Deferred is true: a webhook's answer says nothing to the villager.
func (c *Channel) Deferred() bool { return true }

// Routes adds the URLs sms and status. Both take every event, since the app
// knows no difference between them.
func (c *Channel) Routes(mux *http.ServeMux, to gateway.Acceptor) {
	for _, leaf := range []string{"sms", "status"} {
		c.door.Route(mux, leaf, to, web.JSON(), func(call *web.Call) { c.event(call, to) })
	}
}

// event is one webhook.
type event struct {
	ID       string          `json:"id"` // the same for a repeat
	Event    string          `json:"event"`
	DeviceID string          `json:"deviceId"`
	Payload  json.RawMessage `json:"payload"`
}

// payload is what the events about SMS have in common. Before 1.54 of February
// 2026 the other side is phoneNumber alone. A null is left empty.
type payload struct {
	MessageID  string `json:"messageId"`
	Message    string `json:"message"`
	Sender     string `json:"sender"`
	Recipient  string `json:"recipient"`
	Phone      string `json:"phoneNumber"`
	SIM        int    `json:"simNumber"`
	ReceivedAt string `json:"receivedAt"`
	Reason     string `json:"reason"`
}

func (c *Channel) event(call *web.Call, to gateway.Acceptor) {
	var e event
	if !c.genuine(call) || !call.Decode(&e) || !c.ours(call, e) {
		return
	}
	switch e.Event {
	case "sms:received", "sms:sent", "sms:delivered", "sms:failed", "sms:cancelled":
	case "sms:data-received", "mms:received", "mms:downloaded":
		call.Count(gateway.RefusedType) // nothing that could be an order
		done(call)
		return
	case "system:ping", "app:started":
		done(call)
		return
	default:
		call.Count(gateway.RefusedForm) // a new event; it would be no clearer the next time
		done(call)
		return
	}
	var p payload
	if json.Unmarshal(e.Payload, &p) != nil {
		call.Refuse(http.StatusBadRequest, gateway.RefusedForm, "The payload is not the one of this event.")
		return
	}
	if e.Event == "sms:received" {
		c.sms(call, to, e, p)
		return
	}
	c.status(call, e, p)
}

// done answers a webhook that shall not be repeated.
func done(call *web.Call) { call.Plain(http.StatusOK, "") }

// genuine checks the signature and then the time that it covers. Where it
// returns false the request is answered.
func (c *Channel) genuine(call *web.Call) bool {
	signature, stamp := call.R.Header.Get("X-Signature"), call.R.Header.Get("X-Timestamp")
	if signature == "" || stamp == "" {
		call.Refuse(http.StatusBadRequest, gateway.RefusedSignature, "The header X-Signature or X-Timestamp is missing: the app signs since version 1.33.")
		return false
	}
	given, err := hex.DecodeString(signature)
	if err != nil || !hmac.Equal(given, c.sign(call.Body, stamp)) {
		call.Refuse(http.StatusForbidden, gateway.RefusedSignature, "The signature is not right: signing_key must be the one in the app under Settings, Webhooks.")
		return false
	}
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil || time.Since(time.Unix(seconds, 0)).Abs() > c.cfg.MaxClockSkew {
		call.Refuse(http.StatusForbidden, gateway.RefusedSignature, "The signature is too old or from the future: let the phone set its clock by the network.")
		return false
	}
	return true
}

// sign is the app's signature: HMAC-SHA256 of the body and, right behind it,
// the time in seconds as it stands in the header.
func (c *Channel) sign(body []byte, stamp string) []byte {
	mac := hmac.New(sha256.New, []byte(c.cfg.SigningKey))
	mac.Write(body)
	mac.Write([]byte(stamp))
	return mac.Sum(nil)
}

// ours tells whether the event is of the phone that is configured. Where it
// returns false the request is answered.
func (c *Channel) ours(call *web.Call, e event) bool {
	if c.cfg.DeviceID == "" || e.DeviceID == c.cfg.DeviceID {
		return true
	}
	call.Refuse(http.StatusForbidden, gateway.RefusedOrigin, "The event is of another phone than device_id: register the webhook for that one alone.")
	return false
}

func (c *Channel) sms(call *web.Call, to gateway.Acceptor, e event, p payload) {
	if c.cfg.SIM != 0 && p.SIM != 0 && p.SIM != c.cfg.SIM {
		call.Count(gateway.RefusedOrigin) // the other SIM card is somebody's own
		done(call)
		return
	}
	at := parseTime(p.ReceivedAt)
	id := inboundID(e, p, at)
	from := cmp.Or(p.Sender, p.Phone)
	if !web.IsID(id) || from == "" {
		call.Refuse(http.StatusBadRequest, gateway.RefusedForm, "The event has no usable id or sender.")
		return
	}
	phone, err := c.phones.Parse(from)
	if err != nil {
		// A short code or a name: nobody to answer, and a repeat would not help.
		call.Count(gateway.RefusedPhone)
		done(call)
		return
	}
	_, err = to.Accept(call.R.Context(), gateway.Inbound{
		ID: id, Channel: c.name, Mode: dialogue.SMS, Phone: phone,
		Text: gsm.Clean(p.Message), SentAt: at, ReceivedAt: time.Now(),
	})
	if err != nil {
		call.Later()
		return
	}
	done(call)
}

// inboundID tells one SMS from another. The event's id is the same for a
// repeat, but an SMS has several where the webhook is registered twice, in
// local and cloud mode, or where the inbox is exported again. The message's own
// id is a hash of 32 bits over sender, text, SIM and time: with the time in full
// it is the same for all of these.
func inboundID(e event, p payload, at time.Time) string {
	if p.MessageID == "" || at.IsZero() {
		return e.ID
	}
	return p.MessageID + "@" + strconv.FormatInt(at.UnixMilli(), 10)
}

// parseTime reads a time as the app writes it, in the phone's zone. One that it
// cannot read is zero: the time only helps to find repeats.
func parseTime(text string) time.Time {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}
	}
	return at.UTC()
}

// status takes a delivery report. The app sends sms:delivered for each part of
// a long SMS under one and the same message id, without the part's number: the
// first of them counts, as it does in the app itself.
func (c *Channel) status(call *web.Call, e event, p payload) {
	if p.MessageID == "" {
		call.Refuse(http.StatusBadRequest, gateway.RefusedForm, "The event has no messageId.")
		return
	}
	ref, ok := refOf(p.MessageID)
	if !ok { // some other program sends SMS through the same phone
		done(call)
		return
	}
	report := gateway.Report{Ref: ref, Code: e.Event}
	report.Phone, _ = c.phones.Parse(cmp.Or(p.Recipient, p.Phone)) // the reference is enough
	switch e.Event {
	case "sms:sent":
		report.State = gateway.Sent
	case "sms:delivered":
		report.State = gateway.Delivered
	case "sms:cancelled":
		report.State, report.Reason = gateway.Failed, "Somebody cancelled it through the app's API."
	case "sms:failed":
		report.State, report.Code, report.Reason = explain(p.Reason)
	}
	call.Report(report)
}

// sendRequest is the API's message. What has no value is left to the app.
type sendRequest struct {
	ID              string   `json:"id"`
	DeviceID        string   `json:"deviceId,omitempty"`
	Text            smsText  `json:"textMessage"`
	Phones          []string `json:"phoneNumbers"`
	SIM             int      `json:"simNumber,omitempty"`
	DeliveryReports bool     `json:"withDeliveryReport"`
	TTL             int64    `json:"ttl,omitempty"` // seconds
	Priority        int      `json:"priority,omitempty"`
}

type smsText struct {
	Text string `json:"text"`
}

// Send hands one SMS to the app. The receipt has no id: the message's id is
// ours, and reports come with it.
func (c *Channel) Send(ctx context.Context, out gateway.Outbound) (gateway.Receipt, error) {
	id := c.messageID(out)
	body, err := json.Marshal(sendRequest{
		ID: id, DeviceID: c.cfg.DeviceID, Text: smsText{out.Text}, Phones: []string{string(out.Phone)},
		SIM: c.cfg.SIM, DeliveryReports: true, TTL: ttl(out.Until), Priority: c.cfg.Priority,
	})
	if err != nil {
		return gateway.Receipt{}, err
	}
	// The app's own check of numbers knows fewer of them as mobile than there are,
	// and these have just sent an SMS.
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.cfg.APIURL+"/messages?skipPhoneValidation=true", bytes.NewReader(body))
	if err != nil {
		return gateway.Receipt{}, err
	}
	req.Header.Set("Content-Type", web.JSONType)
	req.SetBasicAuth(c.cfg.Username, c.cfg.Password)
	answer, err := web.Do(c.client, req)
	if err != nil {
		return gateway.Receipt{}, err
	}
	return readReceipt(answer, id)
}

// messageID makes our reference one that the app takes: at most 36 characters.
// The app remembers ids for longer than a data directory may live, and takes no
// id twice: with a hash of what is sent, a reference that begins anew after a
// reset is another id, and the same SMS tried again is not.
func (c *Channel) messageID(out gateway.Outbound) string {
	sum := sha256.Sum256([]byte(c.name + "\x00" + string(out.Phone) + "\x00" + out.Text))
	return idHead + out.Ref + "-" + hex.EncodeToString(sum[:])[:idHash]
}

// The parts of a message id: the word, the reference (up to 20 digits), a hash.
const (
	idHead = "haat-"
	idHash = 10
)

// refOf gives our reference back from a message id, if it is one of ours.
func refOf(id string) (ref string, ok bool) {
	rest, ok := strings.CutPrefix(id, idHead)
	i := strings.LastIndexByte(rest, '-')
	if !ok || i < 1 || len(rest)-i-1 != idHash || !web.IsID(rest[:i]) {
		return "", false
	}
	if _, err := hex.DecodeString(rest[i+1:]); err != nil {
		return "", false
	}
	return rest[:i], true
}

// ttl is how many seconds an SMS is of use; 0: for ever. Seconds, not a time:
// the phone's clock may be wrong.
func ttl(until time.Time) int64 {
	if until.IsZero() {
		return 0
	}
	return max(minTTL, int64(time.Until(until).Seconds()))
}

// readReceipt reads the answer to a message with the given id.
func readReceipt(answer web.Answer, id string) (gateway.Receipt, error) {
	if answer.Status == http.StatusConflict {
		// It has a message of this id: an attempt before this one arrived.
		return gateway.Receipt{State: gateway.Sent}, nil
	}
	if refusal := answer.Refused("username and password against those on the app's first page"); refusal != nil {
		return gateway.Receipt{}, clearer(refusal, answer)
	}
	var taken struct {
		ID string `json:"id"`
	}
	if json.Unmarshal(answer.Body, &taken) != nil || taken.ID != id {
		return gateway.Receipt{}, &gateway.SendError{
			Kind: gateway.Unavailable, Doubt: true, // twice is better than none, and the id prevents it
			Advice: "Check that api_url is the address of the app's API: http://PHONE:8080, or one that ends in /3rdparty/v1.",
			Err:    errors.New("the answer is not the message that the API promises"),
		}
	}
	return gateway.Receipt{State: gateway.Sent}, nil
}

// clearer says what a refusal means at this API. Its message is read but not
// kept: it may repeat the phone number.
func clearer(refusal *gateway.SendError, answer web.Answer) *gateway.SendError {
	var reason struct {
		Message string `json:"message"`
	}
	_ = json.Unmarshal(answer.Body, &reason) // without one the status says enough
	switch {
	case answer.Status == http.StatusNotFound || answer.Status == http.StatusMethodNotAllowed:
		refusal.Kind = gateway.Unavailable
		refusal.Advice = "There is no such API: api_url must be http://PHONE:8080, https://HOST/api/3rdparty/v1 or empty for the cloud."
	case answer.Status == http.StatusBadRequest && noDevice(reason.Message):
		refusal.Kind = gateway.Unavailable
		refusal.Advice = "The account has no such phone: check device_id, and that the app is registered with this server."
	case answer.Status == http.StatusBadRequest:
		refusal.Advice = "The app rejects the message: check sim and device_id, and update the app."
	case answer.Status == http.StatusServiceUnavailable:
		refusal.Advice = "The server holds too many SMS for the phone: see that the phone is on, online and has credit."
	}
	return refusal
}

// noDevice tells whether the API's message is about the phone and not about the
// SMS: the first is the app's, the second the servers'.
func noDevice(message string) bool {
	return strings.Contains(message, "Invalid device ID") || strings.Contains(message, "select device")
}
