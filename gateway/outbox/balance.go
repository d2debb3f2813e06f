package outbox

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"haat/gateway"
)

const (
	// balanceEvery is how often a carrier is asked what is left on the account, a
	// fifth earlier or later each time.
	balanceEvery = 10 * time.Minute
	// balanceTimeout is how long it may take to answer.
	balanceTimeout = 20 * time.Second
)

// Balance is what was left on the account at the carrier when it last said so.
type Balance struct {
	Amount   string    `json:"amount"` // a decimal in Currency; below zero where the carrier lends
	Currency string    `json:"currency"`
	At       time.Time `json:"at"`
}

// account knows what is left on a channel's account at its carrier.
type account struct {
	channel gateway.Prepaid
	now     func() time.Time
	logger  zerolog.Logger

	mu      sync.Mutex
	told    bool          // the carrier has answered since the start
	left    *gateway.Cost // nil where that is not known, or the carrier tells none
	at      time.Time     // when it said so
	failure string        // the latest one that was logged; "" while the carrier answers
}

// watch asks again and again until ctx ends.
func (a *account) watch(ctx context.Context) {
	for {
		a.ask(ctx)
		if !pause(ctx, jittered(balanceEvery)) {
			return
		}
	}
}

// ask asks once. Where the carrier does not answer, what it said before stays.
func (a *account) ask(ctx context.Context) {
	asking, cancel := context.WithTimeout(ctx, balanceTimeout)
	defer cancel()
	left, err := a.channel.Balance(asking)
	if ctx.Err() != nil {
		return // that we end is no fault of the carrier
	}
	if err != nil {
		a.failed(err)
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.failure != "" {
		a.logger.Info().Msg("the carrier tells again what is left on the channel's account")
	}
	a.told, a.left, a.at, a.failure = true, left, a.now(), ""
}

// failed logs a failure, but not the same one again and again.
func (a *account) failed(err error) {
	refusal := &gateway.SendError{Kind: gateway.Unavailable, Advice: "Look at the carrier's answer in the program's log.", Err: err}
	errors.As(err, &refusal)
	a.mu.Lock()
	defer a.mu.Unlock()
	failure := refusal.Code + " " + refusal.Advice
	if failure == a.failure {
		return
	}
	a.failure = failure
	a.logger.Warn().Err(refusal.Err).Str("code", refusal.Code).Str("advice", refusal.Advice).Msg("the carrier does not tell what is left on the channel's account; it is asked again by itself")
}

// state is what is known; awaited tells that the carrier has not answered yet.
// Without an account there is nothing to know.
func (a *account) state() (left *gateway.Cost, at time.Time, awaited bool) {
	if a == nil {
		return nil, time.Time{}, false
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.left, a.at, !a.told
}

// Balance is what is left on the account at the carrier, nil where that is not
// known.
func (o *Outbox) Balance() *gateway.Cost {
	left, _, _ := o.account.state()
	return left
}
