package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"haat/gateway"
	"haat/gateway/dialogue"
	"haat/gateway/messagelog"
	"haat/orders/bus"
)

// logCmd shows the message log.
type logCmd struct {
	place
	Follow  bool   `short:"f" help:"Go on with what comes."`
	Phone   string `placeholder:"N" help:"Only this phone, like +254700000001."`
	Only    string `enum:"all,unknown,sell" default:"all" help:"all, or only texts that were not understood (unknown), or only offers of those who sell (sell)."`
	Explain bool   `help:"Tell which words of a text became what."`
	JSON    bool   `name:"json" help:"One JSON object a line, with whole phone numbers, for programs."`
}

// Run implements the command.
func (c *logCmd) Run(ctx context.Context, std *stdio) error {
	cfg, err := c.loadToRead()
	if err != nil {
		return err
	}
	var phone gateway.Phone
	if c.Phone != "" {
		if phone, err = gateway.ParsePhone(c.Phone, cfg.Market.Region); err != nil {
			return fmt.Errorf("--phone %q: write it like +254700000001: %w", c.Phone, err)
		}
	}
	b, err := openBus(ctx, cfg, newLogger(LogConfig{Level: "error", Format: "console"}, std.Err))
	if err != nil {
		return err
	}
	defer b.Close()
	log, err := messagelog.Open(ctx, b)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(std.Out)
	defer out.Flush()
	show := c.showEntry
	if c.JSON {
		show = func(w io.Writer, e messagelog.Entry) error { return json.NewEncoder(w).Encode(e) }
	}
	return log.Entries(ctx, phone, c.Follow, func(e messagelog.Entry) error {
		if c.Only != "all" && c.Only != e.Class {
			return nil
		}
		if err := show(out, e); err != nil {
			return err
		}
		if c.Follow {
			return out.Flush()
		}
		return nil
	})
}

// showEntry writes an entry for people, its phone masked.
func (c *logCmd) showEntry(w io.Writer, e messagelog.Entry) error {
	head := fmt.Sprintf("%s %7d %s %-8s", e.At.Local().Format(time.DateTime), e.Seq, masked(string(e.Phone)), e.Channel)
	var err error
	switch e.Kind {
	case messagelog.KindTurn:
		heard := ""
		if c.Explain && e.Heard != "" {
			heard = "\n    ? " + oneLine(e.Heard)
		}
		_, err = fmt.Fprintf(w, "%s %s > %s%s%s\n%s\n", head, e.Mode, oneLine(e.In), remark(e), heard, indented(e.Out))
	case messagelog.KindNotice:
		_, err = fmt.Fprintf(w, "%s notice\n%s\n", head, indented(e.Out))
	default:
		_, err = fmt.Fprintf(w, "%s %s\n", head, statusText(e))
	}
	return err
}

// statusText says what became of an SMS.
func statusText(e messagelog.Entry) string {
	text := fmt.Sprintf("SMS %s is %s", e.Ref, e.Status)
	if e.Ref == "" {
		text = fmt.Sprintf("the carrier reports %s of an SMS that is not known", e.Status)
	}
	if e.Attempt > 1 {
		text += fmt.Sprintf(" at attempt %d", e.Attempt)
	}
	if e.Code != "" {
		text += " (" + e.Code + ")"
	}
	if e.Segments > 0 {
		text += fmt.Sprintf(", %d %s", e.Segments, plural(e.Segments, "segment", "segments"))
	}
	if e.Cost != "" {
		text += ", " + e.Currency + " " + e.Cost
	}
	if e.Reason != "" {
		text += ": " + e.Reason
	}
	return text
}

// remark is what an operator should look at.
func remark(e messagelog.Entry) string {
	switch {
	case e.Class == dialogue.ClassUnknown:
		return "  [not understood]"
	case e.Class == gateway.ClassFlood:
		return "  [not read: too many SMS of this phone in ten minutes]"
	case e.Class == gateway.ClassHeld:
		return "  [left to the operator who has taken over]"
	case e.Class == gateway.ClassTakeOver:
		return "  [" + e.By + " takes over]"
	case e.Class == gateway.ClassHandBack:
		return "  [" + e.By + " hands back]"
	case e.Class == gateway.ClassLoop:
		return "  [not answered: the same SMS again and again, as from a machine]"
	case e.Offer != nil:
		return "  [offer: " + offerText(*e.Offer) + "]"
	}
	return ""
}

// offerText writes an offer for operators, as far as it was said.
func offerText(o dialogue.Offer) string {
	words := []string{o.Item}
	if o.Qty > 0 {
		words = []string{strconv.FormatFloat(o.Qty, 'f', -1, 64), o.Unit, o.Item}
	}
	if o.Price.Minor > 0 {
		words = append(words, "at", o.Price.Currency, o.Price.Decimal())
	}
	return strings.Join(words, " ")
}

func oneLine(s string) string { return strings.ReplaceAll(s, "\n", " / ") }

func indented(s string) string { return "    | " + strings.ReplaceAll(s, "\n", "\n    | ") }

// openBus connects a tool to the haat that runs on the data directory or at
// nats.url, or opens the directory of a stopped one.
func openBus(ctx context.Context, cfg Config, logger zerolog.Logger) (*bus.Bus, error) {
	return bus.Attach(ctx, cfg.busConfig(), logger)
}
