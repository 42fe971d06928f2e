package casefile

import (
	"crypto/ed25519"
	"time"
)

// Code is the closed list of what a check can find; each has a sentence in both
// languages under "verify.<code>".
type Code string

// The codes.
const (
	BadForm        Code = "form"         // the file is not what it says it is
	BadSignature   Code = "signature"    // a checkpoint or manifest is not signed by the key given
	BadOrigin      Code = "origin"       // the parts speak of different logs
	BadInclusion   Code = "inclusion"    // the entry is not in the tree of the checkpoint
	BadConsistency Code = "consistency"  // the longer log does not begin with the shorter
	BadContent     Code = "content"      // the sealed bytes are not those of the leaf
	BadDetails     Code = "details"      // the details shown are not those that were logged
	BadDocument    Code = "document"     // the document is not the one whose hash was logged
	BadComplete    Code = "completeness" // entries are missing or too many
	BadOrder       Code = "order"        // entries are not in their place
	BadTime        Code = "time"         // times go back or lie outside the period
	BadFile        Code = "file"         // a file of the bundle is not the one in the manifest
)

// Codes returns the closed list.
func Codes() []Code {
	return []Code{BadForm, BadSignature, BadOrigin, BadInclusion, BadConsistency, BadContent, BadDetails, BadDocument,
		BadComplete, BadOrder, BadTime, BadFile}
}

// Finding is one thing that does not hold. Seq is set where an entry is meant.
type Finding struct {
	Code Code    `json:"code"`
	Seq  *uint64 `json:"seq,omitzero"`
	Note string  `json:"note,omitzero"` // a technical remark, not for translation
}

// maxFindings bounds what one check lists.
const maxFindings = 50

// Result is what a check found and how much it looked at.
type Result struct {
	Kind      string    `json:"kind"` // "bundle", "inclusion", "consistency", "evidence", "checkpoint"
	Origin    string    `json:"origin,omitzero"`
	Size      uint64    `json:"size"` // of the checkpoint proved against
	Root      string    `json:"root,omitzero"`
	Entries   uint64    `json:"entries"`        // entries proved
	Contents  uint64    `json:"contents"`       // sealed contents hashed again
	Disclosed uint64    `json:"disclosed"`      // details compared
	Entry     *View     `json:"entry,omitzero"` // the details of a proof of one entry
	First     time.Time `json:"first,omitzero"`
	Last      time.Time `json:"last,omitzero"`
	// OpenStart says that what lay before the period had been pruned, so that its
	// beginning is as the manifest says and not proved; OpenEnd that the period
	// reaches to the end of the log.
	OpenStart bool      `json:"open_start,omitzero"`
	OpenEnd   bool      `json:"open_end,omitzero"`
	Findings  []Finding `json:"findings"`
	More      int       `json:"more_findings,omitzero"`
}

// OK says that everything holds.
func (r *Result) OK() bool { return len(r.Findings) == 0 }

func (r *Result) fail(c Code, note string) {
	if len(r.Findings) >= maxFindings {
		r.More++
		return
	}
	r.Findings = append(r.Findings, Finding{Code: c, Note: note})
}

func (r *Result) failAt(c Code, seq uint64, note string) {
	r.fail(c, note)
	if r.More == 0 {
		r.Findings[len(r.Findings)-1].Seq = &seq
	}
}

// Trust is what the checker takes as given: the public keys of the operator.
type Trust struct {
	Keys []ed25519.PublicKey
	// Origin, when not empty, is the log that the proof must be of.
	Origin string
}
