package dialogue

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"time"

	"haat/catalog"
	"haat/gateway/screen"
	"haat/orders"
)

// walkTo gives the session after these answers to a phone that speaks English.
func walkTo(t testing.TB, w World, mode Mode, answers ...string) Outcome {
	t.Helper()
	o := Outcome{Session: Session{Profile: Profile{Language: "en"}, State: stateMenu, Mode: mode, Last: true, At: w.Now}}
	for _, a := range answers {
		o = Step(o.Session, Input{Mode: mode, Text: a}, w)
	}
	return o
}

// TestOrderNumberIsRead holds the form in which scripts at the other end of a
// carrier look for the number.
func TestOrderNumberIsRead(t *testing.T) {
	number := regexp.MustCompile(`(?i)order[^0-9A-Za-z]*(?:no|number|ref|id)?[^0-9A-Za-z]*([A-Za-z]{0,4}-?[0-9][0-9A-Za-z-]*)`)
	w := market(t)
	w.Fresh = Fresh{BasketID: "b", OrderNumber: 10023, PickupCode: "4821"}
	for _, septets := range []int{160, screen.MinSeptets} {
		w.Budget.Septets = septets
		o := walkTo(t, w, SMS, "RICE5 2", "3")
		for !o.Session.Last { // a small screen is read to its end
			o = Step(o.Session, Input{Mode: SMS, Text: "98"}, w)
		}
		o = Step(o.Session, Input{Mode: SMS, Text: "1"}, w)
		if o.Request == nil {
			t.Fatalf("no order was placed:\n%s", o.Text)
		}
		decided := Decided(o.Session, orders.Event{Kind: orders.Confirmed, Order: *o.Request.Place}, w, SMS)
		for _, text := range []string{o.Text, decided.Text} {
			if m := number.FindStringSubmatch(text); m == nil || m[1] != "10023" || !strings.Contains(text, "4821") {
				t.Errorf("%d septets: the number or the code cannot be read in %q", septets, text)
			}
		}
	}
}

func TestSessionIsSmall(t *testing.T) {
	for _, answers := range [][]string{{"1", "1"}, {"1", "1", "2", "2", "1", "3"}} {
		data, err := json.Marshal(walkTo(t, market(t), USSD, answers...).Session)
		if err != nil {
			t.Fatal(err)
		}
		if len(data) > 300 {
			t.Errorf("the session has %d bytes: %s", len(data), data)
		}
	}
}

func TestLimitsOfTheBasket(t *testing.T) {
	w := market(t)
	w.Budget = screen.SMS(8)
	var all []string
	for _, p := range w.Catalog.Products() {
		all = append(all, p.SKU)
	}
	half := Step(Session{}, Input{Mode: SMS, Text: "ORDER " + strings.Join(all[:MaxLines/2], ", ")}, w)
	full := Step(half.Session, Input{Mode: SMS, Text: "ORDER " + strings.Join(all[MaxLines/2:MaxLines], ", ")}, w)
	if n := len(full.Session.Basket.Lines); n != MaxLines {
		t.Fatalf("%d lines are in the basket", n)
	}
	tests := []struct {
		name, text string
		hint       string
	}{
		{"a line too many", all[MaxLines], "The basket is full (20 kinds)."},
		{"too many of one line", all[0] + " 9999", "At most 9999 of one kind."},
		{"all or none", all[0] + ", " + all[MaxLines], "The basket is full (20 kinds)."},
	}
	for _, tt := range tests {
		o := Step(full.Session, Input{Mode: SMS, Text: tt.text}, w)
		if !strings.HasPrefix(o.Text, tt.hint) || o.Class != ClassHint {
			t.Errorf("%s: %s %q", tt.name, o.Class, o.Text)
		}
		if lines := o.Session.Basket.Lines; len(lines) != MaxLines || lines[0].Qty != 1 {
			t.Errorf("%s: the basket has changed: %v", tt.name, lines)
		}
	}
}

func TestNumbersPassOverTheKeyForMore(t *testing.T) {
	tl := &talk{}
	for i, want := range map[int]string{0: "1", 96: "97", 97: "99", 98: "100"} {
		if got := optionKey(i); got != want {
			t.Errorf("choice %d has the key %s, want %s", i, got, want)
		}
		if got, ok := tl.choose(want, 200); !ok || got != i {
			t.Errorf("the key %s means choice %d, want %d", want, got, i)
		}
	}
}

// TestANumberAnswersOnlyWhatItsModeShowed keeps an SMS from answering a USSD
// screen, and a USSD session from answering an SMS that came in between.
func TestANumberAnswersOnlyWhatItsModeShowed(t *testing.T) {
	w := market(t)
	confirm := walkTo(t, w, USSD, "RICE5 2", "3")
	if confirm.Session.State != stateConfirm {
		t.Fatalf("the walk ends at %q", confirm.Session.State)
	}
	o := Step(confirm.Session, Input{Mode: SMS, Text: "1"}, w)
	if o.Request != nil || o.Session.State != stateResume {
		t.Errorf("an SMS answered a USSD screen: %q", o.Text)
	}
	o = Step(o.Session, Input{Mode: USSD, Text: "1"}, w)
	if o.Request != nil || o.Session.State != stateResume {
		t.Errorf("USSD answered a screen that SMS showed: %q", o.Text)
	}
	w.Now = w.Now.Add(w.Keep + time.Second)
	o = Step(confirm.Session, Input{Mode: USSD, Text: "1"}, w)
	if o.Request != nil || o.Session.State != stateMenu || len(o.Session.Basket.Lines) > 0 {
		t.Errorf("an old screen was answered: %q", o.Text)
	}
}

func TestStations(t *testing.T) {
	w := market(t)
	all := w.Stations
	w.Stations = all[:1]
	if o := walkTo(t, w, SMS, "SOAP"); o.Session.State != stateConfirm || o.Session.Profile.Station != all[0].ID {
		t.Errorf("the only station is not taken: %q", o.Text)
	}
	w.Stations = nil
	o := walkTo(t, w, SMS, "SOAP")
	if o.Session.State != stateBasket || !strings.Contains(o.Text, "no pickup shop") {
		t.Errorf("without a station: %q", o.Text)
	}
	w.Stations = all
	confirm := walkTo(t, w, SMS, "SOAP", "3")
	w.Stations = all[4:]
	if o := Step(confirm.Session, Input{Mode: SMS, Text: "1"}, w); o.Request != nil || o.Session.State != stateStation {
		t.Errorf("a station that is gone was ordered to: %q", o.Text)
	}
}

// TestOrdersAreLookedUp asks the caller once, and takes no for an answer.
func TestOrdersAreLookedUp(t *testing.T) {
	w := market(t)
	w.Fresh.OrderNumber = 10023
	placed := walkTo(t, w, SMS, "SOAP", "3", "1")
	for _, text := range []string{"status", "status 10023", "cancel order 10023"} {
		if o := Step(placed.Session, Input{Mode: SMS, Text: text}, w); !o.NeedOrders || o.Request != nil {
			t.Errorf("%s: the orders are not asked for: %q", text, o.Text)
		}
		away := w
		away.OrdersErr = true
		if o := Step(placed.Session, Input{Mode: SMS, Text: text}, away); o.NeedOrders || o.Request != nil || !strings.Contains(o.Text, "cannot look up") {
			t.Errorf("%s: %q", text, o.Text)
		}
	}
	w.OrdersKnown = true // and the processor does not have the order yet
	if o := Step(placed.Session, Input{Mode: SMS, Text: "status 10023"}, w); !strings.Contains(o.Text, "Order 10023: received") {
		t.Errorf("an order just placed is unknown: %q", o.Text)
	}
	if o := Step(placed.Session, Input{Mode: SMS, Text: "cancel 10023"}, w); o.Request == nil || o.Request.Cancel.ID != placed.Request.Place.ID {
		t.Errorf("an order just placed cannot be cancelled: %q", o.Text)
	}
}

func TestRejectedBasketComesBack(t *testing.T) {
	w := market(t)
	w.Fresh = Fresh{BasketID: "first", OrderNumber: 10023, PickupCode: "4821"}
	placed := walkTo(t, w, USSD, "RICE5 2, SOAP 3", "3", "1")
	w.Fresh.BasketID = "second"
	event := orders.Event{Kind: orders.Rejected, Order: *placed.Request.Place, Shortages: []orders.Shortage{{SKU: "RICE5", Left: 0}, {SKU: "SOAP", Left: 0}}}
	o := Decided(placed.Session, event, w, USSD)
	if o.End || o.Session.Basket.ID != "second" || len(o.Session.Basket.Lines) != 2 || o.Session.Orders[0].Told != orders.Rejected {
		t.Errorf("the session is %+v", o.Session)
	}
	o = Step(o.Session, Input{Mode: USSD, Text: "1"}, w)
	if o.Session.State != stateMenu || len(o.Session.Basket.Lines) != 0 {
		t.Errorf("nothing is left and yet: %q", o.Text)
	}
}

// TestReadingBeginsAgain keeps a line of the order from falling between two
// pages that were made from two catalogues.
func TestReadingBeginsAgain(t *testing.T) {
	w := market(t)
	w.Budget = screen.SMS(1)
	o := walkTo(t, w, SMS, "RICE1, RICE5, RICE25, SALT, SOAP, OIL1", "OIL5, TEA100, COFFEE, MATCH, PEN, PENCIL, SUGAR1, BREAD", "3", "98")
	if o.Session.State != stateConfirm || o.Session.Page != 1 || o.Session.Last {
		t.Fatalf("the walk ends at page %d of %q", o.Session.Page, o.Session.State)
	}
	newer := *w.Catalog
	newer.Version = "v2"
	w.Catalog = &newer
	o = Step(o.Session, Input{Mode: SMS, Text: "98"}, w)
	if o.Session.Page != 0 || !strings.HasPrefix(o.Text, "New list") {
		t.Errorf("page %d: %q", o.Session.Page, o.Text)
	}
}

// TestKeysAreNoQuantities also takes the keys with zeros before them for slips.
func TestKeysAreNoQuantities(t *testing.T) {
	w := market(t)
	for _, key := range []string{"0", "00", "000", "98", "098", "-1", "1.5", "10000", "99999999999999999999"} {
		o := walkTo(t, w, USSD, "1", "1", "2", key)
		if len(o.Session.Basket.Lines) > 0 {
			t.Errorf("%s was taken for a quantity: %v", key, o.Session.Basket.Lines)
		}
	}
	for key, want := range map[string]int{"1": 1, "05": 5, "97": 97, "99": 99, "9999": 9999, "٣": 3} {
		o := walkTo(t, w, USSD, "1", "1", "2", key)
		if lines := o.Session.Basket.Lines; len(lines) != 1 || lines[0].Qty != want {
			t.Errorf("%s of something is %v", key, lines)
		}
	}
}

// TestAnEmptyBasketEnds gives what is chosen next another order's id.
func TestAnEmptyBasketEnds(t *testing.T) {
	w := market(t)
	w.Fresh.BasketID = "b"
	o := walkTo(t, w, USSD, "1", "1", "2", "5", "3", "2")
	if b := o.Session.Basket; b.ID != "" || b.Lines != nil {
		t.Errorf("after its only line was removed the basket is %+v", b)
	}
}

func TestNothingIsSold(t *testing.T) {
	w := market(t)
	w.Catalog = catalog.New("v0", nil, nil)
	for text, says := range map[string]string{"1": "Nothing is on sale", "help": "MENU: shop", "qwrtp": "did not understand", "2": "Your basket is empty"} {
		if o := walkTo(t, w, SMS, text); !strings.Contains(o.Text, says) {
			t.Errorf("%s: %q", text, o.Text)
		}
	}
}

func TestApology(t *testing.T) {
	w := market(t)
	for _, l := range w.Languages.Languages() {
		for _, septets := range []int{160, screen.MinSeptets} {
			w.Budget.Septets = septets
			if text := Apology(l, w); text == "" || !w.Budget.Fits(text) {
				t.Errorf("%s: %q", l.Code, text)
			}
		}
	}
}

// BenchmarkOrderWalk is a whole order by USSD, reported by step.
func BenchmarkOrderWalk(b *testing.B) {
	w := market(b)
	w.Fresh = Fresh{BasketID: "b", OrderNumber: 10023, PickupCode: "4821"}
	answers := []string{"1", "1", "2", "2", "1", "3", "1"}
	b.ReportAllocs()
	for b.Loop() {
		o := Step(Session{Profile: Profile{Language: "en"}}, Input{Mode: USSD, Dial: true}, w)
		for _, a := range answers {
			o = Step(o.Session, Input{Mode: USSD, Text: a}, w)
		}
		if o.Request == nil {
			b.Fatal("no order was placed")
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*(len(answers)+1)), "µs/step")
}
