package orders

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"haat/catalog"
)

// basket is an order that is right in every way.
func basket() Order {
	lines := []Line{
		{SKU: "RICE5", Qty: 2, UnitPrice: catalog.Money{Minor: 85000, Currency: "KES"}},
		{SKU: "SOAP", Qty: 1, UnitPrice: catalog.Money{Minor: 15000, Currency: "KES"}},
	}
	return Order{
		ID: "b1", Number: 1001, Phone: "+254700000001", Channel: "demo", Language: "sw", Station: "ST01",
		Lines: lines, Total: Sum(lines, "KES"), PickupCode: "4711", PlacedAt: time.Date(2026, 3, 1, 8, 0, 0, 123456789, time.UTC),
	}
}

func TestSum(t *testing.T) {
	if got := basket().Total.Decimal(); got != "1850.00" {
		t.Errorf("got %s", got)
	}
	if got := Sum(nil, "KES"); got != (catalog.Money{Currency: "KES"}) {
		t.Errorf("nothing costs %v", got)
	}
}

// The wire contract: other versions and other programs read these names.
func TestRequestJSON(t *testing.T) {
	b := basket()
	got, err := json.Marshal(Request{Place: &b})
	if err != nil {
		t.Fatal(err)
	}
	want := `{"place":{"id":"b1","number":1001,"phone":"+254700000001","channel":"demo","language":"sw","station":"ST01",` +
		`"lines":[{"sku":"RICE5","qty":2,"unit_price":{"minor":85000,"currency":"KES"}},` +
		`{"sku":"SOAP","qty":1,"unit_price":{"minor":15000,"currency":"KES"}}],` +
		`"total":{"minor":185000,"currency":"KES"},"pickup_code":"4711","placed_at":"2026-03-01T08:00:00.123456789Z"}}`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Error(diff)
	}
	got, err = json.Marshal(Request{Cancel: &Cancel{ID: "b1", Number: 1001, Phone: "+254700000001", At: b.PlacedAt}})
	want = `{"cancel":{"id":"b1","number":1001,"phone":"+254700000001","at":"2026-03-01T08:00:00.123456789Z"}}`
	if err != nil || string(got) != want {
		t.Errorf("got %s, %v", got, err)
	}
}

func TestJSONRoundTrip(t *testing.T) {
	b := basket()
	b.Status = Rejected
	sameAfterJSON(t, Request{Place: &b})
	sameAfterJSON(t, Request{Cancel: &Cancel{ID: "b1", Number: 7, Phone: b.Phone, At: b.PlacedAt}})
	sameAfterJSON(t, Event{Kind: Rejected, Order: b, Shortages: []Shortage{{"SOAP", 0}, {"RICE5", 3}}, At: b.PlacedAt})
	sameAfterJSON(t, Event{Kind: Dispatched, Order: b, Refused: true, At: b.PlacedAt})
}

func sameAfterJSON[T any](t *testing.T, v T) {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var again T
	if err := json.Unmarshal(data, &again); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(v, again); diff != "" {
		t.Error(diff)
	}
}

func TestValidate(t *testing.T) {
	tests := []struct {
		name   string
		change func(*Order)
		want   string // "" is valid
	}{
		{"right", func(*Order) {}, ""},
		{"placed already said", func(o *Order) { o.Status = Placed }, ""},
		{"no id", func(o *Order) { o.ID = "" }, "id must be"},
		{"long id", func(o *Order) { o.ID = strings.Repeat("x", 65) }, "id must be"},
		{"broken id", func(o *Order) { o.ID = "b\xff" }, "id must be"},
		{"control in channel", func(o *Order) { o.Channel = "a\x00b" }, "channel must be"},
		{"no language", func(o *Order) { o.Language = "" }, "language must be"},
		{"no pickup code", func(o *Order) { o.PickupCode = "" }, "pickup_code must be"},
		{"no number", func(o *Order) { o.Number = 0 }, "number is 0"},
		{"phone without plus", func(o *Order) { o.Phone = "254700000001" }, "E.164"},
		{"phone of letters", func(o *Order) { o.Phone = "+25470000000A" }, "E.164"},
		{"phone too short", func(o *Order) { o.Phone = "+2547000" }, "E.164"},
		{"no station", func(o *Order) { o.Station = "" }, "station"},
		{"station of two subject tokens", func(o *Order) { o.Station = "ST.01" }, "station"},
		{"station as wildcard", func(o *Order) { o.Station = "*" }, "station"},
		{"decided already", func(o *Order) { o.Status = Confirmed }, "before it was decided"},
		{"no time", func(o *Order) { o.PlacedAt = time.Time{} }, "placed_at"},
		{"time beyond what is kept", func(o *Order) { o.PlacedAt = time.Date(2300, 1, 1, 0, 0, 0, 0, time.UTC) }, "placed_at"},
		{"no lines", func(o *Order) { o.Lines = nil }, "0 lines"},
		{"too many lines", func(o *Order) { o.Lines = make([]Line, MaxLines+1) }, "201 lines"},
		{"no SKU", func(o *Order) { o.Lines[0].SKU = "" }, "line 1: sku"},
		{"quantity of zero", func(o *Order) { o.Lines[1].Qty = 0 }, "line 2: quantity 0"},
		{"quantity below zero", func(o *Order) { o.Lines[1].Qty = -1 }, "line 2: quantity -1"},
		{"quantity too large", func(o *Order) { o.Lines[1].Qty = MaxQty + 1 }, "line 2: quantity 10000"},
		{"no currency", func(o *Order) { o.Total.Currency = "" }, "currency"},
		{"two currencies", func(o *Order) { o.Lines[1].UnitPrice.Currency = "UGX" }, "line 2 is in \"UGX\""},
		{"price below zero", func(o *Order) { o.Lines[1].UnitPrice.Minor = -1 }, "a price of -0.01"},
		{"price beyond the catalogue's", func(o *Order) { o.Lines[1].UnitPrice.Minor = 1_000_000_001 }, "a price of"},
		{"wrong total", func(o *Order) { o.Total.Minor++ }, "the total is 1850.01 and its lines add up to 1850.00"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := basket()
			tt.change(&o)
			compareError(t, Request{Place: &o}.Validate(), tt.want)
		})
	}
}

func TestValidateRequest(t *testing.T) {
	o := basket()
	tests := []struct {
		name string
		r    Request
		want string
	}{
		{"nothing", Request{}, "must place or cancel"},
		{"both", Request{Place: &o, Cancel: &Cancel{ID: "b1", Phone: o.Phone}}, "not both"},
		{"cancel", Request{Cancel: &Cancel{ID: "b1", Phone: o.Phone}}, ""},
		{"cancel nothing", Request{Cancel: &Cancel{Phone: o.Phone}}, "id must be"},
		{"cancel for nobody", Request{Cancel: &Cancel{ID: "b1"}}, "E.164"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { compareError(t, tt.r.Validate(), tt.want) })
	}
}

func compareError(t *testing.T, err error, want string) {
	t.Helper()
	if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
		t.Errorf("got %v, want %q", err, want)
	}
	if err != nil && strings.Contains(err.Error(), "54700000001") {
		t.Errorf("the error says the phone number: %v", err)
	}
}

// What is valid can be added up without running over.
func TestValidateBoundsTheTotal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := basket()
		price := catalog.Money{Minor: rapid.Int64().Draw(t, "price"), Currency: "KES"}
		o.Lines = make([]Line, rapid.IntRange(1, MaxLines).Draw(t, "lines"))
		for i := range o.Lines {
			o.Lines[i] = Line{SKU: "A", Qty: rapid.IntRange(1, MaxQty).Draw(t, "qty"), UnitPrice: price}
		}
		o.Total = Sum(o.Lines, "KES")
		if o.Validate() == nil && (o.Total.Minor < 0 || o.Total.Minor < price.Minor) {
			t.Fatalf("%d of %v is valid and adds up to %v", len(o.Lines), price, o.Total)
		}
	})
}
