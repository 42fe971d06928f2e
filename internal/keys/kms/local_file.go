package kms

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/tink-crypto/tink-go/v2/aead/subtle"
	"github.com/tink-crypto/tink-go/v2/tink"
	"golang.org/x/crypto/argon2"

	"garant.example/internal/errs"
)

// The key file: one JSON object. sum is a checksum without a key, so that a damaged
// file can be told from another passphrase.
type localFile struct {
	Format string `json:"format"` // localFormat
	Derive derive `json:"derive"`
	Sealed []byte `json:"sealed"` // localBody as JSON under the root key, AES-256-GCM
	Sum    string `json:"sum"`    // SHA-256 of derive and sealed
}

const (
	localFormat = "garant-keys-1"
	// maxLocalFile bounds what is read: room for thousands of keys.
	maxLocalFile = 8 << 20
	fileMode     = 0o600
)

// Cost is what one guess of the passphrase costs (Argon2id, RFC 9106).
type Cost struct {
	Memory  uint32 // KiB
	Passes  uint32
	Threads uint8
}

// DefaultCost is the second recommended choice of RFC 9106: 64 MiB, 3 passes.
func DefaultCost() Cost { return Cost{Memory: 64 << 10, Passes: 3, Threads: 4} }

// Bounds of what a file may ask for: less is no protection, more is an attack on
// whoever opens it.
const (
	minMemory, maxMemory = 8 << 10, 1 << 20 // KiB
	maxPasses            = 32
	maxThreads           = 64
	saltSize             = 16
)

// derive says how the root key comes from the secret.
type derive struct {
	Name    string `json:"name"` // argon2id
	Memory  uint32 `json:"memory_kib"`
	Passes  uint32 `json:"passes"`
	Threads uint8  `json:"threads"`
	Salt    []byte `json:"salt"`
}

// rootKey seals the file.
type rootKey struct {
	derive derive
	aead   tink.AEAD
}

func newRootKey(secret []byte, cost Cost) (*rootKey, error) {
	if cost == (Cost{}) {
		cost = DefaultCost()
	}
	d := derive{Name: "argon2id", Memory: cost.Memory, Passes: cost.Passes, Threads: cost.Threads, Salt: make([]byte, saltSize)}
	if _, err := rand.Read(d.Salt); err != nil {
		return nil, err
	}
	return d.root(secret)
}

func (d derive) valid() bool {
	return d.Name == "argon2id" && d.Memory >= minMemory && d.Memory <= maxMemory && d.Passes >= 1 && d.Passes <= maxPasses &&
		d.Threads >= 1 && d.Threads <= maxThreads && len(d.Salt) == saltSize
}

func (d derive) root(secret []byte) (*rootKey, error) {
	if !d.valid() {
		return nil, damaged(errors.New("derivation out of bounds"))
	}
	key := argon2.IDKey(secret, d.Salt, d.Passes, d.Memory, d.Threads, 32)
	defer clear(key)
	primitive, err := subtle.NewAESGCM(key)
	if err != nil {
		return nil, err
	}
	return &rootKey{d, primitive}, nil
}

// binding is the associated data of the sealed body.
func (d derive) binding() []byte {
	return fmt.Appendf(nil, "%s %s %d %d %d %x", localFormat, d.Name, d.Memory, d.Passes, d.Threads, d.Salt)
}

func (f localFile) sum() string {
	h := sha256.New()
	h.Write(f.Derive.binding())
	h.Write(f.Sealed)
	return hex.EncodeToString(h.Sum(nil))
}

func damaged(cause error) error {
	return errs.New(errs.Config, "keys.local.damaged").Do("keys.local.damaged.fix").Cause(cause)
}

// parseLocalFile reads the outside of a key file; the inside needs the secret.
func parseLocalFile(data []byte) (localFile, error) {
	var f localFile
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&f); err != nil {
		return f, damaged(err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return f, damaged(errors.New("something follows the object"))
	}
	if f.Format != localFormat {
		return f, errs.New(errs.Config, "keys.local.format").With("format", printable(f.Format)).Do("keys.local.format.fix")
	}
	if !f.Derive.valid() || f.Sum != f.sum() {
		return f, damaged(errors.New("checksum"))
	}
	return f, nil
}

// printable bounds and cleans a text that came out of a file.
func printable(s string) string { return fmt.Sprintf("%.40q", s) }

// fileID tells one state of the file from another.
type fileID struct {
	size     int64
	modified time.Time
	sum      string
}

func readLocal(path string) (localFile, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return localFile{}, errs.New(errs.Setup, "keys.local.missing").With("path", path).Do("keys.local.missing.fix").Cause(err)
	}
	if err != nil {
		return localFile{}, unreadable(path, err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return localFile{}, errs.New(errs.Config, "keys.local.mode").With("path", path).
			With("mode", fmt.Sprintf("%04o", info.Mode().Perm())).Do("keys.local.mode.fix")
	}
	if info.Size() > maxLocalFile {
		return localFile{}, damaged(errors.New("too large"))
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return localFile{}, unreadable(path, err)
	}
	return parseLocalFile(data)
}

func unreadable(path string, cause error) error {
	return errs.New(errs.Config, "keys.local.unreadable").With("path", path).Do("keys.local.unreadable.fix").Cause(cause)
}

// load opens the body of a file and keeps it. The caller holds the lock, or is alone.
func (l *Local) load(f localFile) error {
	if !bytes.Equal(f.Derive.binding(), l.root.derive.binding()) {
		// Another process gave the file another passphrase.
		return errs.New(errs.Config, "keys.local.wrong").With("path", l.path).Do("keys.local.wrong.fix")
	}
	plain, err := l.root.aead.Decrypt(f.Sealed, f.Derive.binding())
	if err != nil {
		return errs.New(errs.Config, "keys.local.wrong").With("path", l.path).Do("keys.local.wrong.fix").Cause(err)
	}
	defer clear(plain)
	var body localBody
	if err := json.Unmarshal(plain, &body); err != nil {
		return damaged(err)
	}
	if err := body.valid(); err != nil {
		return damaged(err)
	}
	info, err := os.Stat(l.path)
	if err != nil {
		return unreadable(l.path, err)
	}
	l.body, l.seen = body, fileID{info.Size(), info.ModTime(), f.Sum}
	return nil
}

// refresh reads the file again if it changed. The caller holds the lock.
func (l *Local) refresh() error {
	info, err := os.Stat(l.path)
	if err != nil {
		return unreadable(l.path, err)
	}
	if info.Size() == l.seen.size && info.ModTime().Equal(l.seen.modified) {
		return nil
	}
	f, err := readLocal(l.path)
	if err != nil {
		return err
	}
	return l.load(f)
}

// store seals a body, replaces the file in one step, reads it back and only then
// believes it. The caller holds the lock, or is alone.
func (l *Local) store(body localBody) error {
	plain, err := json.Marshal(body)
	if err != nil {
		return err
	}
	defer clear(plain)
	f := localFile{Format: localFormat, Derive: l.root.derive}
	if f.Sealed, err = l.root.aead.Encrypt(plain, f.Derive.binding()); err != nil {
		return err
	}
	f.Sum = f.sum()
	data, err := json.MarshalIndent(f, "", " ")
	if err != nil {
		return err
	}
	if err := replaceFile(l.path, append(data, '\n')); err != nil {
		return errs.New(errs.Unavailable, "keys.local.write").With("path", l.path).Do("keys.local.unreadable.fix").Cause(err)
	}
	back, err := readLocal(l.path)
	if err != nil {
		return err
	}
	return l.load(back)
}

// replaceFile writes a new file beside the old one, flushes it, and renames it over
// the old one, so that a crash leaves the one or the other whole.
func replaceFile(path string, data []byte) (err error) {
	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, ".keys-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	_, err = f.Write(data)
	err = errors.Join(err, f.Chmod(fileMode), f.Sync(), f.Close())
	if err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
