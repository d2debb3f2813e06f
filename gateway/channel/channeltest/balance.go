package channeltest

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"haat/gateway"
)

// Balance is one answer of a carrier to the question what is left on the account,
// and what follows from it.
type Balance struct {
	Name string

	Status int               // the carrier's answer; 0: it hangs up
	Header map[string]string // of the carrier's answer
	Body   string

	Left string // as "KES 1785.50"; "" where the carrier tells none
	// Refusal is the error, or nil. Err and Advice are not compared, but there must
	// be some; Doubt is of SMS alone.
	Refusal *gateway.SendError
}

// RunBalances asks for the balance through the channel that open makes for a
// carrier at the given address: what the table says, and what every carrier may
// do.
func RunBalances(t *testing.T, open func(t *testing.T, carrier string) gateway.Sender, table []Balance) {
	t.Helper()
	garbage := &gateway.SendError{Kind: gateway.Unavailable}
	table = append(table,
		Balance{Name: "it hangs up", Refusal: garbage},
		Balance{Name: "a page instead of JSON", Status: http.StatusOK, Body: "<html>", Refusal: garbage},
		Balance{Name: "nothing", Status: http.StatusOK, Refusal: garbage},
		Balance{Name: "JSON of nothing", Status: http.StatusOK, Body: "{}", Refusal: garbage},
		Balance{Name: "another JSON", Status: http.StatusOK, Body: `{"balance":"12.34"}`, Refusal: garbage},
		Balance{Name: "JSON of another kind", Status: http.StatusOK, Body: `["12.34"]`, Refusal: garbage},
		Balance{Name: "a body without end", Status: http.StatusOK, Body: strings.Repeat(" ", 1<<20) + `{}`, Refusal: garbage},
		Balance{Name: "a redirect", Status: http.StatusFound, Header: map[string]string{"Location": "http://127.0.0.1:1/"}, Refusal: &gateway.SendError{Kind: gateway.Unavailable, Code: "302"}},
	)
	for _, tt := range table {
		t.Run(tt.Name, func(t *testing.T) { tt.run(t, open) })
	}
	t.Run("repeats what it was told", func(t *testing.T) { echoBalance(t, open) })
	t.Run("given up before it began", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if left, err := prepaid(t, open, "http://127.0.0.1:1").Balance(ctx); err == nil {
			t.Errorf("it is %v: give the context to the request", left)
		}
	})
}

func prepaid(t *testing.T, open func(t *testing.T, carrier string) gateway.Sender, carrier string) gateway.Prepaid {
	t.Helper()
	channel, ok := open(t, carrier).(gateway.Prepaid)
	if !ok {
		t.Fatal("the channel is no gateway.Prepaid")
	}
	return channel
}

func (tt Balance) run(t *testing.T, open func(t *testing.T, carrier string) gateway.Sender) {
	var told notes
	carrier := serveCarrier(t, func(w http.ResponseWriter, r *http.Request) {
		told.add(dump(r))
		Send{Status: tt.Status, Header: tt.Header, Body: tt.Body}.answer(w)
	})
	left, err := prepaid(t, open, carrier).Balance(t.Context())
	if tt.Refusal == nil {
		if said := balanceText(left); err != nil || said != tt.Left {
			t.Errorf("it is %q, %v, want %q", said, err, tt.Left)
		}
		return
	}
	var refusal *gateway.SendError
	if !errors.As(err, &refusal) {
		t.Fatalf("it is %q, %v, want a SendError", balanceText(left), err)
	}
	mustBeDiscreet(t, refusal, strings.Join(told.all(), "\n"))
	got := *refusal
	got.Advice, got.Err, got.Doubt = "", nil, false
	if diff := cmp.Diff(*tt.Refusal, got); diff != "" {
		t.Errorf("refusal (- want, + got):\n%s", diff)
	}
}

func balanceText(left *gateway.Cost) string {
	if left == nil {
		return ""
	}
	return left.String()
}

// echoBalance lets the carrier write all that it was told into its answers.
func echoBalance(t *testing.T, open func(t *testing.T, carrier string) gateway.Sender) {
	for _, status := range []int{200, 400, 401, 404, 500} {
		var told notes
		carrier := serveCarrier(t, func(w http.ResponseWriter, r *http.Request) {
			request := dump(r)
			told.add(request)
			w.WriteHeader(status)
			_, _ = io.WriteString(w, request)
		})
		_, err := prepaid(t, open, carrier).Balance(t.Context())
		var refusal *gateway.SendError
		if !errors.As(err, &refusal) {
			t.Fatalf("the error is %v, want a SendError", err)
		}
		mustBeDiscreet(t, refusal, strings.Join(told.all(), "\n"))
	}
}

// BalanceAsked gives the one request that a channel makes for the balance, and
// lets the carrier answer it.
func BalanceAsked(t *testing.T, open func(t *testing.T, carrier string) gateway.Sender, answer string) *http.Request {
	t.Helper()
	requests := make(chan *http.Request, 8)
	carrier := serveCarrier(t, func(w http.ResponseWriter, r *http.Request) {
		requests <- r
		_, _ = io.WriteString(w, answer)
	})
	if _, err := prepaid(t, open, carrier).Balance(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(requests) != 1 {
		t.Fatalf("the channel makes %d requests, want one", len(requests))
	}
	return <-requests
}
