package api

import (
	"time"

	"garant.example/internal/access"
	"garant.example/internal/actor"
	"garant.example/internal/errs"
	"garant.example/internal/profile"
	"garant.example/internal/web"
)

// ProfileState is the profile of a tenant: what was applied, and what differs.
type ProfileState struct {
	Profile   string    `json:"profile"`
	Title     Text      `json:"title"`
	Summary   Text      `json:"summary"`
	Applied   bool      `json:"applied"`
	Number    int64     `json:"number,omitzero"`
	Version   int       `json:"version,omitzero"`
	Digest    string    `json:"digest,omitzero"`
	AppliedAt time.Time `json:"applied_at,omitzero"`
	By        string    `json:"by,omitzero"`
	// InForce are the parts that differ from what was applied.
	InForce []string    `json:"in_force"`
	Plan    ProfilePlan `json:"plan"`
}

// ProfilePlan is what applying the declared profile would change.
type ProfilePlan struct {
	Profile string          `json:"profile"`
	From    string          `json:"from,omitzero"`
	To      string          `json:"to"`
	Harm    string          `json:"harm" enum:"none,cuts,weakens,destroys,refused"`
	Changes []ProfileChange `json:"changes"`
}

// ProfileChange is one difference.
type ProfileChange struct {
	Act  string `json:"act" enum:"added,removed,changed"`
	Area string `json:"area"`
	Name string `json:"name"`
	From string `json:"from,omitzero"`
	To   string `json:"to,omitzero"`
	Harm string `json:"harm" enum:"none,cuts,weakens,destroys,refused"`
	Text string `json:"text"`
}

// Confirmation names the plan that was looked at.
type Confirmation struct {
	Confirm string `json:"confirm,omitzero"`
}

func (c *call) planOf(p profile.Plan) ProfilePlan {
	printer := web.Printer(c.r.Context())
	out := ProfilePlan{Profile: p.Profile, From: p.From, To: p.To, Harm: p.Harm().String(), Changes: []ProfileChange{}}
	for _, d := range p.Changes {
		out.Changes = append(out.Changes, ProfileChange{Act: string(d.Act), Area: string(d.Area), Name: d.Name, From: d.From,
			To: d.To, Harm: d.Harm.String(), Text: d.In(printer)})
	}
	return out
}

func readProfile(c *call) error {
	p, err := c.enter()
	if err != nil {
		return err
	}
	ctx := c.r.Context()
	applied, ok, err := c.api.Profiles.Current(ctx, p)
	if err != nil {
		return err
	}
	drift, err := c.api.Profiles.Drift(ctx, p)
	if err != nil {
		return err
	}
	out := ProfileState{Profile: string(p.Tenant().Profile), Applied: ok, Number: applied.Number, Version: applied.Version,
		Digest: applied.Digest, AppliedAt: applied.At, By: applied.By, InForce: drift.InForce, Plan: c.planOf(drift.Declared)}
	if out.InForce == nil {
		out.InForce = []string{}
	}
	if declared, ok := c.api.Profiles.Set().Profile(p.Tenant().Profile); ok {
		out.Title, out.Summary = textOf(declared.Title), textOf(declared.Summary)
	}
	return c.answer(out)
}

// steward asks the gate whether the operator's caller may change tenants' profiles,
// then enters the tenant as the platform: the operator decides which profile is
// declared, and sees nothing of the tenant by it.
func (c *call) steward() (*access.Permit, *profile.Profile, error) {
	if _, err := c.enter(); err != nil {
		return nil, nil, err
	}
	of, err := c.api.Tenants.Named(c.segment("of"))
	if err != nil {
		return nil, nil, err
	}
	wanted, ok := c.api.Profiles.Set().Profile(of.Profile)
	if !ok {
		return nil, nil, errs.New(errs.NotFound, "profile.unknown").With("Value", string(of.Profile)).Do("profile.unknown.fix")
	}
	who := actor.Platform("profile")
	who.Request = web.RequestID(c.r.Context())
	c.r = c.r.WithContext(actor.In(c.r.Context(), who))
	p, err := c.api.Gate.Enter(c.r.Context(), access.Ask{Action: access.Manage, On: access.Profile, Tenant: of.ID})
	return p, wanted, err
}

func planProfile(c *call) error {
	p, wanted, err := c.steward()
	if err != nil {
		return err
	}
	plan, err := c.api.Profiles.Plan(c.r.Context(), p, wanted)
	if err != nil {
		return err
	}
	return c.answer(c.planOf(plan))
}

func applyProfile(c *call) error {
	p, wanted, err := c.steward()
	if err != nil {
		return err
	}
	var in Confirmation
	if err := web.ReadJSON(c.r, &in); err != nil {
		return err
	}
	plan, err := c.api.Profiles.Apply(c.r.Context(), p, wanted, in.Confirm)
	if err != nil {
		return err
	}
	return c.answer(c.planOf(plan))
}
