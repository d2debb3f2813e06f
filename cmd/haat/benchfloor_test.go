package main

import (
	"context"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync/atomic"

	"github.com/rs/zerolog"

	"haat/orders/bus"
)

// floorMain is the least that a server on this machine has to do for a turn:
// parse the same form and keep one message of the same size, power-cut safe.
// With -keep s that is one publish to the embedded stream and the shared
// barrier; with -keep w one append to a plain file and a group fdatasync.
func floorMain() {
	keep, dir, listen := flag.String("keep", "s", "s or w"), flag.String("data", "", "directory"), flag.String("listen", "", "address")
	flag.Parse()
	if err := floor(*keep, *dir, *listen); err != nil {
		fmt.Fprintln(os.Stderr, "floor:", err)
		os.Exit(1)
	}
}

func floor(keep, dir, listen string) error {
	store, err := floorStore(keep, dir)
	if err != nil {
		return err
	}
	var number atomic.Int64
	handler := func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		phone, text := r.PostForm.Get("phoneNumber"), r.PostForm.Get("text")
		turn := append(make([]byte, 0, 1024), `{"phone":"`...)
		turn = append(append(append(append(turn, phone...), `","text":"`...), text...), `","filler":"`...)
		for len(turn) < 740 {
			turn = append(turn, 'x')
		}
		if err := store(r.Context(), strings.TrimPrefix(phone, "+"), append(turn, `"}`...)); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		if strings.Count(text, "*") == len(benchAnswers)-1 {
			fmt.Fprintf(w, "END Order %d is confirmed.", number.Add(1))
			return
		}
		_, _ = w.Write([]byte("CON Staple foods (KES)\n1.Rice 1kg 180\n2.Rice 5kg 850\n98.More 0.Back 00.Home"))
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /channels/demo/ussd", handler)
	mux.HandleFunc("GET /readyz", func(http.ResponseWriter, *http.Request) {})
	listener, err := net.Listen("tcp", listen)
	if err != nil {
		return err
	}
	go func() { _ = http.Serve(listener, mux) }()
	interrupted := make(chan os.Signal, 1)
	signal.Notify(interrupted, os.Interrupt)
	<-interrupted
	return nil
}

// floorStore keeps one message and returns when it would survive a power cut.
func floorStore(keep, dir string) (func(ctx context.Context, phone string, turn []byte) error, error) {
	if keep == "w" {
		return fileStore(filepath.Join(dir, "log"))
	}
	b, err := bus.Open(context.Background(), bus.Config{Dir: dir}, zerolog.Nop())
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, phone string, turn []byte) error {
		if _, err := b.JetStream().Publish(ctx, "log.000."+phone+".turn.demo.ussd.screen", turn); err != nil {
			return err
		}
		return b.Durable(ctx)
	}, nil
}

// fileStore appends to a file; all who wait share one fdatasync.
func fileStore(path string) (func(context.Context, string, []byte) error, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	type entry struct {
		data []byte
		kept chan error
	}
	entries := make(chan entry, 4096)
	go func() {
		for first := range entries {
			batch := []entry{first}
			for more := true; more; {
				select {
				case e := <-entries:
					batch = append(batch, e)
				default:
					more = false
				}
			}
			var all []byte
			for _, e := range batch {
				all = append(append(all, e.data...), '\n')
			}
			_, err := f.Write(all)
			if err == nil {
				err = syncData(f)
			}
			for _, e := range batch {
				e.kept <- err
			}
		}
	}()
	return func(_ context.Context, _ string, turn []byte) error {
		e := entry{turn, make(chan error, 1)}
		entries <- e
		return <-e.kept
	}, nil
}
