package account

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// recheckEvery is how soon an answer that lasts, such as a live page, ends
// after its session has.
const recheckEvery = 10 * time.Second

// Background is a header by which a page says that it asks by itself, as for
// counters every few seconds: that is no use of a session. Any value will do.
const Background = "X-Background"

// inContext is the key of a request's operator.
type inContext struct{}

// Of implements Gate.
func (a *Accounts) Of(r *http.Request) (Operator, bool) {
	o, ok := r.Context().Value(inContext{}).(Operator)
	return o, ok
}

// Require implements Gate. The request's context ends with the session.
func (a *Accounts) Require(role Role, serve http.HandlerFunc) http.Handler {
	return a.Headers(a.origins.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Add("Vary", "Cookie")
		o, session, err := a.who(r.Context(), r)
		switch {
		case errors.Is(err, ErrNotFound):
			askIn(w, r)
			return
		case err != nil:
			a.fail(w, r, err)
			return
		case !o.Role.May(role):
			a.forbid(w, r, o.Operator)
			return
		}
		if !isStream(r) && r.Header.Get(Background) == "" { // a live page that nobody looks at shall not keep the session alive
			if _, _, err := a.sessions.Commit(session); err != nil {
				a.cfg.Logger.Error().Err(err).Msg("the use of a session could not be noted")
			}
		}
		ctx, done := a.whileSignedIn(r)
		defer done()
		serve(w, r.WithContext(context.WithValue(ctx, inContext{}, o.Operator)))
	})))
}

// who finds the operator of a request; ErrNotFound where nobody is signed in.
func (a *Accounts) who(ctx context.Context, r *http.Request) (operator, context.Context, error) {
	o, session, err := a.recognise(ctx, a.cookie(r, sessionCookie))
	if err == nil && !a.admits(o, r) {
		err = ErrNotFound
	}
	return o, session, err
}

// whileSignedIn is the request's context, which ends when the session does.
func (a *Accounts) whileSignedIn(r *http.Request) (context.Context, func()) {
	ctx, cancel := context.WithCancel(r.Context())
	var timer *time.Timer
	ready := make(chan struct{}) // timer is set
	timer = time.AfterFunc(recheckEvery, func() {
		<-ready
		if _, _, err := a.who(ctx, r); errors.Is(err, ErrNotFound) {
			cancel()
		} else if ctx.Err() == nil {
			timer.Reset(recheckEvery)
		}
	})
	close(ready)
	return ctx, func() { cancel(); timer.Stop() }
}

// askIn sends who is not signed in to the sign-in, as far as they can follow.
func askIn(w http.ResponseWriter, r *http.Request) {
	next := "/"
	switch {
	case r.Header.Get("HX-Request") == "true":
		if u, err := url.Parse(r.Header.Get("HX-Current-URL")); err == nil {
			next = localPath(u.RequestURI())
		}
		w.Header().Set("HX-Redirect", loginAt(next))
		unauthorized(w)
	case isStream(r) || isData(r):
		unauthorized(w)
	default:
		if r.Method == http.MethodGet || r.Method == http.MethodHead {
			next = localPath(r.URL.RequestURI())
		}
		http.Redirect(w, r, loginAt(next), http.StatusSeeOther)
	}
}

func loginAt(next string) string {
	if next == "/" {
		return "/login"
	}
	return "/login?" + url.Values{"next": {next}}.Encode()
}

func unauthorized(w http.ResponseWriter) {
	w.Header().Set("WWW-Authenticate", `Cookie realm="haat"`)
	http.Error(w, "sign in at /login", http.StatusUnauthorized)
}

// isStream tells whether a request is for server-sent events.
func isStream(r *http.Request) bool {
	return strings.Contains(r.Header.Get("Accept"), "text/event-stream")
}

// isData tells whether a program asks, or a script of a page, which could not
// show the sign-in.
func isData(r *http.Request) bool {
	accept := r.Header.Get("Accept")
	return strings.Contains(accept, "json") && !strings.Contains(accept, "text/html") || r.Header.Get("Sec-Fetch-Dest") == "empty"
}
