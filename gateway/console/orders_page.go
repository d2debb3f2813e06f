package console

import (
	"crypto/rand"
	"net/http"
	"slices"
	"strings"
	"time"

	"haat/catalog"
	"haat/gateway"
	"haat/gateway/console/account"
	"haat/orders"
)

// What operators do to orders, as the audit log names it. About is the order's
// number, Detail the reason with masked numbers.
const (
	ActOrderConfirm = "order-confirm"
	ActOrderCancel  = "order-cancel"
	ActOrderReject  = "order-reject"
	ActOrderNote    = "order-note"
)

var orderActs = map[orders.What]string{
	orders.ActConfirm: ActOrderConfirm, orders.ActCancel: ActOrderCancel, orders.ActReject: ActOrderReject, orders.ActNote: ActOrderNote,
}

// orderHead is what every place shows of an order.
type orderHead struct {
	ID, Link string
	Number   int64
	Stamp    string
	Token    string
	Phone    string // masked
	Hue      int
	Station  string
	Status   string
	Tone     string
	Total    string
}

func (c *Console) orderHeadOf(o orders.Order) orderHead {
	phone := gateway.Phone(o.Phone)
	h := orderHead{
		ID: o.ID, Link: c.orderLink(o.ID), Number: o.Number, Stamp: o.PlacedAt.In(c.Zone).Format("2006-01-02 15:04:05 MST"),
		Token: c.tokens.of(phone), Phone: masked(phone), Station: o.Station, Status: string(o.Status), Tone: orderTone(o.Status),
		Total: o.Total.Currency + " " + amount(o.Total),
	}
	if h.Token != "" {
		h.Hue = int(h.Token[0]) % hues
	}
	for _, s := range c.Stations {
		if s.ID == o.Station {
			h.Station = s.Name + ", " + s.Village
		}
	}
	return h
}

func orderTone(s orders.Status) string {
	switch s {
	case orders.Confirmed, orders.Dispatched, orders.Arrived, orders.Collected:
		return "good"
	case orders.Rejected, orders.Returned:
		return "bad"
	case orders.Placed:
		return "warn"
	}
	return "calm"
}

// orderPageView is one order as its template shows it.
type orderPageView struct {
	Head     orderHead
	Code     string // of the pickup; "" for those who may not see it
	Language string
	Channel  string
	Lines    []orderLine
	Lacks    []lackView  // what there is too little of to confirm it
	Can      []orderForm // acts that the status allows and the role may
	Note     orderForm
	MayAct   bool
	Said     string // the key of what became of an act; "" where there was none
	Good     bool   // it was done
	SMS      int
	Segments int
	Costs    []string
	Now      orderNowView
	Poll     string // where the page asks how the order stands
}

type orderLine struct {
	SKU, Link, Name string
	Qty             int
	Price, Sum      string
	Counted         bool
	Left            int
	Sold            bool
	Short           bool
}

// orderForm is the form of an act.
type orderForm struct {
	What, Link string
	ActID      string // a form that is sent twice is one act
	Bad        bool   // it was sent with a Reason that cannot be taken
	Reason     string
}

// orderNowView is what an open page asks for from time to time.
type orderNowView struct {
	Head    orderHead
	Changed bool // the order is not what it was when the page was made
	Events  []orderEvent
}

// orderPage shows an order.
func (c *Console) orderPage(w http.ResponseWriter, r *http.Request) {
	said := r.URL.Query().Get("said")
	if !slices.Contains(orderSaid, said) {
		said = ""
	}
	c.showOrder(w, r, http.StatusOK, said, orderForm{})
}

// orderSaid is what can be said about an act.
var orderSaid = []string{"confirm", "cancel", "reject", "note", "status", "short", "full"}

func (c *Console) showOrder(w http.ResponseWriter, r *http.Request, status int, said string, form orderForm) {
	rec, err := c.Orders.Get(r.Context(), r.PathValue("id"))
	if err != nil {
		c.failOrders(w, r, err)
		return
	}
	shown := c.orderOf(r, &rec, form)
	shown.Said, shown.Good = said, orderActs[orders.What(said)] != ""
	if shown.Now, err = c.orderNowOf(r, &rec, rec.Order.Status); err != nil {
		c.fail(w, r, err)
		return
	}
	shown.Poll = c.orderLink(rec.Order.ID) + "/now?was=" + string(rec.Order.Status)
	c.show(w, r, status, "order", "order.title", shown)
}

func (c *Console) orderOf(r *http.Request, rec *orders.Record, sent orderForm) orderPageView {
	o, code := rec.Order, c.texts.of(r)
	shown := orderPageView{Head: c.orderHeadOf(o), Channel: o.Channel, Language: o.Language, SMS: rec.Messages.Count, Segments: rec.Messages.Segments, MayAct: c.seesCodes(r)}
	for _, l := range c.Languages {
		if l.Code == o.Language {
			shown.Language = l.Name
		}
	}
	if shown.MayAct {
		shown.Code = o.PickupCode
		shown.Can, shown.Note = c.orderForms(o, sent)
	}
	for currency, micros := range rec.Messages.Costs {
		shown.Costs = append(shown.Costs, currency+" "+gateway.Cost{Micros: micros}.Decimal())
	}
	slices.Sort(shown.Costs)
	shown.Lines, shown.Lacks = c.orderLinesOf(code, rec)
	return shown
}

// orderForms are the forms of the acts that an order's status allows, one of them
// as it was sent.
func (c *Console) orderForms(o orders.Order, sent orderForm) (can []orderForm, note orderForm) {
	form := func(what orders.What) orderForm {
		f := orderForm{What: string(what), Link: c.orderLink(o.ID), ActID: rand.Text()}
		if sent.What == f.What {
			f.Bad, f.Reason = true, sent.Reason
		}
		return f
	}
	for _, what := range []orders.What{orders.ActConfirm, orders.ActReject, orders.ActCancel} {
		if o.Status.OperatorMay(what.Status()) {
			can = append(can, form(what))
		}
	}
	return can, form(orders.ActNote)
}

// orderLinesOf are an order's lines, and what there is too little of where it
// could be confirmed.
func (c *Console) orderLinesOf(code string, rec *orders.Record) (lines []orderLine, missing []lackView) {
	o, lacks := rec.Order, map[string]bool{}
	if o.Status.OperatorMay(orders.Confirmed) {
		for _, l := range rec.Lacks() {
			missing = append(missing, c.lackOf(code, l))
			lacks[l.SKU] = true
		}
	}
	for _, l := range o.Lines {
		level, sold := rec.Stock[l.SKU]
		lines = append(lines, orderLine{
			SKU: l.SKU, Link: c.ordersAddress(orderView{SKU: l.SKU}), Name: c.Product(code, l.SKU), Qty: l.Qty, Price: amount(l.UnitPrice), Sum: amount(l.UnitPrice.Times(l.Qty)),
			Counted: level.Counted, Left: level.Left, Sold: sold, Short: lacks[l.SKU],
		})
	}
	return lines, missing
}

// orderNow gives an open page how the order stands now.
func (c *Console) orderNow(w http.ResponseWriter, r *http.Request) {
	rec, err := c.Orders.Get(r.Context(), r.PathValue("id"))
	if err != nil {
		c.failOrders(w, r, err)
		return
	}
	now, err := c.orderNowOf(r, &rec, orders.Status(r.URL.Query().Get("was")))
	if err != nil {
		c.fail(w, r, err)
		return
	}
	c.part(w, r, "order-now", now)
}

func (c *Console) orderNowOf(r *http.Request, rec *orders.Record, was orders.Status) (orderNowView, error) {
	events, err := c.orderEvents(r.Context(), rec, c.seesCodes(r))
	return orderNowView{Head: c.orderHeadOf(rec.Order), Changed: was != "" && was != rec.Order.Status, Events: events}, err
}

// orderAct does something to an order, once it is recorded who does it.
func (c *Console) orderAct(w http.ResponseWriter, r *http.Request) {
	operator, ok := c.Gate.Of(r)
	if !ok {
		c.problem(w, r, http.StatusForbidden, "problem.role")
		return
	}
	if err := r.ParseForm(); err != nil {
		c.problem(w, r, http.StatusBadRequest, "problem.form")
		return
	}
	act := orders.Act{
		ID: r.PostForm.Get("act"), Order: r.PathValue("id"), What: orders.What(r.PostForm.Get("what")), By: operator.Name,
		Reason: strings.TrimSpace(strings.ReplaceAll(r.PostForm.Get("reason"), "\r\n", "\n")),
	}
	if orders.ValidReason(act.What, act.Reason) != nil {
		c.showOrder(w, r, http.StatusBadRequest, "", orderForm{What: string(act.What), Reason: strings.ToValidUTF8(act.Reason, "�")})
		return
	}
	if act.Validate() != nil {
		c.problem(w, r, http.StatusBadRequest, "problem.form")
		return
	}
	rec, err := c.Orders.Get(r.Context(), act.Order)
	if err != nil {
		c.failOrders(w, r, err)
		return
	}
	if err := c.Gate.Record(r.Context(), c.auditOf(act, rec.Order)); err != nil {
		c.fail(w, r, err)
		return
	}
	out, err := c.Orders.Act(r.Context(), act)
	if err != nil {
		c.failOrders(w, r, err)
		return
	}
	said := string(act.What)
	if out.Refused != "" {
		said = string(out.Refused)
	}
	http.Redirect(w, r, c.orderLink(act.Order)+"?said="+said, http.StatusSeeOther)
}

// auditOf is an act as the audit log keeps it.
func (c *Console) auditOf(a orders.Act, o orders.Order) account.Act {
	return account.Act{
		At: c.Now(), By: a.By, What: orderActs[a.What], About: c.texts.say(model, "order.number", "n", o.Number),
		Detail: maskNumbers(strings.ReplaceAll(a.Reason, "\n", " / "), gateway.Phone(o.Phone)),
	}
}

// stampOf is a time as pages write it in full.
func (c *Console) stampOf(at time.Time) string {
	return at.In(c.Zone).Format("2006-01-02 15:04:05 MST")
}

// amount is a price with its thousands apart, so that it is read at a glance.
func amount(m catalog.Money) string {
	whole, rest, _ := strings.Cut(m.Decimal(), ".")
	for i := len(whole) - 3; i > 0 && whole[i-1] != '-'; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if rest == "" {
		return whole
	}
	return whole + "." + rest
}
