package desk_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"
	"github.com/rs/zerolog"

	"haat/catalog"
	"haat/orders"
	"haat/orders/bus"
	"haat/orders/desk"
)

const phone = "+254700000001"

func connect(t *testing.T) *nats.Conn {
	t.Helper()
	b, err := bus.Open(t.Context(), bus.Config{Dir: t.TempDir(), Sync: bus.SyncInterval}, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	return b.Conn()
}

// shelf looks orders up in a slice.
func shelf(all ...orders.Order) func(context.Context, string, int) ([]orders.Order, error) {
	return func(_ context.Context, phone string, limit int) ([]orders.Order, error) {
		var of []orders.Order
		for _, o := range all {
			if o.Phone == phone && len(of) < limit {
				of = append(of, o)
			}
		}
		return of, nil
	}
}

func order(number int64) orders.Order {
	return orders.Order{
		ID: "basket", Number: number, Phone: phone, Channel: "demo", Language: "sw", Station: "ST01", Status: orders.Confirmed,
		Lines:      []orders.Line{{SKU: "HOE", Qty: 1, UnitPrice: catalog.Money{Minor: 45000, Currency: "KES"}}},
		Total:      catalog.Money{Minor: 45000, Currency: "KES"},
		PickupCode: "4711", PlacedAt: time.Date(2026, 3, 1, 8, 0, 0, 1, time.UTC),
	}
}

func serve(t *testing.T, nc *nats.Conn, lookup func(context.Context, string, int) ([]orders.Order, error)) (stop func()) {
	t.Helper()
	stop, err := desk.Serve(nc, lookup)
	if err != nil {
		t.Fatal(err)
	}
	return stop
}

func TestOf(t *testing.T) {
	nc := connect(t)
	defer serve(t, nc, shelf(order(3), order(2), order(1)))()
	for _, tt := range []struct {
		name  string
		phone string
		limit int
		want  []orders.Order
	}{
		{"all of a phone", phone, 10, []orders.Order{order(3), order(2), order(1)}},
		{"the last two", phone, 2, []orders.Order{order(3), order(2)}},
		{"a stranger", "+254700000009", 10, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := desk.Client{NC: nc}.Of(t.Context(), tt.phone, tt.limit)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestOfAsksForNoMoreThanAnAnswerHolds(t *testing.T) {
	nc := connect(t)
	defer serve(t, nc, func(_ context.Context, _ string, limit int) ([]orders.Order, error) {
		if limit != desk.MaxOrders {
			t.Errorf("%d orders were asked for", limit)
		}
		return nil, nil
	})()
	if _, err := (desk.Client{NC: nc}).Of(t.Context(), phone, 1_000_000); err != nil {
		t.Error(err)
	}
}

func TestProcessorIsAway(t *testing.T) {
	nc := connect(t)
	client := desk.Client{NC: nc}
	if _, err := client.Of(t.Context(), phone, 1); !errors.Is(err, desk.ErrAway) {
		t.Errorf("nobody serves: %v", err)
	}
	stuck := make(chan struct{})
	stop := serve(t, nc, func(ctx context.Context, _ string, _ int) ([]orders.Order, error) {
		<-stuck
		return nil, nil
	})
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err := client.Of(ctx, phone, 1); !errors.Is(err, desk.ErrAway) {
		t.Errorf("it is stuck: %v", err)
	}
	close(stuck)
	stop()
	if _, err := client.Of(t.Context(), phone, 1); !errors.Is(err, desk.ErrAway) {
		t.Errorf("it has stopped: %v", err)
	}
}

func TestLookupFails(t *testing.T) {
	nc := connect(t)
	defer serve(t, nc, func(context.Context, string, int) ([]orders.Order, error) { return nil, errors.New("disk on fire") })()
	_, err := desk.Client{NC: nc}.Of(t.Context(), phone, 1)
	if err == nil || errors.Is(err, desk.ErrAway) || !strings.Contains(err.Error(), "disk on fire") || strings.Contains(err.Error(), phone) {
		t.Errorf("got %v", err)
	}
}

func TestNonsenseIsAnswered(t *testing.T) {
	nc := connect(t)
	defer serve(t, nc, shelf())()
	for name, data := range map[string]string{"no JSON": "\x00", "another type": `{"limit":"many"}`} {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		msg, err := nc.RequestWithContext(ctx, "haat.orders.of", []byte(data))
		cancel()
		if err != nil || !strings.Contains(string(msg.Data), `"error"`) {
			t.Errorf("%s: %v, %v", name, msg, err)
		}
	}
}

// Two processors share the questions and each question has one answer; one
// that stops leaves none of its own unanswered.
func TestProcessorsShare(t *testing.T) {
	nc := connect(t)
	var first, second atomic.Int32
	counting := func(n *atomic.Int32) func(context.Context, string, int) ([]orders.Order, error) {
		return func(context.Context, string, int) ([]orders.Order, error) {
			n.Add(1)
			return []orders.Order{order(1)}, nil
		}
	}
	stopFirst := serve(t, nc, counting(&first))
	defer serve(t, nc, counting(&second))()
	const questions = 200
	var wg sync.WaitGroup
	for i := range questions {
		wg.Go(func() {
			if got, err := (desk.Client{NC: nc}).Of(t.Context(), phone, 1); err != nil || len(got) != 1 {
				t.Errorf("%v, %v", got, err)
			}
		})
		if i == questions/2 {
			stopFirst()
		}
	}
	wg.Wait()
	if sum := first.Load() + second.Load(); sum != questions || second.Load() == 0 {
		t.Errorf("%d and %d of %d questions were answered", first.Load(), second.Load(), questions)
	}
}
