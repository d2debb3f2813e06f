package consoletest

import (
	"context"
	"math"
	"slices"
	"time"

	"haat/gateway"
	"haat/gateway/console/alert"
	"haat/gateway/console/index"
)

// Figures are figures in memory, and a haat with one channel in which nothing is
// wrong. They implement what the overview and the alerts ask.
type Figures []index.Figure

// Figures implements [alert.Figures].
func (f Figures) Figures(_ context.Context, a index.Asked) (all []index.Figure, err error) {
	for _, each := range f {
		if !each.At.Before(a.From) && each.At.Before(a.To) && slices.Contains(a.Names, each.Name) && (a.Channel == "" || a.Channel == each.Channel) {
			all = append(all, each)
		}
	}
	return all, nil
}

// Channels implements [alert.States].
func (Figures) Channels(context.Context) ([]alert.Channel, error) {
	return []alert.Channel{{Name: "kenya", Budget: math.NaN(), Left: &gateway.Cost{Micros: 1_785_500_000, Currency: "KES"}}}, nil
}

// Queues implements [alert.States].
func (Figures) Queues(context.Context) (map[string]uint64, error) { return nil, nil }

// Behind implements [alert.States].
func (Figures) Behind(context.Context) (time.Duration, error) { return 0, nil }

// Free implements [alert.States].
func (Figures) Free(context.Context) (float64, error) { return 1, nil }
