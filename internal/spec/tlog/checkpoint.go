package tlog

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
)

// Signature algorithms of signed notes, the byte that stands in key hashes.
const (
	algorithmEd25519 = 0x01
	algorithmCosign  = 0x04 // Ed25519 cosignature/v1
)

// ErrSignature is returned when a note does not bear the signature asked for.
var ErrSignature = errors.New("tlog: signature missing or wrong")

// Checkpoint is what a log says of itself at one size.
type Checkpoint struct {
	Origin string
	Size   uint64
	Root   Hash
}

// Text is the text that is signed.
func (c Checkpoint) Text() string {
	return fmt.Sprintf("%s\n%d\n%s\n", c.Origin, c.Size, c.Root)
}

// ParseCheckpoint reads the text of a note, extension lines allowed and ignored.
// It checks no signature. It returns ErrMalformed.
func ParseCheckpoint(text string) (Checkpoint, error) {
	lines := strings.Split(text, "\n")
	if len(lines) < 4 || lines[len(lines)-1] != "" || lines[0] == "" {
		return Checkpoint{}, ErrMalformed
	}
	for _, line := range lines[3 : len(lines)-1] {
		if line == "" {
			return Checkpoint{}, ErrMalformed
		}
	}
	size, err := strconv.ParseUint(lines[1], 10, 64)
	if err != nil || strconv.FormatUint(size, 10) != lines[1] || size > maxTree {
		return Checkpoint{}, ErrMalformed
	}
	root, err := ParseHash(lines[2])
	if err != nil {
		return Checkpoint{}, err
	}
	return Checkpoint{Origin: lines[0], Size: size, Root: root}, nil
}

// ValidOrigin says whether a text can be the origin and key name of a log.
func ValidOrigin(s string) bool {
	_, err := note.NewEd25519VerifierKey(s, make(ed25519.PublicKey, ed25519.PublicKeySize))
	if err != nil {
		return false
	}
	_, err = NewVerifier(s, make(ed25519.PublicKey, ed25519.PublicKeySize))
	return err == nil
}

func keyHash(name string, algorithm byte, key ed25519.PublicKey) uint32 {
	h := sha256.New()
	h.Write([]byte(name))
	h.Write([]byte{'\n', algorithm})
	h.Write(key)
	return binary.BigEndian.Uint32(h.Sum(nil))
}

// VerifierKey is the text of a public key that notes tools read:
// "name+hash+base64".
func VerifierKey(name string, key ed25519.PublicKey) (string, error) {
	s, err := note.NewEd25519VerifierKey(name, key)
	if err != nil {
		return "", ErrMalformed
	}
	return s, nil
}

// NewVerifier returns what checks the Ed25519 signatures of a name.
func NewVerifier(name string, key ed25519.PublicKey) (note.Verifier, error) {
	text, err := VerifierKey(name, key)
	if err != nil {
		return nil, err
	}
	v, err := note.NewVerifier(text)
	if err != nil {
		return nil, ErrMalformed
	}
	return v, nil
}

// Sign signs a text under a name with an Ed25519 key, wherever the key lives.
func Sign(text, name string, signer crypto.Signer) ([]byte, error) {
	key, ok := signer.Public().(ed25519.PublicKey)
	if !ok {
		return nil, fmt.Errorf("tlog: key of %q is not Ed25519", name)
	}
	return note.Sign(&note.Note{Text: text}, &noteSigner{name, keyHash(name, algorithmEd25519, key), func(msg []byte) ([]byte, error) {
		return signer.Sign(rand.Reader, msg, crypto.Hash(0))
	}})
}

// Open returns the text of a note that bears a good signature of the name by one of
// the keys. It returns ErrSignature, or ErrMalformed for what is no note.
func Open(msg []byte, name string, keys ...ed25519.PublicKey) (string, error) {
	var verifiers []note.Verifier
	for i, key := range keys {
		if slices.ContainsFunc(keys[:i], func(k ed25519.PublicKey) bool { return bytes.Equal(k, key) }) {
			continue // the library takes the same key twice for an ambiguity
		}
		v, err := NewVerifier(name, key)
		if err != nil {
			return "", err
		}
		verifiers = append(verifiers, v)
	}
	return open(msg, verifiers...)
}

func open(msg []byte, verifiers ...note.Verifier) (string, error) {
	n, err := note.Open(msg, note.VerifierList(verifiers...))
	if err == nil {
		return n.Text, nil
	}
	var unverified *note.UnverifiedNoteError
	var invalid *note.InvalidSignatureError
	if errors.As(err, &unverified) || errors.As(err, &invalid) {
		return "", ErrSignature
	}
	return "", ErrMalformed
}

// OpenCheckpoint opens a note and reads it as a checkpoint of that origin. It
// returns ErrSignature when the note is another log's.
func OpenCheckpoint(msg []byte, origin string, keys ...ed25519.PublicKey) (Checkpoint, error) {
	text, err := Open(msg, origin, keys...)
	if err != nil {
		return Checkpoint{}, err
	}
	c, err := ParseCheckpoint(text)
	if err == nil && c.Origin != origin {
		return Checkpoint{}, ErrSignature
	}
	return c, err
}

// Unverified returns the text of a note without looking at its signatures.
func Unverified(msg []byte) (string, error) {
	_, err := note.Open(msg, note.VerifierList())
	var unverified *note.UnverifiedNoteError
	if errors.As(err, &unverified) {
		return unverified.Note.Text, nil
	}
	return "", ErrMalformed
}

type noteSigner struct {
	name string
	hash uint32
	sign func([]byte) ([]byte, error)
}

func (s *noteSigner) Name() string                    { return s.name }
func (s *noteSigner) KeyHash() uint32                 { return s.hash }
func (s *noteSigner) Sign(msg []byte) ([]byte, error) { return s.sign(msg) }

// Cosign adds a witness's cosignature (cosignature/v1) of the given second to a
// signed checkpoint.
func Cosign(msg []byte, name string, signer crypto.Signer, at time.Time) ([]byte, error) {
	key, ok := signer.Public().(ed25519.PublicKey)
	if !ok || at.Unix() < 0 {
		return nil, ErrMalformed
	}
	_, err := note.Open(msg, note.VerifierList())
	var unverified *note.UnverifiedNoteError
	if !errors.As(err, &unverified) {
		return nil, ErrMalformed
	}
	return note.Sign(unverified.Note, &noteSigner{name, keyHash(name, algorithmCosign, key), func(text []byte) ([]byte, error) {
		sig, err := signer.Sign(rand.Reader, cosigned(at.Unix(), text), crypto.Hash(0))
		return append(binary.BigEndian.AppendUint64(nil, uint64(at.Unix())), sig...), err
	}})
}

func cosigned(unix int64, text []byte) []byte {
	return append(fmt.Appendf(nil, "cosignature/v1\ntime %d\n", unix), text...)
}

// cosignVerifier checks one witness's cosignatures and remembers their time.
type cosignVerifier struct {
	name string
	key  ed25519.PublicKey
	at   time.Time
}

func (v *cosignVerifier) Name() string    { return v.name }
func (v *cosignVerifier) KeyHash() uint32 { return keyHash(v.name, algorithmCosign, v.key) }

func (v *cosignVerifier) Verify(text, sig []byte) bool {
	if len(sig) != 8+ed25519.SignatureSize {
		return false
	}
	unix := binary.BigEndian.Uint64(sig)
	if unix > 1<<63-1 || !ed25519.Verify(v.key, cosigned(int64(unix), text), sig[8:]) {
		return false
	}
	v.at = time.Unix(int64(unix), 0).UTC()
	return true
}

// CheckCosignature returns when a witness cosigned the checkpoint, or ErrSignature.
func CheckCosignature(msg []byte, name string, key ed25519.PublicKey) (time.Time, error) {
	if len(key) != ed25519.PublicKeySize || name == "" {
		return time.Time{}, ErrMalformed
	}
	v := &cosignVerifier{name: name, key: key}
	if _, err := open(msg, v); err != nil {
		return time.Time{}, err
	}
	return v.at, nil
}
