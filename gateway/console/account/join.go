package account

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// Invite adds an operator without a password, and gives the token of a link by
// which they choose one: see JoinPath. It is good for 24 hours, once, and until
// the next for the same operator. The error is a *Refused.
func (a *Accounts) Invite(ctx context.Context, by, name string, role Role) (token string, err error) {
	if name, err = checkNew(name, role); err != nil {
		return "", err
	}
	return a.invite(ctx, by, name, func(tx *sql.Tx) error {
		if err := insertOperator(ctx, tx, operator{Operator: Operator{Name: name, Role: role, At: time.Now()}}); err != nil {
			return err
		}
		return record(ctx, tx, Act{By: by, What: ActAdded, About: name, Detail: string(role)})
	})
}

// InviteAgain makes another link for an operator that there is, as Invite does:
// for who has lost the password or the link. The password that they have is good
// until the link is used. The error is ErrNotFound or a *Refused.
func (a *Accounts) InviteAgain(ctx context.Context, by, name string) (token string, err error) {
	if folded(name) == demoName {
		return "", refused("reserved")
	}
	return a.invite(ctx, by, name, func(*sql.Tx) error { return nil })
}

func (a *Accounts) invite(ctx context.Context, by, name string, first func(*sql.Tx) error) (string, error) {
	token := newToken()
	err := a.change(ctx, "inviting an operator", func(tx *sql.Tx) error {
		if err := first(tx); err != nil {
			return err
		}
		if err := changed(tx.ExecContext(ctx, `INSERT INTO invitations (token, operator, expires) SELECT $1, folded, $3 FROM operators WHERE folded = $2
			ON CONFLICT (operator) DO UPDATE SET token = $1, expires = $3`, digest(token), folded(name), time.Now().Add(linkTime).UnixNano())); err != nil {
			return err
		}
		return record(ctx, tx, Act{By: by, What: ActInvited, About: name})
	})
	if err != nil {
		return "", err
	}
	return token, nil
}

// JoinPath is where the token of an invitation is taken.
func JoinPath(token string) string { return "/join?token=" + token }

// invited finds whom a link is for; errGone where it is good no more.
func invited(ctx context.Context, ask asker, token string) (name string, err error) {
	err = ask.QueryRowContext(ctx, "SELECT name FROM invitations JOIN operators ON folded = operator WHERE token = $1 AND expires > $2", digest(token), time.Now().UnixNano()).Scan(&name)
	if errors.Is(err, sql.ErrNoRows) {
		err = errGone
	}
	return name, err
}

func (a *Accounts) showJoin(w http.ResponseWriter, r *http.Request) {
	f := form{Token: r.FormValue("token")}
	var err error
	if f.Name, err = invited(r.Context(), a.db.Read, f.Token); err != nil {
		a.refuseJoin(w, r, f, err)
		return
	}
	a.show(w, r, http.StatusOK, "join", f)
}

func (a *Accounts) join(w http.ResponseWriter, r *http.Request) {
	f := form{Token: r.PostForm.Get("token")}
	var err error
	if f.Name, err = invited(r.Context(), a.db.Read, f.Token); err == nil { // before the work of hashing
		err = a.joinWith(r.Context(), f.Token, f.Name, r.PostForm.Get("password"), r.PostForm.Get("repeat"))
	}
	if err != nil {
		a.refuseJoin(w, r, f, err)
		return
	}
	o, err := a.find(r.Context(), f.Name)
	if err == nil {
		err = a.welcome(w, r, o, "")
	}
	if err != nil {
		a.complain(r, err) // they have a password: let them sign in
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// joinWith uses up the link.
func (a *Accounts) joinWith(ctx context.Context, token, name, password, repeat string) error {
	if password != repeat {
		return refused("unlike")
	}
	if err := checkPassword(name, password); err != nil {
		return err
	}
	hash, err := a.hashes.hash(ctx, password)
	if err != nil {
		return err
	}
	err = a.db.Within(ctx, func(tx *sql.Tx) error {
		if _, err := invited(ctx, tx, token); err != nil {
			return err
		}
		if err := keepPassword(ctx, tx, name, hash); err != nil {
			return err
		}
		return record(ctx, tx, Act{By: name, What: ActJoined, About: name})
	})
	if err != nil {
		return fmt.Errorf("choosing a password: %w", err)
	}
	return nil
}

// refuseJoin says why the link cannot be used.
func (a *Accounts) refuseJoin(w http.ResponseWriter, r *http.Request, f form, err error) {
	say := a.say(r)
	var no *Refused
	switch {
	case errors.As(err, &no):
		f.Problem, f.At = say(no.Key, no.Fill...), "password"
		if strings.HasSuffix(no.Key, ".unlike") {
			f.At = "repeat"
		}
		a.show(w, r, http.StatusUnprocessableEntity, "join", f)
	case errors.Is(err, errGone):
		a.show(w, r, http.StatusGone, "notice", form{Title: say("account.join.title"), Problem: say("account.join.gone")})
	case errors.Is(err, errBusy):
		f.Problem = say("account.busy")
		a.show(w, r, http.StatusServiceUnavailable, "join", f)
	default:
		a.fail(w, r, err)
	}
}
