package plot

import (
	"fmt"
	"html/template"
	"math"
	"strings"
	"time"
)

// Series is one line of a plot. A value that is not a number is a gap.
type Series struct {
	Name   string
	Values []float64
}

// Times is a plot of figures over time.
type Times struct {
	Label  string // what is to be seen, in a sentence
	Starts []time.Time
	Step   time.Duration // how long a stretch is
	Series []Series      // [MaxSeries] at most; more are left out
	Say    func(float64) string
	Top    float64  // the least upper end of the axis
	Limit  *float64 // a line across, where an alert begins
	Clock  string   // how the times at a value are written
}

// Bounds of a plot.
const (
	MaxSeries = 6
	MaxSteps  = 400
)

// The plot's own measures: pages scale it.
const (
	width, height = 400.0, 152.0
	left, right   = 44.0, 8.0
	top, bottom   = 8.0, 20.0
	inside        = width - left - right
	tall          = height - top - bottom
)

// SVG draws the plot. Whoever points at a stretch is told its values.
func (p Times) SVG() template.HTML {
	n := min(len(p.Starts), MaxSteps)
	p.Series = p.Series[:min(len(p.Series), MaxSeries)]
	highest := p.highest(n)
	ticks := Ticks(highest, 3)
	highest = max(highest, ticks[len(ticks)-1])
	y := func(v float64) float64 { return top + tall - within(v/highest)*tall }
	var b strings.Builder
	fmt.Fprintf(&b, `<svg class="plot" viewBox="0 0 %g %g" role="img" aria-label="%s">`, width, height, template.HTMLEscapeString(p.Label))
	for _, t := range ticks {
		fmt.Fprintf(&b, `<path class="grid" d="M%g %.1fH%g"/><text x="%g" y="%.1f" text-anchor="end">%s</text>`,
			left, y(t), width-right, left-6, y(t)+3.5, template.HTMLEscapeString(p.say(t)))
	}
	p.writeTimes(&b, n)
	for i, s := range p.Series {
		writeSeries(&b, i, s.Values[:min(len(s.Values), n)], n, y)
	}
	if p.Limit != nil && *p.Limit <= highest && *p.Limit >= 0 {
		fmt.Fprintf(&b, `<path class="limit" d="M%g %.1fH%g"/>`, left, y(*p.Limit), width-right)
	}
	p.writeSlots(&b, n)
	b.WriteString("</svg>")
	return template.HTML(b.String()) //nolint:gosec // every text in it is escaped
}

func (p Times) say(v float64) string {
	if p.Say == nil {
		return fmt.Sprintf("%g", v)
	}
	return p.Say(v)
}

// highest is the upper end of the axis.
func (p Times) highest(n int) float64 {
	highest := 0.0
	if finite(p.Top) {
		highest = max(p.Top, 0)
	}
	if p.Limit != nil && finite(*p.Limit) {
		highest = max(highest, *p.Limit)
	}
	for _, s := range p.Series {
		for _, v := range s.Values[:min(len(s.Values), n)] {
			if finite(v) {
				highest = max(highest, v)
			}
		}
	}
	if highest < 1e-9 {
		return 1
	}
	return highest
}

// beyond is more than any figure; such values are drawn as gaps.
const beyond = 1e15

func finite(v float64) bool { return math.Abs(v) < beyond }

// middle is where the value of a stretch stands.
func middle(i, n int) float64 { return left + (float64(i)+.5)*inside/float64(n) }

func writeSeries(b *strings.Builder, number int, values []float64, n int, y func(float64) float64) {
	var line, alone strings.Builder
	for i, v := range values {
		if !finite(v) {
			continue
		}
		before := i > 0 && finite(values[i-1])
		after := i+1 < len(values) && finite(values[i+1])
		switch {
		case before:
			fmt.Fprintf(&line, "L%.1f %.1f", middle(i, n), y(v))
		case after:
			fmt.Fprintf(&line, "M%.1f %.1f", middle(i, n), y(v))
		default: // between two gaps
			fmt.Fprintf(&alone, `<circle class="s%d" cx="%.1f" cy="%.1f" r="2"/>`, number, middle(i, n), y(v))
		}
	}
	if line.Len() > 0 {
		fmt.Fprintf(b, `<path class="series s%d" d="%s"/>`, number, line.String())
	}
	b.WriteString(alone.String())
}

// maxTimes is how many times stand below a plot.
const maxTimes = 5

func (p Times) writeTimes(b *strings.Builder, n int) {
	if n == 0 {
		return
	}
	format := "15:04"
	if p.Starts[n-1].Sub(p.Starts[0]) > 25*time.Hour {
		format = "01-02"
	}
	every := (n + maxTimes - 1) / maxTimes
	for i := every / 2; i < n; i += every {
		fmt.Fprintf(b, `<text x="%.1f" y="%g" text-anchor="middle">%s</text>`, middle(i, n), height-5, p.Starts[i].Format(format))
	}
}

// writeSlots lays a strip over each stretch that says its values.
func (p Times) writeSlots(b *strings.Builder, n int) {
	for i := range n {
		fmt.Fprintf(b, `<rect class="slot" x="%.1f" y="%g" width="%.1f" height="%g"><title>%s</title></rect>`,
			left+float64(i)*inside/float64(n), top, inside/float64(n), tall, template.HTMLEscapeString(p.Read(i)))
	}
}

// Read says the values of a stretch in words.
func (p Times) Read(i int) string {
	said := []string{p.Starts[i].Format(p.clock())}
	for _, s := range p.Series {
		if i < len(s.Values) && finite(s.Values[i]) {
			said = append(said, s.Name+" "+p.say(s.Values[i]))
		} else {
			said = append(said, s.Name+" –")
		}
	}
	return strings.Join(said, " · ")
}

func (p Times) clock() string {
	if p.Clock == "" {
		return "01-02 15:04"
	}
	return p.Clock
}

// Ticks are round numbers from 0 to at least most, about so many steps of 1, 2 or
// 5 and a power of ten.
func Ticks(most float64, about int) []float64 {
	if !finite(most) || most <= 0 || about < 1 {
		return []float64{0, 1}
	}
	raw := most / float64(about)
	power := math.Pow(10, math.Floor(math.Log10(raw)))
	step := 10 * power
	for _, each := range []float64{1, 2, 5} {
		if each*power >= raw*(1-1e-9) {
			step = each * power
			break
		}
	}
	var ticks []float64
	for i := 0; ; i++ {
		ticks = append(ticks, float64(i)*step)
		if ticks[i] >= most*(1-1e-9) || i > 2*about+2 {
			return ticks
		}
	}
}
