package index

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"haat/gateway"
	"haat/gateway/dialogue"
	"haat/gateway/messagelog"
	"haat/orders/bus"
)

// BenchmarkBuild makes the index of a real log of 100,000 messages.
func BenchmarkBuild(b *testing.B) {
	const messages = 100_000
	log, bytes := filled(b, messages)
	b.ReportMetric(float64(bytes)/messages, "B/msg")
	n := 0
	for b.Loop() {
		n++
		ix, err := Open(b.Context(), filepath.Join(b.TempDir(), strconv.Itoa(n)+".db"), log, zerolog.Nop())
		if err != nil {
			b.Fatal(err)
		}
		ctx, stop := context.WithCancel(b.Context())
		ended := make(chan error, 1)
		go func() { ended <- ix.Run(ctx) }()
		for changed := ix.Changed(); ix.done.Load() < messages; changed = ix.Changed() {
			if ix.done.Load() < messages {
				<-changed
			}
		}
		b.StopTimer()
		stop()
		if err := <-ended; err != nil {
			b.Fatal(err)
		}
		ix.Close()
		b.StartTimer()
	}
	b.ReportMetric(float64(n)*messages/b.Elapsed().Seconds(), "msgs/s")
}

// filled is a log with messages of a village.
func filled(b testing.TB, messages int) (*messagelog.Log, int) {
	b.Helper()
	bus, err := bus.Open(b.Context(), bus.Config{Dir: b.TempDir()}, zerolog.Nop())
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = bus.Close() })
	log, err := messagelog.Open(b.Context(), bus)
	if err != nil {
		b.Fatal(err)
	}
	v, bytes := newVillage(), 0
	for range messages {
		subject, what := message(v.next())
		data, err := json.Marshal(what)
		if err != nil {
			b.Fatal(err)
		}
		bytes += len(data)
		if _, err := bus.JetStream().PublishAsync(subject, data); err != nil {
			b.Fatal(err)
		}
	}
	<-bus.JetStream().PublishAsyncComplete()
	return log, bytes
}

// BenchmarkSearch asks for the first page among a million messages, with filters
// of every kind.
func BenchmarkSearch(b *testing.B) {
	const messages = 1_000_000
	ix := opened(b, b.TempDir())
	defer ix.Close()
	v, begun := newVillage(), time.Now()
	for at := 0; at < messages; {
		lines := make([]messagelog.Line, 0, stride)
		for ; len(lines) < stride && at < messages; at++ {
			lines = append(lines, v.next())
		}
		ix.put(b, b, lines)
	}
	size := int64(0)
	if info, err := os.Stat(filepath.Join(ix.path)); err == nil {
		size = info.Size()
	}
	b.Logf("%d messages put in at %.0f a second; %d MB", messages, messages/time.Since(begun).Seconds(), size>>20)
	middle := begin.Add(messages / 2 * 30 * time.Second)
	for _, bb := range []struct {
		name string
		f    Filter
	}{
		{"everything", Filter{}},
		{"a common word", Filter{Text: "otieno"}},
		{"part of one", Filter{Text: "ugun"}},
		{"one letter", Filter{Text: "a"}},
		{"a rare word", Filter{Text: "zx77"}},
		{"one order", Filter{Text: "499999"}},
		{"no such word", Filter{Text: "zebra"}},
		{"Chinese", Filter{Text: "大米"}},
		{"five words", Filter{Text: "mchele kwa otieno ugunja kes"}},
		{"grams but no word", Filter{Text: "mikate"}},
		{"a phone", Filter{Phone: "+254700012345"}},
		{"its last three", Filter{PhoneEnd: "345"}},
		{"its last four", Filter{PhoneEnd: "2345"}},
		{"its last", Filter{PhoneEnd: "5"}},
		{"a kind", Filter{Kind: messagelog.KindNotice}},
		{"failed", Filter{Status: gateway.Failed}},
		{"errors", Filter{Errors: true}},
		{"not understood, in Arabic", Filter{Class: dialogue.ClassUnknown, Language: "ar"}},
		{"common and never together", Filter{Text: "otieno", Mode: dialogue.USSD}},
		{"common, never together, in Chinese", Filter{Language: "zh", Text: "mchele"}},
		{"delivered turns of a station in Swahili", Filter{Status: gateway.Delivered, Kind: messagelog.KindTurn, Station: "ST17", Language: "sw"}},
		{"an old day", Filter{From: middle, To: middle.Add(24 * time.Hour), Text: "sukari"}},
		{"everything asked", Filter{Text: "sabuni", PhoneEnd: "3", Channel: "lake", Mode: dialogue.SMS, Direction: "in", Kind: messagelog.KindTurn, Status: gateway.Delivered, Class: dialogue.ClassAsk, Language: "sw", Station: "ST13", From: begin, To: middle}},
	} {
		b.Run(bb.name, func(b *testing.B) {
			rows := 0
			for b.Loop() {
				page, err := ix.Search(b.Context(), bb.f, 0, 50)
				if err != nil {
					b.Fatal(err)
				}
				rows = len(page.Rows)
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/1000/float64(b.N), "ms/page")
			b.ReportMetric(float64(rows), "rows")
		})
		b.Run("count/"+bb.name, func(b *testing.B) {
			n := 0
			for b.Loop() {
				var err error
				if n, err = ix.Count(b.Context(), bb.f, 1000); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/1000/float64(b.N), "ms/count")
			b.ReportMetric(float64(n), "rows")
		})
	}
}
