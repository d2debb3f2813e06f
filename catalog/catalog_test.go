package catalog

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func stall() *Catalog {
	return New("v1", []Product{
		{SKU: "HOE", Category: "tools", Names: map[string]string{"en": "Hoe", "sw": "Jembe"}},
		{SKU: "RICE5", Category: "staples", Names: map[string]string{"en": "Rice 5 kg"}, Short: map[string]string{"en": "Rice 5kg"}},
		{SKU: "RICE1", Category: "staples", Names: map[string]string{"en": "Rice 1 kg"}},
		{SKU: "AXE", Category: "sharp", Names: map[string]string{"en": "Axe"}},
	}, []Category{
		{ID: "staples", Names: map[string]string{"en": "Staple foods"}},
		{ID: "empty", Names: map[string]string{"en": "Nothing in it"}},
		{ID: "tools", Names: map[string]string{"en": "Tools", "sw": "Vifaa"}},
		{ID: "staples", Names: map[string]string{"en": "Listed twice"}},
	})
}

func skus(products []*Product) []string {
	var all []string
	for _, p := range products {
		all = append(all, p.SKU)
	}
	return all
}

func TestCatalogOrder(t *testing.T) {
	c := stall()
	if diff := cmp.Diff([]string{"HOE", "RICE5", "RICE1", "AXE"}, skus(c.Products())); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"RICE5", "RICE1"}, skus(c.In("staples"))); diff != "" {
		t.Error(diff)
	}
	var names []string
	for _, k := range c.Categories() {
		names = append(names, k.Name("en"))
	}
	if diff := cmp.Diff([]string{"Staple foods", "Tools", "sharp"}, names); diff != "" {
		t.Error("listed first, once, never empty ones, then the unlisted: " + diff)
	}
	if len(c.In("nowhere")) != 0 {
		t.Error("an unknown category has products")
	}
}

func TestCatalogBySKU(t *testing.T) {
	c := stall()
	for _, code := range []string{"RICE5", "rice5", "Rice5"} {
		if p, ok := c.BySKU(code); !ok || p.SKU != "RICE5" {
			t.Errorf("%s finds %v", code, p)
		}
	}
	if _, ok := c.BySKU("RICE"); ok {
		t.Error("half a code finds a product")
	}
}

func TestNames(t *testing.T) {
	c := stall()
	hoe, _ := c.BySKU("HOE")
	rice, _ := c.BySKU("RICE5")
	tests := []struct{ name, got, want string }{
		{"own language", hoe.Name("sw"), "Jembe"},
		{"English for another", rice.Name("sw"), "Rice 5 kg"},
		{"short", rice.ShortName("en"), "Rice 5kg"},
		{"short where there is none", hoe.ShortName("sw"), "Jembe"},
		{"category", c.Categories()[1].Name("sw"), "Vifaa"},
		{"category in English", c.Categories()[0].Name("sw"), "Staple foods"},
		{"category without names", c.Categories()[2].Name("sw"), "sharp"},
	}
	for _, tt := range tests {
		if tt.got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, tt.got, tt.want)
		}
	}
}
