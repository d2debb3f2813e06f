//go:build unix && !linux

package bus

import (
	"errors"
	"math"
	"os"

	"golang.org/x/sys/unix"
)

const canSyncGroup = false

func syncFS(*os.File) error { return errors.ErrUnsupported }

// freeBytes is not told here; the server's own checks remain.
func freeBytes(string) (int64, error) { return math.MaxInt64, nil }

func tryLock(f *os.File) error { return unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB) }

func processLives(pid int) bool { return unix.Kill(pid, 0) != unix.ESRCH }
