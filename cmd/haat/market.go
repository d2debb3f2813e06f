package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"haat/catalog"
	"haat/gateway/lang"
	"haat/orders"
	"haat/orders/bus"
	"haat/orders/shelf"
)

// sample is the market that a haat without configuration opens with.
//
//go:embed sample/*.csv
var sample embed.FS

// market is what is sold and where it is collected.
type market struct {
	currency   string
	stations   []orders.Station
	categories []catalog.Category
	present    atomic.Pointer[catalog.Catalog]
	changed    func(ctx context.Context, importID string, products []catalog.Product) error
	setting    sync.Mutex
	number     int // of the version that was set last
}

// speak loads the languages, with the words that people use at this place.
func (m *MarketConfig) speak(codes ...string) (*lang.Set, error) {
	languages, err := lang.Load(codes...)
	if err != nil || m.Words == "" {
		return languages, err
	}
	data, err := os.ReadFile(m.Words)
	if err != nil {
		return nil, err
	}
	if languages, err = languages.Learn(data); err != nil {
		return nil, fmt.Errorf("%s: %w", m.Words, err)
	}
	return languages, nil
}

// openMarket reads the stations and categories, and the catalogue that was
// imported last; where none ever was, the configured or the sample one is.
func openMarket(ctx context.Context, cfg Config, b *bus.Bus, changed func(context.Context, string, []catalog.Product) error) (*market, error) {
	m := &market{currency: cfg.Market.Currency, changed: changed}
	var err error
	if m.stations, err = readFile(cfg.Market.Stations, "stations.csv", func(csv []byte) ([]orders.Station, error) {
		return orders.ReadStations(bytes.NewReader(csv))
	}); err != nil {
		return nil, err
	}
	if m.categories, err = readCategories(cfg); err != nil {
		return nil, err
	}
	first, err := shelf.Current(ctx, b)
	if err != nil {
		return nil, err
	}
	if first == nil {
		if first, err = m.firstImport(ctx, cfg, b); err != nil {
			return nil, err
		}
	}
	return m, m.set(ctx, *first)
}

func (m *market) firstImport(ctx context.Context, cfg Config, b *bus.Bus) (*shelf.Import, error) {
	csv, err := firstCatalog(cfg)
	if err != nil {
		return nil, err
	}
	i, err := shelf.Publish(ctx, b, shelf.Edition{CSV: csv, Kind: shelf.First, Recount: true})
	if errors.Is(err, shelf.ErrStale) { // the other half was faster
		return shelf.Current(ctx, b)
	}
	if err != nil {
		return nil, fmt.Errorf("import the first catalogue: %w", err)
	}
	return i, nil
}

// firstCatalog is the catalogue of a haat into which none was ever imported.
func firstCatalog(cfg Config) ([]byte, error) {
	return readFile(cfg.Catalog.File, "catalog.csv", func(csv []byte) ([]byte, error) {
		_, err := catalog.Read(bytes.NewReader(csv), cfg.Market.Currency)
		return csv, err
	})
}

func readCategories(cfg Config) ([]catalog.Category, error) {
	return readFile(cfg.Market.Categories, "categories.csv", func(csv []byte) ([]catalog.Category, error) {
		return catalog.ReadCategories(bytes.NewReader(csv))
	})
}

// readFile parses the file at path or, without a path, the sample's.
func readFile[T any](path, fromSample string, parse func([]byte) (T, error)) (v T, err error) {
	var data []byte
	if path == "" {
		path = "the sample " + fromSample
		data, err = sample.ReadFile("sample/" + fromSample)
	} else {
		data, err = os.ReadFile(path)
	}
	if err != nil {
		return v, err
	}
	if v, err = parse(data); err != nil {
		return v, fmt.Errorf("%s: %w", path, err)
	}
	return v, nil
}

// set makes an import the present catalogue, its products with their keypad
// numbers. Its version is its content, so that importing the same file again
// disturbs nobody's menu. One that is older than what was set before changes
// nothing.
func (m *market) set(ctx context.Context, i shelf.Import) error {
	m.setting.Lock()
	defer m.setting.Unlock()
	if i.Number != 0 && i.Number < m.number {
		return nil
	}
	products, err := catalog.Read(bytes.NewReader(i.CSV), m.currency)
	if err != nil {
		return fmt.Errorf("the imported catalogue: %w", err)
	}
	sum := sha256.Sum256(i.CSV)
	if err := m.changed(ctx, i.ID, products); err != nil {
		return err
	}
	m.number = i.Number
	m.present.Store(catalog.New(hex.EncodeToString(sum[:4]), products, m.categories))
	return nil
}

// follow takes over every later import until ctx ends.
func (m *market) follow(ctx context.Context, b *bus.Bus, logger zerolog.Logger) error {
	for ctx.Err() == nil {
		err := shelf.Watch(ctx, b, func(i shelf.Import) {
			if err := m.set(ctx, i); err != nil {
				logger.Error().Err(err).Msg("the new catalogue could not be taken over; the old one stays")
				return
			}
			logger.Info().Str("version", m.present.Load().Version).Int("products", len(m.present.Load().Products())).Msg("new catalogue")
		})
		if err != nil {
			logger.Warn().Err(err).Msg("the catalogue is not being watched; trying again")
		}
		select {
		case <-ctx.Done():
		case <-time.After(time.Second):
		}
	}
	return nil
}

// refresh reads the present import at once, for an order that names a product
// which came with it.
func (m *market) refresh(ctx context.Context, b *bus.Bus) error {
	i, err := shelf.Current(ctx, b)
	if err != nil || i == nil {
		return err
	}
	return m.set(ctx, *i)
}
