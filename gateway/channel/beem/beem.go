// Package beem is the channel to Beem Africa's USSD Hub (Tanzania). It carries
// no SMS: notices go by another channel.
//
// Beem posts one JSON request a hop and does not sign it. A secret in the URL
// (callback_key) stands for a signature. At Beem the URL .../ussd is the
// callback URL of the USSD code.
//
// The format is that of Beem's USSD Hub documentation, as its users' code has
// it. Beem does not tell what was dialled: nothing beyond the code can be
// dialled, so that a shortcut such as *150*101*2# opens the menu. A screen is
// sent with a number, request_id, and its answer comes with the number of the
// screen that it answers: that tells the hops of a session apart. Where answers
// come without a number, or with 0, see [web.Hops] for what counts as a repeat.
package beem

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"haat/gateway"
	"haat/gateway/channel/web"
	"haat/gateway/dialogue"
	"haat/gateway/gsm"
)

// Config is one USSD code at Beem.
type Config struct {
	// Access says who may call: Beem does not sign.
	web.Access `yaml:",inline"`
}

// Channel is one USSD code at Beem.
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
	ussd, err := web.NewUSSD(name, cfg.Access, at, "Beem", "the callback URL")
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
	Command   web.Text `json:"command"`
	MSISDN    web.Text `json:"msisdn"`
	SessionID web.Text `json:"session_id"`
	Operator  web.Text `json:"operator"`
	Payload   struct {
		RequestID web.Text `json:"request_id"` // of the screen that is answered; 0 at first
		Response  web.Text `json:"response"`   // the answer; 0 at first
	} `json:"payload"`
}

// answer is what the phone is shown. The first three are given back as they came.
type answer struct {
	MSISDN    string  `json:"msisdn"`
	Operator  string  `json:"operator"`
	SessionID string  `json:"session_id"`
	Command   string  `json:"command"`
	Payload   payload `json:"payload"`
}

type payload struct {
	RequestID uint32 `json:"request_id"` // of this screen
	Request   string `json:"request"`
}

const (
	initiate  = "initiate"
	goOn      = "continue"
	terminate = "terminate"
)

// ussd answers one hop. An error status would only end the phone's session
// with the network's words, so that even an apology is a 200.
func (c *Channel) ussd(call *web.Call, to gateway.Acceptor) {
	var r request
	if !call.Decode(&r) {
		return
	}
	if !web.IsID(string(r.SessionID)) {
		call.Refuse(http.StatusBadRequest, gateway.RefusedForm, "The request has no usable session_id.")
		return
	}
	command := strings.ToLower(string(r.Command))
	switch command {
	case initiate, goOn:
	case terminate: // the basket is kept, and dialling again resumes it
		call.Count(gateway.RefusedSessionEnd)
		call.Encode(http.StatusOK, r.screen("", true))
		return
	default:
		call.Refuse(http.StatusBadRequest, gateway.RefusedForm, "command must be initiate, continue or terminate.")
		return
	}
	phone, err := c.Phones.Parse(string(r.MSISDN))
	if err != nil {
		call.Refuse(http.StatusBadRequest, gateway.RefusedPhone, "msisdn is no phone number in international format.")
		return
	}
	text := ""
	if command == goOn {
		text = gsm.Clean(string(r.Payload.Response))
	}
	id, leave := c.hopID(r, command, text)
	defer leave()
	reply, err := to.Accept(call.R.Context(), gateway.Inbound{
		ID:         id,
		Channel:    c.Name(),
		Mode:       dialogue.USSD,
		Phone:      phone,
		Text:       text,
		Session:    string(r.SessionID),
		ReceivedAt: time.Now(),
	})
	call.Encode(http.StatusOK, r.screen(reply.Text, err != nil || reply.End))
}

// hopID tells a session's hops apart by the screens that they answer.
func (c *Channel) hopID(r request, command, text string) (id string, leave func()) {
	session, answers := string(r.SessionID), r.answers()
	switch {
	case command == initiate: // a session begins once
		return web.HopID(session, ""), func() {}
	case answers == 0: // the first screen has the number 1
		return c.Hops.Enter(session, text)
	}
	return web.HopID(session, strconv.FormatUint(uint64(answers), 10)), func() {}
}

// answers is the number of the screen that the request answers, 0 where it is
// not told. Numbers near the end of their range would run over.
func (r request) answers() uint32 {
	n, err := strconv.ParseUint(string(r.Payload.RequestID), 10, 31)
	if err != nil {
		return 0
	}
	return uint32(n)
}

func (r request) screen(text string, last bool) answer {
	a := answer{
		MSISDN:    string(r.MSISDN),
		Operator:  string(r.Operator),
		SessionID: string(r.SessionID),
		Command:   goOn,
		Payload:   payload{RequestID: r.answers() + 1, Request: text},
	}
	if last {
		a.Command = terminate
	}
	return a
}
