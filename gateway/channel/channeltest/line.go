package channeltest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"haat/gateway"
)

// crowd is how many SMS are sent at once.
const crowd = 32

// probeLine tries what every channel meets on the way to its carrier.
func (s Suite) probeLine(t *testing.T) {
	t.Run("many at once", s.probeCrowd)
	t.Run("out of reach", s.probeUnreachable)
	t.Run("hangs up", s.probeHangUp)
	t.Run("given up by us", s.probeCancel)
	t.Run("given up before it began", s.probeCancelled)
	t.Run("repeats what it was told", s.probeEcho)
}

// probeCrowd sends many SMS through one channel at once: each goes to its own
// phone with its own text.
func (s Suite) probeCrowd(t *testing.T) {
	i := slices.IndexFunc(s.Sends, func(s Send) bool { return s.Refusal == nil })
	if i < 0 {
		t.Skip("there is no case of an SMS that the carrier takes")
	}
	var told notes
	carrier := serveCarrier(t, func(w http.ResponseWriter, r *http.Request) {
		told.add(dump(r))
		s.Sends[i].answer(w)
	})
	sender := s.Open(t, carrier)
	var all sync.WaitGroup
	for n := range crowd {
		all.Go(func() {
			if _, err := sender.Send(t.Context(), one(n)); err != nil {
				t.Errorf("of %d SMS at once one is refused: %v", crowd, err)
			}
		})
	}
	all.Wait()
	requests := told.all()
	for n := range crowd {
		if !slices.ContainsFunc(requests, func(told string) bool { return mentions(told, one(n)) }) {
			t.Errorf("of %d SMS at once number %d never reached the carrier as it was: does the channel share something between them?", crowd, n)
		}
	}
}

// one is one of many SMS that can be told apart.
func one(n int) gateway.Outbound {
	out := SMS
	out.Ref = fmt.Sprint(5000 + n)
	out.Phone = gateway.Phone(fmt.Sprintf("+2547000011%02d", n))
	out.Text = fmt.Sprintf("Parcel%02dParcel", n)
	return out
}

// mentions tells whether a request holds an SMS. Some carriers want the number
// without its country code.
func mentions(told string, out gateway.Outbound) bool {
	return strings.Contains(told, string(out.Phone[4:])) && strings.Contains(told, out.Text)
}

// probeUnreachable sends to an address at which nobody listens.
func (s Suite) probeUnreachable(t *testing.T) {
	nobody := httptest.NewServer(nil)
	nobody.Close()
	_, err := s.Open(t, nobody.URL).Send(t.Context(), SMS)
	refusal := s.mustRefuse(t, err, "")
	if refusal.Kind != gateway.Unavailable || refusal.Doubt {
		t.Errorf("the refusal is %s, doubt %t, want unavailable without doubt: nothing was written", refusal.Kind, refusal.Doubt)
	}
}

// probeHangUp lets the carrier break off after it got the request.
func (s Suite) probeHangUp(t *testing.T) {
	carrier := serveCarrier(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	_, err := s.Open(t, carrier).Send(t.Context(), SMS)
	refusal := s.mustRefuse(t, err, "")
	if refusal.Kind != gateway.Unavailable || !refusal.Doubt {
		t.Errorf("the refusal is %s, doubt %t, want unavailable with doubt: the carrier had the request", refusal.Kind, refusal.Doubt)
	}
}

// probeCancel ends the context while the carrier takes its time.
func (s Suite) probeCancel(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	asked, over := make(chan struct{}, crowd), make(chan struct{})
	carrier := serveCarrier(t, func(_ http.ResponseWriter, r *http.Request) {
		asked <- struct{}{}
		select {
		case <-r.Context().Done():
		case <-over:
		}
	})
	t.Cleanup(func() { close(over) })
	sender := s.Open(t, carrier)
	ended := make(chan error, 1)
	go func() {
		_, err := sender.Send(ctx, SMS)
		ended <- err
	}()
	select {
	case <-asked:
	case err := <-ended:
		t.Fatalf("Send ended before it asked the carrier: %v", err)
	case <-time.After(patience):
		t.Fatal("Send never asked the carrier")
	}
	cancel()
	select {
	case err := <-ended:
		refusal := s.mustRefuse(t, err, "")
		if isForGood(refusal.Kind) || !refusal.Doubt {
			t.Errorf("the refusal is %s, doubt %t, want one that may pass, with doubt: the carrier had the request", refusal.Kind, refusal.Doubt)
		}
	case <-time.After(patience / 4):
		t.Fatal("Send goes on after its context has ended: give the context to the request")
	}
}

// probeCancelled sends with a context that has ended.
func (s Suite) probeCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	carrier := serveCarrier(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) })
	_, err := s.Open(t, carrier).Send(ctx, SMS)
	if err == nil {
		t.Error("Send takes an SMS after its context has ended")
	}
	var refusal *gateway.SendError
	if errors.As(err, &refusal) && isForGood(refusal.Kind) {
		t.Errorf("the refusal is %s: that we gave up is no fault of the SMS", refusal.Kind)
	}
}

func isForGood(kind gateway.Refusal) bool {
	return kind == gateway.Rejected || kind == gateway.OptedOut
}

// probeEcho lets the carrier write all that it was told into its refusals, as
// some do: what an operator sees and logs holds nothing of it.
func (s Suite) probeEcho(t *testing.T) {
	for _, status := range []int{200, 201, 302, 400, 401, 403, 404, 409, 429, 500, 502, 503} {
		for _, form := range []string{"%s", `{"code":99999,"status":"error","error":%q,"message":%[1]q,"description":%[1]q,"detail":%[1]q}`} {
			var told notes
			carrier := serveCarrier(t, func(w http.ResponseWriter, r *http.Request) {
				request := dump(r)
				told.add(request)
				quoted, _ := json.Marshal(request) // a string always marshals
				body := strings.ReplaceAll(strings.ReplaceAll(form, "%[1]q", string(quoted)), "%q", string(quoted))
				w.WriteHeader(status)
				_, _ = io.WriteString(w, strings.ReplaceAll(body, "%s", request))
			})
			if _, err := s.Open(t, carrier).Send(t.Context(), SMS); err != nil {
				s.mustRefuse(t, err, strings.Join(told.all(), "\n"))
			}
		}
	}
}

// mustRefuse gives the refusal, which must say what to do and nothing else: no
// phone, no text, and no credentials of the request that the carrier was told.
func (s Suite) mustRefuse(t *testing.T, err error, told string) *gateway.SendError {
	t.Helper()
	var refusal *gateway.SendError
	if !errors.As(err, &refusal) {
		t.Fatalf("the error is %v, want a *gateway.SendError", err)
	}
	mustBeDiscreet(t, refusal, told)
	return refusal
}

// mustBeDiscreet checks what a refusal says.
func mustBeDiscreet(t *testing.T, refusal *gateway.SendError, told string) {
	t.Helper()
	if refusal.Advice == "" || refusal.Err == nil {
		t.Errorf("the refusal says too little, it needs Advice and Err: %+v", refusal)
	}
	said := refusal.Error()
	for _, word := range []string{string(SMS.Phone[4:]), "4821", "confirmed"} {
		if strings.Contains(said, word) {
			t.Errorf("the refusal repeats the phone or the text: %s", said)
		}
	}
	for _, secret := range credentials(told) {
		if strings.Contains(said, secret) {
			t.Errorf("the refusal repeats credentials of the request: %s", said)
		}
	}
}

// harmless are the headers of a request that are no credentials.
var harmless = []string{"Accept", "Accept-Encoding", "Connection", "Content-Length", "Content-Type", "User-Agent"}

// credentials are the values of a dumped request's headers that may be secret:
// all that are long enough to be, but for the harmless ones.
func credentials(told string) (all []string) {
	for line := range strings.Lines(told) {
		name, value, ok := strings.Cut(strings.TrimSpace(line), ": ")
		if !ok || slices.Contains(harmless, name) || strings.Contains(value, "://") {
			continue
		}
		for _, word := range strings.Fields(value) {
			if len(word) >= 6 {
				all = append(all, word)
			}
		}
	}
	return all
}

// notes are what a carrier was told. A channel may give up while the carrier is
// still writing them.
type notes struct {
	mu   sync.Mutex
	told []string
}

func (n *notes) add(request string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.told = append(n.told, request)
}

func (n *notes) all() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.told)
}

// dump writes a request out, its form decoded.
func dump(r *http.Request) string {
	var all strings.Builder
	fmt.Fprintf(&all, "%s %s\n", r.Method, r.URL)
	for name, values := range r.Header {
		for _, value := range values {
			fmt.Fprintf(&all, "%s: %s\n", name, value)
		}
	}
	body, _ := io.ReadAll(r.Body) // what broke off is not there
	all.WriteString("\n" + string(body))
	if plain, err := url.QueryUnescape(string(body)); err == nil {
		all.WriteString("\n" + plain)
	}
	return all.String()
}

// serveCarrier runs a carrier until the test ends; every request is read to its
// end before it is answered.
func serveCarrier(t *testing.T, answer http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return // the channel gave up
		}
		r.Body = io.NopCloser(strings.NewReader(string(body)))
		answer(w, r)
	}))
	t.Cleanup(server.Close)
	return server.URL
}
