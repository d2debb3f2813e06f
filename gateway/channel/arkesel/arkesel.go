// Package arkesel is the channel to Arkesel's USSD (Ghana). It carries no SMS:
// notices go by another channel.
//
// Arkesel posts one JSON request a hop and does not sign it. A secret in the
// URL (callback_key) stands for a signature. At Arkesel the URL .../ussd is the
// callback URL of the USSD application.
//
// The format is that of the sample applications that Arkesel publishes. It
// numbers no hops: see [web.Hops] for what counts as a repeat. It does not tell
// when a session is over.
package arkesel

import (
	"net/http"
	"time"

	"haat/gateway"
	"haat/gateway/channel/web"
	"haat/gateway/dialogue"
	"haat/gateway/gsm"
)

// Config is one USSD application at Arkesel.
type Config struct {
	// ServiceCode is the whole code that opens the market, with the extension of
	// a shared code. Arkesel sends only the string that was dialled, and what
	// stands in it beyond this code is an answer. Required.
	ServiceCode string `yaml:"service_code" example:"\"*928*1#\""`
	// Access says who may call: Arkesel does not sign.
	web.Access `yaml:",inline"`
}

// Channel is one USSD application at Arkesel.
type Channel struct {
	web.USSD
	cfg Config
}

var _ gateway.Receiver = (*Channel)(nil)

// Open implements [gateway.Carrier].
func (cfg Config) Open(name string, at gateway.Site) (gateway.Channel, error) {
	return New(name, cfg, at)
}

// New makes a channel.
func New(name string, cfg Config, at gateway.Site) (*Channel, error) {
	ussd, err := web.NewUSSD(name, cfg.Access, at, "Arkesel", "the callback URL")
	if err != nil {
		return nil, err
	}
	if err := web.CheckCode(name, cfg.ServiceCode); err != nil {
		return nil, err
	}
	return &Channel{USSD: ussd, cfg: cfg}, nil
}

// Routes adds the URL ussd.
func (c *Channel) Routes(mux *http.ServeMux, to gateway.Acceptor) {
	c.Door.Route(mux, "ussd", to, web.JSON(), func(call *web.Call) { c.ussd(call, to) })
}

// request is one hop.
type request struct {
	SessionID  web.Text `json:"sessionID"`
	UserID     web.Text `json:"userID"` // Arkesel's id of the application
	NewSession web.Text `json:"newSession"`
	MSISDN     web.Text `json:"msisdn"`
	UserData   web.Text `json:"userData"` // at first what was dialled
}

// answer is what the phone is shown. The first three are given back as they came.
type answer struct {
	SessionID       string `json:"sessionID"`
	UserID          string `json:"userID"`
	MSISDN          string `json:"msisdn"`
	Message         string `json:"message"`
	ContinueSession bool   `json:"continueSession"`
}

// ussd answers one hop. An error status would only end the phone's session
// with the network's words, so that even an apology is a 200.
func (c *Channel) ussd(call *web.Call, to gateway.Acceptor) {
	var r request
	if !call.Decode(&r) {
		return
	}
	session := string(r.SessionID)
	if !web.IsID(session) {
		call.Refuse(http.StatusBadRequest, gateway.RefusedForm, "The request has no usable sessionID.")
		return
	}
	begins, known := r.NewSession.Bool()
	if !known {
		call.Refuse(http.StatusBadRequest, gateway.RefusedForm, "newSession must be true or false.")
		return
	}
	phone, err := c.Phones.Parse(string(r.MSISDN))
	if err != nil {
		call.Refuse(http.StatusBadRequest, gateway.RefusedPhone, "msisdn is no phone number in international format.")
		return
	}
	id, text := web.HopID(session, ""), gsm.Clean(string(r.UserData)) // a session begins once
	if begins {
		text = web.Dialled(c.cfg.ServiceCode, text)
	} else {
		var leave func()
		id, leave = c.Hops.Enter(session, text)
		defer leave()
	}
	reply, err := to.Accept(call.R.Context(), gateway.Inbound{
		ID:         id,
		Channel:    c.Name(),
		Mode:       dialogue.USSD,
		Phone:      phone,
		Text:       text,
		Session:    session,
		ReceivedAt: time.Now(),
	})
	call.Encode(http.StatusOK, answer{
		SessionID:       session,
		UserID:          string(r.UserID),
		MSISDN:          string(r.MSISDN),
		Message:         reply.Text,
		ContinueSession: err == nil && !reply.End,
	})
}
