package main

import (
	"maps"
	"slices"

	"haat/gateway/console"
)

// takeOver lets operators take part in conversations: by the gateway of this
// process, and by every channel that can send.
func (h *house) takeOver(cfg *console.Config) {
	cfg.Talk, cfg.Desk = h.gateway, h.gateway.Desk
	for _, name := range slices.Sorted(maps.Keys(h.cfg.Channels)) {
		if h.cfg.sends(name) != nil {
			continue
		}
		limits := h.gateway.Channels[name]
		w := console.Writer{Channel: name, Parts: limits.Parts, GSM7: limits.SMS.GSM7, Tariff: limits.Tariff}
		for other, limits := range h.gateway.Channels {
			if limits.Notices == name && other != name {
				w.For = append(w.For, other)
			}
		}
		cfg.Writers = append(cfg.Writers, w)
	}
}
