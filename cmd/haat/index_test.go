package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"haat/gateway/console/index"
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

	if out, err := rebuild(t, h.data); err != nil || !strings.Contains(out, "The index is made anew: ") {
		t.Errorf("of a running haat: %s: %v", out, err)
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
	log, b, err := openLog(t.Context(), Config{Data: h.data}, &stdio{Err: &h.errs})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	ix, err := index.Open(t.Context(), path, log, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	defer ix.Close()
	if page, err := ix.Search(t.Context(), index.Filter{Text: "ZXCVB", Errors: true}, 0, 10); err != nil || len(page.Rows) != 1 || page.Rows[0].Phone != phone {
		t.Errorf("found %d rows, %v", len(page.Rows), err)
	}
}

func TestIndexRebuildWithoutData(t *testing.T) {
	if _, err := rebuild(t, filepath.Join(t.TempDir(), "nowhere")); err == nil || !strings.Contains(err.Error(), "haat serve") {
		t.Errorf("got %v", err)
	}
}
