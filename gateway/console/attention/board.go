package attention

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"haat/gateway"
	"haat/gateway/console/index"
)

// Query says which items are wanted.
type Query struct {
	Kind    Kind
	Channel string // "" for all
	After   string // the Spot of an item, "" from the beginning
}

// Bounds of one look at the desk.
const (
	MaxItems = 200 // items of a page
	// Rows of the index that are read at once: few at first, for mostly they do.
	firstStride, stride = 100, 500
	// maxStrides is how far a page looks for what nobody has dealt with; whoever
	// wants more asks again after where it ended.
	maxStrides = 40
)

// Page is a part of the items, the oldest first.
type Page struct {
	Items []Item
	Next  string // After of the next page; "" where there is none
}

// Page gives open items of a kind; limit and MaxItems at most.
func (d *Desk) Page(ctx context.Context, q Query, limit int) (page Page, err error) {
	limit = min(max(limit, 1), MaxItems)
	if q.After == "" {
		if page.Items, err = d.ofHouse(ctx, q); err != nil {
			return page, err
		}
	}
	if q.Kind == Channels {
		return page, nil
	}
	seq, dead := strings.CutPrefix(q.After, "d")
	if !dead {
		after, err := spotOf(q.After)
		if err != nil {
			return page, err
		}
		items, next, err := d.ofIndex(ctx, q, after, limit)
		page.Items = append(page.Items, items...)
		if err != nil || next != "" || q.Kind != Dead || len(items) == limit {
			page.Next = next
			return page, err
		}
		seq = "0"
	}
	after, err := strconv.ParseUint(seq, 10, 63)
	if err != nil {
		return page, ErrSpot
	}
	if q.Channel != "" { // a dead letter is of no channel
		return page, nil
	}
	return d.ofDead(ctx, page, after, limit)
}

// ErrSpot says that a place among items is none.
var ErrSpot = fmt.Errorf("there is no such place among what needs attention")

func spotText(s index.Spot) string {
	return fmt.Sprintf("%d.%d.%d", s.Since.UnixNano(), s.Seq, s.About)
}

func spotOf(text string) (s index.Spot, err error) {
	if text == "" {
		return s, nil
	}
	parts := strings.Split(text, ".")
	if len(parts) != 3 {
		return s, ErrSpot
	}
	at, errAt := strconv.ParseInt(parts[0], 10, 64)
	seq, errSeq := strconv.ParseUint(parts[1], 10, 63)
	about, errAbout := strconv.Atoi(parts[2])
	if errAt != nil || errSeq != nil || errAbout != nil || about < 0 || about > 1 {
		return s, ErrSpot
	}
	return index.Spot{Since: time.Unix(0, at).UTC(), Seq: seq, About: about}, nil
}

// lists are those of a kind.
func (d *Desk) lists(ctx context.Context, kind Kind) (lists []index.List, err error) {
	now := d.Now()
	switch kind {
	case Failed:
		lists = append(lists, index.List{Name: index.ListFailed})
	case Unknown:
		lists = append(lists, index.List{Name: index.ListUnknown})
	case Reports:
		lists = append(lists, index.List{Name: index.ListReport})
	case Dead:
		lists = append(lists, index.List{Name: index.ListUnreadable})
	case Overdue:
		lists = append(lists, index.List{Name: index.ListWaiting, Before: now.Add(-d.WaitingAfter)})
		for name := range d.Lines {
			reports, err := d.reports(ctx, name)
			if err != nil {
				return nil, err
			}
			if reports {
				lists = append(lists, index.List{Name: index.ListSent(name), From: now.Add(-reportWithin), Before: now.Add(-d.ReportAfter)})
			}
		}
	}
	return lists, nil
}

// tells remembers which channels' carriers report on deliveries.
type tells struct {
	mu sync.Mutex
	of map[string]bool
	at time.Time
}

// tellsKept is how long that is believed.
const tellsKept = time.Minute

// reports tells whether a channel's carrier has ever said that an SMS arrived:
// of others no report is overdue.
func (d *Desk) reports(ctx context.Context, channel string) (bool, error) {
	d.tells.mu.Lock()
	defer d.tells.mu.Unlock()
	if now := d.Now(); d.tells.of == nil || now.Sub(d.tells.at) > tellsKept {
		d.tells.of, d.tells.at = map[string]bool{}, now
	}
	known, ok := d.tells.of[channel]
	if ok {
		return known, nil
	}
	page, err := d.Index.Search(ctx, index.Filter{Channel: channel, Status: gateway.Delivered}, 0, 1)
	if err == nil {
		d.tells.of[channel] = len(page.Rows) > 0
	}
	return len(page.Rows) > 0, err
}

// ofIndex gives open items that are rows of the log.
func (d *Desk) ofIndex(ctx context.Context, q Query, after index.Spot, limit int) (items []Item, next string, err error) {
	lists, err := d.lists(ctx, q.Kind)
	if err != nil {
		return nil, "", err
	}
	err = d.walk(ctx, lists, after, d.Index.Troubles, func(item Item) bool {
		if q.Channel == "" || item.Channel == q.Channel {
			items = append(items, item)
		}
		return len(items) < limit
	}, func(at string) { next = at })
	if len(items) == limit && err == nil {
		next = items[limit-1].Spot
	}
	return items, next, err
}

type readTroubles func(context.Context, []index.List, index.Spot, int) ([]index.Trouble, error)

// walk hands open items to each, the oldest first, until it has enough. Where it
// gave up, it tells where.
func (d *Desk) walk(ctx context.Context, lists []index.List, after index.Spot, read readTroubles, each func(Item) bool, gaveUp func(string)) error {
	// The lists of overdue ones end at a time, and what comes into them later may
	// have stood there before what was seen.
	floored := after == index.Spot{} && len(lists) == 1 && lists[0].Before.IsZero()
	if floored {
		after = d.floor(lists[0].Name)
	}
	n := firstStride
	for range maxStrides {
		found, err := read(ctx, lists, after, n)
		if err != nil {
			return err
		}
		items := make([]Item, len(found))
		for i, t := range found {
			items[i] = itemOf(t)
		}
		open, err := d.undealt(ctx, items)
		if err != nil {
			return err
		}
		for _, item := range open {
			if !each(item) {
				return nil
			}
		}
		if len(found) < n {
			return nil
		}
		n = stride
		after = found[len(found)-1].Spot
		if floored = floored && len(open) == 0; floored {
			d.raise(lists[0].Name, after)
		}
	}
	gaveUp(spotText(after))
	return nil
}

func (d *Desk) ofDead(ctx context.Context, page Page, after uint64, limit int) (Page, error) {
	room := limit - len(page.Items)
	if room <= 0 {
		page.Next = "d" + strconv.FormatUint(after, 10)
		return page, nil
	}
	letters, err := d.Dead.List(ctx, after, room)
	if err != nil {
		return page, err
	}
	for _, l := range letters {
		page.Items = append(page.Items, Item{
			Key: "d" + strconv.FormatUint(l.Seq, 10), Mark: l.Seq, Kind: Dead, Reason: ReasonDead, Since: l.At, Why: l.Reason, Letter: &l,
			Spot: "d" + strconv.FormatUint(l.Seq, 10),
		})
	}
	if len(letters) == room {
		page.Next = page.Items[len(page.Items)-1].Spot
	}
	return page, nil
}
