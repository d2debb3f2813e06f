package console

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"haat/gateway"
	"haat/gateway/console/index"
	"haat/gateway/messagelog"
	"haat/orders"
)

// maxOrderRows is how many messages about an order its page shows: more than the
// acts that an order can have make.
const maxOrderRows = 250

// orderEvent is one point of an order's timeline: a status that it got, a note, a
// message about it, or what became of that.
type orderEvent struct {
	Kind   string // "step", "note", "turn", "notice", "status"
	At     time.Time
	Clock  string
	Stamp  string
	Status string // of a step
	Tone   string
	By     string // an operator; "" where the villager or the stock decided
	Text   string // a reason or a note, with masked numbers
	Link   string // to the very message in the conversation
	Line   line   // of a message
}

// orderEvents joins what happened to an order with what was said about it, the
// oldest first.
// Who may not see the pickup code does not find it in what the villager was told.
func (c *Console) orderEvents(ctx context.Context, rec *orders.Record, codes bool) (events []orderEvent, err error) {
	phone := gateway.Phone(rec.Order.Phone)
	add := func(e orderEvent) {
		e.Clock, e.Stamp = c.clock(e.At), c.stampOf(e.At)
		events = append(events, e)
	}
	rows, err := c.aboutOrder(ctx, rec.Order)
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		l := c.rowOf(row)
		if !codes && rec.Order.PickupCode != "" {
			l.In, l.Out = strings.ReplaceAll(l.In, rec.Order.PickupCode, dots), strings.ReplaceAll(l.Out, rec.Order.PickupCode, dots)
		}
		at := strconv.FormatUint(row.Seq, 10)
		if row.Kind == messagelog.KindStatus {
			at = row.Ref // the conversation shows it there
		}
		add(orderEvent{Kind: string(row.Kind), At: row.At, Line: l, Tone: l.Tone, Link: "/phone/" + l.Token + "?at=" + at + "#m" + at})
	}
	for _, s := range rec.Steps {
		add(orderEvent{Kind: "step", At: s.At, Status: string(s.Status), Tone: orderTone(s.Status), By: s.By, Text: maskNumbers(s.Reason, phone)})
	}
	for _, n := range rec.Notes {
		add(orderEvent{Kind: "note", At: n.At, By: n.By, Text: maskNumbers(n.Text, phone)})
	}
	slices.SortStableFunc(events, func(x, y orderEvent) int { return cmp.Compare(x.At.UnixNano(), y.At.UnixNano()) })
	return events, nil
}

// aboutOrder are the rows of the messages about an order, and of what became of
// them.
func (c *Console) aboutOrder(ctx context.Context, o orders.Order) ([]index.Row, error) {
	page, err := c.Index.Search(ctx, index.Filter{Order: o.ID}, 0, maxOrderRows)
	if err != nil || len(page.Rows) == 0 {
		return nil, err
	}
	rows := page.Rows
	known := map[string]bool{}
	for _, row := range rows {
		known[strconv.FormatUint(row.Seq, 10)] = true
	}
	// A status names its message, not the order.
	fates, err := c.Index.After(ctx, index.Filter{Phone: gateway.Phone(o.Phone), Kind: messagelog.KindStatus}, rows[len(rows)-1].Seq, index.MaxPage)
	if err != nil {
		return nil, err
	}
	for _, row := range fates {
		if known[row.Ref] {
			rows = append(rows, row)
		}
	}
	// Whose phone it is not has no part in this: an id is only a text.
	return slices.DeleteFunc(rows, func(row index.Row) bool { return row.Phone != gateway.Phone(o.Phone) }), nil
}

// Villager tells whether the status is one that a villager gives.
func (e orderEvent) Villager() bool {
	return e.Status == string(orders.Placed) || e.Status == string(orders.Cancelled)
}
