package console_test

import (
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// wantInert parses a page as a browser does and looks for whatever could run or
// ask for something that the console's templates do not have.
func wantInert(t *testing.T, where, page string) {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	for n := range root.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		for _, a := range n.Attr {
			switch {
			case strings.HasPrefix(a.Key, "on"):
				t.Errorf("%s: <%s %s=%q> would run", where, n.Data, a.Key, a.Val)
			case a.Key == "style":
				t.Errorf("%s: <%s> has a style of its own", where, n.Data)
			case (a.Key == "href" || a.Key == "src" || a.Key == "action" || strings.HasPrefix(a.Key, "hx-get")) && !strings.HasPrefix(a.Val, "/") && !strings.HasPrefix(a.Val, "#"):
				t.Errorf("%s: <%s %s=%q> leads away", where, n.Data, a.Key, a.Val)
			case a.Key == "hx-get" && !slices.Contains([]string{"/rows", "/counters", "/attention/kinds"}, a.Val) && !slices.ContainsFunc([]string{"/phone/", "/order/", "/orders/", "/bulk/"}, func(ours string) bool { return strings.HasPrefix(a.Val, ours) }):
				t.Errorf("%s: hx-get=%q is none of ours", where, a.Val)
			}
		}
		foreign := n.Data == "img" || n.Data == "iframe" || n.Data == "object" || n.Data == "style" || n.Data == "base" || n.Data == "template"
		if foreign || n.Data == "script" && n.FirstChild != nil {
			t.Errorf("%s: there is a <%s> that no template has", where, n.Data)
		}
	}
}
