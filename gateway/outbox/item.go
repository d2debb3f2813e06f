package outbox

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"haat/gateway"
)

// item is a message of the log as something to send.
type item struct {
	out         gateway.Outbound
	seq         uint64
	at          time.Time
	notice      bool
	provisional bool   // a reply that the processor's word may replace
	order       string // the order that a provisional reply is about
}

// read makes an item of a turn or a notice.
func read(msg jetstream.Msg) (item, error) {
	meta, err := msg.Metadata()
	if err != nil {
		return item{}, err
	}
	it := item{seq: meta.Sequence.Stream, notice: strings.Contains(msg.Subject(), ".notice.")}
	it.out.Ref = strconv.FormatUint(it.seq, 10)
	if it.notice {
		var n gateway.Notice
		if err := json.Unmarshal(msg.Data(), &n); err != nil {
			return item{}, fmt.Errorf("notice: %w", err)
		}
		it.at, it.out.Channel, it.out.Phone, it.out.Text = n.At, n.Channel, n.Phone, n.Text
		return it, nil
	}
	var t gateway.Turn
	if err := json.Unmarshal(msg.Data(), &t); err != nil {
		return item{}, fmt.Errorf("turn: %w", err)
	}
	it.at, it.out.Channel, it.out.Phone, it.out.Text = t.At, t.In.Channel, t.In.Phone, t.Reply.Text
	if t.Request != nil {
		it.provisional, it.order = true, t.Request.OrderID()
	}
	return it, nil
}
