package numbers_test

import (
	"sync"
	"testing"

	"github.com/rs/zerolog"

	"haat/orders/bus"
	"haat/orders/numbers"
)

func TestNoNumberTwice(t *testing.T) {
	b, err := bus.Open(t.Context(), bus.Config{Dir: t.TempDir()}, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	const gateways, each = 3, 1200 // several leases a gateway
	taken := make([][]int64, gateways)
	var wg sync.WaitGroup
	for g := range gateways {
		n, err := numbers.Open(t.Context(), b)
		if err != nil {
			t.Fatal(err)
		}
		wg.Go(func() {
			for range each {
				number, err := n.Take(t.Context())
				if err != nil {
					t.Error(err)
					return
				}
				taken[g] = append(taken[g], number)
			}
		})
	}
	wg.Wait()
	seen := map[int64]bool{}
	for _, list := range taken {
		for _, number := range list {
			if seen[number] || number < 10001 {
				t.Fatalf("number %d is taken twice or too short", number)
			}
			seen[number] = true
		}
	}
}

func TestGivenBackIsTakenAgain(t *testing.T) {
	b, err := bus.Open(t.Context(), bus.Config{Dir: t.TempDir()}, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	n, err := numbers.Open(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	first, err := n.Take(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	n.GiveBack(first)
	if again, err := n.Take(t.Context()); err != nil || again != first {
		t.Errorf("took %d, %v after giving back %d", again, err, first)
	}
}
