package parse

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"haat/catalog"
	"haat/gateway/lang"
)

var show = flag.Bool("show", false, "print every line of the corpus that is not understood as expected")

// goldenLine is one text and what it means.
type goldenLine struct {
	ID, Lang, Text string
	Expect         struct {
		Intent     string
		Items      []Item
		Candidates []string
		OrderNo    string  `json:"order_no"`
		LangTo     string  `json:"lang_to"`
		TextItem   string  `json:"text_item"`
		Qty        float64 `json:"qty"`
		Unit       string
		Price      float64
	}
}

// wanted is the meaning that the line expects, in one line.
func (l goldenLine) wanted() string {
	e := l.Expect
	m := Meaning{Intent: Intent(e.Intent), Items: e.Items, OrderNo: e.OrderNo, LangTo: e.LangTo}
	if e.Intent == "ask" {
		m.Questions = []Question{{Candidates: e.Candidates}}
	}
	if e.Intent == "sell" {
		m.Offer = Offer{Item: e.TextItem, Qty: e.Qty, Unit: e.Unit, Price: catalog.Money{Minor: int64(e.Price * 100), Currency: "KES"}}
	}
	return oneLine(m)
}

// oneLine is all of a meaning that a corpus compares: of several questions the
// first.
func oneLine(m Meaning) string {
	var b strings.Builder
	switch m.Intent {
	case Shop:
		m.Intent = Menu
	case Number:
		m.Intent = Unknown
	}
	fmt.Fprint(&b, m.Intent, m.Items, m.OrderNo, m.LangTo)
	if m.Intent == Ask {
		var first []string
		if len(m.Questions) > 0 {
			first = slices.Sorted(slices.Values(m.Questions[0].Candidates))
		}
		fmt.Fprint(&b, "?", first)
	}
	if m.Intent == Sell {
		fmt.Fprint(&b, m.Offer.Item, m.Offer.Qty, m.Offer.Unit, m.Offer.Price.Minor)
	}
	return b.String()
}

// parserFor reads a catalogue for all languages.
func parserFor(t testing.TB, file string) *Parser {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	products, err := catalog.Read(f, "KES")
	if err != nil {
		t.Fatal(err)
	}
	if products, _, err = catalog.Assign(products, nil); err != nil {
		t.Fatal(err)
	}
	languages, err := lang.Load()
	if err != nil {
		t.Fatal(err)
	}
	return New(catalog.New("1", products, nil), languages)
}

const sampleCatalog = "testdata/catalog.csv"

func readLines(t testing.TB, file string) []goldenLine {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var lines []goldenLine
	for s := bufio.NewScanner(f); s.Scan(); {
		var l goldenLine
		if err := json.Unmarshal(s.Bytes(), &l); err != nil {
			t.Fatalf("%s: %v: %s", file, err, s.Text())
		}
		lines = append(lines, l)
	}
	return lines
}

// TestCorpus reads texts of six languages. The lines in dev, own and more were
// looked at while the parser was made, those in aside never were: what these
// say of it is true of texts to come.
func TestCorpus(t *testing.T) {
	for _, c := range []struct {
		name, catalog, files string
		exact                float64 // at least so much of the lines
		wrong                float64 // at most so much of them orders of something else
	}{
		{"samples", sampleCatalog, "dev.jsonl", 0.97, 0},
		{"own", sampleCatalog, "own-*.jsonl", 0.97, 0},
		{"more", sampleCatalog, "more-*.jsonl", 0.97, 0},
		{"third", sampleCatalog, "third-*.jsonl", 0.97, 0},
		{"fourth", sampleCatalog, "fourth-*.jsonl", 0.97, 0},
		{"fifth", sampleCatalog, "fifth-*.jsonl", 0.97, 0},
		{"sixth", sampleCatalog, "sixth.jsonl", 0.97, 0},
		{"seventh", sampleCatalog, "seventh.jsonl", 0.97, 0},
		{"eighth", sampleCatalog, "eighth.jsonl", 0.97, 0},
		{"aside", sampleCatalog, "aside-*.jsonl", 0.93, 0.01},
		{"another catalogue", "testdata/clothes.csv", "clothes.jsonl", 0.95, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := parserFor(t, c.catalog)
			files, err := filepath.Glob("testdata/" + c.files)
			if err != nil || len(files) == 0 {
				t.Fatalf("no lines in %s: %v", c.files, err)
			}
			lines, exact, wrong := 0, 0, 0
			for _, file := range files {
				for _, l := range readLines(t, file) {
					lines++
					m, parts := p.Explain(l.Text, l.Lang)
					got, want := oneLine(m), l.wanted()
					if got == want {
						exact++
						continue
					}
					if m.Intent == Order {
						wrong++
					}
					if *show && c.name != "aside" {
						t.Logf("%s %q\n  got  %s\n  want %s\n  %q", l.ID, l.Text, got, want, parts)
					}
				}
			}
			t.Logf("%d of %d lines exact, %d wrong orders", exact, lines, wrong)
			if float64(exact) < c.exact*float64(lines) || float64(wrong) > c.wrong*float64(lines) {
				t.Errorf("want at least %v exact and at most %v wrong orders", c.exact, c.wrong)
			}
		})
	}
}
