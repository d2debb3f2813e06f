package account

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"
)

// linkTime is how long the link for the first operator is good.
const linkTime = 24 * time.Hour

// FirstLink gives a link below base, such as http://127.0.0.1:8080, where the
// first administrator chooses a name and a password; "" when there are
// operators, of whom the demo's does not count. It is good for 24 hours, once,
// and until the next call. Print it where only the owner of the machine sees it.
func (a *Accounts) FirstLink(ctx context.Context, base string) (link string, err error) {
	token := newToken()
	err = a.change(ctx, "making the link for the first operator", func(tx *sql.Tx) error {
		if err := nobodyYet(ctx, tx); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, "DELETE FROM links"); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, "INSERT INTO links (token, expires) VALUES ($1, $2)", digest(token), time.Now().Add(linkTime).UnixNano())
		return err
	})
	if errors.Is(err, errGone) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return strings.TrimRight(base, "/") + "/first?" + url.Values{"token": {token}}.Encode(), nil
}

// errGone is that a link for the first operator is good no more.
var errGone = errors.New("the link is good no more")

// asker is what asks the database: all of it, or a transaction.
type asker interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

func nobodyYet(ctx context.Context, ask asker) error {
	var some bool
	if err := ask.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM operators WHERE demo = 0)").Scan(&some); err != nil {
		return err
	}
	if some {
		return errGone
	}
	return nil
}

// goodLink is nil when the token is that of a link which is still good.
func goodLink(ctx context.Context, ask asker, token string) error {
	if err := nobodyYet(ctx, ask); err != nil {
		return err
	}
	var good bool
	err := ask.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM links WHERE token = $1 AND expires > $2)", digest(token), time.Now().UnixNano()).Scan(&good)
	if err == nil && !good {
		err = errGone
	}
	return err
}

func (a *Accounts) showFirst(w http.ResponseWriter, r *http.Request) {
	token := r.FormValue("token")
	if err := goodLink(r.Context(), a.db.Read, token); err != nil {
		a.refuseFirst(w, r, form{}, err)
		return
	}
	a.show(w, r, http.StatusOK, "first", form{Token: token})
}

func (a *Accounts) makeFirst(w http.ResponseWriter, r *http.Request) {
	f := form{Token: r.PostForm.Get("token"), Name: norm.NFKC.String(r.PostForm.Get("name"))}
	err := goodLink(r.Context(), a.db.Read, f.Token) // before the work of hashing
	if err == nil {
		err = a.addFirst(r.Context(), f.Token, f.Name, r.PostForm.Get("password"), r.PostForm.Get("repeat"))
	}
	if err != nil {
		a.refuseFirst(w, r, f, err)
		return
	}
	o, err := a.find(r.Context(), f.Name)
	if err == nil {
		err = a.welcome(w, r, o, "")
	}
	if err != nil {
		a.complain(r, err) // they are an operator: let them sign in
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// addFirst uses up the link.
func (a *Accounts) addFirst(ctx context.Context, token, name, password, repeat string) error {
	if password != repeat {
		return refused("unlike")
	}
	hash, err := a.newOperator(ctx, name, Admin, password)
	if err != nil {
		return err
	}
	err = a.db.Within(ctx, func(tx *sql.Tx) error {
		if err := goodLink(ctx, tx, token); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, "DELETE FROM links"); err != nil {
			return err
		}
		if err := insertOperator(ctx, tx, operator{Operator: Operator{Name: name, Role: Admin, At: time.Now()}, hash: hash}); err != nil {
			return err
		}
		return record(ctx, tx, Act{By: name, What: ActFirst})
	})
	if err != nil {
		return fmt.Errorf("adding the first operator: %w", err)
	}
	return nil
}

// refuseFirst says why there is no first operator yet.
func (a *Accounts) refuseFirst(w http.ResponseWriter, r *http.Request, f form, err error) {
	say := a.say(r)
	var no *Refused
	switch {
	case errors.As(err, &no):
		f.Problem, f.At = say(no.Key, no.Fill...), "password"
		switch strings.TrimPrefix(no.Key, "account.refused.") {
		case "name", "taken", "reserved":
			f.At = "name"
		case "unlike":
			f.At = "repeat"
		}
		a.show(w, r, http.StatusUnprocessableEntity, "first", f)
	case errors.Is(err, errGone):
		a.show(w, r, http.StatusGone, "notice", form{Title: say("account.first.title"), Problem: say("account.first.gone")})
	case errors.Is(err, errBusy):
		f.Problem = say("account.busy")
		a.show(w, r, http.StatusServiceUnavailable, "first", f)
	default:
		a.fail(w, r, err)
	}
}
