package smpp

import (
	"errors"
	"fmt"

	"haat/gateway"
)

// status is a PDU's command_status (SMPP 3.4, 5.1.3).
type status uint32

// What is answered to the SMSC.
const (
	statusOK        status = 0x00
	statusCommand   status = 0x03 // no such command
	statusBody      status = 0x02 // the body's length is wrong
	statusTLV       status = 0xc0 // the optional part is broken
	statusLater     status = 0x64 // could not be kept, send it again
	statusNever     status = 0x65 // cannot be used, do not send it again
	statusThrottled status = 0x58
	statusQueueFull status = 0x14
)

// String is the status as operators and SMSCs write it: 0x00000058.
func (s status) String() string { return fmt.Sprintf("0x%08x", uint32(s)) }

// meaning is what a status says about an SMS.
type meaning struct {
	kind   gateway.Refusal
	doubt  bool
	advice string
}

const (
	askCarrier = " Ask the carrier if it stays."
	ourFault   = "The SMSC found an error in the request: compare the channel's settings with the carrier's documents. (%s)"
)

// meaning tells what happened and what to do about it. Status codes that the
// standard leaves to vendors, 0x400 to 0x4ff and above, mean something else at
// each SMSC: they are tried again, since giving up would lose the SMS.
func (s status) meaning() meaning {
	if m, ok := s.ofMessage(); ok {
		return m
	}
	if m, ok := s.ofLink(); ok {
		return m
	}
	if name, ok := s.ofRequest(); ok {
		return meaning{kind: gateway.Rejected, advice: fmt.Sprintf(ourFault, name)}
	}
	return meaning{kind: gateway.Temporary, advice: "The SMSC refuses the SMS with a code of its own: look it up in the carrier's documents."}
}

// ofMessage are the codes about the SMS, its phone or the moment.
func (s status) ofMessage() (meaning, bool) {
	switch s {
	case statusThrottled:
		return meaning{gateway.Throttled, false, "The carrier asks to send more slowly; nothing to do unless it lasts. Then ask it for a higher rate."}, true
	case statusQueueFull:
		return meaning{gateway.Throttled, false, "The carrier's queue is full; nothing to do unless it lasts. Then ask the carrier."}, true
	case statusLater:
		return meaning{gateway.Temporary, false, "The carrier could not take the SMS at the moment; it is tried again."}, true
	case statusNever, 0x66:
		return meaning{gateway.Rejected, false, "The carrier refuses this SMS for good: ask it for the reason."}, true
	case 0x0b:
		return meaning{gateway.Rejected, false, "The carrier does not know the phone number: it is of another network, or not in the form that the carrier wants (see dest_ton and dest_npi)."}, true
	case 0x11:
		return meaning{gateway.Rejected, false, "The carrier could not cancel the SMS; nothing to do."}, true
	case 0x13:
		return meaning{gateway.Rejected, false, "The carrier could not replace the SMS; nothing to do."}, true
	case 0x45:
		return meaning{gateway.Temporary, false, "The carrier failed to take the SMS and does not say why." + askCarrier}, true
	case 0x67:
		return meaning{gateway.Rejected, false, "The carrier does not know the SMS that it was asked about; nothing to do."}, true
	case 0xfe:
		return meaning{gateway.Temporary, false, "The carrier could not deliver the SMS; it is tried again."}, true
	case 0xff:
		return meaning{gateway.Temporary, true, "The carrier met an error that it does not know." + askCarrier}, true
	}
	return meaning{}, false
}

// ofLink are the codes about the link as a whole or the account.
func (s status) ofLink() (meaning, bool) {
	switch s {
	case 0x04:
		return meaning{gateway.Unavailable, false, "The SMSC takes no SMS over this kind of bind: set bind to transceiver or pair, as the carrier says."}, true
	case 0x05:
		return meaning{gateway.Unavailable, false, "The account is bound already: stop the other program that uses it, or ask the carrier for more binds."}, true
	case 0x08:
		return meaning{gateway.Unavailable, true, "The SMSC has a fault of its own; nothing to do unless it lasts."}, true
	case 0x0d:
		return meaning{gateway.Unavailable, false, "The SMSC refuses to bind: check system_id, password, system_type and bind, and whether the carrier knows this machine's address."}, true
	case 0x0e:
		return meaning{gateway.Unavailable, false, "The SMSC refuses the password: check password (${} takes it from the environment)."}, true
	case 0x0f:
		return meaning{gateway.Unavailable, false, "The SMSC does not know the account: check system_id."}, true
	case 0x53:
		return meaning{gateway.Unavailable, false, "The SMSC refuses the system type: set system_type to what the carrier says."}, true
	}
	return meaning{}, false
}

// ofRequest are the codes about a field of the request, which the settings or
// this program got wrong.
func (s status) ofRequest() (name string, ok bool) {
	switch s {
	case 0x01:
		name = "message length: the text is longer than the carrier takes; try another setting of long"
	case 0x02:
		name = "command length"
	case 0x03:
		name = "command id"
	case 0x06:
		name = "priority"
	case 0x07:
		name = "registered_delivery: see receipts"
	case 0x0a:
		name = "source address: see from, which the carrier must have allowed"
	case 0x0c:
		name = "message id"
	case 0x15:
		name = "service type: see service_type"
	case 0x33:
		name = "number of destinations"
	case 0x34:
		name = "distribution list"
	case 0x40:
		name = "destination flag"
	case 0x42:
		name = "submit with replace"
	case 0x43:
		name = "esm_class: the carrier may not take user data headers; set long to sar or payload"
	case 0x44:
		name = "submit to a distribution list"
	case 0x48:
		name = "source TON: see source_ton"
	case 0x49:
		name = "source NPI: see source_npi"
	case 0x50:
		name = "destination TON: see dest_ton"
	case 0x51:
		name = "destination NPI: see dest_npi"
	case 0x54:
		name = "replace_if_present"
	case 0x55:
		name = "number of messages"
	case 0x61:
		name = "scheduled delivery time"
	case 0x62:
		name = "validity period: set validity to none"
	case 0x63:
		name = "predefined message"
	default:
		name, ok = s.ofTLV()
		return name, ok
	}
	return name, true
}

// ofTLV are the codes about optional parameters.
func (s status) ofTLV() (name string, ok bool) {
	const try = "; try another setting of long"
	switch s {
	case 0xc0:
		return "optional part" + try, true
	case 0xc1:
		return "an optional parameter that is not allowed" + try, true
	case 0xc2:
		return "length of an optional parameter" + try, true
	case 0xc3:
		return "an optional parameter that is missing; ask the carrier which it wants", true
	case 0xc4:
		return "value of an optional parameter" + try, true
	}
	return "", false
}

// refusal is the status as the answer to an SMS.
func (s status) refusal() *gateway.SendError {
	m := s.meaning()
	return &gateway.SendError{
		Kind: m.kind, Doubt: m.doubt, Code: s.String(), Advice: m.advice,
		Err: fmt.Errorf("the SMSC answered %s", s),
	}
}

// errNotBound is why nothing can be sent before the first bind.
var errNotBound = errors.New("not bound to the SMSC yet")

// unavailable is the refusal where there is no link, or none any more.
func unavailable(err error, doubt bool) *gateway.SendError {
	advice := "There is no link to the SMSC: " + err.Error() + "."
	if doubt {
		advice = "The SMSC did not answer in time, or the link broke off meanwhile: it may have taken the SMS. If it happens often, ask the carrier."
	}
	return &gateway.SendError{Kind: gateway.Unavailable, Doubt: doubt, Advice: advice, Err: err}
}
