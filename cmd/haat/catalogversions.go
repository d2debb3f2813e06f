package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"text/tabwriter"

	"haat/orders/shelf"
)

// catalogVersionsCmd lists the versions of the catalogue that are kept.
type catalogVersionsCmd struct {
	JSON bool `help:"One JSON object a line, the newest first."`
	place
}

// Run prints one line a version.
func (cmd catalogVersionsCmd) Run(ctx context.Context, io *stdio) error {
	c, err := cmd.loadToRead()
	if err != nil {
		return err
	}
	b, err := openBus(ctx, c, newLogger(c.Log, io.Err))
	if err != nil {
		return err
	}
	defer b.Close()
	versions, err := shelf.Versions(ctx, b)
	if err != nil {
		return err
	}
	if cmd.JSON {
		out := json.NewEncoder(io.Out)
		for _, v := range versions {
			if err := out.Encode(v); err != nil {
				return err
			}
		}
		return nil
	}
	out := tabwriter.NewWriter(io.Out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(out, "VERSION\tAT\tBY\tHOW\tPRODUCTS\tNEW\tGONE\tCHANGED\tNOTE")
	for _, v := range versions {
		fmt.Fprintf(out, "%d\t%s\t%s\t%s\t%d\t%d\t%d\t%d\t%s\n", v.Number, v.At.Format("2006-01-02 15:04:05"),
			cmp.Or(v.By, "command line"), v.Kind, v.Products, v.Added, v.Removed, v.Changed, v.Note)
	}
	return out.Flush()
}
