package screen_test

import (
	"strconv"
	"testing"

	"haat/gateway/screen"
)

func shelf(n int) screen.Draft {
	d := screen.Draft{Title: "Staples", Nav: screen.Nav{More: "More", Back: "Back", Home: "Home"}}
	for i := range n {
		d.Options = append(d.Options, screen.Option{Key: strconv.Itoa(i + 1), Text: "Rice 850", Short: "Rice"})
	}
	return d
}

func BenchmarkUsualScreen(b *testing.B) {
	d := shelf(10)
	if p := d.Page(0, screen.USSD()); p.Of != 1 {
		b.Fatalf("%d pages: %q", p.Of, p.Text)
	}
	b.ReportAllocs()
	for b.Loop() {
		d.Page(0, screen.USSD())
	}
}

func BenchmarkHint(b *testing.B) {
	d := shelf(10)
	d.Hint = "Press a number of the list."
	b.ReportAllocs()
	for b.Loop() {
		d.Page(0, screen.USSD())
	}
}

func BenchmarkHundredsOfOptions(b *testing.B) {
	for _, n := range []int{100, 1000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			d := shelf(n)
			b.ReportAllocs()
			for b.Loop() {
				d.Page(5, screen.USSD())
			}
		})
	}
}
