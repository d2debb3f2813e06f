package account

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"
)

// maxForm is how long a form may be, in bytes.
const maxForm = 8 << 10

// Routes implements Gate.
func (a *Accounts) Routes(mux *http.ServeMux) {
	for pattern, serve := range a.doors() {
		mux.Handle(pattern, a.Headers(a.origins.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Cache-Control", "no-store")
			r.Body = http.MaxBytesReader(w, r.Body, maxForm)
			if err := r.ParseForm(); err != nil {
				http.Error(w, a.say(r)("account.form"), http.StatusBadRequest)
				return
			}
			serve(w, r)
		}))))
	}
}

// doors are the addresses that need no session.
func (a *Accounts) doors() map[string]http.HandlerFunc {
	doors := map[string]http.HandlerFunc{
		"GET /login":   a.showSignIn,
		"POST /login":  a.signIn,
		"POST /logout": a.signOut,
		"GET /first":   a.showFirst,
		"POST /first":  a.makeFirst,
		"GET /join":    a.showJoin,
		"POST /join":   a.join,
	}
	if a.provider != nil {
		doors["GET /login/oidc"] = a.beginElsewhere
		doors["GET "+callbackPath] = a.endElsewhere
	}
	return doors
}

func (a *Accounts) showSignIn(w http.ResponseWriter, r *http.Request) {
	next := localPath(r.FormValue("next"))
	if _, _, err := a.who(r.Context(), r); err == nil {
		http.Redirect(w, r, next, http.StatusSeeOther)
		return
	}
	a.show(w, r, http.StatusOK, "login", form{Next: next})
}

// waitError says how long the next attempt must wait.
type waitError struct{ wait time.Duration }

func (e waitError) Error() string { return "too many attempts" }

// errWrong is that name and password belong to nobody, whichever is wrong.
var errWrong = errors.New("the name or the password is wrong")

func (a *Accounts) signIn(w http.ResponseWriter, r *http.Request) {
	name, next := r.PostForm.Get("name"), localPath(r.PostForm.Get("next"))
	o, device, err := a.check(r, name, r.PostForm.Get("password"))
	if err == nil {
		err = a.welcome(w, r, o, device)
	}
	if err == nil {
		http.Redirect(w, r, next, http.StatusSeeOther)
		return
	}
	a.turnAway(w, r, form{Name: name, Next: next}, err)
}

// turnAway shows the sign-in again, with why.
func (a *Accounts) turnAway(w http.ResponseWriter, r *http.Request, f form, err error) {
	say, status := a.say(r), http.StatusUnprocessableEntity
	var wait waitError
	switch {
	case errors.As(err, &wait):
		seconds := int((wait.wait + time.Second - 1) / time.Second)
		w.Header().Set("Retry-After", strconv.Itoa(seconds))
		f.Problem, status = say("account.wait", "{wait}", spoken(say, seconds)), http.StatusTooManyRequests
	case errors.Is(err, errWrong):
		f.Problem, f.At = say("account.wrong"), "password"
	case errors.Is(err, errBusy):
		w.Header().Set("Retry-After", "2")
		f.Problem, status = say("account.busy"), http.StatusServiceUnavailable
	default:
		a.complain(r, err)
		f.Problem, status = say("account.fault"), http.StatusServiceUnavailable
	}
	a.show(w, r, status, "login", f)
}

// spoken is a time in words, rounded up.
func spoken(say func(string, ...string) string, seconds int) string {
	if seconds < 60 {
		return say("account.seconds", "{n}", strconv.Itoa(seconds))
	}
	return say("account.minutes", "{n}", strconv.Itoa((seconds+59)/60))
}

// check finds whose name and password these are, and in which known browser.
// It does the same work whether there is such an operator or not.
func (a *Accounts) check(r *http.Request, name, password string) (o operator, device string, err error) {
	ctx := r.Context()
	if device, err = a.knownDevice(r, name); err != nil {
		return o, "", err
	}
	counters := countersOf(name, client(r), device)
	failures, wait, err := a.take(ctx, counters)
	if err != nil || wait > 0 {
		if err == nil {
			err = waitError{wait}
		}
		return o, "", err
	}
	o, err = a.find(ctx, name)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return o, "", err
	}
	right, err := a.hashes.check(ctx, o.hash, password)
	ctx = context.WithoutCancel(ctx) // what was found out is noted, though the browser has gone
	switch {
	case err != nil: // the password was not looked at
		return o, "", errors.Join(err, a.giveBack(ctx, counters...))
	case !right || !a.admits(o, r):
		a.noteFailure(ctx, r, o, failures-counters[0].free)
		return o, "", errWrong
	}
	return o, device, a.succeeded(ctx, counters)
}

// noteFailure tells the log, and the audit log when somebody has tried the
// name of an operator so often that it must wait, and at every tenth after that.
func (a *Accounts) noteFailure(ctx context.Context, r *http.Request, o operator, over int) {
	a.cfg.Logger.Warn().Str("address", client(r)).Str("operator", o.Name).Msg("a sign-in has failed")
	if o.Name == "" || over < 0 || over%10 != 0 {
		return
	}
	if err := a.Record(ctx, Act{By: o.Name, What: ActAttempts, About: client(r)}); err != nil {
		a.complain(r, err)
	}
}

// welcome lets somebody in whose password was right.
func (a *Accounts) welcome(w http.ResponseWriter, r *http.Request, o operator, device string) error {
	if err := a.renewHash(r.Context(), o, r.PostForm.Get("password")); err != nil {
		a.complain(r, err) // the old one is still good
	}
	if err := a.rememberDevice(w, r, o.Name, device); err != nil {
		return err
	}
	return a.letIn(w, r, o, Act{})
}

// letIn begins the session of an operator, and records how they came.
func (a *Accounts) letIn(w http.ResponseWriter, r *http.Request, o operator, how Act) error {
	how.By, how.What, how.About = o.Name, ActSignIn, client(r)
	if err := a.Record(r.Context(), how); err != nil {
		return err
	}
	if err := a.begin(w, r, o); err != nil {
		return err
	}
	a.cfg.Logger.Info().Str("address", client(r)).Str("operator", o.Name).Msg("an operator has signed in")
	return nil
}

// renewHash makes a hash of today's cost where the kept one has another.
func (a *Accounts) renewHash(ctx context.Context, o operator, password string) error {
	if !a.hashes.outdated(o.hash) {
		return nil
	}
	hash, err := a.hashes.hash(ctx, password)
	if err != nil {
		return err
	}
	_, err = a.db.Write.ExecContext(ctx, "UPDATE operators SET hash = $3 WHERE folded = $1 AND hash = $2", folded(o.Name), o.hash, hash)
	return err
}

func (a *Accounts) signOut(w http.ResponseWriter, r *http.Request) {
	if o, _, err := a.who(r.Context(), r); err == nil {
		if err := a.Record(r.Context(), Act{By: o.Name, What: ActSignOut}); err != nil {
			a.complain(r, err)
		}
	}
	a.endSession(r)
	a.setCookie(w, r, sessionCookie, "", 0)
	if r.Header.Get("HX-Request") == "true" {
		w.Header().Set("HX-Redirect", "/login")
		return
	}
	http.Redirect(w, r, "/login", http.StatusSeeOther)
}
