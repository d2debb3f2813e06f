package desk_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"haat/orders"
	"haat/orders/desk"
)

func TestLeft(t *testing.T) {
	nc := connect(t)
	client := desk.Client{NC: nc}
	if _, err := client.Left(t.Context(), []string{"HOE"}); !errors.Is(err, desk.ErrAway) {
		t.Errorf("nobody there: %v", err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- desk.ServeStock(ctx, nc, func(_ context.Context, skus []string) (map[string]orders.Stock, error) {
			left := map[string]orders.Stock{}
			for _, sku := range skus {
				if sku == "broken" {
					return nil, errors.New("the disk is broken")
				}
				left[sku] = orders.Stock{Left: len(sku), Counted: true}
			}
			return left, nil
		})
	}()
	var skus []string
	for i := range 50_000 { // a whole catalogue, more than one message holds
		skus = append(skus, fmt.Sprintf("LONG-SKU-%06d", i))
	}
	left, err := client.Left(t.Context(), skus[:1])
	for errors.Is(err, desk.ErrAway) { // it is just coming
		left, err = client.Left(t.Context(), skus[:1])
	}
	if err != nil || len(left) != 1 {
		t.Fatalf("%v, %v", left, err)
	}
	whole, cancel := context.WithTimeout(t.Context(), time.Minute) // machines that test are busy
	defer cancel()
	if left, err = client.Left(whole, skus); err != nil || len(left) != len(skus) || left["LONG-SKU-049999"].Left != 15 {
		t.Errorf("%d products, %v", len(left), err)
	}
	if _, err := client.Left(t.Context(), []string{"broken"}); err == nil || !strings.Contains(err.Error(), "the disk is broken") {
		t.Errorf("got %v", err)
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
