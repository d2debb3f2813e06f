// Package store is console.db, what the console itself keeps: accounts, the
// audit log, and what operators note. Each room that keeps something has its
// tables here and its statements at home.
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

	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite" // the driver
)

//go:embed migrations/*.sql
var migrations embed.FS

// Store is the file: one connection that writes, so that writers of this process
// wait here and not in SQLite, and some that read. It may be open in several
// processes.
type Store struct {
	Write, Read *sql.DB
}

// readers is how many requests look up their session at once.
const readers = 4

// Open opens the file, makes it where there is none, and brings it up to this
// version of haat. Close it when done.
func Open(ctx context.Context, path string) (s *Store, err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return nil, fmt.Errorf("directory of the console: %w", err)
	}
	if err := private(path); err != nil {
		return nil, fmt.Errorf("the console in %s: %w", path, err)
	}
	s = &Store{}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("the console in %s: %w", path, err), s.Close())
		}
	}()
	// recursive_triggers: else a REPLACE would delete without asking the triggers
	// that keep the audit log as it is.
	const pragmas = "mode=rw&_pragma=busy_timeout(5000)&_pragma=foreign_keys(1)&_pragma=recursive_triggers(1)"
	if s.Write, err = connect(path, pragmas+"&_txlock=immediate&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)", 1); err != nil {
		return s, err
	}
	if err = migrate(ctx, s.Write); err != nil {
		return s, err
	}
	s.Read, err = connect(path, pragmas+"&_pragma=query_only(1)", readers)
	return s, err
}

// private makes the file where there is none, for nobody else to read; SQLite
// gives the files beside it the same permissions.
func private(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

func connect(path, options string, connections int) (*sql.DB, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	name := url.URL{Scheme: "file", OmitHost: true, Path: path, RawQuery: options}
	db, err := sql.Open("sqlite", name.String())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	return db, nil
}

// Close lets go of the file.
func (s *Store) Close() error {
	var errs []error
	for _, db := range []*sql.DB{s.Read, s.Write} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	return errors.Join(errs...)
}

// Within runs do in a transaction of its own, which holds the lock of writers
// from its beginning.
func (s *Store) Within(ctx context.Context, do func(*sql.Tx) error) error {
	tx, err := s.Write.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := do(tx); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

// ErrNewer says that the file is of a newer haat.
var ErrNewer = errors.New("it was written by a newer haat; use that version or a newer one")

// openings is how often bringing the file up to date is tried: a command and a
// starting haat may do it at once, and then one of them finds it done.
const openings = 5

func migrate(ctx context.Context, db *sql.DB) (err error) {
	for range openings {
		if err = migrateOnce(ctx, db); err == nil || errors.Is(err, ErrNewer) || ctx.Err() != nil {
			return err
		}
	}
	return err
}

func migrateOnce(ctx context.Context, db *sql.DB) error {
	dir, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, db, dir, goose.WithDisableGlobalRegistry(true), goose.WithLogger(goose.NopLogger()))
	if err != nil {
		return err
	}
	now, known, err := p.GetVersions(ctx)
	switch {
	case err != nil:
		return fmt.Errorf("reading its version: %w", err)
	case now > known:
		return ErrNewer
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("bringing it up to date: %w", err)
	}
	return nil
}
