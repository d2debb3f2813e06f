package processor

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"haat/orders"
	"haat/orders/store"
)

// turn is a message of the log that asks something of the processor.
type turn struct {
	msg      jetstream.Msg
	seq      uint64
	loggedAt time.Time
	request  orders.Request
}

var errNoRequest = errors.New("the turn asks nothing of the processor")

// readTurn reads of a turn what concerns orders; the rest is the gateway's.
func readTurn(msg jetstream.Msg) (turn, error) {
	meta, err := msg.Metadata()
	if err != nil {
		return turn{}, fmt.Errorf("this is no message of a stream: %w", err)
	}
	request, err := readRequest(msg.Data())
	return turn{msg: msg, seq: meta.Sequence.Stream, loggedAt: meta.Timestamp, request: request}, err
}

// readRequest reads a request that an order can be made of.
func readRequest(data []byte) (orders.Request, error) {
	var body struct {
		Request *orders.Request `json:"request"`
	}
	if err := json.Unmarshal(data, &body); err != nil {
		return orders.Request{}, fmt.Errorf("the turn cannot be read: %w", err)
	}
	if body.Request == nil {
		return orders.Request{}, errNoRequest
	}
	return *body.Request, body.Request.Validate()
}

func jobs(turns []turn) []store.Job {
	jobs := make([]store.Job, len(turns))
	for i, t := range turns {
		jobs[i] = store.Job{Seq: t.seq, Request: t.request}
	}
	return jobs
}
