package main

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"haat/gateway/channel/arkesel"
	"haat/gateway/channel/web"
)

// writeConfig makes a configuration file of the text.
func writeConfig(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "haat.yaml")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func noFlags(*Config) {}

func TestConfigLayers(t *testing.T) {
	file := writeConfig(t, "data: from-file\nlog: {level: warn}\nmarket: {region: TZ}\n")
	environ := []string{"HAAT_DATA=from-env", "HAAT_LISTEN=127.0.0.1:1111", "HAAT_LOG_LEVEL=debug", "HAAT_LOG_FORMAT=json", "HAAT_DIALOGUE_ORDER_WAIT=1s"}
	c, err := loadConfig(file, environ, keysNeeded, func(c *Config) { c.Listen = "127.0.0.1:2222" })
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ name, got, want string }{
		{"environment over file", c.Data, "from-env"},
		{"environment over file, nested", c.Log.Level, "debug"},
		{"file over default", c.Market.Region, "TZ"},
		{"flag over environment", c.Listen, "127.0.0.1:2222"},
		{"environment over default", c.Log.Format, "json"},
		{"environment over default, a time", c.Dialogue.OrderWait.String(), "1s"},
		{"default", c.Market.Currency, "KES"},
	} {
		if tc.got != tc.want {
			t.Errorf("%s: %q, want %q", tc.name, tc.got, tc.want)
		}
	}
}

// TestEnvironmentNames: a setting's variable is its path in capitals.
func TestEnvironmentNames(t *testing.T) {
	top := reflect.TypeFor[Config]()
	for i := range top.NumField() {
		field := top.Field(i)
		key := field.Tag.Get("yaml")
		if field.Type.Kind() != reflect.Struct {
			if want := strings.ToUpper(key); key != "channels" && field.Tag.Get("env") != want {
				t.Errorf("%s: env is %q, want %q", key, field.Tag.Get("env"), want)
			}
			continue
		}
		if want := strings.ToUpper(key) + "_"; field.Tag.Get("envPrefix") != want {
			t.Errorf("%s: envPrefix is %q, want %q", key, field.Tag.Get("envPrefix"), want)
		}
		for j := range field.Type.NumField() {
			below := field.Type.Field(j)
			if below.Type.Kind() == reflect.Struct {
				if want := strings.ToUpper(below.Tag.Get("yaml")) + "_"; below.Tag.Get("envPrefix") != want {
					t.Errorf("%s.%s: envPrefix is %q, want %q", key, below.Tag.Get("yaml"), below.Tag.Get("envPrefix"), want)
				}
				continue
			}
			if want := strings.ToUpper(below.Tag.Get("yaml")); below.Tag.Get("env") != want {
				t.Errorf("%s.%s: env is %q, want %q", key, below.Tag.Get("yaml"), below.Tag.Get("env"), want)
			}
		}
	}
}

func TestEmptyFilesAreTheDefault(t *testing.T) {
	for name, text := range map[string]string{
		"empty":          "",
		"comments":       "# nothing here\n",
		"empty sections": "nats:\nchannels:\n",
		"just a dash":    "---\n",
	} {
		t.Run(name, func(t *testing.T) {
			c, err := loadConfig(writeConfig(t, text), nil, keysNeeded, noFlags)
			if err != nil {
				t.Fatal(err)
			}
			if c.NATS.Keep != 9600*time.Hour || c.Channels["demo"].Demo == nil || c.Channels["demo"].USSDSeptets != 160 {
				t.Errorf("not the default: %+v", c)
			}
		})
	}
}

func TestConfigProblems(t *testing.T) {
	for _, tc := range []struct {
		name, text string
		want       string // somewhere in the error
	}{
		{"unknown key", "dta: x\n", `haat.yaml:1:1: dta: there is no setting "dta" here`},
		{"unknown key of a carrier", "channels:\n  a:\n    kannel: {user: x}\n", `haat.yaml:3:14: channels.a.kannel.user: there is no setting "user"`},
		{"unknown key of settings that carriers share", "channels:\n  a:\n    hubtel: {callback_kee: x}\n", `channels.a.hubtel.callback_kee: there is no setting "callback_kee" here: remove it, or write one of callback_key, allow, loopback_only`},
		{"no key of settings that carriers share", "channels:\n  a:\n    hubtel: {access: {allow: [192.0.2.7]}}\n", `there is no setting "access"`},
		{"shared setting of the wrong kind", "channels:\n  a:\n    hubtel: {allow: 192.0.2.7}\n", "haat.yaml:3:21: channels.a.hubtel.allow: 192.0.2.7 cannot be read: write a list"},
		{"shared key that is not set", "channels:\n  a:\n    hubtel: {callback_key: \"${UNSET_KEY}\"}\n", "channels.a.hubtel.callback_key: the environment variable UNSET_KEY is not set"},
		{"setting of an empty block", "channels:\n  a:\n    demo: {key: x}\n", `there are none`},
		{"section that is a value", "nats: here\n", "nats: write settings below it"},
		{"value that is a section", "data: {dir: x}\n", "write one text"},
		{"key twice", "data: a\ndata: b\n", `haat.yaml:2:1: mapping key "data" already defined`},
		{"second document", "data: a\n---\ndata: b\n", "second document"},
		{"bare star", "market: {dial_code: *384#}\n", "quotes"},
		{"unit is missing", "nats: {keep: 24}\n", "write a time with its unit"},
		{"size below zero", "nats: {reserve: -1}\n", "no size"},
		{"size too large", "nats: {max_bytes: 9999999999TiB}\n", "no size"},
		{"list for a text", "data: [a, b]\n", "write one text"},
		{"text for a list", "market: {languages: en}\n", "write a list"},
		{"no language", "market: {languages: []}\n", "at least one"},
		{"cluster settings without cluster", "nats: {replicas: 3}\n", "need a cluster"},
		{"order_wait negative", "dialogue: {order_wait: -1s}\n", "write 0s to 5s"},
		{"max_retry below first_retry", "outbox: {first_retry: 1h, max_retry: 1m}\n", "outbox.max_retry: 1m is out of bounds: write 1h to 24h"},
		{"url with a query", "public_url: https://a.example/?x=1\n", "no base address"},
		{"carrier's own word", "channels:\n  a:\n    twilio: {account_sid: AC1}\n", "auth_token is missing"},
		{"channel name with a capital", "channels: {A: {demo: }}\n", "no name for a channel"},
		{"no language of alerts", "alerts: {language: fr}\n", `haat.yaml:1:20: alerts.language: "fr" is not known: write one of en, sw, zh`},
		{"alerts that the channel cannot write", "alerts: {language: zh, sms: {channel: a, to: [\"+254700000001\"]}}\nchannels:\n  a:\n    demo:\n    gsm7: true\n", "alerts.language: channel a takes GSM 03.38 alone, which cannot write zh: choose another language"},
		{"answers below zero", "limits: {sms_per_phone: -1}\n", "limits.sms_per_phone: -1 is out of bounds: write 0 to 100000"},
		{"rate below zero", "channels:\n  a:\n    demo:\n    sending: {rate: -1}\n", "rate: -1 is out of bounds: write 0 to 10000 segments a second"},
		{"no window", "channels:\n  a:\n    demo:\n    sending: {window: 0}\n", "window: 0 is out of bounds: write 1 to 256"},
		{"tariff without a plus", "channels:\n  a:\n    demo:\n    sending: {tariff: {\"254\": \"0.8\"}}\n", "is no beginning of a phone number"},
		{"tariff that is none", "channels:\n  a:\n    demo:\n    sending: {tariff: {\"+254\": much}}\n", "\"much\" is no price: write a decimal such as 0.80"},
		{"day_cost without a tariff", "channels:\n  a:\n    demo:\n    sending: {day_cost: \"5\"}\n", "what a day costs is counted by the tariff"},
		{"validity too short", "channels:\n  a:\n    demo:\n    sending: {validity: 1s}\n", "validity: 1s is out of bounds: write 1m to 168h"},
		{"backup for nobody", "channels:\n  a:\n    demo:\n    sending: {backup: b}\n", "backup and backup_for belong together"},
		{"backup that is not there", "channels:\n  a:\n    demo:\n    sending: {backup: b, backup_for: [\"+254\"]}\n", "\"b\" is no other channel"},
		{"backup of itself", "channels:\n  a:\n    demo:\n    sending: {backup: a, backup_for: [\"+254\"]}\n", "\"a\" is no other channel"},
		{"USSD alone", "channels:\n  a:\n    hubtel: {loopback_only: true}\n", "its carrier carries USSD alone"},
		{"through a channel of USSD alone", "channels:\n  a:\n    demo:\n    sending: {through: b}\n  b:\n    hubtel: {loopback_only: true}\n    sending: {through: a}\n", "channel b cannot send SMS"},
		{"no YAML", "data: 'x\n", "haat.yaml:1:7: "},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := loadConfig(writeConfig(t, tc.text), nil, keysNeeded, noFlags)
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("no %q in: %v", tc.want, err)
			}
		})
	}
}

// TestReadingNeedsNoKeys: who only looks at the data need not have the
// carriers' keys in the environment.
func TestReadingNeedsNoKeys(t *testing.T) {
	file := writeConfig(t, "channels:\n  a:\n    kannel: {username: u, password: \"${UNSET_PASSWORD}\"}\n")
	if _, err := loadConfig(file, nil, keysUnused, noFlags); err != nil {
		t.Errorf("reading: %v", err)
	}
	var problems *configError
	if _, err := loadConfig(file, nil, keysNeeded, noFlags); !errors.As(err, &problems) || len(problems.problems) != 1 {
		t.Errorf("running: %v", err)
	}
	c, err := loadConfig(file, []string{"UNSET_PASSWORD=hush"}, keysNeeded, noFlags)
	if err != nil || c.Channels["a"].Kannel.Password != "hush" {
		t.Errorf("with the key: %+v, %v", c.Channels["a"].Kannel, err)
	}
}

// TestSharedSettingsAreTheCarriersOwn: what carriers share stands in each one's
// block like the rest.
func TestSharedSettingsAreTheCarriersOwn(t *testing.T) {
	file := writeConfig(t, `
channels:
  a: {arkesel: {service_code: "*928#", callback_key: "${ARKESEL_KEY}", allow: [192.0.2.7, 198.51.100.0/24], loopback_only: true}, sending: {through: b}}
  b: {kannel: {username: u, password: p}}
`)
	c, err := loadConfig(file, []string{"ARKESEL_KEY=0123456789abcdef"}, keysNeeded, noFlags)
	if err != nil {
		t.Fatal(err)
	}
	want := arkesel.Config{ServiceCode: "*928#", Access: web.Access{
		CallbackKey: "0123456789abcdef", Allow: []string{"192.0.2.7", "198.51.100.0/24"}, LoopbackOnly: true,
	}}
	if diff := cmp.Diff(want, *c.Channels["a"].Arkesel); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestConfigErrorsShowNoSecrets(t *testing.T) {
	file := writeConfig(t, "channels:\n  a:\n    kannel: {username: u, password: \"${KEY}\", allow: [1.2.3.4], callback_key: \"${SHORT}\"}\n")
	_, err := loadConfig(file, []string{"KEY=hush-hush", "SHORT=tiny"}, keysNeeded, noFlags)
	if err == nil || strings.Contains(err.Error(), "hush") || strings.Contains(err.Error(), "tiny") {
		t.Errorf("want an error without the keys: %v", err)
	}
}

func TestDialable(t *testing.T) {
	for listen, want := range map[string]string{
		"127.0.0.1:8080": "127.0.0.1:8080",
		":8080":          "127.0.0.1:8080",
		"0.0.0.0:80":     "127.0.0.1:80",
		"[::]:80":        "127.0.0.1:80",
		"[::1]:80":       "[::1]:80",
		"haat.local:80":  "haat.local:80",
	} {
		if got := dialable(listen); got != want {
			t.Errorf("dialable(%q) = %q, want %q", listen, got, want)
		}
	}
}

func TestSizes(t *testing.T) {
	for text, want := range map[string]Size{"0": 0, "7": 7, "1KiB": 1024, "64MiB": 64 << 20, "20 GiB": 20 << 30, "1TiB": 1 << 40} {
		var s Size
		if err := s.UnmarshalText([]byte(text)); err != nil || s != want {
			t.Errorf("%q is %d, %v; want %d", text, s, err, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		s := Size(rapid.Int64Min(0).Draw(t, "size"))
		var back Size
		if err := back.UnmarshalText([]byte(s.String())); err != nil || back != s {
			t.Fatalf("%d is written %s and read %d, %v", s, s, back, err)
		}
	})
}

// FuzzConfig: no file makes the program fail otherwise than by saying so.
func FuzzConfig(f *testing.F) {
	example, err := os.ReadFile(exampleFile)
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{string(example), "channels: {a: {demo: }}", "a: &x {b: *x}", "- 1", "? [a]\n: b", "<<: {data: x}", "data: !!binary x", "\xff"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		name := filepath.Join(t.TempDir(), "haat.yaml")
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := loadConfig(name, nil, keysNeeded, noFlags); err != nil && err.Error() == "" {
			t.Error("an error without words")
		}
	})
}
