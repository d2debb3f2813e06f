package smpp

import (
	"bytes"
	"context"
	"encoding/binary"
	"strconv"
	"strings"
	"unicode/utf8"

	"haat/gateway"
	"haat/gateway/channel/web"
)

// isReceipt tells whether a delivery is the SMSC's word on an SMS of ours. Some
// SMSCs leave esm_class alone and have the TLVs only.
func (d *delivery) isReceipt() bool {
	if kind := d.esmClass & esmType; kind == esmReceipt || kind == esmNotice {
		return true
	}
	_, hasID := d.find(tagReceiptedID)
	_, hasState := d.find(tagMessageState)
	return hasID && hasState
}

// report takes a delivery receipt.
func (c *Channel) report(ctx context.Context, to gateway.Acceptor, d *delivery) {
	r, ok := parseReceipt(&d.message)
	if !ok {
		to.Refuse(c.name, gateway.RefusedForm) // it would be no clearer the next time
		d.answer(statusOK)
		return
	}
	if r.Phone, ok = c.receiptPhone(d); !ok {
		to.Refuse(c.name, gateway.RefusedPhone)
		d.answer(statusOK)
		return
	}
	r.Channel = c.name
	if err := to.Report(ctx, r); err != nil {
		d.answer(statusLater)
		return
	}
	d.answer(statusOK)
}

// receiptPhone is the phone that a receipt is about. It comes from the phone, but
// some SMSCs leave the addresses as they were in the SMS.
func (c *Channel) receiptPhone(d *delivery) (gateway.Phone, bool) {
	first, second := d.from, d.to
	if c.source.digits != "" && strings.TrimPrefix(first.digits, "+") == c.source.digits {
		first, second = second, first
	}
	for _, a := range []address{first, second} {
		if phone, err := c.phone(a); err == nil {
			return phone, true
		}
	}
	return "", false
}

// parseReceipt reads a receipt: the TLVs, and from the text what they lack. It is
// not ok without an id and a state. The text's usual form is of SMPP 3.4,
// appendix B, which leaves it to vendors:
//
//	id:0123456789 sub:001 dlvrd:001 submit date:2611222357 done date:2611222358 stat:DELIVRD err:000 text:...
func parseReceipt(m *message) (r gateway.Report, ok bool) {
	text := receiptText(m)
	id, _ := m.find(tagReceiptedID)
	r.CarrierID = web.Word(string(bytes.TrimRight(id, "\x00")))
	if r.CarrierID == "" {
		r.CarrierID = web.Word(field(text, "id"))
	}
	word := strings.ToUpper(web.Word(field(text, "stat")))
	if n, has := m.number(tagMessageState); has {
		if name, known := stateName(n); known {
			word = name
		}
	}
	var known bool
	if r.State, r.Reason, known = stateOf(word); !known || r.CarrierID == "" {
		return r, false
	}
	r.Code = word
	if code := errorCode(m, text); code != "" {
		r.Code += "/" + code
	}
	return r, true
}

// receiptText is the text of a receipt. It is ASCII, whatever data_coding says
// and the SMS was in; a few SMSCs do write it in UCS-2.
func receiptText(m *message) string {
	text := m.text
	if m.esmClass&esmUserData != 0 {
		if _, rest, err := parseUserData(text); err == nil {
			text = rest
		}
	}
	if len(text) > 1 && text[0] == 0 && text[1] != 0 {
		text = bytes.ReplaceAll(text, []byte{0}, nil)
	}
	return string(text)
}

// errorCode is the network's error, where there was one.
func errorCode(m *message, text string) string {
	if code := web.Word(field(text, "err")); strings.Trim(code, "0") != "" {
		return code
	}
	// The first octet of the TLV says which kind of network it is.
	if value, ok := m.find(tagNetworkError); ok && len(value) == 3 {
		if code := binary.BigEndian.Uint16(value[1:]); code != 0 {
			return strconv.Itoa(int(code))
		}
	}
	return ""
}

// receiptKeys are the keys that a receipt can have.
const receiptKeys = "id sub dlvrd date stat err text"

// field gives the value of a key, in any case, or "". The text of the SMS itself,
// which stands at the end, is not searched.
func field(text, key string) string {
	for rest := text; ; {
		colon := strings.IndexByte(rest, ':')
		if colon < 0 {
			return ""
		}
		before, after := rest[:colon], strings.TrimLeft(rest[colon+1:], " ")
		name := before[strings.LastIndexAny(before, " ,;\n\r\t")+1:]
		if strings.EqualFold(name, "text") {
			return ""
		}
		if strings.EqualFold(name, key) {
			return value(after)
		}
		rest = after
	}
}

// value is the word at the beginning, unless that is the next key.
func value(text string) string {
	if end := strings.IndexAny(text, " ,;\n\r\t"); end >= 0 {
		text = text[:end]
	}
	if name, _, isKey := strings.Cut(text, ":"); isKey && oneOf(strings.ToLower(name), receiptKeys+" submit done") {
		return ""
	}
	if !utf8.ValidString(text) {
		return ""
	}
	return strings.TrimRight(text, "\x00")
}

// stateName is the word for a message_state (SMPP 3.4, 5.2.28).
func stateName(n int) (name string, known bool) {
	names := []string{"", "ENROUTE", "DELIVRD", "EXPIRED", "DELETED", "UNDELIV", "ACCEPTD", "UNKNOWN", "REJECTD", "SKIPPED"}
	if n < 1 || n >= len(names) {
		return "", false
	}
	return names[n], true
}

// stateOf reads the word for a state, with the spellings that SMSCs have for it.
func stateOf(word string) (state gateway.State, reason string, known bool) {
	switch word {
	case "DELIVRD", "DELIVERED":
		return gateway.Delivered, "", true
	case "ENROUTE", "ACCEPTD", "ACCEPTED", "ACKED":
		return gateway.Sent, "The carrier is on the way to deliver it.", true
	case "BUFFERD", "BUFFERED":
		return gateway.Buffered, "The phone is off or out of reach; the carrier tries again.", true
	case "UNKNOWN":
		return gateway.Sent, "The carrier does not know what became of it.", true
	case "EXPIRED":
		return gateway.Failed, "The phone was off or out of reach until the SMS was too old.", true
	case "DELETED":
		return gateway.Failed, "The carrier has deleted it.", true
	case "UNDELIV", "UNDELIVERABLE", "UNDELIVERED", "FAILED":
		return gateway.Failed, "The carrier cannot deliver it: the number may be out of service or barred.", true
	case "REJECTD", "REJECTED":
		return gateway.Failed, "The carrier or the phone refuses it.", true
	case "SKIPPED":
		return gateway.Failed, "The carrier has left it out.", true
	}
	return "", "", false
}
