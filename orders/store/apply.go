package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"haat/orders"
)

// Job is one request to apply.
type Job struct {
	Seq     uint64 // sequence in the message log of the turn that asks
	Request orders.Request
}

// Result is what became of a job: an event, or an error that is ErrPermanent.
type Result struct {
	Event orders.Event
	Err   error
}

// Apply decides a batch of requests in one transaction; at is the time of the
// decision. The results stand in the order of the jobs. With an error nothing
// was applied: ErrUnavailable says that the same batch may be applied later,
// any other error that a job of the batch makes it fail.
//
// An order is confirmed when all its lines can be taken from the stock, else
// rejected with what is left. Placing an order again gives the event of its
// present status again and changes nothing. A cancelled order's stock is given
// back; a cancellation that comes too late is refused.
func (s *Store) Apply(ctx context.Context, at time.Time, jobs []Job) ([]Result, error) {
	// A batch is never cut off in the middle: it takes milliseconds, and a
	// context that can be cancelled makes the driver start a goroutine a statement.
	ctx = context.WithoutCancel(ctx)
	results := make([]Result, len(jobs))
	for i, job := range jobs {
		if err := job.Request.Validate(); err != nil {
			results[i].Err = permanent(err)
		}
	}
	err := explain(s.write(ctx, at, jobs, results))
	if err != nil {
		s.failing.Store(&err)
		return nil, err
	}
	s.failing.Store(nil)
	return results, nil
}

func (s *Store) write(ctx context.Context, at time.Time, jobs []Job, results []Result) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := newBatch(tx, s.stmt, at).apply(ctx, jobs, results); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

// statements are all that a batch executes, prepared once.
type statements struct {
	order                     *sql.Stmt
	setStatus, lastStep       *sql.Stmt
	get, shortages, taken     *sql.Stmt
	levels, setLevel          *sql.Stmt
	lines, history, shortfall inserter
}

func prepare(ctx context.Context, db *sql.DB) (s statements, err error) {
	for _, p := range []struct {
		stmt **sql.Stmt
		text string
	}{
		{&s.order, insertSQL("orders", "id, number, turn, phone, channel, language, station, status, currency, total, pickup_code, placed_at", 1) +
			" ON CONFLICT DO NOTHING"},
		{&s.setStatus, "UPDATE orders SET status = $2 WHERE id = $1"},
		{&s.lastStep, "SELECT step, at, act FROM order_history WHERE order_id = $1 ORDER BY step DESC LIMIT 1"},
		{&s.get, selectOrders + " WHERE o.id = $1 ORDER BY l.line"},
		{&s.shortages, "SELECT sku, available FROM order_shortages WHERE order_id = $1 ORDER BY line"},
		{&s.taken, "SELECT sku, taken FROM order_lines WHERE order_id = $1 ORDER BY line"},
		{&s.levels, selectLevels()},
		{&s.setLevel, "UPDATE stock SET quantity = $2 WHERE sku = $1"},
	} {
		if *p.stmt, err = db.PrepareContext(ctx, p.text); err != nil {
			return s, fmt.Errorf("preparing %q: %w", p.text, err)
		}
	}
	if s.lines, err = newInserter(ctx, db, "order_lines", "order_id, line, sku, qty, unit_price, taken"); err != nil {
		return s, err
	}
	if s.history, err = newInserter(ctx, db, "order_history", "order_id, step, status, at"); err != nil {
		return s, err
	}
	s.shortfall, err = newInserter(ctx, db, "order_shortages", "order_id, line, sku, available")
	return s, err
}

// batch is one transaction that applies jobs. Lines, history and stock levels
// are written at its end; whatever reads them back flushes first.
type batch struct {
	tx        *sql.Tx
	stmt      statements
	at        time.Time
	stock     shelf
	lines     pending
	history   pending
	shortfall pending
}

func newBatch(tx *sql.Tx, stmt statements, at time.Time) *batch {
	return &batch{
		tx: tx, stmt: stmt, at: inUTC(at), stock: shelf{},
		lines: pending{inserter: stmt.lines}, history: pending{inserter: stmt.history}, shortfall: pending{inserter: stmt.shortfall},
	}
}

// inUTC is the time as it will be read back.
func inUTC(t time.Time) time.Time { return time.Unix(0, t.UnixNano()).UTC() }

func (b *batch) apply(ctx context.Context, jobs []Job, results []Result) error {
	if err := b.loadStock(ctx, jobs, results); err != nil {
		return fmt.Errorf("reading the stock: %w", err)
	}
	for i, job := range jobs {
		if results[i].Err != nil {
			continue
		}
		var err error
		if place := job.Request.Place; place != nil {
			results[i].Event, err = b.place(ctx, job.Seq, *place)
		} else {
			results[i].Event, err = b.cancel(ctx, *job.Request.Cancel)
		}
		if errors.Is(err, ErrPermanent) {
			results[i].Err = err
		} else if err != nil {
			return fmt.Errorf("turn %d: %w", job.Seq, err)
		}
	}
	if err := b.flush(ctx); err != nil {
		return fmt.Errorf("writing lines and history: %w", err)
	}
	return b.writeStock(ctx)
}

func (b *batch) flush(ctx context.Context) error {
	for _, p := range []*pending{&b.lines, &b.history, &b.shortfall} {
		if err := p.flush(ctx, b.tx); err != nil {
			return err
		}
	}
	return nil
}

func (b *batch) place(ctx context.Context, seq uint64, o orders.Order) (orders.Event, error) {
	short := b.stock.short(o.Lines)
	o.PlacedAt = inUTC(o.PlacedAt)
	o.Status = orders.Confirmed
	if len(short) > 0 {
		o.Status = orders.Rejected
	}
	done, err := b.tx.StmtContext(ctx, b.stmt.order).ExecContext(ctx, o.ID, o.Number, int64(seq), o.Phone, o.Channel, o.Language,
		o.Station, string(o.Status), o.Total.Currency, o.Total.Minor, o.PickupCode, o.PlacedAt.UnixNano())
	if err != nil {
		return orders.Event{}, err
	}
	if n, err := done.RowsAffected(); err != nil {
		return orders.Event{}, err
	} else if n == 0 {
		return b.again(ctx, o)
	}
	for i, l := range o.Lines {
		taken := 0
		if o.Status == orders.Confirmed {
			taken = b.stock.take(l)
		}
		b.lines.add(o.ID, i+1, l.SKU, l.Qty, l.UnitPrice.Minor, taken)
	}
	for i, s := range short {
		b.shortfall.add(o.ID, i+1, s.SKU, s.Left)
	}
	b.history.add(o.ID, 1, string(orders.Placed), o.PlacedAt.UnixNano())
	b.history.add(o.ID, 2, string(o.Status), b.at.UnixNano())
	return orders.Event{Kind: o.Status, Order: o, Shortages: short, At: b.at}, nil
}

// again gives the event of an order whose id or number is taken.
func (b *batch) again(ctx context.Context, o orders.Order) (orders.Event, error) {
	kept, err := b.get(ctx, o.ID)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return orders.Event{}, permanent(fmt.Errorf("order number %d belongs to another order", o.Number))
	case err != nil:
		return orders.Event{}, err
	case kept.Phone != o.Phone:
		return orders.Event{}, permanent(errors.New("the order's id belongs to an order of another phone"))
	}
	return b.event(ctx, kept)
}

func (b *batch) cancel(ctx context.Context, c orders.Cancel) (orders.Event, error) {
	o, err := b.get(ctx, c.ID)
	if errors.Is(err, sql.ErrNoRows) || err == nil && o.Phone != c.Phone {
		return orders.Event{}, permanent(errors.New("the phone has no such order to cancel"))
	}
	if err != nil {
		return orders.Event{}, err
	}
	if o.Status != orders.Cancelled && !o.Status.CanBecome(orders.Cancelled) {
		return orders.Event{Kind: o.Status, Order: o, Refused: true, At: b.at}, nil
	}
	if o.Status != orders.Cancelled {
		if err := b.move(ctx, o.ID, orders.Cancelled); err != nil {
			return orders.Event{}, err
		}
		if err := b.giveBack(ctx, o.ID); err != nil {
			return orders.Event{}, err
		}
		o.Status = orders.Cancelled
	}
	e, err := b.event(ctx, o)
	e.Act = "" // whoever called it off, this phone is told in answer to what it asked
	return e, err
}

// move gives the order its next status.
func (b *batch) move(ctx context.Context, id string, to orders.Status) error {
	step, _, _, err := b.lastStep(ctx, id)
	if err != nil {
		return err
	}
	b.history.add(id, step+1, string(to), b.at.UnixNano())
	_, err = b.tx.StmtContext(ctx, b.stmt.setStatus).ExecContext(ctx, id, string(to))
	return err
}

// get reads an order of this batch or of an earlier one.
func (b *batch) get(ctx context.Context, id string) (orders.Order, error) {
	if err := b.flush(ctx); err != nil {
		return orders.Order{}, err
	}
	rows, err := b.tx.StmtContext(ctx, b.stmt.get).QueryContext(ctx, id)
	if err != nil {
		return orders.Order{}, err
	}
	found := orders.Order{}
	err = scanOrders(rows, func(o orders.Order) error { found = o; return nil })
	if err == nil && found.ID == "" {
		err = sql.ErrNoRows
	}
	return found, err
}

// event is the event that gave the order its present status.
func (b *batch) event(ctx context.Context, o orders.Order) (orders.Event, error) {
	_, at, act, err := b.lastStep(ctx, o.ID)
	if err != nil {
		return orders.Event{}, err
	}
	e := orders.Event{Kind: o.Status, Order: o, Act: act, At: at}
	if o.Status == orders.Rejected {
		e.Shortages, err = b.shortages(ctx, o.ID)
	}
	return e, err
}

func (b *batch) lastStep(ctx context.Context, id string) (step int, at time.Time, act string, err error) {
	if err := b.flush(ctx); err != nil {
		return 0, time.Time{}, "", err
	}
	var nanos int64
	err = b.tx.StmtContext(ctx, b.stmt.lastStep).QueryRowContext(ctx, id).Scan(&step, &nanos, &act)
	return step, time.Unix(0, nanos).UTC(), act, err
}

func (b *batch) shortages(ctx context.Context, id string) ([]orders.Shortage, error) {
	rows, err := b.tx.StmtContext(ctx, b.stmt.shortages).QueryContext(ctx, id)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var short []orders.Shortage
	for rows.Next() {
		var s orders.Shortage
		if err := rows.Scan(&s.SKU, &s.Left); err != nil {
			return nil, err
		}
		short = append(short, s)
	}
	return short, rows.Err()
}
