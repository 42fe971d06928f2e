package assurance

import (
	"context"
	"crypto/sha256"
	"iter"
	"time"

	"github.com/go-json-experiment/json"

	"garant.example/internal/actor"
	"garant.example/internal/audit"
	"garant.example/internal/clock"
	"garant.example/internal/db"
	"garant.example/internal/id"
	"garant.example/internal/tenant"
)

// resultKey names the key that seals results.
const resultKey = "assurance"

func resultAD(run id.Run) []byte { return append([]byte("assurance.result\x00"), run.Bytes()...) }

// keep stores a result with its leaf, in one transaction of the operator's log.
func (s *Service) keep(ctx context.Context, r *Result) error {
	op, err := s.opt.Tenants.Get(s.opt.Tenants.Operator())
	if err != nil {
		return err
	}
	body, err := json.Marshal(r.Finding, json.Deterministic(true))
	if err != nil {
		return err
	}
	if err := r.sum(); err != nil {
		return err
	}
	sealer, err := s.opt.Tenants.Sealer(ctx, op.ID, resultKey)
	if err != nil {
		return err
	}
	sealed, err := sealer.Seal(nil, body, resultAD(r.Run))
	if err != nil {
		return err
	}
	log, release, err := s.opt.Tenants.Log(ctx, op, tenant.Main)
	if err != nil {
		return err
	}
	defer release()
	err = log.Write(ctx, func(tx *audit.Tx) error {
		r.Leaf = tx.Record(runEntry(ctx, r, sealed))
		return insertResult(tx, r, sealed)
	})
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.latest[r.Promise] = *r
	return nil
}

func runEntry(ctx context.Context, r *Result, sealed []byte) audit.Entry {
	return audit.Entry{Actor: audit.ActorOf(actor.From(ctx)), Operation: audit.ControlRun, Object: r.Run.Raw, Kind: "promise",
		Outcome: audit.Done, Reason: string(r.Finding.Outcome), Row: resultHash(r, sealed), Count: r.Finding.Looked,
		Detail: map[string]string{"promise": string(r.Promise), "digest": r.Digest}}
}

// resultHash is what the leaf says of the row.
func resultHash(r *Result, sealed []byte) [32]byte {
	h := sha256.New()
	h.Write([]byte("garant/result/1\x00"))
	h.Write(r.Run.Raw[:])
	h.Write([]byte(r.Promise))
	h.Write([]byte{0})
	h.Write(sealed)
	return [32]byte(h.Sum(nil))
}

func insertResult(tx db.Tx, r *Result, sealed []byte) error {
	return tx.Queue(`INSERT INTO assurance_result (run, promise, at, took, leaf, outcome, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)`,
		r.Run.Bytes(), string(r.Promise), clock.Micros(r.At), int64(r.Took), int64(r.Leaf), string(r.Finding.Outcome), sealed)
}

const resultColumns = `run, promise, at, took, leaf, body`

// load reads the latest result of every promise, once.
func (s *Service) load(ctx context.Context) error {
	s.mu.RLock()
	loaded := s.loaded
	s.mu.RUnlock()
	if loaded {
		return nil
	}
	list, err := s.read(ctx, `SELECT `+resultColumns+` FROM assurance_result AS r WHERE at =
		(SELECT MAX(at) FROM assurance_result AS o WHERE o.promise = r.promise)`)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range list {
		if known, ok := s.latest[r.Promise]; !ok || r.At.After(known.At) {
			s.latest[r.Promise] = r
		}
	}
	s.loaded = true
	return nil
}

// History returns the latest results of a promise, newest first.
func (s *Service) History(ctx context.Context, promise id.Name, limit int) ([]Result, error) {
	return s.read(ctx, `SELECT `+resultColumns+` FROM assurance_result WHERE promise = ?1 ORDER BY at DESC LIMIT ?2`, string(promise), limit)
}

func (s *Service) read(ctx context.Context, query string, args ...any) ([]Result, error) {
	op, err := s.opt.Tenants.Get(s.opt.Tenants.Operator())
	if err != nil {
		return nil, err
	}
	sealer, err := s.opt.Tenants.Sealer(ctx, op.ID, resultKey)
	if err != nil {
		return nil, err
	}
	log, release, err := s.opt.Tenants.Log(ctx, op, tenant.Main)
	if err != nil {
		return nil, err
	}
	defer release()
	var list []Result
	err = log.Read(ctx, func(tx db.Tx) error {
		for row, err := range tx.Rows(query, args...) {
			if err != nil {
				return err
			}
			r, err := scanResult(row, sealer)
			if err != nil {
				return err
			}
			list = append(list, r)
		}
		return nil
	})
	return list, err
}

func scanResult(row db.Row, sealer audit.Sealer) (Result, error) {
	var run, sealed []byte
	var promise string
	var at, took, leaf int64
	if err := row.Scan(&run, &promise, &at, &took, &leaf, &sealed); err != nil {
		return Result{}, err
	}
	raw, err := id.FromBytes(run)
	if err != nil {
		return Result{}, err
	}
	r := Result{Run: id.Run{Raw: raw}, Promise: id.Name(promise), At: clock.FromMicros(at), Took: time.Duration(took), Leaf: uint64(leaf)}
	body, err := sealer.Open(nil, sealed, resultAD(r.Run))
	if err != nil {
		return Result{}, err
	}
	if err := json.Unmarshal(body, &r.Finding); err != nil {
		return Result{}, err
	}
	return r, r.sum()
}

// Rows tells the hash of every stored result, for the check of rows against the
// log.
func Rows(tx db.Tx) iter.Seq2[audit.Row, error] {
	return func(yield func(audit.Row, error) bool) {
		for row, err := range tx.Rows(`SELECT run, promise, body FROM assurance_result`) {
			if err != nil {
				yield(audit.Row{}, err)
				return
			}
			out, err := hashedRow(row)
			if !yield(out, err) || err != nil {
				return
			}
		}
	}
}

func hashedRow(row db.Row) (audit.Row, error) {
	var run, sealed []byte
	var promise string
	if err := row.Scan(&run, &promise, &sealed); err != nil {
		return audit.Row{}, err
	}
	raw, err := id.FromBytes(run)
	if err != nil {
		return audit.Row{}, err
	}
	r := Result{Run: id.Run{Raw: raw}, Promise: id.Name(promise)}
	return audit.Row{Object: raw, Hash: resultHash(&r, sealed)}, nil
}
