package messagelog

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"strings"

	"haat/gateway"
	"haat/gateway/dialogue"
)

// Partitions is how many parts the phones are spread over. The part is in the
// subject so that one stream can become many without changing a message.
const Partitions = 256

// Kind is what a message of the log is.
type Kind string

// The kinds of messages.
const (
	KindTurn   Kind = "turn"
	KindNotice Kind = "notice"
	KindStatus Kind = "status"
)

// nobody stands in a subject for a phone that is not known: that of a delivery
// report which belongs to no message of ours.
const nobody = "0"

// subject is log.<part>.<phone>, the phone in E.164 without its plus.
func subject(p gateway.Phone) string {
	digits := cmp.Or(strings.TrimPrefix(string(p), "+"), nobody)
	h := fnv.New32a()
	_, _ = h.Write([]byte(digits))
	part := h.Sum32() % Partitions
	return "log." + string([]byte{'0' + byte(part/100), '0' + byte(part/10%10), '0' + byte(part%10)}) + "." + digits
}

func turnsOf(p gateway.Phone) string { return subject(p) + ".turn.>" }

func statusesOf(p gateway.Phone, channel string) string { return subject(p) + ".status." + channel }

func turnSubject(t gateway.Turn) string {
	last := ".screen"
	if t.Request != nil {
		last = ".order"
	}
	mode := string(t.In.Mode)
	if t.Operator != "" { // no outbox sends its reply, which was said before
		mode = "operator"
	}
	return subject(t.In.Phone) + ".turn." + t.In.Channel + "." + mode + last
}

// SMSTurns are the turns of one channel that were answered by SMS.
func SMSTurns(channel string) string {
	return "log.*.*.turn." + channel + "." + string(dialogue.SMS) + ".*"
}

// Notices are the notices of one channel.
func Notices(channel string) string { return "log.*.*.notice." + channel }

// kindOf reads the kind and the phone out of a subject.
func kindOf(subject string) (Kind, gateway.Phone, error) {
	parts := strings.Split(subject, ".")
	if len(parts) < 5 || parts[0] != "log" {
		return "", "", fmt.Errorf("a message of the log stands on a subject that is none of the log's")
	}
	if parts[2] == nobody {
		return Kind(parts[3]), "", nil
	}
	return Kind(parts[3]), gateway.Phone("+" + parts[2]), nil
}
