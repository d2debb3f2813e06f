package messagelog

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"haat/gateway"
	"haat/gateway/dialogue"
	"haat/orders/bus"
)

// Entry is one line of the log as people read it. A turn whose reply was
// amended is one entry with what the phone was really told.
type Entry struct {
	Seq     uint64        `json:"seq"`
	At      time.Time     `json:"at"`
	Kind    Kind          `json:"kind"`
	Channel string        `json:"channel"`
	Mode    dialogue.Mode `json:"mode,omitempty"`
	Phone   gateway.Phone `json:"phone"`
	ID      string        `json:"id,omitempty"` // the carrier's id of the inbound message
	In      string        `json:"in"`
	Out     string        `json:"out"`
	Order   string        `json:"order"` // id of the order that it placed, cancelled or tells of
	// Of a status: what became of the SMS with that sequence; none where a
	// carrier reported on one that is not known.
	Status   gateway.State   `json:"status,omitempty"`
	Ref      string          `json:"ref,omitempty"`
	Attempt  int             `json:"attempt,omitempty"` // how often it was handed to the carrier
	Code     string          `json:"code,omitempty"`    // the carrier's word or error code
	Reason   string          `json:"reason,omitempty"`  // what happened, in words for an operator
	Segments int             `json:"segments,omitempty"`
	Cost     string          `json:"cost,omitempty"` // a decimal in Currency
	Currency string          `json:"currency,omitempty"`
	Class    string          `json:"class,omitempty"` // of a turn: one of the dialogue's classes
	Offer    *dialogue.Offer `json:"offer,omitempty"`
	Heard    string          `json:"heard,omitempty"` // of a turn: which words of a free text became what
	By       string          `json:"by,omitempty"`    // the operator who wrote it, took the phone over or handed it back
}

// Operated tells whether an operator took the phone over by the turn, or handed it
// back: nobody wrote and nobody was answered.
func (e Entry) Operated() bool { return e.Kind == KindTurn && e.By != "" }

// amendWithin is longer than any answer may wait for the processor's word.
const amendWithin = 10 * time.Second

// Entries calls yield with every entry, oldest first, of one phone or, with an
// empty phone, of all. With follow it goes on until ctx ends.
func (l *Log) Entries(ctx context.Context, phone gateway.Phone, follow bool, yield func(Entry) error) error {
	filter := "log.>"
	if phone != "" {
		filter = subject(phone) + ".>"
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	consumer, err := l.bus.JetStream().OrderedConsumer(ctx, bus.Messages, jetstream.OrderedConsumerConfig{FilterSubjects: []string{filter}, InactiveThreshold: 30 * time.Second})
	if err != nil {
		return fmt.Errorf("read the message log: %w", err)
	}
	defer func() { // a courtesy: the server forgets it by itself
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		_ = l.stream.DeleteConsumer(ctx, consumer.CachedInfo().Name)
	}()
	if consumer.CachedInfo().NumPending == 0 && !follow {
		return nil
	}
	arrived := make(chan jetstream.Msg, 256)
	consuming, err := consumer.Consume(func(m jetstream.Msg) {
		select {
		case arrived <- m:
		case <-ctx.Done():
		}
	})
	if err != nil {
		return fmt.Errorf("read the message log: %w", err)
	}
	defer consuming.Stop()
	return pump(ctx, arrived, follow, yield)
}

// pump reads until the end or, when following, until ctx ends.
func pump(ctx context.Context, arrived <-chan jetstream.Msg, follow bool, yield func(Entry) error) error {
	f := folder{yield: yield}
	caughtUp := false // until then what amends an old turn may still be on its way here
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return f.flush(time.Time{})
		case now := <-tick.C:
			if !caughtUp {
				continue
			}
			if err := f.flush(now.Add(-amendWithin)); err != nil {
				return err
			}
		case m := <-arrived:
			meta, err := m.Metadata()
			if err != nil {
				return err
			}
			if err := f.add(m, meta); err != nil {
				return err
			}
			caughtUp = meta.NumPending == 0
			if caughtUp && !follow {
				return f.flush(time.Time{})
			}
		}
	}
}

// folder joins a turn and the one that amends its reply. While an order's
// reply may still be amended, it and what came after it wait, so that entries
// stay in the order of the log.
type folder struct {
	yield   func(Entry) error
	waiting []Entry
	open    map[uint64]bool // sequences of the waiting turns that may be amended
}

func (f *folder) add(m jetstream.Msg, meta *jetstream.MsgMetadata) error {
	e, amends, open, err := entryOf(m, meta)
	if err != nil {
		return fmt.Errorf("message %d of the log: %w", meta.Sequence.Stream, err)
	}
	if amends != 0 && f.open[amends] {
		delete(f.open, amends)
		for i := range f.waiting {
			if f.waiting[i].Seq == amends {
				f.waiting[i].Out = e.Out
			}
		}
	} else {
		f.waiting = append(f.waiting, e)
	}
	if open {
		if f.open == nil {
			f.open = map[uint64]bool{}
		}
		f.open[e.Seq] = true
	}
	return f.flush(meta.Timestamp.Add(-amendWithin))
}

// flush yields what waits for nothing any more: what is not open, or older than
// the time given. The zero time stands for everything.
func (f *folder) flush(olderThan time.Time) error {
	n := 0
	for _, e := range f.waiting {
		if f.open[e.Seq] && !olderThan.IsZero() && e.At.After(olderThan) {
			break
		}
		delete(f.open, e.Seq)
		if err := f.yield(e); err != nil {
			return err
		}
		n++
	}
	f.waiting = f.waiting[n:]
	return nil
}

// entryOf decodes a message. It tells which turn it amends, if it does, and
// whether it may itself be amended.
func entryOf(m jetstream.Msg, meta *jetstream.MsgMetadata) (e Entry, amends uint64, open bool, err error) {
	e, said, err := decoded(m, meta)
	if t := said.turn; t != nil {
		return e, t.Amends, t.Request != nil, err
	}
	return e, 0, false, err
}

// said is what a message holds, beside its entry.
type said struct {
	turn   *gateway.Turn
	notice *gateway.Notice
	status *gateway.Status
}

func decoded(m jetstream.Msg, meta *jetstream.MsgMetadata) (e Entry, what said, err error) {
	kind, phone, err := kindOf(m.Subject())
	if err != nil {
		return e, what, err
	}
	e = Entry{Seq: meta.Sequence.Stream, At: meta.Timestamp.UTC(), Kind: kind, Phone: phone}
	switch kind {
	case KindTurn:
		t := &gateway.Turn{}
		err = json.Unmarshal(m.Data(), t)
		e.Channel, e.Mode, e.ID, e.In, e.Out = t.In.Channel, t.In.Mode, t.In.ID, t.In.Text, t.Reply.Text
		e.Class, e.Offer, e.Heard = t.Class, t.Offer, t.Heard
		e.Order = t.Order
		if t.Operator != "" { // what else it has was said before
			e.ID, e.Mode, e.In, e.Out, e.By = "", "", "", "", t.Operator
		}
		if t.Request != nil {
			e.Order = t.Request.OrderID()
		}
		what.turn = t
	case KindNotice:
		n := &gateway.Notice{}
		err = json.Unmarshal(m.Data(), n)
		e.Channel, e.Mode, e.Out = n.Channel, dialogue.SMS, n.Text
		e.Order, e.By = n.Order(), n.By
		what.notice = n
	case KindStatus:
		s := &gateway.Status{}
		err = json.Unmarshal(m.Data(), s)
		what.status = s
		e.Channel, e.Status, e.Ref, e.Attempt, e.Code, e.Reason, e.Segments = s.Channel, s.State, s.Ref, s.Attempt, s.Code, s.Reason, s.Segments
		if s.Cost != nil {
			e.Cost, e.Currency = s.Cost.Decimal(), s.Cost.Currency
		}
	}
	return e, what, err
}
