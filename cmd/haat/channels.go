package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"haat/gateway"
	"haat/gateway/messagelog"
	"haat/gateway/outbox"
	"haat/orders/bus"
)

// channelsListCmd shows the channels and how they do.
type channelsListCmd struct {
	place
	JSON bool `name:"json" help:"One JSON object a line, for programs."`
}

// channelInfo is one channel as the command shows it.
type channelInfo struct {
	outbox.ChannelState
	Carrier string   `json:"carrier"`
	Can     []string `json:"can"`     // receive, bind, send
	Waiting uint64   `json:"waiting"` // SMS that wait or are on their way
}

// stopped is the state of a channel of which no running haat tells.
const stopped = "stopped"

// Run implements the command.
func (c *channelsListCmd) Run(ctx context.Context, std *stdio) error {
	cfg, err := c.loadToRead()
	if err != nil {
		return err
	}
	b, err := openBus(ctx, cfg, newLogger(LogConfig{Level: "error", Format: "console"}, std.Err))
	if err != nil {
		return err
	}
	defer b.Close()
	states, err := outbox.States(ctx, b.Conn())
	if err != nil && !errors.Is(err, outbox.ErrNotRunning) {
		return err
	}
	running := err == nil
	for i, name := range slices.Sorted(maps.Keys(cfg.Channels)) {
		info := cfg.channelInfo(name, running)
		if at := slices.IndexFunc(states, func(s outbox.ChannelState) bool { return s.Name == name }); at >= 0 {
			info.ChannelState = states[at]
		}
		if lag, err := b.Lag(ctx, bus.Messages, outbox.Consumer(name)); err == nil {
			info.Waiting = lag
		}
		if c.JSON {
			err = json.NewEncoder(std.Out).Encode(info)
		} else {
			err = writeChannel(std.Out, i == 0, info)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// channelInfo is what the configuration tells of a channel.
func (c *Config) channelInfo(name string, running bool) channelInfo {
	cfg := c.Channels[name]
	info := channelInfo{ChannelState: outbox.ChannelState{Name: name, State: stopped}, Can: []string{}}
	if running {
		info.State = outbox.Working
	}
	for block := range cfg.blocks() { // there is one
		info.Carrier = block
	}
	channel, err := cfg.open(name, c, zerolog.Nop())
	if err != nil { // a key that is not in this command's environment
		return info
	}
	if _, ok := channel.(gateway.Receiver); ok {
		info.Can = append(info.Can, "receive")
	}
	if _, ok := channel.(gateway.Runner); ok {
		info.Can = append(info.Can, "bind")
	}
	if _, ok := channel.(gateway.Sender); ok {
		info.Can = append(info.Can, "send")
	}
	return info
}

const channelRow = "%-16s %-14s %-10s %8s %10s  %s\n"

func writeChannel(out io.Writer, first bool, c channelInfo) error {
	if first {
		fmt.Fprintf(out, channelRow, "CHANNEL", "CARRIER", "STATE", "WAITING", "TODAY", "")
	}
	today := fmt.Sprint(c.Today.Segments)
	if c.Today.SegmentsAllowed > 0 {
		today += fmt.Sprintf("/%d", c.Today.SegmentsAllowed)
	}
	remark := strings.TrimSpace(moneyRemark(c.ChannelState, time.Now()) + " " + c.Reason)
	_, err := fmt.Fprintf(out, channelRow, c.Name, c.Carrier, c.State, fmt.Sprint(c.Waiting), today, remark)
	return err
}

// moneyRemark is what today has cost, and what is left on the account at the
// carrier, with the age of its word.
func moneyRemark(c outbox.ChannelState, now time.Time) string {
	var words []string
	if c.Today.Cost != "" {
		cost := c.Today.Currency + " " + c.Today.Cost
		if c.Today.CostAllowed != "" {
			cost += " of " + c.Today.CostAllowed
		}
		words = append(words, cost)
	}
	switch b := c.Balance; {
	case b != nil:
		words = append(words, fmt.Sprintf("%s %s left (%s)", b.Currency, b.Amount, ago(now.Sub(b.At))))
	case c.BalanceAwaited:
		words = append(words, "the balance is not known yet")
	}
	return strings.Join(words, ", ")
}

// ago says how long something is past, in whole minutes or hours.
func ago(age time.Duration) string {
	switch {
	case age < time.Minute:
		return "just now"
	case age < 2*time.Hour:
		return fmt.Sprintf("%d min ago", int(age.Minutes()))
	}
	return fmt.Sprintf("%d h ago", int(age.Hours()))
}

// sends tells why a channel cannot be told to send, or nil.
func (c *Config) sends(name string) error {
	cfg, there := c.Channels[name]
	if !there {
		return fmt.Errorf("there is no channel %q: write one of %s", name, strings.Join(slices.Sorted(maps.Keys(c.Channels)), ", "))
	}
	if channel, err := cfg.open(name, c, zerolog.Nop()); err == nil {
		if _, ok := channel.(gateway.Sender); !ok {
			return fmt.Errorf("channel %s carries USSD alone: dial its code to test it, and send by %s", name, cmp.Or(cfg.Sending.Through, "another channel"))
		}
	}
	return nil
}

// channelsTestCmd sends a text through a channel and tells what becomes of it.
type channelsTestCmd struct {
	place
	Name string        `arg:"" help:"The channel."`
	To   string        `required:"" placeholder:"PHONE" help:"A phone that you can look at, like +254700000001."`
	Wait time.Duration `default:"60s" help:"How long to wait for the delivery report."`
}

var errTestFailed = errors.New("the test text was not sent: do what the last line says and test again")

// Run implements the command.
func (c *channelsTestCmd) Run(ctx context.Context, std *stdio) error {
	cfg, err := c.loadToRead()
	if err != nil {
		return err
	}
	log, b, err := openLog(ctx, cfg, std)
	if err != nil {
		return err
	}
	defer b.Close()
	states, err := outbox.States(ctx, b.Conn())
	if err != nil {
		return err
	}
	for _, s := range states {
		if s.Name == c.Name && s.Reason != "" {
			fmt.Fprintf(std.Out, "channel %s is %s: %s\n", s.Name, s.State, s.Reason)
		}
	}
	ref, err := post(ctx, cfg, log, b, c.Name, c.To, "haat: channel "+c.Name+" works.")
	if err != nil {
		return err
	}
	phone, err := gateway.ParsePhone(c.To, cfg.Market.Region)
	if err != nil {
		return err
	}
	fmt.Fprintf(std.Out, "SMS %s is in the outbox\n", ref)
	return c.follow(ctx, std.Out, log, phone, ref)
}

// follow prints each status of the SMS until it is final or the wait is over.
func (c *channelsTestCmd) follow(ctx context.Context, out io.Writer, log *messagelog.Log, phone gateway.Phone, ref string) error {
	ctx, cancel := context.WithTimeout(ctx, c.Wait)
	defer cancel()
	var latest gateway.State
	done := errors.New("final")
	err := log.Entries(ctx, phone, true, func(e messagelog.Entry) error {
		if e.Kind != messagelog.KindStatus || e.Ref != ref {
			return nil
		}
		latest = e.Status
		fmt.Fprintln(out, statusText(e))
		if latest.Final() {
			return done
		}
		return nil
	})
	switch {
	case err != nil && !errors.Is(err, done) && !errors.Is(err, context.DeadlineExceeded):
		return err
	case latest == gateway.Delivered:
		fmt.Fprintln(out, "The phone has it: sending and delivery reports work.")
		return nil
	case latest == gateway.Sent || latest == gateway.Buffered:
		fmt.Fprintf(out, "The carrier has it, but within %s it did not report that the phone has it: look at the phone; if it is there, check the address for delivery reports at the carrier.\n", c.Wait)
		return nil
	case latest == "":
		fmt.Fprintf(out, "It was not tried within %s: look at `haat channels`.\n", c.Wait)
	}
	return errTestFailed
}
