package dialogue

import (
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"haat/catalog"
	"haat/gateway/lang"
	"haat/gateway/parse"
	"haat/gateway/screen"
	"haat/orders"
)

var update = flag.Bool("update", false, "write the golden transcripts")

const sample = "../../cmd/haat/sample/"

// everyLanguage is the sample market's, in the order offered.
var everyLanguage = []string{"en", "sw", "hi", "zh", "fr", "ar"}

// market is the sample market on a fixed morning.
func market(t testing.TB) World {
	t.Helper()
	w, err := sampleMarket()
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// sampleMarket is read once: its parser takes a while to make, and nothing of it
// changes.
var sampleMarket = sync.OnceValues(func() (w World, err error) {
	w = World{
		Now:      time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC),
		Currency: "KES",
		Budget:   screen.USSD(),
		DialCode: "*384*96#",
		Keep:     24 * time.Hour,
	}
	if w.Languages, err = lang.Load(everyLanguage...); err != nil {
		return w, err
	}
	products, err := readSample("catalog.csv", func(f io.Reader) ([]catalog.Product, error) { return catalog.Read(f, "KES") })
	if err != nil {
		return w, err
	}
	if products, _, err = catalog.Assign(products, nil); err != nil {
		return w, err
	}
	categories, err := readSample("categories.csv", catalog.ReadCategories)
	if err != nil {
		return w, err
	}
	w.Stations, err = readSample("stations.csv", orders.ReadStations)
	w.Catalog = catalog.New("v1", products, categories)
	w.Parser = parse.New(w.Catalog, w.Languages)
	return w, err
})

func readSample[T any](name string, read func(io.Reader) (T, error)) (v T, err error) {
	f, err := os.Open(sample + name)
	if err != nil {
		return v, err
	}
	defer f.Close()
	return read(f)
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

// dials begins a USSD session with more than our code.
func (p *phone) dials(beyond string) {
	p.input("(dials "+beyond+")", Input{Mode: USSD, Dial: true, Text: beyond})
}

// readsOn turns the pages up to the last.
func (p *phone) readsOn() {
	for !p.s.Last && p.s.State != "" {
		p.types("98")
	}
}

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
	p.checkDirection(o.Text)
	fmt.Fprintf(&p.script, "%s\n", heading)
	for line := range strings.SplitSeq(o.Text, "\n") {
		fmt.Fprintf(&p.script, "    %s\n", line)
	}
	if o.End {
		p.script.WriteString("    (end)\n")
	}
	if o.Offer != nil {
		fmt.Fprintf(&p.script, "  = offer: %+v\n", *o.Offer)
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
	text := Notice(e, p.w.Languages.Get(p.s.Profile.Language), p.w)
	p.checkDirection(text)
	fmt.Fprintf(&p.script, "* %s, by SMS\n    %s\n", e.Kind, text)
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
	p.w.Parser = parse.New(p.w.Catalog, p.w.Languages)
	fmt.Fprintf(&p.script, "-- a new catalogue: %s costs %d --\n", sku, minor)
}

// done compares the transcript with the golden one.
func (p *phone) done() {
	p.t.Helper()
	path := filepath.Join("testdata", strings.ReplaceAll(p.t.Name()[strings.Index(p.t.Name(), "/")+1:], "/", "_")+".golden")
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
		p.types("rice5 2 soap 3", "menu", "2")
	}},
	{"sms_plain_form_sw", SMS, func(p *phone) {
		p.types("Habari", "AGIZA RICE5 x2, soap 3", "98", "3", "1")
		p.noticed(orders.Event{Kind: orders.Rejected, Shortages: []orders.Shortage{{SKU: "RICE5", Left: 1}}})
		p.types("AGIZA RICE5 1, SOAP 3", "1", "msaada", "hali", "1", "98", "1", "1", "acha")
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
		p.types("kiswahili", "1", "English", "speak swahili", "language", "1", "RICE5", "1", "swahili", "1")
	}},
	{"sms_unclear", SMS, func(p *phone) {
		p.types("ORDER RICE5 2, SUGAR 3", "1", "1", "00", "good sugar please", "0", "RICE5 0", "2", "00", "RICE5 2.5", "00", "3 RICE5 2 SOAP", "yes", "?", "")
	}},
	{"sms_several_questions", SMS, func(p *phone) {
		p.types("pls send 2 rice, some sugar, 3 soap and a bike", "rice", "9", "2", "1", "0", "menu", "rice and sugar", "rice 25kg", "2", "0", "4", "1", "1")
	}},
	{"ussd_questions_survive", USSD, func(p *phone) {
		p.dial()
		p.types("1", "2 rice and sugar")
		p.dial()
		p.types("2")
		p.reprices("v2", "SUGAR1", 0)
		p.types("1", "1")
		p.dial()
		p.types("1", "1", "00", "2")
	}},
	{"sms_repeat", SMS, func(p *phone) {
		p.types("same again", "1", "2 RICE5 and 3 SOAP", "1", "1", "the same as last time")
		p.types("1")
		p.reprices("v2", "SOAP", 0)
		p.types("repeat my order", "1")
	}},
	{"sms_sell", SMS, func(p *phone) {
		p.types("I sell 50 kg of maize at 30", "selling 3 goats", "sell", "2 RICE5", "I sell eggs", "menu")
	}},
	{"sms_unknown", SMS, func(p *phone) {
		p.types("qwrtp zxcvb", "1", "00", "qwrtp zxcvb", "1", "00", "help", "qwrtp", "1")
	}},
	{"sms_keypad_numbers", SMS, func(p *phone) {
		p.types("102", "1", "1", "102 2, 401", "1", "999 2", "102 1 999 2", "1", "00", "102")
	}},
	{"ussd_dialled", USSD, func(p *phone) {
		p.dials("102*2")
		p.types("1", "1")
		p.dials("102")
		p.dials("*384*96*102*3#")
		p.dials("999*2")
		p.dials("*384*96#")
		p.dials("1*1")
		p.dials("help*me")
		p.dials("2*1*1*1*1*1")
	}},
	{"sms_language_guessed", SMS, func(p *phone) {
		p.types("Nataka sabuni tatu tafadhali", "1", "1", "102 2", "I want 2 soap please", "english", "nataka sabuni")
	}},
	{"sms_digits_of_other_scripts", SMS, func(p *phone) {
		p.types("مرحبا", "١", "１", "२", "٩٩", "००")
	}},
	{"gsm7_catalogue", SMS, func(p *phone) {
		p.w.Budget.GSM7 = true
		p.types("2 sabuni za mche na 大米", "1", "français", "5 farine de maïs 2kg", "1", "menu", "4", "00", "中文", "1", "1")
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

// spoken is how an order is texted in a language: what is certain, what is asked
// about, and what else there is to say.
var spoken = map[string]struct{ order, ask, status, help, thanks string }{
	"en": {"hello, plz send 2 rice 5kg na sabuni tatu", "2 sugar pls", "where is my order", "help", "thank you"},
	"sw": {"tafadhali nataka mchele kilo 5 mbili na sabuni tatu", "sukari mbili", "hali", "msaada", "asante"},
	"hi": {"2 चावल 5 किलो और तीन साबुन चाहिए", "2 चीनी चाहिए", "मेरा ऑर्डर कहाँ है", "मदद", "धन्यवाद"},
	"zh": {"我要两袋大米5公斤，三块肥皂", "要两袋白糖", "我的订单", "帮助", "谢谢"},
	"fr": {"je veux 2 riz 5kg et trois savons svp", "2 sucres svp", "ma commande", "aide", "merci"},
	"ar": {"أريد ٢ أرز ٥ كغ و ٣ صابون", "٢ سكر من فضلك", "طلبي", "مساعدة", "شكرا"},
}

// TestOrderInEveryLanguage is a whole order, by menu and by text, and by both
// where the channel carries Latin letters alone.
func TestOrderInEveryLanguage(t *testing.T) {
	for i, code := range everyLanguage {
		for _, gsm7 := range []bool{false, true} {
			if gsm7 && !slices.Contains([]string{"hi", "zh", "ar"}, code) {
				continue
			}
			name := code
			if gsm7 {
				name += "_latin"
			}
			t.Run("ussd_order_"+name, func(t *testing.T) {
				p := newPhone(t, USSD)
				p.w.Budget.GSM7 = gsm7
				p.menuOrder(strconv.Itoa(i + 1))
				p.done()
			})
			t.Run("sms_order_"+name, func(t *testing.T) {
				p := newPhone(t, SMS)
				p.w.Budget = screen.SMS(2)
				p.w.Budget.GSM7 = gsm7
				p.textOrder(code)
				p.done()
			})
		}
	}
}

// menuOrder orders by numbers alone, and hears what becomes of it.
func (p *phone) menuOrder(language string) {
	p.dial()
	p.types(language, "1", "1", "2", "2")
	p.readsOn()
	p.types("2", "4", "1", "3")
	for range 2 { // the basket, then the station
		p.readsOn()
		p.types("1")
	}
	p.readsOn()
	p.types("1")
	p.decided(orders.Event{Kind: orders.Confirmed})
	p.dial()
	p.types("3", "1")
	p.readsOn()
	p.types("0", "00", "6")
	p.readsOn()
	gsm7 := p.w.Budget.GSM7
	p.w.Budget = screen.SMS(2)
	p.w.Budget.GSM7 = gsm7
	p.hears()
}

// hears every notice about an order.
func (p *phone) hears() {
	for _, kind := range []orders.Status{orders.Confirmed, orders.Dispatched, orders.Arrived, orders.Collected, orders.Returned, orders.Cancelled} {
		p.noticed(orders.Event{Kind: kind})
	}
	p.noticed(orders.Event{Kind: orders.Rejected, Shortages: []orders.Shortage{{SKU: "RICE5", Left: 1}, {SKU: "SOAP", Left: 0}}})
}

// textOrder orders in words, as somebody of whom nothing is known.
func (p *phone) textOrder(code string) {
	say := spoken[code]
	p.types(say.order, "1")
	p.readsOn()
	p.types("1")
	p.decided(orders.Event{Kind: orders.Confirmed})
	p.types(say.ask, "1")
	p.readsOn()
	p.types("1")
	p.noticed(orders.Event{Kind: orders.Confirmed})
	p.types(say.thanks, say.status, say.help, "qwrtp")
}
