package client

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"garant.example/internal/audit/casefile"
)

// Proof is a proof of the log as it left the server. JSON is the exact file that
// garant-verify reads; keep it as it is.
type Proof struct {
	JSON       []byte
	Kind       string // "inclusion", "consistency", "evidence"
	Origin     string // the log
	Seq        uint64 // of an inclusion: the entry
	Checkpoint string // signed note that it is proved against
	Older      string // of a consistency: the checkpoint that is continued
	Shown      []byte // of an inclusion: the entry in readable JSON, when it is shown
}

var (
	// ErrProof is returned when a proof does not hold.
	ErrProof = errors.New("client: the proof does not hold")
	// ErrKey is returned when a text is no verifier key.
	ErrKey = errors.New("client: not a verifier key")
)

// ParseProof reads a proof file. It checks nothing: see Verify.
func ParseProof(data []byte) (Proof, error) {
	var head struct {
		Format     string `json:"format"`
		Origin     string `json:"origin"`
		Checkpoint string `json:"checkpoint"`
		From       string `json:"from"`
		To         string `json:"to"`
		Content    struct {
			Seq   uint64         `json:"seq"`
			Entry jsontext.Value `json:"entry"`
		} `json:"content"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return Proof{}, fmt.Errorf("%w: %w", ErrProof, err)
	}
	p := Proof{JSON: data, Origin: head.Origin, Checkpoint: head.Checkpoint, Seq: head.Content.Seq, Shown: head.Content.Entry}
	switch head.Format {
	case casefile.FormatInclusion:
		p.Kind = "inclusion"
	case casefile.FormatConsistency:
		p.Kind, p.Checkpoint, p.Older = "consistency", head.To, head.From
	case casefile.FormatEvidence:
		p.Kind = "evidence"
	default:
		return Proof{}, fmt.Errorf("%w: format %q", ErrProof, head.Format)
	}
	return p, nil
}

// Verify checks the proof against a verifier key that the caller trusts: the
// checkpoint's signature, the place in the tree, and that what is shown is what
// was logged. It returns ErrProof with what does not hold, ErrKey for a bad key.
func (p Proof) Verify(key string) error {
	origin, public, err := ParseKey(key)
	if err != nil {
		return err
	}
	result, err := casefile.Check(p.JSON, casefile.Trust{Keys: []ed25519.PublicKey{public}, Origin: origin})
	if err != nil {
		return fmt.Errorf("%w: %w", ErrProof, err)
	}
	if result.OK() {
		return nil
	}
	var codes []string
	for _, f := range result.Findings {
		codes = append(codes, string(f.Code))
	}
	return fmt.Errorf("%w: %s", ErrProof, strings.Join(codes, ", "))
}

// VerifyCheckpoint checks the signature of a checkpoint.
func VerifyCheckpoint(note, key string) error {
	origin, public, err := ParseKey(key)
	if err != nil {
		return err
	}
	result := casefile.CheckCheckpoint([]byte(note), casefile.Trust{Keys: []ed25519.PublicKey{public}, Origin: origin})
	if !result.OK() {
		return ErrProof
	}
	return nil
}

const algorithmEd25519 = 1 // of C2SP signed-note

// ParseKey reads a verifier key of C2SP signed-note, "name+hash+base64": the name
// of the log and its Ed25519 key.
func ParseKey(text string) (origin string, key ed25519.PublicKey, err error) {
	parts := strings.Split(strings.TrimSpace(text), "+")
	if len(parts) < 3 {
		return "", nil, ErrKey
	}
	// Base64 may hold plus signs itself; name and hash do not.
	given := strings.Join(parts[2:], "+")
	raw, err := base64.StdEncoding.DecodeString(given)
	if err != nil || len(raw) != 1+ed25519.PublicKeySize || raw[0] != algorithmEd25519 {
		return "", nil, ErrKey
	}
	if base64.StdEncoding.EncodeToString(raw) != given { // line breaks, which the decoder passes over: one key has one text
		return "", nil, ErrKey
	}
	sum := sha256.Sum256(append([]byte(parts[0]+"\n"), raw...))
	if parts[1] != fmt.Sprintf("%08x", binary.BigEndian.Uint32(sum[:])) {
		return "", nil, ErrKey
	}
	return parts[0], ed25519.PublicKey(raw[1:]), nil
}
