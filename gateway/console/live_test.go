package console_test

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"haat/gateway"
	"haat/gateway/console"
	"haat/gateway/console/consoletest"
	"haat/gateway/console/index"
	"haat/gateway/dialogue"
)

// event is one of a stream.
type event struct{ name, id, data string }

// listener is a page's end of a stream.
type listener struct {
	t      testing.TB
	answer *http.Response
	events chan event
	stop   context.CancelFunc
}

// listen opens a stream as an admin's browser does, after the event with an id.
func (r *rig) listen(path, last string) *listener {
	r.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	req, err := http.NewRequestWithContext(ctx, "GET", r.server.URL+path, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	if last != "" {
		req.Header.Set("Last-Event-ID", last)
	}
	consoletest.SignIn(req, "admin")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	l := &listener{t: r.t, answer: resp, events: make(chan event), stop: cancel}
	go l.read(ctx)
	return l
}

func (l *listener) close() {
	l.stop()
	_ = l.answer.Body.Close()
}

// read takes the stream apart as the standard of server-sent events says.
func (l *listener) read(ctx context.Context) {
	defer close(l.events)
	lines := bufio.NewScanner(l.answer.Body)
	lines.Buffer(nil, 8<<20)
	lines.Split(scanAnyLine)
	var e event
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), ":")
		value = strings.TrimPrefix(value, " ")
		switch {
		case lines.Text() == "":
			select {
			case l.events <- e:
			case <-ctx.Done():
				return
			}
			e = event{}
		case name == "event":
			e.name = value
		case name == "id":
			e.id = value
		case name == "data":
			e.data += value + "\n"
		}
	}
}

// scanAnyLine splits at \n, \r\n and \r, each of which ends a line of a stream.
func scanAnyLine(data []byte, atEOF bool) (int, []byte, error) {
	for i, b := range data {
		if b == '\n' {
			return i + 1, data[:i], nil
		}
		if b == '\r' && i+1 < len(data) {
			if data[i+1] == '\n' {
				return i + 2, data[:i], nil
			}
			return i + 1, data[:i], nil
		}
	}
	return 0, nil, nil
}

// next waits for an event.
func (l *listener) next() event {
	l.t.Helper()
	select {
	case e, ok := <-l.events:
		if !ok {
			l.t.Fatal("the stream ended")
		}
		return e
	case <-time.After(consoletest.Patience):
		l.t.Fatal("no event comes")
	}
	return event{}
}

// rows are the sequences in a part of a page, the first first.
func sequencesIn(page string) (all []uint64) {
	for _, m := range regexp.MustCompile(`data-seq="(\d+)"`).FindAllStringSubmatch(page, -1) {
		seq, _ := strconv.ParseUint(m[1], 10, 64)
		all = append(all, seq)
	}
	return all
}

// follow asks for what a part of a page says that it leaves out, as its button
// does.
func (r *rig) follow(part string, got func(uint64)) {
	for _, seq := range sequencesIn(part) {
		got(seq)
	}
	if fields := gapIn(r.t, part); fields != nil {
		r.follow(r.get("/rows?"+fields.Encode()), got)
	}
}

// gapIn are the fields of the form of a gap, nil where there is none.
func gapIn(t testing.TB, part string) url.Values {
	t.Helper()
	root, err := html.Parse(strings.NewReader("<ol>" + part + "</ol>"))
	if err != nil {
		t.Fatal(err)
	}
	for n := range root.Descendants() {
		if n.Data != "li" || !strings.Contains(attr(n, "class"), "gap") {
			continue
		}
		fields := url.Values{}
		for in := range n.Descendants() {
			if in.Data == "input" {
				fields.Add(attr(in, "name"), attr(in, "value"))
			}
		}
		return fields
	}
	return nil
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func text(i int) index.Row {
	return consoletest.Turn(at, gateway.Phone(fmt.Sprintf("+2547%08d", i%50)), dialogue.SMS, dialogue.ClassScreen, fmt.Sprint("text ", i), "reply")
}

// TestNothingIsLostBetweenConnections drops a page's stream 50 times while
// 10,000 rows come, and counts what the page has in the end.
func TestNothingIsLostBetweenConnections(t *testing.T) {
	const rows, drops = 10_000, 50
	r := newRig(t)
	r.index.Add(text(0))
	added := 1
	add := func(n int) {
		batch := make([]index.Row, min(n, rows-added))
		for i := range batch {
			batch[i] = text(added + i)
		}
		added += len(batch)
		r.index.Add(batch...)
	}
	seen := map[uint64]int{}
	last := 1
	for range drops {
		add(rand.IntN(100)) // while nobody listens
		s := r.listen("/live?after=1", strconv.Itoa(last))
		drop := min(rows, added+rand.IntN(100))
		for last < drop {
			if added < drop {
				add(1 + rand.IntN(20)) // while somebody does
			}
			last = r.take(s, seen)
		}
		s.close()
	}
	s := r.listen("/live?after=1", strconv.Itoa(last))
	defer s.close()
	for last < rows {
		add(rows / drops)
		for last < added {
			last = r.take(s, seen)
		}
	}
	if len(seen) != rows-1 {
		t.Errorf("%d rows came, want %d", len(seen), rows-1)
	}
	for seq, times := range seen {
		if times != 1 {
			t.Fatalf("row %d came %d times", seq, times)
		}
	}
}

// take takes an event in, with all that it leaves out, and gives up to where the
// page has all now.
func (r *rig) take(s *listener, seen map[uint64]int) int {
	r.t.Helper()
	e := s.next()
	if e.name == "reload" {
		r.t.Fatal("the stream gave up")
	}
	r.follow(e.data, func(seq uint64) { seen[seq]++ })
	last, err := strconv.Atoi(e.id)
	if err != nil {
		r.t.Fatal(err)
	}
	return last
}

func TestPushIsCapped(t *testing.T) {
	r := newRig(t)
	r.index.Add(text(0))
	for i := range 500 {
		r.index.Add(text(i))
	}
	s := r.listen("/live?after=1", "")
	defer s.close()
	for {
		e := s.next()
		if e.name != "rows" {
			continue
		}
		if n := len(sequencesIn(e.data)); n != console.PushRows {
			t.Errorf("%d rows in a push", n)
		}
		if sequencesIn(e.data)[0] != 501 {
			t.Errorf("the newest is not first: %v", sequencesIn(e.data))
		}
		if !strings.Contains(e.data, "440 more") {
			t.Error("it is not said how many are left out")
		}
		part := r.get("/rows?" + gapIn(t, e.data).Encode())
		if n := len(sequencesIn(part)); n != console.PageRows || !strings.Contains(part, "340 more") {
			t.Errorf("%d rows at once for those that were left out", n)
		}
		return
	}
}

func TestTooFarBehindBeginsAnew(t *testing.T) {
	r := newRig(t)
	for i := range console.MaxBehind + 2 {
		r.index.Add(text(i))
	}
	for _, tc := range []struct{ name, path, last, event string }{
		{"too far", "/live?after=1", "", "reload"},
		{"too far by the last event", "/live?after=1000", "1", "reload"},
		{"just near enough", "/live?after=2", "", "rows"},
		{"a phone's page lacks more than one push", "/phone/" + r.tokenOf("+254700000001") + "/live?after=0", "", "rows"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := r.listen(tc.path, tc.last)
			defer s.close()
			e := s.next()
			for e.name == "lag" {
				e = s.next()
			}
			if e.name != tc.event {
				t.Errorf("event %q", e.name)
			}
		})
	}
}

func TestFilteredStreamGoesOnFromTheEnd(t *testing.T) {
	r := newRig(t)
	r.index.Add(text(0))
	s := r.listen("/live?class=order&after=1", "")
	defer s.close()
	for i := range 2000 { // none of them matches: a page that only counted matches would be too far behind
		r.index.Add(text(i))
	}
	order := text(7)
	order.Class = dialogue.ClassOrder
	r.index.Add(order)
	for {
		e := s.next()
		if e.name == "reload" {
			t.Fatal("it lost its place")
		}
		if e.name == "rows" {
			if got := sequencesIn(e.data); len(got) != 1 || got[0] != 2002 {
				t.Errorf("rows %v", got)
			}
			return
		}
	}
}

func TestStreamsAreBounded(t *testing.T) {
	r := newRig(t)
	var open []*listener
	for range console.MaxStreams {
		s := r.listen("/live?after=0", "")
		s.next() // it is served
		open = append(open, s)
	}
	a := r.ask("viewer", "GET", "/live?after=0", nil)
	if a.status != http.StatusServiceUnavailable || a.header.Get("Retry-After") == "" {
		t.Errorf("one too many: %d", a.status)
	}
	open[0].close()
	deadline := time.After(consoletest.Patience)
	for r.ask("viewer", "GET", "/live?after=0", nil).status != http.StatusOK {
		select {
		case <-deadline:
			t.Fatal("a stream that was closed still counts")
		default:
		}
	}
	for _, s := range open[1:] {
		s.close()
	}
}

func TestCloseEndsStreams(t *testing.T) {
	r := newRig(t)
	s := r.listen("/live?after=0", "")
	defer s.close()
	s.next()
	r.console.Close()
	for range s.events { // until it ends
	}
}

func TestLagIsTold(t *testing.T) {
	r := newRig(t)
	r.index.SetLag(12)
	s := r.listen("/live?after=0", "")
	defer s.close()
	if e := s.next(); e.name != "lag" || !strings.Contains(e.data, `{"messages":12,"seconds":12}`) {
		t.Errorf("event %+v", e)
	}
	if !strings.Contains(r.get("/"), "Search index 12 messages, 12 s behind") {
		t.Error("the page does not say it")
	}
}
