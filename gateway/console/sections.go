package console

import (
	"context"
	"slices"

	"haat/gateway/console/account"
)

// section is a page that the head of every page leads to.
type section struct {
	Page  string // its name, and that of its title
	Path  string
	Under []string // further pages that belong to it
	Count int      // what waits there; 0 shows nothing
}

// sections are those in the order of the head, as far as there are such pages
// and the role may see them.
func (c *Console) sections(ctx context.Context, role account.Role) (all []section) {
	routes := c.routes()
	for _, s := range []section{
		{Page: "log", Path: "/", Under: []string{"conversation"}},
		{Page: "attention", Path: "/attention", Under: []string{"attention-write", "bulk", "bulk-new", "bulk-list"}},
		{Page: "orders", Path: "/orders", Under: []string{"order"}},
		{Page: "catalog", Path: "/catalog", Under: []string{"product", "import", "preview", "versions", "version-one"}},
		{Page: "overview", Path: "/overview"},
		{Page: "alerts", Path: "/alerts"},
		{Page: "practice", Path: "/practice"},
		{Page: "audit", Path: "/audit"},
		{Page: "operators", Path: "/operators", Under: []string{"operator"}},
	} {
		if slices.ContainsFunc(routes, func(r route) bool {
			return r.method == "GET" && (r.path == s.Path || r.path == s.Path+"{$}") && role.May(r.role)
		}) {
			if s.Page == "attention" {
				s.Count = c.waiting(ctx)
			}
			all = append(all, s)
		}
	}
	return all
}
