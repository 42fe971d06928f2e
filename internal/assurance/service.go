package assurance

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"garant.example/internal/actor"
	"garant.example/internal/clock"
	"garant.example/internal/errs"
	"garant.example/internal/id"
	"garant.example/internal/profile"
	"garant.example/internal/tenant"
)

// Options are what the service stands on.
type Options struct {
	Set        *profile.Set
	Tenants    *tenant.Service
	Mechanisms []Mechanism
	Clock      clock.Clock
}

// Service runs controls, keeps their results and says what each promise's status
// is. It is safe for concurrent use.
type Service struct {
	opt        Options
	mechanisms map[profile.Mechanism]Mechanism
	promises   map[id.Name]profile.Promise

	mu     sync.RWMutex
	latest map[id.Name]Result
	loaded bool
	turn   sync.Mutex // one control at a time: they act on the same canaries
}

// New returns the service. It refuses two mechanisms of one name, and a sabotage of a
// promise that its mechanism does not decide: nothing would turn red. A promise whose
// mechanism has no sabotage of it is not decided at all (see Built).
func New(opt Options) (*Service, error) {
	s := &Service{opt: opt, mechanisms: map[profile.Mechanism]Mechanism{}, promises: map[id.Name]profile.Promise{}, latest: map[id.Name]Result{}}
	for _, m := range opt.Mechanisms {
		if _, twice := s.mechanisms[m.Name]; twice {
			return nil, fmt.Errorf("assurance: mechanism %q is there twice", m.Name)
		}
		s.mechanisms[m.Name] = m
	}
	for _, p := range opt.Set.Promises() {
		s.promises[p.ID] = p
	}
	for _, m := range opt.Mechanisms {
		for p := range m.Breaks {
			if decided := s.promises[p].Control.Mechanism; decided != m.Name {
				return nil, fmt.Errorf("assurance: mechanism %q has a sabotage of %q, which %q decides", m.Name, p, decided)
			}
		}
	}
	return s, nil
}

// Built says whether a mechanism decides the promise today.
func (s *Service) Built(p profile.Promise) bool {
	m, ok := s.mechanisms[p.Control.Mechanism]
	_, breaks := m.Breaks[p.ID]
	return ok && breaks
}

// Sabotaged says whether the promise has a sabotage that runs.
func (s *Service) Sabotaged(p id.Name) bool {
	_, ok := s.mechanisms[s.promises[p].Control.Mechanism].Breaks[p]
	return ok
}

// Promise returns a promise, or errs.NotFound.
func (s *Service) Promise(p id.Name) (profile.Promise, error) {
	found, ok := s.promises[p]
	if !ok {
		return profile.Promise{}, errs.New(errs.NotFound, "assurance.promise.unknown").With("Promise", string(p)).Do("assurance.promise.unknown.fix")
	}
	return found, nil
}

// control gathers what a promise's mechanism acts on.
func (s *Service) control(p profile.Promise) (Control, error) {
	c := Control{Promise: p}
	for _, t := range s.opt.Tenants.All() {
		if t.Profile != p.Profile || t.State != tenant.Open {
			continue
		}
		c.Tenants = append(c.Tenants, t)
		if t.Canary && c.Canary.ID.IsZero() {
			c.Canary = t
		}
	}
	if c.Canary.ID.IsZero() {
		return c, errs.New(errs.Conflict, "assurance.canary.missing").With("Profile", string(p.Profile)).Do("assurance.canary.missing.fix")
	}
	return c, nil
}

// noCanary is why a control of a profile without a canary is unknown.
const noCanary = "assurance.reason.canary"

// Run runs one control now and stores what it found. The result is durable, with
// its leaf in the operator's log, when Run returns.
func (s *Service) Run(ctx context.Context, promise id.Name) (Result, error) {
	p, err := s.Promise(promise)
	if err != nil {
		return Result{}, err
	}
	if !s.Built(p) {
		return Result{}, errs.New(errs.Conflict, "assurance.planned").With("Promise", string(promise)).Do("assurance.planned.fix")
	}
	s.turn.Lock()
	defer s.turn.Unlock()
	f, began := Keep(), s.opt.Clock.Now()
	ctx = actor.In(ctx, actor.Platform("assurance"))
	s.measure(ctx, p, f)
	f.close()
	r := Result{Run: id.NewRun(), Promise: promise, At: s.opt.Clock.Now().Truncate(time.Microsecond), Finding: *f}
	r.Took = r.At.Sub(began)
	if err := s.keep(ctx, &r); err != nil {
		return Result{}, err
	}
	return r, nil
}

// measure lets the mechanism look. Whatever goes wrong in it is unknown.
func (s *Service) measure(ctx context.Context, p profile.Promise, f *Finding) {
	defer func() {
		if r := recover(); r != nil {
			f.Miss("assurance.reason.broken", fmt.Errorf("panic: %v", r))
		}
	}()
	c, err := s.control(p)
	if err != nil {
		f.Miss(noCanary, err)
		return
	}
	if err := s.mechanisms[p.Control.Mechanism].Measure(ctx, c, f); err != nil {
		f.Miss("assurance.reason.broken", err)
	}
}

// Standing is what the page says of one promise.
type Standing struct {
	Promise profile.Promise
	Status  Status
	Result  Result // the latest; its Run is zero when there is none
	Until   time.Time
}

// Standing weighs the latest result of a promise.
func (s *Service) Standing(ctx context.Context, promise id.Name) (Standing, error) {
	p, err := s.Promise(promise)
	if err != nil {
		return Standing{}, err
	}
	if err := s.load(ctx); err != nil {
		return Standing{}, err
	}
	return s.standing(p), nil
}

func (s *Service) standing(p profile.Promise) Standing {
	out := Standing{Promise: p, Status: Planned}
	if !s.Built(p) {
		return out
	}
	s.mu.RLock()
	out.Result = s.latest[p.ID]
	s.mu.RUnlock()
	out.Until = p.Control.Age().After(out.Result.At)
	out.Status = weigh(out.Result.Finding.Outcome, out.Result.At, s.opt.Clock.Now(), out.Until, false)
	return out
}

// Standings weighs every promise of a profile, or of all with the empty name, in
// the order of the profile.
func (s *Service) Standings(ctx context.Context, of id.Name) ([]Standing, error) {
	if err := s.load(ctx); err != nil {
		return nil, err
	}
	var list []Standing
	for _, p := range s.opt.Set.Promises() {
		if of == "" || p.Profile == of {
			list = append(list, s.standing(p))
		}
	}
	return list, nil
}

// Due lists the promises whose control should run by now, the longest overdue
// first; those that lacked only a canary as soon as there is one. Profiles that no
// open tenant uses have none.
func (s *Service) Due(ctx context.Context) ([]id.Name, error) {
	if err := s.load(ctx); err != nil {
		return nil, err
	}
	used, watched := map[id.Name]bool{}, map[id.Name]bool{}
	for _, t := range s.opt.Tenants.All() {
		used[t.Profile] = used[t.Profile] || t.State == tenant.Open
		watched[t.Profile] = watched[t.Profile] || t.Canary && t.State == tenant.Open
	}
	now := s.opt.Clock.Now()
	type due struct {
		promise id.Name
		at      time.Time
	}
	var list []due
	for _, p := range s.opt.Set.Promises() {
		if !used[p.Profile] || !s.Built(p) {
			continue
		}
		s.mu.RLock()
		last, reason := s.latest[p.ID].At, s.latest[p.ID].Finding.Reason
		s.mu.RUnlock()
		helped := reason == noCanary && watched[p.Profile] // there was no canary then
		if at := p.Control.Interval().After(last); last.IsZero() || helped || !now.Before(at) {
			list = append(list, due{p.ID, at})
		}
	}
	slices.SortStableFunc(list, func(a, b due) int { return cmp.Compare(a.at.UnixNano(), b.at.UnixNano()) })
	out := make([]id.Name, len(list))
	for i, d := range list {
		out[i] = d.promise
	}
	return out, nil
}
