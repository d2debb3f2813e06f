package orders

import "slices"

// Status is where an order stands.
type Status string

// The statuses of an order, in the order in which a lucky one passes them.
const (
	Placed     Status = "placed"     // confirmed by the villager, not yet decided
	Confirmed  Status = "confirmed"  // stock is taken
	Dispatched Status = "dispatched" // on its way to the station
	Arrived    Status = "arrived"    // waiting at the station
	Collected  Status = "collected"  // handed over
	Returned   Status = "returned"   // sent back from the station
	Rejected   Status = "rejected"   // could not be filled
	Cancelled  Status = "cancelled"  // called off
)

// next lists where each status may go; a status that is missing is final.
var next = map[Status][]Status{
	Placed:     {Confirmed, Rejected, Cancelled},
	Confirmed:  {Dispatched, Cancelled},
	Dispatched: {Arrived, Returned},
	Arrived:    {Collected, Returned},
}

// CanBecome tells whether an order may go from s to t.
func (s Status) CanBecome(t Status) bool { return slices.Contains(next[s], t) }

// Final tells whether nothing more happens to the order by itself: an operator
// may still fill one that was rejected.
func (s Status) Final() bool { return len(next[s]) == 0 }

// byOperator lists where an operator may take each status. It is not a part of
// next: a villager cannot reopen what was rejected, and every round that an order
// goes begins with a person's act.
var byOperator = map[Status][]Status{
	Placed:    {Confirmed, Cancelled},
	Confirmed: {Rejected, Cancelled},
	Rejected:  {Confirmed},
}

// OperatorMay tells whether an operator may take an order from s to t.
func (s Status) OperatorMay(t Status) bool { return slices.Contains(byOperator[s], t) }

// Statuses are all, in the order in which a lucky order passes them.
func Statuses() []Status {
	return []Status{Placed, Confirmed, Dispatched, Arrived, Collected, Returned, Rejected, Cancelled}
}
