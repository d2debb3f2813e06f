package bus

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

// local is how tools on the same machine find the embedded server of a running
// haat. The file is readable by its owner only: who may read the data may
// connect.
type local struct {
	URL   string `json:"url"`
	Token string `json:"token"`
	PID   int    `json:"pid"`
}

const (
	localFile = "local.json"
	lockFile  = "lock"
)

// recovery is how long an embedded server may take to read a large log back
// after a crash.
const recovery = 10 * time.Minute

// embed takes the data directory and starts the server on it. The server
// listens on a random loopback port for tools; haat itself talks to it within
// the process.
func (b *Bus) embed() (err error) {
	if err := os.MkdirAll(b.cfg.Dir, 0o750); err != nil {
		return fmt.Errorf("data directory: %w", err)
	}
	if b.lock, err = lockDir(b.cfg.Dir); err != nil {
		return err
	}
	token := rand.Text()
	b.server, err = server.NewServer(&server.Options{
		ServerName:         "haat",
		Host:               "127.0.0.1",
		Port:               server.RANDOM_PORT,
		Authorization:      token,
		NoSigs:             true,
		JetStream:          true,
		StoreDir:           b.cfg.storeDir(),
		JetStreamMaxMemory: 64 << 20,
		JetStreamMaxStore:  1 << 50, // the disk is guarded by Room
		SyncAlways:         b.cfg.sync() == SyncAlways,
		MaxPayload:         maxPayload,
	})
	if err != nil {
		return fmt.Errorf("embedded NATS: %w", err)
	}
	b.server.SetLoggerV2(natsLog{b.log}, false, false, false)
	b.server.Start()
	if !b.server.ReadyForConnections(recovery) || !b.server.JetStreamEnabled() {
		return fmt.Errorf("embedded NATS did not start on %s: see the log lines before this one", b.cfg.storeDir())
	}
	opts := append(connecting("haat", b.log), nats.InProcessServer(b.server), nats.Token(token), nats.MaxReconnects(-1))
	if b.conn, err = nats.Connect("", opts...); err != nil {
		return fmt.Errorf("connect to the embedded NATS: %w", err)
	}
	if b.sync, err = newBarrier(b.cfg.Dir, b.cfg.sync(), b.cfg.Synced); err != nil {
		return err
	}
	return writeLocal(b.cfg.Dir, local{URL: b.server.ClientURL(), Token: token, PID: os.Getpid()})
}

// lockDir takes the directory for this process. A tool may hold it for a
// moment, so it tries for some seconds.
func lockDir(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, lockFile), os.O_CREATE|os.O_RDWR, 0o640)
	if err != nil {
		return nil, fmt.Errorf("data directory: %w", err)
	}
	for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		if err = tryLock(f); err == nil {
			return f, nil
		}
		if time.Now().After(deadline) {
			f.Close()
			return nil, fmt.Errorf("another haat works on %s: stop it first, or give this one its own --data: %w", dir, err)
		}
	}
}

func writeLocal(dir string, l local) error {
	data, err := json.Marshal(l)
	if err != nil {
		return err
	}
	path := filepath.Join(dir, localFile)
	if err := os.WriteFile(path+".new", data, 0o600); err != nil {
		return fmt.Errorf("data directory: %w", err)
	}
	return os.Rename(path+".new", path)
}

// readLocal finds the haat that runs on the directory, or nil when none does.
func readLocal(dir string) (*local, error) {
	f, err := os.OpenFile(filepath.Join(dir, lockFile), os.O_CREATE|os.O_RDWR, 0o640)
	if err != nil {
		return nil, fmt.Errorf("data directory: %w", err)
	}
	defer f.Close()
	for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		if tryLock(f) == nil {
			return nil, nil // the lock goes with f
		}
		data, err := os.ReadFile(filepath.Join(dir, localFile))
		var l local
		if err == nil {
			err = json.Unmarshal(data, &l)
		}
		// A file left by a crashed process stands until its successor is up.
		if err == nil && processLives(l.PID) {
			return &l, nil
		}
		if time.Now().After(deadline) {
			return nil, fmt.Errorf("another haat is just starting or stopping on %s: try again in a moment: %w", dir, errors.Join(err, fs.ErrNotExist))
		}
	}
}

// watch guards the disk and brings JetStream back when the server has turned
// it off because a write found the disk full.
func (b *Bus) watch(ctx context.Context) {
	defer close(b.done)
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		b.checkDisk()
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (b *Bus) checkDisk() {
	if b.cfg.URL != "" || b.cfg.Reserve <= 0 {
		return
	}
	free, err := freeBytes(b.cfg.Dir)
	if err != nil {
		b.log.Error().Err(err).Msg("cannot read the free space of the data directory")
		return
	}
	full := free < b.cfg.Reserve
	if full != b.full.Swap(full) {
		b.log.Warn().Bool("full", full).Int64("free_bytes", free).Int64("reserve_bytes", b.cfg.Reserve).Msg("disk space of the data directory")
	}
	if b.server != nil && (b.sync == nil || b.sync.failure() == nil) {
		b.checkStreams(full)
	}
}

// checkStreams finds out whether the server has turned JetStream off or given a
// stream up: after one write that failed it refuses all later ones. When the
// disk has room again JetStream is started anew and reads back what was kept.
func (b *Bus) checkStreams(full bool) {
	health := b.server.Healthz(nil)
	if health.Error == "" {
		b.broken.Store(nil)
		return
	}
	if err := errors.New("the message log cannot be written: " + health.Error); b.broken.Swap(&err) == nil {
		b.log.Error().Err(err).Msg("phones are told to try again later")
	}
	if full || !b.server.Running() {
		return
	}
	err := b.server.ShutdownJetStream()
	if err == nil {
		err = b.server.EnableJetStream(&server.JetStreamConfig{StoreDir: b.cfg.storeDir(), MaxMemory: 64 << 20, MaxStore: 1 << 50, SyncAlways: b.cfg.sync() == SyncAlways})
	}
	if err == nil { // else whoever follows a stream would find out after half a minute
		err = b.conn.ForceReconnect()
	}
	b.log.Warn().Err(err).Msg("JetStream was started again")
}
