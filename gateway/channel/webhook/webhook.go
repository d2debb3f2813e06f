// Package webhook is the channel to a carrier that has no channel of its own
// here: SMS, USSD and delivery reports in, SMS out, over HTTP, with the
// carrier's names for everything in the configuration.
//
// A carrier, or a gateway that somebody writes for haat, needs hardly any
// setting if it speaks the native protocol, with BASE for
// PUBLIC_URL/channels/NAME (and /KEY where there is a callback_key):
//
//	POST BASE/sms     {"id":"77","from":"+254700000001","text":"2 rice","sent_at":"2026-03-06T10:30:45Z"}
//	  -> 200 {}                                  the reply is sent by send_url
//	POST BASE/ussd    {"id":"1","session":"s9","from":"+254700000001","text":"1"}
//	  -> 200 {"text":"1.Shop\n2.Basket","end":false}      at the first hop text is empty,
//	                                             or what was dialled beyond the code
//	POST BASE/status  {"ref":"4711","id":"c-1","status":"delivered","to":"+254700000001","code":"0"}
//	  -> 200 {}                                  sent, buffered, delivered, failed or expired
//	POST send_url     {"ref":"4711","to":"+254700000001","text":"Order 12 ..."}
//	  -> 2xx {"id":"c-1"}                        429 with Retry-After: slow down; 4xx: never; 5xx: try again
//
// 503 asks for the same request once more: nothing of it was kept. What is
// answered with 4xx would be no better the next time. Each request has, in both
// directions, X-Timestamp (seconds since 1970) and X-Signature: HMAC-SHA256 with
// signing_key over the timestamp, a dot and the raw body, in hexadecimal. An SMS
// that is tried again has the same Idempotency-Key.
//
// Ids are what repeats are known by. An SMS without one is known by its sender,
// text and sent_at; without that too a repeat counts as another SMS. A hop
// without one counts as a repeat only while, or just after, an equal hop of its
// session is answered.
package webhook

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"haat/gateway"
	"haat/gateway/channel/web"
)

// How bodies are written.
const (
	asJSON  = "json"
	asForm  = "form"
	asQuery = "query"
	asText  = "text"
	asNone  = "none"
)

const (
	defaultSkew = 5 * time.Minute
	maxSkew     = time.Hour
	minKey      = 8
	// maxSessions is how many phones' sessions are remembered for a carrier that
	// names none; about 150 bytes each.
	maxSessions = 8192
	// maxList is how many messages one request may hold.
	maxList = 100
)

// Config is one carrier. The settings that are maps replace the native names
// altogether: what is not in the map is not there.
type Config struct {
	// SigningKey is the secret of 8 characters or more that both sides sign with.
	// Required unless callback_key or allow limits who may call.
	SigningKey string `yaml:"signing_key" example:"${WEBHOOK_SIGNING_KEY}"`
	// SignatureHeader is the header with the signature. Default: X-Signature.
	SignatureHeader string `yaml:"signature_header" example:"X-Signature"`
	// Signature is how the HMAC-SHA256 is written: with {hex} or {base64} in it.
	// Default: {hex}.
	Signature string `yaml:"signature" example:"\"sha256={hex}\""`
	// SignedText is what the signature covers: with {body}, the body as it came
	// (of a GET request the query), and {timestamp}, without which what was
	// overheard can be played back for ever. Default: {timestamp}.{body}.
	SignedText string `yaml:"signed_text" example:"\"{timestamp}.{body}\""`
	// TimestampHeader is the header with the signature's time: seconds or
	// milliseconds since 1970, or as 2026-03-06T10:30:45Z. Default: X-Timestamp.
	TimestampHeader string `yaml:"timestamp_header" example:"X-Timestamp"`
	// MaxClockSkew is how far that time may be from ours; 1s to 1h. Default: 5m.
	MaxClockSkew time.Duration `yaml:"max_clock_skew" example:"5m"`
	// CallbackKey is a secret of 8 to 128 letters, digits, _ and - that becomes
	// part of the channel's URLs: /channels/NAME/KEY/sms, .../ussd and
	// .../status. For carriers that cannot sign. Default: none.
	CallbackKey string `yaml:"callback_key" example:"${WEBHOOK_CALLBACK_KEY}"`
	// Allow lists the addresses and networks (192.0.2.0/24) that may call. The
	// address is that of the connection. Default: every address.
	Allow []string `yaml:"allow" example:"[192.0.2.0/24]"`

	// Format is how the carrier writes its requests: json, form (posted) or query
	// (GET). Default: json.
	Format string `yaml:"format" example:"json"`
	// SMSFields tells where in an SMS our fields stand: from, text, id, sent_at. A
	// field inside of others is written like data.message.id, the first of a list
	// like messages.0.text. Names of your own can be used in sms_reply. Default:
	// the native names.
	SMSFields map[string]string `yaml:"sms_fields" example:"{from: msisdn, text: data.body, id: data.id, sent_at: data.time}"`
	// SMSList is where the list stands whose elements are an SMS each, 100 at
	// most; sms_fields are then looked for in the element. Default: none, the body
	// is one SMS.
	SMSList string `yaml:"sms_list"`
	// SMSReply is the response with the reply to an SMS, like send_fields; {text}
	// is the reply. With sms_list there can be none. Default: none, the reply is
	// sent by send_url.
	SMSReply map[string]any `yaml:"sms_reply" example:"{reply: \"{text}\"}"`
	// USSDFields tells where in a hop our fields stand: from, text, session, id,
	// type. Names of your own can be used in ussd_continue and ussd_end. Default:
	// the native names.
	USSDFields map[string]string `yaml:"ussd_fields" example:"{from: Mobile, text: Message, session: SessionId, type: Type}"`
	// USSDFirst lists the values of type with which a session begins. Required
	// where ussd_fields has no session. Default: none, a new session begins one.
	USSDFirst []string `yaml:"ussd_first" example:"[Initiation]"`
	// USSDOver lists the values of type that only tell that a session is over.
	// Default: none.
	USSDOver []string `yaml:"ussd_over" example:"[Release, Timeout]"`
	// USSDCumulative says that text is all that was typed in the session so far,
	// joined by *. Default: false, it is what was typed last.
	USSDCumulative bool `yaml:"ussd_cumulative"`
	// ServiceCode is the code that opens the market, for carriers that send what
	// was dialled as the first text: what stands beyond it is then understood.
	// Default: none, a code is then no text.
	ServiceCode string `yaml:"service_code" example:"\"*384*96#\""`
	// USSDContinue is the response with a screen that asks for an answer, like
	// send_fields; {text} is the screen. Default: {text: "{text}", end: false}, or
	// the text CON {text}.
	USSDContinue map[string]any `yaml:"ussd_continue" example:"{Message: \"{text}\", Type: Response}"`
	// USSDEnd is the response with the last screen. Default: {text: "{text}",
	// end: true}, or the text END {text}.
	USSDEnd map[string]any `yaml:"ussd_end" example:"{Message: \"{text}\", Type: Release}"`
	// StatusFields tells where in a delivery report our fields stand: status, ref
	// (what was sent as {ref}), carrier_id (what was answered as id), phone, code.
	// Default: the native names.
	StatusFields map[string]string `yaml:"status_fields" example:"{carrier_id: data.id, status: data.status, code: data.error}"`
	// StatusList is to delivery reports what sms_list is to SMS. Default: none.
	StatusList string `yaml:"status_list" example:"results"`
	// States tells what the carrier's words for status mean: sent, buffered (the
	// phone is away), delivered, failed, expired, or ignore. In any case of
	// letters. Default: these words themselves.
	States map[string]string `yaml:"states" example:"{ACCEPTD: sent, DELIVRD: delivered, UNDELIV: failed, EXPIRED: failed}"`
	// AnswerFormat is how responses are written: json, or text, where each of the
	// templates has one key, body, as {body: "CON {text}"} has. Default: json.
	AnswerFormat string `yaml:"answer_format" example:"json"`
	// Answer is the response to what needs no other, like send_fields. Default: an
	// empty object, or no text.
	Answer map[string]any `yaml:"answer" example:"{status: ok}"`

	// SendURL is where SMS are sent to, without ? and #. Default: none, the
	// channel sends nothing; then an SMS is taken only with sms_reply.
	SendURL string `yaml:"send_url" example:"https://api.example.org/v1/sms"`
	// SendFormat is how they are written: json, form (posted) or query (GET).
	// Default: json.
	SendFormat string `yaml:"send_format" example:"json"`
	// SendFields is what is sent: the carrier's fields with their values, which
	// may hold {to} (+254...), {digits} (254...), {text}, {ref} (our id of the
	// SMS), {until} (when it is of no use any more) and {secret}. A field with
	// something that is not there is left out. Default: {ref: "{ref}", to: "{to}",
	// text: "{text}"}.
	SendFields map[string]any `yaml:"send_fields" example:"{from: HAAT, messages.0.to: \"{to}\", messages.0.text: \"{text}\", dlr: true}"`
	// SendHeaders are headers of that request; a value may hold {secret} and {ref},
	// as Authorization: "Bearer {secret}" does. Default: none.
	SendHeaders map[string]string `yaml:"send_headers" example:"{X-Api-Key: \"{secret}\"}"`
	// Secret is the carrier's key or token: {secret} in send_fields and
	// send_headers. Default: none.
	Secret string `yaml:"secret" example:"${WEBHOOK_SECRET}"`
	// Username is that of the carrier's API, for HTTP Basic authentication.
	// Default: none.
	Username string `yaml:"username" example:"haat"`
	// Password is that of the carrier's API. Default: none.
	Password string `yaml:"password" example:"${WEBHOOK_PASSWORD}"`
	// IdempotencyHeader is the header with the same key at each attempt to send
	// one SMS: our ref and a hash of the SMS. Default: Idempotency-Key.
	IdempotencyHeader string `yaml:"idempotency_header" example:"Idempotency-Key"`
	// SendAnswer is how the carrier answers what is sent: json, or none, where
	// HTTP's status alone counts. Default: json.
	SendAnswer string `yaml:"send_answer" example:"json"`
	// AnswerFields tells where in that answer our fields stand: id, the carrier's
	// id of the SMS, and code. An answer without an id, where there should be one,
	// is none. Default: {id: id}.
	AnswerFields map[string]string `yaml:"answer_fields" example:"{id: messages.0.id, code: messages.0.status}"`
	// Codes tells what the answer's codes mean, or HTTP's (http_404): taken,
	// rejected (for good), temporary, throttled (slow down), unavailable (no money
	// and the like) or opted_out. Where a code is listed as taken, any that is not
	// listed is rejected. Default: none, HTTP's status counts.
	Codes map[string]string `yaml:"codes" example:"{\"0\": taken, \"8\": unavailable, \"13\": opted_out, http_404: rejected}"`
}

// Channel is one carrier. It is safe for concurrent use.
type Channel struct {
	name     string
	phones   *gateway.Phones
	cfg      Config
	door     *web.Door
	client   *http.Client
	signer   signer
	inbound  inbound
	outbound outbound
	hops     *web.Hops
	sessions *lru.Cache[gateway.Phone, string]
}

var (
	_ gateway.Sender   = (*Channel)(nil)
	_ gateway.Receiver = (*Channel)(nil)
	_ gateway.Deferred = (*Channel)(nil)
)

// Open implements [gateway.Carrier]. Without a send_url the channel is no
// [gateway.Sender].
func (cfg Config) Open(name string, at gateway.Site) (gateway.Channel, error) {
	c, err := New(name, cfg, at)
	if err != nil {
		return nil, err
	}
	if cfg.SendURL == "" {
		return listener{c}, nil
	}
	return c, nil
}

// listener is a channel that cannot send.
type listener struct{ c *Channel }

func (l listener) Name() string                                   { return l.c.Name() }
func (l listener) Deferred() bool                                 { return l.c.Deferred() }
func (l listener) Routes(mux *http.ServeMux, to gateway.Acceptor) { l.c.Routes(mux, to) }

// New makes a channel.
func New(name string, cfg Config, at gateway.Site) (*Channel, error) {
	door, err := web.NewDoor(name, web.Access{CallbackKey: cfg.CallbackKey, Allow: cfg.Allow})
	if err != nil {
		return nil, err
	}
	cfg.preset()
	if err := cfg.check(); err != nil {
		return nil, fmt.Errorf("channel %s: %w", name, err)
	}
	c := &Channel{
		name: name, phones: gateway.NewPhones(at.Region), cfg: cfg, door: door,
		client: web.NewClient(), hops: web.NewHops(),
	}
	if c.sessions, err = lru.New[gateway.Phone, string](maxSessions); err != nil {
		return nil, err
	}
	if c.signer, err = newSigner(cfg); err != nil {
		return nil, fmt.Errorf("channel %s: %w", name, err)
	}
	if c.inbound, err = newInbound(cfg); err != nil {
		return nil, fmt.Errorf("channel %s: %w", name, err)
	}
	if c.outbound, err = newOutbound(cfg, c.inbound.status); err != nil {
		return nil, fmt.Errorf("channel %s: %w", name, err)
	}
	return c, nil
}

// preset fills in the defaults.
func (cfg *Config) preset() {
	cfg.SignatureHeader = cmp.Or(cfg.SignatureHeader, "X-Signature")
	cfg.Signature = cmp.Or(cfg.Signature, "{hex}")
	cfg.SignedText = cmp.Or(cfg.SignedText, "{timestamp}.{body}")
	cfg.TimestampHeader = cmp.Or(cfg.TimestampHeader, "X-Timestamp")
	cfg.MaxClockSkew = cmp.Or(cfg.MaxClockSkew, defaultSkew)
	cfg.Format = cmp.Or(cfg.Format, asJSON)
	cfg.AnswerFormat = cmp.Or(cfg.AnswerFormat, asJSON)
	cfg.SendFormat = cmp.Or(cfg.SendFormat, asJSON)
	cfg.SendAnswer = cmp.Or(cfg.SendAnswer, asJSON)
	cfg.IdempotencyHeader = cmp.Or(cfg.IdempotencyHeader, "Idempotency-Key")
}

// check checks the settings that stand for themselves.
func (cfg *Config) check() error {
	if cfg.SigningKey == "" && cfg.CallbackKey == "" && len(cfg.Allow) == 0 {
		return fmt.Errorf("anyone could pose as the carrier: set signing_key or, if it cannot sign, callback_key (make either with `openssl rand -hex 16`)")
	}
	if cfg.SigningKey != "" && len(cfg.SigningKey) < minKey {
		return fmt.Errorf("signing_key has less than %d characters and could be guessed: make one with `openssl rand -hex 16`", minKey)
	}
	if cfg.MaxClockSkew < time.Second || cfg.MaxClockSkew > maxSkew {
		return fmt.Errorf("max_clock_skew must be 1s to 1h")
	}
	for _, word := range []struct {
		setting, text string
		one           []string
	}{
		{"format", cfg.Format, []string{asJSON, asForm, asQuery}},
		{"answer_format", cfg.AnswerFormat, []string{asJSON, asText}},
		{"send_format", cfg.SendFormat, []string{asJSON, asForm, asQuery}},
		{"send_answer", cfg.SendAnswer, []string{asJSON, asNone}},
	} {
		if !slices.Contains(word.one, word.text) {
			return fmt.Errorf("%s must be one of %s", word.setting, strings.Join(word.one, ", "))
		}
	}
	if cfg.ServiceCode != "" {
		if err := web.CheckCode("", cfg.ServiceCode); err != nil {
			return fmt.Errorf("service_code must be the code that opens the market, in quotes, such as \"*384*96#\"")
		}
	}
	return cfg.checkSending()
}

func (cfg *Config) checkSending() error {
	if cfg.SendURL != "" {
		at, err := url.Parse(cfg.SendURL)
		if err != nil || at.Host == "" || at.Scheme != "http" && at.Scheme != "https" || at.RawQuery != "" || at.Fragment != "" {
			return fmt.Errorf("send_url must be an address such as https://api.example.org/v1/sms, without ? and #")
		}
	}
	for setting, name := range map[string]string{
		"signature_header": cfg.SignatureHeader, "timestamp_header": cfg.TimestampHeader, "idempotency_header": cfg.IdempotencyHeader,
	} {
		if !headerForm.MatchString(name) {
			return fmt.Errorf("%s must be a header's name, such as X-Signature", setting)
		}
	}
	for name, value := range cfg.SendHeaders {
		if http.CanonicalHeaderKey(name) == "Authorization" && cfg.Username != "" {
			return fmt.Errorf("username is set, and send_headers has Authorization: leave one of them out")
		}
		if !headerForm.MatchString(name) || strings.ContainsFunc(value, isControl) {
			return fmt.Errorf("send_headers must be headers' names with their values, each on one line")
		}
	}
	if strings.ContainsFunc(cfg.Secret, isControl) {
		return fmt.Errorf("secret has a line break or another control character: put it on one line")
	}
	return nil
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f }

// Name is the channel's name in the configuration.
func (c *Channel) Name() string { return c.name }

// Deferred is true where an SMS is not answered in the response.
func (c *Channel) Deferred() bool { return !c.inbound.answersSMS() }

// Routes adds the URLs sms, ussd and status. An SMS that could not be answered
// in any way has none.
func (c *Channel) Routes(mux *http.ServeMux, to gateway.Acceptor) {
	if c.inbound.answersSMS() || c.cfg.SendURL != "" {
		c.door.Route(mux, "sms", to, c.inbound.rule(), func(call *web.Call) { c.take(call, to, c.inbound.sms, c.sms) })
	}
	c.door.Route(mux, "ussd", to, c.inbound.rule(), func(call *web.Call) { c.take(call, to, c.inbound.ussd, c.ussd) })
	c.door.Route(mux, "status", to, c.inbound.rule(), func(call *web.Call) { c.take(call, to, c.inbound.status, c.status) })
}
