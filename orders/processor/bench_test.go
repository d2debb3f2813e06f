package processor_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/rs/zerolog"

	"haat/catalog"
	"haat/orders/bus"
	"haat/orders/processor"
	"haat/orders/store"
)

// BenchmarkProcessor decides orders that are in the log already, behind the
// barrier; an operation is one order from the log to its acknowledgement.
func BenchmarkProcessor(b *testing.B) {
	dir := b.TempDir()
	nats, err := bus.Open(b.Context(), bus.Config{Dir: dir}, zerolog.Nop())
	if err != nil {
		b.Fatal(err)
	}
	defer nats.Close()
	st, err := store.Open(b.Context(), dir+"/orders.db")
	if err != nil {
		b.Fatal(err)
	}
	defer st.Close()
	p := processor.New(processor.Config{}, nats, st, zerolog.Nop())
	var shelf []catalog.Product
	for i := range 100 {
		shelf = append(shelf, catalog.Product{SKU: fmt.Sprintf("P%d", i), Stock: catalog.MaxStock, Counted: true})
	}
	if err := p.SetCatalog(b.Context(), "1", shelf); err != nil {
		b.Fatal(err)
	}
	for i := range b.N {
		data, err := json.Marshal(map[string]any{"request": place(order(int64(i+1), fmt.Sprintf("P%d", i%100), 1))})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := nats.JetStream().PublishAsync(fmt.Sprintf("log.017.2547%08d.turn.demo.ussd.order", i), data); err != nil {
			b.Fatal(err)
		}
	}
	<-nats.JetStream().PublishAsyncComplete()
	acks, err := nats.Conn().SubscribeSync("$JS.ACK." + bus.Messages + "." + processor.Consumer + ".>")
	if err != nil {
		b.Fatal(err)
	}
	ctx, stop := context.WithCancel(b.Context())
	done := make(chan error)
	b.ResetTimer()
	go func() { done <- p.Run(ctx) }()
	for range b.N {
		if _, err := acks.NextMsg(patience); err != nil {
			b.Fatal(err)
		}
	}
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "orders/s")
	stop()
	if err := <-done; err != nil {
		b.Fatal(err)
	}
}
