package dialogue

import (
	"strings"
	"testing"

	"haat/orders"
)

// What an operator rejects is not counted: the villager is told that there is not
// enough, and is not invited to order the same again.
func TestRejectedByAnOperator(t *testing.T) {
	w := market(t)
	e := orders.Event{Kind: orders.Rejected, Act: "a", Order: orders.Order{Number: 10023, Lines: []orders.Line{{SKU: "RICE5", Qty: 2}}}}
	for _, l := range w.Languages.Languages() {
		got := Notice(e, l, w)
		if !strings.Contains(got, l.Phrases.NoticeRejected.With("number", "10023")) || strings.Contains(got, "RICE5") || strings.Contains(got, "\n") {
			t.Errorf("%s: %q", l.Code, got)
		}
	}
	e.Shortages = []orders.Shortage{{SKU: "RICE5", Left: 1}}
	if got := Notice(e, w.Languages.English(), w); !strings.Contains(got, "RICE5 1") {
		t.Errorf("short of stock: %q", got)
	}
}
