// Package gatewaytest runs a whole gateway in a test: the real NATS in the
// process, the real log, the real order processor on SQLite, and a catalogue of
// a few products.
package gatewaytest

import (
	"context"
	"encoding/json"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/rs/zerolog"

	"haat/catalog"
	"haat/gateway"
	"haat/gateway/dialogue"
	"haat/gateway/lang"
	"haat/gateway/messagelog"
	"haat/gateway/screen"
	"haat/orders"
	"haat/orders/bus"
	"haat/orders/desk"
	"haat/orders/numbers"
	"haat/orders/processor"
	"haat/orders/store"
)

// Rig is a gateway and everything below it.
type Rig struct {
	T        testing.TB
	Bus      *bus.Bus
	Log      *messagelog.Log
	People   *messagelog.People
	Receipts *messagelog.Receipts
	Store    *store.Store
	Gateway  *gateway.Gateway
	ids      atomic.Int64
}

// Products are what a rig sells: rice without end and ten bars of soap.
var Products = []catalog.Product{
	{SKU: "RICE5", Number: 101, Category: "staples", Names: map[string]string{"en": "Rice 5 kg", "sw": "Mchele kilo 5"}, Unit: "bag", Price: catalog.Money{Minor: 85000, Currency: "KES"}},
	{SKU: "SOAP", Number: 201, Category: "hygiene", Names: map[string]string{"en": "Bar soap", "sw": "Sabuni ya mche"}, Unit: "piece", Price: catalog.Money{Minor: 15000, Currency: "KES"}, Counted: true, Stock: 10},
}

// Options change a rig.
type Options struct {
	OrderWait time.Duration // 0: 800 ms
	Deferred  bool          // SMS replies are sent by an outbox
	Stations  int           // 0: 1
	Flood     int           // SMS of one phone that are answered in ten minutes; 0: all
	Now       func() time.Time
	Limits    func(*gateway.Limits) // changes what the channel may
}

// New opens a rig whose processor does not run yet: see [Rig.Process].
func New(t testing.TB, o Options) *Rig {
	t.Helper()
	dir := t.TempDir()
	r := &Rig{T: t}
	var err error
	check := func() {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	ctx := context.Background()
	r.Bus, err = bus.Open(ctx, bus.Config{Dir: dir}, zerolog.Nop())
	check()
	t.Cleanup(func() { _ = r.Bus.Close() })
	r.Store, err = store.Open(ctx, filepath.Join(dir, "orders.db"))
	check()
	t.Cleanup(func() { _ = r.Store.Close() })
	r.Log, err = messagelog.Open(ctx, r.Bus)
	check()
	r.People, err = messagelog.OpenPeople(ctx, r.Bus)
	check()
	r.Receipts, err = messagelog.OpenReceipts(ctx, r.Bus)
	check()
	numbers, err := numbers.Open(ctx, r.Bus)
	check()
	languages, err := lang.Load("en", "sw")
	check()
	shelf := catalog.New("v1", Products, nil)
	if o.OrderWait == 0 {
		o.OrderWait = 800 * time.Millisecond
	}
	limits := gateway.Limits{USSD: screen.USSD(), SMS: screen.SMS(2), DialCode: "*384#", Parts: 2, Deferred: o.Deferred}
	if o.Limits != nil {
		o.Limits(&limits)
	}
	r.Gateway, err = gateway.New(gateway.Config{
		Log: r.Log, People: r.People, Desk: desk.Client{NC: r.Bus.Conn()}, Numbers: numbers, Receipts: r.Receipts, Logger: zerolog.Nop(),
		Catalog: func() *catalog.Catalog { return shelf }, Stations: stations(max(o.Stations, 1)),
		Languages: languages, Currency: "KES", BasketKeep: 24 * time.Hour, Hold: 30 * time.Minute, OrderWait: o.OrderWait, Sessions: 100,
		Channels: map[string]gateway.Limits{"demo": limits}, Flood: o.Flood, Now: o.Now,
	})
	check()
	r.listen()
	return r
}

func stations(n int) []orders.Station {
	return []orders.Station{{ID: "ST01", Name: "Mama Njeri's shop", Village: "Kiambogo"}, {ID: "ST02", Name: "Kwa Otieno", Village: "Ugunja"}}[:n]
}

func (r *Rig) listen() {
	_, err := r.Bus.Conn().Subscribe(bus.OrderEvents, func(m *nats.Msg) {
		var e orders.Event
		if err := json.Unmarshal(m.Data, &e); err != nil {
			r.T.Error(err)
		}
		r.Gateway.Decided(e)
	})
	if err != nil {
		r.T.Fatal(err)
	}
}

// Process runs the order processor and its desk until the test ends or stop is
// called.
func (r *Rig) Process() (stop func()) {
	r.T.Helper()
	p := processor.New(processor.Config{}, r.Bus, r.Store, zerolog.Nop())
	if err := p.SetCatalog(context.Background(), "first", Products); err != nil {
		r.T.Fatal(err)
	}
	stopDesk, err := desk.Serve(r.Bus.Conn(), r.Store.Of)
	if err != nil {
		r.T.Fatal(err)
	}
	return r.Run(func(ctx context.Context) error {
		defer stopDesk()
		return p.Run(ctx)
	})
}

// ProcessCharges adds what SMS cost to their orders, until the test ends.
func (r *Rig) ProcessCharges() {
	r.Run(processor.New(processor.Config{}, r.Bus, r.Store, zerolog.Nop()).RunCharges)
}

// Run runs work until the test ends or stop is called, whichever comes first.
func (r *Rig) Run(work func(context.Context) error) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- work(ctx) }()
	var stopped atomic.Bool
	stop = func() {
		cancel()
		if !stopped.Swap(true) {
			if err := <-ended; err != nil {
				r.T.Error(err)
			}
		}
	}
	r.T.Cleanup(stop)
	return stop
}

// ID is a new message id.
func (r *Rig) ID() string { return "m" + strconv.FormatInt(r.ids.Add(1), 10) }

// SMS hands a text to the gateway and gives the reply.
func (r *Rig) SMS(phone gateway.Phone, text string) string {
	r.T.Helper()
	reply, err := r.Gateway.Accept(context.Background(), gateway.Inbound{ID: r.ID(), Channel: "demo", Mode: dialogue.SMS, Phone: phone, Text: text})
	if err != nil {
		r.T.Fatal(err)
	}
	return reply.Text
}

// Call is a USSD session of a carrier that sends all that was typed each time.
type Call struct {
	Rig     *Rig
	Phone   gateway.Phone
	Session string
	Text    string
}

// Dial begins a call.
func (r *Rig) Dial(phone gateway.Phone) *Call { return &Call{Rig: r, Phone: phone, Session: r.ID()} }

// Send hands the call's present hop to the gateway, as often as it is called.
func (c *Call) Send() (gateway.Reply, error) {
	return c.Rig.Gateway.Accept(context.Background(), gateway.Inbound{
		ID: c.Session + "#" + c.Text, Channel: "demo", Mode: dialogue.USSD, Phone: c.Phone, Text: c.Text, Session: c.Session, Cumulative: true})
}

// Type adds an answer; the first one begins the text.
func (c *Call) Type(answer string) *Call {
	if c.Text != "" {
		c.Text += "*"
	}
	c.Text += answer
	return c
}

// Walk sends the dial, unless text was typed already, and then each answer,
// and gives the last screen.
func (c *Call) Walk(answers ...string) string {
	c.Rig.T.Helper()
	var last gateway.Reply
	send := func() {
		var err error
		if last, err = c.Send(); err != nil {
			c.Rig.T.Fatal(err)
		}
	}
	if c.Text == "" {
		send()
	}
	for _, a := range answers {
		c.Type(a)
		send()
	}
	return last.Text
}

// Entries is the whole log of a phone, or of all with an empty one.
func (r *Rig) Entries(phone gateway.Phone) (all []messagelog.Entry) {
	r.T.Helper()
	err := r.Log.Entries(context.Background(), phone, false, func(e messagelog.Entry) error {
		all = append(all, e)
		return nil
	})
	if err != nil {
		r.T.Fatal(err)
	}
	return all
}

// Orders are all orders, the oldest first.
func (r *Rig) Orders() (all []orders.Order) {
	r.T.Helper()
	if err := r.Store.All(context.Background(), func(o orders.Order) error { all = append(all, o); return nil }); err != nil {
		r.T.Fatal(err)
	}
	return all
}

// Eventually waits until done, and fails the test after a generous while.
func (r *Rig) Eventually(what string, done func() bool) {
	r.T.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(30 * time.Second)
	for !done() {
		select {
		case <-tick.C:
		case <-deadline:
			r.T.Fatalf("this did not happen: %s", what)
		}
	}
}
