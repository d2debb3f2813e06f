package processor_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"haat/orders"
	"haat/orders/bus"
	"haat/orders/store"
)

// act is an operator's act on an order.
func act(id string, what orders.What, number int64) orders.Act {
	return orders.Act{ID: id, Order: fmt.Sprintf("basket-%d", number), What: what, By: "amani", Reason: "she called"}
}

func (s *shop) does(a orders.Act) orders.Outcome {
	s.t.Helper()
	out, err := s.processor.Act(s.t.Context(), a)
	if err != nil {
		s.t.Fatal(err)
	}
	return out
}

// tell says what operators did, until the test stops it.
func (s *shop) tell() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.processor.RunActs(ctx) }()
	return func() {
		s.t.Helper()
		cancel()
		if err := <-done; err != nil {
			s.t.Error(err)
		}
	}
}

func TestActIsTold(t *testing.T) {
	s := open(t)
	s.stocks(map[string]int{"HOE": 3})
	s.run()
	defer s.tell()()
	s.say(place(order(1, "HOE", 3)))
	s.say(place(order(2, "HOE", 2)))
	s.hearsKinds(orders.Confirmed, orders.Rejected)
	s.does(act("c", orders.ActCancel, 1))
	if e := s.hears(); e.Kind != orders.Cancelled || e.Act != "c" || e.Order.ID != "basket-1" || e.Turn != 0 {
		t.Errorf("heard %+v", e)
	}
	s.does(act("c", orders.ActCancel, 1))
	s.does(act("n", orders.ActNote, 1))
	s.does(act("f", orders.ActConfirm, 2))
	if e := s.hears(); e.Kind != orders.Confirmed || e.Act != "f" { // and nothing of what was repeated or noted
		t.Errorf("heard %+v", e)
	}
	s.has(map[string]int{"HOE": 1})
	if n := s.metric("haat_order_acts_total", "confirm"); n != 1 {
		t.Errorf("%v confirmations are counted", n)
	}
}

// The process ends after the commit and before the event: the event goes out
// when it starts again, once, and the act asked for again is the same.
func TestStoppedBetweenActAndEvent(t *testing.T) {
	s := open(t)
	stock := map[string]int{"HOE": 9}
	s.stocks(stock)
	s.run()
	for n := range int64(3) {
		s.say(place(order(n+1, "HOE", 1)))
		s.hears()
	}
	s.acknowledges(3)
	first := s.does(act("r", orders.ActReject, 1)) // nobody tells it
	s.does(act("c", orders.ActCancel, 2))
	s.restart(stock)
	stop := s.tell()
	var heard []string
	for range 2 {
		heard = append(heard, s.hears().Act)
	}
	if diff := cmp.Diff([]string{"r", "c"}, heard); diff != "" {
		t.Error(diff)
	}
	if again := s.does(act("r", orders.ActReject, 1)); again.Status != first.Status || again.Refused != "" {
		t.Errorf("asked again it is %v, was %v", again, first)
	}
	s.does(act("last", orders.ActCancel, 3))
	if e := s.hears(); e.Act != "last" {
		t.Errorf("heard %s", e.Act)
	}
	stop()
	s.restart(stock)
	defer s.tell()()
	s.has(map[string]int{"HOE": 9})
	if kept := s.keptEvents(); !cmp.Equal(kept["basket-1"], []orders.Status{orders.Confirmed, orders.Rejected}) {
		t.Errorf("kept %v", kept)
	}
}

// While NATS does not keep events the act stands and its event waits.
func TestActWhileEventsCannotBeKept(t *testing.T) {
	s := open(t)
	s.stocks(map[string]int{"HOE": 9})
	s.run()
	s.say(place(order(1, "HOE", 1)))
	s.hears()
	js := s.bus.JetStream()
	stream, err := js.Stream(t.Context(), bus.Orders)
	if err != nil {
		t.Fatal(err)
	}
	if err := js.DeleteStream(t.Context(), bus.Orders); err != nil {
		t.Fatal(err)
	}
	defer s.tell()()
	s.does(act("c", orders.ActCancel, 1))
	until(t, "it is tried again", func() bool { return s.metric("haat_processor_retries_total", "") > 0 })
	if _, err := js.CreateStream(t.Context(), stream.CachedInfo().Config); err != nil {
		t.Fatal(err)
	}
	until(t, "it is told", func() bool {
		events, err := s.store.Untold(t.Context(), 1)
		return err == nil && len(events) == 0
	})
	if kept := s.keptEvents()["basket-1"]; !cmp.Equal(kept, []orders.Status{orders.Cancelled}) {
		t.Errorf("kept %v", kept)
	}
}

func until(t *testing.T, what string, done func() bool) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for late := time.After(patience); !done(); {
		select {
		case <-tick.C:
		case <-late:
			t.Fatalf("this did not happen: %s", what)
		}
	}
}

// Operators and villagers want the last of the stock at the same time.
func TestLastOfTheStock(t *testing.T) {
	s := open(t)
	s.stocks(map[string]int{"HOE": 0})
	s.run()
	const wanted, left = 10, 7
	for n := range int64(wanted) {
		s.say(place(order(n+1, "HOE", 1)))
		s.hears()
	}
	s.stocks(map[string]int{"HOE": left})
	var wg sync.WaitGroup
	outcomes := make([]orders.Outcome, wanted)
	for n := range int64(wanted) {
		wg.Go(func() {
			out, err := s.processor.Act(t.Context(), act(fmt.Sprint("a", n), orders.ActConfirm, n+1))
			if err != nil {
				t.Error(err)
			}
			outcomes[n] = out
		})
		s.say(place(order(100+n, "HOE", 1)))
	}
	wg.Wait()
	sold := 0
	for range wanted {
		if s.hears().Kind == orders.Confirmed {
			sold++
		}
	}
	for _, out := range outcomes {
		if out.Refused == "" {
			sold++
		}
	}
	if sold != left {
		t.Errorf("%d of %d were sold", sold, left)
	}
	s.has(map[string]int{"HOE": 0})
}

func TestActOnNothing(t *testing.T) {
	s := open(t)
	s.stocks(map[string]int{"HOE": 1})
	if _, err := s.processor.Act(t.Context(), act("x", orders.ActNote, 5)); !errors.Is(err, orders.ErrUnknown) {
		t.Errorf("an order that is not there has a note: %v", err)
	}
	if _, err := s.processor.Act(t.Context(), orders.Act{}); !errors.Is(err, store.ErrPermanent) {
		t.Errorf("an act without anything is done: %v", err)
	}
}
