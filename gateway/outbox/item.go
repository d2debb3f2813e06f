package outbox

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"haat/gateway"
	"haat/gateway/gsm"
)

// item is a message of the log as something to send.
type item struct {
	out         gateway.Outbound
	seq         uint64
	at          time.Time
	segments    int
	notice      bool
	provisional bool   // a reply that the processor's word may replace
	order       string // id of the order that it tells of
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
		err = it.readNotice(msg.Data())
	} else {
		err = it.readTurn(msg.Data())
	}
	it.segments = gsm.Segments(it.out.Text)
	return it, err
}

func (it *item) readNotice(data []byte) error {
	var n gateway.Notice
	if err := json.Unmarshal(data, &n); err != nil {
		return fmt.Errorf("notice: %w", err)
	}
	it.at, it.out.Channel, it.out.Phone, it.out.Text, it.order = n.At, n.Channel, n.Phone, n.Text, n.Order()
	return nil
}

func (it *item) readTurn(data []byte) error {
	var t gateway.Turn
	if err := json.Unmarshal(data, &t); err != nil {
		return fmt.Errorf("turn: %w", err)
	}
	it.at, it.out.Channel, it.out.Phone, it.out.Text, it.order = t.At, t.In.Channel, t.In.Phone, t.Reply.Text, t.Order
	if t.Request != nil {
		it.provisional, it.order = true, t.Request.OrderID()
	}
	return nil
}
