package outbox

import (
	"math/rand/v2"
	"time"

	"haat/gateway"
)

// Config says how the SMS of one channel are sent.
type Config struct {
	Attempts   int           // how often one SMS is tried at most, as far as an attempt counts: see Refusal
	FirstRetry time.Duration // pause before the second attempt; doubled for each further one
	MaxRetry   time.Duration // longest pause
	Validity   time.Duration // an SMS older than this is not sent any more
	Rate       float64       // segments a second at most, in each process; 0: no limit
	Burst      int           // segments that may go at once after a quiet while; 0: a second's worth
	Window     int           // SMS that may be on their way to the carrier at once; 0: 10
	Tariff     gateway.Tariff
	// Backup is the channel that sends instead while this one is down, to phones
	// whose number begins with one of the BackupFor: "+254".
	Backup    string
	BackupFor []string
	// Settle is how long after a turn its reply may still be replaced by one
	// that tells the processor's word.
	Settle time.Duration
	Now    func() time.Time // nil: time.Now
}

// jitter is how much longer or shorter a pause may be than its schedule says, so
// that what failed together does not come back together.
const jitter = 0.2

// pause is how long to wait after an attempt, before jitter.
func (c Config) pause(attempt int) time.Duration {
	pause := min(c.FirstRetry, c.MaxRetry)
	for range attempt - 1 {
		if pause *= 2; pause >= c.MaxRetry {
			return c.MaxRetry
		}
	}
	return pause
}

func jittered(d time.Duration) time.Duration {
	return time.Duration(float64(d) * (1 - jitter + 2*jitter*rand.Float64())) //nolint:gosec // no secret
}
