package web

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"haat/gateway"
	"haat/gateway/gsm"
)

// MaxBody is how many bytes the body or the query of a request may have. The
// longest form that a carrier sends has a few kilobytes.
const MaxBody = 64 << 10

// maxID is how many bytes a carrier's id may have: the longest seen has 40.
const maxID = 128

// FormType is the content type of a form.
const FormType = "application/x-www-form-urlencoded"

// Rule says what requests one URL takes.
type Rule struct {
	Methods []string
	Types   []string // content types of a request with a body, without parameters
}

// Forms is the rule of most carriers: a form that is posted.
func Forms() Rule {
	return Rule{Methods: []string{http.MethodPost}, Types: []string{FormType}}
}

func (rule Rule) admit(call *Call) bool {
	if !slices.Contains(rule.Methods, call.R.Method) {
		allowed := strings.Join(rule.Methods, ", ")
		call.W.Header().Set("Allow", allowed)
		call.Refuse(http.StatusMethodNotAllowed, gateway.RefusedMethod, "Use "+allowed+" here.")
		return false
	}
	if call.R.Method == http.MethodGet {
		return true
	}
	kind := call.R.Header.Get("Content-Type")
	if kind != FormType { // most carriers write exactly that
		kind, _, _ = mime.ParseMediaType(kind)
	}
	if !slices.Contains(rule.Types, kind) {
		call.Refuse(http.StatusUnsupportedMediaType, gateway.RefusedType,
			"Send the body as "+strings.Join(rule.Types, " or ")+".")
		return false
	}
	return true
}

// Call is one request that was let in. Its methods answer it; each request is
// answered once.
type Call struct {
	W    http.ResponseWriter
	R    *http.Request
	Body []byte // all of it, at most MaxBody

	channel string
	to      gateway.Acceptor
}

// read takes in the whole body: signatures cover it, and a carrier that sends
// too much shall hear so before anything is done.
func (c *Call) read() bool {
	if len(c.R.URL.RawQuery) > MaxBody {
		c.Refuse(http.StatusRequestURITooLong, gateway.RefusedSize, "The query is longer than 64 KiB.")
		return false
	}
	if c.R.Body == nil || c.R.Body == http.NoBody {
		return true
	}
	body, err := io.ReadAll(http.MaxBytesReader(c.W, c.R.Body, MaxBody))
	var tooLong *http.MaxBytesError
	switch {
	case errors.As(err, &tooLong):
		c.Refuse(http.StatusRequestEntityTooLarge, gateway.RefusedSize, "The body is longer than 64 KiB.")
		return false
	case err != nil:
		c.Refuse(http.StatusBadRequest, gateway.RefusedForm, "The body broke off.")
		return false
	}
	c.Body = body
	return true
}

// Query decodes the query as it came. Where it returns false the request is
// answered.
func (c *Call) Query() (url.Values, bool) { return c.decode(c.R.URL.RawQuery) }

// Posted decodes the posted form as it came, for signatures, which cover it so.
// Where it returns false the request is answered.
func (c *Call) Posted() (url.Values, bool) { return c.decode(string(c.Body)) }

func (c *Call) decode(encoded string) (url.Values, bool) {
	form, err := url.ParseQuery(encoded)
	if err != nil {
		c.Refuse(http.StatusBadRequest, gateway.RefusedForm, "The form cannot be decoded: escape it as "+FormType+".")
		return nil, false
	}
	return form, true
}

// Form decodes the posted form and makes it fit to be kept: see Fit.
func (c *Call) Form(texts ...string) (url.Values, bool) {
	form, ok := c.Posted()
	return form, ok && c.Fit(form, texts...)
}

// Fit makes a decoded form fit to be kept. The named fields are texts that
// people typed: they are cleaned, whatever bytes their phones sent. In any
// other field broken UTF-8 is refused, and where Fit returns false the request
// is answered.
func (c *Call) Fit(form url.Values, texts ...string) bool {
	for field, values := range form {
		if slices.Contains(texts, field) {
			for i := range values {
				values[i] = gsm.Clean(values[i])
			}
			continue
		}
		if !utf8.ValidString(field) || slices.ContainsFunc(values, notUTF8) {
			c.Refuse(http.StatusBadRequest, gateway.RefusedForm, "A field of the form is not UTF-8.")
			return false
		}
	}
	return true
}

func notUTF8(text string) bool { return !utf8.ValidString(text) }

// Refuse counts the request under the reason and answers it with one sentence
// that says what was wrong.
func (c *Call) Refuse(status int, reason, sentence string) {
	c.Count(reason)
	c.Plain(status, sentence+"\n")
}

// Count counts the request among the refused without answering it.
func (c *Call) Count(reason string) { c.to.Refuse(c.channel, reason) }

// Plain answers with text.
func (c *Call) Plain(status int, text string) {
	c.Answer(status, "text/plain; charset=utf-8", text)
}

// Answer answers with a body of a content type.
func (c *Call) Answer(status int, contentType, body string) {
	header := c.W.Header()
	header.Set("Content-Type", contentType)
	header.Set("X-Content-Type-Options", "nosniff")
	c.W.WriteHeader(status)
	_, _ = io.WriteString(c.W, body) // a carrier that hung up asks again
}

// Later asks the carrier to repeat the request: nothing of it was kept.
func (c *Call) Later() {
	c.W.Header().Set("Retry-After", "5")
	c.Plain(http.StatusServiceUnavailable, "This could not be kept. Please send it again.\n")
}

// Report hands a delivery report on and answers the carrier: with an empty
// 200, or so that it repeats a report that was not kept.
func (c *Call) Report(report gateway.Report) {
	report.Channel = c.channel
	if err := c.to.Report(c.R.Context(), report); err != nil {
		c.Later()
		return
	}
	c.Plain(http.StatusOK, "")
}

// IsID tells whether a carrier's id is one that can be kept: 1 to 128 visible
// ASCII characters.
func IsID(id string) bool {
	return len(id) > 0 && len(id) <= maxID && visible(id)
}

// Word is a carrier's own word or code as it may be kept: "" where it is
// longer than an id or has anything but visible ASCII characters.
func Word(text string) string {
	if !IsID(text) {
		return ""
	}
	return text
}

func visible(text string) bool {
	for i := range len(text) {
		if text[i] <= ' ' || text[i] > '~' {
			return false
		}
	}
	return true
}
