package parse

import (
	"fmt"
	"strings"
	"testing"

	"haat/catalog"
)

// BenchmarkText understands the samples, one after the other on one core, with
// the sample catalogue and with one of 20,000 products. It reports texts a
// second, and how many times slower the large catalogue makes a text.
func BenchmarkText(b *testing.B) {
	lines := readLines(b, "testdata/dev.jsonl")
	small := parserFor(b, sampleCatalog)
	large := New(enlarged(small, 20_000), small.languages)
	perText := map[string]float64{}
	for _, c := range []struct {
		name string
		p    *Parser
	}{{"products=115", small}, {"products=20000", large}} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for i := range b.N {
				l := &lines[i%len(lines)]
				c.p.Text(l.Text, l.Lang)
			}
			perText[c.name] = b.Elapsed().Seconds() / float64(b.N)
			b.ReportMetric(1/perText[c.name], "texts/s")
			if c.p == large {
				b.ReportMetric(perText["products=20000"]/perText["products=115"], "times-slower")
			}
		})
	}
}

// enlarged is the parser's catalogue with more products of the same kinds, each
// with a brand of its own in all its names.
func enlarged(p *Parser, n int) *catalog.Catalog {
	var products []catalog.Product
	for i := range n {
		q := *p.index.products[i%len(p.index.products)].Product
		if round := i / len(p.index.products); round > 0 {
			brand := brandName(round)
			q.SKU, q.Number = fmt.Sprint(strings.ToUpper(brand), i), 0
			q.Names, q.Short = branded(q.Names, brand), branded(q.Short, brand)
			q.Aliases = nil
			for _, alias := range p.index.products[i%len(p.index.products)].Aliases {
				q.Aliases = append(q.Aliases, brand+" "+alias)
			}
		}
		products = append(products, q)
	}
	return catalog.New("large", products, nil)
}

func branded(names map[string]string, brand string) map[string]string {
	out := map[string]string{}
	for code, name := range names {
		out[code] = brand + " " + name
	}
	return out
}

// brandName makes a word of three syllables for every number below 1000.
func brandName(n int) string {
	syllables := [10]string{"ba", "dor", "ki", "lum", "ne", "po", "rus", "ta", "vim", "zo"}
	return syllables[n/100%10] + syllables[n/10%10] + syllables[n%10]
}

// BenchmarkNew prepares parsers, as every import of a catalogue does.
func BenchmarkNew(b *testing.B) {
	small := parserFor(b, sampleCatalog)
	for _, n := range []int{115, 20_000} {
		c := enlarged(small, n)
		b.Run(fmt.Sprint("products=", n), func(b *testing.B) {
			for b.Loop() {
				New(c, small.languages)
			}
		})
	}
}
