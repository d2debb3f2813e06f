package console

import (
	"context"
	"encoding/binary"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"haat/gateway"
	"haat/gateway/console/account"
)

// ActPractice is the act of dialling or texting from the phone on the page.
const ActPractice = "practice"

// Practice is a channel whose phones are pretend ones: what is said on it goes
// through the real dialogue, and what it sends reaches nobody's phone.
type Practice interface {
	// Channel is its name, by which the log marks what is said on it.
	Channel() string
	// Code is what phones dial, such as "*384#".
	Code() string
	// Dial sends all that was typed so far in a USSD session. It gives the screen,
	// and whether the session goes on.
	Dial(ctx context.Context, phone gateway.Phone, session string, typed []string) (screen string, more bool, err error)
	// Text sends an SMS to haat. Its answer, if there is one, comes as an SMS.
	Text(ctx context.Context, phone gateway.Phone, text string) error
	// Inbox gives the SMS to the phone after the one with a number, and waits so
	// long for the first where there is none.
	Inbox(ctx context.Context, phone gateway.Phone, after int64, wait time.Duration) ([]PracticeSMS, error)
}

// PracticeSMS is an SMS to a pretend phone.
type PracticeSMS struct {
	N    int64 // counts up
	Text string
	At   time.Time
}

// Limits of the phone on the page.
const (
	maxTyped     = 182              // characters of an answer, as networks have it
	maxWritten   = 480              // characters of an SMS
	ownPhones    = 10               // pretend phones of an operator
	inboxWait    = 20 * time.Second // how long a question for new SMS stays open
	practiceWait = 20 * time.Second // how long a screen or an SMS may take
	phoneCookie  = "haat_practice"  // which of their phones an operator has in their hand
)

// practiceRoutes are for operators: what is practised stands in the log, and is
// ordered. In a demo there is nothing else, so that everybody may.
func (c *Console) practiceRoutes() []route {
	role := account.Agent
	if c.Demo {
		role = account.Viewer
	}
	page := []route{{"GET", "/practice", role, c.practicePage}}
	if c.Practice == nil {
		return page // it says how to get a channel for it
	}
	return append(page,
		route{"POST", "/practice/call", role, c.practiceCall},
		route{"POST", "/practice/end", role, c.practiceEnd},
		route{"POST", "/practice/text", role, c.practiceText},
		route{"POST", "/practice/phone", role, c.anotherPhone},
		route{"GET", "/practice/inbox", role, c.practiceInbox},
	)
}

// practicePage shows the phone.
func (c *Console) practicePage(w http.ResponseWriter, r *http.Request) {
	shown := practiceView{There: c.Practice != nil, Demo: c.Demo, Keys: padKeys, Of: ownPhones}
	if shown.There {
		phone, which := c.practicePhone(r)
		h := c.practice.handset(phone)
		texts, err := c.textsOf(r.Context(), phone, h)
		if err != nil {
			c.fail(w, r, err)
			return
		}
		shown.Channel, shown.Code, shown.Phone, shown.Which, shown.Token = c.Practice.Channel(), c.Practice.Code(), masked(phone), which+1, c.tokens.of(phone)
		shown.Screen, shown.Texts = h.shown(c.Practice.Code()), texts
	}
	c.show(w, r, http.StatusOK, "practice", "practice.title", shown)
}

// practicePhone is the phone in the hand of who asks, and which of theirs it is.
// Each operator has the same ones for ever, so that no two disturb each other.
func (c *Console) practicePhone(r *http.Request) (gateway.Phone, int) {
	which := 0
	if cookie, err := r.Cookie(phoneCookie); err == nil {
		if n, err := strconv.Atoi(cookie.Value); err == nil && n >= 0 && n < ownPhones {
			which = n
		}
	}
	operator, _ := c.Gate.Of(r)
	return pretend(c.Key, operator.Name, which), which
}

// pretend is a number that nobody has: those of North America that go on with
// 555-01 are set aside for films, in every area code but those that are free of
// charge.
func pretend(key []byte, operator string, which int) gateway.Phone {
	n := binary.BigEndian.Uint64(sum(key, fmt.Sprintf("practice %d %s", which, operator)))
	take := func(of uint64) uint64 {
		d := n % of
		n /= of
		return d
	}
	first, second := 2+take(8), take(9)
	third := take(9)
	if third >= second { // two equal digits are no area
		third++
	}
	return gateway.Phone(fmt.Sprintf("+1%d%d%d55501%02d", first, second, third, take(100)))
}

// practiceCall dials or, where the network waits for an answer, gives it.
func (c *Console) practiceCall(w http.ResponseWriter, r *http.Request) {
	c.practise(w, r, func(ctx context.Context, phone gateway.Phone, h *handset) error {
		typed := strings.TrimSpace(r.PostForm.Get("typed"))
		switch {
		case utf8.RuneCountInString(typed) > maxTyped || !utf8.ValidString(typed):
			h.problem = "practice.long"
			return nil
		case h.open:
			return h.answer(ctx, c.Practice, phone, typed)
		case !dials(typed, c.Practice.Code()):
			h.problem = "practice.code"
			return nil
		}
		if err := c.recordPractice(r, phone, "ussd"); err != nil {
			return err
		}
		return h.dial(ctx, c.Practice, phone, typed)
	})
}

// practiceEnd hangs up. The network is told nothing, as when a phone loses its
// signal.
func (c *Console) practiceEnd(w http.ResponseWriter, r *http.Request) {
	c.practise(w, r, func(_ context.Context, _ gateway.Phone, h *handset) error {
		h.hangUp()
		return nil
	})
}

// practiceText sends an SMS.
func (c *Console) practiceText(w http.ResponseWriter, r *http.Request) {
	c.practise(w, r, func(ctx context.Context, phone gateway.Phone, h *handset) error {
		text := strings.TrimSpace(r.PostForm.Get("text"))
		if text == "" || utf8.RuneCountInString(text) > maxWritten || !utf8.ValidString(text) {
			h.problem = "practice.text"
			return nil
		}
		if err := c.recordPractice(r, phone, "sms"); err != nil {
			return err
		}
		h.hangUp() // a basic phone does one thing at a time
		return h.send(ctx, c.Practice, phone, text, c.Now())
	})
}

func (c *Console) recordPractice(r *http.Request, phone gateway.Phone, how string) error {
	operator, _ := c.Gate.Of(r)
	return c.Gate.Record(r.Context(), account.Act{At: c.Now(), By: operator.Name, What: ActPractice, About: masked(phone), Detail: how + " " + c.Practice.Channel()})
}

// practise does something with the phone, and shows what its screen has then.
func (c *Console) practise(w http.ResponseWriter, r *http.Request, do func(context.Context, gateway.Phone, *handset) error) {
	if err := r.ParseForm(); err != nil {
		c.problem(w, r, http.StatusBadRequest, "problem.form")
		return
	}
	phone, _ := c.practicePhone(r)
	h := c.practice.handset(phone)
	ctx, cancel := context.WithTimeout(r.Context(), practiceWait)
	defer cancel()
	if err := h.use(func() error { return do(ctx, phone, h) }); err != nil && r.Context().Err() == nil {
		c.Logger.Warn().Err(err).Msg("the phone on the page was not answered")
	}
	if r.Header.Get("HX-Request") == "" {
		http.Redirect(w, r, "/practice", http.StatusSeeOther)
		return
	}
	texts, err := c.textsOf(r.Context(), phone, h)
	if err != nil {
		c.fail(w, r, err)
		return
	}
	c.part(w, r, "practice-now", practiceView{Screen: h.shown(c.Practice.Code()), Texts: texts})
}

// anotherPhone gives the operator the next of their phones, and after the last
// the first again.
func (c *Console) anotherPhone(w http.ResponseWriter, r *http.Request) {
	_, which := c.practicePhone(r)
	c.remember(w, phoneCookie, strconv.Itoa((which+1)%ownPhones))
	http.Redirect(w, r, "/practice", http.StatusSeeOther)
}

// practiceInbox waits for an SMS after the one with a number, and shows all of
// the phone then; 204 where none comes.
func (c *Console) practiceInbox(w http.ResponseWriter, r *http.Request) {
	after, err := sequence(r.URL.Query().Get("after"))
	if err != nil {
		c.problem(w, r, http.StatusBadRequest, "problem.address")
		return
	}
	select {
	case c.streams <- struct{}{}:
		defer func() { <-c.streams }()
	default:
		c.Metrics.refuse()
		w.Header().Set("Retry-After", fmt.Sprint(retryAfter))
		c.problem(w, r, http.StatusServiceUnavailable, "problem.streams")
		return
	}
	ctx, cancel := c.whileOpen(r.Context(), inboxWait+practiceWait)
	defer cancel()
	phone, _ := c.practicePhone(r)
	came, err := c.Practice.Inbox(ctx, phone, int64(after), inboxWait)
	switch {
	case ctx.Err() != nil, err == nil && len(came) == 0:
		w.WriteHeader(http.StatusNoContent)
		return
	case err != nil:
		c.fail(w, r, err)
		return
	}
	texts, err := c.textsOf(r.Context(), phone, c.practice.handset(phone))
	if err != nil {
		c.fail(w, r, err)
		return
	}
	c.part(w, r, "practice-texts", texts)
}
