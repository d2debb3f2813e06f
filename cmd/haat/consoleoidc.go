package main

import (
	"context"
	"net/http"
	"net/netip"
	"net/url"
	"time"

	"haat/gateway/console/account"
	"haat/gateway/console/store"
)

// ConsoleConfig is the operators' console.
type ConsoleConfig struct {
	// Age at which acts leave the audit log, 720h or more; 0 keeps them for ever.
	// 17520h is two years. How many have left is itself recorded.
	KeepAudit time.Duration `yaml:"keep_audit" env:"KEEP_AUDIT"`
	// Signing in at an OpenID Connect provider, beside passwords. It needs
	// public_url; register public_url/login/oidc/callback at the provider. What is
	// needed must be in the ID token. Signing out ends the console's session only,
	// not the provider's. While the provider is down, passwords still work.
	OIDC OIDCConfig `yaml:"oidc" envPrefix:"OIDC_"`
}

// OIDCConfig is an OpenID Connect provider.
type OIDCConfig struct {
	// Its address, as its own /.well-known/openid-configuration writes it.
	// Without it operators sign in with passwords only.
	Issuer string `yaml:"issuer" env:"ISSUER" example:"https://id.example.org"`
	// The client that is registered there for haat.
	ClientID string `yaml:"client_id" env:"CLIENT_ID" example:"haat"`
	// Its secret, or ${NAME} to read it from that environment variable; none for
	// a public client. Codes are bound by PKCE in either case.
	ClientSecret string `yaml:"client_secret" env:"CLIENT_SECRET" example:"\"${HAAT_CLIENT_SECRET}\""`
	// What the button of the sign-in says.
	Name string `yaml:"name" env:"NAME" example:"Sign in with the cooperative"`
	// Claim whose values give roles; dots lead into objects, as in
	// realm_access.roles. Without it, only those come in whom an administrator has
	// linked: `haat operator add NAME --role ROLE --oidc SUBJECT`, or in the
	// console. SUBJECT is the provider's sub or, with an @, a verified e-mail.
	Claim string `yaml:"claim" env:"CLAIM" example:"groups"`
	// Role of each value of the claim: viewer, operator or admin; the highest
	// counts. It does not touch the role of those who are linked.
	Roles map[string]string `yaml:"roles" env:"ROLES" example:"{haat-admins: admin, haat-helpers: operator}"`
}

// minKeepAudit is the least that can be set.
const minKeepAudit = account.MinKeepAudit

func (c *ConsoleConfig) check(f *findings, publicURL string) {
	if c.KeepAudit != 0 && c.KeepAudit < minKeepAudit {
		f.add("console.keep_audit", "%s is too short for a record: write %s or more, or 0 to keep it for ever", span(c.KeepAudit), span(minKeepAudit))
	}
	o := c.OIDC
	if o.Issuer == "" {
		if o.ClientID != "" || o.ClientSecret != "" || o.Claim != "" || len(o.Roles) > 0 {
			f.add("console.oidc.issuer", "it is empty and the rest is of no use: write the provider's address, or remove the rest")
		}
		return
	}
	if !isIssuer(o.Issuer) {
		f.add("console.oidc.issuer", "%q is no issuer: write it like https://id.example.org; http only on this machine", o.Issuer)
	}
	if o.ClientID == "" {
		f.add("console.oidc.client_id", "it is empty: write the id of the client that is registered for haat at the provider")
	}
	if publicURL == "" {
		f.add("console.oidc", "it needs public_url: the provider sends people back there")
	}
	if (o.Claim == "") != (len(o.Roles) == 0) {
		f.add("console.oidc.roles", "claim and roles belong together: write both, or none of them")
	}
	for value, role := range o.Roles {
		f.oneOf("console.oidc.roles."+value, role, string(account.Viewer), string(account.Agent), string(account.Admin))
	}
}

// isIssuer tells whether an address can be that of a provider: what it says must
// not be changed on the way.
func isIssuer(s string) bool {
	u, err := url.Parse(s)
	if err != nil || !isBaseURL(s) {
		return false
	}
	ip, err := netip.ParseAddr(u.Hostname())
	return u.Scheme == "https" || u.Hostname() == "localhost" || err == nil && ip.IsLoopback()
}

// expand reads the secret from the environment where it is written as ${NAME}.
func (o *OIDCConfig) expand(environment map[string]string) (f findings) {
	wanted := variable(o.ClientSecret)
	switch {
	case wanted == "":
	case environment[wanted] == "":
		f.add("console.oidc.client_secret", "the environment variable %s is not set: set it, or write the value here", wanted)
	default:
		o.ClientSecret = environment[wanted]
	}
	return f
}

// provider is what the accounts are told of it; nil where there is none.
func (o OIDCConfig) provider() *account.OIDC {
	if o.Issuer == "" {
		return nil
	}
	p := &account.OIDC{Issuer: o.Issuer, ClientID: o.ClientID, ClientSecret: o.ClientSecret, Name: o.Name, Claim: o.Claim, Roles: map[string]account.Role{}}
	for value, role := range o.Roles {
		p.Roles[value] = account.Role(role)
	}
	return p
}

// openAccounts opens who may use the console.
func (h *house) openAccounts(notes *store.Store, words func(*http.Request) func(string) string) (*account.Accounts, error) {
	accounts, err := account.New(notes, account.Config{PublicURL: h.cfg.PublicURL, Texts: words, Logger: h.logger, OIDC: h.cfg.Console.OIDC.provider()})
	if err != nil {
		return nil, err
	}
	h.work = append(h.work, func(ctx context.Context) error { return accounts.KeepAudit(ctx, h.cfg.Console.KeepAudit) })
	return accounts, nil
}
