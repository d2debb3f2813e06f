package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/rs/zerolog"

	"haat/gateway/console/index"
	"haat/gateway/messagelog"
)

// indexFile is where the console's index of the message log is, in the data
// directory. It can be deleted at any time while haat is stopped.
const indexFile = "index.db"

// indexCmd is about the console's index of the message log.
type indexCmd struct {
	Rebuild indexRebuildCmd `cmd:"" help:"Make the console's index of the message log anew, whether haat is running or stopped."`
}

// indexRebuildCmd makes the index anew from the log.
type indexRebuildCmd struct{ place }

// Run implements the command. A running haat makes its index anew itself: it
// alone writes it.
func (c *indexRebuildCmd) Run(ctx context.Context, std *stdio) error {
	cfg, err := c.loadToRead()
	if err != nil {
		return err
	}
	log, b, err := openLog(ctx, cfg, std)
	if err != nil {
		return err
	}
	defer b.Close()
	x, err := log.Extent(ctx)
	if err != nil {
		return err
	}
	p := progress{out: std.Out, of: x.Last + 1 - x.First, begun: time.Now()}
	if err := p.rebuild(ctx, b.Conn(), filepath.Join(cfg.Data, indexFile), log, newLogger(LogConfig{Level: "error", Format: "console"}, std.Err)); err != nil {
		return fmt.Errorf("rebuild the index: %w", err)
	}
	p.end()
	return nil
}

// progress tells how far the index is, in lines some seconds apart.
type progress struct {
	out   io.Writer
	of    uint64 // messages
	begun time.Time
	told  time.Time
	// waiting is that somebody else has the index open, which was said.
	waiting bool
}

// progressEvery is the pause between two lines.
const progressEvery = 2 * time.Second

func (p *progress) tell(done uint64) {
	if time.Since(p.told) < progressEvery || done >= p.of {
		return
	}
	p.told = time.Now()
	fmt.Fprintf(p.out, "%d of %d messages, %d%%\n", done, p.of, done*100/p.of)
}

func (p *progress) end() {
	took := time.Since(p.begun)
	fmt.Fprintf(p.out, "The index is made anew: %d %s in %s.\n", p.of, plural(int(p.of), "message", "messages"), took.Round(time.Millisecond))
}

// How long a haat that has the index open and does not answer yet may take to
// start, and the pause between two questions.
const (
	mayStart      = time.Minute
	askAgainAfter = 200 * time.Millisecond
)

// rebuild lets a running haat do it, and does it here where none has the index
// open. One that is just starting has it open before it answers: it is waited for.
func (p *progress) rebuild(ctx context.Context, nc *nats.Conn, path string, log *messagelog.Log, logger zerolog.Logger) error {
	again := time.NewTicker(askAgainAfter)
	defer again.Stop()
	for deadline := time.After(mayStart); ; {
		err := p.remote(ctx, nc)
		if errors.Is(err, index.ErrNotRunning) {
			err = p.local(ctx, path, log, logger)
		}
		if !errors.Is(err, index.ErrInUse) {
			return err
		}
		if !p.waiting {
			p.waiting = true
			fmt.Fprintln(p.out, "haat is starting, or another command makes the index anew: waiting for it.")
		}
		select {
		case <-again.C:
		case <-deadline:
			return fmt.Errorf("%w: it does not answer; see its own log", index.ErrInUse)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// remote lets a running haat do it.
func (p *progress) remote(ctx context.Context, nc *nats.Conn) error {
	r, err := index.RebuildRemote(ctx, nc)
	if err != nil {
		return err
	}
	again := time.NewTicker(100 * time.Millisecond)
	defer again.Stop()
	for {
		left, err := r.Left(ctx)
		if errors.Is(err, index.ErrNotRunning) {
			return errors.New("haat was stopped meanwhile; it goes on when it is started again")
		}
		if err != nil || left == 0 {
			return err
		}
		p.tell(p.of - min(left, p.of))
		select {
		case <-again.C:
		case <-ctx.Done():
			return errors.New("haat goes on with it by itself")
		}
	}
}

// local does it here, where no haat with an index runs.
func (p *progress) local(ctx context.Context, path string, log *messagelog.Log, logger zerolog.Logger) error {
	ix, err := index.Open(ctx, path, log, logger)
	if err != nil {
		return err
	}
	running, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- ix.Run(running) }()
	err = ix.Rebuild(ctx, func(done, _ uint64) { p.tell(done) })
	stop()
	return errors.Join(err, <-ended, ix.Close())
}
