package messagelog_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"

	"haat/gateway"
	"haat/gateway/dialogue"
	"haat/gateway/messagelog"
	"haat/orders"
	"haat/orders/bus"
)

const phone = gateway.Phone("+254700000001")

func open(t *testing.T) (*messagelog.Log, *bus.Bus) {
	t.Helper()
	b, err := bus.Open(t.Context(), bus.Config{Dir: t.TempDir()}, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	log, err := messagelog.Open(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	return log, b
}

func turn(p gateway.Phone, in, out string) gateway.Turn {
	return gateway.Turn{In: gateway.Inbound{ID: "id-" + in, Channel: "demo", Mode: dialogue.USSD, Phone: p, Text: in}, Reply: gateway.Reply{Text: out}, At: time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)}
}

func order(p gateway.Phone, in, out string) gateway.Turn {
	t := turn(p, in, out)
	t.Request = &orders.Request{Place: &orders.Order{ID: "order-" + in, Phone: string(p)}}
	return t
}

func add(t *testing.T, log *messagelog.Log, v gateway.Turn, after uint64) uint64 {
	t.Helper()
	seq, err := log.AddTurn(t.Context(), v, after)
	if err != nil {
		t.Fatal(err)
	}
	return seq
}

func entries(t *testing.T, log *messagelog.Log, p gateway.Phone) (list []string) {
	t.Helper()
	err := log.Entries(t.Context(), p, false, func(e messagelog.Entry) error {
		list = append(list, fmt.Sprintf("%d %s %s>%s %s", e.Seq, e.Kind, e.In, e.Out, e.Order))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestTurnsOfOnePhoneComeOneAfterTheOther(t *testing.T) {
	log, _ := open(t)
	if _, seq, err := log.Last(t.Context(), phone); err != nil || seq != 0 {
		t.Fatalf("a phone never heard of has turn %d, %v", seq, err)
	}
	first := add(t, log, turn(phone, "", "menu"), 0)
	add(t, log, turn("+254700000002", "", "menu"), 0) // another phone's turn is in nobody's way
	second := add(t, log, order(phone, "1", "ordered"), first)
	for name, after := range map[string]uint64{"nothing": 0, "the first": first} {
		if _, err := log.AddTurn(t.Context(), turn(phone, "2", ""), after); !errors.Is(err, gateway.ErrConflict) {
			t.Errorf("a turn after %s: %v", name, err)
		}
	}
	got, seq, err := log.Last(t.Context(), phone)
	if err != nil || seq != second {
		t.Fatalf("last is %d, %v", seq, err)
	}
	if diff := cmp.Diff(order(phone, "1", "ordered"), got); diff != "" {
		t.Error(diff)
	}
	if old, err := log.Turn(t.Context(), first); err != nil || old.Reply.Text != "menu" {
		t.Errorf("the first turn is %+v, %v", old, err)
	}
}

func TestAmend(t *testing.T) {
	tests := []struct {
		name    string
		between func(t *testing.T, log *messagelog.Log, placed uint64)
		ok      bool
	}{
		{"at once", func(*testing.T, *messagelog.Log, uint64) {}, true},
		{"after a status", func(t *testing.T, log *messagelog.Log, _ uint64) {
			for _, state := range []gateway.State{gateway.Sent, gateway.Delivered} {
				if _, err := log.AddStatus(t.Context(), phone, "demo", func(s gateway.Status) (gateway.Status, bool) {
					return s.Next(gateway.Status{Ref: "1", State: state})
				}); err != nil {
					t.Fatal(err)
				}
			}
		}, true},
		{"after a notice", func(t *testing.T, log *messagelog.Log, placed uint64) {
			if _, err := log.AddNotice(t.Context(), gateway.Notice{Channel: "demo", Phone: phone}, placed, 0); err != nil {
				t.Fatal(err)
			}
		}, false},
		{"after another turn", func(t *testing.T, log *messagelog.Log, placed uint64) { add(t, log, turn(phone, "2", ""), placed) }, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			log, _ := open(t)
			add(t, log, turn("+254700000002", "", ""), 0)
			placed := add(t, log, order(phone, "1", "received"), 0)
			tt.between(t, log, placed)
			told := turn(phone, "1", "confirmed")
			told.Amends = placed
			if _, err := log.Amend(t.Context(), told); (err == nil) != tt.ok || !tt.ok && !errors.Is(err, gateway.ErrConflict) {
				t.Errorf("got %v", err)
			}
			if tt.ok { // after the amendment there is nothing for a notice to tell
				if _, err := log.AddNotice(t.Context(), gateway.Notice{Channel: "demo", Phone: phone}, placed, 0); !errors.Is(err, gateway.ErrConflict) {
					t.Errorf("a notice came after: %v", err)
				}
			}
		})
	}
}

func TestEntriesShowWhatWasReallyTold(t *testing.T) {
	log, _ := open(t)
	const other = gateway.Phone("+254700000002")
	first := add(t, log, order(phone, "1", "received"), 0)
	second := add(t, log, order(other, "1", "received"), 0)
	add(t, log, turn(other, "2", "menu"), second)
	told := turn(phone, "1", "confirmed")
	told.Amends = first
	if _, err := log.Amend(t.Context(), told); err != nil {
		t.Fatal(err)
	}
	if _, err := log.AddNotice(t.Context(), gateway.Notice{Channel: "demo", Phone: other, Text: "confirmed", About: "order-1 confirmed"}, second+1, 0); err != nil {
		t.Fatal(err)
	}
	want := []string{"1 turn 1>confirmed order-1", "2 turn 1>received order-1", "3 turn 2>menu ", "5 notice >confirmed order-1"}
	if diff := cmp.Diff(want, entries(t, log, "")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(want[:1], entries(t, log, phone)); diff != "" {
		t.Error(diff)
	}
	if got := entries(t, log, "+254700000003"); got != nil {
		t.Errorf("a phone never heard of has %v", got)
	}
}

func TestFollow(t *testing.T) {
	log, _ := open(t)
	first := add(t, log, turn(phone, "", "menu"), 0)
	ctx, stop := context.WithCancel(t.Context())
	seen, ended := make(chan string), make(chan error, 1)
	go func() {
		ended <- log.Entries(ctx, phone, true, func(e messagelog.Entry) error { seen <- e.Out; return nil })
	}()
	got := []string{<-seen}
	placed := add(t, log, order(phone, "1", "received"), first)
	told := turn(phone, "1", "confirmed")
	told.Amends = placed
	if _, err := log.Amend(t.Context(), told); err != nil {
		t.Fatal(err)
	}
	got = append(got, <-seen)
	if want := []string{"menu", "confirmed"}; !slices.Equal(got, want) {
		t.Errorf("followed %q, want %q", got, want)
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestPeopleAndReceipts(t *testing.T) {
	_, b := open(t)
	people, err := messagelog.OpenPeople(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	if p, err := people.Profile(t.Context(), phone); err != nil || p != (dialogue.Profile{}) {
		t.Errorf("a stranger's profile is %+v, %v", p, err)
	}
	want := dialogue.Profile{Language: "sw", Station: "ST01", OptedOut: true}
	if err := people.SetProfile(t.Context(), phone, want); err != nil {
		t.Fatal(err)
	}
	if p, err := people.Profile(t.Context(), phone); err != nil || p != want {
		t.Errorf("the profile is %+v, %v", p, err)
	}
	receipts, err := messagelog.OpenReceipts(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	const id = "ATXid_ any > thing * a carrier . writes"
	if err := receipts.Put(t.Context(), "demo", id, phone); err != nil {
		t.Fatal(err)
	}
	if p, err := receipts.Phone(t.Context(), "demo", id); err != nil || p != phone {
		t.Errorf("the receipt is %q's, %v", p, err)
	}
	if p, err := receipts.Phone(t.Context(), "other", id); err != nil || p != "" {
		t.Errorf("another channel's receipt is %q's, %v", p, err)
	}
}

// The subjects are a promise: consumers filter by them, and one stream becomes
// many by their second token.
func TestSubjects(t *testing.T) {
	log, b := open(t)
	add(t, log, turn(phone, "", "menu"), 0)
	placed := add(t, log, order("+254700000002", "1", "received"), 0)
	if _, err := log.AddNotice(t.Context(), gateway.Notice{Channel: "demo", Phone: "+254700000002"}, placed, 0); err != nil {
		t.Fatal(err)
	}
	stream, err := b.JetStream().Stream(t.Context(), bus.Messages)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for seq := range uint64(3) {
		m, err := stream.GetMsg(t.Context(), seq+1)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, m.Subject)
	}
	want := []string{"log.094.254700000001.turn.demo.ussd.screen", "log.203.254700000002.turn.demo.ussd.order", "log.203.254700000002.notice.demo"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if !strings.HasPrefix(bus.RequestTurns, "log.*.*.turn.") {
		t.Error("the processor looks elsewhere")
	}
}
