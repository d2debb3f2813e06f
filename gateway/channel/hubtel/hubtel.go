// Package hubtel is the channel to Hubtel's USSD (Ghana), which Hubtel calls
// Programmable Services. It carries no SMS: notices go by another channel.
//
// Hubtel posts one JSON request a hop, does not sign it, and numbers the hops
// of a session. A secret in the URL (callback_key) stands for a signature. At
// Hubtel the URL .../ussd is the service's Service Interaction URL; nothing is
// sold through Hubtel, so that its Service Fulfilment URL is never called.
//
// The format is that of Hubtel's reference of the Programmable Services API and
// of its SDK for .NET. They differ in the case of words and in whether Sequence
// is a number or a string: both are read. The answers' Label, DataType and
// FieldType are for Hubtel's app and web shop, which ask in the same way; USSD
// needs only Type and Message.
package hubtel

import (
	"net/http"
	"strings"
	"time"

	"haat/gateway"
	"haat/gateway/channel/web"
	"haat/gateway/dialogue"
	"haat/gateway/gsm"
)

// Config is one service at Hubtel.
type Config struct {
	// Access says who may call: Hubtel does not sign.
	web.Access `yaml:",inline"`
}

// Channel is one service at Hubtel.
type Channel struct {
	web.USSD
}

var _ gateway.Receiver = (*Channel)(nil)

// Open implements [gateway.Carrier].
func (cfg Config) Open(name string, at gateway.Site) (gateway.Channel, error) {
	return New(name, cfg, at)
}

// New makes a channel.
func New(name string, cfg Config, at gateway.Site) (*Channel, error) {
	ussd, err := web.NewUSSD(name, cfg.Access, at, "Hubtel", "the Service Interaction URL")
	if err != nil {
		return nil, err
	}
	return &Channel{USSD: ussd}, nil
}

// Routes adds the URL ussd.
func (c *Channel) Routes(mux *http.ServeMux, to gateway.Acceptor) {
	c.Door.Route(mux, "ussd", to, web.JSON(), func(call *web.Call) { c.ussd(call, to) })
}

// request is one hop, or the notice that a session is over.
type request struct {
	Type        web.Text
	SessionID   web.Text `json:"SessionId"`
	Mobile      web.Text
	ServiceCode web.Text // without star and hash: "713*20"
	Message     web.Text // at first what was dialled
	Sequence    web.Text // of the hop in its session, from 1
}

// answer is what the phone is shown.
type answer struct {
	SessionID string `json:"SessionId"`
	Type      string
	Message   string
	Label     string
	DataType  string
	FieldType string
}

// ussd answers one hop. An error status would only end the phone's session
// with the network's words, so that even an apology is a 200.
func (c *Channel) ussd(call *web.Call, to gateway.Acceptor) {
	var r request
	if !call.Decode(&r) {
		return
	}
	session, text := string(r.SessionID), gsm.Clean(string(r.Message))
	if !web.IsID(session) {
		call.Refuse(http.StatusBadRequest, gateway.RefusedForm, "The request has no usable SessionId.")
		return
	}
	switch strings.ToLower(string(r.Type)) {
	case "initiation":
		text = web.Dialled(string(r.ServiceCode), text)
	case "response":
	case "release", "timeout":
		// Hubtel ignores the answer. The basket is kept, and dialling again resumes it.
		call.Count(gateway.RefusedSessionEnd)
		call.Encode(http.StatusOK, screen(session, "", true))
		return
	default:
		call.Refuse(http.StatusBadRequest, gateway.RefusedForm, "Type must be Initiation, Response, Release or Timeout.")
		return
	}
	phone, err := c.Phones.Parse(string(r.Mobile))
	if err != nil {
		call.Refuse(http.StatusBadRequest, gateway.RefusedPhone, "Mobile is no phone number in international format.")
		return
	}
	id, leave := c.hopID(session, text, string(r.Sequence))
	defer leave()
	reply, err := to.Accept(call.R.Context(), gateway.Inbound{
		ID:         id,
		Channel:    c.Name(),
		Mode:       dialogue.USSD,
		Phone:      phone,
		Text:       text,
		Session:    session,
		ReceivedAt: time.Now(),
	})
	call.Encode(http.StatusOK, screen(session, reply.Text, err != nil || reply.End))
}

// maxSequence is how many characters a hop's number may have.
const maxSequence = 20

// hopID tells a session's hops apart by their numbers. Programs that stand in
// for Hubtel leave the number out or at 0.
func (c *Channel) hopID(session, text, sequence string) (id string, leave func()) {
	if sequence == "0" || len(sequence) > maxSequence || !web.IsID(sequence) {
		return c.Hops.Enter(session, text)
	}
	return web.HopID(session, sequence), func() {}
}

func screen(session, text string, last bool) answer {
	label, _, _ := strings.Cut(text, "\n")
	a := answer{SessionID: session, Type: "Response", Message: text, Label: label, DataType: "input", FieldType: "text"}
	if last {
		a.Type, a.DataType = "Release", "display"
	}
	return a
}
