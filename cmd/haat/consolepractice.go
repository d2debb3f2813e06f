package main

import (
	"bytes"
	"context"
	"io"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"haat/gateway"
	"haat/gateway/console"
)

// practiceName is the channel for practising where there are several demo ones.
const practiceName = "practice"

// maxCarriers is of how many pretend phones it is remembered when they last sent
// an SMS.
const maxCarriers = 500

// practiceLine lets the phone of the console's page speak to a demo channel, as
// `haat phone` does, but within the process: nothing has to listen for it, and
// nobody else can call.
type practiceLine struct {
	doors   http.Handler
	channel string
	code    string

	mu    sync.Mutex
	known *simplelru.LRU[gateway.Phone, *carrier]
}

// openPractice is the line of the demo channel that operators practise on; nil
// where there is none.
func (h *house) openPractice() console.Practice {
	name := h.cfg.practiceChannel()
	if name == "" {
		return nil
	}
	known, err := simplelru.NewLRU[gateway.Phone, *carrier](maxCarriers, nil)
	if err != nil {
		panic(err) // the size is a constant above zero
	}
	return &practiceLine{doors: h.mux, channel: name, code: h.cfg.Market.DialCode, known: known}
}

// practiceChannel is the demo channel to practise on. One whose SMS would leave
// through a carrier is none: whatever its phones are called, no real phone may
// hear of them.
func (c *Config) practiceChannel() string {
	safe := func(name string) bool { return name == "" || c.Channels[name].Demo != nil }
	for _, name := range append([]string{practiceName}, slices.Sorted(maps.Keys(c.Channels))...) {
		channel, there := c.Channels[name]
		if there && channel.Demo != nil && safe(channel.Sending.Through) && safe(channel.Sending.Backup) {
			return name
		}
	}
	return ""
}

// Channel implements [console.Practice].
func (p *practiceLine) Channel() string { return p.channel }

// Code implements [console.Practice].
func (p *practiceLine) Code() string { return p.code }

// Dial implements [console.Practice].
func (p *practiceLine) Dial(ctx context.Context, phone gateway.Phone, session string, typed []string) (string, bool, error) {
	return p.of(phone).ussd(ctx, session, typed)
}

// Text implements [console.Practice].
func (p *practiceLine) Text(ctx context.Context, phone gateway.Phone, text string) error {
	return p.of(phone).sms(ctx, text)
}

// Inbox implements [console.Practice].
func (p *practiceLine) Inbox(ctx context.Context, phone gateway.Phone, after int64, wait time.Duration) (all []console.PracticeSMS, err error) {
	texts, err := p.of(phone).texts(ctx, after, wait)
	for _, t := range texts {
		all = append(all, console.PracticeSMS{N: t.N, Text: t.Text, At: t.At})
	}
	return all, err
}

// of is the network of a phone. A phone sends one SMS after the other: see
// console's handsets.
func (p *practiceLine) of(phone gateway.Phone) *carrier {
	p.mu.Lock()
	defer p.mu.Unlock()
	c, ok := p.known.Get(phone)
	if !ok {
		c = newCarrier("http://127.0.0.1", p.channel, string(phone), p.code)
		c.client = &http.Client{Transport: inProcess{p.doors}}
		p.known.Add(phone, c)
	}
	return c
}

// inProcess is the way to a handler of this process.
type inProcess struct{ to http.Handler }

// RoundTrip implements [http.RoundTripper].
func (w inProcess) RoundTrip(out *http.Request) (*http.Response, error) {
	in := out.Clone(out.Context())
	in.RemoteAddr, in.Host, in.RequestURI = "127.0.0.1:1", out.URL.Host, out.URL.RequestURI()
	if in.Body == nil {
		in.Body = http.NoBody
	}
	answer := &kept{header: http.Header{}}
	w.to.ServeHTTP(answer, in)
	if err := out.Context().Err(); err != nil {
		return nil, err
	}
	answer.WriteHeader(http.StatusOK)
	return &http.Response{
		Status: http.StatusText(answer.code), StatusCode: answer.code, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: answer.header, Body: io.NopCloser(&answer.body), ContentLength: int64(answer.body.Len()), Request: out,
	}, nil
}

// kept is an answer of a handler. The demo channel's are short.
type kept struct {
	header http.Header
	code   int
	body   bytes.Buffer
}

// Header implements [http.ResponseWriter].
func (k *kept) Header() http.Header { return k.header }

// WriteHeader implements [http.ResponseWriter].
func (k *kept) WriteHeader(code int) {
	if k.code == 0 {
		k.code = code
	}
}

// Write implements [http.ResponseWriter].
func (k *kept) Write(b []byte) (int, error) {
	k.WriteHeader(http.StatusOK)
	return k.body.Write(b)
}
