package webhook

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"haat/gateway"
	"haat/gateway/channel/web"
	"haat/gateway/dialogue"
	"haat/gateway/gsm"
)

// signer makes and checks signatures. Without a key there are none.
type signer struct {
	key                 []byte
	header, stampHeader string
	head, tail          string // what stands around the signature in its header
	base64              bool
	covers              string // with {body} and perhaps {timestamp}
	skew                time.Duration
}

func newSigner(cfg Config) (signer, error) {
	s := signer{
		key: []byte(cfg.SigningKey), header: cfg.SignatureHeader, stampHeader: cfg.TimestampHeader,
		covers: cfg.SignedText, skew: cfg.MaxClockSkew,
	}
	var isHex bool
	if s.head, s.tail, isHex = strings.Cut(cfg.Signature, "{hex}"); !isHex {
		if s.head, s.tail, s.base64 = strings.Cut(cfg.Signature, "{base64}"); !s.base64 {
			return s, fmt.Errorf("signature must hold {hex} or {base64}, such as sha256={hex}")
		}
	}
	if strings.ContainsFunc(cfg.Signature, isControl) {
		return s, fmt.Errorf("signature must be on one line, such as sha256={hex}")
	}
	if !strings.Contains(s.covers, "{body}") {
		return s, fmt.Errorf("signed_text must hold {body} and should hold {timestamp}, such as {timestamp}.{body}")
	}
	for _, name := range placeholders(s.covers) {
		if name != "body" && name != "timestamp" {
			return s, fmt.Errorf("signed_text has {%s}, which is not known there: write {body} and {timestamp}", name)
		}
	}
	return s, nil
}

func (s signer) stamped() bool { return strings.Contains(s.covers, "{timestamp}") }

func (s signer) mac(stamp, body string) []byte {
	mac := hmac.New(sha256.New, s.key)
	_, _ = strings.NewReplacer("{timestamp}", stamp, "{body}", body).WriteString(mac, s.covers) // a hash takes all
	return mac.Sum(nil)
}

// sign signs a request of ours.
func (s signer) sign(header http.Header, body string) {
	if len(s.key) == 0 {
		return
	}
	stamp := strconv.FormatInt(time.Now().Unix(), 10)
	encoded := hex.EncodeToString(s.mac(stamp, body))
	if s.base64 {
		encoded = base64.StdEncoding.EncodeToString(s.mac(stamp, body))
	}
	header.Set(s.header, s.head+encoded+s.tail)
	if s.stamped() {
		header.Set(s.stampHeader, stamp)
	}
}

// admit checks the signature of a request, and then the time that it covers.
// Where it returns false the request is answered.
func (s signer) admit(call *web.Call) bool {
	if len(s.key) == 0 {
		return true // the door's key, or the address, stands for it
	}
	body := string(call.Body)
	if call.R.Method == http.MethodGet {
		body = call.R.URL.RawQuery
	}
	signature, stamp := call.R.Header.Get(s.header), call.R.Header.Get(s.stampHeader)
	if signature == "" || s.stamped() && stamp == "" {
		call.Refuse(http.StatusBadRequest, gateway.RefusedSignature, "The header with the signature or with its time is missing.")
		return false
	}
	if given, ok := s.decode(signature); !ok || !hmac.Equal(given, s.mac(stamp, body)) {
		call.Refuse(http.StatusForbidden, gateway.RefusedSignature, "The signature is not right for this body.")
		return false
	}
	if at := parseTime(stamp); s.stamped() && (at.IsZero() || time.Since(at).Abs() > s.skew) {
		call.Refuse(http.StatusForbidden, gateway.RefusedSignature, "The signature is too old or from the future.")
		return false
	}
	return true
}

func (s signer) decode(signature string) (mac []byte, ok bool) {
	encoded, isHead := strings.CutPrefix(signature, s.head)
	encoded, isTail := strings.CutSuffix(encoded, s.tail)
	if !isHead || !isTail {
		return nil, false
	}
	var err error
	if s.base64 {
		mac, err = base64.StdEncoding.DecodeString(encoded)
	} else {
		mac, err = hex.DecodeString(encoded)
	}
	return mac, err == nil
}

// kind is what one URL takes.
type kind struct {
	fields fields
	list   string // where the messages stand; "": the body is one
}

// inbound is how the carrier's requests are read and answered.
type inbound struct {
	format, answerFormat                    string
	sms, ussd, status                       kind
	answer, smsReply, ussdContinue, ussdEnd template
	states                                  map[string]gateway.State // by words in lower case
}

// ignored is a word for status that tells nothing new.
const ignored = gateway.State("ignore")

func newInbound(cfg Config) (in inbound, err error) {
	in = inbound{format: cfg.Format, answerFormat: cfg.AnswerFormat}
	in.sms.list, in.status.list = cfg.SMSList, cfg.StatusList
	switch {
	case cfg.Format != asJSON && cfg.SMSList+cfg.StatusList != "":
		return in, fmt.Errorf("sms_list and status_list need format json: leave them out")
	case cfg.SMSList != "" && len(cfg.SMSReply) > 0:
		return in, fmt.Errorf("sms_reply cannot answer all of sms_list: leave one of them out")
	case cfg.SMSList != "" && !isPath(cfg.SMSList):
		return in, fmt.Errorf("sms_list must be written like data.messages")
	case cfg.StatusList != "" && !isPath(cfg.StatusList):
		return in, fmt.Errorf("status_list must be written like data.reports")
	}
	if err := in.readFields(cfg); err != nil {
		return in, err
	}
	if err := in.readTemplates(cfg); err != nil {
		return in, err
	}
	in.states, err = newStates(cfg.States)
	return in, err
}

func (in *inbound) readFields(cfg Config) (err error) {
	in.sms.fields, err = newFields("sms_fields", cfg.SMSFields,
		fields{"id": "id", "from": "from", "text": "text", "sent_at": "sent_at"}, []string{"id", "from", "text", "sent_at"}, true)
	if err != nil {
		return err
	}
	in.ussd.fields, err = newFields("ussd_fields", cfg.USSDFields,
		fields{"id": "id", "from": "from", "text": "text", "session": "session"}, []string{"id", "from", "text", "session", "type"}, true)
	if err != nil {
		return err
	}
	in.status.fields, err = newFields("status_fields", cfg.StatusFields,
		fields{"ref": "ref", "carrier_id": "id", "status": "status", "phone": "to", "code": "code"}, []string{"ref", "carrier_id", "status", "phone", "code"}, false)
	if err != nil {
		return err
	}
	if err := in.sms.fields.need("sms_fields", "from", "text"); err != nil {
		return err
	}
	if err := in.ussd.fields.need("ussd_fields", "from", "text"); err != nil {
		return err
	}
	if err := in.status.fields.need("status_fields", "status"); err != nil {
		return err
	}
	switch has := in.ussd.fields; {
	case in.status.fields["ref"] == "" && in.status.fields["carrier_id"] == "":
		return fmt.Errorf("status_fields has neither ref nor carrier_id: write where one of them stands")
	case has["type"] == "" && len(cfg.USSDFirst)+len(cfg.USSDOver) > 0:
		return fmt.Errorf("ussd_fields has no type, but ussd_first or ussd_over has values of it: write where it stands")
	case has["session"] == "" && (len(cfg.USSDFirst) == 0 || cfg.USSDCumulative):
		return fmt.Errorf("ussd_fields has no session: write where it stands or, where hops are not cumulative, set ussd_first")
	}
	return nil
}

func (in *inbound) readTemplates(cfg Config) (err error) {
	goOn, end := map[string]any{"text": "{text}", "end": false}, map[string]any{"text": "{text}", "end": true}
	if cfg.AnswerFormat == asText {
		goOn, end = map[string]any{"body": "CON {text}"}, map[string]any{"body": "END {text}"}
	}
	for _, t := range []struct {
		setting       string
		given, native map[string]any
		names         []string
		into          *template
	}{
		{"answer", cfg.Answer, nil, nil, &in.answer},
		{"sms_reply", cfg.SMSReply, nil, in.sms.fields.names(), &in.smsReply},
		{"ussd_continue", cfg.USSDContinue, goOn, in.ussd.fields.names(), &in.ussdContinue},
		{"ussd_end", cfg.USSDEnd, end, in.ussd.fields.names(), &in.ussdEnd},
	} {
		if t.given == nil {
			t.given = t.native
		}
		if *t.into, err = newTemplate(t.setting, t.given, t.names); err != nil {
			return err
		}
		if cfg.AnswerFormat == asText && len(*t.into) > 0 && (len(*t.into) > 1 || (*t.into)[0].path != "body") {
			return fmt.Errorf("%s must have the one key body where answer_format is text: {body: \"CON {text}\"}", t.setting)
		}
	}
	return in.checkOwn()
}

// checkOwn finds fields that nothing uses: most are a slip of the pen.
func (in *inbound) checkOwn() error {
	for name := range in.sms.fields {
		if !slices.Contains([]string{"id", "from", "text", "sent_at"}, name) && !in.smsReply.uses(name) {
			return fmt.Errorf("sms_fields has %s, which is none of ours (from, text, id, sent_at) and is not in sms_reply: correct it or leave it out", name)
		}
	}
	for name := range in.ussd.fields {
		if !slices.Contains([]string{"id", "from", "text", "session", "type"}, name) && !in.ussdContinue.uses(name) && !in.ussdEnd.uses(name) {
			return fmt.Errorf("ussd_fields has %s, which is none of ours (from, text, session, id, type) and is in no answer: correct it or leave it out", name)
		}
	}
	return nil
}

func newStates(given map[string]string) (map[string]gateway.State, error) {
	known := []gateway.State{gateway.Sent, gateway.Buffered, gateway.Delivered, gateway.Failed, gateway.Expired, ignored}
	states := map[string]gateway.State{}
	if given == nil {
		for _, state := range known {
			states[string(state)] = state
		}
		return states, nil
	}
	if len(given) > maxFields {
		return nil, fmt.Errorf("states has more than %d words", maxFields)
	}
	for word, state := range given {
		if !slices.Contains(known, gateway.State(state)) {
			return nil, fmt.Errorf("states has %q for %q: write sent, buffered, delivered, failed, expired or ignore", state, word)
		}
		states[strings.ToLower(word)] = gateway.State(state)
	}
	return states, nil
}

func (in inbound) answersSMS() bool { return len(in.smsReply) > 0 }

func (in inbound) rule() web.Rule {
	switch in.format {
	case asForm:
		return web.Forms()
	case asQuery:
		return web.Rule{Methods: []string{http.MethodGet}}
	}
	return web.JSON()
}

// verdict is what becomes of one message.
type verdict struct {
	later   bool   // it was not kept: it must come again
	refused string // the reason, where it was turned away
	status  int    // of the answer to one that was turned away; 0: as to any other
	say     string
	reply   template
	values  map[string]string // of the reply
}

func refuse(reason, say string) verdict {
	return verdict{refused: reason, status: http.StatusBadRequest, say: say}
}

// take reads the messages of a request, hands each on and answers for all.
func (c *Channel) take(call *web.Call, to gateway.Acceptor, k kind, handle func(context.Context, gateway.Acceptor, map[string]string) verdict) {
	if !c.signer.admit(call) {
		return
	}
	sources, ok := c.sources(call, k)
	if !ok {
		return
	}
	var all, refused verdict
	taken := false
	for _, from := range sources {
		v := handle(call.R.Context(), to, k.fields.read(from))
		switch {
		case v.later:
			all.later = true
		case v.status != 0:
			if refused.refused != "" {
				call.Count(refused.refused) // the latest is counted by the answer
			}
			refused = v
		default:
			if v.refused != "" {
				call.Count(v.refused)
			}
			taken, all.reply, all.values = true, v.reply, v.values
		}
	}
	switch {
	case refused.refused != "" && !taken && !all.later:
		call.Refuse(refused.status, refused.refused, refused.say)
		return
	case refused.refused != "":
		call.Count(refused.refused)
	}
	if all.later {
		call.Later()
		return
	}
	c.answer(call, all.reply, all.values)
}

// sources are the messages of a request. Where it returns false the request is
// answered.
func (c *Channel) sources(call *web.Call, k kind) ([]source, bool) {
	if c.inbound.format != asJSON {
		posted, ok := call.Posted()
		if c.inbound.format == asQuery {
			posted, ok = call.Query()
		}
		return []source{form(posted)}, ok && call.Fit(posted, k.fields["text"])
	}
	root, err := parse(call.Body)
	if err != nil {
		call.Refuse(http.StatusBadRequest, gateway.RefusedForm, "The body is not JSON.")
		return nil, false
	}
	if k.list == "" {
		return []source{document{root}}, true
	}
	list, ok := find(root, k.list).([]any)
	switch {
	case !ok || len(list) == 0:
		call.Refuse(http.StatusBadRequest, gateway.RefusedForm, "The body has no list of messages where it should be.")
		return nil, false
	case len(list) > maxList:
		call.Refuse(http.StatusRequestEntityTooLarge, gateway.RefusedSize, "The body has more than 100 messages.")
		return nil, false
	}
	sources := make([]source, len(list))
	for i, element := range list {
		sources[i] = document{element}
	}
	return sources, true
}

// answer writes a template, or the carrier's usual answer where there is none.
func (c *Channel) answer(call *web.Call, t template, values map[string]string) {
	if len(t) == 0 {
		t = c.inbound.answer
	}
	if c.inbound.answerFormat == asText {
		call.Plain(http.StatusOK, t.text(values))
		return
	}
	call.Encode(http.StatusOK, t.object(values))
}

func (c *Channel) sms(ctx context.Context, to gateway.Acceptor, values map[string]string) verdict {
	if values["from"] == "" {
		return refuse(gateway.RefusedForm, "The sender is missing: sms_fields says where it should be.")
	}
	phone, err := c.phone(values["from"])
	if err != nil {
		// A short code or a name: nobody to answer, and asking again would not help.
		return verdict{refused: gateway.RefusedPhone}
	}
	reply, err := to.Accept(ctx, gateway.Inbound{
		ID: smsID(values), Channel: c.name, Mode: dialogue.SMS, Phone: phone, Text: gsm.Clean(values["text"]),
		SentAt: parseTime(values["sent_at"]), ReceivedAt: time.Now(),
	})
	if err != nil {
		return verdict{later: true}
	}
	if !c.inbound.answersSMS() || reply.Text == "" {
		return verdict{}
	}
	values["text"] = reply.Text
	return verdict{reply: c.inbound.smsReply, values: values}
}

// smsID is the carrier's id of an SMS. Where there is none, sender, text and
// time stand for it; without a time two equal texts may well be two answers.
func smsID(values map[string]string) string {
	switch {
	case values["id"] != "":
		return idOf(values["id"])
	case values["sent_at"] != "":
		return web.Digest(values["from"] + "\x00" + values["sent_at"] + "\x00" + values["text"])
	}
	return rand.Text()
}

// idOf makes an id of the carrier's one that can be kept.
func idOf(id string) string {
	if id == "" || web.IsID(id) {
		return id
	}
	return web.Digest(id)
}

// phone reads a sender as carriers write them, also as 00254... and tel:+254...
func (c *Channel) phone(from string) (gateway.Phone, error) {
	from = strings.TrimPrefix(strings.TrimSpace(from), "tel:")
	if rest, ok := strings.CutPrefix(from, "00"); ok {
		from = "+" + rest
	}
	return c.phones.Parse(from)
}

// parseTime reads a time: RFC 3339, 2026-03-06 10:30:45 in UTC, seconds or
// milliseconds since 1970. One that it cannot read is zero.
func parseTime(text string) time.Time {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil && n > 0 && n < 1e14 {
		if n >= 1e11 { // in seconds that would be the year 5138
			return time.UnixMilli(n).UTC()
		}
		return time.Unix(n, 0).UTC()
	}
	for _, layout := range []string{time.RFC3339, time.DateTime} {
		if at, err := time.Parse(layout, text); err == nil {
			return at.UTC()
		}
	}
	return time.Time{}
}

// ussd answers one hop. An error status would only end the phone's session
// with the network's words, so that even an apology is a 200.
func (c *Channel) ussd(ctx context.Context, to gateway.Acceptor, values map[string]string) verdict {
	if over := values["type"]; over != "" && slices.Contains(c.cfg.USSDOver, over) {
		return verdict{refused: gateway.RefusedSessionEnd} // the basket is kept, and dialling again resumes it
	}
	phone, err := c.phone(values["from"])
	if err != nil {
		return refuse(gateway.RefusedPhone, "The sender is no phone number in international format: ussd_fields says where it should be.")
	}
	first := slices.Contains(c.cfg.USSDFirst, values["type"]) && len(c.cfg.USSDFirst) > 0
	session := c.session(phone, values["session"], first)
	if session == "" {
		return refuse(gateway.RefusedForm, "The session is missing: ussd_fields says where it should be.")
	}
	text := gsm.Clean(values["text"])
	if !c.cfg.USSDCumulative && (first || isCode(text)) {
		text = web.Dialled(c.cfg.ServiceCode, text)
	}
	id, leave := c.hopID(session, values["id"], text)
	defer leave()
	reply, err := to.Accept(ctx, gateway.Inbound{
		ID: id, Channel: c.name, Mode: dialogue.USSD, Phone: phone, Text: text, Session: session,
		Cumulative: c.cfg.USSDCumulative, ReceivedAt: time.Now(),
	})
	values["text"] = reply.Text
	if err != nil || reply.End {
		return verdict{reply: c.inbound.ussdEnd, values: values}
	}
	return verdict{reply: c.inbound.ussdContinue, values: values}
}

// isCode tells whether a text is a code as it is dialled: no screen asks for
// anything like it.
func isCode(text string) bool { return strings.HasPrefix(text, "*") && strings.HasSuffix(text, "#") }

// session is the carrier's or, where it names none, the one that began with the
// phone's latest first hop.
func (c *Channel) session(phone gateway.Phone, given string, first bool) string {
	if given != "" || len(c.cfg.USSDFirst) == 0 {
		return idOf(given)
	}
	if known, ok := c.sessions.Get(phone); ok && !first {
		return known
	}
	begun := rand.Text()
	c.sessions.Add(phone, begun)
	return begun
}

// hopID tells a session's hops apart. The caller calls leave when the hop is
// answered.
func (c *Channel) hopID(session, id, text string) (hop string, leave func()) {
	switch {
	case c.cfg.USSDCumulative: // all that was typed is never the same twice
		return web.HopID(session, web.Digest(text)), func() {}
	case id != "":
		return web.HopID(session, idOf(id)), func() {}
	}
	return c.hops.Enter(session, text)
}

func (c *Channel) status(ctx context.Context, to gateway.Acceptor, values map[string]string) verdict {
	report := gateway.Report{
		Channel: c.name, Ref: web.Word(values["ref"]), CarrierID: idOf(values["carrier_id"]),
		State: c.inbound.states[strings.ToLower(values["status"])],
		Code:  web.Word(values["code"]),
	}
	switch {
	case report.Ref == "" && report.CarrierID == "" || values["status"] == "":
		return refuse(gateway.RefusedForm, "The status or the id of the SMS is missing: status_fields says where they should be.")
	case report.State == "":
		return verdict{refused: gateway.RefusedForm} // a new word; it would be no clearer the next time
	case report.State == ignored:
		return verdict{}
	}
	if report.Code == "" {
		report.Code = web.Word(values["status"])
	}
	report.Phone, _ = c.phone(values["phone"]) // the ids are enough
	if err := to.Report(ctx, report); err != nil {
		return verdict{later: true}
	}
	return verdict{}
}
