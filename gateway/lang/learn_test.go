package lang

import (
	"slices"
	"strings"
	"testing"
)

func TestLearn(t *testing.T) {
	set := load(t, "sw", "fr")
	learned, err := set.Learn([]byte("sw:\n  filler: [sasa bwana]\n  counters: {bag: [debe kubwa]}\n  numbers: {kenda: 9}\n  inflect: {ends: {ni: ''}}\nen:\n  buy: [gimme dat]\n"))
	if err != nil {
		t.Fatal(err)
	}
	sw, was := learned.Get("sw").Words, set.Get("sw").Words
	switch {
	case !slices.Contains(sw.Filler, "sasa bwana") || len(sw.Filler) != len(was.Filler)+1:
		t.Error("a list was not made longer by one")
	case !slices.Contains(sw.Counters["bag"], "debe kubwa") || len(sw.Counters["bag"]) != len(was.Counters["bag"])+1:
		t.Error("a list in a map was not made longer by one")
	case sw.Numbers["kenda"] != 9 || len(sw.Numbers) < len(was.Numbers):
		t.Error("a number was not learned")
	case len(sw.Inflect.Ends) != len(was.Inflect.Ends)+1:
		t.Error("an ending was not learned")
	case slices.Contains(was.Filler, "sasa bwana") || slices.Contains(was.Counters["bag"], "debe kubwa"):
		t.Error("the set that learned has changed the one that it was made from")
	case !slices.Contains(learned.English().Words.Buy, "gimme dat"):
		t.Error("English has not learned, though it is not offered")
	case learned.Get("fr") != set.Get("fr"):
		t.Error("a language without words of the place is another")
	}
}

func TestLearnRefuses(t *testing.T) {
	for _, tt := range []struct{ name, yaml, says string }{
		{"a language that is not spoken", "hi:\n  filler: [ji]\n", `"hi"`},
		{"a list that there is not", "sw:\n  fillers: [bwana]\n", "fillers"},
		{"what is no list", "sw:\n  filler: {bwana: 1}\n", "filler"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := load(t, "sw").Learn([]byte(tt.yaml)); err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("the error is %v, want one that says %q", err, tt.says)
			}
		})
	}
}
