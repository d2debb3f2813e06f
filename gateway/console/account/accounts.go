package account

import (
	"context"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"

	"github.com/alexedwards/scs/v2"
	"github.com/rs/zerolog"

	"haat/gateway/console/store"
)

// Config is what the accounts are told by the house.
type Config struct {
	// PublicURL is the address under which operators open the console through a
	// proxy, such as https://sms.example.org; "" where there is none. With https
	// the cookies are for TLS only, and browsers are told to stay with it.
	PublicURL string
	// Texts gives the words of a request's language by key; see Keys. nil, and
	// whatever it gives "" for, is English.
	Texts func(*http.Request) func(key string) string
	// Logger is told who signed in and what failed, never a password or a token.
	Logger zerolog.Logger
	// OIDC is where operators may sign in beside passwords; nil: nowhere. It needs
	// PublicURL.
	OIDC *OIDC
}

// Accounts are the operators of one console. Its methods may be called from
// many goroutines, and the file may be open in several processes.
type Accounts struct {
	cfg      Config
	https    bool // by the public address
	db       *store.Store
	hashes   *hasher
	sessions *scs.SessionManager
	origins  *http.CrossOriginProtection
	pages    *template.Template
	demo     atomic.Bool // the ready-made operator may sign in
	provider *provider   // nil where operators sign in here only
}

var _ Gate = (*Accounts)(nil)

// New returns the accounts that are kept in the console's store.
func New(db *store.Store, cfg Config) (*Accounts, error) {
	a := &Accounts{db: db, cfg: cfg, hashes: newHasher(), origins: http.NewCrossOriginProtection()}
	if err := a.knowPublicURL(); err != nil {
		return nil, err
	}
	var err error
	if a.pages, err = parsePages(); err != nil {
		return nil, err
	}
	if a.provider, err = newProvider(cfg); err != nil {
		return nil, err
	}
	a.sessions = newSessions(a.db)
	a.origins.SetDenyHandler(http.HandlerFunc(a.refuseOrigin))
	return a, nil
}

// knowPublicURL reads the public address: a proxy may say another Host to us
// than the browser knows, and then only this tells that both are one.
func (a *Accounts) knowPublicURL() error {
	if a.cfg.PublicURL == "" {
		return nil
	}
	u, err := url.Parse(a.cfg.PublicURL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return fmt.Errorf("public_url %q: write it like https://sms.example.org", a.cfg.PublicURL)
	}
	a.https = u.Scheme == "https"
	host := strings.ToLower(u.Host)
	if a.https {
		host = strings.TrimSuffix(host, ":443") // as browsers write it
	} else {
		host = strings.TrimSuffix(host, ":80")
	}
	return a.origins.AddTrustedOrigin(u.Scheme + "://" + host)
}

// Open opens the console's store for the accounts alone. Close it when done.
func Open(ctx context.Context, path string, cfg Config) (*Accounts, error) {
	db, err := store.Open(ctx, path)
	if err != nil {
		return nil, err
	}
	a, err := New(db, cfg)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return a, nil
}

// Close lets go of the store.
func (a *Accounts) Close() error {
	if err := a.db.Close(); err != nil {
		return fmt.Errorf("closing the accounts: %w", err)
	}
	return nil
}

// ErrNotFound says that there is no such operator.
var ErrNotFound = errors.New("there is no operator of that name")
