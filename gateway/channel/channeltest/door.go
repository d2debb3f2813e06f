package channeltest

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"haat/gateway"
	"haat/gateway/channel/web"
)

// methods are those that a URL may take, first the one that no carrier uses.
var methods = []string{http.MethodDelete, http.MethodPatch, http.MethodPut, http.MethodPost, http.MethodGet}

// address is one URL of a channel, as the tables show it: with a request that it
// takes by each method.
type address struct {
	path  string // without the query
	to    gateway.Receiver
	takes []Receive
}

// addresses are the URLs at which something is kept.
func (s Suite) addresses() (all []address) {
	for _, r := range s.Receives {
		if r.In == nil && r.Report == nil {
			continue
		}
		path, _, _ := strings.Cut(r.Path, "?")
		to := r.at(s.Channel)
		i := slices.IndexFunc(all, func(a address) bool { return a.path == path && a.to == to })
		if i < 0 {
			i, all = len(all), append(all, address{path: path, to: to})
		}
		if !slices.ContainsFunc(all[i].takes, func(other Receive) bool { return other.method() == r.method() }) {
			all[i].takes = append(all[i].takes, r)
		}
	}
	return all
}

// probeDoors tries on every URL what no carrier does but the internet will, and
// every request of the table in pieces.
func (s Suite) probeDoors(t *testing.T) {
	if name := s.Channel.Name(); !strings.Contains(s.firstPath(), "/"+name+"/") {
		t.Errorf("the channel's name is %q, but the tables call %q: Name gives the name that the channel was opened with", name, s.firstPath())
	}
	for _, a := range s.addresses() {
		t.Run("methods of "+a.path, a.probeMethods)
		for _, r := range a.takes {
			at := r.method() + " " + a.path
			if r.Body != "" {
				t.Run("type of "+at, func(t *testing.T) { a.probeType(t, r) })
			}
			t.Run("size of "+at, func(t *testing.T) {
				t.Parallel() // the server takes half a second to close after each
				a.probeSize(t, r)
			})
		}
	}
	t.Run("garbled", func(t *testing.T) {
		for _, r := range s.Receives {
			t.Run(r.Name, func(t *testing.T) { r.probeGarbled(t, r.at(s.Channel)) })
		}
	})
}

func (s Suite) firstPath() string {
	for _, r := range s.Receives {
		if r.In != nil {
			return r.Path
		}
	}
	return "/" + s.Channel.Name() + "/" // that there is none is said elsewhere
}

// probeMethods demands that every method but those of the carrier is answered
// 405 with the right ones, and counted.
func (a address) probeMethods(t *testing.T) {
	allowed := ""
	for _, method := range methods {
		if a.has(method) || strings.Contains(allowed, method) {
			continue
		}
		request := a.takes[0]
		request.Method = method
		answer, refused := a.refused(t, request, nil)
		if answer.StatusCode != http.StatusMethodNotAllowed || !slices.Equal(refused, []string{gateway.RefusedMethod}) {
			t.Errorf("%s is answered %d and counted as %q, want 405 and %q: give web.Rule the methods that the carrier uses", method, answer.StatusCode, refused, gateway.RefusedMethod)
			return
		}
		allowed = answer.Header.Get("Allow")
		for _, r := range a.takes {
			if !strings.Contains(allowed, r.method()) {
				t.Errorf("Allow = %q of the answer to %s has no %s, which is taken", allowed, method, r.method())
			}
		}
	}
}

func (a address) has(method string) bool {
	return slices.ContainsFunc(a.takes, func(r Receive) bool { return r.method() == method })
}

// probeType demands that a body of a type that no carrier sends is not read.
func (a address) probeType(t *testing.T, r Receive) {
	header := map[string]string{"Content-Type": "image/png"}
	for key, value := range r.Header {
		if http.CanonicalHeaderKey(key) != "Content-Type" {
			header[key] = value
		}
	}
	r.Header = header
	answer, refused := a.refused(t, r, nil)
	if answer.StatusCode/100 != 4 || len(refused) != 1 {
		t.Errorf("a picture is answered %d and counted as %q, want 415 and %q: give web.Rule the types that the carrier sends", answer.StatusCode, refused, gateway.RefusedType)
	}
}

// probeSize demands that what is too long is refused as that, whether or not
// the length was said before.
func (a address) probeSize(t *testing.T, r Receive) {
	check := func(what string, want int, r Receive, body io.Reader) {
		answer, refused := a.refused(t, r, body)
		if answer.StatusCode != want || !slices.Equal(refused, []string{gateway.RefusedSize}) {
			t.Errorf("%s of more than 64 KiB is answered %d and counted as %q, want %d and %q: read it as web.Door does", what, answer.StatusCode, refused, want, gateway.RefusedSize)
		}
	}
	long := strings.Repeat("a", web.MaxBody+1)
	if r.method() == http.MethodGet {
		mark := "?"
		if strings.Contains(r.Path, "?") {
			mark = "&"
		}
		r.Path += mark + long
		check("a query", http.StatusRequestURITooLong, r, nil)
		return
	}
	r.Body = long
	check("a body", http.StatusRequestEntityTooLarge, r, nil)
	check("a body of unsaid length", http.StatusRequestEntityTooLarge, r, io.MultiReader(strings.NewReader(long)))
}

// refused sends a request that must not be kept, and gives its answer and what
// was counted.
func (a address) refused(t *testing.T, r Receive, body io.Reader) (*http.Response, []string) {
	t.Helper()
	behind := &Gateway{}
	answer, said := r.sendBody(t, Serve(t, a.to, behind), body)
	if len(behind.Inbounds())+len(behind.Reports()) > 0 {
		t.Errorf("it was kept, and answered %d %q", answer.StatusCode, said)
	}
	return answer, behind.Refused()
}

// probeGarbled hands the channel the request in pieces and with what does not
// belong into it. Every answer is a carrier's, and nothing half is kept.
func (tt Receive) probeGarbled(t *testing.T, channel gateway.Receiver) {
	knock := func(what string, tt Receive) {
		req, err := tt.request(t, "http://localhost", nil)
		if err != nil {
			return // no client could send it
		}
		defer func() {
			if p := recover(); p != nil {
				t.Errorf("with %s the channel panics: %v", what, p)
			}
		}()
		Knock(t, channel, req)
	}
	for i := range 4 {
		cut := tt
		cut.Body = tt.Body[:len(tt.Body)*i/4]
		knock(fmt.Sprintf("%d quarters of the body", i), cut)
		cut.Body = tt.Body[:len(tt.Body)*i/4] + "\xff\x00%zz" + tt.Body[len(tt.Body)*i/4:]
		knock(fmt.Sprintf("broken bytes after %d quarters of the body", i), cut)
	}
	twice := tt
	twice.Body = tt.Body + tt.Body
	knock("the body twice", twice)
	if path, query, ok := strings.Cut(tt.Path, "?"); ok {
		for i := range 4 {
			cut := tt
			cut.Path = path + "?" + query[:len(query)*i/4]
			knock(fmt.Sprintf("%d quarters of the query", i), cut)
		}
	}
	for missing := range tt.Header {
		without := tt
		without.Header = map[string]string{}
		for key, value := range tt.Header {
			if key != missing {
				without.Header[key] = value
			}
		}
		knock("no header "+missing, without)
	}
}
