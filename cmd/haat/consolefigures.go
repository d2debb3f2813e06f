package main

import (
	"context"
	"fmt"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"haat/gateway"
	"haat/gateway/console"
	"haat/gateway/console/alert"
	"haat/gateway/console/index"
	"haat/gateway/console/store"
	"haat/gateway/gsm"
	"haat/gateway/lang"
	"haat/gateway/messagelog"
	"haat/gateway/outbox"
	"haat/orders/bus"
	"haat/orders/processor"
)

// AlertsConfig is who is told when something is wrong. The rules themselves are
// set in the console.
type AlertsConfig struct {
	// How often it is looked for what is wrong, 1s to 5m.
	Every time.Duration `yaml:"every" env:"EVERY"`
	// The language of the SMS and of the webhook's text: en, sw or zh. Without it,
	// the first of market.languages if it is one of these, else en.
	Language string `yaml:"language" env:"LANGUAGE" example:"sw"`
	// A server that is told of alerts.
	Webhook AlertWebhookConfig `yaml:"webhook" envPrefix:"WEBHOOK_"`
	// Operators who are sent an SMS.
	SMS AlertSMSConfig `yaml:"sms" envPrefix:"SMS_"`
}

// AlertWebhookConfig is a server that is told of alerts.
type AlertWebhookConfig struct {
	// Address that is sent a POST with JSON when an alert begins and when it is
	// over: event (fired, ended, test), id, rule, subject, value, unit (the currency
	// of rule balance), limit, window_seconds, fired_at, ended_at, text, console. Any
	// status from 200 to 299 takes it; else it is tried ten times in about an hour,
	// with the same Idempotency-Key.
	URL string `yaml:"url" env:"URL" example:"https://ops.example.org/haat"`
	// Key of the header X-Signature: the HMAC-SHA256, in hexadecimal, of the header
	// X-Timestamp, a dot and the body. It may be written as ${NAME} and is then read
	// from that environment variable. Without it nothing is signed.
	SigningKey string `yaml:"signing_key" env:"SIGNING_KEY" example:"\"${ALERTS_KEY}\""`
}

// AlertSMSConfig are operators who are sent an SMS.
type AlertSMSConfig struct {
	// The channel that sends it. Required with to.
	Channel string `yaml:"channel" env:"CHANNEL" example:"kenya"`
	// Phone numbers, 10 at most. They are sent 20 SMS an hour together; more wait.
	To []string `yaml:"to" env:"TO" example:"[\"+254700000001\"]"`
}

const maxAlertPhones = 10

// checkAlerts lists what is wrong with who is told.
func (c *Config) checkAlerts(environment map[string]string, keys keyUse) []problem {
	var f findings
	a := &c.Alerts
	f.lasting("alerts.every", a.Every, time.Second, 5*time.Minute)
	if a.Language != "" {
		c.checkAlertLanguage(&f)
	}
	if u, err := url.Parse(a.Webhook.URL); a.Webhook.URL != "" && (err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https") {
		f.add("alerts.webhook.url", "it is no address: write it like https://ops.example.org/haat")
	}
	if name := variable(a.Webhook.SigningKey); name != "" && keys == keysNeeded {
		if environment[name] == "" {
			f.add("alerts.webhook.signing_key", "the environment variable %s is not set: set it, or write the value here", name)
		}
		a.Webhook.SigningKey = environment[name]
	}
	if len(a.SMS.To) > maxAlertPhones {
		f.add("alerts.sms.to", "it has %d numbers: write %d at most", len(a.SMS.To), maxAlertPhones)
	}
	for _, to := range a.SMS.To {
		if _, err := gateway.ParsePhone(to, c.Market.Region); err != nil {
			f.add("alerts.sms.to", "it has a number that cannot be read: write each like \"+254700000001\"")
		}
	}
	if _, known := c.Channels[a.SMS.Channel]; len(a.SMS.To) > 0 && !known {
		f.add("alerts.sms.channel", "%q is none of the channels: write the name of one that sends", a.SMS.Channel)
	}
	return f
}

func (c *Config) checkAlertLanguage(f *findings) {
	a := &c.Alerts
	f.oneOf("alerts.language", a.Language, lang.Operators()...)
	if !c.alertsInGSM7() {
		return
	}
	if words, err := console.Speak(a.Language); err == nil && !inGSM7(words) {
		f.add("alerts.language", "channel %s takes GSM 03.38 alone, which cannot write %s: choose another language, or another alerts.sms.channel", a.SMS.Channel, a.Language)
	}
}

// alertsInGSM7 tells whether the channel that sends alerts takes nothing else.
func (c *Config) alertsInGSM7() bool {
	return len(c.Alerts.SMS.To) > 0 && c.Channels[c.Alerts.SMS.Channel].GSM7
}

func inGSM7(words alert.Words) bool {
	return gsm.Encoding(alert.Say(words, alert.Test, alert.Alert{})) == gsm.GSM7
}

// alertWords are in the language in which alerts are told.
func (c *Config) alertWords() (alert.Words, error) {
	if c.Alerts.Language != "" {
		return console.Speak(c.Alerts.Language)
	}
	words, err := console.Speak(c.Market.Languages[0])
	if err != nil || c.alertsInGSM7() && !inGSM7(words) {
		return console.Speak(lang.English)
	}
	return words, nil
}

// openAlerts opens the overview and the watch over what is wrong.
func (h *house) openAlerts(ctx context.Context, cfg *console.Config, ix *index.Index, notes *store.Store, log *messagelog.Log) error {
	routes := alert.Routes{Console: strings.TrimSuffix(h.cfg.PublicURL, "/")}
	if routes.Console != "" {
		routes.Console += "/alerts"
	}
	if hook := h.cfg.Alerts.Webhook; hook.URL != "" {
		routes.Webhook = &alert.Webhook{URL: hook.URL, Key: []byte(hook.SigningKey)}
	}
	for _, to := range h.cfg.Alerts.SMS.To {
		phone, err := gateway.ParsePhone(to, h.cfg.Market.Region)
		if err != nil {
			return fmt.Errorf("alerts.sms.to: %w", err)
		}
		routes.Phones = append(routes.Phones, phone)
	}
	if len(routes.Phones) > 0 {
		routes.Notify = func(ctx context.Context, phone gateway.Phone, text string) error {
			if _, err := log.Post(ctx, gateway.Notice{Channel: h.cfg.Alerts.SMS.Channel, Phone: phone, Text: gsm.Clean(text), At: time.Now()}); err != nil {
				return err
			}
			return h.bus.Durable(ctx)
		}
	}
	words, err := h.cfg.alertWords()
	if err != nil {
		return err
	}
	watch, err := alert.Open(ctx, alert.Config{Store: notes, Figures: ix, States: states{h, ix}, Routes: routes, Words: words, Every: h.cfg.Alerts.Every, Logger: h.logger})
	if err != nil {
		return err
	}
	cfg.Figures, cfg.Alerts = ix, watch
	h.work = append(h.work, watch.Run)
	return nil
}

// states tells the watch how haat is.
type states struct {
	h  *house
	ix *index.Index
}

// Channels implements [alert.States].
func (s states) Channels(ctx context.Context) (all []alert.Channel, err error) {
	known, err := outbox.States(ctx, s.h.bus.Conn())
	for _, c := range known {
		all = append(all, alert.Channel{Name: c.Name, Down: c.State == outbox.Paused, Budget: budgetUsed(c.Today), Left: accountOf(c.Balance), Awaited: c.BalanceAwaited})
	}
	return all, err
}

// accountOf is what is left on an account, nil where that is not known.
func accountOf(b *outbox.Balance) *gateway.Cost {
	if b == nil {
		return nil
	}
	left, err := gateway.ParseBalance(b.Amount, b.Currency)
	if err != nil { // of a gateway of another version
		return nil
	}
	return &left
}

// budgetUsed is the greater share of the two budgets of a day; not a number where
// there is none.
func budgetUsed(s outbox.Spent) float64 {
	used := math.NaN()
	if s.SegmentsAllowed > 0 {
		used = float64(s.Segments) / float64(s.SegmentsAllowed)
	}
	cost, errCost := strconv.ParseFloat(s.Cost, 64)
	allowed, errAllowed := strconv.ParseFloat(s.CostAllowed, 64)
	if errCost == nil && errAllowed == nil && allowed > 0 && !(used >= cost/allowed) {
		used = cost / allowed
	}
	return used
}

// Queues implements [alert.States]. The processor may be elsewhere, or not have
// run yet: then its queue is not there.
func (s states) Queues(ctx context.Context) (map[string]uint64, error) {
	all := map[string]uint64{}
	known, err := outbox.States(ctx, s.h.bus.Conn())
	if err != nil {
		return nil, err
	}
	names := []string{processor.Consumer}
	for _, c := range known {
		names = append(names, outbox.Consumer(c.Name))
	}
	for _, name := range slices.Compact(names) {
		if n, err := s.h.bus.Lag(ctx, bus.Messages, name); err == nil {
			all[strings.ToLower(name)] = n
		}
	}
	return all, nil
}

// Behind implements [alert.States].
func (s states) Behind(ctx context.Context) (time.Duration, error) {
	_, behind, err := s.ix.Lag(ctx)
	return behind, err
}

// Free implements [alert.States].
func (s states) Free(context.Context) (float64, error) {
	var fs unix.Statfs_t
	if err := unix.Statfs(s.h.cfg.Data, &fs); err != nil {
		return 0, fmt.Errorf("free space of the data directory: %w", err)
	}
	return float64(fs.Bavail) / float64(max(fs.Blocks, 1)), nil
}
