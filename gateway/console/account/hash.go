package account

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
)

// cost is what one hash takes (argon2id, RFC 9106).
type cost struct {
	Memory  uint32 // KiB
	Passes  uint32
	Threads uint8
}

// usualCost is the second recommendation of RFC 9106 with one thread: about a
// sixth of a second on one core of a server.
func usualCost() cost { return cost{Memory: 64 << 10, Passes: 3, Threads: 1} }

// Bounds of what is read back: a damaged or planted hash must not take the
// memory.
const (
	maxMemory  = 1 << 20 // KiB
	maxPasses  = 100
	minSalt    = 8
	maxSalt    = 64
	minKey     = 16
	maxKey     = 64
	maxEncoded = 512 // bytes
)

// At most so many hashes are made at once, so that a flood of sign-ins takes
// 128 MiB and not the box, and so many wait for it.
const (
	hashesAtOnce  = 2
	hashesWaiting = 32
)

// errBusy says that too many wait already.
var errBusy = errors.New("too many passwords are being checked just now; try again in a moment")

// hasher makes and checks the hashes of passwords.
type hasher struct {
	cost    cost
	slots   chan struct{}
	waiting chan struct{}
}

func newHasher() *hasher {
	return &hasher{cost: usualCost(), slots: make(chan struct{}, hashesAtOnce), waiting: make(chan struct{}, hashesAtOnce+hashesWaiting)}
}

// turn waits until a hash may be made; the caller says when it is.
func (h *hasher) turn(ctx context.Context) (done func(), err error) {
	select {
	case h.waiting <- struct{}{}:
	default:
		return nil, errBusy
	}
	select {
	case h.slots <- struct{}{}:
		return func() { <-h.slots; <-h.waiting }, nil
	case <-ctx.Done():
		<-h.waiting
		return nil, ctx.Err()
	}
}

// hash makes the hash of a password with a salt of its own.
func (h *hasher) hash(ctx context.Context, password string) (string, error) {
	done, err := h.turn(ctx)
	if err != nil {
		return "", err
	}
	defer done()
	salt := make([]byte, 16)
	_, _ = rand.Read(salt) // never fails
	e := encoded{cost: h.cost, salt: salt}
	e.key = e.derive(password, 32)
	return e.String(), nil
}

// check tells whether a password is that of a hash. For an operator that does
// not exist it takes "" and works as long.
func (h *hasher) check(ctx context.Context, text, password string) (bool, error) {
	done, err := h.turn(ctx)
	if err != nil {
		return false, err
	}
	defer done()
	e, err := parseHash(text)
	if err != nil {
		e = encoded{cost: h.cost, salt: make([]byte, 16), key: make([]byte, 32)}
	}
	same := subtle.ConstantTimeCompare(e.derive(password, len(e.key)), e.key) == 1
	return same && err == nil, nil
}

// outdated tells whether a hash was made at another cost than today's.
func (h *hasher) outdated(text string) bool {
	e, err := parseHash(text)
	return err == nil && e.cost != h.cost
}

// encoded is a hash with what is needed to make it again. It is written as the
// reference implementation does: $argon2id$v=19$m=65536,t=3,p=1$SALT$KEY.
type encoded struct {
	cost
	salt, key []byte
}

func (e encoded) derive(password string, length int) []byte {
	return argon2.IDKey([]byte(normal(password)), e.salt, e.Passes, e.Memory, e.Threads, uint32(length))
}

func (e encoded) String() string {
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, e.Memory, e.Passes, e.Threads, b64.EncodeToString(e.salt), b64.EncodeToString(e.key))
}

var errHash = errors.New("it is no hash of a password")

// parseHash reads what String wrote, and nothing else.
func parseHash(text string) (e encoded, err error) {
	parts := strings.Split(text, "$")
	if len(text) > maxEncoded || len(parts) != 6 {
		return e, errHash
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &e.Memory, &e.Passes, &e.Threads); err != nil {
		return e, errHash
	}
	b64 := base64.RawStdEncoding.Strict()
	if e.salt, err = b64.DecodeString(parts[4]); err != nil {
		return e, errHash
	}
	if e.key, err = b64.DecodeString(parts[5]); err != nil {
		return e, errHash
	}
	within := e.Memory <= maxMemory && e.Passes >= 1 && e.Passes <= maxPasses && e.Threads >= 1 &&
		len(e.salt) >= minSalt && len(e.salt) <= maxSalt && len(e.key) >= minKey && len(e.key) <= maxKey
	if !within || e.String() != text {
		return e, errHash
	}
	return e, nil
}
