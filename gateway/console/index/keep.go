package index

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/sync/errgroup"

	"haat/gateway"
	"haat/gateway/messagelog"
)

// Index keeps the index of a log in a SQLite file. It implements [Reader]. Its
// methods may be called from many goroutines; Run is called once.
type Index struct {
	path    string
	log     Log
	logger  zerolog.Logger
	mu      sync.RWMutex // held by searches; wholly, while the file is replaced
	file    *file
	lock    *os.File        // held while this program has the index
	done    atomic.Uint64   // sequence of the last message in the index
	wipes   chan chan error // who wants the index made anew
	moved   sync.Mutex
	changed chan struct{}
	lost    bool                     // replacing the file has failed in the middle; of Run alone
	busy    busyness                 // of the goroutine that takes batches alone
	pace    atomic.Pointer[busyness] // the same, for others
}

// Bounds of the work.
const (
	// stride is how many messages one transaction takes, about 1 kB each.
	stride = 4096
	// busyStride is how many it takes while haat is busy: 40 ms of a processor.
	busyStride = 512
	// beat is the pause between two transactions while there is less to do: a
	// transaction costs the same for one message and for many.
	beat = 100 * time.Millisecond
	// retentionEvery is how often it is looked for what has left the log.
	retentionEvery = time.Minute
	// firstRetry and lastRetry are the pauses after a failure.
	firstRetry, lastRetry = time.Second, time.Minute
)

// Open opens the index in a file of its own, such as index.db in the data
// directory, and makes one where there is none. What it lacks of the log comes
// with Run. A damaged file or one of another version of haat is replaced. The
// error is ErrInUse while another program has it open. Close it when done.
func Open(ctx context.Context, path string, log Log, logger zerolog.Logger) (*Index, error) {
	ix := &Index{path: path, log: log, logger: logger.With().Str("part", "index").Logger(), wipes: make(chan chan error), changed: make(chan struct{})}
	var err error
	if ix.lock, err = lock(path); err != nil {
		return nil, err
	}
	f, thrown, err := openFile(ctx, path)
	if err != nil {
		return nil, errors.Join(err, ix.lock.Close())
	}
	if thrown != nil {
		ix.logger.Warn().Err(thrown).Msg("the index of the message log could not be used and is made anew")
	}
	ix.file = f
	p, err := readPlace(ctx, f.write)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("index in %s: %w", path, err), f.close(), ix.lock.Close())
	}
	ix.done.Store(p.done)
	return ix, nil
}

// Close lets go of the file. Run must have ended.
func (ix *Index) Close() error {
	ix.mu.Lock()
	defer ix.mu.Unlock()
	return errors.Join(ix.file.close(), ix.lock.Close()) // in this order: then it is free
}

// Run follows the log until ctx ends. What fails is tried again.
func (ix *Index) Run(ctx context.Context) error {
	retry := firstRetry
	for ctx.Err() == nil {
		before := ix.done.Load()
		err := ix.follow(ctx)
		var asked *wipe
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.As(err, &asked):
			asked.answer <- ix.empty(ctx)
			continue
		case damaged(err):
			ix.logger.Error().Err(err).Msg("the index is damaged and is made anew")
			err = ix.empty(ctx)
		}
		if err == nil {
			continue
		}
		ix.logger.Error().Err(err).Dur("again_in", retry).Msg("the index does not follow the message log")
		select {
		case <-ctx.Done():
		case <-time.After(retry):
		}
		if retry = min(2*retry, lastRetry); ix.done.Load() > before {
			retry = firstRetry
		}
	}
	return nil
}

// wipe ends following because somebody wants the index made anew.
type wipe struct{ answer chan error }

func (*wipe) Error() string { return "the index shall be made anew" }

// follow brings the messages of the log into the index, and out of it what the
// log no longer has.
func (ix *Index) follow(ctx context.Context) error {
	if ix.lost { // what was begun is brought to its end
		if err := ix.empty(ctx); err != nil {
			return err
		}
	}
	if err := ix.recognize(ctx); err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		select {
		case answer := <-ix.wipes:
			return &wipe{answer}
		case <-ctx.Done():
			return nil
		}
	})
	group.Go(func() error { return ix.retain(ctx) })
	group.Go(func() error {
		err := ix.log.Follow(ctx, ix.done.Load(), stride, func(lines []messagelog.Line) error { return ix.take(ctx, lines) })
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return err
	})
	return group.Wait()
}

// recognize begins anew where the file is of another log, or has what this one
// has not: a power cut takes back what nobody had waited for, and the sequences
// are used again.
func (ix *Index) recognize(ctx context.Context) error {
	x, err := ix.log.Extent(ctx)
	if err != nil {
		return err
	}
	p, err := readPlace(ctx, ix.file.write)
	if err != nil {
		return err
	}
	ix.done.Store(p.done)
	same := p.done <= x.Last && (p.done == 0 || p.log == x.Made.UnixNano())
	if same && p.done >= x.First && p.done > 0 {
		at, err := ix.log.At(ctx, p.done)
		if err != nil && !errors.Is(err, gateway.ErrNotFound) {
			return err
		}
		same = err != nil || at.Equal(p.at)
	}
	if !same {
		ix.logger.Warn().Msg("the index is of another message log and is made anew")
		if err := ix.empty(ctx); err != nil {
			return err
		}
	}
	_, err = ix.file.write.ExecContext(ctx, "UPDATE place SET log = $1", x.Made.UnixNano())
	return err
}

// empty replaces the file by an empty one. Searches wait, and then find what has
// come in again.
func (ix *Index) empty(ctx context.Context) error {
	ix.mu.Lock()
	defer ix.mu.Unlock()
	ix.lost = true
	ix.done.Store(0)
	if err := ix.file.close(); err != nil {
		ix.logger.Warn().Err(err).Msg("the old index could not be closed")
	}
	if err := remove(ix.path); err != nil {
		return err
	}
	f, _, err := openFile(ctx, ix.path)
	if err != nil {
		return err
	}
	ix.file, ix.lost = f, false
	return nil
}

// take brings what has arrived into the index: at once, or in short steps while
// haat is busy, so that nobody's answer waits for a long one.
func (ix *Index) take(ctx context.Context, lines []messagelog.Line) error {
	// Only what is on the disk: see recognize.
	if err := ix.log.Durable(ctx); err != nil {
		return err
	}
	for len(lines) > 0 && ctx.Err() == nil {
		n := len(lines)
		if ix.busy.busy() {
			n = min(n, busyStride)
		}
		if err := ix.takeNow(ctx, lines[:n]); err != nil {
			return err
		}
		lines = lines[n:]
	}
	return nil
}

// takeNow brings lines into the index in one transaction, and rests.
func (ix *Index) takeNow(ctx context.Context, lines []messagelog.Line) error {
	begun := time.Now()
	if err := ix.file.apply(ctx, ix.done.Load(), lines); err != nil {
		return err
	}
	for _, l := range lines {
		if l.Broken != nil {
			ix.logger.Error().Err(l.Broken).Uint64("seq", l.Seq).Msg("a message of the log cannot be read and is not in the index")
		}
	}
	ix.done.Store(lines[len(lines)-1].Seq)
	ix.tell()
	x, err := ix.log.Extent(ctx)
	if err != nil {
		return err
	}
	now := time.Now()
	rest := ix.busy.rest(x.Last, now, now.Sub(begun))
	pace := ix.busy
	ix.pace.Store(&pace)
	if len(lines) < busyStride {
		rest = max(rest, beat-now.Sub(begun))
	}
	if rest <= 0 {
		return nil
	}
	select {
	case <-time.After(rest):
	case <-ctx.Done():
	}
	return nil
}

// errElsewhere says that two programs write one index.
var errElsewhere = errors.New("another haat writes this index: stop it, or give each its own data directory")

// apply adds lines that come after the message done, in one transaction.
func (f *file) apply(ctx context.Context, done uint64, lines []messagelog.Line) error {
	tx, err := f.write.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // after a commit there is nothing left
	// SQLite's driver pays dearly for each statement that may be cut off; a batch is
	// short.
	ctx = context.WithoutCancel(ctx)
	last := lines[len(lines)-1]
	b := newBatch(tx, f, last.At)
	if err := b.beginVisits(ctx, lines[0].At); err != nil {
		return err
	}
	for _, l := range lines {
		if err := b.add(ctx, l); err != nil {
			return fmt.Errorf("message %d: %w", l.Seq, err)
		}
	}
	if err := b.write(ctx); err != nil {
		return err
	}
	moved, err := tx.ExecContext(ctx, "UPDATE place SET done = $1, at = $2 WHERE done = $3", int64(last.Seq), last.At.UnixNano(), int64(done))
	if err != nil {
		return err
	}
	if n, err := moved.RowsAffected(); err != nil || n != 1 {
		return errors.Join(errElsewhere, err)
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	f.visits = b.tally.visits
	return nil
}

// retain takes out of the index what has left the log.
func (ix *Index) retain(ctx context.Context) error {
	tick := time.NewTicker(retentionEvery)
	defer tick.Stop()
	for {
		x, err := ix.log.Extent(ctx)
		if err == nil {
			var gone int
			if gone, err = ix.file.forget(ctx, x.First); gone > 0 {
				ix.tell()
			}
		}
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// tell wakes who waits for a change.
func (ix *Index) tell() {
	ix.moved.Lock()
	defer ix.moved.Unlock()
	close(ix.changed)
	ix.changed = make(chan struct{})
}

// Changed implements [Reader]. It is closed by changes of rows, too: when more is
// known of an SMS, and when rows leave the log.
func (ix *Index) Changed() <-chan struct{} {
	ix.moved.Lock()
	defer ix.moved.Unlock()
	return ix.changed
}

// Lag implements [Reader].
func (ix *Index) Lag(ctx context.Context) (messages uint64, behind time.Duration, err error) {
	x, err := ix.log.Extent(ctx)
	if err != nil {
		return 0, 0, err
	}
	next := max(ix.done.Load()+1, x.First)
	if next > x.Last {
		return 0, 0, nil
	}
	at, err := ix.log.At(ctx, next)
	if errors.Is(err, gateway.ErrNotFound) { // it has just left the log
		at, err = time.Now(), nil
	}
	return x.Last + 1 - next, max(0, time.Since(at)), err
}

// Rebuild makes the index anew from the log, which Run must be following, and
// returns when it has all that the log had at the call. Searches go on meanwhile
// and find what is there already. Each, if set, is told how many messages are in
// the index of how many.
func (ix *Index) Rebuild(ctx context.Context, each func(done, of uint64)) error {
	x, err := ix.log.Extent(ctx)
	if err != nil {
		return err
	}
	if err := ix.Empty(ctx); err != nil {
		return err
	}
	for {
		changed := ix.Changed()
		done := ix.done.Load()
		if each != nil {
			each(max(done, x.First-1)-(x.First-1), x.Last-(x.First-1))
		}
		if done >= x.Last || x.First > x.Last {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Empty begins to make the index anew, which Run then does.
func (ix *Index) Empty(ctx context.Context) error {
	answer := make(chan error, 1)
	select {
	case ix.wipes <- answer:
	case <-ctx.Done():
		return fmt.Errorf("the index does not follow the message log now; see haat's own log for the reason: %w", ctx.Err())
	}
	select {
	case err := <-answer:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}
