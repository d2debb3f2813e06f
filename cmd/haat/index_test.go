package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"haat/gateway/console/index"
	"haat/gateway/messagelog"
)

// rebuild runs the command and gives what it prints.
func rebuild(t *testing.T, data string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), longEnough)
	defer cancel()
	var out, errs bytes.Buffer
	err := (&indexRebuildCmd{place{Data: data}}).Run(ctx, &stdio{In: strings.NewReader(""), Out: &out, Err: &errs})
	if errs.Len() > 0 {
		t.Errorf("stderr should be empty:\n%s", errs.String())
	}
	return out.String(), err
}

// TestIndexRebuild makes the index of a stopped haat, and has a running one make
// its own.
func TestIndexRebuild(t *testing.T) {
	t.Parallel()
	h := serve(t, "")
	const phone = "+254700100311"
	h.text(phone, "qwrtp zxcvb")
	h.awaitSMS(phone, "did not understand")

	log, b, err := openLog(t.Context(), Config{Data: h.data}, &stdio{Err: &h.errs})
	if err != nil {
		t.Fatal(err)
	}
	running := filepath.Join(t.TempDir(), indexFile)
	stop := indexing(t, running, log, func(ctx context.Context, ix *index.Index) error { return ix.Serve(ctx, b.Conn()) })
	eventually(t, "the running haat makes its index anew", func() bool {
		out, err := rebuild(t, h.data)
		if err != nil || !strings.Contains(out, "made anew") {
			t.Fatalf("%s: %v", out, err)
		}
		_, err = os.Stat(filepath.Join(h.data, indexFile))
		if err == nil { // Serve was not there yet
			return os.Remove(filepath.Join(h.data, indexFile)) != nil
		}
		return errors.Is(err, os.ErrNotExist)
	})
	stop()
	if err := b.Close(); err != nil {
		t.Error(err)
	}
	h.stop()

	path := filepath.Join(h.data, indexFile)
	if err := os.WriteFile(path, []byte("this is no database at all, whatever its name says"), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := rebuild(t, h.data)
	if err != nil || !strings.Contains(out, "The index is made anew: ") || strings.Contains(out, " 0 messages") {
		t.Errorf("%s: %v", out, err)
	}
	again, b, err := openLog(t.Context(), Config{Data: h.data}, &stdio{Err: &h.errs})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	ix, err := index.Open(t.Context(), path, again, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	defer ix.Close()
	if page, err := ix.Search(t.Context(), index.Filter{Text: "ZXCVB", Errors: true}, 0, 10); err != nil || len(page.Rows) != 1 || page.Rows[0].Phone != phone {
		t.Errorf("found %d rows, %v", len(page.Rows), err)
	}
}

// indexing follows the log as a running haat does, until stop.
func indexing(t *testing.T, path string, log *messagelog.Log, serve func(context.Context, *index.Index) error) (stop func()) {
	t.Helper()
	ix, err := index.Open(t.Context(), path, log, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 2)
	go func() { ended <- ix.Run(ctx) }()
	go func() { ended <- serve(ctx, ix) }()
	return func() {
		cancel()
		if err := errors.Join(<-ended, <-ended, ix.Close()); err != nil {
			t.Error(err)
		}
	}
}

func TestIndexRebuildWithoutData(t *testing.T) {
	if _, err := rebuild(t, filepath.Join(t.TempDir(), "nowhere")); err == nil || !strings.Contains(err.Error(), "haat serve") {
		t.Errorf("got %v", err)
	}
}
