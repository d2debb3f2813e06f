package account

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

// peer is who holds the connection.
func peer(r *http.Request) netip.Addr {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	addr, _ := netip.ParseAddr(host)
	return addr.Unmap().WithZone("")
}

// forwarding are the headers by which a proxy gives itself away.
func forwarding() []string {
	return []string{"Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-Ip"}
}

// fromHere tells whether a request was made on this machine: a proxy on it
// speaks for others.
func fromHere(r *http.Request) bool {
	for _, header := range forwarding() {
		if r.Header.Get(header) != "" {
			return false
		}
	}
	return peer(r).IsLoopback()
}

// client is the address that attempts are counted by. Only a proxy on this
// machine is believed whom it speaks for, and only the last one that it names:
// the others may be anybody's words. A network of IPv6 counts as one, because
// whoever has one address of it has all.
func client(r *http.Request) string {
	addr := peer(r)
	if addr.IsLoopback() {
		list := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
		if said, err := netip.ParseAddr(strings.TrimSpace(list[len(list)-1])); err == nil {
			addr = said.Unmap().WithZone("")
		}
	}
	if addr.Is6() {
		network, err := addr.Prefix(64)
		if err == nil && !addr.IsLoopback() {
			return network.String()
		}
	}
	return addr.String()
}

// secure tells whether the browser speaks TLS, with us or with a proxy.
func (a *Accounts) secure(r *http.Request) bool {
	return r.TLS != nil || a.https || peer(r).IsLoopback() && r.Header.Get("X-Forwarded-Proto") == "https"
}

// maxNext is how long an address to go back to may be, in bytes.
const maxNext = 2000

// localPath gives the address to go on to when it is a page of this console,
// and else the first page: a link to the sign-in must not lead to another site.
func localPath(next string) string {
	const start = "/"
	if len(next) > maxNext || !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") {
		return start
	}
	for _, r := range next {
		if r <= ' ' || r == 0x7f || r == '\uFFFD' {
			return start // browsers drop some of these
		}
	}
	u, err := url.Parse(next)
	// Browsers take \ for /, and some servers read %2f as one.
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || strings.HasPrefix(u.Path, "//") || strings.Contains(u.Path, "\\") {
		return start
	}
	switch u.Path {
	case "/login", "/logout", "/first", "/join", "/login/oidc", callbackPath:
		return start
	}
	return next
}
