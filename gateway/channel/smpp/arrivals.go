package smpp

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"strconv"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
)

// arrivals give texts ids, since SMPP gives them none. An SMSC repeats a text
// that was not confirmed to it, and the repeat must have the id of the first;
// but a phone may send the same "1" twice, and that must not. So a text is a
// repeat when all that the SMSC says of it is the same and the one before was not
// confirmed: it is still being worked on, it was answered with an error, or the
// link died so soon afterwards that the answer may have been lost.
//
// An SMSC that names its own id of the text, in receipted_message_id, makes all of
// that unnecessary. Without it, a text that was kept but not yet confirmed when
// haat was killed comes again under another id.
type arrivals struct {
	mu     sync.Mutex
	latest *lru.Cache[[16]byte, *arrival]
}

// arrival is a text that came, perhaps several times.
type arrival struct {
	id string

	confirmed bool
	by        *link // by which the confirmation went
	at        time.Time
}

const (
	maxArrivals = 8192
	// repeatsFor is how long an SMSC may go on repeating a text.
	repeatsFor = 24 * time.Hour
	// lostWithin is how soon after a confirmation the link must die for it to
	// count as lost.
	lostWithin = 10 * time.Second
)

func newArrivals() *arrivals {
	latest, err := lru.New[[16]byte, *arrival](maxArrivals)
	if err != nil {
		panic(err) // the size is a constant above zero
	}
	return &arrivals{latest: latest}
}

// of gives the arrival that a delivery is or repeats.
func (as *arrivals) of(d *delivery, text string) *arrival {
	key := d.key(text)
	if id, ok := d.find(tagReceiptedID); ok && len(id) > 1 {
		return &arrival{id: "smsc-" + hex.EncodeToString(key[:])}
	}
	as.mu.Lock()
	defer as.mu.Unlock()
	now := time.Now()
	if a, ok := as.latest.Get(key); ok && a.repeats(now) {
		return a
	}
	a := &arrival{id: "mo-" + hex.EncodeToString(key[:8]) + "-" + strconv.FormatInt(now.UnixNano(), 36), at: now}
	as.latest.Add(key, a)
	return a
}

// repeats tells whether the next of the same text is this one.
func (a *arrival) repeats(now time.Time) bool {
	if now.Sub(a.at) > repeatsFor {
		return false
	}
	return !a.confirmed || a.by.diedWithin(lostWithin, a.at)
}

// answered notes what the SMSC is told of an arrival.
func (as *arrivals) answered(a *arrival, by *link, confirmed bool) {
	as.mu.Lock()
	defer as.mu.Unlock()
	a.confirmed, a.by, a.at = confirmed, by, time.Now()
}

// key is a hash of all that the SMSC says of a text but the PDU's number.
func (d *delivery) key(text string) (key [16]byte) {
	h := sha256.New()
	add := func(b []byte) {
		_, _ = h.Write(binary.BigEndian.AppendUint32(nil, uint32(len(b)))) // a hash takes everything
		_, _ = h.Write(b)
	}
	add([]byte(d.from.digits))
	add([]byte(d.to.digits))
	add([]byte(text))
	for _, p := range d.tlvs {
		if p.tag != tagMessagePayload && p.tag != tagSARNumber { // the text, and the part that was last
			add(binary.BigEndian.AppendUint16(nil, uint16(p.tag)))
			add(p.value)
		}
	}
	copy(key[:], h.Sum(nil))
	return key
}
