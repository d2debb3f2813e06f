package console

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"

	"haat/gateway/console/account"
	"haat/gateway/console/saved"
)

// The acts on saved views; About is the view's name.
const (
	ActViewSaved   = "view-saved"
	ActViewChanged = "view-changed"
	ActViewRemoved = "view-removed"
)

// saveView keeps the view that a form has, and shows it.
func (c *Console) saveView(w http.ResponseWriter, r *http.Request) {
	q, err := formQuery(r)
	if err != nil {
		c.problem(w, r, http.StatusBadRequest, "problem.form")
		return
	}
	v, err := c.readView(q)
	if err != nil {
		c.problem(w, r, http.StatusBadRequest, "problem.form")
		return
	}
	c.hidden(&v)
	v.Before = 0
	operator, _ := c.Gate.Of(r)
	one := saved.View{Owner: operator.Name, Name: maskNumbers(r.PostForm.Get("name"), v.Phone), Query: c.query(v).Encode(), Shared: c.shares(r, operator)}
	if !c.viewActed(w, r, ActViewSaved, one.Name, sharedDetail(one.Shared), func(ctx context.Context) error {
		_, err := c.Views.Save(ctx, one)
		return err
	}) {
		return
	}
	http.Redirect(w, r, c.address(v), http.StatusSeeOther)
}

// formQuery is the query that a form has in one field.
func formQuery(r *http.Request) (url.Values, error) {
	if err := r.ParseForm(); err != nil {
		return nil, err
	}
	return url.ParseQuery(r.PostForm.Get("query"))
}

func (c *Console) shares(r *http.Request, operator account.Operator) bool {
	return r.PostForm.Get("shared") != "" && operator.Role.May(account.Agent)
}

func sharedDetail(shared bool) string {
	if shared {
		return "shared"
	}
	return ""
}

// changeView gives a view another name, and shares it or not.
func (c *Console) changeView(w http.ResponseWriter, r *http.Request) {
	id, ok := c.viewID(w, r)
	if !ok {
		return
	}
	operator, _ := c.Gate.Of(r)
	name, shared := maskNumbers(r.PostForm.Get("name"), ""), c.shares(r, operator)
	if c.viewActed(w, r, ActViewChanged, name, sharedDetail(shared), func(ctx context.Context) error {
		return c.Views.Change(ctx, operator.Name, id, name, shared)
	}) {
		http.Redirect(w, r, "/views", http.StatusSeeOther)
	}
}

func (c *Console) removeView(w http.ResponseWriter, r *http.Request) {
	id, ok := c.viewID(w, r)
	if !ok {
		return
	}
	operator, _ := c.Gate.Of(r)
	name, err := c.nameOf(r.Context(), operator.Name, id)
	if err != nil {
		c.viewProblem(w, r, err)
		return
	}
	if c.viewActed(w, r, ActViewRemoved, name, "", func(ctx context.Context) error { return c.Views.Remove(ctx, operator.Name, id) }) {
		http.Redirect(w, r, "/views", http.StatusSeeOther)
	}
}

// nameOf is the name of a view of an operator.
func (c *Console) nameOf(ctx context.Context, operator string, id int64) (string, error) {
	all, err := c.Views.Of(ctx, operator)
	for _, one := range all {
		if one.ID == id && one.Owner == operator {
			return one.Name, nil
		}
	}
	return "", errors.Join(err, saved.ErrNone)
}

// setHome chooses what the console opens with: a setting of one's own, such as
// the language, and no act on anything.
func (c *Console) setHome(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		c.problem(w, r, http.StatusBadRequest, "problem.form")
		return
	}
	id, err := sequence(r.PostForm.Get("view"))
	if err != nil {
		c.problem(w, r, http.StatusBadRequest, "problem.form")
		return
	}
	operator, _ := c.Gate.Of(r)
	if err := c.Views.SetHome(r.Context(), operator.Name, int64(id)); err != nil {
		c.viewProblem(w, r, err)
		return
	}
	http.Redirect(w, r, "/views", http.StatusSeeOther)
}

// viewID reads the view of the address, and the form.
func (c *Console) viewID(w http.ResponseWriter, r *http.Request) (int64, bool) {
	id, err := strconv.ParseInt(r.PathValue("view"), 10, 64)
	if err != nil || id < 1 {
		c.problem(w, r, http.StatusNotFound, "problem.view")
		return 0, false
	}
	if err := r.ParseForm(); err != nil {
		c.problem(w, r, http.StatusBadRequest, "problem.form")
		return 0, false
	}
	return id, true
}

// viewActed does something to a view and records it; where either fails it says so.
func (c *Console) viewActed(w http.ResponseWriter, r *http.Request, what, about, detail string, do func(context.Context) error) bool {
	operator, _ := c.Gate.Of(r)
	if err := c.Gate.Record(r.Context(), account.Act{At: c.Now(), By: operator.Name, What: what, About: about, Detail: detail}); err != nil {
		c.fail(w, r, err)
		return false
	}
	if err := do(r.Context()); err != nil {
		c.viewProblem(w, r, err)
		return false
	}
	return true
}

// viewProblem says what is wrong with a view.
func (c *Console) viewProblem(w http.ResponseWriter, r *http.Request, err error) {
	for _, p := range []struct {
		err    error
		status int
		key    string
	}{
		{saved.ErrNone, http.StatusNotFound, "problem.view"}, {saved.ErrName, http.StatusBadRequest, "problem.view_name"},
		{saved.ErrTaken, http.StatusConflict, "problem.view_taken"}, {saved.ErrMany, http.StatusConflict, "problem.view_many"},
		{saved.ErrShared, http.StatusConflict, "problem.view_shared"}, {saved.ErrQuery, http.StatusBadRequest, "problem.form"},
	} {
		if errors.Is(err, p.err) {
			c.problem(w, r, p.status, p.key)
			return
		}
	}
	c.fail(w, r, err)
}
