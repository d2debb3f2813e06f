package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"haat/gateway"
	"haat/gateway/gsm"
	"haat/gateway/messagelog"
	"haat/gateway/outbox"
	"haat/orders/bus"
)

// sendCmd puts a text of the operator into the outbox.
type sendCmd struct {
	place
	Channel string `required:"" help:"The channel that sends it."`
	To      string `required:"" placeholder:"PHONE" help:"The phone, like +254700000001."`
	Text    string `required:"" help:"What it says, 8 segments at most."`
}

// maxOperatorSegments is what an operator may send at once: what every carrier
// and phone can join again.
const maxOperatorSegments = 8

// Run implements the command.
func (c *sendCmd) Run(ctx context.Context, std *stdio) error {
	cfg, err := c.loadToRead()
	if err != nil {
		return err
	}
	log, b, err := openLog(ctx, cfg, std)
	if err != nil {
		return err
	}
	defer b.Close()
	ref, err := post(ctx, cfg, log, b, c.Channel, c.To, c.Text)
	if err != nil {
		return err
	}
	segments := gsm.Segments(c.Text)
	fmt.Fprintf(std.Out, "SMS %s: %d %s by channel %s. What becomes of it: haat log --follow\n", ref, segments, plural(segments, "segment", "segments"), c.Channel)
	if _, err := outbox.States(ctx, b.Conn()); errors.Is(err, outbox.ErrNotRunning) {
		fmt.Fprintln(std.Out, "haat is not running: it leaves when haat is started.")
	}
	return nil
}

// post puts an operator's text into the outbox of a channel.
func post(ctx context.Context, cfg Config, log *messagelog.Log, b *bus.Bus, channel, to, text string) (ref string, err error) {
	phone, err := gateway.ParsePhone(to, cfg.Market.Region)
	if err != nil {
		return "", fmt.Errorf("--to %q: write it like +254700000001: %w", to, err)
	}
	if err := cfg.sends(channel); err != nil {
		return "", err
	}
	switch segments := gsm.Segments(text); {
	case segments == 0:
		return "", errors.New("--text is empty: write what the SMS says")
	case segments > maxOperatorSegments:
		return "", fmt.Errorf("--text takes %d segments: shorten it to %d", segments, maxOperatorSegments)
	}
	ref, err = log.Post(ctx, gateway.Notice{Channel: channel, Phone: phone, Text: gsm.Clean(text), At: time.Now()})
	if err != nil {
		return "", err
	}
	return ref, b.Durable(ctx)
}

// openLog opens the message log of the haat that a command is about, running or
// stopped.
func openLog(ctx context.Context, cfg Config, std *stdio) (*messagelog.Log, *bus.Bus, error) {
	b, err := openBus(ctx, cfg, newLogger(LogConfig{Level: "error", Format: "console"}, std.Err))
	if err != nil {
		return nil, nil, err
	}
	log, err := messagelog.Open(ctx, b)
	if err != nil {
		return nil, nil, errors.Join(err, b.Close())
	}
	return log, b, nil
}
