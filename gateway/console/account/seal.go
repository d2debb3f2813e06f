package account

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
)

// seal closes what browsers keep for us, so that they can neither read nor change
// it. Its key is made at every start.
type seal struct{ aead cipher.AEAD }

func newSeal() (*seal, error) {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never fails
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	return &seal{aead}, err
}

func (s *seal) close(p pending) (string, error) {
	plain, err := json.Marshal(p)
	if err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(s.aead.Seal(nil, nil, plain, []byte(pendingCookie))), nil
}

func (s *seal) open(sealed string) (p pending, err error) {
	data, err := base64.RawURLEncoding.DecodeString(sealed)
	if err != nil {
		return p, err
	}
	plain, err := s.aead.Open(nil, nil, data, []byte(pendingCookie))
	if err != nil {
		return p, err
	}
	return p, json.Unmarshal(plain, &p)
}
