package parse_test

import (
	"fmt"

	"haat/catalog"
	"haat/gateway/lang"
	"haat/gateway/parse"
)

func ExampleText() {
	languages, err := lang.Load("en")
	if err != nil {
		fmt.Println(err)
		return
	}
	shelf := catalog.New("1", []catalog.Product{{SKU: "RICE5", Category: "staples"}, {SKU: "SOAP", Category: "hygiene"}}, nil)
	english := languages.English()
	for _, text := range []string{"ORDER RICE5 2, SOAP 3", "rice5 2 soap", "RICE5 2 CHEESE 1", "status 10023", "98"} {
		m := parse.Text(text, english, english, shelf)
		fmt.Printf("%s %v unclear=%q order=%d number=%q\n", m.Intent, m.Items, m.Unclear, m.OrderNo, m.Number)
	}
	// Output:
	// order [{RICE5 2} {SOAP 3}] unclear="" order=0 number=""
	// order [{RICE5 2} {SOAP 1}] unclear="" order=0 number=""
	// ask [{RICE5 2}] unclear="CHEESE" order=0 number=""
	// status [] unclear="" order=10023 number=""
	// number [] unclear="" order=0 number="98"
}
