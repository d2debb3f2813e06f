package index

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// ErrInUse says that another program has the index open: a running haat, one
// that is just starting, or a command that makes it anew.
var ErrInUse = errors.New("another program has the index open; wait until it is done, or stop it")

// lock takes the index of a path for this program until the file is closed, also
// when the program is killed. The lock is beside the index, which may be
// replaced meanwhile.
func lock(path string) (*os.File, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return nil, fmt.Errorf("directory of the index: %w", err)
	}
	f, err := os.OpenFile(path+".lock", os.O_CREATE|os.O_RDWR, 0o640)
	if err != nil {
		return nil, fmt.Errorf("index in %s: %w", path, err)
	}
	err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		err = ErrInUse
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("index in %s: %w", path, err), f.Close())
	}
	return f, nil
}
