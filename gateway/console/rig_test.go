package console_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"haat/catalog"
	"haat/gateway"
	"haat/gateway/console"
	"haat/gateway/console/consoletest"
	"haat/gateway/dialogue"
	"haat/orders"
)

// rig is a console over real HTTP, with an index and a gate in memory.
type rig struct {
	t       testing.TB
	index   *consoletest.Reader
	gate    *consoletest.Gate
	talk    *consoletest.Talk
	orders  *consoletest.Orders
	console *console.Console
	server  *httptest.Server
	logged  *bytes.Buffer

	language string // of the pages; "": English
}

// at is when tests happen, as far as nothing waits.
var at = time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)

// phones know where each phone stands.
type phones struct{ talk *consoletest.Talk }

func (f phones) Last(_ context.Context, p gateway.Phone) (gateway.Turn, uint64, error) {
	if p == "+19999999999" {
		return gateway.Turn{}, 0, nil
	}
	return gateway.Turn{At: at, Hold: f.talk.Latest(p), Session: dialogue.Session{
		State:  "confirm",
		Basket: dialogue.Basket{Lines: []orders.Line{{SKU: "RICE5", Qty: 2, UnitPrice: catalog.Money{Minor: 85000, Currency: "KES"}}, {SKU: "SOAP", Qty: 3, UnitPrice: catalog.Money{Minor: 15000, Currency: "KES"}}}},
		Orders: []dialogue.OrderRef{{ID: theOrder, Number: 10001, Told: orders.Confirmed}},
	}}, 1, nil
}

func (phones) Profile(_ context.Context, p gateway.Phone) (dialogue.Profile, error) {
	return dialogue.Profile{Language: "sw", Station: "ST01", OptedOut: p == "+254722908117"}, nil
}

func newRig(t testing.TB, change ...func(*console.Config)) *rig {
	t.Helper()
	r := &rig{t: t, index: consoletest.NewReader(), gate: consoletest.NewGate(), logged: &bytes.Buffer{}}
	r.talk = consoletest.NewTalk(func() time.Time { return at })
	r.orders = consoletest.NewOrders(func() time.Time { return at })
	cfg := console.Config{
		Index: r.index, Gate: r.gate, Sessions: phones{r.talk}, People: phones{r.talk}, Talk: r.talk, Orders: r.orders,
		Writers: []console.Writer{
			{Channel: "demo", Parts: 2, Tariff: gateway.Tariff{Currency: "KES", Prices: map[string]int64{"+254": 800_000}}}, {Channel: "kenya", For: []string{"ussd"}, Parts: 8, GSM7: true},
		}, Logger: zerolog.New(zerolog.SyncWriter(r.logged)),
		Key: bytes.Repeat([]byte{7}, 32), Region: "KE", Channels: []string{"demo", "kenya"}, Zone: time.UTC, Version: "test",
		Languages: []console.Language{{Code: "en", Name: "English"}, {Code: "sw", Name: "Kiswahili"}},
		Stations:  []orders.Station{{ID: "ST01", Name: "Mama Njeri's shop", Village: "Kiambogo"}},
		Now:       func() time.Time { return at }, PushEvery: time.Millisecond,
		Product: func(_, sku string) string { return strings.ReplaceAll(sku, "RICE5", "Mchele kilo 5") },
	}
	for _, each := range change {
		each(&cfg)
	}
	var err error
	if r.console, err = console.New(cfg); err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	r.console.Routes(mux)
	r.server = httptest.NewServer(mux)
	t.Cleanup(func() {
		r.console.Close()
		r.server.Close()
	})
	return r
}

// answer is what the console said.
type answer struct {
	status int
	header http.Header
	body   string
}

// ask makes a request as an operator, without following where it is sent.
func (r *rig) ask(as, method, path string, form url.Values) answer {
	r.t.Helper()
	req, err := http.NewRequest(method, r.server.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		r.t.Fatal(err)
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	consoletest.SignIn(req, as)
	return r.do(req)
}

func (r *rig) do(req *http.Request) answer {
	r.t.Helper()
	if r.language != "" {
		req.Header.Set("Accept-Language", r.language)
	}
	ctx, cancel := context.WithTimeout(req.Context(), 30*time.Second)
	defer cancel()
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(req.WithContext(ctx))
	if err != nil {
		r.t.Fatal(err)
	}
	defer resp.Body.Close()
	var body []byte
	if !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/event-stream") { // that does not end
		if body, err = io.ReadAll(resp.Body); err != nil {
			r.t.Fatal(err)
		}
	}
	return answer{resp.StatusCode, resp.Header, string(body)}
}

// get is the body of a page that is there.
func (r *rig) get(path string) string {
	r.t.Helper()
	a := r.ask("admin", "GET", path, nil)
	if a.status != http.StatusOK {
		r.t.Fatalf("GET %s: %d\n%s", path, a.status, a.body)
	}
	return a.body
}

// tokenOf is the token of a phone, as a link to its conversation has it.
func (r *rig) tokenOf(p gateway.Phone) string {
	r.t.Helper()
	a := r.ask("admin", "POST", "/find", url.Values{"number": {string(p)}})
	to, err := url.Parse(a.header.Get("Location"))
	if err != nil || to.Query().Get("phone") == "" {
		r.t.Fatalf("no token for a phone: %d %s", a.status, a.header.Get("Location"))
	}
	return to.Query().Get("phone")
}
