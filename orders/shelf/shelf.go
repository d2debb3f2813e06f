// Package shelf shares the catalogue between processes: its latest import, as
// the CSV file that was checked and then numbered, in an object store that
// everybody watches; beside it the register of all keypad numbers that products
// were ever given.
package shelf

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/nats-io/nats.go/jetstream"

	"haat/catalog"
	"haat/orders/bus"
)

const object = "catalog.csv"

// numberedMark is what an import with numbers bears: whoever imports the next one
// need not read it. One without the mark comes from a haat that knew no numbers.
const numberedMark = "numbered"

// Import is one imported version of the catalogue.
type Import struct {
	ID  string // new with every import, even of the same file
	CSV []byte // the file with a keypad number for each product
}

// shelf is where the parts are.
type shelf struct {
	bus     *bus.Bus
	objects jetstream.ObjectStore
	numbers register
}

func open(ctx context.Context, b *bus.Bus) (*shelf, error) {
	objects, err := b.JetStream().ObjectStore(ctx, bus.Shelf)
	if err != nil {
		return nil, fmt.Errorf("catalogue store: %w", err)
	}
	kv, err := b.JetStream().KeyValue(ctx, bus.Counters)
	if err != nil {
		return nil, fmt.Errorf("keypad numbers: %w", err)
	}
	return &shelf{bus: b, objects: objects, numbers: register{kv: kv}}, nil
}

// Put gives the products of the checked file their keypad numbers and makes it
// the present catalogue. A number in the file that belongs to another product is
// a *catalog.CheckError, and nothing is imported.
func Put(ctx context.Context, b *bus.Bus, csv []byte) (*Import, error) {
	if err := b.Room(); err != nil {
		return nil, err
	}
	s, err := open(ctx, b)
	if err != nil {
		return nil, err
	}
	numbered, err := s.give(ctx, csv)
	if err != nil {
		return nil, err
	}
	// Whoever watches shows the numbers at once: a power cut may not take back
	// that they were given.
	if err := b.Durable(ctx); err != nil {
		return nil, err
	}
	meta := jetstream.ObjectMeta{Name: object, Metadata: map[string]string{numberedMark: "true"}}
	info, err := s.objects.Put(ctx, meta, bytes.NewReader(numbered))
	if err != nil {
		return nil, fmt.Errorf("store the catalogue: %w", err)
	}
	return &Import{ID: info.NUID, CSV: numbered}, b.Durable(ctx)
}

// Preview is the file with the numbers that Put would give its products now.
func Preview(ctx context.Context, b *bus.Bus, csv []byte) ([]byte, error) {
	s, err := open(ctx, b)
	if err != nil {
		return nil, err
	}
	numbered, _, err := s.number(ctx, csv)
	return numbered, err
}

// give numbers a file and writes down the numbers that are new.
func (s *shelf) give(ctx context.Context, csv []byte) ([]byte, error) {
	for {
		numbered, given, err := s.number(ctx, csv)
		if err != nil {
			return nil, err
		}
		if first, err := s.numbers.add(ctx, given); err != nil || first {
			return numbered, err
		}
	}
}

// number numbers a file, after the present import where that came without
// numbers: people have been shown those that number gives it.
func (s *shelf) number(ctx context.Context, csv []byte) (numbered []byte, given []catalog.Given, err error) {
	info, err := s.info(ctx)
	if err != nil {
		return nil, nil, err
	}
	var present *Import
	if info != nil && !hasNumbers(info) {
		if present, _, err = s.stored(ctx); err != nil {
			return nil, nil, err
		}
	}
	if err := s.numbers.load(ctx); err != nil {
		return nil, nil, err
	}
	if present != nil {
		_, given, err = catalog.Number(present.CSV, s.numbers.given)
		var check *catalog.CheckError
		if err != nil && !errors.As(err, &check) { // one that cannot be read was shown to nobody
			return nil, nil, err
		}
	}
	numbered, more, err := catalog.Number(csv, slices.Concat(s.numbers.given, given))
	return numbered, append(given, more...), err
}

// Current is the present catalogue, or nil when none was ever imported.
func Current(ctx context.Context, b *bus.Bus) (*Import, error) {
	s, err := open(ctx, b)
	if err != nil {
		return nil, err
	}
	return s.current(ctx)
}

func (s *shelf) current(ctx context.Context) (*Import, error) {
	present, numbered, err := s.stored(ctx)
	if err != nil || present == nil || numbered {
		return present, err
	}
	if err := s.numbers.load(ctx); err != nil {
		return nil, err
	}
	if present.CSV, _, err = catalog.Number(present.CSV, s.numbers.given); err != nil {
		return nil, fmt.Errorf("number the catalogue: %w", err)
	}
	return present, nil
}

// stored is the present import as it is in the store, or nil, and whether it has
// numbers. One that was replaced while it was read is read anew.
func (s *shelf) stored(ctx context.Context) (present *Import, numbered bool, err error) {
	for {
		before, err := s.info(ctx)
		if err != nil || before == nil {
			return nil, false, err
		}
		present, numbered, err = s.read(ctx)
		if err == nil {
			return present, numbered, nil
		}
		now, failed := s.info(ctx)
		if failed != nil || now == nil || now.NUID == before.NUID {
			return nil, false, fmt.Errorf("read the catalogue: %w", err)
		}
	}
}

// info tells about the present import, or nil when none was ever made.
func (s *shelf) info(ctx context.Context) (*jetstream.ObjectInfo, error) {
	info, err := s.objects.GetInfo(ctx, object)
	if errors.Is(err, jetstream.ErrObjectNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look for the catalogue: %w", err)
	}
	return info, nil
}

func hasNumbers(info *jetstream.ObjectInfo) bool { return info.Metadata[numberedMark] != "" }

func (s *shelf) read(ctx context.Context) (*Import, bool, error) {
	result, err := s.objects.Get(ctx, object)
	if err != nil {
		return nil, false, err
	}
	defer result.Close()
	var csv bytes.Buffer
	if _, err := csv.ReadFrom(result); err != nil {
		return nil, false, err
	}
	info, err := result.Info()
	if err != nil {
		return nil, false, err
	}
	return &Import{ID: info.NUID, CSV: csv.Bytes()}, hasNumbers(info), nil
}

// Watch calls changed with every import after the present one, until ctx ends.
func Watch(ctx context.Context, b *bus.Bus, changed func(Import)) error {
	s, err := open(ctx, b)
	if err != nil {
		return err
	}
	watcher, err := s.objects.Watch(ctx, jetstream.UpdatesOnly())
	if err != nil {
		return fmt.Errorf("watch the catalogue: %w", err)
	}
	defer watcher.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case info, ok := <-watcher.Updates():
			if !ok {
				return errors.New("watch the catalogue: the connection to NATS was lost")
			}
			if info == nil || info.Deleted {
				continue
			}
			now, err := s.current(ctx)
			if ctx.Err() != nil {
				return nil
			}
			if err != nil {
				return err
			}
			if now != nil {
				changed(*now)
			}
		}
	}
}
