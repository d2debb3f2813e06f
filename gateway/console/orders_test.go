package console_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"haat/gateway"
	"haat/gateway/console"
	"haat/gateway/console/consoletest"
	"haat/orders"
	"haat/orders/desk"
)

// theOrder is the id of the order that the rows of consoletest.Market are about.
const theOrder = "0199c2f0-7c1e-7b1a-9d7e-2f6c1a5b9e01"

const amina = "+254700000001"

// withOrders is a console with an order of each kind that matters.
func withOrders(t testing.TB, change ...func(*console.Config)) *rig {
	t.Helper()
	r := newRig(t, change...)
	r.index.Add(consoletest.Market(at)...)
	r.orders.Add(
		consoletest.Placed(at.Add(-11*time.Minute), 10001, theOrder, amina, orders.Confirmed, 12, 40),
		consoletest.Placed(at.Add(-9*time.Minute), 10002, "short", "+254700000042", orders.Rejected, 1, 0),
		consoletest.Placed(at.Add(-8*time.Minute), 10003, "back", "+255754123456", orders.Rejected, 1, 40),
		consoletest.Placed(at.Add(-time.Hour), 10000, "done", "+254722908117", orders.Collected, 12, 40),
		consoletest.Placed(at.Add(-26*time.Hour), 9999, "off", "+8613800138000", orders.Cancelled, 12, 40),
	)
	return r
}

func TestOrdersListed(t *testing.T) {
	r := withOrders(t)
	page := r.get("/orders")
	for _, words := range []string{"10001", "Mchele kilo 5", "Mama Njeri&#39;s shop", "KES 2,150.00", "•••001", "short of stock", "1 missing of 2, 1 left", "3 missing of 3, 0 left", `href="/order/short"`} {
		if !strings.Contains(page, words) {
			t.Errorf("the list lacks %q", words)
		}
	}
	for name, want := range map[string]string{
		"?status=cancelled": "9999", "?short=1": "10002", "?sku=RICE5&status=collected": "10000", "?end=116": "", "?end=042": "10002", "?q=4821&status=confirmed": "10001",
	} {
		t.Run(name, func(t *testing.T) {
			page := r.get("/orders" + name)
			if got := strings.Contains(page, `<li class="row order`); got != (want != "") || !strings.Contains(page, want) {
				t.Errorf("want %q in:\n%s", want, page)
			}
		})
	}
}

// A pickup code lets somebody collect goods: viewers neither see nor find one.
func TestPickupCodesAreForOperators(t *testing.T) {
	r := withOrders(t)
	for as, sees := range map[string]bool{"viewer": false, "operator": true, "admin": true} {
		if got := strings.Contains(r.ask(as, "GET", "/order/"+theOrder, nil).body, "4821"); got != sees {
			t.Errorf("%s sees the code: %v", as, got)
		}
		if got := strings.Contains(r.ask(as, "GET", "/orders?q=4821", nil).body, `<li class="row order`); got != sees {
			t.Errorf("%s finds by the code: %v", as, got)
		}
		if got := strings.Contains(r.ask(as, "GET", "/order/"+theOrder, nil).body, `action="/order/`); got != sees {
			t.Errorf("%s is offered acts", as)
		}
	}
	if a := r.ask("viewer", "POST", "/order/"+theOrder+"/act", url.Values{"what": {"cancel"}, "reason": {"x"}, "act": {"1"}}); a.status != http.StatusForbidden {
		t.Errorf("a viewer cancels: %d", a.status)
	}
}

func TestOrderPage(t *testing.T) {
	r := withOrders(t)
	page := r.get("/order/" + theOrder)
	token := r.tokenOf(amina)
	for _, words := range []string{
		"Order 10001", "850.00", "1,700.00", "KES 2,150.00", "4821", "•••001", `href="/phone/` + token + `"`, "Oda 10001 imethibitishwa",
		`href="/phone/` + token + `?at=10#m10"`, `href="/phone/` + token + `?at=12#m12"`, "delivered", "by the villager", "by the stock", "KES 0.80",
	} {
		if !strings.Contains(page, words) {
			t.Errorf("the page lacks %q:\n%s", words, page)
		}
	}
	if !strings.Contains(r.get("/"), `href="/order/`+theOrder+`"`) {
		t.Error("the log does not lead to the order")
	}
	if !strings.Contains(r.get("/phone/"+token), `href="/order/`+theOrder+`"`) {
		t.Error("the conversation does not lead to the order")
	}
}

var actID = regexp.MustCompile(`name="act" value="([^"]+)"><input type="hidden" name="what" value="(\w+)"`)

// form is the form of an act on an order's page, with a reason.
func (r *rig) form(id, what, reason string) url.Values {
	r.t.Helper()
	for _, m := range actID.FindAllStringSubmatch(r.ask("operator", "GET", "/order/"+id, nil).body, -1) {
		if m[2] == what {
			return url.Values{"act": {m[1]}, "what": {what}, "reason": {reason}}
		}
	}
	r.t.Fatalf("the page of %s offers no %s", id, what)
	return nil
}

func (r *rig) act(id string, form url.Values) string {
	r.t.Helper()
	a := r.ask("operator", "POST", "/order/"+id+"/act", form)
	if a.status != http.StatusSeeOther {
		r.t.Fatalf("%v: %d %s", form, a.status, a.body)
	}
	return r.ask("operator", "GET", a.header.Get("Location"), nil).body
}

func TestActs(t *testing.T) {
	r := withOrders(t)
	cancel := r.form(theOrder, "cancel", "Amina called from 0712 345 678")
	if page := r.act(theOrder, cancel); !strings.Contains(page, "Cancelled. The goods are back") || !strings.Contains(page, "Amina called from •••678") || !strings.Contains(page, "by operator") {
		t.Errorf("after cancelling:\n%s", page)
	}
	if page := r.act(theOrder, cancel); !strings.Contains(page, "Cancelled. The goods are back") {
		t.Error("the second click of a double click is told something else")
	}
	rec, _ := r.orders.Get(t.Context(), theOrder)
	if len(rec.Steps) != 3 {
		t.Errorf("the order passed %v", rec.Steps)
	}
	late := url.Values{"act": {"of-another-page"}, "what": {"reject"}, "reason": {"no rice"}}
	if page := r.act(theOrder, late); !strings.Contains(page, "Nothing was done. The order has changed") || strings.Contains(page, "no rice") {
		t.Errorf("whoever comes second is not told:\n%s", page)
	}
	if page := r.act("short", r.form("short", "confirm", "")); !strings.Contains(page, "too little in stock") || !strings.Contains(page, "1 missing of 2, 1 left") {
		t.Errorf("confirmed without goods:\n%s", page)
	}
	r.orders.Stock("RICE5", 10)
	r.orders.Stock("SOAP", 10)
	if page := r.act("short", r.form("short", "confirm", "")); !strings.Contains(page, "Confirmed. The goods are taken") {
		t.Errorf("not confirmed:\n%s", page)
	}
	if page := r.act("done", r.form("done", "note", "bag\r\nwas <b>torn</b>")); !strings.Contains(page, "bag\nwas &lt;b&gt;torn&lt;/b&gt;") {
		t.Errorf("the note is not there:\n%s", page)
	}
	acts, _ := r.gate.Acts(t.Context(), time.Time{}, 10)
	if len(acts) != 6 || acts[5].What != console.ActOrderCancel || acts[5].About != "Order 10001" || acts[5].Detail != "Amina called from •••678" || acts[0].What != console.ActOrderNote {
		t.Errorf("recorded %+v", acts)
	}
	if !strings.Contains(r.get("/audit"), "cancelled an order") {
		t.Error("the audit log does not name it")
	}
}

// Two operators at once, each with their own page: one does it.
func TestTwoOperatorsAtOnce(t *testing.T) {
	r := withOrders(t)
	forms := []url.Values{r.form(theOrder, "cancel", "called"), r.form(theOrder, "reject", "wet rice"), r.form(theOrder, "cancel", "wrote")}
	said := make([]string, len(forms))
	var wg sync.WaitGroup
	for i, form := range forms {
		wg.Go(func() { said[i] = r.ask("operator", "POST", "/order/"+theOrder+"/act", form).header.Get("Location") })
	}
	wg.Wait()
	done := 0
	for _, to := range said {
		if !strings.HasSuffix(to, "?said=status") {
			done++
		}
	}
	if rec, _ := r.orders.Get(t.Context(), theOrder); done != 1 || len(rec.Steps) != 3 {
		t.Errorf("%d were told that they did it: %v", done, said)
	}
}

func TestOrderProblems(t *testing.T) {
	r := withOrders(t)
	act := func(what, reason string) url.Values {
		return url.Values{"act": {"a"}, "what": {what}, "reason": {reason}}
	}
	for _, tc := range []struct {
		name, method, path string
		form               url.Values
		status             int
		says               string
	}{
		{"an unknown order", "GET", "/order/nothing", nil, 404, "no such order"},
		{"an unknown order's act", "POST", "/order/nothing/act", act("note", "x"), 404, "no such order"},
		{"no reason", "POST", "/order/" + theOrder + "/act", act("cancel", " \n "), 400, "Write a reason of 1 to 500"},
		{"too long a reason", "POST", "/order/" + theOrder + "/act", act("reject", strings.Repeat("x", 501)), 400, "xxxx"},
		{"no note", "POST", "/order/" + theOrder + "/act", act("note", ""), 400, "Write a reason of 1 to 500"},
		{"an unknown act", "POST", "/order/" + theOrder + "/act", act("collect", "x"), 400, "cannot be read"},
		{"no act", "POST", "/order/" + theOrder + "/act", url.Values{"what": {"confirm"}}, 400, "cannot be read"},
		{"a large form", "POST", "/order/" + theOrder + "/act", act("note", strings.Repeat("x", 70<<10)), 400, "cannot be read"},
		{"an unknown status", "GET", "/orders?status=lost", nil, 400, "cannot be read"},
		{"half a cursor", "GET", "/orders?before=1", nil, 400, "cannot be read"},
		{"news after nothing", "GET", "/orders/news?after=x", nil, 400, "cannot be read"},
		{"older ones of nothing", "GET", "/orders/rows?before=x.", nil, 400, "cannot be read"},
		{"a long text", "GET", "/orders?q=" + strings.Repeat("x", 65), nil, 400, "cannot be read"},
		{"a token of another haat", "GET", "/orders?phone=" + strings.Repeat("A", 43), nil, 400, "cannot be read"},
		{"no number", "POST", "/orders/find", url.Values{"number": {"mama"}}, 400, "no phone number"},
		{"a wrong form", "POST", "/orders/find", url.Values{"since": {"ever"}}, 400, "cannot be read"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			a := r.ask("operator", tc.method, tc.path, tc.form)
			if a.status != tc.status || !strings.Contains(a.body, tc.says) || !strings.Contains(a.body, "</html>") {
				t.Errorf("%d, want %d and %q:\n%s", a.status, tc.status, tc.says, a.body)
			}
		})
	}
	if acts, _ := r.gate.Acts(t.Context(), time.Time{}, 10); len(acts) > 0 {
		t.Errorf("what was refused is recorded: %v", acts)
	}
	t.Run("not recorded, not done", func(t *testing.T) {
		form := r.form(theOrder, "cancel", "called")
		r.gate.Fail(errors.New("the disk is full"))
		defer r.gate.Fail(nil)
		if a := r.ask("operator", "POST", "/order/"+theOrder+"/act", form); a.status != http.StatusServiceUnavailable {
			t.Errorf("status %d", a.status)
		}
		if rec, _ := r.orders.Get(t.Context(), theOrder); rec.Order.Status != orders.Confirmed {
			t.Errorf("it is %s without a record", rec.Order.Status)
		}
	})
	t.Run("the orders half is away", func(t *testing.T) {
		r.orders.Fail(fmt.Errorf("%w: nats", desk.ErrAway))
		defer r.orders.Fail(nil)
		for _, path := range []string{"/orders", "/orders/rows", "/orders/news", "/order/" + theOrder, "/order/" + theOrder + "/now"} {
			if a := r.ask("operator", "GET", path, nil); a.status != http.StatusServiceUnavailable || !strings.Contains(a.body, "The orders do not answer") {
				t.Errorf("%s: %d %s", path, a.status, a.body)
			}
		}
	})
}

func TestNoOrdersNoPages(t *testing.T) {
	r := newRig(t, func(c *console.Config) { c.Orders = nil })
	r.index.Add(consoletest.Market(at)...)
	if a := r.ask("admin", "GET", "/orders", nil); a.status != http.StatusNotFound {
		t.Errorf("status %d", a.status)
	}
	if strings.Contains(r.get("/"), "/order") {
		t.Error("the log leads to pages that are not there")
	}
}

func TestOrderNews(t *testing.T) {
	r := withOrders(t)
	news := regexp.MustCompile(`hx-get="(/orders/news[^"]*)"`).FindStringSubmatch(r.get("/orders?status=confirmed"))
	if news == nil {
		t.Fatal("the list does not ask what is new")
	}
	path := strings.ReplaceAll(news[1], "&amp;", "&")
	if got := r.get(path); strings.Contains(got, "new</a>") {
		t.Errorf("something is new: %s", got)
	}
	for n := range int64(3) {
		r.orders.Add(consoletest.Placed(at.Add(time.Duration(n)*time.Second), 20000+n, fmt.Sprint("new", n), amina, orders.Confirmed, 9, 9))
	}
	if got := r.get(path); !strings.Contains(got, `href="/orders?status=confirmed">3 new</a>`) {
		t.Errorf("three are new: %s", got)
	}
}

// Every view of the list has one address, and a number that is typed is in none.
func TestOrderFilterForm(t *testing.T) {
	r := withOrders(t)
	for _, tc := range []struct {
		name string
		form url.Values
		to   string
	}{
		{"nothing", url.Values{}, "/orders"},
		{"words", url.Values{"q": {" RICE "}, "status": {"rejected"}, "short": {"1"}}, "/orders?q=RICE&short=1&status=rejected"},
		{"the last digits", url.Values{"number": {"042"}}, "/orders?end=042"},
		{"a span wins over times", url.Values{"since": {"24h"}, "from": {"2026-11-01T00:00"}}, "/orders?since=24h"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if a := r.ask("viewer", "POST", "/orders/find", tc.form); a.header.Get("Location") != tc.to {
				t.Errorf("%d to %q, want %q", a.status, a.header.Get("Location"), tc.to)
			}
		})
	}
	token := console.TokenOf(r.console, gateway.Phone(amina))
	for name, a := range map[string]answer{
		"in its field":       r.ask("viewer", "POST", "/orders/find", url.Values{"number": {"0700 000 001"}}),
		"among the words":    r.ask("viewer", "POST", "/orders/find", url.Values{"q": {"+254700000001"}}),
		"in a typed address": r.ask("viewer", "GET", "/orders?q=%2B254700000001", nil),
	} {
		if to := a.header.Get("Location"); to != "/orders?phone="+token {
			t.Errorf("a number %s leads to %q", name, to)
		}
	}
}

func TestOlderOrders(t *testing.T) {
	r := newRig(t)
	for n := range int64(250) {
		r.orders.Add(consoletest.Placed(at.Add(time.Duration(n)*time.Second), 1000+n, fmt.Sprint("o", n), amina, orders.Confirmed, 9, 9))
	}
	more := regexp.MustCompile(`name="before" value="([^"]*)"`)
	seen, path := map[string]bool{}, "/orders"
	for range 3 {
		page := r.get(path)
		for _, m := range regexp.MustCompile(`class="open no" href="(/order/[^"]+)"`).FindAllStringSubmatch(page, -1) {
			if seen[m[1]] {
				t.Errorf("%s comes twice", m[1])
			}
			seen[m[1]] = true
		}
		path = "/orders/rows?before=" + url.QueryEscape(more.FindStringSubmatch(page)[1])
	}
	if len(seen) != 250 {
		t.Errorf("%d of 250 are shown", len(seen))
	}
}
