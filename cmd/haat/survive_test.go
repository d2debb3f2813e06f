package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"haat/catalog"
	"haat/gateway/lang"
	"haat/gateway/messagelog"
	"haat/orders/store"
)

// How long the program under test may take, on a machine that is busy with
// other things: these bound the tests and measure nothing.
const (
	startTime  = time.Minute
	stopTime   = time.Minute
	settleTime = 2 * time.Minute // NATS hands out again after a minute what a killed process had in hand
)

// The stock that the tests begin with: of the scarce products there is too
// little for everybody who asks.
const (
	plenty = 1_000_000
	scarce = 20
)

var scarceGoods = []string{"RICE25", "SOAPBOX"}

// program is the real haat, run as a process on a data directory of its own.
type program struct {
	t      *testing.T
	binary string
	config string
	data   string
	listen string
	goods  map[string]catalog.Product // with the stock of the first day

	languages *lang.Set

	process *exec.Cmd
	stderr  *tail
	exited  chan struct{}
}

// buildHaat builds the program without the race detector, under which it would
// be too slow to be caught in the middle of anything.
func buildHaat(t *testing.T) (binary string) {
	t.Helper()
	binary = filepath.Join(t.TempDir(), "haat")
	if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return binary
}

// newProgram prepares a program on a data directory, with a copy of the sample
// catalogue and further lines of configuration.
func newProgram(t *testing.T, binary, data, settings string) *program {
	t.Helper()
	dir := t.TempDir()
	p := &program{t: t, binary: binary, config: filepath.Join(dir, "config.yaml"), data: data, listen: freeAddress(t)}
	var err error
	if p.languages, err = lang.Load("en", "sw"); err != nil {
		t.Fatal(err)
	}
	goods := stockedCatalog(t)
	p.goods = map[string]catalog.Product{}
	products, err := catalog.Read(bytes.NewReader(goods), "KES")
	if err != nil {
		t.Fatal(err)
	}
	for _, product := range products {
		p.goods[product.SKU] = product
	}
	file := filepath.Join(dir, "catalog.csv")
	settings += fmt.Sprintf("\ncatalog:\n  file: %q\n", file)
	for name, text := range map[string]string{file: string(goods), p.config: settings} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(p.kill)
	return p
}

// stockedCatalog is the sample catalogue with other stocks; the last product's
// is not counted.
func stockedCatalog(t *testing.T) []byte {
	t.Helper()
	data, err := sample.ReadFile("sample/catalog.csv")
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	sku, stock := slices.Index(rows[0], "sku"), slices.Index(rows[0], "stock")
	for _, row := range rows[1:] {
		row[stock] = strconv.Itoa(plenty)
		if slices.Contains(scarceGoods, row[sku]) {
			row[stock] = strconv.Itoa(scarce)
		}
	}
	rows[len(rows)-1][stock] = ""
	var out bytes.Buffer
	if err := csv.NewWriter(&out).WriteAll(rows); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func (p *program) url() string { return "http://" + p.listen }

// start runs the program and waits until it is ready.
func (p *program) start() {
	p.t.Helper()
	p.stderr, p.exited = &tail{}, make(chan struct{})
	p.process = exec.Command(p.binary, "serve", "--config", p.config, "--data", p.data, "--listen", p.listen)
	p.process.Stderr = p.stderr
	if err := p.process.Start(); err != nil {
		p.t.Fatal(err)
	}
	go func(process *exec.Cmd, exited chan struct{}) {
		_ = process.Wait() // killed, as a rule
		close(exited)
	}(p.process, p.exited)
	p.until(startTime, "haat is ready", func() bool {
		select {
		case <-p.exited:
			p.t.Fatalf("haat ended by itself:\n%s", p.stderr)
		default:
		}
		_, err := p.get("/readyz")
		return err == nil
	})
}

// kill ends the program as a power failure of the process alone: SIGKILL.
func (p *program) kill() {
	if p.process == nil {
		return
	}
	_ = p.process.Process.Kill() // it may have ended already
	<-p.exited
	p.process = nil
}

// stop ends the program as Ctrl-C does.
func (p *program) stop() {
	p.t.Helper()
	if err := p.process.Process.Signal(os.Interrupt); err != nil {
		p.t.Fatal(err)
	}
	select {
	case <-p.exited:
	case <-time.After(stopTime):
		p.t.Fatalf("haat did not stop within %s of SIGINT:\n%s", stopTime, p.stderr)
	}
	if code := p.process.ProcessState.ExitCode(); code != exitOK {
		p.t.Errorf("haat ended with exit code %d:\n%s", code, p.stderr)
	}
	p.process = nil
}

// until polls until a condition holds.
func (p *program) until(limit time.Duration, what string, holds func() bool) {
	p.t.Helper()
	for deadline := time.Now().Add(limit); !holds(); <-time.After(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			p.t.Fatalf("%s passed before %s; haat said:\n%s", limit, what, p.stderr)
		}
	}
}

func (p *program) get(path string) (body string, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.url()+path, nil)
	if err != nil {
		return "", err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", resp.Status, data)
	}
	return string(data), err
}

// settle waits until nothing is under way any more: all orders are decided and
// everybody was told.
func (p *program) settle() {
	p.t.Helper()
	p.until(settleTime, "the processor has no lag", func() bool {
		metrics, err := p.get("/metrics")
		return err == nil && strings.Contains(metrics, "\nhaat_processor_lag 0\n")
	})
	p.until(settleTime, "everybody was told of their orders", func() bool {
		b, err := p.books()
		if err != nil {
			p.t.Fatal(err)
		}
		return len(b.untold()) == 0
	})
}

// haat runs another command of the program on the same data.
func (p *program) haat(args ...string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(context.Background(), startTime)
	defer cancel()
	var stderr bytes.Buffer
	command := exec.CommandContext(ctx, p.binary, append(args, "--config", p.config, "--data", p.data)...)
	command.Stderr = &stderr
	out, err := command.Output()
	if err != nil {
		err = fmt.Errorf("haat %s: %w\n%s", strings.Join(args, " "), err, stderr.Bytes())
	}
	return out, err
}

// books are what the program has kept, as its operators see it.
type books struct {
	log    []messagelog.Entry
	orders []orderJSON
	stock  map[string]int
	goods  map[string]catalog.Product

	languages *lang.Set
}

func (p *program) books() (b *books, err error) {
	b = &books{goods: p.goods, languages: p.languages}
	if b.log, err = jsonLines[messagelog.Entry](p.haat("log", "--json")); err != nil {
		return nil, err
	}
	if b.orders, err = jsonLines[orderJSON](p.haat("orders", "--json")); err != nil {
		return nil, err
	}
	ctx := context.Background()
	reader, err := store.OpenReadOnly(ctx, filepath.Join(p.data, ordersFile))
	if err != nil {
		return nil, err
	}
	defer reader.Close()
	b.stock, err = reader.Stock(ctx)
	return b, err
}

func jsonLines[T any](text []byte, err error) (all []T, _ error) {
	for decoder := json.NewDecoder(bytes.NewReader(text)); err == nil; {
		var one T
		if err = decoder.Decode(&one); err == nil {
			all = append(all, one)
		}
	}
	if err == io.EOF {
		err = nil
	}
	return all, err
}

// tail keeps the end of what a process writes.
type tail struct {
	mu   sync.Mutex
	text []byte
}

func (w *tail) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	const enough = 4 << 10
	w.text = append(w.text, p...)
	w.text = w.text[max(0, len(w.text)-enough):]
	return len(p), nil
}

func (w *tail) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return string(w.text)
}
