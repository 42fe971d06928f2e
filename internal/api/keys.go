package api

import (
	"time"

	"garant.example/internal/keys"
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

// Rotation is what a rotation will do, or how far it has come.
type Rotation struct {
	ID        string    `json:"id,omitzero"`
	Running   bool      `json:"running"`
	From      int       `json:"from"`
	To        int       `json:"to"`
	Blocks    int64     `json:"blocks"`
	Keys      int64     `json:"keys"`
	Subjects  int64     `json:"subjects"`
	Total     int64     `json:"total"`
	Done      int64     `json:"done"`
	Service   string    `json:"service"`
	Key       string    `json:"key"`
	StartedAt time.Time `json:"started_at,omitzero"`
}

// RotationRequest says whether to rotate or only to tell what it would do.
type RotationRequest struct {
	Plan bool `json:"plan,omitzero"`
}

func readKeys(c *call) error {
	p, err := c.enter()
	if err != nil {
		return err
	}
	status, err := c.api.Rings.Status(c.r.Context(), p.Tenant().ID)
	if err != nil {
		return err
	}
	return c.answer(c.keyStatus(status))
}

func (c *call) keyStatus(s keys.Status) KeyStatus {
	out := KeyStatus{Service: s.Service, Key: s.Key, ConfiguredService: s.ConfiguredService, ConfiguredKey: s.ConfiguredKey,
		Version: s.KEK, CreatedAt: s.Created, RotatedAt: s.Rotated, WrappedAt: s.Wrapped, Named: []NamedKey{},
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
	if s.Refused != nil {
		ctx := c.r.Context()
		problem := web.ProblemOf(web.Printer(ctx), web.RequestID(ctx).String(), s.Refused)
		out.Refused = &problem
	}
	return out
}

func rotationOf(p keys.Plan) Rotation {
	return Rotation{ID: p.ID.String(), Running: p.Running, From: p.From, To: p.To, Blocks: p.Blocks, Keys: p.Keys,
		Subjects: p.Subjects, Total: p.Total, Done: p.Done, Service: p.Service, Key: p.Key, StartedAt: p.StartedAt}
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
	ring, err := c.api.Rings.Open(c.r.Context(), p.Tenant().ID)
	if err != nil {
		return err
	}
	plan, err := ring.PlanKEKRotation(c.r.Context())
	if err != nil || in.Plan {
		return c.rotation(plan, err)
	}
	// Its leaf comes before the rotation does: the house observes the keys.
	return c.rotation(ring.RunKEKRotation(c.r.Context(), nil))
}

func (c *call) rotation(p keys.Plan, err error) error {
	if err != nil {
		return err
	}
	return c.answer(rotationOf(p))
}
