package account

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// OIDC is an OpenID Connect provider at which operators may sign in. Signing out
// is of the console only: the provider's own session goes on.
type OIDC struct {
	Issuer       string // its address as the provider itself writes it: https, or http on this machine
	ClientID     string
	ClientSecret string // "" for a public client
	Name         string // what the button says; "": words of the request's language
	// Claim is a claim of the ID token whose values Roles gives roles for, such as
	// groups; dots lead into objects, as in realm_access.roles. "": only those come
	// in whom an administrator has linked.
	Claim string
	Roles map[string]Role
}

// Bounds of what is asked of a provider.
const (
	providerTimeout = 10 * time.Second
	maxProvided     = 1 << 20         // octets of one answer
	discoverAgain   = 5 * time.Second // after a failure nobody asks for so long
)

// callbackPath is where the provider sends people back to.
const callbackPath = "/login/oidc/callback"

// provider is the one at which operators may sign in.
type provider struct {
	OIDC
	redirect string
	client   *http.Client
	seal     *seal
	asking   chan struct{} // holds one while somebody asks for the discovery

	mu     sync.Mutex
	known  *discovered // nil before the first answer
	failed time.Time   // when it did not answer, zero where it did
}

// discovered is what the provider says of itself.
type discovered struct {
	oauth    oauth2.Config
	verifier *oidc.IDTokenVerifier
}

func newProvider(cfg Config) (*provider, error) {
	if cfg.OIDC == nil {
		return nil, nil
	}
	base, err := url.Parse(cfg.PublicURL)
	if err != nil || cfg.PublicURL == "" {
		return nil, errors.New("OpenID Connect needs public_url: the provider sends people back there")
	}
	if cfg.OIDC.Issuer == "" || cfg.OIDC.ClientID == "" {
		return nil, errors.New("OpenID Connect needs the issuer and the client's id")
	}
	for _, role := range cfg.OIDC.Roles {
		if rank(role) == 0 {
			return nil, fmt.Errorf("OpenID Connect: %q is no role: write viewer, operator or admin", role)
		}
	}
	seal, err := newSeal()
	if err != nil {
		return nil, err
	}
	return &provider{
		OIDC: *cfg.OIDC, redirect: base.Scheme + "://" + base.Host + callbackPath, seal: seal, asking: make(chan struct{}, 1),
		client: &http.Client{
			Timeout: providerTimeout, Transport: bounded{&http.Transport{Proxy: http.ProxyFromEnvironment, MaxIdleConns: 4, IdleConnTimeout: time.Minute}},
			// What it says of itself are final addresses: to follow others would carry
			// codes and the secret to them.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}, nil
}

// bounded ends answers that are too long.
type bounded struct{ http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := b.RoundTripper.RoundTrip(r)
	if err == nil {
		resp.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(resp.Body, maxProvided), resp.Body}
	}
	return resp, err
}

// errDown says that the provider does not answer.
var errDown = errors.New("the OpenID Connect provider does not answer")

// discover gives what the provider says of itself. It is asked when somebody
// wants to sign in: a haat whose provider is down starts, and finds it later.
func (p *provider) discover(ctx context.Context) (*discovered, error) {
	select {
	case p.asking <- struct{}{}:
		defer func() { <-p.asking }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if known, down := p.state(); known != nil || down {
		if down {
			return nil, errDown
		}
		return known, nil
	}
	// Who asks may go away; what is found is for all.
	found, err := p.ask(context.WithoutCancel(ctx))
	p.mu.Lock()
	defer p.mu.Unlock()
	if err != nil {
		p.failed = time.Now()
		return nil, fmt.Errorf("%w: %w", errDown, err)
	}
	p.known, p.failed = found, time.Time{}
	return found, nil
}

// state tells what is known, and whether it has failed just now.
func (p *provider) state() (known *discovered, down bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.known, p.known == nil && !p.failed.IsZero() && time.Since(p.failed) < discoverAgain
}

// signings are how ID tokens may be signed: by the provider's own key, never
// with the client's secret or not at all.
func signings() []string {
	return []string{oidc.RS256, oidc.RS384, oidc.RS512, oidc.PS256, oidc.PS384, oidc.PS512, oidc.ES256, oidc.ES384, oidc.ES512, oidc.EdDSA}
}

func (p *provider) ask(ctx context.Context) (*discovered, error) {
	found, err := oidc.NewProvider(p.with(ctx), p.Issuer)
	if err != nil {
		return nil, err
	}
	var more struct {
		Methods []string `json:"token_endpoint_auth_methods_supported"`
	}
	if err := found.Claims(&more); err != nil {
		return nil, err
	}
	endpoint := found.Endpoint()
	endpoint.AuthStyle = oauth2.AuthStyleInHeader // the standard's choice where nothing is said
	if p.ClientSecret == "" || len(more.Methods) > 0 && !slices.Contains(more.Methods, "client_secret_basic") {
		endpoint.AuthStyle = oauth2.AuthStyleInParams
	}
	return &discovered{
		oauth:    oauth2.Config{ClientID: p.ClientID, ClientSecret: p.ClientSecret, Endpoint: endpoint, RedirectURL: p.redirect, Scopes: []string{oidc.ScopeOpenID, "profile", "email"}},
		verifier: found.Verifier(&oidc.Config{ClientID: p.ClientID, SupportedSigningAlgs: signings()}),
	}, nil
}

func (p *provider) with(ctx context.Context) context.Context {
	return oidc.ClientContext(ctx, p.client)
}

// button is what leads to the provider; "" where there is none.
func (p *provider) button(say func(string, ...string) string) string {
	switch {
	case p == nil:
		return ""
	case strings.TrimSpace(p.Name) != "":
		return p.Name
	}
	return say("account.oidc.button")
}
