package main

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/currency"

	"haat/gateway"
	"haat/gateway/outbox"
)

// SendingConfig is how SMS leave through a channel.
type SendingConfig struct {
	// Another channel that sends this one's notices: for carriers that carry USSD
	// alone, and for networks whose SMS are cheaper elsewhere. Default: itself.
	Through string `yaml:"through" example:"modem"`
	// Segments a second that the carrier takes, up to 10000. Each process keeps to
	// it by itself. Default: 0, no limit.
	Rate float64 `yaml:"rate" example:"20"`
	// Segments that may go at once after a quiet while. Default: 0, a second's
	// worth.
	Burst int `yaml:"burst" example:"40"`
	// SMS that may be on their way to the carrier at once, 1 to 256.
	Window int `yaml:"window"`
	// Age at which an SMS is not sent any more but marked expired, 1m to 168h.
	// Default: outbox.max_age.
	Validity time.Duration `yaml:"validity" example:"4h"`
	// How often one SMS is tried, 1 to 100. Default: outbox.attempts.
	Attempts int `yaml:"attempts" example:"8"`
	// The pause after the first attempt. Default: outbox.first_retry.
	FirstRetry time.Duration `yaml:"first_retry" example:"5s"`
	// The longest pause between two attempts. Default: outbox.max_retry.
	MaxRetry time.Duration `yaml:"max_retry" example:"10m"`
	// The channel that sends instead while this one is down. Default: none.
	Backup string `yaml:"backup" example:"abroad"`
	// Beginnings of the phone numbers that the backup channel sends to. Required
	// with backup.
	BackupFor []string `yaml:"backup_for" example:"[\"+254\"]"`
	// What the carrier takes for one segment, by the beginning of the phone number;
	// "+" is everybody else. Up to six decimals. Default: none, costs are not known.
	Tariff map[string]string `yaml:"tariff" example:"{\"+254\": \"0.80\", \"+\": \"4.20\"}"`
	// Currency of the tariff, ISO 4217. Default: the market's.
	Currency string `yaml:"currency" example:"KES"`
	// Segments that may be sent in a day, which begins at midnight in the machine's
	// time zone. The last tenth is kept for news of orders; what is stopped waits.
	// Default: 0, no limit.
	DaySegments int64 `yaml:"day_segments" example:"20000"`
	// The same in money, by the tariff. Default: none, no limit.
	DayCost string `yaml:"day_cost" example:"\"15000\""`
}

// check lists what is wrong with the settings by themselves.
func (s *SendingConfig) check(f *findings, at string) {
	if s.Rate < 0 || s.Rate > 10_000 {
		f.add(at+".rate", "%g is out of bounds: write 0 to 10000 segments a second", s.Rate)
	}
	f.within(at+".burst", s.Burst, 0, 100_000)
	f.within(at+".window", s.Window, 1, 256)
	f.within(at+".attempts", s.Attempts, 0, 100)
	if s.Validity != 0 {
		f.lasting(at+".validity", s.Validity, time.Minute, 168*time.Hour)
	}
	if s.FirstRetry != 0 {
		f.lasting(at+".first_retry", s.FirstRetry, 100*time.Millisecond, time.Hour)
	}
	if s.MaxRetry != 0 {
		f.lasting(at+".max_retry", s.MaxRetry, 100*time.Millisecond, 24*time.Hour)
	}
	s.checkMoney(f, at)
	for _, prefix := range s.BackupFor {
		if !isPrefix(prefix) {
			f.add(at+".backup_for", "%q is no beginning of a phone number: write it like \"+254\"", prefix)
		}
	}
	if (s.Backup == "") != (len(s.BackupFor) == 0) {
		f.add(at+".backup", "backup and backup_for belong together: write both, or neither")
	}
}

func (s *SendingConfig) checkMoney(f *findings, at string) {
	for prefix, price := range s.Tariff {
		if !isPrefix(prefix) {
			f.add(at+".tariff."+prefix, "%q is no beginning of a phone number: write it like \"+254\", or \"+\" for all others", prefix)
		}
		if _, err := gateway.ParsePrice(price); err != nil {
			f.add(at+".tariff."+prefix, "%v", err)
		}
	}
	if s.Currency != "" {
		if _, err := currency.ParseISO(s.Currency); err != nil || strings.ToUpper(s.Currency) != s.Currency {
			f.add(at+".currency", "%q is no currency: write its three capital letters (ISO 4217), such as KES", s.Currency)
		}
	}
	if s.DaySegments < 0 {
		f.add(at+".day_segments", "%d is out of bounds: write a number of segments, or 0 for no limit", s.DaySegments)
	}
	if s.DayCost == "" {
		return
	}
	if _, err := gateway.ParsePrice(s.DayCost); err != nil {
		f.add(at+".day_cost", "%v", err)
	} else if len(s.Tariff) == 0 {
		f.add(at+".day_cost", "what a day costs is counted by the tariff: write one, or remove this")
	}
}

// isPrefix tells whether a text can be the beginning of a phone number in E.164.
func isPrefix(s string) bool {
	return strings.HasPrefix(s, "+") && len(s) <= 16 && strings.Trim(s[1:], "0123456789") == ""
}

// checkOthers lists the channels that others are sent through and that are not
// there or cannot send; channels are those that could be opened.
func (c *Config) checkOthers(f *findings, channels map[string]gateway.Channel) {
	for name, channel := range channels {
		at, s := "channels."+name+".sending", c.Channels[name].Sending
		for setting, other := range map[string]string{"through": s.Through, "backup": s.Backup} {
			if other == "" {
				continue
			}
			if _, there := c.Channels[other]; !there || other == name {
				f.add(at+"."+setting, "%q is no other channel: write the name of one", other)
			} else if _, sends := channels[other].(gateway.Sender); channels[other] != nil && !sends {
				f.add(at+"."+setting, "channel %s cannot send SMS: write the name of one that can", other)
			}
		}
		if _, sends := channel.(gateway.Sender); !sends && s.Through == "" {
			f.add("channels."+name, "its carrier carries USSD alone, so that nobody would hear what became of an order: write the channel that sends the SMS as `sending: {through: NAME}`")
		}
	}
	slices.SortFunc(*f, func(a, b problem) int { return cmp.Compare(a.where, b.where) })
}

// tariff is the price table; what is wrong with it was found before.
func (s *SendingConfig) tariff(market string) gateway.Tariff {
	t := gateway.Tariff{Currency: cmp.Or(s.Currency, market), Prices: map[string]int64{}}
	for prefix, price := range s.Tariff {
		t.Prices[prefix], _ = gateway.ParsePrice(price)
	}
	return t
}

func (s *SendingConfig) allowance() outbox.Allowance {
	micros, _ := gateway.ParsePrice(cmp.Or(s.DayCost, "0"))
	return outbox.Allowance{Segments: s.DaySegments, Micros: micros}
}

// outboxConfig is how a channel's SMS are sent.
func (c *Config) outboxConfig(channel string) outbox.Config {
	s, o := c.Channels[channel].Sending, c.Outbox
	return outbox.Config{
		Attempts: cmp.Or(s.Attempts, o.Attempts), FirstRetry: cmp.Or(s.FirstRetry, o.FirstRetry), MaxRetry: cmp.Or(s.MaxRetry, o.MaxRetry),
		Validity: cmp.Or(s.Validity, o.MaxAge), Rate: s.Rate, Burst: s.Burst, Window: s.Window,
		Tariff: s.tariff(c.Market.Currency), Backup: s.Backup, BackupFor: s.BackupFor, Settle: c.Dialogue.OrderWait + gateway.Settle,
	}
}
