package console

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"unicode/utf8"

	"haat/gateway"
	"haat/gateway/console/account"
	"haat/gateway/gsm"
)

// Writer is a channel by which operators can write.
type Writer struct {
	Channel string
	For     []string // channels that cannot send, whose phones it writes to
	Parts   int      // segments of an SMS, at most
	GSM7    bool     // it carries no other alphabet
	Tariff  gateway.Tariff
}

// maxDraft is how much an operator may type, in characters: more than any
// channel sends.
const maxDraft = 2000

// draft is an SMS that is being written.
type draft struct {
	Text    string
	Channel string
	Key     string // of the form: sent twice it is sent once
	Seen    int    // segments that its writer has seen it to take
	Error   string // the text of why it was not sent
}

// writeView is the form for writing to a phone.
type writeView struct {
	draft
	Token    string
	Writers  []string
	Size     sizeView
	OptedOut bool
	Hold     holdView
}

// formKey is what a form's key looks like.
var formKey = regexp.MustCompile(`^[A-Z2-7]{26}$`)

// draftOf reads the form. It is not ok where no page of ours has sent it.
func (c *Console) draftOf(w http.ResponseWriter, r *http.Request) (d draft, ok bool) {
	if err := r.ParseForm(); err != nil {
		c.problem(w, r, http.StatusBadRequest, "problem.form")
		return d, false
	}
	f := r.PostForm
	d = draft{Text: gsm.Clean(f.Get("text")), Channel: f.Get("channel"), Key: f.Get("key")}
	d.Seen, _ = strconv.Atoi(f.Get("seen"))
	if utf8.RuneCountInString(d.Text) > maxDraft || d.Channel != "" && !c.writes(d.Channel) {
		c.problem(w, r, http.StatusBadRequest, "problem.form")
		return d, false
	}
	return d, true
}

func (c *Console) writes(channel string) bool {
	return slices.ContainsFunc(c.Writers, func(w Writer) bool { return w.Channel == channel })
}

// writer is a channel that can write, or the one that writes for the channel;
// else the first.
func (c *Console) writer(channel string) Writer {
	for _, w := range c.Writers {
		if w.Channel == channel || slices.Contains(w.For, channel) {
			return w
		}
	}
	return c.Writers[0]
}

// showConversation shows a conversation with what is being written to it.
func (c *Console) showConversation(w http.ResponseWriter, r *http.Request, status int, shown conversationView, d draft) {
	shown.Side.Hold = c.offered(r, shown.Side.Hold)
	if shown.Live != "" && shown.Side.Hold.May {
		shown.Write = c.writeView(c.texts.of(r), shown, d)
	}
	c.show(w, r, status, "conversation", "conversation.title", shown)
}

func (c *Console) writeView(code string, shown conversationView, d draft) *writeView {
	if d.Channel == "" && len(shown.Thread.Items) > 0 {
		d.Channel = shown.Thread.Items[len(shown.Thread.Items)-1].Channel
	}
	by := c.writer(d.Channel)
	d.Channel = by.Channel
	if d.Key == "" {
		d.Key = rand.Text()
	}
	view := &writeView{draft: d, Token: shown.Token, OptedOut: shown.Side.OptedOut, Hold: shown.Side.Hold}
	for _, each := range c.Writers {
		view.Writers = append(view.Writers, each.Channel)
	}
	phone, _ := c.tokens.phone(shown.Token)
	view.Size = sizeOf(d.Text, phone, by)
	return view
}

// write sends an SMS to the phone, once its writer has seen what it takes.
func (c *Console) write(w http.ResponseWriter, r *http.Request) {
	phone, operator, ok := c.acting(w, r)
	if !ok {
		return
	}
	d, ok := c.draftOf(w, r)
	if !ok {
		return
	}
	if !formKey.MatchString(d.Key) {
		c.problem(w, r, http.StatusBadRequest, "problem.form")
		return
	}
	if d.Channel == "" {
		d.Channel = c.Writers[0].Channel
	}
	if r.PostForm.Get("do") == "plain" {
		d.Text, _ = gsm.Plain(d.Text)
		c.again(w, r, http.StatusOK, phone, d)
		return
	}
	size := sizeOf(d.Text, phone, c.writer(d.Channel))
	if size.Segments > max(1, d.Seen) && size.Problem == "" {
		d.Error = "compose.look"
		c.again(w, r, http.StatusOK, phone, d)
		return
	}
	err := c.send(r, phone, operator, d, size)
	if key := refusal(err); key != "" {
		d.Error = key
		c.again(w, r, http.StatusUnprocessableEntity, phone, d)
		return
	}
	if err != nil {
		c.fail(w, r, err)
		return
	}
	http.Redirect(w, r, "/phone/"+r.PathValue("token")+"#write", http.StatusSeeOther)
}

// send records the act, and sends. What cannot be sent is not recorded.
func (c *Console) send(r *http.Request, phone gateway.Phone, operator account.Operator, d draft, size sizeView) error {
	if size.refused != nil {
		return size.refused
	}
	profile, err := c.People.Profile(r.Context(), phone)
	if err != nil {
		return err
	}
	if profile.OptedOut {
		return gateway.ErrOptedOut
	}
	act := account.Act{At: c.Now(), By: operator.Name, What: ActWrite, About: masked(phone), Detail: fmt.Sprintf("%s, SMS × %d", d.Channel, size.Segments)}
	if err := c.Gate.Record(r.Context(), act); err != nil {
		return err
	}
	return c.Talk.Write(r.Context(), gateway.Notice{Channel: d.Channel, Phone: phone, Text: d.Text, By: operator.Name, Key: d.Key})
}

// refusal is the text that tells why an SMS was not sent; "" where it was, or
// where that is nobody's fault.
func refusal(err error) string {
	for _, known := range []struct {
		err error
		key string
	}{
		{gateway.ErrEmpty, "compose.empty"}, {gateway.ErrTooLong, "compose.too_long"},
		{gateway.ErrAlphabet, "compose.alphabet"}, {gateway.ErrOptedOut, "compose.opted_out"},
	} {
		if errors.Is(err, known.err) {
			return known.key
		}
	}
	return ""
}

// again shows the conversation with the SMS that is not sent yet.
func (c *Console) again(w http.ResponseWriter, r *http.Request, status int, phone gateway.Phone, d draft) {
	shown, err := c.conversationOf(r.Context(), c.texts.of(r), phone, 0)
	if err != nil {
		c.fail(w, r, err)
		return
	}
	c.showConversation(w, r, status, shown, d)
}

// sizePart tells what an SMS takes, as it is typed.
func (c *Console) sizePart(w http.ResponseWriter, r *http.Request) {
	d, ok := c.draftOf(w, r)
	if !ok {
		return
	}
	phone, ok := c.ofForm(r.PostForm)
	if !ok {
		c.problem(w, r, http.StatusBadRequest, "problem.form")
		return
	}
	c.part(w, r, "size", sizeOf(d.Text, phone, c.writer(d.Channel)))
}

// ofForm is the phone that a form is about; none is well, too: then nobody knows
// the price.
func (c *Console) ofForm(f url.Values) (gateway.Phone, bool) {
	if f.Get("token") == "" {
		return "", true
	}
	return c.tokens.phone(f.Get("token"))
}
