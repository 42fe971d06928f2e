package vault_test

import (
	"strings"
	"testing"

	"garant.example/internal/access"
	"garant.example/internal/audit"
	"garant.example/internal/errs"
	"garant.example/internal/id"
	"garant.example/internal/tenant"
	"garant.example/testkit/house"
)

// Peek shows a record masked, needs no purpose, leaves its entry, and asks for the
// right to read.
func TestPeekOpensNothing(t *testing.T) {
	onBoth(t, func(w town) {
		made := w.person("ines@example.org")
		ctx := house.Platform()
		p := w.permit(access.Read, "participants")
		rec, err := w.h.House.Vault.Peek(ctx, p, made.ID)
		if err != nil {
			w.Fatal(err)
		}
		if strings.Contains(string(rec.Fields), "ines") || !strings.Contains(string(rec.Fields), "registered") || len(rec.Masked) == 0 || rec.ETag() != made.ETag() {
			w.Errorf("shows %s, masks %v", rec.Fields, rec.Masked)
		}
		log, release, err := p.Log(ctx, tenant.Main)
		if err != nil {
			w.Fatal(err)
		}
		defer release()
		page, err := log.Entries(ctx, audit.Query{Object: made.ID.Raw, Operations: []audit.Operation{audit.RecordList}})
		if err != nil || len(page.Entries) != 1 || page.Entries[0].Entry.Detail["fields"] != "masked" {
			w.Errorf("entries %v, %v", page.Entries, err)
		}
		if _, err := w.h.House.Vault.Peek(ctx, p, id.NewRecord()); !errs.Is(err, errs.NotFound) {
			w.Errorf("an unknown record: %v", err)
		}
		if _, err := w.h.House.Vault.Peek(ctx, w.permit(access.List, "participants"), made.ID); err == nil {
			w.Error("a permit to list peeks at a record")
		}
	})
}
