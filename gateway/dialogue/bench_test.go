package dialogue

import (
	"fmt"
	"testing"
	"time"
)

// BenchmarkStep takes the nine steps of a first order by USSD, menu by menu, in
// English, whose screens are the largest, and in Hindi.
func BenchmarkStep(b *testing.B) {
	for code, answers := range map[string][]string{"en": {"1", "1", "2", "1", "3", "1", "1", "1"}, "hi": {"3", "1", "1", "2", "1", "98", "1", "1", "98", "98", "1"}} {
		b.Run(code, func(b *testing.B) {
			w := market(b)
			w.Now = time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
			w.Fresh = Fresh{BasketID: "basket", OrderNumber: 10001, PickupCode: "4821"}
			steps := 0
			for b.Loop() {
				o := Step(Session{}, Input{Mode: USSD, Dial: true}, w)
				for _, a := range answers {
					o = Step(o.Session, Input{Mode: USSD, Text: a}, w)
					steps++
				}
				if o.Request == nil {
					b.Fatal(fmt.Sprintf("nothing was ordered:\n%s", o.Text))
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(steps), "ns/step")
		})
	}
}
