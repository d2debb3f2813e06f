package web

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"haat/gateway"
)

const (
	// sendTimeout is how long a carrier may take to answer. Most answer within
	// a second; the outbox tries again what took longer.
	sendTimeout = 30 * time.Second
	// maxWindow is how many connections to a carrier are kept for the next SMS:
	// as many as may be on their way at once.
	maxWindow = 256
	// maxAnswer is how many bytes of a carrier's answer are read.
	maxAnswer = 64 << 10
	// maxAfter bounds the wait that a carrier may ask for.
	maxAfter = time.Hour
)

// NewClient makes the HTTP client for a carrier's API. It follows no redirect:
// the credentials are for the configured address alone.
func NewClient() *http.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = maxWindow
	return &http.Client{
		Transport: transport,
		Timeout:   sendTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		},
	}
}

// Answer is what a carrier's API answered.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// Do sends a request to a carrier and reads the answer, 64 KiB of it at most.
// An error is a *gateway.SendError that asks for another attempt and holds
// nothing of the request.
func Do(client *http.Client, req *http.Request) (Answer, error) {
	resp, err := client.Do(req)
	if err != nil {
		return Answer{}, unreached(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return Answer{}, unreached(err)
	}
	return Answer{Status: resp.StatusCode, Header: resp.Header, Body: body}, nil
}

// unreached drops the URL from a transport error: it may hold a phone number.
func unreached(err error) error {
	var inURL *url.Error
	if errors.As(err, &inURL) {
		err = inURL.Err
	}
	var dial *net.OpError
	return &gateway.SendError{
		Kind:   gateway.Unavailable,
		Doubt:  !errors.As(err, &dial) || dial.Op != "dial",
		Advice: "The carrier's API could not be reached: check the network and the channel's API address.",
		Err:    err,
	}
}

// Refused tells what an HTTP status means that is not a success, or nil for a
// success. The credentials are named in the channel's own words. A refusal of
// the credentials is retried: the operator's mistake is no fault of the
// message, which goes out as soon as the setting is right.
func (a Answer) Refused(credentials string) *gateway.SendError {
	refusal := &gateway.SendError{
		Kind: gateway.Rejected,
		Code: strconv.Itoa(a.Status),
		Err:  fmt.Errorf("the carrier's API answered HTTP %d", a.Status),
	}
	switch {
	case a.Status >= 200 && a.Status < 300:
		return nil
	case a.Status == http.StatusUnauthorized || a.Status == http.StatusForbidden:
		refusal.Kind = gateway.Unavailable
		refusal.Advice = "The carrier refuses the credentials: check " + credentials + "."
	case a.Status == http.StatusTooManyRequests:
		refusal.Kind, refusal.After = gateway.Throttled, a.After()
		refusal.Advice = "The carrier asks to send more slowly."
	case a.Status >= 500 || a.Status == http.StatusRequestTimeout:
		refusal.Kind, refusal.After = gateway.Unavailable, a.After()
		refusal.Doubt = a.Status == http.StatusBadGateway || a.Status == http.StatusGatewayTimeout
		refusal.Advice = "The carrier has a fault of its own; nothing to do unless it lasts."
	case a.Status >= 300 && a.Status < 400:
		refusal.Kind = gateway.Unavailable
		refusal.Advice = "The channel's API address answers with a redirect: set the address that it leads to."
	default:
		refusal.Advice = "The carrier refuses the request: check the channel's settings against the carrier's documents."
	}
	return refusal
}

// After is how long the carrier asks to wait before the next attempt: 0 where
// it does not say, an hour at most.
func (a Answer) After() time.Duration {
	text := a.Header.Get("Retry-After")
	if seconds, err := strconv.Atoi(text); err == nil {
		return min(max(0, time.Duration(min(seconds, 3600))*time.Second), maxAfter)
	}
	if at, err := http.ParseTime(text); err == nil {
		return min(max(0, time.Until(at)), maxAfter)
	}
	return 0
}

// BaseURL checks the address of an API, or of this server, in a channel's
// settings, and gives it without the slashes at its end.
func BaseURL(channel, setting, text string) (string, error) {
	base, err := url.Parse(text)
	if err != nil || base.Host == "" || base.Scheme != "http" && base.Scheme != "https" || base.RawQuery != "" || base.Fragment != "" {
		return "", fmt.Errorf("channel %s: %s must be an address such as https://sms.example.org, without ? and #", channel, setting)
	}
	return strings.TrimRight(text, "/"), nil
}

// Response gives the answer back as a library for a carrier's API wants it.
func (a Answer) Response() *http.Response {
	return &http.Response{StatusCode: a.Status, Header: a.Header, Body: io.NopCloser(bytes.NewReader(a.Body))}
}
