package account

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
)

//go:embed pages/*.html
var pages embed.FS

// form is what a page shows.
type form struct {
	Say     func(key string, fill ...string) string
	Title   string // of a notice
	Problem string // in words; "" where there is none
	At      string // the field that is to be mended, "" for none or all
	Name    string
	Next    string
	Token   string
	Demo    bool
	Out     bool   // offer to sign out
	Button  string // leads to the OpenID Connect provider; "" where there is none
	Down    bool   // the provider has not answered just now

	MinPassword, MaxName string
}

func parsePages() (*template.Template, error) {
	t, err := template.ParseFS(pages, "pages/*.html")
	if err != nil {
		return nil, fmt.Errorf("the sign-in pages: %w", err)
	}
	return t, nil
}

// show writes a page. Nothing of it leaves before all of it is made.
func (a *Accounts) show(w http.ResponseWriter, r *http.Request, status int, name string, f form) {
	f.Say, f.Demo = a.say(r), a.demo.Load()
	if f.Button = a.provider.button(f.Say); f.Button != "" {
		_, f.Down = a.provider.state()
	}
	f.MinPassword, f.MaxName = fmt.Sprint(MinPassword), fmt.Sprint(MaxName)
	var page bytes.Buffer
	if err := a.pages.ExecuteTemplate(&page, name, f); err != nil {
		a.complain(r, err)
		http.Error(w, f.Say("account.broken"), http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Add("Vary", "Accept-Language")
	w.WriteHeader(status)
	_, _ = page.WriteTo(w)
}

// forbid tells an operator that their role does not allow a page.
func (a *Accounts) forbid(w http.ResponseWriter, r *http.Request, o Operator) {
	say := a.say(r)
	a.show(w, r, http.StatusForbidden, "notice", form{Title: say("account.forbidden.title"), Problem: say("account.forbidden.words", "{name}", o.Name), Out: true})
}

// refuseOrigin tells that another site has made the browser send something.
func (a *Accounts) refuseOrigin(w http.ResponseWriter, r *http.Request) {
	a.cfg.Logger.Warn().Str("address", client(r)).Str("path", r.URL.Path).Msg("a request from another site was refused")
	w.Header().Set("Cache-Control", "no-store")
	say := a.say(r)
	a.show(w, r, http.StatusForbidden, "notice", form{Title: say("account.origin.title"), Problem: say("account.origin.words")})
}

// fail tells that the accounts cannot be read.
func (a *Accounts) fail(w http.ResponseWriter, r *http.Request, err error) {
	a.complain(r, err)
	say := a.say(r)
	a.show(w, r, http.StatusServiceUnavailable, "notice", form{Title: say("account.problem"), Problem: say("account.fault")})
}

// complain tells the log of a fault; one of a browser that has gone is none.
func (a *Accounts) complain(r *http.Request, err error) {
	if r.Context().Err() != nil {
		return
	}
	a.cfg.Logger.Error().Err(err).Str("path", r.URL.Path).Msg("the accounts have failed")
}

// Elsewhere leads to the sign-in at the provider and back to where one wanted to
// go.
func (f form) Elsewhere() string {
	if f.Next == "" || f.Next == "/" {
		return "/login/oidc"
	}
	return "/login/oidc?" + url.Values{"next": {f.Next}}.Encode()
}

// Titled is the form of a page whose title has this key.
func (f form) Titled(key string) form {
	f.Title = f.Say(key)
	return f
}
