package gateway

import (
	"testing"

	"pgregory.net/rapid"
)

func TestStatusNext(t *testing.T) {
	tests := []struct {
		name  string
		news  []Status
		want  State
		news2 bool // whether the last news is news
	}{
		{"sent", []Status{{Ref: "7", CarrierID: "c7", State: Sent}}, Sent, true},
		{"delivered after sent", []Status{{Ref: "7", CarrierID: "c7", State: Sent}, {CarrierID: "c7", State: Delivered}}, Delivered, true},
		{"sent after delivered", []Status{{Ref: "7", CarrierID: "c7", State: Sent}, {CarrierID: "c7", State: Delivered}, {CarrierID: "c7", State: Sent}}, Delivered, false},
		{"delivered twice", []Status{{Ref: "7", CarrierID: "c7", State: Delivered}, {CarrierID: "c7", State: Delivered}}, Delivered, false},
		{"failed after delivered", []Status{{Ref: "7", CarrierID: "c7", State: Delivered}, {CarrierID: "c7", State: Failed}}, Delivered, false},
		{"report before the send returned", []Status{{CarrierID: "c7", State: Delivered}, {Ref: "7", CarrierID: "c7", State: Sent}}, Delivered, true},
		{"sent after a retry", []Status{{Ref: "7", State: Retrying, Attempt: 1}, {Ref: "7", State: Retrying, Attempt: 2}, {Ref: "7", CarrierID: "c7", State: Sent, Attempt: 3}}, Sent, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var s Status
			var news bool
			for _, n := range tt.news {
				s, news = s.Next(n)
			}
			if got, _ := s.Of("7", "c7"); got.State != tt.want || news != tt.news2 {
				t.Errorf("state %s, news %v", got.State, news)
			}
		})
	}
}

func TestStatusNeverGoesBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var s Status
		rank := map[string]int{}
		for range rapid.IntRange(1, 40).Draw(t, "reports") {
			ref := rapid.SampledFrom([]string{"1", "2", "3", "4", "5"}).Draw(t, "ref")
			news := Status{Ref: ref, CarrierID: "c" + ref, State: rapid.SampledFrom([]State{Retrying, Sent, Buffered, Delivered, Failed, Suppressed}).Draw(t, "state")}
			s, _ = s.Next(news)
			now, known := s.Of(ref, "")
			if !known || now.State.Rank() < rank[ref] {
				t.Fatalf("message %s went from rank %d to %q", ref, rank[ref], now.State)
			}
			rank[ref] = now.State.Rank()
			if len(s.Recent) >= maxStatuses {
				t.Fatalf("%d messages are remembered", len(s.Recent)+1)
			}
		}
	})
}
