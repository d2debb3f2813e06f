package channeltest

import (
	"cmp"
	"maps"
	"slices"
	"testing"

	"haat/gateway"
)

// Suite is what a carrier's channel is tested with: real payloads, good and
// bad, in both directions. Whatever is nil is not demanded: a carrier of USSD
// alone has no Open, one that is never called has no Channel.
type Suite struct {
	// Channel takes the Receives. Its name, region and keys are what their
	// tables expect. Nil where the carrier does not call us.
	Channel gateway.Receiver
	// Receives are requests of the carrier.
	Receives []Receive
	// Path is where the Receives go that have no Path of their own.
	Path string
	// Type is the Content-Type of the Receives whose Header has none. Default:
	// that of a form.
	Type string
	// Open makes a channel whose carrier's API is at an address of this machine,
	// such as http://127.0.0.1:41234. Nil where the channel sends nothing over HTTP.
	Open func(t *testing.T, carrier string) gateway.Sender
	// Sends are the carrier's answers to what is sent.
	Sends []Send
	// Config is a configuration with which a channel opens, every setting that
	// matters set: each is spoilt in turn. Required. See [Settings].
	Config gateway.Carrier
}

// Conform runs the suite's tables, tries on the channel what every channel must
// stand without a table, and says which kinds of cases the tables lack, why they
// matter and what they look like.
func Conform(t *testing.T, s Suite) {
	t.Helper()
	s.Receives = s.whole()
	if s.Channel != nil {
		t.Run("receives", func(t *testing.T) { RunReceives(t, s.Channel, s.Receives) })
		t.Run("doors", s.probeDoors)
	}
	if s.Open != nil {
		t.Run("sends", func(t *testing.T) { RunSends(t, s.Open, s.Sends) })
		t.Run("line", s.probeLine)
	}
	t.Run("settings", func(t *testing.T) {
		if s.Config == nil {
			t.Fatal("the suite has no Config: set it to a configuration that opens, and each of its settings is spoilt in turn")
		}
		Settings(t, s.Config)
	})
	t.Run("complete", func(t *testing.T) {
		for _, lack := range s.lacks() {
			t.Error(lack)
		}
	})
}

// whole are the Receives with the path and the type that most of them share.
func (s Suite) whole() []Receive {
	all := slices.Clone(s.Receives)
	for i, r := range all {
		all[i].Path = cmp.Or(r.Path, s.Path)
		if s.Type != "" && r.Header["Content-Type"] == "" {
			all[i].Header = map[string]string{"Content-Type": s.Type}
			maps.Copy(all[i].Header, r.Header)
		}
	}
	return all
}
