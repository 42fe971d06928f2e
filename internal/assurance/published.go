package assurance

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"garant.example/internal/audit"
	"garant.example/internal/audit/casefile"
	"garant.example/internal/clock"
	"garant.example/internal/db"
	"garant.example/internal/errs"
	"garant.example/internal/id"
	"garant.example/internal/tenant"
)

// FormatStatement is the form of a statement; a reader refuses any other.
const FormatStatement = "garant.result.v1"

// Statement is what anybody may read of a result. It counts culprits and names
// none. Its hash stands in the result's leaf, so its form is for ever.
type Statement struct {
	Format   string    `json:"format"`
	Promise  id.Name   `json:"promise"`
	Run      id.Run    `json:"run"`
	At       time.Time `json:"at"`
	Outcome  Outcome   `json:"outcome"`
	Reason   string    `json:"reason"`
	Looked   int64     `json:"looked"`
	Of       int64     `json:"of"`
	Culprits int       `json:"culprits"`
	Figures  []Figure  `json:"figures"`
}

// Statement returns the bytes whose hash the result's leaf holds.
func (r Result) Statement() ([]byte, error) {
	f := r.Finding
	b, err := json.Marshal(Statement{Format: FormatStatement, Promise: r.Promise, Run: r.Run, At: r.At.UTC(), Outcome: f.Outcome,
		Reason: f.Reason, Looked: f.Looked, Of: f.Of, Culprits: len(f.Culprits), Figures: f.Figures},
		json.Deterministic(true), jsontext.WithIndent("  "))
	return append(b, '\n'), err
}

// sum fills in the hash of the statement.
func (r *Result) sum() error {
	b, err := r.Statement()
	if err != nil {
		return err
	}
	sum := sha256.Sum256(b)
	r.Digest = hex.EncodeToString(sum[:])
	return nil
}

// LogHead is the operator's log as anybody may know it.
type LogHead struct {
	Origin     string
	Key        string // verifier key of its checkpoints
	Checkpoint audit.Checkpoint
}

// LogHead signs the head of the operator's log.
func (s *Service) LogHead(ctx context.Context) (LogHead, error) {
	log, release, err := s.operatorLog(ctx)
	if err != nil {
		return LogHead{}, err
	}
	defer release()
	point, err := log.Checkpoint(ctx)
	return LogHead{Origin: log.Origin(), Key: log.VerifierKey(), Checkpoint: point}, err
}

// Evidence proves a result: its statement, its leaf, and the way from the leaf to a
// signed checkpoint. errs.NotFound for a result that was never stored.
func (s *Service) Evidence(ctx context.Context, r Result) (casefile.Evidence, error) {
	if r.Run.IsZero() {
		return casefile.Evidence{}, errs.New(errs.NotFound, "assurance.evidence.none").Do("assurance.evidence.none.fix")
	}
	statement, err := r.Statement()
	if err != nil {
		return casefile.Evidence{}, err
	}
	log, release, err := s.operatorLog(ctx)
	if err != nil {
		return casefile.Evidence{}, err
	}
	defer release()
	return log.EvidenceFile(ctx, r.Leaf, statement)
}

func (s *Service) operatorLog(ctx context.Context) (*audit.Log, func(), error) {
	op, err := s.opt.Tenants.Get(s.opt.Tenants.Operator())
	if err != nil {
		return nil, nil, err
	}
	return s.opt.Tenants.Log(ctx, op, tenant.Main)
}

// Mark is one past result, as little of it as a picture needs.
type Mark struct {
	At      time.Time
	Outcome Outcome
}

// Change is a result that differs from the one before it.
type Change struct {
	Promise  id.Name
	At       time.Time
	From, To Outcome
}

// Journal is the past of every promise.
type Journal struct {
	Since   map[id.Name]time.Time // when a promise was first measured
	Marks   map[id.Name][]Mark    // the latest results, oldest first
	Changes []Change              // newest first
}

// How much of the past a journal holds.
const (
	marksKept   = 30
	changesKept = 400
)

// Journal reads the past of every promise at once.
func (s *Service) Journal(ctx context.Context) (Journal, error) {
	j := Journal{Since: map[id.Name]time.Time{}, Marks: map[id.Name][]Mark{}}
	log, release, err := s.operatorLog(ctx)
	if err != nil {
		return j, err
	}
	defer release()
	err = log.Read(ctx, func(tx db.Tx) error {
		for _, read := range []func(db.Tx) error{j.readSince, j.readMarks, j.readChanges} {
			if err := read(tx); err != nil {
				return err
			}
		}
		return nil
	})
	return j, err
}

func (j *Journal) readSince(tx db.Tx) error {
	for row, err := range tx.Rows(`SELECT promise, MIN(at) FROM assurance_result GROUP BY promise`) {
		var promise string
		var at int64
		if err == nil {
			err = row.Scan(&promise, &at)
		}
		if err != nil {
			return err
		}
		j.Since[id.Name(promise)] = clock.FromMicros(at)
	}
	return nil
}

func (j *Journal) readMarks(tx db.Tx) error {
	for row, err := range tx.Rows(`SELECT promise, at, outcome FROM (SELECT promise, at, outcome,
		ROW_NUMBER() OVER (PARTITION BY promise ORDER BY at DESC) AS place FROM assurance_result) AS latest
		WHERE place <= ?1 ORDER BY promise, at`, int64(marksKept)) {
		var promise, outcome string
		var at int64
		if err == nil {
			err = row.Scan(&promise, &at, &outcome)
		}
		if err != nil {
			return err
		}
		j.Marks[id.Name(promise)] = append(j.Marks[id.Name(promise)], Mark{At: clock.FromMicros(at), Outcome: Outcome(outcome)})
	}
	return nil
}

func (j *Journal) readChanges(tx db.Tx) error {
	for row, err := range tx.Rows(`SELECT promise, at, previous, outcome FROM (SELECT promise, at, outcome,
		LAG(outcome) OVER (PARTITION BY promise ORDER BY at) AS previous FROM assurance_result) AS steps
		WHERE previous IS NOT NULL AND previous <> outcome ORDER BY at DESC LIMIT ?1`, int64(changesKept)) {
		var promise, from, to string
		var at int64
		if err == nil {
			err = row.Scan(&promise, &at, &from, &to)
		}
		if err != nil {
			return err
		}
		j.Changes = append(j.Changes, Change{Promise: id.Name(promise), At: clock.FromMicros(at), From: Outcome(from), To: Outcome(to)})
	}
	return nil
}
