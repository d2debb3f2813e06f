package index

import (
	"context"
	"database/sql"
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"time"

	"modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"
)

//go:embed schema.sql
var schema string

// version is that of the schema and of the terms. A file of another version is
// thrown away: the log makes a new one.
const version = 3

// readers is how many searches run at once; more wait.
const readers = 4

// file is an open index on the disk.
type file struct {
	write            *sql.DB // one connection, so that writers wait here and not in SQLite
	read             *sql.DB
	lines            inserter
	term             *sql.Stmt // adds terms of a line, separated by spaces
	unterm           *sql.Stmt // takes terms of a line away
	row, update      *sql.Stmt // a row by its message or one that amends it
	attend, unattend *sql.Stmt // what waits for a person

	figures inserter
	visits  *visits          // nil: to be read from the rows
	aged    map[int]int64    // the horizon before which each level of the figures has nothing more
	clock   func() time.Time // for how old figures are
}

// openFile opens the file, or makes a new one where there is none or it cannot
// be used. It tells why an old one was thrown away.
func openFile(ctx context.Context, path string) (f *file, thrown, err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return nil, nil, fmt.Errorf("directory of the index: %w", err)
	}
	f, thrown = openAsItIs(ctx, path)
	if thrown == nil {
		return f, nil, nil
	}
	if !worthless(thrown) {
		return nil, nil, fmt.Errorf("index in %s: %w", path, thrown)
	}
	if err := remove(path); err != nil {
		return nil, nil, err
	}
	if f, err = openAsItIs(ctx, path); err != nil {
		return nil, nil, fmt.Errorf("index in %s: %w", path, err)
	}
	return f, thrown, nil
}

// openAsItIs opens a file of this version or one that is not there yet.
func openAsItIs(ctx context.Context, path string) (_ *file, err error) {
	f := &file{aged: map[int]int64{}, clock: time.Now}
	defer func() {
		if err != nil {
			err = errors.Join(err, f.close())
		}
	}()
	// What a power cut takes back comes from the log again: see Index.Run.
	if f.write, err = openSQL(path, "mode=rwc&_txlock=immediate&_pragma=journal_mode(WAL)&_pragma=synchronous(NORMAL)&_pragma=cache_size(-32768)"); err != nil {
		return nil, err
	}
	f.write.SetMaxOpenConns(1)
	if err := f.ensureSchema(ctx); err != nil {
		return nil, err
	}
	if _, err := readPlace(ctx, f.write); err != nil {
		return nil, err
	}
	if err := f.prepare(ctx); err != nil {
		return nil, err
	}
	if f.read, err = openSQL(path, "mode=ro&_pragma=query_only(1)&_pragma=cache_size(-8192)"); err != nil {
		return nil, err
	}
	f.read.SetMaxOpenConns(readers)
	f.read.SetMaxIdleConns(readers)
	return f, nil
}

func openSQL(path, options string) (*sql.DB, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	name := url.URL{Scheme: "file", OmitHost: true, Path: path, RawQuery: "_pragma=busy_timeout(5000)&" + options}
	return sql.Open("sqlite", name.String())
}

// errVersion says that the file is of another version of haat.
var errVersion = errors.New("it is of another version of haat")

func (f *file) ensureSchema(ctx context.Context) error {
	var found, tables int
	err := f.write.QueryRowContext(ctx, "SELECT (SELECT user_version FROM pragma_user_version), (SELECT count(*) FROM sqlite_schema)").Scan(&found, &tables)
	if err != nil || found == version {
		return err
	}
	if found != 0 || tables > 0 {
		return errVersion
	}
	tx, err := f.write.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // after a commit there is nothing left
	if _, err := tx.ExecContext(ctx, schema+fmt.Sprintf("\nPRAGMA user_version = %d", version)); err != nil {
		return err
	}
	return tx.Commit()
}

func (f *file) prepare(ctx context.Context) (err error) {
	if f.lines, err = newInserter(ctx, f.write, "lines", columns); err != nil {
		return err
	}
	if f.figures, err = newInserter(ctx, f.write, "figures", "name, at, span, channel, label, n", "ON CONFLICT (span, name, at, channel, label) DO UPDATE SET n = n + excluded.n"); err != nil {
		return err
	}
	for _, s := range []struct {
		stmt **sql.Stmt
		text string
	}{
		{&f.term, "INSERT INTO terms (rowid, term) VALUES ($1, $2)"},
		{&f.unterm, "INSERT INTO terms (terms, rowid, term) VALUES ('delete', $1, $2)"},
		{&f.row, "SELECT " + columns + " FROM lines WHERE seq = coalesce((SELECT line FROM amendments WHERE seq = $1), $1)"},
		{&f.update, "UPDATE lines SET text_out = $2, class = $3, language = $4, station = $5, screen = $6, state = $7, state_why = $8 WHERE seq = $1"},
		{&f.attend, attendSQL},
		{&f.unattend, unattendSQL},
	} {
		if *s.stmt, err = f.write.PrepareContext(ctx, s.text); err != nil {
			return err
		}
	}
	return nil
}

func (f *file) close() error {
	var errs []error
	for _, db := range []*sql.DB{f.read, f.write} { // the writer last: it clears away beside the file
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	return errors.Join(errs...)
}

// remove deletes the file and what SQLite keeps beside it.
func remove(path string) error {
	for _, beside := range []string{"-wal", "-shm", "-journal", ""} {
		if err := os.Remove(path + beside); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("the index cannot be made anew, delete %s yourself: %w", path+beside, err)
		}
	}
	return nil
}

// worthless tells whether a file that could not be opened is of no use: it is of
// another version or damaged. All other faults pass, like a full disk.
func worthless(err error) bool {
	return errors.Is(err, errVersion) || damaged(err) || isCode(err, lib.SQLITE_ERROR, lib.SQLITE_SCHEMA)
}

// damaged tells whether only a new file helps one that was in use.
func damaged(err error) bool {
	return isCode(err, lib.SQLITE_CORRUPT, lib.SQLITE_NOTADB, lib.SQLITE_CONSTRAINT)
}

func isCode(err error, codes ...int) bool {
	var e *sqlite.Error
	return errors.As(err, &e) && slices.Contains(codes, e.Code()&0xff) // the rest of the code is detail
}

// place is up to where which log is in the file.
type place struct {
	log  int64 // when the log's stream was made, in nanoseconds
	done uint64
	at   time.Time // when the last message was logged
}

func readPlace(ctx context.Context, db interface {
	QueryRowContext(context.Context, string, ...any) *sql.Row
}) (p place, err error) {
	var at int64
	err = db.QueryRowContext(ctx, "SELECT log, done, at FROM place").Scan(&p.log, &p.done, &at)
	if errors.Is(err, sql.ErrNoRows) {
		err = errVersion // there is always one row
	}
	p.at = timeOf(at)
	return p, err
}
