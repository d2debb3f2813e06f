package channeltest

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
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
func RunSends(t *testing.T, open func(t *testing.T, carrier string) gateway.Channel, table []Send) {
	t.Helper()
	for _, tt := range table {
		t.Run(tt.Name, func(t *testing.T) { tt.run(t, open) })
	}
}

func (tt Send) run(t *testing.T, open func(t *testing.T, carrier string) gateway.Channel) {
	carrier := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if tt.Status == 0 {
			panic(http.ErrAbortHandler)
		}
		for key, value := range tt.Header {
			w.Header().Set(key, value)
		}
		w.WriteHeader(tt.Status)
		_, _ = io.WriteString(w, tt.Body)
	}))
	defer carrier.Close()

	receipt, err := open(t, carrier.URL).Send(t.Context(), SMS)
	if receipt != tt.Receipt {
		t.Errorf("receipt = %+v, want %+v", receipt, tt.Receipt)
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
	if refusal.Advice == "" || refusal.Err == nil {
		t.Errorf("the refusal says too little: %+v", refusal)
	}
	if digits := strings.TrimPrefix(string(SMS.Phone), "+"); strings.Contains(err.Error(), digits) || strings.Contains(err.Error(), "4821") {
		t.Errorf("the refusal repeats the phone or the text: %v", err)
	}
	got := *refusal
	got.Advice, got.Err = "", nil
	if diff := cmp.Diff(*tt.Refusal, got); diff != "" {
		t.Errorf("refusal (- want, + got):\n%s", diff)
	}
}

// Sent gives the one request that a channel makes for SMS, its body read, and
// lets the carrier answer it.
func Sent(t *testing.T, open func(t *testing.T, carrier string) gateway.Channel, status int, answer string) (*http.Request, string) {
	t.Helper()
	type request struct {
		*http.Request
		body string
	}
	requests := make(chan request, 1)
	carrier := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		requests <- request{r, string(body)}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, answer)
	}))
	defer carrier.Close()
	if _, err := open(t, carrier.URL).Send(t.Context(), SMS); err != nil {
		t.Fatal(err)
	}
	r := <-requests
	return r.Request, r.body
}
