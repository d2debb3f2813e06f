package parse

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
	"golang.org/x/text/width"
	"pgregory.net/rapid"
)

var codes = []string{"en", "sw", "hi", "zh", "fr", "ar"}

// TestEveryProductIsUnderstood orders every product by its code, by its name in
// every language as the menu shows it, and by each of its aliases.
func TestEveryProductIsUnderstood(t *testing.T) {
	p := parserFor(t, sampleCatalog)
	for _, q := range p.index.products {
		for _, code := range codes {
			for form, qty := range map[string]int{"%s": 1, "2 %s": 2, "%s x 2": 2} {
				text := fmt.Sprintf(form, q.Name(code))
				if m := p.Text(text, code); m.Intent != Order || !slices.Equal(m.Items, []Item{{q.SKU, qty}}) {
					t.Errorf("%s, %s: %q is %s", q.SKU, code, text, oneLine(m))
				}
			}
		}
		for _, alias := range append(slices.Clone(q.Aliases), q.SKU) {
			if !slices.ContainsFunc(codes, func(code string) bool { return names(p.Text("2 "+alias, code), q.SKU) }) {
				t.Errorf("%s: %q names it in no language", q.SKU, alias)
			}
		}
	}
}

// names tells whether a text orders two of a product, or asks about it.
func names(m Meaning, sku string) bool {
	if m.Intent == Order {
		return slices.Equal(m.Items, []Item{{sku, 2}})
	}
	return m.Intent == Ask && len(m.Questions) == 1 && slices.Contains(m.Questions[0].Candidates, sku)
}

// corpusTexts are texts of every kind.
func corpusTexts(t testing.TB) []goldenLine {
	var lines []goldenLine
	for _, code := range codes {
		lines = append(lines, readLines(t, "testdata/own-"+code+".jsonl")...)
	}
	return append(lines, readLines(t, "testdata/dev.jsonl")...)
}

// essence is what must not depend on how a text is encoded; the words that are
// given back are given back as they were typed.
func essence(m Meaning) Meaning {
	m.LeftOut = ""
	m.Offer.Item = strings.ToLower(strings.Join(strings.Fields(norm.NFKC.String(strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, m.Offer.Item))), " "))
	m.Questions = slices.Clone(m.Questions)
	for i := range m.Questions {
		m.Questions[i].Words = ""
	}
	return m
}

// TestMeaningDependsOnNothingElse changes what says nothing: case, width,
// composition, characters without width, and how wide the gaps are.
func TestMeaningDependsOnNothingElse(t *testing.T) {
	p := parserFor(t, sampleCatalog)
	lines := corpusTexts(t)
	for _, c := range []struct {
		name   string
		change func(string) string
	}{
		{"upper case", strings.ToUpper},
		{"lower case", strings.ToLower},
		{"wide", width.Widen.String},
		{"decomposed", norm.NFD.String},
		{"composed", norm.NFC.String},
		{"zero width", func(s string) string { return between(s, "\u200b") }},
		{"joiners and marks of direction", func(s string) string { return between(s, "\u200d\u200f\ufe0f") }},
		{"wider gaps", func(s string) string { return strings.ReplaceAll(" "+s+" ", " ", " \u00a0\t ") }},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, l := range lines {
				want, got := essence(p.Text(l.Text, l.Lang)), essence(p.Text(c.change(l.Text), l.Lang))
				if !reflect.DeepEqual(got, want) {
					t.Errorf("%s %q means %+v, and changed %+v", l.ID, l.Text, want, got)
				}
			}
		})
	}
}

func between(s, mark string) string {
	var b strings.Builder
	for _, r := range s {
		b.WriteRune(r)
		b.WriteString(mark)
	}
	return b.String()
}

// pieces are orders of one product each, in one language, that are certain by
// themselves.
func pieces(p *Parser, code string) []string {
	forms := map[string][]string{
		"en": {"2 %s", "%s x3", "%s 4"}, "sw": {"%s 2", "%s tatu", "2 %s"}, "hi": {"2 %s", "%s 3", "चार %s"},
		"zh": {"%s2", "三%s", "%s x 5"}, "fr": {"2 %s", "%s x 3", "quatre %s"}, "ar": {"٢ %s", "%s ٣", "%s 4"},
	}[code]
	var list []string
	for i, q := range p.index.products {
		if text := fmt.Sprintf(forms[i%len(forms)], q.Name(code)); p.Text(text, code).Intent == Order {
			list = append(list, text)
		}
	}
	return list
}

// TestPermutedItems orders the same things in another order.
func TestPermutedItems(t *testing.T) {
	p := parserFor(t, sampleCatalog)
	all := map[string][]string{}
	for _, code := range codes {
		all[code] = pieces(p, code)
	}
	rapid.Check(t, func(t *rapid.T) {
		code := rapid.SampledFrom(codes).Draw(t, "language")
		separator := rapid.SampledFrom([]string{", ", "\n", "; "}).Draw(t, "separator")
		texts := rapid.SliceOfNDistinct(rapid.SampledFrom(all[code]), 2, 6, rapid.ID).Draw(t, "items")
		var want []Item
		for _, text := range texts {
			want = append(want, p.Text(text, code).Items...)
		}
		text := strings.Join(texts, separator)
		if m := p.Text(text, code); m.Intent != Order || !slices.Equal(m.Items, want) {
			t.Fatalf("%q is %+v, and its items are %v", text, m, want)
		}
	})
}

// TestNumbersThatCountNothing puts phone numbers, dates, times, houses and the
// catalogue's own prices beside an order.
func TestNumbersThatCountNothing(t *testing.T) {
	p := parserFor(t, sampleCatalog)
	goods := []Item{{"SOAP", 3}, {"SALT", 2}, {"TORCH", 1}, {"RICE5", 2}}
	order := "3 soap, salt 2, torch, 2 rice 5kg"
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 28).Draw(t, "n")
		extra := rapid.SampledFrom([]string{
			fmt.Sprintf("call me 07%08d", n*1234567), fmt.Sprintf("+2547%08d", n*3456789), fmt.Sprintf("0700 %03d %03d", n+100, n+200),
			fmt.Sprintf("on %d/%d/2026", n, n%12+1), fmt.Sprintf("%d March", n), fmt.Sprintf("%d:30", n%24), fmt.Sprintf("%dpm", n%12+1),
			fmt.Sprintf("house no %d", n), fmt.Sprintf("plot %d", n),
		}).Draw(t, "extra")
		for _, text := range []string{order + ". " + extra, extra + ". " + order, order + "\n" + extra, strings.Replace(order, "3 soap", "3 soap @150", 1) + ", " + extra} {
			m := p.Text(text, "en")
			if !slices.Equal(m.Items, goods) || m.Intent != Order {
				t.Fatalf("%q is %+v", text, m)
			}
		}
	})
}

// supported tells whether some words of the text were taken for the product:
// its name, its code, or its keypad number.
func supported(p *Parser, text, code, sku string) bool {
	_, parts := p.Explain(text, code)
	number := fmt.Sprint("number ", p.index.products[p.index.bySKU[sku]].Number)
	return slices.ContainsFunc(parts, func(q Part) bool {
		return q.As == number || slices.Contains(strings.Split(q.As, "|"), sku)
	})
}

// checkMeaning holds for every text.
func checkMeaning(t rapid.TB, p *Parser, text, code string) {
	t.Helper()
	m := p.Text(text, code)
	if again := p.Text(text, code); !reflect.DeepEqual(m, again) {
		t.Fatalf("%q means %+v, and then %+v", text, m, again)
	}
	switch {
	case m.Intent == "":
		t.Fatalf("%q has no intent", text)
	case m.Intent == Order && (len(m.Items) == 0 || len(m.Questions) > 0),
		m.Intent == Ask && len(m.Questions) == 0 && m.LeftOut == "" && m.NoNumber == "",
		m.Intent != Order && m.Intent != Ask && len(m.Items)+len(m.Questions) > 0,
		len(m.Questions) > MaxQuestions:
		t.Fatalf("%q is no whole meaning: %+v", text, m)
	}
	seen := map[string]bool{}
	for _, item := range m.Items {
		if seen[item.SKU] || item.Qty < 1 || item.Qty > 100*maxCount || !supported(p, text, code, item.SKU) {
			t.Fatalf("%q orders %v", text, item)
		}
		seen[item.SKU] = true
	}
	for _, q := range m.Questions {
		if len(q.Candidates) == 0 || len(q.Candidates) > MaxCandidates || q.Qty < 0 {
			t.Fatalf("%q asks %+v", text, q)
		}
	}
}

// TestAnyText reads what nobody would type: pieces of real texts in any order,
// and any characters.
func TestAnyText(t *testing.T) {
	p := parserFor(t, sampleCatalog)
	var words []string
	for _, l := range corpusTexts(t) {
		words = append(words, strings.Fields(l.Text)...)
	}
	random := rapid.OneOf(
		rapid.StringN(0, 600, -1),
		rapid.Map(rapid.SliceOfN(rapid.SampledFrom(words), 0, 30), func(w []string) string { return strings.Join(w, " ") }),
		rapid.Map(rapid.SliceOfN(rapid.SampledFrom(append(words, "\n", ",", "-", "x", "0", "½", "①", "é́")), 0, 30), func(w []string) string { return strings.Join(w, "") }),
		rapid.Map(rapid.SliceOfN(rapid.Byte(), 0, 300), func(b []byte) string { return string(b) }),
	)
	rapid.Check(t, func(t *rapid.T) {
		checkMeaning(t, p, random.Draw(t, "text"), rapid.SampledFrom(append(codes, "", "xx")).Draw(t, "language"))
	})
}

// FuzzText looks for texts that break the parser.
func FuzzText(f *testing.F) {
	p := parserFor(f, sampleCatalog)
	for _, l := range readLines(f, "testdata/dev.jsonl") {
		f.Add(l.Text, l.Lang)
	}
	f.Fuzz(func(t *testing.T, text, code string) { checkMeaning(t, p, text, code) })
}

// TestLongText is cut, and costs no more than what is looked at.
func TestLongText(t *testing.T) {
	p := parserFor(t, sampleCatalog)
	m := p.Text("2 soap "+strings.Repeat("大", MaxRunes)+" 3 salt", "en")
	if slices.ContainsFunc(m.Items, func(i Item) bool { return i.SKU == "SALT" }) {
		t.Errorf("what lies beyond %d characters was read: %+v", MaxRunes, m)
	}
	for range 20 {
		text := strings.Repeat(string(rune('a'+rand.IntN(26)))+"1 ", MaxRunes)
		if m := p.Text(text, "en"); !utf8.ValidString(m.LeftOut) {
			t.Errorf("%q", m.LeftOut)
		}
	}
}
