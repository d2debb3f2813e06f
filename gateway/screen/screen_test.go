package screen_test

import (
	"strconv"
	"strings"
	"testing"

	"haat/gateway/screen"
)

var (
	nav   = screen.Nav{More: "More", Back: "Back", Home: "Home"}
	small = screen.Budget{Septets: 40, Units: 40}
)

// list makes options with keys from 1 on.
func list(texts ...string) []screen.Option {
	var options []screen.Option
	for i, text := range texts {
		options = append(options, screen.Option{Key: strconv.Itoa(i + 1), Text: text})
	}
	return options
}

func TestPage(t *testing.T) {
	chain := func(n int) string { return strings.Repeat("👩\u200d", n) } // reads as one character
	for _, c := range []struct {
		name   string
		draft  screen.Draft
		budget screen.Budget
		want   []string
	}{
		{"nothing", screen.Draft{}, small, []string{""}},
		{"keys alone", screen.Draft{Nav: nav}, small, []string{"0.Back 00.Home"}},
		{
			"a title that is all there is flows",
			screen.Draft{Title: "Your order is confirmed, thank you very much", Nav: screen.Nav{Back: "Back"}},
			small, []string{"Your order is confirmed, thank\n98 0.Back", "you very much\n0.Back"},
		},
		{
			"one page",
			screen.Draft{Title: "Oils", Options: list("Oil 500ml 165", "Oil 1L 310"), Nav: screen.Nav{Back: "Back"}},
			screen.USSD(), []string{"Oils\n1.Oil 500ml 165\n2.Oil 1L 310\n0.Back"},
		},
		{
			"98 stands without a label where a page follows",
			screen.Draft{Options: list("Rice 5kg 850", "Sugar 1kg 160", "Salt 1kg 45")},
			small, []string{"1.Rice 5kg 850\n2.Sugar 1kg 160\n98", "3.Salt 1kg 45"},
		},
		{
			"labels too long for the budget",
			screen.Draft{Options: list("Rice"), Body: []string{"one two three four five six"}, Nav: nav},
			small, []string{"one two three four five six\n1.Rice\n0 00"},
		},
		{
			"a line that fits a page moves there",
			screen.Draft{Body: []string{"Welcome to haat.", "Press a number to choose."}, Nav: screen.Nav{Back: "Back"}},
			small, []string{"Welcome to haat.\n98 0.Back", "Press a number to choose.\n0.Back"},
		},
		{
			"a line longer than a page flows from where it stands",
			screen.Draft{Body: []string{"Welcome.", "Press a number to choose, 0 to go back, 00 for the menu."}},
			small, []string{"Welcome.\nPress a number to choose, 0\n98", "to go back, 00 for the menu."},
		},
		{
			"a word longer than a page is cut",
			screen.Draft{Title: "T", Body: []string{strings.Repeat("x", 50)}},
			small, []string{"T\n" + strings.Repeat("x", 35) + "\n98", "T\n" + strings.Repeat("x", 15)},
		},
		{
			"a character longer than a page is cut",
			screen.Draft{Body: []string{chain(20)}},
			small, []string{chain(12) + "\n98", chain(8)},
		},
		{
			"the title gives way to an option",
			screen.Draft{Title: "Staples", Options: list("Maize flour 10kg in a packet 820", "Salt")},
			small, []string{"1.Maize flour 10kg in a packet 820\n98", "Staples\n2.Salt"},
		},
		{
			"short name where the name is longer than a page",
			screen.Draft{Options: []screen.Option{{Key: "1", Text: strings.Repeat("Maize flour ", 4), Short: "Maize"}}},
			small, []string{"1.Maize"},
		},
		{
			"shortened at a word",
			screen.Draft{Options: list(strings.Repeat("Maize flour ", 4))},
			small, []string{"1.Maize flour Maize flour Maize flour"},
		},
		{
			"shortened within a word",
			screen.Draft{Options: list(strings.Repeat("M", 60))},
			small, []string{"1." + strings.Repeat("M", 35)},
		},
		{
			"a long title does not starve the options",
			screen.Draft{Title: "Choose what you want to have today", Options: list("Rice", "Salt", "Sugar", "Bread"), Nav: screen.Nav{Back: "Back"}},
			small, []string{"Choose what\n1.Rice\n2.Salt\n98 0.Back", "3.Sugar\n4.Bread\n0.Back"},
		},
		{
			"final options wait until all is read",
			screen.Draft{Body: []string{"Rice 5kg x2 1700", "Soap x3 300"}, Final: list("Confirm", "Change"), Nav: screen.Nav{Back: "Back"}},
			small, []string{"Rice 5kg x2 1700\nSoap x3 300\n98 0.Back", "1.Confirm\n2.Change\n0.Back"},
		},
		{
			"final options use short texts to stay together",
			screen.Draft{Final: []screen.Option{
				{Key: "1", Text: "Confirm this order", Short: "Confirm"}, {Key: "2", Text: "Change the basket"}, {Key: "3", Text: "Cancel", Short: "No"},
			}},
			small, []string{"1.Confirm\n2.Change the basket\n3.No"},
		},
		{
			"final options longer than a page flow",
			screen.Draft{Final: list("Confirm this order now", "Change the basket first", "Cancel")},
			small, []string{"1.Confirm this order now\n98", "2.Change the basket first\n3.Cancel"},
		},
		{
			"a later Arabic option does not halve the price of earlier euros",
			screen.Draft{Final: list(strings.Repeat("€", 14), "€€€", "أ")},
			small, []string{"1." + strings.Repeat("€", 14) + "\n98", "2.€€€\n3.أ"},
		},
		{
			"an Arabic product shrinks its page only",
			screen.Draft{Options: list("Rice 1kg 180", "أرز ٥ كغ 850 bag", "Salt 1kg 45", "Oil 1L 310", "Soap 1pc")},
			screen.Budget{Septets: 80, Units: 40},
			[]string{"1.Rice 1kg 180\n2.أرز ٥ كغ 850 bag\n98", "3.Salt 1kg 45\n4.Oil 1L 310\n5.Soap 1pc"},
		},
		{
			"control characters, no-break spaces and line ends",
			screen.Draft{Title: "A\x00B", Body: []string{"one\r\ntwo\n\n"}, Options: list("Rice\n5kg\u00a0850")},
			screen.USSD(), []string{"A B\none\ntwo\n1.Rice 5kg 850"},
		},
		{"a decomposed accent is composed", screen.Draft{Options: list("Cafe\u0301")}, small, []string{"1.Café"}},
		{"a key that nobody would type", screen.Draft{Options: []screen.Option{{Key: "1234567890", Text: "Rice"}}}, small, []string{"12345678.Rice"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := walk(c.draft, c.budget)
			if strings.Join(got, "\f") != strings.Join(c.want, "\f") {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

func TestHint(t *testing.T) {
	for _, c := range []struct{ name, hint, want string }{
		{"above the title", "No.", "No.\nOils\n1.Oil 1L 310\n0.Back"},
		{"instead of the title", "Not on the list.", "Not on the list.\n1.Oil 1L 310\n0.Back"},
		{"instead of title and labels", "Not on the list, sorry", "Not on the list, sorry\n1.Oil 1L 310\n0"},
		{"shortened", "Not on the list, try again", "Not on the list, try\n1.Oil 1L 310\n0"},
		{"left out rather than cut to a stub", "Please press-a-number-of-the-list", "Oils\n1.Oil 1L 310\n0.Back"},
		{"left out for its alphabet", "米" + strings.Repeat("x", 60), "Oils\n1.Oil 1L 310\n0.Back"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := screen.Draft{Hint: c.hint, Title: "Oils", Options: list("Oil 1L 310"), Nav: screen.Nav{Back: "Back"}}
			if got := d.Page(0, small).Text; got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

func TestPageNumber(t *testing.T) {
	d := screen.Draft{Options: list("Rice 5kg 850", "Sugar 1kg 160", "Salt 1kg 45")}
	for _, c := range []struct {
		name    string
		n, want int
	}{{"before the first", -5, 0}, {"first", 0, 0}, {"last", 1, 1}, {"beyond the last", 7, 1}} {
		t.Run(c.name, func(t *testing.T) {
			if p := d.Page(c.n, small); p.Number != c.want || p.Of != 2 {
				t.Errorf("page %d of %d, want %d of 2", p.Number, p.Of, c.want)
			}
		})
	}
	t.Run("a budget that is not valid counts as the smallest", func(t *testing.T) {
		if got, want := d.Page(0, screen.Budget{}), d.Page(0, small); got != want {
			t.Errorf("%+v, want %+v", got, want)
		}
	})
}
