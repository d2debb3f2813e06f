package webhook

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"haat/gateway"
	"haat/gateway/channel/web"
)

// taken is what a code means that is no refusal.
const taken = gateway.Refusal("taken")

// outbound is how SMS are written for the carrier and its answers are read.
type outbound struct {
	body    template
	headers map[string]string // with {names}
	answer  fields
	codes   map[string]gateway.Refusal
	strict  bool // some code is listed as taken, so that any other is none
	byID    bool // reports name neither our ref nor the phone
}

// sendNames are what send_fields may hold.
func sendNames() []string { return []string{"to", "digits", "text", "ref", "until", "secret"} }

func newOutbound(cfg Config, status kind) (out outbound, err error) {
	given := cfg.SendFields
	if given == nil {
		given = map[string]any{"ref": "{ref}", "to": "{to}", "text": "{text}"}
	}
	if out.body, err = newTemplate("send_fields", given, sendNames()); err != nil {
		return out, err
	}
	out.headers = cfg.SendHeaders
	if err := out.check(cfg); err != nil {
		return out, err
	}
	native := fields{"id": "id"}
	if cfg.SendAnswer == asNone {
		native = fields{}
	}
	if out.answer, err = newFields("answer_fields", cfg.AnswerFields, native, []string{"id", "code"}, false); err != nil {
		return out, err
	}
	if cfg.SendAnswer == asNone && len(out.answer) > 0 {
		return out, fmt.Errorf("answer_fields cannot be read where send_answer is none: leave one of them out")
	}
	out.byID = (status.fields["ref"] == "" || !out.body.uses("ref")) && status.fields["phone"] == ""
	return out, out.readCodes(cfg.Codes)
}

// check checks what is sent.
func (out *outbound) check(cfg Config) error {
	usesSecret := out.body.uses("secret")
	if len(out.headers) > maxFields {
		return fmt.Errorf("send_headers has more than %d headers", maxFields)
	}
	for header, value := range out.headers {
		for _, name := range placeholders(value) {
			if name != "secret" && name != "ref" {
				return fmt.Errorf("send_headers has {%s} for %s: a header may hold {secret} and {ref}", name, header)
			}
			usesSecret = usesSecret || name == "secret"
		}
	}
	switch {
	case usesSecret && cfg.Secret == "":
		return fmt.Errorf("secret is missing: send_fields or send_headers hold {secret}")
	case !usesSecret && cfg.Secret != "":
		return fmt.Errorf("secret is set, but neither send_fields nor send_headers hold {secret}: write it where the carrier wants it, such as send_headers: {Authorization: \"Bearer {secret}\"}")
	case (cfg.Username == "") != (cfg.Password == ""):
		return fmt.Errorf("username and password belong together: set both or neither")
	case !out.body.uses("text") || !out.body.uses("to") && !out.body.uses("digits"):
		return fmt.Errorf("send_fields must hold {text}, and {to} or {digits}")
	}
	return nil
}

func (out *outbound) readCodes(given map[string]string) error {
	kinds := []gateway.Refusal{taken, gateway.Rejected, gateway.Temporary, gateway.Throttled, gateway.Unavailable, gateway.OptedOut}
	if len(given) > maxFields {
		return fmt.Errorf("codes has more than %d codes", maxFields)
	}
	out.codes = map[string]gateway.Refusal{}
	for _, code := range slices.Sorted(maps.Keys(given)) {
		kind := gateway.Refusal(given[code])
		switch {
		case !slices.Contains(kinds, kind):
			return fmt.Errorf("codes has %q for %s: write taken, rejected, temporary, throttled, unavailable or opted_out", kind, code)
		case strings.HasPrefix(code, httpCode):
		case out.answer["code"] == "":
			return fmt.Errorf("codes has %s, but answer_fields has no code: write where it stands, or http_%s for a status of HTTP", code, code)
		case kind == taken:
			out.strict = true
		}
		out.codes[code] = kind
	}
	return nil
}

// httpCode begins a code that is a status of HTTP.
const httpCode = "http_"

// Send hands one SMS to the carrier.
func (c *Channel) Send(ctx context.Context, out gateway.Outbound) (gateway.Receipt, error) {
	if c.cfg.SendURL == "" {
		return gateway.Receipt{}, &gateway.SendError{
			Kind: gateway.Rejected, Advice: "The channel sends nothing: set send_url.", Err: errors.New("no send_url"),
		}
	}
	req, err := c.request(ctx, out)
	if err != nil {
		return gateway.Receipt{}, err
	}
	answer, err := web.Do(c.client, req)
	if err != nil {
		return gateway.Receipt{}, err
	}
	return c.outbound.read(answer)
}

// request writes an SMS as the carrier wants it.
func (c *Channel) request(ctx context.Context, out gateway.Outbound) (*http.Request, error) {
	values := map[string]string{
		"to": string(out.Phone), "digits": strings.TrimPrefix(string(out.Phone), "+"), "text": out.Text,
		"ref": out.Ref, "secret": c.cfg.Secret,
	}
	if !out.Until.IsZero() {
		values["until"] = out.Until.UTC().Format(time.RFC3339)
	}
	method, address, body, kind, err := c.outbound.write(c.cfg, values)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(body))
	if err != nil {
		return nil, errors.New("send_url is no address") // the error itself may hold the phone
	}
	if kind != "" {
		req.Header.Set("Content-Type", kind)
		c.signer.sign(req.Header, body)
	} else {
		c.signer.sign(req.Header, req.URL.RawQuery)
	}
	req.Header.Set(c.cfg.IdempotencyHeader, c.attemptKey(out))
	for name, value := range c.outbound.headers {
		filled, _ := fill(value, values)
		req.Header.Set(name, filled)
	}
	if c.cfg.Username != "" {
		req.SetBasicAuth(c.cfg.Username, c.cfg.Password)
	}
	return req, nil
}

// write is the method, address, body and content type of a request.
func (out *outbound) write(cfg Config, values map[string]string) (method, address, body, kind string, err error) {
	switch cfg.SendFormat {
	case asForm:
		return http.MethodPost, cfg.SendURL, out.body.form(values).Encode(), web.FormType, nil
	case asQuery:
		return http.MethodGet, cfg.SendURL + "?" + out.body.form(values).Encode(), "", "", nil
	}
	body, err = encode(out.body.object(values))
	return http.MethodPost, cfg.SendURL, body, web.JSONType, err
}

// attemptKey is the same at each attempt to send one SMS and for no other: our
// references begin anew after a reset of the log, which the carrier may remember
// longer.
func (c *Channel) attemptKey(out gateway.Outbound) string {
	return out.Ref + "-" + web.Digest(c.name + "\x00" + string(out.Phone) + "\x00" + out.Text)[:16]
}

// read reads the carrier's answer.
func (out *outbound) read(answer web.Answer) (gateway.Receipt, error) {
	id, code, isAnswer := out.values(answer.Body)
	kind, known := out.codes[code]
	if !known || code == "" {
		kind, known = out.codes[httpCode+strconv.Itoa(answer.Status)]
	}
	refusal := answer.Refused("secret, or username and password")
	switch {
	case known && kind == taken:
		return out.receipt(id), nil
	case known:
		return gateway.Receipt{}, refused(kind, code, answer)
	case refusal != nil:
		return gateway.Receipt{}, clearer(refusal, code, answer.Status)
	case !isAnswer || out.strict && code == "":
		return gateway.Receipt{}, unclear()
	case out.strict:
		return gateway.Receipt{}, refused(gateway.Rejected, code, answer)
	case out.answer["id"] != "" && id == "":
		return gateway.Receipt{}, unclear()
	}
	return out.receipt(id), nil
}

// values are the carrier's id and code, and whether the body is an answer at all.
func (out *outbound) values(body []byte) (id, code string, isAnswer bool) {
	if len(out.answer) == 0 {
		return "", "", true
	}
	root, err := parse(body)
	if err != nil {
		return "", "", false
	}
	values := out.answer.read(document{root})
	return idOf(values["id"]), values["code"], true
}

func (out *outbound) receipt(id string) gateway.Receipt {
	receipt := gateway.Receipt{State: gateway.Sent}
	if id != "" {
		receipt.IDs, receipt.ByID = []string{id}, out.byID
	}
	return receipt
}

// numberIn finds what may be a phone number.
var numberIn = regexp.MustCompile(`[0-9]{7}`)

// discreet is a code of the carrier's as it may be kept: "" where it could be a
// text or hold a phone number.
func discreet(code string) string {
	if len(code) > 32 || numberIn.MatchString(code) {
		return ""
	}
	return web.Word(code)
}

// refused is a refusal by a code of the configuration, or by an unknown one.
func refused(kind gateway.Refusal, code string, answer web.Answer) error {
	refusal := &gateway.SendError{Kind: kind, Code: discreet(code), After: answer.After()}
	if refusal.Code == "" {
		refusal.Code = strconv.Itoa(answer.Status)
	}
	refusal.Err = fmt.Errorf("the carrier answered HTTP %d with code %s", answer.Status, refusal.Code)
	switch kind {
	case gateway.Rejected:
		refusal.After = 0
		refusal.Advice = "The carrier rejects the SMS: look its code up in the carrier's documents, and list it in codes if it means something else."
	case gateway.Temporary:
		refusal.Advice = "The carrier cannot take this SMS for now; nothing to do unless it lasts."
	case gateway.Throttled:
		refusal.Advice = "The carrier asks to send more slowly."
	case gateway.OptedOut:
		refusal.After = 0
		refusal.Advice = "The phone has opted out at the carrier; nothing to do."
	default:
		refusal.Advice = "The carrier takes nothing from this account: look its code up in the carrier's documents; mostly the credit or the credentials are at fault."
	}
	return refusal
}

// clearer says what a refusal by HTTP's status means here.
func clearer(refusal *gateway.SendError, code string, status int) error {
	if code = discreet(code); code != "" {
		refusal.Code = code
	}
	if status == http.StatusNotFound || status == http.StatusMethodNotAllowed || status == http.StatusGone {
		// More likely a wrong address than a carrier that says so of a phone.
		refusal.Kind = gateway.Unavailable
		refusal.Advice = "There is nothing at send_url: check the address; if the carrier says 404 of phones, list http_404 in codes."
	}
	return refusal
}

// unclear asks for another attempt: twice the same SMS is better than none, and
// the key that stays the same may prevent it.
func unclear() error {
	return &gateway.SendError{
		Kind: gateway.Unavailable, Doubt: true,
		Advice: "The answer is not what answer_fields describes: check send_url, and where id and code stand.",
		Err:    errors.New("the carrier's answer has no id or code where it should be"),
	}
}
