package main

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"haat/gateway"
	"haat/gateway/messagelog"
)

// smallDisk is a file system of its own, so small that it can be filled.
type smallDisk struct {
	t   *testing.T
	dir string
}

func mountSmallDisk(t *testing.T, megabytes int64) *smallDisk {
	t.Helper()
	if os.Getuid() != 0 {
		cannot(t, "mounting a file system needs root")
	}
	mkfs, err := exec.LookPath("mkfs.ext4")
	if err != nil {
		cannot(t, "mkfs.ext4 is missing: install Debian's e2fsprogs")
	}
	image, dir := filepath.Join(t.TempDir(), "disk"), t.TempDir()
	if err := os.WriteFile(image, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(image, megabytes<<20); err != nil {
		t.Fatal(err)
	}
	command(t, mkfs, "-q", "-F", "-m", "0", image)
	command(t, "mount", "-o", "loop", image, dir)
	t.Cleanup(func() { command(t, "umount", dir) })
	return &smallDisk{t: t, dir: dir}
}

// cannot skips a test that this machine cannot run, or fails it where CI=true.
func cannot(t *testing.T, why string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal(why)
	}
	t.Skip(why)
}

func command(t *testing.T, name string, args ...string) {
	t.Helper()
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s %v: %v\n%s", name, args, err, out)
	}
}

func (d *smallDisk) free() int64 {
	d.t.Helper()
	var s unix.Statfs_t
	if err := unix.Statfs(d.dir, &s); err != nil {
		d.t.Fatal(err)
	}
	return int64(s.Bavail) * int64(s.Bsize)
}

// fill takes space until no more than so many bytes are free.
func (d *smallDisk) fill(left int64) {
	d.t.Helper()
	hole, err := os.Create(filepath.Join(d.dir, "hole"))
	if err != nil {
		d.t.Fatal(err)
	}
	defer hole.Close()
	size := int64(0)
	for step := d.free() - left; step >= 4096; {
		if err := unix.Fallocate(int(hole.Fd()), 0, size, step); err != nil {
			step /= 2 // the file system needs some space for itself
			continue
		}
		size += step
		step = min(step, d.free()-left)
	}
}

func (d *smallDisk) empty() {
	d.t.Helper()
	if err := os.Remove(filepath.Join(d.dir, "hole")); err != nil {
		d.t.Fatal(err)
	}
}

const (
	debugLog  = "log: {level: debug, format: json}\n"
	tryAgain  = "END Sorry, please try again in a few minutes."
	reserveMB = 64 // the default of nats.reserve
)

// TestDiskAlmostFull: below the reserve nothing new is taken, and when there is
// space again haat goes on by itself.
func TestDiskAlmostFull(t *testing.T) {
	t.Parallel()
	const phone = "+254700100171"
	disk := mountSmallDisk(t, 256)
	h := start(t, "serve", filepath.Join(disk.dir, "data"), debugLog)
	line := h.dial(phone)
	has(t, line.answers(toConfirm...), "1.Confirm")

	disk.fill((reserveMB - 8) << 20)
	eventually(t, "not ready", func() bool { return h.get("/readyz").code == http.StatusServiceUnavailable })
	has(t, h.get("/readyz").body, "disk", "free some space")
	line.add("1")
	has(t, line.shown(), tryAgain)
	has(t, h.dial(newPhone()).answers(), tryAgain)
	if a := h.text(phone, "menu"); a.code != http.StatusServiceUnavailable {
		t.Errorf("an SMS is answered with %d %q", a.code, a.body)
	}
	if n := len(h.log("")); n != 8 {
		t.Errorf("the log has %d entries, not the 8 of before", n)
	}
	_, errs, code := tool(t, "catalog", "import", repriced(t, ",bag,850.00,60,", ",bag,900.00,60,"), "--data", h.data)
	if code != exitError {
		t.Errorf("the import ends with code %d", code)
	}
	has(t, errs, "nothing was imported: the disk")

	disk.empty()
	eventually(t, "ready again", func() bool { return h.get("/readyz").code == http.StatusOK })
	has(t, line.shown(), "END Order ", "is confirmed. Pay KES 1,700") // the carrier repeats the hop
	if len(h.orders()) != 1 {
		t.Errorf("%d orders", len(h.orders()))
	}
}

// TestDiskAlmostFullSendsOnce: what is in hand is finished below the reserve. An
// SMS whose status could not be logged would be sent again and again.
func TestDiskAlmostFullSendsOnce(t *testing.T) {
	t.Parallel()
	const phone = "+254700100172"
	disk := mountSmallDisk(t, 256)
	carrier := openCarriers(t)
	carrier.down.Store(true)
	h := start(t, "serve", filepath.Join(disk.dir, "data"), keyedConfig(carrier, "outbox: {first_retry: 100ms, max_retry: 200ms, attempts: 100}"))
	h.post("/channels/kenya/"+callbackKey+"/sms", "id", newID(), "from", phone, "text", "menu")
	eventually(t, "the carrier refuses", func() bool { return h.metric(`haat_outbox_total{channel="kenya",state="retrying"}`) > 0 })
	disk.fill((reserveMB - 8) << 20)
	eventually(t, "not ready", func() bool { return h.get("/readyz").code == http.StatusServiceUnavailable })
	carrier.down.Store(false)
	eventually(t, "the SMS and its status are kept", func() bool {
		statuses := ofKind(h.log(phone), messagelog.KindStatus)
		return len(carrier.to(phone)) > 0 && statuses[len(statuses)-1].Status == gateway.Sent || len(carrier.to(phone)) > 1
	})
	if n := len(carrier.to(phone)); n != 1 {
		t.Errorf("the phone was sent the same SMS %d times", n)
	}
}

// TestDiskFull: a disk that fills at once is met by NATS and SQLite themselves.
// Nothing that was acknowledged is lost, and haat goes on when there is space.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	disk := mountSmallDisk(t, 96)
	h := start(t, "serve", filepath.Join(disk.dir, "data"), debugLog+"nats: {reserve: 1MiB}\n")
	kept := map[string]string{} // the last screen that each phone was shown
	order := func() (done bool) {
		line := h.dial(newPhone())
		for _, key := range append([]string{""}, append(toConfirm, "1")...) {
			if key != "" {
				line.add(key)
			}
			screen := line.shown()
			if strings.HasPrefix(screen, tryAgain) {
				return false
			}
			kept[line.phone] = screen
		}
		return true
	}
	for range 3 {
		order()
	}
	disk.fill(0)
	for i := 0; i < 50 && order(); i++ {
	}
	eventually(t, "not ready", func() bool { order(); return h.get("/readyz").code == http.StatusServiceUnavailable })
	t.Logf("with the disk full: %s", h.get("/readyz").body)
	disk.empty()
	eventually(t, "ready again", func() bool { return h.get("/readyz").code == http.StatusOK })
	eventually(t, "a phone can order again", order)
	eventually(t, "every order is decided", func() bool {
		for _, o := range h.orders() {
			if o.Status == "placed" {
				return false
			}
		}
		return true
	})
	h.text("+254700100181", "menu")
	h.awaitSMS("+254700100181", "English") // the outbox is back too
	told := map[string]string{}
	for _, e := range ofKind(h.log(""), messagelog.KindTurn) {
		told[string(e.Phone)] = e.Out
	}
	for phone, screen := range kept {
		if !strings.HasSuffix(screen, told[phone]) {
			t.Errorf("a phone saw %q, the log has %q", screen, told[phone])
		}
	}
	number := map[string]int{}
	for _, o := range h.orders() {
		number[o.Phone]++
	}
	for phone, screen := range kept {
		if confirmed := strings.Contains(screen, "is confirmed. Pay"); confirmed && number[phone] != 1 {
			t.Errorf("a phone saw %q and has %d orders", screen, number[phone])
		}
	}
}
