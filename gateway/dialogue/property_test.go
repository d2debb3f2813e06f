package dialogue

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"haat/catalog"
	"haat/gateway/gsm"
	"haat/gateway/lang"
	"haat/gateway/parse"
	"haat/gateway/screen"
	"haat/orders"
)

var start = time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)

// names are letters of every script that our markets write, and none that a
// menu is written with, so that a test can tell a name from a key.
var names = rapid.StringOfN(rapid.RuneFrom([]rune("abcdefgh ijklmnopqéèç大米公斤चावलकि॰أرزسكر€^")), 1, 40, -1).
	Filter(func(s string) bool { return strings.TrimSpace(s) != "" })

// catalogs generates what a market may sell.
func catalogs(version string) *rapid.Generator[*catalog.Catalog] {
	return rapid.Custom(func(t *rapid.T) *catalog.Catalog {
		categories := make([]catalog.Category, rapid.IntRange(0, 4).Draw(t, "categories"))
		for i := range categories {
			categories[i] = catalog.Category{ID: fmt.Sprint("c", i), Names: map[string]string{"en": names.Draw(t, "category"), "sw": names.Draw(t, "category sw"), "ar": names.Draw(t, "category ar")}}
		}
		sizes := []int{0, 1, 5, 20, 130} // the last passes the key 98
		products := make([]catalog.Product, rapid.SampledFrom(sizes).Draw(t, "products"))
		for i := range products {
			products[i] = catalog.Product{
				SKU:      fmt.Sprint("P", i),
				Number:   catalog.FirstNumber + i,
				Category: fmt.Sprint("c", rapid.IntRange(0, 4).Draw(t, "of")),
				Names:    map[string]string{"en": names.Draw(t, "name")},
				Short:    map[string]string{"sw": rapid.SampledFrom([]string{"", "mchele", "米"}).Draw(t, "short"), "fr": rapid.SampledFrom([]string{"", "pâtes", "œuf"}).Draw(t, "short fr")},
				Unit:     rapid.SampledFrom([]string{"bag", "piece", "ngunia"}).Draw(t, "unit"),
				Price:    catalog.Money{Minor: rapid.Int64Range(1, 1e9).Draw(t, "price"), Currency: "KES"},
			}
		}
		return catalog.New(version, products, categories)
	})
}

// parsers understand texts about P0 to P129, by the languages of the market.
// They take a while to make, and so the goods of a test may be others than its
// parser knows, as they are for a moment when a catalogue changes.
var parsers sync.Map

func parserOf(codes []string) func() (*lang.Set, *parse.Parser, error) {
	made, _ := parsers.LoadOrStore(strings.Join(codes, " "), sync.OnceValues(func() (p struct {
		*lang.Set
		*parse.Parser
	}, err error) {
		if p.Set, err = lang.Load(codes...); err != nil {
			return p, err
		}
		var products []catalog.Product
		for i := range 130 {
			products = append(products, catalog.Product{SKU: fmt.Sprint("P", i), Number: catalog.FirstNumber + i, Names: map[string]string{"en": fmt.Sprint("Thing ", i)}, Unit: "piece"})
		}
		p.Parser = parse.New(catalog.New("p", products, nil), p.Set)
		return p, nil
	}))
	return func() (*lang.Set, *parse.Parser, error) {
		p, err := made.(func() (struct {
			*lang.Set
			*parse.Parser
		}, error))()
		return p.Set, p.Parser, err
	}
}

// worlds generates markets.
func worlds(version string) *rapid.Generator[World] {
	return rapid.Custom(func(t *rapid.T) World {
		codes := [][]string{{"en"}, {"sw"}, {"sw", "en"}, everyLanguage, everyLanguage, {"ar", "en"}, {"hi"}, {"zh"}, {"fr"}}
		return worldOf(t, version, rapid.SampledFrom(codes).Draw(t, "languages"))
	})
}

func worldOf(t *rapid.T, version string, codes []string) World {
	languages, parser, err := parserOf(codes)()
	if err != nil {
		t.Fatal(err)
	}
	stations := make([]orders.Station, rapid.IntRange(0, 12).Draw(t, "stations"))
	for i := range stations {
		stations[i] = orders.Station{ID: fmt.Sprint("S", i), Name: names.Draw(t, "station"), Village: names.Draw(t, "village")}
	}
	return World{
		Now:       start,
		Catalog:   catalogs(version).Draw(t, "catalogue"),
		Parser:    parser,
		Stations:  stations,
		Languages: languages,
		Currency:  "KES",
		Budget: screen.Budget{
			Septets: rapid.IntRange(screen.MinSeptets, 320).Draw(t, "septets"),
			Units:   rapid.IntRange(screen.MinUnits, 140).Draw(t, "units"),
			GSM7:    rapid.Bool().Draw(t, "GSM 7 alone"),
		},
		DialCode:    rapid.SampledFrom([]string{"", "*384*96#"}).Draw(t, "dial code"),
		Keep:        24 * time.Hour,
		Fresh:       Fresh{BasketID: "fresh", OrderNumber: 10023, PickupCode: "4821"},
		OrdersKnown: true,
	}
}

// sessions generates what may be stored, in order or not.
var sessions = rapid.Custom(func(t *rapid.T) Session {
	states := []State{"", "unheard-of"}
	for s := range views {
		states = append(states, s)
	}
	line := rapid.Custom(func(t *rapid.T) orders.Line {
		return orders.Line{
			SKU:       rapid.SampledFrom([]string{"P0", "P1", "P2", "P3", "P97", "P98", "gone", "", "\xff", strings.Repeat("x", 200)}).Draw(t, "sku"),
			Qty:       rapid.SampledFrom([]int{1, 2, 98, 9999, 0, -5, 1 << 60}).Draw(t, "qty"),
			UnitPrice: catalog.Money{Minor: rapid.SampledFrom([]int64{0, 85000, -1, 1 << 62}).Draw(t, "price"), Currency: rapid.SampledFrom([]string{"KES", "UGX", "", "XXXXXX"}).Draw(t, "currency")},
		}
	})
	question := rapid.Custom(func(t *rapid.T) Question {
		return Question{
			Candidates: rapid.SliceOfN(rapid.SampledFrom([]string{"P0", "P1", "P2", "P3", "gone", "\xff"}), 0, 40).Draw(t, "candidates"),
			Qty:        rapid.SampledFrom([]int{0, 1, 5, -3, 9999, 1 << 40}).Draw(t, "wanted"),
			Words:      rapid.SampledFrom([]string{"", "rice", "أرز rice", "\xff\n", strings.Repeat("long ", 100)}).Draw(t, "words"),
		}
	})
	ref := rapid.Custom(func(t *rapid.T) OrderRef {
		return OrderRef{ID: "o", Number: rapid.Int64().Draw(t, "number"), Told: rapid.SampledFrom([]orders.Status{"", orders.Confirmed, orders.Rejected, "odd"}).Draw(t, "told")}
	})
	return Session{
		Profile: Profile{
			Language: rapid.SampledFrom([]string{"", "en", "sw", "hi", "zh", "fr", "ar", "xx"}).Draw(t, "language"),
			Station:  rapid.SampledFrom([]string{"", "S0", "S3", "gone"}).Draw(t, "station"),
			OptedOut: rapid.Bool().Draw(t, "opted out"),
		},
		State:     rapid.SampledFrom(states).Draw(t, "state"),
		Mode:      rapid.SampledFrom([]Mode{USSD, SMS, "", "smoke"}).Draw(t, "mode"),
		Page:      rapid.SampledFrom([]int{0, 1, 2, -5, 1e9}).Draw(t, "page"),
		Last:      rapid.Bool().Draw(t, "last"),
		Focus:     rapid.SampledFrom([]string{"", "c0", "P0", "P1", "10023", "-1", "gone", "checkout", "menu", "P0=1 P1= =5", "P0=0 P1=99", "\xff", strings.Repeat("long ", 1000)}).Draw(t, "focus"),
		Catalog:   rapid.SampledFrom([]string{"", "v1", "v0"}).Draw(t, "catalogue"),
		Basket:    Basket{ID: rapid.SampledFrom([]string{"", "b1"}).Draw(t, "basket"), Lines: rapid.SliceOfN(line, 0, 30).Draw(t, "lines")},
		Orders:    rapid.SliceOfN(ref, 0, 6).Draw(t, "orders"),
		Questions: rapid.SliceOfN(question, 0, 12).Draw(t, "questions"),
		LeftOut:   rapid.SampledFrom([]string{"", "bike", "\xff", strings.Repeat("bike ", 100)}).Draw(t, "left out"),
		At:        start.Add(-rapid.SampledFrom([]time.Duration{0, time.Minute, 25 * time.Hour, -time.Hour}).Draw(t, "ago")),
	}
})

var inputs = rapid.Custom(func(t *rapid.T) Input {
	in := Input{Mode: rapid.SampledFrom([]Mode{USSD, SMS}).Draw(t, "mode"), Dial: rapid.Bool().Draw(t, "dial")}
	if in.Dial {
		in.Mode = USSD
		in.Text = rapid.SampledFrom([]string{"", "", "101*2", "P0", "999*1", "1*1*2", "*384*96*101*3#", "1*101", "****", strings.Repeat("1*", 40), "\xff*1"}).Draw(t, "dialled")
		return in
	}
	in.Text = rapid.OneOf(
		rapid.SampledFrom([]string{"", "0", "00", "98", "1", "2", "3", "99", "٣", "menu", "help", "status", "status 10023", "cancel order 10023", "stop", "start", "basket", "lang sw", "language",
			"P0", "order P1 2, P0 9999", "P0 0", "order sugar", strings.Repeat("P0 1, ", 400),
			"thing", "2 thing", "101", "101 2 999 1", "same again", "I sell 5 kg of maize at 30", "sell", "nataka P0 2", "أريد P1", "我要P2", "P1 2.5", "some P0 and P3", "P0 and a bicycle"}),
		rapid.StringN(0, 600, -1),
		rapid.Map(rapid.SliceOfN(rapid.Byte(), 0, 600), func(b []byte) string { return string(b) }),
	).Draw(t, "text")
	return in
})

// checkOutcome holds for every turn whatever came before.
func checkOutcome(t rapid.TB, w World, o Outcome) {
	t.Helper()
	if o.NeedOrders {
		t.Fatal("the orders are known and were asked for")
	}
	if strings.TrimSpace(o.Text) == "" || !utf8.ValidString(o.Text) || !w.Budget.Fits(o.Text) {
		t.Fatalf("this is no text of %v:\n%q", w.Budget, o.Text)
	}
	if o.Class == "" {
		t.Fatal("the turn has no class")
	}
	if w.Budget.GSM7 && gsm.Encoding(o.Text) != gsm.GSM7 {
		t.Fatalf("the channel does not carry\n%q", o.Text)
	}
	if l, _ := w.language(o.Session.Profile.Language); l.RightToLeft() {
		checkDirection(t, o.Text)
	}
	if len(o.Session.Questions) > maxQuestions || len(o.Session.LeftOut) > 4*maxWords {
		t.Fatalf("the session has grown: %+v", o.Session)
	}
	data, err := json.Marshal(o.Session)
	if err != nil {
		t.Fatal(err)
	}
	var back Session
	if err := json.Unmarshal(data, &back); err != nil {
		t.Fatal(err)
	}
	again, err := json.Marshal(back)
	if err != nil || string(again) != string(data) {
		t.Fatalf("the session comes back from JSON as another: %s, %s", data, again)
	}
	if b := o.Session.Basket; (b.ID == "") != (len(b.Lines) == 0) || len(b.Lines) > MaxLines {
		t.Fatalf("a basket %q of %d lines", b.ID, len(b.Lines))
	}
}

// TestEveryInputGivesAScreen walks from any session, also one that no step has
// left, with anything that can be typed.
func TestEveryInputGivesAScreen(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := worlds("v1").Draw(t, "world")
		w.OrdersErr = rapid.Bool().Draw(t, "orders away")
		w.Orders = []orders.Order{{ID: "o", Number: 10023, Status: orders.Confirmed, Station: "S0", Lines: []orders.Line{{SKU: "P0", Qty: 1}}, PickupCode: "1234"}}
		s := sessions.Draw(t, "session")
		for range rapid.IntRange(1, 6).Draw(t, "steps") {
			before := clone(t, s)
			o := Step(s, inputs.Draw(t, "input"), w)
			checkOutcome(t, w, o)
			if diff := cmp.Diff(before, clone(t, s)); diff != "" {
				t.Fatalf("the step has changed the session that it was given:\n%s", diff)
			}
			s = o.Session
		}
	})
}

// clone goes by way of JSON, as the log does.
func clone(t rapid.TB, s Session) Session {
	data, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	var c Session
	if err := json.Unmarshal(data, &c); err != nil {
		t.Fatal(err)
	}
	return c
}

// TestEveryEventGivesAScreen has the processor say anything about anything.
func TestEveryEventGivesAScreen(t *testing.T) {
	statuses := []orders.Status{orders.Placed, orders.Confirmed, orders.Dispatched, orders.Arrived, orders.Collected, orders.Returned, orders.Rejected, orders.Cancelled, "odd"}
	rapid.Check(t, func(t *rapid.T) {
		w := worlds("v1").Draw(t, "world")
		s := sessions.Draw(t, "session")
		e := orders.Event{
			Kind:    rapid.SampledFrom(statuses).Draw(t, "kind"),
			Refused: rapid.Bool().Draw(t, "refused"),
			Order:   orders.Order{ID: "o", Number: 10023, Station: "S0", Lines: sessions.Draw(t, "ordered").Basket.Lines, PickupCode: "4821"},
			Shortages: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) orders.Shortage {
				return orders.Shortage{SKU: rapid.SampledFrom([]string{"P0", "P1", "gone"}).Draw(t, "short"), Left: rapid.IntRange(-1, 5).Draw(t, "left")}
			}), 0, 25).Draw(t, "shortages"),
		}
		before := clone(t, s)
		o := Decided(s, e, w, rapid.SampledFrom([]Mode{USSD, SMS}).Draw(t, "mode"))
		checkOutcome(t, w, o)
		if o.Request != nil {
			t.Fatal("the processor's word placed an order")
		}
		if diff := cmp.Diff(before, clone(t, s)); diff != "" {
			t.Fatalf("the session that was given has changed:\n%s", diff)
		}
		for _, ref := range o.Session.Orders {
			if ref.ID == e.Order.ID && ref.Told != e.Kind {
				t.Fatalf("the session does not know that %q was told", e.Kind)
			}
		}
		if notice := Notice(e, w.Languages.Default(), w); notice == "" || !w.Budget.Fits(notice) {
			t.Fatalf("this is no text of %v:\n%q", w.Budget, notice)
		}
		checkOutcome(t, w, Step(o.Session, inputs.Draw(t, "input"), w))
	})
}

// TestEveryProductCanBeReached walks the menus with nothing but the numbers and
// the key for more that the screens show.
func TestEveryProductCanBeReached(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := worlds("v1").Draw(t, "world")
		mode := rapid.SampledFrom([]Mode{USSD, SMS}).Draw(t, "mode")
		press := func(s Session, key string) Outcome {
			o := Step(s, Input{Mode: mode, Text: key}, w)
			checkOutcome(t, w, o)
			return o
		}
		menu := Session{Profile: Profile{Language: w.Languages.Default().Code}, State: stateMenu, Mode: mode, At: start, Last: true}
		reached := map[string]bool{}
		walk(t, press(menu, "1"), press, func(category Outcome) {
			if category.Session.State != stateProducts {
				t.Fatalf("a category leads to %q", category.Session.State)
			}
			walk(t, category, press, func(product Outcome) {
				if product.Session.State != stateQuantity {
					t.Fatalf("a product leads to %q", product.Session.State)
				}
				reached[product.Session.Focus] = true
			})
		})
		for _, p := range w.Catalog.Products() {
			if !reached[p.SKU] {
				t.Fatalf("%s is on no screen", p.SKU)
			}
		}
	})
}

// walk pages through a list to its end and follows every option that it shows.
func walk(t *rapid.T, o Outcome, press func(Session, string) Outcome, each func(Outcome)) {
	seen := map[string]bool{}
	for {
		more := false
		for line := range strings.SplitSeq(o.Text, "\n") {
			key, _, dotted := strings.Cut(line, ".")
			switch n, err := strconv.Atoi(key); {
			case strings.HasPrefix(line, keyMore):
				more = true
			case err == nil && dotted && n > 0 && !seen[key]:
				seen[key] = true
				if key == keyMore {
					t.Fatal("a choice has the key for more")
				}
				each(press(o.Session, key))
			}
		}
		if !more {
			return
		}
		next := press(o.Session, keyMore)
		if next.Session.Page != o.Session.Page+1 {
			t.Fatalf("page %d follows page %d", next.Session.Page, o.Session.Page)
		}
		o = next
	}
}

// TestOnlyWhatWasShownIsOrdered changes the catalogue under a conversation and
// holds every order against the confirm screen before it.
func TestOnlyWhatWasShownIsOrdered(t *testing.T) {
	placed, told := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		versions := []World{worlds("v1").Draw(t, "world"), {}, {}}
		for i, version := range []string{"v2", "v3"} {
			versions[i+1] = versions[0]
			versions[i+1].Catalog = catalogs(version).Draw(t, "catalogue")
			if rapid.Bool().Draw(t, "other stations") {
				versions[i+1].Stations = worlds(version).Draw(t, "stations").Stations
			}
		}
		s := Session{Profile: Profile{Language: versions[0].Languages.Default().Code, Station: "S0"}}
		var read pages
		for range rapid.IntRange(20, 50).Draw(t, "steps") {
			w := versions[rapid.SampledFrom([]int{0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2}).Draw(t, "version")]
			in := Input{Mode: rapid.SampledFrom([]Mode{SMS, SMS, SMS, SMS, SMS, SMS, SMS, USSD}).Draw(t, "mode"), Text: nextKey(t, s)}
			o := Step(s, in, w)
			checkOutcome(t, w, o)
			if o.Request != nil {
				placed++
				checkPlaced(t, w, s, in, o, read)
			}
			if s.State == stateConfirm && o.Session.State == stateConfirm && o.Session.Focus != "" {
				told++
			}
			read.turn(s, o)
			s = o.Session
		}
	})
	if !testing.Short() && (placed < 20 || told == 0) {
		t.Errorf("the walks placed %d orders and told %d changes: too few to prove anything", placed, told)
	}
}

// nextKey chooses what to type; on the way to an order mostly what leads there.
func nextKey(t *rapid.T, s Session) string {
	keys := []string{"0", "00", "98", "1", "2", "3", "4", "7", "P0 2", "P1", "P2 98, P3", "basket", "some P0, 3 P1", "101 2"}
	onward := rapid.IntRange(0, 5).Draw(t, "onward") > 0
	switch {
	case onward && !s.Last:
		return "98"
	case onward && (s.State == stateConfirm || s.State == stateBasket || s.State == stateResume || s.State == stateStation):
		return "1"
	}
	return rapid.SampledFrom(keys).Draw(t, "key")
}

// pages is what was read of the confirm screen since it last changed.
type pages struct{ text string }

func (p *pages) turn(before Session, o Outcome) {
	same := before.State == stateConfirm && cmp.Equal(before.Basket, o.Session.Basket) && o.Session.Page > 0
	if !same {
		p.text = ""
	}
	p.text += o.Text + "\n"
}

// checkPlaced holds an order against the screen that was answered.
func checkPlaced(t *rapid.T, w World, shown Session, in Input, o Outcome, read pages) {
	t.Helper()
	l, _ := w.language(o.Session.Profile.Language)
	order := o.Request.Place
	if shown.State != stateConfirm || !shown.Last || shown.Mode != in.Mode || in.Text != "1" {
		t.Fatalf("%q ordered from %q, last page %v", in.Text, shown.State, shown.Last)
	}
	if !strings.Contains(read.text, "1.") || !strings.Contains(read.text, l.Amount(order.Total)) {
		t.Fatalf("the key to confirm or the total, %s, was on no page:\n%s", l.Amount(order.Total), read.text)
	}
	if diff := cmp.Diff(shown.Basket.Lines, order.Lines); diff != "" {
		t.Fatalf("what was shown is not what is ordered:\n%s", diff)
	}
	if order.ID != shown.Basket.ID || order.Total != orders.Sum(order.Lines, "KES") || order.Station != shown.Profile.Station {
		t.Fatalf("the order is %+v, shown was %+v", order, shown)
	}
	order.Phone, order.Channel = "+254700000001", "demo"
	if err := o.Request.Validate(); err != nil {
		t.Fatalf("the processor would refuse it: %v", err)
	}
	if len(o.Session.Basket.Lines) > 0 || o.Session.State != "" {
		t.Fatal("the basket is still there")
	}
}

func FuzzStep(f *testing.F) {
	f.Add([]byte(`{"state":"confirm","mode":"sms","last":true,"basket":{"lines":[{"sku":"RICE5","qty":2}]}}`), "1", true)
	f.Add([]byte(`{"profile":{"language":"sw"},"state":"products","focus":"staples","page":-5}`), "98", false)
	f.Add([]byte(`{"state":"short","focus":"RICE5=1 SOAP="}`), "ORDER RICE5 2, SOAP 3", true)
	w := market(f)
	w.OrdersKnown, w.Fresh = true, Fresh{BasketID: "fresh", OrderNumber: 10023, PickupCode: "4821"}
	f.Fuzz(func(t *testing.T, session []byte, text string, sms bool) {
		var s Session
		if json.Unmarshal(session, &s) != nil {
			return
		}
		mode := USSD
		if sms {
			mode = SMS
		}
		s.At = w.Now
		checkOutcome(t, w, Step(s, Input{Mode: mode, Text: text}, w))
	})
}
