package smpp

import (
	"bufio"
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// maxQueued is how many octets may wait to be written. 256 SMS of the longest
	// kind that is usual have 64 KiB.
	maxQueued = 4 << 20
	// leaveWithin is how long the answers may take that are still open when a
	// link is given up on purpose.
	leaveWithin = 3 * time.Second
	readBuffer  = 32 << 10
)

// Why a link has ended.
var (
	errTimeout = errors.New("the SMSC did not answer in time")
	errDeaf    = errors.New("the SMSC does not answer enquire_link any more")
	errUnbound = errors.New("the SMSC has unbound")
	errLeft    = errors.New("haat is stopping")
	errFull    = errors.New("the SMSC does not read what is sent to it")
)

// link is one bound connection. One goroutine reads and one writes; any number
// may ask. Nobody waits for the network with the lock held.
type link struct {
	conn   net.Conn
	within time.Duration // how long the SMSC may take to answer
	wake   chan struct{} // tells the writer that there is something
	ended  chan struct{} // closed with the link
	spoke  atomic.Int64  // when the SMSC last sent anything, in Unix nanoseconds
	calls  sync.Pool     // an SMS then costs no memory but its ids

	mu       sync.Mutex
	err      error // why the link has ended
	endedAt  time.Time
	leaving  error // why nothing new is asked any more
	sequence uint32
	open     map[uint32]*call
	waiting  []byte // to be written
	queued   uint64 // octets that were ever put into waiting
	handed   uint64 // of them, those that were given to the connection
	drained  chan struct{}
}

func newLink(conn net.Conn, within time.Duration) *link {
	l := &link{
		conn: conn, within: within, wake: make(chan struct{}, 1), ended: make(chan struct{}),
		sequence: 1, // that was the bind
		open:     map[uint32]*call{},
	}
	l.calls.New = func() any {
		c := &call{answer: make(chan answer, 1), timer: time.NewTimer(time.Hour)}
		c.timer.Stop()
		return c
	}
	l.spoke.Store(time.Now().UnixNano())
	return l
}

// call is a request that waits for its answer.
type call struct {
	pdu    []byte
	answer chan answer // holds one; exactly one comes
	timer  *time.Timer
	begin  uint64 // where it stands among all that was queued
}

// of is the request's command.
func (c *call) of() command { return command(binary.BigEndian.Uint32(c.pdu[4:])) }

// answer is the SMSC's response, or why there is none.
type answer struct {
	status status
	id     string // submit_sm_resp: message_id
	err    error
	doubt  bool // the SMSC may have got the request
}

// ask sends the PDU of a call and waits for the answer. The call is at its end
// afterwards.
func (l *link) ask(ctx context.Context, c *call) answer {
	sequence, err := l.put(c)
	if err != nil {
		return answer{err: err}
	}
	c.timer.Reset(l.within)
	defer c.timer.Stop()
	err = errTimeout
	select {
	case a := <-c.answer:
		return a
	case <-c.timer.C:
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	doubt, still := l.forget(sequence)
	if !still { // it came at the last moment
		return <-c.answer
	}
	return answer{err: err, doubt: doubt}
}

// put numbers a request and queues it.
func (l *link) put(c *call) (sequence uint32, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.err != nil:
		return 0, l.err
	case l.leaving != nil && c.of() != unbind:
		return 0, l.leaving
	case len(l.waiting)+len(c.pdu) > maxQueued:
		return 0, errFull
	}
	for taken := true; taken; { // after 2^31 requests the numbers begin again
		l.sequence = l.sequence%0x7fffffff + 1
		_, taken = l.open[l.sequence]
	}
	binary.BigEndian.PutUint32(c.pdu[12:], l.sequence)
	c.begin = l.queued
	l.open[l.sequence] = c
	l.queue(c.pdu)
	return l.sequence, nil
}

// queue adds a PDU to what is written next. The caller holds the lock.
func (l *link) queue(pdu []byte) {
	l.waiting = append(l.waiting, pdu...)
	l.queued += uint64(len(pdu))
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// forget gives up waiting for an answer. It was not there any more where the
// answer is on its way to the call.
func (l *link) forget(sequence uint32) (doubt, still bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	c, still := l.open[sequence]
	if still {
		doubt = c.begin < l.handed
		delete(l.open, sequence)
		l.settle()
	}
	return doubt, still
}

// settle tells who waits for it that no answer is open. The caller holds the
// lock.
func (l *link) settle() {
	if len(l.open) == 0 && l.drained != nil {
		close(l.drained)
		l.drained = nil
	}
}

// resolve hands a response to the request that it answers.
func (l *link) resolve(h header, body []byte) {
	l.mu.Lock()
	c, ok := l.open[h.sequence]
	delete(l.open, h.sequence)
	l.settle()
	l.mu.Unlock()
	if !ok {
		return // it came too late, or nobody asked
	}
	a := answer{status: h.status}
	if h.command == submitSM|response {
		a.id = messageID(body)
	}
	if h.command == genericNack && a.status == statusOK {
		a.status = statusCommand
	}
	c.answer <- a
}

// respond queues the answer to a request of the SMSC.
func (l *link) respond(to header, s status) {
	h := header{to.command | response, s, to.sequence}
	var pdu [headerSize + 1]byte
	b := pdu[:0]
	if to.command == deliverSM || to.command == dataSM {
		b = appendPDU(b, h, "") // message_id, which is not used
	} else {
		b = appendPDU(b, h)
	}
	l.say(b)
}

// say queues a PDU that is not answered.
func (l *link) say(pdu []byte) {
	l.mu.Lock()
	full := len(l.waiting)+len(pdu) > maxQueued
	if !full && l.err == nil {
		l.queue(pdu)
	}
	l.mu.Unlock()
	if full {
		l.end(errFull)
	}
}

// write writes what is queued until the link ends: all that has gathered while
// the last was written goes out at once.
func (l *link) write() {
	var out []byte
	for {
		select {
		case <-l.wake:
		case <-l.ended:
			return
		}
		l.mu.Lock()
		out, l.waiting = l.waiting, out[:0]
		l.handed = l.queued
		l.mu.Unlock()
		if len(out) == 0 {
			continue
		}
		err := l.conn.SetWriteDeadline(time.Now().Add(l.within))
		if err == nil {
			_, err = l.conn.Write(out)
		}
		if err != nil {
			l.end(fmt.Errorf("writing to the SMSC: %w", err))
			return
		}
	}
}

// read takes in what the SMSC sends until the link ends. Requests about
// messages go to handle, which must not block.
func (l *link) read(r *bufio.Reader, handle func(*link, header, []byte)) {
	var body []byte
	for {
		var h header
		var err error
		if h, body, err = readPDU(r, body); err != nil {
			l.end(fmt.Errorf("reading from the SMSC: %w", err))
			return
		}
		l.spoke.Store(time.Now().UnixNano())
		switch {
		case h.command&response != 0:
			l.resolve(h, body)
		case h.command == deliverSM || h.command == dataSM:
			handle(l, h, body)
		case h.command == enquireLink:
			l.respond(h, statusOK)
		case h.command == unbind:
			l.respond(h, statusOK)
			go l.leave(errUnbound) // answers may yet come
		case h.command == outbind || h.command == alertNotify: // no answer is wanted
		default:
			l.say(appendPDU(nil, header{genericNack, statusCommand, h.sequence}))
		}
	}
}

// beat asks every interval whether the SMSC is there. Anything that it sends
// meanwhile is as good as the answer.
func (l *link) beat(every time.Duration) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
		case <-l.ended:
			return
		}
		asked := time.Now().UnixNano()
		c := l.call(enquireLink)
		a := l.ask(context.Background(), c)
		l.calls.Put(c)
		if a.err != nil && l.spoke.Load() < asked {
			l.end(errDeaf)
			return
		}
	}
}

// call makes a call of a request without a body.
func (l *link) call(of command) *call {
	c := l.calls.Get().(*call)
	c.pdu = appendPDU(c.pdu[:0], header{command: of})
	return c
}

// leave asks nothing new, lets open answers come, and ends the link.
func (l *link) leave(why error) {
	l.mu.Lock()
	l.leaving = why
	var drained chan struct{}
	if len(l.open) > 0 {
		if l.drained == nil {
			l.drained = make(chan struct{})
		}
		drained = l.drained
	}
	l.mu.Unlock()
	if drained != nil {
		select {
		case <-drained:
		case <-time.After(leaveWithin):
		case <-l.ended:
		}
	}
	if why == errLeft {
		l.unbind()
	} else {
		select { // the SMSC hangs up when it has our answer
		case <-l.ended:
		case <-time.After(leaveWithin):
		}
	}
	l.end(why)
}

// unbind takes leave of the SMSC and waits a little for its answer.
func (l *link) unbind() {
	c := l.call(unbind)
	ctx, cancel := context.WithTimeout(context.Background(), leaveWithin)
	defer cancel()
	l.ask(ctx, c)
	l.calls.Put(c)
}

// end ends the link, whatever the reason. Requests without an answer are in
// doubt, unless they were never written.
func (l *link) end(why error) {
	l.mu.Lock()
	if l.err != nil {
		l.mu.Unlock()
		return
	}
	if l.leaving != nil {
		why = l.leaving // whoever hung up then
	}
	l.err, l.endedAt = why, time.Now()
	open := l.open
	l.open = map[uint32]*call{}
	l.settle()
	handed := l.handed
	l.mu.Unlock()
	close(l.ended)
	_ = l.conn.Close() // there is nothing to do about its error
	for _, c := range open {
		c.answer <- answer{err: why, doubt: c.begin < handed}
	}
}

// trouble tells why the link takes no requests, nil while it does.
func (l *link) trouble() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return cmp.Or(l.err, l.leaving)
}

// why gives the reason for which the link has ended, nil while it stands.
func (l *link) why() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.err
}

// diedWithin tells whether the link ended less than d after a moment.
func (l *link) diedWithin(d time.Duration, after time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.err != nil && l.endedAt.Sub(after) < d
}
