package bench

import (
	"context"
	"fmt"

	"garant.example/internal/access"
	"garant.example/internal/actor"
	"garant.example/internal/id"
	"garant.example/internal/tenant"
	"garant.example/internal/vault"
)

func (b *bench) openTenant(ctx context.Context, i int) error {
	_, err := b.r.House.OpenTenant(actor.In(ctx, actor.Platform("bench")),
		tenant.Opening{Slug: id.Name(fmt.Sprintf("t%d", i)), Title: "T", Country: "CA", Lang: "en", Profile: profile})
	return err
}

// busyRecords is how many records each busy tenant stores and reads back.
const busyRecords = 20

// touch makes the first n tenants busy: each stores records and reads them back.
func (b *bench) touch(ctx context.Context, n int) error {
	ctx = actor.In(ctx, actor.Platform("bench"))
	for i := range n {
		t, err := b.r.House.Tenants.Named(fmt.Sprintf("t%d", i))
		if err != nil {
			return err
		}
		create, err := b.r.House.Gate.Enter(ctx, access.Ask{Action: access.Create, On: access.Record, Tenant: t.ID, Collection: collection})
		if err != nil {
			return err
		}
		read, err := b.r.House.Gate.Enter(ctx, access.Ask{Action: access.Read, On: access.Record, Tenant: t.ID, Collection: collection})
		if err != nil {
			return err
		}
		for range busyRecords {
			fields, err := b.fields()
			if err != nil {
				return err
			}
			rec, err := b.r.House.Vault.Create(ctx, create, fields, vault.CreateOptions{})
			if err != nil {
				return err
			}
			if _, err := b.r.House.Vault.Get(ctx, read, rec.ID, "support"); err != nil {
				return err
			}
		}
	}
	return nil
}
