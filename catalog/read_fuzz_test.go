package catalog

import (
	"bytes"
	"encoding/csv"
	"errors"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// FuzzRead: nothing makes it panic, every refusal says why, and what was
// accepted reads equally when it is written out and read again.
func FuzzRead(f *testing.F) {
	sample, err := os.ReadFile("../cmd/haat/sample/catalog.csv")
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte(strings.Join(strings.SplitAfterN(string(sample), "\n", 6)[:5], "")))
	f.Add([]byte("\ufeffsku,category,name_en,unit,price\nA,c,\"n\"\"n\",u,1\n"))
	f.Add([]byte("price,unit,name_en,category,sku\n1,u, e\u0301\u00a0x ,c,A-1\n"))
	f.Add([]byte("sku,category,name_en,unit,price\nA,c,\"n\n"))
	f.Add([]byte("number,sku,category,name_en,unit,price\n,A,c,n,u,1\n300,B,d,\"n,\n\",u,1\n"))
	f.Add([]byte("number,sku,category,name_en,unit,price\n,A,c, n,u,1\n300,B,d,\" \"\"n\",u,1\n"))
	f.Add([]byte("\xff\xfes\x00k\x00u\x00"))
	f.Fuzz(func(t *testing.T, file []byte) {
		products, err := Read(bytes.NewReader(file), "KES")
		if err != nil {
			var check *CheckError
			if !errors.As(err, &check) || len(check.Problems) == 0 || products != nil {
				t.Fatalf("refused without a reason: %v", err)
			}
			return
		}
		again, err := Read(bytes.NewReader(write(t, products)), "KES")
		if err != nil {
			t.Fatalf("what was accepted is refused: %v", err)
		}
		if diff := cmp.Diff(products, again); diff != "" {
			t.Fatal(diff)
		}
		checkNumbered(t, file, products)
	})
}

// checkNumbered: a file that was accepted can be numbered, and nothing but the
// numbers changes.
func checkNumbered(t *testing.T, file []byte, products []Product) {
	numbered, _, err := Number(file, nil)
	if err != nil {
		t.Fatalf("what was accepted gets no numbers: %v", err)
	}
	got, err := Read(bytes.NewReader(numbered), "KES")
	if err != nil {
		t.Fatalf("with numbers it is refused: %v", err)
	}
	want, _, err := Assign(products, nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatal(diff)
	}
}

// write writes products in the format that Read reads.
func write(t *testing.T, products []Product) []byte {
	languages := map[string]bool{}
	for _, p := range products {
		for _, names := range []map[string]string{p.Names, p.Short} {
			for lang := range names {
				languages[lang] = true
			}
		}
	}
	all := slices.Sorted(maps.Keys(languages))
	rows := [][]string{{"sku", "category", "unit", "price", "stock", "aliases", "number"}}
	for _, lang := range all {
		rows[0] = append(rows[0], "name_"+lang, "short_"+lang)
	}
	for _, p := range products {
		stock, number := "", ""
		if p.Counted {
			stock = strconv.Itoa(p.Stock)
		}
		if p.Number != 0 {
			number = strconv.Itoa(p.Number)
		}
		row := []string{p.SKU, p.Category, p.Unit, p.Price.Decimal(), stock, strings.Join(p.Aliases, "|"), number}
		for _, lang := range all {
			row = append(row, p.Names[lang], p.Short[lang])
		}
		rows = append(rows, row)
	}
	var b bytes.Buffer
	if err := csv.NewWriter(&b).WriteAll(rows); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
