package gateway

import (
	"context"
	"slices"
	"time"
)

// Status is what became of one SMS. It carries what is known of the phone's
// last few messages in the channel, so that the latest status alone tells
// whether a report is news.
type Status struct {
	Channel  string    `json:"channel"`
	Phone    Phone     `json:"phone"`
	Ref      string    `json:"ref,omitempty"`   // our Outbound.Ref; empty until the sending is logged
	Parts    []Part    `json:"parts,omitempty"` // under the carrier's ids, where it gave some
	State    State     `json:"state"`
	Attempt  int       `json:"attempt,omitempty"`  // how often it was handed to the carrier
	Strikes  int       `json:"strikes,omitempty"`  // how many of the attempts count against the limit
	Code     string    `json:"code,omitempty"`     // the carrier's word or error code
	Reason   string    `json:"reason,omitempty"`   // what happened, in words for an operator
	Segments int       `json:"segments,omitempty"` // short messages that this attempt was; 0 where nothing was sent
	Cost     *Cost     `json:"cost,omitempty"`     // of this attempt, where there is a tariff
	Recent   []Status  `json:"recent,omitempty"`   // the phone's other messages in the channel, oldest first
	At       time.Time `json:"at"`
}

// LoggedStatus is a status with its place in the log: sequence 0 where there is
// none.
type LoggedStatus struct {
	Status
	Seq uint64
}

// Part is one short message of a long SMS, or the only one.
type Part struct {
	ID    string `json:"id"` // the carrier's
	State State  `json:"s,omitempty"`
}

// maxStatuses is how many messages of a phone a status remembers: more than can
// be on their way to one phone between an attempt and its report.
const maxStatuses = 16

// Of is what is known of the message with our ref or one of the carrier's ids.
func (s Status) Of(ref string, ids ...string) (Status, bool) {
	found, _ := s.find(ref, ids)
	return joined(found), len(found) > 0
}

// Next is the status after s with the news, and whether it is news at all: a
// state of a lower rank, or the same once more, is none. Reports that came
// before the sending was logged, perhaps one for each part, join it here.
func (s Status) Next(news Status) (Status, bool) {
	found, rest := s.find(news.Ref, ids(news.Parts))
	old := joined(found)
	if old.Ref != "" && old.State.Final() && !old.State.mayBecome(news.State) {
		return s, false
	}
	next := old.with(news)
	if len(found) == 1 && next.State == old.State && next.Ref == old.Ref && next.Attempt == old.Attempt && slices.Equal(next.Parts, old.Parts) {
		return s, false
	}
	next.Recent = newest(rest)
	return next, true
}

// with is what is known of the message after the news.
func (s Status) with(news Status) Status {
	next := news
	if next.Ref == "" {
		next.Ref = s.Ref
	}
	next.Attempt, next.Strikes = max(news.Attempt, s.Attempt), max(news.Strikes, s.Strikes)
	next.Parts = s.Parts
	if known := partly(s.Parts, news.Parts); known || len(s.Parts) == 0 || news.Ref == "" {
		next.Parts = joinParts(s.Parts, news.Parts)
		if len(next.Parts) > 0 {
			next.State = whole(next.Parts)
		}
	} // else it reports on the whole under an id of another attempt
	if s.Ref != "" && !s.State.mayBecome(next.State) {
		next.State = s.State // a report overtook the sending, or came late
	}
	return next
}

// joined makes one of what stands of a message in several places: reports on
// its parts that came before it was known what they are parts of.
func joined(found []Status) (all Status) {
	for i, m := range found {
		if i == 0 {
			all = m
			continue
		}
		all = all.with(m)
	}
	return all
}

// joinParts is a union in which no part's state goes back.
func joinParts(old, news []Part) []Part {
	parts := slices.Clone(old)
	for _, p := range news {
		i := indexOf(parts, p.ID)
		switch {
		case i < 0:
			parts = append(parts, p)
		case !parts[i].State.Final() && p.State.Rank() > parts[i].State.Rank():
			parts[i].State = p.State
		}
	}
	return parts
}

// indexOf finds the part with an id, by the strictest way to read it.
func indexOf(parts []Part, id string) int {
	for _, same := range sameIDs {
		if i := slices.IndexFunc(parts, func(p Part) bool { return same(p.ID, id) }); i >= 0 {
			return i
		}
	}
	return -1
}

// partly tells whether one of the parts is among those known.
func partly(known, parts []Part) bool {
	return slices.ContainsFunc(parts, func(p Part) bool {
		return indexOf(known, p.ID) >= 0
	})
}

// whole is the state of a message by those of its parts: it has arrived when all
// have, and will not when one will not.
func whole(parts []Part) State {
	state := Delivered
	for _, p := range parts {
		switch {
		case p.State == Delivered:
		case p.State.Final():
			return p.State
		case state == Delivered || p.State.Rank() > state.Rank():
			state = p.State
		}
	}
	return state
}

func ids(parts []Part) (all []string) {
	for _, p := range parts {
		all = append(all, p.ID)
	}
	return all
}

// find gives the messages that have the ref or one of the ids, and the others.
func (s Status) find(ref string, ids []string) (found, rest []Status) {
	all := s.messages()
	match := make([]bool, len(all))
	for i, m := range all {
		match[i] = ref != "" && m.Ref == ref
	}
	for _, id := range ids {
		for _, i := range meant(all, ref, id) {
			match[i] = true
		}
	}
	for i, m := range all {
		if match[i] {
			found = append(found, m)
		} else {
			rest = append(rest, m)
		}
	}
	return found, rest
}

// meant are the messages that an id of the news stands for, by the strictest way
// to read it that finds any. Read in another way than written it must be clear
// which message is meant.
func meant(all []Status, ref, id string) (found []int) {
	for strictness, same := range sameIDs {
		for i, m := range all {
			another := ref != "" && m.Ref != "" && m.Ref != ref
			if !another && slices.ContainsFunc(m.Parts, func(p Part) bool { return same(p.ID, id) }) {
				found = append(found, i)
			}
		}
		if len(found) > 1 && strictness > 0 {
			return nil
		}
		if len(found) > 0 {
			return found
		}
	}
	return nil
}

// messages are all that the status knows of, the latest last, without what only
// the line of the log needs.
func (s Status) messages() []Status {
	if s.State == "" {
		return nil
	}
	self := Status{Ref: s.Ref, Parts: s.Parts, State: s.State, Attempt: s.Attempt, Strikes: s.Strikes, At: s.At}
	return append(s.Recent[:len(s.Recent):len(s.Recent)], self)
}

// newest forgets the oldest messages beyond what a status remembers, and before
// them those that nobody here has sent.
func newest(messages []Status) []Status {
	for len(messages) > maxStatuses-1 {
		i := max(0, slices.IndexFunc(messages, func(m Status) bool { return m.Ref == "" }))
		messages = slices.Delete(slices.Clone(messages), i, i+1)
	}
	return messages
}

// Report implements [Acceptor]. A report that belongs to no message of ours is
// kept, too, for the operators to see.
func (g *Gateway) Report(ctx context.Context, r Report) error {
	phone, err := g.reported(ctx, r)
	if err != nil {
		return err
	}
	news := Status{Channel: r.Channel, Phone: phone, Ref: r.Ref, State: r.State, Code: r.Code, Reason: r.Reason, At: g.Now()}
	if r.CarrierID != "" {
		news.Parts = []Part{{r.CarrierID, r.State}}
	}
	outcome := string(r.State)
	added, err := g.Log.AddStatus(ctx, phone, r.Channel, func(s Status) (Status, bool) {
		if _, known := s.Of(news.Ref, ids(news.Parts)...); !known {
			outcome = "unmatched"
		}
		return s.Next(news)
	})
	if err != nil {
		return err
	}
	if !added {
		outcome = "stale"
	}
	g.Metrics.report(r.Channel, outcome)
	return g.Log.Durable(ctx)
}

// reported is the phone that a report is about: as it says, or by our id of the
// SMS or the carrier's; "" where none of them tells.
func (g *Gateway) reported(ctx context.Context, r Report) (Phone, error) {
	if r.Phone != "" {
		return r.Phone, nil
	}
	if r.Ref != "" {
		if phone, err := g.Log.PhoneOf(ctx, r.Ref); phone != "" || err != nil {
			return phone, err
		}
	}
	if r.CarrierID == "" {
		return "", nil
	}
	return g.Receipts.Phone(ctx, r.Channel, r.CarrierID)
}
