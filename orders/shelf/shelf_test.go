package shelf_test

import (
	"bytes"
	"context"
	"testing"

	"github.com/rs/zerolog"

	"haat/orders/bus"
	"haat/orders/shelf"
)

func TestPutAndFollow(t *testing.T) {
	b, err := bus.Open(t.Context(), bus.Config{Dir: t.TempDir()}, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if now, err := shelf.Current(t.Context(), b); err != nil || now != nil {
		t.Fatalf("an empty shelf holds %v, %v", now, err)
	}
	first := bytes.Repeat([]byte("a line of a large catalogue\n"), 20_000) // several chunks
	id, err := shelf.Put(t.Context(), b, first)
	if err != nil {
		t.Fatal(err)
	}
	now, err := shelf.Current(t.Context(), b)
	if err != nil || now.ID != id || !bytes.Equal(now.CSV, first) {
		t.Fatalf("got %v bytes, %v", now, err)
	}

	ctx, stop := context.WithCancel(t.Context())
	seen, ended := make(chan string, 1000), make(chan error, 1)
	go func() { ended <- shelf.Watch(ctx, b, func(i shelf.Import) { seen <- i.ID }) }()
	for stands := false; !stands; { // an import may pass by a watcher that is just being made
		if _, err := shelf.Put(t.Context(), b, first); err != nil {
			t.Fatal(err)
		}
		select {
		case <-seen:
			stands = true
		default:
		}
	}
	last, err := shelf.Put(t.Context(), b, first)
	if err != nil {
		t.Fatal(err)
	}
	if last == id {
		t.Error("the same file imported again has the same id")
	}
	for <-seen != last {
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
