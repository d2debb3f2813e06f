package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/url"
	"os"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/nyaruka/phonenumbers"
	"github.com/rs/zerolog"
	"golang.org/x/text/currency"

	"haat/catalog"
	"haat/gateway"
	"haat/gateway/lang"
	"haat/orders"
	"haat/orders/bus"
)

// configCheckCmd says everything that is wrong with a configuration.
type configCheckCmd struct {
	Config string `short:"c" env:"HAAT_CONFIG" placeholder:"FILE" help:"Configuration file; without it, the defaults and the environment are checked."`
}

// Run prints one line when all is well.
func (cmd configCheckCmd) Run(_ context.Context, io *stdio) error {
	c, err := place{Config: cmd.Config}.load()
	if err != nil {
		return err
	}
	if err := c.checkTables(); err != nil {
		return err
	}
	names := slices.Sorted(maps.Keys(c.Channels))
	_, err = fmt.Fprintf(io.Out, "%s: all well. %d %s (%s), data in %s, listening on %s\n",
		cmp.Or(cmd.Config, "defaults"), len(names), plural(len(names), "channel", "channels"), strings.Join(names, ", "), c.Data, c.Listen)
	return err
}

// checkTables reads the files that the settings name, as haat does when it
// starts.
func (c *Config) checkTables() error {
	_, stations := readFile(c.Market.Stations, "stations.csv", func(csv []byte) ([]orders.Station, error) {
		return orders.ReadStations(bytes.NewReader(csv))
	})
	_, categories := readFile(c.Market.Categories, "categories.csv", func(csv []byte) ([]catalog.Category, error) {
		return catalog.ReadCategories(bytes.NewReader(csv))
	})
	_, products := readFile(c.Catalog.File, "catalog.csv", func(csv []byte) ([]catalog.Product, error) {
		return catalog.Read(bytes.NewReader(csv), c.Market.Currency)
	})
	return errors.Join(stations, categories, products)
}

// findings collects problems.
type findings []problem

func (f *findings) add(where, format string, args ...any) {
	*f = append(*f, problem{where, fmt.Sprintf(format, args...)})
}

// within reports a number that is out of its limits.
func (f *findings) within(where string, n, low, high int) {
	if n < low || n > high {
		f.add(where, "%d is out of bounds: write %d to %d", n, low, high)
	}
}

// lasting reports a time that is out of its limits.
func (f *findings) lasting(where string, d, low, high time.Duration) {
	if d < low || d > high {
		f.add(where, "%s is out of bounds: write %s to %s", span(d), span(low), span(high))
	}
}

// span writes a duration without the zero units that Go's own form ends in.
func span(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// oneOf reports a word that is none of those known.
func (f *findings) oneOf(where, word string, known ...string) {
	if !slices.Contains(known, word) {
		f.add(where, "%q is not known: write one of %s", word, strings.Join(known, ", "))
	}
}

// file reports a file that cannot be opened; "" is no file.
func (f *findings) file(where, name string) {
	if name == "" {
		return
	}
	file, err := os.Open(name)
	if err != nil {
		f.add(where, "%v: write the path of a file that haat may read", err)
		return
	}
	file.Close()
}

// check lists everything that is wrong outside the channels.
func (c *Config) check() []problem {
	var f findings
	if c.Data == "" {
		f.add("data", "it is empty: write a directory, such as ./haat-data")
	}
	if _, _, err := net.SplitHostPort(c.Listen); err != nil {
		f.add("listen", "%q is no address: write host:port, such as 127.0.0.1:8080", c.Listen)
	}
	if c.PublicURL != "" && !isBaseURL(c.PublicURL) {
		f.add("public_url", "%q is no base address: write it like https://sms.example.org, without ? and #", c.PublicURL)
	}
	f.oneOf("log.level", c.Log.Level, "trace", "debug", "info", "warn", "error")
	f.oneOf("log.format", c.Log.Format, "console", "json")
	c.NATS.check(&f)
	c.Market.check(&f)
	f.file("catalog.file", c.Catalog.File)
	f.lasting("dialogue.basket_keep", c.Dialogue.BasketKeep, time.Minute, 720*time.Hour)
	f.lasting("dialogue.order_wait", c.Dialogue.OrderWait, 0, 5*time.Second)
	f.lasting("dialogue.hold", c.Dialogue.Hold, time.Minute, 24*time.Hour)
	f.within("limits.cache_phones", c.Limits.CachePhones, 100, 10_000_000)
	f.within("limits.sms_per_phone", c.Limits.SMSPerPhone, 0, 100_000)
	c.Outbox.check(&f)
	c.Console.check(&f, c.PublicURL)
	c.Attention.check(&f)
	return f
}

func isBaseURL(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" &&
		u.RawQuery == "" && !u.ForceQuery && u.Fragment == "" && u.User == nil
}

func (n *NATSConfig) check(f *findings) {
	embedded := n.URL == ""
	for server := range strings.SplitSeq(n.URL, ",") {
		u, err := url.Parse(strings.TrimSpace(server))
		if !embedded && (err != nil || u.Host == "" || !slices.Contains([]string{"nats", "tls", "ws", "wss"}, u.Scheme)) {
			f.add("nats.url", "it has a server that is no address: write each like nats://host:4222")
		}
	}
	f.file("nats.credentials", n.Credentials)
	if embedded && n.Credentials != "" {
		f.add("nats.credentials", "it is of no use without nats.url: remove it, or set nats.url")
	}
	f.oneOf("nats.sync", string(n.Sync), string(bus.SyncGroup), string(bus.SyncAlways), string(bus.SyncInterval))
	if embedded && n.Sync == bus.SyncGroup && runtime.GOOS != "linux" {
		f.add("nats.sync", "group works on Linux only: write always")
	}
	f.within("nats.replicas", n.Replicas, 1, 5)
	if embedded && n.Replicas > 1 {
		f.add("nats.replicas", "%d copies need a cluster: write 1, or set nats.url", n.Replicas)
	}
	if n.Keep < time.Hour {
		f.add("nats.keep", "%s is too short for an order to be worked on: write 1h or more", span(n.Keep))
	}
	if n.MaxBytes != 0 && n.MaxBytes < 16<<20 {
		f.add("nats.max_bytes", "%s holds too little: write 16MiB or more, or 0 for no limit", n.MaxBytes)
	}
	if n.Reserve < 1<<20 {
		f.add("nats.reserve", "%s leaves no room to work in: write 1MiB or more, such as 64MiB", n.Reserve)
	}
}

var dialCode = regexp.MustCompile(`^\*[0-9]+(\*[0-9]+)*#$`)

func (m *MarketConfig) check(f *findings) {
	if !phonenumbers.GetSupportedRegions()[m.Region] {
		f.add("market.region", "%q is no country: write its two capital letters (ISO 3166), such as KE", m.Region)
	}
	if _, err := currency.ParseISO(m.Currency); err != nil || strings.ToUpper(m.Currency) != m.Currency {
		f.add("market.currency", "%q is no currency: write its three capital letters (ISO 4217), such as KES", m.Currency)
	}
	if len(m.Languages) == 0 {
		f.add("market.languages", "it is empty: write at least one, such as [en]")
	} else if _, err := lang.Load(m.Languages...); err != nil {
		f.add("market.languages", "%v", err)
	} else if _, err := m.speak(m.Languages...); err != nil {
		f.add("market.words", "%v", err)
	}
	f.file("market.stations", m.Stations)
	f.file("market.categories", m.Categories)
	if !dialCode.MatchString(m.DialCode) {
		f.add("market.dial_code", `%q is no USSD code: write it in quotes, such as "*384#"`, m.DialCode)
	}
}

func (o *OutboxConfig) check(f *findings) {
	f.within("outbox.attempts", o.Attempts, 1, 100)
	f.lasting("outbox.first_retry", o.FirstRetry, 100*time.Millisecond, time.Hour)
	f.lasting("outbox.max_retry", o.MaxRetry, max(o.FirstRetry, 100*time.Millisecond), 24*time.Hour)
	f.lasting("outbox.max_age", o.MaxAge, time.Minute, 7*24*time.Hour)
}

// checkChannels lists what is wrong with the channels. What a carrier needs is
// the carrier's own to say: each channel is made and thrown away.
func (c *Config) checkChannels(environment map[string]string, keys keyUse) []problem {
	var f, others findings
	opened := map[string]gateway.Channel{}
	for _, name := range slices.Sorted(maps.Keys(c.Channels)) {
		at, channel, before := "channels."+name, c.Channels[name], len(f)
		if !channelName.MatchString(name) {
			f.add(at, "%q is no name for a channel: write 1 to 32 of a-z, 0-9 and -, and not - first", name)
		}
		channel.checkSize(&f, at)
		channel.Sending.check(&f, at+".sending")
		blocks := slices.Sorted(maps.Keys(channel.blocks()))
		if len(blocks) != 1 {
			f.add(at, "it has %d carriers: write exactly one of the blocks %s", len(blocks), strings.Join(carrierBlocks(), ", "))
		}
		if keys == keysUnused {
			continue
		}
		channel.expand(&f, at, environment)
		if len(f) > before {
			continue // the carrier would only say the same again
		}
		made, err := channel.open(name, c, zerolog.Nop())
		if err != nil {
			f.add(at+"."+blocks[0], "%s", strings.TrimPrefix(err.Error(), "channel "+name+": "))
			continue
		}
		opened[name] = made
	}
	c.checkOthers(&others, opened)
	return append(f, others...)
}
