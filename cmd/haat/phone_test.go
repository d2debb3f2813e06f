package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// fakeHaat is a server with one small menu and the inbox of one phone.
type fakeHaat struct {
	t       *testing.T
	mu      sync.Mutex
	inbox   []text
	arrived chan struct{}
}

func startFakeHaat(t *testing.T) (*fakeHaat, string) {
	f := &fakeHaat{t: t, arrived: make(chan struct{})}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /channels/demo/ussd", f.ussd)
	mux.HandleFunc("POST /channels/demo/sms", f.sms)
	mux.HandleFunc("GET /demo/phones/{phone}/inbox", f.texts)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return f, server.URL
}

// menu is what each cumulative text is answered with.
var menu = map[string]string{
	"":          "CON Karibu! Choose:\n1.Staple foods\n2.Tea, milk and drinks from the hills\n3.大米和面粉都在这里\n98.More",
	"1":         "CON Rice 5 kg, KES 850.00 a bag. How many?\n0.Back",
	"1*2":       "END Order 1042 is confirmed. Code 7731. Pay KES 1700.00 when you collect.",
	"3":         "CON \x1b[31mred\x1b[0m\r\nMchelewamahindinamaharagwe na sukari",
	"3*ni nini": "CON Sijaelewa.\n1.Tena",
}

func (f *fakeHaat) ussd(w http.ResponseWriter, r *http.Request) {
	session := r.PostFormValue("sessionId")
	if session == "" || r.PostFormValue("phoneNumber") != "+254700000001" || r.PostFormValue("serviceCode") != "*384#" {
		f.t.Errorf("this is no carrier's form: %v", r.PostForm)
	}
	typed := r.PostFormValue("text")
	switch answer, known := menu[typed]; {
	case known:
		fmt.Fprint(w, answer)
	case typed == "7":
		fmt.Fprint(w, "HELLO")
	default:
		http.Error(w, "This address may not call this channel.", http.StatusForbidden)
	}
}

func (f *fakeHaat) sms(w http.ResponseWriter, r *http.Request) {
	if r.PostFormValue("id") == "" || r.PostFormValue("from") != "+254700000001" {
		f.t.Errorf("this is no carrier's form: %v", r.PostForm)
	}
	if body := r.PostFormValue("text"); body != "SILENCE" {
		f.send("You said: " + body)
	}
}

func (f *fakeHaat) send(body string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.inbox = append(f.inbox, text{N: int64(len(f.inbox) + 100), Text: body})
	close(f.arrived)
	f.arrived = make(chan struct{})
}

func (f *fakeHaat) texts(w http.ResponseWriter, r *http.Request) {
	after, _ := strconv.ParseInt(r.FormValue("after"), 10, 64)
	for {
		f.mu.Lock()
		found, arrived := []text{}, f.arrived
		for _, t := range f.inbox {
			if t.N > after {
				found = append(found, t)
			}
		}
		f.mu.Unlock()
		if len(found) > 0 || r.FormValue("wait") == "0" {
			if err := json.NewEncoder(w).Encode(found); err != nil {
				f.t.Error(err)
			}
			return
		}
		select {
		case <-arrived:
		case <-r.Context().Done():
			return
		}
	}
}

// terminal is what the phone prints. Its user waits for the prompt.
type terminal struct {
	mu      sync.Mutex
	printed *sync.Cond
	all     bytes.Buffer
}

func newTerminal() *terminal {
	t := &terminal{}
	t.printed = sync.NewCond(&t.mu)
	return t
}

func (t *terminal) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	defer t.printed.Broadcast()
	return t.all.Write(p)
}

// prompt waits until the phone asks for more than it had asked before.
func (t *terminal) prompt(before int) (now int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for t.all.Len() <= before || !bytes.HasSuffix(t.all.Bytes(), []byte("> ")) {
		t.printed.Wait()
	}
	return t.all.Len()
}

// comes marks a step that is not typed: a text comes by itself.
const comes = "<- "

func TestPhoneTranscript(t *testing.T) {
	haat, url := startFakeHaat(t)
	haat.send("An old text.")
	out := newTerminal()
	in, keypad := io.Pipe()
	h := &handset{carrier: newCarrier(url, "demo", "+254700000001", "*384#"), out: out, echo: true, patience: time.Hour}
	done := make(chan error, 1)
	go func() { done <- h.use(context.Background(), in) }()
	seen := out.prompt(0)
	for _, step := range []string{
		"help", "", "hello", "*123#", "end", // the line is free
		"*384#", "1", "2", // a whole call
		comes + "Order 1042 is waiting at Mama Njeri's shop.",
		"*384#", "3", "ni nini", "*384#", "end", // a call that is begun anew and dropped
		"*384#", "7", "*384#", "666", // a wrong answer, a refusal
		"*384#", "sms RICE5 1", // a text in the middle of a call
		"sms", "sms RICE5 2", "inbox",
	} {
		if body, ok := strings.CutPrefix(step, comes); ok {
			haat.send(body)
		} else {
			fmt.Fprintln(keypad, step)
		}
		seen = out.prompt(seen)
	}
	fmt.Fprintln(keypad, "quit")
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	matchGolden(t, "testdata/phone.golden", out.all.String())
}

func matchGolden(t *testing.T, name, got string) {
	t.Helper()
	name = filepath.FromSlash(name)
	if *update {
		if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

// TestPhoneWithoutAnswer: a text that nobody answers does not stop the phone.
func TestPhoneWithoutAnswer(t *testing.T) {
	_, url := startFakeHaat(t)
	var out bytes.Buffer
	h := &handset{carrier: newCarrier(url, "demo", "+254700000001", "*384#"), out: &out, patience: time.Millisecond}
	if err := h.use(context.Background(), strings.NewReader("sms SILENCE\ninbox\n")); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "The inbox is empty.") {
		t.Errorf("the next command was not taken:\n%s", &out)
	}
}

// TestTextsAreNeverSentAtOneTime: the same text twice is two texts.
func TestTextsAreNeverSentAtOneTime(t *testing.T) {
	c := newCarrier("http://127.0.0.1", "demo", "+254700000001", "*384#")
	now := time.Date(2026, 3, 1, 12, 0, 0, 5, time.FixedZone("EAT", 3*3600))
	for _, want := range []string{"2026-03-01 09:00:00", "2026-03-01 09:00:01", "2026-03-01 09:00:02"} {
		if got := c.stamp(now); got != want {
			t.Errorf("stamp is %s, want %s", got, want)
		}
	}
	if got := c.stamp(now.Add(time.Minute)); got != "2026-03-01 09:01:00" {
		t.Errorf("a minute later the stamp is %s", got)
	}
}

// TestPhoneInPipe: the answer to a text is shown although the input has ended.
func TestPhoneInPipe(t *testing.T) {
	_, url := startFakeHaat(t)
	var out, errs bytes.Buffer
	code := run(context.Background(), []string{"phone", "--url", url}, strings.NewReader("sms MENU\n"), &out, &errs)
	if code != exitOK || !strings.Contains(out.String(), "|You said: MENU      |") {
		t.Errorf("exit %d, %s\n%s", code, &errs, &out)
	}
}

func TestPhoneStopsWithItsContext(t *testing.T) {
	_, url := startFakeHaat(t)
	ctx, cancel := context.WithCancel(context.Background())
	out := newTerminal()
	in, _ := io.Pipe()
	done := make(chan error, 1)
	h := &handset{carrier: newCarrier(url, "demo", "+254700000001", "*384#"), out: out}
	go func() { done <- h.use(ctx, in) }()
	out.prompt(0)
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestPhoneErrorsSayWhatToDo(t *testing.T) {
	_, url := startFakeHaat(t)
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	bare := httptest.NewServer(http.NotFoundHandler())
	defer bare.Close()
	for _, tc := range []struct{ name, args, want string }{
		{"no server", "--url " + closed.URL, "start `haat serve`"},
		{"no demo channel", "--url " + bare.URL, "--channel"},
		{"no number", "--number hello --url " + url, "write it like +254700000001"},
		{"another machine", "--url http://192.0.2.1:8080", "another machine"},
		{"a name that is not local", "--url http://example.org", "another machine"},
		{"no address", "--url localhost", "is no address"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var out, errs bytes.Buffer
			args := append([]string{"phone"}, strings.Fields(tc.args)...)
			code := run(context.Background(), args, strings.NewReader(""), &out, &errs)
			if code != exitError || !strings.Contains(errs.String(), tc.want) {
				t.Errorf("exit %d, no %q in: %s", code, tc.want, &errs)
			}
		})
	}
}

func TestOnThisMachine(t *testing.T) {
	for _, address := range []string{"http://localhost:8080", "http://127.0.0.1", "http://127.1.2.3:1/", "http://[::1]:8080", "https://localhost"} {
		if err := onThisMachine(address); err != nil {
			t.Errorf("%s: %v", address, err)
		}
	}
	for _, address := range []string{"", "localhost:8080", "ftp://localhost", "http://localhost.example.org", "http://127.0.0.1.example.org", "http://10.0.0.1", "http://user@192.0.2.1"} {
		if err := onThisMachine(address); err == nil {
			t.Errorf("%s was taken for this machine", address)
		}
	}
}

func TestWrapped(t *testing.T) {
	for _, tc := range []struct {
		name, text string
		want       []string
	}{
		{"short", "Karibu", []string{"Karibu"}},
		{"exactly wide enough", "12345678901234567890", []string{"12345678901234567890"}},
		{"between words", "Pay when you collect it", []string{"Pay when you collect", "it"}},
		{"choices hang", "1.Maize flour two kilos", []string{"1.Maize flour two", "  kilos"}},
		{"two digits hang", "98.More of the very same", []string{"98.More of the very", "   same"}},
		{"prices do not hang", "850.00 shillings for a bag", []string{"850.00 shillings for", "a bag"}},
		{"long word", "Mchelewamahindinamaharagwe na", []string{"Mchelewamahindinamah", "aragwe na"}},
		{"wide runes", "大米和面粉都在这里还有糖和盐", []string{"大米和面粉都在这里还", "有糖和盐"}},
		{"marks take no room", "चावल चावल चावल चावल", []string{"चावल चावल चावल चावल"}},
		{"empty lines stay", "a\n\nb\n", []string{"a", "", "b"}},
		{"nothing", "", []string{""}},
		{"control characters go", "\x1b[2Ja\tb\r", []string{"[2Ja b"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, wrapped(tc.text, columns)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestWrappedFits: no line is wider than the screen, and nothing but blanks is
// lost.
func TestWrappedFits(t *testing.T) {
	noBlanks := func(s string) string { return strings.Join(strings.Fields(s), "") }
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Map(visible, rapid.StringOf(rapid.RuneFrom([]rune("ab1.  \n大é\u0301चा€"))).Draw(t, "text"))
		lines := wrapped(text, columns)
		for _, line := range lines {
			if cells(line) > columns {
				t.Fatalf("%q is %d wide", line, cells(line))
			}
		}
		if got := noBlanks(strings.Join(lines, "\n")); got != noBlanks(text) {
			t.Fatalf("%q became %q", text, lines)
		}
	})
}

// TestWatchOutlivesFailures: a server that fails once is asked again.
func TestWatchOutlivesFailures(t *testing.T) {
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if asked++; asked == 1 {
			http.Error(w, "not now", http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintf(w, `[{"n":%d,"text":"here"}]`, asked)
	}))
	defer server.Close()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	c := newCarrier(server.URL, "demo", "+254700000001", "*384#")
	c.pause = time.Millisecond
	select {
	case got := <-c.watch(ctx, 0):
		if got.Text != "here" {
			t.Errorf("got %+v", got)
		}
	case <-time.After(time.Minute):
		t.Error(errors.New("nothing came"))
	}
}
