package processor

import (
	"math"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Metrics counts what the processor does.
type Metrics struct {
	orders  *prometheus.CounterVec
	acts    *prometheus.CounterVec
	dead    prometheus.Counter
	retries prometheus.Counter
	batch   prometheus.Histogram
	seconds prometheus.Histogram
	lag     atomic.Pointer[func() (uint64, error)]
}

// NewMetrics registers the processor's metrics.
func NewMetrics(r prometheus.Registerer) *Metrics {
	m := newMetrics()
	lag := prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "haat_processor_lag",
		Help: "Turns that ask something of the processor and are not yet done; NaN where NATS does not say."}, m.readLag)
	r.MustRegister(m.orders, m.acts, m.dead, m.retries, m.batch, m.seconds, lag)
	return m
}

func newMetrics() *Metrics {
	return &Metrics{
		orders: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "haat_orders_total",
			Help: "Requests decided, by what became of the order; refused is a cancellation that came too late."}, []string{"result"}),
		acts: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "haat_order_acts_total",
			Help: "What operators did to orders; status, short and full are acts that were refused."}, []string{"result"}),
		dead: prometheus.NewCounter(prometheus.CounterOpts{Name: "haat_processor_dead_letters_total",
			Help: "Turns put into the dead letters because they can never be processed."}),
		retries: prometheus.NewCounter(prometheus.CounterOpts{Name: "haat_processor_retries_total",
			Help: "Times that a batch waited because the orders or their events could not be written."}),
		batch: prometheus.NewHistogram(prometheus.HistogramOpts{Name: "haat_processor_batch_size",
			Help: "Turns in one transaction.", Buckets: prometheus.ExponentialBuckets(1, 2, 9)}),
		seconds: prometheus.NewHistogram(prometheus.HistogramOpts{Name: "haat_order_seconds",
			Help:    "From a turn's place in the log to the word on its order.",
			Buckets: []float64{.0025, .005, .01, .025, .05, .1, .2, .4, .8, 1.6, 5, 15, 60}}),
	}
}

func (m *Metrics) readLag() float64 {
	if lag := m.lag.Load(); lag != nil {
		if n, err := (*lag)(); err == nil {
			return float64(n)
		}
	}
	return math.NaN()
}

func (m *Metrics) decided(result string, took time.Duration) {
	m.orders.WithLabelValues(result).Inc()
	m.seconds.Observe(took.Seconds())
}
