package dialogue

import (
	"fmt"
	"testing"

	"haat/gateway/gsm"
	"haat/gateway/screen"
)

// TestHelpedInEveryLanguage is what a phone is shown that dials while an operator
// speaks with its owner: one screen of any channel.
func TestHelpedInEveryLanguage(t *testing.T) {
	t.Run("held_in_every_language", heldInEveryLanguage)
}

func heldInEveryLanguage(t *testing.T) {
	p := newPhone(t, USSD)
	w := p.w
	for _, code := range everyLanguage {
		for _, budget := range []screen.Budget{
			screen.USSD(), {Septets: 160, Units: 70, GSM7: true}, {Septets: screen.MinSeptets, Units: screen.MinUnits}, {Septets: screen.MinSeptets, Units: screen.MinUnits, GSM7: true},
		} {
			w.Budget = budget
			text := Helped(w.Languages.Get(code), w)
			if text == "" || !budget.Fits(text) || budget.GSM7 && gsm.Encoding(text) != gsm.GSM7 {
				t.Errorf("%s: %q is no screen of %+v", code, text, budget)
			}
			fmt.Fprintf(&p.script, "%s %+v\n  %s\n", code, budget, text)
		}
	}
	p.done()
}
