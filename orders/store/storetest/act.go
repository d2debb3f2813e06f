package storetest

import (
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"haat/catalog"
	"haat/orders"
	"haat/orders/store"
)

// later is when operators act.
var later = start.Add(24 * time.Hour)

func act(id string, what orders.What, o orders.Order) orders.Act {
	a := orders.Act{ID: id, Order: o.ID, What: what, By: "amani", Reason: "she called"}
	if what == orders.ActConfirm {
		a.Reason = ""
	}
	return a
}

// does applies an act that must have an outcome.
func (s *shop) does(a orders.Act) orders.Outcome {
	s.t.Helper()
	out, err := s.Act(s.t.Context(), later, a)
	if err != nil {
		s.t.Fatal(err)
	}
	return out
}

func actConfirmed(t *testing.T, s *shop) {
	s.stocks(counted("SOAP", 2), counted("RICE5", 10), catalog.Product{SKU: "WATER", Price: kes(8500)})
	o := order(1, want{"SOAP", 2}, want{"WATER", 5}, want{"SOAP", 1})
	s.one(place(o))
	same(t, orders.Outcome{Refused: orders.RefusedShort, Status: orders.Rejected, Missing: []orders.Lack{{SKU: "SOAP", Want: 3, Left: 2}}}, s.does(act("1", orders.ActConfirm, o)))
	s.has(map[string]int{"SOAP": 2, "RICE5": 10})

	s.stocks(counted("SOAP", 4), catalog.Product{SKU: "WATER", Price: kes(9900)})
	same(t, orders.Outcome{Status: orders.Confirmed}, s.does(act("2", orders.ActConfirm, o)))
	s.has(map[string]int{"SOAP": 1})
	o.Status = orders.Confirmed
	s.keeps(o) // at the prices that it was placed with
	s.passed(o.ID, orders.Placed, orders.Rejected, orders.Confirmed)
	rec, err := s.Get(t.Context(), o.ID)
	if err != nil || len(rec.Shortages) > 0 {
		t.Errorf("it is short of %v, %v", rec.Shortages, err)
	}
	s.one(cancel(o))
	s.has(map[string]int{"SOAP": 4})
}

func actGivesBack(t *testing.T, s *shop) {
	for i, what := range []orders.What{orders.ActCancel, orders.ActReject} {
		s.stocks(counted("HOE", 5), counted("SOAP", 9))
		o := order(int64(i+1), want{"HOE", 2}, want{"SOAP", 3}, want{"HOE", 1})
		s.one(place(o))
		same(t, orders.Outcome{Status: what.Status()}, s.does(act("a"+string(what), what, o)))
		s.has(map[string]int{"HOE": 5, "SOAP": 9})
		steps, err := s.History(t.Context(), o.ID)
		if err != nil {
			t.Fatal(err)
		}
		same(t, orders.Step{Status: what.Status(), At: later, By: "amani", Reason: "she called"}, steps[2])
	}
	// What was rejected and filled again gives back what it took the second time.
	again := order(2)
	s.does(act("again", orders.ActConfirm, again))
	s.has(map[string]int{"HOE": 2, "SOAP": 6})
	s.does(act("no", orders.ActReject, again))
	s.has(map[string]int{"HOE": 5, "SOAP": 9})
}

func actOnce(t *testing.T, s *shop) {
	s.stocks(counted("HOE", 5))
	o := order(1, want{"HOE", 2})
	s.one(place(o))
	a := act("once", orders.ActReject, o)
	first := s.does(a)
	s.does(act("back", orders.ActConfirm, o))
	same(t, first, s.does(a)) // long after, it is still the same answer
	s.has(map[string]int{"HOE": 3})
	s.passed(o.ID, orders.Placed, orders.Confirmed, orders.Rejected, orders.Confirmed)
	note := act("note", orders.ActNote, o)
	s.does(note)
	s.does(note)
	if rec, err := s.Get(t.Context(), o.ID); err != nil || len(rec.Notes) != 1 {
		t.Errorf("notes %v, %v", rec.Notes, err)
	}
	refused := act("refused", orders.ActConfirm, o)
	same(t, orders.RefusedStatus, s.does(refused).Refused)
	s.does(act("no", orders.ActReject, o))
	same(t, orders.RefusedStatus, s.does(refused).Refused)
	s.has(map[string]int{"HOE": 5})
}

func actRefused(t *testing.T, s *shop) {
	s.stocks(counted("HOE", 5))
	o := order(1, want{"HOE", 2})
	s.one(place(o))
	s.does(act("1", orders.ActCancel, o))
	for i, what := range []orders.What{orders.ActConfirm, orders.ActCancel, orders.ActReject} {
		same(t, orders.Outcome{Refused: orders.RefusedStatus, Status: orders.Cancelled}, s.does(act(fmt.Sprint("r", i), what, o)))
	}
	s.has(map[string]int{"HOE": 5})
	s.passed(o.ID, orders.Placed, orders.Confirmed, orders.Cancelled)
}

func actMalformed(t *testing.T, s *shop) {
	s.stocks(counted("HOE", 5))
	o := order(1, want{"HOE", 2})
	s.one(place(o))
	s.does(act("used", orders.ActNote, o))
	for name, change := range map[string]func(*orders.Act){
		"no id": func(a *orders.Act) { a.ID = "" }, "no operator": func(a *orders.Act) { a.By = "" }, "unknown": func(a *orders.Act) { a.What = "collect" },
		"no reason": func(a *orders.Act) { a.Reason = " \n" }, "long reason": func(a *orders.Act) { a.Reason = strings.Repeat("é", orders.MaxReason+1) },
		"control": func(a *orders.Act) { a.Reason = "a\x00b" }, "not UTF-8": func(a *orders.Act) { a.Reason = "\xff" }, "another act's id": func(a *orders.Act) { a.ID = "used" },
	} {
		a := act("new", orders.ActCancel, o)
		change(&a)
		if _, err := s.Act(t.Context(), later, a); !errors.Is(err, store.ErrPermanent) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := s.Act(t.Context(), later, act("x", orders.ActNote, order(9))); !errors.Is(err, orders.ErrUnknown) {
		t.Errorf("an order that is not there: %v", err)
	}
	s.passed(o.ID, orders.Placed, orders.Confirmed)
}

func actsBounded(t *testing.T, s *shop) {
	s.stocks(counted("HOE", 5))
	o := order(1, want{"HOE", 2})
	s.one(place(o))
	for n := range orders.MaxActs {
		if out := s.does(act(fmt.Sprint(n), orders.ActNote, o)); out.Refused != "" {
			t.Fatalf("act %d: %v", n, out)
		}
	}
	same(t, orders.Outcome{Refused: orders.RefusedFull, Status: orders.Confirmed}, s.does(act("more", orders.ActCancel, o)))
	s.passed(o.ID, orders.Placed, orders.Confirmed)
}

func actUntold(t *testing.T, s *shop) {
	s.stocks(counted("HOE", 5))
	o, p := order(1, want{"HOE", 2}), order(2, want{"HOE", 1})
	s.apply(place(o), place(p))
	s.does(act("note", orders.ActNote, o))
	s.does(act("reject", orders.ActReject, o))
	s.does(act("late", orders.ActCancel, o))
	o.Status = orders.Rejected
	event := orders.Event{Kind: orders.Rejected, Order: o, Act: "reject", At: later}
	untold := func() []orders.Event {
		events, err := s.Untold(t.Context(), 10)
		if err != nil {
			t.Fatal(err)
		}
		return events
	}
	same(t, []orders.Event{event}, untold())
	s.does(act("back", orders.ActConfirm, o))
	same(t, []orders.Event{event}, untold()[:1]) // it tells what was, whatever came after
	if err := s.Told(t.Context(), untold()); err != nil {
		t.Fatal(err)
	}
	same(t, []orders.Event(nil), untold())
	s.does(act("reject", orders.ActReject, o))
	same(t, []orders.Event(nil), untold())
}

// actThenPhone: a turn that comes again says what an operator made of the order,
// under the operator's act, so that it is told once; who asks to cancel is
// answered.
func actThenPhone(t *testing.T, s *shop) {
	s.stocks(counted("HOE", 5))
	o := order(1, want{"HOE", 2})
	s.one(place(o))
	s.does(act("x", orders.ActCancel, o))
	if e := s.one(place(o)); e.Kind != orders.Cancelled || e.Act != "x" || !e.At.Equal(later) {
		t.Errorf("placed again it is %v", e)
	}
	if e := s.one(cancel(o)); e.Kind != orders.Cancelled || e.Act != "" || e.Refused {
		t.Errorf("cancelled again it is %v", e)
	}
	s.has(map[string]int{"HOE": 5})
}

// lastPieceByAct lets many operators confirm many orders of the last piece at
// once.
func lastPieceByAct(t *testing.T, s *shop) {
	s.stocks(counted("HOE", 0))
	const many = 12
	for n := range int64(many) {
		s.one(place(order(n+1, want{"HOE", 1})))
	}
	s.stocks(counted("HOE", 3))
	outcomes := make([]orders.Outcome, many)
	var wg sync.WaitGroup
	for n := range many {
		wg.Go(func() {
			out, err := s.Act(t.Context(), later, act(fmt.Sprint("a", n), orders.ActConfirm, order(int64(n+1))))
			if err != nil {
				t.Error(err)
			}
			outcomes[n] = out
		})
	}
	wg.Wait()
	done := 0
	for _, out := range outcomes {
		if out.Refused == "" {
			done++
		}
	}
	if done != 3 {
		t.Errorf("%d orders have one of three hoes", done)
	}
	s.has(map[string]int{"HOE": 0})
}

// actsAtRandom compares what operators and phones do with a book that is kept by
// hand.
func actsAtRandom(t *testing.T, s *shop) {
	round := int64(0)
	rapid.Check(t, func(t *rapid.T) {
		round += 1000
		b := book{orders: map[int64]orders.Status{}, wants: map[int64][]want{}}
		b.stock = map[string]int{"A": rapid.IntRange(0, 12).Draw(t, "A"), "B": rapid.IntRange(0, 12).Draw(t, "B")}
		s.stocks(counted("A", b.stock["A"]), counted("B", b.stock["B"]), catalog.Product{SKU: "FREE"})
		for step := range rapid.IntRange(1, 8).Draw(t, "steps") {
			n := round + rapid.Int64Range(1, 4).Draw(t, "order")
			what := rapid.SampledFrom([]orders.What{"place", orders.ActConfirm, orders.ActCancel, orders.ActReject}).Draw(t, "what")
			if what == "place" || b.orders[n] == "" {
				s.one(place(order(n, b.wanted(t, n)...)))
				b.place(n)
			} else {
				a := act(fmt.Sprint(round, ".", step), what, order(n))
				if out, was := s.does(a), b.act(n, what); out.Status != b.orders[n] || (out.Refused == "") != was {
					t.Fatalf("%s: %+v, want %s, done: %v", what, out, b.orders[n], was)
				}
				if rapid.IntRange(0, 3).Draw(t, "again") == 0 {
					s.does(a)
				}
			}
			if got, err := s.Stock(s.t.Context()); err != nil || !maps.Equal(got, b.stock) {
				t.Fatalf("stock is %v, %v, want %v", got, err, b.stock)
			}
		}
	})
}

// act does by hand what an operator wants, and tells whether it could be done.
func (b *book) act(n int64, what orders.What) bool {
	was := b.orders[n]
	switch {
	case was == orders.Confirmed && what == orders.ActCancel:
		b.cancel(n)
	case was == orders.Confirmed && what == orders.ActReject:
		b.cancel(n)
		b.orders[n] = orders.Rejected
	case was == orders.Rejected && what == orders.ActConfirm:
		delete(b.orders, n)
		b.place(n)
	}
	return b.orders[n] != was
}
