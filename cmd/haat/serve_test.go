package main

import (
	"encoding/json"
	"net/http"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"haat/gateway"
	"haat/gateway/messagelog"
	"haat/orders"
)

// TestServeStopsWithoutATrace does not run beside other tests: it counts
// goroutines.
func TestServeStopsWithoutATrace(t *testing.T) {
	before := runtime.NumGoroutine()
	h := serve(t, "")
	has(t, h.dial("+254700100001").answers(toConfirm...), "1.Confirm")
	h.text("+254700100002", "menu")
	h.awaitSMS("+254700100002", "English")
	h.stop()
	if code := h.code; code != exitOK {
		t.Errorf("exit code %d", code)
	}
	eventually(t, "all goroutines end", func() bool {
		if runtime.NumGoroutine() <= before {
			return true
		}
		return false
	})
	if _, err := h.client.Get(h.base + "/healthz"); err == nil {
		t.Error("a stopped haat answers")
	}
}

// TestFirstMinute is what a stranger does with nothing but the program.
func TestFirstMinute(t *testing.T) {
	t.Parallel()
	h := serve(t, "")
	printed := h.out.String()
	has(t, printed, h.base, h.data, "go run ./cmd/haat phone --url "+h.base, "go run ./cmd/haat log --follow --data "+h.data, "Ctrl-C")

	path, form := readCurl(t, h, printed)
	if a := h.do(http.MethodPost, path, formType, strings.NewReader(form)); a.code != http.StatusOK || !strings.HasPrefix(a.body, "CON Language\n1.English") {
		t.Errorf("the printed curl line is answered with %d %q", a.code, a.body)
	}
	for path, want := range map[string]string{
		"/healthz": "ok\n",
		"/readyz":  "ready\n",
		"/metrics": `haat_turns_total{channel="demo",mode="ussd",outcome=`,
		"/":        `name="password"`,
	} {
		if a := h.get(path); a.code != http.StatusOK || !strings.Contains(a.body, want) {
			t.Errorf("%s is %d and has no %q:\n%s", path, a.code, want, a.body)
		}
	}
	if a := h.get("/nowhere"); a.code != http.StatusNotFound {
		t.Errorf("an unknown page is answered with %d", a.code)
	}
}

// readCurl reads the printed curl line as a shell would.
func readCurl(t *testing.T, h *haat, printed string) (path, form string) {
	t.Helper()
	for line := range strings.Lines(printed) {
		words := strings.Fields(strings.ReplaceAll(line, "'", ""))
		if len(words) < 2 || words[0] != "curl" {
			continue
		}
		path, ours := strings.CutPrefix(words[1], h.base)
		if !ours {
			t.Fatalf("curl would ask %s, not %s", words[1], h.base)
		}
		data := slices.DeleteFunc(words[2:], func(w string) bool { return w == "-d" })
		return path, strings.Join(data, "&")
	}
	t.Fatalf("no curl line is printed:\n%s", printed)
	return "", ""
}

func TestOrderByUSSD(t *testing.T) {
	t.Parallel()
	const english, swahili = "+254700100011", "+254700100012"
	h := serve(t, "")
	c := h.dial(english)
	has(t, c.answers(toConfirm...), "CON Your order:\n2 x Rice 5kg = 1,700\nTotal KES 1,700\nCollect at Baraka Store, Mwatate\n1.Confirm")
	end := c.answers("1")
	has(t, end, "END Order ", "is confirmed. Pay KES 1,700 when you collect at Baraka Store, Mwatate. Pickup code ")
	if again := c.shown(); again != end {
		t.Errorf("the repeated hop is answered with %q, not %q", again, end)
	}
	has(t, h.dial(swahili).answers("2", "1", "4", "1", "3", "1", "1", "1"), "END Oda ", "imethibitishwa. Lipa KSh 450")

	check := func(when string) {
		placed := h.orders()
		if len(placed) != 2 {
			t.Fatalf("%s: %d orders", when, len(placed))
		}
		if diff := differs(placed[0], english, "en", "ST03", "1700.00", lineJSON{"RICE5", 2, "850.00"}); diff != "" {
			t.Errorf("%s: %s", when, diff)
		}
		if diff := differs(placed[1], swahili, "sw", "ST01", "450.00", lineJSON{"SOAP", 3, "150.00"}); diff != "" {
			t.Errorf("%s: %s", when, diff)
		}
		has(t, end, placed[0].PickupCode)
		turns := ofKind(h.log(english), messagelog.KindTurn)
		if len(turns) != 9 {
			t.Fatalf("%s: %d turns in the log", when, len(turns))
		}
		last := turns[8]
		if last.In != "1" || "END "+last.Out != end || last.Order != placed[0].ID || last.Channel != "demo" || last.Mode != "ussd" {
			t.Errorf("%s: the log ends with %+v", when, last)
		}
		if n := len(h.log("")); n != 9+9 {
			t.Errorf("%s: the whole log has %d entries", when, n)
		}
	}
	check("running")
	hasFields(t, h)
	h.stop()
	check("stopped")
}

// differs says how an order is not what it should be.
func differs(o orderJSON, phone, language, station, total string, line lineJSON) string {
	ok := o.ID != "" && o.Number > 0 && len(o.PickupCode) == 4 && !o.PlacedAt.IsZero() && o.Channel == "demo" && o.Currency == "KES" &&
		o.Status == orders.Confirmed && o.Phone == phone && o.Language == language && o.Station == station && o.Total == total &&
		slices.Equal(o.Lines, []lineJSON{line})
	if ok {
		return ""
	}
	text, _ := json.Marshal(o)
	return string(text)
}

// hasFields holds the names that other programs read.
func hasFields(t *testing.T, h *haat) {
	t.Helper()
	for args, names := range map[string]string{
		"orders": "id number phone channel language station status lines total currency pickup_code placed_at",
		"log":    "seq at kind channel phone in out order",
	} {
		for _, fields := range objects[map[string]any](t, args, "--json", "--data", h.data) {
			for name := range strings.FieldsSeq(names) {
				if _, ok := fields[name]; !ok {
					t.Errorf("haat %s --json has no %s: %v", args, name, fields)
				}
			}
		}
	}
}

func TestBegunByUSSDFinishedBySMS(t *testing.T) {
	t.Parallel()
	const phone = "+254700100021"
	h := serve(t, "")
	has(t, h.dial(phone).answers("1", "1", "1", "2", "2"), "Your basket:\n2 x Rice 5kg = 1,700")
	for _, step := range []struct{ text, reply string }{
		{"1", "1.Go on"}, {"1", "1.Check out"}, {"1", "Where will you collect"}, {"3", "1.Confirm"}, {"1", "is confirmed. Pay KES 1,700"},
	} {
		if a := h.text(phone, step.text); a.code != http.StatusOK || a.body != "" {
			t.Fatalf("the SMS is answered with %d %q", a.code, a.body)
		}
		h.awaitSMS(phone, step.reply)
	}
	placed := h.orders()
	if len(placed) != 1 {
		t.Fatalf("%d orders", len(placed))
	}
	if diff := differs(placed[0], phone, "en", "ST03", "1700.00", lineJSON{"RICE5", 2, "850.00"}); diff != "" {
		t.Error(diff)
	}
	eventually(t, "every SMS is delivered", func() bool {
		all := latest(h.log(phone))
		for _, e := range all {
			if e.Status != gateway.Delivered {
				return false
			}
		}
		return len(all) == 5
	})
}

func TestOrderInOneSMS(t *testing.T) {
	t.Parallel()
	const phone = "+254700100031"
	h := serve(t, "")
	h.text(phone, "ORDER RICE5 2, SOAP 3")
	h.awaitSMS(phone, "Where will you collect")
	h.text(phone, "1")
	h.awaitSMS(phone, "Total KES 2,150")
	h.text(phone, "1")
	h.awaitSMS(phone, "is confirmed. Pay KES 2,150")
	number := strconv.FormatInt(h.orders()[0].Number, 10)
	h.text(phone, "STATUS")
	h.awaitSMS(phone, number+" confirmed KES 2,150")
	h.text(phone, "CANCEL ORDER "+number)
	h.awaitSMS(phone, "Order "+number+" is cancelled.")
	if placed := h.orders(); len(placed) != 1 || placed[0].Status != orders.Cancelled {
		t.Errorf("the orders are %+v", placed)
	}
}

// repriced is the sample catalogue with pairs of old and new text exchanged.
func repriced(t *testing.T, exchange ...string) string {
	t.Helper()
	csv, err := sample.ReadFile("sample/catalog.csv")
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.NewReplacer(exchange...).Replace(string(csv))
	if changed == string(csv) {
		t.Fatal("the sample has none of ", exchange)
	}
	return writeCatalog(t, changed)
}

// riceScreen is where a stranger sees prices.
func riceScreen(h *haat) string { return h.dial(newPhone()).answers("1", "1", "1") }

func TestImportIntoTheRunningHaat(t *testing.T) {
	t.Parallel()
	const phone = "+254700100042"
	h := serve(t, "")
	c := h.dial(phone)
	has(t, c.answers(toConfirm...), "2 x Rice 5kg = 1,700")

	bad := repriced(t, ",bag,850.00,60,", ",bag,8;50,60,", ",bag,4100.00,18,", ",bag,4100.00,many,")
	_, errs, code := tool(t, "catalog", "import", bad, "--data", h.data)
	if code != exitError {
		t.Errorf("a bad file is imported with code %d", code)
	}
	has(t, errs, bad+`:3: column "price": "8;50"`, bad+`:4: column "stock": "many"`, "Nothing was imported.")
	has(t, riceScreen(h), "2.Rice 5kg 850\n")

	dearer := repriced(t, ",bag,850.00,60,", ",bag,900.00,60,", ",bag,180.00,140,", ",bag,180.00,,")
	if _, errs, code := tool(t, "catalog", "import", dearer, "--data", h.data); code != exitOK {
		t.Fatalf("code %d: %s", code, errs)
	}
	eventually(t, "the next screen has the new price", func() bool { return strings.Contains(riceScreen(h), "2.Rice 5kg 900\n") })
	has(t, c.answers("1"), "CON Your order:\nPrice changed: Rice 5kg 850 -> 900\n2 x Rice 5kg = 1,800")
	has(t, c.answers("1"), "END Order ", "Pay KES 1,800")

	// RICE1 is not counted any more, RICE25 still is.
	has(t, h.dial(phone).answers("1", "1", "1", "9000", "1", "1"), "END Order ", "is confirmed. Pay KES 1,620,000")
	has(t, h.dial(phone).answers("1", "1", "3", "19", "1", "1"), "CON Sorry, we do not have enough. Nothing is ordered yet.", "Rice 25kg: 18 left, you want 19")

	statuses := map[orders.Status]int{}
	for _, o := range h.orders() {
		statuses[o.Status]++
	}
	if statuses[orders.Confirmed] != 2 || statuses[orders.Rejected] != 1 {
		t.Errorf("the orders are %v", statuses)
	}
}

func TestImportIntoTheStoppedHaat(t *testing.T) {
	t.Parallel()
	h := serve(t, "")
	has(t, riceScreen(h), "2.Rice 5kg 850\n")
	h.stop()
	dearer := repriced(t, ",bag,850.00,60,", ",bag,900.00,60,")
	if _, errs, code := tool(t, "catalog", "import", dearer, "--data", h.data); code != exitOK {
		t.Fatalf("code %d: %s", code, errs)
	}
	h = start(t, "serve", h.data, "")
	has(t, h.dial("+254700100043").answers("1", "1", "1"), "2.Rice 5kg 900\n")
}
