package client

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"time"
)

// Standing is where one promise stands.
type Standing struct {
	ID         string         `json:"id"`
	Profile    string         `json:"profile"`
	Slice      string         `json:"slice"`
	Status     string         `json:"status"` // kept, failing, stale, unknown, exception, planned, withdrawn
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

const promisesPath = "/v1/platform/promises"

// Promises tells where the promises of a profile, or of a tenant's, stand by their
// latest results; both empty means all.
func (p *Platform) Promises(ctx context.Context, profile, tenant string) ([]Standing, error) {
	var out struct {
		Promises []Standing `json:"promises"`
	}
	_, err := p.c.send(ctx, request{method: http.MethodGet, path: promisesPath + query("profile", profile, "tenant", tenant)}, &out)
	return out.Promises, err
}

// Verify runs the controls of a profile, of a tenant's, or of single promises now,
// and calls tell with each as it ends.
func (p *Platform) Verify(ctx context.Context, profile, tenant string, promises []string, tell func(Standing) error) error {
	body, err := json.Marshal(map[string]any{"profile": profile, "tenant": tenant, "promises": promises})
	if err != nil {
		return err
	}
	answer, err := p.c.open(ctx, request{method: http.MethodPost, path: promisesPath + ":verify", body: body, media: "application/json", accept: ndjson}, "")
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	return eachLine(answer.Body, func(line []byte) error {
		var s Standing
		if err := json.Unmarshal(line, &s); err != nil {
			return fmt.Errorf("%w: %w", ErrCut, err)
		}
		return tell(s)
	})
}

// Break breaks the fact behind a promise and measures it; a demo alone lets one.
func (p *Platform) Break(ctx context.Context, promise string) (Standing, error) {
	return p.wound(ctx, promise, "break")
}

// Heal heals what Break broke and measures it.
func (p *Platform) Heal(ctx context.Context, promise string) (Standing, error) {
	return p.wound(ctx, promise, "heal")
}

func (p *Platform) wound(ctx context.Context, promise, verb string) (s Standing, err error) {
	_, err = p.c.send(ctx, request{method: http.MethodPost, path: "/v1/platform/sabotages/" + url.PathEscape(promise) + ":" + verb}, &s)
	return s, err
}
