package main

import (
	"runtime"
	"time"

	"haat/orders/bus"
)

// Config is everything that can be set. The comment of each field is what
// config.example.yaml says about it, and `example` is what it shows for a
// setting that is off by default. Each setting but those of channels can also
// come from the environment: HAAT_ and its path in capitals, HAAT_NATS_URL.
type Config struct {
	// Directory of everything that haat keeps: the message log and the orders.
	Data string `yaml:"data" env:"DATA"`
	// Address that HTTP listens on, host:port. Put a TLS proxy before it when
	// carriers come over the internet.
	Listen string `yaml:"listen" env:"LISTEN"`
	// How carriers reach this server, as they see it through any proxy: for
	// signatures and delivery reports of the channels that have no address of
	// their own (Twilio's public_url, Kannel's base_url).
	PublicURL string `yaml:"public_url" env:"PUBLIC_URL" example:"https://sms.example.org"`

	// What haat says of itself, on stderr. It never holds phone numbers or texts.
	Log LogConfig `yaml:"log" envPrefix:"LOG_"`
	// The message log and everything that reads it.
	NATS NATSConfig `yaml:"nats" envPrefix:"NATS_"`
	// Where and in which languages the market is.
	Market MarketConfig `yaml:"market" envPrefix:"MARKET_"`
	// What can be ordered.
	Catalog CatalogConfig `yaml:"catalog" envPrefix:"CATALOG_"`
	// How patient the menus are.
	Dialogue DialogueConfig `yaml:"dialogue" envPrefix:"DIALOGUE_"`
	// Bounds on what is kept in memory, and on what one phone may do.
	Limits LimitsConfig `yaml:"limits" envPrefix:"LIMITS_"`
	// How texts that the carrier did not take are sent again.
	Outbox OutboxConfig `yaml:"outbox" envPrefix:"OUTBOX_"`
	// The operators' pages.
	Console ConsoleConfig `yaml:"console" envPrefix:"CONSOLE_"`
	// What the console says needs a person, and how fast it acts on many messages.
	Attention AttentionConfig `yaml:"attention" envPrefix:"ATTENTION_"`
	// Who is told when something is wrong; the console's alerts say what that is.
	Alerts AlertsConfig `yaml:"alerts" envPrefix:"ALERTS_"`

	// Connections to carriers by name, [a-z0-9-] and 32 characters at most. A
	// channel's URLs are /channels/NAME/ussd, /channels/NAME/sms and
	// /channels/NAME/status; with a callback_key, /channels/NAME/KEY/ussd and so
	// on. Each has exactly one block that says which carrier it is. Keys and
	// passwords may be written as ${NAME} and are then read from that
	// environment variable. Without any channel there is one, demo, for phones
	// on this machine only.
	Channels map[string]ChannelConfig `yaml:"channels"`
}

// LogConfig is the program's own log.
type LogConfig struct {
	// The least that is written: trace, debug, info, warn or error.
	Level string `yaml:"level" env:"LEVEL"`
	// console for people, json for machines: one object a line.
	Format string `yaml:"format" env:"FORMAT"`
}

// NATSConfig is the message log.
type NATSConfig struct {
	// A NATS server or cluster with JetStream; several are separated by commas.
	// Without it NATS runs inside haat and keeps its data in the data directory.
	URL string `yaml:"url" env:"URL" example:"nats://nats1:4222,nats://nats2:4222"`
	// Credentials file for url.
	Credentials string `yaml:"credentials" env:"CREDENTIALS" example:"/etc/haat/nats.creds"`
	// When an acknowledged message is on the disk, without url: group syncs for
	// all that wait together (Linux, the default there); always syncs each one
	// and is slower (the default elsewhere). Both survive a power cut. interval
	// syncs every two minutes: a power cut loses what was acknowledged since.
	Sync bus.Sync `yaml:"sync" env:"SYNC"`
	// Copies that a cluster keeps of each message: 1 to 5, 1 without url. A
	// cluster should have 3 and sync_interval: always in its own configuration.
	Replicas int `yaml:"replicas" env:"REPLICAS"`
	// Age at which messages leave the log; 1h or more. 9600h is 400 days.
	Keep time.Duration `yaml:"keep" env:"KEEP"`
	// Size at which the oldest messages leave the log, such as 20GiB. With 0 only
	// the disk limits it.
	MaxBytes Size `yaml:"max_bytes" env:"MAX_BYTES"`
	// Free disk space below which nothing new is accepted, without url: what is
	// already there can then still be worked on.
	Reserve Size `yaml:"reserve" env:"RESERVE"`
}

// MarketConfig is the country and its people.
type MarketConfig struct {
	// Country, ISO 3166: how phone numbers without a country code are read.
	Region string `yaml:"region" env:"REGION"`
	// Currency of the catalogue, ISO 4217.
	Currency string `yaml:"currency" env:"CURRENCY"`
	// Languages in the order offered; the first speaks until a phone has chosen.
	Languages []string `yaml:"languages" env:"LANGUAGES"`
	// YAML file with words that people use at this place, added to those of the
	// languages: the keys of gateway/lang/en.words.yaml under a language's code.
	Words string `yaml:"words" env:"WORDS" example:"/etc/haat/words.yaml"`
	// CSV file of the village shops where orders are collected. Without it, the
	// sample that haat carries.
	Stations string `yaml:"stations" env:"STATIONS" example:"/etc/haat/stations.csv"`
	// CSV file of the categories' names and order. Without it, the sample.
	Categories string `yaml:"categories" env:"CATEGORIES" example:"/etc/haat/categories.csv"`
	// The USSD code as texts tell it to people.
	DialCode string `yaml:"dial_code" env:"DIAL_CODE"`
}

// CatalogConfig is the first catalogue.
type CatalogConfig struct {
	// CSV file that is used until a catalogue is imported with `haat catalog
	// import`; an import replaces it for good. Without it, the sample.
	File string `yaml:"file" env:"FILE" example:"/etc/haat/catalog.csv"`
}

// DialogueConfig is the menus' patience.
type DialogueConfig struct {
	// How long a basket that nobody touches is kept, 1m to 720h.
	BasketKeep time.Duration `yaml:"basket_keep" env:"BASKET_KEEP"`
	// How long the last USSD screen waits for the order to be confirmed before it
	// says that a text will follow, 0s to 5s.
	OrderWait time.Duration `yaml:"order_wait" env:"ORDER_WAIT"`
	// How long after an operator's last message a conversation that they took over
	// is handed back to haat by itself, 1m to 24h.
	Hold time.Duration `yaml:"hold" env:"HOLD"`
}

// LimitsConfig bounds memory and floods.
type LimitsConfig struct {
	// Phones whose last turn is kept in memory, about 2 kB each. The others' is
	// read from the log when they come back. 100 to 10000000.
	CachePhones int `yaml:"cache_phones" env:"CACHE_PHONES"`
	// SMS of one phone that are answered in ten minutes; the next one is told to
	// wait, and those after it are only logged. 0 answers all.
	SMSPerPhone int `yaml:"sms_per_phone" env:"SMS_PER_PHONE"`
}

// OutboxConfig is the schedule of sending.
type OutboxConfig struct {
	// How often one text is tried, 1 to 100. Attempts that the carrier throttled
	// or that it could not even be asked for do not count.
	Attempts int `yaml:"attempts" env:"ATTEMPTS"`
	// The pause after the first attempt, 100ms or more; it doubles each time, and
	// each is up to a fifth shorter or longer: about 5s, 10s, 20s, 40s, 80s ...
	FirstRetry time.Duration `yaml:"first_retry" env:"FIRST_RETRY"`
	// The longest pause between two attempts.
	MaxRetry time.Duration `yaml:"max_retry" env:"MAX_RETRY"`
	// Age at which a text that could not be sent expires: nobody wants old news.
	MaxAge time.Duration `yaml:"max_age" env:"MAX_AGE"`
}

// defaultConfig is haat without a configuration file, except for its channel:
// see Config.orDemo.
func defaultConfig() Config {
	sync := bus.SyncAlways
	if runtime.GOOS == "linux" {
		sync = bus.SyncGroup
	}
	return Config{
		Data:      "./haat-data",
		Listen:    "127.0.0.1:8080",
		Log:       LogConfig{Level: "info", Format: "console"},
		NATS:      NATSConfig{Sync: sync, Replicas: 1, Keep: 400 * 24 * time.Hour, Reserve: 64 << 20},
		Market:    MarketConfig{Region: "KE", Currency: "KES", Languages: []string{"en", "sw", "hi", "zh", "fr", "ar"}, DialCode: "*384#"},
		Dialogue:  DialogueConfig{BasketKeep: 24 * time.Hour, OrderWait: 800 * time.Millisecond, Hold: 30 * time.Minute},
		Limits:    LimitsConfig{CachePhones: 50_000, SMSPerPhone: 60},
		Outbox:    OutboxConfig{Attempts: 8, FirstRetry: 5 * time.Second, MaxRetry: 10 * time.Minute, MaxAge: 24 * time.Hour},
		Console:   ConsoleConfig{KeepAudit: 2 * 365 * 24 * time.Hour},
		Attention: AttentionConfig{Waiting: 15 * time.Minute, Report: 6 * time.Hour, Silent: 12 * time.Hour, Undecided: 2 * time.Minute, Rate: 10},
		Alerts:    AlertsConfig{Every: 15 * time.Second},
	}
}

// orDemo adds the demo channel where no channel is configured.
func (c *Config) orDemo() {
	if len(c.Channels) == 0 {
		demo := ChannelConfig{Demo: &DemoConfig{}}
		demo.preset()
		c.Channels = map[string]ChannelConfig{"demo": demo}
	}
}
