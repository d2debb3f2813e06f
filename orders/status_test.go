package orders

import (
	"slices"
	"testing"
)

var all = []Status{Placed, Confirmed, Dispatched, Arrived, Collected, Returned, Rejected, Cancelled}

// TestStatusMachine asks for every pair; a letter says that the row may become
// the column.
func TestStatusMachine(t *testing.T) {
	table := map[Status]string{ // placed confirmed dispatched arrived collected returned rejected cancelled
		Placed:     "-c----rx",
		Confirmed:  "--d----x",
		Dispatched: "---a-b--",
		Arrived:    "----cb--",
		Collected:  "--------",
		Returned:   "--------",
		Rejected:   "--------",
		Cancelled:  "--------",
	}
	for _, from := range all {
		for i, to := range all {
			if want := table[from][i] != '-'; from.CanBecome(to) != want {
				t.Errorf("%s to %s: %v, want %v", from, to, !want, want)
			}
		}
		if want := table[from] == "--------"; from.Final() != want {
			t.Errorf("%s is final: %v, want %v", from, !want, want)
		}
	}
	if Status("lost").CanBecome(Placed) || Placed.CanBecome("lost") {
		t.Error("an unknown status moves")
	}
}

// Every order comes to an end, whatever happens to it.
func TestStatusMachineEnds(t *testing.T) {
	var walk func(s Status, steps int)
	walk = func(s Status, steps int) {
		if steps > len(all) {
			t.Fatalf("%s can go round", s)
		}
		for _, to := range all {
			if s.CanBecome(to) {
				walk(to, steps+1)
			}
		}
	}
	walk(Placed, 0)
}

// TestOperatorsTransitions asks for every pair; a letter says that an operator
// may take the row to the column.
func TestOperatorsTransitions(t *testing.T) {
	table := map[Status]string{ // placed confirmed dispatched arrived collected returned rejected cancelled
		Placed:     "-c-----x",
		Confirmed:  "------rx",
		Dispatched: "--------",
		Arrived:    "--------",
		Collected:  "--------",
		Returned:   "--------",
		Rejected:   "-c------",
		Cancelled:  "--------",
	}
	for _, from := range all {
		for i, to := range all {
			if want := table[from][i] != '-'; from.OperatorMay(to) != want {
				t.Errorf("%s to %s by an operator: %v, want %v", from, to, !want, want)
			}
		}
	}
	if Status("lost").OperatorMay(Confirmed) || Confirmed.OperatorMay("lost") {
		t.Error("an unknown status moves")
	}
}

// Whatever operators do, the goods have left the shop for good: nothing that they
// may do leads out of a status that an order has after its dispatch, and from
// everything before it there is a way to an end without them.
func TestOperatorsLeaveAnEnd(t *testing.T) {
	for _, from := range all {
		for _, to := range all {
			if from.OperatorMay(to) && !to.Final() && !to.CanBecome(Cancelled) && !to.CanBecome(Dispatched) {
				t.Errorf("an operator can leave an order %s for ever", to)
			}
		}
	}
	if got := Statuses(); !slices.Equal(got, all) {
		t.Errorf("all statuses are %v", got)
	}
}
