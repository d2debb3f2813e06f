package index

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go"
)

// A running haat keeps its index itself: whoever wants it made anew asks over
// NATS. The answer names the subject on which that one haat tells how far it is.
const (
	rebuildSubject = "haat.index.rebuild"
	lagSubject     = "haat.index.lag."
)

// askTimeout is how long a running haat may take to answer.
const askTimeout = 10 * time.Second

// answer is what a running haat says.
type answer struct {
	Lag  string `json:"lag,omitempty"` // the subject to ask for Left
	Left uint64 `json:"left"`          // messages that are not in the index yet
	Err  string `json:"error,omitempty"`
}

// Serve lets tools have the index made anew, until ctx ends. Run must follow the
// log.
func (ix *Index) Serve(ctx context.Context, nc *nats.Conn) error {
	lag := lagSubject + uuid.NewString()
	left := func(ctx context.Context) (a answer) {
		a.Lag = lag
		n, _, err := ix.Lag(ctx)
		if a.Left = n; err != nil {
			a.Err = err.Error()
		}
		return a
	}
	stopLag, err := respond(ctx, nc, lag, left)
	if err != nil {
		return err
	}
	defer stopLag()
	stopRebuild, err := respond(ctx, nc, rebuildSubject, func(ctx context.Context) answer {
		if err := ix.Empty(ctx); err != nil {
			return answer{Err: err.Error()}
		}
		return left(ctx)
	})
	if err != nil {
		return err
	}
	defer stopRebuild()
	<-ctx.Done()
	return nil
}

// respond answers one question after the other.
func respond(ctx context.Context, nc *nats.Conn, subject string, reply func(context.Context) answer) (stop func(), err error) {
	sub, err := nc.Subscribe(subject, func(msg *nats.Msg) {
		ctx, cancel := context.WithTimeout(ctx, askTimeout)
		defer cancel()
		if data, err := json.Marshal(reply(ctx)); err == nil {
			_ = msg.Respond(data) // who asked may be gone
		}
	})
	if err != nil {
		return nil, fmt.Errorf("answering questions about the index: %w", err)
	}
	return func() { _ = sub.Unsubscribe() }, nil
}

// ErrNotRunning says that no haat with an index answers.
var ErrNotRunning = errors.New("no haat with an index is running")

// Remote is the index of a running haat.
type Remote struct {
	nc  *nats.Conn
	lag string
}

// RebuildRemote lets a running haat make its index anew, which goes on after the
// call; ErrNotRunning where there is none. Of several haats all do, and the
// fastest is given.
func RebuildRemote(ctx context.Context, nc *nats.Conn) (*Remote, error) {
	a, err := request(ctx, nc, rebuildSubject)
	if err != nil {
		return nil, err
	}
	return &Remote{nc: nc, lag: a.Lag}, nil
}

// Left is how many messages of the log are not in the index yet.
func (r *Remote) Left(ctx context.Context) (uint64, error) {
	a, err := request(ctx, r.nc, r.lag)
	return a.Left, err
}

func request(ctx context.Context, nc *nats.Conn, subject string) (a answer, err error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	msg, err := nc.RequestWithContext(ctx, subject, nil)
	if errors.Is(err, nats.ErrNoResponders) {
		return a, ErrNotRunning
	}
	if err != nil {
		return a, fmt.Errorf("asking for the index: %w", err)
	}
	if err := json.Unmarshal(msg.Data, &a); err != nil {
		return a, fmt.Errorf("asking for the index: %w", err)
	}
	if a.Err != "" {
		return a, errors.New(a.Err)
	}
	return a, nil
}
