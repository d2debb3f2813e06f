package bus

import (
	"os"

	"golang.org/x/sys/unix"
)

const canSyncGroup = true

func syncFS(dir *os.File) error { return unix.Syncfs(int(dir.Fd())) }

func tryLock(f *os.File) error { return unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB) }

func processLives(pid int) bool { return unix.Kill(pid, 0) != unix.ESRCH }

// freeBytes is what an unprivileged writer may still use.
func freeBytes(dir string) (int64, error) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return 0, err
	}
	return int64(s.Bavail) * s.Bsize, nil
}
