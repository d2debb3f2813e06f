// Package kannel is the channel to a Kannel gateway: SMS in through an
// sms-service with get-url or post-url, answered in the response; SMS out
// through sendsms; delivery reports through dlr-url.
//
// Kannel does not sign its requests: a secret in the URLs (callback_key) and
// the addresses that may call, loopback by default, stand for a signature. In
// Kannel's own configuration, with BASE for http://127.0.0.1:8080/channels/NAME
// (and /KEY where there is a callback_key):
//
//	group = smsbox
//	http-request-retry = 360   # an SMS that could not be kept is asked for again
//	http-queue-delay = 10      # ... every 10 seconds, for an hour
//	reply-couldnotfetch = "Sorry, please try again later."   # after that
//
//	group = sms-service
//	keyword = default
//	get-url = "BASE/sms?from=%p&text=%b&id=%I&time=%T&coding=%c&charset=%C"
//	accept-x-kannel-headers = true   # or replies beyond GSM-7 arrive as ???
//	omit-empty = true                # say nothing where haat says nothing
//	max-messages = 5
//	concatenation = true
//
// A reply in the response is cut by Kannel into max-messages parts. An SMS that
// is sent is cut here, see [Channel.Send]; concatenation and max-messages of the
// sendsms-user do not matter.
//
// With post-url = "BASE/sms?id=%I" in place of get-url, send-sender = true is
// needed too. The retries are off by default: then a phone is told at once that
// its SMS could not be kept.
package kannel

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"math"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"haat/gateway"
	"haat/gateway/channel/web"
	"haat/gateway/dialogue"
	"haat/gateway/gsm"
)

// Values of Kannel's coding: binary messages are no texts, and texts beyond
// GSM-7 are in UCS-2.
const (
	gsm7   = "0"
	binary = "1"
	ucs2   = "2"
)

// Config is one Kannel.
type Config struct {
	// SendURL is where smsbox takes SMS: its sendsms-port. Default:
	// http://127.0.0.1:13013/cgi-bin/sendsms.
	SendURL string `yaml:"send_url" example:"http://127.0.0.1:13013/cgi-bin/sendsms"`
	// Username is that of the sendsms-user group. Required.
	Username string `yaml:"username" example:"haat"`
	// Password is that of the sendsms-user group. Required.
	Password string `yaml:"password" example:"${KANNEL_PASSWORD}"`
	// From is the short code or number that SMS come from. Default: Kannel's
	// global-sender.
	From string `yaml:"from" example:"\"20384\""`
	// SMSC is the smsc-id that SMS leave by. Default: Kannel chooses.
	SMSC string `yaml:"smsc" example:"modem"`
	// BaseURL is the address at which Kannel reaches this server, for delivery
	// reports. Default: the server's own public_url, or this machine's address.
	BaseURL string `yaml:"base_url" example:"http://127.0.0.1:8080"`
	// CallbackKey is a secret of 8 to 128 letters, digits, _ and - that becomes
	// part of the channel's URLs: /channels/NAME/KEY/sms and .../status.
	// Default: none. Required where allow lets other machines call.
	CallbackKey string `yaml:"callback_key" example:"${KANNEL_CALLBACK_KEY}"`
	// Allow lists the addresses and networks (192.0.2.0/24) that may call. The
	// address is that of the connection. Default: loopback, 127.0.0.0/8 and ::1.
	Allow []string `yaml:"allow" example:"[127.0.0.1]"`
}

// Channel is one Kannel.
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
)

// Open implements [gateway.Carrier].
func (cfg Config) Open(name string, at gateway.Site) (gateway.Channel, error) {
	return New(name, cfg, at)
}

// New makes a channel.
func New(name string, cfg Config, at gateway.Site) (*Channel, error) {
	if len(cfg.Allow) > 0 && cfg.CallbackKey == "" {
		return nil, fmt.Errorf("channel %s: allow lets other machines call: set callback_key as well (make one with `openssl rand -hex 16`) and put it into Kannel's get-url", name)
	}
	if len(cfg.Allow) == 0 {
		cfg.Allow = []string{"127.0.0.0/8", "::1"}
	}
	door, err := web.NewDoor(name, web.Access{CallbackKey: cfg.CallbackKey, Allow: cfg.Allow})
	if err != nil {
		return nil, err
	}
	if cfg.SendURL == "" {
		cfg.SendURL = "http://127.0.0.1:13013/cgi-bin/sendsms"
	}
	cfg.BaseURL = cmp.Or(cfg.BaseURL, at.PublicURL, at.LocalURL, "http://127.0.0.1:8080")
	if cfg.SendURL, err = web.BaseURL(name, "send_url", cfg.SendURL); err != nil {
		return nil, err
	}
	if cfg.BaseURL, err = web.BaseURL(name, "base_url", cfg.BaseURL); err != nil {
		return nil, err
	}
	switch {
	case strings.Contains(cfg.BaseURL, "%"):
		return nil, fmt.Errorf("channel %s: base_url has a %%, which Kannel reads as one of its escapes: use an address without", name)
	case cfg.Username == "" || cfg.Password == "":
		return nil, fmt.Errorf("channel %s: username or password is missing: put those of a sendsms-user group of Kannel there", name)
	}
	return &Channel{name: name, phones: gateway.NewPhones(at.Region), cfg: cfg, door: door, client: web.NewClient()}, nil
}

// Name is the channel's name in the configuration.
func (c *Channel) Name() string { return c.name }

// Routes adds the URLs sms and status.
func (c *Channel) Routes(mux *http.ServeMux, to gateway.Acceptor) {
	inbound := web.Rule{
		Methods: []string{http.MethodGet, http.MethodPost},
		Types:   []string{"text/plain", "application/octet-stream"},
	}
	c.door.Route(mux, "sms", to, inbound, func(call *web.Call) { c.sms(call, to) })
	c.door.Route(mux, "status", to, web.Rule{Methods: []string{http.MethodGet}}, c.status)
}

// inbound is one SMS as Kannel hands it over, by either way.
type inbound struct {
	from, id, time  string
	coding, charset string
	text            string // in that coding and charset
}

// fromQuery reads what get-url sends.
func fromQuery(query url.Values) inbound {
	return inbound{
		from: query.Get("from"), id: query.Get("id"), time: query.Get("time"),
		coding: query.Get("coding"), charset: query.Get("charset"), text: query.Get("text"),
	}
}

// fromPost reads what post-url sends: the body is the text and most else stands
// in headers. Kannel has none for the id, which comes in the query.
func fromPost(query url.Values, header http.Header, body []byte) inbound {
	_, params, _ := mime.ParseMediaType(header.Get("Content-Type"))
	return inbound{
		from: header.Get("X-Kannel-From"), id: query.Get("id"), time: header.Get("X-Kannel-Time"),
		coding: header.Get("X-Kannel-Coding"), charset: params["charset"], text: string(body),
	}
}

func (c *Channel) sms(call *web.Call, to gateway.Acceptor) {
	query, ok := call.Query()
	if !ok {
		return
	}
	in := fromQuery(query)
	if call.R.Method == http.MethodPost {
		in = fromPost(query, call.R.Header, call.Body)
	}
	switch {
	case !web.IsID(in.id):
		call.Refuse(http.StatusBadRequest, gateway.RefusedForm, "The id is missing: add id=%I to the URL in Kannel's sms-service.")
		return
	case in.from == "":
		call.Refuse(http.StatusBadRequest, gateway.RefusedForm, "The sender is missing: add from=%p to get-url, or send-sender = true to post-url, in Kannel's sms-service.")
		return
	case in.coding == binary:
		call.Count(gateway.RefusedType) // a ring tone or the like; nothing to answer
		call.Plain(http.StatusOK, "")
		return
	}
	phone, err := c.phone(in.from)
	if err != nil {
		// A short code or a name: nobody to answer, and asking again would not help.
		call.Count(gateway.RefusedPhone)
		call.Plain(http.StatusOK, "")
		return
	}
	reply, err := to.Accept(call.R.Context(), gateway.Inbound{
		ID:         in.id,
		Channel:    c.name,
		Mode:       dialogue.SMS,
		Phone:      phone,
		Text:       gsm.Clean(decode(in.text, in.coding, in.charset)),
		SentAt:     parseTime(in.time),
		ReceivedAt: time.Now(),
	})
	if err != nil {
		call.Later()
		return
	}
	if coding(reply.Text) == ucs2 {
		// Kannel takes every reply for GSM-7 and puts ? for what that lacks.
		call.W.Header().Set("X-Kannel-Coding", ucs2)
	}
	call.Plain(http.StatusOK, reply.Text)
}

// phone reads a sender. Links to some networks write 00 for the plus.
func (c *Channel) phone(from string) (gateway.Phone, error) {
	if rest, ok := strings.CutPrefix(from, "00"); ok {
		from = "+" + rest
	}
	return c.phones.Parse(from)
}

// decode turns a text into UTF-8. Kannel hands GSM-7 over in UTF-8 and UCS-2 as
// it came, in UTF-16BE, unless mo-recode or alt-charset is set in it.
func decode(text, coding, charset string) string {
	if charset == "" && coding == ucs2 {
		charset = "UTF-16BE"
	}
	var from encoding.Encoding
	switch strings.ToUpper(charset) {
	case "UTF-16BE", "UCS-2", "UCS-2BE", "ISO-10646-UCS-2":
		from = unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)
	case "ISO-8859-1", "LATIN1", "WINDOWS-1252", "CP1252":
		from = charmap.Windows1252
	default:
		return text
	}
	decoded, err := from.NewDecoder().String(text)
	if err != nil {
		return text // cleaning makes of it what can be made
	}
	return decoded
}

// parseTime reads a time as get-url (seconds since 1970) or post-url writes it.
// One that it cannot read is zero: the time only helps to find repeats.
func parseTime(text string) time.Time {
	if seconds, err := strconv.ParseInt(text, 10, 40); err == nil && seconds > 0 {
		return time.Unix(seconds, 0).UTC()
	}
	if at, err := time.Parse(time.DateTime, text); err == nil {
		return at
	}
	return time.Time{}
}

// status takes a delivery report at the dlr-url that Send wrote.
func (c *Channel) status(call *web.Call) {
	query, ok := call.Query()
	if !ok {
		return
	}
	ref, d, part := query.Get("ref"), query.Get("d"), query.Get("part")
	if !web.IsID(ref) || !isNumber(d) || part != "" && !isNumber(part) {
		call.Refuse(http.StatusBadRequest, gateway.RefusedForm, "The report has no usable ref and d.")
		return
	}
	state, known := stateOf(d)
	if !known {
		call.Count(gateway.RefusedForm) // a new bit; it would be no clearer the next time
		call.Plain(http.StatusOK, "")
		return
	}
	code := web.Word(query.Get("code"))
	if code == "" {
		code = d
	}
	if query.Get("code") == "NACK/validity expired" { // said by bearerbox itself
		state = gateway.Expired
	}
	// A report without a readable phone still has the reference.
	phone, _ := c.phones.Parse("+" + query.Get("phone"))
	report := gateway.Report{Phone: phone, Ref: ref, State: state, Code: code, Reason: reasonOf(d)}
	if part != "" {
		// A part says nothing of the whole: only its own id, which the receipt has.
		report.Ref, report.CarrierID = "", partID(ref, part)
	}
	call.Report(report)
}

// isNumber tells whether a text is a small number.
func isNumber(text string) bool {
	_, err := strconv.ParseUint(text, 10, 8)
	return err == nil
}

// stateOf reads the value of a report, one of the bits of dlr-mask.
func stateOf(d string) (state gateway.State, known bool) {
	switch d {
	case "1":
		return gateway.Delivered, true
	case "2", "16": // failed at the phone; rejected by the SMSC
		return gateway.Failed, true
	case "4":
		return gateway.Buffered, true
	case "8":
		return gateway.Sent, true
	}
	return "", false
}

// reasonOf tells in words what the value of a failure means.
func reasonOf(d string) string {
	switch d {
	case "2":
		return "The network could not deliver it."
	case "16":
		return "The SMSC, or Kannel for it, did not take it: bearerbox's log says why."
	}
	return ""
}

// Send hands one SMS to Kannel, one that takes several short messages in parts:
// of a long SMS that Kannel itself cuts it reports on the first part alone, so
// that nobody would hear of the others. A part that is sent again after a failure
// in the midst has the same header, and the phone puts together what it has.
//
// The receipt names the parts by ids of our own. One for all has no id: its
// reports come with our reference, since the SMSC's own id can come back changed.
func (c *Channel) Send(ctx context.Context, out gateway.Outbound) (gateway.Receipt, error) {
	texts := gsm.Parts(out.Text)
	if len(texts) <= 1 {
		if err := c.send(ctx, out, part{text: out.Text}); err != nil {
			return gateway.Receipt{}, err
		}
		return gateway.Receipt{State: gateway.Sent}, nil
	}
	if len(texts) > maxParts {
		return gateway.Receipt{}, &gateway.SendError{
			Kind:   gateway.Rejected,
			Advice: "The text is longer than the longest SMS: shorten it, or lower the channel's sms_parts.",
			Err:    fmt.Errorf("the text takes %d parts", len(texts)),
		}
	}
	receipt := gateway.Receipt{State: gateway.Sent}
	for i, text := range texts {
		if err := c.send(ctx, out, part{text: text, number: i + 1, of: len(texts)}); err != nil {
			return gateway.Receipt{}, err
		}
		receipt.IDs = append(receipt.IDs, partID(out.Ref, strconv.Itoa(i+1)))
	}
	return receipt, nil
}

// send hands one part, or the whole, to Kannel.
func (c *Channel) send(ctx context.Context, out gateway.Outbound, p part) error {
	// A POST keeps the password and the phone out of Kannel's access log; smsbox
	// takes no form, only the text as the body with everything else in headers.
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.cfg.SendURL, strings.NewReader(p.text))
	if err != nil {
		return err
	}
	for key, value := range map[string]string{
		"Content-Type":      "text/plain; charset=UTF-8",
		"X-Kannel-Username": c.cfg.Username,
		"X-Kannel-Password": c.cfg.Password,
		"X-Kannel-From":     c.cfg.From,
		"X-Kannel-To":       string(out.Phone),
		"X-Kannel-SMSC":     c.cfg.SMSC,
		"X-Kannel-Coding":   coding(out.Text), // of the whole: all parts are in one
		"X-Kannel-UDH":      p.header(out.Ref),
		"X-Kannel-Validity": validity(out.Until),
		"X-Kannel-DLR-Mask": "31", // every state there is
		"X-Kannel-DLR-Url":  c.reportURL(out, p),
	} {
		if value != "" {
			req.Header.Set(key, value)
		}
	}
	answer, err := web.Do(c.client, req)
	if err != nil {
		return err
	}
	if refusal := refused(answer); refusal != nil {
		return refusal
	}
	return nil
}

// validity is how long the SMSC shall try, in minutes, rounded up; "" leaves it
// to the SMSC. Kannel hands it on where the SMSC's protocol has such a thing.
func validity(until time.Time) string {
	if until.IsZero() {
		return ""
	}
	return strconv.Itoa(max(1, int(math.Ceil(time.Until(until).Minutes()))))
}

// refused tells what an answer of smsbox means that is not 202, the only one with
// which it takes an SMS: to send it, or to queue it until the SMSC is back.
func refused(answer web.Answer) *gateway.SendError {
	refusal := answer.Refused("username and password against Kannel's sendsms-user group")
	switch {
	case answer.Status == http.StatusAccepted:
		return nil
	case refusal == nil:
		return &gateway.SendError{
			Kind: gateway.Unavailable, Doubt: true,
			Advice: "Check that send_url is the address of smsbox's sendsms.",
			Err:    fmt.Errorf("HTTP %d is no answer of Kannel's", answer.Status),
		}
	case answer.Status == http.StatusBadRequest:
		refusal.Advice = "Kannel rejects the message, and smsbox's log says why: check from, smsc and Kannel's white- and black-lists."
	case answer.Status == http.StatusForbidden && bytes.HasPrefix(answer.Body, []byte("Not routable")):
		refusal.Kind = gateway.Rejected
		refusal.Advice = "Kannel has no SMSC for this phone: check smsc, and the prefixes that Kannel's smsc groups allow."
	case answer.Status == http.StatusServiceUnavailable:
		// With this bearerbox says that its queue is full, or that it is going down.
		refusal.Kind = gateway.Throttled
		refusal.Advice = "Kannel's queue is full: it takes more when the SMSC has taken some; if that lasts, look at the SMSC's link."
	}
	return refusal
}

// reportURL is the dlr-url of one SMS, or of its part. Kannel replaces %d and %A.
// The phone goes without its plus, whose escape Kannel could take for one of its
// own.
func (c *Channel) reportURL(out gateway.Outbound, p part) string {
	of := "?ref=" + out.Ref
	if p.of > 0 {
		of += "&part=" + strconv.Itoa(p.number)
	}
	return c.cfg.BaseURL + c.door.Path("status") + of + "&phone=" + strings.TrimPrefix(string(out.Phone), "+") + "&d=%d&code=%A"
}
