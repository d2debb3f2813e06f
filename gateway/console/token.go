package console

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"haat/gateway"
)

// keySize is that of the key of tokens, in octets.
const keySize = 32

// OpenKey reads the key of a data directory, and makes one where there is none:
// the links that operators keep stay good as long as the file does.
func OpenKey(path string) ([]byte, error) {
	key, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return makeKey(path)
	}
	if err != nil {
		return nil, fmt.Errorf("key of the console: %w", err)
	}
	if len(key) != keySize {
		return nil, fmt.Errorf("key of the console: %s has %d octets instead of %d; remove it, and a new one is made: links to conversations that were kept end then", path, len(key), keySize)
	}
	return key, nil
}

// makeKey writes it beside its place first, so that a crash leaves no half key.
func makeKey(path string) ([]byte, error) {
	key := make([]byte, keySize)
	_, _ = rand.Read(key) // never fails
	file, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return nil, fmt.Errorf("key of the console: %w", err)
	}
	_, err = file.Write(key)
	err = errors.Join(err, file.Sync(), file.Close())
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		return nil, fmt.Errorf("key of the console: %w", errors.Join(err, os.Remove(file.Name())))
	}
	return key, nil
}

// tokens stand for phones in addresses. A token is the phone's HMAC and, hidden
// under it, the phone: the same phone always has the same token, nobody without
// the key can make or read one, and none has to be kept.
type tokens struct {
	mac    []byte
	hidden cipher.Block
}

const (
	macSize   = 16
	phoneSize = 16 // "+" and fifteen digits
)

func newTokens(key []byte) (*tokens, error) {
	if len(key) != keySize {
		return nil, fmt.Errorf("console: its key has %d octets, it needs %d", len(key), keySize)
	}
	hidden, err := aes.NewCipher(sum(key, "hide"))
	return &tokens{mac: sum(key, "mac"), hidden: hidden}, err
}

func sum(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	_, _ = h.Write([]byte(text))
	return h.Sum(nil)
}

// of is the phone's token; "" for what is no phone number.
func (t *tokens) of(p gateway.Phone) string {
	if !numbered(p) {
		return ""
	}
	token := make([]byte, macSize+phoneSize)
	copy(token, sum(t.mac, string(p))[:macSize])
	copy(token[macSize:], p)
	t.cover(token)
	return base64.RawURLEncoding.EncodeToString(token)
}

// idSize is how many octets of a phone's token are its ID in files: of the part
// that tells phones apart, so that it is the beginning of the token as written.
const idSize = 12

// id stands for a phone in files. It opens no conversation, and no number can be
// read from it, not even with the key; "" for what is no phone number.
func (t *tokens) id(p gateway.Phone) string {
	if !numbered(p) {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(sum(t.mac, string(p))[:idSize])
}

// numbered tells whether there is a phone number to make a token of.
func numbered(p gateway.Phone) bool {
	return p != "" && len(p) <= phoneSize && strings.IndexByte(string(p), 0) < 0
}

// phone reads a token.
func (t *tokens) phone(token string) (gateway.Phone, bool) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(raw) != macSize+phoneSize {
		return "", false
	}
	t.cover(raw)
	p := strings.TrimRight(string(raw[macSize:]), "\x00")
	if p == "" || !hmac.Equal(raw[:macSize], sum(t.mac, p)[:macSize]) {
		return "", false
	}
	return gateway.Phone(p), true
}

// cover hides the phone in a token, or shows it again.
func (t *tokens) cover(token []byte) {
	cipher.NewCTR(t.hidden, token[:macSize]).XORKeyStream(token[macSize:], token[macSize:])
}
