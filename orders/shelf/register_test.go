package shelf

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"

	"haat/catalog"
	"haat/orders/bus"
)

// TestRegisterOneIsFaster: who has not read what another gave in between cannot
// give.
func TestRegisterOneIsFaster(t *testing.T) {
	b, err := bus.Open(t.Context(), bus.Config{Dir: t.TempDir()}, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	kv, err := b.JetStream().KeyValue(t.Context(), bus.Counters)
	if err != nil {
		t.Fatal(err)
	}
	fast, slow := &register{kv: kv}, &register{kv: kv}
	add := func(r *register, want bool, given ...catalog.Given) {
		t.Helper()
		if added, err := r.add(t.Context(), given); err != nil || added != want {
			t.Fatalf("added is %v, %v; want %v", added, err, want)
		}
	}
	rice, oil, soap := catalog.Given{SKU: "RICE", Number: 101}, catalog.Given{SKU: "OIL", Number: 102}, catalog.Given{SKU: "SOAP", Number: 101}
	add(fast, true, rice)
	add(slow, false, soap)
	add(slow, true) // nothing to give needs no turn
	if err := slow.load(t.Context()); err != nil {
		t.Fatal(err)
	}
	add(slow, true, oil)
	add(fast, false, soap)
	for name, r := range map[string]*register{"who was there": fast, "who comes new": {kv: kv}} {
		if err := r.load(t.Context()); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]catalog.Given{rice, oil}, r.given); diff != "" {
			t.Errorf("%s reads %s", name, diff)
		}
	}
}
