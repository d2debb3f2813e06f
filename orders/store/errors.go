package store

import (
	"errors"
	"fmt"

	"modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"
)

// ErrPermanent says that a job can never be applied, however often it is
// tried: the request is malformed, or asks for what is not there.
var ErrPermanent = errors.New("this request can never be applied")

// ErrUnavailable says that the database as a whole cannot be written now: the
// disk is full, another process holds the lock, the file is gone. It says
// nothing about the jobs; the same ones can be applied later.
var ErrUnavailable = errors.New("the orders cannot be written now; see that the disk has space and that no other process holds the database")

func permanent(err error) error { return fmt.Errorf("%w: %w", ErrPermanent, err) }

// explain tells the failures that some row caused, which SQLite has few words
// for, from those of the database as a whole. In doubt the database is to
// blame: then nothing is given up.
func explain(err error) error {
	if err == nil {
		return nil
	}
	var e *sqlite.Error
	if errors.As(err, &e) {
		switch e.Code() & 0xff { // the rest of the code is detail
		case lib.SQLITE_CONSTRAINT, lib.SQLITE_MISMATCH, lib.SQLITE_TOOBIG, lib.SQLITE_RANGE:
			return err
		}
	}
	return fmt.Errorf("%w: %w", ErrUnavailable, err)
}
