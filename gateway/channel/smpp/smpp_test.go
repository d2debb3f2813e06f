package smpp

import (
	"bytes"
	stdcmp "cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"haat/gateway"
	"haat/gateway/channel/channeltest"
	"haat/gateway/channel/web"
	"haat/gateway/dialogue"
	"haat/gateway/gsm"
)

func TestNewSaysWhatToDo(t *testing.T) {
	for _, tt := range []struct {
		name string
		with func(*Config)
		says string
	}{
		{"no address", func(c *Config) { c.Address = "" }, "address"},
		{"no port", func(c *Config) { c.Address = "smsc.example.org" }, "address"},
		{"no account", func(c *Config) { c.SystemID = "" }, "system_id"},
		{"no password", func(c *Config) { c.Password = "" }, "password"},
		{"a zero in the password", func(c *Config) { c.Password = "a\x00b" }, "password"},
		{"a system type without end", func(c *Config) { c.SystemType = strings.Repeat("a", 13) }, "system_type"},
		{"a sender beyond ASCII", func(c *Config) { c.From = "Café" }, "from"},
		{"a bind that is none", func(c *Config) { c.Bind = "receiver" }, "bind"},
		{"a way for long texts that is none", func(c *Config) { c.Long = "cut" }, "long"},
		{"an alphabet that is none", func(c *Config) { c.DefaultAlphabet = "utf8" }, "default_alphabet"},
		{"receipts of no kind", func(c *Config) { c.Receipts = "some" }, "receipts"},
		{"a validity of no kind", func(c *Config) { c.Validity = "absolute" }, "validity"},
		{"a type of number", func(c *Config) { c.SourceTON = "7" }, "source_ton"},
		{"a word for a plan", func(c *Config) { c.DestNPI = "isdn" }, "dest_npi"},
		{"a beat too fast", func(c *Config) { c.EnquireLink = time.Millisecond }, "enquire_link"},
		{"patience without end", func(c *Config) { c.ResponseTimeout = time.Hour }, "response_timeout"},
		{"an operation too large", func(c *Config) { c.USSDEnd = 256 }, "ussd_end"},
		{"two operations that are one", func(c *Config) { c.USSDDialled, c.USSDTyped = 5, 5 }, "ussd_typed"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cfg := account("127.0.0.1:2775")
			tt.with(&cfg)
			_, err := New("shop", cfg, gateway.Site{Region: "KE"})
			if err == nil || !strings.Contains(err.Error(), tt.says) || !strings.Contains(err.Error(), "channel shop") {
				t.Errorf("error = %v, want one about %s", err, tt.says)
			}
		})
	}
}

func TestSettings(t *testing.T) { channeltest.Settings(t, account("127.0.0.1:2775")) }

// TestExamplesWork opens a channel with the examples of all settings.
func TestExamplesWork(t *testing.T) {
	var text strings.Builder
	for field := range reflect.TypeFor[Config]().Fields() {
		fmt.Fprintf(&text, "%s: %s\n", field.Tag.Get("yaml"), field.Tag.Get("example"))
	}
	var cfg Config
	if err := yaml.UnmarshalWithOptions([]byte(text.String()), &cfg, yaml.Strict()); err != nil {
		t.Fatal(err)
	}
	if _, err := cfg.Open("shop", gateway.Site{Region: "KE"}); err != nil {
		t.Error(err)
	}
	if err := yaml.Unmarshal([]byte("source_ton: 5\nfrom: 20384"), &cfg); err != nil || cfg.SourceTON != "5" {
		t.Errorf("without quotes: %+v, %v", cfg, err)
	}
	if cfg.From != "20384" || cfg.EnquireLink != 30*time.Second || !cfg.TLS {
		t.Errorf("read as %+v", cfg)
	}
}

func TestSource(t *testing.T) {
	for from, want := range map[string]address{
		"":              {},
		"20384":         {3, 0, "20384"},
		"+254700000001": {1, 1, "254700000001"},
		"254700000001":  {1, 1, "254700000001"},
		"0700000001":    {2, 1, "0700000001"},
		"Haat Market":   {5, 0, "Haat Market"},
		"4haat":         {5, 0, "4haat"},
	} {
		if got := sourceOf(from); got != want {
			t.Errorf("%q is %+v, want %+v", from, got, want)
		}
	}
	cfg := account("127.0.0.1:2775")
	cfg.SourceTON, cfg.SourceNPI, cfg.DestTON, cfg.DestNPI = "0", "1", "0", "8"
	c := open(t, cfg)
	if c.source != (address{0, 1, "20384"}) || c.destTON != 0 || c.destNPI != 8 {
		t.Errorf("with settings: %+v, %d, %d", c.source, c.destTON, c.destNPI)
	}
}

func TestValidity(t *testing.T) {
	now := time.Date(2026, 11, 22, 23, 57, 40, 0, time.UTC)
	c := open(t, account("127.0.0.1:2775"))
	for left, want := range map[time.Duration]string{
		-time.Hour:           "000000000100000R",
		time.Second:          "000000000100000R",
		90*time.Minute + 1:   "000000013001000R",
		49 * time.Hour:       "000002010000000R",
		31*24*time.Hour - 1:  "000031000000000R",
		365 * 24 * time.Hour: "000031000000000R",
		23*time.Hour + 59*time.Minute + 59*time.Second: "000000235959000R",
	} {
		if got := c.validity(now.Add(left), now); got != want {
			t.Errorf("%v is %s, want %s", left, got, want)
		}
	}
	if got := c.validity(time.Time{}, now); got != "" {
		t.Errorf("without an end: %s", got)
	}
	c.cfg.Validity = "none"
	if got := c.validity(now.Add(time.Hour), now); got != "" {
		t.Errorf("with validity none: %s", got)
	}
}

// TestEveryStatus: an operator is told what to do about each of the standard's
// codes (SMPP 3.4, table 5-2).
func TestEveryStatus(t *testing.T) {
	vendors := status(0x400).meaning().advice
	for _, s := range []status{
		0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f, 0x11, 0x13, 0x14, 0x15,
		0x33, 0x34, 0x40, 0x42, 0x43, 0x44, 0x45, 0x48, 0x49, 0x50, 0x51, 0x53, 0x54, 0x55, 0x58, 0x61, 0x62, 0x63,
		0x64, 0x65, 0x66, 0x67, 0xc0, 0xc1, 0xc2, 0xc3, 0xc4, 0xfe, 0xff,
	} {
		if m := s.meaning(); m.advice == "" || m.advice == vendors || m.kind == "" {
			t.Errorf("%s means %+v", s, m)
		}
	}
}

// sends is one answer of an SMSC to a submit_sm and what follows from it.
type sends struct {
	name    string
	answer  func(p *peer, h header)
	receipt gateway.Receipt
	refusal *gateway.SendError
}

func answerStatus(s status) func(*peer, header) {
	return func(p *peer, h header) { p.say(header{submitSM | response, s, h.sequence}) }
}

func TestSend(t *testing.T) {
	refuses := func(kind gateway.Refusal, code string) *gateway.SendError {
		return &gateway.SendError{Kind: kind, Code: code}
	}
	lost := &gateway.SendError{Kind: gateway.Unavailable, Doubt: true}
	for _, tt := range []sends{
		{"taken", func(p *peer, h header) { p.say(header{submitSM | response, 0, h.sequence}, "00001a2B") },
			gateway.Receipt{IDs: []string{"00001a2B"}, State: gateway.Sent}, nil},
		{"taken without an id", answerStatus(statusOK), gateway.Receipt{State: gateway.Sent}, nil},
		{"taken with an id that has no end", func(p *peer, h header) {
			p.write(endPDU(append(beginPDU(nil, header{submitSM | response, 0, h.sequence}), "77"...), 0))
		}, gateway.Receipt{IDs: []string{"77"}, State: gateway.Sent}, nil},
		{"after answers to what nobody asked", func(p *peer, h header) {
			p.say(header{submitSM | response, 0, h.sequence + 7}, "wrong")
			p.say(header{enquireLink | response, 0, 0})
			p.say(header{submitSM | response, 0, h.sequence}, "5")
		}, gateway.Receipt{IDs: []string{"5"}, State: gateway.Sent}, nil},
		{"throttled", answerStatus(0x58), gateway.Receipt{}, refuses(gateway.Throttled, "0x00000058")},
		{"a full queue", answerStatus(0x14), gateway.Receipt{}, refuses(gateway.Throttled, "0x00000014")},
		{"a temporary error", answerStatus(0x64), gateway.Receipt{}, refuses(gateway.Temporary, "0x00000064")},
		{"a permanent error", answerStatus(0x65), gateway.Receipt{}, refuses(gateway.Rejected, "0x00000065")},
		{"an unknown phone", answerStatus(0x0b), gateway.Receipt{}, refuses(gateway.Rejected, "0x0000000b")},
		{"a sender that is not allowed", answerStatus(0x0a), gateway.Receipt{}, refuses(gateway.Rejected, "0x0000000a")},
		{"submit failed", answerStatus(0x45), gateway.Receipt{}, refuses(gateway.Temporary, "0x00000045")},
		{"a fault of its own", answerStatus(0x08), gateway.Receipt{}, &gateway.SendError{Kind: gateway.Unavailable, Code: "0x00000008", Doubt: true}},
		{"a bind of the wrong kind", answerStatus(0x04), gateway.Receipt{}, refuses(gateway.Unavailable, "0x00000004")},
		{"a code of the vendor", answerStatus(0x45b), gateway.Receipt{}, refuses(gateway.Temporary, "0x0000045b")},
		{"generic_nack", func(p *peer, h header) { p.say(header{genericNack, 0x03, h.sequence}) }, gateway.Receipt{}, refuses(gateway.Rejected, "0x00000003")},
		{"generic_nack without a reason", func(p *peer, h header) { p.say(header{genericNack, 0, h.sequence}) }, gateway.Receipt{}, refuses(gateway.Rejected, "0x00000003")},
		{"no answer", func(*peer, header) {}, gateway.Receipt{}, lost},
		{"it hangs up", func(p *peer, _ header) { _ = p.conn.Close() }, gateway.Receipt{}, lost},
		{"a PDU of 4 GiB", func(p *peer, _ header) { p.write(bytes.Repeat([]byte{0xff}, 32)) }, gateway.Receipt{}, lost},
		{"a PDU of no length", func(p *peer, _ header) { p.write(make([]byte, 32)) }, gateway.Receipt{}, lost},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newStandIn(t, func(p *peer, h header, _ []byte) bool {
				if h.command == submitSM {
					tt.answer(p, h)
				}
				return h.command == submitSM
			})
			c := open(t, account(s.address()))
			c.cfg.ResponseTimeout = 300 * time.Millisecond
			run(t, c, &channeltest.Gateway{})
			receipt, err := c.Send(t.Context(), channeltest.SMS)
			checkSend(t, tt, receipt, err)
		})
	}
}

func checkSend(t *testing.T, tt sends, receipt gateway.Receipt, err error) {
	t.Helper()
	if diff := cmp.Diff(tt.receipt, receipt); diff != "" {
		t.Errorf("receipt (- want, + got):\n%s", diff)
	}
	if tt.refusal == nil {
		if err != nil {
			t.Errorf("error = %v", err)
		}
		return
	}
	refusal, ok := errors.AsType[*gateway.SendError](err)
	if !ok {
		t.Fatalf("error = %v, want a SendError", err)
	}
	if refusal.Advice == "" || refusal.Err == nil || strings.Contains(err.Error(), digits) || strings.Contains(err.Error(), "4821") {
		t.Errorf("the refusal says too little or too much: %v", err)
	}
	if diff := cmp.Diff(tt.refusal, refusal, cmpopts.IgnoreFields(gateway.SendError{}, "Advice", "Err")); diff != "" {
		t.Errorf("refusal (- want, + got):\n%s", diff)
	}
}

// TestAnswersFindTheirSMS: the SMSC answers in another order.
func TestAnswersFindTheirSMS(t *testing.T) {
	const window = 64
	var mu sync.Mutex
	var waiting []header
	var texts []string
	s := newStandIn(t, func(p *peer, h header, body []byte) bool {
		if h.command != submitSM {
			return false
		}
		m, err := parseMessage(submitSM, body)
		if err != nil {
			t.Error(err)
		}
		mu.Lock()
		defer mu.Unlock()
		waiting, texts = append(waiting, h), append(texts, string(m.text))
		if len(waiting) == window {
			for i, h := range slices.Backward(waiting) {
				p.say(header{submitSM | response, 0, h.sequence}, "id of "+texts[i])
			}
			p.flush()
			waiting, texts = nil, nil
		}
		return true
	})
	c := open(t, account(s.address()))
	run(t, c, &channeltest.Gateway{})
	var sending sync.WaitGroup
	for i := range 4 * window {
		sending.Go(func() {
			text := fmt.Sprint("text ", i)
			receipt, err := c.Send(t.Context(), outbound("1", text))
			if err != nil || !slices.Equal(receipt.IDs, []string{"id of " + text}) {
				t.Errorf("%s: receipt = %+v, error = %v", text, receipt, err)
			}
		})
	}
	sending.Wait()
}

func TestSendWithoutALink(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = listener.Close() // nobody listens there any more
	c := open(t, account(listener.Addr().String()))
	start(t, c, &channeltest.Gateway{})
	awaitLink(t, c, func(err error) bool { return err != nil && strings.Contains(err.Error(), "cannot be reached") })
	_, err = c.Send(t.Context(), channeltest.SMS)
	checkSend(t, sends{refusal: &gateway.SendError{Kind: gateway.Unavailable}}, gateway.Receipt{}, err)
}

// TestSendStopsWaiting: who sends may have less patience than the SMSC.
func TestSendStopsWaiting(t *testing.T) {
	got := make(chan struct{}, 1)
	s := newStandIn(t, func(_ *peer, h header, _ []byte) bool {
		if h.command == submitSM {
			got <- struct{}{}
		}
		return h.command == submitSM
	})
	c := open(t, account(s.address()))
	run(t, c, &channeltest.Gateway{})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-got
		cancel()
	}()
	_, err := c.Send(ctx, channeltest.SMS)
	checkSend(t, sends{refusal: &gateway.SendError{Kind: gateway.Unavailable, Doubt: true}}, gateway.Receipt{}, err)
}

// TestUnwrittenIsNotInDoubt: what never left this machine is not in doubt.
func TestUnwrittenIsNotInDoubt(t *testing.T) {
	here, there := net.Pipe()
	defer there.Close()
	l := newLink(here, patience) // nobody writes what it queues
	c := l.call(submitSM)
	got := make(chan answer)
	go func() { got <- l.ask(t.Context(), c) }()
	<-l.wake
	l.end(errDeaf)
	if a := <-got; a.err != errDeaf || a.doubt {
		t.Errorf("answer = %+v", a)
	}
	if a := l.ask(t.Context(), l.call(submitSM)); a.err != errDeaf || a.doubt {
		t.Errorf("answer afterwards = %+v", a)
	}
}

func TestLinkIsBounded(t *testing.T) {
	here, there := net.Pipe()
	defer there.Close()
	l := newLink(here, patience)
	for range maxQueued / headerSize {
		l.say(appendPDU(nil, header{command: enquireLink}))
	}
	if a := l.ask(t.Context(), l.call(submitSM)); a.err != errFull || a.doubt {
		t.Errorf("answer = %+v", a)
	}
	if l.why() != nil {
		t.Errorf("the link ended: %v", l.why())
	}
	l.say(appendPDU(nil, header{command: enquireLink}))
	if l.why() != errFull {
		t.Errorf("the link ended: %v", l.why())
	}
}

// TestSendGoesOnWhereItWas: the link is lost after two parts of a text.
func TestSendGoesOnWhereItWas(t *testing.T) {
	var mu sync.Mutex
	var taken []string
	s := newStandIn(t, func(p *peer, h header, body []byte) bool {
		if h.command != submitSM {
			return false
		}
		m, _ := parseMessage(submitSM, body)
		mu.Lock()
		defer mu.Unlock()
		taken = append(taken, fmt.Sprintf("%x", m.text[:6]))
		if len(taken) == 3 {
			_ = p.conn.Close()
			return true
		}
		p.say(header{submitSM | response, 0, h.sequence}, fmt.Sprint(len(taken)))
		return true
	})
	c := open(t, account(s.address()))
	run(t, c, &channeltest.Gateway{})
	text := strings.Repeat("0123456789", 60) // four parts
	_, err := c.Send(t.Context(), outbound("9", text))
	checkSend(t, sends{refusal: &gateway.SendError{Kind: gateway.Unavailable, Doubt: true}}, gateway.Receipt{}, err)
	awaitLink(t, c, func(err error) bool { return err == nil })
	receipt, err := c.Send(t.Context(), outbound("9", text))
	if err != nil || !slices.Equal(receipt.IDs, []string{"1", "2", "4", "5"}) {
		t.Errorf("receipt = %+v, error = %v", receipt, err)
	}
	mu.Lock()
	defer mu.Unlock()
	reference := taken[0][6:8]
	var want []string
	for _, number := range []int{1, 2, 3, 3, 4} {
		want = append(want, fmt.Sprintf("050003%s04%02x", reference, number))
	}
	if !slices.Equal(taken, want) {
		t.Errorf("the SMSC got %v, want %v", taken, want)
	}
	if c.begun.texts.Len() != 0 {
		t.Error("a text that is sent is still remembered")
	}
}

func TestTooManyParts(t *testing.T) {
	s := newStandIn(t, nil)
	c := open(t, account(s.address()))
	run(t, c, &channeltest.Gateway{})
	_, err := c.Send(t.Context(), outbound("1", strings.Repeat("a", 256*153)))
	checkSend(t, sends{refusal: &gateway.SendError{Kind: gateway.Rejected}}, gateway.Receipt{}, err)
}

func TestTLS(t *testing.T) {
	certified := httptest.NewTLSServer(nil)
	defer certified.Close()
	s := newStandIn(t, nil)
	// The stand-in speaks plainly behind a TLS proxy.
	front, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: certified.TLS.Certificates})
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := front.Accept()
			if err != nil {
				return
			}
			serving.Go(func() { s.serve(conn) })
		}
	})
	t.Cleanup(func() {
		_ = front.Close()
		serving.Wait()
	})
	cfg := account(front.Addr().String())
	cfg.TLS = true
	untrusting := open(t, cfg)
	start(t, untrusting, &channeltest.Gateway{})
	awaitLink(t, untrusting, func(err error) bool { return err != nil && strings.Contains(err.Error(), "certificate") })

	c := open(t, cfg)
	c.tls.RootCAs = x509.NewCertPool()
	c.tls.RootCAs.AddCert(certified.Certificate())
	run(t, c, &channeltest.Gateway{})
	if _, err := c.Send(t.Context(), channeltest.SMS); err != nil {
		t.Error(err)
	}
}

// arrives is one deliver_sm and what follows from it.
type arrives struct {
	name    string
	m       message
	raw     []byte  // the body, in place of m
	as      command // default: deliver_sm
	latin1  bool
	from    string // SMS come from; default: 20384
	down    bool
	status  status
	in      *gateway.Inbound
	report  *gateway.Report
	refused string
}

func texted(text string) *gateway.Inbound {
	return &gateway.Inbound{Channel: "shop", Mode: dialogue.SMS, Phone: phone, Text: text}
}

var (
	fromPhone = address{1, 1, digits}
	toShop    = address{3, 0, "20384"}
)

func mo(coding byte, text string, tlvs ...tlv) message {
	return message{from: fromPhone, to: toShop, coding: coding, text: []byte(text), tlvs: tlvs}
}

func with(m message, change func(*message)) message {
	change(&m)
	return m
}

func TestDeliver(t *testing.T) {
	udh := func(m message) message { m.esmClass = esmUserData; return m }
	from := func(a address) message { return with(mo(0, "MENU"), func(m *message) { m.from = a }) }
	runDeliveries(t, []arrives{
		{name: "GSM-7", m: mo(0, "caf\x05 \x1be5 \x1b(\x00\x1b)"), in: texted("café €5 {@}")},
		{name: "an empty text", m: mo(0, ""), in: texted("")},
		{name: "data_coding 0 is ISO 8859-1", latin1: true, m: mo(0, "r\xe9gl\xe9 @"), in: texted("réglé @")},
		{name: "octets that are no septets", m: mo(0, "r\xe9gl\xe9"), in: texted("réglé")},
		{name: "ASCII", m: mo(1, "a@b_{c}"), in: texted("a@b_{c}")},
		{name: "GSM-7 under the name of ASCII", m: mo(1, "\x1be5 caf\x05"), in: texted("€5 café")},
		{name: "ISO 8859-1", m: mo(3, "\xe7a"), in: texted("ça")},
		{name: "Cyrillic", m: mo(6, "\xe0\xd8\xe1"), in: texted("рис")},
		{name: "Hebrew", m: mo(7, "\xe0\xe5\xf8\xe6"), in: texted("אורז")},
		{name: "UCS-2", m: mo(8, "\x00h\x4e\x2d\xd8\x3d\xde\x00"), in: texted("h中😀")},
		{name: "half a surrogate pair", m: mo(8, "\xd8\x3d"), in: texted("\ufffd")},
		{name: "half a code unit", m: mo(8, "\x00h\x00"), in: texted("h\ufffd")},
		{name: "shown at once, GSM-7", m: mo(0xf0, "caf\x05"), in: texted("café")},
		{name: "shown at once, UCS-2", m: mo(0x18, "\x4e\x2d"), in: texted("中")},
		{name: "a voice mail waits", m: mo(0xc8, "hi"), in: texted("hi")},
		{name: "octets", m: mo(4, "\x01\x02"), refused: gateway.RefusedType},
		{name: "octets of a message class", m: mo(0xf5, "\x01\x02"), refused: gateway.RefusedType},
		{name: "a coding without a meaning", m: mo(0x0d, "\x01\x02"), refused: gateway.RefusedType},
		{name: "message_payload", m: mo(0, "", tlv{tagMessagePayload, []byte("MENU")}), in: texted("MENU")},
		{name: "TLVs of the vendor", m: mo(0, "MENU", tlv{0x1400, []byte("x")}, tlv{0x3fff, nil}), in: texted("MENU")},
		{name: "data_sm", as: dataSM, raw: dataBody("MENU"), in: texted("MENU")},
		{name: "a header of one part", m: udh(mo(0, "\x05\x00\x03\x07\x01\x01MENU")), in: texted("MENU")},
		{name: "a header of other things", m: udh(mo(0, "\x04\x70\x02\x01\x02MENU")), in: texted("MENU")},
		{name: "a national table", m: udh(mo(0, "\x03\x24\x01\x01\x1bi\x1bs")), in: texted("ış")},
		{name: "a national locking table", m: udh(mo(0, "\x03\x25\x01\x01\x07\x0c")), in: texted("ığ")},
		{name: "a national table that does not exist", m: udh(mo(0, "\x03\x25\x01\xffMENU")), in: texted("MENU")},
		{name: "a port", m: udh(mo(0, "\x06\x05\x04\x0b\x84\x23\xf0MENU")), refused: gateway.RefusedType},
		{name: "a header longer than the text", m: udh(mo(0, "\x60MENU")), status: statusNever, refused: gateway.RefusedForm},
		{name: "an element longer than the header", m: udh(mo(0, "\x02\x00\x09MENU")), status: statusNever, refused: gateway.RefusedForm},
		{name: "a header without text", m: udh(mo(0, "")), status: statusNever, refused: gateway.RefusedForm},
		{name: "part 3 of 2", m: udh(mo(0, "\x05\x00\x03\x07\x02\x03MENU")), status: statusNever, refused: gateway.RefusedForm},
		{name: "part 0", m: udh(mo(0, "\x05\x00\x03\x07\x02\x00MENU")), status: statusNever, refused: gateway.RefusedForm},
		{name: "sar of one part", m: mo(0, "MENU", sar(7, 1, 1)...), in: texted("MENU")},
		{name: "sar of 300 parts", m: mo(0, "MENU", tlv{tagSARReference, []byte{0, 1}}, tlv{tagSARTotal, []byte{1, 44}}, tlv{tagSARNumber, []byte{1}}), status: statusNever, refused: gateway.RefusedForm},
		{name: "a number of the country", m: from(address{2, 1, "0700000001"}), in: texted("MENU")},
		{name: "a number of no type", m: from(address{0, 0, digits}), in: texted("MENU")},
		{name: "a plus", m: from(address{1, 1, phone}), in: texted("MENU")},
		{name: "00 for the plus", m: from(address{0, 1, "00" + digits}), in: texted("MENU")},
		{name: "a short code", m: from(address{3, 0, "100"}), refused: gateway.RefusedPhone},
		{name: "a name", m: from(address{5, 0, "Safaricom"}), refused: gateway.RefusedPhone},
		{name: "a name of digits", m: from(address{5, 0, digits}), refused: gateway.RefusedPhone},
		{name: "nobody", m: from(address{}), refused: gateway.RefusedPhone},
		{name: "nothing was kept", m: mo(0, "MENU"), down: true, status: statusLater},
		{name: "no body", raw: []byte{}, status: statusBody, refused: gateway.RefusedForm},
		{name: "a body that breaks off", raw: body(mo(0, "MENU"))[:30], status: statusBody, refused: gateway.RefusedForm},
		{name: "a TLV that breaks off", raw: append(body(mo(0, "MENU")), 0x14, 0, 0, 9, 1), status: statusTLV, refused: gateway.RefusedForm},
		{name: "octets too few for a TLV", raw: append(body(mo(0, "MENU")), 0, 0), in: texted("MENU")},
	})
}

func sar(reference uint16, total, number byte) []tlv {
	return []tlv{{tagSARReference, binary.BigEndian.AppendUint16(nil, reference)}, {tagSARTotal, []byte{total}}, {tagSARNumber, []byte{number}}}
}

// body is that of the deliver_sm.
func body(m message) []byte { return appendMessage(nil, header{command: deliverSM}, &m)[headerSize:] }

func dataBody(text string) []byte {
	b := appendAddress(appendAddress(appendCString(nil, ""), fromPhone), toShop)
	return appendTLV(append(b, 0, 0, 0), tlv{tagMessagePayload, []byte(text)})
}

// runDeliveries lets an SMSC send each.
func runDeliveries(t *testing.T, table []arrives) {
	t.Helper()
	for _, tt := range table {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newStandIn(t, nil)
			cfg := account(s.address())
			if tt.latin1 {
				cfg.DefaultAlphabet = "latin1"
			}
			cfg.From = stdcmp.Or(tt.from, cfg.From)
			behind := &channeltest.Gateway{Down: tt.down}
			c := open(t, cfg)
			run(t, c, behind)
			p := s.peer()
			if tt.as == 0 {
				tt.as = deliverSM
			}
			if tt.raw == nil {
				tt.raw = body(tt.m)
			}
			p.write(endPDU(append(beginPDU(nil, header{tt.as, 0, 41}), tt.raw...), 0))
			p.flush()
			if got := p.answered(t, 41); got != tt.status {
				t.Errorf("answered %s, want %s", got, tt.status)
			}
			tt.check(t, behind)
		})
	}
}

func (tt arrives) check(t *testing.T, behind *channeltest.Gateway) {
	t.Helper()
	for _, in := range behind.Inbounds() {
		if !web.IsID(in.ID) || in.ReceivedAt.IsZero() {
			t.Errorf("kept %+v", in)
		}
	}
	compare(t, "inbound", behind.Inbounds(), tt.in)
	compare(t, "report", behind.Reports(), tt.report)
	var refused *string
	if tt.refused != "" {
		refused = &tt.refused
	}
	compare(t, "refused", behind.Refused(), refused)
}

func compare[T any](t *testing.T, what string, got []T, want *T) {
	t.Helper()
	var all []T
	if want != nil {
		all = []T{*want}
	}
	if diff := cmp.Diff(all, got, cmpopts.IgnoreFields(gateway.Inbound{}, "ReceivedAt", "ID"), cmpopts.IgnoreFields(gateway.Report{}, "Reason")); diff != "" {
		t.Errorf("%s (- want, + got):\n%s", what, diff)
	}
}

func TestReceipts(t *testing.T) {
	receipt := func(text string, tlvs ...tlv) message {
		return with(mo(0, text, tlvs...), func(m *message) { m.esmClass = esmReceipt })
	}
	report := func(id string, state gateway.State, code string) *gateway.Report {
		return &gateway.Report{Channel: "shop", Phone: phone, CarrierID: id, State: state, Code: code}
	}
	id := func(id string) tlv { return tlv{tagReceiptedID, []byte(id + "\x00")} }
	state := func(n byte) tlv { return tlv{tagMessageState, []byte{n}} }
	const usual = "id:0123456789 sub:001 dlvrd:001 submit date:2611222357 done date:2611222358 stat:"
	runDeliveries(t, []arrives{
		{name: "the usual text", m: receipt(usual + "DELIVRD err:000 text:Order 12"), report: report("0123456789", gateway.Delivered, "DELIVRD")},
		{name: "undeliverable", m: receipt(usual + "UNDELIV err:034 text:"), report: report("0123456789", gateway.Failed, "UNDELIV/034")},
		{name: "expired", m: receipt(usual + "EXPIRED err:1"), report: report("0123456789", gateway.Failed, "EXPIRED/1")},
		{name: "deleted", m: receipt(usual + "DELETED err:000"), report: report("0123456789", gateway.Failed, "DELETED")},
		{name: "rejected", m: receipt(usual + "REJECTD err:65A"), report: report("0123456789", gateway.Failed, "REJECTD/65A")},
		{name: "accepted", m: receipt(usual + "ACCEPTD err:000"), report: report("0123456789", gateway.Sent, "ACCEPTD")},
		{name: "on its way", m: receipt(usual + "ENROUTE err:000"), report: report("0123456789", gateway.Sent, "ENROUTE")},
		{name: "unknown", m: receipt(usual + "UNKNOWN err:000"), report: report("0123456789", gateway.Sent, "UNKNOWN")},
		{name: "buffered", m: receipt(usual + "BUFFERED err:000"), report: report("0123456789", gateway.Buffered, "BUFFERED")},
		{name: "keys in any case and order", m: receipt("STAT:delivrd ERR:000 Id:00001a2D Sub:001"), report: report("00001a2D", gateway.Delivered, "DELIVRD")},
		{name: "spaces behind the colons", m: receipt("id: 77 stat: DELIVRD err: 000"), report: report("77", gateway.Delivered, "DELIVRD")},
		{name: "fields missing", m: receipt("id:77 stat:DELIVRD"), report: report("77", gateway.Delivered, "DELIVRD")},
		{name: "a text that looks like a receipt", m: receipt("id:77 stat:UNDELIV err:001 text:id:1 stat:DELIVRD err:000"), report: report("77", gateway.Failed, "UNDELIV/001")},
		{name: "such a text and no state", m: receipt("id:77 text:stat:DELIVRD"), refused: gateway.RefusedForm},
		{name: "said to be in UCS-2", m: with(receipt("id:77 stat:DELIVRD"), func(m *message) { m.coding = 8 }), report: report("77", gateway.Delivered, "DELIVRD")},
		{name: "really in UCS-2", m: with(receipt(string(appendUCS2(nil, "id:77 stat:DELIVRD"))), func(m *message) { m.coding = 8 }), report: report("77", gateway.Delivered, "DELIVRD")},
		{name: "TLVs alone", m: receipt("", id("77"), state(2)), report: report("77", gateway.Delivered, "DELIVRD")},
		{name: "TLVs before the text", m: receipt("id:1 stat:DELIVRD err:000", id("77"), state(5)), report: report("77", gateway.Failed, "UNDELIV")},
		{name: "a TLV of the id, the text's state", m: receipt("id:1 stat:EXPIRED", id("77")), report: report("77", gateway.Failed, "EXPIRED")},
		{name: "a state that the standard lacks", m: receipt("id:1 stat:EXPIRED", id("77"), state(99)), report: report("77", gateway.Failed, "EXPIRED")},
		{name: "the network's error", m: receipt("", id("77"), state(5), tlv{tagNetworkError, []byte{3, 0, 27}}), report: report("77", gateway.Failed, "UNDELIV/27")},
		{name: "TLVs without esm_class", m: mo(0, "", id("77"), state(2)), report: report("77", gateway.Delivered, "DELIVRD")},
		{name: "an intermediate notice", m: with(receipt("id:77 stat:ENROUTE"), func(m *message) { m.esmClass = esmNotice }), report: report("77", gateway.Sent, "ENROUTE")},
		{name: "in message_payload", m: receipt("", tlv{tagMessagePayload, []byte("id:77 stat:DELIVRD")}), report: report("77", gateway.Delivered, "DELIVRD")},
		{name: "addresses as in the SMS", m: with(receipt("id:77 stat:DELIVRD"), func(m *message) { m.from, m.to = toShop, fromPhone }), report: report("77", gateway.Delivered, "DELIVRD")},
		{name: "addresses as in the SMS, from a long number", from: "+254700000009", m: with(receipt("id:77 stat:DELIVRD"), func(m *message) {
			m.from, m.to = address{1, 1, "254700000009"}, fromPhone
		}), report: report("77", gateway.Delivered, "DELIVRD")},
		{name: "no phone anywhere", m: with(receipt("id:77 stat:DELIVRD"), func(m *message) { m.from = toShop }), refused: gateway.RefusedPhone},
		{name: "no id", m: receipt("id: stat:DELIVRD"), refused: gateway.RefusedForm},
		{name: "an id that nobody can keep", m: receipt("id:" + strings.Repeat("7", 130) + " stat:DELIVRD"), refused: gateway.RefusedForm},
		{name: "a state of no kind", m: receipt("id:77 stat:HAPPY"), refused: gateway.RefusedForm},
		{name: "another vendor's form", m: receipt("00,0210021543,0210021500,,447887123456,10110200000000,we2345678i9o03er45ty67u"), refused: gateway.RefusedForm},
		{name: "not kept", m: receipt("id:77 stat:DELIVRD"), down: true, status: statusLater},
		{name: "a villager's text in its form", m: mo(0, "id:77 stat:DELIVRD"), in: texted("id:77 stat:DELIVRD")},
	})
}

// recorder notes the ids of all texts, also of those that are not kept.
type recorder struct {
	channeltest.Gateway
	mu  sync.Mutex
	ids []string
}

func (r *recorder) Accept(ctx context.Context, in gateway.Inbound) (gateway.Reply, error) {
	r.mu.Lock()
	r.ids = append(r.ids, in.ID)
	r.mu.Unlock()
	return r.Gateway.Accept(ctx, in)
}

// TestRepeats: a repeat has the id of the first, and the same text once more has
// not.
func TestRepeats(t *testing.T) {
	s := newStandIn(t, nil)
	behind := &recorder{}
	c := open(t, account(s.address()))
	run(t, c, behind)
	p := s.peer()
	send := func(p *peer, sequence uint32, want status) {
		t.Helper()
		p.deliver(sequence, mo(0, "1"))
		if got := p.answered(t, sequence); got != want {
			t.Errorf("answered %s, want %s", got, want)
		}
	}
	send(p, 1, statusOK)
	send(p, 2, statusOK) // the phone typed 1 twice
	behind.SetDown(true)
	send(p, 3, statusLater)
	behind.SetDown(false)
	send(p, 4, statusOK) // the same as 3
	_ = p.conn.Close()
	p = s.peer()
	send(p, 1, statusOK) // the same as 4, whose answer the SMSC may not have seen
	send(p, 2, statusOK)

	behind.mu.Lock()
	defer behind.mu.Unlock()
	var texts []int // the number of the text that each was taken for
	for _, id := range behind.ids {
		texts = append(texts, slices.Index(behind.ids, id))
	}
	if want := []int{0, 1, 2, 2, 2, 5}; !slices.Equal(texts, want) {
		t.Errorf("taken for the texts %v, want %v", texts, want)
	}
}

// TestRepeatsByTheSMSCsID: an SMSC that names its id of a text leaves no doubt.
func TestRepeatsByTheSMSCsID(t *testing.T) {
	s := newStandIn(t, nil)
	behind := &channeltest.Gateway{}
	c := open(t, account(s.address()))
	run(t, c, behind)
	p := s.peer()
	id := tlv{tagReceiptedID, []byte("4711")}
	p.deliver(1, mo(0, "2 rice", id))
	p.answered(t, 1)
	p.deliver(2, mo(0, "2 rice", id)) // though the first was confirmed
	p.answered(t, 2)
	p.deliver(3, mo(0, "2 rice", tlv{tagReceiptedID, []byte("4712")}))
	p.answered(t, 3)
	if got := len(behind.Inbounds()); got != 2 {
		t.Errorf("%d texts are kept, want 2", got)
	}
}

// TestOrder: what one phone sends is taken in its order.
func TestOrder(t *testing.T) {
	s := newStandIn(t, nil)
	behind := &channeltest.Gateway{}
	c := open(t, account(s.address()))
	run(t, c, behind)
	p := s.peer()
	const texts = 200
	for i := range texts {
		p.write(appendMessage(nil, header{deliverSM, 0, uint32(i)}, new(mo(0, fmt.Sprintf("%03d", i)))))
	}
	p.flush()
	p.answered(t, texts-1)
	for i, in := range behind.Inbounds() {
		if in.Text != fmt.Sprintf("%03d", i) {
			t.Fatalf("text %d is %q", i, in.Text)
		}
	}
}

// TestTooManyDeliveries: what cannot be worked on is asked for again.
func TestTooManyDeliveries(t *testing.T) {
	s := newStandIn(t, nil)
	release := make(chan struct{})
	behind := &channeltest.Gateway{Answer: func(gateway.Inbound) gateway.Reply {
		<-release
		return gateway.Reply{}
	}}
	c := open(t, account(s.address()))
	run(t, c, behind)
	p := s.peer()
	for i := range uint32(maxWaiting + 1) {
		p.write(appendMessage(nil, header{deliverSM, 0, i}, new(mo(0, fmt.Sprint(i)))))
	}
	p.flush()
	if got := p.answered(t, maxWaiting); got != statusLater {
		t.Errorf("one too many is answered %s", got)
	}
	close(release)
	if got := p.answered(t, maxWaiting-1); got != statusOK {
		t.Errorf("the last that had room is answered %s", got)
	}
}

func partOf(reference, total, number byte, text string) message {
	return with(mo(0, string([]byte{5, 0, 3, reference, total, number})+text), func(m *message) { m.esmClass = esmUserData })
}

// TestLongTexts tells what is answered to each part.
func TestLongTexts(t *testing.T) {
	s := newStandIn(t, nil)
	behind := &channeltest.Gateway{}
	c := open(t, account(s.address()))
	run(t, c, behind)
	p := s.peer()
	want := func(sequence uint32, want status) {
		t.Helper()
		if got := p.answered(t, sequence); got != want {
			t.Errorf("%d is answered %s, want %s", sequence, got, want)
		}
	}
	p.deliver(1, partOf(7, 2, 2, "soap"))
	p.deliver(2, partOf(8, 2, 1, "another "))
	p.deliver(3, partOf(7, 2, 1, "rice and "))
	want(3, statusOK) // with 1 before it
	p.deliver(4, partOf(7, 2, 2, "soap"))
	want(4, statusOK) // a repeat of what is kept
	behind.AwaitText(t, "rice and soap")

	behind.SetDown(true)
	p.deliver(5, partOf(8, 2, 2, "text"))
	want(5, statusLater)
	behind.SetDown(false)
	p.deliver(6, partOf(8, 2, 2, "text"))
	want(6, statusOK)
	behind.AwaitText(t, "another text")

	p.deliver(7, partOf(9, 2, 1, "old "))
	p.deliver(8, partOf(9, 2, 1, "new ")) // the reference is used again
	want(7, statusNever)
	p.deliver(9, partOf(9, 2, 2, "text"))
	want(9, statusOK)
	behind.AwaitText(t, "new text")
	if n := len(behind.Inbounds()); n != 3 {
		t.Errorf("%d texts are kept, want 3", n)
	}
}

// TestLongTextsOneByOne: the SMSC waits for the answer to each part.
func TestLongTextsOneByOne(t *testing.T) {
	s := newStandIn(t, nil)
	behind := &channeltest.Gateway{}
	c := open(t, account(s.address()))
	c.long.waits = 10 * time.Millisecond
	run(t, c, behind)
	p := s.peer()
	for i, text := range []string{"one ", "two ", "three ", "four"} {
		p.deliver(uint32(i), partOf(7, 4, byte(i+1), text))
		if got := p.answered(t, uint32(i)); got != statusOK {
			t.Errorf("part %d is answered %s", i+1, got)
		}
	}
	behind.AwaitText(t, "one two three four")
}

// TestLongTextsThatNeverEnd: what was not confirmed is asked for again.
func TestLongTextsThatNeverEnd(t *testing.T) {
	s := newStandIn(t, nil)
	c := open(t, account(s.address()))
	c.long.expiry = 10 * time.Millisecond
	run(t, c, &channeltest.Gateway{})
	p := s.peer()
	p.deliver(1, partOf(7, 2, 1, "half"))
	if got := p.answered(t, 1); got != statusLater {
		t.Errorf("answered %s", got)
	}
	c.long.mu.Lock()
	defer c.long.mu.Unlock()
	if len(c.long.texts) != 0 || c.long.octets != 0 {
		t.Errorf("%d texts and %d octets are left", len(c.long.texts), c.long.octets)
	}
}

// TestUSSDWithoutSessionInfo: the phone alone names the session, and another
// gateway's operations are used.
func TestUSSDWithoutSessionInfo(t *testing.T) {
	var mu sync.Mutex
	screens := make(chan message, 8)
	s := newStandIn(t, func(p *peer, h header, body []byte) bool {
		if h.command == submitSM {
			m, err := parseMessage(submitSM, body)
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			screens <- m
			mu.Unlock()
		}
		return false
	})
	cfg := account(s.address())
	cfg.USSDEnd = 3
	behind := &channeltest.Gateway{Answer: func(in gateway.Inbound) gateway.Reply {
		return gateway.Reply{Text: "欢迎 " + in.Text, End: in.Text == "0"}
	}}
	run(t, open(t, cfg), behind)
	p := s.peer()
	reference := tlv{tagUserReference, []byte{0x12, 0x34}}
	hop := func(sequence uint32, op byte, text string) message {
		t.Helper()
		m := mo(0, text, tlv{tagUSSDOperation, []byte{op}}, reference)
		m.to = address{0, 1, "384"}
		p.deliver(sequence, m)
		if got := p.answered(t, sequence); got != statusOK {
			t.Errorf("answered %s", got)
		}
		return <-screens
	}
	first := hop(1, opDialled, "384") // the code alone is no text
	last := hop(2, opTyped, "0")
	for i, m := range []message{first, last} {
		op, _ := m.number(tagUSSDOperation)
		info, _ := m.find(tagUserReference)
		if want := []int{opAsk, 3}[i]; op != want || !bytes.Equal(info, reference.value) || m.coding != codingUCS2 || m.from != (address{0, 1, "384"}) || m.to != fromPhone {
			t.Errorf("screen %d is %+v", i, m)
		}
	}
	in := behind.Inbounds()
	if len(in) != 2 || in[0].Text != "" || in[1].Text != "0" || in[0].Session != in[1].Session || in[0].ID == in[1].ID {
		t.Errorf("kept %+v", in)
	}
	behind.SetDown(true)
	m := hop(3, opDialled, "*384#")
	if op, _ := m.number(tagUSSDOperation); op != 3 || string(m.text) != channeltest.Apology {
		t.Errorf("where nothing is kept the phone sees %+v", m)
	}
}

func FuzzReceipt(f *testing.F) {
	f.Add([]byte("id:0123456789 sub:001 dlvrd:001 submit date:2611222357 done date:2611222358 stat:DELIVRD err:000 text:x"), []byte("77"), byte(2))
	f.Add([]byte("id: stat:"), []byte{}, byte(0))
	f.Add([]byte("\x00i\x00d\x00:"), []byte{0xff}, byte(9))
	f.Fuzz(func(t *testing.T, text, id []byte, state byte) {
		m := mo(0, string(text), tlv{tagReceiptedID, id}, tlv{tagMessageState, []byte{state}})
		r, ok := parseReceipt(&m)
		if ok && (!web.IsID(r.CarrierID) || r.State.Rank() == 0 || r.Code == "" || !utf8.ValidString(r.Code)) {
			t.Errorf("read as %+v", r)
		}
	})
}

func FuzzUserData(f *testing.F) {
	f.Add([]byte("\x05\x00\x03\x07\x02\x01rice"))
	f.Add([]byte("\x06\x08\x04\x07\x07\x02\x01rice"))
	f.Add([]byte{0xff, 0, 0})
	f.Fuzz(func(t *testing.T, data []byte) {
		p, text, err := parseUserData(data)
		if err == nil && (len(text) >= len(data) || p.total > maxParts) {
			t.Errorf("read as %+v and %d octets", p, len(text))
		}
	})
}

// FuzzDeliver: whatever the SMSC sends is answered once, or held as a part of a
// text, and only fit texts and reports come through.
func FuzzDeliver(f *testing.F) {
	f.Add(body(mo(0, "MENU")))
	f.Add(body(partOf(7, 2, 1, "rice")))
	f.Add(body(mo(8, "\xd8\x3d", sar(7, 2, 1)...)))
	f.Add(body(mo(0, "*384#", tlv{tagUSSDOperation, []byte{1}}, tlv{tagSessionInfo, []byte{7, 0}})))
	f.Add(body(with(mo(0, "id:77 stat:DELIVRD"), func(m *message) { m.esmClass = esmReceipt })))
	f.Fuzz(func(t *testing.T, body []byte) {
		here, there := net.Pipe()
		defer there.Close()
		l := newLink(here, patience)
		defer l.end(errLeft)
		c := open(t, account("127.0.0.1:2775"))
		behind := &channeltest.Gateway{}
		c.handle(t.Context(), behind, l, header{deliverSM, 0, 1}, body)
		c.lanes.drain(patience)
		l.mu.Lock()
		answers := l.queued
		l.mu.Unlock()
		c.long.mu.Lock()
		held := len(c.long.texts)
		c.long.mu.Unlock()
		if want := uint64(headerSize+1) * uint64(1-held); held > 1 || answers != want {
			t.Errorf("%d octets of answers, %d texts held", answers, held)
		}
		for _, in := range behind.Inbounds() {
			if in.Phone == "" || !web.IsID(in.ID) || gsm.Clean(in.Text) != in.Text || (in.Mode == dialogue.USSD) != (in.Session != "") {
				t.Errorf("kept %+v", in)
			}
		}
		for _, r := range behind.Reports() {
			if r.Phone == "" || r.State.Rank() == 0 || r.CarrierID == "" {
				t.Errorf("kept %+v", r)
			}
		}
	})
}

// FuzzStream: no stream makes a reader take more than a PDU can have.
func FuzzStream(f *testing.F) {
	f.Add(appendPDU(nil, header{submitSM | response, 0, 1}, "77"))
	f.Add(append(appendPDU(nil, header{enquireLink, 0, 1}), 0xff, 0xff, 0xff, 0xff))
	f.Fuzz(func(t *testing.T, stream []byte) {
		r := bytes.NewReader(stream)
		for {
			before := r.Len()
			_, body, err := readPDU(r, nil)
			if err != nil {
				return
			}
			if len(body) > maxPDU || before-r.Len() != len(body)+headerSize {
				t.Fatalf("read %d octets for a body of %d", before-r.Len(), len(body))
			}
		}
	})
}
