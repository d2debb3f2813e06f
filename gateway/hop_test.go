package gateway

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"haat/gateway/dialogue"
)

func TestHopOf(t *testing.T) {
	in := func(session, text string) Inbound {
		return Inbound{Mode: dialogue.USSD, Session: session, Text: text, Cumulative: true}
	}
	after := func(session, hop string) Turn {
		return Turn{In: Inbound{Mode: dialogue.USSD, Session: session}, Hop: hop}
	}
	tests := []struct {
		name string
		in   Inbound
		last Turn
		want hop
	}{
		{"first dial", in("a", ""), Turn{}, hop{dial: true}},
		{"first answer", in("a", "1"), after("a", ""), hop{typed: "1", cumulative: "1"}},
		{"second answer", in("a", "1*2"), after("a", "1"), hop{typed: "2", cumulative: "1*2"}},
		{"empty answer", in("a", "1*2*"), after("a", "1*2"), hop{typed: "", cumulative: "1*2*"}},
		{"answer after an empty one", in("a", "1**3"), after("a", "1*"), hop{typed: "3", cumulative: "1**3"}},
		{"answer with a star", in("a", "1*2*3"), after("a", "1"), hop{typed: "2*3", cumulative: "1*2*3"}},
		{"first answer with a star", in("a", "*1"), after("a", ""), hop{typed: "*1", cumulative: "*1"}},
		{"a hop was lost", in("a", "4*5*6"), after("a", "1"), hop{typed: "6", cumulative: "4*5*6"}},
		{"another session", in("b", ""), after("a", "1*2"), hop{dial: true}},
		{"dialled with answers", in("b", "1*2"), after("a", ""), hop{dial: true, typed: "1*2", cumulative: "1*2"}},
		{"after an SMS", in("a", "1*2"), Turn{In: Inbound{Mode: dialogue.SMS}}, hop{dial: true, typed: "1*2", cumulative: "1*2"}},
		{"one turn at a time", Inbound{Mode: dialogue.USSD, Session: "a", Text: "7*8"}, after("a", ""), hop{typed: "7*8"}},
		{"SMS", Inbound{Mode: dialogue.SMS, Text: "RICE5 * 2"}, after("a", "1"), hop{typed: "RICE5 * 2"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, hopOf(tt.in, tt.last), cmp.AllowUnexported(hop{})); diff != "" {
				t.Error(diff)
			}
		})
	}
}
