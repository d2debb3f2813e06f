package twilio

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"haat/gateway"
	"haat/gateway/channel/channeltest"
)

// balances are what the REST API answers to the question for the balance.
func balances() []channeltest.Balance {
	of := func(balance, currency string) string {
		return `{"account_sid":"AC1","balance":` + balance + `,"currency":` + currency + `}`
	}
	garbage := &gateway.SendError{Kind: gateway.Unavailable}
	return []channeltest.Balance{
		{Name: "dollars", Status: 200, Body: of(`"12.34"`, `"USD"`), Left: "USD 12.34"},
		{Name: "many decimals", Status: 200, Body: of(`"12.3456789"`, `"USD"`), Left: "USD 12.345678"},
		{Name: "another currency", Status: 200, Body: of(`"9000"`, `"JPY"`), Left: "JPY 9000.00"},
		{Name: "a currency in small letters", Status: 200, Body: of(`"0"`, `"eur"`), Left: "EUR 0.00"},
		{Name: "less than nothing", Status: 200, Body: of(`"-0.504"`, `"USD"`), Left: "USD -0.504"},
		{Name: "none", Status: 200, Body: of("null", "null")},
		{Name: "an empty one", Status: 200, Body: of(`""`, `"USD"`)},
		{
			Name: "an account below another", Status: 404,
			Body: `{"code":20404,"message":"The requested resource /2010-04-01/Accounts/AC1/Balance.json was not found","more_info":"https://www.twilio.com/docs/errors/20404","status":404}`,
		},
		{Name: "no such page", Status: 404, Body: "404 page not found", Refusal: &gateway.SendError{Kind: gateway.Rejected, Code: "404"}},
		{Name: "no number", Status: 200, Body: of(`"much"`, `"USD"`), Refusal: garbage},
		{Name: "no currency", Status: 200, Body: of(`"12.34"`, "null"), Refusal: garbage},
		{Name: "no such currency", Status: 200, Body: of(`"12.34"`, `"dollars"`), Refusal: garbage},
		{Name: "wrong token", Status: 401, Body: `{"code":20003,"message":"Authenticate","status":401}`, Refusal: &gateway.SendError{Kind: gateway.Unavailable, Code: "20003"}},
		{Name: "too many requests", Status: 429, Header: map[string]string{"Retry-After": "9"}, Body: `{"code":20429,"status":429}`, Refusal: &gateway.SendError{Kind: gateway.Throttled, Code: "20429", After: 9 * time.Second}},
		{Name: "their fault", Status: 500, Body: `{"code":20500,"status":500}`, Refusal: &gateway.SendError{Kind: gateway.Unavailable, Code: "20500"}},
	}
}

func TestBalances(t *testing.T) { channeltest.RunBalances(t, toCarrier, balances()) }

func TestBalanceAsks(t *testing.T) {
	t.Setenv("TWILIO_EDGE", "ashburn") // must not choose where the token is sent
	req := channeltest.BalanceAsked(t, toCarrier, `{"account_sid":"AC1","balance":"12.34","currency":"USD"}`)
	if req.Method != http.MethodGet || req.RequestURI != "/2010-04-01/Accounts/AC1/Balance.json" {
		t.Errorf("%s %s", req.Method, req.RequestURI)
	}
	if user, password, _ := req.BasicAuth(); user != "AC1" || password != token {
		t.Errorf("credentials = %s %s", user, password)
	}
}

// TestRealTwilioReadsTheSameBalance lets the library ask what we ask.
func TestRealTwilioReadsTheSameBalance(t *testing.T) {
	library := channeltest.Node(t, "twilio.js")
	for _, tt := range balances() {
		t.Run(tt.Name, func(t *testing.T) {
			address, next := api(t, tt.Status, tt.Body)
			_, _ = toCarrier(t, address).(gateway.Prepaid).Balance(t.Context()) // what becomes of it is tested above
			ours := next()
			library.Tell(map[string]any{"op": "balance", "api": address, "account": "AC1", "token": token})
			var read struct {
				Balance, Currency string
				Refused           bool
				HTTP              int
			}
			library.Hear(&read)
			theirs := next()
			if ours.method != theirs.method || ours.path != theirs.path || ours.authorization != theirs.authorization {
				t.Errorf("we ask %+v\nthe library %+v", ours, theirs)
			}
			if tt.Status != 200 && (!read.Refused || read.HTTP != tt.Status) {
				t.Errorf("of %d the library reads %+v", tt.Status, read)
			}
			if tt.Left == "" {
				return
			}
			if same, err := gateway.ParseBalance(read.Balance, strings.ToUpper(read.Currency)); err != nil || same.String() != tt.Left {
				t.Errorf("the library reads %+v", read)
			}
		})
	}
}
