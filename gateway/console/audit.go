package console

import (
	"net/http"
	"net/url"
	"time"

	"haat/gateway/console/account"
)

// maxActs is how many acts a page of the audit log has.
const maxActs = 100

// auditView is the audit log as its template shows it.
type auditView struct {
	Acts  []actView
	Older string // address of the next page; "" where there is none
}

type actView struct {
	account.Act
	Stamp string
}

// auditPage shows who did what.
func (c *Console) auditPage(w http.ResponseWriter, r *http.Request) {
	var before time.Time
	if s := r.URL.Query().Get("before"); s != "" {
		var err error
		if before, err = time.Parse(time.RFC3339Nano, s); err != nil {
			c.problem(w, r, http.StatusBadRequest, "problem.address")
			return
		}
	}
	acts, err := c.Gate.Acts(r.Context(), before, maxActs)
	if err != nil {
		c.fail(w, r, err)
		return
	}
	var shown auditView
	for _, act := range acts {
		act.About, act.Detail = maskNumbers(act.About, ""), maskNumbers(act.Detail, "")
		shown.Acts = append(shown.Acts, actView{act, act.At.In(c.Zone).Format("2006-01-02 15:04:05 MST")})
	}
	if len(acts) == maxActs {
		shown.Older = "/audit?before=" + url.QueryEscape(acts[len(acts)-1].At.UTC().Format(time.RFC3339Nano))
	}
	c.show(w, r, http.StatusOK, "audit", "audit.title", shown)
}
