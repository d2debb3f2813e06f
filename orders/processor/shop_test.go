package processor_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"haat/catalog"
	"haat/orders"
	"haat/orders/bus"
	"haat/orders/processor"
	"haat/orders/store"
)

// patience is how long a test waits for what must come.
const patience = 30 * time.Second

// shop is a processor on a real NATS and a real database, and what can be
// heard of it.
type shop struct {
	t         *testing.T
	dir       string
	log       *logbook
	registry  *prometheus.Registry
	bus       *bus.Bus
	store     *store.Store
	processor *processor.Processor
	refresh   func(context.Context) error
	events    chan *nats.Msg
	dead      chan *nats.Msg
	acks      chan *nats.Msg // what is said to the log about turns: +ACK, +TERM
	stop      func()
	imports   int
}

// logbook is a log that may be read while it is written.
type logbook struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logbook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *logbook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

func open(t *testing.T) *shop {
	t.Helper()
	s := &shop{t: t, dir: t.TempDir(), log: &logbook{}}
	s.open()
	t.Cleanup(func() { s.close() })
	return s
}

// open opens everything on the shop's directory and runs nothing yet.
func (s *shop) open() {
	s.t.Helper()
	var err error
	if s.bus, err = bus.Open(s.t.Context(), bus.Config{Dir: s.dir, Sync: bus.SyncInterval}, zerolog.Nop()); err != nil {
		s.t.Fatal(err)
	}
	if s.store, err = store.Open(s.t.Context(), s.database()); err != nil {
		s.t.Fatal(err)
	}
	s.events, s.dead, s.acks = s.listen(bus.OrderEvents), s.listen("dead.>"), s.listen("$JS.ACK."+bus.Messages+"."+processor.Consumer+".>")
	s.processor = s.newProcessor()
}

func (s *shop) newProcessor() *processor.Processor {
	s.registry = prometheus.NewRegistry()
	return processor.New(processor.Config{
		Metrics: processor.NewMetrics(s.registry),
		Refresh: func(ctx context.Context) error {
			if s.refresh == nil {
				return nil
			}
			return s.refresh(ctx)
		},
	}, s.bus, s.store, zerolog.New(s.log))
}

func (s *shop) database() string { return filepath.Join(s.dir, "orders.db") }

func (s *shop) close() {
	s.t.Helper()
	s.halt()
	if err := s.store.Close(); err != nil {
		s.t.Error(err)
	}
	if err := s.bus.Close(); err != nil {
		s.t.Error(err)
	}
}

func (s *shop) listen(subject string) chan *nats.Msg {
	s.t.Helper()
	heard := make(chan *nats.Msg, 100_000)
	if _, err := s.bus.Conn().ChanSubscribe(subject, heard); err != nil {
		s.t.Fatal(err)
	}
	return heard
}

// run runs the processor until halt.
func (s *shop) run() {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.processor.Run(ctx) }()
	s.stop = func() {
		s.t.Helper()
		cancel()
		if err := <-done; err != nil {
			s.t.Errorf("the processor ended with %v", err)
		}
	}
}

func (s *shop) halt() {
	s.t.Helper()
	if s.stop != nil {
		s.stop()
		s.stop = nil
	}
}

// stocks makes the shop sell exactly these products.
func (s *shop) stocks(stock map[string]int) {
	s.t.Helper()
	s.imports++
	if err := s.processor.SetCatalog(s.t.Context(), fmt.Sprintf("import-%d", s.imports), products(stock)); err != nil {
		s.t.Fatal(err)
	}
}

func products(stock map[string]int) []catalog.Product {
	var all []catalog.Product
	for sku, n := range stock {
		all = append(all, catalog.Product{SKU: sku, Stock: n, Counted: true})
	}
	return all
}

// order is a right order of some of one product.
func order(number int64, sku string, qty int) orders.Order {
	lines := []orders.Line{{SKU: sku, Qty: qty, UnitPrice: catalog.Money{Minor: 45000, Currency: "KES"}}}
	return orders.Order{
		ID: fmt.Sprintf("basket-%d", number), Number: number, Phone: fmt.Sprintf("+2547%08d", number), Channel: "demo", Language: "sw",
		Station: "ST01", Lines: lines, Total: orders.Sum(lines, "KES"), PickupCode: "4711", PlacedAt: time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC),
	}
}

func place(o orders.Order) orders.Request { return orders.Request{Place: &o} }

func cancel(o orders.Order) orders.Request {
	return orders.Request{Cancel: &orders.Cancel{ID: o.ID, Number: o.Number, Phone: o.Phone, At: o.PlacedAt}}
}

// say logs turns that ask for the requests, as the gateway does.
func (s *shop) say(requests ...orders.Request) {
	s.t.Helper()
	for _, r := range requests {
		data, err := json.Marshal(map[string]any{"in": map[string]any{"text": "1"}, "request": r})
		if err != nil {
			s.t.Fatal(err)
		}
		s.sayRaw(data)
	}
}

func (s *shop) sayRaw(data []byte) {
	s.t.Helper()
	if _, err := s.bus.JetStream().Publish(s.t.Context(), "log.017.254700000001.turn.demo.ussd.order", data); err != nil {
		s.t.Fatal(err)
	}
}

// hears waits for the next event.
func (s *shop) hears() orders.Event {
	s.t.Helper()
	var e orders.Event
	if err := json.Unmarshal(next(s.t, s.events).Data, &e); err != nil {
		s.t.Fatal(err)
	}
	return e
}

// hearsKinds waits for as many events and compares their kinds.
func (s *shop) hearsKinds(want ...orders.Status) {
	s.t.Helper()
	var got []orders.Status
	for range want {
		got = append(got, s.hears().Kind)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		s.t.Error(diff)
	}
}

// acknowledges waits for the last word on so many turns.
func (s *shop) acknowledges(n int) {
	s.t.Helper()
	for n > 0 {
		if word := string(next(s.t, s.acks).Data); word != "+WPI" {
			n--
		}
	}
}

func next(t *testing.T, from chan *nats.Msg) *nats.Msg {
	t.Helper()
	select {
	case msg := <-from:
		return msg
	case <-time.After(patience):
		t.Fatal("nothing came")
		return nil
	}
}

func (s *shop) has(want map[string]int) {
	s.t.Helper()
	got, err := s.store.Stock(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		s.t.Error("stock: " + diff)
	}
}

// execute does something to the database behind the processor's back.
func (s *shop) execute(statement string) *sql.DB {
	s.t.Helper()
	db, err := sql.Open("sqlite", s.database())
	if err != nil {
		s.t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	s.t.Cleanup(func() { db.Close() })
	if _, err := db.ExecContext(s.t.Context(), statement); err != nil {
		s.t.Fatal(err)
	}
	return db
}

// metric is the value of a counter or gauge, or the count of a histogram.
func (s *shop) metric(name, label string) float64 {
	s.t.Helper()
	families, err := s.registry.Gather()
	if err != nil {
		s.t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if f.GetName() != name || label != "" && m.GetLabel()[0].GetValue() != label {
				continue
			}
			switch {
			case m.Counter != nil:
				return m.Counter.GetValue()
			case m.Gauge != nil:
				return m.Gauge.GetValue()
			}
			return float64(m.Histogram.GetSampleCount())
		}
	}
	s.t.Fatalf("there is no metric %s %s", name, label)
	return 0
}
