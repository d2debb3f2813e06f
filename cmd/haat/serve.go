package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
)

// serveCmd runs everything in one process.
type serveCmd struct{ server }

// Run implements the command.
func (c *serveCmd) Run(ctx context.Context, std *stdio) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	return runHouse(ctx, cfg, roles{gateway: true, processor: true}, std)
}

// gatewayCmd runs the gateway alone.
type gatewayCmd struct{ server }

// Run implements the command.
func (c *gatewayCmd) Run(ctx context.Context, std *stdio) error {
	return runHalf(ctx, c.server, roles{gateway: true}, std)
}

// processorCmd runs the order processor alone.
type processorCmd struct{ server }

// Run implements the command.
func (c *processorCmd) Run(ctx context.Context, std *stdio) error {
	return runHalf(ctx, c.server, roles{processor: true}, std)
}

var errNeedsURL = errors.New("gateway and processor run apart only on a NATS that both reach: set nats.url in the configuration, or run `haat serve`")

func runHalf(ctx context.Context, s server, r roles, std *stdio) error {
	cfg, err := s.load()
	if err != nil {
		return err
	}
	if cfg.NATS.URL == "" {
		return errNeedsURL
	}
	return runHouse(ctx, cfg, r, std)
}

// runHouse opens the rooms, serves until ctx ends or a room fails, and closes
// them in order. It takes its address first: requests that come while a long
// log is read back wait in the listener's queue instead of being turned away.
func runHouse(ctx context.Context, cfg Config, r roles, std *stdio) error {
	logger := newLogger(cfg.Log, std.Err)
	listener, err := net.Listen("tcp", cfg.Listen)
	if err != nil {
		return fmt.Errorf("listen (setting listen, flag --listen): %w", err)
	}
	defer listener.Close()
	cfg.Listen = listener.Addr().String() // the port where the setting leaves it open
	h, err := openHouse(ctx, cfg, r, logger)
	if err != nil {
		return err
	}
	logger.Info().Str("address", cfg.Listen).Bool("gateway", r.gateway).Bool("processor", r.processor).Msg("haat is open")
	if r.gateway {
		welcome(std.Out, cfg)
		if err := h.operators.invite(ctx, std.Out, cmp.Or(cfg.PublicURL, "http://"+dialable(cfg.Listen))); err != nil {
			return errors.Join(err, h.close())
		}
	}
	return errors.Join(h.serve(ctx, listener), h.close())
}

// welcome says what to try next.
func welcome(w io.Writer, cfg Config) {
	base := "http://" + dialable(cfg.Listen)
	fmt.Fprintf(w, "\nhaat is open: %s   (data in %s, Ctrl-C stops)\n\n", base, cfg.Data)
	if c, ok := cfg.Channels["demo"]; ok && c.Demo != nil {
		fmt.Fprintf(w, "A basic phone, in another terminal:\n  go run ./cmd/haat phone --url %s\n\n", base)
		fmt.Fprintf(w, "The same as its carrier would send it:\n  curl %s/channels/demo/ussd -d sessionId=1 -d serviceCode=%s -d phoneNumber=%%2B254700000001 -d text=\n\n", base, "'*384%23'")
		fmt.Fprintf(w, "What the operators see:\n  go run ./cmd/haat log --follow --data %s\n  go run ./cmd/haat orders --data %s\n\n", cfg.Data, cfg.Data)
	}
}
