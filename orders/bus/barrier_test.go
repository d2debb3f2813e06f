package bus

import (
	"context"
	"errors"
	"os"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// fakeDisk syncs in a second of the test's time and counts.
type fakeDisk struct {
	syncs atomic.Int32
	fail  atomic.Bool
}

func (d *fakeDisk) sync(*os.File) error {
	d.syncs.Add(1)
	time.Sleep(time.Second) // the bubble's clock
	if d.fail.Load() {
		return errors.New("I/O error")
	}
	return nil
}

func openBarrier(t *testing.T, d *fakeDisk) *barrier {
	t.Helper()
	if !canSyncGroup {
		t.Skip("no syncfs on this system")
	}
	b, err := newBarrier(t.TempDir(), SyncGroup, nil)
	if err != nil {
		t.Fatal(err)
	}
	b.sync = d.sync
	return b
}

func TestBarrierSharesOneSync(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &fakeDisk{}
		b := openBarrier(t, d)
		errs := make(chan error, 100)
		for range 100 {
			go func() { errs <- b.wait(context.Background()) }()
		}
		for range 100 {
			if err := <-errs; err != nil {
				t.Fatal(err)
			}
		}
		if n := d.syncs.Load(); n > 2 {
			t.Errorf("100 waiters took %d syncs, want 2 at most", n)
		}
		if err := b.close(); err != nil {
			t.Fatal(err)
		}
	})
}

func TestBarrierLatecomerWaitsForTheNextSync(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &fakeDisk{}
		b := openBarrier(t, d)
		first := make(chan error, 1)
		go func() { first <- b.wait(context.Background()) }()
		time.Sleep(500 * time.Millisecond) // the first sync is half way
		begun := time.Now()
		if err := b.wait(context.Background()); err != nil {
			t.Fatal(err)
		}
		if waited := time.Since(begun); waited != 1500*time.Millisecond {
			t.Errorf("the latecomer waited %v: its message may have missed the running sync", waited)
		}
		if err := <-first; err != nil || d.syncs.Load() != 2 {
			t.Errorf("first: %v, %d syncs", err, d.syncs.Load())
		}
		if err := b.close(); err != nil {
			t.Fatal(err)
		}
	})
}

func TestBarrierStaysFailed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &fakeDisk{}
		d.fail.Store(true)
		b := openBarrier(t, d)
		during := make(chan error, 2)
		go func() { during <- b.wait(context.Background()) }()
		time.Sleep(500 * time.Millisecond)
		go func() { during <- b.wait(context.Background()) }() // waits for the sync after the failing one
		for range 2 {
			if err := <-during; err == nil {
				t.Error("a waiter was let through by a failed sync")
			}
		}
		d.fail.Store(false)
		if err := b.wait(context.Background()); err == nil {
			t.Error("a later sync's success was believed")
		}
		if b.failure() == nil {
			t.Error("the failure is not told")
		}
		if err := b.close(); err != nil {
			t.Fatal(err)
		}
	})
}

func TestBarrierWaiterMayGiveUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := openBarrier(t, &fakeDisk{})
		ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
		defer cancel()
		if err := b.wait(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		if err := b.close(); err != nil {
			t.Fatal(err)
		}
	})
}

func TestBarrierClosedLetsNobodyWait(t *testing.T) {
	b := openBarrier(t, &fakeDisk{})
	if err := b.close(); err != nil {
		t.Fatal(err)
	}
	if err := b.wait(context.Background()); !errors.Is(err, errClosed) {
		t.Errorf("got %v", err)
	}
}
