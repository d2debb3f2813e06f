package smpp

import (
	"encoding/binary"
	"errors"
	"io"
	"strings"
)

// Lengths of a PDU in octets. The standard sets no upper bound; the longest that
// makes sense is a message_payload of 64 KiB.
const (
	headerSize = 16
	maxPDU     = 64 << 10
)

// command is a PDU's command_id (SMPP 3.4, 5.1.2.1).
type command uint32

// The commands that are spoken here. A response is the request with the highest
// bit set.
const (
	response         command = 0x80000000
	genericNack      command = 0x80000000
	bindReceiver     command = 0x00000001
	bindTransmitter  command = 0x00000002
	submitSM         command = 0x00000004
	deliverSM        command = 0x00000005
	unbind           command = 0x00000006
	bindTransceiver  command = 0x00000009
	outbind          command = 0x0000000b
	enquireLink      command = 0x00000015
	alertNotify      command = 0x00000102
	dataSM           command = 0x00000103
	interfaceVersion         = 0x34
)

// tag is a TLV's (SMPP 3.4, 5.3.2).
type tag uint16

const (
	tagReceiptedID    tag = 0x001e
	tagUserReference  tag = 0x0204
	tagSARReference   tag = 0x020c
	tagSARTotal       tag = 0x020e
	tagSARNumber      tag = 0x020f
	tagNetworkError   tag = 0x0423
	tagMessagePayload tag = 0x0424
	tagMessageState   tag = 0x0427
	tagUSSDOperation  tag = 0x0501
	tagSessionInfo    tag = 0x1383
)

// esm_class (SMPP 3.4, 5.2.12).
const (
	esmType     = 0x3c // what kind of message it is
	esmReceipt  = 0x04 // an SMSC's delivery receipt
	esmNotice   = 0x20 // its intermediate notification
	esmUserData = 0x40 // the text begins with a user data header
)

// header is what every PDU begins with, but for its length.
type header struct {
	command  command
	status   status
	sequence uint32
}

// Errors in what the SMSC sends.
var (
	errLength = errors.New("the SMSC sent a PDU of an impossible length")
	errBody   = errors.New("the body of the PDU is broken off")
	errTLV    = errors.New("an optional parameter of the PDU is broken off")
)

// readPDU reads one PDU. The body is in buf, or in a larger one that takes its
// place, and lasts until the next call. After errLength nobody knows where the
// next PDU begins.
func readPDU(r io.Reader, buf []byte) (h header, body []byte, err error) {
	var head [headerSize]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return h, buf, err
	}
	length := binary.BigEndian.Uint32(head[0:])
	if length < headerSize || length > maxPDU {
		return h, buf, errLength
	}
	h.command = command(binary.BigEndian.Uint32(head[4:]))
	h.status = status(binary.BigEndian.Uint32(head[8:]))
	h.sequence = binary.BigEndian.Uint32(head[12:])
	n := int(length) - headerSize
	if cap(buf) < n {
		buf = make([]byte, n, max(n, 512))
	}
	body = buf[:n]
	_, err = io.ReadFull(r, body)
	return h, body, err
}

// beginPDU adds a header whose length endPDU fills in.
func beginPDU(b []byte, h header) []byte {
	b = append(b, 0, 0, 0, 0)
	b = binary.BigEndian.AppendUint32(b, uint32(h.command))
	b = binary.BigEndian.AppendUint32(b, uint32(h.status))
	return binary.BigEndian.AppendUint32(b, h.sequence)
}

// endPDU completes the PDU that begins at start.
func endPDU(b []byte, start int) []byte {
	binary.BigEndian.PutUint32(b[start:], uint32(len(b)-start))
	return b
}

// appendPDU adds a PDU whose body is the C strings.
func appendPDU(b []byte, h header, body ...string) []byte {
	start := len(b)
	b = beginPDU(b, h)
	for _, text := range body {
		b = appendCString(b, text)
	}
	return endPDU(b, start)
}

// appendCString adds a text with the zero that ends it.
func appendCString(b []byte, text string) []byte {
	return append(append(b, text...), 0)
}

// address is a source or destination.
type address struct {
	ton, npi byte
	digits   string // or letters
}

// tlv is an optional parameter.
type tlv struct {
	tag   tag
	value []byte
}

// message is what submit_sm, deliver_sm and data_sm carry.
type message struct {
	serviceType string
	from, to    address
	esmClass    byte
	validity    string
	registered  byte
	coding      byte
	text        []byte // of short_message, or of the TLV message_payload
	tlvs        []tlv
}

// find gives the value of a TLV.
func (m *message) find(t tag) (value []byte, ok bool) {
	for _, p := range m.tlvs {
		if p.tag == t {
			return p.value, true
		}
	}
	return nil, false
}

// number gives the value of a TLV as a number of one or two octets. SMSCs are
// not strict about which.
func (m *message) number(t tag) (n int, ok bool) {
	value, ok := m.find(t)
	switch len(value) {
	case 1:
		return int(value[0]), ok
	case 2:
		return int(binary.BigEndian.Uint16(value)), ok
	}
	return 0, false
}

// maxShort is how many octets short_message can have.
const maxShort = 254

// appendMessage adds a submit_sm or deliver_sm. A text that short_message
// cannot hold goes into message_payload.
func appendMessage(b []byte, h header, m *message) []byte {
	start := len(b)
	b = beginPDU(b, h)
	b = appendCString(b, m.serviceType)
	b = appendAddress(b, m.from)
	b = appendAddress(b, m.to)
	b = append(b, m.esmClass, 0, 0) // protocol_id, priority_flag
	b = append(b, 0)                // schedule_delivery_time
	b = appendCString(b, m.validity)
	b = append(b, m.registered, 0, m.coding, 0) // replace_if_present_flag, sm_default_msg_id
	short := len(m.text) <= maxShort
	if short {
		b = append(append(b, byte(len(m.text))), m.text...)
	} else {
		b = append(b, 0)
	}
	for _, p := range m.tlvs {
		b = appendTLV(b, p)
	}
	if !short {
		b = appendTLV(b, tlv{tagMessagePayload, m.text})
	}
	return endPDU(b, start)
}

func appendAddress(b []byte, a address) []byte {
	return appendCString(append(b, a.ton, a.npi), a.digits)
}

func appendTLV(b []byte, p tlv) []byte {
	b = binary.BigEndian.AppendUint16(b, uint16(p.tag))
	b = binary.BigEndian.AppendUint16(b, uint16(len(p.value)))
	return append(b, p.value...)
}

// cursor reads a body from its front. Once something is missing it stays
// broken and gives zeros.
type cursor struct {
	rest   []byte
	broken bool
}

func (c *cursor) octet() byte {
	if len(c.rest) == 0 {
		c.broken = true
		return 0
	}
	b := c.rest[0]
	c.rest = c.rest[1:]
	return b
}

func (c *cursor) octets(n int) []byte {
	if n > len(c.rest) {
		c.broken, c.rest = true, nil
		return nil
	}
	b := c.rest[:n:n]
	c.rest = c.rest[n:]
	return b
}

// text reads a C string.
func (c *cursor) text() string {
	for i, b := range c.rest {
		if b == 0 {
			s := string(c.rest[:i])
			c.rest = c.rest[i+1:]
			return s
		}
	}
	c.broken, c.rest = true, nil
	return ""
}

func (c *cursor) address() address {
	return address{ton: c.octet(), npi: c.octet(), digits: c.text()}
}

// parseMessage reads the body of a submit_sm, deliver_sm or data_sm. The message
// holds no part of the body itself.
func parseMessage(of command, body []byte) (m message, err error) {
	c := cursor{rest: append([]byte(nil), body...)}
	m.serviceType = c.text()
	m.from, m.to = c.address(), c.address()
	m.esmClass = c.octet()
	if of == dataSM {
		m.registered, m.coding = c.octet(), c.octet()
	} else {
		c.octets(2) // protocol_id, priority_flag
		c.text()    // schedule_delivery_time
		m.validity = c.text()
		m.registered = c.octet()
		c.octet() // replace_if_present_flag
		m.coding = c.octet()
		c.octet() // sm_default_msg_id
		m.text = c.octets(int(c.octet()))
	}
	if c.broken {
		return m, errBody
	}
	if m.tlvs, err = parseTLVs(&c); err != nil {
		return m, err
	}
	if payload, ok := m.find(tagMessagePayload); ok && len(m.text) == 0 {
		m.text = payload
	}
	return m, nil
}

// parseTLVs reads the optional parameters. One to three octets at the end, too
// few for any, are padding that some SMSCs leave.
func parseTLVs(c *cursor) (all []tlv, err error) {
	for len(c.rest) >= 4 {
		head := c.octets(4)
		value := c.octets(int(binary.BigEndian.Uint16(head[2:])))
		if c.broken {
			return all, errTLV
		}
		all = append(all, tlv{tag(binary.BigEndian.Uint16(head)), value})
	}
	return all, nil
}

// messageID reads the body of a submit_sm_resp. The zero at its end is missing
// at some SMSCs, and with an error status so may be all of it.
func messageID(body []byte) string {
	for i, b := range body {
		if b == 0 {
			return string(body[:i])
		}
	}
	return strings.TrimSpace(string(body))
}
