package dialogue

import (
	"strconv"
	"strings"

	"haat/catalog"
	"haat/gateway/screen"
	"haat/orders"
)

// focusCheckout marks a station question that stands before the confirm screen.
const focusCheckout = "checkout"

// checkOut goes to the confirm screen, by way of the open questions and of the
// station where it is not known. Without any station there is nowhere to collect, and no order.
func (t *talk) checkOut() {
	_, ok := t.station()
	switch n := len(t.w.Stations); {
	case len(t.s.Questions) > 0:
		t.ask()
	case ok:
		t.toConfirm(t.reprice())
	case n == 0:
		t.basket()
		t.class, t.hint = ClassHint, hintNoStations
	case n == 1:
		t.s.Profile.Station = t.w.Stations[0].ID
		t.toConfirm(t.reprice())
	default:
		t.enter(stateStation, focusCheckout)
	}
}

// toConfirm shows the confirm screen with what has changed since the goods were
// chosen, or the main menu when nothing is left of them.
func (t *talk) toConfirm(changed changes) {
	if len(t.s.Basket.Lines) == 0 {
		t.menu()
		t.class, t.hint = ClassHint, hintGone
		return
	}
	t.enter(stateConfirm, changed.String())
	if t.s.LeftOut != "" {
		t.hint, t.s.LeftOut = hintLeftOut(t.s.LeftOut), ""
	}
}

// station is where the phone's owner collects, if that shop still exists.
func (t *talk) station() (orders.Station, bool) {
	return stationByID(t.w.Stations, t.s.Profile.Station)
}

func stationByID(stations []orders.Station, id string) (orders.Station, bool) {
	for _, s := range stations {
		if s.ID == id {
			return s, true
		}
	}
	return orders.Station{}, false
}

func (t *talk) stationDraft() screen.Draft {
	p := &t.l.Phrases
	if len(t.w.Stations) == 0 {
		return screen.Draft{Title: p.NoStations.String(), Nav: t.navUp()}
	}
	d := screen.Draft{Title: p.StationTitle.String(), Nav: t.nav()}
	if s, ok := t.station(); ok {
		d.Title = p.StationNow.With("station", t.words().stationName(s))
	}
	d.Options = make([]screen.Option, len(t.w.Stations))
	for i, s := range t.w.Stations {
		d.Options[i] = screen.Option{Key: optionKey(i), Text: t.words().stationLabel(s), Short: t.words().stationName(s)}
	}
	return d
}

func (t *talk) stationAnswer(key string) {
	i, ok := t.choose(key, len(t.w.Stations))
	if !ok {
		return
	}
	s := t.w.Stations[i]
	t.s.Profile.Station = s.ID
	if t.s.Focus == focusCheckout && len(t.s.Basket.Lines) > 0 {
		t.checkOut()
		return
	}
	t.menu()
	t.hint = hintCollectAt(t.words().stationLabel(s))
}

func (t *talk) stationBack() {
	if t.s.Focus == focusCheckout {
		t.basket()
		return
	}
	t.menu()
}

// changes tells what the confirm screen must say about the catalogue's changes:
// "RICE5=85000" for a price that was 850.00, "SOAP=" for a product that is no
// longer sold, and spaces between. It is the focus of that screen.
type changes []string

func (c changes) String() string { return strings.Join(c, " ") }

// reprice brings the basket to today's catalogue and tells what that changed.
func (t *talk) reprice() changes {
	var changed changes
	kept := t.s.Basket.Lines[:0]
	for _, line := range t.s.Basket.Lines {
		p := t.product(line.SKU)
		if p == nil {
			changed = append(changed, line.SKU+"=")
			continue
		}
		if line.UnitPrice != p.Price {
			changed = append(changed, line.SKU+"="+strconv.FormatInt(line.UnitPrice.Minor, 10))
			line.UnitPrice = p.Price
		}
		kept = append(kept, line)
	}
	if t.s.Basket.Lines = kept; len(kept) == 0 {
		t.s.Basket = Basket{}
	}
	return changed
}

// changeLines words what reprice has found.
func (t *talk) changeLines() []string {
	p, lines := &t.l.Phrases, []string(nil)
	for change := range strings.FieldsSeq(t.s.Focus) {
		sku, was, _ := strings.Cut(change, "=")
		if was == "" {
			lines = append(lines, p.ProductGone.With("name", t.words().name(sku)))
			continue
		}
		old, err := strconv.ParseInt(was, 10, 64)
		if line := t.line(sku); line != nil && err == nil {
			was = t.l.Amount(catalog.Money{Minor: old, Currency: t.w.Currency})
			lines = append(lines, p.PriceChanged.With("name", t.words().name(sku), "old", was, "new", t.l.Amount(line.UnitPrice)))
		}
	}
	return lines
}

// confirmDraft repeats all that is ordered. The keys to agree stand on the last
// page, after everything else was read.
func (t *talk) confirmDraft() screen.Draft {
	p := &t.l.Phrases
	body := append(t.changeLines(), t.basketLines()...)
	body = append(body, t.totalLine())
	if s, ok := t.station(); ok {
		body = append(body, p.CollectAt.With("station", t.words().stationLabel(s)))
	}
	return screen.Draft{
		Title: p.ConfirmTitle.String(),
		Body:  body,
		Final: options(p.Confirm.String(), p.Change.String()),
		Nav:   t.navUp(),
	}
}

func (t *talk) confirmAnswer(key string) {
	switch t.decide(key, 2) {
	case 1:
		t.confirm()
	case 2:
		t.change()
	}
}

// confirm places the order, unless something that the screen said is not so any
// more: then it says what is, and asks again.
func (t *talk) confirm() {
	if _, ok := t.station(); !ok {
		t.checkOut()
		return
	}
	if changed := t.reprice(); len(changed) > 0 {
		t.class = ClassHint
		t.toConfirm(changed)
		return
	}
	t.place()
}

// place makes the basket an order.
func (t *talk) place() {
	station, _ := t.station()
	order := &orders.Order{
		ID:         t.s.Basket.ID,
		Number:     t.w.Fresh.OrderNumber,
		Language:   t.w.Languages.Get(t.s.Profile.Language).Code,
		Station:    station.ID,
		Status:     orders.Placed,
		Lines:      t.s.Basket.Lines,
		Total:      orders.Sum(t.s.Basket.Lines, t.w.Currency),
		PickupCode: t.w.Fresh.PickupCode,
		PlacedAt:   t.w.Now,
	}
	t.request = &orders.Request{Place: order}
	t.s.Basket, t.s.Questions, t.s.LeftOut = Basket{}, nil, ""
	t.remember(OrderRef{ID: order.ID, Number: order.Number})
	t.finish(ClassOrder, t.words().tells(orders.Event{Kind: orders.Placed, Order: *order})...)
}

// remember keeps the last few orders.
func (t *talk) remember(ref OrderRef) {
	refs := append(t.s.Orders[:len(t.s.Orders):len(t.s.Orders)], ref) // never into the caller's array
	t.s.Orders = refs[max(0, len(refs)-maxRefs):]
}
