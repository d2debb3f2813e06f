package console

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"haat/gateway"
	"haat/gateway/console/account"
	"haat/gateway/console/attention"
	"haat/gateway/gsm"
	"haat/gateway/messagelog"
)

// letterDesk is what can be done about one item.
type letterDesk interface {
	Letter(ctx context.Context, seq uint64) (messagelog.Letter, error)
	Again(ctx context.Context, seq uint64, text string) (ref string, err error)
	Drop(ctx context.Context, seq uint64) error
	Write(ctx context.Context, p gateway.Phone, channel, text string) (ref string, err error)
	ReplayDead(ctx context.Context, seq uint64) error
	DropDead(ctx context.Context, seq uint64) error
}

func (c *Console) deskRoutes() []route {
	return []route{
		{"POST", "/attention/sms/{seq}/retry", account.Agent, c.retryOne},
		{"POST", "/attention/sms/{seq}/drop", account.Agent, c.dropOne},
		{"GET", "/attention/sms/{seq}/edit", account.Agent, c.editPage},
		{"POST", "/attention/sms/{seq}/edit", account.Agent, c.edit},
		{"GET", "/attention/write/{token}", account.Agent, c.writePage},
		{"POST", "/attention/write/{token}", account.Agent, c.answer},
		{"POST", "/attention/dead/{seq}/replay", account.Agent, c.replayDead},
		{"POST", "/attention/dead/{seq}/drop", account.Agent, c.dropDead},
	}
}

// letterOf is the SMS that a form is about, or an answer why there is none.
func (c *Console) letterOf(w http.ResponseWriter, r *http.Request) (l messagelog.Letter, seq uint64, ok bool) {
	if seq, ok = c.about(w, r); !ok {
		return l, seq, false
	}
	l, err := c.Attention.Letter(r.Context(), seq)
	if err != nil {
		c.acted(w, r, actedView{}, err)
	}
	return l, seq, err == nil
}

// recorded notes in the audit log what an operator is about to do.
func (c *Console) recorded(r *http.Request, what string, phone gateway.Phone, detail string) error {
	operator, _ := c.Gate.Of(r)
	return c.Gate.Record(r.Context(), account.Act{At: time.Now(), By: operator.Name, What: what, About: masked(phone), Detail: detail})
}

func (c *Console) retryOne(w http.ResponseWriter, r *http.Request) {
	l, seq, ok := c.letterOf(w, r)
	if !ok {
		return
	}
	var ref string
	err := c.recorded(r, ActRetry, l.Phone, "SMS "+l.Ref)
	if err == nil {
		ref, err = c.Attention.Again(r.Context(), seq, "")
	}
	c.acted(w, r, actedView{Key: "acted.retried", Ref: ref}, err)
}

func (c *Console) dropOne(w http.ResponseWriter, r *http.Request) {
	l, seq, ok := c.letterOf(w, r)
	if !ok {
		return
	}
	err := c.recorded(r, ActDrop, l.Phone, "SMS "+l.Ref)
	if err == nil {
		err = c.Attention.Drop(r.Context(), seq)
	}
	c.acted(w, r, actedView{Key: "acted.dropped"}, err)
}

// composeView is a form in which a text is written.
type composeView struct {
	Action   string
	Title    string // the key of the heading
	Token    string
	Phone    string
	Old      string // what was said
	Text     string
	Segments int
	Units    int
	Unicode  bool
	Cost     string
	Problem  string // the key of why it is not sent
	Channel  string
	Key      string // the item that is dealt with thereby
	Mark     uint64
	Back     string
}

func (v *composeView) size() {
	text := gsm.Clean(v.Text)
	v.Segments, v.Units, v.Unicode = gsm.Segments(text), gsm.Units(text), gsm.Encoding(text) != gsm.GSM7
}

func (c *Console) composing(w http.ResponseWriter, r *http.Request, v composeView) {
	v.size()
	status := http.StatusOK
	if v.Problem != "" {
		status = http.StatusUnprocessableEntity
	}
	c.show(w, r, status, "attention-write", v.Title, v)
}

func (c *Console) editView(l messagelog.Letter, seq uint64) composeView {
	token := c.tokens.of(l.Phone)
	return composeView{Action: "/attention/sms/" + strconv.FormatUint(seq, 10) + "/edit", Title: "attention.edit_title", Token: token, Phone: masked(l.Phone),
		Old: maskNumbers(l.Text, l.Phone), Text: maskNumbers(l.Text, l.Phone), Channel: l.Channel, Back: "/phone/" + token}
}

// editPage shows the text of an SMS to be changed.
func (c *Console) editPage(w http.ResponseWriter, r *http.Request) {
	if l, seq, ok := c.letterOf(w, r); ok {
		c.composing(w, r, c.editView(l, seq))
	}
}

// hiddenLeft tells whether a text still has a number in it that was masked: it
// would be sent with the dots.
func hiddenLeft(text string) bool { return strings.Contains(text, dots) }

// edit sends the changed text, and drops the SMS that it is instead of.
func (c *Console) edit(w http.ResponseWriter, r *http.Request) {
	l, seq, ok := c.letterOf(w, r)
	if !ok {
		return
	}
	v := c.editView(l, seq)
	v.Text = r.PostFormValue("text")
	if r.PostFormValue("count") != "" {
		c.composing(w, r, v)
		return
	}
	c.compose(w, r, v, func(text string) (string, error) {
		if err := c.recorded(r, ActEdit, l.Phone, "SMS "+l.Ref); err != nil {
			return "", err
		}
		return c.Attention.Again(r.Context(), seq, text)
	})
}

// compose checks a text and sends it, or shows the form again with the reason.
func (c *Console) compose(w http.ResponseWriter, r *http.Request, v composeView, send func(text string) (string, error)) {
	text, err := attention.Text(v.Text)
	if err == nil && hiddenLeft(text) {
		v.Problem = "problem.refused_hidden"
		c.composing(w, r, v)
		return
	}
	if err == nil {
		_, err = send(text)
	}
	var refused *attention.Refused
	switch {
	case errors.As(err, &refused):
		v.Problem = "problem.refused_" + refused.Why
		c.composing(w, r, v)
	case err != nil:
		c.fail(w, r, err)
	default:
		http.Redirect(w, r, v.Back, http.StatusSeeOther)
	}
}

func (c *Console) answerView(r *http.Request, phone gateway.Phone, get func(string) string) (v composeView, err error) {
	v = composeView{Action: "/attention/write/" + r.PathValue("token"), Title: "attention.write_title", Token: r.PathValue("token"), Phone: masked(phone),
		Channel: get("channel"), Key: get("key"), Back: "/phone/" + r.PathValue("token")}
	v.Mark, err = sequence(get("mark"))
	if err == nil && (len(v.Channel) > maxName || len(v.Key) > maxName) {
		err = badView{"channel"}
	}
	return v, err
}

// writePage shows what a phone said that was not understood, to be answered.
func (c *Console) writePage(w http.ResponseWriter, r *http.Request) {
	phone, ok := c.phoneOf(w, r)
	if !ok {
		return
	}
	v, err := c.answerView(r, phone, r.URL.Query().Get)
	if err != nil {
		c.problem(w, r, http.StatusBadRequest, "problem.address")
		return
	}
	if v.Old, err = c.said(r.Context(), phone, v.Mark); err != nil {
		c.fail(w, r, err)
		return
	}
	c.composing(w, r, v)
}

// said is the text of a phone's message, masked.
func (c *Console) said(ctx context.Context, phone gateway.Phone, seq uint64) (string, error) {
	if seq == 0 {
		return "", nil
	}
	rows, err := c.Index.After(ctx, viewOf(phone).filter(c.Now()), seq-1, 1)
	if err != nil || len(rows) == 0 || rows[0].Seq != seq {
		return "", err
	}
	return maskNumbers(rows[0].In, phone), nil
}

func viewOf(phone gateway.Phone) view { return view{Phone: phone} }

// answer sends a text to a phone; the item that it answers is dealt with.
func (c *Console) answer(w http.ResponseWriter, r *http.Request) {
	phone, ok := c.phoneOf(w, r)
	if !ok {
		return
	}
	v, err := c.answerView(r, phone, r.PostFormValue)
	if err != nil || v.Channel == "" {
		c.problem(w, r, http.StatusBadRequest, "problem.form")
		return
	}
	if v.Old, err = c.said(r.Context(), phone, v.Mark); err != nil {
		c.fail(w, r, err)
		return
	}
	v.Text = r.PostFormValue("text")
	if r.PostFormValue("count") != "" {
		c.composing(w, r, v)
		return
	}
	c.compose(w, r, v, func(text string) (string, error) {
		if err := c.recorded(r, ActWrite, phone, fmt.Sprintf("%d segments", gsm.Segments(text))); err != nil {
			return "", err
		}
		ref, err := c.Attention.Write(r.Context(), phone, v.Channel, text)
		if err == nil && v.Key != "" {
			operator, _ := c.Gate.Of(r)
			err = c.Attention.Deal(r.Context(), v.Key, v.Mark, operator.Name)
		}
		return ref, err
	})
}

func (c *Console) replayDead(w http.ResponseWriter, r *http.Request) {
	c.dead(w, r, ActReplay, "acted.replayed", c.Attention.ReplayDead)
}

func (c *Console) dropDead(w http.ResponseWriter, r *http.Request) {
	c.dead(w, r, ActBury, "acted.dropped", c.Attention.DropDead)
}

// dead does something about a dead letter.
func (c *Console) dead(w http.ResponseWriter, r *http.Request, what, said string, do func(context.Context, uint64) error) {
	seq, ok := c.about(w, r)
	if !ok {
		return
	}
	operator, _ := c.Gate.Of(r)
	err := c.Gate.Record(r.Context(), account.Act{At: time.Now(), By: operator.Name, What: what, About: strconv.FormatUint(seq, 10)})
	if err == nil {
		err = do(r.Context(), seq)
	}
	c.acted(w, r, actedView{Key: said}, err)
}
