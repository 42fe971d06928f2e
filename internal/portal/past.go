package portal

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"garant.example/internal/assurance"
	"garant.example/internal/audit/casefile"
	"garant.example/internal/id"
	"garant.example/internal/web"
)

// copies are what was read last of the operator's log. A visitor costs the log
// nothing until there is a newer result: no number of visits makes it work harder.
type copies struct {
	mu       sync.Mutex
	newest   id.Run
	past     past
	evidence map[id.Name]proof
}

// past is the journal and the head of the log as they stood at the newest result.
type past struct {
	assurance.Journal
	assurance.LogHead
}

// proof is the evidence of one result.
type proof struct {
	run  id.Run
	file casefile.Evidence
}

// newestOf returns the latest of the results.
func newestOf(list []assurance.Standing) (r assurance.Result) {
	for _, s := range list {
		if s.Result.At.After(r.At) {
			r = s.Result
		}
	}
	return r
}

// pastOf returns the journal and the head of the log, as of the newest result of all
// profiles. When the log cannot be read the page goes on without: states are known
// all the same.
func (v *visit) pastOf(ctx context.Context) past {
	all, err := v.p.Assurance.Standings(ctx, "")
	if err != nil {
		v.without(err)
		return past{}
	}
	newest := newestOf(all).Run
	c := &v.p.kept
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.newest == newest && c.past.Key != "" {
		return c.past
	}
	var next past
	if next.Journal, err = v.p.Assurance.Journal(ctx); err != nil {
		v.without(err)
		return past{}
	}
	if next.LogHead, err = v.p.Assurance.LogHead(ctx); err != nil {
		v.without(err)
		return next
	}
	c.newest, c.past = newest, next
	return next
}

func (v *visit) without(err error) {
	web.Log(v.r.Context()).Error("the operator's log cannot be read", slog.Any("cause", err))
}

// evidenceOf returns the proof of a promise's latest result. It stays true, so it is
// made once for each result.
func (v *visit) evidenceOf(ctx context.Context, r assurance.Result) (casefile.Evidence, error) {
	c := &v.p.kept
	c.mu.Lock()
	defer c.mu.Unlock()
	if made, ok := c.evidence[r.Promise]; ok && made.run == r.Run {
		return made.file, nil
	}
	file, err := v.p.Assurance.Evidence(ctx, r)
	if err != nil {
		return casefile.Evidence{}, err
	}
	if c.evidence == nil {
		c.evidence = map[id.Name]proof{}
	}
	c.evidence[r.Promise] = proof{r.Run, file}
	return file, nil
}

// since says since when a promise's results have been what they are now.
func (p past) since(promise id.Name) time.Time {
	for _, c := range p.Changes {
		if c.Promise == promise {
			return c.At
		}
	}
	return p.Since[promise]
}

// first says when the first of these promises was first measured.
func (p past) first(list []assurance.Standing) (first time.Time) {
	for _, s := range list {
		if at, ok := p.Since[s.Promise.ID]; ok && (first.IsZero() || at.Before(first)) {
			first = at
		}
	}
	return first
}
