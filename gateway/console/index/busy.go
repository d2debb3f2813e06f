package index

import "time"

// What the index leaves to those who answer villagers and send to them: searches
// may wait, they may not.
const (
	// perWork is at how many new messages a second in the log the index rests as
	// long as it works; at twice as many, twice as long.
	perWork = 250
	// maxRest bounds the rest, in times the work, so that it always gets on.
	maxRest = 15
	// paceHolds is how long it is believed how fast the log grows: longer than the
	// index rests while it is busy.
	paceHolds = 2 * time.Second
)

// busyness tells from how fast the log grows how busy haat is.
type busyness struct {
	last      uint64
	at        time.Time
	perSecond float64 // new messages
}

// busy tells whether others have much to do.
func (b *busyness) busy() bool { return b.perSecond >= perWork }

// rest gives how long to rest after work, when the log has come to a message
// since the last call. A log that does not grow leaves the processor free.
func (b *busyness) rest(last uint64, now time.Time, work time.Duration) time.Duration {
	before := *b
	*b = busyness{last: last, at: now}
	passed := now.Sub(before.at).Seconds()
	if before.at.IsZero() || passed <= 0 || last < before.last {
		return 0
	}
	b.perSecond = float64(last-before.last) / passed
	return b.restAfter(work)
}

func (b *busyness) restAfter(work time.Duration) time.Duration {
	return time.Duration(min(b.perSecond/perWork, maxRest) * float64(work))
}

// Rest implements [Reader]: others who work on the log rest as the index does.
func (ix *Index) Rest(work time.Duration) time.Duration {
	pace := ix.pace.Load()
	if pace == nil || time.Since(pace.at) > paceHolds {
		return 0
	}
	return pace.restAfter(work)
}
