package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"runtime/debug"
	"slices"

	"haat/gateway/console"
	"haat/gateway/console/account"
	"haat/gateway/console/index"
	"haat/gateway/console/saved"
	"haat/gateway/console/store"
	"haat/gateway/lang"
	"haat/gateway/messagelog"
)

// consoleKeyFile is where the console keeps the key of its links, in the data
// directory. Without it old links to conversations end.
const consoleKeyFile = "console.key"

// operatorsRoom is the operators' pages with what they need.
type operatorsRoom struct {
	pages    *console.Console
	accounts *account.Accounts
	demo     bool // there is nothing but the demo's phones
}

// openConsole opens the operators' pages on the log of the gateway.
func (h *house) openConsole(ctx context.Context, log *messagelog.Log, people *messagelog.People, languages *lang.Set) (*operatorsRoom, error) {
	ix, err := index.Open(ctx, filepath.Join(h.cfg.Data, indexFile), log, h.logger)
	if err != nil {
		return nil, err
	}
	h.closers = append(h.closers, ix.Close)
	h.work = append(h.work, ix.Run, func(ctx context.Context) error { return ix.Serve(ctx, h.bus.Conn()) })
	words, err := console.Words()
	if err != nil {
		return nil, err
	}
	notes, err := store.Open(ctx, filepath.Join(h.cfg.Data, consoleFile))
	if err != nil {
		return nil, err
	}
	h.closers = append(h.closers, notes.Close)
	accounts, err := h.openAccounts(notes, words)
	if err != nil {
		return nil, err
	}
	key, err := console.OpenKey(filepath.Join(h.cfg.Data, consoleKeyFile))
	if err != nil {
		return nil, err
	}
	desk, err := h.openAttention(log, people, ix, notes, accounts)
	if err != nil {
		return nil, err
	}
	room := &operatorsRoom{accounts: accounts, demo: h.cfg.onlyDemo()}
	pages := console.Config{
		Operators: accounts, OIDC: h.cfg.Console.OIDC.Issuer != "",
		Index: ix, Gate: accounts, Sessions: log, People: people, Attention: desk, Metrics: console.NewMetrics(h.registry), Logger: h.logger,
		Key: key, Region: h.cfg.Market.Region, Channels: slices.Sorted(maps.Keys(h.cfg.Channels)), Languages: spoken(languages), Stations: h.market.stations,
		Views: saved.New(notes), Practice: h.openPractice(),
		Demo: room.demo, PublicURL: h.cfg.PublicURL, Version: moduleVersion(), Product: h.productName,
		Orders: h.consoleOrders(), Catalog: h.catalogRoom(),
	}
	h.takeOver(&pages)
	if err := h.openAlerts(ctx, &pages, ix, notes, log); err != nil {
		return nil, err
	}
	if room.pages, err = console.New(pages); err != nil {
		return nil, err
	}
	room.pages.Routes(h.mux)
	return room, nil
}

// onlyDemo tells whether nobody but the demo's phones can write.
func (c *Config) onlyDemo() bool {
	for _, channel := range c.Channels {
		if channel.Demo == nil {
			return false
		}
	}
	return true
}

func spoken(languages *lang.Set) (all []console.Language) {
	for _, l := range languages.Languages() {
		all = append(all, console.Language{Code: l.Code, Name: l.Name})
	}
	return all
}

// productName is what operators call a product: one that is not in the catalogue
// by its SKU.
func (h *house) productName(language, sku string) string {
	if p, ok := h.market.present.Load().Named(sku); ok {
		return p.Name(language)
	}
	return sku
}

func moduleVersion() string {
	if build, ok := debug.ReadBuildInfo(); ok && build.Main.Version != "" {
		return build.Main.Version
	}
	return "(devel)"
}

// invite says how to sign in: as the demo's operator, or by the link for the
// first one; nothing where there are operators.
func (o *operatorsRoom) invite(ctx context.Context, w io.Writer, base string) error {
	var name, password string
	link, err := o.accounts.FirstLink(ctx, base)
	if err == nil && o.demo {
		name, password, err = o.accounts.Demo(ctx)
	}
	switch {
	case err != nil:
		return errors.Join(errors.New("the operators' sign-in cannot be prepared"), err)
	case o.demo:
		fmt.Fprintf(w, "Their console, in a browser:\n  %s   (sign in as %s with %s)\n\n", base, name, password)
	case link != "":
		fmt.Fprintf(w, "The first operator chooses a name and a password here, within 24 hours:\n  %s\n\n", link)
	}
	return nil
}
