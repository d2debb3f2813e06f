package main

import (
	"strings"
	"testing"

	"haat/gateway/console/consoletest"
)

// ordersRice dials and orders so many bags of rice, and gives the last screen.
func (h *haat) ordersRice(phone, bags string) string {
	h.t.Helper()
	return h.dial(phone).answers("1", "1", "1", "2", bags, "1", "3", "1")
}

const stock = `document.querySelector(".order-lines tbody td:last-child").innerText`

// TestOrdersConsole is an operator's day: they find a villager's order, call it
// off as the villager wishes, and fill another one when goods have come.
func TestOrdersConsole(t *testing.T) {
	h := serve(t, "")
	has(t, h.ordersRice("+254700100201", "2"), "is confirmed")
	b := h.signedIn(t, consoletest.Desktop, "light")
	b.Click(`nav a[href="/orders"]`)
	b.Until("the order is listed", `document.querySelectorAll("li.order").length === 1`)
	has(t, h.ordersRice("+254700100202", "61"), "58 left")
	b.Until("the next one is announced", `document.querySelector(".fresh").innerText === "1 new"`)
	b.Click(".fresh a")
	b.Until("what it lacks is shown", `document.querySelector(".lack")?.innerText.includes("3 missing of 61, 58 left")`)
	b.Accessible("orders light")
	b.Picture("orders-desktop")

	t.Run("cancelled for a villager", func(t *testing.T) {
		b.Fill("input[name=number]", "0700 100 201")
		b.Click("#filters button.main")
		b.Until("only theirs is left", `location.search.startsWith("?phone=") && document.querySelectorAll("li.order").length === 1`)
		b.Click("li.order a.open")
		b.Until("it is open", `document.readyState === "complete" && document.querySelector(".stands")?.innerText === "confirmed" && `+stock+` === "58"`)
		b.Click(".acts details:last-of-type summary")
		b.Fill("#why-cancel", "She called: her neighbour has rice")
		b.Click(".acts details:last-of-type button.danger")
		b.Until("it is done", `document.querySelector(".said-so.good") && document.querySelector(".stands").innerText === "cancelled"`)
		b.Until("the stock is back", stock+` === "60"`)
		h.awaitSMS("+254700100201", "is cancelled")
		b.Until("what they were told is in the timeline", `[...document.querySelectorAll(".point.notice")].some(p => p.innerText.includes("is cancelled")) && document.querySelector(".point.status")`)
		b.Accessible("order light")
		b.Picture("order-desktop")
		b.Click(".point.notice:last-of-type a, .point.notice a")
		b.Until("the very message is open", `location.pathname.startsWith("/phone/") && document.querySelector(location.hash + ":target")?.innerText.includes("is cancelled")`)
		b.Click(`aside a[href^="/order/"]`)
		b.Until("the conversation leads back", `document.querySelector(".stands")?.innerText === "cancelled"`)
	})

	t.Run("filled when goods have come", func(t *testing.T) {
		b.See(consoletest.Phone, "dark")
		b.Go(h.base + "/orders?short=1")
		b.Click("li.order a.open")
		b.Until("it is open", `document.readyState === "complete" && document.querySelector(".lacks li")?.innerText.includes("1 missing of 61, 60 left")`)
		b.Click(".acts button.main")
		b.Until("it cannot be filled", `document.querySelector(".said-so.warn")?.innerText.includes("too little in stock")`)
		b.Accessible("order dark, on a phone")
		b.Picture("order-phone")
		if _, errs, code := tool(t, "catalog", "import", repriced(t, ",bag,850.00,60,", ",bag,850.00,70,"), "--data", h.data); code != exitOK {
			t.Fatalf("import: %d %s", code, errs)
		}
		b.Until("goods have come", `(fetch(location.href).then(r => r.text()).then(t => window.filled = !t.includes('class="lacks"')), window.filled)`)
		b.Click(".acts button.main")
		b.Until("it is filled", `document.querySelector(".said-so.good") && document.querySelector(".stands").innerText === "confirmed" && `+stock+` === "9"`)
		sms := h.awaitSMS("+254700100202", "is confirmed")
		has(t, sms, "KES 51,850")
		b.Go(h.base + "/orders")
		b.Accessible("orders dark, on a phone")
		b.Picture("orders-phone")
	})
	if strings.Contains(b.Text("document.documentElement.outerHTML"), "254700100") {
		t.Error("the page holds a whole number")
	}
	b.Quiet()
}
