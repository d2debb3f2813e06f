package console

import "github.com/prometheus/client_golang/prometheus"

// Metrics counts what the pages cost. A nil *Metrics counts nothing.
type Metrics struct {
	streams prometheus.Gauge
	rows    prometheus.Counter
	left    prometheus.Counter
	refused prometheus.Counter
}

// NewMetrics registers the console's metrics.
func NewMetrics(r prometheus.Registerer) *Metrics {
	m := &Metrics{
		streams: prometheus.NewGauge(prometheus.GaugeOpts{Name: "haat_console_streams", Help: "Pages that are open and hear of news."}),
		rows:    prometheus.NewCounter(prometheus.CounterOpts{Name: "haat_console_rows_total", Help: "Rows pushed to open pages."}),
		left:    prometheus.NewCounter(prometheus.CounterOpts{Name: "haat_console_rows_left_total", Help: "Rows that a page was only told the number of, since there were too many at once."}),
		refused: prometheus.NewCounter(prometheus.CounterOpts{Name: "haat_console_streams_refused_total", Help: "Pages that were not given a stream, since too many are open."}),
	}
	r.MustRegister(m.streams, m.rows, m.left, m.refused)
	return m
}

func (m *Metrics) stream(change float64) {
	if m != nil {
		m.streams.Add(change)
	}
}

func (m *Metrics) pushed(rows, left int) {
	if m != nil {
		m.rows.Add(float64(rows))
		m.left.Add(float64(left))
	}
}

func (m *Metrics) refuse() {
	if m != nil {
		m.refused.Inc()
	}
}
