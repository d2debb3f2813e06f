package consoletest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"haat/gateway"
	"haat/gateway/console"
)

// Practice is a line on which every answer is told back, and every SMS answered.
type Practice struct {
	mu    sync.Mutex
	calls []string // what was sent, in order
	texts map[gateway.Phone][]console.PracticeSMS
	came  chan struct{} // closed at the next SMS
	err   error
}

// NewPractice returns one.
func NewPractice() *Practice {
	return &Practice{texts: map[gateway.Phone][]console.PracticeSMS{}, came: make(chan struct{})}
}

// Channel implements [console.Practice].
func (*Practice) Channel() string { return "practice" }

// Code implements [console.Practice].
func (*Practice) Code() string { return "*384#" }

// Fail makes the line dead, until err is nil.
func (p *Practice) Fail(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.err = err
}

// Calls are what was sent so far: the phone, and what it said.
func (p *Practice) Calls() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.calls)
}

// Dial implements [console.Practice]. The answer "end" ends the session.
func (p *Practice) Dial(_ context.Context, phone gateway.Phone, session string, typed []string) (string, bool, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if session == "" {
		return "", false, errors.New("a call without a session")
	}
	p.calls = append(p.calls, fmt.Sprintf("%s *%s", phone, strings.Join(typed, "*")))
	if n := len(typed); n > 0 && typed[n-1] == "end" {
		return "Goodbye", false, p.err
	}
	return "You said " + strings.Join(typed, ", ") + "\n1.Shop\n2.Basket", true, p.err
}

// Text implements [console.Practice].
func (p *Practice) Text(_ context.Context, phone gateway.Phone, text string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls = append(p.calls, fmt.Sprintf("%s sms %s", phone, text))
	if p.err == nil {
		p.deliver(phone, "Asante: "+text)
	}
	return p.err
}

// Deliver lets an SMS come to a phone.
func (p *Practice) Deliver(phone gateway.Phone, text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.deliver(phone, text)
}

func (p *Practice) deliver(phone gateway.Phone, text string) {
	n := int64(len(p.texts[phone]) + 1)
	p.texts[phone] = append(p.texts[phone], console.PracticeSMS{N: n, Text: text, At: time.Unix(1_800_000_000+n, 0)})
	close(p.came)
	p.came = make(chan struct{})
}

// Inbox implements [console.Practice].
func (p *Practice) Inbox(ctx context.Context, phone gateway.Phone, after int64, wait time.Duration) ([]console.PracticeSMS, error) {
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	for {
		p.mu.Lock()
		found, came, err := p.texts[phone], p.came, p.err
		p.mu.Unlock()
		if found = found[min(int(after), len(found)):]; len(found) > 0 || wait == 0 || err != nil {
			return slices.Clone(found), err
		}
		select {
		case <-came:
		case <-ctx.Done():
			return nil, nil
		}
	}
}
