package outbox

import (
	"hash/maphash"
	"strings"
	"sync"

	"github.com/nats-io/nats.go/jetstream"
)

const (
	// manyLanes is how many SMS of a channel are worked on at once.
	manyLanes = 128
	// laneLength is how many SMS may stand in one lane: of one phone, mostly.
	laneLength = 16
)

// lanes work on messages at once. Those of one phone are in one lane, so that
// they leave in the order of the log.
type lanes struct {
	seed    maphash.Seed
	queues  []chan jetstream.Msg
	inHand  chan struct{}
	working sync.WaitGroup
}

// startLanes begins to work on what is added, so many messages at most in hand.
func startLanes(inHand int, work func(jetstream.Msg)) *lanes {
	l := &lanes{seed: maphash.MakeSeed(), queues: make([]chan jetstream.Msg, manyLanes), inHand: make(chan struct{}, inHand)}
	for i := range l.queues {
		l.queues[i] = make(chan jetstream.Msg, laneLength)
		l.working.Go(func() {
			for msg := range l.queues[i] {
				work(msg)
				<-l.inHand
			}
		})
	}
	return l
}

// add waits while too many messages are in hand.
func (l *lanes) add(msg jetstream.Msg) {
	l.inHand <- struct{}{}
	l.queues[maphash.String(l.seed, phoneOf(msg.Subject()))%manyLanes] <- msg
}

// finish waits until nothing is in hand any more.
func (l *lanes) finish() {
	for _, queue := range l.queues {
		close(queue)
	}
	l.working.Wait()
}

// phoneOf is the part of a subject of the log that names the phone.
func phoneOf(subject string) string {
	parts := strings.SplitN(subject, ".", 4)
	return parts[min(2, len(parts)-1)]
}
