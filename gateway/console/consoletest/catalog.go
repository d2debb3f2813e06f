package consoletest

import (
	"context"
	"sync"
	"testing"

	"github.com/rs/zerolog"

	"haat/orders"
	"haat/orders/bus"
	"haat/orders/shelf"
)

// Shelf is a real one, on a NATS server of the test's own, with a catalogue.
func Shelf(t testing.TB, csv string) shelf.Room {
	t.Helper()
	b, err := bus.Open(t.Context(), bus.Config{Dir: t.TempDir()}, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	if _, err := shelf.Put(t.Context(), b, []byte(csv)); err != nil {
		t.Fatal(err)
	}
	return shelf.Room{Bus: b}
}

// Stock tells what is left as it was told to.
type Stock struct {
	mu    sync.Mutex
	left  map[string]orders.Stock
	err   error
	asked int
}

// Set says what is left of a counted product.
func (s *Stock) Set(sku string, left int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.left == nil {
		s.left = map[string]orders.Stock{}
	}
	s.left[sku] = orders.Stock{Left: left, Counted: true}
}

// Fail makes asking fail, until it is nil.
func (s *Stock) Fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = err
}

// Asked is the number of products that the last question was about.
func (s *Stock) Asked() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked
}

// Left implements the console's Stock. What was not set is not counted.
func (s *Stock) Left(_ context.Context, skus []string) (map[string]orders.Stock, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = len(skus)
	if s.err != nil {
		return nil, s.err
	}
	left := map[string]orders.Stock{}
	for _, sku := range skus {
		left[sku] = s.left[sku]
	}
	return left, nil
}
