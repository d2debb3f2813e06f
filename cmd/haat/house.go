package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/rs/zerolog"
	"golang.org/x/sync/errgroup"

	"haat/catalog"
	"haat/gateway"
	"haat/gateway/channel/demo"
	"haat/gateway/messagelog"
	"haat/gateway/outbox"
	"haat/gateway/screen"
	"haat/orders"
	"haat/orders/bus"
	"haat/orders/desk"
	"haat/orders/numbers"
	"haat/orders/processor"
	"haat/orders/store"
)

// roles are the halves that a process runs.
type roles struct{ gateway, processor bool }

// house is a running haat: its rooms, wired.
type house struct {
	cfg       Config
	roles     roles
	logger    zerolog.Logger
	registry  *prometheus.Registry
	bus       *bus.Bus
	market    *market
	store     *store.Store
	processor *processor.Processor
	gateway   *gateway.Gateway
	mux       *http.ServeMux
	operators *operatorsRoom                // nil where there is no gateway
	work      []func(context.Context) error // what runs until the house closes
	closers   []func() error
}

// openHouse opens the rooms that the roles need. What a failed opening had
// opened is closed again.
func openHouse(ctx context.Context, cfg Config, r roles, logger zerolog.Logger) (h *house, err error) {
	h = &house{cfg: cfg, roles: r, logger: logger, registry: prometheus.NewRegistry(), mux: http.NewServeMux()}
	h.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	defer func() {
		if err != nil {
			err = errors.Join(err, h.close())
		}
	}()
	syncs := prometheus.NewHistogram(prometheus.HistogramOpts{Name: "haat_sync_seconds", Help: "One sync of the data directory's file system, which every answer waits for.", Buckets: prometheus.ExponentialBuckets(.0001, 2, 15)})
	h.registry.MustRegister(syncs)
	onBus := cfg.busConfig()
	onBus.Synced = func(took time.Duration) { syncs.Observe(took.Seconds()) }
	if h.bus, err = bus.Open(ctx, onBus, logger); err != nil {
		return h, err
	}
	h.closers = append(h.closers, h.bus.Close)
	if r.processor {
		if err = h.openProcessor(ctx); err != nil {
			return h, err
		}
	}
	if h.market, err = openMarket(ctx, cfg, h.bus, h.catalogChanged); err != nil {
		return h, err
	}
	h.work = append(h.work, func(ctx context.Context) error { return h.market.follow(ctx, h.bus, logger) })
	if r.gateway {
		if err = h.openGateway(ctx); err != nil {
			return h, err
		}
	}
	h.routes()
	// What was set up before the first message shall stand as firmly as it.
	return h, h.bus.Durable(ctx)
}

func (h *house) catalogChanged(ctx context.Context, importID string, products []catalog.Product) error {
	if h.processor == nil {
		return nil
	}
	return h.processor.SetCatalog(ctx, importID, products)
}

func (h *house) openProcessor(ctx context.Context) (err error) {
	open := store.Open
	if h.bus.SyncsDirectory() { // the processor waits at the barrier after it has written
		open = store.OpenBehindBarrier
	}
	if h.store, err = open(ctx, filepath.Join(h.cfg.Data, ordersFile)); err != nil {
		return err
	}
	h.closers = append(h.closers, h.store.Close)
	h.processor = processor.New(processor.Config{
		Refresh: func(ctx context.Context) error { return h.market.refresh(ctx, h.bus) },
		Metrics: processor.NewMetrics(h.registry),
	}, h.bus, h.store, h.logger)
	h.work = append(h.work, h.process, h.processor.RunCharges, h.processor.RunActs, h.serveOrders, h.answerStock, func(ctx context.Context) error {
		stop, err := desk.Serve(h.bus.Conn(), h.store.Of)
		if err != nil {
			return err
		}
		<-ctx.Done()
		stop()
		return nil
	})
	return nil
}

// process decides orders. A disk that cannot be trusted any more ends it, but
// not the house: phones are still told to try again later, and /readyz says
// why.
func (h *house) process(ctx context.Context) error {
	if err := h.processor.Run(ctx); err != nil {
		h.logger.Error().Err(err).Msg("no more orders are decided; repair the disk and restart haat")
	}
	return nil
}

func (h *house) openChannels() (channels []gateway.Channel, err error) {
	demos := false
	for _, name := range slices.Sorted(maps.Keys(h.cfg.Channels)) {
		cfg := h.cfg.Channels[name]
		c, err := cfg.open(name, &h.cfg, h.logger)
		if err != nil {
			return nil, err
		}
		channels = append(channels, c)
		demos = demos || cfg.Demo != nil
	}
	if demos {
		exchange := demo.New()
		exchange.Routes(h.mux)
		h.work = append(h.work, func(ctx context.Context) error { return exchange.Run(ctx, "http://"+dialable(h.cfg.Listen)) })
	}
	return channels, nil
}

func (h *house) openGateway(ctx context.Context) error {
	log, err := messagelog.Open(ctx, h.bus)
	if err != nil {
		return err
	}
	people, err := messagelog.OpenPeople(ctx, h.bus)
	if err != nil {
		return err
	}
	receipts, err := messagelog.OpenReceipts(ctx, h.bus)
	if err != nil {
		return err
	}
	numbers, err := numbers.Open(ctx, h.bus)
	if err != nil {
		return err
	}
	languages, err := h.cfg.Market.speak(h.cfg.Market.Languages...)
	if err != nil {
		return err
	}
	channels, err := h.openChannels()
	if err != nil {
		return err
	}
	limits, err := h.limits(ctx, channels)
	if err != nil {
		return err
	}
	metrics := gateway.NewMetrics(h.registry)
	h.gateway, err = gateway.New(gateway.Config{
		Log: log, People: people, Desk: desk.Client{NC: h.bus.Conn()}, Numbers: numbers, Receipts: receipts,
		Metrics: metrics, Logger: h.logger,
		Catalog: h.market.present.Load, Stations: h.market.stations, Languages: languages, Currency: h.cfg.Market.Currency,
		Channels: limits, BasketKeep: h.cfg.Dialogue.BasketKeep, OrderWait: h.cfg.Dialogue.OrderWait, Hold: h.cfg.Dialogue.Hold,
		Sessions: h.cfg.Limits.CachePhones, Flood: h.cfg.Limits.SMSPerPhone,
	})
	if err != nil {
		return err
	}
	h.mux.HandleFunc("/channels/", func(w http.ResponseWriter, r *http.Request) {
		h.gateway.Refuse(gateway.NoChannel, gateway.RefusedChannel)
		http.NotFound(w, r)
	})
	h.openOutboxes(channels, limits, outbox.Rooms{Bus: h.bus, Log: log, People: people, Receipts: receipts, Metrics: metrics, Logger: h.logger})
	h.watchLag(bus.Orders, outbox.NotifierConsumer)
	h.work = append(h.work, h.listen, outbox.NewNotifier(h.gateway, h.bus, h.logger).Run)
	h.operators, err = h.openConsole(ctx, log, people, languages)
	return err
}

// openOutboxes lets each channel do what it can: be called, stay bound, send.
func (h *house) openOutboxes(channels []gateway.Channel, limits map[string]gateway.Limits, rooms outbox.Rooms) {
	var outboxes []*outbox.Outbox
	for _, c := range channels {
		if r, ok := c.(gateway.Receiver); ok {
			r.Routes(h.mux, h.gateway)
		}
		if r, ok := c.(gateway.Runner); ok {
			h.work = append(h.work, func(ctx context.Context) error { return r.Run(ctx, h.gateway) })
		}
		if s, ok := c.(gateway.Sender); ok {
			h.watchLag(bus.Messages, outbox.Consumer(c.Name()))
			outboxes = append(outboxes, outbox.New(h.cfg.outboxConfig(c.Name()), s, limits[c.Name()].Budget.(*outbox.Budget), rooms))
		}
	}
	outbox.Join(outboxes)
	for _, o := range outboxes {
		h.work = append(h.work, o.Run)
		h.watchChannel(o)
	}
	h.work = append(h.work, func(ctx context.Context) error { return outbox.ServeStates(ctx, h.bus.Conn(), outboxes) })
}

// watchLag shows how far behind a consumer is.
func (h *house) watchLag(stream, consumer string) {
	h.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "haat_consumer_lag", Help: "Messages that wait for a consumer or are in its hands; -1 when NATS does not say.", ConstLabels: prometheus.Labels{"consumer": consumer},
	}, func() float64 {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		n, err := h.bus.Lag(ctx, stream, consumer)
		if err != nil {
			return -1
		}
		return float64(n)
	}))
}

// watchChannel shows whether a channel sends.
func (h *house) watchChannel(o *outbox.Outbox) {
	h.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "haat_channel_up", Help: "1 where the channel sends, 0 while it has no link or its breaker keeps it paused.", ConstLabels: prometheus.Labels{"channel": o.State().Name},
	}, func() float64 {
		if reason, _ := o.Down(); reason != "" {
			return 0
		}
		return 1
	}))
	h.registry.MustRegister(channelBalance{o, prometheus.NewDesc("haat_channel_balance", "What is left on the channel's account at its carrier, in the currency's major unit; absent where the carrier has not said it.",
		[]string{"currency"}, prometheus.Labels{"channel": o.State().Name})})
}

// listen hands the processor's words to the answers that wait for them.
func (h *house) listen(ctx context.Context) error {
	sub, err := h.bus.Conn().Subscribe(bus.OrderEvents, func(m *nats.Msg) {
		var e orders.Event
		if err := json.Unmarshal(m.Data, &e); err != nil {
			h.logger.Error().Err(err).Msg("an order event cannot be read")
			return
		}
		h.gateway.Decided(e)
	})
	if err != nil {
		return fmt.Errorf("listen to order events: %w", err)
	}
	<-ctx.Done()
	return sub.Unsubscribe()
}

func (h *house) limits(ctx context.Context, channels []gateway.Channel) (map[string]gateway.Limits, error) {
	limits := map[string]gateway.Limits{}
	for _, c := range channels {
		cfg := h.cfg.Channels[c.Name()]
		d, ok := c.(gateway.Deferred)
		sms := screen.SMS(cfg.SMSParts)
		sms.GSM7 = cfg.GSM7
		budget, err := outbox.OpenBudget(ctx, cfg.Sending.allowance(), c.Name(), h.bus, nil, h.logger)
		if err != nil {
			return nil, err
		}
		limits[c.Name()] = gateway.Limits{
			USSD:     screen.Budget{Septets: cfg.USSDSeptets, Units: cfg.USSDUnits, GSM7: cfg.GSM7},
			SMS:      sms,
			Parts:    cfg.SMSParts,
			DialCode: h.cfg.Market.DialCode,
			Deferred: ok && d.Deferred(),
			Notices:  cfg.Sending.Through,
			Tariff:   cfg.Sending.tariff(h.cfg.Market.Currency),
			Budget:   budget,
		}
	}
	return limits, nil
}

// How long closing may take: requests under way first, then what the rooms
// have in hand.
const (
	drainTime = 10 * time.Second
	idleTime  = 2 * time.Minute
)

// serve runs the house until ctx ends or a room fails. The doors close before
// the rooms: a request that was let in is answered.
func (h *house) serve(ctx context.Context, listener net.Listener) error {
	server := &http.Server{
		Handler: h.mux, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 15 * time.Second, WriteTimeout: 90 * time.Second, IdleTimeout: idleTime,
		MaxHeaderBytes: 16 << 10, ErrorLog: httpLog(h.logger),
	}
	rooms, closeRooms := context.WithCancel(context.WithoutCancel(ctx))
	defer closeRooms()
	group, failed := errgroup.WithContext(rooms)
	for _, work := range h.work {
		group.Go(func() error { return work(failed) })
	}
	group.Go(func() error {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
	select {
	case <-ctx.Done():
		h.logger.Info().Msg("closing")
	case <-failed.Done():
	}
	if h.operators != nil {
		h.operators.pages.Close() // live pages would keep the server waiting
	}
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTime)
	defer cancel()
	err := server.Shutdown(drain)
	closeRooms()
	return errors.Join(group.Wait(), err)
}

// close closes the rooms, the last opened first.
func (h *house) close() error {
	var errs []error
	for i := len(h.closers) - 1; i >= 0; i-- {
		errs = append(errs, h.closers[i]())
	}
	return errors.Join(errs...)
}

func newLogger(cfg LogConfig, w io.Writer) zerolog.Logger {
	if cfg.Format == "console" {
		w = zerolog.ConsoleWriter{Out: w, TimeFormat: time.TimeOnly, NoColor: true}
	}
	level, err := zerolog.ParseLevel(cfg.Level)
	if err != nil {
		level = zerolog.InfoLevel
	}
	return zerolog.New(w).Level(level).With().Timestamp().Logger()
}

func (c *Config) busConfig() bus.Config {
	n := c.NATS
	return bus.Config{Dir: c.Data, URL: n.URL, Credentials: n.Credentials, Sync: n.Sync, Replicas: n.Replicas, Keep: n.Keep, MaxBytes: int64(n.MaxBytes), Reserve: int64(n.Reserve)}
}
