// Package infobip is the channel to Infobip's USSD gateway. It carries no SMS:
// notices go by another channel.
//
// Infobip posts one JSON request a hop and does not sign it. A secret in the
// URL (callback_key) stands for a signature. Infobip is given the base URL
// /channels/NAME/KEY and calls below it, with its id of the session:
//
//	POST session/ID/start       the phone has dialled
//	POST session/ID/response    an answer; also understood as session/ID/next
//	PUT  session/ID/end         the session is over; POST is taken as well
//
// The format is that of Infobip's "USSD Gateway to Third-party Application
// HTTP/REST/JSON Web Service API", as Vumi's transport for it has it. That API
// also has session/ID/status, which asks whether a session is active; it is not
// answered. Infobip's first screen of a session cannot be its last: it is shown
// as a menu even where the session should close.
//
// It numbers no hops: see [web.Hops] for what counts as a repeat.
package infobip

import (
	"cmp"
	"net/http"
	"time"

	"haat/gateway"
	"haat/gateway/channel/web"
	"haat/gateway/dialogue"
	"haat/gateway/gsm"
)

// Config is one USSD application at Infobip.
type Config struct {
	// ServiceCode is the whole code that opens the market. What is dialled beyond
	// it is an answer. Default: the shortCode that Infobip sends; it may send
	// none, and then nothing can be dialled beyond the code.
	ServiceCode string `yaml:"service_code" example:"\"*123*1#\""`
	// Access says who may call: Infobip does not sign.
	web.Access `yaml:",inline"`
}

// Channel is one USSD application at Infobip.
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
	ussd, err := web.NewUSSD(name, cfg.Access, at, "Infobip", "the URL that you give to Infobip")
	if err != nil {
		return nil, err
	}
	if cfg.ServiceCode != "" {
		if err := web.CheckCode(name, cfg.ServiceCode); err != nil {
			return nil, err
		}
	}
	return &Channel{USSD: ussd, cfg: cfg}, nil
}

// Routes adds the URLs of a session.
func (c *Channel) Routes(mux *http.ServeMux, to gateway.Acceptor) {
	c.Door.Route(mux, "session/{session}/start", to, web.JSON(), func(call *web.Call) { c.hop(call, to, true) })
	for _, leaf := range []string{"session/{session}/response", "session/{session}/next"} {
		c.Door.Route(mux, leaf, to, web.JSON(), func(call *web.Call) { c.hop(call, to, false) })
	}
	ends := web.Rule{Methods: []string{http.MethodPut, http.MethodPost}, Types: []string{web.JSONType}}
	c.Door.Route(mux, "session/{session}/end", to, ends, ended)
}

// request is one hop.
type request struct {
	MSISDN    web.Text `json:"msisdn"`
	Text      web.Text `json:"text"`      // at first what was dialled
	ShortCode web.Text `json:"shortCode"` // as "*123#" or "123"
}

// answer is what the phone is shown.
type answer struct {
	ShouldClose      bool   `json:"shouldClose"`
	USSDMenu         string `json:"ussdMenu"`
	ResponseExitCode int    `json:"responseExitCode"`
	ResponseMessage  string `json:"responseMessage"`
}

// notice is an answer without a screen.
type notice struct {
	ResponseExitCode int    `json:"responseExitCode"`
	ResponseMessage  string `json:"responseMessage"`
}

// hop answers one hop. An error status would only end the phone's session with
// the network's words, so that even an apology is a 200.
func (c *Channel) hop(call *web.Call, to gateway.Acceptor, begins bool) {
	var r request
	if !call.Decode(&r) {
		return
	}
	session := call.R.PathValue("session")
	if !web.IsID(session) {
		refuse(call, gateway.RefusedForm, "The session's id is not usable.")
		return
	}
	phone, err := c.Phones.Parse(string(r.MSISDN))
	if err != nil {
		reason := gateway.RefusedPhone
		if r.MSISDN == "" {
			reason = gateway.RefusedForm
		}
		refuse(call, reason, "msisdn is no phone number in international format.")
		return
	}
	id, text := web.HopID(session, ""), gsm.Clean(string(r.Text)) // a session begins once
	if begins {
		text = web.Dialled(cmp.Or(c.cfg.ServiceCode, string(r.ShortCode)), text)
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
		ShouldClose:      err != nil || reply.End,
		USSDMenu:         reply.Text,
		ResponseExitCode: http.StatusOK,
	})
}

// ended takes note of the end of a session. Nothing changes: the basket is kept,
// and dialling again resumes it.
func ended(call *web.Call) {
	call.Count(gateway.RefusedSessionEnd)
	call.Encode(http.StatusOK, notice{ResponseExitCode: http.StatusOK})
}

// refuse says what is wrong where Infobip looks for it.
func refuse(call *web.Call, reason, sentence string) {
	call.Count(reason)
	call.Encode(http.StatusBadRequest, notice{ResponseExitCode: http.StatusBadRequest, ResponseMessage: sentence})
}
