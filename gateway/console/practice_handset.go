package console

import (
	"context"
	"crypto/rand"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
	"golang.org/x/time/rate"

	"haat/gateway"
)

// Limits of pretend phones.
const (
	maxHandsets = 500 // whose state is kept: those that were used last
	maxSent     = 20  // SMS kept of those that a phone sent
	maxAnswers  = 60  // of a session; who has gone so far in circles dials anew
	pressRate   = 4   // calls and SMS of a phone a second
	pressBurst  = 12
)

// practice are the pretend phones that are in somebody's hand.
type practice struct {
	mu   sync.Mutex
	used *simplelru.LRU[gateway.Phone, *handset]
}

// handset is the state of a phone, or a new one.
func (p *practice) handset(phone gateway.Phone) *handset {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.used == nil {
		p.used, _ = simplelru.NewLRU[gateway.Phone, *handset](maxHandsets, nil) // it only fails for sizes below one
	}
	h, ok := p.used.Get(phone)
	if !ok {
		h = &handset{pace: rate.NewLimiter(pressRate, pressBurst)}
		p.used.Add(phone, h)
	}
	return h
}

// handset is a phone in somebody's hand. It does one thing at a time.
type handset struct {
	mu      sync.Mutex
	pace    *rate.Limiter
	session string
	typed   []string // all answers of the session: carriers send them all with each
	open    bool     // the network waits for an answer
	screen  string
	problem string // the key of what went wrong last
	sent    []textAt
}

type textAt struct {
	text string
	at   time.Time
	sent bool
}

// use does something with the phone, unless its keys were pressed too fast.
func (h *handset) use(do func() error) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.problem = ""
	if !h.pace.Allow() {
		h.problem = "practice.fast"
		return nil
	}
	err := do()
	if err != nil {
		h.hangUp()
		h.problem = "practice.lost"
	}
	return err
}

// shown is what the screen shows.
func (h *handset) shown(code string) screenView {
	h.mu.Lock()
	defer h.mu.Unlock()
	return screenView{Lines: screenLines(h.screen), Open: h.open, Problem: h.problem, Code: code}
}

func (h *handset) hangUp() { h.session, h.typed, h.open, h.screen = "", nil, false, "" }

// dials tells whether what was typed is the code, perhaps with answers in it:
// *384*101*2#.
func dials(typed, code string) bool {
	return typed == code || strings.HasPrefix(typed, strings.TrimSuffix(code, "#")+"*") && strings.HasSuffix(typed, "#")
}

// dial begins a session. Answers in the code are sent on, as carriers do.
func (h *handset) dial(ctx context.Context, to Practice, phone gateway.Phone, typed string) error {
	h.hangUp()
	h.session = rand.Text()
	if rest := strings.Trim(strings.TrimPrefix(strings.TrimSuffix(typed, "#"), strings.TrimSuffix(to.Code(), "#")), "*"); rest != "" {
		h.typed = strings.Split(rest, "*")
	}
	return h.exchange(ctx, to, phone)
}

// answer goes on with the session.
func (h *handset) answer(ctx context.Context, to Practice, phone gateway.Phone, typed string) error {
	if len(h.typed) >= maxAnswers {
		h.hangUp()
		h.problem = "practice.ended"
		return nil
	}
	h.typed = append(h.typed, typed)
	return h.exchange(ctx, to, phone)
}

func (h *handset) exchange(ctx context.Context, to Practice, phone gateway.Phone) (err error) {
	h.screen, h.open, err = to.Dial(ctx, phone, h.session, h.typed)
	return err
}

func (h *handset) send(ctx context.Context, to Practice, phone gateway.Phone, text string, now time.Time) error {
	if err := to.Text(ctx, phone, text); err != nil {
		return err
	}
	h.sent = append(h.sent, textAt{text, now, true})
	h.sent = slices.Delete(h.sent, 0, max(0, len(h.sent)-maxSent))
	return nil
}

// textsOf are the SMS of a phone, those that it sent among those that came.
func (c *Console) textsOf(ctx context.Context, phone gateway.Phone, h *handset) (shown textsView, err error) {
	came, err := c.Practice.Inbox(ctx, phone, 0, 0)
	if err != nil {
		return shown, err
	}
	h.mu.Lock()
	all := slices.Clone(h.sent)
	h.mu.Unlock()
	for _, sms := range came {
		all = append(all, textAt{text: sms.Text, at: sms.At})
		shown.After = max(shown.After, sms.N)
	}
	shown.Came = len(came)
	slices.SortStableFunc(all, func(a, b textAt) int { return a.at.Compare(b.at) })
	for _, one := range all {
		shown.Texts = append(shown.Texts, textView{Text: one.text, Clock: c.clock(one.at), Sent: one.sent})
	}
	return shown, nil
}
