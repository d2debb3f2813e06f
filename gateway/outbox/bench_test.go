package outbox_test

import (
	"context"
	"encoding/json"
	"fmt"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"haat/gateway"
	"haat/gateway/gatewaytest"
	"haat/gateway/outbox"
)

// taker takes every SMS at once.
type taker struct{ n atomic.Int64 }

func (c *taker) Name() string { return "demo" }

func (c *taker) Send(_ context.Context, out gateway.Outbound) (gateway.Receipt, error) {
	c.n.Add(1)
	return gateway.Receipt{IDs: []string{"c" + out.Ref}, State: gateway.Sent}, nil
}

// fill puts notices into the log, each to another phone.
func fill(b *testing.B, r *gatewaytest.Rig, channel string, n int) {
	b.Helper()
	js := r.Bus.JetStream()
	for i := range n {
		phone := gateway.Phone(fmt.Sprintf("+2547%08d", i))
		data, err := json.Marshal(gateway.Notice{Channel: channel, Phone: phone, Text: "Order 10001 is confirmed. Pay KES 850 at Mama Njeri's shop, Kiambogo. Code 4821.", At: time.Now()})
		if err != nil {
			b.Fatal(err)
		}
		if i%2000 == 1999 {
			<-js.PublishAsyncComplete()
		}
		if _, err := js.PublishAsync(fmt.Sprintf("log.%03d.%s.notice.%s", i%256, phone[1:], channel), data); err != nil {
			b.Fatal(err)
		}
	}
	<-js.PublishAsyncComplete()
	if err := r.Bus.Durable(context.Background()); err != nil {
		b.Fatal(err)
	}
}

func cpu() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func BenchmarkOutbox(b *testing.B) {
	for _, window := range []int{10, 100} {
		b.Run(fmt.Sprintf("window=%d", window), func(b *testing.B) {
			r := gatewaytest.New(b, gatewaytest.Options{})
			const n = 20_000
			fill(b, r, "demo", n)
			cfg := schedule
			cfg.Window = window
			c := &taker{}
			b.ResetTimer()
			begun, before := time.Now(), cpu()
			stop := r.Run(openFor(r, c, cfg, outbox.Allowance{}).Run)
			r.Eventually("all are sent", func() bool {
				lag, err := r.Bus.Lag(context.Background(), "MESSAGES", outbox.Consumer("demo"))
				return err == nil && lag == 0 && c.n.Load() >= n
			})
			b.ReportMetric(n/time.Since(begun).Seconds(), "notices/s")
			b.ReportMetric((cpu()-before).Seconds()/n*10_000, "cpu-s/10k")
			stop()
		})
	}
}
