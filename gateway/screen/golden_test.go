package screen_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"haat/gateway/gsm"
	"haat/gateway/screen"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestGolden shows whole screens as villagers read them.
func TestGolden(t *testing.T) {
	for _, c := range []struct {
		name   string
		drafts []screen.Draft
	}{
		{"english", []screen.Draft{
			{
				Title: "Staples",
				Options: list("Rice 1 kg 180", "Rice 5 kg 850", "Maize flour 2 kg 170", "Maize flour 10 kg 820", "Wheat flour 2 kg 190",
					"Dry beans 1 kg 160", "Lentils 1 kg 200", "Sugar 1 kg 160", "Salt 1 kg 45", "Bread 400 g 65"),
				Nav: nav,
			},
			{
				Hint: "Press a number of the list.", Title: "Cooking oils", Nav: nav,
				Options: list("Cooking oil 500 ml 165", "Cooking oil 1 L 310", "Cooking oil 5 L 1480", "Sunflower oil 3 L 1150"),
			},
			{
				Title: "Your order",
				Body: []string{
					"2 x Rice 5 kg 1700", "1 x Cooking oil 1 L 310", "3 x Bar soap 300", "4 x Matches 40", "1 x Tea leaves 250 g 140",
					"Total KES 2490", "Collect at Mama Njeri's shop, Kangemi, from tomorrow noon",
				},
				Final: list("Confirm", "Change"), Nav: nav,
			},
		}},
		{"swahili", []screen.Draft{
			{
				Title: "Vyakula",
				Options: list("Mchele kilo 1 180", "Mchele kilo 5 850", "Unga wa mahindi kilo 2 170", "Unga wa ngano kilo 2 190",
					"Maharagwe kilo 1 160", "Dengu kilo 1 200", "Sukari kilo 1 160", "Chumvi kilo 1 45"),
				Nav: screen.Nav{More: "Zaidi", Back: "Rudi", Home: "Mwanzo"},
			},
			{
				Hint: "Nambari hiyo haipo.", Title: "Mafuta",
				Options: list("Mafuta ya kupikia ml 500 165", "Mafuta ya kupikia lita 1 310", "Mafuta ya kupikia lita 5 1480", "Mafuta ya alizeti lita 3 1150"),
				Nav:     screen.Nav{More: "Zaidi", Back: "Rudi", Home: "Mwanzo"},
			},
		}},
		{"arabic", []screen.Draft{
			{
				Title:   "مواد أساسية",
				Options: list("أرز ١ كغ 180", "أرز ٥ كغ 850", "دقيق ذرة ٢ كغ 170", "دقيق قمح ٢ كغ 190", "معكرونة سباغيتي ٥٠٠ غ 95", "معجون طماطم (علبة) 40"),
				Nav:     screen.Nav{More: "المزيد", Back: "رجوع", Home: "الرئيسية"},
			},
		}},
		{"chinese", []screen.Draft{
			{
				Title:   "主食",
				Options: list("大米1公斤 180", "大米5公斤 850", "玉米面2公斤 170", "面粉2公斤 190", "芸豆1公斤 160", "白糖1公斤 160", "番茄酱(罐) 40"),
				Nav:     screen.Nav{More: "更多", Back: "返回", Home: "首页"},
			},
			{
				Title: "帮助",
				Body:  []string{"回复数字选择商品，再回复数量，最后确认订单。订单确认后您会收到取货码，请凭取货码到村里的商店付款取货。如需取消订单，请在发货之前回复“取消订单”和订单号。"},
				Nav:   screen.Nav{More: "更多", Back: "返回"},
			},
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var b strings.Builder
			for _, d := range c.drafts {
				for n, text := range walk(d, screen.USSD()) {
					septets, _ := gsm.Septets(text)
					fmt.Fprintf(&b, "=== page %d, %s, %d septets, %d units\n%s\n", n, gsm.Encoding(text), septets, gsm.Units(text), text)
				}
			}
			golden(t, filepath.Join("testdata", c.name+".golden"), b.String())
		})
	}
}

func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v: run the test with -update", err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
