package account

import (
	"context"
	"net/http"
	"strconv"
	"time"
)

func ofOwn(name string) string { return "own " + digest(folded(name)) }

// ChangePassword gives the operator of a request another password when they know
// the one that they have. All their sessions end but this one, which goes on
// under a new token. Whoever finds an open page cannot try passwords for ever:
// attempts are counted as those to sign in. The error is a *Refused.
func (a *Accounts) ChangePassword(w http.ResponseWriter, r *http.Request, old, password, repeat string) error {
	in, _ := a.Of(r)
	o, err := a.find(r.Context(), in.Name)
	switch {
	case err != nil:
		return err
	case o.hash == "" || o.demo:
		return refused("none")
	case password != repeat:
		return refused("unlike")
	}
	if err := checkPassword(o.Name, password); err != nil {
		return err
	}
	ctx := context.WithoutCancel(r.Context())
	counters := []counter{{ofOwn(o.Name), freeOfName}}
	_, wait, err := a.take(ctx, counters)
	if err != nil {
		return err
	}
	if wait > 0 {
		return refused("tries", "{n}", strconv.Itoa(int((wait+time.Second-1)/time.Second)))
	}
	right, err := a.hashes.check(ctx, o.hash, old)
	if err != nil {
		return err
	}
	if !right {
		return refused("old")
	}
	if err := a.succeeded(ctx, counters); err != nil {
		return err
	}
	if err := a.SetPassword(ctx, o.Name, o.Name, password); err != nil {
		return err
	}
	if o, err = a.find(ctx, o.Name); err != nil {
		return err
	}
	return a.begin(w, r, o)
}
