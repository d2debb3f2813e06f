package account

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// pendingTime is how long one may take at the provider.
const pendingTime = 10 * time.Minute

// pendingCookie remembers a sign-in that was begun and is not ended yet.
const pendingCookie = "haat-oidc"

// pending is such a sign-in. It is sealed and kept by the browser: whoever only
// knows the address takes none of our memory.
type pending struct {
	State    string    `json:"s"`
	Nonce    string    `json:"n"`
	Verifier string    `json:"v"` // of PKCE (RFC 7636)
	Next     string    `json:"to"`
	Until    time.Time `json:"u"`
}

// What can be wrong with a sign-in at the provider.
var (
	errAgain    = errors.New("the sign-in was not begun here, was ended already, or was begun too long ago")
	errDenied   = errors.New("the provider says no")
	errToken    = errors.New("what the provider says cannot be trusted")
	errStranger = errors.New("nobody here is known by this subject")
)

// beginElsewhere sends somebody to the provider.
func (a *Accounts) beginElsewhere(w http.ResponseWriter, r *http.Request) {
	next := localPath(r.FormValue("next"))
	known, err := a.provider.discover(r.Context())
	if err != nil {
		a.turnAwayElsewhere(w, r, next, err)
		return
	}
	p := pending{State: newToken(), Nonce: newToken(), Verifier: oauth2.GenerateVerifier(), Next: next, Until: time.Now().Add(pendingTime)}
	sealed, err := a.provider.seal.close(p)
	if err != nil {
		a.turnAwayElsewhere(w, r, next, err)
		return
	}
	a.setCookie(w, r, pendingCookie, sealed, pendingTime)
	http.Redirect(w, r, known.oauth.AuthCodeURL(p.State, oidc.Nonce(p.Nonce), oauth2.S256ChallengeOption(p.Verifier)), http.StatusSeeOther)
}

// endElsewhere lets in who comes back from the provider, when they are known.
func (a *Accounts) endElsewhere(w http.ResponseWriter, r *http.Request) {
	p, err := a.pendingOf(r)
	a.setCookie(w, r, pendingCookie, "", 0) // once
	var o operator
	if err == nil {
		o, err = a.cameBack(r, p)
	}
	if err == nil {
		err = a.letIn(w, r, o, Act{Detail: "OpenID Connect"})
	}
	if err != nil {
		a.turnAwayElsewhere(w, r, p.Next, err)
		return
	}
	http.Redirect(w, r, localPath(p.Next), http.StatusSeeOther)
}

// pendingOf finds the sign-in that a request brings to its end.
func (a *Accounts) pendingOf(r *http.Request) (pending, error) {
	p, err := a.provider.seal.open(a.cookie(r, pendingCookie))
	if err != nil || time.Now().After(p.Until) || subtle.ConstantTimeCompare([]byte(p.State), []byte(r.FormValue("state"))) != 1 {
		return pending{}, errAgain
	}
	if issuer := r.FormValue("iss"); issuer != "" && issuer != a.provider.Issuer { // RFC 9207
		return pending{}, errAgain
	}
	return p, nil
}

// cameBack finds who has signed in at the provider. Attempts are counted by the
// address that they come from, as those with a password.
func (a *Accounts) cameBack(r *http.Request, p pending) (o operator, err error) {
	if r.FormValue("error") != "" || r.FormValue("code") == "" {
		return o, errDenied
	}
	counters := []counter{{ofAddress(client(r)), freeOfAddress}}
	ctx := context.WithoutCancel(r.Context()) // a code is good once
	_, wait, err := a.take(ctx, counters)
	if err != nil {
		return o, err
	}
	if wait > 0 {
		return o, waitError{wait}
	}
	id, err := a.provider.identify(ctx, r.FormValue("code"), p)
	if err == nil {
		o, err = a.operatorOf(ctx, id)
	}
	if err == nil && !a.admits(o, r) {
		err = errStranger
	}
	if err == nil || errors.Is(err, errDown) {
		err = errors.Join(err, a.giveBack(ctx, counters...))
	}
	return o, err
}

// identify exchanges a code for an ID token and reads who it is about.
func (p *provider) identify(ctx context.Context, code string, begun pending) (id identity, err error) {
	known, err := p.discover(ctx)
	if err != nil {
		return id, err
	}
	ctx, cancel := context.WithTimeout(p.with(ctx), providerTimeout)
	defer cancel()
	token, err := known.oauth.Exchange(ctx, code, oauth2.VerifierOption(begun.Verifier))
	var refused *oauth2.RetrieveError
	switch {
	case errors.As(err, &refused) && refused.Response.StatusCode < http.StatusInternalServerError:
		return id, fmt.Errorf("%w: %s", errToken, refused.ErrorCode)
	case err != nil:
		return id, fmt.Errorf("%w: %w", errDown, withoutAnswer(err))
	}
	raw, _ := token.Extra("id_token").(string)
	verified, err := known.verifier.Verify(ctx, raw)
	if err != nil {
		return id, fmt.Errorf("%w: %w", errToken, err)
	}
	if subtle.ConstantTimeCompare([]byte(verified.Nonce), []byte(begun.Nonce)) != 1 {
		return id, fmt.Errorf("%w: the nonce is of another sign-in", errToken)
	}
	return p.read(verified)
}

// withoutAnswer leaves out what a provider has answered: a token may be in it.
func withoutAnswer(err error) error {
	var refused *oauth2.RetrieveError
	if errors.As(err, &refused) {
		return fmt.Errorf("status %d", refused.Response.StatusCode)
	}
	return err
}

// turnAwayElsewhere shows the sign-in again, with why.
func (a *Accounts) turnAwayElsewhere(w http.ResponseWriter, r *http.Request, next string, err error) {
	say, f := a.say(r), form{Next: localPath(next)}
	var stranger strangerError
	var no *Refused
	status := http.StatusForbidden
	switch {
	case errors.Is(err, errDown):
		f.Problem, status = say("account.oidc.down"), http.StatusServiceUnavailable
	case errors.Is(err, errAgain):
		f.Problem, status = say("account.oidc.again"), http.StatusBadRequest
	case errors.Is(err, errDenied):
		f.Problem = say("account.oidc.denied")
	case errors.Is(err, errToken):
		f.Problem = say("account.oidc.token")
	case errors.As(err, &stranger):
		f.Problem = say("account.oidc.stranger", "{subject}", stranger.subject)
	case errors.As(err, &no):
		f.Problem = say(no.Key, no.Fill...)
	default:
		a.turnAway(w, r, f, err)
		return
	}
	a.cfg.Logger.Warn().Err(err).Str("address", client(r)).Msg("a sign-in by OpenID Connect has failed")
	a.show(w, r, status, "login", f)
}
