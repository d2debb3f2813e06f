package channeltest

import (
	"reflect"
	"strings"
	"testing"

	"haat/gateway"
)

// spoilt are texts that hardly any setting can be: none at all, a blank, an
// address without its scheme, and what breaks out of addresses and headers.
var spoilt = []string{"", " ", "sms.example.org:1", "http://", "%zz", "x\r\ny", "\xff\x00"}

// BadConfig is a configuration that no channel opens with.
type BadConfig struct {
	Name   string
	Config gateway.Carrier
	Says   string // what the error says of it, among other words
}

// RunBadConfigs demands of each an error that says what to do, and for which
// channel.
func RunBadConfigs(t *testing.T, table []BadConfig) {
	t.Helper()
	for _, tt := range table {
		t.Run(tt.Name, func(t *testing.T) {
			_, err := openIn(tt.Config)
			if err == nil || !strings.Contains(err.Error(), tt.Says) || !strings.Contains(err.Error(), "channel "+room) {
				t.Errorf("error = %v, want one of channel %s that says %q", err, room, tt.Says)
			}
		})
	}
}

// room is where the channels of Settings stand, and what they are called.
const room = "shop"

// Settings opens the channel of a good configuration and of ones in which one
// setting is spoilt. A spoilt setting may be one that the channel can live
// with; else the error names the setting and the channel. No error holds a
// secret, which is a setting whose example is written as ${NAME}.
func Settings(t *testing.T, good gateway.Carrier) {
	t.Helper()
	channel, err := openIn(good)
	if err != nil {
		t.Fatalf("the suite's Config must be one that opens: %v", err)
	}
	if got := channel.Name(); got != room {
		t.Errorf("a channel that was opened as %q says that it is %q", room, got)
	}
	if _, called := channel.(gateway.Receiver); called {
		if _, err := good.Open("Not A Name", site()); err == nil {
			t.Error(`a channel is opened as "Not A Name", which cannot stand in a URL: let web.NewDoor check the name`)
		}
	}
	from := reflect.Indirect(reflect.ValueOf(good))
	for _, field := range reflect.VisibleFields(from.Type()) { // those of embedded structs, too
		if field.Type.Kind() != reflect.String || !field.IsExported() {
			continue
		}
		t.Run(field.Tag.Get("yaml"), func(t *testing.T) {
			for _, text := range spoilt {
				trySpoilt(t, from, field, text)
			}
		})
	}
}

func trySpoilt(t *testing.T, from reflect.Value, field reflect.StructField, text string) {
	t.Helper()
	defer func() {
		if p := recover(); p != nil {
			t.Errorf("with %q Open panics: %v", text, p)
		}
	}()
	cfg := reflect.New(from.Type())
	cfg.Elem().Set(from)
	cfg.Elem().FieldByIndex(field.Index).SetString(text)
	_, err := openIn(cfg.Interface().(gateway.Carrier))
	if err == nil {
		return
	}
	setting := field.Tag.Get("yaml")
	if said := err.Error(); !strings.Contains(said, setting) || !strings.Contains(said, room) {
		t.Errorf("with %q Open says %q: name the channel, the setting %s and what belongs there", text, said, setting)
	}
	for _, other := range reflect.VisibleFields(from.Type()) {
		if secret := from.FieldByIndex(other.Index); isSecret(other) && len(secret.String()) >= 4 && strings.Contains(err.Error(), secret.String()) {
			t.Errorf("with a spoilt %s Open's error shows the secret %s", setting, other.Tag.Get("yaml"))
		}
	}
}

func isSecret(field reflect.StructField) bool {
	return field.Type.Kind() == reflect.String && strings.HasPrefix(field.Tag.Get("example"), "${")
}

func site() gateway.Site {
	return gateway.Site{Region: "KE", PublicURL: "https://sms.example.org", LocalURL: "http://127.0.0.1:8080"}
}

func openIn(cfg gateway.Carrier) (gateway.Channel, error) { return cfg.Open(room, site()) }
