package console_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"haat/gateway"
	"haat/gateway/console"
	"haat/gateway/console/account"
	"haat/gateway/console/consoletest"
	"haat/gateway/console/index"
	"haat/gateway/gatewaytest"
)

// whole is a console on everything real: the gateway, its log on NATS, the index
// and the accounts on the disk.
type whole struct {
	*gatewaytest.Rig
	server *httptest.Server
	client *http.Client
	index  *index.Index
	month  spread
}

const password = "four quiet market hens"

func newWhole(t testing.TB) *whole { return newWholeOf(t, 0) }

// newWholeOf is one whose first messages are those of the month before, however
// fast they are published.
func newWholeOf(t testing.TB, month int, change ...func(*whole, *console.Config)) *whole {
	t.Helper()
	w := &whole{Rig: gatewaytest.New(t, gatewaytest.Options{})}
	w.Process()
	ctx, dir := t.Context(), t.TempDir()
	w.month = spread{w.Log, uint64(month), time.Now().Add(-monthLong)}
	ix, err := index.Open(ctx, filepath.Join(dir, "index.db"), w.month, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ix.Close() })
	w.index = ix
	w.Run(ix.Run)
	words, err := console.Words()
	if err != nil {
		t.Fatal(err)
	}
	accounts, err := account.Open(ctx, filepath.Join(dir, "console.db"), account.Config{Texts: words, Logger: zerolog.Nop()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = accounts.Close() })
	if err := accounts.Add(ctx, account.CommandLine, "amani", account.Admin, password); err != nil {
		t.Fatal(err)
	}
	cfg := console.Config{
		Index: ix, Gate: accounts, Sessions: w.Log, People: w.People, Logger: zerolog.Nop(), Key: bytes.Repeat([]byte{1}, 32), Region: "KE",
		Channels: []string{"demo"}, Zone: time.UTC, PushEvery: 20 * time.Millisecond,
	}
	for _, each := range change {
		each(w, &cfg)
	}
	c, err := console.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	c.Routes(mux)
	w.server = httptest.NewServer(mux)
	t.Cleanup(w.server.Close)
	t.Cleanup(c.Close)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	w.client = &http.Client{Jar: jar}
	return w
}

// get is a page as the operator who is signed in sees it.
func (w *whole) get(path string) string {
	w.T.Helper()
	resp, err := w.client.Get(w.server.URL + path)
	if err != nil {
		w.T.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		w.T.Fatalf("GET %s: %d, %v", path, resp.StatusCode, err)
	}
	return string(body)
}

// order lets a phone order by USSD, as it is new to the market.
func (w *whole) order(phone string) {
	w.Dial(gateway.Phone(phone)).Walk("1", "1", "1", "1", "2", "3", "1")
}

// TestWholeInBrowser signs in, and watches a phone order.
func TestWholeInBrowser(t *testing.T) {
	w := newWhole(t)
	b := consoletest.Open(t)
	for _, size := range []consoletest.Size{consoletest.Desktop, consoletest.Phone} {
		for _, theme := range []string{"light", "dark"} {
			b.See(size, theme)
			b.Go(w.server.URL + "/?class=order")
			b.Until("the sign-in", `location.pathname === "/login"`)
			b.Accessible("login " + size.Name + " " + theme)
			b.Picture("login-" + size.Name + "-" + theme)
		}
	}
	b.See(consoletest.Desktop, "light")
	b.Fill("#name", "amani")
	b.Fill("#password", password+"\r")
	b.Until("back where one wanted to go", `location.search === "?class=order"`)
	b.Go(w.server.URL + "/")
	b.Until("the page is live", live)
	w.order("+254700000001")
	w.SMS("+254700000002", "naomba mchele 2 <img src=x onerror=alert(1)>")
	b.Until("what was said is there", `[...document.querySelectorAll("#lines .in bdi")].some((e) => e.textContent.includes("naomba mchele"))`)
	b.Picture("whole-log")
	b.Text(`document.querySelector("#lines .open").click()`)
	b.Until("a conversation", `location.pathname.startsWith("/phone/")`)
	b.Until("it is live", live)
	b.Picture("whole-conversation")
	b.Click(`form[action$="/reveal"] button`)
	b.Until("the number is shown", `document.getElementById("number").textContent.startsWith("+2547000000")`)
	b.Go(w.server.URL + "/audit")
	b.Until("both acts are recorded", `document.querySelectorAll("tbody tr").length >= 2`)
	b.Picture("whole-audit")
	b.Quiet()
	b.Click("details.me summary")
	b.Click(`form[action="/logout"] button`)
	b.Until("signed out", `location.pathname === "/login"`)
}

// TestWholeStreamThroughTheAccounts follows the log as a browser does, with a
// session, and finds every message of 200.
func TestWholeStreamThroughTheAccounts(t *testing.T) {
	w := newWhole(t)
	if resp, err := w.client.Get(w.server.URL + "/live?after=0"); err != nil || resp.StatusCode == http.StatusOK && resp.Request.URL.Path != "/login" {
		t.Fatalf("a stream without a session: %v", err)
	}
	resp, err := w.client.PostForm(w.server.URL+"/login", url.Values{"name": {"amani"}, "password": {password}})
	if err != nil || resp.StatusCode != http.StatusOK || resp.Request.URL.Path != "/" {
		t.Fatalf("not signed in: %v", err)
	}
	req, _ := http.NewRequestWithContext(t.Context(), "GET", w.server.URL+"/live?after=0", nil)
	req.Header.Set("Accept", "text/event-stream")
	if resp, err = w.client.Do(req); err != nil || !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/event-stream") {
		t.Fatalf("no stream: %v", err)
	}
	l := &listener{t: t, answer: resp, events: make(chan event), stop: func() {}}
	go l.read(t.Context())
	defer l.close()
	const texts = 200
	go func() {
		for i := range texts {
			w.SMS("+254700000007", strings.Repeat("x", i%30+1))
		}
	}()
	seen := map[uint64]int{}
	var take func(part string)
	take = func(part string) {
		for _, seq := range sequencesIn(part) {
			seen[seq]++
		}
		if fields := gapIn(t, part); fields != nil {
			take(w.get("/rows?" + fields.Encode()))
		}
	}
	for deadline := time.Now().Add(consoletest.Patience); len(seen) < texts; {
		take(l.next().data)
		if time.Now().After(deadline) {
			t.Fatalf("only %d of %d rows came", len(seen), texts)
		}
	}
	for seq, times := range seen {
		if times != 1 {
			t.Errorf("row %d came %d times", seq, times)
		}
	}
}
