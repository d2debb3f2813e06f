package main

import (
	"bytes"
	"context"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"haat/catalog"
	"haat/orders"
	"haat/orders/store"
)

func kes(minor int64) catalog.Money { return catalog.Money{Minor: minor, Currency: "KES"} }

// placedOrders are two orders; the first can be filled.
func placedOrders() []orders.Order {
	at := time.Date(2026, 3, 1, 9, 30, 0, 123456789, time.FixedZone("EAT", 3*3600))
	return []orders.Order{{
		ID: "basket-1", Number: 1042, Phone: "+254700000001", Channel: "demo", Language: "sw", Station: "ST01",
		Lines: []orders.Line{{SKU: "RICE5", Qty: 2, UnitPrice: kes(85000)}, {SKU: "SOAP", Qty: 3, UnitPrice: kes(4550)}},
		Total: kes(183650), PickupCode: "7731", PlacedAt: at,
	}, {
		ID: "basket-2", Number: 1057, Phone: "+254711222333", Channel: "kenya-sms", Language: "en", Station: "ST02",
		Lines: []orders.Line{{SKU: "RICE5", Qty: 9, UnitPrice: kes(85000)}},
		Total: kes(765000), PickupCode: "0042", PlacedAt: at.Add(time.Minute),
	}}
}

// openShop makes a data directory with orders in it and leaves its store open,
// as a running haat does.
func openShop(t *testing.T, placed ...orders.Order) (dir string) {
	t.Helper()
	ctx, dir := context.Background(), t.TempDir()
	s, err := store.Open(ctx, filepath.Join(dir, ordersFile))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	products := []catalog.Product{
		{SKU: "RICE5", Names: map[string]string{"en": "Rice 5 kg"}, Unit: "bag", Price: kes(85000), Stock: 5, Counted: true},
		{SKU: "SOAP", Names: map[string]string{"en": "Soap"}, Unit: "piece", Price: kes(4550)},
	}
	if err := s.ApplyCatalog(ctx, time.Unix(1, 0), "first", products); err != nil {
		t.Fatal(err)
	}
	for i := range placed {
		results, err := s.Apply(ctx, placed[i].PlacedAt, []store.Job{{Seq: uint64(i + 1), Request: orders.Request{Place: &placed[i]}}})
		if err != nil || results[0].Err != nil {
			t.Fatal(err, results)
		}
	}
	return dir
}

func runOrders(t *testing.T, args ...string) (out, errs string, code int) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code = run(context.Background(), append([]string{"orders"}, args...), strings.NewReader(""), &stdout, &stderr)
	return stdout.String(), stderr.String(), code
}

func TestOrdersListed(t *testing.T) {
	dir := openShop(t, placedOrders()...)
	for _, tc := range []struct {
		name, golden string
		args         []string
	}{
		{"for people", "testdata/orders.txt", nil},
		{"for programs", "testdata/orders.jsonl", []string{"--json"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			out, errs, code := runOrders(t, append(tc.args, "--data", dir)...)
			if code != exitOK || errs != "" {
				t.Errorf("exit %d: %s", code, errs)
			}
			matchGolden(t, tc.golden, out)
		})
	}
}

func TestOrdersTableMasksPhones(t *testing.T) {
	out, _, _ := runOrders(t, "--data", openShop(t, placedOrders()...))
	if strings.Contains(out, "254700000") || !strings.Contains(out, "*001") {
		t.Errorf("a phone is not masked:\n%s", out)
	}
}

func TestOrdersJSONIsOneObjectALine(t *testing.T) {
	out, _, _ := runOrders(t, "--json", "--data", openShop(t, placedOrders()...))
	lines := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
	if len(lines) != 2 {
		t.Fatalf("%d lines", len(lines))
	}
	for _, line := range lines {
		var fields map[string]any
		if err := json.Unmarshal([]byte(line), &fields); err != nil {
			t.Errorf("%s: %v", line, err)
		}
		for _, name := range strings.Fields("id number phone channel language station status lines total currency pickup_code placed_at") {
			if _, ok := fields[name]; !ok {
				t.Errorf("there is no %s in %s", name, line)
			}
		}
	}
}

func TestOrdersWithoutAny(t *testing.T) {
	dir := openShop(t)
	if out, _, code := runOrders(t, "--data", dir); code != exitOK || out != "No orders yet.\n" {
		t.Errorf("for people: exit %d, %q", code, out)
	}
	if out, _, code := runOrders(t, "--json", "--data", dir); code != exitOK || out != "" {
		t.Errorf("for programs: exit %d, %q", code, out)
	}
}

func TestOrdersWithoutData(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "nothing")
	if _, errs, code := runOrders(t, "--data", dir); code != exitError || !strings.Contains(errs, "start `haat serve --data "+dir+"`") {
		t.Errorf("exit %d: %s", code, errs)
	}
}

func TestMasked(t *testing.T) {
	for phone, want := range map[string]string{"+254700000001": "**********001", "384": "***", "": "", "+1234": "**234"} {
		if got := masked(phone); got != want {
			t.Errorf("masked(%q) = %q, want %q", phone, got, want)
		}
	}
}
