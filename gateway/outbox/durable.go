package outbox

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"

	"haat/orders/bus"
)

// shore knows up to where the log survives a power cut: what such a cut could
// take back was never said, and is not to be sent. One wait for the disk covers
// all that had come out of the log before it.
type shore struct {
	durable func(context.Context) error
	seen    atomic.Uint64 // sequence of the latest message that came out of the log
	safe    atomic.Uint64 // all messages up to it are on the disk
}

// comes says that a message came out of the log.
func (s *shore) comes(seq uint64) { raise(&s.seen, seq) }

// reach returns when the message is on the disk.
func (s *shore) reach(ctx context.Context, seq uint64) error {
	if seq <= s.safe.Load() {
		return nil
	}
	seen := max(s.seen.Load(), seq)
	if err := s.durable(ctx); err != nil {
		return err
	}
	raise(&s.safe, seen)
	return nil
}

func raise(n *atomic.Uint64, to uint64) {
	for old := n.Load(); old < to; old = n.Load() {
		if n.CompareAndSwap(old, to) {
			return
		}
	}
}

// settler acknowledges messages when what became of them is on the disk: many
// share one wait. An acknowledgement that is lost makes the message come again,
// and then its status is found.
type settler struct {
	bus     *bus.Bus
	logger  zerolog.Logger
	done    chan jetstream.Msg
	settled chan struct{} // closed when all are
}

const maxUnsettled = 1024

func startSettler(b *bus.Bus, logger zerolog.Logger) *settler {
	s := &settler{bus: b, logger: logger, done: make(chan jetstream.Msg, maxUnsettled), settled: make(chan struct{})}
	go s.run()
	return s
}

func (s *settler) add(msg jetstream.Msg) { s.done <- msg }

// finish waits until all that was added is settled.
func (s *settler) finish() {
	close(s.done)
	<-s.settled
}

func (s *settler) run() {
	defer close(s.settled)
	for msg := range s.done {
		batch := []jetstream.Msg{msg}
		for more := true; more && len(batch) < maxUnsettled; {
			select {
			case msg, more = <-s.done:
				if more {
					batch = append(batch, msg)
				}
			default:
				more = false
			}
		}
		s.settle(batch)
	}
}

func (s *settler) settle(batch []jetstream.Msg) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := s.bus.Durable(ctx); err != nil {
		s.logger.Error().Err(err).Int("messages", len(batch)).Msg("what became of SMS may not be on the disk; they are looked at again")
		return
	}
	for _, msg := range batch {
		_ = msg.Ack() // not durable itself
	}
}
