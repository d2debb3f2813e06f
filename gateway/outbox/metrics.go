package outbox

import "github.com/prometheus/client_golang/prometheus"

// Metrics counts what the outbox does. A nil *Metrics counts nothing.
type Metrics struct{ sends *prometheus.CounterVec }

// NewMetrics registers the outbox's metrics.
func NewMetrics(r prometheus.Registerer) *Metrics {
	m := &Metrics{sends: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "haat_outbox_total", Help: "SMS handed to carriers, by what came of each attempt."}, []string{"channel", "state"})}
	r.MustRegister(m.sends)
	return m
}

func (m *Metrics) count(channel, state string) {
	if m != nil {
		m.sends.WithLabelValues(channel, state).Inc()
	}
}
