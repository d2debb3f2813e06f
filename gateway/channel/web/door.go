// Package web is what every channel whose carrier calls over HTTP needs once:
// the door (who may call, at which URL), the call (one request that was let
// in, its body read and its form decoded), and the outgoing request with its
// refusals. What a carrier's fields mean stays in the carrier's own package.
package web

import (
	"crypto/subtle"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"regexp"
	"strings"

	"haat/gateway"
)

// Access says who may call a channel. A carrier's Config embeds it as
// `yaml:",inline"`, and its settings are then the carrier's own.
type Access struct {
	// CallbackKey is a secret of 8 to 128 letters, digits, _ and - that becomes
	// part of the channel's URLs: /channels/NAME/KEY/... Required unless allow or
	// loopback_only limits who may call.
	CallbackKey string `yaml:"callback_key" example:"${CALLBACK_KEY}"`
	// Allow lists the addresses and networks (192.0.2.0/24) that may call. The
	// address is that of the connection: behind a reverse proxy it is the
	// proxy's. Default: every address.
	Allow []string `yaml:"allow" example:"[192.0.2.0/24]"`
	// LoopbackOnly lets only programs on the same machine call, whatever allow
	// says. Default: false.
	LoopbackOnly bool `yaml:"loopback_only"`
}

// open tells whether nobody is kept out.
func (a Access) open() bool {
	return a.CallbackKey == "" && len(a.Allow) == 0 && !a.LoopbackOnly
}

// Door is the way into one channel. It is safe for concurrent use.
type Door struct {
	channel  string
	key      string
	allow    []netip.Prefix
	loopback bool
	pages    *http.CrossOriginProtection
}

// The name stands in URLs and in the subjects of the message log; the key in
// URLs, where it must be long enough not to be guessed and need no escaping.
var (
	nameForm = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,31}$`)
	keyForm  = regexp.MustCompile(`^[A-Za-z0-9_-]{8,128}$`)
)

// GuardedDoor makes the door of a channel whose carrier cannot sign its requests:
// somebody must be kept out. An open one is an error, which says where the
// operator puts the key at the carrier, as "the callback URL".
func GuardedDoor(channel string, access Access, carrier, where string) (*Door, error) {
	door, err := NewDoor(channel, access)
	if err != nil {
		return nil, err
	}
	if access.open() {
		return nil, fmt.Errorf("channel %s: anyone could pose as %s: set callback_key (make one with `openssl rand -hex 16`) and put it into %s", channel, carrier, where)
	}
	return door, nil
}

// NewDoor makes the door of a channel. With an empty Access everybody may call,
// which is for carriers that sign. Its errors say which setting is wrong and what
// belongs there.
func NewDoor(channel string, access Access) (*Door, error) {
	if !nameForm.MatchString(channel) {
		return nil, fmt.Errorf("channel %q: a channel's name is 1 to 32 of a-z, 0-9 and -: rename it", channel)
	}
	if access.CallbackKey != "" && !keyForm.MatchString(access.CallbackKey) {
		return nil, fmt.Errorf("channel %s: callback_key must be 8 to 128 of A-Z, a-z, 0-9, _ and -: make one with `openssl rand -hex 16`", channel)
	}
	d := &Door{channel: channel, key: access.CallbackKey, loopback: access.LoopbackOnly, pages: http.NewCrossOriginProtection()}
	for _, text := range access.Allow {
		network, err := parseNetwork(text)
		if err != nil {
			return nil, fmt.Errorf("channel %s: allow has %q: write an address such as 192.0.2.7 or a network such as 192.0.2.0/24", channel, text)
		}
		d.allow = append(d.allow, network)
	}
	return d, nil
}

func parseNetwork(text string) (netip.Prefix, error) {
	if network, err := netip.ParsePrefix(text); err == nil {
		return network.Masked(), nil
	}
	addr, err := netip.ParseAddr(text)
	if err != nil {
		return netip.Prefix{}, err
	}
	return netip.PrefixFrom(addr.Unmap(), addr.Unmap().BitLen()), nil
}

// Path is the path of one of the channel's URLs, its key included.
func (d *Door) Path(leaf string) string {
	if d.key == "" {
		return "/channels/" + d.channel + "/" + leaf
	}
	return "/channels/" + d.channel + "/" + d.key + "/" + leaf
}

// Route adds one of the channel's URLs to the mux. Requests that the rule and
// the door let in are served by serve; all others are answered and counted
// here. Every method is routed, so that a wrong one is counted too.
func (d *Door) Route(mux *http.ServeMux, leaf string, to gateway.Acceptor, rule Rule, serve func(*Call)) {
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		call := &Call{W: w, R: r, to: to, channel: d.channel}
		if d.admit(call) && rule.admit(call) && call.read() {
			serve(call)
		}
	})
	mux.Handle("/channels/"+d.channel+"/"+leaf, handler)
	if d.key != "" {
		mux.Handle("/channels/"+d.channel+"/{key}/"+leaf, handler)
	}
}

// admit checks the origin before the key: an address that may not call learns
// nothing about the key.
func (d *Door) admit(call *Call) bool {
	if !d.mayCall(call.R) {
		call.Refuse(http.StatusForbidden, gateway.RefusedOrigin, "This address may not call this channel.")
		return false
	}
	key := call.R.PathValue("key")
	if subtle.ConstantTimeCompare([]byte(key), []byte(d.key)) != 1 {
		// The mux's own words: a wrong key looks like a channel that is not there.
		call.Refuse(http.StatusNotFound, gateway.RefusedSignature, "404 page not found")
		return false
	}
	return true
}

// mayCall judges the address of the connection alone: headers such as
// X-Forwarded-For are whatever the caller writes.
func (d *Door) mayCall(r *http.Request) bool {
	if d.loopback {
		// A page in this machine's browser reaches loopback too.
		return Loopback(r) && d.pages.Check(r) == nil
	}
	if len(d.allow) == 0 {
		return true
	}
	addr := remote(r)
	for _, network := range d.allow {
		if network.Contains(addr) {
			return true
		}
	}
	return false
}

// Loopback tells whether a request comes from a program on this machine and is
// meant for it: neither through a proxy that stands here, nor from a page whose
// site's name was made to point here.
func Loopback(r *http.Request) bool {
	if !remote(r).IsLoopback() || r.Header.Get("X-Forwarded-For") != "" || r.Header.Get("Forwarded") != "" {
		return false
	}
	host, _, err := net.SplitHostPort(r.Host)
	if err != nil {
		host = strings.Trim(r.Host, "[]")
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func remote(r *http.Request) netip.Addr {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return peer.Addr().Unmap().WithZone("")
}
