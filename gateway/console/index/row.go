package index

import (
	"encoding/json"
	"fmt"
	"time"
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

// scanRow reads a row of SQL: from is its Scan.
func scanRow(from func(...any) error) (r Row, err error) {
	var at int64
	var offer string
	err = from(&r.Seq, &at, &r.Kind, &r.Channel, &r.Mode, &r.Phone, &r.ID, &r.In, &r.Out, &r.Order,
		&r.Status, &r.Ref, &r.Attempt, &r.Code, &r.Reason, &r.Segments, &r.Cost, &r.Currency, &r.Class, &offer, &r.Heard,
		&r.Language, &r.Station, &r.Screen, &r.State, &r.StateWhy, &r.By)
	if err != nil {
		return r, err
	}
	r.At = timeOf(at)
	if offer != "" {
		err = json.Unmarshal([]byte(offer), &r.Offer)
	}
	return r, err
}

func timeOf(nanoseconds int64) time.Time { return time.Unix(0, nanoseconds).UTC() }
