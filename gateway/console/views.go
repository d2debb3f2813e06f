package console

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"haat/gateway/console/account"
	"haat/gateway/console/saved"
	"haat/gateway/console/table"
)

// Views keeps what operators save: see [saved.Views].
type Views interface {
	Of(ctx context.Context, operator string) ([]saved.View, error)
	Home(ctx context.Context, operator string) (saved.View, error)
	Save(ctx context.Context, v saved.View) (int64, error)
	Change(ctx context.Context, operator string, id int64, name string, shared bool) error
	Remove(ctx context.Context, operator string, id int64) error
	SetHome(ctx context.Context, operator string, id int64) error
}

// viewRoutes are for everybody: what one saves is one's own. Only operators can
// show a view to all.
func (c *Console) viewRoutes() []route {
	if c.Views == nil {
		return nil
	}
	return []route{
		{"GET", "/views", account.Viewer, c.viewsPage},
		{"POST", "/views", account.Viewer, c.saveView},
		{"POST", "/views/home", account.Viewer, c.setHome},
		{"POST", "/views/{view}", account.Viewer, c.changeView},
		{"POST", "/views/{view}/remove", account.Viewer, c.removeView},
	}
}

// keepView is what can be kept of a view of the log: a name for it, and a file.
type keepView struct {
	Views    bool // they can be saved
	Mine     []savedView
	Shared   []savedView
	Query    string // of the view; what is saved
	Name     string // of the saved view that this is; "" for none
	MayShare bool
	CSV      string // where an export begins; "" for who may not
	XLSX     string
}

// savedView is a saved view as templates show it.
type savedView struct {
	saved.View
	Address string // "" where it cannot be read any more
	Filter  []chip
	Now     bool // it is what is shown
	Rows    int  // on the page of the views: how many match
	More    bool // than Rows
}

// keepOf is what can be kept of the view that a page shows.
func (c *Console) keepOf(r *http.Request, v view) (keep keepView, err error) {
	operator, _ := c.Gate.Of(r)
	v.Before = 0
	q := c.query(v)
	keep = keepView{Query: q.Encode(), MayShare: operator.Role.May(account.Agent)}
	if operator.Role.May(account.Agent) {
		keep.CSV, keep.XLSX = exportAt(q, table.CSV), exportAt(q, table.XLSX)
	}
	if c.Views == nil {
		return keep, nil
	}
	keep.Views = true
	all, err := c.Views.Of(r.Context(), operator.Name)
	for _, one := range all {
		shown := c.savedOf(c.texts.of(r), one)
		shown.Now = one.Query == keep.Query
		if shown.Now && keep.Name == "" {
			keep.Name = one.Name
		}
		if one.Owner == operator.Name {
			keep.Mine = append(keep.Mine, shown)
		} else {
			keep.Shared = append(keep.Shared, shown)
		}
	}
	return keep, err
}

func exportAt(q url.Values, f table.Format) string {
	with := url.Values{"as": {string(f)}}
	for name, values := range q {
		with[name] = values
	}
	return addressOf("/export", with)
}

// savedOf is a saved view as it is shown. One whose query cannot be read, such as
// of a phone whose token another key made, can only be removed.
func (c *Console) savedOf(code string, one saved.View) savedView {
	shown := savedView{View: one}
	q, err := url.ParseQuery(one.Query)
	if err != nil {
		return shown
	}
	v, err := c.readView(q)
	if err != nil {
		return shown
	}
	shown.Address = c.address(v)
	shown.Filter = c.filtersOf(code, v).Tokens
	return shown
}

// opensWith is the view that the console opens with for an operator: whoever
// comes to "/" from outside, or from signing in, is led there. A link of a page
// of ours to all messages means all messages.
func (c *Console) opensWith(r *http.Request) string {
	if c.Views == nil || r.URL.RawQuery != "" || !arrives(r) {
		return ""
	}
	operator, _ := c.Gate.Of(r)
	home, err := c.Views.Home(r.Context(), operator.Name)
	if err != nil {
		if !errors.Is(err, saved.ErrNone) {
			c.Logger.Error().Err(err).Msg("the view that the console opens with cannot be read")
		}
		return ""
	}
	if to := c.savedOf(c.texts.of(r), home).Address; to != "/" {
		return to
	}
	return ""
}

// arrives tells whether a request comes from outside the console, by what
// browsers say of it.
func arrives(r *http.Request) bool {
	if r.Header.Get("Sec-Fetch-Site") == "none" {
		return r.Header.Get("Cache-Control") == "" // else a page is loaded again, which shall stay what it is
	}
	from, err := url.Parse(r.Header.Get("Referer"))
	return err == nil && from.Host == r.Host && (from.Path == "/login" || strings.HasPrefix(from.Path, "/login/"))
}

// viewsView is the page of the saved views.
type viewsView struct {
	Mine, Shared []savedView
	Home         bool // one of them is what the console opens with
	MayShare     bool
}

// viewRows is to how many rows the page of the views counts each: what is rare
// is counted quickly, and of the rest nobody needs to know more.
const viewRows = 1000

func (c *Console) viewsPage(w http.ResponseWriter, r *http.Request) {
	keep, err := c.keepOf(r, view{})
	if err != nil {
		c.fail(w, r, err)
		return
	}
	shown := viewsView{Mine: keep.Mine, Shared: keep.Shared, MayShare: keep.MayShare}
	for _, list := range [][]savedView{shown.Mine, shown.Shared} {
		for i := range list {
			shown.Home = shown.Home || list[i].Home
			if err := c.countSaved(r.Context(), &list[i]); err != nil {
				c.fail(w, r, err)
				return
			}
		}
	}
	c.show(w, r, http.StatusOK, "views", "views.title", shown)
}

func (c *Console) countSaved(ctx context.Context, one *savedView) error {
	q, _ := url.ParseQuery(one.Query)
	v, err := c.readView(q)
	if err != nil {
		return nil // it is shown as one that cannot be read
	}
	one.Rows, err = c.Index.Count(ctx, v.filter(c.Now()), viewRows)
	one.More = one.Rows == viewRows
	return err
}
