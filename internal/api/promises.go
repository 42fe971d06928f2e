package api

import (
	"net/http"
	"strings"
	"time"

	"garant.example/internal/access"
	"garant.example/internal/assurance"
	"garant.example/internal/errs"
	"garant.example/internal/id"
	"garant.example/internal/web"
)

// promiseRoutes are what is done with promises and the controls behind them.
func promiseRoutes() []Route {
	const (
		promises = "/v1/platform/promises"
		sabotage = "/v1/platform/sabotages/{promise}"
	)
	return []Route{
		{Name: "promise.list", Method: "GET", Path: promises, Scope: Operator, Action: access.List, On: access.Promise,
			Out: typeOf[PromiseList](), Status: http.StatusOK, Query: []string{"profile", "tenant"}, serve: listPromises},
		{Name: "promise.verify", Method: "POST", Path: promises + ":verify", Scope: Operator, Action: access.Verify, On: access.Promise,
			In: typeOf[VerifyRequest](), Answer: ndjson, Out: typeOf[PromiseStanding](), Status: http.StatusOK, Stream: true, serve: verifyPromises},
		{Name: "sabotage.break", Method: "POST", Path: sabotage + ":break", Scope: Operator, Action: access.Manage, On: access.Platform,
			Out: typeOf[PromiseStanding](), Status: http.StatusOK, Stream: true, serve: breakPromise},
		{Name: "sabotage.heal", Method: "POST", Path: sabotage + ":heal", Scope: Operator, Action: access.Manage, On: access.Platform,
			Out: typeOf[PromiseStanding](), Status: http.StatusOK, Stream: true, serve: healPromise},
	}
}

// PromiseList is the promises of a profile, or of all, with where each stands.
type PromiseList struct {
	Promises []PromiseStanding `json:"promises"`
}

// VerifyRequest narrows what is verified; empty means everything.
type VerifyRequest struct {
	Profile string   `json:"profile,omitzero"`
	Tenant  string   `json:"tenant,omitzero"`
	Promise []string `json:"promises,omitzero"`
}

// PromiseStanding is where one promise stands.
type PromiseStanding struct {
	ID         string         `json:"id"`
	Profile    string         `json:"profile"`
	Slice      string         `json:"slice"`
	Status     string         `json:"status" enum:"kept,failing,stale,unknown,exception,planned,withdrawn"`
	Control    string         `json:"control"`
	MeasuredAt time.Time      `json:"measured_at,omitzero"`
	ValidUntil time.Time      `json:"valid_until,omitzero"`
	Looked     int64          `json:"looked,omitzero"`
	Of         int64          `json:"of,omitzero"`
	Figures    map[string]any `json:"figures"`
	Reason     string         `json:"reason"`
	Code       string         `json:"code,omitzero"`
	Culprits   []string       `json:"culprits,omitzero"`
	Detail     string         `json:"detail,omitzero"`
	Leaf       uint64         `json:"leaf,omitzero"`
	Title      Text           `json:"title"`
	Sabotage   bool           `json:"sabotage"`
}

func (c *call) standing(s assurance.Standing) PromiseStanding {
	f := s.Result.Finding
	out := PromiseStanding{ID: string(s.Promise.ID), Profile: string(s.Promise.Profile), Slice: string(s.Promise.Slice),
		Status: string(s.Status), Control: string(s.Promise.Control.Mechanism), Figures: map[string]any{}, Title: textOf(s.Promise.Title),
		Sabotage: c.api.Assurance.Sabotaged(s.Promise.ID), MeasuredAt: s.Result.At, Looked: f.Looked, Of: f.Of,
		Code: f.Reason, Culprits: f.Culprits, Detail: f.Detail, Leaf: s.Result.Leaf}
	if !s.Result.At.IsZero() {
		out.ValidUntil = s.Until
	}
	for _, figure := range f.Figures {
		switch {
		case figure.Text != "":
			out.Figures[figure.Name] = figure.Text
		case figure.Unit != "":
			out.Figures[figure.Name+"_"+figure.Unit] = figure.Value
		default:
			out.Figures[figure.Name] = figure.Value
		}
	}
	if s.Status != assurance.Kept && f.Reason != "" {
		out.Reason = web.Printer(c.r.Context()).T(f.Reason)
	}
	return out
}

// profileOf reads which profile a request is about: by name, or a tenant's.
func (c *call) profileOf(profile, tenantName string) (id.Name, error) {
	if tenantName == "" {
		return id.Name(profile), nil
	}
	t, err := c.api.Tenants.Named(tenantName)
	if err != nil {
		return "", err
	}
	return t.Profile, nil
}

func listPromises(c *call) error {
	if _, err := c.enter(); err != nil {
		return err
	}
	profile, err := c.profileOf(c.r.URL.Query().Get("profile"), c.r.URL.Query().Get("tenant"))
	if err != nil {
		return err
	}
	standings, err := c.api.Assurance.Standings(c.r.Context(), profile)
	if err != nil {
		return err
	}
	out := PromiseList{Promises: make([]PromiseStanding, 0, len(standings))}
	for _, s := range standings {
		out.Promises = append(out.Promises, c.standing(s))
	}
	return c.answer(out)
}

// verifyPromises runs controls now and tells each as it ends.
func verifyPromises(c *call) error {
	if _, err := c.enter(); err != nil {
		return err
	}
	var in VerifyRequest
	if err := web.ReadJSON(c.r, &in); err != nil {
		return err
	}
	profile, err := c.profileOf(in.Profile, in.Tenant)
	if err != nil {
		return err
	}
	standings, err := c.api.Assurance.Standings(c.r.Context(), profile)
	if err != nil {
		return err
	}
	chosen := map[string]bool{}
	for _, p := range in.Promise {
		if _, err := c.api.Assurance.Promise(id.Name(p)); err != nil {
			return err
		}
		chosen[p] = true
	}
	out := &begun{ResponseWriter: c.w, kind: ndjson}
	return c.whole(out, c.tellStandings(out, standings, chosen))
}

// tellStandings measures the chosen promises, all when none is, one after another.
func (c *call) tellStandings(out *begun, standings []assurance.Standing, chosen map[string]bool) error {
	flush := http.NewResponseController(c.w)
	for _, s := range standings {
		if len(chosen) > 0 && !chosen[string(s.Promise.ID)] {
			continue
		}
		s, err := c.run(s)
		if err != nil {
			return err
		}
		if err := tellLine(out, c.standing(s)); err != nil {
			return err
		}
		_ = flush.Flush() // a client that left is told by the next write
	}
	return nil
}

// run measures a promise that can be measured, and says where it stands now.
func (c *call) run(s assurance.Standing) (assurance.Standing, error) {
	if !c.api.Assurance.Built(s.Promise) {
		return s, nil
	}
	if _, err := c.api.Assurance.Run(c.r.Context(), s.Promise.ID); err != nil {
		return s, err
	}
	return c.api.Assurance.Standing(c.r.Context(), s.Promise.ID)
}

func breakPromise(c *call) error {
	return c.wound(func(promise id.Name) error { return c.api.Saboteur.Break(c.r.Context(), promise) })
}

func healPromise(c *call) error {
	return c.wound(func(promise id.Name) error { return c.api.Saboteur.Heal(c.r.Context(), promise) })
}

// wound breaks or heals, measures, and answers where the promise stands.
func (c *call) wound(act func(id.Name) error) error {
	if _, err := c.enter(); err != nil {
		return err
	}
	if c.api.Saboteur == nil {
		return errs.New(errs.Forbidden, "api.sabotage.real").With("Reason", "no_demo").Do("api.sabotage.real.fix")
	}
	name, _, _ := cutColon(c.r.PathValue("promise"))
	s, err := c.api.Assurance.Standing(c.r.Context(), id.Name(name))
	if err != nil {
		return err
	}
	if err := act(s.Promise.ID); err != nil {
		return err
	}
	if s, err = c.run(s); err != nil {
		return err
	}
	return c.answer(c.standing(s))
}

// cutColon parts an id from the verb after it.
func cutColon(s string) (name, verb string, ok bool) { return strings.Cut(s, ":") }
