package processor

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// FuzzReadRequest: nothing makes it panic, and what is accepted is a request
// that an order can be made of, and is written as it was read.
func FuzzReadRequest(f *testing.F) {
	f.Add([]byte(`{"in":{"text":"1"},"request":{"place":{"id":"b1","number":1001,"phone":"+254700000001","channel":"demo","language":"sw",` +
		`"station":"ST01","lines":[{"sku":"SOAP","qty":1,"unit_price":{"minor":15000,"currency":"KES"}}],` +
		`"total":{"minor":15000,"currency":"KES"},"pickup_code":"4711","placed_at":"2026-03-01T08:00:00.123456789Z"}}}`))
	f.Add([]byte(`{"request":{"cancel":{"id":"b1","number":7,"phone":"+254700000001","at":"2026-03-01T08:00:00Z"}}}`))
	f.Add([]byte(`{"request":{"place":{},"cancel":{}}}`))
	f.Add([]byte(`{"request":null}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		request, err := readRequest(data)
		if err != nil {
			return
		}
		if (request.Place == nil) == (request.Cancel == nil) {
			t.Fatal("a request that places and cancels, or neither")
		}
		written, err := json.Marshal(map[string]any{"request": request})
		if err != nil {
			t.Fatal(err)
		}
		again, err := readRequest(written)
		if err != nil {
			t.Fatalf("what was accepted is refused: %v", err)
		}
		if diff := cmp.Diff(request, again); diff != "" {
			t.Fatal(diff)
		}
	})
}
