// Package processor decides orders: it follows the turns of the message log
// that ask for one, applies them to the store in batches, and says as order
// events what became of them. What operators do to orders it applies and says, too.
//
// A turn is acknowledged only after its order is committed and its event is
// kept. Whatever crashes in between, the turn comes again, the store gives the
// same decision again, and its event goes out again: an event may come twice
// and is never missing.
package processor

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"

	"haat/catalog"
	"haat/orders/bus"
	"haat/orders/store"
)

// Consumer is the name of the processor's durable consumer of the message log
// and of its dead letters.
const (
	Consumer    = "PROCESSOR"
	deadLetters = "processor"
)

const (
	maxBatch = 256 // turns in one transaction
	// ackWait is after how long a turn in hand comes again. A batch that has to
	// wait longer says so.
	ackWait       = 30 * time.Second
	maxAckPending = 4096
	refreshTime   = 5 * time.Second
	lostPause     = time.Second // before a lost consumer is followed again
)

// Config is what a processor needs beside NATS and the store.
type Config struct {
	// Refresh calls SetCatalog with the present catalogue. It is called before
	// an order is decided that names a product which the last catalogue did not
	// have: the gateway may have seen a newer one first. May be nil.
	Refresh func(context.Context) error
	Metrics *Metrics // nil counts nothing that anybody sees
}

// Processor decides orders.
type Processor struct {
	cfg     Config
	bus     *bus.Bus
	store   *store.Store
	log     zerolog.Logger
	metrics *Metrics

	known atomic.Pointer[map[string]bool] // SKUs of the last catalogue
	open  chan struct{}                   // closed with the first catalogue
	once  sync.Once
	acted chan struct{} // holds one: there are acts to tell
}

// New makes a processor that decides nothing before its first SetCatalog.
func New(cfg Config, b *bus.Bus, st *store.Store, log zerolog.Logger) *Processor {
	p := &Processor{cfg: cfg, bus: b, store: st, log: log, metrics: cfg.Metrics, open: make(chan struct{}), acted: make(chan struct{}, 1)}
	if p.metrics == nil {
		p.metrics = newMetrics()
	}
	lag := func() (uint64, error) {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		return p.Lag(ctx)
	}
	p.metrics.lag.Store(&lag)
	return p
}

// SetCatalog takes over the stock of a catalogue, once per import id. It may
// be called while orders are decided: they see the stock before or after.
func (p *Processor) SetCatalog(ctx context.Context, importID string, products []catalog.Product) error {
	if err := p.store.ApplyCatalog(ctx, time.Now(), importID, products); err != nil {
		return err
	}
	known := make(map[string]bool, len(products))
	for _, product := range products {
		known[product.SKU] = true
	}
	p.known.Store(&known)
	p.once.Do(func() { close(p.open) })
	return nil
}

// Lag is how many turns wait to be decided or are being decided.
func (p *Processor) Lag(ctx context.Context) (uint64, error) {
	return p.bus.Lag(ctx, bus.Messages, Consumer)
}

// Run decides orders until ctx ends, and then finishes the batch in hand. One
// Run at a time may follow a store. It gives up only when the disk of the
// message log can no longer be trusted.
func (p *Processor) Run(ctx context.Context) error {
	select {
	case <-p.open:
	case <-ctx.Done():
		return nil
	}
	for {
		err := p.follow(ctx)
		if ctx.Err() != nil {
			return nil
		}
		var untrusted *barrierError
		if errors.As(err, &untrusted) {
			return err
		}
		p.log.Warn().Err(err).Msg("the processor lost the message log and connects again")
		pause(ctx, lostPause)
	}
}

// follow decides turns until ctx ends or the consumer is lost.
func (p *Processor) follow(ctx context.Context) error {
	consumer, err := p.consumer(ctx)
	if err != nil {
		return err
	}
	taking, stop := context.WithCancel(ctx)
	defer stop()
	line := make(chan jetstream.Msg, maxBatch)
	consuming, err := consumer.Consume(func(msg jetstream.Msg) {
		select {
		case line <- msg:
		case <-taking.Done(): // it comes again
		}
	}, jetstream.PullMaxMessages(2*maxBatch), jetstream.ConsumeErrHandler(func(_ jetstream.ConsumeContext, err error) {
		p.log.Warn().Err(err).Msg("the processor waits for NATS")
	}))
	if err != nil {
		return fmt.Errorf("processor: following the message log: %w", err)
	}
	defer consuming.Stop()
	return p.work(ctx, line, consuming.Closed())
}

// ahead is how many batches may be decided whose events are not yet safe.
const ahead = 4

// work decides one batch after the other; a second goroutine sees each through
// while the next is decided.
func (p *Processor) work(ctx context.Context, line <-chan jetstream.Msg, lost <-chan struct{}) error {
	batches, settled := make(chan decided, ahead), make(chan error, 1)
	go func() {
		for d := range batches {
			if err := p.settle(ctx, d); err != nil {
				settled <- err
				return
			}
		}
		settled <- nil
	}()
	for {
		batch := make([]jetstream.Msg, 0, maxBatch)
		select {
		case <-ctx.Done():
			close(batches)
			return <-settled
		case err := <-settled:
			return err
		case <-lost:
			close(batches)
			return errors.Join(errors.New("the processor's consumer was removed"), <-settled)
		case msg := <-line:
			batch = append(batch, msg)
		}
		d, err := p.process(ctx, gather(batch, line))
		if err != nil {
			close(batches)
			return errors.Join(err, <-settled)
		}
		select {
		case batches <- d:
		case err := <-settled:
			return err
		}
	}
}

// gather adds what is there now and waits for nothing more.
func gather(batch []jetstream.Msg, line <-chan jetstream.Msg) []jetstream.Msg {
	for len(batch) < maxBatch {
		select {
		case msg := <-line:
			batch = append(batch, msg)
		default:
			return batch
		}
	}
	return batch
}

// consumer makes sure of the durable consumer. Turns that were in hand when a
// processor stopped come again at once and before all newer ones, so that no
// cancellation overtakes its order.
func (p *Processor) consumer(ctx context.Context) (jetstream.Consumer, error) {
	js := p.bus.JetStream()
	consumer, err := js.CreateOrUpdateConsumer(ctx, bus.Messages, jetstream.ConsumerConfig{
		Durable:       Consumer,
		Description:   "decides orders",
		FilterSubject: bus.RequestTurns,
		AckPolicy:     jetstream.AckExplicitPolicy,
		AckWait:       ackWait,
		MaxAckPending: maxAckPending,
		MaxDeliver:    -1, // what cannot be processed is put away, never forgotten
	})
	if err != nil {
		return nil, fmt.Errorf("processor: consumer %s: %w", Consumer, err)
	}
	if _, err := js.ResetConsumer(ctx, bus.Messages, Consumer); err != nil {
		p.log.Warn().Err(err).Dur("after", ackWait).Msg("this NATS server cannot reset a consumer; turns that were in hand come again later")
	}
	return consumer, nil
}
