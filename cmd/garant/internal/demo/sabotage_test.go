package demo

import (
	"context"
	"testing"

	"garant.example/internal/assurance"
	"garant.example/internal/profile"
)

// Every promise of the kernel is kept in the demo, and every one that a machine
// decides turns red when its fact is broken and green again when it is healed
// (law 6).
func TestSabotageOfTheKernel(t *testing.T) {
	d := open(t, t.TempDir())
	defer d.Stop(context.Background())
	ctx, played := context.Background(), 0
	for _, p := range d.House.Profiles.Set().Promises() {
		if p.Slice != "kernel" {
			continue
		}
		t.Run(string(p.ID), func(t *testing.T) {
			if p.Kind == profile.Technical && !d.Assurance.Sabotaged(p.ID) {
				t.Fatal("a technical promise without a sabotage")
			}
			scene, err := d.Saboteur.Play(ctx, p.ID)
			if err != nil {
				t.Fatal(err)
			}
			if !scene.Turned() {
				t.Errorf("before %s; broken %s; healed %s", &scene.Before.Finding, &scene.Broken.Finding, &scene.Healed.Finding)
			}
			played++
		})
	}
	if played != 50 {
		t.Errorf("%d of 50 promises were played", played)
	}
	if open := d.Saboteur.Open(); len(open) != 0 {
		t.Errorf("left broken: %v", open)
	}
}

// A break that was interrupted is healed at the next start.
func TestSabotageHealsAtTheNextStart(t *testing.T) {
	dir := t.TempDir()
	d := open(t, dir)
	ctx := context.Background()
	if err := d.Saboteur.Break(ctx, "abt-log-integrity"); err != nil {
		t.Fatal(err)
	}
	if err := d.Stop(ctx); err != nil {
		t.Fatal(err)
	}
	again := open(t, dir)
	defer again.Stop(ctx)
	r, err := again.Assurance.Run(ctx, "abt-log-integrity")
	if err != nil || r.Finding.Outcome != assurance.OutcomeKept {
		t.Errorf("%s %v", &r.Finding, err)
	}
}
