package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/rs/zerolog"

	"haat/gateway"
	"haat/gateway/messagelog"
	"haat/orders/bus"
)

// outboxListCmd shows the SMS that wait, and those that did not arrive.
type outboxListCmd struct {
	place
	JSON  bool          `name:"json" help:"One JSON object a line, with whole phone numbers and texts, for programs."`
	Since time.Duration `default:"168h" help:"How far back to look."`
}

// letterJSON is one SMS of the outbox for programs.
type letterJSON struct {
	ID       string        `json:"id"` // for retry and drop; empty for a report on what is not known
	Kind     string        `json:"kind"`
	Channel  string        `json:"channel"`
	Phone    gateway.Phone `json:"phone"`
	Text     string        `json:"text,omitempty"`
	Order    string        `json:"order,omitempty"`
	At       time.Time     `json:"at"`
	Status   string        `json:"status"`
	Attempt  int           `json:"attempt"`
	Code     string        `json:"code,omitempty"`
	Reason   string        `json:"reason,omitempty"`
	StatusAt time.Time     `json:"status_at,omitzero"`
}

// waiting is the status of an SMS before its first attempt.
const waiting = "waiting"

func letterLine(l messagelog.Letter) letterJSON {
	line := letterJSON{
		ID: l.Ref, Kind: "reply", Channel: l.Channel, Phone: l.Phone, Text: l.Text, Order: l.Order, At: l.At.UTC(),
		Status: waiting, Attempt: l.Status.Attempt, Code: l.Status.Code, Reason: l.Status.Reason, StatusAt: l.Status.At,
	}
	switch {
	case l.Ref == "":
		line.Kind, line.Reason = "report", "The carrier reports on an SMS that is not known: it is older than the log, of another system on the same account, or its id came back changed."
	case l.Notice:
		line.Kind = "notice"
	}
	if l.Status.State != "" {
		line.Status = string(l.Status.State)
	}
	return line
}

// open tells whether an operator should still see the SMS: it waits, or it did
// not arrive and nobody has said that this is all right.
func open(l messagelog.Letter) bool {
	switch l.Status.State {
	case gateway.Sent, gateway.Buffered, gateway.Delivered, gateway.Dropped, gateway.Suppressed:
		return l.Ref == ""
	}
	return true
}

// Run implements the command.
func (c *outboxListCmd) Run(ctx context.Context, std *stdio) error {
	cfg, err := c.loadToRead()
	if err != nil {
		return err
	}
	log, b, err := openLog(ctx, cfg, std)
	if err != nil {
		return err
	}
	defer b.Close()
	letters, err := log.Letters(ctx, time.Now().Add(-c.Since), cfg.deferred)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(std.Out)
	shown := 0
	for _, l := range letters {
		if !open(l) {
			continue
		}
		shown++
		if err := c.show(out, letterLine(l)); err != nil {
			return err
		}
	}
	if shown == 0 && !c.JSON {
		fmt.Fprintln(out, "Nothing waits, and nothing failed.")
	}
	return out.Flush()
}

func (c *outboxListCmd) show(out io.Writer, l letterJSON) error {
	if c.JSON {
		return json.NewEncoder(out).Encode(l)
	}
	code := l.Code
	if code != "" {
		code = " (" + code + ")"
	}
	_, err := fmt.Fprintf(out, "%8s %s %-7s %s %-10s %s, attempt %d%s %s\n", l.ID, l.At.Local().Format(time.DateTime), l.Kind,
		masked(string(l.Phone)), l.Channel, l.Status, l.Attempt, code, l.Reason)
	return err
}

// deferred tells whether a channel's replies to SMS leave by its outbox.
func (c *Config) deferred(channel string) bool {
	cfg, there := c.Channels[channel]
	if !there {
		return false
	}
	made, err := cfg.open(channel, c, zerolog.Nop())
	if err != nil {
		return true // a key is missing here; rather show too much
	}
	d, ok := made.(gateway.Deferred)
	return ok && d.Deferred()
}

// outboxRetryCmd sends an SMS again that failed or waits.
type outboxRetryCmd struct {
	place
	ID string `arg:"" help:"As haat outbox shows it."`
}

// outboxDropCmd takes an SMS out of the outbox.
type outboxDropCmd struct {
	place
	ID string `arg:"" help:"As haat outbox shows it."`
}

// Run implements the command.
func (c *outboxRetryCmd) Run(ctx context.Context, std *stdio) error {
	return withLetter(ctx, c.place, c.ID, std, func(log *messagelog.Log, b *bus.Bus, l messagelog.Letter) error {
		ref, err := log.SendAgain(ctx, l, l.Again(l.Text, time.Now()))
		if err != nil {
			return err
		}
		fmt.Fprintf(std.Out, "SMS %s is sent again as SMS %s.\n", l.Ref, ref)
		return b.Durable(ctx)
	})
}

// Run implements the command.
func (c *outboxDropCmd) Run(ctx context.Context, std *stdio) error {
	return withLetter(ctx, c.place, c.ID, std, func(log *messagelog.Log, b *bus.Bus, l messagelog.Letter) error {
		if err := log.Drop(ctx, l, "An operator dropped it.", time.Now()); err != nil {
			return err
		}
		fmt.Fprintf(std.Out, "SMS %s is dropped.\n", l.Ref)
		return b.Durable(ctx)
	})
}

// withLetter does something about an SMS that waits or did not arrive.
func withLetter(ctx context.Context, p place, id string, std *stdio, do func(*messagelog.Log, *bus.Bus, messagelog.Letter) error) error {
	cfg, err := p.loadToRead()
	if err != nil {
		return err
	}
	log, b, err := openLog(ctx, cfg, std)
	if err != nil {
		return err
	}
	defer b.Close()
	l, err := log.Letter(ctx, id)
	if errors.Is(err, gateway.ErrNotFound) {
		return fmt.Errorf("there is no SMS %q: write an ID that `haat outbox` shows", id)
	}
	if err != nil {
		return err
	}
	if err := l.Open(); err != nil {
		return err
	}
	return do(log, b, l)
}
