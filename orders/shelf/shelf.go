// Package shelf shares the catalogue between processes: its versions, each a CSV
// file that was checked and then numbered, in an object store; the history of
// them, one document that everybody watches and that says which one is present;
// and the register of all keypad numbers that products were ever given.
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

// object is where a haat that knew no versions kept the one catalogue.
const object = "catalog.csv"

// numberedMark is what an import with numbers bears: whoever imports the next one
// need not read it. One without the mark comes from a haat that knew no numbers.
const numberedMark = "numbered"

// Import is one version of the catalogue with its file.
type Import struct {
	ID     string // new with every version, even of the same file
	Number int    // of the version; 0 for one that was made before there were versions
	CSV    []byte // the file with a keypad number for each product
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

// Put makes a checked file the present catalogue, whatever that is now: its stock
// figures are a new count. By is who did it, "" for the command line. A number
// in the file that belongs to another product is a *catalog.CheckError, and
// nothing is imported.
func Put(ctx context.Context, b *bus.Bus, csv []byte) (*Import, error) {
	return Publish(ctx, b, Edition{Base: Whatever, CSV: csv, Recount: true, Kind: Imported})
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
	present, numberedAlready, err := s.stored(ctx)
	if err != nil {
		return nil, nil, err
	}
	if numberedAlready {
		present = nil
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
		h, old, err := s.history(ctx)
		if err != nil {
			return nil, false, err
		}
		if latest := h.present(old); latest != nil {
			present, err = s.version(ctx, latest)
			numbered = true
		} else if old != nil {
			present, err = s.read(ctx, object)
			numbered = hasNumbers(old)
		} else {
			return nil, false, nil
		}
		if err == nil {
			return present, numbered, nil
		}
		again, oldNow, failed := s.history(ctx)
		if failed != nil || again.revision == h.revision && nuidOf(oldNow) == nuidOf(old) {
			return nil, false, fmt.Errorf("read the catalogue: %w", err)
		}
	}
}

func nuidOf(info *jetstream.ObjectInfo) string {
	if info == nil {
		return ""
	}
	return info.NUID
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

func (s *shelf) read(ctx context.Context, name string) (*Import, error) {
	result, err := s.objects.Get(ctx, name)
	if err != nil {
		return nil, err
	}
	defer result.Close()
	var csv bytes.Buffer
	if _, err := csv.ReadFrom(result); err != nil {
		return nil, err
	}
	info, err := result.Info()
	if err != nil {
		return nil, err
	}
	return &Import{ID: info.NUID, CSV: csv.Bytes()}, nil
}

// Watch calls changed with every version after the present one, until ctx ends.
func Watch(ctx context.Context, b *bus.Bus, changed func(Import)) error {
	s, err := open(ctx, b)
	if err != nil {
		return err
	}
	watcher, err := s.numbers.kv.Watch(ctx, historyKey, jetstream.UpdatesOnly())
	if err != nil {
		return fmt.Errorf("watch the catalogue: %w", err)
	}
	defer watcher.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case entry, ok := <-watcher.Updates():
			if !ok {
				return errors.New("watch the catalogue: the connection to NATS was lost")
			}
			if entry == nil {
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
