package console_test

import (
	"context"
	"encoding/csv"
	"io"
	"net/http"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"haat/gateway"
	"haat/gateway/console"
	"haat/gateway/console/consoletest"
)

// TestExportsTakeTurns makes three at once, and looks for two that work at the
// same time.
func TestExportsTakeTurns(t *testing.T) {
	var working, most atomic.Int64
	r := newRig(t, func(c *console.Config) {
		c.Index = &gated{Reader: &long{Reader: c.Index, rows: 15_000}, each: func(context.Context, int64) error {
			if n := working.Add(1); n > most.Load() {
				most.Store(n)
			}
			defer working.Add(-1)
			for range 100 {
				runtime.Gosched()
			}
			return nil
		}}
	})
	done := make(chan int, 3) // rows
	for _, as := range []string{"operator", "operator", "admin"} {
		req, err := http.NewRequestWithContext(t.Context(), "GET", r.server.URL+"/export.csv", nil)
		if err != nil {
			t.Fatal(err)
		}
		consoletest.SignIn(req, as)
		go func() {
			resp, err := http.DefaultClient.Do(req)
			if err != nil {
				done <- -1
				return
			}
			defer resp.Body.Close()
			file, rows := csv.NewReader(resp.Body), -1
			for err == nil {
				rows++
				_, err = file.Read()
			}
			if err != io.EOF {
				rows = 0
			}
			done <- rows - 1 // without the head
		}()
	}
	for range 3 {
		if rows := <-done; rows != 15_000 {
			t.Errorf("an export has %d rows", rows)
		}
	}
	if most.Load() != 1 {
		t.Errorf("%d exports worked at once", most.Load())
	}
}

// TestAnExportRests as long as the index says, after each page, and leaves at once
// when nobody waits for it any more.
func TestAnExportRests(t *testing.T) {
	r := gatedRig(t, func(*rig, context.Context, int64) error { return nil })
	r.index.SetRest(time.Millisecond)
	if rows := r.exported(t, "/export.csv"); len(rows) != 1700 {
		t.Errorf("%d rows", len(rows))
	}
	r.index.SetRest(time.Hour) // so that it does not end
	ctx, leave := context.WithCancel(t.Context())
	req, _ := http.NewRequestWithContext(ctx, "GET", r.server.URL+"/export.csv?id=left", nil)
	consoletest.SignIn(req, "operator")
	ended := make(chan error, 1)
	go func() {
		_, err := http.DefaultClient.Do(req)
		ended <- err
	}()
	progress := func() int { return r.ask("operator", "GET", "/export/progress?id=left", nil).status }
	eventually(t, "it has begun", func() bool { return progress() == http.StatusOK })
	leave()
	<-ended
	eventually(t, "it is gone", func() bool { return progress() == http.StatusNoContent })
}

// TestPhonesInFilesAreThoseOfTheTokens: the ID of a phone is the beginning of its
// token, from one file to the next.
func TestPhonesInFilesAreThoseOfTheTokens(t *testing.T) {
	r := newRig(t)
	for _, p := range []gateway.Phone{"+254700000001", "+2901234", "AIRTEL", "", "+254700000001000000"} {
		id, token := console.PhoneIDOf(r.console, p), console.TokenOf(r.console, p)
		if token == "" && id != "" || token != "" && (len(id) != 16 || !strings.HasPrefix(token, id)) {
			t.Errorf("%s: %s is not the beginning of %s", p, id, token)
		}
	}
}
