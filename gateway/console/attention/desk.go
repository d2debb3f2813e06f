// Package attention is what waits for a person: what needs them, the oldest
// first, who has dealt with it, and acts on many messages at once.
package attention

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"haat/gateway"
	"haat/gateway/console/account"
	"haat/gateway/console/index"
	"haat/gateway/console/store"
	"haat/gateway/dialogue"
	"haat/gateway/messagelog"
)

// Index is the index of the message log, with its lists of troubles.
type Index interface {
	index.Reader
	Troubles(ctx context.Context, lists []index.List, after index.Spot, limit int) ([]index.Trouble, error)
	BareTroubles(ctx context.Context, lists []index.List, after index.Spot, limit int) ([]index.Trouble, error)
	Ref(ctx context.Context, seq uint64) (uint64, error)
}

// Log is the message log, as far as SMS are taken out of the outbox and put in.
type Log interface {
	Letter(ctx context.Context, ref string) (messagelog.Letter, error)
	Drop(ctx context.Context, l messagelog.Letter, reason string, at time.Time) error
	SendAgain(ctx context.Context, old messagelog.Letter, n gateway.Notice) (ref string, err error)
	Post(ctx context.Context, n gateway.Notice) (ref string, err error)
	NoticeOf(ctx context.Context, p gateway.Phone, after uint64, at time.Time) (ref string, err error)
	Durable(ctx context.Context) error
}

// People tells who wants no SMS.
type People interface {
	Profile(ctx context.Context, p gateway.Phone) (dialogue.Profile, error)
}

// House is what only the running halves know.
type House interface {
	// Channels are those that send.
	Channels(ctx context.Context) ([]Channel, error)
	// Undecided is how many orders wait to be decided, and since when; 0 where
	// none does.
	Undecided(ctx context.Context) (orders uint64, since time.Time, err error)
}

// Channel is how one does.
type Channel struct {
	Name   string
	Down   string // why it is down; "" while it works
	Since  time.Time
	Budget int // percent of the day's budget that are spent; -1 without one
}

// DeadLetter is a message that nobody could process.
type DeadLetter struct {
	Seq      uint64 // in the stream of dead letters
	At       time.Time
	Consumer string
	Reason   string
	Replays  bool // it can be given to its readers once more
}

// DeadLetters are those that are there, the oldest first.
type DeadLetters interface {
	List(ctx context.Context, after uint64, limit int) ([]DeadLetter, error)
	Count(ctx context.Context) (int, error)
	Replay(ctx context.Context, seq uint64) error // and takes it out
	Drop(ctx context.Context, seq uint64) error
}

// ErrNoDeadLetter says that somebody else has taken it out.
var ErrNoDeadLetter = errors.New("the dead letter is no longer there")

// Line is how a channel's phones are written to.
type Line struct {
	Through string // the channel that sends; "" for itself
	Tariff  gateway.Tariff
}

// Config is what a desk needs; the times that are 0 have defaults.
type Config struct {
	Index  Index
	Log    Log
	People People
	House  House
	Dead   DeadLetters
	Store  *store.Store
	Record func(ctx context.Context, act account.Act) error // into the audit log
	Logger zerolog.Logger
	Now    func() time.Time // nil: time.Now

	Lines          map[string]Line // by the name of the channel
	WaitingAfter   time.Duration   // an SMS that is not sent is overdue; 0: 15 minutes
	ReportAfter    time.Duration   // so is one that was sent without a report; 0: 6 hours
	SilentAfter    time.Duration   // a channel that was heard before is silent; 0: 12 hours
	UndecidedAfter time.Duration   // an order that is not decided is overdue; 0: 2 minutes
	Rate           float64         // acts of a job in a second; 0: 10
}

// Bounds.
const (
	// reportWithin is how long a report that never came is worth a look.
	reportWithin = 7 * 24 * time.Hour
	// MaxRate is the most acts of a job in a second.
	MaxRate = 1000
)

// Desk is where operators work off what waits.
type Desk struct {
	Config
	mu     sync.Mutex
	floors map[string]index.Spot // by list: before it everything is dealt with
	counts counts
	tells  tells
	wake   chan struct{} // holds one when there may be a job to do
}

// New returns a desk. Run does its jobs.
func New(cfg Config) (*Desk, error) {
	if cfg.Index == nil || cfg.Log == nil || cfg.People == nil || cfg.House == nil || cfg.Dead == nil || cfg.Store == nil || cfg.Record == nil {
		return nil, errors.New("attention: Index, Log, People, House, Dead, Store and Record are needed")
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	for _, t := range []struct {
		of       *time.Duration
		fallback time.Duration
	}{{&cfg.WaitingAfter, 15 * time.Minute}, {&cfg.ReportAfter, 6 * time.Hour}, {&cfg.SilentAfter, 12 * time.Hour}, {&cfg.UndecidedAfter, 2 * time.Minute}} {
		if *t.of == 0 {
			*t.of = t.fallback
		}
	}
	if cfg.Rate == 0 {
		cfg.Rate = 10
	}
	cfg.Rate = min(max(cfg.Rate, 0.01), MaxRate)
	return &Desk{Config: cfg, floors: map[string]index.Spot{}, wake: make(chan struct{}, 1)}, nil
}
