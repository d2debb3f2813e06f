package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"haat/gateway"
	"haat/orders"
	"haat/orders/store"
)

// ordersFile is where the order processor keeps the orders, in the data
// directory.
const ordersFile = "orders.db"

// ordersCmd lists the orders, whether haat is running or stopped.
type ordersCmd struct {
	place
	JSON bool `name:"json" help:"One JSON object a line, with whole phone numbers, for programs."`
}

// Run lists all orders, the oldest first.
func (cmd *ordersCmd) Run(ctx context.Context, io *stdio) error {
	c, err := cmd.loadToRead()
	if err != nil {
		return err
	}
	reader, err := store.OpenReadOnly(ctx, filepath.Join(c.Data, ordersFile))
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there are no orders in %s: start `haat serve --data %s` once, or name the right directory with --data", c.Data, c.Data)
	} else if err != nil {
		return err
	}
	defer reader.Close()
	out := bufio.NewWriter(io.Out)
	if cmd.JSON {
		err = writeOrdersJSON(ctx, out, reader)
	} else {
		err = writeOrdersTable(ctx, out, reader)
	}
	return errors.Join(err, out.Flush())
}

// orderJSON is an order as programs read it; prices are decimals as text, so
// that no reader rounds them.
type orderJSON struct {
	ID         string        `json:"id"`
	Number     int64         `json:"number"`
	Phone      string        `json:"phone"`
	Channel    string        `json:"channel"`
	Language   string        `json:"language"`
	Station    string        `json:"station"`
	Status     orders.Status `json:"status"`
	Lines      []lineJSON    `json:"lines"`
	Total      string        `json:"total"`
	Currency   string        `json:"currency"`
	PickupCode string        `json:"pickup_code"`
	PlacedAt   time.Time     `json:"placed_at"`
	Messages   messagesJSON  `json:"messages"`
}

// messagesJSON is what the SMS that told of an order took.
type messagesJSON struct {
	Count    int        `json:"count"`
	Segments int        `json:"segments"`
	Costs    []costJSON `json:"costs"` // by currency; none where there is no tariff
}

type costJSON struct {
	Amount   string `json:"amount"`
	Currency string `json:"currency"`
}

func messagesOf(m orders.Messages) messagesJSON {
	line := messagesJSON{Count: m.Count, Segments: m.Segments, Costs: []costJSON{}}
	for _, currency := range slices.Sorted(maps.Keys(m.Costs)) {
		line.Costs = append(line.Costs, costJSON{gateway.Cost{Micros: m.Costs[currency]}.Decimal(), currency})
	}
	return line
}

type lineJSON struct {
	SKU       string `json:"sku"`
	Qty       int    `json:"qty"`
	UnitPrice string `json:"unit_price"`
}

func writeOrdersJSON(ctx context.Context, out io.Writer, from *store.Reader) error {
	encoder := json.NewEncoder(out)
	return from.All(ctx, func(o orders.Order) error {
		lines := make([]lineJSON, len(o.Lines))
		for i, l := range o.Lines {
			lines[i] = lineJSON{l.SKU, l.Qty, l.UnitPrice.Decimal()}
		}
		messages, err := from.Messages(ctx, o.ID)
		if err != nil {
			return err
		}
		return encoder.Encode(orderJSON{
			ID: o.ID, Number: o.Number, Phone: o.Phone, Channel: o.Channel, Language: o.Language,
			Station: o.Station, Status: o.Status, Lines: lines, Total: o.Total.Decimal(),
			Currency: o.Total.Currency, PickupCode: o.PickupCode, PlacedAt: o.PlacedAt.UTC(),
			Messages: messagesOf(messages),
		})
	})
}

// orderRow has fixed widths rather than measured ones, so that a table of any
// length needs no memory.
const orderRow = "%-9s %-16s %-14s %-9s %-8s %-10s %14s  %s\n"

func writeOrdersTable(ctx context.Context, out io.Writer, from *store.Reader) error {
	n := 0
	err := from.All(ctx, func(o orders.Order) error {
		if n == 0 {
			fmt.Fprintf(out, orderRow, "NUMBER", "PLACED (UTC)", "PHONE", "CHANNEL", "STATION", "STATUS", "TOTAL", "ITEMS")
		}
		n++
		items := make([]string, len(o.Lines))
		for i, l := range o.Lines {
			items[i] = l.SKU + " " + strconv.Itoa(l.Qty)
		}
		_, err := fmt.Fprintf(out, orderRow, strconv.FormatInt(o.Number, 10), o.PlacedAt.UTC().Format("2006-01-02 15:04"),
			masked(o.Phone), o.Channel, o.Station, o.Status, o.Total.Currency+" "+o.Total.Decimal(), strings.Join(items, ", "))
		return err
	})
	if err == nil && n == 0 {
		_, err = fmt.Fprintln(out, "No orders yet.")
	}
	return err
}

// masked hides a phone number but for its last three digits, by which an
// operator and a villager can tell two apart.
func masked(phone string) string {
	const shown = 3
	if len(phone) <= shown {
		return strings.Repeat("*", len(phone))
	}
	return strings.Repeat("*", len(phone)-shown) + phone[len(phone)-shown:]
}
