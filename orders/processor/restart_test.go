package processor_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go/jetstream"

	"haat/orders"
	"haat/orders/bus"
)

// The processor stops after the commit and before the event is kept: the
// stream of events is away. The turn comes again and so does its event.
func TestStoppedBetweenCommitAndEvent(t *testing.T) {
	s := open(t)
	s.stocks(map[string]int{"HOE": 10})
	js := s.bus.JetStream()
	stream, err := js.Stream(t.Context(), bus.Orders)
	if err != nil {
		t.Fatal(err)
	}
	if err := js.DeleteStream(t.Context(), bus.Orders); err != nil {
		t.Fatal(err)
	}
	s.run()
	s.say(place(order(1, "HOE", 3)))
	if word := string(next(t, s.acks).Data); word != "+WPI" { // it takes longer
		t.Fatalf("a turn was told %s before its event was kept", word)
	}
	s.halt()
	s.has(map[string]int{"HOE": 7})
	if _, err := js.CreateStream(t.Context(), stream.CachedInfo().Config); err != nil {
		t.Fatal(err)
	}
	s.restart(map[string]int{"HOE": 10})
	s.run()
	s.acknowledges(1)
	s.has(map[string]int{"HOE": 7})
	if kinds := s.keptEvents()["basket-1"]; !cmp.Equal(kinds, []orders.Status{orders.Confirmed}) {
		t.Errorf("events %v were kept", kinds)
	}
}

// restart closes everything and opens it again on the same data, with the
// catalogue that was the last one.
func (s *shop) restart(stock map[string]int) {
	s.t.Helper()
	s.close()
	s.open()
	s.imports--
	s.stocks(stock)
}

// keptEvents are the events in the stream, by order.
func (s *shop) keptEvents() map[string][]orders.Status {
	s.t.Helper()
	stream, err := s.bus.JetStream().Stream(s.t.Context(), bus.Orders)
	if err != nil {
		s.t.Fatal(err)
	}
	info, err := stream.Info(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	consumer, err := stream.OrderedConsumer(s.t.Context(), jetstream.OrderedConsumerConfig{})
	if err != nil {
		s.t.Fatal(err)
	}
	kept := map[string][]orders.Status{}
	for range info.State.Msgs {
		msg, err := consumer.Next()
		if err != nil {
			s.t.Fatal(err)
		}
		var e orders.Event
		if err := json.Unmarshal(msg.Data(), &e); err != nil {
			s.t.Fatal(err)
		}
		kept[e.Order.ID] = append(kept[e.Order.ID], e.Kind)
	}
	return kept
}

// Turns in hand when a processor stops come again first, not after newer ones:
// a cancellation never overtakes its order.
func TestTurnsInHandComeFirst(t *testing.T) {
	s := open(t)
	s.stocks(map[string]int{"HOE": 10})
	db := s.execute("BEGIN IMMEDIATE")
	s.run()
	s.say(place(order(1, "HOE", 3)))
	if word := string(next(t, s.acks).Data); word != "+WPI" { // it is in hand
		t.Fatalf("the turn was told %s", word)
	}
	s.halt()
	if _, err := db.ExecContext(t.Context(), "ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	s.say(cancel(order(1, "HOE", 3)))
	s.processor = s.newProcessor()
	s.stocks(map[string]int{"HOE": 10})
	s.run()
	s.hearsKinds(orders.Confirmed, orders.Cancelled)
	s.acknowledges(2)
	if len(s.dead) > 0 {
		t.Error("the cancellation came before its order")
	}
}

// However often everything stops in the middle, each order is decided once and
// its event is there.
func TestRestartsUnderLoad(t *testing.T) {
	s := open(t)
	const rounds, each = 6, 200
	stock := map[string]int{"HOE": rounds*each - 50}
	s.stocks(stock)
	number := int64(0)
	for range rounds {
		s.run()
		for range each {
			number++
			s.say(place(order(number, "HOE", 1)))
		}
		s.hears() // it is in the midst of its work
		s.restart(stock)
	}
	s.run()
	s.say(place(order(number+1, "HOE", 1)))
	for s.hears().Order.Number != number+1 { // turns are decided in their order
	}
	s.halt()
	s.has(map[string]int{"HOE": 0})
	confirmed := 0
	kept := s.keptEvents()
	for n := range number {
		kinds := kept[order(n+1, "HOE", 1).ID]
		if len(kinds) == 0 {
			t.Fatalf("order %d has no event", n+1)
		}
		for _, kind := range kinds {
			if kind != kinds[0] {
				t.Errorf("order %d was %v", n+1, kinds)
			}
		}
		if kinds[0] == orders.Confirmed {
			confirmed++
		}
	}
	if confirmed != rounds*each-50 {
		t.Errorf("%d orders were confirmed", confirmed)
	}
}

// A consumer that somebody removed is made again, and nothing is decided twice.
func TestRemovedConsumerComesBack(t *testing.T) {
	s := open(t)
	s.stocks(map[string]int{"HOE": 10})
	s.run()
	s.say(place(order(1, "HOE", 1)))
	s.acknowledges(1)
	if err := s.bus.JetStream().DeleteConsumer(t.Context(), bus.Messages, "PROCESSOR"); err != nil {
		t.Fatal(err)
	}
	s.say(place(order(2, "HOE", 1)))
	s.hears()
	for s.hears().Order.Number != 2 {
	}
	s.has(map[string]int{"HOE": 8})
}
