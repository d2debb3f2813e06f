package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"haat/orders"
)

// Act applies an operator's act in one transaction. An act that was applied, or
// refused, before has the same outcome and changes nothing. An act that is
// malformed, or has the id of another act, is ErrPermanent; one for an order that
// there is none of is orders.ErrUnknown.
func (s *Store) Act(ctx context.Context, at time.Time, a orders.Act) (out orders.Outcome, err error) {
	if err := a.Validate(); err != nil {
		return out, permanent(err)
	}
	ctx = context.WithoutCancel(ctx) // it takes milliseconds, and is done or not
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return out, explain(err)
	}
	if out, err = newBatch(tx, s.stmt, at).act(ctx, a); err != nil {
		err = errors.Join(err, tx.Rollback())
		if errors.Is(err, ErrPermanent) || errors.Is(err, orders.ErrUnknown) {
			return orders.Outcome{}, err
		}
		return orders.Outcome{}, explain(err)
	}
	return out, explain(tx.Commit())
}

func (b *batch) act(ctx context.Context, a orders.Act) (out orders.Outcome, err error) {
	out, done, err := b.before(ctx, a)
	if done || err != nil {
		return out, err
	}
	o, err := b.get(ctx, a.Order)
	if errors.Is(err, sql.ErrNoRows) {
		return out, orders.ErrUnknown
	}
	if err != nil {
		return out, err
	}
	out.Status = o.Status
	var acts int
	if err := b.tx.QueryRowContext(ctx, "SELECT count(*) FROM order_acts WHERE order_id = $1", a.Order).Scan(&acts); err != nil {
		return out, err
	}
	if acts >= orders.MaxActs { // nothing is written, so that nothing grows
		out.Refused = orders.RefusedFull
		return out, nil
	}
	event := ""
	if to := a.What.Status(); to != "" {
		if out, event, err = b.change(ctx, o, a, to); err != nil {
			return out, err
		}
	}
	return out, b.writeAct(ctx, a, out, event)
}

// before gives the outcome of an act that is known already.
func (b *batch) before(ctx context.Context, a orders.Act) (out orders.Outcome, done bool, err error) {
	var order, what, text string
	err = b.tx.QueryRowContext(ctx, "SELECT order_id, what, outcome FROM order_acts WHERE id = $1", a.ID).Scan(&order, &what, &text)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return out, false, nil
	case err != nil:
		return out, false, err
	case order != a.Order || what != string(a.What):
		return out, false, permanent(errors.New("the act's id belongs to another act"))
	}
	return out, true, json.Unmarshal([]byte(text), &out)
}

// change gives an order another status, if that may be and the stock allows it.
func (b *batch) change(ctx context.Context, o orders.Order, a orders.Act, to orders.Status) (out orders.Outcome, event string, err error) {
	out.Status = o.Status
	if !o.Status.OperatorMay(to) {
		out.Refused = orders.RefusedStatus
		return out, "", nil
	}
	if to == orders.Confirmed {
		if out.Missing, err = b.fill(ctx, o); err == nil && len(out.Missing) > 0 {
			out.Refused = orders.RefusedShort
			return out, "", nil
		}
	} else {
		err = errors.Join(b.giveBack(ctx, o.ID), b.writeStock(ctx))
	}
	if err != nil {
		return out, "", err
	}
	if err := b.moveBy(ctx, o.ID, to, a); err != nil {
		return out, "", err
	}
	out.Status, o.Status = to, to
	data, err := json.Marshal(orders.Event{Kind: to, Order: o, Act: a.ID, At: b.at})
	return out, string(data), err
}

// fill takes the whole order from the stock, or tells what is missing for that.
func (b *batch) fill(ctx context.Context, o orders.Order) (missing []orders.Lack, err error) {
	var skus []string
	want := map[string]int{}
	for _, l := range o.Lines {
		skus = append(skus, l.SKU)
		want[l.SKU] += l.Qty
	}
	if err := b.load(ctx, skus); err != nil {
		return nil, err
	}
	for _, s := range b.stock.short(o.Lines) {
		missing = append(missing, orders.Lack{SKU: s.SKU, Want: want[s.SKU], Left: s.Left})
	}
	if len(missing) > 0 {
		return missing, nil
	}
	for i, l := range o.Lines {
		if _, err := b.tx.ExecContext(ctx, "UPDATE order_lines SET taken = $3 WHERE order_id = $1 AND line = $2", o.ID, i+1, b.stock.take(l)); err != nil {
			return nil, err
		}
	}
	if _, err := b.tx.ExecContext(ctx, "DELETE FROM order_shortages WHERE order_id = $1", o.ID); err != nil {
		return nil, err
	}
	return nil, b.writeStock(ctx)
}

// moveBy gives the order its next status by an operator's act.
func (b *batch) moveBy(ctx context.Context, id string, to orders.Status, a orders.Act) error {
	step, _, _, err := b.lastStep(ctx, id)
	if err != nil {
		return err
	}
	if _, err := b.tx.ExecContext(ctx, insertSQL("order_history", "order_id, step, status, at, operator, reason, act", 1),
		id, step+1, string(to), b.at.UnixNano(), a.By, a.Reason, a.ID); err != nil {
		return err
	}
	_, err = b.tx.StmtContext(ctx, b.stmt.setStatus).ExecContext(ctx, id, string(to))
	return err
}

func (b *batch) writeAct(ctx context.Context, a orders.Act, out orders.Outcome, event string) error {
	outcome, err := json.Marshal(out)
	if err != nil {
		return err
	}
	told := 0
	if event == "" {
		told = 1
	}
	var seq int64
	if err := b.tx.QueryRowContext(ctx, "SELECT coalesce(max(seq), 0) + 1 FROM order_acts").Scan(&seq); err != nil {
		return err
	}
	_, err = b.tx.ExecContext(ctx, insertSQL("order_acts", "id, seq, order_id, what, operator, reason, at, outcome, event, told", 1),
		a.ID, seq, a.Order, string(a.What), a.By, a.Reason, b.at.UnixNano(), string(outcome), event, told)
	return err
}

// Untold are the events of acts that are not known to be kept yet, the oldest
// first, at most limit.
func (s *Store) Untold(ctx context.Context, limit int) (events []orders.Event, err error) {
	rows, err := s.Reader.db.QueryContext(ctx, "SELECT event FROM order_acts WHERE told = 0 ORDER BY seq LIMIT $1", limit)
	if err != nil {
		return nil, fmt.Errorf("reading what operators did: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var text string
		var e orders.Event
		if err := rows.Scan(&text); err != nil {
			return nil, fmt.Errorf("reading what operators did: %w", err)
		}
		if err := json.Unmarshal([]byte(text), &e); err != nil {
			return nil, fmt.Errorf("reading what operators did: %w", err)
		}
		events = append(events, e)
	}
	return events, rows.Err()
}

// Told says that the events of acts are kept for good.
func (s *Store) Told(ctx context.Context, events []orders.Event) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return explain(err)
	}
	for _, e := range events {
		if _, err := tx.ExecContext(ctx, "UPDATE order_acts SET told = 1 WHERE id = $1", e.Act); err != nil {
			return explain(errors.Join(err, tx.Rollback()))
		}
	}
	return explain(tx.Commit())
}
