package smpp

import (
	"context"
	"sync"
	"time"

	"github.com/warthog618/sms/encoding/gsm7"
	"github.com/warthog618/sms/encoding/gsm7/charset"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"haat/gateway"
	"haat/gateway/dialogue"
	"haat/gateway/gsm"
)

// delivery is one deliver_sm or data_sm of the SMSC, until it is answered.
type delivery struct {
	link *link
	header
	message
}

// answer answers the delivery. Each is answered once.
func (d *delivery) answer(s status) { d.link.respond(d.header, s) }

// handle takes in a delivery without blocking. What one phone sends is worked
// on in its order, and what different phones send at once.
func (c *Channel) handle(ctx context.Context, to gateway.Acceptor, l *link, h header, body []byte) {
	d := &delivery{link: l, header: h}
	var err error
	if d.message, err = parseMessage(h.command, body); err != nil {
		to.Refuse(c.name, gateway.RefusedForm)
		d.answer(statusOf(err))
		return
	}
	if c.stopping.Load() || !c.lanes.add(d.from.digits, func() { c.work(ctx, to, d) }) {
		d.answer(statusLater)
	}
}

func statusOf(err error) status {
	if err == errTLV {
		return statusTLV
	}
	return statusBody
}

// work does what a delivery asks for.
func (c *Channel) work(ctx context.Context, to gateway.Acceptor, d *delivery) {
	_, hasUSSD := d.find(tagUSSDOperation)
	switch {
	case d.isReceipt():
		c.report(ctx, to, d)
	case hasUSSD:
		c.ussd(ctx, to, d)
	default:
		c.sms(ctx, to, d)
	}
}

// sms takes in a text, or a part of one.
func (c *Channel) sms(ctx context.Context, to gateway.Acceptor, d *delivery) {
	phone, err := c.phone(d.from)
	if err != nil {
		// A short code or a name: nobody to answer, and asking again would not help.
		to.Refuse(c.name, gateway.RefusedPhone)
		d.answer(statusOK)
		return
	}
	p, octets, err := d.part()
	if err != nil {
		to.Refuse(c.name, gateway.RefusedForm)
		d.answer(statusNever)
		return
	}
	text, isText := c.decode(octets, d.coding, p.national)
	if !isText || p.port {
		to.Refuse(c.name, gateway.RefusedType) // a ring tone or the like; nothing to answer
		d.answer(statusOK)
		return
	}
	in := gateway.Inbound{Channel: c.name, Mode: dialogue.SMS, Phone: phone, Text: text}
	if p.total > 1 {
		c.long.add(d, p, in, func(in *gateway.Inbound, ds []*delivery) bool { return c.accept(ctx, to, in, ds) })
		return
	}
	c.accept(ctx, to, &in, []*delivery{d})
}

// accept hands a whole text over and answers its deliveries.
func (c *Channel) accept(ctx context.Context, to gateway.Acceptor, in *gateway.Inbound, ds []*delivery) bool {
	last := ds[len(ds)-1]
	a := c.arrivals.of(last, in.Text)
	in.ID, in.Text, in.ReceivedAt = a.id, gsm.Clean(in.Text), time.Now()
	_, err := to.Accept(ctx, *in) // the reply is sent
	s := statusOK
	if err != nil {
		s = statusLater
	}
	c.arrivals.answered(a, last.link, err == nil)
	for _, d := range ds {
		d.answer(s)
	}
	return err == nil
}

// phone reads an address as a phone number. The type of number tells what the
// digits lack.
func (c *Channel) phone(a address) (gateway.Phone, error) {
	digits := a.digits
	if a.ton == 5 {
		return "", gateway.ErrNotPhone // a name, even one of digits
	}
	if a.ton == 1 && digits != "" && digits[0] != '+' && digits[0] != '0' {
		digits = "+" + digits
	}
	if len(digits) > 2 && digits[:2] == "00" {
		digits = "+" + digits[2:]
	}
	return c.phones.Parse(digits)
}

// decode reads a text. It is none where the octets are no text at all.
func (c *Channel) decode(octets []byte, coding byte, n national) (text string, isText bool) {
	switch plainCoding(coding) {
	case codingDefault:
		if c.cfg.DefaultAlphabet == "latin1" {
			return decodeWith(charmap.Windows1252, octets), true
		}
		return fromDefault(octets, n), true
	case codingASCII:
		return fromASCII(octets), true
	case codingLatin1:
		return decodeWith(charmap.Windows1252, octets), true
	case codingCyrillic:
		return decodeWith(charmap.ISO8859_5, octets), true
	case codingHebrew:
		return decodeWith(charmap.ISO8859_8, octets), true
	case codingUCS2:
		return decodeWith(unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM), octets), true
	}
	return "", false
}

// Further values of data_coding.
const (
	codingCyrillic byte = 6
	codingHebrew   byte = 7
)

// plainCoding leads the values that 3GPP TS 23.038 (4) has beyond SMPP's back to
// the alphabet in them. They add what a phone shall do with the text, such as to
// show it at once.
func plainCoding(coding byte) byte {
	alphabets := [4]byte{codingDefault, codingOctets2, codingUCS2, codingOctets2}
	switch group := coding >> 4; {
	case group >= 1 && group <= 7: // general, with or without a message class
		if coding&0x20 != 0 {
			return codingOctets2 // compressed, which nobody ever used
		}
		return alphabets[coding>>2&3]
	case group == 0xc || group == 0xd: // somebody waits, in the default alphabet
		return codingDefault
	case group == 0xe: // the same in UCS-2
		return codingUCS2
	case group == 0xf: // a message class
		return alphabets[coding>>2&1]
	}
	return coding
}

// fromDefault reads GSM-7. Octets that are no septets show that the SMSC means
// ISO 8859-1 after all.
func fromDefault(octets []byte, n national) string {
	for _, b := range octets {
		if b > 0x7f {
			return decodeWith(charmap.Windows1252, octets)
		}
	}
	if n == (national{}) {
		return gsm.FromSeptets(octets)
	}
	text, err := gsm7.Decode(octets, gsm7.WithCharset(n.locking), gsm7.WithExtCharset(n.single))
	if err != nil {
		return gsm.FromSeptets(octets)
	}
	return string(text)
}

// fromASCII reads IA5, which is ASCII. Where there are control characters other
// than line ends it can only be GSM-7, which some SMSCs send under this value.
func fromASCII(octets []byte) string {
	for _, b := range octets {
		if b < ' ' && b != '\n' && b != '\r' {
			return fromDefault(octets, national{})
		}
	}
	return decodeWith(charmap.Windows1252, octets)
}

// decodeWith reads as much as can be read: cleaning marks the rest.
func decodeWith(e encoding.Encoding, octets []byte) string {
	text, err := e.NewDecoder().Bytes(octets)
	if err != nil {
		return string(octets)
	}
	return string(text)
}

// national are the national language tables of a text in GSM-7 (3GPP TS 23.038,
// 6.2.1.2): phones in India and Turkey use them. 0 is the default table.
type national struct{ locking, single int }

// known drops tables that do not exist.
func (n national) known() national {
	if n.locking < 0 || n.locking > int(charset.Urdu) {
		n.locking = 0
	}
	if n.single < 0 || n.single > int(charset.Urdu) {
		n.single = 0
	}
	return n
}

// maxWaiting is how many deliveries may wait or be worked on; the SMSC is told
// to send any further ones again.
const maxWaiting = 1024

// lanes run what belongs to one key one after the other, and different keys at
// once.
type lanes struct {
	mu      sync.Mutex
	waiting map[string][]func()
	n       int
	idle    chan struct{} // closed when nothing is left; nil where nobody waits for that
}

func newLanes() *lanes { return &lanes{waiting: map[string][]func(){}} }

// add is not ok where too much waits already.
func (ls *lanes) add(key string, job func()) (ok bool) {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	if ls.n >= maxWaiting {
		return false
	}
	ls.n++
	jobs, busy := ls.waiting[key]
	ls.waiting[key] = append(jobs, job)
	if !busy {
		go ls.run(key)
	}
	return true
}

// run works on a key until nothing of it is left.
func (ls *lanes) run(key string) {
	for {
		ls.mu.Lock()
		jobs := ls.waiting[key]
		if len(jobs) == 0 {
			delete(ls.waiting, key)
			if len(ls.waiting) == 0 && ls.idle != nil {
				close(ls.idle)
				ls.idle = nil
			}
			ls.mu.Unlock()
			return
		}
		ls.waiting[key] = jobs[1:]
		ls.mu.Unlock()
		jobs[0]()
		ls.mu.Lock()
		ls.n--
		ls.mu.Unlock()
	}
}

// drain waits until nothing is left to do, but no longer than most.
func (ls *lanes) drain(most time.Duration) {
	ls.mu.Lock()
	if len(ls.waiting) == 0 {
		ls.mu.Unlock()
		return
	}
	if ls.idle == nil {
		ls.idle = make(chan struct{})
	}
	idle := ls.idle
	ls.mu.Unlock()
	select {
	case <-idle:
	case <-time.After(most):
	}
}
