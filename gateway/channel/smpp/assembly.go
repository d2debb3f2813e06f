package smpp

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"haat/gateway"
)

// part says which part of a text a delivery is, and how it is to be read.
type part struct {
	reference, total, number int // total is 0 for a whole text
	wide                     bool
	national                 national
	port                     bool // it is for a program on the phone's side, no text
}

// Information elements beside those of concatenation.
const (
	elementPort8   = 0x04
	elementPort16  = 0x05
	elementSingle  = 0x24
	elementLocking = 0x25
)

var errHeader = errors.New("the user data header is broken")

// part reads what stands before the text, or in the sar TLVs.
func (d *delivery) part() (p part, text []byte, err error) {
	text = d.text
	if d.esmClass&esmUserData != 0 {
		if p, text, err = parseUserData(d.text); err != nil {
			return p, nil, err
		}
	}
	total, hasTotal := d.number(tagSARTotal)
	number, hasNumber := d.number(tagSARNumber)
	reference, hasReference := d.number(tagSARReference)
	if p.total == 0 && hasTotal && hasNumber && hasReference {
		p.reference, p.total, p.number, p.wide = reference, total, number, true
	}
	if p.total > maxParts || p.total > 0 && (p.number < 1 || p.number > p.total) {
		return p, nil, errHeader
	}
	return p, text, nil
}

// parseUserData reads a user data header (3GPP TS 23.040, 9.2.3.24) and gives
// the text behind it. Elements that it does not know are left out.
func parseUserData(data []byte) (p part, text []byte, err error) {
	c := cursor{rest: data}
	elements := cursor{rest: c.octets(int(c.octet()))}
	for len(elements.rest) > 0 {
		id := elements.octet()
		value := elements.octets(int(elements.octet()))
		switch {
		case elements.broken:
			return p, nil, errHeader
		case id == elementConcat8 && len(value) == 3:
			p.reference, p.total, p.number = int(value[0]), int(value[1]), int(value[2])
		case id == elementConcat16 && len(value) == 4:
			p.reference, p.total, p.number, p.wide = int(value[0])<<8|int(value[1]), int(value[2]), int(value[3]), true
		case id == elementPort8 || id == elementPort16:
			p.port = true
		case id == elementSingle && len(value) == 1:
			p.national.single = int(value[0])
		case id == elementLocking && len(value) == 1:
			p.national.locking = int(value[0])
		}
	}
	if c.broken {
		return p, nil, errHeader
	}
	p.national = p.national.known()
	return p, c.rest, nil
}

// assembly puts long texts together. The deliveries of their parts are held
// unanswered until the whole is kept. For an SMSC that sends one at a time each
// is confirmed after holdPart, so that the next can come.
type assembly struct {
	lost   func(parts int) // told of texts that are given up although parts were confirmed
	waits  time.Duration   // how long a part is held: holdPart
	expiry time.Duration   // how long the parts of a text may take: keepText

	mu     sync.Mutex
	texts  map[textKey]*longText
	octets int // of all parts
}

// Bounds of the assembly.
const (
	maxTexts  = 4096
	maxOctets = 8 << 20
	// holdPart is how long a part is held for the next one. SMSCs wait for an
	// answer for 10 seconds and more.
	holdPart = 2 * time.Second
	// keepText is how long the parts of a text may take: a phone without reception
	// may send the last some minutes after the first.
	keepText = 15 * time.Minute
)

// textKey says which parts belong together.
type textKey struct {
	from, to         string
	reference, total int
	wide             bool
}

// longText is a text of which parts are missing, or that is kept already: then
// it stays for those parts that the SMSC repeats.
type longText struct {
	parts     []heldPart
	octets    int
	done      bool
	oneByOne  bool // the SMSC waits for each answer
	confirmed int  // parts that were confirmed before the whole was kept
	expires   *time.Timer
}

// heldPart is one part and the deliveries of it that are not answered yet.
type heldPart struct {
	octets []byte
	text   string
	open   []*delivery
}

func newAssembly(lost func(parts int)) *assembly {
	return &assembly{lost: lost, waits: holdPart, expiry: keepText, texts: map[textKey]*longText{}}
}

// add takes in a part. With the last one the text is whole and goes to keep,
// which answers the deliveries that it is given.
func (as *assembly) add(d *delivery, p part, in gateway.Inbound, keep func(*gateway.Inbound, []*delivery) bool) {
	key := textKey{d.from.digits, d.to.digits, p.reference, p.total, p.wide}
	as.mu.Lock()
	t, s := as.place(key, d, p, in.Text)
	if t == nil {
		as.mu.Unlock()
		d.answer(s)
		return
	}
	text, whole := t.whole()
	if !whole {
		as.hold(t, p.number-1, d)
		as.mu.Unlock()
		return
	}
	open := t.take()
	as.mu.Unlock()
	// One phone's deliveries are worked on one after the other: nothing else
	// touches this text meanwhile.
	open = append(open, d)
	in.Text = text
	kept := keep(&in, open)
	as.mu.Lock()
	defer as.mu.Unlock()
	if t.done = kept; kept {
		as.octets -= t.octets
		t.octets = 0
	}
}

// place puts a part where it belongs. Without a text the delivery is to be
// answered at once.
func (as *assembly) place(key textKey, d *delivery, p part, text string) (*longText, status) {
	t := as.texts[key]
	if t != nil && !t.fits(p.number-1, d.text) {
		as.drop(key, t, statusNever) // the reference was used again for another text
		t = nil
	}
	if t != nil && t.done {
		return nil, statusOK
	}
	if t == nil {
		if len(as.texts) >= maxTexts {
			return nil, statusLater
		}
		t = &longText{parts: make([]heldPart, p.total)}
		as.texts[key] = t
		t.expires = time.AfterFunc(as.expiry, func() { as.expire(key, t) })
	}
	if part := &t.parts[p.number-1]; part.octets == nil {
		if as.octets+len(d.text) > maxOctets {
			return nil, statusLater
		}
		part.octets, part.text = d.text, text
		t.octets += len(d.text)
		as.octets += len(d.text)
	}
	return t, statusOK
}

// fits tells whether the part is missing or the same as the one that is there.
func (t *longText) fits(i int, octets []byte) bool {
	return t.parts[i].octets == nil || bytes.Equal(t.parts[i].octets, octets)
}

// whole gives the text, once no part is missing.
func (t *longText) whole() (text string, whole bool) {
	var all strings.Builder
	for _, p := range t.parts {
		if p.octets == nil {
			return "", false
		}
		all.WriteString(p.text)
	}
	return all.String(), true
}

// take gives the deliveries that are not answered yet, to be answered.
func (t *longText) take() (open []*delivery) {
	for i := range t.parts {
		open = append(open, t.parts[i].open...)
		t.parts[i].open = nil
	}
	return open
}

// maxOpen is how many deliveries of one part may be unanswered. An SMSC repeats
// one that it believes to be lost.
const maxOpen = 8

// hold leaves a part's delivery unanswered for a while. The caller holds the
// lock.
func (as *assembly) hold(t *longText, i int, d *delivery) {
	if t.oneByOne || len(t.parts[i].open) >= maxOpen {
		t.confirmed++
		d.answer(statusOK)
		return
	}
	t.parts[i].open = append(t.parts[i].open, d)
	time.AfterFunc(as.waits, func() { as.letGo(t, i, d) })
}

// letGo confirms a delivery that was held for long, so that the next can come.
// One whose link is lost will be repeated.
func (as *assembly) letGo(t *longText, i int, d *delivery) {
	as.mu.Lock()
	defer as.mu.Unlock()
	j := slices.Index(t.parts[i].open, d)
	if j < 0 {
		return // the text is whole
	}
	t.parts[i].open = slices.Delete(t.parts[i].open, j, j+1)
	if d.link.why() == nil {
		t.oneByOne = true
		t.confirmed++
		d.answer(statusOK)
	}
}

// expire gives a text up whose parts have not all come, and forgets one that is
// kept.
func (as *assembly) expire(key textKey, t *longText) {
	as.mu.Lock()
	defer as.mu.Unlock()
	if as.texts[key] == t {
		as.drop(key, t, statusLater)
	}
}

// drop forgets a text. The caller holds the lock.
func (as *assembly) drop(key textKey, t *longText, s status) {
	delete(as.texts, key)
	as.octets -= t.octets
	t.octets = 0
	t.expires.Stop()
	for _, d := range t.take() {
		d.answer(s)
	}
	if !t.done && t.confirmed > 0 {
		as.lost(t.confirmed)
	}
}

// lost tells the operator of a text that is lost because the phone never sent all
// of it, or the SMSC did not.
func (c *Channel) lost(parts int) {
	c.logger.Warn().Int("parts", parts).Msg("a long text was given up: the SMSC never delivered all of its parts")
}
