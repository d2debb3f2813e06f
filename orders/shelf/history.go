package shelf

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"haat/orders/bus"
)

// Keep is how many versions are kept; with the next one the oldest is dropped.
const Keep = 100

// MaxNote is how long the note of a version may be, in characters.
const MaxNote = 200

// historyKey is where the history is, beside the keypad numbers.
const historyKey = "catalog_versions"

// Kind is how a version came to be.
type Kind string

// The kinds of versions.
const (
	Imported Kind = "import" // a whole file
	Edited   Kind = "edit"   // one product
	GoneBack Kind = "back"   // an earlier version again
	First    Kind = "first"  // what a haat without a catalogue opens with
)

// Version tells about a version of the catalogue.
type Version struct {
	Number   int       `json:"number"` // from 1, without gaps
	ID       string    `json:"id"`
	At       time.Time `json:"at"`
	By       string    `json:"by,omitempty"` // an operator's name; "" for the command line
	Kind     Kind      `json:"kind"`
	Note     string    `json:"note,omitempty"`  // why, in their words, or the code of the one product
	From     int       `json:"from,omitempty"`  // the version that was gone back to
	Products int       `json:"products"`        // how many there are
	Added    int       `json:"added,omitempty"` // against the version before
	Removed  int       `json:"removed,omitempty"`
	Changed  int       `json:"changed,omitempty"`
}

// history is all versions that are kept, the oldest first. It is one document:
// whoever adds a version replaces it under the condition that nobody else has
// since it was read, so that versions are in one order and none is lost.
type history struct {
	// Over is the catalogue of a haat without versions that the latest version
	// came after. Another one is newer than all versions.
	Over     string    `json:"over,omitempty"`
	Versions []Version `json:"versions"`

	revision uint64 // 0: there is none yet
}

// present is the version that is sold now, or nil where that is the catalogue
// of a haat without versions, or none.
func (h *history) present(old *jetstream.ObjectInfo) *Version {
	if len(h.Versions) == 0 || nuidOf(old) != h.Over {
		return nil
	}
	return &h.Versions[len(h.Versions)-1]
}

// latest is the number of the latest version; 0 where there is none.
func (h *history) latest() int {
	if len(h.Versions) == 0 {
		return 0
	}
	return h.Versions[len(h.Versions)-1].Number
}

func (h *history) find(number int) *Version {
	for i := range h.Versions {
		if h.Versions[i].Number == number {
			return &h.Versions[i]
		}
	}
	return nil
}

// history reads the history, and what there is of before.
func (s *shelf) history(ctx context.Context) (h history, old *jetstream.ObjectInfo, err error) {
	if old, err = s.info(ctx); err != nil {
		return h, nil, err
	}
	entry, err := s.numbers.kv.Get(ctx, historyKey)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return h, old, nil
	}
	if err == nil {
		err = json.Unmarshal(entry.Value(), &h)
	}
	if err != nil {
		return h, nil, fmt.Errorf("read the versions of the catalogue: %w", err)
	}
	h.revision = entry.Revision()
	return h, old, nil
}

// errFaster says that somebody else has written the history since it was read.
var errFaster = errors.New("somebody was faster")

// replace writes the history under the condition that it is still as it was read.
func (s *shelf) replace(ctx context.Context, h history) error {
	value, err := json.Marshal(h)
	if err != nil {
		return err
	}
	if h.revision == 0 {
		_, err = s.numbers.kv.Create(ctx, historyKey, value)
	} else {
		_, err = s.numbers.kv.Update(ctx, historyKey, value, h.revision)
	}
	var api *jetstream.APIError
	if errors.Is(err, jetstream.ErrKeyExists) || errors.As(err, &api) && api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence {
		return errFaster
	}
	if err != nil {
		return fmt.Errorf("write the versions of the catalogue: %w", err)
	}
	return nil
}

func versionObject(id string) string { return "version." + id }

// version reads the file of a version.
func (s *shelf) version(ctx context.Context, v *Version) (*Import, error) {
	i, err := s.read(ctx, versionObject(v.ID))
	if err != nil {
		return nil, err
	}
	i.ID, i.Number = v.ID, v.Number
	return i, nil
}

// ErrNoVersion says that there is no such version, or not any more.
var ErrNoVersion = fmt.Errorf("there is no such version of the catalogue; the latest %d are kept", Keep)

// Versions are all that are kept, the newest first.
func Versions(ctx context.Context, b *bus.Bus) ([]Version, error) {
	s, err := open(ctx, b)
	if err != nil {
		return nil, err
	}
	h, _, err := s.history(ctx)
	if err != nil {
		return nil, err
	}
	newest := make([]Version, 0, len(h.Versions))
	for i := len(h.Versions) - 1; i >= 0; i-- {
		newest = append(newest, h.Versions[i])
	}
	return newest, nil
}

// At is a version with its file; ErrNoVersion where it is not kept.
func At(ctx context.Context, b *bus.Bus, number int) (*Import, error) {
	s, err := open(ctx, b)
	if err != nil {
		return nil, err
	}
	h, _, err := s.history(ctx)
	if err != nil {
		return nil, err
	}
	v := h.find(number)
	if v == nil {
		return nil, ErrNoVersion
	}
	i, err := s.version(ctx, v)
	if errors.Is(err, jetstream.ErrObjectNotFound) { // dropped just now
		return nil, ErrNoVersion
	}
	return i, err
}
