package dialogue

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"haat/catalog"
	"haat/gateway/lang"
	"haat/gateway/screen"
	"haat/orders"
)

var update = flag.Bool("update", false, "write the golden transcripts")

const sample = "../../cmd/haat/sample/"

// market is the sample market on a fixed morning.
func market(t testing.TB) World {
	t.Helper()
	languages, err := lang.Load("en", "sw")
	if err != nil {
		t.Fatal(err)
	}
	open := func(name string) *os.File {
		f, err := os.Open(sample + name)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Close() })
		return f
	}
	products, err := catalog.Read(open("catalog.csv"), "KES")
	if err != nil {
		t.Fatal(err)
	}
	categories, err := catalog.ReadCategories(open("categories.csv"))
	if err != nil {
		t.Fatal(err)
	}
	stations, err := orders.ReadStations(open("stations.csv"))
	if err != nil {
		t.Fatal(err)
	}
	return World{
		Now:       time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC),
		Catalog:   catalog.New("v1", products, categories),
		Stations:  stations,
		Languages: languages,
		Currency:  "KES",
		Budget:    screen.USSD(),
		DialCode:  "*384*96#",
		Keep:      24 * time.Hour,
	}
}

// phone is a phone in a transcript: it keeps the session as the gateway would
// and has a processor that knows what was placed.
type phone struct {
	t      *testing.T
	w      World
	mode   Mode
	s      Session
	placed []orders.Order // newest first
	last   Outcome
	script strings.Builder
	serial int
}

func newPhone(t *testing.T, mode Mode) *phone {
	return &phone{t: t, w: market(t), mode: mode}
}

// dial begins a USSD session.
func (p *phone) dial() { p.input("(dials)", Input{Mode: USSD, Dial: true}) }

// types answers, or texts, one after the other.
func (p *phone) types(texts ...string) {
	for _, text := range texts {
		p.input(text, Input{Mode: p.mode, Text: text})
	}
}

func (p *phone) input(shown string, in Input) {
	p.t.Helper()
	p.serial++
	p.w.Fresh = Fresh{BasketID: fmt.Sprintf("basket-%d", p.serial), OrderNumber: int64(10000 + p.serial), PickupCode: fmt.Sprint(4000 + p.serial)}
	p.w.Now = p.w.Now.Add(20 * time.Second)
	p.w.Orders, p.w.OrdersKnown = nil, false
	p.mode = in.Mode
	o := Step(p.s, in, p.w)
	if o.NeedOrders {
		p.w.Orders, p.w.OrdersKnown = p.placed, true
		o = Step(p.s, in, p.w)
	}
	if r := o.Request; r != nil && r.Place != nil {
		p.placed = append([]orders.Order{*r.Place}, p.placed...)
	}
	p.write("> "+shown, o)
}

func (p *phone) write(heading string, o Outcome) {
	p.t.Helper()
	if !p.w.Budget.Fits(o.Text) || o.Text == "" || strings.ContainsAny(o.Text, "{}") {
		p.t.Errorf("a text that does not fit or is not whole:\n%s", o.Text)
	}
	fmt.Fprintf(&p.script, "%s\n", heading)
	for line := range strings.SplitSeq(o.Text, "\n") {
		fmt.Fprintf(&p.script, "    %s\n", line)
	}
	if o.End {
		p.script.WriteString("    (end)\n")
	}
	if r := o.Request; r != nil && r.Place != nil {
		fmt.Fprintf(&p.script, "  = order %s: %v, total %s, station %s\n", r.Place.ID, r.Place.Lines, r.Place.Total.Decimal(), r.Place.Station)
	} else if r != nil {
		fmt.Fprintf(&p.script, "  = cancel order %d\n", r.Cancel.Number)
	}
	p.s, p.last = o.Session, o
}

// decided is the processor's word on the newest order while the phone waits.
func (p *phone) decided(e orders.Event) {
	p.t.Helper()
	p.settle(&e)
	p.write("* the processor: "+string(e.Kind), Decided(p.s, e, p.w, p.mode))
}

// noticed is the processor's word on the newest order as an SMS.
func (p *phone) noticed(e orders.Event) {
	p.settle(&e)
	fmt.Fprintf(&p.script, "* %s, by SMS\n    %s\n", e.Kind, Notice(e, p.w.Languages.Get(p.s.Profile.Language), p.w))
}

func (p *phone) settle(e *orders.Event) {
	if len(p.placed) == 0 {
		p.t.Fatalf("no order was placed:\n%s", p.script.String())
	}
	p.placed[0].Status = e.Kind
	e.Order = p.placed[0]
}

// later lets time pass.
func (p *phone) later(d time.Duration) {
	p.w.Now = p.w.Now.Add(d)
	fmt.Fprintf(&p.script, "-- %s later --\n", d)
}

// reprices brings a new version of the catalogue in: a price of 0 takes the
// product out.
func (p *phone) reprices(version, sku string, minor int64) {
	var products []catalog.Product
	for _, q := range p.w.Catalog.Products() {
		product := *q
		if product.SKU == sku {
			if minor == 0 {
				continue
			}
			product.Price.Minor = minor
		}
		products = append(products, product)
	}
	var categories []catalog.Category
	for _, c := range p.w.Catalog.Categories() {
		categories = append(categories, *c)
	}
	p.w.Catalog = catalog.New(version, products, categories)
	fmt.Fprintf(&p.script, "-- a new catalogue: %s costs %d --\n", sku, minor)
}

// done compares the transcript with the golden one.
func (p *phone) done() {
	p.t.Helper()
	path := filepath.Join("testdata", strings.ReplaceAll(strings.TrimPrefix(p.t.Name(), "TestConversations/"), "/", "_")+".golden")
	got := p.script.String()
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			p.t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			p.t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		p.t.Fatal(err)
	}
	if got != string(want) {
		p.t.Errorf("the conversation is another than %s (write it anew with -update):\n%s", path, got)
	}
}

// conversations are whole talks; each is a golden file of its name.
var conversations = []struct {
	name string
	mode Mode
	talk func(p *phone)
}{
	{"ussd_first_order_en", USSD, func(p *phone) {
		p.dial()
		p.types("1", "1", "1", "2", "2", "1", "3", "1")
		p.decided(orders.Event{Kind: orders.Confirmed})
		p.dial()
		p.types("3", "1")
	}},
	{"ussd_first_order_sw", USSD, func(p *phone) {
		p.dial()
		p.types("2", "1", "4", "1", "3", "2", "00", "2", "1", "98", "3", "1")
		p.noticed(orders.Event{Kind: orders.Confirmed})
		p.noticed(orders.Event{Kind: orders.Dispatched})
		p.noticed(orders.Event{Kind: orders.Arrived})
		p.noticed(orders.Event{Kind: orders.Collected})
	}},
	{"ussd_paging", USSD, func(p *phone) {
		p.dial()
		p.types("1", "1", "98", "98", "5", "98", "98", "98", "98", "22", "0", "98", "2", "0", "0", "0", "0")
	}},
	{"ussd_wrong_inputs", USSD, func(p *phone) {
		p.dial()
		p.types("", "9", "0", "banana", "1", "7", "x", "1", "01", "1", "99", "2", "0", "2", "-1", "0.5", "10000", "98", "00", "2")
	}},
	{"ussd_change_and_remove", USSD, func(p *phone) {
		p.dial()
		p.types("1", "1", "1", "2", "2", "2", "1", "2", "1", "3", "2", "1", "98", "7", "3", "1", "2", "2", "1", "3", "3", "2", "1", "0", "0", "1", "1", "12", "3", "1", "2", "0", "1")
	}},
	{"ussd_resume", USSD, func(p *phone) {
		p.dial()
		p.types("1", "1", "1", "2", "2")
		p.later(5 * time.Hour)
		p.dial()
		p.types("1", "1")
		p.later(time.Minute)
		p.dial()
		p.types("2", "2")
		p.types("1", "1", "1", "1")
		p.later(25 * time.Hour)
		p.dial()
	}},
	{"ussd_to_sms", USSD, func(p *phone) {
		p.dial()
		p.types("1", "1", "1", "2", "2")
		p.mode = SMS
		p.types("1", "1", "1", "3", "1")
		p.decided(orders.Event{Kind: orders.Confirmed})
	}},
	{"sms_plain_form_en", SMS, func(p *phone) {
		p.types("ORDER RICE5 2, SOAP 3", "3", "1")
		p.noticed(orders.Event{Kind: orders.Confirmed})
		p.types("rice5 2 soap 3", "menu", "1")
	}},
	{"sms_plain_form_sw", SMS, func(p *phone) {
		p.types("Habari", "2", "AGIZA MCHELE 2", "agiza RICE5 x2, soap 3", "98", "3", "98", "1")
		p.noticed(orders.Event{Kind: orders.Rejected, Shortages: []orders.Shortage{{SKU: "RICE5", Left: 1}}})
		p.types("AGIZA RICE5 1, SOAP 3", "1", "msaada", "hali", "1", "1", "1", "acha")
	}},
	{"sms_menu_walk_en", SMS, func(p *phone) {
		p.types("hello", "1", "1", "2", "2", "98", "4", "1", "6", "1")
	}},
	{"ussd_price_changed", USSD, func(p *phone) {
		p.dial()
		p.types("1", "1", "1", "2", "2", "1", "1")
		p.reprices("v2", "RICE5", 90000)
		p.types("1", "1")
	}},
	{"ussd_product_gone", USSD, func(p *phone) {
		p.dial()
		p.types("1", "1", "1", "2", "2", "2", "1", "1", "1", "1", "1")
		p.reprices("v2", "RICE5", 0)
		p.types("1")
		p.reprices("v3", "RICE1", 0)
		p.types("1", "1", "1")
		p.reprices("v4", "SALT", 4000)
		p.types("1", "1")
	}},
	{"ussd_rejected", USSD, func(p *phone) {
		p.dial()
		p.types("1", "1", "1", "2", "99", "2", "4", "1", "5", "1", "1", "1")
		p.decided(orders.Event{Kind: orders.Rejected, Shortages: []orders.Shortage{{SKU: "RICE5", Left: 60}, {SKU: "SOAP", Left: 0}}})
		p.types("9", "1", "1")
		p.decided(orders.Event{Kind: orders.Confirmed})
	}},
	{"sms_status_and_cancel", SMS, func(p *phone) {
		p.types("STATUS", "RICE5", "3", "1", "STATUS", "STATUS 999", "status 10004", "CANCEL ORDER 10004")
		p.decided(orders.Event{Kind: orders.Cancelled})
		p.types("CANCEL ORDER 10004", "SOAP 2", "1")
		p.settle(&orders.Event{Kind: orders.Dispatched})
		p.types("cancel order", "cancel 10011")
		p.decided(orders.Event{Kind: orders.Dispatched, Refused: true})
	}},
	{"ussd_status_and_cancel", USSD, func(p *phone) {
		p.dial()
		p.types("1", "3", "0", "1", "1", "1", "2", "1", "5", "1")
		p.decided(orders.Event{Kind: orders.Confirmed})
		p.dial()
		p.types("3", "2", "1", "98", "1", "2", "1", "1")
		p.decided(orders.Event{Kind: orders.Cancelled})
	}},
	{"sms_stop_start", SMS, func(p *phone) {
		p.types("STOP", "status", "START", "1", "Stop", "start", "CANCEL")
	}},
	{"sms_language", SMS, func(p *phone) {
		p.types("kiswahili", "1", "English", "lang sw", "language", "1", "RICE5", "1", "swahili", "1")
	}},
	{"sms_unclear", SMS, func(p *phone) {
		p.types("ORDER RICE5 2, SUGAR 3", "1", "1", "good sugar please", "RICE5 0", "RICE5 2.5", "3 RICE5 2 SOAP", "RICE5 2 SOAP", "2", "yes", "?", "")
	}},
	{"ussd_texts", USSD, func(p *phone) {
		p.dial()
		p.types("ORDER RICE5 2, SOAP 3", "2", "help", "0", "STOP")
	}},
}

func TestConversations(t *testing.T) {
	for _, c := range conversations {
		t.Run(c.name, func(t *testing.T) {
			p := newPhone(t, c.mode)
			c.talk(p)
			p.done()
		})
	}
}
