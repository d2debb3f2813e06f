package catalog_test

import (
	"errors"
	"fmt"
	"strings"

	"haat/catalog"
)

func ExampleRead() {
	file := "sku,category,name_en,unit,price,stock\nRICE5,staples,Rice 5 kg,bag,850.00,60\nrice5,staples,Rice,bag,free,\n"
	_, err := catalog.Read(strings.NewReader(file), "KES")
	var wrong *catalog.CheckError
	if errors.As(err, &wrong) {
		for _, p := range wrong.Problems {
			fmt.Println(p.Line, p.Column)
		}
	}
	// Output:
	// 3 sku
	// 3 price
}
