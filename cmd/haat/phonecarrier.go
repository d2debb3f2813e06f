package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const (
	hopTimeout  = 15 * time.Second // how long carriers wait for a screen
	inboxWait   = 25 * time.Second // how long one question for new texts stays open
	maxResponse = 1 << 20          // bytes
)

// carrier is the network between the phone and haat's demo channel. It speaks
// Africa's Talking's forms.
type carrier struct {
	client  *http.Client
	url     string
	channel string
	number  string
	code    string
	pause   time.Duration // before asking again after a failure
	sent    time.Time     // carrier's time of the last SMS
}

// text is an SMS to the phone.
type text struct {
	N    int64     `json:"n"` // counts up
	Text string    `json:"text"`
	At   time.Time `json:"at"`
}

func newCarrier(address, channel, number, code string) *carrier {
	return &carrier{
		client:  &http.Client{},
		url:     strings.TrimRight(address, "/"),
		channel: channel,
		number:  number,
		code:    code,
		pause:   time.Second,
	}
}

// ussd sends all that was typed in the session and gives the screen, and
// whether the session goes on.
func (c *carrier) ussd(ctx context.Context, session string, typed []string) (screen string, more bool, err error) {
	answer, err := c.post(ctx, "ussd", url.Values{
		"sessionId":   {session},
		"serviceCode": {c.code},
		"phoneNumber": {c.number},
		"networkCode": {"99999"},
		"text":        {strings.Join(typed, "*")},
	})
	if err != nil {
		return "", false, err
	}
	if screen, ok := strings.CutPrefix(answer, "CON "); ok {
		return screen, true, nil
	}
	if screen, ok := strings.CutPrefix(answer, "END "); ok {
		return screen, false, nil
	}
	return "", false, fmt.Errorf("the answer starts with neither CON nor END; does the channel %s speak this protocol?", c.channel)
}

// sms sends a text to haat. The answer, if any, comes as a text.
func (c *carrier) sms(ctx context.Context, body string) error {
	_, err := c.post(ctx, "sms", url.Values{
		"id":   {rand.Text()},
		"from": {c.number},
		"to":   {strings.Trim(c.code, "*#")},
		"text": {body},
		"date": {c.stamp(time.Now())},
	})
	return err
}

// stamp is the carrier's time of the next SMS. It has whole seconds, and one
// text twice within a second would be taken for a carrier's repetition: keys
// that come through a pipe are that fast.
func (c *carrier) stamp(now time.Time) string {
	now = now.UTC().Truncate(time.Second)
	if !now.After(c.sent) {
		now = c.sent.Add(time.Second)
	}
	c.sent = now
	return now.Format(time.DateTime)
}

func (c *carrier) post(ctx context.Context, leaf string, form url.Values) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, hopTimeout)
	defer cancel()
	target := c.url + "/channels/" + url.PathEscape(c.channel) + "/" + leaf
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, target, strings.NewReader(form.Encode()))
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	body, err := c.do(req)
	return string(body), err
}

// texts asks for the texts after the n-th, and waits up to so long for the
// first when there is none.
func (c *carrier) texts(ctx context.Context, n int64, wait time.Duration) ([]text, error) {
	ctx, cancel := context.WithTimeout(ctx, wait+hopTimeout)
	defer cancel()
	query := url.Values{"after": {strconv.FormatInt(n, 10)}, "wait": {strconv.Itoa(int(wait.Seconds()))}}
	target := c.url + "/demo/phones/" + url.PathEscape(c.number) + "/inbox?" + query.Encode()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, target, nil)
	if err != nil {
		return nil, err
	}
	body, err := c.do(req)
	if err != nil {
		return nil, err
	}
	var texts []text
	if err := json.Unmarshal(body, &texts); err != nil {
		return nil, fmt.Errorf("the inbox cannot be read: %w", err)
	}
	return texts, nil
}

// watch gives every text after the n-th as it comes, until ctx is done. It
// outlives a server that is restarted.
func (c *carrier) watch(ctx context.Context, n int64) <-chan text {
	coming := make(chan text)
	go func() {
		for ctx.Err() == nil {
			texts, err := c.texts(ctx, n, inboxWait)
			if err != nil {
				select {
				case <-time.After(c.pause):
				case <-ctx.Done():
				}
			}
			for _, t := range texts {
				n = max(n, t.N)
				select {
				case coming <- t:
				case <-ctx.Done():
				}
			}
		}
	}()
	return coming
}

// do gives the body of a good answer; its errors say what to do.
func (c *carrier) do(req *http.Request) ([]byte, error) {
	resp, err := c.client.Do(req)
	if err != nil {
		var inURL *url.Error
		if errors.As(err, &inURL) {
			err = inURL.Err
		}
		return nil, fmt.Errorf("no haat answers at %s: start `haat serve` in another terminal, or say where it is with --url (%w)", c.url, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxResponse))
	switch {
	case err != nil:
		return nil, fmt.Errorf("the answer broke off: %w", err)
	case resp.StatusCode == http.StatusNotFound:
		return nil, fmt.Errorf("the haat at %s has no channel %q for phones like this one: name one of type demo with --channel", c.url, c.channel)
	case resp.StatusCode/100 != 2:
		line, _, _ := strings.Cut(string(body), "\n")
		return nil, fmt.Errorf("haat answered %s: %s", resp.Status, line)
	}
	return body, nil
}
