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

// Final tells whether nothing more can happen to the order.
func (s Status) Final() bool { return len(next[s]) == 0 }
