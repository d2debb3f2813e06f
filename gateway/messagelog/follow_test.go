package messagelog_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"haat/gateway"
	"haat/gateway/dialogue"
	"haat/gateway/messagelog"
	"haat/orders/bus"
)

// followed reads lines after a sequence until there are n, and stops.
func followed(t *testing.T, log *messagelog.Log, after uint64, most, n int) (lines []messagelog.Line) {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	err := log.Follow(ctx, after, most, func(batch []messagelog.Line) error {
		if len(batch) > most {
			t.Errorf("%d lines came at once, %d at most", len(batch), most)
		}
		if lines = append(lines, batch...); len(lines) >= n {
			stop()
		}
		return nil
	})
	if err != nil || len(lines) != n {
		t.Fatalf("%d lines after %d, want %d; %v", len(lines), after, n, err)
	}
	return lines
}

func TestFollowGivesEveryLineAsItStands(t *testing.T) {
	log, b := open(t)
	said := order(phone, "1", "received")
	said.Session = dialogue.Session{State: "confirm", Profile: dialogue.Profile{Language: "sw", Station: "ST01"}}
	placed := add(t, log, said, 0)
	told := turn(phone, "1", "confirmed")
	told.Amends = placed
	if _, err := log.Amend(t.Context(), told); err != nil {
		t.Fatal(err)
	}
	if _, err := log.AddStatus(t.Context(), phone, "demo", func(s gateway.Status) (gateway.Status, bool) {
		return s.Next(gateway.Status{Ref: "2", State: gateway.Sent, Reason: "taken"})
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := b.JetStream().Publish(t.Context(), "log.000.1.turn.demo.sms.screen", []byte("{")); err != nil {
		t.Fatal(err)
	}
	add(t, log, turn("+254700000002", "2", "menu"), 0)
	var got []string
	for _, l := range followed(t, log, 0, 2, 5) {
		got = append(got, fmt.Sprint(l.Seq, " ", l.Kind, " ", l.Phone, " ", l.In, ">", l.Out, " ", l.Amends, l.Language, l.Station, l.Screen, l.Ref, l.Status, l.Reason, l.Broken != nil))
		if at, err := log.At(t.Context(), l.Seq); err != nil || !at.Equal(l.At) {
			t.Errorf("message %d is of %s, not %s, %v", l.Seq, l.At, at, err)
		}
	}
	want := []string{
		"1 turn +254700000001 1>received 0swST01confirmfalse", "2 turn +254700000001 1>confirmed 1false", "3 status +254700000001 > 02senttakenfalse",
		"4   > 0true", "5 turn +254700000002 2>menu 0false",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if rest := followed(t, log, 3, 10, 2); rest[0].Seq != 4 {
		t.Errorf("after 3 comes %d", rest[0].Seq)
	}
}

func TestFollowEndsWithItsReadersFault(t *testing.T) {
	log, _ := open(t)
	add(t, log, turn(phone, "", "menu"), 0)
	fault := errors.New("full")
	if err := log.Follow(t.Context(), 0, 1, func([]messagelog.Line) error { return fault }); !errors.Is(err, fault) {
		t.Errorf("got %v", err)
	}
}

func TestExtent(t *testing.T) {
	log, b := open(t)
	empty, err := log.Extent(t.Context())
	if err != nil || empty.First != 1 || empty.Last != 0 || empty.Made.IsZero() {
		t.Errorf("an empty log is %+v, %v", empty, err)
	}
	first := add(t, log, turn(phone, "", "menu"), 0)
	add(t, log, turn(phone, "1", "menu"), first)
	stream, err := b.JetStream().Stream(t.Context(), bus.Messages)
	if err != nil {
		t.Fatal(err)
	}
	if err := stream.DeleteMsg(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	x, err := log.Extent(t.Context())
	if err != nil || x.First != 2 || x.Last != 2 || !x.Made.Equal(empty.Made) {
		t.Errorf("the log is %+v, %v", x, err)
	}
	if _, err := log.At(t.Context(), first); !errors.Is(err, gateway.ErrNotFound) {
		t.Errorf("a message that is gone: %v", err)
	}
	if err := stream.Purge(t.Context()); err != nil {
		t.Fatal(err)
	}
	if x, err = log.Extent(t.Context()); err != nil || x.First != 3 || x.Last != 2 {
		t.Errorf("a log of which all is gone is %+v, %v", x, err)
	}
}
