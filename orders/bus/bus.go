// Package bus is NATS as haat uses it: embedded in the process or a cluster
// elsewhere, its streams as data, and the barrier behind which an
// acknowledgement survives a power cut. It does not know what the messages say.
package bus

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"
)

// Sync says when an acknowledged message is on the disk of an embedded server.
type Sync string

// The ways to sync.
const (
	// SyncGroup lets everybody who waits share one syncfs(2): safe against a
	// power cut, Linux only.
	SyncGroup Sync = "group"
	// SyncAlways makes the server fsync every message before it acknowledges
	// it: safe against a power cut, several times slower.
	SyncAlways Sync = "always"
	// SyncInterval leaves it to the server, which syncs every two minutes: what
	// was acknowledged survives kill -9 but not a power cut.
	SyncInterval Sync = "interval"
)

// Config says where NATS is.
type Config struct {
	Dir         string        // data directory of the embedded server; also the place to attach to
	URL         string        // a NATS server or cluster; "" embeds one
	Credentials string        // path of a .creds file for URL; may be empty
	Sync        Sync          // embedded only; "" is SyncGroup where the system has syncfs, else SyncAlways
	Replicas    int           // of every stream; 0 is 1
	Keep        time.Duration // age at which messages leave the log; 0 keeps them for ever
	MaxBytes    int64         // size of the log; 0 is limited by the disk alone
	Reserve     int64         // bytes of free disk below which Room refuses; embedded only
	// Synced, if set, is told how long each sync of the barrier took.
	Synced func(time.Duration)
}

// Bus is a connection to NATS with haat's streams in place.
type Bus struct {
	cfg    Config
	log    zerolog.Logger
	lock   *os.File // held while this process owns the data directory
	server *server.Server
	conn   *nats.Conn
	js     jetstream.JetStream
	sync   *barrier
	full   atomic.Bool
	broken atomic.Pointer[error] // why the embedded server cannot write
	stop   context.CancelFunc
	done   chan struct{}
	once   sync.Once
}

// maxPayload bounds one message; a turn is about 1 kB, a catalogue chunk 128 kB.
const maxPayload = 1 << 20

// Open connects to cfg.URL or, without one, takes the data directory and
// starts an embedded server on it. It fails when another process has the
// directory.
func Open(ctx context.Context, cfg Config, log zerolog.Logger) (*Bus, error) {
	b := &Bus{cfg: cfg, log: log, done: make(chan struct{})}
	if err := b.open(ctx); err != nil {
		b.close()
		return nil, err
	}
	watch, stop := context.WithCancel(context.Background())
	b.stop = stop
	go b.watch(watch)
	return b, nil
}

// Attach is for tools that look at a data directory whose haat may be running
// or stopped: it connects to the running one, or opens the directory itself.
func Attach(ctx context.Context, cfg Config, log zerolog.Logger) (*Bus, error) {
	if cfg.URL == "" {
		if _, err := os.Stat(cfg.storeDir()); err != nil {
			return nil, fmt.Errorf("no haat data in %s: start `haat serve --data %s` first, or name the right directory: %w", cfg.Dir, cfg.Dir, err)
		}
		running, err := readLocal(cfg.Dir)
		if err != nil {
			return nil, err
		}
		if running != nil {
			return attach(ctx, cfg, *running, log)
		}
	}
	return Open(ctx, cfg, log)
}

func attach(ctx context.Context, cfg Config, at local, log zerolog.Logger) (*Bus, error) {
	b := &Bus{cfg: cfg, log: log, done: make(chan struct{}), stop: func() {}}
	close(b.done)
	conn, err := nats.Connect(at.URL, append(connecting("haat tool", log), nats.Token(at.Token))...)
	if err != nil {
		return nil, fmt.Errorf("haat runs on %s (process %d) but its NATS does not answer: %w", cfg.Dir, at.PID, err)
	}
	b.conn = conn
	b.checkDisk()
	if b.sync, err = newBarrier(cfg.Dir, cfg.sync(), cfg.Synced); err == nil {
		b.js, err = jetstream.New(conn)
	}
	if err != nil {
		b.close()
		return nil, err
	}
	return b, nil
}

func (b *Bus) open(ctx context.Context) (err error) {
	if b.cfg.URL != "" {
		err = b.dial()
	} else {
		err = b.embed()
	}
	if err != nil {
		return err
	}
	if b.js, err = jetstream.New(b.conn, jetstream.WithPublishAsyncMaxPending(4096)); err != nil {
		return fmt.Errorf("JetStream: %w", err)
	}
	return ensureStreams(ctx, b.js, b.cfg)
}

// connecting are the options of every connection. While it is down a publish
// fails at once: kept back by the client, a turn would be logged after its phone
// was told to try again. What the client has to say goes to our log, not to
// stderr.
func connecting(name string, log zerolog.Logger) []nats.Option {
	return []nats.Option{
		nats.Name(name),
		nats.ReconnectBufSize(-1),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { natsLog{log}.Warnf("%v", err) }),
	}
}

func (b *Bus) dial() (err error) {
	opts := append(connecting("haat", b.log), nats.MaxReconnects(-1), nats.ReconnectWait(250*time.Millisecond))
	if b.cfg.Credentials != "" {
		opts = append(opts, nats.UserCredentials(b.cfg.Credentials))
	}
	if b.conn, err = nats.Connect(b.cfg.URL, opts...); err != nil {
		return fmt.Errorf("connect to NATS at %s (nats.url): %w", b.cfg.URL, err)
	}
	return nil
}

// JetStream gives access to the streams.
func (b *Bus) JetStream() jetstream.JetStream { return b.js }

// Conn is the plain NATS connection.
func (b *Bus) Conn() *nats.Conn { return b.conn }

// Durable returns when everything that NATS acknowledged to this process before
// the call survives a power cut, as far as Config.Sync promises. Once it has
// failed it fails for ever: what is on the disk is then not known, and nothing
// may be acknowledged until a restart has read it back.
func (b *Bus) Durable(ctx context.Context) error {
	if b.sync == nil {
		return nil
	}
	return b.sync.wait(ctx)
}

// SyncsDirectory tells whether Durable covers everything on the file system of
// the data directory, and not only what NATS keeps there.
func (b *Bus) SyncsDirectory() bool { return b.sync != nil }

// ErrDiskFull says that the disk has less free space than Config.Reserve.
var ErrDiskFull = errors.New("the disk of the data directory is almost full: free some space, haat goes on by itself")

// Room tells whether new messages may be taken. It is cheap.
func (b *Bus) Room() error {
	if b.full.Load() {
		return ErrDiskFull
	}
	return nil
}

// Ready tells why the bus cannot take messages now, or nil.
func (b *Bus) Ready() error {
	if b.sync != nil {
		if err := b.sync.failure(); err != nil {
			return err
		}
	}
	if !b.conn.IsConnected() {
		return errors.New("not connected to NATS")
	}
	if err := b.broken.Load(); err != nil {
		return *err
	}
	return b.Room()
}

// Close waits until all that was written is on the disk and lets go of the
// data directory.
func (b *Bus) Close() (err error) {
	b.once.Do(func() {
		b.stop()
		<-b.done
		err = b.close()
	})
	return err
}

func (b *Bus) close() error {
	var err error
	if b.conn != nil {
		if b.conn.IsConnected() { // else nothing is held back: see connecting
			err = b.conn.FlushTimeout(2 * time.Second)
		}
		b.conn.Close()
	}
	if b.server != nil {
		b.server.Shutdown()
		b.server.WaitForShutdown()
		err = errors.Join(err, os.Remove(filepath.Join(b.cfg.Dir, localFile)))
	}
	if b.sync != nil {
		err = errors.Join(err, b.sync.close())
	}
	if b.lock != nil {
		err = errors.Join(err, b.lock.Close())
	}
	return err
}

func (c Config) storeDir() string { return filepath.Join(c.Dir, "nats") }

func (c Config) sync() Sync {
	switch {
	case c.Sync != "":
		return c.Sync
	case canSyncGroup:
		return SyncGroup
	}
	return SyncAlways
}
