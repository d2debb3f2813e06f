package africastalking

import (
	"net/http"
	"reflect"
	"testing"
	"time"

	"haat/gateway"
	"haat/gateway/channel/channeltest"
	"haat/gateway/channel/web"
)

// balances are what the API answers to the question for the account.
func balances() []channeltest.Balance {
	of := func(balance string) string { return `{"UserData":{"balance":` + balance + `}}` }
	garbage := &gateway.SendError{Kind: gateway.Unavailable}
	return []channeltest.Balance{
		{Name: "shillings", Status: 200, Body: of(`"KES 1785.5000"`), Left: "KES 1785.50"},
		{Name: "another currency", Status: 200, Body: of(`"UGX 2500000.0000"`), Left: "UGX 2500000.00"},
		{Name: "less than nothing", Status: 200, Body: of(`"KES -12.8000"`), Left: "KES -12.80"},
		{Name: "nothing left", Status: 200, Body: of(`"KES 0.0000"`), Left: "KES 0.00"},
		{Name: "none", Status: 200, Body: `{"UserData":{}}`},
		{Name: "none, as null", Status: 200, Body: of("null")},
		{Name: "none, as a word", Status: 200, Body: of(`"None"`)},
		{Name: "no account", Status: 200, Body: `{"UserData":null}`, Refusal: garbage},
		{Name: "no number", Status: 200, Body: of(`"KES much"`), Refusal: garbage},
		{Name: "no currency", Status: 200, Body: of(`"1785.5000"`), Refusal: garbage},
		{Name: "a number instead of a text", Status: 200, Body: of("1785.5"), Refusal: garbage},
		{Name: "a wrong api key", Status: 401, Body: "The supplied authentication is invalid", Refusal: &gateway.SendError{Kind: gateway.Unavailable, Code: "401"}},
		{Name: "no such page", Status: 404, Body: "404 page not found", Refusal: &gateway.SendError{Kind: gateway.Rejected, Code: "404"}},
		{Name: "too fast", Status: 429, Header: map[string]string{"Retry-After": "7"}, Refusal: &gateway.SendError{Kind: gateway.Throttled, Code: "429", After: 7 * time.Second}},
		{Name: "a fault", Status: 500, Refusal: &gateway.SendError{Kind: gateway.Unavailable, Code: "500"}},
	}
}

func TestBalances(t *testing.T) { channeltest.RunBalances(t, toCarrier, balances()) }

func TestBalanceAsks(t *testing.T) {
	req := channeltest.BalanceAsked(t, toCarrier, `{"UserData":{"balance":"KES 1785.5000"}}`)
	if req.Method != http.MethodGet || req.RequestURI != "/version1/user?username=duka" {
		t.Errorf("%s %s", req.Method, req.RequestURI)
	}
	if key, accept := req.Header.Get("apikey"), req.Header.Get("Accept"); key != "secret" || accept != "application/json" {
		t.Errorf("apikey = %q, Accept = %q", key, accept)
	}
}

// TestSandboxHasNoBalance: it is not even asked.
func TestSandboxHasNoBalance(t *testing.T) {
	channel, err := New("shop", Config{Username: "sandbox", APIKey: "k", Access: web.Access{LoopbackOnly: true}, APIURL: "http://127.0.0.1:1"}, gateway.Site{Region: "KE"})
	if err != nil {
		t.Fatal(err)
	}
	if left, err := channel.Balance(t.Context()); left != nil || err != nil {
		t.Errorf("it is %v, %v", left, err)
	}
}

// TestRealLibraryReadsTheSameBalance lets the library ask what we ask.
func TestRealLibraryReadsTheSameBalance(t *testing.T) {
	script, _ := library(t)
	for _, tt := range balances() {
		if tt.Left == "" && tt.Status == 200 {
			continue // whatever it is, the library hands it on
		}
		t.Run(tt.Name, func(t *testing.T) {
			address, next := api(t, tt.Status, tt.Body)
			left, err := toCarrier(t, address).(gateway.Prepaid).Balance(t.Context())
			ours := next()
			script.Tell(map[string]any{"op": "balance", "api": address, "username": "duka", "apiKey": "secret"})
			var read struct {
				Answer  account `json:"answer"`
				Refused bool    `json:"refused"`
				HTTP    int     `json:"http"`
			}
			script.Hear(&read)
			if theirs := next(); !reflect.DeepEqual(ours, theirs) {
				t.Errorf("we ask %+v\nthe library %+v", ours, theirs)
			}
			if tt.Status == 200 && (err != nil || read.Answer.Data == nil || read.Answer.Data.Balance == "" || left.String() != tt.Left) {
				t.Errorf("we read %v, %v, the library %+v", left, err, read.Answer.Data)
			}
			if tt.Status != 200 && (err == nil || !read.Refused || read.HTTP != tt.Status) {
				t.Errorf("of %d we say %v, the library %+v", tt.Status, err, read)
			}
		})
	}
}
