package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"flag"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/sync/errgroup"

	"haat/gateway"
	"haat/gateway/dialogue"
	"haat/gateway/messagelog"
	"haat/orders"
	"haat/orders/bus"
	"haat/orders/store"
)

// measured is how long each load runs, after a warm-up.
func measured(b *testing.B) time.Duration {
	b.Helper()
	d, err := time.ParseDuration(flag.Lookup("test.benchtime").Value.String())
	if err != nil {
		d = 5 * time.Second
	}
	return d
}

// BenchmarkWalk walks whole USSD orders over HTTP, with 1 to 256 phones at
// once, and in the same run the floors: see floorMain. A ratio to a floor is
// the mean of the floor before and the floor after.
func BenchmarkWalk(b *testing.B) {
	for _, phones := range []int{1, 16, 64, 256} {
		b.Run(fmt.Sprintf("phones=%d", phones), func(b *testing.B) {
			rates := map[string][]float64{}
			for _, what := range []string{"floor-s", "floor-w", "haat", "floor-w", "floor-s"} {
				s := startServer(b, what, b.TempDir())
				r := s.measure(b, load{addr: s.addr, phones: phones, first: 254_700_000_000, spread: 50_000_000})
				rates[what] = append(rates[what], r.perSecond(r.turns))
				if what == "haat" {
					s.report(b, r)
				}
				s.stop(b)
			}
			mean := func(what string) float64 { return (rates[what][0] + rates[what][len(rates[what])-1]) / 2 }
			b.ReportMetric(mean("haat")/mean("floor-s"), "of-floor-s")
			b.ReportMetric(mean("haat")/mean("floor-w"), "of-floor-w")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// BenchmarkHalfLoad paces 64 phones to about half of what they reach at once:
// what a villager waits when the box is not full.
func BenchmarkHalfLoad(b *testing.B) {
	const phones = 64
	s := startServer(b, "haat", b.TempDir())
	defer s.stop(b)
	full := s.measure(b, load{addr: s.addr, phones: phones, first: 254_700_000_000, spread: 50_000_000})
	pace := 2 * time.Duration(float64(phones)/full.perSecond(full.turns)*float64(time.Second))
	half := s.measure(b, load{addr: s.addr, phones: phones, first: 254_760_000_000, spread: 30_000_000, pace: pace})
	s.report(b, half)
	b.ReportMetric(half.perSecond(half.turns)/full.perSecond(full.turns), "of-full-load")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkLongLog starts haat on a log of a million turns of a million phones
// and walks with a thousand of them and with all: neither the length of the
// log nor the number of phones may cost.
func BenchmarkLongLog(b *testing.B) {
	const turns = 1_000_000
	dir := b.TempDir()
	seedLog(b, dir, turns)
	begun := time.Now()
	s := startServer(b, "haat", dir)
	b.ReportMetric(time.Since(begun).Seconds(), "start-s")
	rates := map[int64][]float64{}
	for _, spread := range []int64{1_000, turns, turns, 1_000} {
		r := s.measure(b, load{addr: s.addr, phones: 64, first: 254_700_000_000, spread: spread, known: true})
		rates[spread] = append(rates[spread], r.perSecond(r.turns))
		if spread == turns {
			s.report(b, r)
		}
	}
	b.ReportMetric((rates[turns][0]+rates[turns][1])/(rates[1000][0]+rates[1000][1]), "million/thousand")
	s.kill(b)
	begun = time.Now()
	s = startServer(b, "haat", dir)
	b.ReportMetric(time.Since(begun).Seconds(), "start-after-kill-s")
	b.ReportMetric(0, "ns/op")
	s.stop(b)
}

// seedLog fills a log with one turn each of n phones that have chosen their
// language and station.
func seedLog(b *testing.B, dir string, n int) {
	b.Helper()
	nats, err := bus.Open(context.Background(), bus.Config{Dir: dir}, zerolog.Nop())
	if err != nil {
		b.Fatal(err)
	}
	defer nats.Close()
	log, err := messagelog.Open(context.Background(), nats)
	if err != nil {
		b.Fatal(err)
	}
	var group errgroup.Group
	group.SetLimit(64)
	for i := range n {
		group.Go(func() error {
			_, err := log.AddTurn(context.Background(), seedTurn(i), 0)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		b.Fatal(err)
	}
}

func seedTurn(i int) gateway.Turn {
	now, session := time.Now(), fmt.Sprintf("seed-%d", i)
	return gateway.Turn{
		In:      gateway.Inbound{ID: session + "#", Channel: "demo", Mode: dialogue.USSD, Phone: gateway.Phone(fmt.Sprintf("+%d", 254_700_000_000+i)), Session: session, ReceivedAt: now},
		Reply:   gateway.Reply{Text: "Welcome to the village market\n1.Shop\n2.Basket\n3.My orders\n4.Pickup shop\n5.Language\n6.Help"},
		Session: dialogue.Session{Profile: dialogue.Profile{Language: "en", Station: "ST01"}, State: "menu", Mode: dialogue.USSD, Last: true, At: now},
		At:      now,
	}
}

// measuredServer is a process under load: haat or a floor.
type measuredServer struct {
	dir, addr string
	cmd       *exec.Cmd
	cpu       time.Duration // used by the last measured load
}

// startServer starts haat or a floor as a process of its own and waits until
// it is ready. Haat sells a catalogue whose stock is not counted, so that no
// order is rejected; settings are further lines of its configuration.
func startServer(b *testing.B, name, dir string, settings ...string) *measuredServer {
	b.Helper()
	s := &measuredServer{dir: dir, addr: freeAddress(b)}
	if keep, ok := strings.CutPrefix(name, "floor-"); ok {
		s.cmd = exec.Command("floor", "-keep", keep, "-data", dir, "-listen", s.addr)
	} else {
		config := filepath.Join(dir, "haat.yaml")
		catalog := filepath.Join(dir, "catalog.csv")
		writeUncounted(b, catalog)
		if err := os.WriteFile(config, []byte("log: {level: warn}\ncatalog: {file: "+catalog+"}\n"+strings.Join(settings, "\n")), 0o600); err != nil {
			b.Fatal(err)
		}
		s.cmd = exec.Command("haat", "serve", "--config", config, "--data", dir, "--listen", s.addr)
	}
	s.cmd.Stderr = os.Stderr
	if err := s.cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = s.cmd.Process.Kill() })
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
		if r, err := http.Get("http://" + s.addr + "/readyz"); err == nil {
			r.Body.Close()
			if r.StatusCode == http.StatusOK {
				return s
			}
		}
		if time.Now().After(deadline) {
			b.Fatalf("%s does not get ready", name)
		}
	}
}

// writeUncounted writes the sample catalogue without its stock.
func writeUncounted(b *testing.B, path string) {
	b.Helper()
	f, err := sample.Open("sample/catalog.csv")
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		b.Fatal(err)
	}
	stock := slices.Index(rows[0], "stock")
	if stock < 0 {
		b.Fatal("the sample catalogue has no stock: nothing is to be taken out")
	}
	for _, row := range rows[1:] {
		row[stock] = ""
	}
	var out bytes.Buffer
	if err := csv.NewWriter(&out).WriteAll(rows); err != nil {
		b.Fatal(err)
	}
	if err := os.WriteFile(path, out.Bytes(), 0o600); err != nil {
		b.Fatal(err)
	}
}

// measure warms up for a fifth of the time and then measures the load.
func (s *measuredServer) measure(b *testing.B, l load) result {
	b.Helper()
	d := measured(b)
	warm := l
	warm.first += l.spread / 2
	if l.known {
		warm.first = l.first
	}
	if _, err := warm.run(d / 5); err != nil {
		b.Fatal(err)
	}
	before := s.usedCPU(b)
	r, err := l.run(d)
	if err != nil {
		b.Fatal(err)
	}
	s.cpu = s.usedCPU(b) - before
	return r
}

// report adds what was measured to the benchmark's line. Orders are those that
// stand confirmed in SQL.
func (s *measuredServer) report(b *testing.B, r result) {
	b.Helper()
	b.ReportMetric(r.perSecond(r.turns), "turns/s")
	b.ReportMetric(r.perSecond(r.orders), "orders/s")
	b.ReportMetric(float64(r.percentile(0.50).Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(r.percentile(0.99).Microseconds())/1000, "p99-ms")
	b.ReportMetric(s.cpu.Seconds()/float64(r.turns)*10_000, "cpu-s/10k")
	b.ReportMetric(s.rss(b), "rss-MB")
	if confirmed := s.confirmed(b); confirmed < r.orders {
		b.Errorf("%d orders were told as confirmed, %d are in SQL", r.orders, confirmed)
	}
}

func (s *measuredServer) confirmed(b *testing.B) (n int) {
	b.Helper()
	reader, err := store.OpenReadOnly(context.Background(), filepath.Join(s.dir, ordersFile))
	if err != nil {
		b.Fatal(err)
	}
	defer reader.Close()
	err = reader.All(context.Background(), func(o orders.Order) error {
		if o.Status == orders.Confirmed {
			n++
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	return n
}

// usedCPU is the process's user and system time.
func (s *measuredServer) usedCPU(b *testing.B) time.Duration {
	b.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.cmd.Process.Pid))
	if err != nil {
		b.Fatal(err)
	}
	_, after, _ := strings.Cut(string(stat), ") ")
	fields := strings.Fields(after)
	var ticks int64
	for _, f := range fields[11:13] { // utime and stime, proc(5)
		n, err := strconv.ParseInt(f, 10, 64)
		if err != nil {
			b.Fatal(err)
		}
		ticks += n
	}
	return time.Duration(ticks) * 10 * time.Millisecond
}

func (s *measuredServer) rss(b *testing.B) float64 {
	b.Helper()
	statm, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", s.cmd.Process.Pid))
	if err != nil {
		b.Fatal(err)
	}
	pages, err := strconv.ParseInt(strings.Fields(string(statm))[1], 10, 64)
	if err != nil {
		b.Fatal(err)
	}
	return float64(pages) * float64(os.Getpagesize()) / (1 << 20)
}

// stop ends the process as Ctrl-C does.
func (s *measuredServer) stop(b *testing.B) {
	b.Helper()
	if err := s.cmd.Process.Signal(os.Interrupt); err != nil {
		b.Fatal(err)
	}
	if err := s.cmd.Wait(); err != nil {
		b.Fatal(err)
	}
}

// kill ends it as a crash does.
func (s *measuredServer) kill(b *testing.B) {
	b.Helper()
	if err := s.cmd.Process.Kill(); err != nil {
		b.Fatal(err)
	}
	_ = s.cmd.Wait() // it was killed
}
