package web

import "haat/gateway"

// USSD is what the channels have in common that carry USSD alone: a carrier that
// posts one JSON request a hop and does not sign it.
type USSD struct {
	name   string
	Phones *gateway.Phones
	Door   *Door
	Hops   *Hops
}

// NewUSSD makes what a channel is built on. The carrier's name, and what it calls
// the address that it posts to, are for errors about who may call.
func NewUSSD(name string, access Access, at gateway.Site, carrier, address string) (USSD, error) {
	door, err := GuardedDoor(name, access, carrier, address)
	return USSD{name: name, Phones: gateway.NewPhones(at.Region), Door: door, Hops: NewHops()}, err
}

// Name is the channel's name in the configuration.
func (u USSD) Name() string { return u.name }
