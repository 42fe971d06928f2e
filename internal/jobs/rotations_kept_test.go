package jobs_test

import (
	"testing"
	"time"

	"garant.example/internal/access"
	"garant.example/internal/assurance"
	"garant.example/internal/id"
	"garant.example/internal/keys"
	"garant.example/internal/vault"
	"garant.example/testkit/house"
)

// What a seal promises is kept before a rotation, in its middle, when persons have
// their new keys and old ones are still there, and after it.
func TestSealsAreKeptDuringRotations(t *testing.T) {
	onBoth(t, func(y yard) {
		canary := y.h.Tenant("canary", "digital-training", "AU", true)
		p := y.h.Permit(canary, access.Ask{Action: access.Create, On: access.Record, Collection: "learners"})
		_, err := y.h.House.Vault.Create(house.Platform(), p,
			[]byte(`{"email":"ada@example.org","given_name":"Ada","family_name":"L","standing":"learner"}`), vault.CreateOptions{Canary: true})
		if err != nil {
			y.Fatal(err)
		}
		kept := func(when string) {
			y.Helper()
			for _, promise := range []id.Name{"wywm-integrity", "wywm-aes256", "wywm-key-rotation"} {
				result, err := y.h.Assurance.Run(house.Platform(), promise)
				if err != nil || result.Finding.Outcome != assurance.OutcomeKept {
					y.Errorf("%s, %s: %v %v %v", when, promise, result.Finding.Outcome, &result.Finding, err)
				}
			}
		}
		kept("before")
		y.clock.Advance(time.Hour)
		r := vault.NewRotator(y.h.House.Vault)
		for _, level := range []keys.Level{keys.LevelCollections, keys.LevelSubjects} {
			if _, err := r.Begin(house.Platform(), canary, level); err != nil {
				y.Fatal(err)
			}
		}
		kept("begun")
		wait, err := r.Run(house.Platform(), canary)
		if err != nil {
			y.Fatal(err)
		}
		kept("sealed anew")
		y.clock.Advance(wait)
		if wait, err = r.Run(house.Platform(), canary); err != nil || wait > 0 {
			y.Fatal(wait, err)
		}
		kept("after")
		ring, err := y.h.House.Rings.Open(house.Platform(), canary.ID)
		if err != nil {
			y.Fatal(err)
		}
		if _, err := ring.RunKEKRotation(house.Platform(), nil); err != nil {
			y.Fatal(err)
		}
		kept("after that of the key that wraps the others")
	})
}
