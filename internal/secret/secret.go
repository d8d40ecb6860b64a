// Package secret seals small values with AES-256-GCM under a key that lies in
// a file of the data folder, readable by the portal's user alone. The database
// holds sealed values only; a copy of it without the key file tells nothing.
package secret

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// KeyFile is the key's name in the data folder.
const KeyFile = "secret.key"

const (
	keySize = 32
	magic   = "wm1" // the format: magic, key id, nonce, sealed text
	idSize  = 4
)

// ErrKey means that a value was sealed with another key than the one at hand.
var ErrKey = errors.New("secret: sealed with another key; restore the " + KeyFile + " that belongs to this database")

// ErrSealed means that a value was changed, cut or moved since it was sealed.
var ErrSealed = errors.New("secret: the sealed value is damaged")

// Box seals and opens values. It is safe for concurrent use.
type Box struct {
	aead cipher.AEAD
	sum  [sha256.Size]byte
}

// Open reads the key from dir, or makes one at the first start. Two processes
// that start at once end with the same key.
func Open(dir string) (*Box, error) {
	path := filepath.Join(dir, KeyFile)
	key, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		key, err = create(dir, path)
	}
	if err != nil {
		return nil, fmt.Errorf("secret key: %w", err)
	}
	return New(key)
}

// New makes a box from a key of 32 bytes.
func New(key []byte) (*Box, error) {
	if len(key) != keySize {
		return nil, fmt.Errorf("secret key: %d bytes, want %d", len(key), keySize)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	return &Box{aead: aead, sum: sha256.Sum256(key)}, nil
}

// create writes a new key under a name of its own and links it into place, so
// that whoever comes second finds the first one's key whole.
func create(dir, path string) ([]byte, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	f, err := os.CreateTemp(dir, KeyFile+".new-*") // mode 0600
	if err != nil {
		return nil, err
	}
	defer os.Remove(f.Name())
	key := make([]byte, keySize)
	rand.Read(key)
	_, err = f.Write(key)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return nil, err
	}
	if err := os.Link(f.Name(), path); err != nil && !errors.Is(err, os.ErrExist) {
		return nil, err
	}
	return os.ReadFile(path)
}

// Fingerprint tells keys apart without telling the key.
func (b *Box) Fingerprint() string { return hex.EncodeToString(b.sum[:8]) }

// Seal encrypts plain. The same context must be given to open it, so a sealed
// value cannot be moved to another row.
func (b *Box) Seal(plain []byte, context string) []byte {
	nonce := make([]byte, b.aead.NonceSize())
	rand.Read(nonce)
	out := append([]byte(magic), b.sum[:idSize]...)
	out = append(out, nonce...)
	return b.aead.Seal(out, nonce, plain, []byte(context))
}

// Unseal decrypts what Seal made with the same context. It returns ErrKey for
// another key's value and ErrSealed for one that was tampered with.
func (b *Box) Unseal(sealed []byte, context string) ([]byte, error) {
	head := len(magic) + idSize
	if len(sealed) < head+b.aead.NonceSize() || string(sealed[:len(magic)]) != magic {
		return nil, ErrSealed
	}
	if !bytes.Equal(sealed[len(magic):head], b.sum[:idSize]) {
		return nil, ErrKey
	}
	rest := sealed[head:]
	plain, err := b.aead.Open(nil, rest[:b.aead.NonceSize()], rest[b.aead.NonceSize():], []byte(context))
	if err != nil {
		return nil, ErrSealed
	}
	return plain, nil
}
