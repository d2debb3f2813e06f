package console

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// The cookies that remember how an operator likes the pages. They are no secret.
const (
	languageCookie = "haat_language"
	themeCookie    = "haat_theme"
)

// themes that can be chosen; the first follows the machine.
var themes = []string{"auto", "light", "dark"}

// settings remembers a language or a theme and goes back.
func (c *Console) settings(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		c.problem(w, r, http.StatusBadRequest, "problem.form")
		return
	}
	if code := r.PostForm.Get("language"); slices.Contains(c.texts.codes, code) {
		c.remember(w, languageCookie, code)
	}
	if theme := r.PostForm.Get("theme"); slices.Contains(themes, theme) {
		c.remember(w, themeCookie, theme)
	}
	http.Redirect(w, r, local(r.PostForm.Get("back")), http.StatusSeeOther)
}

const aYear = 365 * 24 * 60 * 60 // seconds

func (c *Console) remember(w http.ResponseWriter, name, value string) {
	http.SetCookie(w, &http.Cookie{Name: name, Value: value, Path: "/", MaxAge: aYear, HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: c.secure()})
}

// themeOf is the theme that the operator chose.
func themeOf(r *http.Request) string {
	if cookie, err := r.Cookie(themeCookie); err == nil && slices.Contains(themes, cookie.Value) {
		return cookie.Value
	}
	return themes[0]
}

// local is an address of this server, or its first page for any other.
func local(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(u.Path, "/") || strings.HasPrefix(u.Path, "//") || strings.Contains(address, `\`) {
		return "/"
	}
	return u.RequestURI()
}
