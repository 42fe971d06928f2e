package api

import (
	"slices"
	"time"

	"garant.example/internal/errs"
	"garant.example/internal/id"
	"garant.example/internal/keys"
	"garant.example/internal/tenant"
	"garant.example/internal/web"
)

// KeyStatus is what may be shown of a keyring. It holds no secret.
type KeyStatus struct {
	Service           string       `json:"service"`
	Key               string       `json:"key"`
	ConfiguredService string       `json:"configured_service"`
	ConfiguredKey     string       `json:"configured_key"`
	Version           int          `json:"version"`
	CreatedAt         time.Time    `json:"created_at"`
	RotatedAt         time.Time    `json:"rotated_at"`
	WrappedAt         time.Time    `json:"wrapped_at"`
	Named             []NamedKey   `json:"named"`
	Blocks            int64        `json:"blocks"`
	SubjectKeys       int64        `json:"subject_keys"`
	Reserved          int64        `json:"reserved"`
	Shredded          int64        `json:"shredded"`
	OldWrap           int64        `json:"old_wrap"`
	Rotation          *Rotation    `json:"rotation,omitzero"`
	Rotations         []Rotation   `json:"rotations"`
	Turns             []KeyTurn    `json:"turns"`
	Open              bool         `json:"open"`
	ConfirmedAt       time.Time    `json:"confirmed_at,omitzero"`
	Silent            bool         `json:"silent"`
	ClosedAfter       time.Time    `json:"closed_after,omitzero"`
	OutageGrace       int64        `json:"outage_grace"`
	Refused           *web.Problem `json:"refused,omitzero"`
}

// NamedKey is one version of a key with a name.
type NamedKey struct {
	Name      string    `json:"name"`
	Version   int       `json:"version"`
	Kind      string    `json:"kind" enum:"seal,index,sign"`
	State     string    `json:"state" enum:"active,old,retired"`
	Wrapped   int       `json:"wrapped_by"`
	Public    string    `json:"public,omitzero"`
	CreatedAt time.Time `json:"created_at"`
	EndedAt   time.Time `json:"ended_at,omitzero"`
}

// KeyTurn is where one level of keys stands in its schedule.
type KeyTurn struct {
	Level    string    `json:"level" enum:"kek,collections,subjects"`
	LastAt   time.Time `json:"last_at"`
	DueAt    time.Time `json:"due_at,omitzero"`
	Deadline time.Time `json:"deadline,omitzero"`
	Running  bool      `json:"running"`
	Overdue  bool      `json:"overdue"`
}

// Rotation is what a rotation will do, or how far it has come.
type Rotation struct {
	ID        string    `json:"id,omitzero"`
	Level     string    `json:"level" enum:"kek,collections,subjects"`
	Single    bool      `json:"single"`
	Running   bool      `json:"running"`
	From      int       `json:"from,omitzero"`
	To        int       `json:"to,omitzero"`
	Blocks    int64     `json:"blocks,omitzero"`
	Keys      int64     `json:"keys,omitzero"`
	Subjects  int64     `json:"subjects,omitzero"`
	Total     int64     `json:"total"`
	Done      int64     `json:"done"`
	Erased    int64     `json:"erased,omitzero"`
	Destroyed int64     `json:"destroyed,omitzero"`
	Trouble   string    `json:"trouble,omitzero" enum:"tampered,sealed,failed"`
	TroubleAt string    `json:"trouble_at,omitzero"`
	Service   string    `json:"service,omitzero"`
	Key       string    `json:"key,omitzero"`
	StartedAt time.Time `json:"started_at,omitzero"`
	EndedAt   time.Time `json:"ended_at,omitzero"`
}

// RotationRequest says which keys to rotate, or only to tell what that would do.
type RotationRequest struct {
	Level   string     `json:"level,omitzero" enum:"kek,collections,subjects"`
	Subject id.Subject `json:"subject,omitzero"`
	Plan    bool       `json:"plan,omitzero"`
}

func readKeys(c *call) error {
	p, err := c.enter()
	if err != nil {
		return err
	}
	ctx := c.r.Context()
	status, err := c.api.Rings.Status(ctx, p.Tenant().ID)
	if err != nil {
		return err
	}
	out := c.keyStatus(status)
	// While the keys are closed their profile is too; the rest can be shown.
	terms, err := c.api.Profiles.KeyTerms(ctx, p.Tenant())
	if err != nil && !errs.Is(err, errs.Sealed) {
		return err
	}
	for _, t := range status.Turns(terms, c.api.Tenants.Clock().Now()) {
		out.Turns = append(out.Turns, KeyTurn{Level: string(t.Level), LastAt: t.Last, DueAt: t.Due, Deadline: t.Deadline,
			Running: t.Running, Overdue: t.Overdue})
	}
	return c.answer(out)
}

func (c *call) keyStatus(s keys.Status) KeyStatus {
	out := KeyStatus{Service: s.Service, Key: s.Key, ConfiguredService: s.ConfiguredService, ConfiguredKey: s.ConfiguredKey,
		Version: s.KEK, CreatedAt: s.Created, RotatedAt: s.Rotated, WrappedAt: s.Wrapped, Named: []NamedKey{}, Rotations: []Rotation{}, Turns: []KeyTurn{},
		Blocks: s.Blocks, SubjectKeys: s.Keys, Reserved: s.Reserved, Shredded: s.Shredded, OldWrap: s.OldWrap,
		Open: s.Open, ConfirmedAt: s.Confirmed, Silent: s.Silent, ClosedAfter: s.ClosedAfter,
		OutageGrace: int64(s.OutageGrace / time.Second)}
	for _, n := range s.Named {
		out.Named = append(out.Named, NamedKey{Name: n.Name, Version: n.Version, Kind: n.Kind, State: n.State,
			Wrapped: n.KEK, Public: base64Of(n.Public), CreatedAt: n.Created, EndedAt: n.Ended})
	}
	if s.Rotation != nil {
		r := rotationOf(*s.Rotation)
		out.Rotation = &r
	}
	for _, r := range s.Rotations {
		out.Rotations = append(out.Rotations, dataRotationOf(r))
	}
	if s.Refused != nil {
		ctx := c.r.Context()
		problem := web.ProblemOf(web.Printer(ctx), web.RequestID(ctx).String(), s.Refused)
		out.Refused = &problem
	}
	return out
}

func rotationOf(p keys.Plan) Rotation {
	return Rotation{ID: p.ID.String(), Level: string(keys.LevelKEK), Running: p.Running, From: p.From, To: p.To, Blocks: p.Blocks,
		Keys: p.Keys, Subjects: p.Subjects, Total: p.Total, Done: p.Done, Service: p.Service, Key: p.Key, StartedAt: p.StartedAt}
}

func dataRotationOf(r keys.Rotation) Rotation {
	return Rotation{ID: r.ID.String(), Level: string(r.Level), Single: r.Single, Running: r.Running, Total: r.Total, Done: r.Done,
		Erased: r.Erased, Destroyed: r.Destroyed, Trouble: string(r.Trouble), TroubleAt: r.TroubleAt, StartedAt: r.Started, EndedAt: r.Ended}
}

func rotateKeys(c *call) error {
	p, err := c.enter()
	if err != nil {
		return err
	}
	var in RotationRequest
	if c.r.ContentLength != 0 {
		if err := web.ReadJSON(c.r, &in); err != nil {
			return err
		}
	}
	level, err := in.level()
	if err != nil {
		return err
	}
	var out Rotation
	switch {
	case level == keys.LevelKEK:
		out, err = c.rotateKEK(p.Tenant(), in.Plan)
	case in.Plan:
		out, err = c.planRotation(p.Tenant(), level, in.Subject)
	default:
		out, err = c.rotateData(p.Tenant(), level, in.Subject)
	}
	if err != nil {
		return err
	}
	return c.answer(out)
}

// level is what was asked for: a person's key needs no further word.
func (in RotationRequest) level() (keys.Level, error) {
	level := keys.Level(in.Level)
	if level == "" {
		level = keys.LevelKEK
		if !in.Subject.IsZero() {
			level = keys.LevelSubjects
		}
	}
	if !slices.Contains(keys.Levels(), level) {
		return "", errs.New(errs.Invalid, "api.rotation.level").At("/level", "api.rotation.level", nil)
	}
	if !in.Subject.IsZero() && level != keys.LevelSubjects {
		return "", errs.New(errs.Invalid, "api.rotation.subject").At("/subject", "api.rotation.subject", nil)
	}
	return level, nil
}

// rotateKEK replaces the key that wraps the others. Its leaf comes before the rotation
// does: the house observes the keys.
func (c *call) rotateKEK(t tenant.Tenant, plan bool) (Rotation, error) {
	ctx := c.r.Context()
	ring, err := c.api.Rings.Open(ctx, t.ID)
	if err != nil {
		return Rotation{}, err
	}
	p, err := ring.PlanKEKRotation(ctx)
	if err == nil && !plan {
		p, err = ring.RunKEKRotation(ctx, nil)
	}
	return rotationOf(p), err
}

// planRotation tells what a rotation of data keys would do. That of one person is
// about that person's key alone.
func (c *call) planRotation(t tenant.Tenant, level keys.Level, subject id.Subject) (Rotation, error) {
	ctx := c.r.Context()
	if !subject.IsZero() {
		rows, err := c.api.Rotator.PlanSubject(ctx, t, subject)
		return Rotation{Level: string(level), Single: true, Total: rows, Keys: 1}, err
	}
	rows, replaced, err := c.api.Rotator.Plan(ctx, t, level)
	return Rotation{Level: string(level), Total: rows, Keys: replaced}, err
}

// rotateData begins a rotation, which goes on after the answer; the status of the keys
// says how far it has come.
func (c *call) rotateData(t tenant.Tenant, level keys.Level, subject id.Subject) (Rotation, error) {
	ctx := c.r.Context()
	if !subject.IsZero() {
		r, err := c.api.Rotator.BeginSubject(ctx, t, subject)
		return dataRotationOf(r), err
	}
	r, err := c.api.Rotator.Begin(ctx, t, level)
	return dataRotationOf(r), err
}
