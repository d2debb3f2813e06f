package gateway

import (
	"sync"
	"testing"

	"haat/catalog"
	"haat/gateway/lang"
	"haat/gateway/parse"
)

// TestTheParserFollowsTheCatalogue also when messages come all at once.
func TestTheParserFollowsTheCatalogue(t *testing.T) {
	languages, err := lang.Load("en")
	if err != nil {
		t.Fatal(err)
	}
	version := func(sku string) *catalog.Catalog {
		return catalog.New(sku, []catalog.Product{{SKU: sku, Names: map[string]string{"en": "Thing"}, Unit: "piece"}}, nil)
	}
	var s shelf
	for _, c := range []*catalog.Catalog{version("ONE1"), version("TWO2")} {
		parsers := make([]*parse.Parser, 8)
		var wg sync.WaitGroup
		for i := range parsers {
			wg.Go(func() {
				var got *catalog.Catalog
				if got, parsers[i] = s.present(c, languages); got != c {
					t.Errorf("the catalogue is %s, want %s", got.Version, c.Version)
				}
			})
		}
		wg.Wait()
		for _, p := range parsers {
			if p != parsers[0] {
				t.Error("one catalogue has two parsers")
			}
		}
		if m := parsers[0].Text(c.Version+" 3", "en"); m.Intent != parse.Order || len(m.Items) != 1 || m.Items[0].SKU != c.Version {
			t.Errorf("the parser of %s understands %+v", c.Version, m)
		}
	}
}
