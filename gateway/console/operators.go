package console

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"haat/gateway/console/account"
)

// Operators manages who may use the console. Each change is recorded together
// with itself; by is who makes it. An error is an [*account.Refused] when
// something will not do, and [account.ErrNotFound] where nobody has the name.
type Operators interface {
	Members(ctx context.Context) ([]account.Member, error)
	Invite(ctx context.Context, by, name string, role account.Role) (token string, err error)
	InviteAgain(ctx context.Context, by, name string) (token string, err error)
	AddLinked(ctx context.Context, by, name string, role account.Role, subject string) error
	Link(ctx context.Context, by, name, subject string) error
	SetRole(ctx context.Context, by, name string, role account.Role) error
	EndSessions(ctx context.Context, by, name string) error
	Remove(ctx context.Context, by, name string) error
	ChangePassword(w http.ResponseWriter, r *http.Request, old, password, repeat string) error
}

func (c *Console) operatorRoutes() []route {
	if c.Operators == nil {
		return nil
	}
	return []route{
		{"GET", "/operators", account.Admin, c.operatorsPage},
		{"POST", "/operators", account.Admin, c.addOperator},
		{"GET", "/operators/{name}", account.Admin, c.operatorPage},
		{"POST", "/operators/{name}/{change}", account.Admin, c.changeOperator},
		{"GET", "/password", account.Viewer, c.passwordPage},
		{"POST", "/password", account.Viewer, c.changePassword},
	}
}

// roles are those that can be given, the least first.
var roles = []account.Role{account.Viewer, account.Agent, account.Admin}

// operatorsView is the list of the operators, or one of them.
type operatorsView struct {
	All     []memberView
	One     *memberView
	Roles   []account.Role
	OIDC    bool // they can be linked to the provider
	Problem string
	Done    string // key of what was done; "" for nothing
	Link    string // to choose a password by, shown once
	For     string // whom it is for
	Name    string // what was typed
	Role    account.Role
	Subject string
}

type memberView struct {
	account.Member
	Path  string
	Self  bool
	Since string
	Until string // how long the link to choose a password is good
}

// operatorsPage lists all operators.
func (c *Console) operatorsPage(w http.ResponseWriter, r *http.Request) {
	c.showOperators(w, r, http.StatusOK, operatorsView{Role: account.Viewer, Done: done(r)})
}

func (c *Console) showOperators(w http.ResponseWriter, r *http.Request, status int, v operatorsView) {
	all, err := c.members(r)
	if err != nil {
		c.fail(w, r, err)
		return
	}
	v.All, v.Roles, v.OIDC = all, roles, c.OIDC
	c.show(w, r, status, "operators", "operators.title", v)
}

func (c *Console) members(r *http.Request) (all []memberView, err error) {
	members, err := c.Operators.Members(r.Context())
	self, _ := c.Gate.Of(r)
	for _, m := range members {
		v := memberView{Member: m, Path: "/operators/" + url.PathEscape(m.Name), Self: m.Name == self.Name, Since: m.At.In(c.Zone).Format(time.DateOnly)}
		if !m.Invited.IsZero() {
			v.Until = m.Invited.In(c.Zone).Format("2006-01-02 15:04 MST")
		}
		all = append(all, v)
	}
	return all, err
}

// addOperator adds one: with a link by which they choose a password, or linked to
// the provider.
func (c *Console) addOperator(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		c.problem(w, r, http.StatusBadRequest, "problem.form")
		return
	}
	self, _ := c.Gate.Of(r)
	v := operatorsView{Name: r.PostForm.Get("name"), Role: account.Role(r.PostForm.Get("role")), Subject: strings.TrimSpace(r.PostForm.Get("subject"))}
	if c.OIDC && v.Subject != "" {
		if err := c.Operators.AddLinked(r.Context(), self.Name, v.Name, v.Role, v.Subject); err != nil {
			c.refuseChange(w, r, v, err)
			return
		}
		http.Redirect(w, r, "/operators?done=added", http.StatusSeeOther)
		return
	}
	token, err := c.Operators.Invite(r.Context(), self.Name, v.Name, v.Role)
	if err != nil {
		c.refuseChange(w, r, v, err)
		return
	}
	c.showOperators(w, r, http.StatusOK, operatorsView{Role: account.Viewer, Done: "added", For: v.Name, Link: c.base(r) + account.JoinPath(token)})
}

// base is how the request's browser reaches the console.
func (c *Console) base(r *http.Request) string {
	if c.PublicURL != "" {
		return strings.TrimRight(c.PublicURL, "/")
	}
	return "http://" + r.Host
}

// operatorPage shows one operator, and what can be done.
func (c *Console) operatorPage(w http.ResponseWriter, r *http.Request) {
	c.showOperator(w, r, http.StatusOK, operatorsView{Done: done(r)})
}

func (c *Console) showOperator(w http.ResponseWriter, r *http.Request, status int, v operatorsView) {
	all, err := c.members(r)
	if err != nil {
		c.fail(w, r, err)
		return
	}
	at := slices.IndexFunc(all, func(m memberView) bool { return m.Name == r.PathValue("name") })
	if at < 0 {
		c.problem(w, r, http.StatusNotFound, "operators.gone")
		return
	}
	v.One, v.Roles, v.OIDC = &all[at], roles, c.OIDC
	c.show(w, r, status, "operator", "operators.one", v)
}

// changeOperator does what a form of an operator's page asks for.
func (c *Console) changeOperator(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		c.problem(w, r, http.StatusBadRequest, "problem.form")
		return
	}
	self, _ := c.Gate.Of(r)
	ctx, by, name, next := r.Context(), self.Name, r.PathValue("name"), "/operators/"+url.PathEscape(r.PathValue("name"))
	v := operatorsView{Subject: strings.TrimSpace(r.PostForm.Get("subject"))}
	var err error
	switch r.PathValue("change") {
	case "role":
		err = c.Operators.SetRole(ctx, by, name, account.Role(r.PostForm.Get("role")))
	case "sessions":
		err = c.Operators.EndSessions(ctx, by, name)
	case "remove":
		err, next = c.Operators.Remove(ctx, by, name), "/operators"
	case "subject":
		err = c.Operators.Link(ctx, by, name, v.Subject)
	case "link":
		var token string
		if token, err = c.Operators.InviteAgain(ctx, by, name); err == nil {
			c.showOperator(w, r, http.StatusOK, operatorsView{For: name, Link: c.base(r) + account.JoinPath(token)})
			return
		}
	default:
		c.problem(w, r, http.StatusNotFound, "problem.address")
		return
	}
	if err != nil {
		c.refuseChange(w, r, v, err)
		return
	}
	http.Redirect(w, r, next+"?done="+r.PathValue("change"), http.StatusSeeOther)
}

// refuseChange says on the page that it was asked on why something is not done.
func (c *Console) refuseChange(w http.ResponseWriter, r *http.Request, v operatorsView, err error) {
	var no *account.Refused
	switch {
	case errors.As(err, &no):
		v.Problem = c.refusal(r, no)
	case errors.Is(err, account.ErrNotFound):
		c.problem(w, r, http.StatusNotFound, "operators.gone")
		return
	default:
		c.fail(w, r, err)
		return
	}
	if r.PathValue("name") != "" {
		c.showOperator(w, r, http.StatusUnprocessableEntity, v)
		return
	}
	c.showOperators(w, r, http.StatusUnprocessableEntity, v)
}

// refusal says in the language of a request why the accounts have refused.
func (c *Console) refusal(r *http.Request, no *account.Refused) string {
	return strings.NewReplacer(no.Fill...).Replace(c.texts.say(c.texts.of(r), no.Key))
}

// done is what an address says was done, as far as a page can say it.
func done(r *http.Request) string {
	if what := r.URL.Query().Get("done"); slices.Contains([]string{"added", "role", "sessions", "remove", "subject", "password"}, what) {
		return what
	}
	return ""
}

// passwordView is the page on which one changes one's own password.
type passwordView struct {
	Problem string
	Done    bool
	Least   int
}

func (c *Console) passwordPage(w http.ResponseWriter, r *http.Request) {
	c.show(w, r, http.StatusOK, "password", "password.title", passwordView{Done: done(r) == "password", Least: account.MinPassword})
}

func (c *Console) changePassword(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		c.problem(w, r, http.StatusBadRequest, "problem.form")
		return
	}
	err := c.Operators.ChangePassword(w, r, r.PostForm.Get("old"), r.PostForm.Get("password"), r.PostForm.Get("repeat"))
	var no *account.Refused
	switch {
	case errors.As(err, &no):
		c.show(w, r, http.StatusUnprocessableEntity, "password", "password.title", passwordView{Problem: c.refusal(r, no), Least: account.MinPassword})
	case err != nil:
		c.fail(w, r, err)
	default:
		http.Redirect(w, r, "/password?done=password", http.StatusSeeOther)
	}
}
