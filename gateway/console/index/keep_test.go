package index

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/rs/zerolog"
	"pgregory.net/rapid"

	"haat/gateway"
	"haat/gateway/gatewaytest"
	"haat/gateway/messagelog"
	"haat/orders/bus"
)

// following is an index that follows the log of a bus, until stop or the test's end.
type following struct {
	*Index
	stop func()
}

func follow(t *testing.T, path string, log *messagelog.Log) *following {
	t.Helper()
	ix, err := Open(t.Context(), path, log, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- ix.Run(ctx) }()
	f := &following{Index: ix}
	f.stop = func() {
		if ctx.Err() == nil {
			cancel()
			if err := errors.Join(<-ended, ix.Close()); err != nil {
				t.Error(err)
			}
		}
	}
	t.Cleanup(f.stop)
	return f
}

// caughtUp waits until the index has the message.
func (f *following) caughtUp(t *testing.T, seq uint64) {
	t.Helper()
	deadline := time.After(time.Minute)
	for {
		changed := f.Changed()
		if f.done.Load() == seq { // one of another log may be beyond it at first
			return
		}
		select {
		case <-changed:
		case <-deadline:
			t.Fatalf("the index stands at %d and does not reach %d", f.done.Load(), seq)
		}
	}
}

// all are all rows, and what of them a few searches find.
func (f *following) all(t *testing.T) (found [][]Row) {
	t.Helper()
	for _, filter := range []Filter{{}, {Text: "rice"}, {Text: "大米"}, {Text: "أرز"}, {Errors: true}, {Status: gateway.Delivered}, {Phone: phones[0]}, {PhoneEnd: "01"}, {Kind: messagelog.KindStatus}} {
		var rows []Row
		for after := uint64(0); ; {
			page, err := f.After(t.Context(), filter, after, MaxPage)
			if err != nil {
				t.Fatal(err)
			}
			if rows = append(rows, page...); len(page) < MaxPage {
				break
			}
			after = page[len(page)-1].Seq
		}
		found = append(found, rows)
	}
	return found
}

// published puts the lines into the log, as they are.
func published(t *testing.T, b *bus.Bus, lines []messagelog.Line) (last uint64) {
	t.Helper()
	for _, l := range lines {
		subject, what := message(l)
		data, err := json.Marshal(what)
		if l.Broken != nil {
			subject, data = "log.000.0.turn.demo.sms.screen", []byte("{")
		}
		if err != nil {
			t.Fatal(err)
		}
		ack, err := b.JetStream().Publish(t.Context(), subject, data)
		if err != nil {
			t.Fatal(err)
		}
		last = ack.Sequence
	}
	return last
}

// randomLines are many, numbered as a log would.
func randomLines(seed int, n int) (lines []messagelog.Line) {
	gen := rapid.Custom(func(t *rapid.T) []messagelog.Line {
		var lines []messagelog.Line
		for seq := range uint64(n) {
			lines = append(lines, drawLine(t, lines, seq+1, begin))
		}
		return lines
	})
	lines = gen.Example(seed)
	for i := range lines {
		// What JSON makes of them.
		lines[i].In, lines[i].Out = strings.ToValidUTF8(lines[i].In, "\ufffd"), strings.ToValidUTF8(lines[i].Out, "\ufffd")
		lines[i].Order, _, _ = strings.Cut(lines[i].Order, " ") // as notices have it
		if lines[i].Status != "" {
			lines[i].Segments, lines[i].Attempt = 0, 1
		}
	}
	return lines
}

func TestTheIndexIsTheSameHoweverItIsMade(t *testing.T) {
	rig := gatewaytest.New(t, gatewaytest.Options{})
	lines := randomLines(7, 1500)
	followed := follow(t, filepath.Join(t.TempDir(), "index.db"), rig.Log)
	last := published(t, rig.Bus, lines)
	followed.caughtUp(t, last)
	want := followed.all(t)
	if diff := cmp.Diff(len(plainly(lines)), len(want[0])); diff != "" {
		t.Errorf("rows of a plain loop and of the index: %s", diff)
	}
	for i, r := range plainly(lines) {
		r.At = want[0][i].At // the log's, not the line's
		if diff := cmp.Diff(*r, want[0][i], cmpopts.EquateEmpty(), cmpopts.IgnoreFields(Row{}, "Screen", "Mode")); diff != "" {
			t.Fatalf("message %d (-want +got): %s", r.Seq, diff)
		}
	}
	same := func(what string, f *following) {
		t.Helper()
		if diff := cmp.Diff(want, f.all(t)); diff != "" {
			t.Errorf("%s (-followed +this):\n%.3000s", what, diff)
		}
	}
	late := follow(t, filepath.Join(t.TempDir(), "index.db"), rig.Log)
	late.caughtUp(t, last)
	same("made at once", late)
	var steps []uint64
	if err := late.Rebuild(t.Context(), func(done, of uint64) {
		if steps = append(steps, done); of != last {
			t.Errorf("%d of %d", done, of)
		}
	}); err != nil || len(steps) == 0 || steps[len(steps)-1] != last {
		t.Errorf("rebuilding went %v, %v", steps, err)
	}
	same("rebuilt", late)
}

// TestKilledInTheMiddle kills a process that makes the index, some times.
func TestKilledInTheMiddle(t *testing.T) {
	dir := t.TempDir()
	b, err := bus.Open(t.Context(), bus.Config{Dir: dir}, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	log, err := messagelog.Open(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "index.db")
	part, last := randomLines(3, 1200), uint64(0)
	for round := range 4 {
		child := exec.Command(os.Args[0], "-test.run=^TestChildThatIsKilled$")
		child.Env = append(os.Environ(), "HAAT_TEST_DATA="+dir, "HAAT_TEST_INDEX="+path)
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		last = published(t, b, part[round*300:(round+1)*300])
		awaitFile(t, path, last-150)
		_ = child.Process.Kill()
		_ = child.Wait()
	}
	caught := follow(t, path, log)
	caught.caughtUp(t, last)
	anew := follow(t, filepath.Join(t.TempDir(), "index.db"), log)
	anew.caughtUp(t, last)
	if diff := cmp.Diff(anew.all(t), caught.all(t)); diff != "" {
		t.Errorf("(-anew +killed):\n%.3000s", diff)
	}
}

// awaitFile waits until the child has brought the index to a message.
func awaitFile(t *testing.T, path string, seq uint64) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.After(time.Minute); ; {
		if _, err := os.Stat(path); err == nil {
			db, err := openSQL(path, "mode=ro")
			if err != nil {
				t.Fatal(err)
			}
			p, err := readPlace(t.Context(), db)
			db.Close()
			if err == nil && p.done >= seq {
				return
			}
		}
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatal("the child makes no index")
		}
	}
}

func TestChildThatIsKilled(t *testing.T) {
	dir := os.Getenv("HAAT_TEST_DATA")
	if dir == "" {
		t.Skip("runs only as a child of TestKilledInTheMiddle")
	}
	b, err := bus.Attach(t.Context(), bus.Config{Dir: dir}, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	log, err := messagelog.Open(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	ix, err := Open(t.Context(), os.Getenv("HAAT_TEST_INDEX"), log, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	t.Fatal(ix.Run(t.Context()))
}

func TestWhatCannotBeUsedIsMadeAnew(t *testing.T) {
	rig := gatewaytest.New(t, gatewaytest.Options{})
	last := published(t, rig.Bus, randomLines(5, 200))
	other := gatewaytest.New(t, gatewaytest.Options{})
	published(t, other.Bus, randomLines(6, 300))
	sql := func(text string) func(*testing.T, string) {
		return func(t *testing.T, path string) {
			db, err := openSQL(path, "mode=rwc")
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			if _, err := db.ExecContext(t.Context(), text); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, tt := range []struct {
		name  string
		spoil func(t *testing.T, path string)
	}{
		{"nothing", func(*testing.T, string) {}},
		{"no database", func(t *testing.T, path string) { overwrite(t, path, 0, strings.Repeat("no database ", 1000)) }},
		{"an empty file", func(t *testing.T, path string) { overwrite(t, path, 0, "") }},
		{"damage within", func(t *testing.T, path string) { overwrite(t, path, 4096, strings.Repeat("\xaa", 1<<20)) }},
		{"another version", sql("PRAGMA user_version = 99")},
		{"a table is missing", sql("DROP TABLE lines")},
		{"its place is missing", sql("DELETE FROM place")},
		{"ahead of the log", sql("UPDATE place SET done = done + 1000; UPDATE lines SET text_out = 'stale'")},
		{"a message that the log took back", sql("UPDATE place SET at = at - 1; UPDATE lines SET text_out = 'stale'")},
		{"another log", func(t *testing.T, path string) {
			if err := remove(path); err != nil {
				t.Fatal(err)
			}
			f := follow(t, path, other.Log)
			f.caughtUp(t, 300)
			f.stop()
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "index.db")
			f := follow(t, path, rig.Log)
			f.caughtUp(t, last)
			want := f.all(t)
			f.stop()
			tt.spoil(t, path)
			f = follow(t, path, rig.Log)
			f.caughtUp(t, last)
			again := published(t, rig.Bus, []messagelog.Line{turnLine(0, "one more", "")}) // whoever was ahead learns it now
			last = again
			f.caughtUp(t, again)
			got := f.all(t)
			if n := len(got[0]); n == 0 || got[0][n-1].In != "one more" {
				t.Fatalf("the last of %d rows is another", n)
			}
			got[0] = got[0][:len(got[0])-1]
			if diff := cmp.Diff(want[:5], got[:5], cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("(-want +got):\n%.2000s", diff)
			}
		})
	}
}

func overwrite(t *testing.T, path string, at int64, with string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if with == "" {
		err = f.Truncate(0)
	} else {
		_, err = f.WriteAt([]byte(with), at)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestWhatLeavesTheLogLeavesTheIndex(t *testing.T) {
	rig := gatewaytest.New(t, gatewaytest.Options{})
	lines := []messagelog.Line{}
	for seq := range uint64(40) {
		lines = append(lines, turnLine(seq+1, "rice "+strconv.FormatUint(seq+1, 10), "received"))
	}
	lines[29].Amends, lines[29].In, lines[29].Out = 20, lines[19].In, "confirmed" // across what leaves
	last := published(t, rig.Bus, lines)
	path := filepath.Join(t.TempDir(), "index.db")
	f := follow(t, path, rig.Log)
	f.caughtUp(t, last)
	if rows, err := f.After(t.Context(), Filter{Text: "confirmed"}, 0, 9); err != nil || len(rows) != 1 || rows[0].Seq != 20 {
		t.Fatalf("the amended turn is %+v, %v", rows, err)
	}
	f.stop()
	stream, err := rig.Bus.JetStream().Stream(t.Context(), bus.Messages)
	if err != nil {
		t.Fatal(err)
	}
	for seq := range uint64(24) { // as retention does: the first, one after the other
		if err := stream.DeleteMsg(t.Context(), seq+1); err != nil {
			t.Fatal(err)
		}
	}
	f = follow(t, path, rig.Log)
	rig.Eventually("the old rows leave", func() bool {
		n, err := f.Count(t.Context(), Filter{Text: "rice"}, 100)
		return err == nil && n == 16
	})
	anew := follow(t, filepath.Join(t.TempDir(), "index.db"), rig.Log)
	anew.caughtUp(t, last)
	if diff := cmp.Diff(anew.all(t), f.all(t)); diff != "" {
		t.Errorf("(-anew +this):\n%s", diff)
	}
	if rows, err := f.After(t.Context(), Filter{Text: "confirmed"}, 0, 9); err != nil || len(rows) != 1 || rows[0].Seq != 30 {
		t.Errorf("the amending turn is %+v, %v", rows, err)
	}
}

// TestLagAndChanged follow a real order with its amended reply.
func TestLagAndChanged(t *testing.T) {
	rig := gatewaytest.New(t, gatewaytest.Options{})
	rig.Process()
	ix, err := Open(t.Context(), filepath.Join(t.TempDir(), "index.db"), rig.Log, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ix.Close() })
	if n, behind, err := ix.Lag(t.Context()); n != 0 || behind != 0 || err != nil {
		t.Errorf("an empty log is %d messages and %s ahead, %v", n, behind, err)
	}
	rig.Dial("+254700000001").Walk("1", "1", "1", "1", "1", "1", "1")
	x, err := rig.Log.Extent(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if n, behind, err := ix.Lag(t.Context()); n != x.Last || behind <= 0 || err != nil {
		t.Errorf("the log is %d messages and %s ahead, %v", n, behind, err)
	}
	changed := ix.Changed()
	rig.Run(ix.Run)
	select {
	case <-changed:
	case <-time.After(time.Minute):
		t.Fatal("nothing changes")
	}
	rig.Eventually("the index catches up", func() bool {
		n, _, err := ix.Lag(t.Context())
		return n == 0 && err == nil
	})
	var got, want []string
	rows, err := ix.After(t.Context(), Filter{}, 0, MaxPage)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		got = append(got, fmt.Sprint(r.Seq, r.Kind, r.In, r.Out, r.Order, r.At))
	}
	for _, e := range rig.Entries("") {
		want = append(want, fmt.Sprint(e.Seq, e.Kind, e.In, e.Out, e.Order, e.At))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-log +index):\n%s", diff)
	}
	if r := rows[len(rows)-1]; r.Language == "" || r.Screen == "" && r.Order == "" {
		t.Errorf("the last row lacks its session: %+v", r)
	}
}

func TestRebuildIsAskedForOverNATS(t *testing.T) {
	rig := gatewaytest.New(t, gatewaytest.Options{})
	last := published(t, rig.Bus, randomLines(9, 300))
	if _, err := RebuildRemote(t.Context(), rig.Bus.Conn()); !errors.Is(err, ErrNotRunning) {
		t.Fatalf("nobody answers with %v", err)
	}
	f := follow(t, filepath.Join(t.TempDir(), "index.db"), rig.Log)
	f.caughtUp(t, last)
	rig.Run(func(ctx context.Context) error { return f.Serve(ctx, rig.Bus.Conn()) })
	if _, err := f.file.write.ExecContext(t.Context(), "DELETE FROM lines"); err != nil { // to see that it is made anew
		t.Fatal(err)
	}
	var remote *Remote
	rig.Eventually("the index answers", func() (ok bool) {
		var err error
		remote, err = RebuildRemote(t.Context(), rig.Bus.Conn())
		return err == nil
	})
	rig.Eventually("all is in the index again", func() bool {
		left, err := remote.Left(t.Context())
		return left == 0 && err == nil
	})
	if len(f.all(t)[0]) == 0 {
		t.Error("no rows came back")
	}
}

func TestTwoProgramsDoNotWriteOneIndex(t *testing.T) {
	dir := t.TempDir()
	one := opened(t, dir)
	one.put(t, t, []messagelog.Line{turnLine(1, "a", "")})
	if two, err := Open(t.Context(), one.path, nil, zerolog.Nop()); !errors.Is(err, ErrInUse) {
		t.Errorf("the second gets %v, %v", two, err)
	}
	// A haat without the lock, as older ones are.
	two := &Index{path: one.path}
	var err error
	if two.file, _, err = openFile(t.Context(), one.path); err != nil {
		t.Fatal(err)
	}
	if err := two.file.apply(t.Context(), 0, []messagelog.Line{turnLine(2, "b", "")}); !errors.Is(err, errElsewhere) {
		t.Errorf("the second writer gets %v", err)
	}
	if err := errors.Join(two.file.close(), one.Close()); err != nil {
		t.Fatal(err)
	}
	if err := opened(t, dir).Close(); err != nil { // it is free again
		t.Error(err)
	}
}

// TestReplacingTheFileIsBroughtToItsEnd: where a new file cannot be made just
// now, the index is made anew as soon as it can be.
func TestReplacingTheFileIsBroughtToItsEnd(t *testing.T) {
	rig := gatewaytest.New(t, gatewaytest.Options{})
	last := published(t, rig.Bus, randomLines(3, 20))
	dir := filepath.Join(t.TempDir(), "data")
	f := follow(t, filepath.Join(dir, "index.db"), rig.Log)
	f.caughtUp(t, last)
	away := dir + ".away"
	if err := os.Rename(dir, away); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(dir, nil, 0o600); err != nil { // no directory: nothing can be made in it
		t.Fatal(err)
	}
	if err := f.Empty(t.Context()); err == nil {
		t.Fatal("it was emptied nowhere")
	}
	if err := errors.Join(os.Remove(dir), os.Rename(away, dir)); err != nil {
		t.Fatal(err)
	}
	f.caughtUp(t, last)
	if page, err := f.Search(t.Context(), Filter{}, 0, 5); err != nil || len(page.Rows) == 0 {
		t.Errorf("%d rows, %v", len(page.Rows), err)
	}
}
