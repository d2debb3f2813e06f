package bus_test

import (
	"bytes"
	"context"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"

	"haat/orders/bus"
)

func open(t *testing.T, cfg bus.Config) *bus.Bus {
	t.Helper()
	b, err := bus.Open(t.Context(), cfg, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestWhatWasPublishedIsThereAfterReopening(t *testing.T) {
	for _, sync := range []bus.Sync{"", bus.SyncAlways, bus.SyncInterval} {
		t.Run("sync "+string(sync), func(t *testing.T) {
			cfg := bus.Config{Dir: t.TempDir(), Sync: sync}
			b := open(t, cfg)
			if _, err := b.JetStream().Publish(t.Context(), "log.001.254700000001.turn.demo.ussd.screen", []byte("hello")); err != nil {
				t.Fatal(err)
			}
			if err := b.Durable(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := b.Close(); err != nil {
				t.Fatal(err)
			}
			b = open(t, cfg)
			defer b.Close()
			stream, err := b.JetStream().Stream(t.Context(), bus.Messages)
			if err != nil {
				t.Fatal(err)
			}
			msg, err := stream.GetLastMsgForSubject(t.Context(), "log.001.254700000001.turn.>")
			if err != nil || string(msg.Data) != "hello" {
				t.Fatalf("got %v, %v", msg, err)
			}
		})
	}
}

func TestUnknownSyncIsRefused(t *testing.T) {
	_, err := bus.Open(t.Context(), bus.Config{Dir: t.TempDir(), Sync: "sometimes"}, zerolog.Nop())
	if err == nil || !strings.Contains(err.Error(), "group, always or interval") {
		t.Errorf("got %v", err)
	}
}

func TestOneOwnerOfADirectory(t *testing.T) {
	cfg := bus.Config{Dir: t.TempDir()}
	b := open(t, cfg)
	defer b.Close()
	if _, err := bus.Open(t.Context(), cfg, zerolog.Nop()); err == nil || !strings.Contains(err.Error(), "another haat") {
		t.Errorf("a second owner got %v", err)
	}
}

func TestAttach(t *testing.T) {
	dir := t.TempDir()
	cfg := bus.Config{Dir: dir}
	if _, err := bus.Attach(t.Context(), bus.Config{Dir: filepath.Join(dir, "nothing")}, zerolog.Nop()); err == nil || !strings.Contains(err.Error(), "haat serve") {
		t.Fatalf("no data: got %v", err)
	}
	owner := open(t, cfg)
	stat, err := os.Stat(filepath.Join(dir, "local.json"))
	if err != nil || stat.Mode().Perm() != 0o600 {
		t.Fatalf("who may read the way in: %v, %v", stat, err)
	}
	tool, err := bus.Attach(t.Context(), cfg, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tool.JetStream().Publish(t.Context(), "log.001.254700000001.notice.demo", []byte("from a tool")); err != nil {
		t.Fatal(err)
	}
	if err := tool.Durable(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := tool.Close(); err != nil {
		t.Fatal(err)
	}
	if err := owner.Ready(); err != nil {
		t.Errorf("a tool that left took the owner along: %v", err)
	}
	if err := owner.Close(); err != nil {
		t.Fatal(err)
	}
	tool, err = bus.Attach(t.Context(), cfg, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	defer tool.Close()
	stream, err := tool.JetStream().Stream(t.Context(), bus.Messages)
	if err != nil {
		t.Fatal(err)
	}
	if got := stream.CachedInfo().State.Msgs; got != 1 {
		t.Errorf("the stopped directory has %d messages, want 1", got)
	}
}

func TestFullDiskRefusesBeforeNATSDoes(t *testing.T) {
	b := open(t, bus.Config{Dir: t.TempDir(), Reserve: math.MaxInt64})
	defer b.Close()
	deadline := time.After(10 * time.Second)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for b.Room() == nil {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatal("the disk counts as free although less than the reserve is left")
		}
	}
	if err := b.Ready(); err == nil {
		t.Error("a full disk counts as ready")
	}
}

func TestDeadLetter(t *testing.T) {
	b := open(t, bus.Config{Dir: t.TempDir()})
	defer b.Close()
	ctx := t.Context()
	const subject = "orders.confirmed.ST01"
	if _, err := b.JetStream().Publish(ctx, subject, []byte("poison")); err != nil {
		t.Fatal(err)
	}
	consumer, err := b.JetStream().CreateConsumer(ctx, bus.Orders, jetstream.ConsumerConfig{Durable: "test", AckPolicy: jetstream.AckExplicitPolicy})
	if err != nil {
		t.Fatal(err)
	}
	msg, err := consumer.Next()
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Bury(ctx, "test", msg, context.DeadlineExceeded); err != nil {
		t.Fatal(err)
	}
	stream, err := b.JetStream().Stream(ctx, bus.Dead)
	if err != nil {
		t.Fatal(err)
	}
	dead, err := stream.GetLastMsgForSubject(ctx, bus.DeadLetter("test"))
	if err != nil {
		t.Fatal(err)
	}
	if string(dead.Data) != "poison" || dead.Header.Get(bus.ReasonHeader) != "context deadline exceeded" || dead.Header.Get(bus.SubjectHeader) != subject || dead.Header.Get(bus.SeqHeader) != "1" {
		t.Errorf("dead letter is %q with %v", dead.Data, dead.Header)
	}
}

func TestServerLogHoldsNoPhoneNumber(t *testing.T) {
	var out bytes.Buffer
	dir := filepath.Join(t.TempDir(), "254700000001") // the server logs its directory
	b, err := bus.Open(t.Context(), bus.Config{Dir: dir}, zerolog.New(&out))
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "nats:") || strings.Contains(out.String(), "254700000001") {
		t.Errorf("the log is\n%s", out.String())
	}
}
