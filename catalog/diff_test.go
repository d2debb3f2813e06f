package catalog

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

func anyVersion(t *rapid.T, label string) []Product {
	var products []Product
	for _, i := range rapid.SliceOfDistinct(rapid.IntRange(0, 9), rapid.ID[int]).Draw(t, label) {
		p := Product{
			SKU: fmt.Sprintf("P%d", i), Category: rapid.SampledFrom([]string{"food", "tools"}).Draw(t, "category"), Unit: "bag",
			Names: map[string]string{"en": rapid.SampledFrom([]string{"Rice", "Hoe"}).Draw(t, "name")},
			Price: Money{rapid.Int64Range(1, 3).Draw(t, "price"), "KES"}, Hidden: rapid.Bool().Draw(t, "hidden"),
		}
		if p.Counted = rapid.Bool().Draw(t, "counted"); p.Counted {
			p.Stock = rapid.IntRange(0, 2).Draw(t, "stock")
		}
		if rapid.Bool().Draw(t, "sw") {
			p.Names["sw"] = "Mchele"
		}
		products = append(products, p)
	}
	return products
}

// apply makes the later version of the earlier one and the difference.
func apply(t *rapid.T, before []Product, d Difference) map[string]map[string]string {
	all := map[string]map[string]string{}
	columns := []string{"sku", "number", "category", "name_en", "name_sw", "unit", "price", "stock", "available", "aliases"}
	add := func(p *Product) {
		row := map[string]string{}
		for _, column := range columns {
			row[column] = Field(p, column)
		}
		all[p.SKU] = row
	}
	for i := range before {
		add(&before[i])
	}
	for i := range d.Removed {
		delete(all, d.Removed[i].SKU)
	}
	for i := range d.Added {
		add(&d.Added[i])
	}
	for _, c := range d.Changed {
		for _, f := range c.Fields {
			if all[c.SKU][f.Column] != f.Old {
				t.Fatalf("%s %s was not %q", c.SKU, f.Column, f.Old)
			}
			all[c.SKU][f.Column] = f.New
		}
	}
	return all
}

// TestDiff: the difference of two versions makes one of the other, and back.
func TestDiff(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := anyVersion(t, "before"), anyVersion(t, "after")
		for range 2 {
			d := Diff(a, b)
			if diff := cmp.Diff(apply(t, b, Difference{}), apply(t, a, d)); diff != "" {
				t.Fatal(diff)
			}
			if len(d.Added)+len(d.Changed)+d.Unchanged != len(b) || len(d.Removed)+len(d.Changed)+d.Unchanged != len(a) {
				t.Fatalf("not all are told of: %+v", d)
			}
			a, b = b, a
		}
		if d := Diff(a, a); !d.None() || d.Unchanged != len(a) {
			t.Fatalf("the same differs: %+v", d)
		}
	})
}

func TestHiddenProducts(t *testing.T) {
	file := "sku,category,name_en,unit,price,number,available\nHOE,tools,Hoe,piece,1,101,no\nAXE,tools,Axe,piece,2,102,\nPEN,paper,Pen,piece,3,201,No\n"
	products, err := Read(bytes.NewReader([]byte(file)), "KES")
	if err != nil {
		t.Fatal(err)
	}
	c := New("", products, []Category{{ID: "paper"}, {ID: "tools"}})
	if diff := cmp.Diff([]string{"AXE"}, skus(c.Products())); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"AXE"}, skus(c.In("tools"))); diff != "" {
		t.Error(diff)
	}
	if len(c.Categories()) != 1 {
		t.Error("a category without a product on sale is on the menu")
	}
	if _, ok := c.BySKU("HOE"); ok {
		t.Error("found by its code")
	}
	if _, ok := c.ByNumber(101); ok {
		t.Error("found by its number")
	}
	for _, typed := range []string{"hoe", "101"} {
		if p, ok := c.Hidden(typed); !ok || p.SKU != "HOE" {
			t.Errorf("%s: %v", typed, p)
		}
	}
	if _, ok := c.Hidden("102"); ok {
		t.Error("one on sale is hidden")
	}
	if p, ok := c.Named("HOE"); !ok || p.Name("en") != "Hoe" {
		t.Error("it has no name any more")
	}
}

func TestGuard(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cell := rapid.StringMatching(`'{0,3}[=+@a-]?.{0,5}`).Draw(t, "cell")
		guarded := Guard(cell)
		if Plain(guarded) != cell {
			t.Fatalf("%q becomes %q", cell, Plain(guarded))
		}
		if guarded != "" && bytes.ContainsAny([]byte(guarded[:1]), "=+-@") {
			t.Fatalf("%q runs", guarded)
		}
	})
}

// TestStamp: nothing but the ids changes.
func TestStamp(t *testing.T) {
	file := []byte("price,sku,category,name_en,unit,stock\n1,A,c, n ,u,5\n2,B,c,\"n, x\",u,\n")
	want, err := Read(bytes.NewReader(file), "KES")
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if file, err = Stamp(file, func(sku, stock string) string { return sku + stock }); err != nil {
			t.Fatal(err)
		}
		got, err := Read(bytes.NewReader(file), "KES")
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(Product{}, "Count")); diff != "" {
			t.Error(diff)
		}
		if got[0].Count != "A5" || got[1].Count != "B" {
			t.Errorf("counts %q and %q", got[0].Count, got[1].Count)
		}
	}
}
