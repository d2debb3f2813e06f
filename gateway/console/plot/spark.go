package plot

import (
	"fmt"
	"html/template"
	"strings"
)

// Spark is a small line without axes, for beside a number that says what it is:
// it is nothing for who cannot see it.
func Spark(values []float64) template.HTML {
	const wide, high = 96.0, 24.0
	highest := 0.0
	for _, v := range values {
		if finite(v) {
			highest = max(highest, v)
		}
	}
	if highest == 0 {
		highest = 1
	}
	var d strings.Builder
	pen := "M"
	for i, v := range values {
		if !finite(v) {
			pen = "M"
			continue
		}
		fmt.Fprintf(&d, "%s%.1f %.1f", pen, (float64(i)+.5)*wide/float64(len(values)), high-2-max(v, 0)/highest*(high-4))
		pen = "L"
	}
	return template.HTML(fmt.Sprintf(`<svg class="spark" viewBox="0 0 %g %g" aria-hidden="true"><path d="%s"/></svg>`, wide, high, d.String())) //nolint:gosec // numbers alone
}

// Bar is a horizontal bar of a share of the whole width, and in it a part, both
// from 0 to 1. What it says stands beside it.
func Bar(share, part float64) template.HTML {
	return template.HTML(fmt.Sprintf(`<svg class="barplot" aria-hidden="true"><rect class="whole" width="%.1f%%" height="100%%"/><rect class="part" width="%.1f%%" height="100%%"/></svg>`, //nolint:gosec // numbers alone
		100*within(share), 100*within(part)))
}

func within(share float64) float64 {
	if !finite(share) {
		return 0
	}
	return min(max(share, 0), 1)
}
