// Package consoletest is what tests of the operators' pages share: an index and
// a gate in memory, a row of each kind, and a real browser.
package consoletest

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"haat/gateway/console/account"
)

func sequenceText(n uint64) string { return strconv.FormatUint(n, 10) }

// Gate lets in whoever says a name in the cookie "test": the operators that it
// knows.
type Gate struct {
	// Always is who is let in without a cookie; "" for nobody.
	Always string

	mu        sync.Mutex
	operators map[string]account.Operator
	acts      []account.Act
	err       error
}

// NewGate returns a gate that knows a viewer, an operator and an admin, each by
// the name of the role.
func NewGate() *Gate {
	g := &Gate{operators: map[string]account.Operator{}}
	for _, role := range []account.Role{account.Viewer, account.Agent, account.Admin} {
		g.operators[string(role)] = account.Operator{Name: string(role), Role: role}
	}
	return g
}

// SignIn adds the cookie of an operator to a request.
func SignIn(r *http.Request, name string) {
	if name != "" {
		r.AddCookie(&http.Cookie{Name: "test", Value: name})
	}
}

// Fail makes recording fail, until it is nil.
func (g *Gate) Fail(err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.err = err
}

// Routes implements [account.Gate].
func (g *Gate) Routes(mux *http.ServeMux) {
	mux.HandleFunc("GET /login", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("sign in")) })
}

// Require implements [account.Gate].
func (g *Gate) Require(role account.Role, serve http.HandlerFunc) http.Handler {
	return http.NewCrossOriginProtection().Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		operator, ok := g.Of(r)
		switch {
		case !ok:
			http.Redirect(w, r, "/login", http.StatusSeeOther)
		case !operator.Role.May(role):
			http.Error(w, "not for your role", http.StatusForbidden)
		default:
			serve(w, r)
		}
	}))
}

// Of implements [account.Gate].
func (g *Gate) Of(r *http.Request) (account.Operator, bool) {
	name := g.Always
	if cookie, err := r.Cookie("test"); err == nil {
		name = cookie.Value
	}
	operator, ok := g.operators[name]
	return operator, ok
}

// Record implements [account.Gate].
func (g *Gate) Record(_ context.Context, act account.Act) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.err == nil {
		g.acts = append(g.acts, act)
	}
	return g.err
}

// Acts implements [account.Gate].
func (g *Gate) Acts(_ context.Context, before time.Time, limit int) (acts []account.Act, err error) {
	if limit < 1 {
		return nil, errors.New("the limit must be above zero")
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, act := range slices.Backward(g.acts) {
		if len(acts) < limit && (before.IsZero() || act.At.Before(before)) {
			acts = append(acts, act)
		}
	}
	return acts, nil
}
