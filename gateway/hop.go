package gateway

import (
	"hash/fnv"
	"strconv"
	"strings"
	"time"

	"haat/gateway/dialogue"
)

// hop is one inbound message within a carrier's session.
type hop struct {
	dial       bool   // the session begins
	typed      string // what was typed in this hop
	cumulative string // all that was typed in the session, to tell the next hop's part
}

// hopOf finds what was typed in this hop. Where the carrier sends all of the
// session's text each time, an answer may itself be empty or contain "*", so it
// is what stands after the text of the hop before, not after the last "*".
func hopOf(in Inbound, last Turn) hop {
	if in.Mode != dialogue.USSD {
		return hop{typed: in.Text}
	}
	h := hop{dial: in.Session != last.In.Session || last.In.Mode != dialogue.USSD, typed: in.Text}
	if !in.Cumulative {
		return h
	}
	h.cumulative = in.Text
	switch rest, further := strings.CutPrefix(in.Text, last.Hop+"*"); {
	case h.dial || last.Hop == "":
	case further:
		h.typed = rest
	default: // a hop between was lost
		h.typed = in.Text[strings.LastIndexByte(in.Text, '*')+1:]
	}
	return h
}

// keyOf shortens a carrier's message id, or whatever else tells messages apart,
// for what every turn carries.
func keyOf(parts ...string) string {
	h := fnv.New64a()
	for _, part := range parts {
		_, _ = h.Write([]byte(part))
	}
	return strconv.FormatUint(h.Sum64(), 36)
}

// twinKey is the same for an SMS that a carrier delivered under two ids, and ""
// for what cannot be one.
func twinKey(in Inbound) string {
	if in.Mode != dialogue.SMS || in.SentAt.IsZero() || bare(in.Text) {
		return ""
	}
	return keyOf(in.Channel, in.SentAt.UTC().Format(time.RFC3339), in.Text)
}

// recent is the list of answered messages for the turn after k.
func recent(k *kept) []Answered {
	if k.seq == 0 {
		return nil
	}
	old := k.turn.Recent
	list := make([]Answered, 0, maxRecent)
	list = append(list, old[max(0, len(old)-maxRecent+1):]...)
	return append(list, Answered{Key: keyOf(k.turn.In.ID), Twin: twinKey(k.turn.In), Seq: k.seq})
}
