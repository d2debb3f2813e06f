package bus

import (
	"context"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// The streams.
const (
	Messages = "MESSAGES" // the message log: turns, notices, statuses
	Orders   = "ORDERS"   // what happened to orders
	Charges  = "CHARGES"  // what SMS about orders have cost
	Dead     = "DEAD"     // messages that nobody could process, with the reason
)

// The buckets.
const (
	People   = "people"   // key-value: what must outlive the log, by phone
	Counters = "counters" // key-value: leases of order numbers, and the keypad numbers of products
	Receipts = "receipts" // key-value: which phone a carrier's message id belongs to
	Shelf    = "shelf"    // objects: the catalogue
)

// RequestTurns are the turns that ask something of the order processor.
const RequestTurns = "log.*.*.turn.*.*.order"

// OrderEvents are all order events.
const OrderEvents = "orders.>"

// OrderEvent is the subject of one kind of event at one station.
func OrderEvent(kind, station string) string {
	if station == "" {
		station = "-"
	}
	return "orders." + kind + "." + station
}

// AllCharges are what SMS about all orders have cost.
const AllCharges = "charges.>"

// Charge is the subject of what SMS about one order have cost.
func Charge(order string) string { return "charges." + order }

// DeadLetter is where a consumer puts what it cannot process.
func DeadLetter(consumer string) string { return "dead." + consumer }

// Headers of a dead letter.
const (
	ReasonHeader  = "Haat-Reason"
	SubjectHeader = "Haat-Subject"
	SeqHeader     = "Haat-Seq"
)

// duplicates is short because the server scans this window when it starts; it
// is not what stops replays.
const duplicates = 2 * time.Second

func ensureStreams(ctx context.Context, js jetstream.JetStream, cfg Config) error {
	replicas := max(cfg.Replicas, 1)
	streams := []jetstream.StreamConfig{
		{Name: Messages, Subjects: []string{"log.>"}, MaxAge: cfg.Keep, MaxBytes: cfg.MaxBytes},
		{Name: Orders, Subjects: []string{OrderEvents}, MaxAge: cfg.Keep},
		{Name: Charges, Subjects: []string{AllCharges}, MaxAge: cfg.Keep},
		{Name: Dead, Subjects: []string{"dead.>"}, MaxAge: cfg.Keep},
	}
	for _, s := range streams {
		s.Storage, s.Replicas, s.Duplicates, s.AllowDirect = jetstream.FileStorage, replicas, duplicates, true
		if s.MaxBytes == 0 {
			s.MaxBytes = -1
		}
		if _, err := js.CreateOrUpdateStream(ctx, s); err != nil {
			return fmt.Errorf("stream %s: %w", s.Name, err)
		}
	}
	for _, kv := range []jetstream.KeyValueConfig{
		{Bucket: People},
		{Bucket: Counters},
		{Bucket: Receipts, TTL: 7 * 24 * time.Hour},
	} {
		kv.Storage, kv.Replicas = jetstream.FileStorage, replicas
		if _, err := js.CreateOrUpdateKeyValue(ctx, kv); err != nil {
			return fmt.Errorf("bucket %s: %w", kv.Bucket, err)
		}
	}
	if _, err := js.CreateOrUpdateObjectStore(ctx, jetstream.ObjectStoreConfig{Bucket: Shelf, Storage: jetstream.FileStorage, Replicas: replicas}); err != nil {
		return fmt.Errorf("object store %s: %w", Shelf, err)
	}
	return nil
}

// Consumer makes sure of a durable consumer. What a process that was killed had
// in hand comes again at once where the server is embedded, since nobody else
// can have it in hand; elsewhere it comes after AckWait.
func (b *Bus) Consumer(ctx context.Context, stream string, cfg jetstream.ConsumerConfig) (jetstream.Consumer, error) {
	consumer, err := b.js.CreateOrUpdateConsumer(ctx, stream, cfg)
	if err != nil {
		return nil, fmt.Errorf("consumer %s: %w", cfg.Durable, err)
	}
	if b.server != nil {
		if _, err := b.js.ResetConsumer(ctx, stream, cfg.Durable); err != nil {
			return nil, fmt.Errorf("consumer %s: %w", cfg.Durable, err)
		}
	}
	return consumer, nil
}

// Lag is how many messages wait for a durable consumer or are in its hands.
func (b *Bus) Lag(ctx context.Context, stream, consumer string) (uint64, error) {
	c, err := b.JetStream().Consumer(ctx, stream, consumer)
	if err != nil {
		return 0, fmt.Errorf("lag of consumer %s: %w", consumer, err)
	}
	info := c.CachedInfo() // as fresh as the call before
	return info.NumPending + uint64(info.NumAckPending), nil
}
