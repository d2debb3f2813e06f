package consoletest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html/template"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"
)

// Provider is a small OpenID Connect provider on loopback: discovery, keys, a
// page that asks who one is, and tokens for codes, once each and only with the
// verifier of PKCE.
type Provider struct {
	Server *httptest.Server
	Client string // the id of its one client
	Secret string

	mu     sync.Mutex
	down   bool
	who    map[string]map[string]any // claims by what one presses
	twist  func(header, claims map[string]any)
	codes  map[string]granted
	reused int
	rsa    *rsa.PrivateKey
	ec     *ecdsa.PrivateKey
	alg    string
}

// granted is what a code is good for.
type granted struct {
	claims    map[string]any
	challenge string
	redirect  string
}

// NewProvider starts one that knows nobody. It ends with the test.
func NewProvider(t testing.TB) *Provider {
	t.Helper()
	p := &Provider{Client: "haat", Secret: "a secret of the client", who: map[string]map[string]any{}, codes: map[string]granted{}, alg: "RS256"}
	var err error
	if p.rsa, err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
		t.Fatal(err)
	}
	if p.ec, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", p.discovery)
	mux.HandleFunc("GET /keys", p.keys)
	mux.HandleFunc("GET /authorize", p.authorize)
	mux.HandleFunc("POST /authorize", p.authorize)
	mux.HandleFunc("POST /token", p.token)
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		down := p.down
		p.mu.Unlock()
		if down {
			http.Error(w, "down for maintenance", http.StatusBadGateway)
			return
		}
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(p.Server.Close)
	return p
}

// Knows makes somebody known, by a subject and further claims.
func (p *Provider) Knows(subject string, claims map[string]any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.who[subject] = claims
}

// Down lets it answer nothing but an error, or all again.
func (p *Provider) Down(down bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.down = down
}

// SignWith chooses the algorithm of its tokens: RS256, ES256, HS256 by the
// client's secret, or none.
func (p *Provider) SignWith(alg string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.alg = alg
}

// Twist changes each token before it is signed; nil leaves them as they are.
func (p *Provider) Twist(twist func(header, claims map[string]any)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.twist = twist
}

// Reused is how often a code came that was no longer good.
func (p *Provider) Reused() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.reused
}

func (p *Provider) discovery(w http.ResponseWriter, _ *http.Request) {
	_ = json.NewEncoder(w).Encode(map[string]any{
		"issuer": p.Server.URL, "authorization_endpoint": p.Server.URL + "/authorize", "token_endpoint": p.Server.URL + "/token", "jwks_uri": p.Server.URL + "/keys",
		"response_types_supported": []string{"code"}, "subject_types_supported": []string{"public"}, "code_challenge_methods_supported": []string{"S256"},
		"id_token_signing_alg_values_supported": []string{"RS256", "ES256", "HS256", "none"}, // more than is good: a client must choose itself
	})
}

func (p *Provider) keys(w http.ResponseWriter, _ *http.Request) {
	public, err := p.ec.PublicKey.Bytes() // 4, x, y
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"keys": []map[string]string{
		{"kty": "RSA", "use": "sig", "kid": "RS256", "alg": "RS256", "n": b64(p.rsa.N.Bytes()), "e": b64(big.NewInt(int64(p.rsa.E)).Bytes())},
		{"kty": "EC", "use": "sig", "kid": "ES256", "alg": "ES256", "crv": "P-256", "x": b64(public[1:33]), "y": b64(public[33:])},
	}})
}

var whoPage = template.Must(template.New("").Parse(`<!doctype html><html lang="en"><title>Who are you?</title><link rel="icon" href="data:,">
<main id="main"><h1>Who are you?</h1><form method="post">{{range $who, $_ := .}}<button name="who" value="{{$who}}">{{$who}}</button>{{end}}<button name="who" value="">nobody</button></form></main></html>`))

// authorize asks who one is, or takes it from the field "who", and sends them
// back with a code.
func (p *Provider) authorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if q.Get("client_id") != p.Client || q.Get("response_type") != "code" || q.Get("code_challenge_method") != "S256" || q.Get("state") == "" || q.Get("nonce") == "" {
		http.Error(w, "this is no request for a code with PKCE, a state and a nonce", http.StatusBadRequest)
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if r.Method == http.MethodGet && !q.Has("who") {
		_ = whoPage.Execute(w, p.who)
		return
	}
	back := url.Values{"state": {q.Get("state")}}
	if claims, known := p.who[r.FormValue("who")]; known {
		code := rand.Text()
		all := maps.Clone(claims)
		if all == nil {
			all = map[string]any{}
		}
		all["sub"], all["nonce"] = r.FormValue("who"), q.Get("nonce")
		p.codes[code] = granted{all, q.Get("code_challenge"), q.Get("redirect_uri")}
		back.Set("code", code)
		back.Set("iss", p.Server.URL)
	} else {
		back.Set("error", "access_denied")
	}
	http.Redirect(w, r, q.Get("redirect_uri")+"?"+back.Encode(), http.StatusSeeOther)
}

func (p *Provider) token(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	id, secret, _ := r.BasicAuth()
	escaped, _ := url.QueryUnescape(secret)
	if id != p.Client || escaped != p.Secret {
		refuseToken(w, http.StatusUnauthorized, "invalid_client")
		return
	}
	code := r.FormValue("code")
	g, good := p.codes[code]
	delete(p.codes, code)
	challenge := sha256.Sum256([]byte(r.FormValue("code_verifier")))
	if !good || b64(challenge[:]) != g.challenge || r.FormValue("redirect_uri") != g.redirect || r.FormValue("grant_type") != "authorization_code" {
		p.reused++
		refuseToken(w, http.StatusBadRequest, "invalid_grant")
		return
	}
	now := time.Now()
	header, claims := map[string]any{"typ": "JWT"}, g.claims
	claims["iss"], claims["aud"], claims["iat"], claims["exp"] = p.Server.URL, p.Client, now.Unix(), now.Add(time.Minute).Unix()
	header["alg"], header["kid"] = p.alg, p.alg
	if p.twist != nil {
		p.twist(header, claims)
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"access_token": rand.Text(), "token_type": "Bearer", "expires_in": 60, "id_token": p.sign(header, claims)})
}

func refuseToken(w http.ResponseWriter, status int, why string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"error": why})
}

// sign makes a JWS in its compact form (RFC 7515).
func (p *Provider) sign(header, claims map[string]any) string {
	h, _ := json.Marshal(header)
	c, _ := json.Marshal(claims)
	text := b64(h) + "." + b64(c)
	sum := sha256.Sum256([]byte(text))
	var signature []byte
	switch p.alg {
	case "RS256":
		signature, _ = rsa.SignPKCS1v15(rand.Reader, p.rsa, crypto.SHA256, sum[:])
	case "ES256":
		r, s, _ := ecdsa.Sign(rand.Reader, p.ec, sum[:])
		signature = append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)
	case "HS256":
		signature = hs256(p.Secret, text)
	}
	return fmt.Sprintf("%s.%s", text, b64(signature))
}

func b64(data []byte) string { return base64.RawURLEncoding.EncodeToString(data) }

func hs256(secret, text string) []byte {
	mac := hmac.New(sha256.New, []byte(secret))
	_, _ = mac.Write([]byte(text))
	return mac.Sum(nil)
}
