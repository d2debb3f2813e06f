package attention

import (
	"strconv"
	"time"

	"haat/gateway"
	"haat/gateway/console/index"
)

// Kind is a group of items.
type Kind string

// The kinds, in the order of pages.
const (
	Channels Kind = "channels" // down, silent, out of budget
	Overdue  Kind = "overdue"  // not sent, not reported on, not decided for too long
	Failed   Kind = "failed"   // SMS that did not arrive
	Unknown  Kind = "unknown"  // texts that were not understood
	Reports  Kind = "reports"  // delivery reports on SMS that are not known
	Dead     Kind = "dead"     // messages that nobody can process
)

// Kinds are all.
var Kinds = []Kind{Channels, Overdue, Failed, Unknown, Reports, Dead}

// Item is one thing that waits for a person.
type Item struct {
	Key     string // the same as long as it is the same thing
	Mark    uint64 // grows with news of it
	Kind    Kind
	Reason  string // a word of a small fixed set, which pages have a sentence for
	Since   time.Time
	Row     index.Row // of what is in the log
	Channel string
	Count   int    // texts that were not understood, orders that wait, percent of a budget
	Why     string // what is known beyond the reason, in the words of haat or a carrier
	Code    string // the carrier's
	Letter  *DeadLetter
	Spot    string // where a page goes on after it
}

// The reasons that are not the state of an SMS.
const (
	ReasonWaiting    = "waiting"
	ReasonUnknown    = "unknown"
	ReasonReport     = "report"
	ReasonUnreadable = "unreadable"
	ReasonDead       = "dead"
	ReasonDown       = "down"
	ReasonSilent     = "silent"
	ReasonBudgetNear = "budget_near"
	ReasonBudgetUsed = "budget_used"
	ReasonUndecided  = "undecided"
)

// Movable tells whether its SMS may be sent again or dropped.
func (i Item) Movable() bool {
	return i.Row.State == gateway.Failed || i.Row.State == gateway.Expired || i.Row.State == gateway.Held || i.Row.State == gateway.Retrying ||
		i.Reason == ReasonWaiting
}

// itemOf is a trouble of the index as an item.
func itemOf(t index.Trouble) Item {
	i := Item{Key: "m" + strconv.FormatUint(t.Seq, 10), Mark: t.Last, Since: t.Since, Row: t.Row, Channel: t.Row.Channel, Count: t.Count, Why: t.Why, Code: t.Code, Spot: spotText(t.Spot)}
	switch t.List {
	case index.ListFailed:
		i.Kind, i.Reason = Failed, string(t.Row.State)
	case index.ListWaiting:
		i.Kind, i.Reason = Overdue, string(t.Row.State)
		if t.Row.State == "" {
			i.Reason = ReasonWaiting
		}
	case index.ListUnknown:
		i.Kind, i.Reason, i.Key = Unknown, ReasonUnknown, "t"+strconv.FormatUint(t.Seq, 10)
	case index.ListReport:
		i.Kind, i.Reason = Reports, ReasonReport
	case index.ListUnreadable:
		i.Kind, i.Reason = Dead, ReasonUnreadable
	default:
		i.Kind, i.Reason = Overdue, string(t.Row.State)
	}
	return i
}
