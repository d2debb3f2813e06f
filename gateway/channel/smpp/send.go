package smpp

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf16"

	lru "github.com/hashicorp/golang-lru/v2"

	"haat/gateway"
	"haat/gateway/gsm"
)

// data_coding (SMPP 3.4, 5.2.19).
const (
	codingDefault byte = 0
	codingASCII   byte = 1
	codingOctets1 byte = 2
	codingLatin1  byte = 3
	codingOctets2 byte = 4
	codingUCS2    byte = 8
)

// Information elements of a user data header (3GPP TS 23.040, 9.2.3.24).
const (
	elementConcat8  = 0x00
	elementConcat16 = 0x08
)

// maxParts is how many parts a reference of any kind can number.
const maxParts = 255

// cut gives the parts of a text and the alphabet of them all. An SMSC that takes
// ISO 8859-1 turns it into GSM-7 for the phone: a text goes so only where both
// have all of its characters.
func (c *Channel) cut(text string) (parts []string, alphabet gsm.Alphabet) {
	alphabet = gsm.Encoding(text)
	if alphabet == gsm.GSM7 && c.cfg.DefaultAlphabet == "latin1" && !isLatin1(text) {
		return gsm.PartsUCS2(text), gsm.UCS2
	}
	return gsm.Parts(text), alphabet
}

// encode gives a text, or a part of one, as octets and their data_coding.
func (c *Channel) encode(text string, alphabet gsm.Alphabet) (octets []byte, coding byte) {
	switch {
	case alphabet == gsm.UCS2:
		return appendUCS2(make([]byte, 0, 2*len(text)), text), codingUCS2
	case c.cfg.DefaultAlphabet == "latin1":
		octets = make([]byte, 0, len(text))
		for _, r := range text {
			octets = append(octets, byte(r))
		}
		return octets, codingDefault
	}
	return gsm.AppendSeptets(make([]byte, 0, len(text)), text), codingDefault
}

func isLatin1(text string) bool {
	for _, r := range text {
		if r > 0xff {
			return false
		}
	}
	return true
}

func appendUCS2(b []byte, text string) []byte {
	for _, r := range text {
		if high, low := utf16.EncodeRune(r); r > 0xffff {
			b = binary.BigEndian.AppendUint16(b, uint16(high))
			r = low
		}
		b = binary.BigEndian.AppendUint16(b, uint16(r))
	}
	return b
}

// Send hands one SMS to the SMSC, a long one in parts. It waits for the
// SMSC's word on each.
//
// Once a part is taken the phone would get a torso without the others: where
// the SMSC asks to send the next one more slowly, Send waits for it as long as
// ctx allows. If a part fails otherwise, the next Send with the same Ref sends
// only what is missing.
func (c *Channel) Send(ctx context.Context, out gateway.Outbound) (gateway.Receipt, error) {
	if c.stopping.Load() {
		return gateway.Receipt{}, unavailable(errLeft, false)
	}
	m := message{
		serviceType: c.cfg.ServiceType,
		from:        c.source,
		to:          address{c.destTON, c.destNPI, strings.TrimPrefix(string(out.Phone), "+")},
		validity:    c.validity(out.Until, time.Now()),
		registered:  c.registered(),
	}
	parts, alphabet := c.cut(out.Text)
	switch {
	case len(parts) > maxParts:
		return gateway.Receipt{}, &gateway.SendError{
			Kind: gateway.Rejected, Advice: "The text is longer than 255 parts: nothing can send it.",
			Err: errors.New("the text has too many parts"),
		}
	case len(parts) < 2 || c.cfg.Long == "payload":
		return c.sendWhole(ctx, &m, out.Text, alphabet, len(parts) > 1)
	}
	return c.sendParts(ctx, &m, out.Ref, parts, alphabet)
}

// sendWhole sends a text as one message.
func (c *Channel) sendWhole(ctx context.Context, m *message, text string, alphabet gsm.Alphabet, payload bool) (gateway.Receipt, error) {
	m.text, m.coding = c.encode(text, alphabet)
	if payload {
		m.tlvs = []tlv{{tagMessagePayload, m.text}}
		m.text = nil
	}
	id, refusal := c.submit(ctx, m)
	if refusal != nil {
		return gateway.Receipt{}, refusal
	}
	return receipt(id), nil
}

func receipt(ids ...string) gateway.Receipt {
	r := gateway.Receipt{State: gateway.Sent}
	for _, id := range ids {
		if id != "" {
			r.IDs = append(r.IDs, id)
		}
	}
	return r
}

// sendParts sends those parts of a text that were not taken at an earlier
// attempt.
func (c *Channel) sendParts(ctx context.Context, m *message, ref string, parts []string, alphabet gsm.Alphabet) (gateway.Receipt, error) {
	done := c.begun.of(ref, len(parts), c.reference.Add(1))
	for i := len(done.ids); i < len(parts); i++ {
		m.text, m.coding = c.encode(parts[i], alphabet)
		c.number(m, done.reference, len(parts), i+1)
		id, refusal := c.submitPart(ctx, m, i > 0)
		if refusal != nil {
			c.begun.after(ref, done, refusal)
			return gateway.Receipt{}, refusal
		}
		done.ids = append(done.ids, id)
	}
	c.begun.forget(ref)
	return receipt(done.ids...), nil
}

// How long to wait when the SMSC asks to send a part more slowly: longer each
// time.
const (
	firstPause = 500 * time.Millisecond
	maxPause   = 10 * time.Second
)

// submitPart submits a part, and again while the SMSC asks to be slower and
// other parts wait for this one.
func (c *Channel) submitPart(ctx context.Context, m *message, patient bool) (id string, refusal *gateway.SendError) {
	for pause := firstPause; ; pause = min(2*pause, maxPause) {
		id, refusal = c.submit(ctx, m)
		if refusal == nil || refusal.Kind != gateway.Throttled || !patient {
			return id, refusal
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return "", refusal
		}
	}
}

// number writes which part of which text the message is.
func (c *Channel) number(m *message, reference uint16, total, number int) {
	switch c.cfg.Long {
	case "sar":
		m.tlvs = []tlv{
			{tagSARReference, binary.BigEndian.AppendUint16(nil, reference)},
			{tagSARTotal, []byte{byte(total)}},
			{tagSARNumber, []byte{byte(number)}},
		}
		return
	case "udh16":
		m.text = append([]byte{6, elementConcat16, 4, byte(reference >> 8), byte(reference), byte(total), byte(number)}, m.text...)
	default:
		m.text = append([]byte{5, elementConcat8, 3, byte(reference), byte(total), byte(number)}, m.text...)
	}
	m.esmClass = esmUserData
}

// submit sends one submit_sm and waits for the answer.
func (c *Channel) submit(ctx context.Context, m *message) (id string, refusal *gateway.SendError) {
	l := c.out.link.Load()
	if l == nil {
		return "", unavailable(c.out.why(), false)
	}
	waiting := l.calls.Get().(*call)
	waiting.pdu = appendMessage(waiting.pdu[:0], header{command: submitSM}, m)
	a := l.ask(ctx, waiting)
	l.calls.Put(waiting)
	switch {
	case a.err != nil:
		return "", unavailable(a.err, a.doubt)
	case a.status != statusOK:
		return "", a.status.refusal()
	}
	return a.id, nil
}

// registered is registered_delivery (SMPP 3.4, 5.2.17).
func (c *Channel) registered() byte {
	switch c.cfg.Receipts {
	case "all":
		return 1
	case "failures":
		return 2
	}
	return 0
}

// Bounds of a validity period. The standard has years and months, too, whose
// lengths SMSCs read differently.
const (
	minValidity = time.Minute
	maxValidity = 31 * 24 * time.Hour
)

// validity writes how long an SMS is of use: a relative time, YYMMDDhhmmss000R
// (SMPP 3.4, 7.1.1.2), rounded up to seconds; nothing where nobody has said.
func (c *Channel) validity(until, now time.Time) string {
	if until.IsZero() || c.cfg.Validity == "none" {
		return ""
	}
	left := min(max(until.Sub(now), minValidity), maxValidity)
	seconds := int((left + time.Second - 1) / time.Second)
	return fmt.Sprintf("0000%02d%02d%02d%02d000R", seconds/86400, seconds/3600%24, seconds/60%60, seconds%60)
}

// begun remembers the long texts of which the SMSC has some parts, so that the
// next attempt sends the others under the same reference: the phone then puts
// them together. A text that it forgets is sent whole again.
type begun struct{ texts *lru.Cache[string, partly] }

// partly is a text of which the first parts are taken.
type partly struct {
	reference uint16
	parts     int
	ids       []string // of those that were taken
}

// maxBegun is how many such texts are remembered.
const maxBegun = 1024

func newBegun() *begun {
	texts, err := lru.New[string, partly](maxBegun)
	if err != nil {
		panic(err) // the size is a constant above zero
	}
	return &begun{texts: texts}
}

// of gives what is known of a text, or begins it under a new reference.
func (b *begun) of(ref string, parts int, next uint32) partly {
	if p, ok := b.texts.Get(ref); ok && p.parts == parts && ref != "" {
		return p
	}
	return partly{reference: uint16(next), parts: parts}
}

// after keeps what the next attempt must know. A part in doubt counts, too: under
// another reference the phone would show it beside the text.
func (b *begun) after(ref string, p partly, refusal *gateway.SendError) {
	if refusal.Kind == gateway.Rejected || len(p.ids) == 0 && !refusal.Doubt {
		b.forget(ref)
		return
	}
	b.texts.Add(ref, p)
}

func (b *begun) forget(ref string) { b.texts.Remove(ref) }
