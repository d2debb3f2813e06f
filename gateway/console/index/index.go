// Package index is the message log in SQL, for finding: every line of the log
// with what operators filter by, and its words in any script. It is made from
// the log alone, catches up after a stop, and can be made anew at any time.
package index

import (
	"context"
	"time"

	"haat/gateway"
	"haat/gateway/dialogue"
	"haat/gateway/messagelog"
)

// Row is one line of the log as the console shows it.
type Row struct {
	messagelog.Entry
	Language string        // of a turn: the phone's
	Station  string        // of a turn: the phone's station
	Screen   string        // of a turn: the dialogue's state after it
	State    gateway.State // of a reply or a notice that the outbox sends: the latest known, "" where none
	StateWhy string        // the reason of that state, in words
}

// Filter says which rows are wanted; what is zero is not asked for.
type Filter struct {
	Text      string        // words that stand in what came or went, in any script
	Phone     gateway.Phone // a whole number
	PhoneEnd  string        // the last digits of one
	Channel   string
	Mode      dialogue.Mode
	Direction string // "in": rows with a text of a phone; "out": with one to it
	Kind      messagelog.Kind
	Status    gateway.State // of an SMS, the latest
	Class     string        // one of the dialogue's or the gateway's classes
	Language  string
	Station   string
	Order     string // id of an order: the turns and notices about it
	Errors    bool   // only what failed, expired, was refused or not understood
	From, To  time.Time
}

// Page is a part of the rows that match, the newest first.
type Page struct {
	Rows  []Row
	Older uint64 // Before of the next page; 0 where there is none
}

// Log is the message log as the index reads it: see [messagelog.Log].
type Log interface {
	Follow(ctx context.Context, after uint64, most int, yield func([]messagelog.Line) error) error
	Durable(ctx context.Context) error
	Extent(ctx context.Context) (messagelog.Extent, error)
	At(ctx context.Context, seq uint64) (time.Time, error)
}

// Reader is the index as the console uses it.
type Reader interface {
	// Search gives the newest matching rows before a sequence (0: from the end).
	Search(ctx context.Context, f Filter, before uint64, limit int) (Page, error)
	// After gives the oldest matching rows after a sequence, in the order of the
	// log: what a live page lacks.
	After(ctx context.Context, f Filter, after uint64, limit int) ([]Row, error)
	// Count counts matching rows, up to a limit.
	Count(ctx context.Context, f Filter, most int) (int, error)
	// Changed is closed when rows were added after the call.
	Changed() <-chan struct{}
	// Lag is how many messages of the log are not in the index yet, and how old
	// the oldest of them is.
	Lag(ctx context.Context) (messages uint64, behind time.Duration, err error)
	// Rest is how long somebody shall rest after work that can wait, so that
	// answers to phones go first; 0 while there are few.
	Rest(work time.Duration) time.Duration
}
