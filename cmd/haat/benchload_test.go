package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// benchAnswers are the answers of a new phone from its dial to its confirmed
// order: language, shop, category, product, quantity, check out, station,
// confirm. With the dial they are nine turns.
var benchAnswers = []string{"1", "1", "2", "1", "3", "1", "1", "1"}

// load walks orders over HTTP as a carrier would send them, one connection a
// phone. Its own client takes little of the cores that it shares with what it
// measures.
type load struct {
	addr   string
	phones int           // at once
	first  int64         // number of the first phone
	spread int64         // how many different phones there are
	known  bool          // the phones have chosen a language and a station
	pace   time.Duration // from one answer to the phone's next turn, on average; 0: at once
}

// result is what a load has seen.
type result struct {
	turns, orders int
	took          time.Duration
	latency       []time.Duration // of every turn, sorted
}

func (r result) perSecond(n int) float64 { return float64(n) / r.took.Seconds() }

func (r result) percentile(p float64) time.Duration {
	if len(r.latency) == 0 {
		return 0
	}
	return r.latency[min(len(r.latency)-1, int(p*float64(len(r.latency))))]
}

// run walks until the time is over; the first error ends it.
func (l load) run(d time.Duration) (result, error) {
	var next atomic.Int64
	results, errs := make([]result, l.phones), make([]error, l.phones)
	begun := time.Now()
	var wg sync.WaitGroup
	for i := range l.phones {
		wg.Go(func() {
			conn, err := net.Dial("tcp", l.addr)
			if err != nil {
				errs[i] = err
				return
			}
			defer conn.Close()
			w := walker{load: l, conn: conn, in: bufio.NewReaderSize(conn, 4096), result: &results[i]}
			for time.Since(begun) < d && errs[i] == nil {
				errs[i] = w.walk(next.Add(1))
			}
		})
	}
	wg.Wait()
	total := result{took: time.Since(begun)}
	for _, r := range results {
		total.turns += r.turns
		total.orders += r.orders
		total.latency = append(total.latency, r.latency...)
	}
	slices.Sort(total.latency)
	return total, errors.Join(errs...)
}

// walker is one phone's connection.
type walker struct {
	load   load
	conn   net.Conn
	in     *bufio.Reader
	result *result
	out    []byte
}

// walk orders once, with the n-th phone.
func (w *walker) walk(n int64) error {
	answers := benchAnswers
	if w.load.known {
		answers = slices.Concat(answers[1:6], answers[7:])
	}
	phone := w.load.first + n%w.load.spread
	head := fmt.Sprintf("sessionId=ATUid_%s%d&phoneNumber=%%2B%d&networkCode=63902&serviceCode=*384%%23&text=", strconv.FormatInt(w.load.first, 36), n, phone)
	text := ""
	for i := -1; i < len(answers); i++ {
		switch {
		case i == 0:
			text = answers[0]
		case i > 0:
			text += "*" + answers[i]
		}
		body, err := w.post(head + text)
		if err != nil {
			return fmt.Errorf("after %q: %w", text, err)
		}
		last := i == len(answers)-1
		if last && !strings.Contains(body, "confirmed") || !last && !strings.HasPrefix(body, "CON ") {
			return fmt.Errorf("after %q: %q", text, body)
		}
		if w.load.pace > 0 {
			time.Sleep(rand.N(2 * w.load.pace)) // phones do not act in step
		}
	}
	w.result.orders++
	return nil
}

func (w *walker) post(form string) (string, error) {
	begun := time.Now()
	w.out = fmt.Appendf(w.out[:0], "POST /channels/demo/ussd HTTP/1.1\r\nHost: %s\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n%s", w.load.addr, len(form), form)
	if _, err := w.conn.Write(w.out); err != nil {
		return "", err
	}
	length, ok := -1, false
	for {
		line, err := w.in.ReadSlice('\n')
		if err != nil {
			return "", err
		}
		if bytes.HasPrefix(line, []byte("HTTP/1.1 200")) {
			ok = true
		}
		if v, found := bytes.CutPrefix(line, []byte("Content-Length: ")); found {
			if length, err = strconv.Atoi(string(bytes.TrimSpace(v))); err != nil {
				return "", err
			}
		}
		if len(line) == 2 {
			break
		}
	}
	if length < 0 {
		return "", errors.New("an answer without a length")
	}
	body := make([]byte, length)
	for read := 0; read < length; {
		n, err := w.in.Read(body[read:])
		if err != nil {
			return "", err
		}
		read += n
	}
	if !ok {
		return "", fmt.Errorf("refused: %s", body)
	}
	w.result.turns++
	w.result.latency = append(w.result.latency, time.Since(begun))
	return string(body), nil
}
