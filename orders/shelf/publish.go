package shelf

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nuid"

	"haat/catalog"
	"haat/orders/bus"
)

// Whatever is the base of an edition that replaces whatever is there.
const Whatever = -1

// Edition is a file that shall become the next version.
type Edition struct {
	Base int    // the version that it was made from; Whatever does not care
	CSV  []byte // checked
	By   string // an operator's name; "" for the command line
	Kind Kind
	Note string // cut to MaxNote characters
	From int    // the version that is gone back to

	// What the stock figures of the file mean. Recount: all of them are a new
	// count, and replace what is left. Else those are that differ from the base,
	// those of new products, and those of Counted; what is left of every other
	// product stays as it is.
	Recount bool
	Counted []string
}

// ErrStale says that the catalogue is no longer the version that an edition was
// made from. Nothing was published.
var ErrStale = errors.New("somebody else has changed the catalogue meanwhile; look at what is there now and try again")

// Publish makes an edition the present catalogue. It is there for everybody, and
// stays after a crash, when Publish returns; where it fails half-way there is the
// version before. A keypad number that belongs to another product is a
// *catalog.CheckError, another base an ErrStale.
func Publish(ctx context.Context, b *bus.Bus, e Edition) (*Import, error) {
	if err := b.Room(); err != nil {
		return nil, err
	}
	s, err := open(ctx, b)
	if err != nil {
		return nil, err
	}
	for {
		i, err := s.publish(ctx, e)
		if errors.Is(err, errFaster) {
			if e.Base == Whatever {
				continue
			}
			return nil, ErrStale
		}
		return i, err
	}
}

func (s *shelf) publish(ctx context.Context, e Edition) (*Import, error) {
	h, old, err := s.history(ctx)
	if err != nil {
		return nil, err
	}
	if e.Base != Whatever && e.Base != h.latest() {
		return nil, ErrStale
	}
	numbered, err := s.give(ctx, e.CSV)
	if err != nil {
		return nil, err
	}
	before, presentID, err := s.before(ctx)
	if err != nil {
		return nil, err
	}
	next := Version{
		Number: h.latest() + 1, ID: nuid.Next(), At: time.Now().UTC().Truncate(time.Second),
		By: e.By, Kind: e.Kind, Note: firstRunes(e.Note, MaxNote), From: e.From,
	}
	if numbered, err = e.stamp(numbered, before, presentID, next.ID); err != nil {
		return nil, err
	}
	if err := next.compare(before, numbered); err != nil {
		return nil, err
	}
	if _, err := s.objects.Put(ctx, jetstream.ObjectMeta{Name: versionObject(next.ID)}, bytes.NewReader(numbered)); err != nil {
		return nil, fmt.Errorf("store the catalogue: %w", err)
	}
	// Whoever watches shows the version and its numbers at once: a power cut may
	// not take them back.
	if err := s.bus.Durable(ctx); err != nil {
		return nil, err
	}
	h.Over, h.Versions = nuidOf(old), append(h.Versions, next)
	dropped := h.drop()
	if err := s.replace(ctx, h); err != nil {
		_ = s.objects.Delete(ctx, versionObject(next.ID)) // nobody knows it
		return nil, err
	}
	for _, v := range dropped {
		_ = s.objects.Delete(ctx, versionObject(v.ID)) // one that stays costs room and nothing else
	}
	return &Import{ID: next.ID, Number: next.Number, CSV: numbered}, s.bus.Durable(ctx)
}

// before are the products that are sold now, and the id of their version; none
// where there is none that can be read.
func (s *shelf) before(ctx context.Context) ([]catalog.Product, string, error) {
	present, err := s.current(ctx)
	var check *catalog.CheckError
	if present == nil || errors.As(err, &check) {
		return nil, "", nil
	}
	if err != nil {
		return nil, "", err
	}
	products, err := read(present.CSV)
	if errors.As(err, &check) {
		return nil, "", nil
	}
	return products, present.ID, err
}

// read reads a file as far as that needs no currency: with two digits every
// price can be read.
func read(csv []byte) ([]catalog.Product, error) {
	return catalog.Read(bytes.NewReader(csv), "")
}

// stamp writes down which count each stock figure is of. A file that says nothing
// of counts is one new count.
func (e *Edition) stamp(csv []byte, before []catalog.Product, presentID, id string) ([]byte, error) {
	if e.Recount {
		if header, _, _ := bytes.Cut(csv, []byte("\n")); !bytes.Contains(header, []byte("count_id")) {
			return csv, nil
		}
		return catalog.Stamp(csv, func(string, string) string { return id })
	}
	was := make(map[string]*catalog.Product, len(before))
	for i := range before {
		was[before[i].SKU] = &before[i]
	}
	return catalog.Stamp(csv, func(sku, stock string) string {
		p := was[sku]
		switch {
		case p == nil || catalog.Field(p, "stock") != stock || slices.Contains(e.Counted, sku):
			return id
		case p.Count == "":
			return presentID
		}
		return p.Count
	})
}

// compare counts what a version changes.
func (v *Version) compare(before []catalog.Product, csv []byte) error {
	after, err := read(csv)
	if err != nil {
		return err
	}
	d := catalog.Diff(before, after)
	v.Products, v.Added, v.Removed, v.Changed = len(after), len(d.Added), len(d.Removed), len(d.Changed)
	return nil
}

// drop takes the versions out of the history that are too many.
func (h *history) drop() []Version {
	n := max(0, len(h.Versions)-Keep)
	dropped := slices.Clone(h.Versions[:n])
	h.Versions = slices.Clone(h.Versions[n:])
	return dropped
}

func firstRunes(text string, n int) string {
	runes := []rune(strings.Join(strings.Fields(text), " "))
	return string(runes[:min(n, len(runes))])
}
