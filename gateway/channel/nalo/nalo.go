// Package nalo is the channel to Nalo Solutions' USSD (Ghana). It carries no
// SMS: notices go by another channel.
//
// Nalo posts one JSON request a hop and does not sign it. A secret in the URL
// (callback_key) stands for a signature. At Nalo the URL .../ussd is the
// endpoint that they are told when they make the USER ID.
//
// The format is that of Nalo's USSD API documentation and of its users' code.
// It numbers no hops: see [web.Hops] for what counts as a repeat. It does not
// tell when a session is over. Two things are told in different ways, and both
// are understood:
//   - SESSIONID is in newer documents only. Without it a session is what this
//     process remembers since the phone dialled, so that all requests of one
//     phone must reach the same process.
//   - MSGTYPE is true for the first request of a session; some report it to be
//     true for all. With a SESSIONID that does no harm.
package nalo

import (
	"fmt"
	"net/http"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"haat/gateway"
	"haat/gateway/channel/web"
	"haat/gateway/dialogue"
	"haat/gateway/gsm"
)

// Config is one USER ID at Nalo.
type Config struct {
	// ServiceCode is the whole code that opens the market, with the extension of
	// a shared code. Nalo sends only the string that was dialled, and what stands
	// in it beyond this code is an answer. Required.
	ServiceCode string `yaml:"service_code" example:"\"*920*11#\""`
	// Access says who may call: Nalo does not sign.
	web.Access `yaml:",inline"`
}

// Channel is one USER ID at Nalo.
type Channel struct {
	web.USSD
	cfg   Config
	begun *lru.Cache[string, string] // the sessions of phones for which Nalo sends none
}

var _ gateway.Receiver = (*Channel)(nil)

// Open implements [gateway.Carrier].
func (cfg Config) Open(name string, at gateway.Site) (gateway.Channel, error) {
	return New(name, cfg, at)
}

// maxBegun is how many sessions without a SESSIONID are remembered, about 200
// bytes each.
const maxBegun = 8192

// New makes a channel.
func New(name string, cfg Config, at gateway.Site) (*Channel, error) {
	ussd, err := web.NewUSSD(name, cfg.Access, at, "Nalo", "the endpoint URL that you give to Nalo")
	if err != nil {
		return nil, err
	}
	if err := web.CheckCode(name, cfg.ServiceCode); err != nil {
		return nil, err
	}
	begun, err := lru.New[string, string](maxBegun)
	if err != nil {
		return nil, fmt.Errorf("channel %s: memory of sessions: %w", name, err)
	}
	return &Channel{USSD: ussd, cfg: cfg, begun: begun}, nil
}

// Routes adds the URL ussd.
func (c *Channel) Routes(mux *http.ServeMux, to gateway.Acceptor) {
	c.Door.Route(mux, "ussd", to, web.JSON(), func(call *web.Call) { c.ussd(call, to) })
}

// request is one hop.
type request struct {
	UserID    web.Text `json:"USERID"` // Nalo's id of the application
	MSISDN    web.Text `json:"MSISDN"`
	UserData  web.Text `json:"USERDATA"` // at first what was dialled, or nothing
	MsgType   web.Text `json:"MSGTYPE"`  // whether the session begins
	SessionID web.Text `json:"SESSIONID"`
}

// answer is what the phone is shown. The first two are given back as they came.
type answer struct {
	UserID  string `json:"USERID"`
	MSISDN  string `json:"MSISDN"`
	Msg     string `json:"MSG"`
	MsgType bool   `json:"MSGTYPE"` // whether the session goes on
}

// ussd answers one hop. An error status would only end the phone's session
// with the network's words, so that even an apology is a 200.
func (c *Channel) ussd(call *web.Call, to gateway.Acceptor) {
	var r request
	if !call.Decode(&r) {
		return
	}
	begins, known := r.MsgType.Bool()
	if !known {
		call.Refuse(http.StatusBadRequest, gateway.RefusedForm, "MSGTYPE must be true or false.")
		return
	}
	if r.SessionID != "" && !web.IsID(string(r.SessionID)) {
		call.Refuse(http.StatusBadRequest, gateway.RefusedForm, "SESSIONID is not usable.")
		return
	}
	phone, err := c.Phones.Parse(string(r.MSISDN))
	if err != nil {
		call.Refuse(http.StatusBadRequest, gateway.RefusedPhone, "MSISDN is no phone number in international format.")
		return
	}
	text := gsm.Clean(string(r.UserData))
	if begins {
		text = web.Dialled(c.cfg.ServiceCode, text)
	}
	in, leave := c.place(r, phone, text, begins)
	defer leave()
	reply, err := to.Accept(call.R.Context(), in)
	call.Encode(http.StatusOK, answer{
		UserID:  string(r.UserID),
		MSISDN:  string(r.MSISDN),
		Msg:     reply.Text,
		MsgType: err == nil && !reply.End,
	})
}

// place finds the session that a hop belongs to, and gives the hop its id.
func (c *Channel) place(r request, phone gateway.Phone, text string, begins bool) (in gateway.Inbound, leave func()) {
	in = gateway.Inbound{
		Channel:    c.Name(),
		Mode:       dialogue.USSD,
		Phone:      phone,
		Text:       text,
		Session:    string(r.SessionID),
		ReceivedAt: time.Now(),
	}
	if r.SessionID != "" {
		in.ID, leave = c.Hops.Enter(in.Session, text)
		return in, leave
	}
	caller := web.Digest(string(r.UserID) + " " + string(phone))
	if begins {
		in.ID, leave = c.Hops.Enter(caller, "begins "+text)
		in.Session = in.ID // a repeat has the same
		c.begun.Add(caller, in.Session)
		return in, leave
	}
	in.ID, leave = c.Hops.Enter(caller, text)
	in.Session, _ = c.begun.Get(caller)
	if in.Session == "" {
		// Since the phone dialled, this process has been started. The answer is to
		// a screen that the new session does not show: it opens where the phone
		// was, and is asked again.
		in.Session, in.Text = in.ID, ""
		c.begun.Add(caller, in.Session)
	}
	return in, leave
}
