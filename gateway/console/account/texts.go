package account

import (
	"maps"
	"net/http"
	"slices"
	"strings"
)

// english are the words of the sign-in pages. {name}, {wait}, {least} and
// {most} stand for what is put in.
func english() map[string]string {
	return map[string]string{
		"account.lang":             "en", // the language's own tag, BCP 47
		"account.title":            "Sign in",
		"account.name":             "Name",
		"account.password":         "Password",
		"account.repeat":           "The same password again",
		"account.sign_in":          "Sign in",
		"account.sign_out":         "Sign out",
		"account.problem":          "That did not work",
		"account.wrong":            "The name or the password is wrong. After a lost password an administrator sets a new one.",
		"account.wait":             "There were too many attempts. Try again in {wait}.",
		"account.busy":             "Too many people are signing in just now. Try again in a moment.",
		"account.fault":            "haat cannot open the accounts just now. Try again; if it lasts, look at haat's log.",
		"account.broken":           "This page cannot be shown. Look at haat's log.",
		"account.form":             "The form cannot be read: it is damaged or too long. Go back and send it again.",
		"account.seconds":          "{n} s",
		"account.minutes":          "{n} min",
		"account.demo":             "This is a demo: its operator can sign in from this machine only.",
		"account.or":               "or",
		"account.oidc.button":      "Sign in with OpenID Connect",
		"account.oidc.down":        "The other sign-in does not answer just now. Sign in with a password, or try again in a moment.",
		"account.oidc.down_now":    "It does not answer just now; it is tried again when you press it.",
		"account.oidc.again":       "That sign-in was begun too long ago, in another window, or was used already. Begin it again.",
		"account.oidc.denied":      "The other sign-in has let nobody in. Begin it again, or sign in with a password.",
		"account.oidc.token":       "What the other sign-in says cannot be trusted, so nobody was signed in. Begin it again; if it lasts, look at haat's log.",
		"account.oidc.stranger":    "You have signed in there, but nobody here is known by it. Ask an administrator to link this subject to your name: {subject}",
		"account.join.title":       "Choose your password",
		"account.join.words":       "You are invited to haat as {name}.",
		"account.join.set":         "Set it and sign in",
		"account.join.gone":        "This link was used already, is older than 24 hours, or was replaced by a newer one. Ask an administrator for a new one.",
		"account.first.title":      "Welcome to haat",
		"account.first.words":      "Choose the name and the password of the first administrator. More operators can be added afterwards.",
		"account.first.create":     "Create and sign in",
		"account.first.gone":       "This link was used already, is older than 24 hours, or was replaced by a newer one. Restart haat for a new one, or run: haat operator add NAME --role admin",
		"account.name.hint":        "1 to {most} letters, digits and . _ -",
		"account.password.hint":    "At least {least} characters; several words make a good one.",
		"account.refused.name":     "A name has 1 to {most} letters, digits and . _ - and begins with a letter or a digit.",
		"account.refused.taken":    "There is an operator of that name already. Choose another one.",
		"account.refused.reserved": "That name belongs to the operator of the demo. Choose another one.",
		"account.refused.role":     "The role is viewer, operator or admin.",
		"account.refused.many":     "There are {most} operators, and that is the limit. Remove one first.",
		"account.refused.short":    "The password is too short: it needs at least {least} characters.",
		"account.refused.long":     "The password is too long: {most} characters are the limit.",
		"account.refused.easy":     "The password is one of those that are tried first. Choose several unusual words.",
		"account.refused.personal": "The password is little more than the name. Choose several unusual words.",
		"account.refused.self":     "Nobody can remove themselves or change their own role. Let another administrator do it.",
		"account.refused.last":     "That would leave no administrator who can sign in. Make somebody else an administrator first.",
		"account.refused.subject":  "Write the subject by which the provider knows them, or an e-mail address that it has verified: up to {most} characters, no spaces.",
		"account.refused.linked":   "Another operator is linked by that already.",
		"account.refused.old":      "That is not the password that you have now.",
		"account.refused.tries":    "There were too many attempts. Try again in {n} s.",
		"account.refused.none":     "You have no password here that could be changed.",
		"account.refused.unlike":   "The two passwords are not the same. Type them again.",
		"account.forbidden.title":  "Not allowed",
		"account.forbidden.words":  "You are signed in as {name}, whose role does not allow this. An administrator can give another role.",
		"account.forbidden.back":   "Back to the start",
		"account.origin.title":     "Not done",
		"account.origin.words":     "The request came from another site and was not done. Open the console itself and try again there. Behind a proxy, public_url must be the address that the browser shows.",
	}
}

// Keys are the keys of all words that the pages of this package say, sorted.
func Keys() []string { return slices.Sorted(maps.Keys(english())) }

// English says a key in English, the model for translators; "" for no key of
// this package.
func English(key string) string { return english()[key] }

// say is a function that gives the words of the request's language.
func (a *Accounts) say(r *http.Request) func(key string, fill ...string) string {
	words := func(string) string { return "" }
	if a.cfg.Texts != nil {
		words = a.cfg.Texts(r)
	}
	return func(key string, fill ...string) string {
		text := words(key)
		if text == "" || text == key {
			text = English(key)
		}
		return strings.NewReplacer(fill...).Replace(text)
	}
}
