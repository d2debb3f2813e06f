package console

import (
	"context"
	"net/http"
	"slices"
	"time"

	"haat/gateway"
	"haat/orders"
)

// sideView is where the phone stands now.
type sideView struct {
	Token             string
	Language, Station string
	OptedOut          bool
	Screen            string
	Last              string // time of the latest turn
	Basket            []basketLine
	Total             string
	Orders            []orderRef
	Hold              holdView
}

type basketLine struct {
	Name   string
	Qty    int
	Amount string
}

type orderRef struct {
	Number int64
	State  string
	Total  string
	Tone   string
	Link   string // to the order's page; "" where there is none
}

// Of the orders that are shown beside a conversation.
const (
	sideOrders = 5
	sideWait   = time.Second // the conversation is worth more than they are
)

// sideOf is where the phone stands now, for an operator of a language.
func (c *Console) sideOf(ctx context.Context, code string, phone gateway.Phone) (side sideView, err error) {
	profile, err := c.People.Profile(ctx, phone)
	if err != nil {
		return side, err
	}
	turn, seq, err := c.Sessions.Last(ctx, phone)
	if err != nil {
		return side, err
	}
	side = sideView{Token: c.tokens.of(phone), Language: profile.Language, Station: profile.Station, OptedOut: profile.OptedOut}
	for _, l := range c.Languages {
		if l.Code == side.Language {
			side.Language = l.Name
		}
	}
	for _, s := range c.Stations {
		if s.ID == side.Station {
			side.Station = s.Name + ", " + s.Village
		}
	}
	if seq == 0 {
		return side, nil
	}
	if side.Hold, err = c.holdOf(ctx, phone, turn); err != nil {
		return side, err
	}
	side.Screen, side.Last = string(turn.Session.State), c.clock(turn.At)
	if lines := turn.Session.Basket.Lines; len(lines) > 0 {
		for _, l := range lines {
			side.Basket = append(side.Basket, basketLine{c.Product(code, l.SKU), l.Qty, l.UnitPrice.Times(l.Qty).Decimal()})
		}
		currency := lines[0].UnitPrice.Currency
		side.Total = currency + " " + orders.Sum(lines, currency).Decimal()
	}
	side.Orders = c.ordersOf(ctx, phone, turn)
	return side, nil
}

// ordersOf are the phone's latest orders, the newest first: as they are or, where
// nobody tells, as the phone was told.
func (c *Console) ordersOf(ctx context.Context, phone gateway.Phone, turn gateway.Turn) (refs []orderRef) {
	if len(turn.Session.Orders) == 0 {
		return nil // so that who never ordered costs no question
	}
	ctx, cancel := context.WithTimeout(ctx, sideWait)
	defer cancel()
	if c.Desk != nil {
		all, err := c.Desk.Of(ctx, string(phone), sideOrders)
		if err == nil {
			for _, o := range all {
				refs = append(refs, orderRef{o.Number, string(o.Status), o.Total.Currency + " " + o.Total.Decimal(), orderTone(o.Status), c.orderLink(o.ID)})
			}
			return refs
		}
		c.Logger.Warn().Err(err).Msg("the orders beside a conversation could not be looked up; what the phone was told is shown")
	}
	for _, o := range slices.Backward(turn.Session.Orders) {
		refs = append(refs, orderRef{o.Number, string(o.Told), "", orderTone(o.Told), c.orderLink(o.ID)})
	}
	return refs
}

// sidePart is where the phone stands now, for a page that is open.
func (c *Console) sidePart(w http.ResponseWriter, r *http.Request) {
	phone, ok := c.phoneOf(w, r)
	if !ok {
		return
	}
	side, err := c.sideOf(r.Context(), c.texts.of(r), phone)
	if err != nil {
		c.fail(w, r, err)
		return
	}
	side.Hold = c.offered(r, side.Hold)
	c.part(w, r, "side-now", side)
}
