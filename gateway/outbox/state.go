package outbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"

	"haat/gateway"
)

// ChannelState is how a channel does, as the haat that runs it says.
type ChannelState struct {
	Name   string    `json:"name"`
	State  string    `json:"state"` // see Working and the others
	Reason string    `json:"reason,omitempty"`
	Since  time.Time `json:"since,omitzero"` // of the reason, where that is known
	OnWay  int       `json:"on_way"`         // SMS that are with the carrier just now
	Today  Spent     `json:"today"`
	// What is left on the account at the carrier; nil where that is not known.
	Balance *Balance `json:"balance,omitempty"`
	// The carrier has been asked for the balance and has not answered yet.
	BalanceAwaited bool `json:"balance_awaited,omitempty"`
}

// What a channel's outbox does.
const (
	Working   = "working"
	Paused    = "paused"    // its breaker is open: see Reason
	Throttled = "throttled" // its carrier asked to wait
)

// Spent is what a channel has spent today, and what it may.
type Spent struct {
	Segments        int64  `json:"segments"`
	SegmentsAllowed int64  `json:"segments_allowed,omitempty"`
	Cost            string `json:"cost,omitempty"` // a decimal in Currency
	CostAllowed     string `json:"cost_allowed,omitempty"`
	Currency        string `json:"currency,omitempty"`
}

// State is how the channel does now.
func (o *Outbox) State() ChannelState {
	s := ChannelState{Name: o.name, State: Working, OnWay: len(o.pace.window), Today: o.budget.spentToday(o.cfg.Tariff.Currency)}
	if wait := o.pace.paused(); wait > 0 {
		s.State, s.Reason = Throttled, fmt.Sprintf("The carrier asked to send more slowly; it goes on in %s.", wait.Round(time.Second))
	}
	if reason, since := o.Down(); reason != "" {
		s.State, s.Reason, s.Since = Paused, reason, since
	}
	left, at, awaited := o.account.state()
	if s.BalanceAwaited = awaited; left != nil {
		s.Balance = &Balance{left.Decimal(), left.Currency, at}
	}
	return s
}

func (b *Budget) spentToday(currency string) Spent {
	segments, micros := b.Today()
	s := Spent{Segments: segments, SegmentsAllowed: b.allowance.Segments}
	if micros > 0 || b.allowance.Micros > 0 {
		s.Cost, s.Currency = gateway.Cost{Micros: micros}.Decimal(), currency
	}
	if b.allowance.Micros > 0 {
		s.CostAllowed = gateway.Cost{Micros: b.allowance.Micros}.Decimal()
	}
	return s
}

const statesSubject = "haat.channels.states"

// ServeStates answers who asks how the channels do, until ctx ends.
func ServeStates(ctx context.Context, nc *nats.Conn, outboxes []*Outbox) error {
	sub, err := nc.Subscribe(statesSubject, func(msg *nats.Msg) {
		states := make([]ChannelState, 0, len(outboxes))
		for _, o := range outboxes {
			states = append(states, o.State())
		}
		if data, err := json.Marshal(states); err == nil {
			_ = msg.Respond(data) // who asked may be gone
		}
	})
	if err != nil {
		return fmt.Errorf("answering questions about channels: %w", err)
	}
	<-ctx.Done()
	return sub.Unsubscribe()
}

// ErrNotRunning says that no gateway answers.
var ErrNotRunning = errors.New("no haat with a gateway is running: start it with `haat serve`")

// States asks a running gateway how its channels do; ErrNotRunning where there
// is none. Of several gateways the fastest answers.
func States(ctx context.Context, nc *nats.Conn) ([]ChannelState, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	msg, err := nc.RequestWithContext(ctx, statesSubject, nil)
	if errors.Is(err, nats.ErrNoResponders) || errors.Is(err, context.DeadlineExceeded) {
		return nil, ErrNotRunning
	}
	if err != nil {
		return nil, fmt.Errorf("asking how the channels do: %w", err)
	}
	var states []ChannelState
	return states, json.Unmarshal(msg.Data, &states)
}
