package main

import (
	"github.com/prometheus/client_golang/prometheus"

	"haat/gateway/outbox"
)

// channelBalance shows what is left on a channel's account. A gauge would show 0
// where nothing is known.
type channelBalance struct {
	outbox *outbox.Outbox
	desc   *prometheus.Desc
}

// Describe implements [prometheus.Collector].
func (b channelBalance) Describe(all chan<- *prometheus.Desc) { all <- b.desc }

// Collect implements [prometheus.Collector].
func (b channelBalance) Collect(all chan<- prometheus.Metric) {
	if left := b.outbox.Balance(); left != nil {
		all <- prometheus.MustNewConstMetric(b.desc, prometheus.GaugeValue, left.Major(), left.Currency)
	}
}
