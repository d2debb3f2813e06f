package screen_test

import (
	"fmt"

	"haat/gateway/screen"
)

func ExampleDraft_Page() {
	shelf := screen.Draft{
		Title: "Staple foods",
		Options: []screen.Option{
			{Key: "1", Text: "Rice 5kg 850"},
			{Key: "2", Text: "Maize flour 2kg 170"},
			{Key: "3", Text: "Sugar 1kg 160"},
		},
		Nav: screen.Nav{More: "More", Back: "Back"},
	}
	small := screen.Budget{Septets: 60, Units: 40}
	for n := 0; n < shelf.Page(0, small).Of; n++ {
		fmt.Println(shelf.Page(n, small).Text)
		fmt.Println("--")
	}
	// Output:
	// Staple foods
	// 1.Rice 5kg 850
	// 98.More 0.Back
	// --
	// Staple foods
	// 2.Maize flour 2kg 170
	// 3.Sugar 1kg 160
	// 0.Back
	// --
}
