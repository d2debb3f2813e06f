package alert

import (
	"math"
	"slices"
	"time"
)

// sample is what a rule saw at a time.
type sample struct {
	at    time.Time
	value float64
}

// trailLong is how many looks are remembered: an hour of them, by default. They
// are in memory alone.
const trailLong = 240

// noteLocked remembers what a rule saw.
func (w *Watch) noteLocked(of about, now time.Time, r Reading) {
	points, known := w.trail[of]
	if !known && len(w.trail) >= maxOpen {
		return
	}
	value := r.Value
	if !r.Enough {
		value = math.NaN()
	}
	if len(points) == trailLong {
		points = points[:copy(points, points[1:])]
	}
	w.trail[of] = append(points, sample{now, value})
}

// Trail is what a rule has seen since haat started, an hour at most: the values
// of each subject at some times. What was not seen at a time is not a number.
func (w *Watch) Trail(k Kind, zone *time.Location) (values map[string][]float64, at []time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for of, points := range w.trail {
		for _, p := range points {
			if of.kind == k && !slices.ContainsFunc(at, p.at.Equal) {
				at = append(at, p.at)
			}
		}
	}
	slices.SortFunc(at, time.Time.Compare)
	at = at[max(0, len(at)-trailLong):]
	values = map[string][]float64{}
	for of, points := range w.trail {
		if of.kind != k {
			continue
		}
		line := make([]float64, len(at))
		for i, t := range at {
			line[i] = math.NaN()
			if j := slices.IndexFunc(points, func(p sample) bool { return p.at.Equal(t) }); j >= 0 {
				line[i] = points[j].value
			}
		}
		values[of.subject] = line
	}
	for i := range at {
		at[i] = at[i].In(zone)
	}
	return values, at
}
