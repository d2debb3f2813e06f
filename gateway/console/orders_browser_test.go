package console_test

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"haat/gateway/console/account"
	"haat/gateway/console/consoletest"
	"haat/orders"
)

// TestOrdersInBrowser looks at the list and at orders at every size, in both
// themes.
func TestOrdersInBrowser(t *testing.T) {
	r := withOrders(t)
	r.gate.Always = string(account.Agent)
	r.act(theOrder, r.form(theOrder, "note", "Amina asks whether her son may collect it."))
	r.act(theOrder, r.form(theOrder, "cancel", "She called: the rice is too dear this week."))
	r.orders.Stock("SOAP", 40)
	b := consoletest.Open(t)
	for _, size := range []consoletest.Size{consoletest.Desktop, consoletest.Tablet, consoletest.Phone} {
		for _, theme := range []string{"light", "dark"} {
			if size == consoletest.Tablet && theme == "dark" {
				continue // its colours are those of the others
			}
			b.See(size, theme)
			for name, path := range map[string]string{"orders-filtered": "/orders?status=rejected&sku=SOAP", "order": "/order/" + theOrder, "order-short": "/order/short?said=short"} {
				name += "-" + size.Name + "-" + theme
				b.Go(r.server.URL + path)
				b.Accessible(name)
				b.Picture(name)
				if wide := b.Text("document.documentElement.scrollWidth > document.documentElement.clientWidth"); wide != "false" {
					t.Errorf("%s: the page is wider than the screen: %s", name, b.Text(`[...document.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > innerWidth).map(e => e.tagName + "." + e.className).slice(0, 8)`))
				}
			}
		}
	}
	b.Quiet()
}

// TestOrdersStayFresh: what comes is told without moving the page, and an open
// order's life goes on.
func TestOrdersStayFresh(t *testing.T) {
	r := withOrders(t)
	r.gate.Always = string(account.Agent)
	b := consoletest.Open(t)
	b.See(consoletest.Desktop, "light")
	b.Go(r.server.URL + "/orders")
	b.Press("j")
	r.orders.Add(consoletest.Placed(at, 10004, "fresh", amina, orders.Confirmed, 9, 9))
	b.Until("the new order is counted", `document.querySelector(".fresh").innerText === "1 new"`)
	if got := b.Text(`document.activeElement.innerText`); !strings.Contains(got, "10003") {
		t.Errorf("the page lost one's place: %q", got)
	}
	b.Click(".fresh a")
	b.Until("it is there", `document.readyState === "complete" && document.querySelector("a.open.no").innerText.includes("10004")`)
	b.Press("j")
	b.Press(kb.Enter)
	b.Until("Enter opens it", `location.pathname === "/order/fresh"`)
	if _, err := r.orders.Act(t.Context(), orders.Act{ID: "elsewhere", Order: "fresh", What: orders.ActReject, By: "juma", Reason: "wet"}); err != nil {
		t.Fatal(err)
	}
	b.Until("what another did is told", `document.querySelector(".stands").innerText.includes("It has changed")`)
	b.Click(".stands a")
	b.Until("the page is new", `document.querySelector(".stands").innerText === "rejected"`)
	b.Quiet()
}
