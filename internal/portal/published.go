package portal

import (
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"garant.example/internal/assurance"
	"garant.example/internal/audit/casefile"
	"garant.example/internal/errs"
	"garant.example/internal/id"
	"garant.example/internal/tenant"
)

// PromiseList is promises.json: what the trust page says, for programs. Members may
// be added; none is taken away or changes its meaning.
type PromiseList struct {
	Tenant        id.Name           `json:"tenant"`
	Title         string            `json:"title"`
	Profile       id.Name           `json:"profile"`
	Version       int               `json:"profile_version"`
	MeasuredSince time.Time         `json:"measured_since,omitzero"`
	LastRun       time.Time         `json:"last_run,omitzero"`
	Summary       Summary           `json:"summary"`
	Promises      []PublishedState  `json:"promises"`
	Relaxed       []PublishedRelax  `json:"relaxed"`
	Log           *PublishedLogHead `json:"log,omitzero"`
}

// Summary counts promises by status; every status is there.
type Summary struct {
	Kept      int `json:"kept"`
	Failing   int `json:"failing"`
	Unknown   int `json:"unknown"`
	Stale     int `json:"stale"`
	Exception int `json:"exception"`
	Planned   int `json:"planned"`
	Withdrawn int `json:"withdrawn"`
}

// PublishedState is one promise with its state.
type PublishedState struct {
	ID         id.Name              `json:"id"`
	Area       id.Name              `json:"area"`
	Heading    string               `json:"heading"`
	Kind       string               `json:"kind"`
	Title      tenant.Text          `json:"title"`
	Text       tenant.Text          `json:"text"`
	Status     assurance.Status     `json:"status"`
	Control    string               `json:"control"` // the mechanism
	Every      string               `json:"every"`
	Reason     string               `json:"reason,omitzero"` // key of the sentence
	Looked     int64                `json:"looked"`
	Of         int64                `json:"of"`
	Culprits   int                  `json:"culprits"`
	Figures    map[string]Published `json:"figures"`
	MeasuredAt time.Time            `json:"measured_at,omitzero"`
	ValidUntil time.Time            `json:"valid_until,omitzero"`
	NextRun    time.Time            `json:"next_run,omitzero"`
	Since      time.Time            `json:"measured_since,omitzero"`
	Leaf       *uint64              `json:"leaf,omitzero"` // in the operator's log
	Digest     string               `json:"digest,omitzero"`
	Page       string               `json:"page"`
	Evidence   string               `json:"evidence,omitzero"`
}

// Published is a measured figure: a number with its unit, or a word.
type Published struct {
	Value *float64 `json:"value,omitzero"`
	Unit  string   `json:"unit,omitzero"`
	Text  string   `json:"text,omitzero"`
}

// PublishedRelax is a rule that the operator relaxed.
type PublishedRelax struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// PublishedLogHead is the operator's log.
type PublishedLogHead struct {
	Origin     string    `json:"origin"`
	Key        string    `json:"key"`
	Size       uint64    `json:"size"`
	Root       string    `json:"root"`
	SignedAt   time.Time `json:"signed_at"`
	Checkpoint string    `json:"checkpoint"` // signed note
}

func listPromises(v *visit) error {
	list, err := v.p.Assurance.Standings(v.r.Context(), v.tenant.Profile)
	if err != nil {
		return err
	}
	before := v.pastOf(v.r.Context())
	out := PromiseList{Tenant: v.tenant.Slug, Title: v.tenant.Title, Profile: v.profile.Name, Version: v.profile.Version,
		MeasuredSince: before.first(list), LastRun: newestOf(list).At}
	for _, s := range list {
		out.Summary.add(s.Status)
		out.Promises = append(out.Promises, v.published(s, before))
	}
	if v.p.Relaxed != nil {
		for _, r := range v.p.Relaxed() {
			out.Relaxed = append(out.Relaxed, PublishedRelax(r))
		}
	}
	if point := before.Checkpoint; before.Key != "" {
		out.Log = &PublishedLogHead{Origin: before.Origin, Key: before.Key, Size: point.Size, Root: point.Root.String(),
			SignedAt: point.At.UTC(), Checkpoint: string(point.Note)}
	}
	b, err := json.Marshal(out, json.Deterministic(true), jsontext.WithIndent("  "))
	if err != nil {
		return err
	}
	return v.file(append(b, '\n'))
}

func (v *visit) published(s assurance.Standing, before past) PublishedState {
	p, f := s.Promise, s.Result.Finding
	out := PublishedState{ID: p.ID, Area: p.Area, Heading: string(headingOf(p.Area)), Kind: string(p.Kind), Title: p.Title, Text: p.Text,
		Status: s.Status, Control: string(p.Control.Mechanism), Every: p.Control.Every, Figures: map[string]Published{},
		Since: before.Since[p.ID], Page: v.absolute(string(p.ID))}
	if s.Result.Run.IsZero() {
		return out
	}
	out.Reason, out.Looked, out.Of, out.Culprits = f.Reason, f.Looked, f.Of, len(f.Culprits)
	out.MeasuredAt, out.ValidUntil, out.NextRun = s.Result.At, s.Until, p.Control.Interval().After(s.Result.At)
	out.Leaf, out.Digest, out.Evidence = &s.Result.Leaf, s.Result.Digest, v.absolute("evidence/"+string(p.ID)+".json")
	for _, g := range f.Figures {
		figure := Published{Unit: g.Unit, Text: g.Text}
		if g.Text == "" {
			figure.Value = &g.Value
		}
		out.Figures[g.Name] = figure
	}
	return out
}

func (s *Summary) add(status assurance.Status) {
	switch status {
	case assurance.Kept:
		s.Kept++
	case assurance.Failing:
		s.Failing++
	case assurance.Stale:
		s.Stale++
	case assurance.Exception:
		s.Exception++
	case assurance.Planned:
		s.Planned++
	case assurance.Withdrawn:
		s.Withdrawn++
	default:
		s.Unknown++
	}
}

// showEvidence answers a file that garant-verify checks: the statement of the
// result, its leaf, the way to the root, and the signed checkpoint.
func showEvidence(v *visit) error {
	name, ok := strings.CutSuffix(v.r.PathValue("file"), ".json")
	if !ok {
		return errs.New(errs.NotFound, "portal.promise.unknown").Do("portal.promise.unknown.fix")
	}
	s, err := v.standing(name)
	if err != nil {
		return err
	}
	if s.Result.Run.IsZero() {
		return errs.New(errs.NotFound, "portal.evidence.none").Do("portal.evidence.none.fix")
	}
	file, err := v.evidenceOf(v.r.Context(), s.Result)
	if err != nil {
		return err
	}
	b, err := casefile.Marshal(file)
	if err != nil {
		return err
	}
	v.w.Header().Set("Content-Disposition", `attachment; filename="`+name+`.json"`)
	return v.file(b)
}

// head returns the head of the log, or why there is none.
func (v *visit) head() (assurance.LogHead, error) {
	before := v.pastOf(v.r.Context())
	if before.Key == "" {
		return assurance.LogHead{}, errs.New(errs.Unavailable, "portal.log.unavailable").Do("portal.log.unavailable.fix")
	}
	return before.LogHead, nil
}

func showCheckpoint(v *visit) error {
	head, err := v.head()
	if err != nil {
		return err
	}
	return v.file(head.Checkpoint.Note)
}

func showKey(v *visit) error {
	head, err := v.head()
	if err != nil {
		return err
	}
	return v.file([]byte(head.Key + "\n"))
}
