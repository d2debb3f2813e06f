package alert

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Webhook is an address that is told of alerts. It is sent a POST with a
// [Payload] as JSON, and the headers X-Timestamp, seconds since 1970, X-Signature,
// the HMAC-SHA256 in hexadecimal of the timestamp, a dot and the body, where there
// is a key, and Idempotency-Key, the same when it is told once more. Any status
// from 200 to 299 takes it; else it is tried ten times in about an hour. No
// redirect is followed.
type Webhook struct {
	URL string
	Key []byte
}

// Payload is what a webhook is told.
type Payload struct {
	Event   Event      `json:"event"` // fired, ended or test
	ID      int64      `json:"id"`    // of the alert: the same at its end
	Rule    Kind       `json:"rule,omitempty"`
	Subject string     `json:"subject,omitempty"` // a channel or a queue
	Value   float64    `json:"value"`             // when it fired
	Unit    string     `json:"unit,omitempty"`    // the currency of value and limit, of rule balance
	Limit   float64    `json:"limit"`
	Window  float64    `json:"window_seconds"`
	Fired   *time.Time `json:"fired_at,omitempty"`
	Ended   *time.Time `json:"ended_at,omitempty"`
	Text    string     `json:"text"`              // in the language of those who are told
	Console string     `json:"console,omitempty"` // address of the page of alerts

	key string
}

func (h *Webhook) payload(n News, a Alert, text, console string) Payload {
	p := Payload{Event: n.Event, ID: a.ID, Rule: a.Kind, Subject: a.Subject, Value: a.Value, Unit: a.Unit, Limit: a.Limit, Window: a.Window.Seconds(), Text: text, Console: console, key: fmt.Sprintf("haat-alert-%d", n.ID)}
	if !a.Fired.IsZero() {
		p.Fired = &a.Fired
	}
	if !a.Ended.IsZero() {
		p.Ended = &a.Ended
	}
	return p
}

const webhookTimeout = 10 * time.Second

// maxAnswer is how much of an answer is read, so that its connection can be used
// again.
const maxAnswer = 4 << 10

func (h *Webhook) post(ctx context.Context, p Payload) error {
	body, err := json.Marshal(p)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, webhookTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, h.URL, bytes.NewReader(body))
	if err != nil {
		return &unheard{"address", "", "the webhook's address cannot be used: check alerts.webhook.url"}
	}
	stamp := strconv.FormatInt(time.Now().Unix(), 10)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Timestamp", stamp)
	req.Header.Set("Idempotency-Key", p.key)
	if len(h.Key) > 0 {
		req.Header.Set("X-Signature", Sign(h.Key, stamp, body))
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(req)
	if err != nil {
		// What the client says has the address, which may hold a secret.
		why := fmt.Sprintf("%T", errorBelow(err))
		return &unheard{"no_answer", why, "the webhook does not answer: check that its server runs (" + why + ")"}
	}
	defer resp.Body.Close()
	_, _ = io.CopyN(io.Discard, resp.Body, maxAnswer)
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		status := strconv.Itoa(resp.StatusCode)
		return &unheard{"status", status, "the webhook answers " + status + ": see its server's log"}
	}
	return nil
}

// unheard is why a webhook was not told, with a key by which pages say it in the
// operator's language.
type unheard struct{ key, with, say string }

func (u *unheard) Error() string { return u.say }

// kept is why somebody was not told, as it is kept: by its key and what belongs to
// it where it has one.
func kept(err error) string {
	var u *unheard
	if errors.As(err, &u) {
		return strings.TrimSpace(u.key + " " + u.with)
	}
	return err.Error()
}

// errorBelow is the first cause of an error.
func errorBelow(err error) error {
	for {
		below, ok := err.(interface{ Unwrap() error })
		if !ok || below.Unwrap() == nil {
			return err
		}
		err = below.Unwrap()
	}
}

// Sign is the signature of a body that was sent at a time.
func Sign(key []byte, stamp string, body []byte) string {
	mac := hmac.New(sha256.New, key)
	_, _ = io.WriteString(mac, stamp+".") // a hash takes all
	_, _ = mac.Write(body)
	return hex.EncodeToString(mac.Sum(nil))
}
