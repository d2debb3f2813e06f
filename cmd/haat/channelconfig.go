package main

import (
	"cmp"
	"fmt"
	"net"
	"reflect"
	"regexp"
	"strings"

	"github.com/rs/zerolog"

	"haat/gateway"
	"haat/gateway/channel/africastalking"
	"haat/gateway/channel/android"
	"haat/gateway/channel/arkesel"
	"haat/gateway/channel/beem"
	"haat/gateway/channel/hubtel"
	"haat/gateway/channel/infobip"
	"haat/gateway/channel/kannel"
	"haat/gateway/channel/nalo"
	"haat/gateway/channel/smpp"
	"haat/gateway/channel/twilio"
	"haat/gateway/channel/web"
	"haat/gateway/channel/webhook"
)

// ChannelConfig is one connection to one carrier: exactly one of the carriers'
// blocks is there.
type ChannelConfig struct {
	// What one USSD screen holds: septets of GSM 03.38 text, 40 to 182. Some
	// networks cut before the standard's 182.
	USSDSeptets int `yaml:"ussd_septets"`
	// The same for text in other alphabets: UCS-2 units, 20 to 80.
	USSDUnits int `yaml:"ussd_units"`
	// Parts that one SMS may be cut into, 1 to 8; each part is paid for.
	SMSParts int `yaml:"sms_parts"`
	// Whether the carrier takes GSM 03.38 alone, for SMS and USSD. Languages of
	// other scripts are then spoken in Latin letters, and what has none left is
	// sent as "?".
	GSM7 bool `yaml:"gsm7"`
	// How SMS leave through this channel.
	Sending SendingConfig `yaml:"sending"`

	// Africa's Talking: USSD and SMS.
	AfricasTalking *africastalking.Config `yaml:"africastalking" example:"kenya"`
	// Twilio: SMS.
	Twilio *twilio.Config `yaml:"twilio" example:"abroad"`
	// A Kannel gateway of your own: SMS.
	Kannel *kannel.Config `yaml:"kannel" example:"modem"`
	// An SMSC by SMPP 3.4: SMS, and USSD where the carrier offers it.
	SMPP *smpp.Config `yaml:"smpp" example:"network"`
	// An Android phone with the app SMS Gateway for Android: SMS.
	Android *android.Config `yaml:"android" example:"phone"`
	// Hubtel: USSD.
	Hubtel *hubtel.Config `yaml:"hubtel" example:"ghana" through:"modem"`
	// Nalo: USSD.
	Nalo *nalo.Config `yaml:"nalo" example:"accra" through:"modem"`
	// Arkesel: USSD.
	Arkesel *arkesel.Config `yaml:"arkesel" example:"kumasi" through:"modem"`
	// Beem: USSD.
	Beem *beem.Config `yaml:"beem" example:"tanzania" through:"modem"`
	// Infobip: USSD.
	Infobip *infobip.Config `yaml:"infobip" example:"world" through:"modem"`
	// Any other carrier that speaks JSON or forms over HTTP: USSD and SMS.
	Webhook *webhook.Config `yaml:"webhook" example:"other"`
	// No carrier: `haat phone`, the phone on the console's page for practising,
	// and other programs on this machine. It speaks Africa's Talking's forms
	// without keys and has no settings. Where there are several, operators
	// practise on the one named practice.
	Demo *DemoConfig `yaml:"demo"`
}

// DemoConfig is empty: the demo channel has no settings.
type DemoConfig struct{}

// Open makes a channel to the exchange that haat itself is for demo phones.
func (DemoConfig) Open(name string, at gateway.Site) (gateway.Channel, error) {
	return africastalking.New(name, africastalking.Config{
		Username: name, APIKey: "demo", Access: web.Access{LoopbackOnly: true}, APIURL: at.LocalURL + "/demo",
	}, at)
}

// preset fills in the defaults before a channel's block is read.
func (ch *ChannelConfig) preset() {
	ch.USSDSeptets, ch.USSDUnits, ch.SMSParts = 160, 70, 2
	ch.Sending.Window = 10
}

// channelName is what can stand in a URL and in a subject of the message log.
var channelName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,31}$`)

// checkSize lists what is wrong with the settings that all carriers share.
func (ch *ChannelConfig) checkSize(f *findings, at string) {
	f.within(at+".ussd_septets", ch.USSDSeptets, 40, 182)
	f.within(at+".ussd_units", ch.USSDUnits, 20, 80)
	f.within(at+".sms_parts", ch.SMSParts, 1, 8)
}

// open makes the channel. Its errors are the carrier's own: they say which
// setting is wrong and what belongs there.
func (ch *ChannelConfig) open(name string, c *Config, logger zerolog.Logger) (gateway.Channel, error) {
	for _, block := range ch.blocks() { // there is one: see Config.checkChannels
		return block.Interface().(gateway.Carrier).Open(name, gateway.Site{
			Region: c.Market.Region, PublicURL: c.PublicURL, LocalURL: "http://" + dialable(c.Listen),
			Logger: logger.With().Str("channel", name).Logger(),
		})
	}
	return nil, fmt.Errorf("channel %s has no carrier: write one of the blocks %s", name, strings.Join(carrierBlocks(), ", "))
}

// dialable is the address under which this machine reaches its own listener.
func dialable(listen string) string {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return listen
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, cmp.Or(port, "80"))
}

// blocks gives the carriers' blocks that are there, by their names.
func (ch *ChannelConfig) blocks() map[string]reflect.Value {
	blocks := map[string]reflect.Value{}
	v := reflect.ValueOf(ch).Elem()
	for i := range v.NumField() {
		if v.Field(i).Kind() == reflect.Pointer && !v.Field(i).IsNil() {
			blocks[v.Type().Field(i).Tag.Get("yaml")] = v.Field(i).Elem()
		}
	}
	return blocks
}

// carrierBlocks names the blocks that say which carrier a channel is.
func carrierBlocks() (names []string) {
	t := reflect.TypeFor[ChannelConfig]()
	for i := range t.NumField() {
		if t.Field(i).Type.Kind() == reflect.Pointer {
			names = append(names, t.Field(i).Tag.Get("yaml"))
		}
	}
	return names
}

// variable is the environment variable that a value written as ${NAME} stands
// for, or "".
func variable(value string) string {
	name, ok := strings.CutPrefix(value, "${")
	if !ok || !strings.HasSuffix(name, "}") {
		return ""
	}
	return name[:len(name)-1]
}

// expand replaces the values of the carriers' blocks that are written as
// ${NAME} by that environment variable. One that is not set is a problem and
// stays as it is written.
func (ch *ChannelConfig) expand(f *findings, at string, environment map[string]string) {
	for name, block := range ch.blocks() {
		for _, setting := range settingsOf(block.Type()) {
			field := block.FieldByIndex(setting.Index)
			if field.Kind() != reflect.String || variable(field.String()) == "" {
				continue
			}
			wanted := variable(field.String())
			if environment[wanted] == "" {
				f.add(at+"."+name+"."+setting.Tag.Get("yaml"),
					"the environment variable %s is not set: set it, or write the value here", wanted)
				continue
			}
			field.SetString(environment[wanted])
		}
	}
}
