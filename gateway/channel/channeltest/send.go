package channeltest

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"haat/gateway"
)

// SMS is what the table of RunSends sends.
var SMS = gateway.Outbound{Ref: "4711", Channel: "shop", Phone: "+254700000001", Text: "Order 12 is confirmed. Code 4821. Bei: €5"}

// Send is one answer of a carrier to an outgoing SMS and what follows from it.
type Send struct {
	Name string

	Status int               // the carrier's answer; 0: it hangs up
	Header map[string]string // of the carrier's answer
	Body   string

	Receipt gateway.Receipt
	// Refusal is the error, or nil where the carrier takes the SMS. Err and
	// Advice are not compared, but there must be some.
	Refusal *gateway.SendError
}

// RunSends sends SMS through the channel that open makes for a carrier at the
// given address.
func RunSends(t *testing.T, open func(t *testing.T, carrier string) gateway.Sender, table []Send) {
	t.Helper()
	for _, tt := range table {
		t.Run(tt.Name, func(t *testing.T) { tt.run(t, open) })
	}
}

func (tt Send) run(t *testing.T, open func(t *testing.T, carrier string) gateway.Sender) {
	var told notes
	carrier := serveCarrier(t, func(w http.ResponseWriter, r *http.Request) {
		told.add(dump(r))
		tt.answer(w)
	})
	receipt, err := open(t, carrier).Send(t.Context(), SMS)
	if diff := cmp.Diff(tt.Receipt, receipt); diff != "" {
		t.Errorf("receipt (- want, + got):\n%s", diff)
	}
	if tt.Refusal == nil {
		if err != nil {
			t.Errorf("error = %v", err)
		}
		return
	}
	var refusal *gateway.SendError
	if !errors.As(err, &refusal) {
		t.Fatalf("error = %v, want a SendError", err)
	}
	mustBeDiscreet(t, refusal, strings.Join(told.all(), "\n"))
	got := *refusal
	got.Advice, got.Err = "", nil
	if diff := cmp.Diff(*tt.Refusal, got); diff != "" {
		t.Errorf("refusal (- want, + got):\n%s", diff)
	}
}

// answer is the carrier's.
func (tt Send) answer(w http.ResponseWriter) {
	if tt.Status == 0 {
		panic(http.ErrAbortHandler)
	}
	for key, value := range tt.Header {
		w.Header().Set(key, value)
	}
	w.WriteHeader(tt.Status)
	_, _ = io.WriteString(w, tt.Body)
}

// Sent gives the one request that a channel makes for SMS, its body read, and
// lets the carrier answer it.
func Sent(t *testing.T, open func(t *testing.T, carrier string) gateway.Sender, status int, answer string) (*http.Request, string) {
	t.Helper()
	asked := SentFor(t, open, Send{Status: status, Body: answer}, SMS)
	if len(asked) != 1 {
		t.Fatalf("the channel makes %d requests, want one", len(asked))
	}
	return asked[0].Request, asked[0].Body
}

// Asked is one request that a channel made of its carrier.
type Asked struct {
	*http.Request
	Body string
}

// SentFor gives the requests that a channel makes for one SMS which the carrier
// takes, each with the same answer.
func SentFor(t *testing.T, open func(t *testing.T, carrier string) gateway.Sender, answer Send, out gateway.Outbound) []Asked {
	t.Helper()
	const most = 64
	requests := make(chan Asked, most)
	carrier := serveCarrier(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body) // it was read before
		requests <- Asked{r, string(body)}
		answer.answer(w)
	})
	if _, err := open(t, carrier).Send(t.Context(), out); err != nil {
		t.Fatal(err)
	}
	close(requests)
	var all []Asked
	for r := range requests {
		all = append(all, r)
	}
	return all
}
