package assurance

import (
	"context"
	"path/filepath"
	"slices"
	"sync"

	"garant.example/internal/actor"
	"garant.example/internal/audit"
	"garant.example/internal/errs"
	"garant.example/internal/id"
	"garant.example/internal/tenant"
)

// Saboteur breaks facts on a demo folder and heals them. A real service has none.
type Saboteur struct {
	service *Service
	house   *House
	faults  Faults

	mu      sync.Mutex
	journal *journal
}

// NewSaboteur opens the journal of a demo folder and heals what an interrupted run
// left behind.
func NewSaboteur(ctx context.Context, s *Service, h *House, f Faults) (*Saboteur, error) {
	j, err := openJournal(filepath.Join(h.Dir, "sabotage.json"))
	if err != nil {
		return nil, err
	}
	b := &Saboteur{service: s, house: h, faults: f, journal: j}
	for _, w := range slices.Clone(j.wounds) {
		if err := b.Heal(ctx, w.Promise); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// Open lists the promises whose wounds are open.
func (b *Saboteur) Open() []id.Name {
	b.mu.Lock()
	defer b.mu.Unlock()
	var list []id.Name
	for _, w := range b.journal.wounds {
		if !slices.Contains(list, w.Promise) {
			list = append(list, w.Promise)
		}
	}
	return list
}

// Break breaks the fact behind a promise. It returns errs.NotFound for an unknown
// promise, errs.Conflict when it has no sabotage or is broken already.
func (b *Saboteur) Break(ctx context.Context, promise id.Name) error {
	p, err := b.service.Promise(promise)
	if err != nil {
		return err
	}
	breaks, ok := b.service.mechanisms[p.Control.Mechanism].Breaks[promise]
	if !ok {
		return errs.New(errs.Conflict, "assurance.sabotage.none").With("Promise", string(promise)).Do("assurance.sabotage.none.fix")
	}
	if slices.Contains(b.Open(), promise) {
		return errs.New(errs.Conflict, "assurance.sabotage.open").With("Promise", string(promise)).Do("assurance.sabotage.open.fix")
	}
	c, err := b.service.control(p)
	if err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	ctx = actor.In(ctx, actor.Platform("sabotage"))
	if err := b.note(ctx, audit.SabotageBreak, promise); err != nil {
		return err
	}
	return breaks(ctx, c, &Stage{House: b.house, Faults: b.faults, promise: promise, journal: b.journal})
}

// Heal undoes every wound of a promise, the last one first. Healing twice does no
// harm.
func (b *Saboteur) Heal(ctx context.Context, promise id.Name) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	ctx = actor.In(ctx, actor.Platform("sabotage"))
	for _, w := range slices.Backward(slices.Clone(b.journal.wounds)) {
		if w.Promise != promise {
			continue
		}
		if err := w.heal(ctx, b.house, b.faults); err != nil {
			return err
		}
	}
	if err := b.note(ctx, audit.SabotageHeal, promise); err != nil {
		return err
	}
	return b.journal.remove(promise)
}

// note writes the act into the operator's log.
func (b *Saboteur) note(ctx context.Context, op audit.Operation, promise id.Name) error {
	tenants := b.house.Tenants
	t, err := tenants.Get(tenants.Operator())
	if err != nil {
		return err
	}
	log, release, err := tenants.Log(ctx, t, tenant.Main)
	if err != nil {
		return err
	}
	defer release()
	_, err = log.Append(ctx, audit.Entry{Actor: audit.ActorOf(actor.From(ctx)), Operation: op, Kind: "promise",
		Outcome: audit.Done, Detail: map[string]string{"promise": string(promise)}})
	return err
}

// Scene is what a full sabotage showed: red after the break, green after the heal.
type Scene struct {
	Promise        id.Name `json:"promise"`
	Before, Broken Result
	Healed         Result
}

// Turned says whether the control was kept, turned red with the break, and kept
// again after the heal.
func (s Scene) Turned() bool {
	return s.Before.Finding.Outcome == OutcomeKept && s.Broken.Finding.Outcome == OutcomeFailing && s.Healed.Finding.Outcome == OutcomeKept
}

// Play runs the control, breaks, runs it, heals and runs it again.
func (b *Saboteur) Play(ctx context.Context, promise id.Name) (scene Scene, err error) {
	scene.Promise = promise
	if scene.Before, err = b.service.Run(ctx, promise); err != nil {
		return scene, err
	}
	if err = b.Break(ctx, promise); err == nil {
		scene.Broken, err = b.service.Run(ctx, promise)
	}
	// Whatever went wrong, nothing stays broken.
	if healed := b.Heal(context.WithoutCancel(ctx), promise); err == nil {
		err = healed
	}
	if err != nil {
		return scene, err
	}
	scene.Healed, err = b.service.Run(ctx, promise)
	return scene, err
}
