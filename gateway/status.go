package gateway

import (
	"context"
	"time"
)

// Status is what became of one SMS. It carries what is known of the phone's
// last few messages in the channel, so that the latest status alone tells
// whether a report is news.
type Status struct {
	Channel   string    `json:"channel"`
	Phone     Phone     `json:"phone"`
	Ref       string    `json:"ref,omitempty"`        // our Outbound.Ref; empty until the sending is logged
	CarrierID string    `json:"carrier_id,omitempty"` // the carrier's id
	State     State     `json:"state"`
	Attempt   int       `json:"attempt,omitempty"` // how often it was handed to the carrier
	Code      string    `json:"code,omitempty"`    // the carrier's word or error code
	Recent    []Status  `json:"recent,omitempty"`  // the phone's other messages in the channel, oldest first
	At        time.Time `json:"at"`
}

// maxStatuses is how many messages of a phone a status remembers.
const maxStatuses = 8

// Of is what is known of the message with our ref or the carrier's id.
func (s Status) Of(ref, carrierID string) (Status, bool) {
	for _, m := range s.messages() {
		if m.is(ref, carrierID) {
			return m, true
		}
	}
	return Status{}, false
}

// Next is the status after s with the news, and whether it is news at all: a
// state of a lower rank, or the same once more, is none.
func (s Status) Next(news Status) (Status, bool) {
	old, known := s.Of(news.Ref, news.CarrierID)
	if known {
		if news.Ref == "" {
			news.Ref = old.Ref
		}
		if news.CarrierID == "" {
			news.CarrierID = old.CarrierID
		}
		news.Attempt = max(news.Attempt, old.Attempt)
		if news.State.Rank() < old.State.Rank() {
			news.State = old.State // a report overtook the sending
		}
		if news.State == old.State && news.Ref == old.Ref && news.CarrierID == old.CarrierID && news.Attempt == old.Attempt || old.State.Rank() == 3 && old.Ref != "" {
			return s, false
		}
	}
	next := news
	next.Recent = nil
	for _, m := range s.messages() {
		if !m.is(news.Ref, news.CarrierID) {
			next.Recent = append(next.Recent, m)
		}
	}
	next.Recent = next.Recent[max(0, len(next.Recent)-maxStatuses+1):]
	return next, true
}

func (s Status) messages() []Status {
	if s.State == "" {
		return nil
	}
	self := s
	self.Recent, self.Channel, self.Phone = nil, "", ""
	return append(s.Recent[:len(s.Recent):len(s.Recent)], self)
}

func (s Status) is(ref, carrierID string) bool {
	return ref != "" && s.Ref == ref || carrierID != "" && s.CarrierID == carrierID
}

// Report implements [Acceptor].
func (g *Gateway) Report(ctx context.Context, r Report) error {
	phone := r.Phone
	if phone == "" {
		var err error
		if phone, err = g.Receipts.Phone(ctx, r.Channel, r.CarrierID); err != nil {
			return err
		}
	}
	if phone == "" {
		g.Metrics.report(r.Channel, "unmatched")
		return nil
	}
	news := Status{Channel: r.Channel, Phone: phone, Ref: r.Ref, CarrierID: r.CarrierID, State: r.State, Code: r.Code, At: g.Now()}
	added, err := g.Log.AddStatus(ctx, phone, r.Channel, func(s Status) (Status, bool) { return s.Next(news) })
	if err != nil {
		return err
	}
	outcome := string(r.State)
	if !added {
		outcome = "stale"
	}
	g.Metrics.report(r.Channel, outcome)
	return g.Log.Durable(ctx)
}
