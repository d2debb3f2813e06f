package smpp

import (
	"context"
	"strings"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"haat/gateway"
	"haat/gateway/dialogue"
	"haat/gateway/gsm"
)

// Values of ussd_service_op (SMPP 3.4, 5.3.2.44) that most gateways use; the
// settings can change them.
const (
	opDialled = 1  // PSSR indication: a phone dials
	opAsk     = 2  // USSR request: show this and ask for an answer
	opEnd     = 17 // PSSR response: show this, the session is over
	opTyped   = 18 // USSR confirm: the phone's answer
)

// endFlag is the bit of its_session_info that ends a session (SMPP 3.4,
// 5.3.2.43): octet 1 is the session, octet 2 the dialogue unit and this.
const endFlag = 1

// sessions are the USSD sessions that are open, one a phone.
type sessions struct {
	open *lru.Cache[gateway.Phone, session]
}

// session is one phone's.
type session struct {
	id     string
	number int // octet 1 of its_session_info; noNumber without
	at     time.Time
}

const (
	noNumber    = -1
	maxSessions = 8192
	// sessionFor is longer than any network keeps a session open.
	sessionFor = 10 * time.Minute
)

func newSessions() *sessions {
	open, err := lru.New[gateway.Phone, session](maxSessions)
	if err != nil {
		panic(err) // the size is a constant above zero
	}
	return &sessions{open: open}
}

// of gives the session that a hop belongs to. It is a new one when the phone has
// dialled, and when nobody here knows of it: haat may have been restarted.
func (ss *sessions) of(phone gateway.Phone, dialled bool, number int, hop string) (id string, begins bool) {
	now := time.Now()
	s, known := ss.open.Get(phone)
	if begins = dialled || !known || s.number != number || now.Sub(s.at) > sessionFor; begins {
		s = session{id: hop, number: number}
	}
	s.at = now
	ss.open.Add(phone, s)
	return s.id, begins
}

func (ss *sessions) end(phone gateway.Phone) { ss.open.Remove(phone) }

// ussd takes one hop of a USSD session. The delivery is answered when it is
// kept, and the screen goes out as a message of its own.
func (c *Channel) ussd(ctx context.Context, to gateway.Acceptor, d *delivery) {
	op, _ := d.number(tagUSSDOperation)
	info, hasInfo := d.find(tagSessionInfo)
	phone, err := c.phone(d.from)
	if err != nil {
		to.Refuse(c.name, gateway.RefusedPhone)
		d.answer(statusNever)
		return
	}
	dialled := op == c.cfg.USSDDialled
	ended := len(info) == 2 && info[1]&endFlag != 0 && !dialled
	if !dialled && op != c.cfg.USSDTyped || ended {
		c.sessions.end(phone)
		to.Refuse(c.name, gateway.RefusedSessionEnd)
		d.answer(statusOK)
		return
	}
	text, isText := c.decode(d.text, d.coding, national{})
	if !isText {
		to.Refuse(c.name, gateway.RefusedType)
		d.answer(statusNever)
		return
	}
	number := noNumber
	if hasInfo && len(info) > 0 {
		number = int(info[0])
	}
	a := c.arrivals.of(d, text)
	session, begins := c.sessions.of(phone, dialled, number, a.id)
	reply, err := to.Accept(ctx, gateway.Inbound{
		ID: a.id, Channel: c.name, Mode: dialogue.USSD, Phone: phone, Session: session,
		Text: typed(gsm.Clean(text), d.to.digits, dialled, begins), ReceivedAt: time.Now(),
	})
	// A session is not repeated later: what could not be kept gets its apology.
	c.arrivals.answered(a, d.link, err == nil)
	d.answer(statusOK)
	if err != nil || reply.End {
		reply.End = true
		c.sessions.end(phone)
	}
	c.show(ctx, d, reply)
}

// typed is what the phone typed. The code that it dialled may stand in the
// text as well as in the destination; an answer to a screen of a session that
// is not known here answers nothing, and the phone sees its first screen again.
func typed(text, code string, dialled, begins bool) string {
	bare := func(s string) string { return strings.Trim(s, "*# ") }
	switch {
	case begins && !dialled:
		return ""
	case dialled && bare(text) == bare(code):
		return ""
	}
	return text
}

// show sends a screen: what the phone sent, with the addresses the other way
// round and the TLVs that name the session.
func (c *Channel) show(ctx context.Context, d *delivery, reply gateway.Reply) {
	m := message{serviceType: d.serviceType, from: d.to, to: d.from}
	_, alphabet := c.cut(reply.Text)
	m.text, m.coding = c.encode(reply.Text, alphabet)
	op := c.cfg.USSDAsk
	if reply.End {
		op = c.cfg.USSDEnd
	}
	m.tlvs = append(m.tlvs, tlv{tagUSSDOperation, []byte{byte(op)}})
	if info, ok := d.find(tagSessionInfo); ok {
		m.tlvs = append(m.tlvs, tlv{tagSessionInfo, withEnd(info, reply.End)})
	}
	if reference, ok := d.find(tagUserReference); ok { // some gateways name the session by it
		m.tlvs = append(m.tlvs, tlv{tagUserReference, reference})
	}
	ctx, cancel := context.WithTimeout(ctx, screenWithin)
	defer cancel()
	if _, refusal := c.submitPart(ctx, &m, true); refusal != nil {
		c.logger.Warn().Err(refusal.Err).Str("code", refusal.Code).Str("advice", refusal.Advice).Msg("a USSD screen was not shown")
	}
}

// screenWithin is how long a screen may take to get out; nobody looks at the
// phone after that.
const screenWithin = 15 * time.Second

// withEnd is the session's info with the end flag set or not.
func withEnd(info []byte, end bool) []byte {
	info = append([]byte(nil), info...)
	if len(info) != 2 {
		return info
	}
	info[1] &^= endFlag
	if end {
		info[1] |= endFlag
	}
	return info
}
