package console

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"haat/gateway/console/account"
	"haat/orders"
	"haat/orders/desk"
)

// Orders is the orders half, as its pages ask it. What it cannot answer now is
// desk.ErrAway, and an id that it does not know orders.ErrUnknown.
type Orders interface {
	List(ctx context.Context, s orders.Search) (orders.Page, error)
	Counts(ctx context.Context) (orders.Counts, error)
	Get(ctx context.Context, id string) (orders.Record, error)
	Act(ctx context.Context, a orders.Act) (orders.Outcome, error)
}

func (c *Console) orderRoutes() []route {
	if c.Orders == nil {
		return nil
	}
	return []route{
		{"GET", "/orders", account.Viewer, c.ordersPage},
		{"GET", "/orders/rows", account.Viewer, c.moreOrders},
		{"GET", "/orders/news", account.Viewer, c.orderNews},
		{"POST", "/orders/find", account.Viewer, c.findOrders},
		{"GET", "/order/{id}", account.Viewer, c.orderPage},
		{"GET", "/order/{id}/now", account.Viewer, c.orderNow},
		{"POST", "/order/{id}/act", account.Agent, c.orderAct},
	}
}

// orderLink is the address of an order's page; "" where there is none.
func (c *Console) orderLink(id string) string {
	if c.Orders == nil || id == "" {
		return ""
	}
	return "/order/" + url.PathEscape(id)
}

// failOrders tells why the orders half gave no answer.
func (c *Console) failOrders(w http.ResponseWriter, r *http.Request, err error) {
	switch {
	case errors.Is(err, orders.ErrUnknown):
		c.problem(w, r, http.StatusNotFound, "problem_order.unknown")
	case errors.Is(err, desk.ErrAway):
		c.Logger.Warn().Err(err).Str("page", r.Pattern).Msg("a page of orders cannot be shown")
		c.problem(w, r, http.StatusServiceUnavailable, "problem_order.away")
	default:
		c.fail(w, r, err)
	}
}

// ordersView is the list of orders as its template shows it.
type ordersView struct {
	View    orderView
	Top     ordersTop
	Rows    orderRows
	Filters orderFilters
	Empty   string // the key of what to say where there is none
	News    string // where the page asks what is new; "" where it does not
}

// ordersTop is what an open list asks for from time to time.
type ordersTop struct {
	Counters []counter
	New      int    // orders that came since
	More     bool   // there are more than New
	Again    string // the address of the list, to see them
}

// orderRows are orders of the list and the way to older ones.
type orderRows struct {
	Rows  []orderRow
	Older *olderOrders
}

// olderOrders is a form that asks for older orders: see the template "more".
type olderOrders struct {
	Action string
	Fields url.Values
	Before string // "": there are none
	Count  int
}

// orderRow is an order of the list.
type orderRow struct {
	ID, Link string
	Number   int64
	Place    orders.Cursor
	At       time.Time
	Clock    string
	Stamp    string
	Token    string
	Phone    string // masked
	Hue      int
	Station  string
	Status   string
	Tone     string
	Goods    []ordered
	More     int // lines that are not shown
	Total    string
	Lacks    []lackView
	Fillable bool // it was rejected for want of stock, and there is enough of that now
}

type ordered struct {
	Name string
	Qty  int
}

type lackView struct {
	Name             string
	Want, Left, Lack int
}

// ordersPage shows the list of orders.
func (c *Console) ordersPage(w http.ResponseWriter, r *http.Request) {
	v, err := c.readOrderView(r.URL.Query())
	if err != nil {
		c.problem(w, r, http.StatusBadRequest, "problem.address")
		return
	}
	if c.hideNumber(&v) { // a number in the address would stay in histories and proxies' logs
		http.Redirect(w, r, c.ordersAddress(v), http.StatusSeeOther)
		return
	}
	page, err := c.Orders.List(r.Context(), v.search(c.Now(), c.seesCodes(r), orders.MaxPage))
	if err != nil {
		c.failOrders(w, r, err)
		return
	}
	code := c.texts.of(r)
	shown := ordersView{View: v, Rows: c.orderRowsOf(code, page, v), Filters: c.orderFiltersOf(code, v, page.Count)}
	if shown.Top, err = c.ordersTopOf(r.Context(), v); err != nil {
		c.failOrders(w, r, err)
		return
	}
	shown.Empty = "empty_orders.none"
	if c.ordersAddress(v) != "/orders" {
		shown.Empty = "empty_orders.filter"
	}
	if v.Before.IsZero() && v.To.IsZero() {
		q := c.orderQuery(v)
		if len(page.Rows) > 0 {
			q.Set("after", page.Rows[0].Order.Place().String())
		}
		shown.News = addressOf("/orders/news", q)
	}
	c.show(w, r, http.StatusOK, "orders", "orders.title", shown)
}

// seesCodes tells whether who asks may see pickup codes: with one, goods can be
// collected.
func (c *Console) seesCodes(r *http.Request) bool {
	operator, ok := c.Gate.Of(r)
	return ok && operator.Role.May(account.Agent)
}

// moreOrders gives the orders below a place of the list.
func (c *Console) moreOrders(w http.ResponseWriter, r *http.Request) {
	v, err := c.readOrderView(r.URL.Query())
	if err != nil {
		c.problem(w, r, http.StatusBadRequest, "problem.address")
		return
	}
	page, err := c.Orders.List(r.Context(), v.search(c.Now(), c.seesCodes(r), orders.MaxPage))
	if err != nil {
		c.failOrders(w, r, err)
		return
	}
	c.part(w, r, "order-rows", c.orderRowsOf(c.texts.of(r), page, v))
}

// orderNews counts what came since an order of the list.
func (c *Console) orderNews(w http.ResponseWriter, r *http.Request) {
	v, err := c.readOrderView(r.URL.Query())
	after, errAfter := orders.ReadCursor(r.URL.Query().Get("after"))
	if err := errors.Join(err, errAfter); err != nil {
		c.problem(w, r, http.StatusBadRequest, "problem.address")
		return
	}
	s := v.search(c.Now(), c.seesCodes(r), 0)
	s.After = after
	page, err := c.Orders.List(r.Context(), s)
	if err != nil {
		c.failOrders(w, r, err)
		return
	}
	top, err := c.ordersTopOf(r.Context(), v)
	if err != nil {
		c.failOrders(w, r, err)
		return
	}
	top.New, top.More = min(page.Count, orders.MaxCount), page.Count > orders.MaxCount
	c.part(w, r, "orders-top", top)
}

// findOrders makes the address of what was typed into the filter.
func (c *Console) findOrders(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		c.problem(w, r, http.StatusBadRequest, "problem.form")
		return
	}
	q := r.PostForm
	q.Del("before")
	v, err := c.readOrderView(q)
	if err != nil {
		c.problem(w, r, http.StatusBadRequest, "problem.form")
		return
	}
	typed := view{Phone: v.Phone, End: v.End}
	if c.typed(&typed, q.Get("number")) != nil {
		c.problem(w, r, http.StatusBadRequest, "problem.number")
		return
	}
	v.Phone, v.End = typed.Phone, typed.End
	c.hideNumber(&v)
	http.Redirect(w, r, c.ordersAddress(v), http.StatusSeeOther)
}

// ordersTopOf are the counters, each of which opens its orders.
func (c *Console) ordersTopOf(ctx context.Context, v orderView) (top ordersTop, err error) {
	counts, err := c.Orders.Counts(ctx)
	if err != nil {
		return top, err
	}
	v.Before = orders.Cursor{}
	top.Again = c.ordersAddress(v)
	add := func(key, tone string, n int, v orderView) {
		top.Counters = append(top.Counters, counter{key, c.ordersAddress(v), tone, min(n, orders.MaxCount), n > orders.MaxCount})
	}
	add("order_count.short", "warn", counts.Short, orderView{Short: true})
	for _, status := range orders.Statuses() {
		if n := counts.ByStatus[status]; n > 0 {
			add("order_status."+string(status), "", n, orderView{Status: string(status)})
		}
	}
	return top, nil
}

func (c *Console) orderRowsOf(code string, page orders.Page, v orderView) orderRows {
	shown := orderRows{Rows: make([]orderRow, len(page.Rows))}
	for i, s := range page.Rows {
		shown.Rows[i] = c.orderRowOf(code, s)
	}
	v.Before = orders.Cursor{}
	shown.Older = &olderOrders{Action: "/orders/rows", Fields: c.orderQuery(v), Before: page.Older.String()}
	return shown
}

func (c *Console) orderRowOf(code string, s orders.Summary) orderRow {
	o := s.Order
	h := c.orderHeadOf(o)
	row := orderRow{
		ID: o.ID, Link: c.orderLink(o.ID), Number: o.Number, Place: o.Place(), At: o.PlacedAt, Clock: c.clock(o.PlacedAt), Stamp: h.Stamp,
		Token: h.Token, Phone: h.Phone, Hue: h.Hue, Station: h.Station, Status: h.Status, Tone: h.Tone, Total: h.Total, More: s.Lines - len(o.Lines),
	}
	for _, l := range o.Lines {
		row.Goods = append(row.Goods, ordered{c.Product(code, l.SKU), l.Qty})
	}
	for _, l := range s.Lacks {
		if l.Left < l.Want {
			row.Lacks = append(row.Lacks, c.lackOf(code, l))
		}
	}
	row.Fillable = len(s.Lacks) > 0 && len(row.Lacks) == 0
	return row
}

func (c *Console) lackOf(code string, l orders.Lack) lackView {
	return lackView{c.Product(code, l.SKU), l.Want, l.Left, l.Want - l.Left}
}
