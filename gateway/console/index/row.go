package index

import (
	"encoding/json"
	"fmt"
	"time"

	"haat/gateway"
	"haat/gateway/dialogue"
	"haat/gateway/messagelog"
)

// columns are those of a row, in the order of its values.
const columns = `seq, at, kind, channel, mode, phone, id, text_in, text_out, order_id, status, ref, attempt, code, reason,
	segments, cost, currency, class, offer, heard, language, station, screen, state, state_why, operator`

// values are what the columns of a row hold.
func (r *Row) values() ([]any, error) {
	offer := ""
	if r.Offer != nil {
		data, err := json.Marshal(r.Offer)
		if err != nil {
			return nil, fmt.Errorf("offer of message %d: %w", r.Seq, err)
		}
		offer = string(data)
	}
	return []any{int64(r.Seq), r.At.UnixNano(), string(r.Kind), r.Channel, string(r.Mode), string(r.Phone), r.ID, r.In, r.Out, r.Order,
		string(r.Status), r.Ref, r.Attempt, r.Code, r.Reason, r.Segments, r.Cost, r.Currency, r.Class, offer, r.Heard,
		r.Language, r.Station, r.Screen, string(r.State), r.StateWhy, r.By}, nil
}

// scanRow reads a row of SQL: from is its Scan. It asks for what the driver has, int64
// and string: all other types are found by reflection, and numbers by way of text.
func scanRow(from func(...any) error) (r Row, err error) {
	var seq, at, attempt, segments int64
	var kind, mode, phone, status, offer, state string
	err = from(&seq, &at, &kind, &r.Channel, &mode, &phone, &r.ID, &r.In, &r.Out, &r.Order,
		&status, &r.Ref, &attempt, &r.Code, &r.Reason, &segments, &r.Cost, &r.Currency, &r.Class, &offer, &r.Heard,
		&r.Language, &r.Station, &r.Screen, &state, &r.StateWhy, &r.By)
	if err != nil {
		return r, err
	}
	r.Seq, r.At, r.Attempt, r.Segments = uint64(seq), timeOf(at), int(attempt), int(segments)
	r.Kind, r.Mode, r.Phone = messagelog.Kind(kind), dialogue.Mode(mode), gateway.Phone(phone)
	r.Status, r.State = gateway.State(status), gateway.State(state)
	if offer != "" {
		err = json.Unmarshal([]byte(offer), &r.Offer)
	}
	return r, err
}

func timeOf(nanoseconds int64) time.Time { return time.Unix(0, nanoseconds).UTC() }
