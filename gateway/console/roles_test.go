package console_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"haat/gateway/console"
	"haat/gateway/console/account"
	"haat/gateway/console/consoletest"
)

// TestWhoMayChangeWhat says once more who may do what changes something, or sees
// what not everybody does: the walk through the routes takes their word for it.
func TestWhoMayChangeWhat(t *testing.T) {
	r, _ := withOperators(t, withViews(t), withDesk(consoletest.NewAttention()), withFigures(t, nil), func(c *console.Config) { c.Practice = consoletest.NewPractice() })
	got := map[string]account.Role{}
	for _, c := range []*console.Console{r.console, newMarket(t, shop).console} {
		for _, route := range console.RoutesOf(c) {
			if route.Method != "GET" || route.Role != account.Viewer {
				got[route.Method+" "+route.Path] = route.Role
			}
		}
	}
	want := map[string]account.Role{}
	for role, routes := range map[account.Role][]string{
		"": {
			"GET /static/{file}",
		},
		account.Viewer: {
			"POST /find", "POST /orders/find", "POST /password", "POST /settings", "POST /views", "POST /views/home", "POST /views/{view}",
			"POST /views/{view}/remove",
		},
		account.Agent: {
			"GET /attention/sms/{seq}/edit", "GET /attention/write/{token}", "GET /export", "GET /export.csv", "GET /export.xlsx",
			"GET /export/progress", "GET /practice", "GET /practice/inbox", "POST /alerts/seen", "POST /attention/dead/{seq}/drop",
			"POST /attention/dead/{seq}/replay", "POST /attention/deal", "POST /attention/sms/{seq}/drop", "POST /attention/sms/{seq}/edit",
			"POST /attention/sms/{seq}/retry", "POST /attention/undo", "POST /attention/write/{token}", "POST /catalog/{sku}", "POST /compose/size",
			"POST /order/{id}/act", "POST /phone/{token}/handback", "POST /phone/{token}/reveal", "POST /phone/{token}/takeover",
			"POST /phone/{token}/write", "POST /practice/call", "POST /practice/end", "POST /practice/phone", "POST /practice/text",
		},
		account.Admin: {
			"GET /audit", "GET /bulk", "GET /bulk/new", "GET /bulk/{id}", "GET /bulk/{id}/progress", "GET /catalog/import",
			"GET /catalog/import/{draft}", "GET /operators", "GET /operators/{name}", "POST /alerts/rule", "POST /alerts/test", "POST /bulk",
			"POST /bulk/{id}/start", "POST /bulk/{id}/stop", "POST /catalog/import", "POST /catalog/import/{draft}",
			"POST /catalog/versions/{version}/back", "POST /operators", "POST /operators/{name}/{change}",
		},
	} {
		for _, route := range routes {
			want[route] = role
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
