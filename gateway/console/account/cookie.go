package account

import (
	"net/http"
	"time"
)

// The cookies. Over TLS their names begin with __Host-: then no other host of
// the same domain can have set them.
const (
	sessionCookie = "haat"
	deviceCookie  = "haat-device"
	hostPrefix    = "__Host-"
)

func (a *Accounts) cookieName(r *http.Request, name string) string {
	if a.secure(r) {
		return hostPrefix + name
	}
	return name
}

// cookie gives the value of one of our cookies, "" where the request has none.
func (a *Accounts) cookie(r *http.Request, name string) string {
	c, err := r.Cookie(a.cookieName(r, name))
	if err != nil {
		return ""
	}
	return c.Value
}

// setCookie sets one of our cookies for some time; with none it is taken away.
func (a *Accounts) setCookie(w http.ResponseWriter, r *http.Request, name, value string, keep time.Duration) {
	age := int(keep / time.Second)
	if age <= 0 {
		age = -1
	}
	http.SetCookie(w, &http.Cookie{
		Name: a.cookieName(r, name), Value: value, Path: "/", MaxAge: age,
		Secure: a.secure(r), HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}
