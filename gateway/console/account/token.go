package account

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
)

// newToken is a secret of 128 bits or more that nobody can guess.
func newToken() string { return rand.Text() }

// digest is what is kept of a secret or a typed name: enough to know it again,
// not enough to use it.
func digest(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}
