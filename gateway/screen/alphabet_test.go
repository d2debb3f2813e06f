package screen_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"haat/gateway/gsm"
	"haat/gateway/screen"
)

// TestPlainWhereItSavesRoom keeps the accents for as long as they cost nothing.
func TestPlainWhereItSavesRoom(t *testing.T) {
	french := []string{"Farine de maïs 2 kg 170", "Pâtes 500 g 90", "Bœuf séché 250 g 400", "Maïs concassé 1 kg 120", "Thé vert 100 g 80"}
	for _, c := range []struct {
		name  string
		draft screen.Draft
		want  []string
	}{
		{
			"one page of one segment",
			screen.Draft{Title: "Pâtes", Options: list(french[:2]...), Nav: nav},
			[]string{"Pâtes\n1.Farine de maïs 2 kg 170\n2.Pâtes 500 g 90\n0.Back 00.Home"},
		},
		{
			"a page less",
			screen.Draft{Title: "Epicerie", Options: list(french...), Nav: nav},
			[]string{"Epicerie\n1.Farine de mais 2 kg 170\n2.Pates 500 g 90\n3.Boeuf séché 250 g 400\n4.Mais concassé 1 kg 120\n5.Thé vert 100 g 80\n0.Back 00.Home"},
		},
		{
			"a name without a plain form leaves the others alone",
			screen.Draft{Options: list(append(french[:4:4], "大米")...)},
			[]string{"1.Farine de maïs 2 kg 170\n2.Pâtes 500 g 90\n3.Bœuf séché 250 g 400\n98", "4.Maïs concassé 1 kg 120\n5.大米"},
		},
		{
			"the hint goes with the page",
			screen.Draft{Hint: "C’est la fin.", Options: list("Rice", "Salt")},
			[]string{"C'est la fin.\n1.Rice\n2.Salt"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := walk(c.draft, screen.USSD()); strings.Join(got, "\f") != strings.Join(c.want, "\f") {
				t.Errorf("the pages are %q, want %q", got, c.want)
			}
		})
	}
}

// TestPlainSavesSegments is about SMS, where a page may be of several.
func TestPlainSavesSegments(t *testing.T) {
	d := screen.Draft{Title: strings.Repeat("pâte à pain ", 7)}
	p := d.Page(0, screen.SMS(2))
	if gsm.Segments(p.Text) != 1 || p.Of != 1 || strings.Contains(p.Text, "â") || !strings.Contains(p.Text, "à") {
		t.Errorf("%d segments: %q", gsm.Segments(p.Text), p.Text)
	}
}

// TestPlainPagesStayPlain keeps the labels of another script from taking more
// than half of the pages that follow the first.
func TestPlainPagesStayPlain(t *testing.T) {
	shops := list("Mama Njeri's shop, Kiambogo", "Kwa Otieno, Ugunja", "Baraka Store, Mwatate", "Upendo Duka, Loitokitok", "Hill Top Shop, Kapenguria", "Lake View Duka, Mbita")
	d := screen.Draft{Title: "取货点", Options: shops, Nav: screen.Nav{More: "更多", Back: "返回", Home: "首页"}}
	want := []string{
		"取货点\n1.Mama Njeri's shop, Kiambogo\n98.更多 0.返回 00.首页",
		"2.Kwa Otieno, Ugunja\n3.Baraka Store, Mwatate\n4.Upendo Duka, Loitokitok\n5.Hill Top Shop, Kapenguria\n6.Lake View Duka, Mbita\n0 00",
	}
	if got := walk(d, screen.USSD()); strings.Join(got, "\f") != strings.Join(want, "\f") {
		t.Errorf("the pages are %q, want %q", got, want)
	}
}

// TestGSM7Alone holds for any draft in a channel that carries nothing else.
func TestGSM7Alone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d, b := drafts().Draw(t, "draft"), budgets().Draw(t, "budget")
		d.Hint, d.HintShort = words(5).Draw(t, "hint"), words(2).Draw(t, "short hint")
		b.GSM7 = true
		for n, text := range walk(d, b) {
			if gsm.Encoding(text) != gsm.GSM7 || !b.Fits(text) {
				t.Fatalf("page %d is not for %+v: %q", n, b, text)
			}
		}
		if b.Fits("米") {
			t.Fatal("UCS-2 fits a channel that does not carry it")
		}
	})
}

func TestShortHint(t *testing.T) {
	d := screen.Draft{
		Hint: "This is the last page of the list.", HintShort: "Last page.", Title: "Staples",
		Options: list("Rice 5kg 850", "Sugar 1kg 160", "Salt 1kg 45"), Nav: nav,
	}
	for _, c := range []struct {
		name    string
		septets int
		want    string
	}{
		{"room for the long one", 160, "This is the last page of the list.\nStaples\n1.Rice"},
		{"room for the short one beside the title", 85, "Last page.\nStaples\n1.Rice"},
		{"room for the short one alone", 74, "Last page.\n1.Rice"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := d.Page(0, screen.Budget{Septets: c.septets, Units: 70}); !strings.HasPrefix(got.Text, c.want) || got.Of != 1 {
				t.Errorf("%d pages: %q", got.Of, got.Text)
			}
		})
	}
}
