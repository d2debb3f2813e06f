package attention

import (
	"context"
	"slices"
	"time"

	"haat/gateway/console/index"
	"haat/gateway/messagelog"
)

const (
	// nearBudget and usedBudget are percents of the day's budget.
	nearBudget, usedBudget = 80, 100
	// silentWithin is how long a channel that nobody uses any more is missed.
	silentWithin = 7 * 24 * time.Hour
)

// ofHouse gives open items that are not rows of the log, the oldest first.
func (d *Desk) ofHouse(ctx context.Context, q Query) (items []Item, err error) {
	switch q.Kind {
	case Channels:
		items, err = d.channels(ctx)
	case Overdue:
		items, err = d.undecided(ctx)
	}
	if err != nil {
		return nil, err
	}
	if q.Channel != "" {
		items = slices.DeleteFunc(items, func(i Item) bool { return i.Channel != q.Channel })
	}
	slices.SortStableFunc(items, func(a, b Item) int { return a.Since.Compare(b.Since) })
	return d.undealt(ctx, items)
}

func (d *Desk) undecided(ctx context.Context) ([]Item, error) {
	n, since, err := d.House.Undecided(ctx)
	if err != nil || n == 0 || d.Now().Sub(since) < d.UndecidedAfter {
		return nil, err
	}
	return []Item{{Key: "orders", Mark: uint64(max(0, since.Unix())), Kind: Overdue, Reason: ReasonUndecided, Since: since, Count: int(n)}}, nil
}

func (d *Desk) channels(ctx context.Context) (items []Item, err error) {
	states, err := d.House.Channels(ctx)
	if err != nil {
		return nil, err
	}
	now := d.Now()
	day := uint64(max(0, now.Unix()/86400))
	for _, s := range states {
		if s.Down != "" {
			since, mark := s.Since, day
			if since.IsZero() {
				since = now
			} else {
				mark = uint64(max(0, since.Unix()))
			}
			items = append(items, Item{Key: "down " + s.Name, Mark: mark, Kind: Channels, Reason: ReasonDown, Since: since, Channel: s.Name, Why: s.Down})
		}
		if s.Budget >= nearBudget {
			item := Item{Key: "budget " + s.Name, Mark: 2 * day, Kind: Channels, Reason: ReasonBudgetNear, Since: now, Channel: s.Name, Count: s.Budget}
			if s.Budget >= usedBudget {
				item.Mark, item.Reason = 2*day+1, ReasonBudgetUsed
			}
			items = append(items, item)
		}
	}
	for name := range d.Lines {
		page, err := d.Index.Search(ctx, index.Filter{Channel: name, Kind: messagelog.KindTurn}, 0, 1)
		if err != nil {
			return nil, err
		}
		if len(page.Rows) == 0 {
			continue
		}
		last := page.Rows[0]
		if quiet := now.Sub(last.At); quiet > d.SilentAfter && quiet < silentWithin {
			items = append(items, Item{Key: "silent " + name, Mark: last.Seq, Kind: Channels, Reason: ReasonSilent, Since: last.At, Channel: name})
		}
	}
	return items, nil
}
