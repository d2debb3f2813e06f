// Package store keeps orders, their history and the stock in SQL: SQLite on
// disk. Its SQL text uses $N placeholders and types that PostgreSQL
// understands too; whatever stores orders must pass storetest.Run.
package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"sync/atomic"

	"github.com/pressly/goose/v3"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Store is the one writer of the orders. Its methods may be called from many
// goroutines.
type Store struct {
	*Reader
	db      *sql.DB // one connection, so that writers wait here and not in SQLite
	stmt    statements
	failing atomic.Pointer[error] // why the last Apply could not write
}

// Open opens the database file, makes it where there is none, and brings it up
// to this version of haat. Close it when done.
func Open(ctx context.Context, path string) (*Store, error) {
	return openStore(ctx, path, "FULL")
}

// OpenBehindBarrier is Open for a file whose file system somebody else syncs:
// what was applied survives a power cut only after that, and nobody may act on
// it before.
func OpenBehindBarrier(ctx context.Context, path string) (*Store, error) {
	return openStore(ctx, path, "NORMAL")
}

func openStore(ctx context.Context, path, synchronous string) (*Store, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return nil, fmt.Errorf("directory of the orders: %w", err)
	}
	db, err := open(path, "mode=rwc&_txlock=immediate&_pragma=journal_mode(WAL)&_pragma=foreign_keys(1)&_pragma=synchronous("+synchronous+")")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	s := &Store{db: db}
	if err := s.open(ctx, path); err != nil {
		return nil, errors.Join(fmt.Errorf("orders in %s: %w", path, err), s.Close())
	}
	return s, nil
}

func (s *Store) open(ctx context.Context, path string) (err error) {
	if err := migrate(ctx, s.db); err != nil {
		return err
	}
	if s.stmt, err = prepare(ctx, s.db); err != nil {
		return err
	}
	s.Reader, err = OpenReadOnly(ctx, path)
	return err
}

// Ping tells why orders cannot be decided now, or nil: the database cannot be
// read, or the last batch could not be written and waits to be applied again.
func (s *Store) Ping(ctx context.Context) error {
	if err := s.failing.Load(); err != nil {
		return *err
	}
	var imports int
	return explain(s.Reader.db.QueryRowContext(ctx, "SELECT count(*) FROM catalog_imports").Scan(&imports))
}

// Close lets go of the database, after which all that was applied is on the disk.
func (s *Store) Close() error {
	var err error
	if s.Reader != nil {
		err = s.Reader.Close()
	}
	return errors.Join(err, s.db.Close())
}

// dsn is the name of the database for the driver. Who finds another writer at
// work, such as a backup, waits up to half a second for it.
func dsn(path, options string) (string, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	name := url.URL{Scheme: "file", OmitHost: true, Path: path, RawQuery: "_pragma=busy_timeout(500)&" + options}
	return name.String(), nil
}

func open(path, options string) (*sql.DB, error) {
	name, err := dsn(path, options)
	if err != nil {
		return nil, fmt.Errorf("orders in %s: %w", path, err)
	}
	db, err := sql.Open("sqlite", name)
	if err != nil {
		return nil, fmt.Errorf("orders in %s: %w", path, err)
	}
	return db, nil
}

func provider(db *sql.DB) (*goose.Provider, error) {
	dir, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(goose.DialectSQLite3, db, dir, goose.WithDisableGlobalRegistry(true), goose.WithLogger(goose.NopLogger()))
}

func migrate(ctx context.Context, db *sql.DB) error {
	p, err := provider(db)
	if err != nil {
		return err
	}
	now, known, err := p.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("reading its version: %w", err)
	}
	if now > known {
		return errNewer
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("bringing it up to date: %w", err)
	}
	return nil
}

var (
	errNewer = errors.New("it was written by a newer haat; use that version or a newer one")
	errOlder = errors.New("it was written by an older haat; start this version once, so that it brings it up to date")
)

// Reader reads the orders while their Store is open elsewhere or closed.
type Reader struct {
	db *sql.DB
}

// OpenReadOnly opens a database that is there to be read only. Where there is
// none the error is fs.ErrNotExist.
func OpenReadOnly(ctx context.Context, path string) (*Reader, error) {
	if _, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("there are no orders yet in %s; they begin when haat has started once: %w", path, err)
	}
	db, err := open(path, "mode=rw&_pragma=query_only(1)")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(max(2, runtime.NumCPU()))
	r := &Reader{db: db}
	if err := r.check(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("orders in %s: %w", path, err), r.Close())
	}
	return r, nil
}

func (r *Reader) check(ctx context.Context) error {
	p, err := provider(r.db)
	if err != nil {
		return err
	}
	now, known, err := p.GetVersions(ctx)
	switch {
	case err != nil:
		return fmt.Errorf("reading its version: %w", err)
	case now > known:
		return errNewer
	case now < known:
		return errOlder
	}
	return nil
}

// Close lets go of the database.
func (r *Reader) Close() error { return r.db.Close() }
