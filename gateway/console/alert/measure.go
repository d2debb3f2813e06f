package alert

import (
	"context"
	"math"
	"time"

	"haat/gateway"
	"haat/gateway/console/index"
)

// Figures are those of the overview.
type Figures interface {
	Figures(ctx context.Context, a index.Asked) ([]index.Figure, error)
}

// States tell how haat is now.
type States interface {
	// Channels are those that send.
	Channels(ctx context.Context) ([]Channel, error)
	// Queues are how many messages wait for whom, by name.
	Queues(ctx context.Context) (map[string]uint64, error)
	// Behind is how far the index is behind the log.
	Behind(ctx context.Context) (time.Duration, error)
	// Free is the share of the disk that is free, from 0 to 1.
	Free(ctx context.Context) (float64, error)
}

// Channel is how one channel does.
type Channel struct {
	Name   string
	Down   bool
	Budget float64 // the share of the day's that is used; not a number where it has none
	// Left is what is left on the account at the carrier; nil where that is not
	// known. Awaited tells that the carrier has not said it yet.
	Left    *gateway.Cost
	Awaited bool
}

// Reading is what a rule sees of one subject.
type Reading struct {
	Kind    Kind
	Subject string // a channel, a consumer; "" where there is one alone
	Value   float64
	Unit    string // of the value, where it is not the kind's own: a currency
	Enough  bool   // to say anything
	Awaited bool   // what is not there yet: it changes nothing
}

// inUse is how long after its last turn a channel counts as one in use.
const inUse = 7 * 24 * time.Hour

// measure reads what a rule looks at.
func measure(ctx context.Context, r Rule, f Figures, s States, now time.Time) ([]Reading, error) {
	switch r.Kind {
	case Silence, Errors, Delivered:
		return measureFigures(ctx, r, f, now)
	case Queue:
		queues, err := s.Queues(ctx)
		var all []Reading
		for name, n := range queues {
			all = append(all, Reading{Kind: Queue, Subject: name, Value: float64(n), Enough: true})
		}
		return all, err
	case Down, Budget:
		channels, err := s.Channels(ctx)
		var all []Reading
		for _, c := range channels {
			value := c.Budget
			if r.Kind == Down {
				value = 0
				if c.Down {
					value = 1
				}
			}
			all = append(all, Reading{Kind: r.Kind, Subject: c.Name, Value: value, Enough: !math.IsNaN(value)})
		}
		return all, err
	case Balance:
		channels, err := s.Channels(ctx)
		return balances(channels), err
	case Lag:
		behind, err := s.Behind(ctx)
		return []Reading{{Kind: Lag, Value: behind.Seconds(), Enough: true}}, err
	default:
		free, err := s.Free(ctx)
		return []Reading{{Kind: Disk, Value: free, Enough: true}}, err
	}
}

// balances are those of the channels that have an account.
func balances(channels []Channel) (all []Reading) {
	for _, c := range channels {
		r := Reading{Kind: Balance, Subject: c.Name, Awaited: c.Awaited}
		if c.Left != nil {
			r.Value, r.Unit, r.Enough = c.Left.Major(), c.Left.Currency, true
		}
		if r.Enough || r.Awaited {
			all = append(all, r)
		}
	}
	return all
}

// Names are the figures that a rule is about.
func Names(k Kind) []string {
	switch k {
	case Silence:
		return []string{index.Turns}
	case Errors:
		return []string{index.Troubles, index.Rows, index.Statuses}
	}
	return []string{index.SMS}
}

// windowOf is the time of a window: whole minutes, of which the last may still go
// on.
func windowOf(long time.Duration, now time.Time) (from, to time.Time) {
	to = now.Truncate(time.Minute).Add(time.Minute)
	return to.Add(-long), to
}

func measureFigures(ctx context.Context, r Rule, f Figures, now time.Time) ([]Reading, error) {
	from, to := windowOf(r.Window, now)
	counted, err := f.Figures(ctx, index.Asked{From: from, To: to, Names: Names(r.Kind)})
	if err != nil {
		return nil, err
	}
	sums := map[string]Sum{}
	if r.Kind == Silence {
		if !r.awake(now) {
			return nil, nil
		}
		before, err := f.Figures(ctx, index.Asked{From: from.Add(-inUse), To: from, Names: Names(r.Kind)})
		if err != nil {
			return nil, err
		}
		for _, each := range before {
			sums[each.Channel] = Sum{}
		}
	}
	for _, each := range counted {
		sum := sums[each.Channel]
		sum.Add(each)
		sums[each.Channel] = sum
	}
	var all []Reading
	for channel, sum := range sums {
		value, enough := sum.Value(r.Kind)
		all = append(all, Reading{Kind: r.Kind, Subject: channel, Value: value, Enough: enough})
	}
	return all, nil
}

// Sum is what rules count of a stretch of time.
type Sum struct{ turns, troubles, rows, statuses, delivered, finished int64 }

// Add adds a figure.
func (s *Sum) Add(f index.Figure) {
	switch f.Name {
	case index.Turns:
		s.turns += f.N
	case index.Troubles:
		s.troubles += f.N
	case index.Rows:
		s.rows += f.N
	case index.Statuses:
		s.statuses += f.N
	case index.SMS:
		state := gateway.State(f.Label)
		if state == gateway.Delivered {
			s.delivered += f.N
		}
		if state == gateway.Delivered || state == gateway.Failed || state == gateway.Expired {
			s.finished += f.N
		}
	}
}

// Value is what a rule of a kind compares with its limit; enough tells whether
// there are messages enough to say anything.
func (s Sum) Value(k Kind) (value float64, enough bool) {
	switch k {
	case Silence:
		return float64(s.turns), true
	case Errors:
		return share(s.troubles, s.rows-s.statuses)
	}
	return share(s.delivered, s.finished)
}

func share(part, of int64) (float64, bool) {
	if of <= 0 {
		return 0, false
	}
	return float64(part) / float64(of), of >= MinMessages
}

// Charted are the values of a rule in the minutes before a time, by channel: what
// the rule would have seen at the end of each.
func Charted(figures []index.Figure, k Kind, window time.Duration, from time.Time, minutes int) map[string][]float64 {
	width := int(window / time.Minute)
	byMinute := map[string][]Sum{}
	for _, f := range figures {
		if byMinute[f.Channel] == nil {
			byMinute[f.Channel] = make([]Sum, minutes+width)
		}
		if i := int(f.At.Sub(from.Add(-window)) / time.Minute); i >= 0 && i < minutes+width {
			byMinute[f.Channel][i].Add(f)
		}
	}
	values := map[string][]float64{}
	for channel, sums := range byMinute {
		values[channel] = make([]float64, minutes)
		var sum Sum
		for i, each := range sums {
			sum.join(each, 1)
			if i >= width {
				sum.join(sums[i-width], -1)
				value, enough := sum.Value(k)
				if !enough {
					value = math.NaN()
				}
				values[channel][i-width] = value
			}
		}
	}
	return values
}

func (s *Sum) join(o Sum, times int64) {
	s.turns += times * o.turns
	s.troubles += times * o.troubles
	s.rows += times * o.rows
	s.statuses += times * o.statuses
	s.delivered += times * o.delivered
	s.finished += times * o.finished
}
