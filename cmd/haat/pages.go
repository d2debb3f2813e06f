package main

import (
	"html/template"
	stdlog "log"
	"net/http"
	"slices"
	"strings"

	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/rs/zerolog"

	"haat/gateway/channel/web"
	"haat/gateway/console/account"
)

// routes adds the operators' addresses.
func (h *house) routes() {
	h.mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok\n")) })
	h.mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		if err := h.ready(r); err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		_, _ = w.Write([]byte("ready\n"))
	})
	metrics := promhttp.HandlerFor(h.registry, promhttp.HandlerOpts{})
	if h.operators == nil {
		h.mux.Handle("GET /metrics", metrics)
		h.mux.HandleFunc("GET /{$}", h.statusPage)
		return
	}
	signedIn := h.operators.accounts.Require(account.Viewer, metrics.ServeHTTP)
	h.mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, r *http.Request) {
		if web.Loopback(r) { // Prometheus, or its agent, on this machine
			metrics.ServeHTTP(w, r)
			return
		}
		signedIn.ServeHTTP(w, r)
	})
}

// ready tells why messages cannot be taken or orders not decided now, or nil.
func (h *house) ready(r *http.Request) error {
	if err := h.bus.Ready(); err != nil {
		return err
	}
	if h.store != nil {
		return h.store.Ping(r.Context())
	}
	return nil
}

// status is what the status page shows: how haat is, never who wrote what.
type status struct {
	Ready      string
	Roles      string
	Version    string
	Products   int
	Categories int
	Stations   int
	Channels   []string
}

func (h *house) statusPage(w http.ResponseWriter, r *http.Request) {
	c := h.market.present.Load()
	s := status{Ready: "ready", Version: c.Version, Products: len(c.Products()), Categories: len(c.Categories()), Stations: len(h.market.stations)}
	if err := h.ready(r); err != nil {
		s.Ready = "not ready: " + err.Error()
	}
	var names []string
	if h.roles.gateway {
		names = append(names, "gateway")
		for name := range h.cfg.Channels {
			s.Channels = append(s.Channels, name)
		}
		slices.Sort(s.Channels)
	}
	if h.roles.processor {
		names = append(names, "order processor")
	}
	s.Roles = strings.Join(names, " and ")
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
	if err := statusTemplate.Execute(w, s); err != nil {
		h.logger.Warn().Err(err).Msg("status page")
	}
}

var statusTemplate = template.Must(template.New("status").Parse(`<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>haat</title>
<style>body{font:16px/1.5 sans-serif;max-width:40rem;margin:2rem auto;padding:0 1rem}dt{color:#666}dd{margin:0 0 .6rem}</style>
<h1>haat</h1>
<p>The village market on a basic phone. This process is the {{.Roles}}.</p>
<dl>
<dt>State</dt><dd>{{.Ready}}</dd>
<dt>Catalogue</dt><dd>{{.Products}} products in {{.Categories}} categories, version {{.Version}}</dd>
<dt>Stations</dt><dd>{{.Stations}}</dd>
{{with .Channels}}<dt>Channels</dt><dd>{{range .}}{{.}}<br>{{end}}</dd>{{end}}
<dt>For machines</dt><dd><a href="/healthz">/healthz</a> <a href="/readyz">/readyz</a> <a href="/metrics">/metrics</a></dd>
<dt>For operators</dt><dd><code>haat log --follow</code>, <code>haat orders</code></dd>
</dl>
</html>
`))

// httpLog takes the HTTP server's own complaints, which name remote addresses
// but no phones.
func httpLog(logger zerolog.Logger) *stdlog.Logger {
	return stdlog.New(logger.With().Str("part", "http").Logger().Level(zerolog.DebugLevel), "", 0)
}
