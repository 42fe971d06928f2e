package casefile

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"garant.example/internal/audit/leaf"
	"garant.example/internal/spec/tlog"
)

// Formats of the files; a reader refuses any other.
const (
	FormatInclusion   = "garant.inclusion.v1"
	FormatConsistency = "garant.consistency.v1"
	FormatEvidence    = "garant.evidence.v1"
	FormatBundle      = "garant.case.v1"
)

// MaxFile bounds a proof file, in bytes: evidence carries a document.
const MaxFile = 16 << 20

// ErrFormat is returned when a file is none of this package's.
var ErrFormat = errors.New("casefile: not a proof file")

// Content is one entry as it leaves: its leaf data always, the sealed bytes with
// their commitment unless they were pruned, and the details when they are shown.
type Content struct {
	Seq        uint64         `json:"seq"`
	Leaf       []byte         `json:"leaf"`
	Commitment []byte         `json:"commitment,omitzero"`
	Sealed     []byte         `json:"sealed,omitzero"`
	Details    []byte         `json:"details,omitzero"` // salt and encoding
	Entry      jsontext.Value `json:"entry,omitzero"`   // View of the details
}

// Inclusion proves that one entry is in the log of a checkpoint.
type Inclusion struct {
	Format     string      `json:"format"`
	Origin     string      `json:"origin"`
	Checkpoint string      `json:"checkpoint"` // signed note
	Content    Content     `json:"content"`
	Proof      []tlog.Hash `json:"proof"` // from the leaf's sibling to the root's child
}

// Consistency proves that a longer log begins with a shorter one.
type Consistency struct {
	Format string      `json:"format"`
	Origin string      `json:"origin"`
	From   string      `json:"from"` // signed note
	To     string      `json:"to"`   // signed note
	Proof  []tlog.Hash `json:"proof"`
}

// Evidence is a document whose SHA-256 stands in a logged entry, as its row or, when
// a control ran, as "digest" among its disclosed details: what the control found.
type Evidence struct {
	Format    string    `json:"format"`
	Document  []byte    `json:"document"`
	Inclusion Inclusion `json:"inclusion"`
}

// Marshal writes one of the files above, indented for people who look.
func Marshal[T Inclusion | Consistency | Evidence](v T) ([]byte, error) {
	b, err := json.Marshal(v, json.Deterministic(true), jsontext.WithIndent("  "))
	return append(b, '\n'), err
}

// Check reads a proof file of any kind and checks it. ErrFormat when it is none.
func Check(b []byte, t Trust) (Result, error) {
	var head struct {
		Format string         `json:"format"`
		Rest   jsontext.Value `json:",unknown"`
	}
	if len(b) > MaxFile || json.Unmarshal(b, &head) != nil {
		return Result{}, ErrFormat
	}
	switch head.Format {
	case FormatInclusion:
		return decoded(b, t, (*Inclusion).Check)
	case FormatConsistency:
		return decoded(b, t, (*Consistency).Check)
	case FormatEvidence:
		return decoded(b, t, (*Evidence).Check)
	}
	return Result{}, ErrFormat
}

func decoded[T any](b []byte, t Trust, check func(*T, Trust) Result) (Result, error) {
	v := new(T)
	if err := unmarshal(b, v); err != nil {
		return Result{}, errors.Join(ErrFormat, err)
	}
	return check(v, t), nil
}

// CheckCheckpoint checks the signature of a signed note alone.
func CheckCheckpoint(note []byte, t Trust) Result {
	r := Result{Kind: "checkpoint"}
	text, err := tlog.Unverified(note)
	if err != nil {
		r.fail(BadForm, "")
		return r
	}
	c, err := tlog.ParseCheckpoint(text)
	if err != nil {
		r.fail(BadForm, "")
		return r
	}
	r.open(string(note), c.Origin, t)
	return r
}

// open opens a checkpoint and notes whose it is; false when nothing can be built
// on it.
func (r *Result) open(note, origin string, t Trust) (tlog.Checkpoint, bool) {
	if t.Origin != "" && t.Origin != origin {
		r.fail(BadOrigin, origin)
	}
	c, err := tlog.OpenCheckpoint([]byte(note), origin, t.Keys...)
	switch {
	case errors.Is(err, tlog.ErrSignature):
		r.fail(BadSignature, "")
	case err != nil:
		r.fail(BadForm, "checkpoint")
	}
	r.Origin, r.Size, r.Root = origin, c.Size, c.Root.String()
	return c, err == nil
}

// Check checks the proof and what it proves.
func (p *Inclusion) Check(t Trust) Result {
	r := Result{Kind: "inclusion"}
	if p.Format != FormatInclusion {
		r.fail(BadForm, p.Format)
		return r
	}
	c, ok := r.open(p.Checkpoint, p.Origin, t)
	h, contentOK := r.content(&p.Content)
	if contentOK {
		r.First, r.Last = h.At, h.At
	}
	if !ok {
		return r
	}
	if tlog.CheckInclusion(p.Proof, p.Content.Seq, c.Size, c.Root, leaf.Hash(p.Content.Leaf)) != nil {
		r.failAt(BadInclusion, p.Content.Seq, "")
		return r
	}
	r.Entries = 1
	return r
}

// Check checks both checkpoints and that one continues the other.
func (p *Consistency) Check(t Trust) Result {
	r := Result{Kind: "consistency"}
	if p.Format != FormatConsistency {
		r.fail(BadForm, p.Format)
		return r
	}
	from, ok := r.open(p.From, p.Origin, t)
	to, ok2 := r.open(p.To, p.Origin, t)
	if ok && ok2 && tlog.CheckConsistency(p.Proof, from.Size, to.Size, from.Root, to.Root) != nil {
		r.fail(BadConsistency, "")
	}
	return r
}

// Check checks the inclusion and that the document is the one that was logged.
func (p *Evidence) Check(t Trust) Result {
	if p.Format != FormatEvidence {
		r := Result{Kind: "evidence"}
		r.fail(BadForm, p.Format)
		return r
	}
	r := p.Inclusion.Check(t)
	r.Kind = "evidence"
	if !p.Vouched() {
		r.fail(BadDocument, "")
	}
	return r
}

// Vouched says whether the entry names the document's hash. It means nothing unless
// the inclusion holds.
func (p *Evidence) Vouched() bool {
	sum := sha256.Sum256(p.Document)
	h, err := leaf.ParseHeader(p.Inclusion.Content.Leaf)
	if err != nil {
		return false
	}
	if h.Row == sum {
		return true
	}
	e, err := leaf.Decode(h, p.Inclusion.Content.Details)
	return err == nil && e.Operation == leaf.ControlRun && e.Detail["digest"] == hex.EncodeToString(sum[:])
}

// content hashes one entry again, inwards from what is shown to the leaf.
func (r *Result) content(c *Content) (leaf.Header, bool) {
	h, err := leaf.ParseHeader(c.Leaf)
	if err != nil || len(c.Leaf) != leaf.Size {
		r.failAt(BadForm, c.Seq, "leaf")
		return h, false
	}
	if c.Sealed != nil || c.Commitment != nil {
		if len(c.Commitment) != 32 || leaf.Content([32]byte(c.Commitment), c.Sealed) != [32]byte(c.Leaf[leaf.HeaderSize:]) {
			r.failAt(BadContent, c.Seq, "")
			return h, false
		}
		r.Contents++
	}
	if c.Details == nil && c.Entry == nil {
		return h, true
	}
	entry, err := leaf.Decode(h, c.Details)
	if err != nil || len(c.Commitment) != 32 || leaf.Commitment(c.Details) != [32]byte(c.Commitment) {
		r.failAt(BadDetails, c.Seq, "")
		return h, false
	}
	view, err := MarshalView(entry)
	shown := c.Entry.Clone()
	if err != nil || shown.Compact() != nil || string(shown) != string(view) {
		r.failAt(BadDetails, c.Seq, "entry")
		return h, false
	}
	r.Disclosed++
	if r.Kind == "inclusion" {
		v := ViewOf(entry)
		r.Entry = &v
	}
	return h, true
}
