package main

import (
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"haat/gateway/console/alert"
	"haat/gateway/outbox"
)

// openBanks stands in for what Africa's Talking and Twilio answer about accounts:
// one each that has money, and one of Twilio's whose token is wrong.
func openBanks(t *testing.T) *httptest.Server {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /version1/user", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("apikey") != "at-key" || r.FormValue("username") != "shop" {
			t.Errorf("Africa's Talking got %v %v", r.Header, r.Form)
		}
		fmt.Fprint(w, `{"UserData":{"balance":"KES 5.4000"}}`)
	})
	mux.HandleFunc("GET /2010-04-01/Accounts/{sid}/Balance.json", func(w http.ResponseWriter, r *http.Request) {
		if user, password, _ := r.BasicAuth(); user != r.PathValue("sid") || password != authToken {
			w.WriteHeader(http.StatusUnauthorized)
			fmt.Fprint(w, `{"code":20003,"message":"Authenticate","more_info":"https://www.twilio.com/docs/errors/20003","status":401}`)
			return
		}
		fmt.Fprint(w, `{"account_sid":"AC1","balance":"12.34","currency":"USD"}`)
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server
}

// TestBalanceOfPrepaidAccounts: what carriers say is left is in `haat channels`
// and /metrics, and who set a limit is told when it runs low.
func TestBalanceOfPrepaidAccounts(t *testing.T) {
	t.Parallel()
	k, bank := newHook(t, "a key of the hook"), openBanks(t)
	at := fmt.Sprintf(`api_key: at-key, from: "20880", callback_key: %s, api_url: "%s"`, callbackKey, bank.URL)
	twilio := fmt.Sprintf(`from: "+12025550100", public_url: "%s", api_url: "%s"`, publicURL, bank.URL)
	config := fmt.Sprintf(`
log: {level: info, format: json}
alerts: {every: 1s, webhook: {url: "%s", signing_key: a key of the hook}}
channels:
  kenya: {africastalking: {username: shop, %s}}
  sandbox: {africastalking: {username: sandbox, %s}}
  abroad: {twilio: {account_sid: AC1, auth_token: %s, %s}}
  refused: {twilio: {account_sid: AC2, auth_token: wrong, %s}}
`, k.server.URL, at, at, authToken, twilio, twilio)
	h := serve(t, config)
	place := []string{"--config", saveConfig(t, config), "--data", h.data}

	all := map[string]channelInfo{}
	eventually(t, "the carriers are asked", func() bool {
		for _, c := range objects[channelInfo](t, append([]string{"channels", "--json"}, place...)...) {
			all[c.Name] = c
		}
		return all["kenya"].Balance != nil && all["abroad"].Balance != nil && !all["sandbox"].BalanceAwaited && strings.Contains(h.errs.String(), "20003")
	})
	for name, want := range map[string]outbox.Balance{"kenya": {Amount: "5.40", Currency: "KES"}, "abroad": {Amount: "12.34", Currency: "USD"}} {
		got := *all[name].Balance
		if age := time.Since(got.At); got.Amount != want.Amount || got.Currency != want.Currency || age < 0 || age > longEnough {
			t.Errorf("%s has %+v, want %+v", name, got, want)
		}
	}
	if c := all["sandbox"]; c.Balance != nil || c.BalanceAwaited {
		t.Errorf("the sandbox has %+v", c)
	}
	if c := all["refused"]; c.Balance != nil || !c.BalanceAwaited || c.State != outbox.Working {
		t.Errorf("the account with a wrong token has %+v", c)
	}
	out, _, _ := tool(t, append([]string{"channels"}, place...)...)
	has(t, out, "KES 5.40 left (just now)", "USD 12.34 left (just now)", "the balance is not known yet")
	metrics := h.get("/metrics").body
	has(t, metrics, `haat_channel_balance{channel="kenya",currency="KES"} 5.4`, `haat_channel_balance{channel="abroad",currency="USD"} 12.34`)
	if n := strings.Count(metrics, "haat_channel_balance{"); n != 2 {
		t.Errorf("%d balances in the metrics:\n%s", n, metrics)
	}

	h.signIn(t)
	if rules := h.get("/alerts").body; !strings.Contains(rules, "KES 5.40") {
		t.Error("the page of alerts does not show what is left")
	}
	if a := h.post("/alerts/rule", "kind", "balance", "on", "1", "limit", "10"); a.code != http.StatusOK || !strings.Contains(a.body, "The rule is kept") {
		t.Fatalf("the rule is answered with %d %s", a.code, a.body)
	}
	eventually(t, "the hook is told", func() bool { return len(k.of(alert.Fired)) > 0 })
	k.mu.Lock()
	defer k.mu.Unlock()
	p := k.events[0]
	if len(k.events) != 1 || p.Rule != alert.Balance || p.Subject != "kenya" || p.Value != 5.4 || p.Unit != "KES" || p.Limit != 10 || !strings.Contains(p.Text, "KES 5.40 left at the carrier of kenya") {
		t.Errorf("the hook is told %+v", k.events)
	}
	for _, what := range k.bad {
		t.Error(what)
	}
}

// signIn signs the client in as an administrator, without a browser.
func (h *haat) signIn(t *testing.T) {
	t.Helper()
	if _, err := operatorTool(t, h.data, firstPassword+"\n", "add amina --role admin --password-stdin"); err != nil {
		t.Fatal(err)
	}
	h.client.Jar, _ = cookiejar.New(nil) // it fails never
	if a := h.post("/login", "name", "amina", "password", firstPassword); a.code != http.StatusOK {
		t.Fatalf("the sign-in is answered with %d %s", a.code, a.body)
	}
}

func TestAgo(t *testing.T) {
	for age, want := range map[time.Duration]string{
		-time.Second: "just now", 59 * time.Second: "just now", time.Minute: "1 min ago", 11*time.Minute + 59*time.Second: "11 min ago",
		119 * time.Minute: "119 min ago", 2 * time.Hour: "2 h ago", 49 * time.Hour: "49 h ago",
	} {
		if got := ago(age); got != want {
			t.Errorf("%s is %q, want %q", age, got, want)
		}
	}
}
