package plot_test

import (
	"encoding/xml"
	"errors"
	"io"
	"math"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"haat/gateway/console/plot"
)

var noon = time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)

func starts(n int) (all []time.Time) {
	for i := range n {
		all = append(all, noon.Add(time.Duration(i)*time.Minute))
	}
	return all
}

// wellFormed reads a picture as XML.
func wellFormed(t interface{ Fatalf(string, ...any) }, svg string) {
	for d := xml.NewDecoder(strings.NewReader(svg)); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatalf("%v in %.2000s", err, svg)
		}
	}
}

func TestGapsAreGaps(t *testing.T) {
	nan := math.NaN()
	svg := string(plot.Times{Starts: starts(7), Series: []plot.Series{{"a", []float64{1, 2, nan, 4, nan, 3, 3}}}}.SVG())
	if n := strings.Count(svg, "M") - strings.Count(svg, `class="grid" d="M`); n != 2 {
		t.Errorf("%d lines, want 2: %s", n, svg)
	}
	if strings.Count(svg, "<circle") != 1 {
		t.Error("the value between two gaps is not to be seen")
	}
	for _, want := range []string{"11-28 12:00 · a 1<", "11-28 12:02 · a –<", "11-28 12:06 · a 3<"} {
		if !strings.Contains(svg, want) {
			t.Errorf("nothing says %s", want)
		}
	}
}

func TestTimesAreOfTheirZone(t *testing.T) {
	at := noon.In(time.FixedZone("EAT", 3*60*60))
	if said := (plot.Times{Starts: []time.Time{at}}).Read(0); said != "11-28 15:00" {
		t.Errorf("said %q", said)
	}
}

func TestAnyFiguresMakeAPicture(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 450).Draw(t, "n")
		p := plot.Times{Label: rapid.SampledFrom([]string{"", `"><script>`, "figures & more"}).Draw(t, "label"), Starts: starts(n), Top: rapid.Float64().Draw(t, "top")}
		for range rapid.IntRange(0, 8).Draw(t, "series") {
			p.Series = append(p.Series, plot.Series{Name: rapid.SampledFrom([]string{"a", `</title><script>`, "'\""}).Draw(t, "name"), Values: rapid.SliceOfN(rapid.OneOf(rapid.Float64(), rapid.SampledFrom([]float64{math.NaN(), math.Inf(1), 0})), 0, 20).Draw(t, "values")})
		}
		if limit := rapid.Float64().Draw(t, "limit"); rapid.Bool().Draw(t, "limited") {
			p.Limit = &limit
		}
		svg := string(p.SVG())
		wellFormed(t, svg)
		if strings.Contains(svg, "<script") || strings.Contains(svg, "NaN") || strings.Contains(svg, "Inf") {
			t.Fatalf("%.3000s", svg)
		}
		if got := strings.Count(svg, "<rect"); got != min(n, plot.MaxSteps) {
			t.Fatalf("%d stretches of %d", got, n)
		}
	})
}

func TestTicks(t *testing.T) {
	for name, tt := range map[string]struct {
		most float64
		want []float64
	}{
		"nothing":   {0, []float64{0, 1}},
		"one":       {1, []float64{0, .5, 1}},
		"three":     {3, []float64{0, 1, 2, 3}},
		"seven":     {7, []float64{0, 5, 10}},
		"hundreds":  {412, []float64{0, 200, 400, 600}},
		"a share":   {.3, []float64{0, .1, .2, .3}},
		"no number": {math.NaN(), []float64{0, 1}},
	} {
		t.Run(name, func(t *testing.T) {
			got := plot.Ticks(tt.most, 3)
			if len(got) != len(tt.want) {
				t.Fatalf("%v, want %v", got, tt.want)
			}
			for i := range got {
				if math.Abs(got[i]-tt.want[i]) > 1e-9 {
					t.Errorf("%v, want %v", got, tt.want)
				}
			}
		})
	}
}

func TestSmallPictures(t *testing.T) {
	for _, svg := range []string{
		string(plot.Spark(nil)), string(plot.Spark([]float64{math.NaN(), 1, -3, math.Inf(1)})), string(plot.Bar(2, -1)), string(plot.Bar(math.NaN(), .5)),
	} {
		wellFormed(t, svg)
		if strings.Contains(svg, "NaN") || strings.Contains(svg, "Inf") || strings.Contains(svg, `"-`) || strings.Contains(svg, "200") {
			t.Error(svg)
		}
	}
}
