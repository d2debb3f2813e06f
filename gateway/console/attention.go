package console

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"haat/gateway/console/account"
	"haat/gateway/console/attention"
)

// The acts of this page, as the audit log names them.
const (
	ActDeal   = "attention-dealt"  // About: the item
	ActUndo   = "attention-undone" // About: the item
	ActRetry  = "sms-retry"        // About: the phone; Detail: which SMS
	ActDrop   = "sms-drop"
	ActEdit   = "sms-edit"
	ActReplay = "dead-replay" // About: which dead letter
	ActBury   = "dead-drop"
)

// Attention is what the page needs: see [attention.Desk].
type Attention interface {
	Page(ctx context.Context, q attention.Query, limit int) (attention.Page, error)
	Counts(ctx context.Context, fresh bool) (map[attention.Kind]int, error)
	Deal(ctx context.Context, key string, mark uint64, by string) error
	Undo(ctx context.Context, key string) error
	letterDesk
	bulk
}

func (c *Console) attentionRoutes() []route {
	if c.Attention == nil {
		return nil
	}
	return slices.Concat([]route{
		{"GET", "/attention", account.Viewer, c.attentionPage},
		{"GET", "/attention/kinds", account.Viewer, c.attentionKinds},
		{"POST", "/attention/deal", account.Agent, c.deal},
		{"POST", "/attention/undo", account.Agent, c.undeal},
	}, c.deskRoutes(), c.bulkRoutes())
}

// How many items a page shows: of one kind, and of each where all are shown.
const (
	itemsOfKind = 50
	itemsOfEach = 8
)

// attentionView is the page as its template shows it.
type attentionView struct {
	Kinds  []kindView
	Groups []groupView
	Kind   string
	Query  url.Values
	MayAct bool
	May    bool // begin acts on many
	Empty  bool
}

// kindView is a kind with its count, and the address of its items.
type kindView struct {
	Kind, Address string
	Count         int
	More, Here    bool
}

// groupView are items of one kind.
type groupView struct {
	Kind  string
	Items []waitView
	More  string // the address of the others; "" where there are none
	Bulk  string // the address of acts on all; "" where there are none
}

// waitView is an item as pages show it.
type waitView struct {
	attention.Item
	line
	Since   string
	Stamp   string
	Why     string // masked
	RawCode string // the carrier's word, or who could not read a message
	Texts   int
	SMS     uint64 // may be sent again or dropped
	Write   bool   // its phone may be written to
	Back    string
	MayAct  bool
	Replays bool
	Dead    uint64
}

func (c *Console) attentionPage(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	query, ok := attentionQuery(q)
	if !ok {
		c.problem(w, r, http.StatusBadRequest, "problem.address")
		return
	}
	shown, err := c.attentionOf(r, query)
	switch {
	case errors.Is(err, attention.ErrSpot):
		c.problem(w, r, http.StatusBadRequest, "problem.address")
	case err != nil:
		c.fail(w, r, err)
	default:
		c.show(w, r, http.StatusOK, "attention", "attention.title", shown)
	}
}

// attentionQuery reads the query of an address.
func attentionQuery(q url.Values) (attention.Query, bool) {
	query := attention.Query{Kind: attention.Kind(q.Get("kind")), Channel: q.Get("channel"), After: q.Get("after")}
	ok := (query.Kind == "" && query.After == "" || slices.Contains(attention.Kinds, query.Kind)) && len(query.Channel) <= maxName && len(query.After) <= maxName
	return query, ok
}

func addressOfItems(q attention.Query) string {
	v := url.Values{}
	for name, value := range map[string]string{"kind": string(q.Kind), "channel": q.Channel, "after": q.After} {
		if value != "" {
			v.Set(name, value)
		}
	}
	return addressOf("/attention", v)
}

func (c *Console) attentionOf(r *http.Request, q attention.Query) (shown attentionView, err error) {
	operator, _ := c.Gate.Of(r)
	shown = attentionView{Kind: string(q.Kind), MayAct: operator.Role.May(account.Agent), May: operator.Role.May(account.Admin)}
	if shown.Kinds, err = c.kindsOf(r.Context(), q); err != nil {
		return shown, err
	}
	kinds, limit := attention.Kinds, itemsOfEach
	if q.Kind != "" {
		kinds, limit = []attention.Kind{q.Kind}, itemsOfKind
	}
	for _, kind := range kinds {
		q.Kind = kind
		page, err := c.Attention.Page(r.Context(), q, limit)
		if err != nil {
			return shown, err
		}
		group := groupView{Kind: string(kind)}
		for _, item := range page.Items {
			group.Items = append(group.Items, c.waitOf(item, r.URL.RequestURI(), shown.MayAct))
		}
		if page.Next != "" {
			next := q
			next.After = page.Next
			group.More = addressOfItems(next)
			if shown.Kind == "" {
				group.More = addressOfItems(attention.Query{Kind: kind, Channel: q.Channel})
			}
		}
		if many := kind == attention.Failed || kind == attention.Overdue || kind == attention.Unknown; many && shown.May && len(group.Items) > 0 {
			group.Bulk = "/bulk/new?" + url.Values{"waits": {string(kind)}, "in": {q.Channel}}.Encode()
		}
		if len(group.Items) > 0 || group.More != "" {
			shown.Groups = append(shown.Groups, group)
		}
	}
	shown.Empty = len(shown.Groups) == 0
	return shown, nil
}

// waitOf is an item as pages show it: its numbers are masked.
func (c *Console) waitOf(i attention.Item, back string, mayAct bool) waitView {
	w := waitView{Item: i, line: c.rowOf(i.Row), Since: c.clock(i.Since), Stamp: i.Since.In(c.Zone).Format("2006-01-02 15:04:05 MST"),
		Texts: i.Count, Back: back, MayAct: mayAct, Why: i.Why}
	w.RawCode = maskNumbers(cmp.Or(i.Code, i.Row.Code), i.Row.Phone)
	if w.Why == "" {
		w.Why = w.line.Why
	}
	w.Why = maskNumbers(w.Why, i.Row.Phone)
	if i.Row.Phone != "" && i.Movable() {
		w.SMS = i.Row.Seq
	}
	w.Write = i.Kind == attention.Unknown && w.Token != ""
	if i.Letter != nil {
		w.Dead, w.Replays, w.RawCode = i.Letter.Seq, i.Letter.Replays, maskNumbers(i.Letter.Consumer, "")
	}
	return w
}

func (c *Console) kindsOf(ctx context.Context, q attention.Query) (all []kindView, err error) {
	counts, err := c.Attention.Counts(ctx, true)
	if err != nil {
		return nil, err
	}
	total := 0
	for _, n := range counts {
		total += n
	}
	all = append(all, kindView{Kind: "all", Address: addressOfItems(attention.Query{Channel: q.Channel}), Count: total, Here: q.Kind == ""})
	for _, kind := range attention.Kinds {
		n := counts[kind]
		all = append(all, kindView{string(kind), addressOfItems(attention.Query{Kind: kind, Channel: q.Channel}), n, n >= attention.MaxCount, q.Kind == kind})
	}
	return all, nil
}

// attentionKinds is what an open page asks for from time to time: the counts
// alone, so that nothing moves under the reader's eyes.
func (c *Console) attentionKinds(w http.ResponseWriter, r *http.Request) {
	q, ok := attentionQuery(r.URL.Query())
	if !ok {
		c.problem(w, r, http.StatusBadRequest, "problem.address")
		return
	}
	kinds, err := c.kindsOf(r.Context(), q)
	if err != nil {
		c.fail(w, r, err)
		return
	}
	c.part(w, r, "attention-kinds", kinds)
}

// waiting is the count for the navigation; 0 where it is not known.
func (c *Console) waiting(ctx context.Context) (n int) {
	if c.Attention == nil {
		return 0
	}
	counts, err := c.Attention.Counts(ctx, false)
	if err != nil {
		c.Logger.Warn().Err(err).Msg("what needs attention cannot be counted")
		return 0
	}
	for count := range maps.Values(counts) {
		n += count
	}
	return n
}

// deal notes that an operator has dealt with an item.
func (c *Console) deal(w http.ResponseWriter, r *http.Request) {
	key := r.PostFormValue("key")
	mark, err := sequence(r.PostFormValue("mark"))
	if err != nil || key == "" || len(key) > maxName {
		c.problem(w, r, http.StatusBadRequest, "problem.form")
		return
	}
	operator, _ := c.Gate.Of(r)
	err = c.Gate.Record(r.Context(), account.Act{At: time.Now(), By: operator.Name, What: ActDeal, About: maskNumbers(key, "")})
	if err == nil {
		err = c.Attention.Deal(r.Context(), key, mark, operator.Name)
	}
	if errors.Is(err, attention.ErrKey) {
		c.problem(w, r, http.StatusBadRequest, "problem.form")
		return
	}
	c.acted(w, r, actedView{Key: "acted.dealt", By: operator.Name, Undo: key}, err)
}

func (c *Console) undeal(w http.ResponseWriter, r *http.Request) {
	key := r.PostFormValue("key")
	if key == "" || len(key) > maxName {
		c.problem(w, r, http.StatusBadRequest, "problem.form")
		return
	}
	operator, _ := c.Gate.Of(r)
	err := c.Gate.Record(r.Context(), account.Act{At: time.Now(), By: operator.Name, What: ActUndo, About: maskNumbers(key, "")})
	if err == nil {
		err = c.Attention.Undo(r.Context(), key)
	}
	c.acted(w, r, actedView{Key: "acted.undone"}, err)
}

// actedView is what stands where an item was that something was done about.
type actedView struct {
	Key  string // of the text
	By   string
	Ref  string
	Undo string // the item that can be brought back
	Back string
	Bad  bool
}

// acted says what was done, or why nothing was: in place, or with a page.
func (c *Console) acted(w http.ResponseWriter, r *http.Request, done actedView, err error) {
	done.Back = local(r.PostFormValue("back"))
	if done.Back == "/" {
		done.Back = "/attention"
	}
	inPlace := r.Header.Get("HX-Request") != ""
	var refused *attention.Refused
	switch {
	case errors.As(err, &refused):
		if !inPlace {
			c.problem(w, r, http.StatusConflict, "problem.refused_"+refused.Why)
			return
		}
		done.Key, done.Bad = "problem.refused_"+refused.Why, true
	case errors.Is(err, attention.ErrNoDeadLetter):
		done.Key, done.Bad = "acted.no_dead", true
	case err != nil:
		c.fail(w, r, err)
		return
	}
	if inPlace {
		c.part(w, r, "attention-acted", done)
		return
	}
	http.Redirect(w, r, done.Back, http.StatusSeeOther)
}

// about is the row that a form is about.
func (c *Console) about(w http.ResponseWriter, r *http.Request) (seq uint64, ok bool) {
	seq, err := strconv.ParseUint(r.PathValue("seq"), 10, 63)
	if err != nil || seq == 0 {
		c.problem(w, r, http.StatusNotFound, "problem.refused_gone")
		return 0, false
	}
	return seq, true
}
