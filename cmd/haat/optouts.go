package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"haat/gateway"
	"haat/gateway/dialogue"
	"haat/gateway/messagelog"
)

// optoutsCmd lists the phones whose owners want no SMS.
type optoutsCmd struct {
	place
	JSON bool `name:"json" help:"One JSON object a line, with whole phone numbers, for programs."`
}

// optoutJSON is one phone that has opted out.
type optoutJSON struct {
	Phone gateway.Phone `json:"phone"`
	Since time.Time     `json:"since,omitzero"` // not known of the oldest
}

// Run implements the command.
func (c *optoutsCmd) Run(ctx context.Context, std *stdio) error {
	cfg, err := c.loadToRead()
	if err != nil {
		return err
	}
	b, err := openBus(ctx, cfg, newLogger(LogConfig{Level: "error", Format: "console"}, std.Err))
	if err != nil {
		return err
	}
	defer b.Close()
	people, err := messagelog.OpenPeople(ctx, b)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(std.Out)
	n := 0
	err = people.Each(ctx, func(p gateway.Phone, profile dialogue.Profile) error {
		if !profile.OptedOut {
			return nil
		}
		n++
		line := optoutJSON{Phone: p}
		if profile.OptedOutAt != 0 {
			line.Since = time.Unix(profile.OptedOutAt, 0).UTC()
		}
		if c.JSON {
			return json.NewEncoder(out).Encode(line)
		}
		_, err := fmt.Fprintf(out, "%-16s %s\n", masked(string(p)), line.Since.Format(time.DateTime))
		return err
	})
	if err == nil && n == 0 && !c.JSON {
		fmt.Fprintln(out, "Nobody has opted out.")
	}
	if err != nil {
		return err
	}
	return out.Flush()
}
