// Package kanneltest runs a real Kannel for tests: Debian's bearerbox and
// smsbox on free ports of loopback, with Kannel's own fakesmsc for the network
// behind them, on which phones text and are texted to.
package kanneltest

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf16"

	"haat/gateway/gatewaytest"
	"haat/gateway/gsm"
)

// Where Debian's packages kannel and kannel-extras put the programs.
const (
	bearerbox = "/usr/sbin/bearerbox"
	smsbox    = "/usr/sbin/smsbox"
	fakesmsc  = "/usr/lib/kannel/test/fakesmsc"
)

// patience is how long anything may take before the test fails.
const patience = 20 * time.Second

// The sendsms-user of the Kannel.
const (
	Username = "haat"
	Password = "sendsms-secret"
)

// Nowhere is the beginning of phone numbers that the Kannel has no SMSC for.
const Nowhere = "+999"

// Kannel is one running Kannel. It ends with the test.
type Kannel struct {
	t     testing.TB
	dir   string
	ports ports
	phone io.Writer // fakesmsc's standard input

	mu      sync.Mutex
	inbox   map[string]string // by phone: all it got since it last texted
	last    string            // the phone of the message that came last
	arrived chan struct{}     // closed when a message comes
	sent    chan struct{}     // gets a value when a text has left
}

type ports struct{ admin, boxes, network, sendsms int }

// New reserves ports for a Kannel, so that its addresses are known before it
// runs. Without Kannel's programs the test is skipped, or fails where CI=true.
func New(t testing.TB) *Kannel {
	t.Helper()
	for _, program := range []string{bearerbox, smsbox, fakesmsc} {
		if _, err := os.Stat(program); err == nil {
			continue
		}
		message := program + " is missing: install Debian's kannel and kannel-extras to run this test"
		if os.Getenv("CI") == "true" {
			t.Fatal(message)
		}
		t.Skip(message)
	}
	return &Kannel{
		t: t, dir: t.TempDir(),
		ports: ports{admin: gatewaytest.FreePort(t), boxes: gatewaytest.FreePort(t), network: gatewaytest.FreePort(t), sendsms: gatewaytest.FreePort(t)},
		inbox: map[string]string{}, arrived: make(chan struct{}), sent: make(chan struct{}, 1),
	}
}

// SendURL is where the Kannel takes SMS.
func (k *Kannel) SendURL() string {
	return fmt.Sprintf("http://127.0.0.1:%d/cgi-bin/sendsms", k.ports.sendsms)
}

// GetService is the setting of the sms-service that hands texts to a channel by
// GET; base is the channel's address, such as http://127.0.0.1:8080/channels/kannel.
func GetService(base string) string {
	return `get-url = "` + base + `/sms?from=%p&text=%b&id=%I&time=%T&coding=%c&charset=%C"`
}

// PostService is the same by POST.
func PostService(base string) string {
	return `post-url = "` + base + `/sms?id=%I"` + "\nsend-sender = true"
}

// Start runs the Kannel with the settings of one sms-service for all texts.
func (k *Kannel) Start(service string) {
	k.t.Helper()
	config := filepath.Join(k.dir, "kannel.conf")
	if err := os.WriteFile(config, []byte(k.config(service)), 0o600); err != nil {
		k.t.Fatal(err)
	}
	k.run("bearerbox", exec.Command(bearerbox, "-v", "1", config))
	k.awaitStatus("FAKE")
	k.run("smsbox", exec.Command(smsbox, "-v", "1", config))
	k.awaitStatus("smsbox:")

	network := exec.Command(fakesmsc, "-i", "0.01", "-H", "127.0.0.1", "-r", fmt.Sprint(k.ports.network))
	stdin, err := network.StdinPipe()
	if err != nil {
		k.t.Fatal(err)
	}
	output, write := io.Pipe()
	network.Stdout, network.Stderr = write, write
	k.t.Cleanup(func() { _ = write.Close() }) // ends listen; runs after fakesmsc has ended
	k.phone = stdin
	k.run("fakesmsc", network)
	go k.listen(output)
	k.awaitStatus(fmt.Sprintf("FAKE:%d (online", k.ports.network))
}

func (k *Kannel) config(service string) string {
	return fmt.Sprintf(`group = core
admin-port = %d
admin-interface = 127.0.0.1
admin-password = admin
smsbox-port = %d
smsbox-interface = 127.0.0.1
box-allow-ip = 127.0.0.1
dlr-storage = internal

group = smsc
smsc = fake
smsc-id = FAKE
port = %d
connect-allow-ip = 127.0.0.1
denied-prefix = %s

group = smsbox
bearerbox-host = 127.0.0.1
sendsms-port = %d
sendsms-interface = 127.0.0.1
http-request-retry = 30
http-queue-delay = 1

group = sms-service
keyword = default
%s
accept-x-kannel-headers = true
omit-empty = true
max-messages = 5
concatenation = true

group = sendsms-user
username = %s
password = %s
max-messages = 5
concatenation = true
`, k.ports.admin, k.ports.boxes, k.ports.network, Nowhere, k.ports.sendsms, service, Username, Password)
}

// run starts a program that is ended with the test. What it says is shown
// where the test fails.
func (k *Kannel) run(name string, cmd *exec.Cmd) {
	k.t.Helper()
	cmd.Dir = k.dir
	if cmd.Stdout == nil {
		log, err := os.Create(filepath.Join(k.dir, name+".log"))
		if err != nil {
			k.t.Fatal(err)
		}
		cmd.Stdout, cmd.Stderr = log, log
	}
	if err := cmd.Start(); err != nil {
		k.t.Fatal(err)
	}
	k.t.Cleanup(func() {
		_ = cmd.Process.Kill() // there is nothing in it to be kept
		_ = cmd.Wait()         // the error is that it was killed
		if log, ok := cmd.Stdout.(*os.File); ok {
			_ = log.Close()
			if k.t.Failed() {
				said, _ := os.ReadFile(log.Name())
				k.t.Logf("the end of %s:\n%s", name, said[max(0, len(said)-4000):])
			}
		}
	})
}

// awaitStatus waits until bearerbox's status page has the words.
func (k *Kannel) awaitStatus(words string) {
	k.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for said := ""; ; {
		select {
		case <-again.C:
		case <-ctx.Done():
			k.t.Fatalf("Kannel's status never had %q; the last was:\n%s", words, said)
		}
		page, err := k.status(ctx)
		if err != nil {
			continue // not up yet
		}
		if said = page; strings.Contains(page, words) {
			return
		}
	}
}

func (k *Kannel) status(ctx context.Context) (string, error) {
	address := fmt.Sprintf("http://127.0.0.1:%d/status.txt?password=admin", k.ports.admin)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return "", err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	page, err := io.ReadAll(resp.Body)
	return string(page), err
}

// Text lets a phone send one SMS, in UCS-2 where GSM-7 lacks a character. What
// the phone got before is forgotten: see Await.
func (k *Kannel) Text(phone, to, text string) {
	k.t.Helper()
	if strings.Contains(text, "\n") {
		k.t.Fatal("fakesmsc takes one line for an SMS")
	}
	k.mu.Lock()
	k.inbox[phone] = ""
	k.mu.Unlock()
	kind := "text"
	if gsm.Encoding(text) != gsm.GSM7 {
		kind, text = "ucs2", escapeUCS2(text)
	}
	if _, err := fmt.Fprintf(k.phone, "%s %s %s %s\n", phone, to, kind, text); err != nil {
		k.t.Fatal("fakesmsc is gone: ", err)
	}
	select {
	case <-k.sent: // of two lines at once it would lose the second
	case <-time.After(patience):
		k.t.Fatal("fakesmsc did not send the text")
	}
}

// Await waits until what the phone got since it last texted contains the words,
// and gives all of it: the parts of a long SMS, and one SMS after the other.
func (k *Kannel) Await(phone, words string) string {
	k.t.Helper()
	deadline := time.After(patience)
	for {
		k.mu.Lock()
		got, arrived := k.inbox[phone], k.arrived
		k.mu.Unlock()
		if strings.Contains(got, words) {
			return got
		}
		select {
		case <-arrived:
		case <-deadline:
			k.t.Fatalf("%s never got %q; it got:\n%s", phone, words, got)
		}
	}
}

// gotMessage is how fakesmsc tells of a line that it got.
var gotMessage = regexp.MustCompile(`Got message \d+: <(.*)>$`)

func (k *Kannel) listen(output io.Reader) {
	lines := bufio.NewScanner(output)
	for lines.Scan() {
		if found := gotMessage.FindStringSubmatch(lines.Text()); found != nil {
			k.deliver(found[1])
		}
		if strings.Contains(lines.Text(), "fakesmsc: sent message") {
			k.sent <- struct{}{}
		}
	}
}

// header is how a message begins; a line without it goes on with the text of
// the message before.
var header = regexp.MustCompile(`^\S+ (\+?\d+) (?:udh \S+ )?(text|data|ucs-2) (.*)$`)

func (k *Kannel) deliver(line string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if message := header.FindStringSubmatch(line); message != nil {
		k.last = message[1]
		k.inbox[k.last] += readText(message[2], message[3])
	} else {
		k.inbox[k.last] += "\n" + line
	}
	close(k.arrived)
	k.arrived = make(chan struct{})
}

func readText(kind, text string) string {
	if kind == "text" {
		return text
	}
	data, err := url.QueryUnescape(text)
	if err != nil {
		return text
	}
	// Of a message with a header fakesmsc does not say the coding; every text of
	// the tests in UCS-2 has a character of ASCII, which has a zero there.
	if kind == "data" && !strings.Contains(data, "\x00") {
		return data
	}
	units := make([]uint16, len(data)/2)
	for i := range units {
		units[i] = uint16(data[2*i])<<8 | uint16(data[2*i+1])
	}
	return string(utf16.Decode(units))
}

func escapeUCS2(text string) string {
	var escaped strings.Builder
	for _, unit := range utf16.Encode([]rune(text)) {
		fmt.Fprintf(&escaped, "%%%02x%%%02x", unit>>8, unit&0xff)
	}
	return escaped.String()
}
