package shelf

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/nats-io/nats.go/jetstream"

	"haat/orders/bus"
)

// KeepDrafts is how many files wait to be confirmed; with the next one the
// oldest is dropped.
const KeepDrafts = 10

const draftPrefix = "draft."

// ErrNoDraft says that a file that was to be confirmed is not there any more.
var ErrNoDraft = fmt.Errorf("the file is not there any more: the latest %d wait to be confirmed; upload it again", KeepDrafts)

// PutDraft keeps a checked file until somebody confirms it, and gives the name
// that it goes by, which is its hash.
func PutDraft(ctx context.Context, b *bus.Bus, csv []byte) (hash string, err error) {
	if err := b.Room(); err != nil {
		return "", err
	}
	s, err := open(ctx, b)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(csv)
	hash = hex.EncodeToString(sum[:])
	if _, err := s.objects.Put(ctx, jetstream.ObjectMeta{Name: draftPrefix + hash}, bytes.NewReader(csv)); err != nil {
		return "", fmt.Errorf("keep the file: %w", err)
	}
	return hash, s.dropDrafts(ctx)
}

func (s *shelf) dropDrafts(ctx context.Context) error {
	all, err := s.objects.List(ctx)
	if err != nil {
		return fmt.Errorf("look for files that wait: %w", err)
	}
	all = slices.DeleteFunc(all, func(o *jetstream.ObjectInfo) bool { return !strings.HasPrefix(o.Name, draftPrefix) })
	slices.SortFunc(all, func(a, b *jetstream.ObjectInfo) int {
		return cmp.Or(b.ModTime.Compare(a.ModTime), strings.Compare(a.Name, b.Name))
	})
	for _, o := range all[min(KeepDrafts, len(all)):] {
		_ = s.objects.Delete(ctx, o.Name) // one that stays goes with the next
	}
	return nil
}

// Draft is a file that waits to be confirmed, by its hash; ErrNoDraft where it
// does not.
func Draft(ctx context.Context, b *bus.Bus, hash string) ([]byte, error) {
	s, err := open(ctx, b)
	if err != nil {
		return nil, err
	}
	i, err := s.read(ctx, draftPrefix+hash)
	if errors.Is(err, jetstream.ErrObjectNotFound) {
		return nil, ErrNoDraft
	}
	if err != nil {
		return nil, fmt.Errorf("read the file that waits: %w", err)
	}
	if sum := sha256.Sum256(i.CSV); hex.EncodeToString(sum[:]) != hash {
		return nil, ErrNoDraft
	}
	return i.CSV, nil
}
