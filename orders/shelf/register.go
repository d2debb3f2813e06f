package shelf

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/nats-io/nats.go/jetstream"

	"haat/catalog"
)

// piece is how many numbers one entry of the register holds: about 400 kB, well
// below the largest message.
const piece = 10_000

// register is every keypad number that was ever given. It is kept as entries
// under keys that count up, each what one import added. A new entry is created
// under the next key, which fails when somebody else has used it: whoever gives
// numbers has then read all that were given before. Nothing is ever changed or
// deleted.
type register struct {
	kv      jetstream.KeyValue
	entries int // that have been read
	given   []catalog.Given
}

func key(entry int) string { return "keypad_numbers." + strconv.Itoa(entry) }

// load reads what has been added since.
func (r *register) load(ctx context.Context) error {
	for {
		entry, err := r.kv.Get(ctx, key(r.entries+1))
		if errors.Is(err, jetstream.ErrKeyNotFound) {
			return nil
		}
		var given []catalog.Given
		if err == nil {
			err = json.Unmarshal(entry.Value(), &given)
		}
		if err != nil {
			return fmt.Errorf("read the keypad numbers: %w", err)
		}
		r.entries++
		r.given = append(r.given, given...)
	}
}

// add writes down what was given on top of what has been read. It gives false
// when somebody else was faster; what was written before that stays, and is
// found by the next load like everything else.
func (r *register) add(ctx context.Context, given []catalog.Given) (bool, error) {
	for some := range slices.Chunk(given, piece) {
		value, err := json.Marshal(some)
		if err != nil {
			return false, err
		}
		_, err = r.kv.Create(ctx, key(r.entries+1), value)
		if errors.Is(err, jetstream.ErrKeyExists) {
			return false, nil
		}
		if err != nil {
			return false, fmt.Errorf("write the keypad numbers down: %w", err)
		}
		r.entries++
		r.given = append(r.given, some...)
	}
	return true, nil
}
