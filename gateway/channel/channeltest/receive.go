package channeltest

import (
	"io"
	"net/http"
	"net/http/httptest"
	"path"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"haat/gateway"
	"haat/gateway/channel/web"
	"haat/gateway/gsm"
)

// Receive is one request of a carrier and what follows from it.
type Receive struct {
	Name string

	To     gateway.Receiver  // default: the table's channel; for one with other settings
	Method string            // default: POST
	Path   string            // with the query
	Header map[string]string // Content-Type's default is that of a form
	Body   string

	Reply gateway.Reply // of the gateway; default: "ok"
	Down  bool          // the gateway keeps nothing

	Status int               // default: 200
	Says   string            // the whole answer; "..." is any
	With   map[string]string // headers that the answer has

	In      *gateway.Inbound // what is kept, but for ReceivedAt; nil: nothing
	Report  *gateway.Report
	Refused string // the reason that is counted
}

// RunReceives sends each request to a server with the channel's routes.
func RunReceives(t *testing.T, channel gateway.Receiver, table []Receive) {
	t.Helper()
	for _, tt := range table {
		t.Run(tt.Name, func(t *testing.T) { tt.run(t, tt.at(channel)) })
	}
}

// at is the channel that the request goes to.
func (tt Receive) at(channel gateway.Receiver) gateway.Receiver {
	if tt.To != nil {
		return tt.To
	}
	return channel
}

func (tt Receive) method() string {
	if tt.Method == "" {
		return http.MethodPost
	}
	return tt.Method
}

// leaf is the last element of the path: what the URL is for, whatever key
// stands before it.
func (tt Receive) leaf() string {
	route, _, _ := strings.Cut(tt.Path, "?")
	return path.Base(route)
}

func (tt Receive) run(t *testing.T, channel gateway.Receiver) {
	behind := &Gateway{Down: tt.Down}
	if tt.Reply != (gateway.Reply{}) {
		behind.Answer = func(gateway.Inbound) gateway.Reply { return tt.Reply }
	}
	server := Serve(t, channel, behind)
	resp, body := tt.send(t, server)

	if want := max(tt.Status, http.StatusOK); resp.StatusCode != want {
		t.Errorf("status = %d, want %d; it says %q", resp.StatusCode, want, body)
	}
	if tt.Says != "..." && body != tt.Says {
		t.Errorf("it says %q, want %q", body, tt.Says)
	}
	for key, want := range tt.With {
		if got := resp.Header.Get(key); got != want {
			t.Errorf("header %s = %q, want %q", key, got, want)
		}
	}
	compare(t, "inbound", behind.Inbounds(), tt.In)
	compare(t, "report", behind.Reports(), tt.Report)
	var refused *string
	if tt.Refused != "" {
		refused = &tt.Refused
	}
	compare(t, "refused", behind.Refused(), refused)
}

// send sends the request twice where that must change nothing: carriers repeat.
func (tt Receive) send(t *testing.T, server *httptest.Server) (*http.Response, string) {
	t.Helper()
	first, body := tt.sendOnce(t, server)
	if tt.In == nil {
		return first, body
	}
	again, repeated := tt.sendOnce(t, server)
	if again.StatusCode != first.StatusCode || repeated != body {
		t.Errorf("a repeat is answered %d %q, the first was %d %q", again.StatusCode, repeated, first.StatusCode, body)
	}
	return first, body
}

func (tt Receive) sendOnce(t *testing.T, server *httptest.Server) (*http.Response, string) {
	t.Helper()
	return tt.sendBody(t, server, nil)
}

// sendBody sends the request, with another body where there is one.
func (tt Receive) sendBody(t *testing.T, server *httptest.Server, body io.Reader) (*http.Response, string) {
	t.Helper()
	req, err := tt.request(t, server.URL, body)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := server.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	said, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(said)
}

// request makes the request for a server, with another body where there is one.
func (tt Receive) request(t *testing.T, base string, body io.Reader) (*http.Request, error) {
	if body == nil {
		body = strings.NewReader(tt.Body)
	}
	req, err := http.NewRequestWithContext(t.Context(), tt.method(), base+tt.Path, body)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", web.FormType)
	for key, value := range tt.Header {
		req.Header.Set(key, value)
	}
	return req, nil
}

func compare[T any](t *testing.T, what string, got []T, want *T) {
	t.Helper()
	var all []T
	if want != nil {
		all = []T{*want}
	}
	if diff := cmp.Diff(all, got, cmpopts.IgnoreFields(gateway.Inbound{}, "ReceivedAt")); diff != "" {
		t.Errorf("%s (- want, + got):\n%s", what, diff)
	}
}

// Serve runs a server with the channel's routes until the test ends.
func Serve(t testing.TB, channel gateway.Receiver, to gateway.Acceptor) *httptest.Server {
	mux := http.NewServeMux()
	channel.Routes(mux, to)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server
}

// Knock hands a request to the channel without a network in between, so that
// fuzzing is fast, and checks that the answer is one that a carrier can be
// given: an HTTP status that channels use, and nothing kept without a phone
// and an id.
func Knock(t *testing.T, channel gateway.Receiver, req *http.Request) {
	t.Helper()
	behind := &Gateway{}
	mux := http.NewServeMux()
	channel.Routes(mux, behind)
	req.RemoteAddr = "127.0.0.1:1"
	answer := httptest.NewRecorder()
	mux.ServeHTTP(answer, req)

	switch answer.Code {
	case 200, 400, 401, 403, 404, 405, 413, 414, 415:
	default:
		t.Errorf("status = %d", answer.Code)
	}
	for _, in := range behind.Inbounds() {
		if in.Phone == "" || !web.IsID(in.ID) || !isClean(in.Text) {
			t.Errorf("kept %+v", in)
		}
	}
	for _, report := range behind.Reports() {
		if report.State.Rank() == 0 || report.Ref == "" && report.CarrierID == "" {
			t.Errorf("kept %+v", report)
		}
	}
}

// KnockJSON hands a body that is posted as JSON to one of the channel's URLs: see
// [Knock].
func KnockJSON(t *testing.T, channel gateway.Receiver, path, body string) {
	t.Helper()
	Knock(t, channel, postJSON(t, "http://localhost"+path, body))
}

// PostJSON posts a body to a server, which must take it.
func PostJSON(t *testing.T, server *httptest.Server, path, body string) {
	t.Helper()
	resp, err := server.Client().Do(postJSON(t, server.URL+path, body))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("status = %d", resp.StatusCode)
	}
}

func postJSON(t *testing.T, address, body string) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", web.JSONType)
	return req
}

func isClean(text string) bool { return gsm.Clean(text) == text }

// StatusFor gives the HTTP status that a GET from an address is answered with.
func StatusFor(t *testing.T, handler http.Handler, address, path string) int {
	t.Helper()
	req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
	req.RemoteAddr = address
	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, req)
	return answer.Code
}
