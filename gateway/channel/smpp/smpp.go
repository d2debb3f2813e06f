// Package smpp is the channel to a carrier's SMSC by SMPP 3.4: SMS out and in,
// delivery receipts, and USSD where the carrier offers it over SMPP.
//
// haat binds to the SMSC, as transceiver or as a pair of transmitter and
// receiver, and binds again whenever the link is lost. The carrier gives the
// address, system_id and password, and often wants to know the address from
// which this machine connects. There is nothing to enter at the carrier but
// that, and the range of short codes whose texts shall come here.
//
// A text that comes in is confirmed to the SMSC only after it is kept; one that
// could not be kept is answered 0x64 (temporary error), and the SMSC sends it
// again. SMPP gives texts no id: see arrivals for how a repeat is known. The
// parts of a long text are held unconfirmed until all are there and kept. An SMSC
// that waits for each confirmation before it sends the next part would wait for
// ever: after holdPart the parts of such a text are confirmed one by one, and
// those are lost if haat is killed before the last has come.
//
// The format is that of the SMPP Protocol Specification 3.4, issue 1.2; user data
// headers are those of 3GPP TS 23.040, and data_coding values beyond SMPP's own
// those of 3GPP TS 23.038.
package smpp

import (
	"bufio"
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"haat/gateway"
)

// Config is one account at one SMSC.
type Config struct {
	// Address is the SMSC's host and port. The port is usually 2775, with TLS
	// 3550. Required.
	Address string `yaml:"address" example:"smsc.example.org:2775"`
	// TLS makes the connection an encrypted one, to a certificate that this
	// machine trusts. Default: false, since most SMSCs are reached by a VPN.
	TLS bool `yaml:"tls" example:"true"`
	// SystemID is the account's name. Required.
	SystemID string `yaml:"system_id" example:"haat"`
	// Password is the account's password. The standard allows 8 characters;
	// longer ones, up to 64, are sent as they are. Required.
	Password string `yaml:"password" example:"${SMPP_PASSWORD}"`
	// SystemType is what the carrier wants as system type, up to 12 characters.
	// Default: none.
	SystemType string `yaml:"system_type" example:"SMPP"`
	// Bind is how the SMSC wants to be bound to: transceiver, one connection for
	// both directions, or pair, a transmitter and a receiver. Default:
	// transceiver.
	Bind string `yaml:"bind" example:"transceiver"`
	// From is the short code, number or name that SMS come from, up to 20
	// characters. Default: none, the SMSC sets it.
	From string `yaml:"from" example:"\"20384\""`
	// SourceTON is the type of number of from, 0 to 6. Default: 5 for a name, 3
	// for a short code of up to 8 digits, 2 for a number with a 0 before it, 1 for
	// an international number, 0 without from.
	SourceTON string `yaml:"source_ton" example:"\"3\""`
	// SourceNPI is the numbering plan of from, 0 to 18. Default: 1 for a number,
	// else 0.
	SourceNPI string `yaml:"source_npi" example:"\"0\""`
	// DestTON is the type of number of the phones. Default: 1, international.
	DestTON string `yaml:"dest_ton" example:"\"1\""`
	// DestNPI is the numbering plan of the phones. Default: 1, that of telephones.
	DestNPI string `yaml:"dest_npi" example:"\"1\""`
	// ServiceType is what the carrier wants as service type of SMS, up to 5
	// characters. Default: none.
	ServiceType string `yaml:"service_type" example:"CMT"`
	// Long is how a text goes that one SMS cannot hold: udh, in parts with a user
	// data header of an 8-bit reference; udh16, the same with 16 bits; sar, in
	// parts with sar TLVs; payload, whole in message_payload. Default: udh.
	Long string `yaml:"long" example:"udh"`
	// DefaultAlphabet is what the SMSC takes data_coding 0 for: gsm7, or latin1
	// (ISO 8859-1). Texts beyond it go in UCS-2. Default: gsm7.
	DefaultAlphabet string `yaml:"default_alphabet" example:"gsm7"`
	// Receipts says which delivery receipts are asked for: all, failures or none.
	// Default: all.
	Receipts string `yaml:"receipts" example:"all"`
	// Validity is how the SMSC is told until when an SMS is of use: relative, a
	// span of 1 minute to 31 days, or none where the SMSC refuses that (0x62).
	// Default: relative.
	Validity string `yaml:"validity" example:"relative"`
	// EnquireLink is how often the SMSC is asked whether it is still there, 1s to
	// 10m. Default: 30s.
	EnquireLink time.Duration `yaml:"enquire_link" example:"30s"`
	// ResponseTimeout is how long the SMSC may take to answer, 1s to 2m. Default:
	// 10s.
	ResponseTimeout time.Duration `yaml:"response_timeout" example:"10s"`
	// USSDDialled is the ussd_service_op, 1 to 255, of a phone that dials.
	// Default: 1, PSSR indication.
	USSDDialled int `yaml:"ussd_dialled" example:"1"`
	// USSDTyped is that of a phone's answer to a screen. Default: 18, USSR
	// confirm.
	USSDTyped int `yaml:"ussd_typed" example:"18"`
	// USSDAsk is that of a screen that wants an answer. Default: 2, USSR request.
	USSDAsk int `yaml:"ussd_ask" example:"2"`
	// USSDEnd is that of the last screen. Default: 17, PSSR response; some
	// gateways want 3, USSN request.
	USSDEnd int `yaml:"ussd_end" example:"17"`
}

// Channel is one account at one SMSC.
type Channel struct {
	name    string
	cfg     Config
	phones  *gateway.Phones
	logger  zerolog.Logger
	tls     *tls.Config // nil: without
	source  address
	destTON byte
	destNPI byte
	backoff backoff

	binds    []*bind
	out      *bind // by which SMS leave
	stopping atomic.Bool

	reference atomic.Uint32 // of the next long text
	begun     *begun
	lanes     *lanes
	arrivals  *arrivals
	long      *assembly
	sessions  *sessions
}

var (
	_ gateway.Sender   = (*Channel)(nil)
	_ gateway.Runner   = (*Channel)(nil)
	_ gateway.Linked   = (*Channel)(nil)
	_ gateway.Deferred = (*Channel)(nil)
)

// bind is one of the channel's binds, and its link while there is one.
type bind struct {
	as   command // bindTransceiver, bindTransmitter or bindReceiver
	link atomic.Pointer[link]

	mu  sync.Mutex
	err error // why there is no link
}

// backoff is how long to wait before binding again.
type backoff struct{ first, most time.Duration }

// Open implements [gateway.Carrier].
func (cfg Config) Open(name string, at gateway.Site) (gateway.Channel, error) {
	return New(name, cfg, at)
}

// New makes a channel. It connects when it is run.
func New(name string, cfg Config, at gateway.Site) (*Channel, error) {
	cfg.setDefaults()
	if err := cfg.check(); err != nil {
		return nil, fmt.Errorf("channel %s: %w", name, err)
	}
	c := &Channel{
		name: name, cfg: cfg, phones: gateway.NewPhones(at.Region), logger: at.Logger,
		backoff: backoff{time.Second, time.Minute},
		begun:   newBegun(), lanes: newLanes(), arrivals: newArrivals(), sessions: newSessions(),
	}
	c.long = newAssembly(c.lost)
	c.source = sourceOf(cfg.From)
	var err error
	for setting, to := range map[string]*byte{
		"source_ton": &c.source.ton, "source_npi": &c.source.npi, "dest_ton": &c.destTON, "dest_npi": &c.destNPI,
	} {
		if err = cfg.number(setting, to); err != nil {
			return nil, fmt.Errorf("channel %s: %w", name, err)
		}
	}
	if cfg.TLS {
		host, _, _ := net.SplitHostPort(cfg.Address)
		c.tls = &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}
	}
	c.reference.Store(rand.Uint32())
	c.out = &bind{as: bindTransceiver, err: errNotBound}
	c.binds = []*bind{c.out}
	if cfg.Bind == "pair" {
		c.out.as = bindTransmitter
		c.binds = append(c.binds, &bind{as: bindReceiver, err: errNotBound})
	}
	return c, nil
}

func (cfg *Config) setDefaults() {
	cfg.Bind = cmp.Or(cfg.Bind, "transceiver")
	cfg.Long = cmp.Or(cfg.Long, "udh")
	cfg.DefaultAlphabet = cmp.Or(cfg.DefaultAlphabet, "gsm7")
	cfg.Receipts = cmp.Or(cfg.Receipts, "all")
	cfg.Validity = cmp.Or(cfg.Validity, "relative")
	cfg.EnquireLink = cmp.Or(cfg.EnquireLink, 30*time.Second)
	cfg.ResponseTimeout = cmp.Or(cfg.ResponseTimeout, 10*time.Second)
	cfg.DestTON, cfg.DestNPI = cmp.Or(cfg.DestTON, "1"), cmp.Or(cfg.DestNPI, "1")
	cfg.USSDDialled = cmp.Or(cfg.USSDDialled, opDialled)
	cfg.USSDTyped = cmp.Or(cfg.USSDTyped, opTyped)
	cfg.USSDAsk = cmp.Or(cfg.USSDAsk, opAsk)
	cfg.USSDEnd = cmp.Or(cfg.USSDEnd, opEnd)
}

func (cfg *Config) check() error {
	if host, port, err := net.SplitHostPort(cfg.Address); err != nil || host == "" || port == "" {
		return errors.New("address is missing or broken: put the SMSC's host and port there, such as smsc.example.org:2775")
	}
	if cfg.SystemID == "" || cfg.Password == "" {
		return errors.New("system_id or password is missing: put those of the account at the SMSC there")
	}
	for _, text := range []struct {
		setting, value string
		most           int
	}{
		{"system_id", cfg.SystemID, 64}, {"password", cfg.Password, 64}, {"system_type", cfg.SystemType, 12},
		{"service_type", cfg.ServiceType, 5}, {"from", cfg.From, 20},
	} {
		if len(text.value) > text.most || !isASCII(text.value) {
			return fmt.Errorf("%s must be ASCII of at most %d characters", text.setting, text.most)
		}
	}
	for _, word := range []struct{ setting, value, words string }{
		{"bind", cfg.Bind, "transceiver pair"}, {"long", cfg.Long, "udh udh16 sar payload"},
		{"default_alphabet", cfg.DefaultAlphabet, "gsm7 latin1"},
		{"receipts", cfg.Receipts, "all failures none"}, {"validity", cfg.Validity, "relative none"},
	} {
		if !oneOf(word.value, word.words) {
			return fmt.Errorf("%s must be one of: %s", word.setting, strings.ReplaceAll(word.words, " ", ", "))
		}
	}
	return cfg.checkNumbers()
}

func (cfg *Config) checkNumbers() error {
	if cfg.EnquireLink < time.Second || cfg.EnquireLink > 10*time.Minute {
		return errors.New("enquire_link must be a time from 1s to 10m")
	}
	if cfg.ResponseTimeout < time.Second || cfg.ResponseTimeout > 2*time.Minute {
		return errors.New("response_timeout must be a time from 1s to 2m")
	}
	for setting, op := range map[string]int{
		"ussd_dialled": cfg.USSDDialled, "ussd_typed": cfg.USSDTyped, "ussd_ask": cfg.USSDAsk, "ussd_end": cfg.USSDEnd,
	} {
		if op < 1 || op > 255 {
			return fmt.Errorf("%s must be a number from 1 to 255: the carrier says which ussd_service_op it uses", setting)
		}
	}
	if cfg.USSDDialled == cfg.USSDTyped {
		return errors.New("ussd_dialled and ussd_typed must be different: the carrier says which ussd_service_op it uses")
	}
	return nil
}

func oneOf(word, words string) bool {
	for w := range strings.FieldsSeq(words) {
		if w == word {
			return true
		}
	}
	return false
}

func isASCII(text string) bool {
	for i := range len(text) {
		if text[i] < ' ' || text[i] > '~' {
			return false
		}
	}
	return true
}

// number reads one of the settings of TON and NPI into n, which stays as it is
// where there is none.
func (cfg *Config) number(setting string, n *byte) error {
	value, most := cfg.SourceTON, 6
	switch setting {
	case "source_npi":
		value, most = cfg.SourceNPI, 18
	case "dest_ton":
		value = cfg.DestTON
	case "dest_npi":
		value, most = cfg.DestNPI, 18
	}
	if value == "" {
		return nil
	}
	v, err := strconv.Atoi(value)
	if err != nil || v < 0 || v > most {
		return fmt.Errorf("%s must be a number from 0 to %d", setting, most)
	}
	*n = byte(v)
	return nil
}

// shortCode is how many digits a short code has at most. Numbers of the
// international plan have more.
const shortCode = 8

// sourceOf tells what kind of address a sender is (SMPP 3.4, 5.2.5 and 5.2.6).
func sourceOf(from string) address {
	digits := strings.TrimPrefix(from, "+")
	switch {
	case from == "":
		return address{}
	case strings.Trim(digits, "0123456789") != "":
		return address{ton: 5, digits: from}
	case digits == from && len(digits) <= shortCode:
		return address{ton: 3, digits: digits}
	case strings.HasPrefix(digits, "0"):
		return address{ton: 2, npi: 1, digits: digits}
	}
	return address{ton: 1, npi: 1, digits: digits}
}

// Name is the channel's name in the configuration.
func (c *Channel) Name() string { return c.name }

// Deferred is true: SMPP confirms a text without words, and the reply is an SMS
// of its own.
func (c *Channel) Deferred() bool { return true }

// Link tells why the channel is not bound, nil while it is. Of a pair both must
// be.
func (c *Channel) Link() error {
	if c.stopping.Load() {
		return errLeft
	}
	for _, b := range c.binds {
		err := b.why()
		if l := b.link.Load(); l != nil {
			err = l.trouble()
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (b *bind) why() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.err
}

// lost notes why there is no link any more.
func (b *bind) lost(err error) {
	b.mu.Lock()
	b.err = err
	b.mu.Unlock()
	b.link.Store(nil)
}

// Run binds, and binds again, until ctx ends. Then it lets what is under way
// come to its end, for some seconds, and unbinds. There is no error that it
// gives up for: what the carrier refuses today it may allow when it has set up
// the account.
func (c *Channel) Run(ctx context.Context, to gateway.Acceptor) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var running sync.WaitGroup
	for _, b := range c.binds {
		running.Go(func() { c.keep(ctx, b, to) })
	}
	running.Wait()
	return nil
}

// keep keeps one bind bound until ctx ends.
func (c *Channel) keep(ctx context.Context, b *bind, to gateway.Acceptor) {
	wait := c.backoff.first
	for ctx.Err() == nil {
		begun := time.Now()
		l, r, err := c.connect(ctx, b.as)
		if err == nil {
			c.logger.Info().Str("bind", b.kind()).Msg("bound to the SMSC")
			b.link.Store(l)
			err = c.serve(ctx, l, r, to)
		}
		b.lost(err)
		if ctx.Err() != nil {
			return
		}
		if time.Since(begun) > wait+c.cfg.ResponseTimeout { // it stood for a while: this is a new trouble
			wait = c.backoff.first
		}
		pause := wait/2 + rand.N(wait/2+1) // many must not come back at once
		wait = min(2*wait, c.backoff.most)
		c.logger.Warn().Err(err).Str("bind", b.kind()).Dur("again_in", pause).Msg("not bound to the SMSC")
		select {
		case <-time.After(pause):
		case <-ctx.Done():
		}
	}
}

// kind names the bind as settings and carriers do.
func (b *bind) kind() string {
	switch b.as {
	case bindTransmitter:
		return "transmitter"
	case bindReceiver:
		return "receiver"
	}
	return "transceiver"
}

// connect dials the SMSC and binds. Its errors are for an operator.
func (c *Channel) connect(ctx context.Context, as command) (*link, *bufio.Reader, error) {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.ResponseTimeout)
	defer cancel()
	conn, err := c.dial(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("the SMSC cannot be reached, check address, tls and the network: %w", err)
	}
	undo := context.AfterFunc(ctx, func() { _ = conn.Close() })
	r := bufio.NewReaderSize(conn, readBuffer)
	err = c.bind(conn, r, as)
	if undo() && err == nil {
		return newLink(conn, c.cfg.ResponseTimeout), r, nil
	}
	_ = conn.Close()
	if ctx.Err() != nil || err == nil {
		return nil, nil, errors.New("the SMSC takes the connection but does not answer the bind: ask the carrier whether it knows this machine's address")
	}
	return nil, nil, err
}

func (c *Channel) dial(ctx context.Context) (net.Conn, error) {
	if c.tls != nil {
		return (&tls.Dialer{Config: c.tls}).DialContext(ctx, "tcp", c.cfg.Address)
	}
	return new(net.Dialer).DialContext(ctx, "tcp", c.cfg.Address)
}

// bind says who we are and reads the SMSC's word on it.
func (c *Channel) bind(conn net.Conn, r *bufio.Reader, as command) error {
	pdu := beginPDU(nil, header{as, statusOK, 1})
	for _, text := range []string{c.cfg.SystemID, c.cfg.Password, c.cfg.SystemType} {
		pdu = appendCString(pdu, text)
	}
	pdu = append(pdu, interfaceVersion, 0, 0, 0) // then addr_ton, addr_npi, address_range: the account's own
	if _, err := conn.Write(endPDU(pdu, 0)); err != nil {
		return fmt.Errorf("the SMSC hung up before the bind: %w", err)
	}
	for {
		h, _, err := readPDU(r, nil)
		switch {
		case err != nil:
			return fmt.Errorf("the SMSC hung up on the bind: %w", err)
		case h.command != as|response && h.command != genericNack:
			continue // an SMSC may be early with other things
		case h.status != statusOK || h.command == genericNack:
			return fmt.Errorf("bind refused (%s): %s", h.status, h.status.meaning().advice)
		}
		return nil
	}
}

// serve runs a link until it ends, and says why it did.
func (c *Channel) serve(ctx context.Context, l *link, r *bufio.Reader, to gateway.Acceptor) error {
	var running sync.WaitGroup
	running.Go(l.write)
	running.Go(func() { l.beat(c.cfg.EnquireLink) })
	running.Go(func() {
		l.read(r, func(l *link, h header, body []byte) { c.handle(context.WithoutCancel(ctx), to, l, h, body) })
	})
	select {
	case <-ctx.Done():
		c.stopping.Store(true)
		c.lanes.drain(leaveWithin)
		l.leave(errLeft)
	case <-l.ended:
	}
	running.Wait()
	return l.why()
}
