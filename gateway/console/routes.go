package console

import (
	"net/http"
	"slices"

	"haat/gateway/console/account"
)

// everybody is the role of what even the sign-in page needs.
const everybody account.Role = ""

// route is one address of the console and who may use it.
type route struct {
	method, path string
	role         account.Role
	serve        http.HandlerFunc
}

// routes are all addresses of the console but those of the gate. There is no
// other way to add one, so that a test can walk them.
func (c *Console) routes() []route {
	return slices.Concat(
		c.logRoutes(), c.conversationRoutes(), c.takeOverRoutes(), c.attentionRoutes(), c.orderRoutes(), c.catalogRoutes(),
		c.overviewRoutes(), c.alertRoutes(), c.practiceRoutes(), c.viewRoutes(), c.exportRoutes(), c.auditRoutes(), c.operatorRoutes(),
		[]route{
			{"POST", "/settings", account.Viewer, c.settings},
			{"GET", "/static/{file}", everybody, c.static},
		},
	)
}

func (c *Console) logRoutes() []route {
	return []route{
		{"GET", "/{$}", account.Viewer, c.logPage},
		{"GET", "/rows", account.Viewer, c.moreRows},
		{"GET", "/live", account.Viewer, c.liveLog},
		{"GET", "/counters", account.Viewer, c.countersPart},
		{"POST", "/find", account.Viewer, c.find},
	}
}

func (c *Console) conversationRoutes() []route {
	return []route{
		{"GET", "/phone/{token}", account.Viewer, c.conversationPage},
		{"GET", "/phone/{token}/older", account.Viewer, c.olderLines},
		{"GET", "/phone/{token}/live", account.Viewer, c.liveConversation},
		{"POST", "/phone/{token}/reveal", account.Agent, c.reveal},
	}
}

func (c *Console) auditRoutes() []route {
	return []route{{"GET", "/audit", account.Admin, c.auditPage}}
}

// Routes adds the console and its sign-in to a mux.
func (c *Console) Routes(mux *http.ServeMux) {
	c.Gate.Routes(mux)
	for _, r := range c.routes() {
		serve := http.Handler(r.serve)
		if r.role != everybody {
			serve = c.Gate.Require(r.role, r.serve)
		}
		mux.Handle(r.method+" "+r.path, guarded(serve, bodyLimit(r.path)))
	}
}

// policy lets a page load nothing but what this server gives, and run nothing
// but its files: a text that breaks out of its place stays without effect.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// maxBody is how much a form may send, in octets: the longest view has a tenth.
const maxBody = 64 << 10

// bodyLimit is how much may be sent to an address.
func bodyLimit(path string) int64 {
	if path == importPath {
		return maxUpload
	}
	return maxBody
}

// guarded sets what every answer of the console says about itself, and bounds
// what it takes. Whoever serves a file that may be kept says so itself.
func guarded(serve http.Handler, most int64) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "same-origin") // with no-referrer browsers hide the origin of our own forms, too
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		r.Body = http.MaxBytesReader(w, r.Body, most)
		serve.ServeHTTP(w, r)
	})
}
