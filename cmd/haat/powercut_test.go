package main

import (
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"
)

// cuts is how often the power is cut on each kind of file system.
const cuts = 3

// TestPowerCut cuts the power under haat's file system while villagers order,
// and restarts haat on what the disk has: everything that was acknowledged
// before a cut must be there.
func TestPowerCut(t *testing.T) {
	needsPowerCuts(t)
	binary := buildHaat(t)
	for _, kind := range []string{"ext4", "xfs"} {
		t.Run(kind, func(t *testing.T) {
			disk := newDisk(t, kind)
			server := newProgram(t, binary, disk.data(), "")
			server.start()
			phones := startPhones(t, server)
			for range cuts {
				letThemOrder()
				phones.dark.Store(true)
				disk.cutPower(server)
				phones.dark.Store(false)
				server.start()
			}
			phones.finish()
			server.settle()
			server.stop()
			b, err := server.books()
			if err != nil {
				t.Fatal(err)
			}
			verify(t, phones, b)
		})
	}
}

// TestPowerCutCanLose shows that the test above can fail: what is synced at
// intervals only is lost with the power.
func TestPowerCutCanLose(t *testing.T) {
	needsPowerCuts(t)
	binary := buildHaat(t)
	const tries = 5
	for range tries {
		disk := newDisk(t, "ext4")
		server := newProgram(t, binary, disk.data(), "nats:\n  sync: interval")
		server.start()
		phones := startPhones(t, server)
		letThemOrder()
		phones.dark.Store(true)
		disk.cutPower(server)
		phones.abandon()
		b, err := server.books()
		if err != nil {
			t.Logf("nothing can be read any more: %v", err)
			return
		}
		acknowledged := phones.record.all()
		if lost := b.kept(acknowledged); len(lost) > 0 {
			t.Logf("%d of %d acknowledged messages are lost", len(lost), len(acknowledged))
			return
		}
	}
	t.Errorf("with nats.sync: interval nothing was lost in %d power cuts: the power is not really cut", tries)
}

// letThemOrder lets some time pass under load: the moment of a power cut is
// the one thing that no condition decides.
func letThemOrder() { <-time.After(500*time.Millisecond + rand.N(1000*time.Millisecond)) }

// needsPowerCuts skips a test on a machine where no file system can be mounted
// and shut down, and fails it there where CI=true.
func needsPowerCuts(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("cuts the power of file systems for a minute; run without -short")
	}
	missing := ""
	for _, tool := range []string{"mkfs.ext4", "mkfs.xfs", "xfs_io", "losetup", "mount", "umount"} {
		if _, err := exec.LookPath(tool); err != nil {
			missing = tool + " is missing: install Debian's xfsprogs, e2fsprogs and mount, and have /usr/sbin in PATH, to run this test"
		}
	}
	switch {
	case runtime.GOOS != "linux":
		missing = "file systems are shut down on Linux only"
	case os.Geteuid() != 0:
		missing = "run this test as root: it mounts file systems"
	}
	switch {
	case missing == "":
	case os.Getenv("CI") == "true":
		t.Fatal(missing)
	default:
		t.Skip(missing)
	}
}

// disk is a file system of its own, in a file.
type disk struct {
	t            *testing.T
	image, place string
}

// newDisk makes an empty file system and mounts it. It is unmounted when the
// test ends, in whatever way.
func newDisk(t *testing.T, kind string) *disk {
	t.Helper()
	dir := t.TempDir()
	d := &disk{t: t, image: filepath.Join(dir, "disk.img"), place: filepath.Join(dir, "disk")}
	if err := os.Mkdir(d.place, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(d.image, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(d.image, 512<<20); err != nil {
		t.Fatal(err)
	}
	d.do("mkfs."+kind, "-q", d.image)
	d.mount()
	t.Cleanup(func() {
		// Lazily, so that the mount goes even while something is still open on it.
		_ = exec.Command("umount", "--lazy", d.place).Run()
	})
	return d
}

func (d *disk) data() string { return filepath.Join(d.place, "data") }

func (d *disk) mount() { d.do("mount", "-o", "loop", d.image, d.place) }

// cutPower stops the file system without writing anything more, ends haat, and
// mounts what is left.
func (d *disk) cutPower(server *program) {
	d.t.Helper()
	d.do("xfs_io", "-x", "-c", "shutdown", d.place)
	server.kill()
	d.do("umount", d.place)
	d.mount()
}

func (d *disk) do(name string, args ...string) {
	d.t.Helper()
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		d.t.Fatalf("%s %v: %v\n%s", name, args, err, out)
	}
}
