package kms

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tink-crypto/tink-go/v2/aead/subtle"

	"garant.example/internal/clock"
	"garant.example/internal/errs"
)

// Local keeps keys in one file, sealed under a key derived from a passphrase or a
// key file. It notices when another process (a command of the operator) changes the
// file. Safe for concurrent use.
type Local struct {
	path  string
	root  *rootKey
	clock clock.Clock

	mu   sync.Mutex
	seen fileID
	body localBody
}

// LocalOptions of CreateLocal and OpenLocal.
type LocalOptions struct {
	Path   string
	Secret []byte // the passphrase, or the content of the key file; the caller may wipe it
	Clock  clock.Clock
	Cost   Cost // CreateLocal only; DefaultCost when zero
}

// minSecret is the shortest passphrase accepted, in bytes. Argon2id slows guessing
// down; it does not make a short secret long.
const minSecret = 12

// CreateLocal makes the file with one enabled key and opens it. It returns
// errs.Config when the secret is too short and errs.Conflict when there is a file.
func CreateLocal(o LocalOptions, key string) (*Local, error) {
	if len(o.Secret) < minSecret {
		return nil, errs.New(errs.Config, "keys.local.short").With("least", minSecret).Do("keys.local.short.fix")
	}
	if _, err := os.Lstat(o.Path); !errors.Is(err, fs.ErrNotExist) {
		return nil, errs.New(errs.Conflict, "keys.local.exists").With("path", o.Path).Cause(err)
	}
	root, err := newRootKey(o.Secret, o.Cost)
	if err != nil {
		return nil, err
	}
	l := &Local{path: o.Path, root: root, clock: o.Clock, body: localBody{Keys: map[string]*localKey{}}}
	if err := l.change(func(b *localBody) error { return b.add(key, l.clock.Now()) }); err != nil {
		return nil, err
	}
	return OpenLocal(o)
}

// OpenLocal opens the file. It returns errs.Setup when there is none, and
// errs.Config with one clear sentence when the secret is another, the file may be
// read by others, is damaged, or was written by a newer version.
func OpenLocal(o LocalOptions) (*Local, error) {
	f, err := readLocal(o.Path)
	if err != nil {
		return nil, err
	}
	root, err := f.Derive.root(o.Secret)
	if err != nil {
		return nil, err
	}
	l := &Local{path: o.Path, root: root, clock: o.Clock}
	return l, l.load(f)
}

// Name is "local".
func (l *Local) Name() string { return "local" }

// localMagic begins every text that Wrap returns: format 1.
const localMagic = "GLK1"

// Wrap seals plaintext under the newest version of the key.
func (l *Local) Wrap(_ context.Context, key string, plaintext []byte, bound Context) ([]byte, error) {
	if len(plaintext) > MaxPlaintext {
		return nil, l.fail(Unfit, key, errTooLarge)
	}
	k, err := l.key(key)
	if err != nil {
		return nil, err
	}
	version := uint32(len(k.Versions))
	primitive, err := subtle.NewAESGCM(k.Versions[version-1].Secret)
	if err != nil {
		return nil, l.fail(Malformed, key, err)
	}
	sealed, err := primitive.Encrypt(plaintext, localBinding(key, version, bound))
	if err != nil {
		return nil, l.fail(Unfit, key, err)
	}
	return append(binary.BigEndian.AppendUint32([]byte(localMagic), version), sealed...), nil
}

// Unwrap opens what Wrap sealed, with the version named in it.
func (l *Local) Unwrap(_ context.Context, key string, wrapped []byte, bound Context) ([]byte, error) {
	k, err := l.key(key)
	if err != nil {
		return nil, err
	}
	version, sealed, err := parseLocal(wrapped)
	if err != nil {
		return nil, l.fail(Malformed, key, err)
	}
	if int64(version) > int64(len(k.Versions)) {
		return nil, l.fail(WrongKey, key, errNewer)
	}
	primitive, err := subtle.NewAESGCM(k.Versions[version-1].Secret)
	if err != nil {
		return nil, l.fail(Malformed, key, err)
	}
	plain, err := primitive.Decrypt(sealed, localBinding(key, version, bound))
	if err != nil {
		return nil, l.fail(WrongKey, key, err)
	}
	return plain, nil
}

var (
	errTooLarge = errors.New("more than 4096 bytes")
	errNewer    = errors.New("wrapped by a version of the key that the file does not hold")
	errNotOurs  = errors.New("not wrapped by a local key file")
)

func parseLocal(wrapped []byte) (version uint32, sealed []byte, err error) {
	rest, ok := strings.CutPrefix(string(wrapped), localMagic)
	if !ok || len(rest) < 4 {
		return 0, nil, errNotOurs
	}
	version = binary.BigEndian.Uint32([]byte(rest))
	if version == 0 {
		return 0, nil, errNotOurs
	}
	return version, wrapped[len(localMagic)+4:], nil
}

// localBinding is the associated data: name, version, and the context in the order
// of its keys, every part with its length.
func localBinding(key string, version uint32, bound Context) []byte {
	b := []byte("garant kms local 1")
	b = binary.BigEndian.AppendUint32(b, version)
	return append(appendPart(b, key), bound.Canonical()...)
}

func appendPart(b []byte, s string) []byte {
	return append(binary.BigEndian.AppendUint32(b, uint32(len(s))), s...)
}

// Canonical is one text for one context: parts in the order of their names, each
// with its length.
func (c Context) Canonical() []byte {
	names := make([]string, 0, len(c))
	for name := range c {
		names = append(names, name)
	}
	slices.Sort(names)
	var b []byte
	for _, name := range names {
		b = appendPart(appendPart(b, name), c[name])
	}
	return b
}

// Describe says what the file knows of the key.
func (l *Local) Describe(_ context.Context, key string) (State, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.refresh(); err != nil {
		return State{}, l.fail(Unreachable, key, err)
	}
	k := l.body.Keys[key]
	if k == nil {
		return State{}, l.fail(NoKey, key, fs.ErrNotExist)
	}
	s := State{Service: l.Name(), Key: key, Enabled: !k.Disabled, Detail: "enabled", Algorithm: "AES-256-GCM",
		Versions: len(k.Versions), Created: clock.FromMicros(k.Versions[0].Made)}
	if k.Disabled {
		s.Detail = "disabled"
	}
	if n := len(k.Versions); n > 1 {
		s.RotatedAt = clock.FromMicros(k.Versions[n-1].Made)
	}
	return s, nil
}

// Keys lists the names of the keys in the file.
func (l *Local) Keys() ([]string, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.refresh(); err != nil {
		return nil, err
	}
	var names []string
	for name := range l.body.Keys {
		names = append(names, name)
	}
	slices.Sort(names)
	return names, nil
}

// Add makes a key; errs.Conflict when the name is taken. It is durable and was read
// back when the call returns, as are all changes below.
func (l *Local) Add(key string) error {
	return l.change(func(b *localBody) error { return b.add(key, l.clock.Now()) })
}

// Rotate makes a new version of a key; older versions go on unwrapping.
func (l *Local) Rotate(key string) error {
	return l.change(func(b *localBody) error {
		k, err := b.find(key)
		if err != nil {
			return err
		}
		return k.addVersion(l.clock.Now())
	})
}

// Enable lets a key be used or, with false, refuses it until enabled again.
func (l *Local) Enable(key string, on bool) error {
	return l.change(func(b *localBody) error {
		k, err := b.find(key)
		if err == nil {
			k.Disabled = !on
		}
		return err
	})
}

// Destroy removes a key for ever: whatever it wrapped is lost.
func (l *Local) Destroy(key string) error {
	return l.change(func(b *localBody) error {
		_, err := b.find(key)
		delete(b.Keys, key)
		return err
	})
}

// ChangeSecret seals the file under another passphrase or key file.
func (l *Local) ChangeSecret(secret []byte, cost Cost) error {
	if len(secret) < minSecret {
		return errs.New(errs.Config, "keys.local.short").With("least", minSecret).Do("keys.local.short.fix")
	}
	root, err := newRootKey(secret, cost)
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.refresh(); err != nil {
		return err
	}
	old := l.root
	l.root = root
	if err := l.store(l.body); err != nil {
		l.root = old
		return err
	}
	return nil
}

// key returns an enabled key with the file as it is now.
func (l *Local) key(name string) (*localKey, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.refresh(); err != nil {
		return nil, l.fail(Unreachable, name, err)
	}
	k := l.body.Keys[name]
	switch {
	case k == nil:
		return nil, l.fail(NoKey, name, fs.ErrNotExist)
	case k.Disabled:
		return nil, l.fail(Disabled, name, errors.New("disabled in the key file"))
	}
	return k, nil
}

func (l *Local) fail(reason Reason, key string, err error) error {
	return &Error{Reason: reason, Service: l.Name(), Key: key, Err: err}
}

// change edits a copy of the keys and stores it.
func (l *Local) change(edit func(*localBody) error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.seen != (fileID{}) {
		if err := l.refresh(); err != nil {
			return err
		}
	}
	body := l.body.clone()
	if err := edit(&body); err != nil {
		return err
	}
	return l.store(body)
}

// localBody is what the file seals.
type localBody struct {
	Keys map[string]*localKey `json:"keys"`
}

type localKey struct {
	Disabled bool           `json:"disabled"`
	Versions []localVersion `json:"versions"`
}

type localVersion struct {
	Made   int64  `json:"made"` // microseconds
	Secret []byte `json:"secret"`
}

func (b localBody) clone() localBody {
	out := localBody{Keys: make(map[string]*localKey, len(b.Keys))}
	for name, k := range b.Keys {
		out.Keys[name] = &localKey{k.Disabled, slices.Clone(k.Versions)}
	}
	return out
}

func (b localBody) find(key string) (*localKey, error) {
	if k := b.Keys[key]; k != nil {
		return k, nil
	}
	return nil, errs.New(errs.NotFound, "keys.local.no_key").With("key", key)
}

const maxKeyName = 256 // bytes

func (b localBody) add(key string, now time.Time) error {
	if key == "" || len(key) > maxKeyName {
		return errs.New(errs.Invalid, "keys.name").With("most", maxKeyName)
	}
	if b.Keys[key] != nil {
		return errs.New(errs.Conflict, "keys.local.taken").With("key", key)
	}
	k := &localKey{}
	b.Keys[key] = k
	return k.addVersion(now)
}

func (k *localKey) addVersion(now time.Time) error {
	secret := make([]byte, 32)
	if _, err := rand.Read(secret); err != nil {
		return err
	}
	k.Versions = append(k.Versions, localVersion{clock.Micros(now), secret})
	return nil
}

// valid says whether a body read from a file can be used.
func (b localBody) valid() error {
	for name, k := range b.Keys {
		if k == nil || len(k.Versions) == 0 {
			return fmt.Errorf("key %q has no version", name)
		}
		for _, v := range k.Versions {
			if len(v.Secret) != 32 {
				return fmt.Errorf("key %q has a secret of %d bytes", name, len(v.Secret))
			}
		}
	}
	return nil
}

// Path is where the file lies.
func (l *Local) Path() string { return l.path }
