package dialogue

import (
	"strconv"

	"haat/gateway/screen"
	"haat/orders"
)

// latest is how many orders are listed.
const latest = 3

// orders lists the phone's orders, newest first: those that were looked up, and
// before them any that were placed so lately that the look-up does not have them.
func (t *talk) orders() []orders.Order {
	if !t.looked() {
		t.need = !t.w.OrdersErr
		return nil
	}
	var list []orders.Order
	for i := len(t.s.Orders) - 1; i >= 0; i-- {
		if ref := t.s.Orders[i]; !hasOrder(t.w.Orders, ref.Number) {
			list = append(list, orders.Order{ID: ref.ID, Number: ref.Number, Status: ref.status()})
		}
	}
	return append(list, t.w.Orders...)
}

// looked tells whether the phone's orders were looked up with success.
func (t *talk) looked() bool { return t.w.OrdersKnown && !t.w.OrdersErr }

func hasOrder(list []orders.Order, number int64) bool {
	for i := range list {
		if list[i].Number == number {
			return true
		}
	}
	return false
}

// status is the order's status as far as the session knows.
func (r OrderRef) status() orders.Status {
	if r.Told == "" {
		return orders.Placed
	}
	return r.Told
}

// order finds an order of this phone by its number.
func (t *talk) order(number int64) (orders.Order, bool) {
	for _, o := range t.orders() {
		if o.Number == number {
			return o, true
		}
	}
	return orders.Order{}, false
}

func (t *talk) latest() []orders.Order {
	list := t.orders()
	return list[:min(len(list), latest)]
}

func (t *talk) orderList() {
	t.class = ClassStatus
	t.enter(stateOrders, "")
}

func (t *talk) ordersDraft() screen.Draft {
	p, list := &t.l.Phrases, t.latest()
	d := screen.Draft{Title: p.OrdersTitle.String(), Nav: t.navUp()}
	switch {
	case !t.looked():
		d.Title = p.OrdersAway.String()
	case len(list) == 0:
		d.Title = p.OrdersNone.String()
	}
	texts := make([]string, len(list))
	for i, o := range list {
		texts[i] = strconv.FormatInt(o.Number, 10) + " " + t.words().status(o.Status)
		if len(o.Lines) > 0 {
			texts[i] += " " + t.l.Money(o.Total)
		}
	}
	d.Options = options(texts...)
	return d
}

func (t *talk) ordersAnswer(key string) {
	list := t.latest()
	if i, ok := t.choose(key, len(list)); ok {
		t.showOrder(list[i].Number)
	}
}

// showOrder goes to an order, or to the list with a hint where the phone has
// none of that number.
func (t *talk) showOrder(number int64) {
	if _, ok := t.order(number); !ok && t.looked() {
		t.orderList()
		t.class, t.hint = ClassHint, hintOrderUnknown(strconv.FormatInt(number, 10))
		return
	}
	t.class = ClassStatus
	t.enter(stateOrder, strconv.FormatInt(number, 10))
}

// focusNumber is the order's number that a state is about, or 0.
func focusNumber(focus string) int64 {
	n, err := strconv.ParseInt(focus, 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}

func (t *talk) orderDraft() screen.Draft {
	o, ok := t.order(focusNumber(t.s.Focus))
	if !ok {
		return t.orderAway()
	}
	p, say := &t.l.Phrases, t.words()
	var body []string
	if o.PickupCode != "" {
		body = append(body, p.PickupCode.With("code", o.PickupCode))
	}
	if len(o.Lines) > 0 {
		body = append(append(body, t.lines(o.Lines)...), p.Total.With("total", t.l.Money(o.Total)))
	}
	if o.Station != "" {
		body = append(body, p.CollectAt.With("station", say.station(o.Station)))
	}
	d := screen.Draft{Title: p.OrderTitle.With("number", t.s.Focus, "status", say.status(o.Status)), Body: body, Nav: t.nav()}
	if o.Status.CanBecome(orders.Cancelled) {
		d.Final = options(p.CancelOrder.String())
	}
	return d
}

// orderAway stands for an order that cannot be shown.
func (t *talk) orderAway() screen.Draft {
	d := screen.Draft{Title: t.l.Phrases.OrdersAway.String(), Nav: t.nav()}
	if t.looked() {
		d.Title = t.l.Phrases.OrderUnknown.With("number", t.s.Focus)
	}
	return d
}

func (t *talk) orderAnswer(key string) {
	o, ok := t.order(focusNumber(t.s.Focus))
	if !ok || !o.Status.CanBecome(orders.Cancelled) {
		t.noAnswer(key)
		return
	}
	if t.decide(key, 1) == 1 {
		t.enter(stateCancel, t.s.Focus)
	}
}

func (t *talk) cancelDraft() screen.Draft {
	if _, ok := t.order(focusNumber(t.s.Focus)); !ok {
		return t.orderAway()
	}
	p := &t.l.Phrases
	return screen.Draft{
		Body:  []string{p.CancelQuestion.With("number", t.s.Focus)},
		Final: options(p.CancelYes.String(), p.CancelNo.String()),
		Nav:   t.nav(),
	}
}

func (t *talk) cancelAnswer(key string) {
	switch t.decide(key, 2) {
	case 1:
		t.cancelOrder(focusNumber(t.s.Focus))
	case 2:
		t.cancelBack()
	}
}

func (t *talk) cancelBack() { t.enter(stateOrder, t.s.Focus) }

// cancelOrder asks the processor to cancel an order of this phone, unless that
// cannot be done any more.
func (t *talk) cancelOrder(number int64) {
	o, ok := t.order(number)
	if !ok {
		t.showOrder(number)
		return
	}
	if !o.Status.CanBecome(orders.Cancelled) {
		refused := orders.Event{Kind: o.Status, Order: o, Refused: o.Status != orders.Cancelled}
		t.finish(ClassCancel, t.words().tells(refused)...)
		return
	}
	t.request = &orders.Request{Cancel: &orders.Cancel{ID: o.ID, Number: o.Number, At: t.w.Now}}
	t.finish(ClassCancel, t.words().forms(func(w wording) string {
		return w.l.Phrases.Cancelling.With("number", strconv.FormatInt(number, 10))
	})...)
}
