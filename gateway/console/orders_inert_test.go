package console_test

import (
	"net/url"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"haat/gateway"
	"haat/gateway/console"
	"haat/gateway/console/consoletest"
	"haat/gateway/dialogue"
	"haat/orders"
)

// Whatever somebody writes into an order or a message about one stays a text.
func TestOrdersInert(t *testing.T) {
	for name, payload := range map[string]string{
		"script": `<script>alert(1)</script>`, "attribute": `" onmouseover="alert(1)" x="`, "address": `javascript:alert(1)`,
		"closed text": `</textarea></select></template><svg onload=alert(1)>`, "path": `../../audit"><img src=x>`,
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, func(c *console.Config) { c.Product = func(string, string) string { return payload } })
			rec := consoletest.Placed(at, 1, payload, amina, orders.Rejected, 0, 0)
			rec.Order.Station, rec.Order.Channel, rec.Order.Language, rec.Order.PickupCode = payload, payload, payload, payload
			rec.Order.Lines[0].SKU = payload
			rec.Steps[1].By, rec.Steps[1].Reason = payload, payload
			rec.Notes = []orders.Note{{At: at, By: payload, Text: payload}}
			r.orders.Add(rec)
			row := consoletest.Turn(at, amina, dialogue.SMS, dialogue.ClassOrder, payload, payload)
			row.Order = payload
			r.index.Add(row, consoletest.Status(at, amina, "1", gateway.State(payload), payload))
			link := "/order/" + url.PathEscape(payload)
			bad := r.ask("admin", "POST", link+"/act", url.Values{"act": {"1"}, "what": {"note"}, "reason": {strings.Repeat(payload, 40)}})
			for where, page := range map[string]string{
				"list": r.get("/orders"), "order": r.get(link), "now": r.get(link + "/now"), "rows": r.get("/orders/rows"), "log": r.get("/"), "news": r.get("/orders/news"),
				"filter": r.ask("admin", "GET", "/orders?q="+url.QueryEscape(payload)+"&sku="+url.QueryEscape(payload)+"&station="+url.QueryEscape(payload), nil).body, "bad form": bad.body,
			} {
				wantInert(t, where, page)
				if strings.Contains(page, "254700000001") {
					t.Errorf("%s names a number", where)
				}
			}
		})
	}
}

// TestOrdersNameNoNumber writes phones into everything that somebody can write.
func TestOrdersNameNoNumber(t *testing.T) {
	r := newRig(t)
	rapid.Check(t, func(rt *rapid.T) {
		digits := rapid.StringMatching(`[1-9][0-9]{8,14}`).Draw(rt, "digits")
		id := "o" + strconv.FormatUint(rapid.Uint64().Draw(rt, "id"), 36)
		says := rapid.SampledFrom([]string{"+" + digits, digits, "call " + digits + " now", "tel:+" + digits}).Draw(rt, "says")
		rec := consoletest.Placed(at, 7, id, "+"+digits, orders.Rejected, 0, 0)
		rec.Steps[1].By, rec.Steps[1].Reason = "amani", says
		rec.Notes = []orders.Note{{At: at, By: "amani", Text: says}}
		r.orders.Add(rec)
		row := consoletest.Turn(at, gateway.Phone("+"+digits), dialogue.SMS, dialogue.ClassOrder, says, says)
		row.Order = id
		r.index.Add(row)
		for _, path := range []string{"/orders", "/order/" + id} {
			if strings.Contains(r.get(path), digits) {
				rt.Fatalf("%s names %s", path, digits)
			}
		}
	})
}
