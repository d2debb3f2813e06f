package bus

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"
)

// barrier lets everybody who has published wait for one common sync of the
// store's file system. Whoever comes while a sync runs waits for the next one,
// since the running one may have passed their message already.
type barrier struct {
	dir  *os.File
	sync func(*os.File) error
	took func(time.Duration) // may be nil
	wake chan struct{}
	quit chan struct{}
	done chan struct{}

	mu   sync.Mutex
	next *round
	err  error // of the sync that failed; for ever
}

// round is one sync and all who wait for it.
type round struct {
	done chan struct{}
	err  error
}

// newBarrier returns nil where the way of syncing needs no barrier.
func newBarrier(dir string, s Sync, took func(time.Duration)) (*barrier, error) {
	switch s {
	case SyncAlways, SyncInterval:
		return nil, nil
	case SyncGroup:
	default:
		return nil, fmt.Errorf("nats.sync: %q is not known: use group, always or interval", s)
	}
	if !canSyncGroup {
		return nil, fmt.Errorf("nats.sync: group needs syncfs, which only Linux has: use always")
	}
	d, err := os.Open(dir)
	if err != nil {
		return nil, fmt.Errorf("data directory: %w", err)
	}
	b := &barrier{dir: d, sync: syncFS, took: took, wake: make(chan struct{}, 1), quit: make(chan struct{}), done: make(chan struct{}), next: newRound()}
	go b.run()
	return b, nil
}

func newRound() *round { return &round{done: make(chan struct{})} }

func (b *barrier) wait(ctx context.Context) error {
	b.mu.Lock()
	r, err := b.next, b.err
	b.mu.Unlock()
	if err != nil {
		return err
	}
	select {
	case b.wake <- struct{}{}:
	default:
	}
	select {
	case <-r.done:
		return r.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (b *barrier) run() {
	defer close(b.done)
	for {
		select {
		case <-b.quit:
			return
		case <-b.wake:
		}
		b.mu.Lock()
		r := b.next
		b.next = newRound()
		b.mu.Unlock()
		begun := time.Now()
		if r.err = b.sync(b.dir); r.err != nil {
			b.fail(r)
			return
		}
		if b.took != nil {
			b.took(time.Since(begun))
		}
		close(r.done)
	}
}

// fail ends the barrier: after a failed sync the kernel may have dropped pages
// that it could not write, so a later success would prove nothing.
func (b *barrier) fail(r *round) {
	b.mu.Lock()
	b.err = fmt.Errorf("the data directory could not be synced; nothing is acknowledged until haat is restarted: %w", r.err)
	r.err = b.err
	b.next.err = b.err
	close(b.next.done)
	b.mu.Unlock()
	close(r.done)
}

func (b *barrier) failure() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.err
}

var errClosed = errors.New("the data directory is closed")

// close lets nobody wait for ever.
func (b *barrier) close() error {
	close(b.quit)
	<-b.done
	b.mu.Lock()
	if b.err == nil {
		b.err, b.next.err = errClosed, errClosed
		close(b.next.done)
	}
	b.mu.Unlock()
	return b.dir.Close()
}
