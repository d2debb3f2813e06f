package console

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"haat/gateway"
	"haat/gateway/console/account"
	"haat/gateway/console/index"
	"haat/gateway/messagelog"
)

// ActReveal is the act of looking at a whole number, as the audit log names it.
const ActReveal = "reveal"

// sessionPause is how long a USSD session can rest: networks end it sooner, so
// that what comes later is another one.
const sessionPause = 3 * time.Minute

// conversationView is one phone's life as its template shows it.
type conversationView struct {
	Token  string
	Phone  string // masked
	Hue    int
	Thread threadView
	Side   sideView
	Write  *writeView // nil for who may not write, or where nothing can be sent
	Live   string
	Lag    lagView
}

// threadView is a part of what was said, the oldest first.
type threadView struct {
	Older *moreView
	Items []*item
}

// item is one message with what became of it, or what became of one that is not
// among them.
type item struct {
	line
	Parts []heardPart // what became what in its text
	Fates []line      // the statuses of the reply or the notice, the oldest first
	Day   string      // where it is another than that of the item before
	First bool        // a USSD session begins with it
}

// phoneOf reads the phone of the address, or answers that there is none.
func (c *Console) phoneOf(w http.ResponseWriter, r *http.Request) (gateway.Phone, bool) {
	phone, ok := c.tokens.phone(r.PathValue("token"))
	if !ok {
		c.problem(w, r, http.StatusNotFound, "problem.phone")
	}
	return phone, ok
}

// conversationPage shows a phone's conversation.
func (c *Console) conversationPage(w http.ResponseWriter, r *http.Request) {
	phone, ok := c.phoneOf(w, r)
	if !ok {
		return
	}
	at, err := sequence(r.URL.Query().Get("at"))
	if err != nil {
		c.problem(w, r, http.StatusBadRequest, "problem.address")
		return
	}
	shown, err := c.conversationOf(r.Context(), c.texts.of(r), phone, at)
	if err != nil {
		c.fail(w, r, err)
		return
	}
	c.showConversation(w, r, http.StatusOK, shown, draft{})
}

// conversationOf is the conversation with its newest messages or, with the
// sequence of one that is older than those, what was said around that.
func (c *Console) conversationOf(ctx context.Context, code string, phone gateway.Phone, at uint64) (shown conversationView, err error) {
	token := c.tokens.of(phone)
	shown = conversationView{Token: token, Phone: masked(phone), Hue: int(token[0]) % hues}
	head, err := c.head(ctx)
	if err != nil {
		return shown, err
	}
	page, newer, err := c.around(ctx, phone, at)
	if err != nil {
		return shown, err
	}
	if !newer {
		shown.Live = "/phone/" + token + "/live?after=" + strconv.FormatUint(max(head, newest(page.Rows)), 10)
	}
	shown.Thread = c.threadOf(code, page, token)
	if shown.Side, err = c.sideOf(ctx, code, phone); err != nil {
		return shown, err
	}
	shown.Lag, err = c.lag(ctx)
	return shown, err
}

// around gives the newest page of a phone or, if the row with the sequence is
// not on that, the page that has it in its middle. It tells whether there are
// newer rows.
func (c *Console) around(ctx context.Context, phone gateway.Phone, at uint64) (page index.Page, newer bool, err error) {
	f := index.Filter{Phone: phone}
	page, err = c.Index.Search(ctx, f, 0, pageRows)
	if err != nil || at == 0 || page.Older == 0 || page.Rows[len(page.Rows)-1].Seq <= at {
		return page, false, err
	}
	after, err := c.Index.After(ctx, f, at, pageRows/2)
	if err != nil {
		return page, false, err
	}
	page, err = c.Index.Search(ctx, f, at+1, pageRows/2)
	slices.Reverse(after)
	page.Rows = append(after, page.Rows...)
	return page, true, err
}

// threadOf puts what became of an SMS under it.
func (c *Console) threadOf(code string, page index.Page, token string) threadView {
	rows := page.Rows
	slices.Reverse(rows)
	return threadView{
		Items: c.itemsOf(code, rows),
		Older: &moreView{Action: "/phone/" + token + "/older", Fields: url.Values{}, Before: page.Older},
	}
}

func (c *Console) itemsOf(code string, rows []index.Row) (items []*item) {
	bySeq := map[string]*item{}
	var last *item
	for _, row := range rows {
		l := c.lineOf(row)
		if owner := bySeq[l.Ref]; row.Kind == messagelog.KindStatus && owner != nil {
			owner.Fates = append(owner.Fates, l)
			continue
		}
		it := &item{line: l, Parts: c.heardParts(code, l.Heard), First: l.Dial}
		if last == nil || c.day(last.At) != c.day(row.At) {
			it.Day = c.day(row.At)
		}
		if last == nil || last.Mode != l.Mode || last.Channel != l.Channel || row.At.Sub(last.At) > sessionPause {
			it.First = true
		}
		items, last = append(items, it), it
		bySeq[strconv.FormatUint(l.Seq, 10)] = it
	}
	return items
}

func (c *Console) day(at time.Time) string { return at.In(c.Zone).Format(time.DateOnly) }

// Time is the time of day; the day stands above.
func (l line) Time() string { return l.Stamp[len("2006-01-02 "):len("2006-01-02 15:04:05")] }

// olderLines gives what was said before.
func (c *Console) olderLines(w http.ResponseWriter, r *http.Request) {
	phone, ok := c.phoneOf(w, r)
	if !ok {
		return
	}
	before, err := sequence(r.URL.Query().Get("before"))
	if err != nil {
		c.problem(w, r, http.StatusBadRequest, "problem.address")
		return
	}
	page, err := c.Index.Search(r.Context(), index.Filter{Phone: phone}, before, pageRows)
	if err != nil {
		c.fail(w, r, err)
		return
	}
	c.part(w, r, "older-items", c.threadOf(c.texts.of(r), page, r.PathValue("token")))
}

// liveConversation pushes what is said now.
func (c *Console) liveConversation(w http.ResponseWriter, r *http.Request) {
	phone, ok := c.phoneOf(w, r)
	if !ok {
		return
	}
	c.stream(w, r, stream{whole: true, filter: index.Filter{Phone: phone}, render: func(rows []index.Row, _ uint64, _ int) ([]byte, error) {
		return c.pages.render(c.texts.of(r), "new-items", c.itemsOf(c.texts.of(r), rows))
	}})
}

// reveal shows a whole number, once it is recorded who looked.
func (c *Console) reveal(w http.ResponseWriter, r *http.Request) {
	phone, ok := c.phoneOf(w, r)
	if !ok {
		return
	}
	operator, ok := c.Gate.Of(r)
	if !ok {
		c.problem(w, r, http.StatusForbidden, "problem.role")
		return
	}
	act := account.Act{At: c.Now(), By: operator.Name, What: ActReveal, About: masked(phone)}
	if err := c.Gate.Record(r.Context(), act); err != nil {
		c.fail(w, r, err)
		return
	}
	c.part(w, r, "number", string(phone))
}
