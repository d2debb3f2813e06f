package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"haat/gateway/channel/demo"
	"haat/gateway/gatewaytest"
	"haat/gateway/messagelog"
)

// longEnough is how long anything may take before a test fails.
const longEnough = 30 * time.Second

// eventually waits until done.
func eventually(t testing.TB, what string, done func() bool) {
	t.Helper()
	again := time.NewTicker(10 * time.Millisecond)
	defer again.Stop()
	for deadline := time.After(longEnough); !done(); {
		select {
		case <-again.C:
		case <-deadline:
			t.Fatalf("this did not happen: %s", what)
		}
	}
}

// printed is what a haat has printed so far.
type printed struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (p *printed) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.Write(b)
}

func (p *printed) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.String()
}

// haat is a program that runs in this process as `haat serve` would in its own,
// or one of its halves.
type haat struct {
	t         testing.TB
	data      string // its directory
	base      string // its address: http://127.0.0.1:PORT
	out, errs printed
	cancel    context.CancelFunc
	ended     chan struct{}
	code      int // valid after ended
	client    http.Client
}

// serve starts a whole haat with a configuration, in YAML, or without one.
func serve(t testing.TB, config string) *haat { return start(t, "serve", t.TempDir(), config) }

// start starts a haat on a data directory.
func start(t testing.TB, command, data, config string) *haat {
	t.Helper()
	return startOn(t, freeAddress(t), command, data, config)
}

// startOn starts a haat and waits until it answers. It is stopped with the
// test, and its log is then searched for what belongs to the villagers.
func startOn(t testing.TB, address, command, data, config string) *haat {
	t.Helper()
	args := []string{command, "--data", data, "--listen", address}
	if config != "" {
		args = append(args, "--config", saveConfig(t, config))
	}
	ctx, cancel := context.WithCancel(context.Background())
	h := &haat{t: t, data: data, base: "http://" + dialable(address), cancel: cancel, ended: make(chan struct{})}
	h.client = http.Client{Transport: &http.Transport{}, Timeout: longEnough}
	go func() {
		defer close(h.ended)
		h.code = run(ctx, args, strings.NewReader(""), &h.out, &h.errs)
	}()
	t.Cleanup(func() {
		h.stop()
		h.keepsSecrets()
		if t.Failed() {
			t.Logf("haat %s wrote:\n%s", command, ending(h.errs.String()))
		}
	})
	eventually(t, "haat answers", func() bool {
		select {
		case <-h.ended:
			t.Fatalf("haat %s ended with code %d:\n%s", command, h.code, h.errs.String())
		default:
		}
		resp, err := h.client.Get(h.base + "/healthz")
		if err == nil {
			resp.Body.Close()
		}
		return err == nil
	})
	return h
}

func ending(text string) string { return text[max(0, len(text)-6000):] }

// freeAddress is one of loopback that is kept for the test, which may listen
// there, stop and listen again.
func freeAddress(t testing.TB) string {
	t.Helper()
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(gatewaytest.FreePort(t)))
}

func saveConfig(t testing.TB, config string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "haat.yaml")
	if err := os.WriteFile(name, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// stop is Ctrl-C. It may be called again.
func (h *haat) stop() {
	h.t.Helper()
	h.cancel()
	h.client.CloseIdleConnections()
	select {
	case <-h.ended:
	case <-time.After(longEnough):
		h.t.Fatal("haat does not stop")
	}
	if h.code != exitOK {
		h.t.Errorf("haat ended with code %d:\n%s", h.code, ending(h.errs.String()))
	}
}

// The phones of these tests all begin alike, and what they write has one word in
// it where it can be anything.
const (
	villagers = "2547001"
	secret    = "zawadi"
)

// keepsSecrets searches the program's own log for phones and texts.
func (h *haat) keepsSecrets() {
	h.t.Helper()
	for line := range strings.Lines(h.errs.String()) {
		if strings.Contains(line, villagers) || strings.Contains(strings.ToLower(line), secret) {
			h.t.Errorf("the program's log tells of a villager: %s", line)
		}
	}
}

// answer is what a request was answered with.
type answer struct {
	code int
	body string
}

// do sends a request; its path begins with the slash.
func (h *haat) do(method, path, contentType string, body io.Reader, headers ...string) answer {
	h.t.Helper()
	req, err := http.NewRequestWithContext(context.Background(), method, h.base+path, body)
	if err != nil {
		h.t.Fatal(err)
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	for i := 0; i < len(headers); i += 2 {
		if headers[i] == "Host" {
			req.Host = headers[i+1]
		}
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := h.client.Do(req)
	if err != nil {
		h.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	return answer{resp.StatusCode, string(text)}
}

const formType = "application/x-www-form-urlencoded"

// post sends a form, written as key and value in turn.
func (h *haat) post(path string, fields ...string) answer {
	h.t.Helper()
	form := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		form.Add(fields[i], fields[i+1])
	}
	return h.do(http.MethodPost, path, formType, strings.NewReader(form.Encode()))
}

func (h *haat) get(path string) answer {
	h.t.Helper()
	return h.do(http.MethodGet, path, "", nil)
}

// numbered is the last number that was given to a phone, session or message.
var numbered atomic.Int64

func newID() string { return "id" + strconv.FormatInt(numbered.Add(1), 10) }

// newPhone is a phone that haat does not know.
func newPhone() string { return fmt.Sprintf("+%s9%04d", villagers, numbered.Add(1)) }

// hops is a USSD session of Africa's Talking, which sends all that was typed
// each time.
type hops struct {
	at                  *haat // may change from hop to hop
	path, phone         string
	session, typedSoFar string
}

func (h *haat) dial(phone string) *hops {
	return &hops{at: h, path: "/channels/demo/ussd", phone: phone, session: newID()}
}

// hop sends what was typed so far, the first time or again.
func (c *hops) hop() answer {
	c.at.t.Helper()
	return c.at.post(c.path, "sessionId", c.session, "serviceCode", "*384#", "phoneNumber", c.phone, "text", c.typedSoFar)
}

// answers dials, if nothing was typed yet, types each answer and gives the last
// screen.
func (c *hops) answers(typed ...string) string {
	c.at.t.Helper()
	screen := ""
	if c.typedSoFar == "" {
		screen = c.shown()
	}
	for _, text := range typed {
		c.add(text)
		screen = c.shown()
	}
	return screen
}

func (c *hops) add(text string) {
	if c.typedSoFar != "" {
		c.typedSoFar += "*"
	}
	c.typedSoFar += text
}

func (c *hops) shown() string {
	c.at.t.Helper()
	a := c.hop()
	if a.code != http.StatusOK {
		c.at.t.Fatalf("the hop is answered with %d: %s", a.code, a.body)
	}
	return a.body
}

// toConfirm goes from the dial to the confirm screen of two bags of rice for
// ST03, and is what a stranger presses.
var toConfirm = []string{"1", "1", "1", "2", "2", "1", "3"}

// text sends an SMS over the demo channel.
func (h *haat) text(phone, text string) answer {
	h.t.Helper()
	return h.post("/channels/demo/sms", "id", newID(), "from", phone, "to", "20880", "text", text, "date", time.Now().Format(time.RFC3339Nano))
}

// inbox is what the demo phone was sent.
func (h *haat) inbox(phone string) (texts []string) {
	h.t.Helper()
	var all []demo.SMS
	a := h.get("/demo/phones/" + phone + "/inbox")
	if err := json.Unmarshal([]byte(a.body), &all); err != nil {
		h.t.Fatalf("the inbox is %d %s", a.code, a.body)
	}
	for _, sms := range all {
		texts = append(texts, sms.Text)
	}
	return texts
}

// awaitSMS waits until the demo phone has an SMS with the words, and gives it.
func (h *haat) awaitSMS(phone, words string) (found string) {
	h.t.Helper()
	eventually(h.t, "an SMS arrives: "+words, func() bool {
		found = firstWith(h.inbox(phone), words)
		return found != ""
	})
	return found
}

func firstWith(texts []string, words string) string {
	for _, text := range texts {
		if strings.Contains(text, words) {
			return text
		}
	}
	return ""
}

// tool runs another command of haat to its end.
func tool(t testing.TB, args ...string) (out, errs string, code int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), longEnough)
	defer cancel()
	var stdout, stderr bytes.Buffer
	code = run(ctx, args, strings.NewReader(""), &stdout, &stderr)
	return stdout.String(), stderr.String(), code
}

// objects runs a tool that writes one JSON object a line.
func objects[T any](t testing.TB, args ...string) (all []T) {
	t.Helper()
	out, errs, code := tool(t, args...)
	if code != exitOK {
		t.Fatalf("haat %v ends with code %d: %s", args, code, errs)
	}
	lines := bufio.NewScanner(strings.NewReader(out))
	for lines.Scan() {
		var v T
		if err := json.Unmarshal(lines.Bytes(), &v); err != nil {
			t.Fatalf("%v: %s", err, lines.Text())
		}
		all = append(all, v)
	}
	return all
}

// orders is what `haat orders --json` says, with haat running or stopped.
func (h *haat) orders() []orderJSON {
	h.t.Helper()
	return objects[orderJSON](h.t, "orders", "--json", "--data", h.data)
}

// log is what `haat log --json` says of a phone, or of all with "".
func (h *haat) log(phone string) []messagelog.Entry {
	h.t.Helper()
	args := []string{"log", "--json", "--data", h.data}
	if phone != "" {
		args = append(args, "--phone", phone)
	}
	return objects[messagelog.Entry](h.t, args...)
}

// ofKind are the entries of one kind.
func ofKind(entries []messagelog.Entry, kind messagelog.Kind) (found []messagelog.Entry) {
	for _, e := range entries {
		if e.Kind == kind {
			found = append(found, e)
		}
	}
	return found
}

// metric is the value of one line of /metrics, 0 where it is not there yet.
func (h *haat) metric(series string) float64 {
	h.t.Helper()
	for line := range strings.Lines(h.get("/metrics").body) {
		if value, found := strings.CutPrefix(line, series+" "); found {
			n, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
			if err != nil {
				h.t.Fatal(err)
			}
			return n
		}
	}
	return 0
}

// has fails the test where the text lacks one of the words.
func has(t testing.TB, text string, words ...string) {
	t.Helper()
	for _, w := range words {
		if !strings.Contains(text, w) {
			t.Errorf("there is no %q in:\n%s", w, text)
		}
	}
}
