package console

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"haat/gateway/console/index"
)

// Limits of the streams.
const (
	maxStreams = 200              // open at once; a page that is not looked at closes its own
	pushRows   = 60               // rows in one push; of more a page is told the number, and asks for those it wants
	maxBehind  = 1000             // rows that a page may lack: with more it begins anew
	beatEvery  = 5 * time.Second  // how often a page hears that all is well
	streamLife = 10 * time.Minute // then the page connects again, which asks the gate anew
	writeTime  = 15 * time.Second // a page that takes nothing for so long is gone
	retryAfter = 5                // seconds, where there are too many
)

// stream is one page that hears of news.
type stream struct {
	c      *Console
	out    http.ResponseWriter
	flush  *http.ResponseController
	filter index.Filter
	render func(rows []index.Row, after uint64, left int) ([]byte, error)
	after  uint64 // all that matches up to there was pushed
	whole  bool   // nothing may be left out of a push
}

// liveLog pushes the rows that are new in a view of the log.
func (c *Console) liveLog(w http.ResponseWriter, r *http.Request) {
	v, err := c.readView(r.URL.Query())
	if err != nil {
		c.problem(w, r, http.StatusBadRequest, "problem.address")
		return
	}
	c.stream(w, r, stream{filter: v.filter(c.Now()), render: func(rows []index.Row, after uint64, left int) ([]byte, error) {
		slices.Reverse(rows)
		shown := rowsView{Lines: make([]line, len(rows))}
		for i, row := range rows {
			shown.Lines[i] = c.rowOf(row)
		}
		if left > 0 {
			shown.Gap = c.gap(v, after, rows[len(rows)-1].Seq, left)
		}
		return c.pages.render(c.texts.of(r), "more-rows", shown)
	}})
}

// stream serves one page until it is closed, the console is, or its time is over.
func (c *Console) stream(w http.ResponseWriter, r *http.Request, s stream) {
	select {
	case c.streams <- struct{}{}:
		defer func() { <-c.streams }()
	default:
		c.Metrics.refuse()
		w.Header().Set("Retry-After", fmt.Sprint(retryAfter))
		c.problem(w, r, http.StatusServiceUnavailable, "problem.streams")
		return
	}
	after, err := sequence(cmp.Or(r.Header.Get("Last-Event-ID"), r.URL.Query().Get("after")))
	if err != nil {
		c.problem(w, r, http.StatusBadRequest, "problem.address")
		return
	}
	c.Metrics.stream(1)
	defer c.Metrics.stream(-1)
	s.c, s.out, s.flush, s.after = c, w, http.NewResponseController(w), after
	_ = s.flush.SetReadDeadline(time.Time{}) // the server's is for requests, and this one has come
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no") // for proxies that would wait for more
	ctx, cancel := context.WithTimeout(r.Context(), streamLife)
	defer cancel()
	if err := s.run(ctx); err != nil && ctx.Err() == nil && !errors.Is(err, errGone) {
		c.Logger.Error().Err(err).Msg("a page's stream of news ended; the page connects again")
	}
}

// errGone says that a page takes no more.
var errGone = errors.New("the page is gone")

func (s *stream) run(ctx context.Context) error {
	beat := time.NewTicker(beatEvery)
	defer beat.Stop()
	if err := s.beat(ctx); err != nil {
		return err
	}
	pace := time.NewTicker(s.c.PushEvery)
	defer pace.Stop()
	for {
		changed := s.c.Index.Changed() // before looking, so that nothing slips through between
		if err := s.push(ctx); err != nil {
			return err
		}
		select {
		case <-changed:
		case <-beat.C:
			if err := s.beat(ctx); err != nil {
				return err
			}
		case <-s.c.closing:
			return nil
		case <-ctx.Done():
			return nil
		}
		select {
		case <-pace.C:
		case <-s.c.closing:
			return nil
		case <-ctx.Done():
			return nil
		}
	}
}

// push sends what is new, if anything is.
func (s *stream) push(ctx context.Context) error {
	head, err := s.c.head(ctx)
	if err != nil || head <= s.after {
		return err
	}
	rows, err := s.c.Index.After(ctx, s.filter, s.after, maxBehind+1)
	if err != nil {
		return err
	}
	left := max(0, len(rows)-pushRows)
	if len(rows) > maxBehind || s.whole && left > 0 {
		return s.event("reload", "", nil)
	}
	// What comes between the two questions is in the answer to the second.
	seen := head
	if len(rows) > 0 {
		seen = max(head, rows[len(rows)-1].Seq)
	}
	if len(rows) == 0 {
		s.after = seen // the next beat says so
		return nil
	}
	html, err := s.render(rows[left:], s.after, left)
	if err != nil {
		return err
	}
	s.after = seen
	s.c.Metrics.pushed(len(rows)-left, left)
	return s.event("rows", fmt.Sprint(seen), html)
}

// beat tells the page how far behind the index is, and keeps the connection.
func (s *stream) beat(ctx context.Context) error {
	lag, err := s.c.lag(ctx)
	if err != nil {
		return err
	}
	return s.event("lag", fmt.Sprint(s.after), []byte(fmt.Sprintf(`{"messages":%d,"seconds":%d}`, lag.Messages, lag.Seconds)))
}

// lines makes every way to end a line the one that a stream of events has: else
// a text with a carriage return could begin an event of its own.
var lines = strings.NewReplacer("\r\n", "\n", "\r", "\n")

// event writes one event.
func (s *stream) event(name, id string, data []byte) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "event: %s\n", name)
	if id != "" {
		fmt.Fprintf(&b, "id: %s\n", id)
	}
	for part := range strings.SplitSeq(lines.Replace(string(data)), "\n") {
		fmt.Fprintf(&b, "data: %s\n", part)
	}
	b.WriteByte('\n')
	_ = s.flush.SetWriteDeadline(time.Now().Add(writeTime))
	if _, err := s.out.Write(b.Bytes()); err != nil {
		return errGone
	}
	if err := s.flush.Flush(); err != nil {
		return errGone
	}
	return nil
}

// lagView is how far the index is behind the log.
type lagView struct {
	Messages uint64
	Seconds  int64
}

func (c *Console) lag(ctx context.Context) (lagView, error) {
	messages, behind, err := c.Index.Lag(ctx)
	return lagView{messages, int64(behind / time.Second)}, err
}
