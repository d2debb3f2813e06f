package processor_test

import (
	"context"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"haat/orders"
	"haat/orders/bus"
)

func TestOrderIsConfirmed(t *testing.T) {
	s := open(t)
	s.stocks(map[string]int{"HOE": 10})
	s.run()
	o := order(1, "HOE", 3)
	s.say(place(o))
	msg := next(t, s.events)
	if msg.Subject != "orders.confirmed.ST01" {
		t.Errorf("the event goes to %s", msg.Subject)
	}
	s.acknowledges(1)
	s.has(map[string]int{"HOE": 7})
	o.Status = orders.Confirmed
	kept, err := s.store.Of(t.Context(), o.Phone, 10)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]orders.Order{o}, kept); diff != "" {
		t.Error(diff)
	}
}

func TestOrderIsRejectedAndCancelled(t *testing.T) {
	s := open(t)
	s.stocks(map[string]int{"HOE": 2})
	s.run()
	s.say(place(order(1, "HOE", 3)), place(order(2, "HOE", 1)), cancel(order(2, "HOE", 1)), cancel(order(1, "HOE", 3)))
	short := s.hears()
	if diff := cmp.Diff([]orders.Shortage{{SKU: "HOE", Left: 2}}, short.Shortages); short.Kind != orders.Rejected || diff != "" {
		t.Errorf("three of two are %s %s", short.Kind, diff)
	}
	s.hearsKinds(orders.Confirmed, orders.Cancelled)
	if late := s.hears(); !late.Refused || late.Kind != orders.Rejected {
		t.Errorf("a rejected order was cancelled: %v", late)
	}
	s.acknowledges(4)
	s.has(map[string]int{"HOE": 2})
	for label, want := range map[string]float64{"confirmed": 1, "rejected": 1, "cancelled": 1, "refused": 1} {
		if got := s.metric("haat_orders_total", label); got != want {
			t.Errorf("%v orders are counted as %s", got, label)
		}
	}
	if got := s.metric("haat_order_seconds", ""); got != 4 {
		t.Errorf("%v decisions were timed", got)
	}
	if got := s.metric("haat_processor_lag", ""); got != 0 {
		t.Errorf("%v turns are waiting", got)
	}
}

// Other turns of the log are not the processor's.
func TestOtherTurnsAreLeftAlone(t *testing.T) {
	s := open(t)
	s.stocks(map[string]int{"HOE": 2})
	s.run()
	for _, subject := range []string{"log.017.254700000001.turn.demo.ussd.screen", "log.017.254700000001.notice.demo"} {
		if _, err := s.bus.JetStream().Publish(t.Context(), subject, []byte("not for the processor")); err != nil {
			t.Fatal(err)
		}
	}
	s.say(place(order(1, "HOE", 1)))
	s.hearsKinds(orders.Confirmed)
	if len(s.dead) > 0 {
		t.Error("another's message is dead")
	}
}

// The same turn twice, as a carrier's repeat that slipped through would make
// it, and the same basket confirmed in two turns, are one order.
func TestConfirmedTwiceIsOneOrder(t *testing.T) {
	s := open(t)
	s.stocks(map[string]int{"HOE": 10})
	s.run()
	s.say(place(order(1, "HOE", 3)))
	first := s.hears()
	s.say(place(order(1, "HOE", 3)), place(order(1, "HOE", 3)))
	for range 2 {
		again := s.hears()
		again.Turn = first.Turn
		if diff := cmp.Diff(first, again); diff != "" {
			t.Error(diff)
		}
	}
	s.acknowledges(3)
	s.has(map[string]int{"HOE": 7})
	if got := s.metric("haat_orders_total", "confirmed"); got != 1 {
		t.Errorf("one order is counted %v times", got)
	}
}

func TestPoisonDoesNotStopTheLine(t *testing.T) {
	s := open(t)
	s.stocks(map[string]int{"HOE": 10})
	wrong := order(3, "HOE", 1)
	wrong.Total.Minor++
	clash := order(4, "HOE", 1)
	clash.Number = 1
	s.say(place(order(1, "HOE", 1)))
	poison := []struct{ name, data, reason string }{
		{"no JSON", "\x00", "cannot be read"},
		{"no request", `{"in":{"text":"hello"}}`, "asks nothing"},
		{"an empty request", `{"request":{}}`, "must place or cancel"},
		{"another type", `{"request":{"place":[]}}`, "cannot be read"},
	}
	for _, p := range poison {
		s.sayRaw([]byte(p.data))
	}
	s.say(place(wrong), place(clash), cancel(order(9, "HOE", 1)), place(order(2, "HOE", 1)))
	s.run()
	s.hearsKinds(orders.Confirmed, orders.Confirmed)
	s.acknowledges(len(poison) + 5)
	s.has(map[string]int{"HOE": 8})
	reasons := []string{}
	for _, p := range poison {
		reasons = append(reasons, p.reason)
	}
	reasons = append(reasons, "add up to", "belongs to another order", "no such order")
	for i, reason := range reasons {
		msg := next(t, s.dead)
		if msg.Subject != "dead.processor" || !strings.Contains(msg.Header.Get(bus.ReasonHeader), reason) {
			t.Errorf("dead letter %d: %s, %v, want %q", i, msg.Subject, msg.Header, reason)
		}
		if i < len(poison) && string(msg.Data) != poison[i].data {
			t.Errorf("%s: the dead letter says %q", poison[i].name, msg.Data)
		}
	}
	if got := s.metric("haat_processor_dead_letters_total", ""); got != float64(len(reasons)) {
		t.Errorf("%v dead letters are counted", got)
	}
	if strings.Contains(s.log.String(), "2547") {
		t.Errorf("a phone number is in the log: %s", s.log)
	}
}

// A turn for which the database fails every time is put away; those around it
// pass, each once.
func TestPoisonInTheDatabase(t *testing.T) {
	s := open(t)
	s.stocks(map[string]int{"HOE": 10})
	s.execute(`CREATE TRIGGER poison BEFORE INSERT ON orders WHEN NEW.id = 'basket-2' BEGIN SELECT RAISE(ABORT, 'poison'); END`)
	s.say(place(order(1, "HOE", 1)), place(order(2, "HOE", 1)), place(order(3, "HOE", 1)))
	s.run()
	s.hearsKinds(orders.Confirmed, orders.Confirmed)
	s.acknowledges(3)
	if msg := next(t, s.dead); !strings.Contains(msg.Header.Get(bus.ReasonHeader), "poison") || msg.Header.Get(bus.SeqHeader) != "2" {
		t.Errorf("the dead letter is %v", msg.Header)
	}
	s.has(map[string]int{"HOE": 8})
}

// A database that takes nothing holds the line: no order is lost, none is put
// away, and their order stays.
func TestLockedDatabaseHoldsTheLine(t *testing.T) {
	s := open(t)
	s.stocks(map[string]int{"HOE": 1})
	db := s.execute("BEGIN IMMEDIATE")
	s.say(place(order(1, "HOE", 1)), cancel(order(1, "HOE", 1)), place(order(2, "HOE", 1)))
	s.run()
	for range 4 { // more failures than a poisonous turn is given
		if word := string(next(t, s.acks).Data); word != "+WPI" {
			t.Fatalf("a turn was told %s while nothing could be written", word)
		}
	}
	if got := s.metric("haat_processor_lag", ""); got != 3 {
		t.Errorf("%v of 3 turns are waiting", got)
	}
	if _, err := db.ExecContext(t.Context(), "ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	s.hearsKinds(orders.Confirmed, orders.Cancelled, orders.Confirmed)
	s.acknowledges(3)
	s.has(map[string]int{"HOE": 0})
	if len(s.dead) > 0 {
		t.Errorf("%d turns were put away", len(s.dead))
	}
}

func TestNothingIsDecidedBeforeTheFirstCatalog(t *testing.T) {
	s := open(t)
	s.run()
	s.say(place(order(1, "HOE", 1)))
	s.halt() // returns although no catalogue ever came
	s.run()
	s.stocks(map[string]int{"HOE": 1})
	s.hearsKinds(orders.Confirmed)
}

// The gateway may see a new product some milliseconds before the processor.
func TestNewProductIsLookedForOnce(t *testing.T) {
	s := open(t)
	s.stocks(map[string]int{"HOE": 1})
	asked := 0
	s.refresh = func(ctx context.Context) error {
		asked++
		return s.processor.SetCatalog(ctx, "newer", products(map[string]int{"HOE": 1, "AXE": 1}))
	}
	s.say(place(order(1, "AXE", 1)), place(order(2, "HOE", 1)))
	s.run()
	s.hearsKinds(orders.Confirmed, orders.Confirmed)
	s.say(place(order(3, "AXE", 1)))
	s.hearsKinds(orders.Rejected)
	s.say(place(order(4, "GOLD", 1)))
	s.hearsKinds(orders.Rejected)
	s.halt()
	if asked != 2 {
		t.Errorf("the catalogue was asked for %d times, want once for AXE and once for GOLD", asked)
	}
}

func TestStockAddsUpUnderLoad(t *testing.T) {
	s := open(t)
	const villagers, each, stock = 16, 40, 400
	s.stocks(map[string]int{"HOE": stock})
	s.run()
	var wg sync.WaitGroup
	for v := range villagers {
		wg.Go(func() {
			for i := range each {
				o := order(int64(v*each+i+1), "HOE", 1)
				s.say(place(o))
				if i%4 == 0 {
					s.say(cancel(o), place(o)) // changed their mind, and a late repeat
				}
			}
		})
	}
	wg.Wait()
	const turns = villagers * each * 3 / 2
	s.acknowledges(turns)
	last := map[string]orders.Status{}
	for range turns {
		e := s.hears()
		last[e.Order.ID] = e.Kind
	}
	sold := 0
	for id, kind := range last {
		if kind == orders.Confirmed {
			sold++
		}
		steps, err := s.store.History(t.Context(), id)
		if err != nil || steps[len(steps)-1].Status != kind {
			t.Errorf("the last event of %s is %s, its history %v, %v", id, kind, steps, err)
		}
	}
	s.has(map[string]int{"HOE": stock - sold})
	if len(last) != villagers*each || len(s.dead) > 0 {
		t.Errorf("%d of %d orders were decided, %d turns put away", len(last), villagers*each, len(s.dead))
	}
}
