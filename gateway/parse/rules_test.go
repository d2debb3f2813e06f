package parse

import (
	"fmt"
	"strings"
	"testing"
)

// short is a meaning as the tables write it: "SOAP 2, SALT 1", "ask RICE1 RICE5
// (2)", "status 4821", "sell 50 kg maize 30".
func short(m Meaning) string {
	var items []string
	for _, i := range m.Items {
		items = append(items, fmt.Sprint(i.SKU, " ", i.Qty))
	}
	text := strings.Join(items, ", ")
	switch m.Intent {
	case Order:
		return text
	case Ask:
		for _, q := range m.Questions {
			text += fmt.Sprintf(" ask %s (%d)", strings.Join(q.Candidates, " "), q.Qty)
		}
		if m.LeftOut != "" {
			text += " without " + m.LeftOut
		}
		if m.NoNumber != "" {
			text += " no number " + m.NoNumber
		}
	case Sell:
		text = fmt.Sprint("sell ", m.Offer.Qty, " ", m.Offer.Unit, " ", m.Offer.Item, " ", m.Offer.Price.Decimal())
	default:
		text = string(m.Intent) + " " + m.OrderNo + m.LangTo
	}
	return strings.TrimSpace(text)
}

// TestRules holds the rules by which shopkeepers read, one case for each thing
// that a rule says.
func TestRules(t *testing.T) {
	p := parserFor(t, sampleCatalog)
	for _, c := range []struct{ name, lang, text, want string }{
		// A size picks the pack and is no quantity.
		{"a weight picks the pack", "en", "rice 5kg", "RICE5 1"},
		{"a quantity before the goods", "en", "2 rice 5kg", "RICE5 2"},
		{"times behind", "en", "rice 5kg x2", "RICE5 2"},
		{"a code", "en", "RICE5 2", "RICE5 2"},
		{"a code without a space", "en", "RICE5x2", "RICE5 2"},
		{"a size in words", "hi", "do kilo chini", "SUGAR2 1"},
		{"half a litre", "hi", "aadha litre khane ka tel", "OIL500 1"},
		{"a local measure converts", "zh", "大米10斤", "RICE5 1"},
		{"a quarter by its own word", "hi", "पाव चाय पत्ती", "TEA250 1"},
		{"a quarter of a kilo", "sw", "majani ya chai robo kilo", "TEA250 1"},
		{"the measure before its number", "sw", "unga wa ngano kilo 2 pakiti tatu", "WFLOUR2 3"},
		{"a size that is not sold", "en", "rice 10kg", "ask RICE1 RICE5 RICE25 (1)"},
		{"a size that is not sold, with a quantity", "en", "maize seed 5kg two bags", "ask MZSEED2 MZSEED10 (2)"},
		{"a word that is goods where a size says so", "en", "dap 50kg 2 bags, urea 50kg one bag, can 50kg 3", "DAP50 2, UREA50 1, CAN50 3"},
		{"the same word without a size", "en", "can you send 2 soap", "SOAP 2"},
		{"another size of the same goods", "en", "sugar 1kg and 2kg", "SUGAR1 1, SUGAR2 1"},
		{"a length of two", "en", "tarpaulin 4x6 two", "TARP 2"},
		{"pages", "zh", "二十本96页练习本", "NOTE96 20"},
		{"the size of boots", "en", "gumboots 42", "BOOTS42 1"},
		{"the size of sandals, which have one", "zh", "拖鞋39码一双", "SANDAL 1"},

		// Names.
		{"a generic word asks", "en", "sugar", "ask SUGAR1 SUGAR2 (1)"},
		{"a word that names one product", "en", "soap", "SOAP 1"},
		{"the carton must be called one", "en", "soap carton", "SOAPBOX 1"},
		{"the carton as a unit", "en", "2 cartons soap", "SOAPBOX 2"},
		{"the longer name", "en", "sunflower oil 3L", "SUNOIL3 1"},
		{"a kind that is not said", "sw", "betri", "ask BATAA BATD (1)"},
		{"a kind of thing by its head", "sw", "naomba unga", "ask MFLOUR2 MFLOUR10 WFLOUR2 (1)"},
		{"not sold here", "en", "bicycle tyre 1", "unknown"},
		{"goods inside another thing", "en", "rice cooker 1", "unknown"},
		{"a shoe is not a hoe", "en", "shoe 1", "unknown"},
		{"a name copied from the menu", "en", "Batteries AA, small (4) x 2", "BATAA 2"},
		{"an unsold thing beside goods", "en", "2 soap and 3 chairs", "SOAP 2 without chairs"},
		{"a missing vowel and a doubled letter", "sw", "mwavli 1 na blanketii 2", "UMBRELLA 1, BLANKET 2"},
		{"a character that sounds the same", "zh", "牙羔两支", "TOOTHP 2"},
		{"two words for one", "en", "tooth paste 1", "TOOTHP 1"},
		{"one word for two", "en", "2 solarlamp", "SOLAR 2"},
		{"a short word must be exact", "en", "2 sop", "unknown"},

		// Numbers and what only looks like one.
		{"nothing said is one", "en", "torch", "TORCH 1"},
		{"number words", "sw", "penseli kumi na mbili", "PENCIL 12"},
		{"half a dozen", "fr", "une demi-douzaine de gobelets", "CUP 6"},
		{"a dual", "ar", "ناموسيتين", "NET 2"},
		{"letters for digits", "en", "RICE5 x lO", "RICE5 10"},
		{"full-width digits", "zh", "肥皂３块", "SOAP 3"},
		{"lakhs", "hi", "1,00,000 पेन", "PEN 100000"},
		{"zero", "en", "0 soap", "ask SOAP (0)"},
		{"negative", "en", "-2 soap", "ask SOAP (0)"},
		{"a fraction", "en", "2.5 soap", "ask SOAP (0)"},
		{"a range", "en", "2-3 soap", "ask SOAP (0)"},
		{"some", "en", "some sugar", "ask SUGAR1 SUGAR2 (0)"},
		{"about", "en", "about 10 cups", "ask CUP (0)"},
		{"a phone number", "en", "1 solar lamp call me 0700 111 222", "SOLAR 1"},
		{"a phone number in groups", "fr", "savon 3, appelez le 77 123 45 67", "SOAP 3"},
		{"a date", "en", "2 soap on 12/5/2026", "SOAP 2"},
		{"a time", "sw", "sabuni 2 saa 3", "SOAP 2"},
		{"a yard", "zh", "手电筒1个 2号院张家", "TORCH 1"},
		{"a list's numbers", "en", "1. soap\n2. salt 3", "SOAP 1, SALT 3"},
		{"bullets", "en", "- 2 soap\n- 3 salt", "SOAP 2, SALT 3"},
		{"the catalogue's price", "en", "2 soap @150", "SOAP 2"},
		{"the price for all", "en", "2 soap for 300", "SOAP 2"},
		{"another price", "en", "soap at 100", "ask SOAP (1)"},
		{"a price or a count", "en", "soap of 50", "ask SOAP (0)"},
		{"a huge quantity", "en", "5000 hoes", "HOE 5000"},
		{"the same twice", "en", "2 soap, 1 salt, 3 soap", "SOAP 5, SALT 1"},
		{"two ways to divide", "en", "soap 2 salt", "ask SOAP (0) ask SALT (0)"},

		// Taking back.
		{"a later quantity", "en", "2 soap no 3 soap", "SOAP 3"},
		{"a later number alone", "en", "3 soap sorry 4", "SOAP 4"},
		{"a negated number", "en", "3 soap not 2", "SOAP 3"},
		{"negated goods", "en", "not rice, maize flour 2kg", "MFLOUR2 1"},
		{"a negation behind", "hi", "डीएपी 10 किलो नहीं, डीएपी 50 किलो", "DAP50 1"},
		{"removal", "en", "2 soap, bread, remove the bread", "SOAP 2"},
		{"a corrected size", "hi", "dap 10 kilo nahi 50 kilo", "DAP50 1"},
		{"this or that", "en", "1 hoe or 1 spade", "ask HOE SPADE (1)"},
		{"so many of each", "en", "salt and soap 2 each", "SALT 2, SOAP 2"},
		{"talk orders nothing", "en", "thanks for the soap", "ask SOAP (0)"},
		{"talk in another sentence", "en", "2 soap please. When will you come?", "SOAP 2"},
		{"a question orders nothing", "en", "how much is sugar 2kg", "ask SUGAR2 (0)"},

		// Around the order.
		{"greeting, name and thanks", "en", "Hello mama Njeri, 2 soap please. Thanks, John", "SOAP 2"},
		{"mixed languages", "en", "plz 2 rice 5kg na sabuni tatu", "RICE5 2, SOAP 3"},
		{"mixed languages without a hint", "", "plz 2 rice 5kg na sabuni tatu", "RICE5 2, SOAP 3"},
		{"Hindi of somebody who is thought to speak English", "en", "do sabun", "ask SOAP (0)"},
		{"sell me is buying", "ar", "بعني ناموسيتين", "NET 2"},
		{"an unclear part and a certain one", "en", "2 soap and rice", "SOAP 2 ask RICE1 RICE5 RICE25 (1)"},

		// Keypad numbers.
		{"keypad numbers", "en", "101 2, 205", "RICE1 2, FAT1 1"},
		{"keypad numbers as they are dialled", "en", "101*2*205*1", "RICE1 2, FAT1 1"},
		{"keypad numbers with courtesy", "sw", "naomba 101 2 tafadhali", "RICE1 2"},
		{"a number that no product has", "en", "101 2, 999 1", "RICE1 2 no number 999"},

		// Other intents.
		{"cancel alone stops", "en", "Cancel", "stop"},
		{"cancel with a number", "sw", "ghairi 4821", "cancel_order 4821"},
		{"a stop word inside an order", "en", "stop by with 2 soap", "SOAP 2"},
		{"where is it", "en", "where is my order 4821?", "status 4821"},
		{"again", "zh", "再来一次", "repeat"},
		{"a language by its name", "ar", "عربي", "lang ar"},
		{"a language by its code", "en", "lang sw", "lang sw"},
		{"a question mark", "en", "?", "help"},
		{"nothing", "en", "  ", "menu"},
		{"small talk", "hi", "kal barish hogi kya", "unknown"},
		{"an offer", "en", "SELL 50KG MAIZE 30", "sell 50 kg maize 30.00"},
		{"an offer with the price behind a word", "sw", "nauza mahindi magunia 3 kwa 3000", "sell 3 bag mahindi 3000.00"},
		{"an offer in a local measure", "zh", "卖花生100斤", "sell 50 kg 花生 0.00"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, parts := p.Explain(c.text, c.lang)
			if got := short(m); got != c.want {
				t.Errorf("%q is %q, want %q\n%s", c.text, got, c.want, Explanation(parts))
			}
		})
	}
}

// TestExplanation tells operators which words became what.
func TestExplanation(t *testing.T) {
	p := parserFor(t, sampleCatalog)
	_, parts := p.Explain("plz snd 2 ric 5kg na chairs tatu, 0700111222", "en")
	want := "2=number 2; ric=RICE5; 5kg=size 5 kg; na=end of a part; chairs=not sold here; tatu=number 3; ,=end of a part"
	if got := Explanation(parts); got != want {
		t.Errorf("the explanation is\n%s\nwant\n%s", got, want)
	}
}
