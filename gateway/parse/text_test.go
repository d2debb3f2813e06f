package parse

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"haat/catalog"
	"haat/gateway/lang"
)

// shelf is a small catalogue, with a product that looks like a quantity.
func shelf() *catalog.Catalog {
	var products []catalog.Product
	for _, sku := range []string{"RICE5", "SOAP", "OIL500", "X950", "BOX", "TEA-1"} {
		products = append(products, catalog.Product{SKU: sku, Category: "all", Names: map[string]string{"en": sku}})
	}
	return catalog.New("v1", products, nil)
}

func languages(t testing.TB) (sw, en *lang.Language) {
	t.Helper()
	set, err := lang.Load("en", "sw")
	if err != nil {
		t.Fatal(err)
	}
	return set.Get("sw"), set.English()
}

func num(digits string) Meaning  { return Meaning{Intent: Number, Number: digits} }
func just(intent Intent) Meaning { return Meaning{Intent: intent} }
func buy(items ...Item) Meaning  { return Meaning{Intent: Order, Items: items} }
func ask(unclear string, items ...Item) Meaning {
	return Meaning{Intent: Ask, Unclear: unclear, Items: items}
}

var texts = []struct {
	name, text string
	want       Meaning
}{
	{"a number", "3", num("3")},
	{"the key back", "0", num("0")},
	{"the key home", "00", num("00")},
	{"the key more", " 98 ", num("98")},
	{"a number with a full stop", "1.", num("1")},
	{"a number with a hash", "12#", num("12")},
	{"Arabic digits", "٣", num("3")},
	{"Persian digits", "۴۲", num("42")},
	{"Devanagari digits", "९८", num("98")},
	{"full-width digits", "１０", num("10")},
	{"two numbers", "1 2", just(Unknown)},
	{"a negative number", "-1", just(Unknown)},
	{"a decimal", "1.5", just(Unknown)},

	{"nothing", "", just(Menu)},
	{"spaces", " \n ", just(Menu)},
	{"menu", "Menu!", just(Menu)},
	{"a greeting", "hello", just(Menu)},
	{"a Swahili greeting", "Habari?", just(Menu)},
	{"help", "help", just(Help)},
	{"a question mark", "??", just(Help)},
	{"Swahili help", "MSAADA", just(Help)},
	{"stop", "Stop.", just(Stop)},
	{"cancel alone", "cancel", just(Stop)},
	{"unsubscribe", "unsubscribe", just(Stop)},
	{"Swahili stop", "acha", just(Stop)},
	{"start", "START", just(Start)},
	{"basket", "kikapu", just(Basket)},
	{"a command within a text", "please stop", just(Unknown)},
	{"order alone", "order", just(Order)},
	{"a picture", "👍", just(Unknown)},
	{"no words we know", "good morning my friend", just(Unknown)},

	{"status", "status", just(Status)},
	{"status of an order", "STATUS 10023", Meaning{Intent: Status, OrderNo: 10023}},
	{"status with a hash", "status #10023.", Meaning{Intent: Status, OrderNo: 10023}},
	{"status in Arabic digits", "status ١٢", Meaning{Intent: Status, OrderNo: 12}},
	{"Swahili status", "hali 7", Meaning{Intent: Status, OrderNo: 7}},
	{"status of order zero", "status 0", just(Unknown)},
	{"a number too long", "status 99999999999999999999", just(Unknown)},
	{"a number with a dash", "status 10-23", just(Unknown)},
	{"cancel an order", "Cancel order 10023", Meaning{Intent: Cancel, OrderNo: 10023}},
	{"cancel a number", "CANCEL 10023", Meaning{Intent: Cancel, OrderNo: 10023}},
	{"cancel without number", "CANCEL ORDER", just(Cancel)},
	{"Swahili cancel", "ghairi oda 5", Meaning{Intent: Cancel, OrderNo: 5}},
	{"cancel a fraction", "cancel order 1.5", just(Unknown)},

	{"a language", "Kiswahili", Meaning{Intent: Language, LangTo: "sw"}},
	{"a language in another", "kiingereza", Meaning{Intent: Language, LangTo: "en"}},
	{"lang and code", "LANG sw", Meaning{Intent: Language, LangTo: "sw"}},
	{"language and name", "lugha English", Meaning{Intent: Language, LangTo: "en"}},
	{"language alone", "language", just(Language)},
	{"a bare code", "en", just(Unknown)},

	{"the plain form", "ORDER RICE5 2, SOAP 3", buy(Item{"RICE5", 2}, Item{"SOAP", 3})},
	{"without comma", "RICE5 2 SOAP 3", buy(Item{"RICE5", 2}, Item{"SOAP", 3})},
	{"in Swahili", "agiza rice5 2", buy(Item{"RICE5", 2})},
	{"a product alone", "rice5", buy(Item{"RICE5", 1})},
	{"products alone", "rice5 soap", buy(Item{"RICE5", 1}, Item{"SOAP", 1})},
	{"times", "RICE5 x2", buy(Item{"RICE5", 2})},
	{"times after", "RICE5 2x", buy(Item{"RICE5", 2})},
	{"times joined", "SOAPx2", buy(Item{"SOAP", 2})},
	{"a star", "SOAP*2", buy(Item{"SOAP", 2})},
	{"equals", "RICE5=2", buy(Item{"RICE5", 2})},
	{"a colon", "RICE5: 2", buy(Item{"RICE5", 2})},
	{"quantity before", "2 RICE5", buy(Item{"RICE5", 2})},
	{"quantity before in a part", "2 RICE5, SOAP 3", buy(Item{"RICE5", 2}, Item{"SOAP", 3})},
	{"quantities before throughout", "2 RICE5 3 SOAP", buy(Item{"RICE5", 2}, Item{"SOAP", 3})},
	{"order and quantity before", "order 2 rice5 3 soap", buy(Item{"RICE5", 2}, Item{"SOAP", 3})},
	{"lines", "ORDER\nRICE5 2\nSOAP 3", buy(Item{"RICE5", 2}, Item{"SOAP", 3})},
	{"semicolons", "RICE5 2; SOAP", buy(Item{"RICE5", 2}, Item{"SOAP", 1})},
	{"Chinese comma", "RICE5 2，SOAP 3", buy(Item{"RICE5", 2}, Item{"SOAP", 3})},
	{"Arabic comma and digits", "RICE5 ٢، SOAP ٣", buy(Item{"RICE5", 2}, Item{"SOAP", 3})},
	{"twice the same", "RICE5 2, SOAP, rice5 3", buy(Item{"RICE5", 5}, Item{"SOAP", 1})},
	{"full stop", "order rice5 2.", buy(Item{"RICE5", 2})},
	{"a dash in the code", "tea-1 4", buy(Item{"TEA-1", 4})},
	{"largest quantity", "SOAP 9999", buy(Item{"SOAP", 9999})},
	{"the key more as a quantity", "SOAP 98", buy(Item{"SOAP", 98})},
	{"a code that ends in X", "BOX 2", buy(Item{"BOX", 2})},

	{"no quantity", "RICE5 0", ask("0")},
	{"a negative quantity", "RICE5 -2", ask("-2")},
	{"a decimal quantity", "RICE5 2.5, SOAP 3", ask("2.5", Item{"SOAP", 3})},
	{"a decimal comma", "RICE5 2,5", ask("5", Item{"RICE5", 2})},
	{"too many", "RICE5 10000", ask("10000")},
	{"too many together", "RICE5 9000, RICE5 1000", ask("10000", Item{"RICE5", 9000})},
	{"quantity between", "2 RICE5 3", ask("2", Item{"RICE5", 3})},
	{"two quantities", "RICE5 2 3", ask("3", Item{"RICE5", 2})},
	{"quantity before, then not", "2 RICE5 SOAP", ask("2", Item{"RICE5", 1}, Item{"SOAP", 1})},
	{"an unknown product", "order sugar 3, soap 1", ask("SUGAR", Item{"SOAP", 1})},
	{"an unknown code", "RICE7 2", ask("RICE7")},
	{"a word beside", "RICE5 2 please", ask("PLEASE", Item{"RICE5", 2})},
	{"a unit for the quantity", "RICE5 bags", ask("BAGS")},
	{"a product that looks like a quantity", "RICE5 X950", ask("X950")},
	{"a very long word", "order " + strings.Repeat("ab", 40), ask(strings.Repeat("AB", 10))},
	{"control characters", "order \u202e\u0007x", ask("X")},
	{"nothing that can be shown", "order soap \u202e", ask("?")},
}

func TestText(t *testing.T) {
	sw, en := languages(t)
	c := shelf()
	for _, tt := range texts {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, Text(tt.text, sw, en, c)); diff != "" {
				t.Errorf("%q means (-want +got):\n%s", tt.text, diff)
			}
		})
	}
}

// TestTextLooksAtTheBeginning bounds the work on a text of any length.
func TestTextLooksAtTheBeginning(t *testing.T) {
	sw, en := languages(t)
	text := "SOAP" + strings.Repeat(" ", MaxRunes) + "RICE5"
	if diff := cmp.Diff(buy(Item{"SOAP", 1}), Text(text, sw, en, shelf())); diff != "" {
		t.Error(diff)
	}
}

func FuzzText(f *testing.F) {
	for _, tt := range texts {
		f.Add(tt.text)
	}
	f.Add("ſoap 2")
	f.Add("\xff\xfe2 SOAP")
	sw, en := languages(f)
	c := shelf()
	f.Fuzz(func(t *testing.T, text string) {
		m := Text(text, sw, en, c)
		checkSaid(t, text, m)
		if utf8.RuneCountInString(m.Unclear) > maxUnclear || strings.ContainsFunc(m.Unclear, unicode.IsControl) {
			t.Errorf("%q gives back %q", text, m.Unclear)
		}
	})
}

// checkSaid holds that nothing is ordered that does not stand in the text.
func checkSaid(t *testing.T, text string, m Meaning) {
	plain := strings.ToUpper(strings.Map(lang.Digit, text))
	sum := 0
	for _, word := range strings.FieldsFunc(plain, func(r rune) bool { return r < '0' || r > '9' }) {
		if n, err := strconv.Atoi(word); err == nil { // what is longer is no quantity
			sum += min(n, MaxQty+1)
		}
	}
	total := 0
	for _, item := range m.Items {
		if !strings.Contains(plain, item.SKU) {
			t.Errorf("%q orders %s", text, item.SKU)
		}
		if item.Qty < 1 || item.Qty > MaxQty {
			t.Errorf("%q orders %d of %s", text, item.Qty, item.SKU)
		}
		total += item.Qty
	}
	for _, item := range m.Items { // each time a code stands there may be one without a number
		sum += strings.Count(plain, item.SKU)
	}
	if total > sum {
		t.Errorf("%q orders %d, more than it says", text, total)
	}
}

// said generates the parts of an order that is clear.
func said(t *rapid.T) []string {
	part := rapid.Custom(func(t *rapid.T) string {
		sku := rapid.SampledFrom([]string{"RICE5", "SOAP", "OIL500", "TEA-1"}).Draw(t, "sku")
		qty := rapid.IntRange(1, 900).Draw(t, "qty")
		return fmt.Sprintf(rapid.SampledFrom([]string{"%[1]s %[2]d", "%[1]s x%[2]d", "%[2]d %[1]s", "%[1]s=%[2]d", "%[1]s"}).Draw(t, "form"), sku, qty)
	})
	parts := rapid.SliceOfN(part, 1, 8).Draw(t, "parts")
	for i, p := range parts { // a form without quantity leaves an "extra" mark
		parts[i], _, _ = strings.Cut(p, "%!")
	}
	return parts
}

func TestCaseDoesNotMatter(t *testing.T) {
	sw, en := languages(t)
	c := shelf()
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(said(t), ", ")
		if rapid.Bool().Draw(t, "noise") {
			text = rapid.StringOfN(rapid.RuneFrom([]rune("abRICE5xSOAP 2,.=-")), 0, 40, -1).Draw(t, "text")
		}
		want := Text(text, sw, en, c)
		for _, other := range []string{strings.ToLower(text), strings.ToUpper(text)} {
			if diff := cmp.Diff(want, Text(other, sw, en, c)); diff != "" {
				t.Fatalf("%q and %q differ:\n%s", text, other, diff)
			}
		}
	})
}

func TestPartsStandAlone(t *testing.T) {
	sw, en := languages(t)
	c := shelf()
	rapid.Check(t, func(t *rapid.T) {
		parts := said(t)
		one := Text(strings.Join(parts, ", "), sw, en, c)
		two := Text("order "+strings.Join(rapid.Permutation(parts).Draw(t, "other order"), "; "), sw, en, c)
		if one.Intent != Order {
			t.Fatalf("%v means %v", parts, one)
		}
		byCode := func(a, b Item) int { return strings.Compare(a.SKU, b.SKU) }
		slices.SortFunc(one.Items, byCode)
		slices.SortFunc(two.Items, byCode)
		if diff := cmp.Diff(one, two); diff != "" {
			t.Fatalf("%v means another thing in another order:\n%s", parts, diff)
		}
	})
}

func BenchmarkText(b *testing.B) {
	sw, en := languages(b)
	c := shelf()
	for name, text := range map[string]string{"number": "12", "command": "menyu", "order": "ORDER RICE5 2, SOAP 3"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Text(text, sw, en, c)
			}
		})
	}
}
