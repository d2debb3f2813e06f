package gateway

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"haat/gateway/dialogue"
)

// Metrics counts what the gateway does. A nil *Metrics counts nothing.
type Metrics struct {
	turns     *prometheus.CounterVec
	seconds   *prometheus.HistogramVec
	conflicts *prometheus.CounterVec
	refusals  *prometheus.CounterVec
	notices   *prometheus.CounterVec
	reports   *prometheus.CounterVec
	statuses  *prometheus.CounterVec
	segments  *prometheus.CounterVec
	cost      *prometheus.CounterVec
}

// NewMetrics registers the gateway's metrics.
func NewMetrics(r prometheus.Registerer) *Metrics {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		c := prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
		r.MustRegister(c)
		return c
	}
	m := &Metrics{
		turns:     counter("haat_turns_total", "Turns by channel, mode and outcome; outcome failed was not kept.", "channel", "mode", "outcome"),
		conflicts: counter("haat_turn_conflicts_total", "Steps run again because another message of the phone came first.", "channel"),
		refusals:  counter("haat_refused_total", "Requests turned away before they became a message.", "channel", "reason"),
		notices:   counter("haat_notices_total", "Texts that haat began.", "channel", "kind"),
		reports:   counter("haat_delivery_reports_total", "Delivery reports by what they said; stale ones changed nothing.", "channel", "state"),
		statuses:  counter("haat_outbox_total", "SMS of the outbox, by what came of each attempt.", "channel", "state"),
		segments:  counter("haat_sms_segments_total", "Segments sent, by the beginning of the phone number that the channel's tariff has a price for.", "channel", "prefix"),
		cost:      counter("haat_sms_cost_total", "What they cost by the channel's tariff, in the currency's major unit.", "channel", "prefix", "currency"),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "haat_turn_seconds", Help: "From a message's arrival to its answer.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}}, []string{"channel", "mode"}),
	}
	r.MustRegister(m.seconds)
	return m
}

func (m *Metrics) turn(channel string, mode dialogue.Mode, outcome string, took time.Duration) {
	if m != nil {
		m.turns.WithLabelValues(channel, string(mode), outcome).Inc()
		m.seconds.WithLabelValues(channel, string(mode)).Observe(took.Seconds())
	}
}

func (m *Metrics) conflict(channel string) {
	if m != nil {
		m.conflicts.WithLabelValues(channel).Inc()
	}
}

func (m *Metrics) refused(channel, reason string) {
	if m != nil {
		m.refusals.WithLabelValues(channel, reason).Inc()
	}
}

func (m *Metrics) notice(channel, kind string) {
	if m != nil {
		m.notices.WithLabelValues(channel, kind).Inc()
	}
}

func (m *Metrics) report(channel, state string) {
	if m != nil {
		m.reports.WithLabelValues(channel, state).Inc()
	}
}

// Status counts what came of one attempt to send an SMS.
func (m *Metrics) Status(channel, state string) {
	if m != nil {
		m.statuses.WithLabelValues(channel, state).Inc()
	}
}

// Sent counts the segments of an SMS that a carrier took, and their cost.
func (m *Metrics) Sent(channel, prefix string, segments int, cost *Cost) {
	if m == nil {
		return
	}
	m.segments.WithLabelValues(channel, prefix).Add(float64(segments))
	if cost != nil {
		m.cost.WithLabelValues(channel, prefix, cost.Currency).Add(float64(cost.Micros) / 1_000_000)
	}
}
