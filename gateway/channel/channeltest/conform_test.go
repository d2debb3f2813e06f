package channeltest_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"haat/gateway"
	"haat/gateway/channel/channeltest"
	"haat/gateway/channel/web"
	"haat/gateway/dialogue"
)

// toyConfig is the settings of a toy carrier, whose channel has one flaw.
type toyConfig struct {
	APIURL     string `yaml:"api_url" example:"https://sms.example.org"`
	APIKey     string `yaml:"api_key" example:"${TOY_API_KEY}"`
	web.Access `yaml:",inline"`
	flaw       string
}

// toy is a channel that conforms but for its flaw.
type toy struct {
	name   string
	cfg    toyConfig
	door   *web.Door
	phones *gateway.Phones
	client *http.Client
	calls  atomic.Int64
	last   atomic.Pointer[gateway.Outbound]
}

func (cfg toyConfig) Open(name string, at gateway.Site) (gateway.Channel, error) {
	return openToy(name, cfg, at)
}

func openToy(name string, cfg toyConfig, at gateway.Site) (*toy, error) {
	door, err := web.GuardedDoor(name, cfg.Access, "Toy", "the callback URLs")
	if err != nil && cfg.CallbackKey != "" && cfg.flaw == "names no setting of all carriers" {
		return nil, errors.New("channel shop: the door is wrong")
	}
	if err != nil {
		return nil, err
	}
	if cfg.APIURL, err = web.BaseURL(name, "api_url", cfg.APIURL); err != nil {
		switch cfg.flaw {
		case "names no setting":
			return nil, errors.New("this is wrong")
		case "shows a secret":
			return nil, fmt.Errorf("%w: not with the key %s", err, cfg.APIKey)
		case "panics in Open":
			panic("no address")
		case "sends to any address":
			err = nil
		}
		if err != nil {
			return nil, err
		}
	}
	if cfg.flaw == "has another name" {
		name = "toy"
	}
	return &toy{name: name, cfg: cfg, door: door, phones: gateway.NewPhones(at.Region), client: web.NewClient()}, nil
}

func (c *toy) Name() string { return c.name }

func (c *toy) Routes(mux *http.ServeMux, to gateway.Acceptor) {
	rule := web.Forms()
	switch c.cfg.flaw {
	case "takes DELETE":
		rule.Methods = append(rule.Methods, http.MethodDelete)
	case "takes pictures":
		rule.Types = append(rule.Types, "image/png")
	}
	c.door.Route(mux, "sms", to, rule, func(call *web.Call) { c.sms(call, to) })
	c.door.Route(mux, "ussd", to, web.Forms(), func(call *web.Call) { c.ussd(call, to) })
	c.door.Route(mux, "status", to, web.Forms(), c.status)
	if c.cfg.flaw == "reads without end" {
		mux.HandleFunc("POST "+c.door.Path("sms"), func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			_, _ = to.Accept(r.Context(), gateway.Inbound{ID: "1", Channel: c.name, Phone: "+254700000001"})
		})
	}
}

func (c *toy) inbound(call *web.Call, mode dialogue.Mode) (gateway.Inbound, bool) {
	form, ok := call.Form("text")
	if !ok {
		return gateway.Inbound{}, false
	}
	if c.cfg.flaw == "panics on what is missing" {
		_ = form["id"][0]
	}
	if !web.IsID(form.Get("id")) {
		call.Refuse(http.StatusBadRequest, gateway.RefusedForm, "The id is missing.")
		return gateway.Inbound{}, false
	}
	phone, err := c.phones.Parse(form.Get("from"))
	if err != nil {
		call.Refuse(http.StatusBadRequest, gateway.RefusedPhone, "from is no phone.")
		return gateway.Inbound{}, false
	}
	return gateway.Inbound{
		ID: form.Get("id"), Channel: "shop", Mode: mode, Phone: phone, Text: form.Get("text"), ReceivedAt: time.Now(),
	}, true
}

func (c *toy) sms(call *web.Call, to gateway.Acceptor) {
	in, ok := c.inbound(call, dialogue.SMS)
	if !ok {
		return
	}
	reply, err := to.Accept(call.R.Context(), in)
	if err != nil {
		call.Later()
		return
	}
	if c.cfg.flaw == "answers a repeat otherwise" && c.calls.Add(1)%2 == 0 {
		reply.Text = "again"
	}
	call.Plain(http.StatusOK, reply.Text)
}

func (c *toy) ussd(call *web.Call, to gateway.Acceptor) {
	in, ok := c.inbound(call, dialogue.USSD)
	if !ok {
		return
	}
	reply, err := to.Accept(call.R.Context(), in)
	if err != nil || reply.End {
		call.Plain(http.StatusOK, "END "+reply.Text)
		return
	}
	call.Plain(http.StatusOK, "CON "+reply.Text)
}

func (c *toy) status(call *web.Call) {
	form, ok := call.Form()
	if !ok {
		return
	}
	states := map[string]gateway.State{"yes": gateway.Delivered, "no": gateway.Failed}
	state := states[form.Get("arrived")]
	switch {
	case !web.IsID(form.Get("id")):
		call.Refuse(http.StatusBadRequest, gateway.RefusedForm, "The id is missing.")
	case state == "":
		call.Count(gateway.RefusedForm)
		call.Plain(http.StatusOK, "")
	default:
		call.Report(gateway.Report{CarrierID: form.Get("id"), State: state})
	}
}

func (c *toy) Send(ctx context.Context, out gateway.Outbound) (gateway.Receipt, error) {
	switch c.cfg.flaw {
	case "goes on when given up":
		ctx = context.WithoutCancel(ctx)
	case "mixes up what is sent at once":
		c.last.Store(&out)
		defer func() { c.last.Store(nil) }()
		if first := c.last.Load(); first != nil && c.calls.Add(1) > 1 {
			out.Text = "another"
		}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.cfg.APIURL, strings.NewReader(string(out.Phone)+" "+out.Text))
	if err != nil {
		return gateway.Receipt{}, err
	}
	req.Header.Set("X-Api-Key", c.cfg.APIKey)
	answer, err := web.Do(c.client, req)
	if err != nil {
		return gateway.Receipt{}, c.spoil(err)
	}
	if refusal := answer.Refused("api_key"); refusal != nil {
		switch c.cfg.flaw {
		case "repeats the phone":
			refusal.Err = errors.New(string(answer.Body))
		case "repeats the credentials":
			refusal.Advice = "Check api_key, which is " + c.cfg.APIKey
		}
		return gateway.Receipt{}, refusal
	}
	if !bytes.HasPrefix(answer.Body, []byte("OK ")) {
		return gateway.Receipt{}, &gateway.SendError{Kind: gateway.Unavailable, Doubt: true, Advice: "Check api_url.", Err: errors.New("no answer of the API")}
	}
	return gateway.Receipt{IDs: []string{string(answer.Body[3:])}, State: gateway.Sent, ByID: true}, nil
}

// spoil makes the flaws of an error on the way to the carrier.
func (c *toy) spoil(err error) error {
	var refusal *gateway.SendError
	if !errors.As(err, &refusal) {
		return err
	}
	switch c.cfg.flaw {
	case "has no doubt":
		refusal.Doubt = false
	case "always doubts":
		refusal.Doubt = true
	case "says too little":
		refusal.Advice = ""
	case "gives a bare error":
		return errors.New("it failed")
	}
	return refusal
}

const at = "/channels/shop/0123456789abcdef/"

// suite is one that lacks nothing.
func suite(t *testing.T, flaw string) channeltest.Suite {
	t.Helper()
	good := toyConfig{APIURL: "http://127.0.0.1:1", APIKey: "toy-secret-1", Access: web.Access{CallbackKey: "0123456789abcdef"}, flaw: flaw}
	channel, err := openToy("shop", good, gateway.Site{Region: "KE"})
	if err != nil {
		t.Fatal(err)
	}
	kept := func(mode dialogue.Mode, text string) *gateway.Inbound {
		return &gateway.Inbound{ID: "1", Channel: "shop", Mode: mode, Phone: "+254700000001", Text: text}
	}
	form := func(text string) string { return "id=1&from=%2B254700000001&text=" + text }
	report := func(state gateway.State) *gateway.Report {
		return &gateway.Report{Channel: "shop", CarrierID: "1", State: state}
	}
	return channeltest.Suite{
		Channel: channel,
		Path:    at + "sms",
		Receives: []channeltest.Receive{
			{Name: "a text", Body: form("MENU"), Says: "ok", In: kept(dialogue.SMS, "MENU")},
			{Name: "beyond ASCII", Body: form("caf%C3%A9"), Says: "ok", In: kept(dialogue.SMS, "café")},
			{Name: "nothing was kept", Body: form("MENU"), Down: true, Status: 503, Says: "..."},
			{Name: "no id", Body: "from=%2B254700000001", Status: 400, Says: "...", Refused: gateway.RefusedForm},
			{Name: "a name", Body: "id=1&from=Safaricom", Status: 400, Says: "...", Refused: gateway.RefusedPhone},
			{Name: "a wrong key", Path: "/channels/shop/wrong/sms", Body: form("MENU"), Status: 404, Says: "...", Refused: gateway.RefusedSignature},
			{Name: "a dial", Path: at + "ussd", Body: form(""), Says: "CON ok", In: kept(dialogue.USSD, "")},
			{Name: "the last screen", Path: at + "ussd", Body: form("1"), Reply: gateway.Reply{Text: "Asante", End: true}, Says: "END Asante", In: kept(dialogue.USSD, "1")},
			{Name: "no hop was kept", Path: at + "ussd", Body: form("1"), Down: true, Says: "END " + channeltest.Apology},
			{Name: "delivered", Path: at + "status", Body: "id=1&arrived=yes", Report: report(gateway.Delivered)},
			{Name: "failed", Path: at + "status", Body: "id=1&arrived=no", Report: report(gateway.Failed)},
			{Name: "a new word", Path: at + "status", Body: "id=1&arrived=perhaps", Refused: gateway.RefusedForm},
		},
		Open: func(t *testing.T, carrier string) gateway.Sender {
			t.Helper()
			cfg := good
			cfg.APIURL = carrier
			channel, err := openToy("shop", cfg, gateway.Site{Region: "KE"})
			if err != nil {
				t.Fatal(err)
			}
			return channel
		},
		Sends: []channeltest.Send{
			{Name: "taken", Status: 200, Body: "OK 1", Receipt: gateway.Receipt{IDs: []string{"1"}, State: gateway.Sent, ByID: true}},
			{Name: "refused", Status: 400, Refusal: &gateway.SendError{Kind: gateway.Rejected, Code: "400"}},
			{Name: "too fast", Status: 429, Refusal: &gateway.SendError{Kind: gateway.Throttled, Code: "429"}},
			{Name: "a wrong key", Status: 401, Refusal: &gateway.SendError{Kind: gateway.Unavailable, Code: "401"}},
			{Name: "a page", Status: 200, Body: "<html>", Refusal: &gateway.SendError{Kind: gateway.Unavailable, Doubt: true}},
		},
		Config: good,
	}
}

func TestConformTakesAGoodChannel(t *testing.T) {
	channeltest.Conform(t, suite(t, ""))
}

// whole is what a process of its own runs: a suite that must fail would fail
// the test that runs it.
const whole = "HAAT_CONFORM_FLAW"

func TestOfAFlaw(t *testing.T) {
	flaw, ok := os.LookupEnv(whole)
	if !ok {
		t.Skip("TestConformFindsFlaws runs it")
	}
	s := suite(t, flaw)
	if len(flaw) > 0 && strings.HasPrefix(flaw, "lacks") {
		spoilSuite(&s, flaw)
	}
	channeltest.Conform(t, s)
	channeltest.RunBadConfigs(t, badToys(flaw))
}

// badToys are configurations that no toy opens with.
func badToys(flaw string) []channeltest.BadConfig {
	closed := web.Access{LoopbackOnly: true}
	return []channeltest.BadConfig{
		{Name: "no address", Config: toyConfig{Access: closed, flaw: flaw}, Says: "api_url must be"},
		{Name: "open to all", Config: toyConfig{APIURL: "http://127.0.0.1:1", flaw: flaw}, Says: "callback_key (make one"},
	}
}

// spoilSuite takes cases out of a suite.
func spoilSuite(s *channeltest.Suite, flaw string) {
	switch flaw {
	case "lacks everything":
		*s = channeltest.Suite{}
	case "lacks its receives":
		s.Receives = nil
	case "lacks its sends":
		s.Sends = nil
	case "lacks its config":
		s.Config = nil
	}
}

// run runs a suite in a process of its own and gives what it said.
func run(t *testing.T, flaw string) (said string, passed bool) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestOfAFlaw$", "-test.v", "-test.count=1")
	cmd.Env = append(os.Environ(), whole+"="+flaw)
	out, err := cmd.CombinedOutput()
	return string(out), err == nil
}

func TestConformFindsFlaws(t *testing.T) {
	tests := map[string]string{ // what is said of a flaw
		"takes DELETE":                     "DELETE is answered 200",
		"takes pictures":                   "a picture is answered 200",
		"reads without end":                "a body of more than 64 KiB is answered 200",
		"panics on what is missing":        "the channel panics",
		"answers a repeat otherwise":       "a repeat is answered",
		"has another name":                 `says that it is "toy"`,
		"names no setting":                 "name the channel, the setting api_url",
		"names no setting of all carriers": "name the channel, the setting callback_key",
		"sends to any address":             `want one of channel shop that says "api_url must be"`,
		"shows a secret":                   "error shows the secret api_key",
		"panics in Open":                   "Open panics",
		"goes on when given up":            "Send goes on after its context has ended",
		"mixes up what is sent at once":    "never reached the carrier as it was",
		"repeats the phone":                "the refusal repeats the phone or the text",
		"repeats the credentials":          "the refusal repeats credentials",
		"has no doubt":                     "want unavailable with doubt",
		"always doubts":                    "want unavailable without doubt",
		"says too little":                  "the refusal says too little",
		"gives a bare error":               "want a *gateway.SendError",
		"lacks its config":                 "the suite has no Config",
		"lacks everything":                 "the suite tests nothing",
		"lacks its receives":               "the suite lacks a short code or a name as the sender",
		"lacks its sends":                  "the suite lacks a carrier that asks to send more slowly",
	}
	if said, passed := run(t, ""); !passed {
		t.Fatalf("the suite without a flaw fails:\n%s", said)
	}
	for flaw, want := range tests {
		t.Run(flaw, func(t *testing.T) {
			t.Parallel()
			if said, passed := run(t, flaw); passed || !strings.Contains(said, want) {
				t.Errorf("passed is %t, and it does not say %q:\n%s", passed, want, said)
			}
		})
	}
}
